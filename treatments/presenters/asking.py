"""Which question to ask next, in words: which options an answer moves and how; questions that do the same together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from rules import english
from treatments.proposal.completions import Question
from treatments.proposal.model import Status
from treatments.snapshot import Snapshot

MOST_NAMES = 3
_OFFERED = frozenset({Status.RECOMMENDED, Status.POSSIBLE})


@dataclass(frozen=True, slots=True)
class AskView:
    """Missing facts, each with its question, and what an answer can do."""

    questions: Sequence[tuple[str, str]]
    effect: str


def ask_views(questions: Iterable[Question], shown: Snapshot) -> list[AskView]:
    """The missing facts in the order in which they are worth asking, those that do the same at the place of the first.

    What moves no option and no dose, alone or with other answers, is left to the list of what is missing.
    """
    missing = {item.fact: item for item in shown.proposal.missing}
    options = (*shown.proposal.agents, *shown.proposal.therapies)
    now, names = {o.id: o.status for o in options}, {o.id: o.name for o in options}
    grouped: dict[str, list[tuple[str, str]]] = {}
    for one in questions:
        item, fact = missing[one.fact], shown.rulebook.vocabulary.get(one.fact)
        if effect := effect_of(one, now, names, item.blocks):
            asked = item.ask or (fact.label if fact else english.words(one.fact))
            grouped.setdefault(effect, []).append((one.fact, asked))
    return [AskView(facts, effect) for effect, facts in grouped.items()]


def effect_of(one: Question, now: Mapping[str, Status], names: Mapping[str, str], waiting: Sequence[str] = ()) -> str:
    """ "Would settle Duloxetine; could rule out Tramadol; could change the dose of Pregabalin." Empty: nothing.

    `waiting` are the options that the fact holds up: those that it does not settle by itself need other answers too.
    """
    said = [_("can change the first choice")] if one.changes_first else []
    said += [phrase % _listed([name for name in now if name in group], names) for phrase, group in _groups(one, now)]
    if one.doses:
        said.append(_("could change the dose of %s") % _listed(one.doses, names))
    if left := [name for name in waiting if name not in one.moves]:
        said.append(_("with other answers, decides about %s") % _listed(left, names))
    return capfirst("; ".join(said)) + "." if said else ""


def _groups(one: Question, now: Mapping[str, Status]) -> Iterator[tuple[str, set[str]]]:
    """What an answer does to which options, each option once: what is certain first, then what is graver."""
    rest = dict(one.moves)
    kinds: tuple[tuple[str, Callable[[Status, frozenset[Status]], bool]], ...] = (
        (_("would settle %s"), lambda was, given: was is Status.NEEDS_DATA and was not in given),
        (_("could rule out %s"), lambda was, given: was in _OFFERED and Status.EXCLUDED in given),
        (_("could settle %s"), lambda was, given: was is Status.NEEDS_DATA),
        (_("could leave open %s"), lambda was, given: was in _OFFERED and Status.NEEDS_DATA in given),
        (_("could recommend %s"), lambda was, given: Status.RECOMMENDED in given and was is not Status.RECOMMENDED),
        (_("could move down %s"), lambda was, given: was is Status.RECOMMENDED),
        (_("could clear %s"), lambda was, given: True),
    )
    for phrase, fits in kinds:
        if group := {name for name, given in rest.items() if fits(now[name], given)}:
            yield phrase, group
            rest = {name: given for name, given in rest.items() if name not in group}


def _listed(ids: Sequence[str], names: Mapping[str, str]) -> str:
    """ "Duloxetine, Tramadol", "Duloxetine, Tramadol, Tapentadol +4": without what stands in brackets in a name."""
    more = f" +{len(ids) - MOST_NAMES}" if len(ids) > MOST_NAMES else ""
    return ", ".join(names[name].partition(" (")[0] for name in ids[:MOST_NAMES]) + more
