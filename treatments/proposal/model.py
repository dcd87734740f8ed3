"""What a proposal is made of, and its JSON form (`knowledge/proposal.schema.json`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from rules.facts import Facts, FactSet, Value
from rules.truth import Truth
from treatments.patient_facts import Derived, Json
from treatments.rulebook import Monitoring, Reading, Rule


class Status(StrEnum):
    """Where an option stands for this patient."""

    RECOMMENDED = "recommended"
    POSSIBLE = "possible"
    NEEDS_DATA = "needs_data"
    EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule that spoke about the option: what it does, its text, its truth, the facts it read and its sources."""

    rule: str
    effect: str
    text: str
    truth: Truth
    facts: Mapping[str, Json]
    sources: tuple[str, ...]
    action: str | None = None

    def to_json(self) -> dict[str, Json]:
        """The form of the contract."""
        return {
            "rule": self.rule,
            "effect": self.effect,
            "text": self.text,
            "truth": self.truth.value,
            "facts": dict(self.facts),
            "sources": list(self.sources),
        }


@dataclass(frozen=True, slots=True)
class DoseStep:
    """One step of the schedule for this patient."""

    day: int
    per_dose: float
    times_per_day: float
    per_day: float
    product: str | None = None
    optional: bool = False

    def to_json(self) -> dict[str, Json]:
        """The form of the contract."""
        return {
            "day": self.day,
            "per_dose": plain(self.per_dose),
            "times_per_day": plain(self.times_per_day),
            "per_day": plain(self.per_day),
            "product": self.product,
        }


@dataclass(frozen=True, slots=True)
class DosePlan:
    """The dose after kidney, liver, age and interaction limits; `max_per_day` is the ceiling for this patient."""

    unit: str
    start_per_day: float
    target_per_day: tuple[float, float]
    max_per_day: float
    schedule: tuple[DoseStep, ...]
    trial_weeks: float | None
    adjusted_for: tuple[str, ...]
    rules: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Json]:
        """The form of the contract."""
        return {
            "unit": self.unit,
            "start_per_day": plain(self.start_per_day),
            "target_per_day": [plain(self.target_per_day[0]), plain(self.target_per_day[1])],
            "max_per_day": plain(self.max_per_day),
            "schedule": [step.to_json() for step in self.schedule],
            "trial_weeks": plain(self.trial_weeks),
            "adjusted_for": list(self.adjusted_for),
        }


@dataclass(frozen=True, slots=True)
class Finding:
    """An interaction between two medicines (or a medicine and a proposed agent)."""

    id: str
    a: str
    b: str
    severity: str
    text: str
    management: str | None
    sources: tuple[str, ...]

    def to_json(self) -> dict[str, Json]:
        """The form of the contract."""
        return {
            "id": self.id,
            "a": self.a,
            "b": self.b,
            "severity": self.severity,
            "text": self.text,
            "management": self.management,
            "sources": list(self.sources),
        }


@dataclass(frozen=True, slots=True)
class Change:
    """Facts stated otherwise (`treatments.proposal.altered` says what that means) and the status that this gives."""

    set: Mapping[str, Json]
    becomes: Status

    def to_json(self) -> dict[str, Json]:
        """The form of the contract."""
        return {"set": {name: plain(value) for name, value in self.set.items()}, "becomes": self.becomes.value}


@dataclass(frozen=True, slots=True)
class OptionResult:
    """One agent or therapy for this patient."""

    id: str
    name: str
    status: Status
    rank: int | None
    line: str | None
    strength: str | None
    certainty: str | None
    reasons: tuple[Reason, ...]
    missing: tuple[str, ...] = ()
    dose: DosePlan | None = None
    monitoring: tuple[Monitoring, ...] = ()
    interactions: tuple[Finding, ...] = ()
    currently_taken: bool = False
    score: float = 0
    weight: int = 0
    changes: tuple[Change, ...] = ()

    def ranked(self, rank: int | None) -> OptionResult:
        """The same option at a place in the list."""
        return replace(self, rank=rank)

    def to_json(self, *, with_dose: bool) -> dict[str, Json]:
        """The form of the contract; therapies have no dose."""
        found: dict[str, Json] = {
            "id": self.id,
            "status": self.status.value,
            "rank": self.rank,
            "line": self.line,
            "strength": self.strength,
            "certainty": self.certainty,
            "reasons": [reason.to_json() for reason in self.reasons],
            "missing": list(self.missing),
            "changes": [change.to_json() for change in self.changes],
            "monitoring": [
                {"test": item.test, "baseline": item.baseline, "when": item.when, "sources": list(item.sources)}
                for item in self.monitoring
            ],
            "interactions": [finding.to_json() for finding in self.interactions],
        }
        if with_dose:
            found["dose"] = self.dose.to_json() if self.dose else None
        return found


@dataclass(frozen=True, slots=True)
class CombinationResult:
    """A pair of options, and whether it is advised for this patient."""

    id: str
    components: tuple[str, ...]
    status: str
    advised: bool
    reasons: tuple[Reason, ...]
    sources: tuple[str, ...]

    def to_json(self) -> dict[str, Json]:
        """The form of the contract."""
        return {
            "id": self.id,
            "components": list(self.components),
            "status": self.status,
            "advised": self.advised,
            "reasons": [reason.to_json() for reason in self.reasons],
            "sources": list(self.sources),
        }


@dataclass(frozen=True, slots=True)
class Stop:
    """Why no medicine is proposed now, how urgent that is, and what to do instead."""

    reason: str
    urgency: str
    actions: tuple[str, ...]

    def to_json(self) -> dict[str, Json]:
        """The form of the contract."""
        return {"reason": self.reason, "urgency": self.urgency, "actions": list(self.actions)}


@dataclass(frozen=True, slots=True)
class Alert:
    """Something in the record that somebody must look at. `rule` is the rule that raised it (None: the engine)."""

    id: str
    tier: str
    text: str
    facts: Mapping[str, Json]
    sources: tuple[str, ...]
    rule: str | None = None

    def to_json(self) -> dict[str, Json]:
        """The form of the contract."""
        return {
            "id": self.id,
            "tier": self.tier,
            "text": self.text,
            "facts": dict(self.facts),
            "sources": list(self.sources),
        }


@dataclass(frozen=True, slots=True)
class MissingFact:
    """A fact still needed: which options it blocks, and how to ask for it."""

    fact: str
    blocks: tuple[str, ...]
    ask: str | None

    def to_json(self) -> dict[str, Json]:
        """The form of the contract."""
        return {"fact": self.fact, "blocks": list(self.blocks), "ask": self.ask}


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Two current medicines of one class."""

    name: str
    medicines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MedicineReview:
    """What was found on the current list; `stop_or_taper` names medicines that should not go on as they are."""

    interactions: tuple[Finding, ...]
    duplicates: tuple[Duplicate, ...]
    burdens: Mapping[str, int | float | None]
    not_checked: tuple[str, ...]
    reviewed: bool | None
    stop_or_taper: tuple[str, ...]

    def to_json(self) -> dict[str, Json]:
        """The form of the contract."""
        return {
            "interactions": [finding.to_json() for finding in self.interactions],
            "duplicates": [{"class": item.name, "names": list(item.medicines)} for item in self.duplicates],
            "burdens": {name: plain(value) for name, value in self.burdens.items()},
            "not_checked": list(self.not_checked),
            "reviewed": self.reviewed,
        }


@dataclass(frozen=True, slots=True)
class Call:
    """Something a rule calls for: a referral (with urgency), a topic to teach, a review (with days)."""

    id: str
    text: str
    sources: tuple[str, ...]
    urgency: str | None = None
    days: tuple[int, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """Everything that may be done for this patient on this day."""

    case: str
    as_of: date
    release: str
    digest: str
    derived: Mapping[str, Derived]
    stop: Stop | None
    alerts: tuple[Alert, ...]
    agents: tuple[OptionResult, ...]
    therapies: tuple[OptionResult, ...]
    combinations: tuple[CombinationResult, ...]
    medicines: MedicineReview
    missing: tuple[MissingFact, ...]
    referrals: tuple[Call, ...]
    education: tuple[Call, ...]
    risk_tier: str | None
    reviews: tuple[Call, ...]

    def option(self, option_id: str) -> OptionResult:
        """The agent or therapy of this id. Raises KeyError when there is none."""
        for result in (*self.agents, *self.therapies):
            if result.id == option_id:
                return result
        raise KeyError(option_id)

    def to_json(self) -> dict[str, Json]:
        """The form of the contract."""
        return {
            "case": self.case,
            "as_of": self.as_of.isoformat(),
            "rulebook": {"release": self.release, "digest": self.digest},
            "derived": {name: _derived(item) for name, item in sorted(self.derived.items())},
            "stop": self.stop.to_json() if self.stop else None,
            "alerts": [alert.to_json() for alert in self.alerts],
            "agents": [result.to_json(with_dose=True) for result in self.agents],
            "therapies": [result.to_json(with_dose=False) for result in self.therapies],
            "combinations": [result.to_json() for result in self.combinations],
            "medicines": self.medicines.to_json(),
            "missing": [item.to_json() for item in self.missing],
            "referrals": [
                {"id": call.id, "urgency": call.urgency, "text": call.text, "sources": list(call.sources)}
                for call in self.referrals
            ],
            "education": [{"id": c.id, "text": c.text, "sources": list(c.sources)} for c in self.education],
            "follow_up": {
                "risk_tier": self.risk_tier,
                "reviews": [
                    {"id": call.id, "days": list(call.days), "text": call.text, "sources": list(call.sources)}
                    for call in self.reviews
                ],
            },
        }

    def canonical_text(self) -> str:
        """The JSON form as text: the same bytes for equal proposals on every machine."""
        return json.dumps(self.to_json(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def plain(value: Json) -> Json:
    """The value as JSON in one form only: whole numbers without a fraction, however deep they stand."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    return value


def fact_json(value: Value | None, ids: tuple[str, ...] | None = None) -> Json:
    """A fact value as JSON; of a set only the ids that were asked about, None when nothing is known of them."""
    if isinstance(value, FactSet):
        asked = sorted(value.members) if ids is None else ids
        found: list[Json] = [name for name in asked if name in value.members]
        return found if found or value.complete else None
    if value is None or isinstance(value, bool | str):
        return value
    return plain(value)


def reason_of(rule: Rule, truth: Truth, readings: tuple[Reading, ...], facts: Facts) -> Reason:
    """The reason that a judged rule gives."""
    return Reason(
        rule=rule.id,
        effect=rule.effect.value,
        text=rule.text[:1000],
        truth=truth,
        facts={reading.fact: fact_json(facts.get(reading.fact), reading.ids) for reading in readings},
        sources=rule.sources,
        action=rule.action,
    )


def _derived(item: Derived) -> dict[str, Json]:
    found: dict[str, Json] = {
        "value": plain(item.value),
        "unit": item.unit,
        "formula": item.formula,
        "inputs": plain(dict(item.inputs)),
    }
    if item.band is not None:
        found["band"] = item.band
    if item.detail is not None:
        found["detail"] = plain(item.detail)
    if item.date is not None:
        found["date"] = item.date.isoformat()
    return found
