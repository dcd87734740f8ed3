"""The list of options: groups, lines, the tabs above them, and where the reader is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from rules.truth import Truth
from treatments.courses import first_steps
from treatments.option_lists import (
    COMBINATIONS,
    EDUCATION,
    INTERVENTIONS,
    LISTS,
    MEDICINES,
    THERAPIES,
    TOPICALS,
    options_of,
)
from treatments.plan_doses import PlannedStep
from treatments.plan_record import PlanRecord
from treatments.preference_moves import Move
from treatments.presenters.about import overdue
from treatments.presenters.changes import would_be
from treatments.presenters.glance import Fact, glance
from treatments.presenters.place import Place
from treatments.presenters.wishes import moved_words
from treatments.presenters.words import fact_label, fact_row, line_words, stairs
from treatments.proposal.changes import ChangeSearch
from treatments.proposal.model import OptionResult, Reason, Status
from treatments.rulebook import Effect
from treatments.snapshot import Snapshot

OPEN_CARDS = 3
# How many lines stand open below the cards, by status; all of the others do.
FIRST_OF = {Status.RECOMMENDED: 0, Status.POSSIBLE: 6}
# What is asked for with something else: a list that was not gone through.
BESIDE = frozenset({"medication_classes", "medication_names"})
_CLOSED = (Status.EXCLUDED, Status.NEEDS_DATA)
_AGAINST = frozenset({Effect.AVOID.value, Effect.CAUTION.value})


@dataclass(frozen=True, slots=True)
class OptionLine:
    """One option in the list: what it is, why it stands where it stands, and where to read more."""

    id: str
    kind: str
    name: str
    status: str
    line: str
    why: str
    href: str
    is_chosen: bool
    is_taken: bool
    is_shown: bool
    facts: Sequence[Fact] = ()
    would_be: str = ""
    cautions: Sequence[str] = ()
    stairs: Sequence[Mapping[str, Any]] = ()
    unit: str = ""
    moved: str = ""
    overdue: str = ""


@dataclass(frozen=True, slots=True)
class OptionGroup:
    """Options of one status: `cards` are opened, `lines` one line each, `rest` behind a fold.

    `why` is the reason of every card where they all have the same one, to be said once.
    """

    status: str
    count: int
    cards: Sequence[OptionLine] = ()
    lines: Sequence[OptionLine] = ()
    rest: Sequence[OptionLine] = ()

    @property
    def below(self) -> int:
        """How many are not opened."""
        return len(self.lines) + len(self.rest)

    @property
    def why(self) -> str:
        """ "First line. First choices for painful diabetic neuropathy", where that holds of two cards or three."""
        said = {". ".join(part for part in (card.line, card.why) if part) for card in self.cards}
        return said.pop() if len(said) == 1 and len(self.cards) > 1 else ""


def groups(
    results: Iterable[OptionResult],
    shown: Snapshot,
    plan: PlanRecord | None,
    place: Place,
    moved: Mapping[str, Move] | None = None,
    search: ChangeSearch | None = None,
) -> list[OptionGroup]:
    """The options by status, the recommended first and the first three of them opened; the rest is folded away."""
    wished = moved or {}
    chosen = {item.ref_id for item in plan.items} if plan else set()
    found: list[OptionGroup] = []
    options = list(results)
    for status in Status:
        mine = sorted((o for o in options if o.status is status), key=lambda o: (o.rank or 999, o.name.casefold()))
        if not mine:
            continue
        cards = mine[:OPEN_CARDS] if status is Status.RECOMMENDED else []
        left = mine[len(cards) :]
        fold = FIRST_OF.get(status, len(left))
        found.append(
            OptionGroup(
                status.value,
                len(mine),
                [option_line(o, shown, chosen, place, wished, is_card=True) for o in cards],
                [option_line(o, shown, chosen, place, wished, search=search) for o in left[:fold]],
                [option_line(o, shown, chosen, place, wished) for o in left[fold:]],
            )
        )
    return found


def option_line(
    option: OptionResult,
    shown: Snapshot,
    chosen: Iterable[str],
    place: Place,
    moved: Mapping[str, Move] | None = None,
    *,
    is_card: bool = False,
    search: ChangeSearch | None = None,
) -> OptionLine:
    """One option as a line; as a card also what is to be known at a glance and what to mind."""
    agent = shown.rulebook.agent_by_id.get(option.id)
    dose = option.dose
    return OptionLine(
        id=option.id,
        kind="agent" if agent else "therapy",
        name=option.name,
        status=option.status.value,
        line=line_words(option),
        why=why(option, shown),
        href=place.href(shown=option.id, anchor="#why"),
        is_chosen=option.id in chosen,
        is_taken=option.currently_taken,
        is_shown=place.shown == option.id,
        facts=glance(option, shown) if is_card else (),
        would_be=would_be(option, search) if search and option.status in _CLOSED else "",
        cautions=[reason.text for reason in _cautions(option)[:2]] if is_card else (),
        stairs=stairs(planned(option, shown), dose.unit, shown.facts.as_of) if is_card and dose else (),
        unit=dose.unit if dose else "",
        moved=moved_words(moved.get(option.id) if moved else None, shown.rulebook),
        overdue=overdue(option.id, shown),
    )


def planned(option: OptionResult, shown: Snapshot) -> Sequence[PlannedStep]:
    """The steps of the proposed schedule that are not optional; of what is taken already from the dose of now on.

    None where no dose is proposed: what is taken of an option that the rules exclude is no proposal.
    """
    if option.dose is None:
        return ()
    if option.currently_taken:
        return first_steps(option, shown)
    return [
        PlannedStep(step.day, step.per_dose, step.times_per_day) for step in option.dose.schedule if not step.optional
    ]


def goes_down(steps: Sequence[PlannedStep]) -> bool:
    """Whether the dose of a day is lower in the end than in the beginning, as above a ceiling of this patient."""
    return steps[-1].per_day < steps[0].per_day


def why(option: OptionResult, shown: Snapshot) -> str:
    """The one reason that says most about the status."""
    held = [reason for reason in option.reasons if reason.truth is Truth.YES]
    order: tuple[str, ...]
    match option.status:
        case Status.EXCLUDED:
            against = [reason for reason in held if reason.effect == Effect.CONTRAINDICATE.value]
            return _with_value(against[0], shown) if against else ""
        case Status.NEEDS_DATA:
            labels = [fact_label(name, shown) for name in option.missing if name not in BESIDE] or [
                fact_label(name, shown) for name in option.missing
            ]
            more = f" +{len(labels) - 2}" if len(labels) > 2 else ""
            return _("Needed: %(what)s") % {"what": "; ".join(labels[:2]) + more}
        case Status.RECOMMENDED:
            order = (Effect.RECOMMEND.value, Effect.PREFER.value)
        case _:
            order = (Effect.AVOID.value, Effect.RECOMMEND.value, Effect.CAUTION.value)
    for effect in order:
        for reason in held:
            if reason.effect == effect:
                return reason.text
    return held[0].text if held else ""


def _with_value(reason: Reason, shown: Snapshot) -> str:
    """The reason, and the number it rests on: "CrCl below 30. Creatinine clearance 25 mL/min, 22 Oct 2026"."""
    rows = [
        fact_row(name, value, shown.facts, shown.rulebook.vocabulary)
        for name, value in reason.facts.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    ]
    said = [f"{row.label.partition(' (')[0]} {row.value}" for row in rows]
    return f"{reason.text} {'; '.join(said)}." if said else reason.text


def _cautions(option: OptionResult) -> list[Reason]:
    return [r for r in option.reasons if r.truth is Truth.YES and r.effect in _AGAINST and not r.rule.startswith("ix_")]


def marked_elsewhere(shown: Snapshot, place: Place) -> list[tuple[str, str, str]]:
    """What is marked to be compared and stands in another list: its id, its name, and the address without the mark."""
    proposal = shown.proposal
    names = {option.id: option.name for option in (*proposal.agents, *proposal.therapies)}
    here = {option.id for option in options_of(place.view, proposal, shown.rulebook)}
    return [
        (name, names[name], replace(place, marked=tuple(other for other in place.marked if other != name)).href())
        for name in place.marked
        if name in names and name not in here
    ]


@dataclass(frozen=True, slots=True)
class Tab:
    """One of the lists of options. `key` is the number that opens it."""

    label: str
    href: str
    count: int
    current: bool
    key: str = ""


def tabs(shown: Snapshot, place: Place) -> list[Tab]:
    """The lists of options with how many there are to choose from; topics count as well."""
    proposal, usable = shown.proposal, (Status.RECOMMENDED, Status.POSSIBLE)
    labels = {
        MEDICINES: _("Drugs"),
        TOPICALS: _("Topicals"),
        COMBINATIONS: _("Combined"),
        THERAPIES: _("Non-drug"),
        INTERVENTIONS: _("Procedures"),
        EDUCATION: _("Education"),
    }
    counts = {
        name: sum(option.status in usable for option in options_of(name, proposal, shown.rulebook)) for name in LISTS
    }
    counts[COMBINATIONS] = len(proposal.combinations)
    counts[EDUCATION] += len(proposal.education)
    return [
        Tab(labels[name], place.href(view=name, shown=""), counts[name], name == place.view, str(number))
        for number, name in enumerate(LISTS, start=1)
    ]
