"""What would change the status of an option: the stated result every time, and no smaller change does.

The 10,000 patients are the number that the plan builder was asked to be proved on; they run in twenty parts.
"""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from tests.treatments.cases import LIBRARY, facts_of, measured, medicines
from tests.treatments.generated import generated
from treatments.case_files import case_files
from treatments.content import shipped
from treatments.facts import facts_from_case
from treatments.management.commands.propose_plan import Command
from treatments.patient_facts import PatientFacts
from treatments.presenters.changes import would_be
from treatments.proposal import propose, with_changes
from treatments.proposal.altered import CannotChange, altered
from treatments.proposal.changes import BEST, ChangeSearch, Edge
from treatments.proposal.model import Change, Status
from treatments.proposal.statuses import Statuses

PATIENTS, PARTS = 10_000, 20
PROPOSED_IN_FULL, TRIED_IN_FULL = 25, 12


def statuses_of(facts: PatientFacts) -> dict[str, Status]:
    """What `propose` says."""
    proposal = propose(facts, shipped())
    return {option.id: option.status for option in (*proposal.agents, *proposal.therapies)}


def improves(now: Status, becomes: Status) -> bool:
    return BEST.index(becomes) > BEST.index(now)


@pytest.mark.parametrize("part", range(PARTS))
def test_every_change_gives_its_result_and_no_smaller_one_does(part: int) -> None:
    size = PATIENTS // PARTS
    found = pairs = 0
    for seed in range(part * size, (part + 1) * size):
        facts = generated(seed)
        search = ChangeSearch(facts, shipped())
        now = search.statuses.final
        open_options = [name for name, status in now.items() if status is not Status.RECOMMENDED]
        option = random.Random(seed).choice(open_options)
        changes = search.of(option)
        in_full = seed % PROPOSED_IN_FULL == 0
        if in_full:
            assert statuses_of(facts) == now, seed
            assert {name: search.statuses.of_one(name, {}) for name in now} == now, seed
        for change in changes:
            after = altered(facts, change.set, shipped())
            again = Statuses(after, shipped())
            assert again.of_one(option, {}) is change.becomes, (seed, option, change)
            if in_full:
                assert statuses_of(after) == again.final, (seed, option, change)
            assert change.becomes is not now[option], (seed, option, change)
        better = [change for change in changes if improves(now[option], change.becomes)]
        found, pairs = found + len(changes), pairs + any(len(change.set) == 2 for change in better)
        assert len({len(change.set) for change in better}) <= 1, (seed, option)
        if any(len(change.set) > 1 for change in better) or seed % TRIED_IN_FULL == 0:
            nobody_does_it_alone(search, option, better, seed)
    assert found > size // 3
    assert part or pairs


def test_one_option_alone_is_judged_as_all_of_them_are() -> None:
    for seed in range(25):
        search = ChangeSearch(generated(seed), shipped())
        option = random.Random(seed).choice(list(search.statuses.final))
        for step in search.steps(option):
            changes = {step.fact: step.value}
            assert search.statuses.of_one(option, changes) is search.statuses.after(changes)[option], (seed, changes)


def nobody_does_it_alone(search: ChangeSearch, option: str, better: list[Change], seed: int) -> None:
    """Every single change of the whole space, tried without leaving one out."""
    now = search.statuses.final[option]
    alone = {
        step.fact
        for step in search.steps(option)
        if improves(now, search.statuses.of_one(option, {step.fact: step.value}))
    }
    if alone:
        assert {len(change.set) for change in better} == {1}, (seed, option, alone)
        assert alone == {name for change in better for name in change.set}, (seed, option)
    else:
        assert all(len(change.set) > 1 for change in better), (seed, option, better)


@pytest.mark.parametrize("path", sorted((LIBRARY / "valid").glob("*.yaml"))[::7], ids=lambda path: path.stem)
def test_the_library_says_what_would_change_and_proposing_again_agrees(path: Any) -> None:
    (file,) = case_files(str(path)).files
    assert file.case is not None
    facts = facts_from_case(file.case)
    proposal = with_changes(propose(facts, shipped()), facts, shipped())
    for option in (*proposal.agents, *proposal.therapies):
        assert (option.status is not Status.RECOMMENDED) or not option.changes
        for change in option.changes[:2]:
            assert statuses_of(altered(facts, change.set, shipped()))[option.id] is change.becomes, option.id


KIDNEY: dict[str, Any] = {
    "pain": {"conditions": ["dpn"]},
    "health": {"problem_list_reviewed": True, "present": ["diabetes"], "absent": [], "allergies": []},
    "medications": medicines(),
    "measurements": [measured("crcl", 27, "mL/min"), measured("qtc", 420, "ms"), measured("sodium", 139, "mmol/L"),
                     measured("systolic_bp", 130, "mmHg"), measured("diastolic_bp", 80, "mmHg")],
}  # fmt: skip


def changes_of(option: str, **parts: Any) -> tuple[PatientFacts, tuple[Change, ...]]:
    facts = facts_of(**{**KIDNEY, **parts})
    return facts, ChangeSearch(facts, shipped()).of(option)


def test_the_limit_of_the_kidney_is_the_nearest_value_that_lifts_it() -> None:
    _, changes = changes_of("duloxetine")
    assert [(dict(change.set), change.becomes) for change in changes if "crcl_ml_min" in change.set] == [
        ({"crcl_ml_min": 30}, Status.RECOMMENDED)
    ]


def test_a_number_that_nobody_knows_is_told_as_its_whole_range_never_as_its_edge() -> None:
    unknown = [row for row in KIDNEY["measurements"] if row["code"] != "qtc"]
    facts, changes = changes_of("amitriptyline", measurements=[*unknown, measured("crcl", 90, "mL/min")])
    search = ChangeSearch(facts, shipped())
    (change,) = [change for change in changes if change.set.keys() == {"qtc_ms"} and improves_to_use(change)]
    assert search.span("amitriptyline", change) == (None, Edge(500, inside=False))
    facts, changes = changes_of("duloxetine")
    (change,) = [change for change in changes if change.set.keys() == {"crcl_ml_min"}]
    assert ChangeSearch(facts, shipped()).span("duloxetine", change) == (Edge(30, inside=True), None)


def improves_to_use(change: Change) -> bool:
    return change.becomes in (Status.RECOMMENDED, Status.POSSIBLE)


def test_stopping_a_medicine_that_interacts_is_a_change() -> None:
    facts, changes = changes_of(
        "duloxetine", medications=medicines("phenelzine", "metformin"), measurements=[*KIDNEY["measurements"][1:],
                                                                                       measured("crcl", 90, "mL/min")]
    )  # fmt: skip
    stopped = [change for change in changes if "medication_names" in change.set]
    assert [list(change.set["medication_names"]) for change in stopped] == [["metformin"]]  # type: ignore[arg-type]
    after = altered(facts, stopped[0].set, shipped())
    assert [medicine.name for medicine in after.medicines] == ["metformin"]
    assert after.get("serotonergic_count") == 0
    # The line of the list speaks of no medicine as if it were stopped.
    option = propose(facts, shipped()).option("duloxetine")
    assert "phenelzine" not in would_be(option, ChangeSearch(facts, shipped())).casefold()


def test_what_follows_from_a_fact_follows_from_its_change() -> None:
    facts = facts_of(**KIDNEY)
    assert altered(facts, {"sodium_mmol_l": 130}, shipped()).get("hyponatraemia") is True
    low = facts_of(**{**KIDNEY, "measurements": [measured("sodium", 130, "mmol/L")]})
    assert low.get("hyponatraemia") is True
    assert altered(low, {"sodium_mmol_l": 139}, shipped()).get("hyponatraemia") is False
    assert altered(facts, {"recent_mi": True}, shipped()).get("cardiac_disease") is True
    assert altered(facts, {"dialysis": True}, shipped()).get("dialysis_type") == "haemodialysis"
    pregnant = altered(facts, {"pregnancy_status": "pregnant"}, shipped())
    assert pregnant.get("pregnancy") is True


def test_a_warfarin_that_is_stopped_no_longer_counts_as_an_anticoagulant() -> None:
    facts = facts_of(**{**KIDNEY, "medications": medicines("warfarin")})
    assert facts.get("anticoagulant_antiplatelet") is True
    assert altered(facts, {"medication_names": []}, shipped()).get("anticoagulant_antiplatelet") is False


def test_a_list_that_was_gone_through_settles_what_waits_for_it() -> None:
    facts = facts_of(**{**KIDNEY, "medications": medicines(reviewed=False)})
    assert "serotonergic_count" not in facts.values
    after = altered(facts, {"medications_reviewed": True}, shipped())
    assert after.get("serotonergic_count") == 0
    assert after.get("mme_per_day") == 0


def test_what_is_no_fact_or_no_value_of_it_is_told_all_at_once() -> None:
    with pytest.raises(CannotChange) as cannot:
        altered(facts_of(), {"crcl_ml_min": 9999, "sex": "tall", "shoe_size": 3, "medication_names": "x"}, shipped())
    assert [item.fact for item in cannot.value.problems] == ["crcl_ml_min", "sex", "shoe_size", "medication_names"]


def test_age_and_what_happened_are_never_offered() -> None:
    for seed in range(40):
        facts = generated(seed)
        search = ChangeSearch(facts, shipped())
        fixed = shipped().changing.fixed & facts.values.keys()
        named = {name for option in search.statuses.final for change in search.of(option) for name in change.set}
        assert not named & fixed
        assert not named & shipped().changing.follows


@pytest.mark.django_db  # Where the database is not embedded, the release in force is asked for.
def test_anybody_can_check_a_change_from_outside(capsys: pytest.CaptureFixture[str]) -> None:
    case = str(LIBRARY / "valid" / "pdn-ckd4.yaml")

    def proposed(*changes: str) -> dict[str, Any]:
        Command().handle(case=case, rulebook=None, set=list(changes))
        written = json.loads(capsys.readouterr().out)
        return {option["id"]: option for option in (*written["agents"], *written["therapies"])}

    before = proposed()
    asked = [(o["id"], change) for o in before.values() for change in o["changes"] if len(change["set"]) == 1][:12]
    assert asked
    for option, change in asked:
        ((name, value),) = change["set"].items()
        assert proposed(f"{name}={json.dumps(value)}")[option]["status"] == change["becomes"]


def test_a_change_that_cannot_be_made_ends_with_its_problem(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        Command().handle(case=str(LIBRARY / "valid" / "pdn-simple.yaml"), rulebook=None, set=["age_years=old", "x"])
    assert ended.value.code == 2
    (problem,) = json.loads(capsys.readouterr().err)
    assert problem["path"] == "set.x"
