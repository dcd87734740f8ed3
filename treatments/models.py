"""The tables of treatments: releases of the rulebook, and plans. Constraints here, decisions elsewhere."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from treatments.states import State


class RulebookRelease(models.Model):
    """One published release of the clinical content; never changed, never removed, and the same for every organisation.

    `content` is the canonical JSON whose sha256 is `digest`, so that a plan signed under this release can be computed
    again byte for byte.
    """

    number = models.PositiveIntegerField(primary_key=True)
    digest = models.CharField(max_length=71, db_index=True)
    content = models.TextField()
    published_at = models.DateTimeField(db_default=Now(), editable=False)
    published_by = models.CharField(max_length=200)

    class Meta:
        verbose_name = "rulebook release"
        verbose_name_plural = "rulebook releases"
        ordering = ("-number",)
        constraints = [
            models.CheckConstraint(condition=models.Q(number__gte=1), name="rulebook_release_number_from_one"),
            models.CheckConstraint(
                condition=models.Q(digest__regex=r"^sha256:[0-9a-f]{64}$"), name="rulebook_release_digest_is_sha256"
            ),
        ]

    def __str__(self) -> str:
        return f"release {self.number}"


class NoGoal(models.TextChoices):
    """Why a plan has no goal."""

    NOT_YET = "not_yet", _("No goal agreed yet")
    NOT_WANTED = "not_wanted", _("The patient does not want to set a goal")


# A word for the patient stands on the first page of the hand-out, which is one sheet: it is short.
WORD_LONGEST = 300
WORD_MOST_LINES = 5


class Plan(models.Model):
    """What was chosen for one patient. A draft can be changed; a signed plan keeps what it was computed from for ever.

    `facts` and `proposal` are canonical texts: with the release of `rulebook_digest` they can be made again byte for
    byte (`manage.py replay_plans`). At most one draft (proposed for review or not) and one signed plan per patient; see
    treatments.states.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey("patients.Patient", on_delete=models.PROTECT, related_name="plans")
    state = models.CharField(
        max_length=12, choices=[(state.value, state.value) for state in State], default=State.DRAFT.value
    )
    # Counts the saves of goals, dates and note, so that a stale save is seen. Each item counts its own.
    version = models.PositiveIntegerField(default=1)
    note = models.TextField(_("note"), max_length=4000, blank=True)
    # What the clinician says to the patient in their own words; for the version it was written for, and no other.
    for_patient = models.CharField(_("a word for the patient"), max_length=WORD_LONGEST, blank=True)
    # Why there is no goal, where there is none.
    no_goal = models.CharField(_("no goal"), max_length=20, choices=NoGoal, blank=True)
    no_goal_text = models.CharField(_("why there is no goal"), max_length=300, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    created_job = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    changed_at = models.DateTimeField(db_default=Now())
    # Filled when the draft is proposed for review: by whom, and to whom (empty: to anybody who may sign).
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    proposed_to = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField(null=True)
    proposed_words = models.CharField(_("for the signer"), max_length=500, blank=True)
    # Filled when a proposed plan becomes a draft again: returned with words, or taken back by a change, without.
    returned_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    returned_at = models.DateTimeField(null=True)
    returned_words = models.CharField(_("what is to be changed"), max_length=500, blank=True)
    # Filled by the signature.
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    signed_job = models.CharField(max_length=80, blank=True)
    signed_at = models.DateTimeField(null=True)
    supersedes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="superseded_by")
    facts = models.TextField(blank=True)
    proposal = models.TextField(blank=True)
    proposal_digest = models.CharField(max_length=71, blank=True)
    rulebook_digest = models.CharField(max_length=71, blank=True)
    rulebook_release = models.CharField(max_length=40, blank=True)
    baseline_nrs = models.PositiveSmallIntegerField(null=True)
    # Filled when the plan is replaced, stopped or thrown away.
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    ended_job = models.CharField(max_length=80, blank=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("plan")
        verbose_name_plural = _("plans")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "id"], name="plan_key_with_organisation"),
            models.UniqueConstraint(
                fields=["patient"],
                condition=models.Q(state__in=["draft", "proposed"]),
                name="one_draft_plan_per_patient",
            ),
            models.UniqueConstraint(
                fields=["patient"], condition=models.Q(state="signed"), name="one_signed_plan_per_patient"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["draft", "proposed", "discarded"], signed_at__isnull=True)
                | (
                    models.Q(state__in=["signed", "superseded", "stopped"], signed_at__isnull=False)
                    & ~models.Q(facts="")
                    & ~models.Q(proposal="")
                    & models.Q(proposal_digest__regex="^sha256:[0-9a-f]{64}$")
                    & models.Q(rulebook_digest__regex="^sha256:[0-9a-f]{64}$")
                ),
                name="signed_plan_keeps_what_it_rests_on",
            ),
            models.CheckConstraint(
                condition=models.Q(created_by__isnull=False) ^ ~models.Q(created_job=""), name="plan_has_one_author"
            ),
            models.CheckConstraint(
                condition=models.Q(signed_at__isnull=True)
                | (models.Q(signed_by__isnull=False) ^ ~models.Q(signed_job="")),
                name="signed_plan_has_one_signature",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["draft", "proposed", "signed"], ended_at__isnull=True)
                | models.Q(state__in=["superseded", "stopped", "discarded"], ended_at__isnull=False),
                name="plan_that_ended_has_its_time",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="stopped") | ~models.Q(end_reason=""), name="stopped_plan_has_reason"
            ),
            models.CheckConstraint(
                condition=models.Q(state="proposed", proposed_at__isnull=False, proposed_by__isnull=False)
                | models.Q(state="draft", proposed_at__isnull=True)
                | ~models.Q(state__in=["draft", "proposed"]),
                name="proposed_plan_says_by_whom",
            ),
            models.CheckConstraint(
                condition=models.Q(baseline_nrs__isnull=True) | models.Q(baseline_nrs__lte=10),
                name="baseline_nrs_is_0_to_10",
            ),
            models.CheckConstraint(
                condition=models.Q(no_goal="", no_goal_text="") | (~models.Q(no_goal="") & ~models.Q(no_goal_text="")),
                name="plan_without_goal_says_why",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["patient", "-created_at"], name="plans_of_patient"),
            models.Index(fields=["organisation", "-signed_at"], name="plans_by_signature"),
            models.Index(
                fields=["organisation", "-state", "changed_at"],
                condition=models.Q(state__in=["draft", "proposed"]),
                name="open_plan_drafts",
            ),
        ]

    def __str__(self) -> str:
        # No name: this text ends up in logs and error pages.
        return f"plan {self.pk}"


class PlanPart(models.Model):
    """A row that belongs to a plan, fixed with it when the plan is signed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="%(class)s_rows")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self._meta.model_name} {self.pk}"


class PlanItem(PlanPart):
    """A medicine or therapy of the plan. `steps` are its doses: [{day, per_dose, times_per_day}, …].

    Where the doses of a day differ, a step has them as `doses` beside. `day` counts from `starts_on`; doses are in
    `unit`. `status` is what the proposal said about it at the signature. Where the rulebook has no dose, `product`
    names what is given. `dose_by` is the specialist who sets the dose, when none is entered.
    """

    class Kind(models.TextChoices):
        AGENT = "agent", _("Medicine")
        THERAPY = "therapy", _("Therapy")

    kind = models.CharField(max_length=10, choices=Kind)
    ref_id = models.CharField(max_length=80)
    name = models.CharField(max_length=200)
    position = models.PositiveSmallIntegerField()
    version = models.PositiveIntegerField(default=1)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    starts_on = models.DateField(_("from"))
    stops_on = models.DateField(_("until"), null=True, blank=True)
    unit = models.CharField(max_length=20, blank=True)
    steps = models.JSONField(default=list)
    product = models.CharField(_("product"), max_length=200, blank=True)
    dose_by = models.CharField(_("dose set by"), max_length=200, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)
    status = models.CharField(max_length=20, blank=True)

    class Meta:
        verbose_name = _("item of a plan")
        verbose_name_plural = _("items of plans")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["plan", "kind", "ref_id"], name="option_once_in_a_plan"),
            models.UniqueConstraint(fields=["plan", "id"], name="plan_item_key_with_plan"),
            models.CheckConstraint(
                condition=models.Q(stops_on__isnull=True) | models.Q(stops_on__gte=models.F("starts_on")),
                name="plan_item_ends_after_it_began",
            ),
            models.CheckConstraint(
                condition=models.Q(dose_by="") | models.Q(kind="agent", steps=[]),
                name="dose_is_entered_or_left_to_somebody",
            ),
        ]


class OverrideReason(models.TextChoices):
    """Why somebody decided against what the rules say."""

    TOLERATED = "tolerated", _("Taken before and tolerated")
    SPECIALIST = "specialist", _("Specialist advice")
    BENEFIT = "benefit", _("Benefit outweighs the risk")
    NO_ALTERNATIVE = "no_alternative", _("No better alternative")
    PATIENT_CHOICE = "patient_choice", _("Informed choice of the patient")
    WILL_MONITOR = "will_monitor", _("Will monitor")
    KNOWN_ELSEWHERE = "known_elsewhere", _("Value is known but not on file")
    HANDLED = "handled", _("Acted on today")
    DOES_NOT_APPLY = "does_not_apply", _("Does not apply to this patient")
    # The signature gives it, nobody else: what the rules speak against is only stepped down.
    LEADS_TO_END = "leads_to_end", _("Only comes down to its end")


class Override(PlanPart):
    """Somebody decided against what the rules say, with a coded reason and words.

    `covers` are the ids of what was known and accepted then (rules, facts, interactions, alerts): something that comes
    up later is not covered. Without an item it is about an alert, named by `subject`.
    """

    class Kind(models.TextChoices):
        EXCLUDED = "excluded", _("Excluded")
        NEEDS_DATA = "needs_data", _("Needs data")
        NOT_RECOMMENDED = "not_recommended", _("Not recommended")
        DOSE = "dose", _("Dose above the limit")
        INTERACTION = "interaction", _("Interaction")
        ALERT = "alert", _("Alert")
        ABRUPT_STOP = "abrupt_stop", _("Stopped without a taper")

    Reason = OverrideReason

    item = models.ForeignKey(PlanItem, on_delete=models.CASCADE, null=True, related_name="overrides")
    kind = models.CharField(max_length=20, choices=Kind)
    subject = models.CharField(max_length=120, blank=True)
    covers = models.JSONField(default=list)
    reason = models.CharField(_("reason"), max_length=20, choices=Reason)
    text = models.CharField(_("in words"), max_length=500)
    # "Will monitor" is a promise: what is tested by when by whom. The signature makes the task of it.
    monitor_test = models.CharField(_("what is checked"), max_length=80, blank=True)
    monitor_on = models.DateField(_("check on"), null=True, blank=True)
    monitor_owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    task = models.OneToOneField("patients.Task", on_delete=models.PROTECT, null=True, related_name="promise")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    made_job = models.CharField(max_length=80, blank=True)
    made_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("override")
        verbose_name_plural = _("overrides")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["plan", "item", "kind", "subject"], nulls_distinct=False, name="one_override_of_a_kind"
            ),
            models.CheckConstraint(condition=models.Q(text__regex=r"\S"), name="override_has_words"),
            models.CheckConstraint(
                condition=models.Q(reason__in=OverrideReason.values), name="override_has_a_coded_reason"
            ),
            models.CheckConstraint(
                condition=(models.Q(kind="alert", item__isnull=True) & ~models.Q(subject=""))
                | (~models.Q(kind="alert") & models.Q(item__isnull=False)),
                name="override_is_of_an_item_or_an_alert",
            ),
            models.CheckConstraint(
                condition=~models.Q(reason="will_monitor")
                | (models.Q(monitor_on__isnull=False, monitor_owner__isnull=False) & ~models.Q(monitor_test="")),
                name="promise_to_monitor_has_test_day_and_owner",
            ),
            models.CheckConstraint(
                condition=models.Q(made_by__isnull=False) ^ ~models.Q(made_job=""), name="override_has_one_author"
            ),
        ]


class Goal(PlanPart):
    """What the treatment is for, in the patient's words; the goal for pain has a number from 0 to 10.

    A plan has one goal for pain and a few of what the patient wants to do, by `position` from 1. `template` is the goal
    of the rulebook that it was made from, if any; `measure` says what is counted, `baseline` how much it is now and
    `amount` (both in `unit`) when the goal is reached. `importance` and `difficulty` weigh it (0 to 3, empty: not
    asked), `confidence` is the patient's from 0 to 10. `levels` are the words for -2 to +2, an empty one as the numbers
    say; `items` are the options of the plan that serve it.
    """

    class Kind(models.TextChoices):
        PAIN = "pain", _("Pain")
        FUNCTION = "function", _("What the patient wants to do")

    kind = models.CharField(max_length=10, choices=Kind)
    position = models.PositiveSmallIntegerField(default=1)
    words = models.CharField(_("in the patient's words"), max_length=300, blank=True)
    target = models.PositiveSmallIntegerField(null=True, blank=True)
    by = models.DateField(_("by"), null=True, blank=True)
    template = models.CharField(max_length=80, blank=True)
    measure = models.CharField(_("what is counted"), max_length=200, blank=True)
    baseline = models.FloatField(_("now"), null=True, blank=True)
    amount = models.FloatField(_("target"), null=True, blank=True)
    unit = models.CharField(_("unit"), max_length=40, blank=True)
    importance = models.PositiveSmallIntegerField(_("importance"), null=True, blank=True)
    difficulty = models.PositiveSmallIntegerField(_("difficulty"), null=True, blank=True)
    confidence = models.PositiveSmallIntegerField(_("confidence"), null=True, blank=True)
    levels = models.JSONField(default=list)
    items = models.JSONField(default=list)

    class Meta:
        verbose_name = _("goal")
        verbose_name_plural = _("goals")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["plan", "kind", "position"], name="one_goal_at_a_place_of_a_plan"),
            models.CheckConstraint(
                condition=models.Q(position=1) | models.Q(kind="function", position__gte=1), name="one_goal_for_pain"
            ),
            models.CheckConstraint(
                condition=models.Q(target__isnull=True) | models.Q(target__lte=10), name="goal_target_is_0_to_10"
            ),
            models.CheckConstraint(
                condition=models.Q(baseline__isnull=True)
                | models.Q(amount__isnull=True)
                | ~models.Q(baseline=models.F("amount")),
                name="goal_is_somewhere_else_than_now",
            ),
            models.CheckConstraint(
                condition=models.Q(confidence__isnull=True) | models.Q(confidence__lte=10),
                name="goal_confidence_is_0_to_10",
            ),
        ]


class Agreement(PlanPart):
    """What was agreed for one item at its start: when its effect is judged, by which relief, and what is done then.

    Judged from `week` (counted from the start of the item), where there is a `dose` (per day, in the item's unit) not
    before `weeks_at_dose` weeks at it. Less than `enough_pct` percent less pain is little, from `good_pct` on it is
    continued, between the two it is a partial response; without `enough_pct` the `words` say by what it is judged.
    `next_id` is the option that `if_little` goes to, `partial_id` that of `if_partial`; their names stay readable when
    the rulebook no longer has them. `sources` are content ids.
    """

    class Action(models.TextChoices):
        CONTINUE = "continue", _("Continue")
        RAISE = "raise", _("Raise the dose")
        ADD = "add", _("Add")
        SWITCH = "switch", _("Taper and switch")
        STOP = "stop", _("Stop")
        REDUCE_THEN_SWITCH = "reduce_then_switch", _("Halve or slow once, then taper and switch")

    item = models.OneToOneField(PlanItem, on_delete=models.CASCADE, related_name="agreement")
    version = models.PositiveIntegerField(default=1)
    week = models.PositiveSmallIntegerField(_("judged from week"))
    dose = models.FloatField(_("dose a day to be reached"), null=True, blank=True)
    weeks_at_dose = models.FloatField(_("weeks at this dose"), null=True, blank=True)
    enough_pct = models.PositiveSmallIntegerField(_("less pain, at least"), null=True, blank=True)
    good_pct = models.PositiveSmallIntegerField(_("good from"), null=True, blank=True)
    if_little = models.CharField(max_length=20, choices=Action)
    if_partial = models.CharField(max_length=20, choices=Action, blank=True)
    if_not_tolerated = models.CharField(max_length=20, choices=Action)
    next_id = models.CharField(max_length=80, blank=True)
    next_name = models.CharField(max_length=200, blank=True)
    partial_id = models.CharField(max_length=80, blank=True)
    partial_name = models.CharField(max_length=200, blank=True)
    words = models.CharField(_("in words"), max_length=500, blank=True)
    sources = models.JSONField(default=list)

    class Meta:
        verbose_name = _("agreement about an item")
        verbose_name_plural = _("agreements about items")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(enough_pct__isnull=True, good_pct__isnull=True)
                | models.Q(enough_pct__gte=1, enough_pct__lte=100, good_pct__isnull=True)
                | models.Q(enough_pct__gte=1, good_pct__gte=models.F("enough_pct"), good_pct__lte=100),
                name="agreed_thresholds_are_in_order",
            ),
            models.CheckConstraint(
                condition=models.Q(enough_pct__isnull=False) | ~models.Q(words=""), name="agreement_says_by_what"
            ),
            models.CheckConstraint(
                condition=models.Q(dose__isnull=True, weeks_at_dose__isnull=True) | models.Q(dose__gt=0),
                name="agreed_dose_is_above_0",
            ),
            models.CheckConstraint(condition=models.Q(week__gte=1), name="agreement_is_not_judged_at_once"),
        ]


class FollowUpDate(PlanPart):
    """A day on which somebody looks again. `source` is the content row that asks for it, or "plan"."""

    class Kind(models.TextChoices):
        CHECK_IN = "check_in", _("Check-in")
        REVIEW = "review", _("Review")

    due_on = models.DateField(_("due"))
    kind = models.CharField(max_length=20, choices=Kind)
    text = models.CharField(_("what for"), max_length=300, blank=True)
    source = models.CharField(max_length=80, default="plan")

    class Meta:
        verbose_name = _("follow-up date")
        verbose_name_plural = _("follow-up dates")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["plan", "due_on", "kind", "text"], name="follow_up_date_once"),
        ]


class PlanRecheck(models.Model):
    """What the rules of `rulebook_digest` say against a signed plan by the facts of the day it was computed.

    One row for each plan that was looked at; see treatments.plan_standing for `findings` and their `gravity`, which is
    empty where nothing is found. It is made anew every night and whenever another release is in force.
    """

    plan = models.OneToOneField(Plan, on_delete=models.PROTECT, primary_key=True, related_name="recheck")
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    rulebook_digest = models.CharField(max_length=71)
    computed_at = models.DateTimeField()
    findings = models.JSONField(default=list)
    gravity = models.PositiveSmallIntegerField(null=True)

    class Meta:
        verbose_name = _("look at a signed plan")
        verbose_name_plural = _("looks at signed plans")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(gravity__isnull=True, findings=[])
                | (models.Q(gravity__isnull=False) & ~models.Q(findings=[])),
                name="what_is_found_has_a_gravity",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["organisation", "gravity", "plan"],
                condition=models.Q(gravity__isnull=False),
                name="plans_found_by_gravity",
            ),
        ]

    def __str__(self) -> str:
        return f"look at plan {self.pk}"


class EvidenceReview(models.Model):
    """A task for the owner of a piece of the content: its evidence was to be reviewed by a day that has passed.

    `key` names the piece over all releases (see treatments.evidence) and `owner` is as the content says it; where that
    names nobody, the task belongs to whoever writes rules. It is closed when the piece has another day, or is gone.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=120)
    name = models.CharField(max_length=200)
    owner = models.CharField(max_length=200, blank=True)
    review_by = models.DateField()
    raised_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("review of evidence")
        verbose_name_plural = _("reviews of evidence")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "key"],
                condition=models.Q(closed_at__isnull=True),
                name="one_open_review_of_a_piece",
            ),
            models.CheckConstraint(
                condition=models.Q(closed_at__isnull=True) | models.Q(closed_at__gte=models.F("raised_at")),
                name="review_is_closed_after_it_was_raised",
            ),
        ]

    def __str__(self) -> str:
        return f"review of {self.key}"
