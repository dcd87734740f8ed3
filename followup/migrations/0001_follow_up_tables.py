import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0002_audit_trail_append_only_and_chained"),
        ("patients", "0002_organisation_walls_and_append_only_rows"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CheckIn",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_job", models.CharField(blank=True, max_length=80)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("due_on", models.DateField(verbose_name="due")),
                ("by_person", models.CharField(blank=True, max_length=40)),
                ("token_digest", models.CharField(max_length=64, unique=True)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("first_sent_at", models.DateTimeField(blank=True, null=True)),
                ("opened_at", models.DateTimeField(blank=True, null=True)),
                ("failed_attempts", models.PositiveSmallIntegerField(default=0)),
                ("draft", models.JSONField(blank=True, default=dict)),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                ("escalated_at", models.DateTimeField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("close_reason", models.CharField(blank=True, max_length=200)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.organisation"
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="patients.patient"
                    ),
                ),
            ],
            options={
                "verbose_name": "check-in",
                "verbose_name_plural": "check-ins",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Answer",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_job", models.CharField(blank=True, max_length=80)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("plan_id", models.UUIDField(null=True)),
                (
                    "via",
                    models.CharField(
                        choices=[("link", "By link"), ("telephone", "By telephone"), ("visit", "At a visit")],
                        max_length=10,
                    ),
                ),
                ("answered_on", models.DateField(verbose_name="date")),
                ("answers", models.JSONField()),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="reason for the change")),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.organisation"
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="patients.patient"
                    ),
                ),
                (
                    "supersedes",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="superseded_by",
                        to="followup.answer",
                    ),
                ),
                (
                    "check_in",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answers",
                        to="followup.checkin",
                    ),
                ),
            ],
            options={
                "verbose_name": "answers of a patient",
                "verbose_name_plural": "answers of patients",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Alert",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_job", models.CharField(blank=True, max_length=80)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("code", models.CharField(max_length=60)),
                ("tier", models.CharField(choices=[("critical", "Critical"), ("warning", "Warning")], max_length=10)),
                ("text", models.CharField(max_length=300)),
                ("action", models.TextField(blank=True)),
                ("source", models.CharField(max_length=80)),
                ("deadline", models.DateTimeField(verbose_name="act by")),
                ("acknowledged_at", models.DateTimeField(blank=True, null=True)),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="what was done")),
                (
                    "acknowledged_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.organisation"
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="patients.patient"
                    ),
                ),
                (
                    "answer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="alerts",
                        to="followup.answer",
                    ),
                ),
                (
                    "check_in",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="alerts",
                        to="followup.checkin",
                    ),
                ),
            ],
            options={
                "verbose_name": "alert",
                "verbose_name_plural": "alerts",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="DueItem",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_job", models.CharField(blank=True, max_length=80)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("kind", models.CharField(max_length=40)),
                ("text", models.CharField(blank=True, max_length=300)),
                ("opens_on", models.DateField()),
                ("due_on", models.DateField(verbose_name="due")),
                ("ref_id", models.CharField(blank=True, max_length=80)),
                ("source", models.CharField(blank=True, max_length=80)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                ("done_job", models.CharField(blank=True, max_length=80)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "done_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.organisation"
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="patients.patient"
                    ),
                ),
            ],
            options={
                "verbose_name": "due item",
                "verbose_name_plural": "due items",
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="checkin",
            name="due_item",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="check_in", to="followup.dueitem"
            ),
        ),
        migrations.CreateModel(
            name="OptOut",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_job", models.CharField(blank=True, max_length=80)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("channel", models.CharField(default="email", max_length=20)),
                ("at", models.DateTimeField()),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.organisation"
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="patients.patient"
                    ),
                ),
            ],
            options={
                "verbose_name": "opt-out",
                "verbose_name_plural": "opt-outs",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="OutboxMessage",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("key", models.CharField(max_length=100, unique=True)),
                ("recipient", models.EmailField(max_length=254)),
                ("subject", models.CharField(max_length=200)),
                ("body", models.TextField()),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.organisation"
                    ),
                ),
            ],
            options={
                "verbose_name": "message in the demo's outbox",
                "verbose_name_plural": "messages in the demo's outbox",
            },
        ),
        migrations.CreateModel(
            name="Reminder",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_job", models.CharField(blank=True, max_length=80)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("kind", models.CharField(max_length=20)),
                ("key", models.CharField(max_length=200)),
                ("due_at", models.DateTimeField(verbose_name="due")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("scheduled", "Scheduled"),
                            ("leased", "A worker has it"),
                            ("sending", "Being sent"),
                            ("sent", "Sent"),
                            ("unknown", "Perhaps sent"),
                            ("failed", "Not sent"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="scheduled",
                        max_length=10,
                    ),
                ),
                ("lease_id", models.UUIDField(blank=True, null=True)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("first_tried_at", models.DateTimeField(blank=True, null=True)),
                ("reference", models.CharField(blank=True, max_length=200)),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("reason", models.CharField(blank=True, max_length=200)),
                (
                    "check_in",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="reminders", to="followup.checkin"
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.organisation"
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="patients.patient"
                    ),
                ),
            ],
            options={
                "verbose_name": "reminder",
                "verbose_name_plural": "reminders",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Review",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_job", models.CharField(blank=True, max_length=80)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("ref_id", models.CharField(max_length=80)),
                ("variables", models.JSONField()),
                (
                    "answer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="reviews", to="followup.answer"
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.organisation"
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="patients.patient"
                    ),
                ),
            ],
            options={
                "verbose_name": "review of a treatment",
                "verbose_name_plural": "reviews of treatments",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Schedule",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_job", models.CharField(blank=True, max_length=80)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("plan_id", models.UUIDField(unique=True)),
                ("starts_on", models.DateField()),
                (
                    "tier",
                    models.CharField(
                        choices=[("low", "Low risk"), ("medium", "Medium risk"), ("high", "High risk")],
                        max_length=10,
                        verbose_name="risk tier",
                    ),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("end_reason", models.CharField(blank=True, max_length=200)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.organisation"
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="patients.patient"
                    ),
                ),
            ],
            options={
                "verbose_name": "follow-up schedule",
                "verbose_name_plural": "follow-up schedules",
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="dueitem",
            name="schedule",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="items", to="followup.schedule"
            ),
        ),
        migrations.CreateModel(
            name="AdverseEffect",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_job", models.CharField(blank=True, max_length=80)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("effect", models.CharField(max_length=40)),
                ("observed_grade", models.PositiveSmallIntegerField()),
                ("effective_grade", models.PositiveSmallIntegerField()),
                ("overrides", models.JSONField(blank=True, default=list)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.organisation"
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="patients.patient"
                    ),
                ),
                (
                    "answer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="effects", to="followup.answer"
                    ),
                ),
            ],
            options={
                "verbose_name": "adverse effect",
                "verbose_name_plural": "adverse effects",
                "abstract": False,
                "indexes": [models.Index(fields=["patient", "created_at"], name="effects_of_patient")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("created_by__isnull", False),
                            models.Q(("created_job", ""), _negated=True),
                            _connector="XOR",
                        ),
                        name="adverseeffect_has_one_author",
                    ),
                    models.UniqueConstraint(fields=("answer", "effect"), name="one_grade_per_effect_and_answer"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("effective_grade__gte", models.F("observed_grade")),
                            ("effective_grade__lte", 4),
                            ("observed_grade__gte", 1),
                        ),
                        name="adverse_effect_grades_are_1_to_4",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AnswerSeen",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_job", models.CharField(blank=True, max_length=80)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "answer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="seen", to="followup.answer"
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.organisation"
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="patients.patient"
                    ),
                ),
            ],
            options={
                "verbose_name": "answers seen",
                "verbose_name_plural": "answers seen",
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("created_by__isnull", False),
                            models.Q(("created_job", ""), _negated=True),
                            _connector="XOR",
                        ),
                        name="answerseen_has_one_author",
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="answer",
            index=models.Index(fields=["patient", "-answered_on", "-created_at"], name="answers_of_patient"),
        ),
        migrations.AddIndex(
            model_name="answer",
            index=models.Index(fields=["organisation", "-created_at"], name="answers_newest_first"),
        ),
        migrations.AddConstraint(
            model_name="answer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("created_by__isnull", False), models.Q(("created_job", ""), _negated=True), _connector="XOR"
                ),
                name="answer_has_one_author",
            ),
        ),
        migrations.AddConstraint(
            model_name="answer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("supersedes__isnull", True), models.Q(("reason", ""), _negated=True), _connector="OR"
                ),
                name="answer_change_has_reason",
            ),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                condition=models.Q(("acknowledged_at__isnull", True)),
                fields=["organisation", "deadline"],
                name="open_alerts_by_deadline",
            ),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(fields=["patient", "-created_at"], name="alerts_of_patient"),
        ),
        migrations.AddConstraint(
            model_name="alert",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("created_by__isnull", False), models.Q(("created_job", ""), _negated=True), _connector="XOR"
                ),
                name="alert_has_one_author",
            ),
        ),
        migrations.AddConstraint(
            model_name="alert",
            constraint=models.UniqueConstraint(fields=("check_in", "code"), name="one_alert_per_check_in_and_sign"),
        ),
        migrations.AddConstraint(
            model_name="alert",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("acknowledged_at__isnull", True), models.Q(("note", ""), _negated=True), _connector="OR"
                ),
                name="acknowledged_alert_has_note",
            ),
        ),
        migrations.AddIndex(
            model_name="checkin",
            index=models.Index(
                condition=models.Q(("answered_at__isnull", True), ("closed_at__isnull", True)),
                fields=["organisation", "due_on"],
                name="awaited_check_ins_by_day",
            ),
        ),
        migrations.AddIndex(
            model_name="checkin",
            index=models.Index(fields=["patient", "due_on"], name="check_ins_of_patient"),
        ),
        migrations.AddConstraint(
            model_name="checkin",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("created_by__isnull", False), models.Q(("created_job", ""), _negated=True), _connector="XOR"
                ),
                name="checkin_has_one_author",
            ),
        ),
        migrations.AddIndex(
            model_name="optout",
            index=models.Index(fields=["patient", "channel", "-at"], name="opt_outs_of_patient"),
        ),
        migrations.AddConstraint(
            model_name="optout",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("created_by__isnull", False), models.Q(("created_job", ""), _negated=True), _connector="XOR"
                ),
                name="optout_has_one_author",
            ),
        ),
        migrations.AddIndex(
            model_name="outboxmessage",
            index=models.Index(fields=["organisation", "-created_at"], name="outbox_newest_first"),
        ),
        migrations.AddIndex(
            model_name="reminder",
            index=models.Index(
                condition=models.Q(("state", "scheduled")), fields=["organisation", "due_at"], name="reminders_to_send"
            ),
        ),
        migrations.AddIndex(
            model_name="reminder",
            index=models.Index(
                condition=models.Q(("state__in", ["leased", "sending"])),
                fields=["organisation", "lease_until"],
                name="reminders_at_work",
            ),
        ),
        migrations.AddIndex(
            model_name="reminder",
            index=models.Index(fields=["patient", "-due_at"], name="reminders_of_patient"),
        ),
        migrations.AddConstraint(
            model_name="reminder",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("created_by__isnull", False), models.Q(("created_job", ""), _negated=True), _connector="XOR"
                ),
                name="reminder_has_one_author",
            ),
        ),
        migrations.AddConstraint(
            model_name="reminder",
            constraint=models.UniqueConstraint(fields=("organisation", "key"), name="one_reminder_per_key"),
        ),
        migrations.AddConstraint(
            model_name="reminder",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("lease_id__isnull", False),
                        ("lease_until__isnull", False),
                        ("state__in", ["leased", "sending"]),
                    ),
                    models.Q(
                        models.Q(("state__in", ["leased", "sending"]), _negated=True), ("lease_until__isnull", True)
                    ),
                    _connector="OR",
                ),
                name="reminder_at_work_has_a_lease",
            ),
        ),
        migrations.AddConstraint(
            model_name="reminder",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "sent"), _negated=True), ("sent_at__isnull", False), _connector="OR"
                ),
                name="sent_reminder_has_its_time",
            ),
        ),
        migrations.AddIndex(
            model_name="review",
            index=models.Index(fields=["answer", "ref_id", "-created_at"], name="reviews_of_answer"),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("created_by__isnull", False), models.Q(("created_job", ""), _negated=True), _connector="XOR"
                ),
                name="review_has_one_author",
            ),
        ),
        migrations.AddIndex(
            model_name="schedule",
            index=models.Index(fields=["patient", "-created_at"], name="schedules_of_patient"),
        ),
        migrations.AddConstraint(
            model_name="schedule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("created_by__isnull", False), models.Q(("created_job", ""), _negated=True), _connector="XOR"
                ),
                name="schedule_has_one_author",
            ),
        ),
        migrations.AddIndex(
            model_name="dueitem",
            index=models.Index(
                condition=models.Q(("done_at__isnull", True)),
                fields=["organisation", "due_on"],
                name="open_due_items_by_day",
            ),
        ),
        migrations.AddIndex(
            model_name="dueitem",
            index=models.Index(fields=["patient", "due_on"], name="due_items_of_patient"),
        ),
        migrations.AddConstraint(
            model_name="dueitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("created_by__isnull", False), models.Q(("created_job", ""), _negated=True), _connector="XOR"
                ),
                name="dueitem_has_one_author",
            ),
        ),
        migrations.AddConstraint(
            model_name="dueitem",
            constraint=models.UniqueConstraint(
                fields=("schedule", "kind", "due_on", "ref_id", "source", "text"), name="one_due_item_of_a_kind_a_day"
            ),
        ),
    ]
