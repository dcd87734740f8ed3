"""Red flags: what was answered, how soon it asks for action, what makes us ask. Pure.

A prompt (a mark on the body map, an answer of a questionnaire) asks the question; it never answers it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from assessments.definitions import Answer, AssessmentContent, Band, RedFlag, SafetyLine, Urgency
from assessments.scoring import item_answer
from rules.truth import Truth


@dataclass(frozen=True, slots=True)
class RedFlagFinding:
    """One red flag with its answer; `prompted_by` names what in the assessment asks for it."""

    flag: RedFlag
    answer: Truth
    urgency: Urgency
    prompted_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RedFlagReport:
    """Every red flag in order of urgency.

    `emergency` is yes when one that stops drug proposals is present, no when all of those are absent.
    """

    findings: tuple[RedFlagFinding, ...]
    emergency: Truth

    @property
    def present(self) -> tuple[RedFlagFinding, ...]:
        return tuple(finding for finding in self.findings if finding.answer is Truth.YES)

    @property
    def unknown(self) -> tuple[RedFlagFinding, ...]:
        return tuple(finding for finding in self.findings if finding.answer is Truth.UNKNOWN)

    @property
    def asked_for(self) -> tuple[RedFlagFinding, ...]:
        """Flags that something in the assessment asks about and nobody has answered."""
        return tuple(finding for finding in self.unknown if finding.prompted_by)


def report(
    answers: Mapping[str, Truth],
    content: AssessmentContent,
    *,
    map_flags: Iterable[str] = (),
    lines: Sequence[SafetyLine] = (),
    told: Mapping[str, Sequence[str]] | None = None,
) -> RedFlagReport:
    """Sort the answers by urgency. A flag that is not in `answers` is unknown. Raises KeyError for an unknown id.

    What asks about a flag: marks on the body map, the `lines` that alarming scores show, and the texts in `told`, by
    flag, of what the patient said.
    """
    if stray := sorted(set(answers) - set(content.red_flags)):
        raise KeyError(f"not a red flag: {', '.join(stray)}")
    raised = set(map_flags)
    findings = [
        RedFlagFinding(
            flag=flag,
            answer=answers.get(flag.id, Truth.UNKNOWN),
            urgency=content.urgencies[flag.urgency],
            prompted_by=(
                *(content.body_map.flag_texts[name] for name in flag.map_flags if name in raised),
                *(line.title for line in lines if line.red_flag == flag.id),
                *(told or {}).get(flag.id, ()),
            ),
        )
        for flag in content.red_flags.values()
    ]
    findings.sort(key=lambda finding: finding.urgency.order)
    return RedFlagReport(tuple(findings), _emergency(findings))


def _emergency(findings: Sequence[RedFlagFinding]) -> Truth:
    stopping = [finding.answer for finding in findings if finding.urgency.stops_drug_proposals]
    if Truth.YES in stopping:
        return Truth.YES
    return Truth.UNKNOWN if Truth.UNKNOWN in stopping else Truth.NO


def safety_lines(
    instrument_answers: Mapping[str, Sequence[Answer]],
    content: AssessmentContent,
    bands: Mapping[str, Band | None] | None = None,
) -> tuple[SafetyLine, ...]:
    """The lines to show at once for these answers whatever the total (PHQ-9 item 9), and for these bands (C-SSRS)."""

    def holds(line: SafetyLine) -> bool:
        if not line.item:
            band = (bands or {}).get(line.instrument)
            return band is not None and band.lowest >= line.lowest
        given = instrument_answers.get(line.instrument)
        answer = item_answer(content.instruments[line.instrument], given, line.item) if given is not None else None
        return isinstance(answer, int) and not isinstance(answer, bool) and answer >= line.lowest

    return tuple(line for line in content.safety_lines if holds(line))
