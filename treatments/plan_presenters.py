"""The plan and its signature as pages read them: items, checks, reasons, what happens next. No query, no decision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from rules.vocabulary import FactType
from treatments import agreements
from treatments.agreement_rules import Case
from treatments.fact_content import shipped_fact_content
from treatments.goal_words import GoalView, goal_views
from treatments.models import NoGoal, Override
from treatments.option_lists import list_of
from treatments.plan_checks import LiveCheck, Need, answers
from treatments.plan_doses import DoseIssue, DoseLimits, doses_covered, limits_of, uncovered
from treatments.plan_readiness import Gap, subject_name, subject_words
from treatments.plan_record import GoalRecord, ItemRecord, OverrideRecord, PlanRecord
from treatments.presenters import BESIDE, Place, dose_words, fact_label, quantity, running_words, stairs
from treatments.rulebook import Monitoring, Rulebook
from treatments.safety_presenters import ASK, STOP, CauseView, GaugeView, cause_views, gauge_views
from treatments.snapshot import Snapshot

# --- the plan being built ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NeedView:
    """A reason that the signature waits for, or that was given."""

    need: Need
    title: str
    texts: Sequence[str]
    href: str
    given: OverrideRecord | None
    reason: str = ""
    changed: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class GapView:
    """Something not entered yet: `anchor` leads to its field on the same page, `href` to the page of its form."""

    gap: Gap
    anchor: str
    href: str


@dataclass(frozen=True, slots=True)
class ItemView:
    """One item of the plan."""

    item: ItemRecord
    status: str
    now: str
    next: str
    stairs: Sequence[Mapping[str, Any]]
    limits: DoseLimits | None
    needs: Sequence[NeedView]
    href: str
    reasons: Sequence[tuple[str, OverrideRecord]] = ()
    gaps: Sequence[GapView] = ()
    dose_by: str = ""
    has_calendar: bool = False
    # What was agreed about it at its start, case by case; empty where nothing was.
    agreed: Sequence[tuple[Case, str]] = ()
    # Whether the release in force knows of agreements, and of this item.
    may_agree: bool = False
    # What is taken of it already, and how the plan goes on from there.
    running: str = ""

    @property
    def has_no_dose(self) -> bool:
        """Whether it is a medicine for which neither a dose is entered nor anybody named who sets it."""
        return self.item.kind == "agent" and not self.item.steps and not self.item.dose_by


@dataclass(frozen=True, slots=True)
class PlanView:
    """The plan column: items, what they call for together, what is still to be answered."""

    plan: PlanRecord
    items: Sequence[ItemView]
    alerts: Sequence[NeedView]
    open_needs: Sequence[NeedView]
    loud: Sequence[CauseView] = ()
    notes: Sequence[CauseView] = ()
    gauges: Sequence[GaugeView] = ()
    goal: str = ""
    no_goal: str = ""
    goals: Sequence[GoalView] = ()
    gaps: Sequence[GapView] = ()

    @property
    def is_burdened(self) -> bool:
        """Whether a burden is high, so that the gauges are worth the room."""
        return any(gauge.tone in ("critical", "warning") for gauge in self.gauges)

    @property
    def unsettled(self) -> Sequence[GaugeView]:
        """The burdens of which nobody can say how high they are."""
        return [gauge for gauge in self.gauges if gauge.tone == "unknown"]

    @property
    def plan_gaps(self) -> Sequence[GapView]:
        """What the plan as a whole lacks: a goal, a day to look again."""
        return [gap for gap in self.gaps if not gap.gap.ref_id]


def plan_view(
    plan: PlanRecord,
    shown: Snapshot,
    live: LiveCheck | None = None,
    wanted: Sequence[Need] = (),
    missing: Sequence[Gap] = (),
) -> PlanView:
    """The plan with its checks, needs and gaps. For a signed plan there are none."""
    gaps = [gap_view(gap, plan.patient_id) for gap in missing]
    needs = [need_view(need, plan, shown) for need in wanted]
    live = live or LiveCheck()
    found = cause_views(live, needs, shown)
    # What is asked for with a cause is not asked for a second time as an alert.
    told = {need.need.subject for view in found if (need := view.need)}
    items = [
        item_view(
            item,
            plan,
            shown,
            [need for need in needs if need.need.ref_id == item.ref_id],
            [gap for gap in gaps if gap.gap.ref_id == item.ref_id],
        )
        for item in plan.items
    ]
    return PlanView(
        plan=plan,
        items=items,
        loud=[view for view in found if view.tier in (STOP, ASK) or view.tone == "warning"],
        notes=[view for view in found if view.tone == "information"],
        gauges=gauge_views(live, shown),
        alerts=[need for need in needs if need.need.kind == "alert" and need.need.subject not in told],
        open_needs=[need for need in needs if need.given is None],
        goal=goal_words(plan),
        no_goal=no_goal_words(plan),
        goals=goal_views(plan, shown),
        gaps=gaps,
    )


def gap_view(gap: Gap, patient_id: UUID) -> GapView:
    """A gap with the address of its field."""
    form = f"item-{gap.ref_id}" if gap.ref_id else "plan"
    page = (
        reverse("plan-item", args=[patient_id, gap.ref_id]) if gap.ref_id else reverse("plan-goals", args=[patient_id])
    )
    anchor = f"#id_{form}-{gap.field}"
    return GapView(gap, anchor, f"{page}?from=sign{anchor}")


def item_view(
    item: ItemRecord, plan: PlanRecord, shown: Snapshot, needs: Sequence[NeedView], gaps: Sequence[GapView] = ()
) -> ItemView:
    """One item with today's dose, the next change and the reasons given."""
    today = shown.facts.as_of
    known = item.ref_id in shown.rulebook.agent_by_id or item.ref_id in shown.rulebook.therapy_by_id
    option = shown.proposal.option(item.ref_id) if known else None
    agent = shown.rulebook.agent_by_id.get(item.ref_id)
    following = item.next_step(today)
    dose = item.dose_on(today)
    return ItemView(
        item=item,
        status=item.status or (option.status.value if option else "unknown"),
        now=dose_words(dose, item.unit) if dose else "",
        next=_("from %(day)s: %(dose)s")
        % {"day": f"{following[0]:%-d %b}", "dose": dose_words(following[1], item.unit)}
        if following
        else "",
        stairs=stairs(item.steps, item.unit, item.starts_on, agent),
        limits=limits_of(option, agent) if option and agent else None,
        needs=needs,
        href=Place(plan.patient_id).href(view=list_of(item.ref_id, shown.rulebook), shown=item.ref_id, anchor="#why"),
        reasons=[(reason_words(o), o) for o in plan.overrides if o.ref_id == item.ref_id],
        gaps=gaps,
        dose_by=dose_by_words(item),
        running=running_words(item, shown) if plan.is_draft else "",
        has_calendar=bool(agent and agent.products and item.steps),
        may_agree=known and shown.rulebook.agreements is not None,
        agreed=agreements.sentences(agreed) if (agreed := plan.agreement(item.ref_id)) else (),
    )


_NEED_TITLES = {
    "excluded": "The rules exclude it",
    "needs_data": "Not cleared: data are missing",
    "interaction": "Grave when taken together",
    "dose": "Dose above the limit for this patient",
    "abrupt_stop": "Stopped without a taper",
    "not_recommended": "Possible, not recommended",
}


def need_view(need: Need, plan: PlanRecord, shown: Snapshot) -> NeedView:
    """A need with the address of the page where its reason is given."""
    given = next((override for override in plan.overrides if answers(override.given, need)), None)
    return NeedView(
        need=need,
        title=need_title(need, shown),
        texts=need.texts,
        href=reason_href(plan.patient_id, need.kind, need.ref_id, need.subject),
        given=given,
        reason=reason_words(given) if given else "",
        changed=() if given else changed_since(need, plan, shown),
    )


def changed_since(need: Need, plan: PlanRecord, shown: Snapshot) -> list[str]:
    """What came up since a reason was given that no longer answers the need; empty where none was given."""
    key = (need.kind, need.ref_id, need.subject)
    before = next((o for o in plan.overrides if (o.kind, o.ref_id, o.subject) == key), None)
    if before is None:
        return []
    words = need.words or [fact_label(name, shown) for name in need.covers]
    open_names = uncovered(need.covers, before.covers)
    new = [said for name, said in zip(need.covers, words, strict=True) if name in open_names]
    return list(dict.fromkeys(new))


def need_title(need: Need, shown: Snapshot) -> str:
    """What the reason is about."""
    title = _(_NEED_TITLES.get(need.kind, need.kind))
    if need.kind == "abrupt_stop" and all(name.startswith("abrupt_fall") for name in need.covers):
        return _("Falls faster than it is stepped down")
    if need.kind == "alert":
        return subject_words(need.subject, shown.rulebook)
    if need.kind == "needs_data":
        labels = [fact_label(name, shown) for name in need.covers if name not in BESIDE]
        return f"{title}: {'; '.join(labels)}" if labels else title
    return title


def reason_href(patient_id: UUID, kind: str, ref_id: str = "", subject: str = "") -> str:
    """The page where a reason is given."""
    wanted = {"kind": kind, "item": ref_id, "subject": subject}
    return f"{reverse('plan-reason', args=[patient_id])}?{urlencode({k: v for k, v in wanted.items() if v})}"


def reason_words(override: OverrideRecord) -> str:
    """ "Benefit outweighs the risk: …"; a promise to monitor with its test, day and owner."""
    label = dict(Override.Reason.choices).get(override.reason, override.reason)
    said = [promise_words(override, shipped_fact_content().monitoring_tests)]
    words = {
        DoseIssue.ABOVE_START: _("first dose up to %(dose)s a day"),
        DoseIssue.ABOVE_LIMIT: _("up to %(dose)s a day"),
    }
    said += [words[issue] % {"dose": f"{dose:g}"} for issue, dose in doses_covered(override.covers).items()]
    told = "; ".join(filter(None, said))
    return f"{label}: {override.text}" + (f" ({told})" if told else "")


def test_choices(ref_id: str, shown: Snapshot) -> list[Any]:
    """The tests that can be promised: those that the content asks for with an agent first, then all of them."""
    labels = shown.rulebook.labels["monitoring_tests"]
    agent = shown.rulebook.agent_by_id.get(ref_id)
    own = dict.fromkeys(test.test for test in agent.monitoring) if agent else {}
    first = [(name, labels[name]) for name in own if name in labels]
    rest = [(name, label) for name, label in labels.items() if name not in own]
    return [(agent.name, first), (_("Others"), rest)] if agent and first else rest


def reason_initial(given: OverrideRecord) -> dict[str, Any]:
    """What stands in the form of a reason that was given."""
    kept = {"reason": given.reason, "text": given.text, "monitor_on": given.monitor_on} | doses_initial(given.covers)
    if given.monitor_owner_id:
        kept |= {"monitor_test": given.monitor_test, "monitor_owner": str(given.monitor_owner_id)}
    return kept


def doses_initial(covers: Iterable[str]) -> dict[str, str]:
    """Up to which doses a reason goes, as the form of a reason for a dose has them."""
    fields = {DoseIssue.ABOVE_START: "first_up_to", DoseIssue.ABOVE_LIMIT: "up_to"}
    return {fields[issue]: f"{dose:g}" for issue, dose in doses_covered(covers).items()}


def promise_words(override: OverrideRecord, tests: Mapping[str, str]) -> str:
    """ "Serum sodium on 14 Dec 2026 by Dr Lund"; empty where nothing was promised."""
    if override.monitor_on is None:
        return ""
    test = tests.get(override.monitor_test, "") or _("Check")
    return _("%(test)s on %(day)s, %(who)s") % {
        "test": test,
        "day": date_format(override.monitor_on, "j M Y"),
        "who": override.monitor_owner or override.made_by,
    }


def goal_words(plan: PlanRecord) -> str:
    """The goals in one clause, each with its day."""
    pain = plan.goals.get("pain")
    parts = [_with_day(_wish_words(goal), goal) for goal in plan.wishes if goal.words]
    if pain and pain.target is not None:
        words = _("average pain at most %(target)d of 10") % {"target": pain.target}
        parts.append(_with_day(words, pain))
    return ", ".join(parts)


def _with_day(words: str, goal: GoalRecord) -> str:
    return f"{words} " + _("by %(day)s") % {"day": f"{goal.by:%-d %b %Y}"} if goal.by else words


def _wish_words(goal: GoalRecord) -> str:
    measure = _measure_words(goal)
    return f"“{goal.words}” ({measure})" if measure else f"“{goal.words}”"


def _measure_words(goal: GoalRecord) -> str:
    """ "minutes of one non-stop walk: from 5 to 20 minutes"."""
    target = quantity(goal.amount, goal.unit) if goal.amount is not None else ""
    if target and goal.baseline is not None:
        target = _("from %(now)s to %(target)s") % {"now": f"{goal.baseline:g}", "target": target}
    return ": ".join(part for part in (goal.measure, target) if part)


def no_goal_words(plan: PlanRecord) -> str:
    """Why there is no goal: "No goal agreed yet: …"; empty where there is one, or nobody has said."""
    return f"{NoGoal(plan.no_goal).label}: {plan.no_goal_text}" if plan.no_goal else ""


def dose_by_words(item: ItemRecord) -> str:
    """Who sets the dose of a medicine, where it is left to somebody."""
    return _("Dose to be set by %(who)s") % {"who": item.dose_by} if item.dose_by else ""


# --- the signature ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SignPage:
    """What will happen, what was overridden, what is unknown, what the patient gets."""

    view: PlanView
    against: Sequence[str]
    overridden: Sequence[tuple[str, str, OverrideRecord]]
    happens: Sequence[tuple[date, str, str, str]]
    unknown: Sequence[str]
    to_mind: Sequence[str]
    flags: Sequence[str]
    not_checked: Sequence[str]
    tests: Sequence[tuple[str, Sequence[str]]]
    fingerprint: str
    may_sign: bool
    before: PlanRecord | None = None

    @property
    def is_ready(self) -> bool:
        """Whether nothing stands against the signature."""
        return self.may_sign and not self.against and not self.view.open_needs and not self.view.gaps


def sign_page(
    view: PlanView,
    shown: Snapshot,
    against: Sequence[str],
    to_mind: Sequence[str],
    *,
    may_sign: bool,
    before: PlanRecord | None,
) -> SignPage:
    """The page that is read before signing."""
    plan = view.plan
    return SignPage(
        view=view,
        against=against,
        overridden=overridden(plan),
        happens=sorted(_happens(view)),
        unknown=list(_unknown(plan, shown)),
        to_mind=to_mind,
        flags=_flags_not_asked(shown),
        not_checked=shown.facts.not_checked,
        tests=tests_of(plan, shown),
        fingerprint=plan.fingerprint(shown.facts.canonical_text(), shown.rulebook.digest),
        may_sign=may_sign,
        before=before,
    )


def overridden(plan: PlanRecord) -> list[tuple[str, str, OverrideRecord]]:
    """Every override: what it is about, of which kind, and the override."""
    names = {item.ref_id: item.name for item in plan.items}
    kinds = dict(Override.Kind.choices)
    return [(names.get(o.ref_id) or subject_name(o.subject), str(kinds[o.kind]), o) for o in plan.overrides]


def _unknown(plan: PlanRecord, shown: Snapshot) -> Iterator[str]:
    """What is not known about the chosen items, and red flags that nobody asked about."""
    missing: dict[str, list[str]] = {}
    for item in plan.items:
        if item.ref_id in shown.rulebook.agent_by_id or item.ref_id in shown.rulebook.therapy_by_id:
            for name in shown.proposal.option(item.ref_id).missing:
                missing.setdefault(name, []).append(item.name)
    for name, items in missing.items():
        yield f"{fact_label(name, shown)} ({', '.join(items)})"


def _flags_not_asked(shown: Snapshot) -> list[str]:
    """The red flags that nobody has answered."""
    facts = shown.rulebook.vocabulary.facts.values()
    asked = [fact for fact in facts if fact.name.startswith("rf_") and fact.type is FactType.BOOL]
    return [fact.label for fact in asked if fact.name not in shown.facts.values]


def _happens(view: PlanView) -> Iterator[tuple[date, str, str, str]]:
    """What the signature sets going: day, mark, what, and in words."""
    for each in view.items:
        item = each.item
        is_medicine = item.kind == "agent"
        # A medicine without steps says so: an empty place would look settled.
        # The dose of the first day, not of today: a course that goes on began with another one.
        first = dose_words(item.steps[0], item.unit) if item.steps else dose_by_words(item)
        first = first or (_("no dose entered") if is_medicine else "")
        yield item.starts_on, "pill" if is_medicine else "person", item.name, first
        for before, step in pairwise(item.steps):
            mark = "arrow-down" if step.per_day < before.per_day else "arrow-up"
            yield step.begins(item.starts_on), mark, item.name, dose_words(step, item.unit)
        if item.stops_on:
            yield item.stops_on, "cross", item.name, _("stops")
        if agreed := view.plan.agreement(item.ref_id):
            day = agreements.judged_on(agreed, item.starts_on)
            yield day, "check-circle", _("%(name)s is judged") % {"name": item.name}, each.agreed[0][1]
    for due in view.plan.dates:
        what = _("Check-in goes out") if due.kind == "check_in" else _("Review")
        yield due.due_on, "calendar", what, due.text
    for about, _kind, override in overridden(view.plan):
        if override.monitor_on:
            yield override.monitor_on, "check-circle", _("Task: monitor %(what)s") % {"what": about}, override.text


def tests_of(plan: PlanRecord, shown: Snapshot) -> list[tuple[str, list[str]]]:
    """The tests that go with each medicine of the plan: label and when."""
    found = []
    for item in plan.items:
        agent = shown.rulebook.agent_by_id.get(item.ref_id)
        if agent and agent.monitoring:
            lines = dict.fromkeys(_test_line(test) for test in agent.monitoring)
            found.append((item.name, list(lines)))
    return found


def _test_line(test: Monitoring) -> str:
    parts = [_("before the start") if test.baseline else "", test.when or ""]
    return f"{test.label}: {', '.join(part for part in parts if part)}".rstrip(": ")


def counselling(plan: PlanRecord, rulebook: Rulebook) -> list[tuple[str, list[str]]]:
    """What the patient should hear about each item."""
    found = []
    for item in plan.items:
        known = rulebook.agent_by_id.get(item.ref_id) or rulebook.therapy_by_id.get(item.ref_id)
        data: Mapping[str, Any] = known.data if known else {}
        lines = data.get("counselling") or data.get("leaflet") or ()
        if lines:
            found.append((item.name, [str(line) for line in lines]))
    return found
