"""A patient with other facts: the meaning of `set` in `changes`, in `propose_plan --set` and in a what-if. Pure.

A change states facts; the record is not touched. What was stated counts, and what follows from it follows: concepts
that the content concludes from a fact (`sodium_mmol_l` 130 is hyponatraemia) or that one implies, the groups of a
cause, the kind of dialysis. Two facts stand for a list that was gone through: `medications_reviewed` true means that
the medicine list is complete as it stands, `problem_list_reviewed` true that no other condition is known. An array is
the whole of a set; of `medication_names` it names what goes on: a medicine that it leaves out counts as stopped, with
its wash-out over, and a name that is new as started. Null makes a fact unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as Names
from dataclasses import dataclass, replace
from types import MappingProxyType

from patients.medicines import Recognition, dictionary
from rules.compile import NO, YES
from rules.evaluate import evaluate
from rules.facts import Facts, FactSet, Value, freeze
from rules.truth import Truth
from rules.vocabulary import Fact, FactType
from treatments.changing import Changing
from treatments.patient_facts import (
    Derived,
    Ingredient,
    Json,
    Medicine,
    Origin,
    PatientFacts,
    Provenance,
    medication_values,
)
from treatments.rulebook import Rulebook

MEDICINES = "medication_names"
LIST_REVIEWED = "medications_reviewed"
PROBLEMS_REVIEWED = "problem_list_reviewed"
ALLERGIES = frozenset({"hypersensitivity_to_agent", "allergy_list_given"})
_MME = "mme_per_day"
_ROUNDS = 3
Set = Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Misfit:
    """A change that cannot be made: the fact and what is wrong with the value."""

    fact: str
    problem: str


class CannotChange(ValueError):
    """Some of the changes cannot be made; `problems` lists them all."""

    def __init__(self, problems: Sequence[Misfit]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{item.fact} {item.problem}" for item in problems))


def altered(facts: PatientFacts, changes: Set, rulebook: Rulebook) -> PatientFacts:
    """The patient with these facts changed. Raises CannotChange for what is no fact or no value of it."""
    if problems := misfits(facts, changes, rulebook):
        raise CannotChange(problems)
    return Altering(facts, rulebook).patient(changes)


class Altering:
    """One patient whose facts are changed again and again; `values` is the short way, `patient` the whole one."""

    def __init__(self, facts: PatientFacts, rulebook: Rulebook) -> None:
        self.facts, self.rulebook = facts, rulebook
        self._following = _Following(rulebook.changing, facts)
        self._single: dict[tuple[str, str], tuple[dict[str, Value], frozenset[str]]] = {}

    @property
    def group_reads(self) -> frozenset[str]:
        """The facts from which the groups of a cause follow."""
        return frozenset(self._following.group_reads)

    def values(self, changes: Set) -> tuple[dict[str, Value], frozenset[str]]:
        """The values after the changes, which must have no misfits, and the facts that moved. Not to be written to."""
        if len(changes) > 1:
            return self._values(changes, _Lists(self.facts, changes))
        ((name, value),) = changes.items()
        key = name, repr(value)
        if key not in self._single:
            self._single[key] = self._values(changes, _Lists(self.facts, changes))
        return self._single[key]

    def _values(self, changes: Set, lists: _Lists) -> tuple[dict[str, Value], frozenset[str]]:
        before, vocabulary = self.facts.values, self.rulebook.vocabulary
        values = lists.laid_over(before)
        stated = set(lists.values)
        for name, value in changes.items():
            if name not in (MEDICINES, LIST_REVIEWED):
                _lay(values, name, value_of(vocabulary[name], value, before.get(name)))
                stated.add(name)
        if changes.get("allergy_list_given") is True and self.facts.allergies is None:
            values["hypersensitivity_to_agent"] = False
            stated.add("hypersensitivity_to_agent")
        said = stated | lists.replaced
        touched = self._following.run(values, frozenset(stated), moved(before, values, said))
        return values, frozenset(moved(before, values, said | touched))

    def patient(self, changes: Set) -> PatientFacts:
        """The patient after the changes, which must have no misfits."""
        lists = _Lists(self.facts, changes)
        values, now = self._values(changes, lists)
        return _with(self.facts, values, now, changes.keys() | lists.values.keys(), lists.medicines, changes)


def moved(before: Facts, after: Facts, among: Iterable[str]) -> set[str]:
    """Those of these facts whose value differs."""
    return {name for name in among if before.get(name) != after.get(name)}


def misfits(facts: PatientFacts, changes: Set, rulebook: Rulebook) -> list[Misfit]:
    """What is wrong with these changes; empty when all can be made."""
    found = []
    for name, value in changes.items():
        fact = rulebook.vocabulary.get(name)
        if fact is None:
            found.append(Misfit(name, "is not a fact of the vocabulary"))
        elif value is not None and (wrong := _misfit(fact, value, facts.get(name))):
            found.append(Misfit(name, wrong))
    return found


def value_of(fact: Fact, value: Json, held: Value | None) -> Value | None:
    """A JSON value as a value of the fact: an array becomes the whole set."""
    if fact.type is FactType.SET and isinstance(value, Sequence) and not isinstance(value, str):
        members = frozenset(str(part) for part in value)
        old = held if isinstance(held, FactSet) else FactSet(complete=True)
        return FactSet(members, (old.absent | old.members) - members, complete=old.complete)
    return value  # type: ignore[return-value]  # `misfits` has seen that it is a plain value of the fact


def _misfit(fact: Fact, value: Json, held: Value | None) -> str | None:
    if fact.name == MEDICINES:
        is_names = isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(v, str) for v in value)
        return None if is_names else "must be an array of names"
    if fact.type is FactType.SET and not (isinstance(value, Sequence) and not isinstance(value, str)):
        return "must be an array of ids"
    found = value_of(fact, value, held)
    return "must be a value" if found is None else fact.problem(found)


def _lay(values: dict[str, Value], name: str, value: Value | None) -> None:
    if value is None:
        values.pop(name, None)
    else:
        values[name] = value


class _Lists:
    """The medicine list after the change, and the facts that speak of it (none when it stays as it is)."""

    def __init__(self, facts: PatientFacts, changes: Set) -> None:
        self.medicines = facts.medicines
        self.values: dict[str, Value] = {}
        self.replaced: frozenset[str] = frozenset()
        names, reviewed = changes.get(MEDICINES), changes.get(LIST_REVIEWED)
        if not isinstance(names, Sequence) and not isinstance(reviewed, bool):
            return
        if isinstance(names, Sequence):
            self.medicines = _going_on(facts, frozenset(map(str, names)))
        is_reviewed = reviewed if isinstance(reviewed, bool) else facts.values.get(LIST_REVIEWED) is True
        self.values = medication_values(self.medicines, is_reviewed, facts.burdens)
        self.values[LIST_REVIEWED] = is_reviewed
        if (load := _opioid_load(facts, self.medicines, is_reviewed)) is not None:
            self.values[_MME] = load
        self.replaced = frozenset({*facts.burdens, "regular_medicine_count", _MME, *self.values})

    def laid_over(self, before: Facts) -> dict[str, Value]:
        """The facts before, with those of the list replaced; a count that nobody knows any more is left out."""
        if not self.replaced:
            return dict(before)
        return {name: value for name, value in before.items() if name not in self.replaced} | self.values


def _going_on(facts: PatientFacts, names: frozenset[str]) -> tuple[Medicine, ...]:
    """The medicines that go on, and those that are new; a line that was not recognised, or is past, stays."""
    kept = tuple(m for m in facts.medicines if not m.recognised or not m.current or set(m.names) <= names)
    known = {name for medicine in facts.medicines for name in medicine.names}
    return (*kept, *(_started(name) for name in sorted(names - known)))


def _started(name: str) -> Medicine:
    """A medicine that is not on the list, as the shipped dictionary knows it."""
    found = dictionary().normalise(name)
    parts = found.ingredients if found.status is Recognition.RECOGNISED else ()
    entries = found.entries if parts else ()
    names = tuple(dict.fromkeys((*(entry.name for entry in entries), *(part.name for part in parts))))
    return Medicine(
        name=name,
        path="what-if",
        names=names,
        ingredients=tuple(Ingredient(part.name, frozenset(part.classes)) for part in parts),
        candidates=found.candidates,
        topical=found.local,
    )


def _opioid_load(facts: PatientFacts, medicines: Sequence[Medicine], reviewed: bool) -> Value | None:
    """Morphine equivalents after a change; None leaves the fact unknown, as soon as a part of the sum is not known."""
    before = facts.derived.get(_MME)
    left = {medicine.path for medicine in medicines}
    counted = before.inputs.keys() if before else ()
    if all(path in left for path in counted) and len(medicines) == len(facts.medicines) and facts.get(_MME) is not None:
        return facts.get(_MME)
    opioid = any(medicine.current and "opioid" in medicine.classes for medicine in medicines)
    return 0 if reviewed and not opioid else None


class _Following:
    """Works out what follows from facts that moved, until nothing follows any more."""

    def __init__(self, content: Changing, facts: PatientFacts) -> None:
        self.content, self.facts = content, facts
        self.rows, self.readers, self.group_reads = content.by_fact, content.readers, content.group_reads
        self.implied: dict[str, list[str]] = {}
        # Most changes move no cause, so few different groups are worked out for one patient.
        self._known_groups: dict[tuple[Value | None, ...], FactSet] = {}
        for name, held in facts.provenance.items():
            if held.origin is Origin.IMPLIED and held.because:
                self.implied.setdefault(held.because[0], []).append(name)

    def run(self, values: dict[str, Value], stated: frozenset[str], changed: set[str]) -> set[str]:
        """Lay what follows over `values`; what was stated stays. Gives the facts that were looked at."""
        looked_at: set[str] = set()
        for _ in range(_ROUNDS):
            if not changed:
                break
            touched: set[str] = set()
            before = dict(values)
            for fact in dict.fromkeys(fact for name in sorted(changed) for fact in self.readers.get(name, ())):
                if fact not in stated:
                    self._conclude(fact, changed, values)
                    touched.add(fact)
            touched |= self._spread(changed | touched, values, stated)
            if PROBLEMS_REVIEWED in changed and values.get(PROBLEMS_REVIEWED) is True:
                for name in self.content.closed_by_problem_list - stated:
                    values.setdefault(name, False)
                    touched.add(name)
            if changed & self.group_reads and "condition_groups" not in stated and "conditions" in values:
                values["condition_groups"] = self._groups(values)
                touched.add("condition_groups")
            looked_at |= touched
            changed = moved(before, values, touched)
        return looked_at

    def _conclude(self, name: str, changed: set[str], values: dict[str, Value]) -> None:
        rows, held = self.rows[name], self.facts.provenance.get(name)
        is_stated = held is not None and held.origin is Origin.STATED
        if is_stated and values.get(name) is True:
            return
        for row in rows:
            if evaluate(row.when, values) is Truth.YES:
                if row.value is True or not is_stated:
                    _lay(values, name, row.value)
                return
        if held is not None and held.origin is Origin.COMPUTED and changed.intersection(held.because):
            self._fall_back(name, values)

    def _fall_back(self, name: str, values: dict[str, Value]) -> None:
        """What a concept is once its reason is gone: absent where a reviewed problem list closes it, else unknown."""
        closed = values.get(PROBLEMS_REVIEWED) is True and name in self.content.closed_by_problem_list
        _lay(values, name, False if closed else None)

    def _spread(self, changed: set[str], values: dict[str, Value], stated: frozenset[str]) -> set[str]:
        """Presence spreads to what it implies, and leaves with the one that implied it."""
        touched: set[str] = set()
        for name in sorted(changed):
            for implied in self.implied.get(name, ()) if values.get(name) is not True else ():
                if implied not in stated and values.get(implied) is True:
                    self._fall_back(implied, values)
                    touched.add(implied)
        waiting = [name for name in sorted(changed | touched) if values.get(name) is True]
        waiting += [n for n in self.content.implies if values.get(n) is True] if touched else []
        while waiting:
            for implied in self.content.implies.get(waiting.pop(), ()):
                if implied not in stated and values.get(implied) is not True:
                    values[implied] = True
                    touched.add(implied)
                    waiting.append(implied)
        return touched

    def _groups(self, values: Facts) -> FactSet:
        read = tuple([values.get(name) for name in self.group_reads if name != "condition_groups"])
        if read not in self._known_groups:
            self._known_groups[read] = self._groups_of(values)
        return self._known_groups[read]

    def _groups_of(self, values: Facts) -> FactSet:
        members: set[str] = set()
        absent: set[str] = set()
        known = dict(values)
        for name, batch in self.content.group_batches:
            known["condition_groups"] = FactSet(frozenset(members), frozenset(absent))
            (code,) = batch.codes(known)
            if code == YES:
                members.add(name)
            elif code == NO:
                absent.add(name)
        whole = len(members) + len(absent) == len(self.content.groups)
        return FactSet(frozenset(members), frozenset(absent), complete=whole)


def _with(
    facts: PatientFacts,
    values: dict[str, Value],
    now: Names[str],
    stated: Names[str],
    medicines: tuple[Medicine, ...],
    changes: Set,
) -> PatientFacts:
    """The same patient with other values; what moved says that it was assumed, and is no longer out of date."""
    provenance = dict(facts.provenance)
    derived = dict(facts.derived)
    for name in now:
        provenance[name] = Provenance(Origin.STATED if name in stated else Origin.COMPUTED, "what-if")
        if name in derived:
            found = values.get(name)
            shown = None if isinstance(found, FactSet) else found
            derived[name] = Derived(shown, derived[name].unit, "assumed", {})
    allergies = facts.allergies
    if allergies is None and any(changes.get(name) is (name == "allergy_list_given") for name in ALLERGIES):
        allergies = ()
    return replace(
        facts,
        values=freeze(values),
        derived=MappingProxyType(derived),
        provenance=MappingProxyType(provenance),
        conflicts=tuple(item for item in facts.conflicts if item.fact not in now),
        stale=tuple(item for item in facts.stale if item.fact not in now),
        medicines=medicines,
        allergies=allergies,
    )
