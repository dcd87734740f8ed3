"""Plans with their items, overrides, goals and follow-up dates."""

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_audit_trail_append_only_and_chained"),
        ("patients", "0002_organisation_walls_and_append_only_rows"),
        ("treatments", "0001_rulebook_releases_that_never_change"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Plan",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("signed", "signed"),
                            ("superseded", "superseded"),
                            ("stopped", "stopped"),
                            ("discarded", "discarded"),
                        ],
                        default="draft",
                        max_length=12,
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("note", models.TextField(blank=True, max_length=4000, verbose_name="note")),
                ("created_job", models.CharField(blank=True, max_length=80)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("changed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("signed_job", models.CharField(blank=True, max_length=80)),
                ("signed_at", models.DateTimeField(null=True)),
                ("facts", models.TextField(blank=True)),
                ("proposal", models.TextField(blank=True)),
                ("proposal_digest", models.CharField(blank=True, max_length=71)),
                ("rulebook_digest", models.CharField(blank=True, max_length=71)),
                ("rulebook_release", models.CharField(blank=True, max_length=40)),
                ("baseline_nrs", models.PositiveSmallIntegerField(null=True)),
                ("ended_job", models.CharField(blank=True, max_length=80)),
                ("ended_at", models.DateTimeField(null=True)),
                ("end_reason", models.CharField(blank=True, max_length=300, verbose_name="reason")),
                (
                    "changed_by",
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
                    "ended_by",
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
                        on_delete=django.db.models.deletion.PROTECT, related_name="plans", to="patients.patient"
                    ),
                ),
                (
                    "signed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "supersedes",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="superseded_by",
                        to="treatments.plan",
                    ),
                ),
            ],
            options={
                "verbose_name": "plan",
                "verbose_name_plural": "plans",
            },
        ),
        migrations.CreateModel(
            name="Goal",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("pain", "Pain"), ("function", "What the patient wants to do")], max_length=10
                    ),
                ),
                ("words", models.CharField(blank=True, max_length=300, verbose_name="in the patient's words")),
                ("target", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("by", models.DateField(blank=True, null=True, verbose_name="by")),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.organisation"
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="%(class)s_rows", to="treatments.plan"
                    ),
                ),
            ],
            options={
                "verbose_name": "goal",
                "verbose_name_plural": "goals",
            },
        ),
        migrations.CreateModel(
            name="FollowUpDate",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("due_on", models.DateField(verbose_name="due")),
                ("kind", models.CharField(choices=[("check_in", "Check-in"), ("review", "Review")], max_length=20)),
                ("text", models.CharField(blank=True, max_length=300, verbose_name="what for")),
                ("source", models.CharField(default="plan", max_length=80)),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.organisation"
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="%(class)s_rows", to="treatments.plan"
                    ),
                ),
            ],
            options={
                "verbose_name": "follow-up date",
                "verbose_name_plural": "follow-up dates",
            },
        ),
        migrations.CreateModel(
            name="PlanItem",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("kind", models.CharField(choices=[("agent", "Medicine"), ("therapy", "Therapy")], max_length=10)),
                ("ref_id", models.CharField(max_length=80)),
                ("name", models.CharField(max_length=200)),
                ("position", models.PositiveSmallIntegerField()),
                ("version", models.PositiveIntegerField(default=1)),
                ("starts_on", models.DateField(verbose_name="from")),
                ("stops_on", models.DateField(blank=True, null=True, verbose_name="until")),
                ("unit", models.CharField(blank=True, max_length=20)),
                ("steps", models.JSONField(default=list)),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="note")),
                ("status", models.CharField(blank=True, max_length=20)),
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
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="%(class)s_rows", to="treatments.plan"
                    ),
                ),
            ],
            options={
                "verbose_name": "item of a plan",
                "verbose_name_plural": "items of plans",
            },
        ),
        migrations.CreateModel(
            name="Override",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("excluded", "Excluded"),
                            ("needs_data", "Needs data"),
                            ("not_recommended", "Not recommended"),
                            ("dose", "Dose above the limit"),
                            ("interaction", "Interaction"),
                            ("alert", "Alert"),
                        ],
                        max_length=20,
                    ),
                ),
                ("subject", models.CharField(blank=True, max_length=120)),
                ("covers", models.JSONField(default=list)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("tolerated", "Taken before and tolerated"),
                            ("specialist", "Specialist advice"),
                            ("benefit", "Benefit outweighs the risk"),
                            ("no_alternative", "No better alternative"),
                            ("patient_choice", "Informed choice of the patient"),
                            ("will_monitor", "Will monitor"),
                            ("known_elsewhere", "Value is known but not on file"),
                            ("handled", "Acted on today"),
                            ("does_not_apply", "Does not apply to this patient"),
                        ],
                        max_length=20,
                        verbose_name="reason",
                    ),
                ),
                ("text", models.CharField(max_length=500, verbose_name="in words")),
                ("monitor_on", models.DateField(blank=True, null=True, verbose_name="check on")),
                ("made_job", models.CharField(blank=True, max_length=80)),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                (
                    "made_by",
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
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="%(class)s_rows", to="treatments.plan"
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="overrides",
                        to="treatments.planitem",
                    ),
                ),
            ],
            options={
                "verbose_name": "override",
                "verbose_name_plural": "overrides",
            },
        ),
        migrations.AddIndex(
            model_name="plan",
            index=models.Index(fields=["patient", "-created_at"], name="plans_of_patient"),
        ),
        migrations.AddIndex(
            model_name="plan",
            index=models.Index(fields=["organisation", "-signed_at"], name="plans_by_signature"),
        ),
        migrations.AddIndex(
            model_name="plan",
            index=models.Index(
                condition=models.Q(("state", "draft")), fields=["organisation", "changed_at"], name="open_plan_drafts"
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.UniqueConstraint(fields=("organisation", "id"), name="plan_key_with_organisation"),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "draft")), fields=("patient",), name="one_draft_plan_per_patient"
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "signed")), fields=("patient",), name="one_signed_plan_per_patient"
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("signed_at__isnull", True), ("state__in", ["draft", "discarded"])),
                    models.Q(
                        ("signed_at__isnull", False),
                        ("state__in", ["signed", "superseded", "stopped"]),
                        models.Q(("facts", ""), _negated=True),
                        models.Q(("proposal", ""), _negated=True),
                        ("proposal_digest__regex", "^sha256:[0-9a-f]{64}$"),
                        ("rulebook_digest__regex", "^sha256:[0-9a-f]{64}$"),
                    ),
                    _connector="OR",
                ),
                name="signed_plan_keeps_what_it_rests_on",
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("created_by__isnull", False), models.Q(("created_job", ""), _negated=True), _connector="XOR"
                ),
                name="plan_has_one_author",
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("signed_at__isnull", True),
                    models.Q(
                        ("signed_by__isnull", False), models.Q(("signed_job", ""), _negated=True), _connector="XOR"
                    ),
                    _connector="OR",
                ),
                name="signed_plan_has_one_signature",
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at__isnull", True), ("state__in", ["draft", "signed"])),
                    models.Q(("ended_at__isnull", False), ("state__in", ["superseded", "stopped", "discarded"])),
                    _connector="OR",
                ),
                name="plan_that_ended_has_its_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "stopped"), _negated=True),
                    models.Q(("end_reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="stopped_plan_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.CheckConstraint(
                condition=models.Q(("baseline_nrs__isnull", True), ("baseline_nrs__lte", 10), _connector="OR"),
                name="baseline_nrs_is_0_to_10",
            ),
        ),
        migrations.AddConstraint(
            model_name="goal",
            constraint=models.UniqueConstraint(fields=("plan", "kind"), name="one_goal_of_a_kind_per_plan"),
        ),
        migrations.AddConstraint(
            model_name="goal",
            constraint=models.CheckConstraint(
                condition=models.Q(("target__isnull", True), ("target__lte", 10), _connector="OR"),
                name="goal_target_is_0_to_10",
            ),
        ),
        migrations.AddConstraint(
            model_name="followupdate",
            constraint=models.UniqueConstraint(fields=("plan", "due_on", "kind", "text"), name="follow_up_date_once"),
        ),
        migrations.AddConstraint(
            model_name="planitem",
            constraint=models.UniqueConstraint(fields=("plan", "kind", "ref_id"), name="option_once_in_a_plan"),
        ),
        migrations.AddConstraint(
            model_name="planitem",
            constraint=models.UniqueConstraint(fields=("plan", "id"), name="plan_item_key_with_plan"),
        ),
        migrations.AddConstraint(
            model_name="planitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("stops_on__isnull", True), ("stops_on__gte", models.F("starts_on")), _connector="OR"
                ),
                name="plan_item_ends_after_it_began",
            ),
        ),
        migrations.AddConstraint(
            model_name="override",
            constraint=models.UniqueConstraint(
                fields=("plan", "item", "kind", "subject"), name="one_override_of_a_kind", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="override",
            constraint=models.CheckConstraint(
                condition=models.Q(("text", ""), _negated=True), name="override_has_words"
            ),
        ),
        migrations.AddConstraint(
            model_name="override",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("item__isnull", True), ("kind", "alert"), models.Q(("subject", ""), _negated=True)),
                    models.Q(models.Q(("kind", "alert"), _negated=True), ("item__isnull", False)),
                    _connector="OR",
                ),
                name="override_is_of_an_item_or_an_alert",
            ),
        ),
        migrations.AddConstraint(
            model_name="override",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reason", "will_monitor"), _negated=True), ("monitor_on__isnull", False), _connector="OR"
                ),
                name="promise_to_monitor_has_a_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="override",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("made_by__isnull", False), models.Q(("made_job", ""), _negated=True), _connector="XOR"
                ),
                name="override_has_one_author",
            ),
        ),
    ]
