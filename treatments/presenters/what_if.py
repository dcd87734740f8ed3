"""The what-if page: fields for the assumed facts, and what moves in the proposal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rules import english
from rules.facts import FactSet
from rules.vocabulary import Fact, FactType
from treatments.presenters.changes import FIELD
from treatments.presenters.options import why
from treatments.presenters.words import dose_line, fact_row
from treatments.proposal.altered import MEDICINES
from treatments.proposal.model import OptionResult, fact_json
from treatments.snapshot import Snapshot
from treatments.what_if import UNKNOWN, Moved, WhatIf

MOST_FOUND = 12
MOST_MOVED = 40
MOST_SUGGESTED = 4
_WORDS = {
    "is not a fact of the vocabulary": gettext_lazy("This is not a fact that the rules know."),
    "must be a number": gettext_lazy("Enter a number."),
}


@dataclass(frozen=True, slots=True)
class Field:
    """A fact that is assumed: how it is entered, what it is on record, and what is wrong with the entry."""

    name: str
    id: str
    label: str
    kind: str
    value: str
    unit: str
    choices: Sequence[tuple[str, str, bool]]
    now: str
    problem: str


@dataclass(frozen=True, slots=True)
class MovedView:
    """One option that moved: its status, place and dose before and after, and why where the status is another."""

    name: str
    kind: str
    before: str
    after: str
    ranks: tuple[int | None, int | None]
    doses: tuple[str, str]
    why: str


@dataclass(frozen=True, slots=True)
class WhatIfView:
    """Everything on the page."""

    fields: Sequence[Field]
    moved: Sequence[MovedView]
    more: int
    stop: str
    stop_before: str
    facts: Sequence[Fact]
    first: Sequence[OptionResult]
    is_changed: bool
    suggested: Sequence[Fact]


def what_if_view(given: Mapping[str, Sequence[str]], found: WhatIf, shown: Snapshot, patient_id: UUID) -> WhatIfView:
    """The fields in the order in which they were added, and what moved."""
    problems = {item.fact: str(_WORDS.get(item.problem, item.problem)) for item in found.problems}
    fields = [
        _field(fact, texts, problems.get(name, ""), shown)
        for name, texts in given.items()
        if (fact := shown.rulebook.vocabulary.get(name)) is not None
    ]
    moved = [_moved(item, shown) for item in found.moved]
    after, before = found.proposal, shown.proposal
    ranked = sorted((o for o in after.agents if o.rank), key=lambda option: option.rank or 0)
    return WhatIfView(
        fields=fields,
        moved=moved[:MOST_MOVED],
        more=max(0, len(moved) - MOST_MOVED),
        stop=after.stop.reason if after.stop else "",
        stop_before=before.stop.reason if before.stop else "",
        facts=sorted(_changeable(shown), key=lambda fact: fact.label.casefold()),
        first=ranked[:3],
        is_changed=bool(found.changes),
        suggested=_suggested(given, shown),
    )


def _suggested(given: Mapping[str, Sequence[str]], shown: Snapshot) -> list[Fact]:
    """What the proposal asks for and is not assumed yet, those of most use first."""
    known = {fact.name: fact for fact in _changeable(shown)}
    wanted = (item.fact for item in shown.proposal.missing)
    return [known[name] for name in wanted if name in known and name not in given][:MOST_SUGGESTED]


def _changeable(shown: Snapshot) -> list[Fact]:
    follows = shown.rulebook.changing.follows
    return [fact for fact in shown.rulebook.vocabulary if fact.name not in follows]


def found_facts(text: str, shown: Snapshot) -> list[Fact]:
    """The facts that a search means: one by its exact label or name, else those whose label holds every word."""
    words = text.casefold().split()
    if not words:
        return []
    facts = _changeable(shown)
    exact = [fact for fact in facts if text.strip().casefold() in (fact.label.casefold(), fact.name)]
    if exact:
        return exact[:1]
    return [fact for fact in facts if all(word in f"{fact.label} {fact.name}".casefold() for word in words)][
        :MOST_FOUND
    ]


def _field(fact: Fact, texts: Sequence[str], problem: str, shown: Snapshot) -> Field:
    held = shown.facts.get(fact.name)
    row = fact_row(fact.name, fact_json(held), shown.facts, shown.rulebook.vocabulary)
    kind = "number" if fact.is_numeric else "text" if fact.name == MEDICINES else "choice"
    chosen = {text.strip() for text in texts if text.strip()}
    if fact.name == MEDICINES and not chosen and isinstance(held, FactSet):
        chosen = set(held.members)
    if fact.type is FactType.SET and kind == "choice":
        kind = "several"
    names: Sequence[tuple[str, str]] = ()
    if fact.type is FactType.BOOL:
        names = (("yes", _("Yes")), ("no", _("No")), (UNKNOWN, _("Unknown")))
    elif kind in ("choice", "several"):
        names = [(name, label or english.words(name)) for name, label in fact.values.items()]
        names = [*names, (UNKNOWN, _("Unknown"))] if kind == "choice" else names
    return Field(
        name=FIELD + fact.name,
        id=f"what-if-{fact.name}",
        label=fact.label,
        kind=kind,
        value=", ".join(sorted(chosen)),
        unit=english.unit_text(fact.unit),
        choices=[(name, label, name in chosen) for name, label in names],
        now=row.value if not row.state else _("unknown"),
        problem=problem,
    )


def _moved(item: Moved, shown: Snapshot) -> MovedView:
    return MovedView(
        item.after.name,
        item.kind,
        item.before.status.value,
        item.after.status.value,
        (item.before.rank, item.after.rank),
        (dose_line(item.before), dose_line(item.after)) if item.before.dose != item.after.dose else ("", ""),
        why(item.after, shown) if item.before.status is not item.after.status else "",
    )
