import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0002_audit_trail_append_only_and_chained"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Patient",
            fields=[
                ("number", models.CharField(max_length=40, verbose_name="number")),
                ("family_name", models.CharField(max_length=120, verbose_name="family name")),
                ("given_names", models.CharField(max_length=120, verbose_name="given names")),
                ("birth_date", models.DateField(verbose_name="birth date")),
                (
                    "sex",
                    models.CharField(
                        choices=[("female", "Female"), ("male", "Male"), ("other", "Other"), ("unknown", "Unknown")],
                        max_length=10,
                        verbose_name="sex",
                    ),
                ),
                (
                    "pregnancy",
                    models.CharField(
                        choices=[
                            ("no", "Not pregnant"),
                            ("pregnant", "Pregnant"),
                            ("trying", "Trying to become pregnant"),
                            ("breastfeeding", "Breastfeeding"),
                            ("unknown", "Unknown"),
                            ("not_applicable", "Does not apply"),
                        ],
                        default="unknown",
                        max_length=20,
                        verbose_name="pregnancy",
                    ),
                ),
                ("pregnancy_as_of", models.DateField(blank=True, null=True, verbose_name="pregnancy stated on")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="e-mail address")),
                ("phone", models.CharField(blank=True, max_length=40, verbose_name="telephone")),
                ("language", models.CharField(default="en", max_length=20, verbose_name="language")),
                ("time_zone", models.CharField(blank=True, max_length=64, verbose_name="time zone")),
                ("reminder_consent", models.BooleanField(default=False, verbose_name="agrees to reminders by e-mail")),
                ("reminder_consent_on", models.DateField(blank=True, null=True, verbose_name="agreed or declined on")),
                ("died_on", models.DateField(blank=True, null=True, verbose_name="date of death")),
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("search_family", models.CharField(db_collation="C", editable=False, max_length=260)),
                ("search_given", models.CharField(db_collation="C", editable=False, max_length=260)),
                ("search_number", models.CharField(db_collation="C", editable=False, max_length=40)),
                ("created_job", models.CharField(blank=True, max_length=80)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("clinician", "Clinician"),
                            ("patient", "Patient's own report"),
                            ("relative", "Relative or carer"),
                            ("laboratory", "Laboratory or device"),
                            ("letter", "Letter or other record"),
                            ("import", "Import"),
                        ],
                        default="clinician",
                        max_length=20,
                        verbose_name="source",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.clinic",
                        verbose_name="clinic",
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
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
            ],
            options={
                "verbose_name": "patient",
                "verbose_name_plural": "patients",
            },
        ),
        migrations.CreateModel(
            name="Note",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_job", models.CharField(blank=True, max_length=80)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("clinician", "Clinician"),
                            ("patient", "Patient's own report"),
                            ("relative", "Relative or carer"),
                            ("laboratory", "Laboratory or device"),
                            ("letter", "Letter or other record"),
                            ("import", "Import"),
                        ],
                        default="clinician",
                        max_length=20,
                        verbose_name="source",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="reason for the change")),
                ("withdrawn", models.BooleanField(default=False)),
                ("text", models.TextField(max_length=10000, verbose_name="note")),
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
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "supersedes",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="superseded_by",
                        to="patients.note",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)s_rows",
                        to="patients.patient",
                    ),
                ),
            ],
            options={
                "verbose_name": "note",
                "verbose_name_plural": "notes",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="MedicationStatement",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_job", models.CharField(blank=True, max_length=80)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("clinician", "Clinician"),
                            ("patient", "Patient's own report"),
                            ("relative", "Relative or carer"),
                            ("laboratory", "Laboratory or device"),
                            ("letter", "Letter or other record"),
                            ("import", "Import"),
                        ],
                        default="clinician",
                        max_length=20,
                        verbose_name="source",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="reason for the change")),
                ("withdrawn", models.BooleanField(default=False)),
                ("text", models.CharField(max_length=200, verbose_name="medicine")),
                (
                    "recognition",
                    models.CharField(
                        choices=[
                            ("recognised", "Recognised"),
                            ("ambiguous", "Not checked: the name fits several medicines"),
                            ("not_checked", "Not checked: the name is not known"),
                        ],
                        max_length=20,
                    ),
                ),
                ("medicine", models.CharField(blank=True, max_length=200)),
                (
                    "daily_dose",
                    models.DecimalField(
                        blank=True, decimal_places=4, max_digits=12, null=True, verbose_name="dose per day"
                    ),
                ),
                ("unit", models.CharField(blank=True, max_length=20, verbose_name="unit")),
                ("route", models.CharField(blank=True, max_length=40, verbose_name="route")),
                ("as_needed", models.BooleanField(default=False, verbose_name="when needed")),
                (
                    "release",
                    models.CharField(
                        blank=True,
                        choices=[("immediate", "Immediate release"), ("extended", "Extended release")],
                        max_length=10,
                        verbose_name="release",
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        blank=True,
                        choices=[("pain", "Pain"), ("opioid_use_disorder", "Opioid use disorder"), ("other", "Other")],
                        max_length=20,
                        verbose_name="purpose",
                    ),
                ),
                ("started_on", models.DateField(blank=True, null=True, verbose_name="started")),
                ("stopped_on", models.DateField(blank=True, null=True, verbose_name="stopped")),
                ("stop_reason", models.CharField(blank=True, max_length=300, verbose_name="why stopped")),
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
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "supersedes",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="superseded_by",
                        to="patients.medicationstatement",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)s_rows",
                        to="patients.patient",
                    ),
                ),
            ],
            options={
                "verbose_name": "medicine",
                "verbose_name_plural": "medicines",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="MedicationReview",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_job", models.CharField(blank=True, max_length=80)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("clinician", "Clinician"),
                            ("patient", "Patient's own report"),
                            ("relative", "Relative or carer"),
                            ("laboratory", "Laboratory or device"),
                            ("letter", "Letter or other record"),
                            ("import", "Import"),
                        ],
                        default="clinician",
                        max_length=20,
                        verbose_name="source",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="reason for the change")),
                ("withdrawn", models.BooleanField(default=False)),
                ("reviewed_on", models.DateField(verbose_name="reviewed on")),
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
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "supersedes",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="superseded_by",
                        to="patients.medicationreview",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)s_rows",
                        to="patients.patient",
                    ),
                ),
            ],
            options={
                "verbose_name": "review of medicines",
                "verbose_name_plural": "reviews of medicines",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Measurement",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_job", models.CharField(blank=True, max_length=80)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("clinician", "Clinician"),
                            ("patient", "Patient's own report"),
                            ("relative", "Relative or carer"),
                            ("laboratory", "Laboratory or device"),
                            ("letter", "Letter or other record"),
                            ("import", "Import"),
                        ],
                        default="clinician",
                        max_length=20,
                        verbose_name="source",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="reason for the change")),
                ("withdrawn", models.BooleanField(default=False)),
                ("code", models.CharField(max_length=40, verbose_name="measurement")),
                ("value", models.DecimalField(decimal_places=5, max_digits=14, verbose_name="value")),
                ("unit", models.CharField(max_length=20, verbose_name="unit")),
                ("canonical_value", models.DecimalField(decimal_places=6, max_digits=18)),
                ("canonical_unit", models.CharField(max_length=20)),
                ("measured_on", models.DateField(verbose_name="date")),
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
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "supersedes",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="superseded_by",
                        to="patients.measurement",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)s_rows",
                        to="patients.patient",
                    ),
                ),
            ],
            options={
                "verbose_name": "measurement",
                "verbose_name_plural": "measurements",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="CareTeamMember",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("since", models.DateField(verbose_name="since")),
                ("until", models.DateField(blank=True, null=True, verbose_name="until")),
                ("created_job", models.CharField(blank=True, max_length=80)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
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
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="care_team",
                        to="patients.patient",
                    ),
                ),
            ],
            options={
                "verbose_name": "member of a care team",
                "verbose_name_plural": "members of care teams",
            },
        ),
        migrations.CreateModel(
            name="Allergy",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_job", models.CharField(blank=True, max_length=80)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("clinician", "Clinician"),
                            ("patient", "Patient's own report"),
                            ("relative", "Relative or carer"),
                            ("laboratory", "Laboratory or device"),
                            ("letter", "Letter or other record"),
                            ("import", "Import"),
                        ],
                        default="clinician",
                        max_length=20,
                        verbose_name="source",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="reason for the change")),
                ("withdrawn", models.BooleanField(default=False)),
                ("none_known", models.BooleanField(default=False, verbose_name="no known allergies")),
                ("text", models.CharField(blank=True, max_length=200, verbose_name="substance")),
                (
                    "recognition",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("recognised", "Recognised"),
                            ("ambiguous", "Not checked: the name fits several medicines"),
                            ("not_checked", "Not checked: the name is not known"),
                        ],
                        max_length=20,
                    ),
                ),
                ("medicine", models.CharField(blank=True, max_length=200)),
                ("reaction", models.CharField(blank=True, max_length=300, verbose_name="reaction")),
                ("stated_on", models.DateField(verbose_name="as of")),
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
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "supersedes",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="superseded_by",
                        to="patients.allergy",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)s_rows",
                        to="patients.patient",
                    ),
                ),
            ],
            options={
                "verbose_name": "allergy",
                "verbose_name_plural": "allergies",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="PatientRevision",
            fields=[
                ("number", models.CharField(max_length=40, verbose_name="number")),
                ("family_name", models.CharField(max_length=120, verbose_name="family name")),
                ("given_names", models.CharField(max_length=120, verbose_name="given names")),
                ("birth_date", models.DateField(verbose_name="birth date")),
                (
                    "sex",
                    models.CharField(
                        choices=[("female", "Female"), ("male", "Male"), ("other", "Other"), ("unknown", "Unknown")],
                        max_length=10,
                        verbose_name="sex",
                    ),
                ),
                (
                    "pregnancy",
                    models.CharField(
                        choices=[
                            ("no", "Not pregnant"),
                            ("pregnant", "Pregnant"),
                            ("trying", "Trying to become pregnant"),
                            ("breastfeeding", "Breastfeeding"),
                            ("unknown", "Unknown"),
                            ("not_applicable", "Does not apply"),
                        ],
                        default="unknown",
                        max_length=20,
                        verbose_name="pregnancy",
                    ),
                ),
                ("pregnancy_as_of", models.DateField(blank=True, null=True, verbose_name="pregnancy stated on")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="e-mail address")),
                ("phone", models.CharField(blank=True, max_length=40, verbose_name="telephone")),
                ("language", models.CharField(default="en", max_length=20, verbose_name="language")),
                ("time_zone", models.CharField(blank=True, max_length=64, verbose_name="time zone")),
                ("reminder_consent", models.BooleanField(default=False, verbose_name="agrees to reminders by e-mail")),
                ("reminder_consent_on", models.DateField(blank=True, null=True, verbose_name="agreed or declined on")),
                ("died_on", models.DateField(blank=True, null=True, verbose_name="date of death")),
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("version", models.PositiveIntegerField()),
                ("reason", models.CharField(max_length=300, verbose_name="reason")),
                ("changed_job", models.CharField(blank=True, max_length=80)),
                (
                    "changed_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
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
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.clinic",
                        verbose_name="clinic",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="revisions",
                        to="patients.patient",
                    ),
                ),
            ],
            options={
                "verbose_name": "earlier details of a patient",
                "verbose_name_plural": "earlier details of patients",
            },
        ),
        migrations.CreateModel(
            name="Preference",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_job", models.CharField(blank=True, max_length=80)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("clinician", "Clinician"),
                            ("patient", "Patient's own report"),
                            ("relative", "Relative or carer"),
                            ("laboratory", "Laboratory or device"),
                            ("letter", "Letter or other record"),
                            ("import", "Import"),
                        ],
                        default="clinician",
                        max_length=20,
                        verbose_name="source",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="reason for the change")),
                ("withdrawn", models.BooleanField(default=False)),
                ("code", models.CharField(max_length=80, verbose_name="preference")),
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
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)s_rows",
                        to="patients.patient",
                    ),
                ),
                (
                    "supersedes",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="superseded_by",
                        to="patients.preference",
                    ),
                ),
            ],
            options={
                "verbose_name": "preference",
                "verbose_name_plural": "preferences",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Problem",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_job", models.CharField(blank=True, max_length=80)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("clinician", "Clinician"),
                            ("patient", "Patient's own report"),
                            ("relative", "Relative or carer"),
                            ("laboratory", "Laboratory or device"),
                            ("letter", "Letter or other record"),
                            ("import", "Import"),
                        ],
                        default="clinician",
                        max_length=20,
                        verbose_name="source",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="reason for the change")),
                ("withdrawn", models.BooleanField(default=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("condition", "Cause of the pain"),
                            ("concept", "Condition, state or history"),
                            ("other", "Other, in words"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("code", models.CharField(blank=True, max_length=80, verbose_name="problem")),
                ("text", models.CharField(blank=True, max_length=300, verbose_name="in words")),
                (
                    "status",
                    models.CharField(
                        choices=[("present", "Present"), ("absent", "Absent"), ("unknown", "Unknown")],
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("stated_on", models.DateField(verbose_name="as of")),
                ("onset_on", models.DateField(blank=True, null=True, verbose_name="since")),
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
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)s_rows",
                        to="patients.patient",
                    ),
                ),
                (
                    "supersedes",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="superseded_by",
                        to="patients.problem",
                    ),
                ),
            ],
            options={
                "verbose_name": "problem",
                "verbose_name_plural": "problems",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ProblemListReview",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_job", models.CharField(blank=True, max_length=80)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("clinician", "Clinician"),
                            ("patient", "Patient's own report"),
                            ("relative", "Relative or carer"),
                            ("laboratory", "Laboratory or device"),
                            ("letter", "Letter or other record"),
                            ("import", "Import"),
                        ],
                        default="clinician",
                        max_length=20,
                        verbose_name="source",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="reason for the change")),
                ("withdrawn", models.BooleanField(default=False)),
                ("reviewed_on", models.DateField(verbose_name="reviewed on")),
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
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)s_rows",
                        to="patients.patient",
                    ),
                ),
                (
                    "supersedes",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="superseded_by",
                        to="patients.problemlistreview",
                    ),
                ),
            ],
            options={
                "verbose_name": "review of the problem list",
                "verbose_name_plural": "reviews of problem lists",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Task",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("text", models.CharField(max_length=300, verbose_name="task")),
                ("due_on", models.DateField(verbose_name="due")),
                ("created_job", models.CharField(blank=True, max_length=80)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("done_at", models.DateTimeField(blank=True, null=True)),
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
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tasks",
                        to="patients.patient",
                    ),
                ),
            ],
            options={
                "verbose_name": "task",
                "verbose_name_plural": "tasks",
            },
        ),
        migrations.CreateModel(
            name="TreatmentTrial",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_job", models.CharField(blank=True, max_length=80)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("clinician", "Clinician"),
                            ("patient", "Patient's own report"),
                            ("relative", "Relative or carer"),
                            ("laboratory", "Laboratory or device"),
                            ("letter", "Letter or other record"),
                            ("import", "Import"),
                        ],
                        default="clinician",
                        max_length=20,
                        verbose_name="source",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="reason for the change")),
                ("withdrawn", models.BooleanField(default=False)),
                ("treatment", models.CharField(blank=True, max_length=80, verbose_name="treatment")),
                ("text", models.CharField(blank=True, max_length=200, verbose_name="in words")),
                (
                    "max_daily_dose",
                    models.DecimalField(
                        blank=True, decimal_places=4, max_digits=12, null=True, verbose_name="highest daily dose"
                    ),
                ),
                ("unit", models.CharField(blank=True, max_length=20, verbose_name="unit")),
                (
                    "weeks_at_max",
                    models.DecimalField(
                        blank=True, decimal_places=1, max_digits=6, null=True, verbose_name="weeks at the highest dose"
                    ),
                ),
                (
                    "response_percent",
                    models.SmallIntegerField(blank=True, null=True, verbose_name="pain relief in percent"),
                ),
                (
                    "stopped",
                    models.CharField(
                        choices=[
                            ("inefficacy", "Did not work"),
                            ("adverse_effect", "Adverse effect"),
                            ("both", "Did not work and adverse effect"),
                            ("cost", "Cost"),
                            ("preference", "Patient's wish"),
                            ("ongoing", "Still going on"),
                            ("unknown", "Not known"),
                        ],
                        max_length=20,
                        verbose_name="why it ended",
                    ),
                ),
                ("adverse_effects", models.CharField(blank=True, max_length=300, verbose_name="adverse effects")),
                ("started_on", models.DateField(blank=True, null=True, verbose_name="started")),
                ("stopped_on", models.DateField(blank=True, null=True, verbose_name="stopped")),
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
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)s_rows",
                        to="patients.patient",
                    ),
                ),
                (
                    "supersedes",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="superseded_by",
                        to="patients.treatmenttrial",
                    ),
                ),
            ],
            options={
                "verbose_name": "treatment tried",
                "verbose_name_plural": "treatments tried",
                "abstract": False,
            },
        ),
        migrations.AddIndex(
            model_name="patient",
            index=models.Index(fields=["organisation", "search_family", "id"], name="patient_by_family_name"),
        ),
        migrations.AddIndex(
            model_name="patient",
            index=models.Index(fields=["organisation", "search_given", "id"], name="patient_by_given_name"),
        ),
        migrations.AddIndex(
            model_name="patient",
            index=models.Index(fields=["organisation", "birth_date"], name="patient_by_birth_date"),
        ),
        migrations.AddIndex(
            model_name="patient",
            index=models.Index(fields=["organisation", "clinic", "search_family", "id"], name="patient_by_clinic"),
        ),
        migrations.AddConstraint(
            model_name="patient",
            constraint=models.UniqueConstraint(fields=("organisation", "id"), name="patient_key_with_organisation"),
        ),
        migrations.AddConstraint(
            model_name="patient",
            constraint=models.UniqueConstraint(fields=("organisation", "search_number"), name="one_patient_per_number"),
        ),
        migrations.AddConstraint(
            model_name="patient",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("sex", "male"), _negated=True),
                    ("pregnancy__in", ["no", "not_applicable", "unknown"]),
                    _connector="OR",
                ),
                name="pregnancy_fits_sex",
            ),
        ),
        migrations.AddConstraint(
            model_name="patient",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("died_on__isnull", True), ("died_on__gte", models.F("birth_date")), _connector="OR"
                ),
                name="death_not_before_birth",
            ),
        ),
        migrations.AddConstraint(
            model_name="patient",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("created_by__isnull", False), models.Q(("created_job", ""), _negated=True), _connector="XOR"
                ),
                name="patient_has_one_author",
            ),
        ),
        migrations.AddIndex(
            model_name="note",
            index=models.Index(fields=["patient", "created_at"], name="note_of_patient"),
        ),
        migrations.AddConstraint(
            model_name="note",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("supersedes__isnull", True), models.Q(("reason", ""), _negated=True), _connector="OR"
                ),
                name="note_change_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="note",
            constraint=models.CheckConstraint(
                condition=models.Q(("withdrawn", False), ("supersedes__isnull", False), _connector="OR"),
                name="note_withdraws_a_row",
            ),
        ),
        migrations.AddConstraint(
            model_name="note",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("created_by__isnull", False), models.Q(("created_job", ""), _negated=True), _connector="XOR"
                ),
                name="note_has_one_author",
            ),
        ),
        migrations.AddIndex(
            model_name="medicationstatement",
            index=models.Index(fields=["patient", "created_at"], name="medicationstatement_of_patient"),
        ),
        migrations.AddConstraint(
            model_name="medicationstatement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("supersedes__isnull", True), models.Q(("reason", ""), _negated=True), _connector="OR"
                ),
                name="medicationstatement_change_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="medicationstatement",
            constraint=models.CheckConstraint(
                condition=models.Q(("withdrawn", False), ("supersedes__isnull", False), _connector="OR"),
                name="medicationstatement_withdraws_a_row",
            ),
        ),
        migrations.AddConstraint(
            model_name="medicationstatement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("created_by__isnull", False), models.Q(("created_job", ""), _negated=True), _connector="XOR"
                ),
                name="medicationstatement_has_one_author",
            ),
        ),
        migrations.AddConstraint(
            model_name="medicationstatement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("daily_dose__isnull", True), ("unit", "")),
                    models.Q(("daily_dose__gt", 0), models.Q(("unit", ""), _negated=True)),
                    _connector="OR",
                ),
                name="medicine_dose_has_unit",
            ),
        ),
        migrations.AddConstraint(
            model_name="medicationstatement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("started_on__isnull", True),
                    ("stopped_on__isnull", True),
                    ("stopped_on__gte", models.F("started_on")),
                    _connector="OR",
                ),
                name="medicine_stops_after_it_started",
            ),
        ),
        migrations.AddConstraint(
            model_name="medicationstatement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("medicine__gt", ""), ("recognition", "recognised")),
                    models.Q(models.Q(("recognition", "recognised"), _negated=True), ("medicine", "")),
                    _connector="OR",
                ),
                name="recognised_medicine_has_name",
            ),
        ),
        migrations.AddIndex(
            model_name="medicationreview",
            index=models.Index(fields=["patient", "created_at"], name="medicationreview_of_patient"),
        ),
        migrations.AddConstraint(
            model_name="medicationreview",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("supersedes__isnull", True), models.Q(("reason", ""), _negated=True), _connector="OR"
                ),
                name="medicationreview_change_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="medicationreview",
            constraint=models.CheckConstraint(
                condition=models.Q(("withdrawn", False), ("supersedes__isnull", False), _connector="OR"),
                name="medicationreview_withdraws_a_row",
            ),
        ),
        migrations.AddConstraint(
            model_name="medicationreview",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("created_by__isnull", False), models.Q(("created_job", ""), _negated=True), _connector="XOR"
                ),
                name="medicationreview_has_one_author",
            ),
        ),
        migrations.AddIndex(
            model_name="measurement",
            index=models.Index(fields=["patient", "created_at"], name="measurement_of_patient"),
        ),
        migrations.AddIndex(
            model_name="measurement",
            index=models.Index(fields=["patient", "code", "-measured_on"], name="measurements_by_code"),
        ),
        migrations.AddConstraint(
            model_name="measurement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("supersedes__isnull", True), models.Q(("reason", ""), _negated=True), _connector="OR"
                ),
                name="measurement_change_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="measurement",
            constraint=models.CheckConstraint(
                condition=models.Q(("withdrawn", False), ("supersedes__isnull", False), _connector="OR"),
                name="measurement_withdraws_a_row",
            ),
        ),
        migrations.AddConstraint(
            model_name="measurement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("created_by__isnull", False), models.Q(("created_job", ""), _negated=True), _connector="XOR"
                ),
                name="measurement_has_one_author",
            ),
        ),
        migrations.AddIndex(
            model_name="careteammember",
            index=models.Index(fields=["user", "until", "patient"], name="care_team_of_user"),
        ),
        migrations.AddIndex(
            model_name="careteammember",
            index=models.Index(fields=["patient", "until"], name="care_team_of_patient"),
        ),
        migrations.AddConstraint(
            model_name="careteammember",
            constraint=models.UniqueConstraint(
                condition=models.Q(("until__isnull", True)),
                fields=("patient", "user"),
                name="one_open_place_in_a_care_team",
            ),
        ),
        migrations.AddConstraint(
            model_name="careteammember",
            constraint=models.CheckConstraint(
                condition=models.Q(("until__isnull", True), ("until__gte", models.F("since")), _connector="OR"),
                name="care_team_place_ends_after_it_began",
            ),
        ),
        migrations.AddIndex(
            model_name="allergy",
            index=models.Index(fields=["patient", "created_at"], name="allergy_of_patient"),
        ),
        migrations.AddConstraint(
            model_name="allergy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("supersedes__isnull", True), models.Q(("reason", ""), _negated=True), _connector="OR"
                ),
                name="allergy_change_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="allergy",
            constraint=models.CheckConstraint(
                condition=models.Q(("withdrawn", False), ("supersedes__isnull", False), _connector="OR"),
                name="allergy_withdraws_a_row",
            ),
        ),
        migrations.AddConstraint(
            model_name="allergy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("created_by__isnull", False), models.Q(("created_job", ""), _negated=True), _connector="XOR"
                ),
                name="allergy_has_one_author",
            ),
        ),
        migrations.AddConstraint(
            model_name="allergy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("none_known", True), ("text", "")),
                    models.Q(("none_known", False), models.Q(("text", ""), _negated=True)),
                    _connector="OR",
                ),
                name="allergy_names_substance_or_none",
            ),
        ),
        migrations.AddConstraint(
            model_name="patientrevision",
            constraint=models.UniqueConstraint(fields=("patient", "version"), name="one_revision_per_version"),
        ),
        migrations.AddIndex(
            model_name="preference",
            index=models.Index(fields=["patient", "created_at"], name="preference_of_patient"),
        ),
        migrations.AddConstraint(
            model_name="preference",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("supersedes__isnull", True), models.Q(("reason", ""), _negated=True), _connector="OR"
                ),
                name="preference_change_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="preference",
            constraint=models.CheckConstraint(
                condition=models.Q(("withdrawn", False), ("supersedes__isnull", False), _connector="OR"),
                name="preference_withdraws_a_row",
            ),
        ),
        migrations.AddConstraint(
            model_name="preference",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("created_by__isnull", False), models.Q(("created_job", ""), _negated=True), _connector="XOR"
                ),
                name="preference_has_one_author",
            ),
        ),
        migrations.AddIndex(
            model_name="problem",
            index=models.Index(fields=["patient", "created_at"], name="problem_of_patient"),
        ),
        migrations.AddConstraint(
            model_name="problem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("supersedes__isnull", True), models.Q(("reason", ""), _negated=True), _connector="OR"
                ),
                name="problem_change_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="problem",
            constraint=models.CheckConstraint(
                condition=models.Q(("withdrawn", False), ("supersedes__isnull", False), _connector="OR"),
                name="problem_withdraws_a_row",
            ),
        ),
        migrations.AddConstraint(
            model_name="problem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("created_by__isnull", False), models.Q(("created_job", ""), _negated=True), _connector="XOR"
                ),
                name="problem_has_one_author",
            ),
        ),
        migrations.AddConstraint(
            model_name="problem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("code", ""), ("kind", "other")),
                    models.Q(models.Q(("kind", "other"), _negated=True), models.Q(("code", ""), _negated=True)),
                    _connector="OR",
                ),
                name="problem_has_code_or_is_other",
            ),
        ),
        migrations.AddConstraint(
            model_name="problem",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind", "other"), ("text", ""), _negated=True), name="other_problem_has_words"
            ),
        ),
        migrations.AddIndex(
            model_name="problemlistreview",
            index=models.Index(fields=["patient", "created_at"], name="problemlistreview_of_patient"),
        ),
        migrations.AddConstraint(
            model_name="problemlistreview",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("supersedes__isnull", True), models.Q(("reason", ""), _negated=True), _connector="OR"
                ),
                name="problemlistreview_change_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="problemlistreview",
            constraint=models.CheckConstraint(
                condition=models.Q(("withdrawn", False), ("supersedes__isnull", False), _connector="OR"),
                name="problemlistreview_withdraws_a_row",
            ),
        ),
        migrations.AddConstraint(
            model_name="problemlistreview",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("created_by__isnull", False), models.Q(("created_job", ""), _negated=True), _connector="XOR"
                ),
                name="problemlistreview_has_one_author",
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("done_at__isnull", True)),
                fields=["organisation", "due_on"],
                name="open_tasks_by_due_date",
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("done_at__isnull", True)), fields=["owner", "due_on"], name="open_tasks_of_owner"
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(fields=["patient", "due_on"], name="tasks_of_patient"),
        ),
        migrations.AddIndex(
            model_name="treatmenttrial",
            index=models.Index(fields=["patient", "created_at"], name="treatmenttrial_of_patient"),
        ),
        migrations.AddConstraint(
            model_name="treatmenttrial",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("supersedes__isnull", True), models.Q(("reason", ""), _negated=True), _connector="OR"
                ),
                name="treatmenttrial_change_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="treatmenttrial",
            constraint=models.CheckConstraint(
                condition=models.Q(("withdrawn", False), ("supersedes__isnull", False), _connector="OR"),
                name="treatmenttrial_withdraws_a_row",
            ),
        ),
        migrations.AddConstraint(
            model_name="treatmenttrial",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("created_by__isnull", False), models.Q(("created_job", ""), _negated=True), _connector="XOR"
                ),
                name="treatmenttrial_has_one_author",
            ),
        ),
        migrations.AddConstraint(
            model_name="treatmenttrial",
            constraint=models.CheckConstraint(
                condition=models.Q(("text", ""), ("treatment", ""), _negated=True), name="trial_names_treatment"
            ),
        ),
        migrations.AddConstraint(
            model_name="treatmenttrial",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("max_daily_dose__isnull", True), ("unit", "")),
                    models.Q(("max_daily_dose__gt", 0), models.Q(("unit", ""), _negated=True)),
                    _connector="OR",
                ),
                name="trial_dose_has_unit",
            ),
        ),
        migrations.AddConstraint(
            model_name="treatmenttrial",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("response_percent__isnull", True),
                    models.Q(("response_percent__gte", -200), ("response_percent__lte", 100)),
                    _connector="OR",
                ),
                name="trial_response_is_percent",
            ),
        ),
        migrations.AddConstraint(
            model_name="treatmenttrial",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("started_on__isnull", True),
                    ("stopped_on__isnull", True),
                    ("stopped_on__gte", models.F("started_on")),
                    _connector="OR",
                ),
                name="trial_stops_after_it_started",
            ),
        ),
    ]
