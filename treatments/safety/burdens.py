"""Burdens: what adds up over the whole list, how far it is from its limit, and which removal helps most.

Thresholds are the conditions of alerts, judged as if the list were exactly the medicines of a day; so the removal that
helps most is found by trying all of them, not by a formula.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations

from rules.evaluate import evaluate
from rules.explain import missing_facts
from rules.expr import Compare, walk
from rules.facts import Facts
from rules.truth import Truth
from rules.vocabulary import Vocabulary
from treatments.fact_content import MmeTable
from treatments.patient_facts import PatientFacts
from treatments.proposal.judging import with_kidney
from treatments.rulebook import Meanings, Rulebook
from treatments.safety.groups import in_danger
from treatments.safety.opioids import OpioidDay, opioid_day
from treatments.safety.table import Burden, Danger, safety_of
from treatments.safety.whole import Taken, days_of_change, on_day, values_with

_CLASSES = "medication_classes"
_RANK = {"critical": 2, "warning": 1}


@dataclass(frozen=True, slots=True)
class Share:
    """What one medicine adds to a burden: one, or its morphine equivalents."""

    key: str
    name: str
    item: str
    amount: float


@dataclass(frozen=True, slots=True)
class Reached:
    """A threshold that is reached: the alert, level or danger of three medicines, how loud, in which words."""

    id: str
    tier: str
    text: str
    sources: tuple[str, ...]
    is_danger: bool = False


@dataclass(frozen=True, slots=True)
class Weight:
    """A burden with one list of medicines: its amount, the thresholds reached, and the facts that would settle more."""

    amount: float
    shares: tuple[Share, ...]
    reached: tuple[Reached, ...]
    open: tuple[str, ...] = ()

    @property
    def tier(self) -> str:
        """The loudest threshold; empty when none is reached."""
        return next((tier for tier in ("critical", "warning", "info") if any(r.tier == tier for r in self.reached)), "")

    @property
    def rank(self) -> int:
        """How bad it is: 2 critical, 1 warning, 0 below both."""
        return _RANK.get(self.tier, 0)


@dataclass(frozen=True, slots=True)
class Removal:
    """Medicines whose end helps most, what is left of the burden then, and whether one of them is taken already."""

    names: tuple[str, ...]
    keys: frozenset[str]
    amount: float
    tier: str
    has_begun: bool


@dataclass(frozen=True, slots=True)
class Gauge:
    """A burden on its worst day. `at_least`: something on the list could not be counted, so that it may be more.

    `limit` is the amount from which it is loud for this patient, None where no amount is. `removal` is given once a
    threshold that is a warning or worse is reached.
    """

    burden: Burden
    day: date
    weight: Weight
    at_least: bool
    limit: float | None
    removal: Removal | None = None
    opioids: OpioidDay | None = None

    @property
    def state(self) -> str:
        """`critical`, `warning`, `info`, `unknown` (not settled, which is not fine) or `good`."""
        if self.weight.tier:
            return self.weight.tier
        return "unknown" if self.weight.open or self.at_least else "good"


@dataclass(frozen=True)
class Scale:
    """Weighs lists of medicines for one patient."""

    facts: PatientFacts
    vocabulary: Vocabulary
    meanings: Meanings
    mme: MmeTable
    burdens: tuple[Burden, ...]
    dangers: tuple[Danger, ...] = ()
    _held: dict[tuple[frozenset[str], date], tuple[Facts, OpioidDay]] = field(default_factory=dict)

    @classmethod
    def of(cls, facts: PatientFacts, rulebook: Rulebook, mme: MmeTable) -> Scale:
        """The scale of a patient under a release."""
        table = safety_of(rulebook)
        return cls(facts, rulebook.vocabulary, rulebook.meanings, mme, table.burdens, table.dangers)

    def values(self, present: Sequence[Taken], day: date) -> tuple[Facts, OpioidDay]:
        """The facts while exactly these medicines are taken, with the opioids of the day."""
        key = (frozenset(taken.key for taken in present), day)
        if key not in self._held:
            opioids = opioid_day(present, day, self.mme)
            known = opioids.total if opioids.lines or self._is_none(opioids, present) else None
            self._held[key] = with_kidney(values_with(self.facts, present, known), self.meanings), opioids
        return self._held[key]

    def _is_none(self, opioids: OpioidDay, present: Sequence[Taken]) -> bool:
        """Whether there surely are no opioids to count: zero is said of a reviewed list only."""
        may_be = any(_may_be_of(taken, {self.mme.opioid_class}) for taken in present)
        return not (opioids.open or may_be) and self.facts.values.get("medications_reviewed") is True

    def weigh(self, burden: Burden, present: Sequence[Taken], day: date, *, with_open: bool = False) -> Weight:
        """One burden of one list."""
        values, opioids = self.values(present, day)
        shares = self._shares(burden, present, opioids)
        amount = round(sum(share.amount for share in shares), 3)
        reached: list[Reached] = []
        unsure: list[str] = []
        for rule, truth in zip(burden.group.rules, burden.group.judge(values), strict=True):
            if truth is Truth.YES:
                reached.append(Reached(rule.target or rule.id, rule.tier or "info", rule.text, rule.sources))
            elif truth is Truth.UNKNOWN and with_open:
                unsure.extend(missing.fact for missing in missing_facts(rule.when, values, self.vocabulary))
        for level in burden.levels:
            if amount < level.at_least:
                continue
            holds = Truth.YES if level.when is None else evaluate(level.when, values)
            if holds is Truth.YES:
                reached.append(Reached(level.id, level.tier, level.text, level.sources))
            elif holds is Truth.UNKNOWN and level.when is not None and with_open:
                unsure.extend(missing.fact for missing in missing_facts(level.when, values, self.vocabulary))
        reached += [
            Reached(danger.id, danger.tier, danger.text, danger.sources, is_danger=True)
            for danger in self.dangers
            if danger.theme == burden.id and in_danger(danger, present)
        ]
        listed = (_CLASSES, "medication_names", burden.fact)
        return Weight(amount, shares, tuple(reached), tuple(dict.fromkeys(f for f in unsure if f not in listed)))

    def _shares(self, burden: Burden, present: Sequence[Taken], opioids: OpioidDay) -> tuple[Share, ...]:
        if burden.is_load:
            items = {taken.key: taken.item for taken in present}
            return tuple(Share(line.key, line.name, items[line.key], line.mme or 0.0) for line in opioids.lines)
        classes = burden.classes or self.facts.burdens.get(burden.fact, frozenset())
        counted: dict[str, Share] = {}
        for taken in present:
            for part in taken.medicine.ingredients:
                if part.classes & classes:
                    # The same substance twice on a list counts once, as in the facts.
                    counted.setdefault(part.name, Share(taken.key, taken.name, taken.item, 1))
        return tuple(counted[name] for name in sorted(counted))

    def involved(self, burden: Burden, present: Sequence[Taken]) -> tuple[Taken, ...]:
        """The medicines that add to a burden, or that its thresholds ask about beside the count (a MAO inhibitor)."""
        classes = self._classes(burden)
        return tuple(taken for taken in present if taken.medicine.classes & classes)

    def may_add(self, burden: Burden, taken: Taken) -> bool:
        """Whether a medicine of which nobody says what it holds may be one that adds to a burden."""
        return _may_be_of(taken, self._classes(burden))

    def _classes(self, burden: Burden) -> set[str]:
        classes = set(burden.classes or self.facts.burdens.get(burden.fact, frozenset()))
        classes |= {self.mme.opioid_class} if burden.is_load else set()
        for readings in burden.group.readings:
            classes.update(name for reading in readings if reading.fact == _CLASSES for name in reading.ids or ())
        return classes

    def limit(self, burden: Burden, present: Sequence[Taken], day: date) -> float | None:
        """The least amount at which the burden is as loud as it can become for this patient."""
        values, _opioids = self.values(present, day)
        best: tuple[int, float] | None = None
        for amount in _thresholds(burden):
            assumed: Facts = {**values, burden.fact: amount} if burden.fact else values
            ranks = [
                _RANK.get(rule.tier or "", 0)
                for rule, truth in zip(burden.group.rules, burden.group.judge(assumed), strict=True)
                if truth is Truth.YES
            ]
            ranks += [
                _RANK.get(level.tier, 0)
                for level in burden.levels
                if amount >= level.at_least and (level.when is None or evaluate(level.when, values) is Truth.YES)
            ]
            rank = max(ranks, default=0)
            if rank and (best is None or rank > best[0]):
                best = (rank, amount)
        return best[1] if best else None

    # --- the removal that helps most ----------------------------------------------------------------------------------

    def best_removal(self, burden: Burden, present: Sequence[Taken], day: date) -> Removal | None:
        """The medicine, or where no single one is enough the two, without which the burden is lowest.

        Every one and every two that add to the burden are tried. Lower means: quieter, then a smaller amount, then
        quieter and smaller over all burdens, then what was not begun yet before what is taken.
        """
        units = _units(self.involved(burden, present))
        singles = [self._removed(burden, present, day, (unit,)) for unit in units]
        if not singles:
            return None
        best = self._best(burden, present, day, singles)
        if _RANK.get(best.tier, 0):
            pairs = [self._removed(burden, present, day, two) for two in combinations(units, 2)]
            quieter = [two for two in pairs if _RANK.get(two.tier, 0) < _RANK[best.tier]]
            if quieter:
                best = self._best(burden, present, day, quieter)
        return best

    def _removed(
        self, burden: Burden, present: Sequence[Taken], day: date, units: Sequence[tuple[Taken, ...]]
    ) -> Removal:
        keys = frozenset(taken.key for unit in units for taken in unit)
        rest = [taken for taken in present if taken.key not in keys]
        weight = self.weigh(burden, rest, day)
        begun = any(not taken.item for unit in units for taken in unit)
        return Removal(tuple(unit[0].name for unit in units), keys, weight.amount, weight.tier, begun)

    def _best(self, burden: Burden, present: Sequence[Taken], day: date, found: Sequence[Removal]) -> Removal:
        least = min((_RANK.get(removal.tier, 0), removal.amount) for removal in found)
        equal = [removal for removal in found if (_RANK.get(removal.tier, 0), removal.amount) == least]
        return min(equal, key=lambda removal: self._over_all(present, day, removal)) if len(equal) > 1 else equal[0]

    def _over_all(
        self, present: Sequence[Taken], day: date, removal: Removal
    ) -> tuple[int, float, int, tuple[str, ...]]:
        rest = [taken for taken in present if taken.key not in removal.keys]
        weights = [(burden, self.weigh(burden, rest, day)) for burden in self.burdens]
        begun = sum(taken.key in removal.keys and not taken.item for taken in present)
        # Counts of medicines add up; milligrams are another measure.
        counted = sum(weight.amount for burden, weight in weights if not burden.is_load)
        return sum(weight.rank for _burden, weight in weights), counted, begun, removal.names


def _may_be_of(taken: Taken, classes: Collection[str]) -> bool:
    return taken.may_hold is None or not taken.may_hold.isdisjoint(classes)


def _thresholds(burden: Burden) -> list[float]:
    """The amounts at which a threshold of a burden may begin."""
    found: set[float] = {level.at_least for level in burden.levels}
    for rule in burden.group.rules:
        for node in walk(rule.when):
            if isinstance(node, Compare) and node.fact == burden.fact and isinstance(node.value, int | float):
                found.add(node.value)
    return sorted(found)


def _units(involved: Iterable[Taken]) -> list[tuple[Taken, ...]]:
    """What can be taken out: every line of the list with the same substances, together."""
    units: dict[tuple[str, ...], list[Taken]] = {}
    for taken in involved:
        units.setdefault(taken.substances, []).append(taken)
    return [tuple(unit) for _substances, unit in sorted(units.items())]


def gauges(whole: Sequence[Taken], scale: Scale, today: date) -> tuple[Gauge, ...]:
    """Every burden on the day on which it is worst, in the order of the content."""
    return tuple(_gauge(burden, whole, scale, today) for burden in scale.burdens)


def _gauge(burden: Burden, whole: Sequence[Taken], scale: Scale, today: date) -> Gauge:
    is_opioids = burden.is_load
    days = days_of_change(whole, today, with_doses=is_opioids)
    weighed = [(day, scale.weigh(burden, on_day(whole, day), day, with_open=True)) for day in days]
    day, weight = max(weighed, key=lambda pair: (pair[1].rank, pair[1].amount, -pair[0].toordinal()))
    present = on_day(whole, day)
    opioids = opioid_day(present, day, scale.mme) if is_opioids else None
    unclear = bool(scale.facts.not_checked) or scale.facts.values.get("medications_reviewed") is not True
    unclear |= any(scale.may_add(burden, taken) for taken in whole)
    return Gauge(
        burden,
        day,
        weight,
        at_least=unclear or bool(opioids and opioids.open),
        limit=scale.limit(burden, present, day),
        removal=scale.best_removal(burden, present, day) if weight.rank else None,
        opioids=opioids,
    )
