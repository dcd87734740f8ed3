"""Everything that can be wrong with content before it becomes a release, all of it at once, each with its place.

Three layers: the shape of the files (JSON schema), the content as the loader reads it (conditions, types, sources,
ids), and what only the whole can show: names that refer to nothing, and examples that say something else than their
rule. Pure: content in, problems out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema

from rules.analyse import find_example
from rules.evaluate import evaluate
from rules.expr import Between, Compare, Expr, walk
from rules.strict_yaml import load
from rules.truth import Truth
from treatments.content import ContentInvalid, Files, Problem, build
from treatments.handouts.checks import handout_problems
from treatments.rulebook import Agent, Effect, Rule, Rulebook, Step
from treatments.safety.table import safety_of

SCHEMA = Path(__file__).with_name("content.schema.yaml")
TRUTHS: Mapping[str, Truth] = {"yes": Truth.YES, "no": Truth.NO, "unknown": Truth.UNKNOWN}

RENAL_FACT = "crcl_ml_min"
_LONGEST = 240

Record = Mapping[str, Any]


def problems(files: Files) -> list[Problem]:
    """All problems of this content, in the order of their places; none means that it can be a release."""
    found = list(shape_problems(files))
    try:
        rulebook = build(files)
    except ContentInvalid as error:
        found.extend(error.problems)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        # A wrong shape that the loader stumbles over; the schema has named the place in all cases we know.
        if not found:
            found.append(Problem("content", f"cannot be read: {type(error).__name__}: {error}"))
    else:
        found.extend(source_problems(files))
        found.extend(reference_problems(files, rulebook))
        found.extend(handout_problems(files, rulebook))
        found.extend(problem for agent in rulebook.agents for problem in dose_problems(agent))
        found.extend(problem for rule in rulebook.every_rule for problem in example_problems(rule, rulebook))
    return sorted(set(found))


def shape_problems(files: Files) -> Iterator[Problem]:
    """Missing and misplaced keys and wrong kinds of values, file by file."""
    for name in sorted(files):
        validator = _validators().get(_kind(name))
        if validator is None:
            continue
        for error in validator.iter_errors(files[name]):
            for part in _parts(error):
                yield Problem(_place(name, files[name], part.absolute_path), _message(part))
    for name in ("vocabulary.yaml", "interactions.yaml", "reference.yaml"):
        if name not in files:
            yield Problem(name, "the file is missing")


def example_problems(rule: Rule, rulebook: Rulebook) -> Iterator[Problem]:
    """Examples that are not what they say, and truths without an example where there is one to give."""
    place = f"{rule.file} {rule.id}"
    for name in sorted(rule.examples.keys() - TRUTHS.keys()):
        yield Problem(place, f"example {name}: an example is yes, no or unknown")
    for name, truth in TRUTHS.items():
        if name not in rule.examples:
            if find_example(rule.when, rulebook.vocabulary, truth) is not None:
                yield Problem(place, f"no example patient for {name} is given")
            continue
        facts = rule.examples[name]
        wrong = rulebook.vocabulary.problems(facts)
        yield from (Problem(place, f"example {name}: {text}") for text in wrong)
        if not wrong and (answer := evaluate(rule.when, facts)) is not truth:
            yield Problem(place, f"example {name}: the rule says {answer.name.lower()} for this patient")


def dose_problems(agent: Agent) -> Iterator[Problem]:
    """Doses that contradict each other: sums, order, ceilings, and kidney bands that overlap or leave a gap."""
    place = f"agents/{agent.id}.yaml {agent.id}"
    dosing = agent.dosing
    most = dosing.max_per_day if dosing is not None else None
    if dosing is not None:
        low, high = dosing.target_per_day
        if not dosing.start_per_day <= high or not low <= high or (most is not None and high > most):
            yield Problem(place, "start, target and ceiling are out of order")
        for setting, allowed in dosing.max_by_setting.items():
            if allowed is not None and most is not None and allowed > most:
                yield Problem(place, f"the ceiling for {setting} is above the ceiling of the medicine")
        yield from _schedule_problems(f"{place} titration", dosing.titration, most)
        yield from _schedule_problems(f"{place} slow titration", dosing.slow_titration, most)
        for special in dosing.special:
            yield from _schedule_problems(f"{place} special schedule", special.titration, special.max_per_day)
    for rule in agent.rules:
        limit = rule.dose
        if limit is None:
            continue
        if limit.max_per_day is not None and most is not None and limit.max_per_day > most:
            yield Problem(f"{rule.file} {rule.id}", "allows more than the ceiling of the medicine")
        if (
            limit.start_per_day is not None
            and limit.max_per_day is not None
            and limit.start_per_day > limit.max_per_day
        ):
            yield Problem(f"{rule.file} {rule.id}", "starts above its own ceiling")
    yield from _band_problems(agent, place)


def _schedule_problems(place: str, steps: Sequence[Step], ceiling: float | None) -> Iterator[Problem]:
    days = [step.day for step in steps]
    if any(later <= earlier for earlier, later in pairwise(days)):
        yield Problem(place, "the days do not go up")
    for step in steps:
        # A step of unequal doses has no dose of its own, only the day's total.
        if step.per_dose is not None and step.per_dose * step.times_per_day != step.per_day:
            yield Problem(place, f"day {step.day}: {step.per_dose} × {step.times_per_day} is not {step.per_day}")
        if ceiling is not None and step.per_day > ceiling:
            yield Problem(place, f"day {step.day}: {step.per_day} a day is above the ceiling {ceiling}")


def _band_problems(agent: Agent, place: str) -> Iterator[Problem]:
    bands = [rule for rule in agent.rules if f"{agent.id.replace('_', '-')}-renal-" in rule.id]
    edges = {edge for rule in bands for edge in _edges(rule.when)}
    if not edges:
        return
    for clearance in sorted({0.0, *edges, *(edge - 0.1 for edge in edges)}):
        holding = [rule.id for rule in bands if evaluate(rule.when, {RENAL_FACT: clearance}) is Truth.YES]
        if len(holding) != 1:
            which = " and ".join(holding) or "none"
            yield Problem(
                place, f"at a creatinine clearance of {clearance:g} exactly one kidney band must hold: {which}"
            )


def _edges(expr: Expr) -> Iterator[float]:
    for node in walk(expr):
        match node:
            case Compare(fact=fact, value=float() | int() as value) if fact == RENAL_FACT:
                yield float(value)
            case Between(fact=fact) if fact == RENAL_FACT:
                yield from (float(node.low), float(node.high))


def source_problems(files: Files) -> Iterator[Problem]:
    """Citations anywhere in the content, also in files that hold no rules, of works that no list of sources names."""
    listed = {
        item["id"]
        for name, data in files.items()
        if isinstance(data, Mapping) and isinstance(data.get("sources"), list)
        for item in data["sources"]
        if isinstance(item, Mapping) and "id" in item
    }
    for name in sorted(files):
        for place, cited in _cited(files[name], name):
            if cited not in listed:
                yield Problem(place, f"the source {cited} is in no list of sources")


def _cited(data: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(data, list):
        for item in data:
            yield from _cited(item, place)
    if not isinstance(data, Mapping):
        return
    here = f"{place.split(' ')[0]} {data['id']}" if isinstance(data.get("id"), str) else place
    for key, value in data.items():
        # A sentence about sources is no citation; an id has no spaces.
        names = [value] if isinstance(value, str) else value
        if key in ("source", "sources", "attributed_to", "practice_source") and isinstance(names, list):
            yield from ((here, name) for name in names if isinstance(name, str) and " " not in name)
        yield from _cited(value, here)


def reference_problems(files: Files, rulebook: Rulebook) -> Iterator[Problem]:
    """Names of classes, conditions, tests, medicines, options and topics that nothing stands behind."""
    vocabulary = files["vocabulary.yaml"]
    interactions = files["interactions.yaml"]
    agents, therapies = set(rulebook.agent_by_id), set(rulebook.therapy_by_id)
    classes = _ids(interactions["classes"])
    medicines = {item["name"] for item in (files.get("medicines.yaml") or {}).get("medicines", ())}
    causes = _ids(vocabulary["conditions"]) | _ids(vocabulary["condition_groups"]) | {"any"}
    tests, flags = _ids(vocabulary["monitoring_tests"]), _ids(vocabulary["red_flags"])
    outcomes = _ids(vocabulary["instruments"]) | set(vocabulary["instrument_aliases"])
    guidelines = _ids(files["reference.yaml"]["guidelines"])
    facts = {fact.name for fact in rulebook.vocabulary}

    def unknown(place: str, what: str, used: Iterable[str], known: set[str]) -> Iterator[Problem]:
        for name in sorted(set(used) - known):
            yield Problem(place, f"{what} {name} does not exist")

    for agent in rulebook.agents:
        place = f"agents/{agent.id}.yaml {agent.id}"
        yield from unknown(place, "the class", agent.classes, classes)
        yield from unknown(place, "the medicine", (*agent.drug_names, *agent.allergens), medicines)
        yield from unknown(place, "the condition", (item.condition for item in agent.indications), causes)
        yield from unknown(place, "the guideline", (line.guideline for line in agent.lines), guidelines)
        yield from unknown(place, "the monitoring test", (item.test for item in agent.monitoring), tests)
        if agent.dosing:
            yield from unknown(place, "the fact", agent.dosing.requires, facts)
            if not agent.products:
                yield Problem(place, "it has a dose and no products to make it of (products.yaml)")
    for therapy in rulebook.therapies:
        place = f"therapies/{therapy.category}.yaml {therapy.id}"
        yield from unknown(place, "the condition", (item.condition for item in therapy.indications), causes)
        given: Any = therapy.data.get("outcomes", ())
        yield from unknown(place, "the outcome", given, outcomes)
        phenotypes = set(rulebook.vocabulary["therapy_phenotypes"].values)
        yield from unknown(place, "the phenotype", therapy.phenotypes, phenotypes)
    for item in interactions["classes"]:
        yield from unknown(f"interactions.yaml {item['id']}", "the medicine", item["members"], medicines)
    for pair in rulebook.combinations:
        place = f"combinations.yaml {pair.id}"
        yield from unknown(place, "the class or agent", pair.components, classes | agents)
        yield from unknown(place, "the condition", pair.conditions, causes)
    alerts = {rule.target for rule in rulebook.rules if rule.effect is Effect.ALERT and rule.target}
    pairs = {row.id for row in rulebook.interactions}
    safety = safety_of(rulebook)
    themes = {burden.id for burden in safety.burdens}
    for burden in safety.burdens:
        place = f"safety.yaml {burden.id}"
        yield from unknown(place, "the fact", {burden.fact} - {""}, facts)
        yield from unknown(place, "the class", burden.classes, classes)
        yield from unknown(place, "the alert", burden.alerts | burden.absorbs | burden.asks, alerts)
        yield from unknown(place, "the interaction", burden.interactions, pairs)
    for danger in safety.dangers:
        place = f"safety.yaml {danger.id}"
        yield from unknown(place, "the class", frozenset().union(*danger.required, *danger.of), classes)
        yield from unknown(place, "the burden", {danger.theme} - {""}, themes)
    for grading in safety.gradings:
        place = f"safety.yaml {grading.id}"
        named = {grading.dose.medicine} if grading.dose else set()
        yield from unknown(place, "the interaction", grading.interactions, pairs)
        yield from unknown(place, "the medicine", named.union(*grading.medicines), medicines)
    for topic_row in safety.topics:
        yield from unknown(f"safety.yaml {topic_row.id}", "the fact", topic_row.facts, facts)
    education = files.get("education.yaml") or {}
    for topic in education.get("topics", ()):
        yield from unknown(f"education.yaml {topic['id']}", "the therapy", topic["therapies"], therapies)
    for sign in (education.get("red_flags") or {}).get("items", ()):
        yield from unknown(f"education.yaml {sign['id']}", "the red flag", sign["clinician_flags"], flags)
    ladder = files.get("therapy_ladder.yaml") or {}
    for step in ladder.get("ladder", ()):
        yield from unknown(f"therapy_ladder.yaml step {step['step']}", "the therapy", step["therapies"], therapies)
    positions = files.get("guideline_positions.yaml") or {}
    yield from _position_problems(positions, rulebook, guidelines, causes, agents | therapies)
    for kind, found in (("agents", agents), ("therapies", therapies)):
        yield from unknown("vocabulary.yaml", f"among the {kind}", _ids(vocabulary[kind]), found)
        yield from unknown(f"{kind}/", f"the vocabulary does not list it: {kind}", found, _ids(vocabulary[kind]))
    yield from _twice("interactions.yaml", (item["id"] for item in interactions["interactions"]))
    yield from _twice("interactions.yaml classes", (item["id"] for item in interactions["classes"]))
    yield from _twice("agents/", (agent.id for agent in rulebook.agents))
    yield from _twice("therapies/", (therapy.id for therapy in rulebook.therapies))


def _position_problems(
    data: Record, rulebook: Rulebook, guidelines: set[str], causes: set[str], options: set[str]
) -> Iterator[Problem]:
    """Guidelines, causes, options and places that nothing stands behind, and words of a guideline that nobody read."""
    file = "guideline_positions.yaml"
    if not data:
        return
    places = _ids(data["places"])
    named = [
        (f"{file} {item['guideline']}", "the guideline", {item["guideline"]}, guidelines) for item in data["scopes"]
    ]
    named += [
        (f"{file} {item['guideline']}", "the condition", {*item["conditions"], *item.get("not_conditions", ())}, causes)
        for item in data["scopes"]
    ]
    named += [(f"{file} readings", "the place", set(data["readings"]), places)]
    for item in data["disagreements"]:
        named.append((f"{file} {item['id']}", "the option", set(item["options"]), options))
        named.append((f"{file} {item['id']}", "the condition", set(item["conditions"]), causes))
    for place, what, used, known in named:
        yield from (Problem(place, f"{what} {name} does not exist") for name in sorted(used - known))
    yield from _twice(file, (words for listed in data["readings"].values() for words in listed))
    read = {words for listed in data["readings"].values() for words in listed}
    for agent in rulebook.agents:
        for line in agent.lines:
            if line.line not in read:
                yield Problem(f"agents/{agent.id}.yaml {agent.id}", f"no place is given for the words: {line.line}")


def _twice(place: str, names: Iterable[str]) -> Iterator[Problem]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield Problem(f"{place} {name}", "the id stands there twice")
        seen.add(name)


def _ids(items: Iterable[Record]) -> set[str]:
    return {item["id"] for item in items}


def _kind(name: str) -> str:
    return name.split("/", 1)[0] if "/" in name else name.removesuffix(".yaml")


@lru_cache(maxsize=1)
def _validators() -> Mapping[str, jsonschema.Draft202012Validator]:
    schema = load(SCHEMA.read_text(encoding="utf-8"))
    return {
        kind: jsonschema.Draft202012Validator({"$ref": f"#/$defs/{kind}_file", "$defs": schema["$defs"]})
        for kind in schema["files"]
    }


def _parts(error: jsonschema.ValidationError) -> Iterator[jsonschema.ValidationError]:
    """The mistakes behind "fits none of these": those of the choice that was meant, which is not the null."""
    meant = [part for part in error.context or () if not (part.validator == "type" and part.validator_value == "null")]
    if not meant:
        yield error
    for part in meant:
        yield from _parts(part)


def _message(error: jsonschema.ValidationError) -> str:
    """The library's sentence without the data, which may be pages long."""
    text = error.message
    return text if len(text) <= _LONGEST else f"{text[:60]}… {text[-(_LONGEST - 60) :]}"


def _place(name: str, data: Any, path: Iterable[str | int]) -> str:
    """The file, the id of the innermost thing that has one, and the way from there."""
    here, trail, innermost = data, [], ""
    for part in path:
        try:
            here = here[part]
        except (KeyError, IndexError, TypeError):
            break
        trail.append(f"[{part}]" if isinstance(part, int) else f".{part}")
        if isinstance(here, Mapping) and isinstance(here.get("id"), str):
            innermost, trail = here["id"], []
    if not innermost and isinstance(data, Mapping) and isinstance(data.get("id"), str):
        innermost = data["id"]
    return " ".join(part for part in (name, innermost, "".join(trail).lstrip(".")) if part)
