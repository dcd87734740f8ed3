"""Two medicines of the list together: interactions graded for this patient, the same medicine or one class twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from rules.evaluate import evaluate
from rules.explain import missing_facts
from rules.facts import Facts
from rules.truth import Truth
from treatments.dose_units import in_unit
from treatments.fact_content import FactContent
from treatments.proposal.model import Finding
from treatments.proposal.pairs import duplicates, interaction_table
from treatments.rulebook import Agent, Rulebook
from treatments.safety.model import Check, Choice
from treatments.safety.table import Grading, LowDose, safety_of
from treatments.safety.whole import Taken, substances_of

_OURS = ("dossier_reconciliation",)
FORBIDDEN = "contraindicated"
_TIERS = {"exclude": "critical", "demote": "warning"}


@dataclass(frozen=True, slots=True)
class Graded:
    """The severity of an interaction for this patient, and in words what raised or lowered it or could raise it."""

    severity: str
    notes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    raised_by: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Grader:
    """Grades interactions by the facts of the patient; where the content says nothing, the grade of the pair stays."""

    facts: Facts
    rulebook: Rulebook
    mass_in_mg: Mapping[str, float]

    def grade(self, finding: Finding, one: Taken, other: Taken) -> Graded:
        """The severity of one finding. Only what is surely so counts; what is not known is said."""
        order = self.rulebook.meanings.severity_order
        place = {name: number for number, name in enumerate(order)}
        severity = finding.severity
        notes: list[str] = []
        sources: list[str] = []
        raised: list[tuple[str, str]] = []
        lowered: tuple[str, Grading] | None = None
        for row in safety_of(self.rulebook).gradings:
            if finding.id not in row.interactions or not self._is_about(row, one, other):
                continue
            raises = place[row.to] < place[finding.severity]
            truth = evaluate(row.when, self.facts)
            if truth is Truth.UNKNOWN and raises:
                names = [
                    self._label(item.fact) for item in missing_facts(row.when, self.facts, self.rulebook.vocabulary)
                ]
                notes.append(f"Graver if known: {row.text} Not known: {', '.join(dict.fromkeys(names))}.")
            elif truth is Truth.YES and raises:
                if place[row.to] < place[severity]:
                    severity = row.to
                notes.append(f"Graded up from {finding.severity} to {row.to}: {row.text}")
                sources.extend(row.sources)
                raised.append((row.id, row.text))
            elif truth is Truth.YES and row.dose_holds(self._dose(row.dose, one, other)):
                lowered = (row.to, row)
        if lowered and severity == finding.severity and severity != FORBIDDEN:
            severity, row = lowered
            notes.append(f"Graded down from {finding.severity} to {severity}: {row.text}")
            sources.extend(row.sources)
        return Graded(severity, tuple(notes), tuple(dict.fromkeys(sources)), tuple(raised))

    @staticmethod
    def _is_about(row: Grading, one: Taken, other: Taken) -> bool:
        if not row.medicines:
            return True
        first, second = row.medicines
        a, b = frozenset(one.substances), frozenset(other.substances)
        return bool((a & first and b & second) or (a & second and b & first))

    def _dose(self, dose: LowDose | None, one: Taken, other: Taken) -> float | None:
        """The highest daily dose of the medicine that the grading asks about, in its unit; None: not known."""
        if dose is None:
            return None
        taken = next((t for t in (one, other) if dose.medicine in t.substances), None)
        if taken is None or len(taken.medicine.ingredients) != 1:
            return None
        amounts = [amount for _day, amount in taken.doses] if taken.item else [taken.medicine.daily_dose]
        known = [amount for amount in amounts if amount is not None]
        if not known or len(known) < len(amounts):
            return None
        return in_unit(max(known), taken.medicine.unit, dose.unit, self.mass_in_mg)

    def _label(self, fact: str) -> str:
        known = self.rulebook.vocabulary.facts.get(fact)
        return known.label if known else fact.replace("_", " ")


def interaction_checks(
    whole: Sequence[Taken], facts: Facts, rulebook: Rulebook, content: FactContent
) -> Iterator[Check]:
    """Every interaction of an item of the plan with what is taken or planned while both are taken."""
    grader = Grader(facts, rulebook, content.mme.mass_in_mg)
    planned = [taken for taken in whole if taken.item]
    for taken in whole:
        if not taken.item:
            for item in planned:
                yield from _between(taken, item, (item.item,), grader, rulebook)
    for one, other in combinations(planned, 2):
        yield from _between(one, other, (one.item, other.item), grader, rulebook)


def _between(one: Taken, other: Taken, items: tuple[str, ...], grader: Grader, rulebook: Rulebook) -> Iterator[Check]:
    if not one.overlaps(other):
        return
    table = interaction_table(rulebook)
    for a in substances_of(one):
        for b in substances_of(other):
            # What is proposed for the skin is looked at in full against what is taken.
            b = replace(b, topical=b.topical and bool(one.item))
            for finding in table.between(a, b):
                yield _check(finding, grader.grade(finding, one, other), one, other, items, rulebook)


def _check(
    finding: Finding, graded: Graded, one: Taken, other: Taken, items: tuple[str, ...], rulebook: Rulebook
) -> Check:
    tier = _TIERS.get(rulebook.meanings.severities.get(graded.severity) or "", "info")
    until = _until(one, other)
    said = [
        f"{finding.a[:1].upper()}{finding.a[1:]} with {finding.b}: {finding.text}.",
        finding.management or "",
        until,
    ]
    about = one.item or finding.a
    check_id = f"{finding.id}:{about}"
    text = " ".join(part for part in said if part).strip()
    raised = tuple((f"{check_id}:{name}", note) for name, note in graded.raised_by)
    return Check(
        check_id,
        "interaction",
        tier,
        text,
        items,
        tuple(dict.fromkeys((*finding.sources, *graded.sources))),
        tier != "info",
        medicines=frozenset({one.name, other.name}),
        theme=theme_of(finding.id, rulebook),
        notes=graded.notes,
        covers=((check_id, text), *raised),
        graver=graded.severity == FORBIDDEN,
        brief=" ".join(part for part in (said[0].partition(" (")[0].rstrip(".") + ".", until) if part),
    )


def theme_of(interaction: str, rulebook: Rulebook) -> str:
    """The burden that an interaction adds to; empty when to none."""
    return next((b.id for b in safety_of(rulebook).burdens if interaction in b.interactions), "")


def _until(one: Taken, other: Taken) -> str:
    """Until when the two are taken together, where one of them ends."""
    ends = [taken.ends for taken in (one, other) if taken.ends is not None]
    return f"Together until {min(ends).isoformat()}." if ends else ""


def duplicate_checks(whole: Sequence[Taken], agents: Sequence[Agent], rulebook: Rulebook) -> Iterator[Check]:
    """The same substance in two items, and one class twice among the items and what is taken at the same time."""
    for one, other in combinations(agents, 2):
        if set(one.drug_names) & set(other.drug_names):
            text = f"{one.name} and {other.name} hold the same medicine."
            yield Check(
                f"same:{one.id}",
                "duplicate",
                "critical",
                text,
                (one.id, other.id),
                _OURS,
                True,
                medicines=frozenset({one.name, other.name}),
                graver=True,
            )
    yield from _held_twice(whole, rulebook)
    for name in rulebook.meanings.duplicate_classes:
        holding = [taken for taken in whole if name in taken.medicine.classes]
        meeting = [taken for taken in holding if any(taken is not o and _differ(taken, o) for o in holding)]
        items = tuple(taken.item for taken in meeting if taken.item)
        if not items:
            continue
        double = duplicates((s for taken in meeting for s in substances_of(taken)), (name,))
        medicines = double[0].medicines if double else ()
        text = f"Two medicines of the class {words_of(name, rulebook)}: {', '.join(medicines)}."
        check_id = f"duplicate:{name}"
        yield Check(
            check_id,
            "duplicate",
            "critical",
            text,
            items,
            _OURS,
            True,
            medicines=frozenset(taken.name for taken in meeting),
            covers=((check_id, text), *((f"{check_id}:{medicine}", medicine) for medicine in medicines)),
            graver=True,
        )


def _held_twice(whole: Sequence[Taken], rulebook: Rulebook) -> Iterator[Check]:
    """What a therapy holds and is taken or planned as well at the same time."""
    for taken in whole:
        if taken.item not in rulebook.therapy_by_id:
            continue
        for other in whole:
            same = set(taken.substances) & set(other.substances)
            if other is taken or not same or not taken.overlaps(other) or (other.item and other.item == taken.item):
                continue
            text = f"{taken.name} and {other.name} hold the same medicine."
            yield Check(
                f"same:{'+'.join(sorted(same))}",
                "duplicate",
                "critical",
                text,
                (*([other.item] if other.item else []), taken.item),
                _OURS,
                True,
                medicines=frozenset({taken.name, other.name}),
                graver=True,
            )


def therapy_checks(chosen: Iterable[Choice], rulebook: Rulebook) -> Iterator[Check]:
    """Therapies that may hold a medicine of which nobody says which: what is not checked is told."""
    for item in chosen:
        therapy = rulebook.therapy_by_id.get(item.ref_id)
        if therapy is None or therapy.holds is None or not therapy.holds.one_of:
            continue
        text = (
            f"{therapy.name} may hold {therapy.holds.one_of}. What exactly it holds is not part of the plan, so that is"
            " not checked with the other medicines: check it by hand."
        )
        yield Check(f"held:{therapy.id}", "therapy", "warning", text, (therapy.id,), therapy.holds.sources)


def _differ(one: Taken, other: Taken) -> bool:
    """Whether two medicines that are taken at the same time hold different substances and are no forms of one agent."""
    same = frozenset(one.substances) & frozenset(other.substances)
    return not same and not set(one.medicine.agents) & set(other.medicine.agents) and one.overlaps(other)


def words_of(name: str, rulebook: Rulebook) -> str:
    """A class or an agent in words; short classes such as TCA and SNRI are abbreviations."""
    if name in rulebook.agent_by_id:
        return rulebook.agent_by_id[name].name
    return name.upper() if len(name) <= 5 else name.replace("_", " ")
