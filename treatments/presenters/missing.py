"""What is missing and how it is entered, and what an entry changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from patients.measurements import Kind, kinds
from patients.terms import terms
from treatments.fact_content import shipped_fact_content
from treatments.patient_facts import PatientFacts
from treatments.presenters.options import BESIDE
from treatments.presenters.words import FactRow, fact_label, fact_row, url_if
from treatments.proposal.model import Proposal
from treatments.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class MissingRow:
    """A missing fact, what it holds up, and how it is entered here: `entry` names the kind of field.

    concept: yes, no, unknown. measurement: a value of one of `codes`. condition: a cause of pain. medicines, allergies:
    a list to go through. elsewhere: a link.
    """

    fact: str
    label: str
    question: str
    entry: str
    blocks: Sequence[str]
    codes: Sequence[Kind] = ()
    choices: Sequence[tuple[str, str]] = ()
    href: str = ""
    old: FactRow | None = None


def missing_rows(shown: Snapshot, patient_id: UUID) -> list[MissingRow]:
    """Each missing fact once, those of most use first."""
    names = {option.id: option.name for option in (*shown.proposal.agents, *shown.proposal.therapies)}
    rows = []
    for item in shown.proposal.missing:
        if item.fact in BESIDE:
            continue
        stale = fact_row(item.fact, None, shown.facts, shown.rulebook.vocabulary)
        entry, codes, href = _entry(item.fact, shown, patient_id)
        rows.append(
            MissingRow(
                fact=item.fact,
                label=fact_label(item.fact, shown),
                question=item.ask or fact_label(item.fact, shown),
                entry=entry,
                blocks=[names[name] for name in item.blocks],
                codes=codes,
                choices=[(t.id, t.label) for t in terms().conditions.values()] if entry == "condition" else (),
                href=href,
                old=stale if stale.state == "stale" else None,
            )
        )
    return rows


def entry_for(fact: str, shown: Snapshot, patient_id: UUID) -> str:
    """The kind of field in which a fact is entered."""
    return _entry(fact, shown, patient_id)[0]


def _entry(fact: str, shown: Snapshot, patient_id: UUID) -> tuple[str, list[Kind], str]:
    known = kinds()
    codes = codes_for(fact, shown.facts)
    if codes:
        return "measurement", [known[code] for code in codes], ""
    if fact in terms().concepts:
        return "concept", [], ""
    if fact == "conditions":
        return "condition", [], ""
    if fact == "medications_reviewed":
        return "medicines", [], f"{url_if('patient-record', patient_id)}#medicine"
    if fact in ("allergy_list_given", "hypersensitivity_to_agent"):
        return "allergies", [], url_if("record-add", patient_id, "allergy")
    if fact == "preferences":
        return "elsewhere", [], url_if("record-add", patient_id, "preference")
    return "elsewhere", [], url_if("patient-assess", patient_id) or url_if("patient-record", patient_id)


def codes_for(fact: str, facts: PatientFacts) -> tuple[str, ...]:
    """The measurements that would give a fact: the one it is, or those that its formula still lacks."""
    measured = shipped_fact_content().measured_facts
    if fact in measured:
        return (measured[fact],)
    derived = facts.derived.get(fact)
    detail = derived.detail if derived else None
    wanted = detail.get("missing") if isinstance(detail, Mapping) else None
    if isinstance(wanted, Sequence) and not isinstance(wanted, str):
        return tuple(str(code) for code in wanted if str(code) in kinds())
    return ()


def changed(before: Proposal, after: Proposal) -> str:
    """Which options changed their status, in one sentence; empty when none did."""
    old = {option.id: option.status for option in (*before.agents, *before.therapies)}
    moved = [option for option in (*after.agents, *after.therapies) if old.get(option.id) is not option.status]
    if not moved:
        return _("No option changed its status.")
    words = {"recommended": _("recommended"), "possible": _("possible"), "needs_data": _("needs data")}
    said = [f"{option.name}: {words.get(option.status.value, _('excluded'))}" for option in moved[:4]]
    more = f" +{len(moved) - 4}" if len(moved) > 4 else ""
    return _("Changed: %(what)s.") % {"what": "; ".join(said) + more}
