"""The letter: whatever was answered stands in it, and what is written for the patient stays as written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from assessments import letter
from assessments.content import assessment_content
from assessments.definitions import AssessmentContent
from assessments.figure import body_figure
from assessments.figure_words import places
from assessments.forms import GradingForm, modifier
from assessments.record import (
    AreaRecord,
    AssessmentRecord,
    DiagnosticRecord,
    InstrumentRecord,
    RedFlagRecord,
    SensoryRecord,
)
from assessments.sensory import possible_results
from assessments.summary import summarise

CONTENT: AssessmentContent = assessment_content()
DAY = dt.date(2026, 3, 2)


def assessed(*areas: AreaRecord, **parts: object) -> AssessmentRecord:
    return AssessmentRecord(uuid4(), uuid4(), "signed", DAY, areas=areas, **parts)  # type: ignore[arg-type]


def written(record: AssessmentRecord) -> str:
    return letter.as_text(letter.letter(record, summarise(record, CONTENT), CONTENT))


def test_a_full_case_reads_as_a_letter() -> None:
    area = AreaRecord(
        uuid4(),
        "Both feet",
        regions=("sole_medial_l", "sole_medial_r"),
        touch_regions=("toes_plantar_l",),
        numb_regions=("heel_r",),
        descriptors={"burning": "yes", "itching": "no"},
        ratings={"burning": 8},
        pattern="continuous",
        timing={"course": "stable", "latency_from_event": "After the MRI at St. Mary's"},
        onset_date=dt.date(2024, 1, 31),
        localised="no",
        intensity=7,
        intensity_worst=9,
        aggravating=("touch",),
        relieving=("rest",),
        evoked={"dma": "yes", "hyperpathia": "yes"},
        sensory=(SensoryRecord("brush", "more", "same", 6, 0), SensoryRecord("strength", "same", amount=5)),
        sensory_reference="proximal",
    )
    text = written(
        assessed(
            area,
            duration_months=26,
            absent_regions=tuple(f"{base}_r" for base in body_figure().parts["hand"]),
            confirmed_pattern="length_dependent",
            grading={"c1_history": "yes", "c2_distribution": "yes", "c3_signs": "yes", "c4_test": "not_done"},
            conditions={"dpn": "yes", "cipn": "no"},
            tests=(DiagnosticRecord("ncs_emg", "abnormal", DAY, "left", 3.5, "uV", "Sural response small."),),
            red_flags={
                "rf_ces": RedFlagRecord(
                    "rf_ces",
                    "yes",
                    "handled",
                    "MRI tonight",
                    uuid4(),
                    "Maya Adeyemi",
                    dt.datetime(2026, 3, 2, 18, 0, tzinfo=dt.UTC),
                ),
                "rf_cord": RedFlagRecord("rf_cord", "no"),
            },
            instruments={
                "nrs": InstrumentRecord("nrs", DAY, (6, 9, 4, 7)),
                "peg": InstrumentRecord("peg", DAY, (6, 7, 7)),
                "phq9": InstrumentRecord("phq9", DAY, (1, 1, 1, 1, 1, 1, 1, 1, 1)),
            },
            concepts={"diabetes": "yes", "falls_risk": "no"},
            problem_list_reviewed=True,
            preferences={"avoid_sedation": "yes"},
            notes="Works nights.\nمرحبا 🦶",
        )
    )
    for words in (
        "7 of 10 on average",
        "for 26 months",
        "6 now, 7 on average, 9 at its worst, 4 at its least",
        "Amputated: right hand.",
        "Not the cause: ",
        "BOTH FEET",
        "burning (8 of 10)",
        "Not: itching",
        "Said not to be localised.",
        "Strength of 10: 7 on average, 9 at its worst.",
        "since 2024-01-31",
        "After the MRI at St. Mary's",
        "Worse with: touch.",
        "Eased by: rest.",
        "more (pain 6 of 10, reference 0, border same)",
        "Probable.",
        "As judged by the clinician: Length-dependent",
        "abnormal, 3.5 uV, left, 2026-03-02: Sural response small.",
        "acted on: MRI tonight (Maya Adeyemi, by 2026-03-02",
        "Not present: ",
        "PEG: 6.7",
        "PHQ-9: 9",
        "The whole problem list was gone through.",
        "Works nights.\nمرحبا 🦶",
        "STILL OPEN",
    ):
        assert words in text, words


def test_thoughts_of_death_stand_in_the_letter_whatever_the_total() -> None:
    answers = (None, None, None, None, None, None, None, None, 1)
    record = assessed(instruments={"phq9": InstrumentRecord("phq9", DAY, answers)})
    (line,) = summarise(record, CONTENT).safety_lines
    assert line.text in written(record)


def test_a_sign_that_no_row_shows_stays_beside_the_examination() -> None:
    area = AreaRecord(uuid4(), evoked={"dma": "yes", "hyperpathia": "yes"}, sensory=(SensoryRecord("brush", "more"),))
    labels = {sign.id: sign.label.lower() for sign in CONTENT.phenotype.evoked}
    text = written(assessed(area))
    assert f"Found: {labels['hyperpathia']}." in text
    assert "Examined against" in text


def test_pains_of_different_kinds_are_told_apart() -> None:
    soles = ("toes_plantar_l", "toes_plantar_r", "sole_medial_l", "sole_medial_r", "sole_lateral_l", "sole_lateral_r")
    text = written(
        assessed(
            AreaRecord(uuid4(), "Both feet", regions=soles),
            AreaRecord(uuid4(), "Scar", regions=("chest_mid_r",)),
            duration_months=0.4,
        )
    )
    feet = "length-dependent (glove and stocking), both sides"
    assert f"Pain, in 2 areas: Both feet ({feet}); Scar (localised, right), for less than a month." in text
    assert (
        f"The marked skin resembles: Both feet: {feet}; Scar: localised, right (a resemblance, not a diagnosis)."
        in text
    )
    assert "no pattern" not in text


def test_what_ends_its_own_sentence_gets_no_second_full_stop() -> None:
    dismissed = RedFlagRecord("rf_cord", "yes", "dismissed", "No fever, CRP normal.")
    text = written(
        assessed(red_flags={"rf_cord": dismissed}, tests=(DiagnosticRecord("ncs_emg", "abnormal", finding="Small."),))
    )
    assert "dismissed: No fever, CRP normal.\n" in text
    assert "abnormal: Small.\n" in text


def test_nothing_asked_is_told_as_open_and_not_as_no() -> None:
    text = written(assessed())
    assert "Not graded yet" in text
    assert f"{len(CONTENT.red_flags)} not known." in text
    assert "Not present" not in text


YES_NO = st.sampled_from(["yes", "no"])


def answers_to(ids: object) -> st.SearchStrategy[Mapping[str, str]]:
    return st.dictionaries(st.sampled_from(sorted(ids)), YES_NO, max_size=6)  # type: ignore[call-overload]


@st.composite
def areas(draw: st.DrawFn) -> AreaRecord:
    phenotype, examination = CONTENT.phenotype, CONTENT.examination
    tested = draw(st.sets(st.sampled_from(examination.stimuli), max_size=4))
    return AreaRecord(
        UUID(int=draw(st.integers(1, 10**6))),
        regions=tuple(draw(st.sets(st.sampled_from(sorted(CONTENT.body_map.regions)), max_size=5))),
        numb_regions=tuple(draw(st.sets(st.sampled_from(sorted(CONTENT.body_map.regions)), max_size=5))),
        descriptors=draw(answers_to(d.id for d in phenotype.descriptors)),
        evoked=draw(answers_to(s.id for s in phenotype.evoked)),
        negative=draw(answers_to(s.id for s in phenotype.negative)),
        aggravating=tuple(draw(st.sets(st.sampled_from(phenotype.aggravating), max_size=3))),
        sensory=tuple(SensoryRecord(s.id, draw(st.sampled_from(possible_results(s)))) for s in tested),
    )


@given(
    area=areas(),
    causes=answers_to(CONTENT.conditions),
    concepts=answers_to(CONTENT.concepts),
    flags=answers_to(CONTENT.red_flags),
    grading=answers_to(GradingForm.LABELS),
    tests=st.sets(st.sampled_from(sorted(CONTENT.tests)), max_size=4),
    wishes=st.sets(st.sampled_from(sorted(choice.id for choice in CONTENT.preferences)), max_size=3),
)
def test_every_answer_is_named(
    area: AreaRecord,
    causes: Mapping[str, str],
    concepts: Mapping[str, str],
    flags: Mapping[str, str],
    grading: Mapping[str, str],
    tests: set[str],
    wishes: set[str],
) -> None:
    record = assessed(
        area,
        conditions=causes,
        concepts=concepts,
        red_flags={flag: RedFlagRecord(flag, answer) for flag, answer in flags.items()},
        grading=grading,
        tests=tuple(DiagnosticRecord(test, "pending") for test in sorted(tests)),
        preferences=dict.fromkeys(wishes, "yes"),
    )
    text = written(record).lower()
    signs = {sign.id: sign.label for sign in (*CONTENT.phenotype.evoked, *CONTENT.phenotype.negative)}
    tested = {found.stimulus for found in area.sensory}
    shown = {sign for s in CONTENT.examination.stimuli if s.id in tested for sign in (s.gain, s.loss)}
    words = [d.label for d in CONTENT.phenotype.descriptors if d.id in area.descriptors]
    words += [signs[sign] for sign in (*area.evoked, *area.negative) if sign not in shown]
    words += [str(modifier(code)) for code in area.aggravating]
    words += [stimulus.label for stimulus in CONTENT.examination.stimuli]  # Tested, or said not to be.
    words += [CONTENT.conditions[code].name for code in causes]
    words += [CONTENT.concepts[code].label for code in concepts]
    words += [CONTENT.red_flags[flag].name for flag in flags]
    words += [str(GradingForm.LABELS[criterion]) for criterion in grading]
    words += [CONTENT.tests[test].name for test in tests]
    words += [choice.label for choice in CONTENT.preferences if choice.id in wishes]
    for layer in (area.regions, area.numb_regions):
        words += places(body_figure(), CONTENT.body_map, layer)
    if not tested:
        words = [word for word in words if word not in {s.label for s in CONTENT.examination.stimuli}]
    assert [word for word in words if str(word).lower() not in text] == []
