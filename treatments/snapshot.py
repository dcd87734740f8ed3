"""What is known about a patient today and what follows from it: record, facts, and proposal by the release in force.

The one place where the database meets the pure proposal. A signed plan keeps the texts made here, and `recomputed`
makes them again.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from assessments import queries as assessment_queries
from assessments.record import PainRecord
from patients import queries as patient_queries
from patients.queries import BannerRows
from patients.record import PatientRecord
from treatments import releases
from treatments.facts import facts_from_record
from treatments.patient_facts import PatientFacts
from treatments.proposal import Proposal, propose
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


def recomputed(facts_text: str, rulebook_digest: str, release: str) -> tuple[str, str]:
    """The canonical texts of facts and proposal, made again from stored facts and the release of that digest.

    Raises NoSuchRelease when the release is gone, and ValueError, KeyError or TypeError when the facts cannot be read.
    """
    facts = PatientFacts.from_json(json.loads(facts_text))
    # Content that was shipped when the plan was signed may have been published since: the same content, another name.
    rulebook = replace(releases.by_digest(rulebook_digest), release=release)
    return facts.canonical_text(), propose(facts, rulebook).canonical_text()
