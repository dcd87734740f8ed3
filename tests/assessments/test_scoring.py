"""Scores: published vectors, the rule for missing items of each instrument, and what holds for any answers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.content import KNOWLEDGE, assessment_content, read_yaml
from assessments.definitions import Instrument
from assessments.scoring import AnswersInvalid, Score, goal_attainment, item_answer, numbered, score

CONTENT = assessment_content()
INSTRUMENTS = CONTENT.instruments
ADDED = [i for i in INSTRUMENTS.values() if i.answers_accepted and i.kind in ("sum", "mean", "single")]


def scored(instrument: str, *answers: Any, sex: str | None = None) -> Score:
    return score(instrument, INSTRUMENTS, answers=answers, sex=sex)


COMPLETE = [
    ("nrs", [6, 9, 4, 7], 7, "severe"),
    ("nrs", [0, 0, 0, 0], 0, "none"),
    ("peg", [6, 7, 7], 6.7, "moderate"),
    ("peg", [4, 4, 4], 4.0, "moderate"),
    ("peg", [4, 4, 3], 3.7, "mild"),
    ("peg", [0, 0, 0], 0.0, "mild"),
    ("peg", [10, 10, 10], 10.0, "severe"),
    ("peg", [7, 7, 6], 6.7, "moderate"),
    ("phq2", [2, 1], 3, "positive; give PHQ-9"),
    ("phq2", [1, 1], 2, "negative"),
    ("phq2", [3, 3], 6, "positive; give PHQ-9"),
    ("phq9", [1, 1, 2, 1, 0, 1, 1, 0, 0], 7, "mild"),
    ("phq9", [2, 2, 2, 2, 1, 1, 2, 0, 0], 12, "moderate"),
    ("phq9", [3] * 9, 27, "severe"),
    ("phq9", [0] * 9, 0, "minimal"),
    ("phq9", [1, 1, 1, 1, 0, 0, 0, 0, 0], 4, "minimal"),
    ("phq9", [1, 1, 1, 1, 1, 0, 0, 0, 0], 5, "mild"),
    ("phq9", [1] * 9, 9, "mild"),
    ("phq9", [2, 2, 2, 2, 2, 2, 2, 0, 0], 14, "moderate"),
    ("phq9", [2, 2, 2, 2, 2, 2, 2, 1, 0], 15, "moderately severe"),
    ("phq9", [3, 3, 3, 2, 2, 2, 2, 2, 0], 19, "moderately severe"),
    ("phq9", [3, 3, 3, 3, 2, 2, 2, 2, 0], 20, "severe"),
    ("gad2", [1, 1], 2, "negative"),
    ("gad2", [2, 1], 3, "positive; give GAD-7"),
    ("gad7", [1, 1, 1, 1, 1, 1, 0], 6, "mild"),
    ("gad7", [1, 1, 1, 1, 0, 0, 0], 4, "minimal"),
    ("gad7", [1, 1, 1, 1, 1, 0, 0], 5, "mild"),
    ("gad7", [2, 2, 2, 1, 1, 1, 0], 9, "mild"),
    ("gad7", [2, 2, 2, 1, 1, 1, 1], 10, "moderate"),
    ("gad7", [2] * 7, 14, "moderate"),
    ("gad7", [3, 2, 2, 2, 2, 2, 2], 15, "severe"),
    ("gad7", [3] * 7, 21, "severe"),
    ("ort_oud", [0, 1, 0, 1, 0, 0, 0, 0, 1], 3, "high risk"),
    ("ort_oud", [1, 1, 0, 0, 0, 0, 0, 0, 0], 2, "low risk"),
    ("ort_oud", [1] * 9, 9, "high risk"),
    ("audit_c", [4, 3, 2], 9, None),
    ("audit_c", [0, 0, 0], 0, "negative"),
    ("audit_c", [4, 4, 4], 12, None),
    ("falls_screen", [0, 0, 0], 0, "no risk named"),
    ("falls_screen", [1, 1, 0], 2, "at risk; check gait, feet, drugs, blood pressure standing"),
    ("pgic", [2], 2, "clinically important improvement"),
    ("pgic", [6], 6, "worse"),
    ("pgic", [1], 1, "clinically important improvement"),
    ("pgic", [3], 3, "minimally important improvement"),
    ("pgic", [4], 4, "no change"),
    ("pgic", [5], 5, "worse"),
    ("mnsi_exam", [1, 0, 1.5, 0.5], 3.0, "abnormal"),
    ("mnsi_exam", [0, 0, 1, 1], 2.0, "below the cut-off"),
    ("mnsi_exam", [0, 0, 1.5, 1], 2.5, "abnormal"),
    ("mnsi_exam", [2, 2, 2, 2], 8.0, "abnormal"),
    ("mnsi_q", ["no"] * 15, 2, "below the cut-offs"),
    ("mnsi_q", ["yes", "yes", "no", "no", "no", "no", "no", *["no"] * 8], 4, "positive at the more sensitive cut-off"),
    ("mnsi_q", ["yes"] * 3 + ["no"] + ["yes"] * 2 + ["no"] * 9, 7, "abnormal (original)"),
]


@pytest.mark.parametrize(("instrument", "answers", "total", "band"), COMPLETE)
def test_complete_answers(instrument: str, answers: list[Any], total: float, band: str | None) -> None:
    found = scored(instrument, *answers)
    assert (found.total, found.scorable, found.missing, found.reason) == (total, True, (), "")
    if band is not None:
        assert found.band is not None and found.band.label == band


MISSING = [
    ("peg", [6, None, 7], None, "not scorable, item 2 missing"),
    ("nrs", [6, 9, 4, None], None, "not scorable, item 4 missing"),
    ("nrs", [None, None, None, 5], 5, ""),
    ("phq2", [2, None], None, "not scorable, item 2 missing"),
    ("phq9", [1, 1, 2, 1, 0, 1, None, 0, 0], 7, ""),
    ("phq9", [2, None, None, 2, 2, 2, 2, 2, 2], 18, ""),
    ("phq9", [1, 1, 1, 1, 0, 0, 0, None, 0], 5, ""),  # 4 x 9 / 8 = 4.5, rounded half up
    ("phq9", [1, 1, 1, 1, 1, 1, None, None, None], None, "not scorable, items 7-9 missing"),
    ("phq9", [1, None, 1, None, 1, 1, 1, None, 0], None, "not scorable, items 2, 4 and 8 missing"),
    ("phq9", [1, 1, 1, 1, 1, 1, 1, 1, None], None, "not scorable, item 9 missing"),
    ("gad7", [1, 1, 1, 1, 1, None, None], 7, ""),
    ("gad7", [1, 1, 1, 1, None, None, None], None, "not scorable, items 5-7 missing"),
    ("ort_oud", [0, 1, 0, 1, 0, 0, 0, 0, None], None, "not scorable, item 9 missing"),
    ("audit_c", [2, None, 1], None, "not scorable, item 2 missing"),
    ("audit_c", [0, None, None], 0, ""),
    ("falls_screen", [None, 1, None], 1, ""),
    ("falls_screen", [None, None, None], None, "not scorable, items 1-3 missing"),
    ("pgic", [None], None, "not scorable, item 1 missing"),
    ("gad2", [None, 3], None, "not scorable, item 1 missing"),
    ("gad7", [3, 3, 3, 3, 3, 3, None], 21, ""),
    ("gad7", [None] * 7, None, "not scorable, items 1-7 missing"),
    ("mnsi_exam", [1, None, 1, 1], None, "not scorable, item 2 missing"),
    ("mnsi_q", ["no"] * 14 + [None], None, "not scorable, item 15 missing"),
    ("crps_budapest", ["yes", None, None, None, None, "yes"], None, "not scorable, items 2-5 missing"),
    ("phq9_item9_followup", [None, "yes", "yes", "yes", "low", "yes"], None, "not scorable, item 1 missing"),
]


def test_every_instrument_with_questions_has_vectors_for_whole_and_for_missing_answers() -> None:
    asked = {name for name, instrument in INSTRUMENTS.items() if instrument.takes_answers}
    checklists = {"crps_budapest", "phq9_item9_followup"}  # Tables of their own.
    assert {row[0] for row in COMPLETE} == asked - checklists
    assert {row[0] for row in MISSING} == asked


@pytest.mark.parametrize(("instrument", "answers", "total", "reason"), MISSING)
def test_missing_answers_follow_the_instrument(
    instrument: str, answers: list[Any], total: float | None, reason: str
) -> None:
    found = scored(instrument, *answers)
    assert (found.total, found.reason) == (total, reason)
    assert found.scorable is (total is not None)


def test_prorated_total_says_so_and_names_the_gap() -> None:
    found = scored("phq9", 1, 1, 2, 1, 0, 1, None, 0, 0)
    assert "prorated" in found.flags
    assert found.missing == ("phq9_7",)


def test_falls_screen_without_a_yes_names_no_band_while_answers_are_missing() -> None:
    assert scored("falls_screen", 0, None, 0).band is None
    assert scored("falls_screen", 0, 0, 0).band is not None


def test_item_nine_is_flagged_at_any_level_and_never_invented() -> None:
    phq9 = INSTRUMENTS["phq9"]
    assert "safety:phq9_9" in scored("phq9", 0, 0, 0, 0, 0, 0, 0, 0, 1).flags
    assert scored("phq9", *[3] * 8, 0).flags == ()
    assert "safety:phq9_9" in scored("phq9", None, None, None, None, None, None, None, None, 1).flags
    assert item_answer(phq9, [3] * 8 + [None], "phq9_9") is None


@pytest.mark.parametrize(
    ("sex", "answers", "label"),
    [
        ("male", [1, 1, 1], "negative"),
        ("female", [1, 1, 1], "positive (sensitivity 80%, specificity 87%)"),
        (None, [1, 1, 1], None),
        ("other", [1, 1, 1], None),
        (None, [1, 1, 0], "negative"),
        (None, [4, 3, 2], "positive (sensitivity 86%, specificity 72%)"),
    ],
)
def test_alcohol_bands_depend_on_sex_only_where_they_differ(
    sex: str | None, answers: list[int], label: str | None
) -> None:
    band = scored("audit_c", *answers, sex=sex).band
    if label is None:
        assert band is None
    else:
        assert band is not None and band.label.split(" (")[0] == label.split(" (")[0]


def test_drinks_after_never_are_a_contradiction() -> None:
    found = scored("audit_c", 0, 2, 0)
    assert (found.total, found.flags) == (0, ("contradiction:ac2",))


def test_keyed_questionnaire_counts_answers_that_equal_the_key() -> None:
    answers: list[str | None] = ["yes"] * 15
    assert scored("mnsi_q", *answers).total == 11  # 13 scored items, two of them point at no
    answers[6] = answers[12] = "no"
    assert scored("mnsi_q", *answers).total == 13
    answers[3] = answers[9] = None  # asked, not scored
    assert scored("mnsi_q", *answers).total == 13
    answers[0] = None
    assert scored("mnsi_q", *answers).reason == "not scorable, item 1 missing"


CHECKLIST = [
    (["yes", "both", "both", "symptom", "none", "yes"], True),
    (["yes", "symptom", "symptom", "symptom", "symptom", "yes"], False),
    (["no", "both", "both", "both", "both", "yes"], False),
    (["yes", "both", "both", "both", "both", None], None),
    (["both", "both", "both", "both"], None),
    (["none", "none", "both", "both"], False),
    (["yes", "both", "both", None, "none", "yes"], None),
]


@pytest.mark.parametrize(("answers", "met"), CHECKLIST)
def test_symptom_and_sign_checklist(answers: list[str | None], met: bool | None) -> None:
    assert scored("crps_budapest", *answers).met is met


def test_protocol_is_met_when_its_required_steps_are_answered() -> None:
    assert scored("phq9_item9_followup", "yes", None, None, None, "low", None).met is True
    assert scored("phq9_item9_followup", "yes", None, None, None, None, None).met is False


def test_scale_items_out_of_order_are_pointed_out() -> None:
    assert scored("nrs", 5, 4, 6, 5).flags == ("order:nrs_least", "order:nrs_worst")


GOALS = read_yaml(KNOWLEDGE / "goals.yaml")["gas"]["test_vectors"]
_GAS = next(e for e in read_yaml(KNOWLEDGE / "instruments.yaml")["instruments"] if e["id"] == "gas")["scoring"]


@pytest.mark.parametrize("vector", GOALS, ids=str)
def test_goal_attainment_vectors_of_the_goal_file(vector: dict[str, Any]) -> None:
    assert goal_attainment(vector["weights"], vector["levels"], CONTENT.goal_constants) == vector["t"]


@pytest.mark.parametrize("vector", [_GAS["worked_example"], _GAS["worked_example2"]], ids=str)
def test_goal_attainment_vectors_of_the_instrument_file(vector: dict[str, Any]) -> None:
    constants = INSTRUMENTS["gas"].goal_constants
    assert constants is not None
    assert goal_attainment(vector["weights"], vector["scores"], constants) == vector["t"]


def test_goal_without_rating_is_left_out() -> None:
    assert goal_attainment([1, 1], [1, None], CONTENT.goal_constants) == goal_attainment(
        [1], [1], CONTENT.goal_constants
    )
    assert goal_attainment([1], [None], CONTENT.goal_constants) is None


REFUSED = [
    ("gad7", {"answers": [1, 0, 4, 1, 0, 1, 0]}, "answers[2]", "4 is outside the answers of gad7", "0 to 3"),
    (
        "phq9",
        {"answers": [1, 1, 2, 1, 0, 1, 1, 0]},
        "answers",
        "8 answers, phq9 has 9 items",
        "9 answers, null for one that was not given",
    ),
    ("dn4", {"answers": [1] * 10}, "answers", "dn4 takes a score only, no answers", "the total of the licensed form"),
    ("phq9", {"total": 28}, "total", "28 is outside the totals of phq9", "0 to 27"),
    ("gad7", {"total": 6.5}, "total", "6.5 is not a whole number", "a whole number"),
    ("gad7", {"total": float("nan")}, "total", "nan is not a number", "a number"),
    ("peg", {"answers": [1.5, 2, 3]}, "answers[0]", "1.5 is outside the answers of peg", "0 to 10"),
    ("peg", {"answers": [True, 2, 3]}, "answers[0]", "True is outside the answers of peg", "0 to 10"),
    (
        "mnsi_q",
        {"answers": ["maybe"] + ["no"] * 14},
        "answers[0]",
        "maybe is outside the answers of mnsi_q",
        "yes or no",
    ),
    (
        "mnsi_exam",
        {"answers": [0.3, 0, 0, 0]},
        "answers[0]",
        "0.3 is outside the answers of mnsi_exam",
        "0 to 2 in steps of 0.5",
    ),
    ("phq10", {"total": 1}, "id", "phq10 is not an instrument", "an id of instruments.yaml"),
    ("phq9", {}, "", "answers, total and met exclude each other", "exactly one of them"),
    ("phq9", {"total": 3, "met": True}, "", "answers, total and met exclude each other", "exactly one of them"),
]


@pytest.mark.parametrize(("instrument", "given_", "path", "problem", "expected"), REFUSED)
def test_answers_that_do_not_fit_are_refused_with_their_place(
    instrument: str, given_: dict[str, Any], path: str, problem: str, expected: str
) -> None:
    with pytest.raises(AnswersInvalid) as refused:
        score(instrument, INSTRUMENTS, **given_)
    first = refused.value.problems[0]
    assert (first.path, first.problem, first.expected) == (path, problem, expected)


def test_every_wrong_answer_is_reported_at_once() -> None:
    with pytest.raises(AnswersInvalid) as refused:
        scored("gad7", 9, 0, "x", 0, 0, 0, -1)
    assert [problem.path for problem in refused.value.problems] == ["answers[0]", "answers[2]", "answers[6]"]


def test_numbers_of_items_read_like_speech() -> None:
    assert [numbered(n) for n in ([9], [8, 9, 10], [2, 4], [1, 2, 5, 7])] == [
        "item 9",
        "items 8-10",
        "items 2 and 4",
        "items 1-2, 5 and 7",
    ]


def test_score_entry_instruments_carry_no_item_text() -> None:
    protected = [i for i in INSTRUMENTS.values() if not i.may_show_items]
    assert len(protected) == 25
    assert all(not i.items and not i.options for i in protected)


def test_every_band_starts_inside_the_totals() -> None:
    for instrument in INSTRUMENTS.values():
        if instrument.total_range and instrument.bands:
            low, high = instrument.total_range
            assert all(low <= band.lowest <= high for band in instrument.bands), instrument.id
            assert min(band.lowest for band in instrument.bands) == low, instrument.id


def test_every_source_exists() -> None:
    known = {*CONTENT.sources, "unverified", "design_default"}
    used = {b.source for i in INSTRUMENTS.values() for b in i.bands}
    used |= {s for i in INSTRUMENTS.values() for s in (*i.sources, *i.licence.sources)}
    used |= {s for f in CONTENT.red_flags.values() for s in f.sources}
    assert used <= known


# --- what holds for any answers -----------------------------------------------------------------------------------


def one_answer(instrument: Instrument) -> st.SearchStrategy[Any]:
    rule = instrument.answer
    assert rule is not None and rule.minimum is not None and rule.maximum is not None
    if rule.type == "step":
        return st.sampled_from([0, 0.5, 1, 1.5, 2])
    return st.integers(int(rule.minimum), int(rule.maximum))


@st.composite
def answered(draw: st.DrawFn, missing: bool) -> tuple[Instrument, list[Any]]:
    instrument = draw(st.sampled_from(ADDED))
    one = one_answer(instrument)
    each = st.none() | one if missing else one
    return instrument, [draw(each) for _ in instrument.items]


@given(answered(missing=False), st.data())
def test_a_higher_answer_never_lowers_the_total(case: tuple[Instrument, list[Any]], data: st.DataObject) -> None:
    instrument, answers = case
    index = data.draw(st.integers(0, len(answers) - 1))
    higher = data.draw(one_answer(instrument).filter(lambda value: value >= answers[index]))
    before = score(instrument.id, INSTRUMENTS, answers=answers).total
    after = score(instrument.id, INSTRUMENTS, answers=[*answers[:index], higher, *answers[index + 1 :]]).total
    assert before is not None and after is not None and after >= before


@given(answered(missing=True))
def test_a_total_with_gaps_is_one_that_some_complete_answers_could_have(case: tuple[Instrument, list[Any]]) -> None:
    """Missing answers never take a total out of what the missing items could have made it."""
    instrument, answers = case
    found = score(instrument.id, INSTRUMENTS, answers=answers)
    rule = instrument.answer
    assert rule is not None
    low, high = (
        score(instrument.id, INSTRUMENTS, answers=[filled if a is None else a for a in answers]).total
        for filled in (rule.minimum, rule.maximum)
    )
    assert low is not None and high is not None
    if found.total is not None:
        assert low <= found.total <= high
    else:
        assert found.missing and not found.scorable


@given(answered(missing=True), st.data())
def test_taking_an_answer_away_never_makes_a_form_scorable(
    case: tuple[Instrument, list[Any]], data: st.DataObject
) -> None:
    instrument, answers = case
    index = data.draw(st.integers(0, len(answers) - 1))
    if instrument.zero_rest_item is not None and index != 0:
        return  # "never" makes the rest certain, whether it was answered or not
    fewer = [*answers[:index], None, *answers[index + 1 :]]
    if score(instrument.id, INSTRUMENTS, answers=fewer).scorable:
        assert score(instrument.id, INSTRUMENTS, answers=answers).scorable


@given(answered(missing=True))
def test_totals_stay_inside_the_range(case: tuple[Instrument, list[Any]]) -> None:
    instrument, answers = case
    total = score(instrument.id, INSTRUMENTS, answers=answers).total
    if total is not None:
        assert instrument.total_range is not None
        assert instrument.total_range[0] <= total <= instrument.total_range[1]


@st.composite
def any_answered(draw: st.DrawFn) -> tuple[Instrument, list[Any]]:
    """Answers with gaps to any instrument that asks questions, checklists and keyed ones included."""
    instrument = draw(st.sampled_from([i for i in INSTRUMENTS.values() if i.takes_answers]))
    rule = instrument.answer
    assert rule is not None
    answers: list[Any] = []
    for item in instrument.items:
        if instrument.criteria and item.id in instrument.criteria.always:
            one: st.SearchStrategy[Any] = st.sampled_from(["yes", "no"])
        elif rule.type == "choice":
            one = st.sampled_from(rule.values)
        elif rule.type == "any":
            one = st.sampled_from([option.value for option in item.options or instrument.options])
        else:
            one = one_answer(instrument)
        answers.append(draw(st.none() | one))
    return instrument, answers


@given(any_answered())
def test_missing_answers_never_make_a_total_in_silence(case: tuple[Instrument, list[Any]]) -> None:
    """A score with a gap that counts has no total, or says by which rule it has one."""
    instrument, answers = case
    found = score(instrument.id, INSTRUMENTS, answers=answers)
    gaps = [item.id for item, answer in zip(instrument.items, answers, strict=True) if answer is None]
    if not found.scorable:
        assert found.total is None and found.met is not True
        assert found.missing and set(found.missing) <= set(gaps) and found.reason.endswith("missing")
        return
    match instrument.missing.rule:
        case "prorate":
            assert ("prorated" in found.flags) is bool(gaps) and len(gaps) <= instrument.missing.up_to
            assert not set(gaps) & set(instrument.missing.never_imputed)
        case "all_required" if instrument.kind in ("sum", "mean", "single"):
            assert not gaps or (answers[0] == instrument.zero_rest_answer and instrument.zero_rest_item)
        case "answered_only":
            assert found.missing == tuple(gaps) and (found.total or not gaps or found.band is None)
        case _:
            pass
