"""What is known about a patient today and what follows from it: record, facts, and proposal by the release in force.

The one place where the database meets the pure proposal. A signed plan keeps the texts made here, and `recomputed`
makes them again.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from assessments import queries as assessment_queries
from assessments.record import PainRecord
from patients import queries as patient_queries
from patients.queries import BannerRows
from patients.record import PatientRecord
from treatments import releases
from treatments.facts import facts_from_record
from treatments.patient_facts import PatientFacts
from treatments.proposal import Proposal, propose, with_changes
from treatments.rulebook import Agent, Rulebook

if TYPE_CHECKING:
    from patients.models import Patient


@dataclass(frozen=True)
class Snapshot:
    """One patient on one day. `banner` is what the banner says, from the rows of `record`."""

    record: PatientRecord
    banner: BannerRows
    pain: PainRecord
    facts: PatientFacts
    rulebook: Rulebook
    proposal: Proposal

    @property
    def handled_flags(self) -> frozenset[str]:
        """Red flags that are present and were acted on or dismissed, with words, in the newest signed assessment."""
        signed = self.pain.assessment
        return frozenset(flag.id for flag in signed.red_flags.values() if flag.handling) if signed else frozenset()


def snapshot(patient: Patient, as_of: date) -> Snapshot:
    """Read the record and compute the proposal. Four queries: the record, two of assessments, the release."""
    on_file = patient_queries.on_file(patient, as_of)
    pain = assessment_queries.record_of(patient.pk, as_of)
    facts = facts_from_record(on_file.record, pain)
    rulebook = releases.current()
    return Snapshot(on_file.record, on_file.banner, pain, facts, rulebook, propose(facts, rulebook))


def without(shown: Snapshot, agent: Agent) -> Proposal:
    """The proposal as it would be, had this medicine been stopped and nothing else changed."""
    names = set(agent.drug_names)
    kept = tuple(
        entry
        for entry in shown.record.medicines
        if not names & {part.name for part in (*entry.normalised.ingredients, *entry.normalised.entries)}
    )
    return propose(facts_from_record(replace(shown.record, medicines=kept), shown.pain), shown.rulebook)


def text_digest(text: str) -> str:
    """The identity of a canonical text."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def complete_text(facts: PatientFacts, rulebook: Rulebook, proposal: Proposal) -> str:
    """The proposal as it is handed out and kept: with what would change each option that is not recommended."""
    return with_changes(proposal, facts, rulebook).canonical_text()


@lru_cache(maxsize=8)
def _named(digest: str, release: str) -> Rulebook:
    """The content of a digest under the name it had then; kept, because what is compiled from it is kept with it.

    Content that was shipped when a plan was signed may have been published since: the same content, another name.
    """
    return replace(releases.by_digest(digest), release=release)


def recomputed(facts_text: str, rulebook_digest: str, release: str, *, changes: bool = True) -> tuple[str, str]:
    """The canonical texts of facts and proposal, made again from stored facts and the release of that digest.

    `changes` False for a proposal that was stored before it said what would change its options.
    Raises NoSuchRelease when the release is gone, and ValueError, KeyError or TypeError when the facts cannot be read.
    """
    facts = PatientFacts.from_json(json.loads(facts_text))
    rulebook = _named(rulebook_digest, release)
    proposal = propose(facts, rulebook)
    text = complete_text(facts, rulebook, proposal) if changes else proposal.canonical_text()
    return facts.canonical_text(), text


def has_changes(proposal_text: str) -> bool:
    """Whether a stored proposal says what would change its options."""
    return '"changes":[{' in proposal_text
