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
    text = models.CharField(max_length=500)
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
    intensity = models.PositiveSmallIntegerField(_("intensity"), null=True)

    class Meta:
        verbose_name = _("pain area")
        verbose_name_plural = _("pain areas")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["assessment", "position"], name="one_pain_area_per_position"),
            models.UniqueConstraint(fields=["assessment", "id"], name="pain_area_key_with_assessment"),
            models.CheckConstraint(
                condition=models.Q(intensity__isnull=True) | models.Q(intensity__lte=10),
                name="pain_area_intensity_up_to_ten",
            ),
        ]


class AreaRegion(Part):
    """A region of the body map that is marked in an area."""

    area = models.ForeignKey(PainArea, on_delete=models.CASCADE, related_name="region_rows")
    region = models.CharField(max_length=60)

    class Meta:
        verbose_name = _("region of a pain area")
        verbose_name_plural = _("regions of pain areas")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["area", "region"], name="one_mark_per_region"),
        ]


class AreaFinding(Part):
    """A word for the pain or a bedside sign, found or looked for and not found."""

    class Kind(models.TextChoices):
        DESCRIPTOR = "descriptor", _("Word for the pain")
        EVOKED = "evoked", _("Evoked pain")
        NEGATIVE = "negative", _("Loss")

    area = models.ForeignKey(PainArea, on_delete=models.CASCADE, related_name="finding_rows")
    kind = models.CharField(max_length=10, choices=Kind)
    code = models.CharField(max_length=40)
    answer = models.CharField(max_length=3, choices=YesNo)

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["area", "kind", "code"], name="one_answer_per_finding"),
        ]


class DiagnosticTest(Part):
    """A confirmatory test and its result."""

    class Result(models.TextChoices):
        NORMAL = "normal", _("Normal")
        ABNORMAL = "abnormal", _("Abnormal")
        INCONCLUSIVE = "inconclusive", _("Inconclusive")
        PENDING = "pending", _("Pending")

    test = models.CharField(max_length=40)
    result = models.CharField(_("result"), max_length=20, choices=Result)
    done_on = models.DateField(_("date"), null=True)

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
                condition=models.Q(answers__isnull=False) | models.Q(total__isnull=False) | models.Q(met__isnull=False),
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
