"""Assessments of pain and their answers. Data and constraints; no behaviour.

An assessment is a draft that is saved section by section, or signed. Once it is signed, PostgreSQL refuses any change
to it and to everything that belongs to it (migration 0002); a correction is a new assessment that `supersedes` it.
An answer that was not given has no row: unknown is never stored as no.
"""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class YesNo(models.TextChoices):
    YES = "yes", _("Yes")
    NO = "no", _("No")


class Assessment(models.Model):
    """One assessment of one patient."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SIGNED = "signed", _("Signed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey("patients.Patient", on_delete=models.PROTECT, related_name="assessments")
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    assessed_on = models.DateField(_("date of the assessment"))
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    signed_at = models.DateTimeField(null=True)
    supersedes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="superseded_by")
    correction_reason = models.CharField(_("reason for the correction"), max_length=300, blank=True)
    duration_months = models.DecimalField(_("months with this pain"), max_digits=6, decimal_places=1, null=True)
    # The four criteria of the certainty grading; the words of the case format, empty until answered.
    c1_history = models.CharField(max_length=20, blank=True)
    c2_distribution = models.CharField(max_length=20, blank=True)
    c3_signs = models.CharField(max_length=20, blank=True)
    c4_test = models.CharField(max_length=20, blank=True)
    # The pattern of the skin as the clinician judges it: a class of the body map or "other"; empty until judged.
    confirmed_pattern = models.CharField(_("pattern of the skin"), max_length=40, blank=True)
    problem_list_reviewed = models.BooleanField(_("problem list gone through"), default=False)
    notes = models.TextField(_("notes"), max_length=10_000, blank=True)

    class Meta:
        verbose_name = _("assessment")
        verbose_name_plural = _("assessments")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["patient"], condition=models.Q(status="draft"), name="one_open_draft_per_patient"
            ),
            models.UniqueConstraint(fields=["organisation", "id"], name="assessment_key_with_organisation"),
            models.CheckConstraint(
                condition=models.Q(status="draft", signed_by__isnull=True, signed_at__isnull=True)
                | models.Q(status="signed", signed_by__isnull=False, signed_at__isnull=False),
                name="signed_assessment_has_signature",
            ),
            models.CheckConstraint(
                condition=models.Q(supersedes__isnull=True) | ~models.Q(correction_reason=""),
                name="correction_of_assessment_has_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(duration_months__isnull=True) | models.Q(duration_months__gte=0),
                name="duration_of_pain_not_negative",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["patient", "status", "-assessed_on", "-signed_at"], name="newest_assessment"),
            models.Index(
                fields=["organisation", "created_at"], condition=models.Q(status="draft"), name="open_assessments"
            ),
        ]

    def __str__(self) -> str:
        return f"assessment {self.pk}"


class Part(models.Model):
    """Something that belongs to one assessment and is fixed when that is signed."""

    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="%(class)s_rows")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self._meta.model_name} {self.pk}"


class SectionSave(Part):
    """How often, when and by whom a section was saved; what a stale save is recognised by."""

    section = models.CharField(max_length=60)
    version = models.PositiveIntegerField(default=1)
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    saved_at = models.DateTimeField()
    # Taken over from an earlier assessment and not yet confirmed.
    copied = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("saved section")
        verbose_name_plural = _("saved sections")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["assessment", "section"], name="one_state_per_section"),
        ]


class KeptInput(Part):
    """What was typed and could not be read: kept as typed until somebody mends it."""

    section = models.CharField(max_length=60)
    field = models.CharField(max_length=80)
    text = models.TextField(max_length=20_000)
    problem = models.CharField(max_length=300)

    class Meta:
        verbose_name = _("unreadable input")
        verbose_name_plural = _("unreadable inputs")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["assessment", "section", "field"], name="one_kept_text_per_field"),
        ]


class PainArea(Part):
    """One painful area with its name, timing and extent."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    position = models.PositiveSmallIntegerField()
    name = models.CharField(_("name"), max_length=80, blank=True)
    pattern = models.CharField(max_length=40, blank=True)
    onset_date = models.DateField(_("onset"), null=True)
    onset_mode = models.CharField(max_length=40, blank=True)
    latency_from_event = models.CharField(max_length=500, blank=True)
    continuous_hours_24h = models.CharField(max_length=40, blank=True)
    attacks_24h = models.CharField(max_length=40, blank=True)
    attack_duration = models.CharField(max_length=40, blank=True)
    refractory_period = models.CharField(max_length=40, blank=True)
    diurnal = models.CharField(max_length=40, blank=True)
    sleep_disturbed = models.CharField(max_length=40, blank=True)
    course = models.CharField(max_length=40, blank=True)
    localised = models.CharField(_("localised"), max_length=3, choices=YesNo, blank=True)
    intensity = models.PositiveSmallIntegerField(_("average pain"), null=True)
    intensity_now = models.PositiveSmallIntegerField(_("pain now"), null=True)
    intensity_worst = models.PositiveSmallIntegerField(_("worst pain"), null=True)
    intensity_least = models.PositiveSmallIntegerField(_("least pain"), null=True)
    # Where the bedside examination was compared with: mirror, proximal or other.
    sensory_reference = models.CharField(max_length=20, blank=True)

    class Meta:
        verbose_name = _("pain area")
        verbose_name_plural = _("pain areas")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["assessment", "position"], name="one_pain_area_per_position"),
            models.UniqueConstraint(fields=["assessment", "id"], name="pain_area_key_with_assessment"),
            *(
                models.CheckConstraint(
                    condition=models.Q(**{f"{name}__isnull": True}) | models.Q(**{f"{name}__lte": 10}),
                    name=f"pain_area_{name}_up_to_ten",
                )
                for name in ("intensity", "intensity_now", "intensity_worst", "intensity_least")
            ),
        ]


class AreaRegion(Part):
    """A region of the body map that is marked in an area, in one of three layers."""

    class Layer(models.TextChoices):
        PAIN = "pain", _("Pain")
        TOUCH = "touch", _("Touch hurts")
        NUMB = "numb", _("Numb")

    area = models.ForeignKey(PainArea, on_delete=models.CASCADE, related_name="region_rows")
    region = models.CharField(max_length=60)
    layer = models.CharField(max_length=5, choices=Layer, default=Layer.PAIN)

    class Meta:
        verbose_name = _("region of a pain area")
        verbose_name_plural = _("regions of pain areas")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["area", "region", "layer"], name="one_mark_per_region_and_layer"),
        ]


class AreaFinding(Part):
    """A word for the pain, a bedside sign or what changes it: found, or looked for and not found."""

    class Kind(models.TextChoices):
        DESCRIPTOR = "descriptor", _("Word for the pain")
        EVOKED = "evoked", _("Evoked pain")
        NEGATIVE = "negative", _("Loss")
        AGGRAVATING = "aggravating", _("Makes it worse")
        RELIEVING = "relieving", _("Eases it")

    area = models.ForeignKey(PainArea, on_delete=models.CASCADE, related_name="finding_rows")
    kind = models.CharField(max_length=12, choices=Kind)
    code = models.CharField(max_length=40)
    answer = models.CharField(max_length=3, choices=YesNo)
    # How strong, from 0 to 10, for a word that is present.
    rating = models.PositiveSmallIntegerField(null=True)

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["area", "kind", "code"], name="one_answer_per_finding"),
            models.CheckConstraint(
                condition=models.Q(rating__isnull=True) | models.Q(rating__lte=10, answer="yes"),
                name="only_what_is_present_is_rated_up_to_ten",
            ),
        ]


class SensoryFinding(Part):
    """One stimulus of the bedside examination in an area, compared with the reference site."""

    class Result(models.TextChoices):
        LESS = "less", _("Less")
        SAME = "same", _("Same")
        MORE = "more", _("More")

    area = models.ForeignKey(PainArea, on_delete=models.CASCADE, related_name="sensory_rows")
    stimulus = models.CharField(max_length=40)
    result = models.CharField(max_length=4, choices=Result)
    border = models.CharField(max_length=4, choices=Result, blank=True)
    rating = models.PositiveSmallIntegerField(null=True)
    reference_rating = models.PositiveSmallIntegerField(null=True)
    # The figure that the stimulus asks for: seconds, a ratio or a grade.
    amount = models.DecimalField(max_digits=7, decimal_places=2, null=True)

    class Meta:
        verbose_name = _("result of the bedside examination")
        verbose_name_plural = _("results of the bedside examination")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["area", "stimulus"], name="one_result_per_stimulus"),
            models.CheckConstraint(
                condition=(models.Q(rating__isnull=True) | models.Q(rating__lte=10))
                & (models.Q(reference_rating__isnull=True) | models.Q(reference_rating__lte=10)),
                name="sensory_ratings_up_to_ten",
            ),
        ]


class AbsentRegion(Part):
    """A region of the body map that is not there, after an amputation."""

    region = models.CharField(max_length=60)

    class Meta:
        verbose_name = _("absent region")
        verbose_name_plural = _("absent regions")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["assessment", "region"], name="one_mark_per_absent_region"),
        ]


class DiagnosticTest(Part):
    """A confirmatory test and its result."""

    class Result(models.TextChoices):
        NORMAL = "normal", _("Normal")
        ABNORMAL = "abnormal", _("Abnormal")
        INCONCLUSIVE = "inconclusive", _("Inconclusive")
        PENDING = "pending", _("Pending")

    class Side(models.TextChoices):
        LEFT = "left", _("Left")
        RIGHT = "right", _("Right")
        BOTH = "both", _("Both")

    test = models.CharField(max_length=40)
    result = models.CharField(_("result"), max_length=20, choices=Result)
    done_on = models.DateField(_("date"), null=True)
    side = models.CharField(_("side"), max_length=5, choices=Side, blank=True)
    value = models.DecimalField(_("value"), max_digits=12, decimal_places=4, null=True)
    unit = models.CharField(_("unit"), max_length=20, blank=True)
    finding = models.CharField(_("finding"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("test")
        verbose_name_plural = _("tests")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["assessment", "test"], name="one_result_per_test"),
        ]


class Statement(Part):
    """A cause of the pain, a state that rules ask about, or a preference: stated to be so or not to be so."""

    class Kind(models.TextChoices):
        CONDITION = "condition", _("Cause of the pain")
        CONCEPT = "concept", _("Condition, state or history")
        PREFERENCE = "preference", _("Preference")

    class Answer(models.TextChoices):
        YES = "yes", _("Yes")
        NO = "no", _("No")
        # Said to be unknown where the record says otherwise; silence has no row.
        UNKNOWN = "unknown", _("Unknown")

    kind = models.CharField(max_length=12, choices=Kind)
    code = models.CharField(max_length=80)
    answer = models.CharField(max_length=7, choices=Answer)

    class Meta:
        verbose_name = _("statement")
        verbose_name_plural = _("statements")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["assessment", "kind", "code"], name="one_answer_per_statement"),
        ]


class RedFlagAnswer(Part):
    """A red flag, present or absent, and what was done about a present one."""

    class Handling(models.TextChoices):
        HANDLED = "handled", _("Acted on")
        DISMISSED = "dismissed", _("Dismissed")

    flag = models.CharField(max_length=40)
    answer = models.CharField(max_length=3, choices=YesNo)
    handling = models.CharField(_("what was done"), max_length=10, choices=Handling, blank=True)
    note = models.CharField(_("in words"), max_length=300, blank=True)
    # Who acts on it and by when; asked for since the flag is only handled when somebody has it in hand.
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    due_at = models.DateTimeField(_("by"), null=True)

    class Meta:
        verbose_name = _("red flag")
        verbose_name_plural = _("red flags")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["assessment", "flag"], name="one_answer_per_red_flag"),
        ]


class InstrumentAnswers(models.Model):
    """Answers to one instrument on one day, or the total or verdict of a form that was filled in elsewhere.

    In an assessment they are fixed when it is signed; without one they are never changed.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey("patients.Patient", on_delete=models.PROTECT, related_name="+")
    assessment = models.ForeignKey(
        Assessment, on_delete=models.CASCADE, null=True, related_name="instrumentanswers_rows"
    )
    instrument = models.CharField(_("instrument"), max_length=40)
    definition_version = models.PositiveSmallIntegerField()
    taken_on = models.DateField(_("date"))
    # In the order of the items; null for one that was not given. Text, because some instruments are answered in words.
    answers = ArrayField(models.CharField(max_length=40, null=True), null=True)
    # The score that these answers came to that day, or the total that was entered; null when it was not scorable.
    total = models.DecimalField(max_digits=6, decimal_places=2, null=True)
    met = models.BooleanField(null=True)
    # Figures copied from a form that was filled in elsewhere, by the id of their field; null when there are none.
    entered = models.JSONField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    created_job = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("answers to an instrument")
        verbose_name_plural = _("answers to instruments")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["assessment", "instrument"],
                condition=models.Q(assessment__isnull=False),
                name="one_set_of_answers_per_instrument",
            ),
            models.CheckConstraint(
                condition=models.Q(answers__isnull=False)
                | models.Q(total__isnull=False)
                | models.Q(met__isnull=False)
                | models.Q(entered__isnull=False),
                name="instrument_has_answers_or_total",
            ),
            models.CheckConstraint(
                condition=models.Q(created_by__isnull=False) ^ ~models.Q(created_job=""),
                name="instrument_answers_have_one_author",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["patient", "instrument", "-taken_on", "-created_at"], name="newest_answers"),
        ]

    def __str__(self) -> str:
        return f"answers {self.pk}"


class ClinicInstrument(models.Model):
    """Whether a clinic uses an instrument; without a row the registry's own default counts."""

    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    clinic = models.ForeignKey("accounts.Clinic", on_delete=models.CASCADE, related_name="+")
    instrument = models.CharField(_("instrument"), max_length=40)
    is_on = models.BooleanField(_("in use"))
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("instrument of a clinic")
        verbose_name_plural = _("instruments of clinics")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "instrument"], name="one_choice_per_clinic_and_instrument"),
        ]

    def __str__(self) -> str:
        return f"{self.instrument}: {self.is_on}"


class PatientReport(models.Model):
    """What a patient was asked before a visit and answered, by link, on the clinic's tablet, or told to staff.

    The answers stay as the patient gave them: once sent they never change (migration 0005). What a clinician makes of
    them stands in the assessment that took them over. The link's text is never stored, only its digest.
    """

    class Via(models.TextChoices):
        LINK = "link", _("By link")
        TABLET = "tablet", _("On a tablet in the clinic")
        STAFF = "staff", _("Told to staff")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey("patients.Patient", on_delete=models.PROTECT, related_name="+")
    via = models.CharField(max_length=10, choices=Via)
    language = models.CharField(max_length=10, default="en")
    # The day of the visit that it is for.
    visit_on = models.DateField(_("visit on"), null=True)
    token_digest = models.CharField(max_length=64, blank=True)
    expires_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    opened_at = models.DateTimeField(null=True)
    failed_attempts = models.PositiveSmallIntegerField(default=0)
    # Question id to answer while it is being filled in; a question without an answer has no entry.
    draft = models.JSONField(default=dict)
    answers = models.JSONField(null=True)
    sent_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    close_reason = models.CharField(max_length=200, blank=True)
    assessment = models.ForeignKey(Assessment, on_delete=models.SET_NULL, null=True, related_name="reports")

    class Meta:
        verbose_name = _("report of a patient")
        verbose_name_plural = _("reports of patients")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(sent_at__isnull=True, answers__isnull=True)
                | models.Q(sent_at__isnull=False, answers__isnull=False),
                name="sent_report_has_answers",
            ),
            models.UniqueConstraint(
                fields=["token_digest"], condition=~models.Q(token_digest=""), name="one_report_per_link"
            ),
            # However it is filled in, on a phone, a tablet or by staff, it is the same report with the same answers.
            models.UniqueConstraint(
                fields=["patient"],
                condition=models.Q(sent_at__isnull=True, closed_at__isnull=True),
                name="one_open_report_per_patient",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["patient", "-created_at"], name="reports_of_patient"),
            models.Index(
                fields=["organisation", "created_at"],
                condition=models.Q(sent_at__isnull=True, closed_at__isnull=True),
                name="awaited_reports",
            ),
            models.Index(
                fields=["organisation", "sent_at"],
                condition=models.Q(sent_at__isnull=False, assessment__isnull=True),
                name="reports_to_look_at",
            ),
        ]

    def __str__(self) -> str:
        return f"report {self.pk}"
