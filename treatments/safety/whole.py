"""The whole list of a patient: what is taken now and what the plan adds, from which day until which.

An item of the plan takes the place of what is taken of the same medicine from its first day on; until then, and until
the last day of an item that ends, the medicine counts as taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from rules.facts import Facts
from treatments.fact_content import FactContent
from treatments.patient_facts import Ingredient, Medicine, PatientFacts, medication_values, without_ingredients
from treatments.proposal.pairs import Substance
from treatments.rulebook import Agent, Rulebook, Therapy
from treatments.safety.model import AGENT, Choice

ORAL = "oral"


@dataclass(frozen=True, slots=True)
class Taken:
    """A medicine of the list. `item` is the option of the plan that it comes from, empty for what is taken already.

    `begins` None: it is taken today; `ends` is the first day without it. `doses` are those of the plan, by day.
    `may_hold` are the classes that it may be of, nobody says whether; None: any class.
    """

    key: str
    medicine: Medicine
    begins: date | None = None
    ends: date | None = None
    doses: tuple[tuple[date, float], ...] = ()
    item: str = ""
    may_hold: frozenset[str] | None = frozenset()

    @property
    def name(self) -> str:
        """How it is called in a sentence."""
        return self.medicine.name

    @property
    def substances(self) -> tuple[str, ...]:
        """The substances in it; the name as written where they are not known."""
        return tuple(part.name for part in self.medicine.ingredients) or (self.medicine.name.casefold(),)

    def on(self, day: date) -> bool:
        """Whether it is taken on a day (from today on)."""
        return (self.begins is None or self.begins <= day) and (self.ends is None or day < self.ends)

    def overlaps(self, other: Taken) -> bool:
        """Whether there is a day on which both are taken."""
        return _before(self.begins, other.ends) and _before(other.begins, self.ends)

    def as_of(self, day: date) -> Medicine:
        """The medicine with the dose of a day."""
        if not self.item:
            return self.medicine
        reached = [dose for since, dose in self.doses if since <= day]
        return replace(self.medicine, daily_dose=reached[-1] if reached else None)


def _before(begins: date | None, ends: date | None) -> bool:
    return begins is None or ends is None or begins < ends


def whole_list(
    chosen: Iterable[Choice], facts: PatientFacts, rulebook: Rulebook, content: FactContent
) -> tuple[Taken, ...]:
    """Everything that is taken today or will be, the medicine list first. Names that nobody recognised stay in it."""
    today = facts.as_of
    planned: list[Taken] = []
    held: list[Taken] = []
    for item in chosen:
        if item.kind == AGENT and item.ref_id in rulebook.agent_by_id:
            planned.append(_planned(item, rulebook.agent_by_id[item.ref_id], today, content))
        elif item.kind != AGENT and item.ref_id in rulebook.therapy_by_id:
            held.extend(_held(item, rulebook.therapy_by_id[item.ref_id], today, content))
    planned, held = ([one for one in each if one.ends is None or one.ends > today] for each in (planned, held))
    now = [Taken(item.path, item) for item in facts.medicines if item.current]
    for taken in planned:
        now = [part for one in now for part in _until(one, taken)]
    # What a therapy holds comes beside what is taken; it takes the place of none of it.
    return (*now, *planned, *held)


def _held(item: Choice, therapy: Therapy, today: date, content: FactContent) -> Iterator[Taken]:
    """The medicines that a therapy puts into the body, as far as the content says which; their doses are not known.

    What it may hold beside stands in the list without a substance, so that what adds up is not settled.
    """
    if therapy.holds is None:
        return
    begins = item.starts_on if item.starts_on and item.starts_on > today else None
    for name in therapy.holds.medicines:
        entry = content.medicines.medicines.get(name)
        parts = (Ingredient(name, frozenset(entry.classes if entry else ())),)
        agents = tuple(content.agents_by_drug.get(name, ()))
        medicine = Medicine(therapy.name, f"plan.{therapy.id}", (name,), parts, agents, by_therapy=True)
        yield Taken(f"{medicine.path}/{name}", medicine, begins, item.stops_on, (), therapy.id)
    if therapy.holds.classes:
        name = therapy.id.replace("_", " ")
        parts = (Ingredient(name, frozenset(therapy.holds.classes)),)
        medicine = Medicine(therapy.name, f"plan.{therapy.id}", (name,), parts, by_therapy=True)
        yield Taken(medicine.path, medicine, begins, item.stops_on, (), therapy.id)
    if therapy.holds.one_of:
        medicine = Medicine(therapy.name, f"plan.{therapy.id}", by_therapy=True)
        may_hold = frozenset(therapy.holds.one_of_classes) or None
        yield Taken(f"{medicine.path}/one_of", medicine, begins, item.stops_on, (), therapy.id, may_hold)


def _planned(item: Choice, agent: Agent, today: date, content: FactContent) -> Taken:
    start = item.starts_on or today
    name = agent.drug_names[0] if agent.drug_names else agent.id.replace("_", " ")
    entry = content.medicines.medicines.get(name)
    classes = frozenset(agent.classes) | frozenset(entry.classes if entry else ())
    medicine = Medicine(
        name=agent.name,
        path=f"plan.{agent.id}",
        names=(name,),
        ingredients=(Ingredient(name, classes),),
        agents=(agent.id,),
        unit=(agent.dosing.unit if agent.dosing else item.unit) or None,
        route=ORAL if ORAL in agent.routes else next(iter(agent.routes), None),
        topical=agent.is_topical,
    )
    doses = tuple((step.begins(start), step.per_day) for step in item.steps)
    return Taken(medicine.path, medicine, start if start > today else None, item.stops_on, doses, agent.id)


def _until(taken: Taken, item: Taken) -> Iterable[Taken]:
    """What is taken, in two parts where an item of the plan takes the place of one of its substances."""
    shared = frozenset(taken.substances) & frozenset(item.substances)
    if taken.item or not shared:
        yield taken
        return
    if item.begins is not None:
        yield replace(taken, ends=item.begins)
    rest = without_ingredients(taken.medicine, shared)
    if rest.ingredients:
        yield replace(taken, key=f"{taken.key}/rest", medicine=rest, begins=item.begins)


def days_of_change(whole: Iterable[Taken], today: date, *, with_doses: bool = False) -> list[date]:
    """Today and every later day on which something begins (or a dose changes): the list is longest on one of them."""
    days = {today}
    for taken in whole:
        days.add(taken.begins or today)
        if with_doses:
            days.update(day for day, _dose in taken.doses if taken.on(day))
    return sorted(day for day in days if day >= today)


def on_day(whole: Iterable[Taken], day: date) -> tuple[Taken, ...]:
    """What is taken on a day."""
    return tuple(taken for taken in whole if taken.on(day))


def values_with(
    facts: PatientFacts, present: Sequence[Taken], mme_per_day: float | None, *, without: frozenset[str] = frozenset()
) -> Facts:
    """The facts of the patient as they are while exactly these medicines are taken.

    `without` leaves out the substances of an agent that is judged, as its rules speak of the other medicines.
    """
    medicines = [taken.medicine for taken in present]
    if without:
        medicines = [without_ingredients(item, without) for item in medicines]
    values = {
        name: value
        for name, value in facts.values.items()
        if name not in facts.burdens and name not in ("mme_per_day", "regular_medicine_count")
    }
    values.update(medication_values(medicines, facts.values.get("medications_reviewed") is True, facts.burdens))
    if mme_per_day is not None:
        values["mme_per_day"] = mme_per_day
    return values


def substances_of(taken: Taken) -> tuple[Substance, ...]:
    """The medicine as interactions see it."""
    medicine = taken.medicine
    return tuple(
        Substance(part.name, part.classes, frozenset(medicine.agents), medicine.topical)
        for part in medicine.ingredients
    )
