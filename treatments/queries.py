"""Reads of plans. Each function issues a fixed number of queries, said in its docstring.

They take ids and return frozen data; whether the reader may see the patient is decided in `patients.access`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Min, Model, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.rows import People, Rows, at_most_one, kept
from assessments.goals import ScoreGoal
from patients.work import WorkItem
from treatments.models import Agreement, EvidenceReview, FollowUpDate, Goal, Override, Plan, PlanItem, PlanRecheck
from treatments.patient_facts import PatientFacts
from treatments.plan_doses import PlannedStep
from treatments.plan_record import (
    AgreementRecord,
    FollowUpRecord,
    GoalRecord,
    ItemRecord,
    OverrideRecord,
    PlanItemSummary,
    PlanRecord,
    PlanSummary,
)
from treatments.plan_standing import GRAVE, Standing
from treatments.snapshot import Snapshot
from treatments.states import OPEN, State

BASIS = ("facts", "proposal")
# Asked for with the review of the medicines, never by themselves.
ALWAYS_BESIDE = frozenset({"medication_classes", "medication_names"})
MOST_MISSING = 4
_WHO = ("created_by", "changed_by", "proposed_by", "proposed_to", "returned_by", "signed_by", "ended_by")
WAS_SIGNED = (State.SIGNED, State.SUPERSEDED, State.STOPPED)


# --- one plan ---------------------------------------------------------------------------------------------------------


def draft_of(patient_id: UUID) -> PlanRecord | None:
    """The plan of a patient that is being built or proposed for review. One query."""
    return _first(_plans().filter(patient_id=patient_id, state__in=OPEN))


def signed_of(patient_id: UUID) -> PlanRecord | None:
    """The signed plan that counts now. One query."""
    return _first(_plans().filter(patient_id=patient_id, state=State.SIGNED))


def score_goals(patient_id: UUID) -> dict[str, ScoreGoal]:
    """The goal for pain of the signed plan, as the target of the pain scale. One query."""
    targets = Goal.objects.filter(
        plan__patient_id=patient_id, plan__state=State.SIGNED, kind=Goal.Kind.PAIN, target__isnull=False
    ).values_list("target", flat=True)
    return _goals(targets.first())


def _goals(target: int | None) -> dict[str, ScoreGoal]:
    return {} if target is None else {"nrs": ScoreGoal("nrs", target)}


def open_of(patient_id: UUID) -> PlanRecord | None:
    """What a plan page works on: the draft, or else the signed plan. One query."""
    # In the order of the alphabet: draft, proposed, signed.
    return _first(_plans().filter(patient_id=patient_id, state__in=[*OPEN, State.SIGNED]).order_by("state"))


def plan_of(patient_id: UUID, plan_id: UUID) -> PlanRecord | None:
    """One plan of this patient, in whatever state. One query."""
    return _first(_plans().filter(patient_id=patient_id, id=plan_id))


def plan_before(plan: PlanRecord) -> PlanRecord | None:
    """The signed plan that a draft would replace, or that a signed plan replaced. At most one query."""
    if plan.is_draft:
        return signed_of(plan.patient_id)
    return plan_of(plan.patient_id, plan.supersedes_id) if plan.supersedes_id else None


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One plan in a list."""

    id: UUID
    state: str
    signed_at: datetime | None
    signed_by: str
    ended_at: datetime | None
    end_reason: str
    is_draft: bool


def plans_of(patient_id: UUID, limit: int = 30) -> list[PlanLine]:
    """Plans of a patient, newest first, without drafts that were thrown away. One query."""
    rows = (
        Plan.objects.filter(patient_id=patient_id)
        .exclude(state=State.DISCARDED)
        .select_related("signed_by")
        .defer(*BASIS)
        .order_by("-created_at", "id")[:limit]
    )
    return [
        PlanLine(row.pk, row.state, row.signed_at, _signer(row), row.ended_at, row.end_reason, row.state in OPEN)
        for row in rows
    ]


def _first(rows: QuerySet[Any]) -> PlanRecord | None:
    row = at_most_one(rows)
    return _record(row) if row else None


def _signer(row: Plan) -> str:
    return str(row.signed_by or row.signed_job)


def _plans() -> QuerySet[Any]:
    """Plans with everything that belongs to them but what they rest on, for `_record`. One query."""
    return _whole(*BASIS)


@kept
def _whole(*left_out: str) -> QuerySet[Any]:

    def of(model: type[Model], *order: str, people: Sequence[str] = ()) -> Rows:
        return Rows(model._default_manager.filter(plan_id=OuterRef("pk")).order_by(*order), *people)

    return Plan.objects.defer(*left_out).annotate(
        people=People(*(f"{who}_id" for who in _WHO)),
        items=of(PlanItem, "position", "ref_id", people=["owner"]),
        overrides=of(Override, "item__position", "kind", "subject", people=["made_by", "monitor_owner"]),
        goals=of(Goal, "kind", "position"),
        agreements=of(Agreement, "item__position", "id"),
        dates=of(FollowUpDate, "due_on", "kind", "text", "source"),
    )


def _record(row: Any) -> PlanRecord:
    """A plan read with `_whole` as frozen data."""
    people = {person.pk: str(person) for person in row.people}
    names = {who: people.get(getattr(row, f"{who}_id"), "") for who in _WHO}
    of_item = {item.pk: item for item in row.items}
    ref_ids = {key: item.ref_id for key, item in of_item.items()}
    return PlanRecord(
        id=row.pk,
        patient_id=row.patient_id,
        organisation_id=row.organisation_id,
        state=row.state,
        version=row.version,
        note=row.note,
        created_by=names["created_by"] or row.created_job,
        created_at=row.created_at,
        changed_by=names["changed_by"],
        changed_at=row.changed_at,
        signed_by=names["signed_by"] or row.signed_job,
        signed_at=row.signed_at,
        supersedes_id=row.supersedes_id,
        ended_by=names["ended_by"] or row.ended_job,
        ended_at=row.ended_at,
        end_reason=row.end_reason,
        rulebook_digest=row.rulebook_digest,
        rulebook_release=row.rulebook_release,
        proposal_digest=row.proposal_digest,
        baseline_nrs=row.baseline_nrs,
        created_by_id=row.created_by_id,
        proposed_by=names["proposed_by"],
        proposed_by_id=row.proposed_by_id,
        proposed_to=names["proposed_to"],
        proposed_to_id=row.proposed_to_id,
        proposed_at=row.proposed_at,
        proposed_words=row.proposed_words,
        returned_by=names["returned_by"],
        returned_at=row.returned_at,
        returned_words=row.returned_words,
        no_goal=row.no_goal,
        no_goal_text=row.no_goal_text,
        for_patient=row.for_patient,
        items=tuple(_item(item) for item in row.items),
        overrides=tuple(_override(override, ref_ids) for override in row.overrides),
        goals={goal.key: goal for goal in map(_goal, row.goals)},
        agreements=tuple(_agreement(agreed, of_item[agreed.item_id]) for agreed in row.agreements),
        dates=tuple(sorted(FollowUpRecord(due.due_on, due.kind, due.text, due.source) for due in row.dates)),
    )


def _goal(row: Goal) -> GoalRecord:
    return GoalRecord(
        row.kind,
        row.words,
        row.target,
        row.by,
        row.template,
        row.measure,
        row.amount,
        row.unit,
        row.position,
        row.baseline,
        row.importance,
        row.difficulty,
        row.confidence,
        tuple(row.levels),
        tuple(row.items),
    )


def _agreement(row: Agreement, item: PlanItem) -> AgreementRecord:
    return AgreementRecord(
        ref_id=item.ref_id,
        name=item.name,
        kind=item.kind,
        week=row.week,
        dose=row.dose,
        weeks_at_dose=row.weeks_at_dose,
        unit=item.unit,
        enough_pct=row.enough_pct,
        good_pct=row.good_pct,
        if_little=row.if_little,
        if_partial=row.if_partial,
        if_not_tolerated=row.if_not_tolerated,
        next_id=row.next_id,
        next_name=row.next_name,
        partial_id=row.partial_id,
        partial_name=row.partial_name,
        words=row.words,
        sources=tuple(row.sources),
        version=row.version,
    )


def _item(row: PlanItem) -> ItemRecord:
    return ItemRecord(
        id=row.pk,
        kind=row.kind,
        ref_id=row.ref_id,
        name=row.name,
        version=row.version,
        owner_id=row.owner_id,
        owner=str(row.owner or ""),
        starts_on=row.starts_on,
        stops_on=row.stops_on,
        unit=row.unit,
        steps=tuple(PlannedStep.from_json(step) for step in row.steps),
        note=row.note,
        status=row.status,
        product=row.product,
        dose_by=row.dose_by,
    )


def _override(row: Override, ref_ids: Mapping[UUID, str]) -> OverrideRecord:
    return OverrideRecord(
        id=row.pk,
        kind=row.kind,
        ref_id=ref_ids[row.item_id] if row.item_id else "",
        subject=row.subject,
        covers=frozenset(row.covers),
        reason=row.reason,
        text=row.text,
        monitor_on=row.monitor_on,
        made_by=str(row.made_by or row.made_job),
        made_at=row.made_at,
        monitor_test=row.monitor_test,
        monitor_owner_id=row.monitor_owner_id,
        monitor_owner=str(row.monitor_owner or ""),
        task_id=row.task_id,
    )


# --- what a signed plan rests on --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Basis:
    """What a signed plan was computed from, as it was stored."""

    plan_id: UUID
    facts: str
    proposal: str
    proposal_digest: str
    rulebook_digest: str
    rulebook_release: str


def bases(organisation_id: UUID, limit: int | None = None) -> Iterator[Basis]:
    """The basis of every plan that was ever signed in the organisation, newest first, a few at a time. One query."""
    rows = Plan.objects.filter(organisation_id=organisation_id, state__in=WAS_SIGNED).order_by("-signed_at", "id")
    columns = ("id", "facts", "proposal", "proposal_digest", "rulebook_digest", "rulebook_release")
    for row in rows.values_list(*columns)[:limit].iterator(chunk_size=50):
        yield Basis(*row)


# --- for follow-up ----------------------------------------------------------------------------------------------------


def plan_summary(plan_id: UUID) -> PlanSummary | None:
    """A plan that was signed at some time, with the facts it was signed on; None for any other. One query."""
    row = at_most_one(_whole("proposal").filter(id=plan_id, state__in=WAS_SIGNED))
    if row is None:
        return None
    return _summary(_record(row), PatientFacts.from_json(json.loads(row.facts)).values)


def without_facts(record: PlanRecord) -> PlanSummary:
    """A signed plan that was read already, as follow-up takes it, without the facts it was signed on. No query."""
    return _summary(record, {})


def signed_plans_since(organisation_id: UUID, since: datetime) -> list[PlanSummary]:
    """The plans signed at or after a moment that still count, oldest first, without their facts. One query."""
    rows = _plans().filter(organisation_id=organisation_id, state=State.SIGNED, signed_at__gte=since)
    return [_summary(_record(row), {}) for row in rows.order_by("signed_at", "id")]


def ended_plans(plan_ids: Iterable[UUID]) -> set[UUID]:
    """Those of the plans that were replaced or stopped. One query."""
    ended = Plan.objects.filter(id__in=list(plan_ids), state__in=[State.SUPERSEDED, State.STOPPED])
    return set(ended.values_list("id", flat=True))


def ids_of_ended_plans(organisation_id: UUID) -> QuerySet[Plan, UUID]:
    """The plans of the organisation that were replaced or stopped, as part of another query. No query of its own."""
    ended = Plan.objects.filter(organisation_id=organisation_id, state__in=[State.SUPERSEDED, State.STOPPED])
    return ended.values_list("id", flat=True)


def item_owner(plan_id: Any, ref_id: Any) -> QuerySet[PlanItem, Any]:
    """Who owns a treatment of the plan of an outer query and may sign in, as a sub-select of one user's id."""
    items = PlanItem.objects.filter(plan_id=plan_id, ref_id=ref_id, owner__is_active=True)
    return items.order_by("position", "id").values("owner_id")[:1]


def signer(plan_id: Any) -> QuerySet[Plan, Any]:
    """Who signed the plan of an outer query, as a sub-select of one user's id."""
    return Plan.objects.filter(id=plan_id).values("signed_by_id")[:1]


def patients_of_owner(user_id: UUID) -> QuerySet[PlanItem, Any]:
    """The ids of the patients in whose signed plan somebody owns a treatment, as a sub-select."""
    return PlanItem.objects.filter(owner_id=user_id, plan__state=State.SIGNED).values("plan__patient_id")


def _summary(record: PlanRecord, facts: Any) -> PlanSummary:
    assert record.signed_at is not None
    pain = record.goals.get(Goal.Kind.PAIN)
    return PlanSummary(
        plan_id=record.id,
        patient_id=record.patient_id,
        organisation_id=record.organisation_id,
        signed_at=record.signed_at,
        follow_up_dates=tuple((due.due_on, due.kind, due.text, due.source) for due in record.dates),
        items=tuple(
            PlanItemSummary(
                item.kind,
                item.ref_id,
                item.name,
                tuple((step.begins(item.starts_on), step.per_day, item.unit) for step in item.steps),
                item.stops_on,
            )
            for item in record.items
        ),
        goal_nrs=pain.target if pain else None,
        baseline_nrs=record.baseline_nrs,
        goals=record.wishes,
        agreements=record.agreements,
        facts=facts,
    )


# --- for the overview and the worklist --------------------------------------------------------------------------------


def score_goals_of(signed: PlanRecord | None) -> dict[str, ScoreGoal]:
    """The goals of a signed plan that scores are read against, as `score_goals`. No query."""
    pain = signed.goals.get(Goal.Kind.PAIN) if signed else None
    return _goals(pain.target if pain else None)


@dataclass(frozen=True, slots=True)
class OverviewCard:
    """The plan on the overview: the signed plan that counts, and whether a draft waits. `today` is the day shown."""

    plan: PlanRecord | None
    draft_changed_at: datetime | None
    today: date


def overview_card(patient_id: UUID, today: date) -> OverviewCard | None:
    """What the overview says about the plan; None where there is neither plan nor draft. One query."""
    rows = _plans().filter(patient_id=patient_id, state__in=[*OPEN, State.SIGNED])
    found = {record.is_draft: record for record in map(_record, rows)}
    plan, draft = found.get(False), found.get(True)
    return OverviewCard(plan, draft.changed_at if draft else None, today) if found else None


@dataclass(frozen=True, slots=True)
class MissingCard:
    """What is still unknown and would change the plan: label, the options it holds up, and the question."""

    facts: tuple[tuple[str, int, str], ...]
    more: int
    not_checked: tuple[str, ...]


def missing_card(shown: Snapshot) -> MissingCard | None:
    """The facts of most use that are missing; None when nothing is. No query: the overview has the snapshot."""
    missing = [item for item in shown.proposal.missing if item.fact not in ALWAYS_BESIDE]
    if not missing and not shown.facts.not_checked:
        return None
    vocabulary = shown.rulebook.vocabulary
    facts = tuple((vocabulary[item.fact].label, len(item.blocks), item.ask or "") for item in missing[:MOST_MISSING])
    return MissingCard(facts, max(0, len(missing) - MOST_MISSING), shown.facts.not_checked)


def work_items(organisation_id: UUID, user: Any, today: date, limit: int) -> list[WorkItem]:
    """Signed plans that today's rules speak against, then plans that wait for a signature. One query.

    Those proposed for review stand before drafts, and drafts that lie longest first.
    """
    # In the other direction of the alphabet: signed, proposed, draft.
    order = ("-state", "changed_at", "id")
    unsigned = Plan.objects.filter(organisation_id=organisation_id, state__in=OPEN).order_by(*order)
    grave = _found(organisation_id).filter(gravity=GRAVE)
    # Each part reads its own index.
    ids = unsigned.values("pk")[:limit].union(grave.values("plan_id")[:limit], all=True)
    people = ("patient", "created_by", "proposed_by", "proposed_to", "returned_by", "signed_by", "recheck")
    rows = Plan.objects.filter(pk__in=ids).select_related(*people).defer(*BASIS).order_by(*order)[:limit]
    return [_found_item(row) if row.state == State.SIGNED else _work_item(row) for row in rows]


def open_reviews(organisation_id: UUID) -> list[EvidenceReview]:
    """The pieces of the content whose evidence review is overdue and that nobody has reviewed yet. One query."""
    rows = EvidenceReview.objects.filter(organisation_id=organisation_id, closed_at__isnull=True)
    return list(rows.order_by("review_by", "key"))


def _found_item(row: Plan) -> WorkItem:
    found = [Standing.from_json(finding) for finding in row.recheck.findings]
    names = dict.fromkeys(finding.name for finding in found if finding.gravity == GRAVE)
    return WorkItem(
        patient_id=row.patient_id,
        patient_name=f"{row.patient.family_name.upper()}, {row.patient.given_names}",
        patient_number=row.patient.number,
        kind="alert",
        text=_("%(names)s: today's rules speak against it") % {"names": ", ".join(names)},
        since=row.recheck.computed_at,
        due=None,
        owner_name=_signer(row),
        tier="warning",
        url_name="plans-found",
        url_args=(),
    )


def _work_item(row: Plan) -> WorkItem:
    is_proposed = row.state == State.PROPOSED
    return WorkItem(
        patient_id=row.patient_id,
        patient_name=f"{row.patient.family_name.upper()}, {row.patient.given_names}",
        patient_number=row.patient.number,
        kind="draft",
        text=_waits_for(row),
        since=row.proposed_at if is_proposed else row.changed_at,
        due=None,
        owner_name=str(row.proposed_to or "") if is_proposed else str(row.created_by or row.created_job),
        tier="",
        url_name="patient-plan-sign" if is_proposed else "patient-plan",
        url_args=(row.patient_id,),
    )


def _waits_for(row: Plan) -> str:
    if row.state == State.PROPOSED:
        return _("Plan to review and sign, drafted by %(who)s") % {"who": row.proposed_by}
    if row.returned_words:
        return _("Plan returned by %(who)s") % {"who": row.returned_by}
    return _("Plan is not signed")


# --- signed plans under the rules of today ----------------------------------------------------------------------------

RECHECK_PAGE = 50


@dataclass(frozen=True, slots=True)
class FoundLine:
    """A signed plan against which today's rules say something."""

    plan_id: UUID
    patient_id: UUID
    patient_name: str
    patient_number: str
    signed_at: datetime | None
    signed_by: str
    computed_at: datetime
    findings: tuple[Standing, ...]
    gravity: int


@dataclass(frozen=True, slots=True)
class FoundPage:
    """One page of them, the gravest first; `after` continues it and is empty on the last page.

    `plans` are all signed plans, `unchecked` those that the release in force has not looked at yet, `since` the oldest
    look among the others; `found` is how many plans are on the list.
    """

    lines: tuple[FoundLine, ...]
    after: str
    plans: int
    unchecked: int
    found: int
    since: datetime | None


def found_page(organisation_id: UUID, digest: str, after: str = "", size: int = RECHECK_PAGE) -> FoundPage:
    """Signed plans that the rules would not propose any more. Two queries; the caller records the listing."""
    rows = _found(organisation_id)
    gravity, _dot, plan_id = after.partition(".")
    if gravity.isdecimal() and _is_id(plan_id):
        rows = rows.filter(Q(gravity__gt=int(gravity)) | Q(gravity=int(gravity), plan_id__gt=plan_id))
    lines = [_found_line(row) for row in rows[: size + 1]]
    shown = lines[:size]
    signed = Q(state=State.SIGNED)
    checked = signed & Q(recheck__rulebook_digest=digest)
    numbers = Plan.objects.filter(organisation_id=organisation_id).aggregate(
        plans=Count("id", filter=signed),
        checked=Count("id", filter=checked),
        found=Count("id", filter=signed & Q(recheck__gravity__isnull=False)),
        since=Min("recheck__computed_at", filter=checked),
    )
    return FoundPage(
        tuple(shown),
        f"{shown[-1].gravity}.{shown[-1].plan_id}" if len(lines) > size else "",
        numbers["plans"],
        numbers["plans"] - numbers["checked"],
        numbers["found"],
        numbers["since"],
    )


def _found(organisation_id: UUID) -> QuerySet[PlanRecheck]:
    rows = PlanRecheck.objects.filter(organisation_id=organisation_id, gravity__isnull=False, plan__state=State.SIGNED)
    basis = [f"plan__{name}" for name in BASIS]
    return rows.select_related("plan__patient", "plan__signed_by").defer(*basis).order_by("gravity", "plan_id")


def _found_line(row: PlanRecheck) -> FoundLine:
    assert row.gravity is not None
    patient = row.plan.patient
    return FoundLine(
        row.plan_id,
        patient.pk,
        f"{patient.family_name.upper()}, {patient.given_names}",
        patient.number,
        row.plan.signed_at,
        _signer(row.plan),
        row.computed_at,
        tuple(Standing.from_json(finding) for finding in row.findings),
        row.gravity,
    )


def _is_id(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def plans_to_look_at(organisation_id: UUID, digest: str, since: datetime, limit: int) -> list[PlanRecord]:
    """Signed plans that nobody looked at since a moment under the release of this digest. One query."""
    due = Q(recheck__isnull=True) | ~Q(recheck__rulebook_digest=digest) | Q(recheck__computed_at__lt=since)
    rows = _plans().filter(due, organisation_id=organisation_id, state=State.SIGNED)
    return [_record(row) for row in rows.order_by("id")[:limit]]
