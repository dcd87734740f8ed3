"""Goals in words: what each level means, and quiet advice on what would make a goal a better one. No query."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from treatments.goal_rules import Band, GoalRules, SmartRule, range_of
from treatments.plan_record import GoalRecord, PlanRecord
from treatments.proposal.model import Status
from treatments.rulebook import GoalTemplate
from treatments.snapshot import Snapshot

DECIMALS = 2


@dataclass(frozen=True, slots=True)
class LevelWords:
    """One level of the scale for one goal: what it is called, and what it means here."""

    level: int
    label: str
    words: str

    @property
    def mark(self) -> str:
        """The level with its sign: "-2", "0", "+1"."""
        return f"{self.level:+d}" if self.level else "0"


@dataclass(frozen=True, slots=True)
class Hint:
    """Advice on one goal: what a good goal has (in the words of the content), and what is noticed about this one."""

    rule: str
    check: str
    noticed: str


def level_words(goal: GoalRecord, rules: GoalRules) -> tuple[LevelWords, ...]:
    """The five levels of a goal: in the words that were entered, or else in the numbers of its scale; maybe empty."""
    given = dict(zip((band.level for band in rules.bands), goal.levels, strict=False))
    return tuple(
        LevelWords(band.level, band.label, given.get(band.level) or band_words(goal, band)) for band in rules.bands
    )


def band_words(goal: GoalRecord, band: Band) -> str:
    """The numbers of a level: "18 to less than 22.5 minutes"; empty for a goal without numbers."""
    if goal.baseline is None or goal.amount is None or not goal.is_numeric:
        return ""
    found = range_of(band, goal.baseline, goal.amount)
    if not found.is_possible:
        return _("not possible")
    first, before = found.first, found.before
    if found.falls and before is not None and before < 0:
        before = None
    numbers = {name: _plain(end) for name, end in (("first", first), ("before", before)) if end is not None}
    if first is None:
        words = _("more than %(before)s") if found.falls else _("less than %(before)s")
    elif before is None:
        words = _("%(first)s or less") if found.falls else _("%(first)s or more")
    else:
        words = _("%(first)s down to more than %(before)s") if found.falls else _("%(first)s to less than %(before)s")
    return f"{words % numbers} {goal.unit}".strip()


def own_levels(goal: GoalRecord, rules: GoalRules | None) -> tuple[str, ...]:
    """The words of the levels without those that only say the numbers of the goal: they follow when these change."""
    if rules is None:
        return goal.levels
    numbers = [band_words(goal, band) for band in rules.bands]
    return tuple("" if words == said else words for words, said in zip(goal.levels, numbers, strict=False))


def hints(
    goal: GoalRecord,
    template: GoalTemplate | None,
    rules: GoalRules,
    today: date,
    excluded: Collection[str] = (),
) -> tuple[Hint, ...]:
    """What would make a goal a better one, in the order of the content. Advice: nothing waits for it.

    `excluded` are the names of treatments that serve the goal and that the rules exclude for this patient.
    """
    noticed = {
        "specific": _specific(goal, rules.smart["specific"]),
        "measurable": _measurable(goal),
        "achievable": _achievable(goal, rules.smart["achievable"]),
        "relevant": _relevant(goal),
        "time_bound": _time_bound(goal, rules.smart["time_bound"], today),
        "function_not_zero_pain": _about_pain(goal, rules.smart["function_not_zero_pain"]),
        "own_words": _own_words(goal, template),
        "safe": _safe(template, excluded),
    }
    return tuple(Hint(rule.id, rule.check, text) for rule in rules.smart.values() if (text := noticed.get(rule.id, "")))


def _specific(goal: GoalRecord, rule: SmartRule) -> str:
    if rule.words_from is not None and len(goal.words.split()) < rule.words_from:
        return _("It is very short.")
    return ""


def _measurable(goal: GoalRecord) -> str:
    missing = [
        words
        for value, words in (
            (goal.measure, _("what is counted")),
            (goal.unit, _("the unit")),
            (goal.baseline, _("how much it is now")),
            (goal.amount, _("the target")),
        )
        if value in ("", None)
    ]
    return _("Not said yet: %(what)s.") % {"what": ", ".join(missing)} if missing else ""


def _achievable(goal: GoalRecord, rule: SmartRule) -> str:
    if goal.confidence is None:
        return _("Nobody asked how confident the patient is.")
    if rule.confidence_from is not None and goal.confidence < rule.confidence_from:
        return _("The patient's confidence is %(number)d.") % {"number": goal.confidence}
    return ""


def _relevant(goal: GoalRecord) -> str:
    if goal.importance is None:
        return _("Nobody asked how much it matters to the patient.")
    return _("It does not matter to the patient.") if goal.importance == 0 else ""


def _time_bound(goal: GoalRecord, rule: SmartRule, today: date) -> str:
    if goal.by is None:
        return _("It has no day.")
    if rule.within_weeks is not None and (goal.by - today).days > 7 * rule.within_weeks:
        return _("Its day is later than that.")
    return _("Its day has passed.") if goal.by < today else ""


def _about_pain(goal: GoalRecord, rule: SmartRule) -> str:
    said = " ".join(goal.words.casefold().split())
    found = next((phrase for phrase in rule.phrases if phrase in said), "")
    return _("It says “%(phrase)s”.") % {"phrase": found} if found else ""


def _own_words(goal: GoalRecord, template: GoalTemplate | None) -> str:
    if template is not None and goal.words in (template.words, template.filled(goal.amount)):
        return _("These are the words of the rulebook.")
    return ""


def _safe(template: GoalTemplate | None, excluded: Collection[str]) -> str:
    said = [template.caution.rstrip(".") + "."] if template is not None and template.caution else []
    said += [_("%(name)s is excluded for this patient.") % {"name": name} for name in excluded]
    return " ".join(said)


def _plain(value: float) -> str:
    return f"{round(value, DECIMALS):g}"


@dataclass(frozen=True, slots=True)
class GoalView:
    """One goal as pages show it: its levels, advice on it, and the names of the treatments that serve it."""

    goal: GoalRecord
    levels: Sequence[LevelWords]
    hints: Sequence[Hint]
    serves: Sequence[str]


def goal_views(plan: PlanRecord, shown: Snapshot) -> list[GoalView]:
    """What the patient wants to do, goal by goal; advice only while the plan is a draft."""
    rules = shown.rulebook.goal_rules
    if rules is None:
        return []
    templates = {template.id: template for template in shown.rulebook.goals}
    known = {option.id: option for option in (*shown.proposal.agents, *shown.proposal.therapies)}
    found = []
    for goal in plan.wishes:
        serves = [item for item in plan.items if item.ref_id in goal.items]
        excluded = [
            item.name for item in serves if item.ref_id in known and known[item.ref_id].status == Status.EXCLUDED
        ]
        advice = hints(goal, templates.get(goal.template), rules, shown.facts.as_of, excluded) if plan.is_draft else ()
        levels = [each for each in level_words(goal, rules) if each.words]
        found.append(GoalView(goal, levels, advice, [item.name for item in serves]))
    return found
