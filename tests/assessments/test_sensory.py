"""The bedside examination: results stand for signs, signs resemble profiles, and what was not tested stays unknown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.content import assessment_content
from assessments.sensory import possible_results, profiles_of, result_of, signs_of

CONTENT = assessment_content()
EXAMINATION = CONTENT.examination
STIMULI = {stimulus.id: stimulus for stimulus in EXAMINATION.stimuli}


def test_every_sign_of_the_vocabulary_can_be_found_at_the_bedside() -> None:
    gains = {stimulus.gain for stimulus in EXAMINATION.stimuli} - {None}
    losses = {stimulus.loss for stimulus in EXAMINATION.stimuli} - {None}
    assert gains == {sign.id for sign in CONTENT.phenotype.evoked}
    assert losses == {sign.id for sign in CONTENT.phenotype.negative}


@pytest.mark.parametrize(
    ("results", "evoked", "negative"),
    [
        ({}, {}, {}),
        ({"brush": "more"}, {"dma": "yes"}, {}),
        ({"brush": "same", "touch": "less"}, {"dma": "no"}, {"touch_loss": "yes"}),
        ({"pinprick": "less"}, {"punctate": "no"}, {"pinprick_loss": "yes"}),
        ({"pinprick": "more"}, {"punctate": "yes"}, {"pinprick_loss": "no"}),
        ({"cold": "same"}, {"cold_allodynia": "no"}, {"cold_loss": "no"}),
    ],
)
def test_results_stand_for_signs(results: dict[str, str], evoked: dict[str, str], negative: dict[str, str]) -> None:
    found = signs_of(results, EXAMINATION)
    assert (dict(found.evoked), dict(found.negative)) == (evoked, negative)


@pytest.mark.parametrize(("stimulus", "result"), [("brush", "less"), ("vibration", "more"), ("cold", "unknown")])
def test_a_result_that_cannot_be_is_refused(stimulus: str, result: str) -> None:
    with pytest.raises(ValueError, match=stimulus):
        signs_of({stimulus: result}, EXAMINATION)


@given(st.data())
def test_signs_and_results_say_the_same(data: st.DataObject) -> None:
    results = {
        stimulus.id: result
        for stimulus in EXAMINATION.stimuli
        if (result := data.draw(st.sampled_from([None, *possible_results(stimulus)]))) is not None
    }
    signs = signs_of(results, EXAMINATION)
    assert {
        stimulus.id: found
        for stimulus in EXAMINATION.stimuli
        if (found := result_of(stimulus, signs.evoked, signs.negative)) is not None
    } == results


def test_contradicting_signs_leave_the_result_open() -> None:
    assert result_of(STIMULI["pinprick"], {"punctate": "yes"}, {"pinprick_loss": "yes"}) is None
    assert result_of(STIMULI["pinprick"], {"punctate": "no"}, {}) is None


@pytest.mark.parametrize(
    ("results", "likely"),
    [
        ({}, {"sensory_loss": "unknown", "thermal_hyperalgesia": "unknown", "mechanical_hyperalgesia": "unknown"}),
        (
            {"pinprick": "less", "vibration": "less", "warm": "same", "cold": "same"},
            {"sensory_loss": "likely", "thermal_hyperalgesia": "unlikely", "mechanical_hyperalgesia": "unlikely"},
        ),
        (
            {"touch": "same", "pinprick": "same", "cold": "more", "warm": "same"},
            {"sensory_loss": "unlikely", "thermal_hyperalgesia": "likely", "mechanical_hyperalgesia": "unlikely"},
        ),
        (
            {"cold": "less", "pinprick": "more", "brush": "more", "touch": "less"},
            {"sensory_loss": "likely", "thermal_hyperalgesia": "unlikely", "mechanical_hyperalgesia": "likely"},
        ),
    ],
)
def test_profiles_overlap_and_stay_open(results: dict[str, str], likely: dict[str, str]) -> None:
    found = profiles_of(signs_of(results, EXAMINATION), EXAMINATION)
    assert {finding.profile.id: finding.likelihood for finding in found} == likely


@given(st.data())
def test_another_test_never_turns_a_settled_profile_around(data: st.DataObject) -> None:
    """What is likely or unlikely is settled by what was tested; one more test cannot make it the opposite."""
    full = {s.id: data.draw(st.sampled_from(possible_results(s))) for s in EXAMINATION.stimuli}
    part = {key: value for key, value in full.items() if data.draw(st.booleans())}
    before = {f.profile.id: f.likelihood for f in profiles_of(signs_of(part, EXAMINATION), EXAMINATION)}
    after = {f.profile.id: f.likelihood for f in profiles_of(signs_of(full, EXAMINATION), EXAMINATION)}
    assert {(before[key], after[key]) for key in before} <= {
        ("likely", "likely"),
        ("unlikely", "unlikely"),
        *((open_, settled) for open_ in ("possible", "unknown") for settled in ("likely", "unlikely", "possible")),
    }
