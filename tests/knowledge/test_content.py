"""The content holds together: nothing lost, nothing dangling, every condition readable, every example true."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from rules.analyse import find_example
from rules.evaluate import evaluate
from rules.facts import from_json
from rules.parse import parse
from rules.strict_yaml import load
from rules.truth import Truth
from rules.typecheck import problems
from treatments.content import KNOWLEDGE, vocabulary_of

Record = dict[str, Any]

OWN = (
    "agents/",
    "therapies/",
    "sources/",
    "interactions",
    "combinations",
    "education",
    "reference",
    "therapy_ladder",
    "guideline_positions",
)
MARKS = ("label-knowledge-unverified", "unverified", "design_default", "dossier_reconciliation")
TRUTHS = {"yes": Truth.YES, "no": Truth.NO, "unknown": Truth.UNKNOWN}

# How many of those marks each file carries. A mark may only go together with the source that replaces it; then this
# figure goes down by one, in the same change.
UNVERIFIED = {
    "agents/acetyl_l_carnitine.yaml": 9,
    "agents/alpha_lipoic_acid.yaml": 24,
    "agents/amitriptyline.yaml": 40,
    "agents/baclofen.yaml": 14,
    "agents/botulinum_toxin_a_sc.yaml": 29,
    "agents/buprenorphine_td.yaml": 31,
    "agents/cannabinoids.yaml": 19,
    "agents/capsaicin_8_patch.yaml": 9,
    "agents/capsaicin_cream.yaml": 18,
    "agents/carbamazepine.yaml": 36,
    "agents/clonidine_topical.yaml": 18,
    "agents/compounded_topical_bak.yaml": 23,
    "agents/desipramine.yaml": 55,
    "agents/desvenlafaxine.yaml": 36,
    "agents/dextromethorphan.yaml": 13,
    "agents/duloxetine.yaml": 26,
    "agents/eslicarbazepine.yaml": 31,
    "agents/gabapentin.yaml": 29,
    "agents/gabapentin_enacarbil.yaml": 21,
    "agents/gabapentin_er.yaml": 16,
    "agents/imipramine.yaml": 45,
    "agents/ketamine.yaml": 19,
    "agents/lacosamide.yaml": 29,
    "agents/lamotrigine.yaml": 28,
    "agents/levetiracetam.yaml": 8,
    "agents/lidocaine_plaster.yaml": 14,
    "agents/methadone.yaml": 34,
    "agents/mexiletine.yaml": 9,
    "agents/mirogabalin.yaml": 15,
    "agents/morphine.yaml": 26,
    "agents/naltrexone_low_dose.yaml": 26,
    "agents/nortriptyline.yaml": 50,
    "agents/oxcarbazepine.yaml": 21,
    "agents/oxycodone.yaml": 29,
    "agents/pregabalin.yaml": 20,
    "agents/suzetrigine.yaml": 13,
    "agents/tapentadol.yaml": 22,
    "agents/topiramate.yaml": 30,
    "agents/tramadol.yaml": 29,
    "agents/valproate.yaml": 8,
    "agents/venlafaxine_er.yaml": 31,
    "combinations.yaml": 11,
    "education.yaml": 77,
    "guideline_positions.yaml": 5,
    "interactions.yaml": 189,
    "reference.yaml": 5,
    "sources/medicines.yaml": 2,
    "sources/therapies.yaml": 2,
    "therapies/complementary.yaml": 51,
    "therapies/education.yaml": 31,
    "therapies/interventional.yaml": 100,
    "therapies/lifestyle.yaml": 38,
    "therapies/neuromodulation.yaml": 70,
    "therapies/psychological.yaml": 81,
    "therapies/rehabilitation.yaml": 149,
    "therapy_ladder.yaml": 66,
}


@cache
def content() -> Mapping[str, Any]:
    """Every file of the content by name."""
    return {
        path.relative_to(KNOWLEDGE).as_posix(): load(path.read_text(encoding="utf-8"))
        for path in sorted(Path(KNOWLEDGE).rglob("*.yaml"))
        if "cases" not in path.relative_to(KNOWLEDGE).parts
    }


def own_files() -> list[str]:
    return [name for name in content() if name.startswith(OWN)]


def agents() -> list[Record]:
    return [data for name, data in content().items() if name.startswith("agents/")]


def therapies() -> list[Record]:
    return [item for name, data in content().items() if name.startswith("therapies/") for item in data["therapies"]]


def walk(data: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every mapping, list and leaf with its path."""
    yield path, data
    if isinstance(data, dict):
        for key, value in data.items():
            yield from walk(value, f"{path}.{key}")
    elif isinstance(data, list):
        for number, value in enumerate(data):
            yield from walk(value, f"{path}[{number}]")


def rules() -> list[tuple[str, Record]]:
    """Every rule of these files with the place where it stands."""
    found = []
    for option in (*agents(), *therapies()):
        found += [(f"{option['id']} {rule['id']}", rule) for rule in option["rules"]]
    for pair in content()["combinations.yaml"]["combinations"]:
        if "block_when" in pair:
            found.append((pair["id"], {"id": pair["id"], "when": pair["block_when"], "examples": pair["examples"]}))
    return found


@cache
def vocabulary() -> Any:
    return vocabulary_of(content()["vocabulary.yaml"])


def ids(kind: str) -> set[str]:
    return {item["id"] for item in content()["vocabulary.yaml"][kind]}


def source_ids() -> set[str]:
    return {
        item["id"]
        for name, data in content().items()
        if name.startswith("sources/")
        for item in data.get("sources", ())
    }


def test_nothing_is_lost() -> None:
    interactions, education = content()["interactions.yaml"], content()["education.yaml"]
    counts = {
        "agents": len(agents()),
        "therapies": len(therapies()),
        "classes": len(interactions["classes"]),
        "interactions": len(interactions["interactions"]),
        "drugs with a code": len(interactions["drugs"]),
        "combinations": len(content()["combinations.yaml"]["combinations"]),
        "topics": len(education["topics"]),
        "carer guidance": len(education["caregiver_guidance"]),
        "warning signs": len(education["red_flags"]["items"]),
        "rules of agents": sum(len(agent["rules"]) for agent in agents()),
        "rules of therapies": sum(len(therapy["rules"]) for therapy in therapies()),
        "sources on medicines": len(content()["sources/medicines.yaml"]["sources"]),
        "sources on therapies": len(content()["sources/therapies.yaml"]["sources"]),
        "sources on assessment": len(content()["sources/assessment.yaml"]["sources"]),
    }
    assert counts == {
        "agents": 41,
        "therapies": 55,
        "classes": 98,
        "interactions": 189,
        "drugs with a code": 445,
        "combinations": 17,
        "topics": 50,
        "carer guidance": 6,
        "warning signs": 20,
        "rules of agents": 780,
        "rules of therapies": 197,
        "sources on medicines": 205,
        "sources on therapies": 141,
        "sources on assessment": 101,
    }


def test_every_mark_that_says_unverified_is_kept() -> None:
    counted = {
        name: sum(1 for _, value in walk(content()[name]) if isinstance(value, str) and value in MARKS)
        for name in own_files()
    }
    assert {name: number for name, number in counted.items() if number} == UNVERIFIED


def test_rule_ids_are_unique_readable_and_short() -> None:
    names = [rule["id"] for option in (*agents(), *therapies()) for rule in option["rules"]]
    assert [name for name, number in Counter(names).items() if number > 1] == []
    assert [name for name in names if len(name) > 60 or not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", name)] == []


def test_files_are_named_after_what_they_hold() -> None:
    for name, data in content().items():
        if name.startswith("agents/"):
            assert name == f"agents/{data['id']}.yaml"
        if name.startswith("therapies/"):
            assert {f"therapies/{item['category']}.yaml" for item in data["therapies"]} == {name}


@pytest.mark.parametrize("name", own_files())
def test_every_source_exists(name: str) -> None:
    cited = {
        source
        for path, value in walk(content()[name])
        if re.search(r"\.(sources|also)$", path) and isinstance(value, list) and not path.startswith(".sources")
        for source in value
        if isinstance(source, str)
    }
    cited |= {
        value
        for path, value in walk(content()[name])
        if path.endswith((".attributed_to", ".practice_source", ".via")) and "conventions" not in path
    }
    assert sorted(cited - source_ids()) == []


def test_every_rule_has_a_source_a_text_and_an_effect() -> None:
    effects = {
        "recommend", "contraindicate", "caution", "limit_dose", "set_start", "prefer", "avoid", "monitor", "refer",
        "alert", "educate", "follow_up", "require",
    }  # fmt: skip
    for option in (*agents(), *therapies()):
        for rule in option["rules"]:
            assert rule["effect"] in effects, rule["id"]
            assert rule["sources"], rule["id"]
            assert rule["text"].strip(), rule["id"]


def conditions() -> list[tuple[str, str]]:
    found = []
    for name in own_files():
        for path, value in walk(content()[name]):
            is_condition = path.endswith((".when", ".block_when", ".only_if"))
            if is_condition and not re.search(r"\.monitoring\[\d+\]\.when$", path):
                found.append((f"{name}{path}", value))
    return found


def test_every_condition_is_readable_and_asks_known_facts_in_their_types() -> None:
    wrong = [f"{place}: {problem}" for place, text in conditions() for problem in problems(parse(text), vocabulary())]
    assert wrong == []
    assert len(conditions()) > 900


@pytest.mark.parametrize("truth", TRUTHS)
def test_examples_are_patients_for_whom_the_rule_says_so(truth: str) -> None:
    wrong = []
    for place, rule in rules():
        expr = parse(rule["when"])
        if truth in rule["examples"]:
            facts = from_json(rule["examples"][truth])
            if vocabulary().problems(facts) or evaluate(expr, facts) is not TRUTHS[truth]:
                wrong.append(place)
        elif find_example(expr, vocabulary(), TRUTHS[truth]) is not None:
            wrong.append(f"{place}: an example is possible but not given")
    assert wrong == []


def test_every_name_that_the_content_uses_exists() -> None:
    interactions = content()["interactions.yaml"]
    classes = {item["id"] for item in interactions["classes"]}
    medicines = {item["name"] for item in content()["medicines.yaml"]["medicines"]}
    agent_ids, therapy_ids = {item["id"] for item in agents()}, {item["id"] for item in therapies()}
    causes = ids("conditions") | ids("condition_groups") | {"any"}
    guidelines = {item["id"] for item in content()["reference.yaml"]["guidelines"]}
    instruments = ids("instruments") | set(content()["vocabulary.yaml"]["instrument_aliases"])
    facts = {fact.name for fact in vocabulary()}
    missing: list[str] = []

    def need(place: str, used: Any, known: set[str]) -> None:
        missing.extend(f"{place}: {name}" for name in sorted(set(used) - known))

    for agent in agents():
        need(agent["id"], agent["classes"], classes)
        need(agent["id"], agent["drug_names"], medicines)
        need(agent["id"], (item["condition"] for item in agent["indications"]), causes)
        need(agent["id"], (item["guideline"] for item in agent["lines"]), guidelines)
        need(agent["id"], (item["test"] for item in agent["monitoring"]), ids("monitoring_tests"))
        for region in ("us", "uk"):
            for kind in ("licensed_for", "off_label_for"):
                need(agent["id"], agent["regulatory"][region].get(kind, ()), causes)
        if agent["dosing"]:
            need(agent["id"], agent["dosing"]["requires"], facts)
    for therapy in therapies():
        need(therapy["id"], (item["condition"] for item in therapy["indications"]), causes)
        need(therapy["id"], therapy["outcomes"], instruments)
        need(therapy["id"], therapy["phenotype_fit"], set(vocabulary()["therapy_phenotypes"].values))
    for item in interactions["classes"]:
        need(item["id"], item["members"], medicines)
    for pair in interactions["interactions"]:
        for side in (pair["a"], pair["b"]):
            need(pair["id"], side.values(), classes if "class" in side else agent_ids)
        need(pair["id"], [pair["severity"]], set(interactions["severity_levels"]))
    for pair in content()["combinations.yaml"]["combinations"]:
        need(pair["id"], pair["components"], classes | agent_ids)
        need(pair["id"], pair["conditions"], causes)
    for topic in content()["education.yaml"]["topics"]:
        need(topic["id"], topic["therapies"], therapy_ids)
    for sign in content()["education.yaml"]["red_flags"]["items"]:
        need(sign["id"], sign["clinician_flags"], ids("red_flags"))
    ladder = content()["therapy_ladder.yaml"]
    for step in (*ladder["ladder"], *ladder["bleeding_risk_classes"].values()):
        need(str(step.get("title", "bleeding risk")), step["therapies"], therapy_ids)
    need("screening", (item["fact"] for item in ladder["screening"]), facts)
    assert missing == []
    assert agent_ids == ids("agents")
    assert therapy_ids == ids("therapies")


def test_schedules_add_up_and_stay_below_their_ceiling() -> None:
    wrong = []
    for agent in agents():
        dosing = agent["dosing"]
        if not dosing:
            continue
        schedules = [dosing["titration"], dosing["slow_titration"] or []]
        ceilings = [dosing["max_per_day"], dosing["max_per_day"]]
        for special in dosing.get("special_schedules", []):
            schedules.append(special["titration"])
            ceilings.append(special["max_per_day"])
        for steps, ceiling in zip(schedules, ceilings, strict=True):
            days = [step["day"] for step in steps]
            if days != sorted(set(days)):
                wrong.append(f"{agent['id']}: days out of order {days}")
            for step in steps:
                doses = step.get("dose_pattern")
                total = sum(doses) if doses else step["per_dose"] * step["times_per_day"]
                if total != step["per_day"]:
                    wrong.append(f"{agent['id']} day {step['day']}: {total} is not {step['per_day']}")
                if ceiling is not None and step["per_day"] > ceiling:
                    wrong.append(f"{agent['id']} day {step['day']}: above {ceiling}")
        low, high = dosing["target_per_day"]
        most = dosing["max_per_day"]
        if not (dosing["start"]["per_day"] <= high and low <= high and (most is None or high <= most)):
            wrong.append(f"{agent['id']}: start, target and ceiling out of order")
        for setting, allowed in dosing["max_per_day_by_setting"].items():
            if allowed is not None and allowed > most:
                wrong.append(f"{agent['id']}: {setting} above the ceiling")
    assert wrong == []


def test_limits_never_allow_more_than_the_ceiling_of_the_agent() -> None:
    wrong = []
    for agent in agents():
        most = (agent["dosing"] or {}).get("max_per_day")
        for rule in agent["rules"]:
            dose = rule.get("dose", {})
            if most is not None and dose.get("max_per_day", 0) > most:
                wrong.append(rule["id"])
            if "start_per_day" in dose and "max_per_day" in dose and dose["start_per_day"] > dose["max_per_day"]:
                wrong.append(rule["id"])
    assert wrong == []


@pytest.mark.parametrize("clearance", [0, 7.5, 9.9, 10, 14.9, 15, 29.9, 30, 49.9, 50, 59.9, 60, 79.9, 80, 90, 150])
def test_exactly_one_kidney_band_holds(clearance: float) -> None:
    for agent in agents():
        bands = [rule for rule in agent["rules"] if "-renal-" in rule["id"]]
        unbounded = [item for item in agent.get("no_adjustment", []) if item["organ"] == "kidney"]
        if not bands:
            continue
        held = [rule["id"] for rule in bands if evaluate(parse(rule["when"]), {"crcl_ml_min": clearance}) is Truth.YES]
        assert len(held) + len(unbounded) == 1, (agent["id"], clearance, held)
