"""What the medicine list and the allergy list say: recognised medicines, opioid load, named allergens. Pure.

A name that the dictionary does not hold stays on the list as not checked; it adds no class and settles nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from patients.medicines import Dictionary, Recognition
from rules.facts import FactSet
from treatments.case import Allergy, MedicineItem
from treatments.fact_content import AllergyGroup, FactContent, MmeTable
from treatments.patient_facts import Ingredient, Json, KnownAllergy, Medicine


def recognised(item: MedicineItem, path: str, as_of: date, content: FactContent) -> Medicine:
    """A line of the medicine list with what the dictionary knows about its name."""
    found = content.medicines.normalise(item.name)
    known = found.status is Recognition.RECOGNISED
    parts = found.ingredients if known else ()
    # The classes of the entry itself belong to its substances; for a single substance they are the same.
    entries = {entry.name: frozenset(entry.classes) for entry in found.entries} if known else {}
    ingredients = tuple(
        Ingredient(part.name, frozenset(part.classes) | (entries.get(part.name) or frozenset())) for part in parts
    )
    covered = frozenset().union(*(part.classes for part in ingredients))
    for name, classes in entries.items():
        if extra := classes - covered:
            ingredients = (*ingredients, Ingredient(name, extra))
    names = tuple(dict.fromkeys([*entries, *(part.name for part in parts)]))
    agents = dict.fromkeys(agent for name in names for agent in content.agents_by_drug.get(name, ()))
    return Medicine(
        name=item.name,
        path=path,
        names=names,
        ingredients=ingredients,
        agents=tuple(agents),
        candidates=found.candidates,
        daily_dose=item.daily_dose,
        unit=item.unit,
        route=item.route,
        as_needed=item.as_needed,
        started=item.started,
        stopped=item.stopped,
        release=item.release or found.release or None,
        purpose=item.purpose,
        topical=found.local,
        current=item.stopped is None or _still_acts(ingredients, as_of - item.stopped, content.washout_days),
    )


def _still_acts(parts: Iterable[Ingredient], since: timedelta, washout_days: Mapping[str, int]) -> bool:
    """Whether a stopped medicine counts as taken, because one of its classes has a wash-out that is not over."""
    return any(since.days <= washout_days.get(name, -1) for part in parts for name in part.classes)


def recent_classes(medicines: Iterable[Medicine], as_of: date, within_days: int, reviewed_days: int | None) -> FactSet:
    """The classes of what is taken now or was stopped within so many days.

    `reviewed_days` says how many days back the review of the list reaches (None: it was not reviewed). A longer window
    stays open: what was stopped before that may be missing from the list.
    """
    since = as_of - timedelta(days=within_days)
    taken = [item for item in medicines if item.stopped is None or item.stopped >= since]
    complete = reviewed_days is not None and within_days <= reviewed_days
    return FactSet(frozenset().union(*(item.classes for item in taken)), complete=complete)


@dataclass(frozen=True, slots=True)
class OpioidLoad:
    """Morphine equivalents a day: `total` None is unknown, `why` then says which medicine leaves it open.

    `counted` is the share of each medicine; `not_counted` names those taken for opioid use disorder; `at_least` says
    that the list was not reviewed, so that there may be more.
    """

    total: float | None
    counted: Mapping[str, Json]
    not_counted: tuple[str, ...] = ()
    why: str | None = None
    at_least: bool = False


def opioid_load(medicines: Sequence[Medicine], reviewed: bool, table: MmeTable) -> OpioidLoad:
    """The opioid load by the CDC 2022 factors (cdc2022); an opioid without dose or factor makes it unknown, not zero.

    Methadone or buprenorphine for opioid use disorder is not counted (cdc_moud_letter2018, asam_moud_mme2021).
    """
    opioids = [item for item in medicines if item.current and table.opioid_class in item.classes]
    counting = [item for item in opioids if item.purpose != table.not_counted_purpose]
    not_counted = tuple(item.name for item in opioids if item not in counting)
    counted: dict[str, Json] = {}
    total = 0.0
    for item in counting:
        share = morphine_equivalent(item, table)
        if isinstance(share, str):
            return OpioidLoad(None, counted, not_counted, f"{item.name}: {share}")
        total += share.mme
        counted[item.path] = f"{item.names[0]} {item.daily_dose:g} {item.unit}"
    if not counting and not reviewed:
        return OpioidLoad(None, counted, not_counted, "the medicine list was not reviewed")
    return OpioidLoad(round(total, 6), counted, not_counted, at_least=not reviewed)


@dataclass(frozen=True, slots=True)
class Equivalent:
    """Morphine equivalents of one medicine a day: `dose` in `unit` times `factor` (CDC 2022)."""

    substance: str
    dose: float
    unit: str
    factor: float

    @property
    def mme(self) -> float:
        """Morphine milligram equivalents a day."""
        return self.dose * self.factor


def morphine_equivalent(item: Medicine, table: MmeTable) -> Equivalent | str:
    """Morphine equivalents of one opioid, or in words why they cannot be told."""
    if len(item.ingredients) > 1:
        return "the dose of the opioid in a combination product is not known"
    if item.daily_dose is None or item.unit is None:
        return "no daily dose is given"
    (substance,) = item.ingredients
    if (direct := table.factors.get((substance.name, item.unit))) is not None and item.unit not in table.mass_in_mg:
        return Equivalent(substance.name, item.daily_dose, item.unit, direct)
    factor = table.factors.get((substance.name, "mg"))
    mass = table.mass_in_mg.get(item.unit)
    if factor is None or mass is None:
        return f"there is no factor for {substance.name} in {item.unit}"
    if item.route is not None and item.route.strip().casefold() not in table.oral_routes:
        return f"the factor holds for the oral route, not for {item.route}"
    return Equivalent(substance.name, item.daily_dose * mass, "mg", factor)


def known_allergy(entry: Allergy, path: str, content: FactContent) -> KnownAllergy:
    """An allergy entry with the medicines and the groups of substances that it names."""
    names = _named(entry.name, content.medicines)
    groups = {group.id for group in content.allergy_groups if _mentions(entry.name, group.words)}
    return KnownAllergy(entry.name, path, entry.reaction, frozenset(names), frozenset(groups))


def _named(text: str, medicines: Dictionary) -> set[str]:
    """Names of the dictionary in a text: what the whole text means, and every word that is a medicine by itself."""
    found: set[str] = set()
    for part in (text, *re.findall(r"[^\W\d_][\w-]{3,}", text)):
        read = medicines.normalise(part)
        if read.status is Recognition.RECOGNISED:
            found |= {entry.name for entry in (*read.entries, *read.ingredients)}
    return found


def _mentions(text: str, words: Iterable[str]) -> bool:
    """Whether one of the words stands in the text as a word of its own."""
    return any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE) for word in words)


def allergy_inputs(allergies: Sequence[KnownAllergy], content: FactContent) -> dict[str, FactSet]:
    """The sets that conditions on allergies read; complete, because the list was given."""
    names = frozenset().union(*(entry.names for entry in allergies))
    groups = frozenset().union(*(entry.groups for entry in allergies))
    rashes = [entry for entry in allergies if entry.reaction and _mentions(entry.reaction, content.rash_words)]
    return {
        "allergy_names": FactSet(names, complete=True),
        "allergy_groups": FactSet(groups, complete=True),
        "allergy_classes": FactSet(_classes(allergies, content), complete=True),
        "allergy_rash_classes": FactSet(_classes(rashes, content), complete=True),
    }


def _classes(allergies: Iterable[KnownAllergy], content: FactContent) -> frozenset[str]:
    by_group: Mapping[str, AllergyGroup] = {group.id: group for group in content.allergy_groups}
    return frozenset(
        name
        for entry in allergies
        for classes in (
            *(content.medicines.medicines[medicine].classes for medicine in entry.names),
            *(by_group[group].classes for group in entry.groups),
        )
        for name in classes
    )
