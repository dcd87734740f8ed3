"""The person being cared for and what is on record about them. Data and constraints; no behaviour.

Every row belongs to one organisation (row-level security shows it to no other), says who entered it, when and from what
source, and is never changed: a correction is a new row that names the old one in `supersedes` and gives a reason. The
old row stays readable. The row that counts is the one that nothing supersedes and that is not `withdrawn`.
Three tables are not of that kind: Patient keeps its present details and PatientRevision what they were before,
CareTeamMember ends with a date, Task is ticked off.
"""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Source(models.TextChoices):
    """Where an entry comes from."""

    CLINICIAN = "clinician", _("Clinician")
    PATIENT = "patient", _("Patient's own report")
    RELATIVE = "relative", _("Relative or carer")
    LABORATORY = "laboratory", _("Laboratory or device")
    LETTER = "letter", _("Letter or other record")
    IMPORT = "import", _("Import")


class Sex(models.TextChoices):
    FEMALE = "female", _("Female")
    MALE = "male", _("Male")
    OTHER = "other", _("Other")
    UNKNOWN = "unknown", _("Unknown")


class Pregnancy(models.TextChoices):
    NO = "no", _("Not pregnant")
    PREGNANT = "pregnant", _("Pregnant")
    TRYING = "trying", _("Trying to become pregnant")
    BREASTFEEDING = "breastfeeding", _("Breastfeeding")
    UNKNOWN = "unknown", _("Unknown")
    NOT_APPLICABLE = "not_applicable", _("Does not apply")


class PatientDetails(models.Model):
    """What is known about the person; shared by Patient (now) and PatientRevision (before)."""

    clinic = models.ForeignKey("accounts.Clinic", on_delete=models.PROTECT, related_name="+", verbose_name=_("clinic"))
    number = models.CharField(_("number"), max_length=40)
    family_name = models.CharField(_("family name"), max_length=120)
    given_names = models.CharField(_("given names"), max_length=120)
    birth_date = models.DateField(_("birth date"))
    sex = models.CharField(_("sex"), max_length=10, choices=Sex)
    pregnancy = models.CharField(_("pregnancy"), max_length=20, choices=Pregnancy, default=Pregnancy.UNKNOWN)
    pregnancy_as_of = models.DateField(_("pregnancy stated on"), null=True, blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    language = models.CharField(_("language"), max_length=20, default="en")
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    reminder_consent = models.BooleanField(_("agrees to reminders by e-mail"), default=False)
    reminder_consent_on = models.DateField(_("agreed or declined on"), null=True, blank=True)
    died_on = models.DateField(_("date of death"), null=True, blank=True)

    class Meta:
        abstract = True


class Patient(PatientDetails):
    """One person in one organisation. Reached through `patients.access` only."""

    # Keys to the organisation and to the patient have no index of their own: each stands first in another one.

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    # What search and sorting read: folded by patients.names, compared byte by byte so that a prefix is a range of the
    # index. Comparison of ranges is leakproof, so the index serves below row-level security, where LIKE would not.
    search_family = models.CharField(max_length=260, db_collation="C", editable=False)
    search_given = models.CharField(max_length=260, db_collation="C", editable=False)
    search_number = models.CharField(max_length=40, db_collation="C", editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    created_job = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    source = models.CharField(_("source"), max_length=20, choices=Source, default=Source.CLINICIAN)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("patient")
        verbose_name_plural = _("patients")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "id"], name="patient_key_with_organisation"),
            models.UniqueConstraint(fields=["organisation", "search_number"], name="one_patient_per_number"),
            models.CheckConstraint(
                condition=~models.Q(sex="male") | models.Q(pregnancy__in=["no", "not_applicable", "unknown"]),
                name="pregnancy_fits_sex",
            ),
            models.CheckConstraint(
                condition=models.Q(died_on__isnull=True) | models.Q(died_on__gte=models.F("birth_date")),
                name="death_not_before_birth",
            ),
            models.CheckConstraint(
                condition=models.Q(created_by__isnull=False) ^ ~models.Q(created_job=""), name="patient_has_one_author"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "search_family", "id"], name="patient_by_family_name"),
            models.Index(fields=["organisation", "search_given", "id"], name="patient_by_given_name"),
            models.Index(fields=["organisation", "birth_date"], name="patient_by_birth_date"),
            models.Index(fields=["organisation", "clinic", "search_family", "id"], name="patient_by_clinic"),
        ]

    def __str__(self) -> str:
        # No name: this text ends up in logs and error pages.
        return f"patient {self.pk}"


class PatientRevision(PatientDetails):
    """What a patient's details were before a change, with who changed them, when and why."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="revisions", db_index=False)
    version = models.PositiveIntegerField()
    reason = models.CharField(_("reason"), max_length=300)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    changed_job = models.CharField(max_length=80, blank=True)
    changed_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("earlier details of a patient")
        verbose_name_plural = _("earlier details of patients")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["patient", "version"], name="one_revision_per_version"),
        ]

    def __str__(self) -> str:
        return f"version {self.version} of patient {self.patient_id}"


class CareTeamMember(models.Model):
    """Somebody who looks after this patient, from a day until a day."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="care_team", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    since = models.DateField(_("since"))
    until = models.DateField(_("until"), null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    created_job = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("member of a care team")
        verbose_name_plural = _("members of care teams")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["patient", "user"], condition=models.Q(until__isnull=True), name="one_open_place_in_a_care_team"
            ),
            models.CheckConstraint(
                condition=models.Q(until__isnull=True) | models.Q(until__gte=models.F("since")),
                name="care_team_place_ends_after_it_began",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["user", "until", "patient"], name="care_team_of_user"),
            models.Index(fields=["patient", "until"], name="care_team_of_patient"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} looks after patient {self.patient_id}"


class Entry(models.Model):
    """One line of the record: immutable, attributed, and corrected only by another line."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="%(class)s_rows", db_index=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    created_job = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    source = models.CharField(_("source"), max_length=20, choices=Source, default=Source.CLINICIAN)
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )
    reason = models.CharField(_("reason for the change"), max_length=300, blank=True)
    # The new line says only that the old one should not have been there.
    withdrawn = models.BooleanField(default=False)

    class Meta:
        abstract = True
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(supersedes__isnull=True) | ~models.Q(reason=""), name="%(class)s_change_has_reason"
            ),
            models.CheckConstraint(
                condition=models.Q(withdrawn=False) | models.Q(supersedes__isnull=False),
                name="%(class)s_withdraws_a_row",
            ),
            models.CheckConstraint(
                condition=models.Q(created_by__isnull=False) ^ ~models.Q(created_job=""),
                name="%(class)s_has_one_author",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["patient", "created_at"], name="%(class)s_of_patient")]

    def __str__(self) -> str:
        return f"{self._meta.model_name} {self.pk}"


class Problem(Entry):
    """A cause of pain or another condition, state or history that is present, absent, or stated to be unknown."""

    class Kind(models.TextChoices):
        PAIN_CONDITION = "condition", _("Cause of the pain")
        CONCEPT = "concept", _("Condition, state or history")
        OTHER = "other", _("Other, in words")

    class Status(models.TextChoices):
        PRESENT = "present", _("Present")
        ABSENT = "absent", _("Absent")
        UNKNOWN = "unknown", _("Unknown")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    # An id of the vocabulary (knowledge/): a condition or a concept; empty for kind "other".
    code = models.CharField(_("problem"), max_length=80, blank=True)
    text = models.CharField(_("in words"), max_length=300, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status)
    # The day for which the status was stated: states go stale, see the vocabulary.
    stated_on = models.DateField(_("as of"))
    onset_on = models.DateField(_("since"), null=True, blank=True)

    class Meta(Entry.Meta):
        verbose_name = _("problem")
        verbose_name_plural = _("problems")
        constraints: ClassVar = [
            *Entry.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(kind="other", code="") | (~models.Q(kind="other") & ~models.Q(code="")),
                name="problem_has_code_or_is_other",
            ),
            models.CheckConstraint(condition=~models.Q(kind="other", text=""), name="other_problem_has_words"),
        ]


class ProblemListReview(Entry):
    """Somebody went through the problem list: what is not on it is absent, for the concepts where that may be said."""

    reviewed_on = models.DateField(_("reviewed on"))

    class Meta(Entry.Meta):
        verbose_name = _("review of the problem list")
        verbose_name_plural = _("reviews of problem lists")


class MedicationStatement(Entry):
    """One medicine that the patient takes or took, as it was written, with what we recognised in it."""

    class Recognition(models.TextChoices):
        RECOGNISED = "recognised", _("Recognised")
        AMBIGUOUS = "ambiguous", _("Not checked: the name fits several medicines")
        NOT_CHECKED = "not_checked", _("Not checked: the name is not known")

    class Release(models.TextChoices):
        IMMEDIATE = "immediate", _("Immediate release")
        EXTENDED = "extended", _("Extended release")

    class Purpose(models.TextChoices):
        PAIN = "pain", _("Pain")
        OPIOID_USE_DISORDER = "opioid_use_disorder", _("Opioid use disorder")
        OTHER = "other", _("Other")

    text = models.CharField(_("medicine"), max_length=200)
    # What was understood that day; reading recomputes it, so a medicine added to the dictionary later is recognised.
    recognition = models.CharField(max_length=20, choices=Recognition)
    medicine = models.CharField(max_length=200, blank=True)
    daily_dose = models.DecimalField(_("dose per day"), max_digits=12, decimal_places=4, null=True, blank=True)
    unit = models.CharField(_("unit"), max_length=20, blank=True)
    route = models.CharField(_("route"), max_length=40, blank=True)
    as_needed = models.BooleanField(_("when needed"), default=False)
    release = models.CharField(_("release"), max_length=10, choices=Release, blank=True)
    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose, blank=True)
    started_on = models.DateField(_("started"), null=True, blank=True)
    stopped_on = models.DateField(_("stopped"), null=True, blank=True)
    stop_reason = models.CharField(_("why stopped"), max_length=300, blank=True)

    class Meta(Entry.Meta):
        verbose_name = _("medicine")
        verbose_name_plural = _("medicines")
        constraints: ClassVar = [
            *Entry.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(daily_dose__isnull=True, unit="")
                | (models.Q(daily_dose__gt=0) & ~models.Q(unit="")),
                name="medicine_dose_has_unit",
            ),
            models.CheckConstraint(
                condition=models.Q(started_on__isnull=True)
                | models.Q(stopped_on__isnull=True)
                | models.Q(stopped_on__gte=models.F("started_on")),
                name="medicine_stops_after_it_started",
            ),
            models.CheckConstraint(
                condition=models.Q(recognition="recognised", medicine__gt="")
                | (~models.Q(recognition="recognised") & models.Q(medicine="")),
                name="recognised_medicine_has_name",
            ),
        ]


class MedicationReview(Entry):
    """Somebody went through all medicines, those stopped in the last 14 days included."""

    reviewed_on = models.DateField(_("reviewed on"))

    class Meta(Entry.Meta):
        verbose_name = _("review of medicines")
        verbose_name_plural = _("reviews of medicines")


class Allergy(Entry):
    """A substance the patient must not get, or the statement that none is known."""

    none_known = models.BooleanField(_("no known allergies"), default=False)
    text = models.CharField(_("substance"), max_length=200, blank=True)
    recognition = models.CharField(max_length=20, choices=MedicationStatement.Recognition, blank=True)
    medicine = models.CharField(max_length=200, blank=True)
    reaction = models.CharField(_("reaction"), max_length=300, blank=True)
    stated_on = models.DateField(_("as of"))

    class Meta(Entry.Meta):
        verbose_name = _("allergy")
        verbose_name_plural = _("allergies")
        constraints: ClassVar = [
            *Entry.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(none_known=True, text="") | (models.Q(none_known=False) & ~models.Q(text="")),
                name="allergy_names_substance_or_none",
            ),
        ]


class Measurement(Entry):
    """One measured value: as it was given, and in the one unit in which it is compared."""

    code = models.CharField(_("measurement"), max_length=40)
    value = models.DecimalField(_("value"), max_digits=14, decimal_places=5)
    unit = models.CharField(_("unit"), max_length=20)
    canonical_value = models.DecimalField(max_digits=18, decimal_places=6)
    canonical_unit = models.CharField(max_length=20)
    measured_on = models.DateField(_("date"))

    class Meta(Entry.Meta):
        verbose_name = _("measurement")
        verbose_name_plural = _("measurements")
        indexes: ClassVar = [
            *Entry.Meta.indexes,
            models.Index(fields=["patient", "code", "-measured_on"], name="measurements_by_code"),
        ]


class TreatmentTrial(Entry):
    """A treatment that was tried: how much, how long, what it did, why it ended."""

    class Stopped(models.TextChoices):
        INEFFICACY = "inefficacy", _("Did not work")
        ADVERSE_EFFECT = "adverse_effect", _("Adverse effect")
        BOTH = "both", _("Did not work and adverse effect")
        COST = "cost", _("Cost")
        PREFERENCE = "preference", _("Patient's wish")
        ONGOING = "ongoing", _("Still going on")
        UNKNOWN = "unknown", _("Not known")

    # An id of an agent or a therapy of the rulebook, or nothing and the words below.
    treatment = models.CharField(_("treatment"), max_length=80, blank=True)
    text = models.CharField(_("in words"), max_length=200, blank=True)
    max_daily_dose = models.DecimalField(
        _("highest daily dose"), max_digits=12, decimal_places=4, null=True, blank=True
    )
    unit = models.CharField(_("unit"), max_length=20, blank=True)
    weeks_at_max = models.DecimalField(
        _("weeks at the highest dose"), max_digits=6, decimal_places=1, null=True, blank=True
    )
    response_percent = models.SmallIntegerField(_("pain relief in percent"), null=True, blank=True)
    stopped = models.CharField(_("why it ended"), max_length=20, choices=Stopped)
    adverse_effects = models.CharField(_("adverse effects"), max_length=300, blank=True)
    started_on = models.DateField(_("started"), null=True, blank=True)
    stopped_on = models.DateField(_("stopped"), null=True, blank=True)

    class Meta(Entry.Meta):
        verbose_name = _("treatment tried")
        verbose_name_plural = _("treatments tried")
        constraints: ClassVar = [
            *Entry.Meta.constraints,
            models.CheckConstraint(condition=~models.Q(treatment="", text=""), name="trial_names_treatment"),
            models.CheckConstraint(
                condition=models.Q(max_daily_dose__isnull=True, unit="")
                | (models.Q(max_daily_dose__gt=0) & ~models.Q(unit="")),
                name="trial_dose_has_unit",
            ),
            models.CheckConstraint(
                condition=models.Q(response_percent__isnull=True)
                | models.Q(response_percent__gte=-200, response_percent__lte=100),
                name="trial_response_is_percent",
            ),
            models.CheckConstraint(
                condition=models.Q(started_on__isnull=True)
                | models.Q(stopped_on__isnull=True)
                | models.Q(stopped_on__gte=models.F("started_on")),
                name="trial_stops_after_it_started",
            ),
        ]


class Preference(Entry):
    """Something the patient wants or avoids that changes which option suits, such as "drives for work"."""

    code = models.CharField(_("preference"), max_length=80)

    class Meta(Entry.Meta):
        verbose_name = _("preference")
        verbose_name_plural = _("preferences")


class Note(Entry):
    """Free words about the patient."""

    text = models.TextField(_("note"), max_length=10_000)

    class Meta(Entry.Meta):
        verbose_name = _("note")
        verbose_name_plural = _("notes")


class Task(models.Model):
    """Something that somebody has to do for this patient by a day. Without an owner it is everybody's worry.

    What a plan orders is a task with a kind: a test, a referral (to `addressee`), a prescription … `order_key` says
    what is ordered, so that it is open once at most; `batch_id` holds together what was ordered with one confirm.
    """

    class Kind(models.TextChoices):
        TASK = "task", _("Task")
        TEST = "test", _("Test")
        REFERRAL = "referral", _("Referral")
        PRESCRIPTION = "prescription", _("Prescription")
        EDUCATION = "education", _("Education")
        FOLLOW_UP = "follow_up", _("Follow-up")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="tasks", db_index=False)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.TASK)
    text = models.CharField(_("task"), max_length=300)
    addressee = models.CharField(_("to"), max_length=80, blank=True)
    order_key = models.CharField(max_length=200, blank=True)
    # The plan that it was ordered from; plans are above the record and know it, the record does not know them.
    plan_id = models.UUIDField(null=True, blank=True)
    batch_id = models.UUIDField(null=True, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    due_on = models.DateField(_("due"))
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    created_job = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # Taken back before anybody did it.
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["patient", "order_key"],
                condition=~models.Q(order_key="") & models.Q(done_at__isnull=True, withdrawn_at__isnull=True),
                name="what_is_ordered_is_open_once",
            ),
            models.CheckConstraint(
                condition=models.Q(done_at__isnull=True) | models.Q(withdrawn_at__isnull=True),
                name="task_is_done_or_withdrawn",
            ),
            models.CheckConstraint(
                condition=models.Q(order_key="", batch_id__isnull=True, plan_id__isnull=True)
                | (~models.Q(order_key="") & models.Q(batch_id__isnull=False, plan_id__isnull=False)),
                name="what_is_ordered_says_by_which_plan",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["organisation", "due_on"],
                condition=models.Q(done_at__isnull=True, withdrawn_at__isnull=True),
                name="open_tasks_by_due_date",
            ),
            models.Index(
                fields=["owner", "due_on"],
                condition=models.Q(done_at__isnull=True, withdrawn_at__isnull=True),
                name="open_tasks_of_owner",
            ),
            models.Index(fields=["patient", "due_on"], name="tasks_of_patient"),
        ]

    def __str__(self) -> str:
        return f"task {self.pk}"
