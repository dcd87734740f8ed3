"""When the rest of a questionnaire cannot change its result: exact, said in words, and never where all is needed."""

from __future__ import annotations

import datetime as dt
from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.content import assessment_content
from assessments.curtailment import outlook, settled
from assessments.definitions import Answer, Instrument, Item
from assessments.record import AssessmentRecord, InstrumentRecord
from assessments.score_words import Background, score_row
from assessments.scoring import Score, score
from assessments.summary import score_of, summarise

CONTENT = assessment_content()
INSTRUMENTS = CONTENT.instruments
EARLY = [name for name, instrument in INSTRUMENTS.items() if instrument.may_stop_early]
BANDED = [i for i in INSTRUMENTS.values() if i.takes_answers and i.kind in ("sum", "mean", "single", "keyed_count")]
TODAY = dt.date(2026, 3, 3)


def possible(instrument: Instrument, item: Item) -> list[Answer]:
    """Every answer that one item takes."""
    if instrument.criteria is not None:
        return ["yes", "no"] if item.id in instrument.criteria.always else ["none", "symptom", "sign", "both"]
    rule = instrument.answer
    assert rule is not None
    if rule.type == "choice":
        return list(rule.values)
    assert rule.minimum is not None and rule.maximum is not None
    step = rule.step or 1
    return [rule.minimum + step * n for n in range(int((rule.maximum - rule.minimum) / step) + 1)]


def scored(instrument: Instrument, answers: Any, sex: str | None = None) -> Score:
    return score(instrument.id, INSTRUMENTS, answers=answers, sex=sex)


def result(found: Score) -> Any:
    return found.met if found.met is not None else found.band


@st.composite
def partly_answered(draw: st.DrawFn, instruments: list[Instrument]) -> tuple[Instrument, list[Answer]]:
    instrument = draw(st.sampled_from(instruments))
    return instrument, [draw(st.sampled_from([None, *possible(instrument, item)])) for item in instrument.items]


@st.composite
def completed(draw: st.DrawFn) -> tuple[Instrument, list[Answer], list[Answer], str | None]:
    instrument, answers = draw(partly_answered(BANDED))
    whole = [
        draw(st.sampled_from(possible(instrument, item))) if answer is None else answer
        for item, answer in zip(instrument.items, answers, strict=True)
    ]
    return instrument, answers, whole, draw(st.sampled_from([None, "female", "male"]))


@given(completed())
def test_every_total_that_can_still_come_lies_between_the_two(
    case: tuple[Instrument, list[Answer], list[Answer], str | None],
) -> None:
    instrument, answers, whole, sex = case
    found, final = outlook(instrument, answers, sex), scored(instrument, whole, sex)
    assert found is not None and final.total is not None
    assert found.lowest.total is not None and found.highest.total is not None
    assert found.lowest.total <= final.total <= found.highest.total
    if found.is_settled:
        assert final.band == found.lowest.band
    # The instrument's own rule for missing items invents nothing outside either.
    now = scored(instrument, answers, sex).total
    assert now is None or found.lowest.total <= now <= found.highest.total


@given(partly_answered([INSTRUMENTS[name] for name in EARLY]))
def test_settled_means_that_all_ways_of_answering_the_rest_agree_and_open_that_two_differ(
    case: tuple[Instrument, list[Answer]],
) -> None:
    instrument, answers = case
    rest = [item for item, answer in zip(instrument.items, answers, strict=True) if answer is None]
    results = []
    for filled in product(*(possible(instrument, item) for item in rest)):
        following = iter(filled)
        whole = [next(following) if answer is None else answer for answer in answers]
        results.append(result(scored(instrument, whole)))
    sure = settled(instrument, answers)
    if not rest:
        assert sure is None
    elif sure is None:
        assert any(one != results[0] for one in results)
    else:
        assert {one == (sure.met if sure.met is not None else sure.band) for one in results} == {True}


@pytest.mark.parametrize(
    ("instrument", "share_of_yes", "asked"),
    [("ort_oud", 0.5, 5.7), ("ort_oud", 0.2, 7.7), ("falls_screen", 0.5, 1.75), ("falls_screen", 0.2, 2.44)],
)
def test_how_many_questions_are_asked_on_average(instrument: str, share_of_yes: float, asked: float) -> None:
    """In the order of the form, over every way of answering; docs/assessment.md names these numbers."""
    count, expected = len(INSTRUMENTS[instrument].items), 0.0
    for ways in product([0, 1], repeat=count):
        first = [[*ways[:given], *[None] * (count - given)] for given in range(1, count)]
        end = next((n for n, answers in enumerate(first, 1) if settled(INSTRUMENTS[instrument], answers)), count)
        expected += end * share_of_yes ** sum(ways) * (1 - share_of_yes) ** (count - sum(ways))
    assert expected == pytest.approx(asked, abs=0.05)


CASES: list[tuple[str, list[Any], str, str]] = [
    ("ort_oud", [1, 1, 1, *[None] * 6], "at least 3", "Settled: 3 or more of 9, the rest cannot change it."),
    ("ort_oud", [0, 0, None, 0, 0, 0, 0, 0, 1], "at most 2", "Settled: 2 or fewer of 9, the rest cannot change it."),
    ("ort_oud", [1, 1, 0, 0, 0, 0, 0, 0, None], "", ""),
    ("ort_oud", [1] * 9, "9", ""),
    ("falls_screen", [1, None, None], "at least 1", "Settled: 1 or more of 3, the rest cannot change it."),
    ("falls_screen", [0, None, 0], "", ""),
    ("falls_screen", [0, 0, 0], "0", ""),
    ("crps_budapest", ["no", None, None, None, None, None], "not met", "Settled: the rest cannot change it."),
    ("crps_budapest", ["yes", "both", "both", "symptom", None, "yes"], "met", "Settled: the rest cannot change it."),
    ("crps_budapest", ["yes", "both", "both", "symptom", None, None], "", ""),
    ("phq9", [3] * 8 + [None], "", ""),
    ("phq9", [3, 3, 3, 3, 3, 3, None, None, None], "", ""),
    ("gad7", [3, 3, 3, 3, 3, None, None], "21", ""),
    ("mnsi_q", [*["yes"] * 12, None, None, None], "", ""),
]


@pytest.mark.parametrize(("instrument", "answers", "total", "words"), CASES)
def test_the_result_reads_as_what_is_certain(instrument: str, answers: list[Any], total: str, words: str) -> None:
    taken = InstrumentRecord(instrument, TODAY, answers=tuple(answers))
    row = score_row(score_of(taken, CONTENT), CONTENT, taken)
    assert (row.total, row.settled) == (total, words)
    assert bool(row.reason) is not bool(total)


def test_a_settled_result_is_no_gap_and_no_total_is_made_up() -> None:
    taken = InstrumentRecord("ort_oud", TODAY, answers=(1, 1, 1, *[None] * 6))
    record = AssessmentRecord(uuid4(), uuid4(), "draft", TODAY, instruments={"ort_oud": taken})
    summary = summarise(record, CONTENT)
    assert (summary.scores["ort_oud"].total, summary.scores["ort_oud"].scorable) == (None, False)
    assert ("not_scorable", "ort_oud") not in {(point.kind, point.what) for point in summary.open}
    half = AssessmentRecord(
        uuid4(), uuid4(), "draft", TODAY, instruments={"ort_oud": InstrumentRecord("ort_oud", TODAY, (1, *[None] * 8))}
    )
    assert ("not_scorable", "ort_oud") in {(point.kind, point.what) for point in summarise(half, CONTENT).open}
    no_fall = InstrumentRecord("falls_screen", TODAY, (0, None, None))
    counted = AssessmentRecord(uuid4(), uuid4(), "draft", TODAY, instruments={"falls_screen": no_fall})
    assert ("not_scorable", "falls_screen") in {(point.kind, point.what) for point in summarise(counted, CONTENT).open}


def test_bounds_are_not_compared_as_if_they_were_totals() -> None:
    before = InstrumentRecord("falls_screen", TODAY - dt.timedelta(days=90), answers=(1, None, None))
    taken = InstrumentRecord("falls_screen", TODAY, answers=(0, 1, None))
    row = score_row(score_of(taken, CONTENT), CONTENT, taken, Background({"falls_screen": before}))
    assert row.change is not None
    assert (row.change.text, row.change.arrow) == ("", "")
    assert row.change.before.startswith("at least 1 on ")


def test_what_is_needed_for_itself_or_followed_over_time_is_always_asked_whole() -> None:
    assert EARLY == ["ort_oud", "falls_screen", "crps_budapest"]
    for name in EARLY:
        instrument = INSTRUMENTS[name]
        assert not instrument.change
        assert not any(item.safety_from for item in instrument.items)
        assert name not in CONTENT.core_every_visit
    assert settled(INSTRUMENTS["phq9"], [3] * 8 + [None]) is None
