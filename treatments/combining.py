"""Switch, combine or wait: what the trials on record ask for before a second medicine is added. Pure.

The thresholds are those by which trials were judged (treatments.trial_facts); the principles are content
(combinations.yaml), cited by their ids.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from treatments.patient_facts import Outcome, PatientFacts, Trial
from treatments.proposal import Proposal
from treatments.proposal.model import CombinationResult, OptionResult, Status
from treatments.rulebook import Rulebook


class Course(StrEnum):
    """What to do next, the strongest first: a medicine that helps well is kept before anything is added."""

    CONTINUE = "continue"
    COMBINE = "combine"
    FINISH = "finish"
    SWITCH = "switch"
    BEGIN = "begin"


# The principle of combinations.yaml behind each course.
PRINCIPLES = {
    Course.CONTINUE: "continue_if_responder",
    Course.COMBINE: "combine_if_partial",
    Course.FINISH: "trial_adequate_first",
    Course.SWITCH: "switch_if_no_response",
    Course.BEGIN: "trial_adequate_first",
}
_NO_RESPONSE = frozenset({Outcome.FAILED, Outcome.NOT_TOLERATED, Outcome.INSUFFICIENT})


@dataclass(frozen=True, slots=True)
class Advice:
    """The course for this patient and the trials that decide it. `systemic`: agents taken that are not topical."""

    course: Course
    trials: tuple[Trial, ...]
    systemic: tuple[str, ...]


def advice(facts: PatientFacts, proposal: Proposal, rulebook: Rulebook) -> Advice:
    """What the trials on record ask for; what goes on now decides before what has ended."""
    taken = (o.id for o in proposal.agents if o.currently_taken and not rulebook.agent_by_id[o.id].is_topical)
    systemic = tuple(taken)
    courses = [(course_of(trial), trial) for trial in facts.trials]
    for course in Course:
        deciding = tuple(trial for found, trial in courses if found is course)
        if deciding:
            return Advice(course, deciding, systemic)
    return Advice(Course.BEGIN, (), systemic)


def course_of(trial: Trial) -> Course | None:
    """What one trial asks for; None where it has ended and says nothing."""
    if trial.ongoing and trial.outcome is Outcome.RESPONDED:
        return Course.CONTINUE
    if trial.ongoing and trial.outcome is Outcome.PARTIAL:
        return Course.COMBINE
    if trial.outcome in _NO_RESPONSE:
        return Course.SWITCH
    return Course.FINISH if trial.ongoing else None


@dataclass(frozen=True, slots=True)
class Pairing:
    """A pair as it would stand in this patient's plan: one option for each side, and what is in the way.

    `picked` is empty where a side has nobody to stand for it, and `lacking` is that side. `same_class` names a class of
    which there would be two.
    """

    picked: tuple[str, ...]
    to_add: tuple[str, ...]
    same_class: str = ""
    lacking: str = ""

    @property
    def can_be_added(self) -> bool:
        """Whether one press may put the pair, or what is missing of it, into the plan."""
        return bool(self.to_add) and not self.same_class


def pairing(pair: CombinationResult, proposal: Proposal, rulebook: Rulebook, chosen: Iterable[str]) -> Pairing:
    """Choose for each side of a pair: what is in the plan, else what is taken, else the best that may be used.

    Raises KeyError when the pair names an agent that the proposal does not have.
    """
    held = frozenset(chosen)
    picked: list[str] = []
    for component in pair.components:
        side = sorted(rulebook.class_members.get(component) or {component})
        best = min(
            (o for o in map(proposal.option, side) if o.id not in picked and (_usable(o) or o.id in held)),
            key=lambda o: (o.id not in held, not o.currently_taken, o.rank or len(side) + len(proposal.agents), o.id),
            default=None,
        )
        if best is None:
            return Pairing((), (), lacking=component)
        picked.append(best.id)
    # What is taken may be any form of its substance: another form of a medicine that was picked is no second one.
    own = {name for agent in picked for name in rulebook.agent_by_id[agent].drug_names}
    taken = {
        o.id for o in proposal.agents if o.currently_taken and not own & set(rulebook.agent_by_id[o.id].drug_names)
    }
    others = taken | held
    return Pairing(
        tuple(picked),
        tuple(name for name in picked if name not in held),
        _doubled({*picked, *others}, picked, rulebook),
    )


def _usable(option: OptionResult) -> bool:
    return option.currently_taken or option.status in (Status.RECOMMENDED, Status.POSSIBLE)


def _doubled(together: set[str], picked: Iterable[str], rulebook: Rulebook) -> str:
    """A class of which the pair would make two: never two of one class (the list is content, rules/actions.yaml)."""
    mine = set(picked)
    for name in rulebook.meanings.duplicate_classes:
        members = rulebook.class_members.get(name, frozenset()) & together
        if len(members) > 1 and members & mine:
            return name
    return ""
