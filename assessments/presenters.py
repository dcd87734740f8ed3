"""What the pages of an assessment say: words, order, marks and addresses. No queries and no decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

from django.forms import BoundField
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from assessments import certainty, evidence, evidence_words, sentence
from assessments.content import assessment_content
from assessments.definitions import Answer, AssessmentContent, Instrument, SafetyLine
from assessments.distribution import NO_PATTERN, Distribution
from assessments.entries import FIXED_SECTIONS, SECTION_INSTRUMENTS, score_instrument, score_section
from assessments.forms import GradingForm, answer_choices, word
from assessments.record import AssessmentRecord, DiagnosticRecord, InstrumentRecord, RedFlagRecord
from assessments.red_flags import RedFlagFinding
from assessments.score_words import NOTHING_BEFORE, Background, ScoreRow, day, score_rows
from assessments.summary import STOPS_SIGNING, OpenPoint, Summary, area_id, is_handled, sections_of
from rules.truth import Truth

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

Text: TypeAlias = "str | _StrPromise"

SECTION_LABELS: Mapping[str, Text] = {
    "red-flags": gettext_lazy("Red flags"),
    "areas": gettext_lazy("Pain areas"),
    "severity": gettext_lazy("How bad, how long"),
    "causes": gettext_lazy("Cause"),
    "grading": gettext_lazy("Certainty"),
    "tests": gettext_lazy("Tests"),
    "function": gettext_lazy("Daily life"),
    "mood": gettext_lazy("Mood"),
    "scores": gettext_lazy("Questionnaires"),
    "health": gettext_lazy("Health"),
    "wishes": gettext_lazy("Wishes and notes"),
}
SECTION_LEADS: Mapping[str, Text] = {
    "red-flags": gettext_lazy("Ask these first. What is left at unknown stays unknown."),
    "severity": gettext_lazy("Pain in the last 24 hours. 0 is no pain, 10 the worst imaginable."),
    "causes": gettext_lazy("What causes the pain? Several may be true."),
    "grading": gettext_lazy(
        "Four questions for your own judgement. A screening score or the body map does not answer them."
    ),
    "tests": gettext_lazy("Confirmatory tests that have been done or are on the way."),
    "function": gettext_lazy("Over the past week, in the patient's own judgement."),
    "mood": gettext_lazy("Over the last two weeks, in the patient's own judgement."),
    "health": gettext_lazy("What the rules for treatments ask about. What is on record is chosen already."),
}
GRADE_TONES = {"definite": "good", "probable": "good", "possible": "information", "unlikely": "warning"}


@dataclass(frozen=True, slots=True)
class SafetyRow:
    """What an alarming answer asks for at once, and what of it is still open."""

    title: str
    text: str
    protocol: str
    protocol_href: str
    is_protocol_open: bool
    flag: str
    flag_href: str
    is_flag_open: bool


@dataclass(frozen=True, slots=True)
class SectionLink:
    """A line of the list of sections. `state`: saved, copied, wrong or empty."""

    label: Text
    href: str
    state: str
    is_current: bool
    is_area: bool
    # A pain area or a questionnaire, below the section that lists it.
    is_inner: bool


@dataclass(frozen=True, slots=True)
class OpenRow:
    """Something still open. `stops` says whether it has to be settled before the signature."""

    text: str
    href: str
    tone: str
    stops: bool


@dataclass(frozen=True, slots=True)
class FlagRow:
    name: str
    urgency: str
    action: str
    prompts: tuple[str, ...]
    handled: str
    is_dismissed: bool


@dataclass(frozen=True, slots=True)
class SoFar:
    """The right-hand column: what the assessment means so far."""

    grade: Text
    grade_tone: str
    grade_next: str
    grade_lower: str
    pattern: str
    pattern_notes: tuple[str, ...]
    area_patterns: tuple[tuple[str, str], ...]
    localised: Text
    scores: tuple[ScoreRow, ...]
    flags_present: tuple[FlagRow, ...]
    flags_asked: tuple[FlagRow, ...]
    safety: tuple[SafetyRow, ...]
    open: tuple[OpenRow, ...]
    # Of what is open: what has to be settled before the signature, and what may stay so.
    stopping: tuple[OpenRow, ...]
    may_stay_open: tuple[OpenRow, ...]
    profiles: tuple[evidence_words.ProfileRow, ...]


@dataclass(frozen=True, slots=True)
class GradingRow:
    """One question of the grading, its words for this patient, and what the assessment says about it."""

    field: BoundField
    label: Text
    evidence: tuple[evidence_words.EvidenceRow, ...]


def section_href(patient_id: UUID, section: str) -> str:
    """The address of a section."""
    return reverse("assessment-section", args=[patient_id, section])


def red_flag_href(patient_id: UUID, flag: str) -> str:
    """The address of the question about one red flag."""
    return f"{section_href(patient_id, 'red-flags')}#id_{flag}_field"


def section_label(record: AssessmentRecord, section: str) -> Text:
    """The name of a section; a pain area has its own."""
    instrument = score_instrument(section)
    if instrument is not None:
        return assessment_content().instruments[instrument].short_name
    wanted = area_id(section)
    if wanted is None:
        return SECTION_LABELS[section]
    for number, area in enumerate(record.areas, start=1):
        if area.id == wanted:
            return sentence.area_name(area, number)
    return _("Pain area")


def section_links(record: AssessmentRecord, current: str) -> list[SectionLink]:
    """Every section with its state, in the order of the form."""
    wrong = {kept.section for kept in record.kept}
    links = []
    sections = sections_of(record, FIXED_SECTIONS)
    if current not in sections and score_instrument(current):
        # A questionnaire that was opened and not saved yet.
        sections.insert(sections.index("scores") + 1, current)
    for section in sections:
        state = record.sections.get(section)
        if section in wrong:
            mark = "wrong"
        elif section == "areas" and state is None and record.areas:
            mark = "saved"
        elif section == "scores":
            mark = "saved" if any(map(score_instrument, record.sections)) else "empty"
        elif state is None:
            mark = "empty"
        else:
            mark = "copied" if state.copied else "saved"
        links.append(
            SectionLink(
                label=section_label(record, section),
                href=section_href(record.patient_id, section),
                state=mark,
                is_current=section == current,
                is_area=area_id(section) is not None,
                is_inner=(area_id(section) or score_instrument(section)) is not None,
            )
        )
    return links


def next_section(record: AssessmentRecord, current: str) -> str | None:
    """The section after this one, or None after the last; a questionnaire leads back to their list."""
    if score_instrument(current):
        return "scores"
    order = sections_of(record, FIXED_SECTIONS)
    index = order.index(current) if current in order else -1
    return order[index + 1] if index + 1 < len(order) else None


def so_far(
    record: AssessmentRecord, summary: Summary, content: AssessmentContent, background: Background = NOTHING_BEFORE
) -> SoFar:
    """Words for everything that was computed. `background` is what scores are read against."""
    grade = summary.certainty
    texts = content.body_map.flag_texts
    # An alarming answer asks for its red flag in its own alert.
    alarmed = {line.red_flag for line in summary.safety_lines}
    rows = tuple(_open_row(point, record, content) for point in summary.open)
    return SoFar(
        grade=sentence.GRADES[grade.grade] if grade.recorded else _("Not graded yet"),
        grade_tone=GRADE_TONES.get(grade.grade, "unknown"),
        grade_next=_changed_by(
            grade.raised_by.criterion, grade.raised_by.becomes, _("Would be %(grade)s with: %(item)s")
        )
        if grade.raised_by
        else "",
        grade_lower=_changed_by(
            grade.lowered_by.criterion, grade.lowered_by.becomes, _("Would be %(grade)s without: %(item)s")
        )
        if grade.lowered_by and grade.grade == "undetermined" and not grade.raised_by
        else "",
        pattern=pattern_text(summary.pattern, content),
        pattern_notes=tuple(texts[flag] for flag in summary.pattern.flags),
        area_patterns=tuple(
            (sentence.area_name(entry.area, number), pattern_text(entry.pattern, content))
            for number, entry in enumerate(summary.areas, start=1)
        )
        if len(summary.areas) > 1
        else (),
        localised={Truth.YES: _("Localised"), Truth.NO: _("Not localised"), Truth.UNKNOWN: ""}[summary.localised],
        scores=score_rows(record, summary, content, background),
        flags_present=tuple(_flag_row(finding, record) for finding in summary.red_flags.present),
        flags_asked=tuple(
            _flag_row(finding, record) for finding in summary.red_flags.asked_for if finding.flag.id not in alarmed
        ),
        safety=tuple(_safety_row(line, record, summary, content) for line in summary.safety_lines),
        open=rows,
        stopping=tuple(row for row in rows if row.stops),
        may_stay_open=tuple(row for row in rows if not row.stops),
        profiles=evidence_words.profile_rows(record, content),
    )


def _safety_row(line: SafetyLine, record: AssessmentRecord, summary: Summary, content: AssessmentContent) -> SafetyRow:
    waiting = {(point.kind, point.what) for point in summary.open}
    protocol = section_href(record.patient_id, score_section(line.protocol))
    return SafetyRow(
        title=line.title,
        text=line.text,
        protocol=content.instruments[line.protocol].short_name,
        protocol_href=f"{protocol}#{line.protocol}",
        is_protocol_open=("safety_protocol", line.protocol) in waiting,
        flag=content.red_flags[line.red_flag].name,
        flag_href=red_flag_href(record.patient_id, line.red_flag),
        is_flag_open=("safety_flag", line.red_flag) in waiting,
    )


def grading_rows(
    form: GradingForm, record: AssessmentRecord, summary: Summary, content: AssessmentContent
) -> list[GradingRow]:
    """The four questions, each with what the assessment says about it."""
    patterns = {entry.area.id: entry.pattern for entry in summary.areas}
    found = evidence.evidence_of(record, summary.pattern, content, patterns)
    names: dict[UUID | None, str] = {
        area.id: sentence.area_name(area, number) for number, area in enumerate(record.areas, start=1)
    }
    rows = evidence_words.evidence_rows(found, record, content, names)
    trigeminal = evidence.is_trigeminal(record, summary.pattern, content)
    return [
        GradingRow(
            form[criterion.id],
            evidence_words.TRIGEMINAL_LABELS[criterion.id] if trigeminal else GradingForm.LABELS[criterion.id],
            tuple(rows[criterion.id]),
        )
        for criterion in content.grading.criteria
    ]


@dataclass(frozen=True, slots=True)
class TestEffect:
    """What one result does to a conclusion, in words."""

    test: str
    text: str


def test_effects(record: AssessmentRecord, content: AssessmentContent) -> list[TestEffect]:
    """Which conclusion each stored result changed: the grade with the criterion it speaks for, and without it."""
    answered = {"yes": True, "no": False}
    found = []
    for test in record.tests:
        criterion = content.tests[test.id].answers
        if test.result != "abnormal" or not criterion:
            continue
        label = GradingForm.LABELS[criterion]
        is_met = answered.get(record.grading.get(criterion, ""))
        if is_met is None:
            text = _("Speaks for: %(criterion)s. That question is still open.") % {"criterion": label}
        elif not is_met:
            text = _("Speaks for: %(criterion)s. It was answered with no.") % {"criterion": label}
        else:
            now = certainty.grade(record.grading).grade
            without = certainty.grade({**record.grading, criterion: "no"}).grade
            words = {"criterion": label, "now": sentence.GRADES[now], "without": sentence.GRADES[without]}
            text = (
                _("Counts for: %(criterion)s. The grade is %(now)s; without it %(without)s.") % words
                if now != without
                else _("Counts for: %(criterion)s. The grade would be %(now)s without it too.") % words
            )
        found.append(TestEffect(test.id, text))
    return found


def _changed_by(criterion: str, becomes: str, text: str) -> str:
    return text % {"grade": str(sentence.GRADES[becomes]).lower(), "item": GradingForm.LABELS[criterion]}


def pattern_text(pattern: Distribution, content: AssessmentContent) -> str:
    """The pattern in words, with its side, its second-best candidate and how sure it is."""
    body_map = content.body_map
    text = body_map.class_labels[pattern.class_id]
    if pattern.class_id == NO_PATTERN:
        return text
    details = []
    if pattern.subclass:
        details.append(body_map.subclass_labels[pattern.subclass])
    if pattern.best:
        details.append(body_map.label_of(pattern.best))
    details += pattern.divisions
    if pattern.level and pattern.level in dict(body_map.trunk_bands):
        details.append(pattern.level)
    sides = {"left": _("patient's left"), "right": _("patient's right"), "bilateral": _("both sides")}
    if pattern.side:
        details.append(sides[pattern.side])
    others = [candidate for candidate in pattern.candidates if candidate.id != pattern.best]
    if others and pattern.side != "bilateral":
        details.append(_("next best: %(name)s") % {"name": others[0].label})
    return f"{text}: {', '.join(details)}" if details else text


@dataclass(frozen=True, slots=True)
class CandidateRow:
    """A root or nerve that the marks resemble; `score` is in percent of a full match."""

    label: str
    kind: Text
    side: Text
    score: int


def candidate_rows(pattern: Distribution, most: int = 4) -> list[CandidateRow]:
    """The best matches, best first."""
    kinds = {"nerve": _("nerve"), "root": _("root")}
    sides = {"left": _("patient's left"), "right": _("patient's right")}
    return [
        CandidateRow(one.label, kinds[one.kind], sides[one.side], round(one.score * 100))
        for one in pattern.candidates[:most]
    ]


def handling_text(given: RedFlagRecord) -> str:
    """What was done about a red flag, by whom and by when; empty while nothing was."""
    if not given.handling:
        return ""
    words = {"handled": _("acted on"), "dismissed": _("dismissed")}
    text = f"{words[given.handling]}: {given.note}"
    if given.owner and given.due_at:
        text += _(" (%(name)s, by %(time)s)") % {
            "name": given.owner,
            "time": timezone.localtime(given.due_at).strftime("%Y-%m-%d %H:%M"),
        }
    return text


def _flag_row(finding: RedFlagFinding, record: AssessmentRecord) -> FlagRow:
    given = record.red_flags.get(finding.flag.id)
    handled = handling_text(given) if given else ""
    is_dismissed = given is not None and given.handling == "dismissed" and is_handled(given)
    return FlagRow(
        finding.flag.name, finding.urgency.label, finding.flag.action, finding.prompted_by, handled, is_dismissed
    )


def _open_row(point: OpenPoint, record: AssessmentRecord, content: AssessmentContent) -> OpenRow:
    label = section_label(record, point.section)
    match point.kind:
        case "kept_text":
            text, tone = f"{label}: {point.what}", "critical"
        case "red_flag_unhandled":
            name = content.red_flags[point.what].name
            text, tone = _("%(name)s: say what was done") % {"name": name}, "critical"
        case "safety_protocol":
            name = content.instruments[point.what].short_name
            text, tone = _("%(name)s: answer it before the visit ends") % {"name": name}, "critical"
        case "safety_flag":
            name = content.red_flags[point.what].name
            text, tone = _("%(name)s: answer it before the visit ends") % {"name": name}, "critical"
        case "red_flag_asked":
            name = content.red_flags[point.what].name
            text, tone = _("%(name)s: answer it") % {"name": name}, "warning"
        case "red_flags_unknown":
            text = ngettext("%(n)d red flag unknown", "%(n)d red flags unknown", point.count) % {"n": point.count}
            tone = "warning"
        case "no_areas":
            text, tone = _("No pain area yet"), "warning"
        case "area_without_regions":
            text, tone = _("%(name)s: no region marked") % {"name": label}, "warning"
        case "no_cause":
            text, tone = _("No cause stated: treatments for a cause cannot be chosen"), "warning"
        case "criterion":
            text, tone = _("Certainty: %(item)s") % {"item": GradingForm.LABELS[point.what]}, "quiet"
        case "pain_average":
            text, tone = _("Average pain not given: no baseline"), "warning"
        case "not_scorable":
            name = content.instruments[point.what].short_name
            text, tone = _("%(name)s incomplete") % {"name": name}, "warning"
        case "not_taken":
            name = content.instruments[point.what].short_name
            text, tone = _("%(name)s not taken") % {"name": name}, "quiet"
        case "copied_section":
            text, tone = _("%(name)s: taken over, not confirmed") % {"name": label}, "warning"
    if point.what in content.red_flags:
        href = red_flag_href(record.patient_id, point.what)
    else:
        href = section_href(record.patient_id, point.section)
    return OpenRow(text, href, tone, point.kind in STOPS_SIGNING)


# --- the assessment as read ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A signed assessment for reading and printing. Pairs are label and value."""

    sentence: str
    severity: tuple[tuple[Text, Text], ...]
    grading: tuple[tuple[Text, Text], ...]
    causes: tuple[tuple[Text, Text], ...]
    tests: tuple[tuple[Text, str], ...]
    # Those that are present with what was done, those that are not, and how many nobody knows.
    red_flags: tuple[tuple[str, str], ...]
    red_flags_absent: tuple[str, ...]
    red_flags_unknown: int
    concepts: tuple[tuple[Text, Text], ...]
    wishes: tuple[str, ...]
    answers: tuple[tuple[str, tuple[tuple[str, Text], ...]], ...]


def read_page(record: AssessmentRecord, summary: Summary, content: AssessmentContent) -> ReadPage:
    """Everything that was answered, in words; what was not is left out and counted."""
    names = {choice.id: choice.label for choice in content.preferences}
    nrs_labels = {"now": _("Now"), "worst": _("Worst"), "least": _("Least"), "average": _("Average")}
    severity: list[tuple[Text, Text]] = [
        (nrs_labels[which], _("%(value)s of 10") % {"value": value}) for which, value in record.nrs.items()
    ]
    if record.duration_months is not None:
        severity.append((_("Duration"), _("%(months)s months") % {"months": f"{record.duration_months:g}"}))
    return ReadPage(
        sentence=sentence.pain_sentence(record, summary, content),
        severity=tuple(severity),
        grading=tuple((GradingForm.LABELS[criterion], word(answer)) for criterion, answer in record.grading.items()),
        causes=tuple((content.conditions[code].name, word(answer)) for code, answer in record.conditions.items()),
        tests=tuple((content.tests[test.id].name, test_text(test)) for test in record.tests),
        red_flags=tuple(
            (finding.flag.name, handling_text(record.red_flags[finding.flag.id]))
            for finding in summary.red_flags.present
        ),
        red_flags_absent=tuple(
            finding.flag.name for finding in summary.red_flags.findings if finding.answer is Truth.NO
        ),
        red_flags_unknown=len(summary.red_flags.unknown),
        concepts=tuple((content.concepts[code].label, word(answer)) for code, answer in record.concepts.items()),
        wishes=tuple(names[code] for code, answer in record.preferences.items() if answer == "yes"),
        answers=tuple(_read_answers(record, content)),
    )


def test_text(test: DiagnosticRecord) -> str:
    """A test in words: result, value, side, day and what it showed."""
    parts = [str(_result(test.result))]
    if test.value is not None:
        parts.append(f"{test.value:g} {test.unit}".rstrip())
    if test.side:
        parts.append({"left": _("left"), "right": _("right"), "both": _("both sides")}[test.side])
    if test.done_on:
        parts.append(test.done_on.isoformat())
    return ": ".join(filter(None, (", ".join(parts), test.finding)))


def _result(result: str) -> Text:
    words: Mapping[str, Text] = {
        "normal": _("normal"),
        "abnormal": _("abnormal"),
        "inconclusive": _("inconclusive"),
        "pending": _("pending"),
    }
    return words[result]


def _read_answers(
    record: AssessmentRecord, content: AssessmentContent
) -> list[tuple[str, tuple[tuple[str, Text], ...]]]:
    """Each questionnaire with its items and answers; the pain scale is shown elsewhere."""
    found = []
    asked = [name for section, names in SECTION_INSTRUMENTS.items() if section != "severity" for name in names]
    for name in (*asked, *sorted(set(record.instruments) - {*asked, "nrs"})):
        given = record.instruments.get(name)
        if given is None:
            continue
        instrument = content.instruments[name]
        rows = _entered_rows(instrument, given) if given.answers is None else _answered_rows(instrument, given.answers)
        if given.taken_on != record.assessed_on:
            rows.insert(0, (_("Filled in on"), day(given.taken_on)))
        found.append((instrument.name, tuple(rows)))
    return found


def _answered_rows(instrument: Instrument, answers: Sequence[Answer]) -> list[tuple[str, Text]]:
    rows: list[tuple[str, Text]] = []
    for item, answer in zip(instrument.items, answers, strict=True):
        text = f"{answer:g}" if isinstance(answer, float) else f"{answer}"
        label = dict(answer_choices(instrument, item)).get(text, text)
        # A number stands beside its words; words such as yes stand for themselves.
        shown = f"{text} – {label}" if text != label and not isinstance(answer, str) else label
        rows.append((item.text, _("not answered") if answer is None else shown))
    return rows


def _entered_rows(instrument: Instrument, given: InstrumentRecord) -> list[tuple[str, Text]]:
    """The figures of a form that was filled in elsewhere; goals with the level that each reached."""
    if instrument.goal_limits is not None:
        return [
            (given.entered.get(f"goal-{n}", "") or _("Goal %(n)d") % {"n": n}, given.entered[f"level-{n}"])
            for n in range(1, instrument.goal_limits.at_most + 1)
            if given.entered.get(f"level-{n}")
        ]
    return [
        (entry.label, word(given.entered[entry.id])) for entry in instrument.entry_fields if given.entered.get(entry.id)
    ] or [(_("Total"), f"{given.total:g}" if given.total is not None else "")]
