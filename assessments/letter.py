"""One assessment as a clinical letter: sentences that can be copied into any other system as plain text.

Words only; everything in it was computed or answered elsewhere. What was not asked is said to be open, never left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from assessments import map_page, presenters, sentence
from assessments.definitions import AssessmentContent
from assessments.figure import body_figure
from assessments.figure_words import in_words, places
from assessments.forms import TIMING_LABELS, GradingForm, modifier, word
from assessments.forms.examination import RESULTS
from assessments.record import AreaRecord, AssessmentRecord, SensoryRecord
from assessments.score_words import score_rows
from assessments.summary import Summary

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

Text: TypeAlias = "str | _StrPromise"

LOCALISED: Mapping[str, Text] = {
    "yes": gettext_lazy("Said to be localised."),
    "no": gettext_lazy("Said not to be localised."),
}


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of the letter: its heading and its lines."""

    heading: str
    lines: tuple[str, ...]


def letter(record: AssessmentRecord, summary: Summary, content: AssessmentContent) -> list[Paragraph]:
    """The paragraphs in the order of a clinical letter; those that would be empty are left out."""
    paragraphs = [
        Paragraph(
            _("Pain"),
            (
                sentence.pain_sentence(record, summary, content),
                *_severity(record),
                *_body(record, content),
                *_causes(record, content),
            ),
        ),
        *areas(record, content),
        Paragraph(_("Neuropathic pain"), tuple(_certainty(record, summary, content))),
        Paragraph(_("Tests"), tuple(_tests(record, content))),
        Paragraph(_("Safety"), tuple(f"{line.title}. {line.text}" for line in summary.safety_lines)),
        Paragraph(_("Red flags"), tuple(_red_flags(record, summary, content))),
        Paragraph(_("Scores"), tuple(_scores(record, summary, content))),
        Paragraph(_("Health"), tuple(_health(record, content))),
        Paragraph(_("What matters to the patient"), tuple(_wishes(record, content))),
        Paragraph(_("Notes"), tuple(record.notes.splitlines())),
        Paragraph(_("Still open"), tuple(row.text for row in presenters.so_far(record, summary, content).open)),
    ]
    return [paragraph for paragraph in paragraphs if paragraph.lines]


def areas(record: AssessmentRecord, content: AssessmentContent) -> list[Paragraph]:
    """A paragraph for each pain area."""
    return [
        Paragraph(sentence.area_name(area, number), tuple(_area(area, content)))
        for number, area in enumerate(record.areas, start=1)
    ]


def as_text(paragraphs: Iterable[Paragraph]) -> str:
    """The letter as plain text, a blank line between paragraphs."""
    return "\n\n".join("\n".join((paragraph.heading.upper(), *paragraph.lines)) for paragraph in paragraphs)


def _severity(record: AssessmentRecord) -> list[str]:
    names = {"now": _("now"), "average": _("on average"), "worst": _("at its worst"), "least": _("at its least")}
    given = [f"{record.nrs[which]} {name}" for which, name in names.items() if which in record.nrs]
    return [_("Pain of 10: %(values)s.") % {"values": ", ".join(given)}] if given else []


def _body(record: AssessmentRecord, content: AssessmentContent) -> Iterable[str]:
    if record.absent_regions:
        yield _("Amputated: %(parts)s.") % {
            "parts": "; ".join(places(body_figure(), content.body_map, record.absent_regions))
        }


def _causes(record: AssessmentRecord, content: AssessmentContent) -> Iterable[str]:
    """What was ruled out; what was found stands in the sentence before."""
    if excluded := [content.conditions[code].name for code, answer in record.conditions.items() if answer == "no"]:
        yield _("Not the cause: %(causes)s.") % {"causes": ", ".join(excluded)}


def _area(area: AreaRecord, content: AssessmentContent) -> Iterable[str]:
    marks = map_page.marks_of([area])
    if any(marks.values()):
        yield in_words(body_figure(), content.body_map, marks)
    words = [
        f"{d.label} ({area.ratings[d.id]} of 10)" if d.id in area.ratings else d.label
        for d in content.phenotype.descriptors
        if area.descriptors.get(d.id) == "yes"
    ]
    denied = [d.label for d in content.phenotype.descriptors if area.descriptors.get(d.id) == "no"]
    if words:
        yield _("Feels like: %(words)s.") % {"words": ", ".join(words)}
    if denied:
        yield _("Not: %(words)s.") % {"words": ", ".join(denied)}
    if area.localised in LOCALISED:
        yield str(LOCALISED[area.localised])
    yield from _strength(area)
    yield from _time(area)
    for text, codes in ((_("Worse with: %(what)s."), area.aggravating), (_("Eased by: %(what)s."), area.relieving)):
        if codes:
            yield text % {"what": ", ".join(str(modifier(code)).lower() for code in codes)}
    yield from _examination(area, content)


def _strength(area: AreaRecord) -> Iterable[str]:
    parts = (
        (area.intensity, _("on average")),
        (area.intensity_now, _("now")),
        (area.intensity_worst, _("at its worst")),
        (area.intensity_least, _("at its least")),
    )
    if given := [f"{value} {name}" for value, name in parts if value is not None]:
        yield _("Strength of 10: %(values)s.") % {"values": ", ".join(given)}


def _time(area: AreaRecord) -> Iterable[str]:
    parts = [str(word(area.pattern))] if area.pattern else []
    if area.onset_date:
        parts.append(_("since %(day)s") % {"day": area.onset_date.isoformat()})
    # Only the label is made small: an answer may be somebody's own words.
    parts += [f"{str(TIMING_LABELS[question]).lower()}: {word(answer)}" for question, answer in area.timing.items()]
    if parts:
        yield _("Timing: %(parts)s.") % {"parts": "; ".join(parts)}


def _examination(area: AreaRecord, content: AssessmentContent) -> Iterable[str]:
    """What was tested against which place, and what was not."""
    stimuli = content.examination.stimuli
    tested = {found.stimulus: found for found in area.sensory}
    in_rows = {sign for s in stimuli if s.id in tested for sign in (s.gain, s.loss)}
    yield from _stated_signs(area, content, in_rows)
    if not tested:
        return
    references = {choice.id: choice.label.lower() for choice in content.examination.references}
    against = references.get(area.sensory_reference, _("a place that was not said"))
    rows = [_result(tested[s.id], s.label, s.measure.label if s.measure else "") for s in stimuli if s.id in tested]
    yield _("Examined against %(place)s: %(results)s.") % {"place": against, "results": "; ".join(rows)}
    if missing := [stimulus.label.lower() for stimulus in stimuli if stimulus.id not in tested]:
        yield _("Not tested: %(stimuli)s.") % {"stimuli": ", ".join(missing)}


def _result(found: SensoryRecord, label: str, measure: str) -> str:
    text = f"{label.lower()} {str(RESULTS[found.result]).lower()}"
    more = []
    if found.rating is not None:
        more.append(_("pain %(here)s of 10") % {"here": found.rating})
    if found.reference_rating is not None:
        more.append(_("reference %(there)s") % {"there": found.reference_rating})
    if found.amount is not None:
        more.append(f"{measure.lower()} {found.amount:g}")
    if found.border:
        more.append(_("border %(border)s") % {"border": str(RESULTS[found.border]).lower()})
    return f"{text} ({', '.join(more)})" if more else text


def _stated_signs(area: AreaRecord, content: AssessmentContent, in_rows: Collection[str | None]) -> Iterable[str]:
    """Signs that no tested stimulus stands for, as assessments before the grid stated them."""
    labels = {sign.id: sign.label for sign in (*content.phenotype.evoked, *content.phenotype.negative)}
    answers = {sign: given for sign, given in {**area.evoked, **area.negative}.items() if sign not in in_rows}
    for text, answer in ((_("Found: %(signs)s."), "yes"), (_("Looked for and not found: %(signs)s."), "no")):
        if signs := [labels[sign].lower() for sign, given in answers.items() if given == answer]:
            yield text % {"signs": ", ".join(signs)}


def _certainty(record: AssessmentRecord, summary: Summary, content: AssessmentContent) -> Iterable[str]:
    meaning = presenters.so_far(record, summary, content)
    answers = [f"{GradingForm.LABELS[key]}: {str(word(answer)).lower()}" for key, answer in record.grading.items()]
    yield (
        _("%(grade)s. %(answers)s") % {"grade": meaning.grade, "answers": "; ".join(answers)}
        if answers
        else str(meaning.grade)
    )
    if meaning.grade_next:
        yield f"{meaning.grade_next}."
    if summary.pattern.class_id != "none":
        apart = "; ".join(f"{name}: {where}" for name, where in sentence.areas_in_words(summary, content))
        yield _("The marked skin resembles: %(pattern)s (a resemblance, not a diagnosis).") % {
            "pattern": apart if sentence.in_parts(summary) else meaning.pattern
        }
    if record.confirmed_pattern:
        labels: Mapping[str, str] = content.body_map.class_labels
        yield _("As judged by the clinician: %(pattern)s.") % {
            "pattern": labels.get(record.confirmed_pattern, _("none of the known patterns"))
        }


def _tests(record: AssessmentRecord, content: AssessmentContent) -> Iterable[str]:
    for test in record.tests:
        yield f"{content.tests[test.id].name}: {presenters.test_text(test).rstrip('.')}."


def _red_flags(record: AssessmentRecord, summary: Summary, content: AssessmentContent) -> Iterable[str]:
    present = [given for given in record.red_flags.values() if given.answer == "yes"]
    for given in present:
        done = presenters.handling_text(given) or _("nothing done yet")
        # What somebody wrote may end its own sentence.
        yield f"{content.red_flags[given.id].name}: {done.rstrip('.')}."
    if absent := [content.red_flags[given.id].name for given in record.red_flags.values() if given.answer == "no"]:
        yield _("Not present: %(flags)s.") % {"flags": "; ".join(absent)}
    if unknown := len(summary.red_flags.unknown):
        yield ngettext("%(n)d not known.", "%(n)d not known.", unknown) % {"n": unknown}


def _scores(record: AssessmentRecord, summary: Summary, content: AssessmentContent) -> Iterable[str]:
    for row in score_rows(record, summary, content):
        band = f" ({row.band})" if row.band else ""
        said = [f"{row.total or row.reason}{band}"] if row.total or row.reason else []
        said += [f"{name} {value}" for name, value in row.parts]
        yield f"{row.name}: {', '.join(said)}."


def _health(record: AssessmentRecord, content: AssessmentContent) -> Iterable[str]:
    for text, answer in (
        (_("Present: %(what)s."), "yes"),
        (_("Absent: %(what)s."), "no"),
        (_("Unknown: %(what)s."), "unknown"),
    ):
        labels: Sequence[str] = [content.concepts[c].label for c, given in record.concepts.items() if given == answer]
        if labels:
            yield text % {"what": ", ".join(labels)}
    if record.problem_list_reviewed:
        yield _("The whole problem list was gone through.")


def _wishes(record: AssessmentRecord, content: AssessmentContent) -> Iterable[str]:
    names = {choice.id: choice.label for choice in content.preferences}
    if wanted := [names[code] for code, answer in record.preferences.items() if answer == "yes"]:
        yield f"{', '.join(wanted)}."
