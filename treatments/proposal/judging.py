"""Rules judged for one patient: which spoke, which blocked, which could not tell and what they wait for."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from rules.evaluate import evaluate
from rules.explain import missing_facts
from rules.facts import Facts
from rules.truth import Truth
from rules.vocabulary import Vocabulary
from treatments.proposal.model import Reason, reason_of
from treatments.rulebook import Effect, Meanings, Reading, Rule, RuleGroup

# A list or an allergy list that was not gone through is asked for as such, beside the fact that waits for it.
_ASK_ALSO = MappingProxyType(
    {
        "medication_classes": "medications_reviewed",
        "medication_names": "medications_reviewed",
        "hypersensitivity_to_agent": "allergy_list_given",
    }
)
_SPEAKS_WHEN_UNKNOWN = frozenset({Effect.CONTRAINDICATE, Effect.LIMIT_DOSE, Effect.SET_START, Effect.REQUIRE})


class Verdict(NamedTuple):
    """One rule, its truth for this patient, and the facts it read."""

    rule: Rule
    truth: Truth
    readings: tuple[Reading, ...]

    @property
    def holds(self) -> bool:
        """Whether the condition is surely met."""
        return self.truth is Truth.YES

    @property
    def open(self) -> bool:
        """Whether nobody can tell."""
        return self.truth is Truth.UNKNOWN


@dataclass(frozen=True, slots=True)
class Judged:
    """The rules of one option, judged for one patient. `shown` are the facts as the record has them."""

    verdicts: tuple[Verdict, ...]
    facts: Facts
    shown: Facts

    def of(self, *effects: Effect) -> tuple[Verdict, ...]:
        """The verdicts of rules with one of these effects."""
        return tuple([verdict for verdict in self.verdicts if verdict.rule.effect in effects])

    def reason(self, verdict: Verdict) -> Reason:
        """The reason that a verdict gives."""
        return reason_of(verdict.rule, verdict.truth, verdict.readings, self.shown)

    def reasons(self) -> tuple[Reason, ...]:
        """Every rule that holds, and every one that could decide but cannot tell."""
        no, yes = Truth.NO, Truth.YES
        spoke = [verdict for verdict in self.verdicts if verdict.truth is not no]
        return tuple([self.reason(v) for v in spoke if v.truth is yes or v.rule.effect in _SPEAKS_WHEN_UNKNOWN])

    def is_hard_unknown(self, verdict: Verdict) -> bool:
        """Whether an unknown answer of this contraindication blocks: always, unless its gate is surely closed."""
        gate = verdict.rule.hard_unknown_when
        return verdict.open and (gate is None or evaluate(gate, self.facts) is not Truth.NO)


def judge(group: RuleGroup, facts: Facts, shown: Facts, region: str | None = None) -> Judged:
    """Judge the rules of a group; those that do not count in this region are left out."""
    rows = zip(group.rules, group.judge(facts), group.readings, strict=True)
    verdicts: Iterator[Verdict] = map(Verdict._make, rows)
    if region is not None:
        verdicts = (verdict for verdict in verdicts if region not in verdict.rule.not_in_regions)
    return Judged(tuple(verdicts), facts, shown)


def with_kidney(facts: Facts, meanings: Meanings) -> Facts:
    """The facts for the kidney bands: where only eGFR is known it stands in, and the lower band counts near a boundary.

    Source: dossier_reconciliation (the margin is content, rules/actions.yaml).
    """
    egfr = facts.get("egfr")
    if "crcl_ml_min" in facts or not isinstance(egfr, int | float) or isinstance(egfr, bool):
        return facts
    cautious = max(0.0, math.nextafter(egfr - meanings.renal_margin, -math.inf))
    return MappingProxyType({**facts, "crcl_ml_min": cautious})


def waiting_for(verdicts: Iterable[Verdict], facts: Facts, vocabulary: Vocabulary) -> tuple[str, ...]:
    """The unknown facts that these undecided rules wait for, those that settle most first."""
    found: dict[str, int] = {}
    for verdict in verdicts:
        for missing in missing_facts(verdict.rule.when, facts, vocabulary):
            found[missing.fact] = found.get(missing.fact, 0) + 1 + len(missing.settles)
    ordered = sorted(found, key=lambda fact: (-found[fact], fact))
    extra = (_ASK_ALSO[fact] for fact in ordered if fact in _ASK_ALSO)
    return tuple(dict.fromkeys((*ordered, *extra)))


def setting_of(facts: Facts) -> str:
    """Who prescribes: `non_specialist` unless the record says otherwise."""
    setting = facts.get("prescriber_setting")
    return setting if isinstance(setting, str) else "non_specialist"
