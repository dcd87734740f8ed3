"""What is taken already against the ceilings of the rulebook, unit by unit. What cannot be compared is not checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from treatments.dose_units import in_unit
from treatments.patient_facts import Medicine
from treatments.plan_doses import DECIMALS, limits_of
from treatments.proposal.model import Proposal
from treatments.rulebook import Rulebook
from treatments.safety.model import Check
from treatments.safety.table import CeilingWords, safety_of
from treatments.safety.whole import Taken

# How the id of such a check begins, before the substance.
CEILING = "ceiling:"
# The release of a line of the medicine list, and the ending of the id of an agent that is such a form.
EXTENDED = "extended"
_EXTENDED_FORM = "_er"


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The highest dose a day for this patient and at all, in `unit`; the higher one where the form is not known."""

    unit: str
    for_patient: float | None
    at_all: float | None
    why: tuple[str, ...] = ()


def ceiling_checks(
    whole: Sequence[Taken], proposal: Proposal, rulebook: Rulebook, mass_in_mg: Mapping[str, float]
) -> Iterator[Check]:
    """Doses above a ceiling, and in one line the medicines of the rulebook whose dose could not be compared."""
    words = safety_of(rulebook).ceilings
    unchecked: list[str] = []
    for taken in whole:
        if taken.item or not taken.medicine.agents:
            continue
        found = ceiling_of(taken.medicine, proposal, rulebook)
        if found is None:
            continue
        amount = _amount(taken.medicine, found, mass_in_mg)
        if isinstance(amount, str):
            unchecked.append(f"{taken.name} ({amount})")
            continue
        check = _above(taken, amount, found, words)
        if check is not None:
            yield check
    if unchecked:
        text = f"Dose not checked: {'; '.join(sorted(unchecked))}."
        yield Check(f"{CEILING}not_checked", "ceiling", "info", text, (), words.sources)


def ceiling_of(medicine: Medicine, proposal: Proposal, rulebook: Rulebook) -> Ceiling | None:
    """The ceiling of the forms that a line of the list may be; None where the rulebook has none."""
    agents = [rulebook.agent_by_id[name] for name in medicine.agents if name in rulebook.agent_by_id]
    if medicine.release is not None and len(agents) > 1:
        wanted = medicine.release == EXTENDED
        agents = [agent for agent in agents if agent.id.endswith(_EXTENDED_FORM) is wanted] or agents
    limits = [limits for agent in agents if (limits := limits_of(proposal.option(agent.id), agent)) is not None]
    units = {each.unit for each in limits}
    if len(units) != 1:
        return None
    most = [each.never_above for each in limits]
    mine = [each.max_per_day for each in limits]
    return Ceiling(
        units.pop(),
        max((dose for dose in mine if dose is not None), default=None) if None not in mine else None,
        max((dose for dose in most if dose is not None), default=None) if None not in most else None,
        tuple(dict.fromkeys(text for each in limits for text in each.why)),
    )


def _amount(medicine: Medicine, ceiling: Ceiling, mass_in_mg: Mapping[str, float]) -> float | str:
    """The dose a day in the unit of the ceiling, or why it cannot be compared."""
    if len(medicine.ingredients) > 1:
        return "a combination product"
    if medicine.daily_dose is None:
        return "no daily dose on file"
    amount = in_unit(medicine.daily_dose, medicine.unit, ceiling.unit, mass_in_mg)
    if amount is None:
        return f"in {medicine.unit}, not in {ceiling.unit}" if medicine.unit else "no unit on file"
    return round(amount, DECIMALS)


def _above(taken: Taken, amount: float, ceiling: Ceiling, words: CeilingWords) -> Check | None:
    subject = f"{CEILING}{taken.substances[0]}"
    if ceiling.at_all is not None and amount > round(ceiling.at_all, DECIMALS):
        limit, tier, text = ceiling.at_all, words.highest_tier, words.highest_text
    elif ceiling.for_patient is not None and amount > round(ceiling.for_patient, DECIMALS):
        limit, tier, text = ceiling.for_patient, words.ceiling_tier, words.ceiling_text
    else:
        return None
    said = f"{taken.name} is taken at {amount:g} {ceiling.unit} a day, {text}, {limit:g} {ceiling.unit}."
    return Check(
        subject,
        "ceiling",
        tier,
        " ".join((said, *ceiling.why)),
        (),
        words.sources,
        tier == "critical",
        medicines=frozenset({taken.name}),
        theme=subject,
        covers=((f"{subject}:{amount:g}>{limit:g}", said),),
    )
