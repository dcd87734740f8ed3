"""Scores in words: number, band, what became of the last one, how far the goal is. Shared by pages and the overview."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.change import Change, compare
from assessments.curtailment import Settled, settled
from assessments.definitions import AssessmentContent, Band, ChangeThreshold, Instrument, Number
from assessments.entries import score_section
from assessments.goals import ScoreGoal
from assessments.record import AssessmentRecord, InstrumentRecord
from assessments.scoring import Score, numbered
from assessments.summary import Summary, score_of

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

Text: TypeAlias = "str | _StrPromise"

VERDICTS: Mapping[str, Text] = {
    "better": gettext_lazy("better"),
    "worse": gettext_lazy("worse"),
    "no_clear_change": gettext_lazy("no clear change"),
    "same": gettext_lazy("as last time"),
    "no_threshold": gettext_lazy("no published change threshold in our sources"),
}
# Where the number went, drawn beside the words and never instead of them; only where a threshold judges it.
UP, DOWN, LEVEL = "↑", "↓", "→"
CHANGE_TONES = {"better": "good", "worse": "critical"}
SHIPS: Mapping[str, Text] = {
    "full_text": gettext_lazy("questions shown"),
    "own_wording": gettext_lazy("questions in our own words"),
    "score_entry": gettext_lazy("score entry only: text blocked by licence"),
    "link_out": gettext_lazy("score entry only, with a link to the owner: text blocked by licence"),
}
# Ranges of the worst bands; what names nothing here is plain.
_CRITICAL = ("severe", "high; emergency evaluation")
_WARNING = ("moderately severe", "moderate")


@dataclass(frozen=True, slots=True)
class Background:
    """What scores are read against: the answers before, and the goals, by instrument."""

    before: Mapping[str, InstrumentRecord] = field(default_factory=lambda: MappingProxyType({}))
    goals: Mapping[str, ScoreGoal] = field(default_factory=lambda: MappingProxyType({}))


NOTHING_BEFORE = Background()


@dataclass(frozen=True, slots=True)
class ChangeWords:
    """What became of the score since last time: words, arrow and tone; `before` is the last one with its day."""

    text: Text
    arrow: str
    tone: str
    before: str
    rule: str = ""


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """One score: name, total as text (empty when there is none), band, and why there is no total.

    `settled` says that the missing answers cannot change it; `total` is then what is certain ("at least 4").
    `suggests` names the questionnaire that this score asks for, with the section where it is answered.
    """

    id: str
    name: str
    total: str
    band: str
    tone: str
    reason: str
    source: str = ""
    parts: tuple[tuple[str, Text], ...] = ()
    change: ChangeWords | None = None
    goal: str = ""
    settled: str = ""
    suggests: str = ""
    suggests_section: str = ""


def score_rows(
    record: AssessmentRecord, summary: Summary, content: AssessmentContent, background: Background = NOTHING_BEFORE
) -> tuple[ScoreRow, ...]:
    """Every score of an assessment in words."""
    return tuple(
        score_row(found, content, record.instruments.get(name), background, set(summary.scores))
        for name, found in summary.scores.items()
    )


def score_row(
    found: Score,
    content: AssessmentContent,
    given: InstrumentRecord | None = None,
    background: Background = NOTHING_BEFORE,
    taken: frozenset[str] | set[str] = frozenset(),
) -> ScoreRow:
    """One score in words."""
    instrument = content.instruments[found.instrument]
    before = background.before.get(instrument.id)
    wanted = instrument.suggests
    is_suggested = wanted is not None and found.total is not None and found.total >= wanted.lowest
    asks = wanted.instrument if wanted is not None and is_suggested and wanted.instrument not in taken else ""
    sure = settled(instrument, given.answers) if given is not None else None
    band = sure.band if sure else found.band
    return ScoreRow(
        id=instrument.id,
        name=instrument.short_name,
        total=_certain(sure) if sure else _total(found, instrument),
        band=_band(found) if not sure else band.label if band else "",
        tone=tone_of(band),
        reason="" if sure else reason_of(found, instrument, given),
        source=source_words(band.source, content) if band else "",
        parts=_parts(instrument, given),
        change=_change(found, sure, before, instrument, content),
        goal=_goal(found, background.goals.get(instrument.id)),
        settled=_settled(sure) if sure else "",
        suggests=content.instruments[asks].short_name if asks else "",
        suggests_section=score_section(asks) if asks else "",
    )


def tone_of(band: Band | None) -> str:
    """How loud a band is."""
    label = band.label if band else ""
    return "critical" if label in _CRITICAL else "warning" if label in _WARNING else "quiet"


def reason_of(found: Score, instrument: Instrument, given: InstrumentRecord | None) -> str:
    """Why there is no total, naming the items or the figures that are missing; empty when there is one."""
    if found.is_partial:
        return _("%(items)s missing") % {"items": numbered(found.missing_numbers)}
    if found.scorable or found.missing_numbers or given is None or given.answers is not None:
        return found.reason
    needed = [f for f in instrument.entry_fields if f.id == instrument.total_field or not instrument.total_field]
    absent = [f.label for f in needed if not given.entered.get(f.id)]
    return _("not scorable, %(what)s missing") % {"what": ", ".join(absent)} if absent else found.reason


def _total(found: Score, instrument: Instrument) -> str:
    if instrument.kind == "answered":
        return _("done") if found.scorable else ""
    if found.met is not None:
        return _("met") if found.met else _("not met")
    # SAFETY: "0" of half a questionnaire would read as no risk (test_the_result_reads_as_what_is_certain).
    return "" if found.total is None or found.is_partial else f"{found.total:g}"


def _certain(sure: Settled) -> str:
    """What is certain of a score with missing answers; a total that nobody counted is never stated."""
    if sure.met is not None:
        return _("met") if sure.met else _("not met")
    words = {"least": _number(sure.at_least), "most": _number(sure.at_most)}
    if sure.at_most is None:
        return _("at least %(least)s") % words
    return _("at most %(most)s") % words if sure.at_least is None else _("%(least)s to %(most)s") % words


def _settled(sure: Settled) -> str:
    words = {"least": _number(sure.at_least), "most": _number(sure.at_most), "of": _number(sure.most)}
    if sure.met is not None:
        return _("Settled: the rest cannot change it.")
    if sure.at_most is None:
        return _("Settled: %(least)s or more of %(of)s, the rest cannot change it.") % words
    if sure.at_least is None:
        return _("Settled: %(most)s or fewer of %(of)s, the rest cannot change it.") % words
    return _("Settled: %(least)s to %(most)s of %(of)s, the rest cannot change it.") % words


def _number(value: Number | None) -> str:
    return "" if value is None else f"{value:g}"


def _band(found: Score) -> str:
    label = found.band.label if found.band else ""
    if "prorated" not in found.flags:
        return label
    return _("%(band)s, from the answered items") % {"band": label}


def _parts(instrument: Instrument, given: InstrumentRecord | None) -> tuple[tuple[str, Text], ...]:
    """The figures that were entered beside the total."""
    if given is None:
        return ()
    words: Mapping[str, Text] = {"yes": _("yes"), "no": _("no")}
    return tuple(
        (entry.label, words.get(given.entered[entry.id], given.entered[entry.id]))
        for entry in instrument.entry_fields
        if entry.id != instrument.total_field and given.entered.get(entry.id)
    )


def _change(
    found: Score,
    sure: Settled | None,
    before: InstrumentRecord | None,
    instrument: Instrument,
    content: AssessmentContent,
) -> ChangeWords | None:
    if before is None:
        return None
    last = score_of(before, content)
    sure_then = settled(instrument, before.answers)
    shown = _certain(sure_then) if sure_then else _total(last, instrument)
    if not shown:
        return None
    when = _("%(score)s on %(day)s") % {"score": shown, "day": day(before.taken_on)}
    # Bounds are no totals: nothing is said about the way from one to the other.
    if last.total is None or found.total is None or sure or sure_then:
        return ChangeWords("", "", "quiet", when)
    change = compare(instrument, last.total, found.total)
    return ChangeWords(
        VERDICTS[change.verdict],
        _arrow(change),
        CHANGE_TONES.get(change.verdict, "quiet"),
        when,
        threshold_words(change.threshold, content) if change.threshold else "",
    )


def _arrow(change: Change) -> str:
    if change.verdict == "no_threshold":
        return ""
    if change.verdict in ("better", "worse"):
        return UP if change.now > change.before else DOWN
    return LEVEL


def threshold_words(threshold: ChangeThreshold, content: AssessmentContent) -> str:
    """How much counts as a change, what that is called, and who says so."""
    if threshold.points is not None:
        points = float(threshold.points)
        amount = _("1 point") if points == 1 else _("%(n)s points") % {"n": f"{points:g}"}
    else:
        amount = _("%(n)s percent") % {"n": f"{float(threshold.percent or 0):g}"}
    ways = {"better": _("better from"), "worse": _("worse from"), "either": _("from")}
    limits = ""
    if threshold.before_from is not None:
        limits = _(", last score %(n)s or more") % {"n": f"{threshold.before_from:g}"}
    if threshold.before_below is not None:
        limits = _(", last score below %(n)s") % {"n": f"{threshold.before_below:g}"}
    return f"{ways[threshold.way]} {amount}{limits}: {threshold.label} ({source_words(threshold.source, content)})"


def source_words(source: str, content: AssessmentContent) -> str:
    """The citation of a source; what has none is named as it is (unverified)."""
    known = content.sources.get(source)
    return known.citation if known is not None else source


def _goal(found: Score, goal: ScoreGoal | None) -> str:
    """How far the goal is; the pain scale is the one that plans set a number for, and there less is better."""
    if goal is None or found.total is None:
        return ""
    words = {"target": f"{goal.target:g}", "n": f"{found.total - goal.target:g}"}
    if found.total <= goal.target:
        return _("goal %(target)s: reached") % words
    return _("goal %(target)s: %(n)s above it") % words


def day(value: date) -> str:
    return date_format(value, "j M Y")
