"""What guidelines say of the options of this patient, side by side, and where they disagree. No query, no decision."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rules import english
from rules.facts import FactSet
from treatments import rulebook_presenters as rulebook_words
from treatments.guidance import ANY_CAUSE, Disagreement, Guideline, Place
from treatments.patient_facts import PatientFacts
from treatments.presenters.place import Place as Here
from treatments.presenters.words import line_words
from treatments.proposal.model import OptionResult
from treatments.rulebook import Agent, Effect, GuidelineLine, Rulebook
from treatments.snapshot import Snapshot

_STRENGTHS = ("strong", "weak")
_OPEN = Place("open", "no clear position", "neither")
# Sources that say that this content chose for itself.
LOCAL = frozenset({"dossier_reconciliation", "design_default"})


@dataclass(frozen=True, slots=True)
class Position:
    """Where one guideline puts one medicine."""

    guideline: Guideline
    line: GuidelineLine
    place: Place


def causes_of(facts: PatientFacts) -> frozenset[str]:
    """The causes of pain on record."""
    known = facts.get("conditions")
    return known.members if isinstance(known, FactSet) else frozenset()


def speaks_for(guideline: Guideline, causes: frozenset[str]) -> bool:
    """Whether the guideline is about one of these causes; a general one leaves out those it says it leaves out."""
    if ANY_CAUSE in guideline.conditions:
        return not causes or bool(causes - set(guideline.not_conditions))
    return bool(causes & set(guideline.conditions))


def guidelines_for(shown: Snapshot) -> list[Guideline]:
    """The guidelines that speak for this patient's cause, those made for it first, then in the order of the content."""
    causes = causes_of(shown.facts)
    found = [g for g in shown.rulebook.guidance.guidelines if speaks_for(g, causes)]
    return sorted(found, key=lambda g: ANY_CAUSE in g.conditions)


def positions(agent: Agent, guidelines: Iterable[Guideline], rulebook: Rulebook) -> list[Position]:
    """What each guideline says of one medicine, in the order of the guidelines; silent ones are left out."""
    guidance = rulebook.guidance
    lines = {line.guideline: line for line in agent.lines}
    return [
        Position(g, lines[g.id], guidance.places.get(guidance.place_of.get(lines[g.id].line, ""), _OPEN))
        for g in guidelines
        if g.id in lines
    ]


def counted(found: Sequence[Position]) -> list[Position]:
    """Those that count: an edition that was replaced counts only where the newer one is silent."""
    newer = {position.guideline.id for position in found}
    return [position for position in found if position.guideline.superseded_by not in newer]


def short(guideline: Guideline) -> str:
    """The name of a guideline without its scope."""
    return guideline.label.partition(",")[0]


def position_words(found: Sequence[Position]) -> str:
    """ "First line: NeuPSIG 2025, NICE CG173; second line: French guideline 2020"."""
    return capfirst("; ".join(f"{label}: {', '.join(names)}" for label, names in _by_place(found)))


def position_short(found: Sequence[Position]) -> str:
    """ "First line in 6 of 7 guidelines; second line: French guideline 2020"."""
    named = _by_place(found)
    total = sum(len(names) for _label, names in named)
    if not named or len(named[0][1]) == 1:
        return position_words(found)
    (label, names), *others = named
    words = {"place": capfirst(label), "n": len(names), "total": total}
    first = _("%(place)s in %(n)d of %(total)d guidelines") % words
    return "; ".join((first, *(f"{label}: {', '.join(names)}" for label, names in others)))


def _by_place(found: Sequence[Position]) -> list[tuple[str, list[str]]]:
    """The guidelines that count by what they say, what most say first."""
    named: dict[str, list[str]] = {}
    for position in counted(found):
        named.setdefault(position.place.label, []).append(short(position.guideline))
    return sorted(named.items(), key=lambda item: -len(item[1]))


def agreement(found: Sequence[Position]) -> tuple[str, bool]:
    """Whether the guidelines agree, in words, and whether they do."""
    telling = [position for position in counted(found) if position.place.side != "neither"]
    labels = {position.place.label for position in telling}
    ranks = {position.place.rank for position in telling if position.place.rank is not None}
    if not telling:
        return _("No guideline takes a clear position."), True
    if len(telling) == 1:
        return _("Only %(who)s takes a position.") % {"who": short(telling[0].guideline)}, True
    if len(labels) == 1:
        words = {"n": len(telling), "what": labels.pop()}
        return ngettext("It says: %(what)s.", "All %(n)d agree: %(what)s.", len(telling)) % words, True
    sides = {position.place.side for position in telling}
    said = position_words(telling)
    if len(sides) == 1 and len(ranks) <= 1:
        return _("They agree. %(what)s.") % {"what": said}, True
    return (_("They disagree. %(what)s.") if len(sides) > 1 else _("They differ in order. %(what)s.")) % {
        "what": said
    }, False


def grade_words(agent: Agent, guidelines: Iterable[Guideline], rulebook: Rulebook) -> tuple[str, str, str]:
    """Strength, certainty and whose they are, in the words of GRADE; a grade on another scale is quoted as it is."""
    order = {name: number for number, name in enumerate(rulebook.meanings.guideline_order)}
    graded = [p for p in positions(agent, guidelines, rulebook) if p.line.strength]
    if not graded:
        return "", "", ""
    best = min(graded, key=lambda p: order.get(p.guideline.id, len(order)))
    strength, certainty = best.line.strength or "", best.line.certainty or ""
    word, _space, rest = strength.partition(" ")
    if word in _STRENGTHS:
        against = rest.startswith("against")
        strong = word == "strong"
        strength = (
            (_("strong recommendation against") if against else _("strong recommendation"))
            if strong
            else (_("weak recommendation against") if against else _("weak recommendation"))
        )
    else:
        strength = f"“{strength}”"
    return strength, certainty, short(best.guideline)


# --- the page ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Column:
    """One guideline of the table: its name, its year, and whether a newer edition took its place."""

    label: str
    scope: str
    year: int | None
    replaced: str


@dataclass(frozen=True, slots=True)
class Cell:
    """What one guideline says of one option, with the numbers of its sources; all empty where it is silent."""

    guideline: str
    text: str = ""
    place: str = ""
    side: str = ""
    grade: str = ""
    note: str = ""
    marks: Sequence[int] = ()
    unverified: bool = False


@dataclass(frozen=True, slots=True)
class Adopted:
    """What this content follows, why, and whether that is a choice of its own (`local`)."""

    text: str
    why: str
    marks: Sequence[int]
    local: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One option across the guidelines."""

    id: str
    name: str
    status: str
    href: str
    cells: Sequence[Cell]
    verdict: str
    agrees: bool
    adopted: Adopted
    points: Sequence[Adopted] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """A source at the foot of the table."""

    number: int
    id: str
    title: str
    href: str
    year: int | None
    unverified: bool


@dataclass(frozen=True, slots=True)
class Point:
    """A point beside the order of treatment on which sources differ."""

    topic: str
    positions: str
    adopted: Adopted


@dataclass(frozen=True, slots=True)
class Lens:
    """The whole table."""

    causes: Sequence[str]
    columns: Sequence[Column]
    rows: Sequence[Row]
    points: Sequence[Point]
    sources: Sequence[Listed]

    @property
    def width(self) -> int:
        """How many columns the table has: the option, the guidelines, what is followed."""
        return len(self.columns) + 2


class _Marks:
    """Numbers the sources in the order in which they are met."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook, self.numbers = rulebook, dict[str, int]()

    def __call__(self, ids: Iterable[str]) -> list[int]:
        known = [name for name in ids if name in self.rulebook.sources]
        return [self.numbers.setdefault(name, len(self.numbers) + 1) for name in known]

    def listed(self) -> list[Listed]:
        found = []
        for name, number in self.numbers.items():
            cited = rulebook_words.citation(self.rulebook.sources[name])
            found.append(Listed(number, name, str(cited.title), cited.href, cited.year, cited.unverified))
        return found


def lens(shown: Snapshot, place: Here) -> Lens:
    """Every medicine of which a guideline for this cause speaks, the proposed first."""
    rulebook = shown.rulebook
    guidelines, marks = guidelines_for(shown), _Marks(rulebook)
    columns = [_column(guideline, rulebook) for guideline in guidelines]
    order = {"recommended": 0, "possible": 1, "needs_data": 2, "excluded": 3}
    options = sorted(shown.proposal.agents, key=lambda o: (order[o.status.value], o.rank or 0, o.name.casefold()))
    matter = _matter(shown)
    rows = []
    for option in options:
        agent = rulebook.agent_by_id[option.id]
        found = positions(agent, guidelines, rulebook)
        if found:
            rows.append(_row(option, agent, found, guidelines, shown, place, marks, matter))
    points = [
        Point(item.topic, item.positions, _adopted(item, marks))
        for item in matter
        if item.about != "line" or not item.options
    ]
    labels = rulebook.labels.get("conditions", {})
    causes = [labels.get(name, english.words(name)) for name in sorted(causes_of(shown.facts))]
    return Lens(causes, columns, rows, points, marks.listed())


def _column(guideline: Guideline, rulebook: Rulebook) -> Column:
    label, _comma, scope = guideline.label.partition(",")
    years = (rulebook.sources[name].data.get("year") for name in guideline.sources if name in rulebook.sources)
    year = next((found for found in years if isinstance(found, int)), None)
    newer = next((g for g in rulebook.guidance.guidelines if g.id == guideline.superseded_by), None)
    # A name that carries its year does not say it twice.
    return Column(label, scope.strip(), None if str(year) in label else year, short(newer) if newer else "")


def _matter(shown: Snapshot) -> list[Disagreement]:
    """The disagreements that concern this patient's causes."""
    causes = causes_of(shown.facts)
    return [d for d in shown.rulebook.guidance.disagreements if not d.conditions or causes & set(d.conditions)]


def _row(
    option: OptionResult,
    agent: Agent,
    found: Sequence[Position],
    guidelines: Sequence[Guideline],
    shown: Snapshot,
    place: Here,
    marks: _Marks,
    matter: Sequence[Disagreement],
) -> Row:
    by_guideline = {position.guideline.id: position for position in found}
    verdict, agrees = agreement(found)
    return Row(
        id=option.id,
        name=option.name,
        status=option.status.value,
        href=place.href(shown=option.id, anchor="#why"),
        cells=[_cell(guideline, by_guideline.get(guideline.id), marks) for guideline in guidelines],
        verdict=verdict,
        agrees=agrees,
        adopted=_adopted_for(option, found, shown.rulebook, marks),
        points=[_adopted(d, marks) for d in matter if d.about == "line" and option.id in d.options],
    )


def _cell(guideline: Guideline, position: Position | None, marks: _Marks) -> Cell:
    if position is None:
        return Cell(guideline=short(guideline))
    line = position.line
    return Cell(
        guideline=short(guideline),
        text=line.line,
        place=position.place.label,
        side=position.place.side,
        grade=", ".join(part for part in (line.strength, line.certainty) if part),
        note=line.note or "",
        marks=marks(line.sources),
        unverified=bool(rulebook_words.UNVERIFIED & set(line.sources)),
    )


def _adopted_for(option: OptionResult, found: Sequence[Position], rulebook: Rulebook, marks: _Marks) -> Adopted:
    """The line that this content gives the option for the cause, with the row of the table that gives it."""
    held = [r for r in option.reasons if r.truth.value == "yes" and r.effect == Effect.RECOMMEND.value]
    tables = [r for r in held if (rule := rulebook.rule_by_id.get(r.rule)) is not None and rule.line is not None]
    text = line_words(option) or _("no line")
    why = " ".join(dict.fromkeys(reason.text for reason in tables))
    cited = [name for reason in tables for name in reason.sources]
    places = {position.place.label for position in counted(found)}
    own = option.line is not None and option.line not in places
    return Adopted(text, why, marks(cited), own or bool(LOCAL & set(cited)))


def _adopted(item: Disagreement, marks: _Marks) -> Adopted:
    return Adopted(item.adopted, item.why, marks(item.sources), bool(LOCAL & set(item.sources)))
