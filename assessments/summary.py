"""What an assessment means so far: certainty, pattern, scores, red flags, and what is still open. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from assessments import certainty, distribution, patient_questions, red_flags
from assessments.certainty import Certainty
from assessments.curtailment import settled
from assessments.definitions import Answer, AssessmentContent, SafetyLine
from assessments.distribution import AreaExtent, Distribution
from assessments.entered import raise_band
from assessments.entries import SCORE_PREFIX, score_section
from assessments.record import AreaRecord, AssessmentRecord, InstrumentRecord, KeptText, RedFlagRecord
from assessments.red_flags import RedFlagReport
from assessments.scoring import Score, score
from rules.truth import Truth

OpenKind = Literal[
    "kept_text",
    "red_flag_asked",
    "red_flag_unhandled",
    "red_flags_unknown",
    "no_areas",
    "area_without_regions",
    "no_cause",
    "criterion",
    "pain_average",
    "not_scorable",
    "not_taken",
    "copied_section",
    "safety_flag",
    "safety_protocol",
]
# What must be settled before a signature: a red flag without action, an alarming answer without its protocol and its
# red flag, and text that nobody could read.
STOPS_SIGNING: frozenset[OpenKind] = frozenset({"kept_text", "red_flag_unhandled", "safety_flag", "safety_protocol"})
_TRUTH: Mapping[str, Truth] = {"yes": Truth.YES, "no": Truth.NO}


@dataclass(frozen=True, slots=True)
class OpenPoint:
    """Something still open, with the section where it is answered. `what` is an id or a text, `count` a number."""

    kind: OpenKind
    section: str
    what: str = ""
    count: int = 0


@dataclass(frozen=True, slots=True)
class AreaPattern:
    area: AreaRecord
    pattern: Distribution


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything that is computed from one assessment; `open` stands in the order in which it matters."""

    certainty: Certainty
    pattern: Distribution
    areas: tuple[AreaPattern, ...]
    localised: Truth
    scores: Mapping[str, Score]
    red_flags: RedFlagReport
    safety_lines: tuple[SafetyLine, ...]
    open: tuple[OpenPoint, ...]


def summarise(record: AssessmentRecord, content: AssessmentContent, sex: str | None = None) -> Summary:
    """Read the assessment as a whole. `sex` is used only for bands that differ by sex."""
    pattern = distribution.classify(record.regions, content.body_map)
    areas = tuple(AreaPattern(area, distribution.classify(area.painted, content.body_map)) for area in record.areas)
    answers = {i.id: i.answers for i in record.instruments.values() if i.answers is not None}
    scores = {i.id: score_of(i, content, sex) for i in record.instruments.values() if _is_answered(i)}
    lines = red_flags.safety_lines(answers, content, {name: found.band for name, found in scores.items()})
    told = patient_questions.flags_told(record.said)
    flags = red_flags.report(
        {flag: _TRUTH[given.answer] for flag, given in record.red_flags.items()},
        content,
        map_flags=(*pattern.flags, *(flag for entry in areas for flag in entry.pattern.flags)),
        lines=lines,
        told={one.flag: one.words for one in told},
    )
    grade = certainty.grade(record.grading)
    return Summary(
        certainty=grade,
        pattern=pattern,
        areas=areas,
        localised=distribution.localised(
            [AreaExtent(frozenset(area.painted), _stated(area.localised)) for area in record.areas], content.body_map
        ),
        scores=scores,
        red_flags=flags,
        safety_lines=lines,
        open=tuple(_open_points(record, grade, flags, scores, lines, content)),
    )


def score_of(given: InstrumentRecord, content: AssessmentContent, sex: str | None = None) -> Score:
    """The score of stored answers, total, verdict or figures."""
    instrument = content.instruments[given.id]
    if given.has_result:
        found = score(given.id, content.instruments, answers=given.answers, total=given.total, met=given.met, sex=sex)
    else:
        # Figures only: whole where the form has no total, otherwise what the total rests on is still missing.
        found = Score(given.id, None, None, scorable=not instrument.has_result)
    return raise_band(instrument, found, given.entered)


def _is_answered(given: InstrumentRecord) -> bool:
    return given.answers is None or any(answer is not None for answer in given.answers)


def _stated(word: str) -> bool | None:
    return {"yes": True, "no": False}.get(word)


def _open_points(
    record: AssessmentRecord,
    grade: Certainty,
    flags: RedFlagReport,
    scores: Mapping[str, Score],
    lines: Sequence[SafetyLine],
    content: AssessmentContent,
) -> list[OpenPoint]:
    points = [_kept(text) for text in record.kept]
    points += _open_safety(record, flags, scores, lines)
    points += [
        OpenPoint("red_flag_unhandled", "red-flags", finding.flag.id)
        for finding in flags.present
        if not is_handled(record.red_flags[finding.flag.id])
    ]
    at_once = {point.what for point in points if point.kind == "safety_flag"}
    points += [
        OpenPoint("red_flag_asked", "red-flags", finding.flag.id)
        for finding in flags.asked_for
        if finding.flag.id not in at_once
    ]
    if flags.unknown:
        points.append(OpenPoint("red_flags_unknown", "red-flags", count=len(flags.unknown)))
    if not record.areas:
        points.append(OpenPoint("no_areas", "areas"))
    points += [
        OpenPoint("area_without_regions", f"area-{area.id}", area.name) for area in record.areas if not area.painted
    ]
    if "yes" not in record.conditions.values():
        points.append(OpenPoint("no_cause", "causes"))
    points += [OpenPoint("criterion", "grading", criterion) for criterion in grade.open]
    if "average" not in record.nrs:
        points.append(OpenPoint("pain_average", "severity"))
    # What the missing answers cannot change any more is not open.
    sure = {i.id for i in record.instruments.values() if settled(content.instruments[i.id], i.answers)}
    points += _open_scores(scores, ("peg", "phq9", "gad7"), {"nrs", *(line.protocol for line in lines), *sure})
    points += [OpenPoint("copied_section", name) for name, state in record.sections.items() if state.copied]
    return points


def _kept(text: KeptText) -> OpenPoint:
    return OpenPoint("kept_text", text.section, text.problem)


def is_handled(given: RedFlagRecord) -> bool:
    """Dismissed with a reason, or acted on: by whom and by when as well."""
    if given.handling == "dismissed":
        return bool(given.note)
    return bool(given.handling and given.note and given.owner_id and given.due_at)


def _open_safety(
    record: AssessmentRecord, flags: RedFlagReport, scores: Mapping[str, Score], lines: Sequence[SafetyLine]
) -> list[OpenPoint]:
    """What an alarming answer still asks for before the visit can be closed: its protocol, and its red flag.

    A sign that could not wait asks for every red flag that it may be.
    """
    # SAFETY: all block the signature (test_item_nine_cannot_be_signed_over, test_a_sign_cannot_be_signed_over).
    unanswered = {finding.flag.id for finding in flags.unknown}
    points = []
    for line in lines:
        protocol = scores.get(line.protocol)
        if protocol is None or not protocol.scorable:
            points.append(OpenPoint("safety_protocol", score_section(line.protocol), line.protocol))
        if line.red_flag in unanswered:
            points.append(OpenPoint("safety_flag", "red-flags", line.red_flag))
    told = (one.flag for one in patient_questions.flags_told(record.said) if one.is_urgent)
    points += [OpenPoint("safety_flag", "red-flags", flag) for flag in told if flag in unanswered]
    # Two alarming answers may ask for the same.
    return list(dict.fromkeys(points))


def open_protocols(answers: Mapping[str, Sequence[Answer]], content: AssessmentContent) -> tuple[str, ...]:
    """The protocols that these answers ask for and that are not answered in them."""

    def is_answered(protocol: str) -> bool:
        return protocol in answers and score(protocol, content.instruments, answers=answers[protocol]).scorable

    lines = red_flags.safety_lines(answers, content)
    return tuple(line.protocol for line in lines if not is_answered(line.protocol))


def _open_scores(scores: Mapping[str, Score], expected: Sequence[str], elsewhere: Collection[str]) -> list[OpenPoint]:
    """Instruments of the core set that were not taken, and any that cannot be scored; not those listed elsewhere."""
    points = [OpenPoint("not_taken", score_section(name), name) for name in expected if name not in scores]
    incomplete = (name for name, found in scores.items() if not found.scorable or found.is_partial)
    partial = (name for name in incomplete if name not in elsewhere)
    return points + [OpenPoint("not_scorable", score_section(name), name) for name in partial]


def sections_of(record: AssessmentRecord, fixed: Sequence[str]) -> list[str]:
    """The sections in the order of the form; each pain area follows the list of areas."""
    found: list[str] = []
    for section in fixed:
        found.append(section)
        if section == "areas":
            found += [f"area-{area.id}" for area in record.areas]
        if section == "scores":
            found += [name for name in record.sections if name.startswith(SCORE_PREFIX)]
    return found


def area_id(section: str) -> UUID | None:
    """The pain area that a section is about, or None."""
    if not section.startswith("area-"):
        return None
    try:
        return UUID(section.removeprefix("area-"))
    except ValueError:
        return None
