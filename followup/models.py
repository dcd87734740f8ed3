"""What was planned after a plan was signed, what was sent, what came back, and what worried. Data and constraints.

Every row belongs to one organisation. Answers, adverse effects and reviews are record: never changed, a correction is a
new row that names the old one. The other tables are work: they move forward and keep when and by whom.
A reminder is the queue itself: its row is claimed with a lease, and nothing else remembers that it must be sent.
"""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class OfPatient(models.Model):
    """One row about one patient of one organisation, with who made it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey("patients.Patient", on_delete=models.PROTECT, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    created_job = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        abstract = True
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(created_by__isnull=False) ^ ~models.Q(created_job=""),
                name="%(class)s_has_one_author",
            ),
        ]

    def __str__(self) -> str:
        # No name and no answer: this text ends up in logs and error pages.
        return f"{self._meta.model_name} {self.pk}"


class Schedule(OfPatient):
    """The follow-up of one signed plan, from its signature until the plan is replaced or stopped."""

    class Tier(models.TextChoices):
        LOW = "low", _("Low risk")
        MEDIUM = "medium", _("Medium risk")
        HIGH = "high", _("High risk")

    # A plan belongs to `treatments`; its id is kept and its content asked for there.
    plan_id = models.UUIDField(unique=True)
    starts_on = models.DateField()
    tier = models.CharField(_("risk tier"), max_length=10, choices=Tier)
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=200, blank=True)

    class Meta(OfPatient.Meta):
        verbose_name = _("follow-up schedule")
        verbose_name_plural = _("follow-up schedules")
        indexes: ClassVar = [models.Index(fields=["patient", "-created_at"], name="schedules_of_patient")]


class DueItem(OfPatient):
    """One thing to do by a day: a check-in, a review, a test, or what the clinician wrote."""

    schedule = models.ForeignKey(Schedule, on_delete=models.PROTECT, related_name="items")
    kind = models.CharField(max_length=40)
    text = models.CharField(max_length=300, blank=True)
    opens_on = models.DateField()
    due_on = models.DateField(_("due"))
    ref_id = models.CharField(max_length=80, blank=True)
    # The id of the content row that asks for it, or "plan".
    source = models.CharField(max_length=80, blank=True)
    # Whoever took it; while nobody has, followup.owners says who answers for it.
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    done_job = models.CharField(max_length=80, blank=True)

    class Meta(OfPatient.Meta):
        verbose_name = _("due item")
        verbose_name_plural = _("due items")
        constraints: ClassVar = [
            *OfPatient.Meta.constraints,
            models.UniqueConstraint(
                fields=["schedule", "kind", "due_on", "ref_id", "source", "text"], name="one_due_item_of_a_kind_a_day"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["organisation", "due_on"],
                condition=models.Q(done_at__isnull=True),
                name="open_due_items_by_day",
            ),
            models.Index(fields=["patient", "due_on"], name="due_items_of_patient"),
        ]


class CheckIn(OfPatient):
    """An invitation to answer, by link or by a person. The link's text is never stored, only its digest."""

    due_item = models.OneToOneField(DueItem, on_delete=models.PROTECT, related_name="check_in")
    due_on = models.DateField(_("due"))
    # Somebody has to call: no consent, no address, or sending failed.
    by_person = models.CharField(max_length=40, blank=True)
    token_digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    first_sent_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    failed_attempts = models.PositiveSmallIntegerField(default=0)
    draft = models.JSONField(default=dict, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    close_reason = models.CharField(max_length=200, blank=True)

    class Meta(OfPatient.Meta):
        verbose_name = _("check-in")
        verbose_name_plural = _("check-ins")
        indexes: ClassVar = [
            models.Index(
                fields=["organisation", "due_on"],
                condition=models.Q(answered_at__isnull=True, closed_at__isnull=True),
                name="awaited_check_ins_by_day",
            ),
            models.Index(fields=["patient", "due_on"], name="check_ins_of_patient"),
        ]


class Answer(OfPatient):
    """What the patient answered on a day, by link or told to a member of staff. Never changed."""

    class Via(models.TextChoices):
        LINK = "link", _("By link")
        TELEPHONE = "telephone", _("By telephone")
        VISIT = "visit", _("At a visit")

    check_in = models.ForeignKey(CheckIn, on_delete=models.PROTECT, null=True, related_name="answers")
    plan_id = models.UUIDField(null=True)
    via = models.CharField(max_length=10, choices=Via)
    answered_on = models.DateField(_("date"))
    # Question id to answer; a question that was not answered has no entry.
    answers = models.JSONField()
    # The agreements of the plan that these answers brought to pass when they came, for lists: [{ref_id, case, …}, …].
    agreed = models.JSONField(default=list)
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )
    reason = models.CharField(_("reason for the change"), max_length=300, blank=True)

    class Meta(OfPatient.Meta):
        verbose_name = _("answers of a patient")
        verbose_name_plural = _("answers of patients")
        constraints: ClassVar = [
            *OfPatient.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(supersedes__isnull=True) | ~models.Q(reason=""), name="answer_change_has_reason"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["patient", "-answered_on", "-created_at"], name="answers_of_patient"),
            models.Index(fields=["organisation", "-created_at"], name="answers_newest_first"),
        ]


class AnswerSeen(OfPatient):
    """A member of staff has looked at the answers. Its own row, because answers are never changed."""

    answer = models.OneToOneField(Answer, on_delete=models.PROTECT, related_name="seen")

    class Meta(OfPatient.Meta):
        verbose_name = _("answers seen")
        verbose_name_plural = _("answers seen")


class AdverseEffect(OfPatient):
    """One adverse effect that was reported: the grade as told and the grade that counts after the overrides."""

    answer = models.ForeignKey(Answer, on_delete=models.PROTECT, related_name="effects")
    effect = models.CharField(max_length=40)
    observed_grade = models.PositiveSmallIntegerField()
    effective_grade = models.PositiveSmallIntegerField()
    overrides = models.JSONField(default=list, blank=True)

    class Meta(OfPatient.Meta):
        verbose_name = _("adverse effect")
        verbose_name_plural = _("adverse effects")
        constraints: ClassVar = [
            *OfPatient.Meta.constraints,
            models.UniqueConstraint(fields=["answer", "effect"], name="one_grade_per_effect_and_answer"),
            models.CheckConstraint(
                condition=models.Q(
                    observed_grade__gte=1, effective_grade__gte=models.F("observed_grade"), effective_grade__lte=4
                ),
                name="adverse_effect_grades_are_1_to_4",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["patient", "created_at"], name="effects_of_patient")]


class Review(OfPatient):
    """What a clinician established after some answers, for one treatment or about the person.

    `variables` are those of the decision table, with their values.
    """

    answer = models.ForeignKey(Answer, on_delete=models.PROTECT, related_name="reviews")
    # Empty for what was established about the person, whatever the treatment.
    ref_id = models.CharField(max_length=80, blank=True)
    variables = models.JSONField()

    class Meta(OfPatient.Meta):
        verbose_name = _("review of a treatment")
        verbose_name_plural = _("reviews of treatments")
        indexes: ClassVar = [models.Index(fields=["answer", "ref_id", "-created_at"], name="reviews_of_answer")]


class Alert(OfPatient):
    """Something that a person must act on by a time; open until somebody acknowledges it."""

    class Tier(models.TextChoices):
        CRITICAL = "critical", _("Critical")
        WARNING = "warning", _("Warning")

    check_in = models.ForeignKey(CheckIn, on_delete=models.PROTECT, null=True, related_name="alerts")
    answer = models.ForeignKey(Answer, on_delete=models.PROTECT, null=True, related_name="alerts")
    # What the patient told before a visit; belongs to `assessments`.
    report = models.ForeignKey("assessments.PatientReport", on_delete=models.PROTECT, null=True, related_name="+")
    code = models.CharField(max_length=60)
    tier = models.CharField(max_length=10, choices=Tier)
    text = models.CharField(max_length=300)
    action = models.TextField(blank=True)
    source = models.CharField(max_length=80)
    deadline = models.DateTimeField(_("act by"))
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    note = models.CharField(_("what was done"), max_length=500, blank=True)

    class Meta(OfPatient.Meta):
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        constraints: ClassVar = [
            *OfPatient.Meta.constraints,
            # The same sign ticked twice in one check-in is one alert.
            models.UniqueConstraint(fields=["check_in", "code"], name="one_alert_per_check_in_and_sign"),
            models.UniqueConstraint(fields=["report", "code"], name="one_alert_per_report_and_sign"),
            models.CheckConstraint(
                condition=models.Q(acknowledged_at__isnull=True) | ~models.Q(note=""),
                name="acknowledged_alert_has_note",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["organisation", "deadline"],
                condition=models.Q(acknowledged_at__isnull=True),
                name="open_alerts_by_deadline",
            ),
            models.Index(fields=["patient", "-created_at"], name="alerts_of_patient"),
        ]


class Reminder(OfPatient):
    """One message that must leave once: about a check-in, or about the questions before a visit.

    `key` says which: patient, check-in or report, kind, and the due date of a check-in.
    """

    class State(models.TextChoices):
        SCHEDULED = "scheduled", _("Scheduled")
        LEASED = "leased", _("A worker has it")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        UNKNOWN = "unknown", _("Perhaps sent")
        FAILED = "failed", _("Not sent")
        CANCELLED = "cancelled", _("Cancelled")

    check_in = models.ForeignKey(CheckIn, on_delete=models.PROTECT, null=True, related_name="reminders")
    report = models.ForeignKey("assessments.PatientReport", on_delete=models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=20)
    key = models.CharField(max_length=200)
    due_at = models.DateTimeField(_("due"))
    state = models.CharField(max_length=10, choices=State, default=State.SCHEDULED)
    lease_id = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    first_tried_at = models.DateTimeField(null=True, blank=True)
    reference = models.CharField(max_length=200, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta(OfPatient.Meta):
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        constraints: ClassVar = [
            *OfPatient.Meta.constraints,
            models.UniqueConstraint(fields=["organisation", "key"], name="one_reminder_per_key"),
            models.CheckConstraint(
                condition=models.Q(check_in__isnull=False) ^ models.Q(report__isnull=False),
                name="reminder_is_about_one_thing",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["leased", "sending"], lease_until__isnull=False, lease_id__isnull=False)
                | (~models.Q(state__in=["leased", "sending"]) & models.Q(lease_until__isnull=True)),
                name="reminder_at_work_has_a_lease",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="sent") | models.Q(sent_at__isnull=False), name="sent_reminder_has_its_time"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["organisation", "due_at"],
                condition=models.Q(state="scheduled"),
                name="reminders_to_send",
            ),
            models.Index(
                fields=["organisation", "lease_until"],
                condition=models.Q(state__in=["leased", "sending"]),
                name="reminders_at_work",
            ),
            models.Index(fields=["patient", "-due_at"], name="reminders_of_patient"),
            # Few messages are about a report before a visit; the worklist asks for those that did not arrive.
            models.Index(
                fields=["organisation", "report"], condition=models.Q(report__isnull=False), name="reminders_of_reports"
            ),
        ]


class OptOut(OfPatient):
    """The patient wants no more messages on this channel. Lifted by a consent that was given later."""

    channel = models.CharField(max_length=20, default="email")
    at = models.DateTimeField()

    class Meta(OfPatient.Meta):
        verbose_name = _("opt-out")
        verbose_name_plural = _("opt-outs")
        indexes: ClassVar = [models.Index(fields=["patient", "channel", "-at"], name="opt_outs_of_patient")]


class OutboxMessage(models.Model):
    """A message that the demo's outbox took instead of a mail server. The key makes a second copy impossible."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=100, unique=True)
    recipient = models.EmailField()
    subject = models.CharField(max_length=200)
    body = models.TextField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("message in the demo's outbox")
        verbose_name_plural = _("messages in the demo's outbox")
        indexes: ClassVar = [models.Index(fields=["organisation", "-created_at"], name="outbox_newest_first")]

    def __str__(self) -> str:
        return f"message {self.key}"
