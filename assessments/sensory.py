"""The bedside examination: which signs its results stand for, and which sensory profiles they resemble. Pure.

Everything clinical is read from `knowledge/sensory_examination.yaml`. What was not tested stays unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from types import MappingProxyType
from typing import Literal

from assessments.definitions import Profile, ProfileCriterion, SensoryExamination, Stimulus
from rules.truth import AND, NOT, OR, Truth

Result = Literal["less", "same", "more"]
LESS: Result = "less"
SAME: Result = "same"
MORE: Result = "more"
Likelihood = Literal["likely", "possible", "unlikely", "unknown"]
_TRUTH: Mapping[str, Truth] = {"yes": Truth.YES, "no": Truth.NO}


@dataclass(frozen=True, slots=True)
class Signs:
    """Signs by id: "yes" or "no"; what is in neither was not looked for. `evoked` are gains, `negative` are losses."""

    evoked: Mapping[str, str]
    negative: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CriterionFinding:
    """One thing that a profile asks for, and whether it was found."""

    criterion: ProfileCriterion
    truth: Truth


@dataclass(frozen=True, slots=True)
class ProfileFinding:
    """How well the signs fit one profile, with what speaks for it, against it, and what was not tested."""

    profile: Profile
    likelihood: Likelihood
    criteria: tuple[CriterionFinding, ...]


def possible_results(stimulus: Stimulus) -> tuple[Result, ...]:
    """The results that a stimulus can have: a pure loss is never "more", a pure gain never "less"."""
    return tuple(
        result for result, exists in ((LESS, bool(stimulus.loss)), (SAME, True), (MORE, bool(stimulus.gain))) if exists
    )


def signs_of(results: Mapping[str, str], examination: SensoryExamination) -> Signs:
    """The signs that the results stand for, by stimulus id. Raises ValueError for a result that cannot be."""
    evoked: dict[str, str] = {}
    negative: dict[str, str] = {}
    for stimulus in examination.stimuli:
        result = results.get(stimulus.id)
        if result is None:
            continue
        if result not in possible_results(stimulus):
            raise ValueError(f"{stimulus.id} cannot be {result!r}")
        if stimulus.gain:
            evoked[stimulus.gain] = "yes" if result == MORE else "no"
        if stimulus.loss:
            negative[stimulus.loss] = "yes" if result == LESS else "no"
    return Signs(MappingProxyType(evoked), MappingProxyType(negative))


def result_of(stimulus: Stimulus, evoked: Mapping[str, str], negative: Mapping[str, str]) -> Result | None:
    """The result that stated signs stand for; None where they leave it open.

    Assessments from before the grid, and answers in words, state signs and no results.
    """
    gain, loss = evoked.get(stimulus.gain or ""), negative.get(stimulus.loss or "")
    if gain == "yes" and loss != "yes":
        return MORE
    if loss == "yes" and gain != "yes":
        return LESS
    looked_for = [answer for sign, answer in ((stimulus.gain, gain), (stimulus.loss, loss)) if sign]
    return SAME if looked_for and all(answer == "no" for answer in looked_for) else None


def profiles_of(signs: Signs, examination: SensoryExamination) -> tuple[ProfileFinding, ...]:
    """How well the signs fit each profile. Profiles are not exclusive: a patient may fit none, one or several."""
    answers = {**signs.evoked, **signs.negative}
    return tuple(_profile(profile, answers) for profile in examination.profiles)


def _profile(profile: Profile, answers: Mapping[str, str]) -> ProfileFinding:
    found = tuple(CriterionFinding(criterion, _criterion(criterion, answers)) for criterion in profile.criteria)
    return ProfileFinding(profile, _likelihood([finding.truth for finding in found]), found)


def _criterion(criterion: ProfileCriterion, answers: Mapping[str, str]) -> Truth:
    truths = [_TRUTH.get(answers.get(sign, ""), Truth.UNKNOWN) for sign in criterion.signs]
    if criterion.absent:
        return reduce(lambda a, b: AND[a, b], (NOT[truth] for truth in truths), Truth.YES)
    return reduce(lambda a, b: OR[a, b], truths, Truth.NO)


def _likelihood(criteria: Sequence[Truth]) -> Likelihood:
    if all(truth is Truth.YES for truth in criteria):
        return "likely"
    if any(truth is Truth.NO for truth in criteria):
        return "unlikely"
    return "possible" if any(truth is Truth.YES for truth in criteria) else "unknown"
