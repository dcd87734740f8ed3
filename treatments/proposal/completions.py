"""What the missing facts could still turn out to be, and what the list of medicines would then be. Pure.

A missing fact has finitely many plausible answers: yes or no, each word, one number of each range that a rule tells
apart; each is held to be as likely as the other, and facts to be independent of one another, because nothing in the
record says more. A list that was not gone through has one answer: that it is complete as it stands. Chance is drawn
from the facts themselves, so that the same patient always gives the same figures.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from math import prod

from rules.evaluate import evaluate
from rules.expr import fact_names
from rules.truth import Truth
from rules.vocabulary import FactType
from treatments.patient_facts import Json, PatientFacts
from treatments.proposal.altered import ALLERGIES, LIST_REVIEWED, MEDICINES, PROBLEMS_REVIEWED, altered
from treatments.proposal.changes import limits_of, numbers
from treatments.proposal.model import MissingFact, Status
from treatments.proposal.standing import Standing, in_order
from treatments.proposal.statuses import Outlook, Statuses
from treatments.rulebook import Rule, Rulebook

# As many draws as tell a share to within one point (two standard errors at one half).
DRAWS = 10_000
MOST_COUNTED = 2_000
TOP = 3
OPEN = -1
# Of what is looked at together with other answers: so many draws, for so many facts in the order of the proposal.
ASKED_DRAWS = 20
ASKED_FACTS = 12
# With more open facts than this hardly a completion comes twice, and fewer are drawn.
MANY_OPEN = 14
_LISTS = frozenset({LIST_REVIEWED, PROBLEMS_REVIEWED, "allergy_list_given"})
# What is asked for with its list.
_BESIDE = frozenset({MEDICINES, "medication_classes"})


@dataclass(frozen=True, slots=True)
class Question:
    """A missing fact: of how many plausible answers, how many change the first three medicines, and the first.

    `with_others` is the share of completions in which it changes the first three when all else is answered too.
    `moves` are the options that an answer moves by itself, each with the statuses that the answers give it; `doses` are
    the medicines that can be given and whose dose waits for it.
    """

    fact: str
    answers: int
    changes_top: int
    changes_first: int
    with_others: float = 0.0
    moves: Mapping[str, frozenset[Status]] = field(default_factory=dict)
    doses: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """The share of answers that change the first three."""
        return self.changes_top / self.answers if self.answers else 0.0


@dataclass(frozen=True, slots=True)
class Robustness:
    """How often each medicine is the first choice (None: none can be chosen) in so many completions.

    `asked` are the missing facts that were completed; `counted` says that every completion was looked at. No completion
    was looked at (`completions` 0) where more than MANY_OPEN facts that matter are missing.
    """

    first: Sequence[tuple[str | None, int]]
    completions: int
    asked: tuple[str, ...]
    counted: bool

    def share(self, agent: str | None) -> float:
        """The share of completions in which this agent is first."""
        return dict(self.first).get(agent, 0) / self.completions if self.completions else 0.0


def answers_to(fact: str, facts: PatientFacts, rulebook: Rulebook) -> tuple[Json, ...]:
    """The plausible answers to a missing fact; none for one that only follows from others."""
    if fact in _LISTS:
        return (True,)
    if fact in ALLERGIES:
        return (False,) if facts.allergies is None else ()
    found = rulebook.vocabulary.get(fact)
    if found is None or fact in _BESIDE or fact in facts.values:
        return ()
    match found.type:
        case FactType.BOOL:
            return (False, True)
        case FactType.ENUM:
            return tuple(found.values)
        case FactType.SET:
            return tuple([name] for name in found.values) if fact == "conditions" else ()
        case FactType.INT | FactType.NUMBER:
            return tuple(numbers(found, limits_of(fact, rulebook, facts.region), None))


def ask_next(missing: Iterable[MissingFact], facts: PatientFacts, rulebook: Rulebook) -> list[Question]:
    """The missing facts, those first whose answers change the first three medicines most often.

    Of those that change it equally often by themselves the one that does so more often once the others are answered
    too comes first; else the order of the proposal stays: what holds up the most and the best options.
    """
    named = [item.fact for item in missing]
    statuses = Statuses(facts, rulebook)
    agents = list(rulebook.agent_by_id)
    now = top_of(Outlook(statuses.own, statuses.final), agents)
    together = _together(Completions(named, facts, rulebook))
    found = []
    for fact in named:
        answers = answers_to(fact, facts, rulebook)
        changed = [
            top for top in (top_of(statuses.outlook({fact: answer}), agents) for answer in answers) if top != now
        ]
        first = sum(top[:1] != now[:1] for top in changed)
        moves, doses = _moves(fact, answers, statuses), _doses(fact, answers, statuses)
        found.append(Question(fact, len(answers), len(changed), first, together.get(fact, 0.0), moves, doses))
    return sorted(found, key=lambda one: (-one.share, -one.with_others, -one.changes_first, -len(one.moves)))


def _moves(fact: str, answers: Sequence[Json], statuses: Statuses) -> dict[str, frozenset[Status]]:
    """The options that an answer moves, with every status that the answers give them."""
    finals = [statuses.after({fact: answer}) for answer in answers]
    found = {option: frozenset(final[option] for final in finals) for option in statuses.final}
    return {option: given for option, given in found.items() if given and given != {statuses.final[option]}}


def _doses(fact: str, answers: Sequence[Json], statuses: Statuses) -> tuple[str, ...]:
    """The medicines that can be given, or wait for an answer, whose limit or first dose nobody can tell without it."""
    outcomes = [statuses.altering.values({fact: answer}) for answer in answers if fact not in _LISTS]
    told = {fact}.union(*(names for _values, names in outcomes))

    def waits(agent: str, rule: Rule) -> bool:
        if rule.dose is None or told.isdisjoint(fact_names(rule.when)):
            return False
        now = evaluate(rule.when, statuses.shown(agent))
        after = (statuses.shown_after(agent, *outcome) for outcome in outcomes)
        # What is settled now may be settled otherwise by what follows from an answer.
        return now is Truth.UNKNOWN or any(evaluate(rule.when, shown) is not now for shown in after)

    return tuple(
        agent.id
        for agent in statuses.rulebook.agents
        if statuses.final[agent.id] is not Status.EXCLUDED
        and any(waits(agent.id, rule) for rule in statuses.rulebook.option_rules[agent.id])
    )


def _together(completions: Completions) -> dict[str, float]:
    """For each open fact the share of completions in which leaving it unknown gives another first three."""
    drawn = list(completions.drawn(ASKED_DRAWS))
    first = list(completions.open)[:ASKED_FACTS]
    return {
        fact: sum(completions.top(one) != completions.top((*one[:i], OPEN, *one[i + 1 :])) for one in drawn)
        / len(drawn)
        for i, fact in enumerate(first)
    }


def top_of(outlook: Outlook, agents: Iterable[str]) -> tuple[str, ...]:
    """The first three medicines."""
    return tuple(in_order({name: outlook.own[name] for name in agents}, outlook.final)[:TOP])


class Completions:
    """The ways in which the missing facts can turn out, judged one medicine at a time.

    Lists are gone through first. Of a completion each medicine sees the answers to what it reads, alone or by way of
    what follows from it, so that it is judged once for each of those.
    """

    def __init__(self, missing: Iterable[str], facts: PatientFacts, rulebook: Rulebook) -> None:
        named = tuple(dict.fromkeys(missing))
        plausible = {fact: answers_to(fact, facts, rulebook) for fact in named}
        single = {fact: answers[0] for fact, answers in plausible.items() if len(answers) == 1}
        self.facts = altered(facts, single, rulebook) if single else facts
        self.rulebook = rulebook
        self.statuses = Statuses(self.facts, rulebook)
        self.open = {f: a for f, a in plausible.items() if len(a) > 1 and f not in self.facts.values}
        self.asked = (*single, *self.open)
        reads = [self.statuses.reads[agent] for agent in rulebook.agent_by_id]
        # What no medicine reads makes no difference to the list of medicines.
        self.open = {f: a for f, a in self.open.items() if any(not self._reach[f].isdisjoint(read) for read in reads)}
        places = {
            agent: tuple(
                i for i, f in enumerate(self.open) if not self._reach[f].isdisjoint(self.statuses.reads[agent])
            )
            for agent in rulebook.agent_by_id
        }
        self._seen_by = {agent: seen for agent, seen in places.items() if seen}
        self._own = {agent: self.statuses.own[agent] for agent in rulebook.agent_by_id}
        self._known: dict[tuple[str, tuple[int, ...]], Standing] = {}
        self._tops: dict[tuple[int, ...], tuple[str, ...]] = {}

    @property
    def count(self) -> int:
        """How many completions there are."""
        return prod(len(answers) for answers in self.open.values())

    @cached_property
    def _reach(self) -> Mapping[str, frozenset[str]]:
        """For each open fact everything that it may move, alone or together with others."""
        content = self.rulebook.changing
        links = [(row.fact, frozenset(row.reads)) for row in content.conclusions]
        links += [("condition_groups", self.statuses.altering.group_reads)]
        links += [(name, frozenset({source})) for source, names in content.implies.items() for name in names]
        found = {}
        for fact, answers in self.open.items():
            reach = {fact}.union(*(self.statuses.altering.values({fact: answer})[1] for answer in answers))
            while more := {name for name, reads in links if name not in reach and reads & reach}:
                reach |= more
            found[fact] = frozenset(reach)
        return found

    def top(self, chosen: tuple[int, ...]) -> tuple[str, ...]:
        """The first three medicines when the open facts have these of their answers; OPEN leaves one unknown."""
        if chosen not in self._tops:
            own = {**self._own, **self._standings(chosen)}
            final = self.statuses.settled(own, self.facts.values, stopped=self.statuses.stopped)
            self._tops[chosen] = tuple(in_order(own, final)[:TOP])
        return self._tops[chosen]

    def _standings(self, chosen: tuple[int, ...]) -> dict[str, Standing]:
        """The medicines that see an open fact; the facts are worked out once, and only if one was not judged so yet."""
        keys = [(agent, tuple([chosen[i] for i in places])) for agent, places in self._seen_by.items()]
        if any(key not in self._known for key in keys):
            open_facts = zip(self.open.items(), chosen, strict=True)
            changes = {fact: answers[place] for (fact, answers), place in open_facts if place != OPEN}
            values, names = self.statuses.altering.values(changes) if changes else (self.facts.values, frozenset())
            for key in keys:
                if key not in self._known:
                    self._known[key] = self.statuses.standing_after(key[0], values, names)
        return {key[0]: self._known[key] for key in keys}

    def every(self) -> Iterator[tuple[int, ...]]:
        """Every completion, as the places of the answers."""
        return product(*(range(len(answers)) for answers in self.open.values()))

    def drawn(self, draws: int, seed: int | None = None) -> Iterator[tuple[int, ...]]:
        """So many completions by chance, drawn from the facts themselves unless another seed is given."""
        chance = random.Random(_seed(self.facts) if seed is None else seed)  # noqa: S311  anybody can draw it again
        sizes = [len(answers) for answers in self.open.values()]
        for _ in range(draws):
            yield tuple(chance.randrange(size) for size in sizes)


def robustness(missing: Iterable[str], facts: PatientFacts, rulebook: Rulebook) -> Robustness:
    """How often each medicine is the first choice over the completions of what is missing."""
    completions = Completions(missing, facts, rulebook)
    if len(completions.open) > MANY_OPEN:
        # Too much is open for a figure that means anything: none is given rather than a rough one.
        return Robustness((), 0, completions.asked, counted=False)
    counted = completions.count <= MOST_COUNTED
    chosen = completions.every() if counted else completions.drawn(DRAWS)
    found = Counter(next(iter(completions.top(one)), None) for one in chosen)
    ordered = sorted(found.items(), key=lambda item: (-item[1], item[0] or ""))
    return Robustness(ordered, sum(found.values()), completions.asked, counted)


def _seed(facts: PatientFacts) -> int:
    return int.from_bytes(hashlib.sha256(facts.canonical_text().encode()).digest()[:8], "big")
