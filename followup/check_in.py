"""The questions of a check-in, how an answer is read, and which answers must not wait. Pure.

Answers are kept by question id; a question that was not answered has no entry and stays unknown.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from followup import goals as goals_of_plan
from rules.evaluate import evaluate
from rules.facts import Facts
from rules.parse import parse
from rules.truth import Truth

Kind = Literal["many", "scale", "choice", "number"]
Answer: TypeAlias = int | float | list[str]
Answers: TypeAlias = Mapping[str, Answer]

# The questions stand in this language only, and so do their pages and the message that leads to them.
LANGUAGE = "en"
DANGER, EFFECTS, GRADE = "danger_signs", "effects", "grade:"
NONE = "none"
# A number as people write it: 12, 12.5 or 12,5.
_NUMBER = re.compile(r"\d{1,6}(?:[.,]\d{1,3})?")


@dataclass(frozen=True, slots=True)
class Option:
    """One possible answer."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Question:
    """One screen. A scale goes from 0 to 10 with words at its ends; `many` may be answered with none of its options.

    A `number` is written, in `unit`.
    """

    id: str
    kind: Kind
    text: str
    options: tuple[Option, ...]
    low: str = ""
    high: str = ""
    help: str = ""
    unit: str = ""


class AnswerInvalid(ValueError):
    """What was sent is no answer to the question."""


def questions(
    content: Mapping[str, Any], goals: Iterable[goals_of_plan.Goal], effects: Collection[str], chosen: Sequence[str]
) -> tuple[Question, ...]:
    """The screens in order. `goals` are those of the plan, `effects` the ids of adverse effects to ask about, `chosen`
    those that the patient has ticked so far: each gets a screen for how bad it was."""
    signs, asked = content["danger_signs"], content["effects"]
    found = [
        Question(DANGER, "many", signs["question"], _options(signs["items"], "id", "sign", signs["none"])),
        *(_scale(row) for row in (*content["pain"], *content["peg"])),
        Question("pgic", "choice", content["pgic"]["text"], _options(content["pgic"]["options"], "value", "label")),
    ]
    found += [_about_goal(goal, content["goal"]) for goal in goals_of_plan.asked(goals)]
    adherence = content["adherence"]
    found.append(Question("adherence", "choice", adherence["text"], _options(adherence["options"], "value", "label")))
    items = [row for row in asked["items"] if row["id"] in effects]
    if items:
        found.append(Question(EFFECTS, "many", asked["question"], _options(items, "id", "text", asked["none"])))
    severities = content["severities"]
    found += [
        Question(
            GRADE + row["id"],
            "choice",
            severities["text"],
            _options(severities["options"], "grade", "label"),
            help=row["text"],
        )
        for row in items
        if row["id"] in chosen
    ]
    return tuple(found)


def _about_goal(goal: goals_of_plan.Goal, data: Mapping[str, Any]) -> Question:
    """The question about one goal, with the patient's own words: the number that was reached, or how it is going."""
    name, words = goals_of_plan.question_of(goal), f"“{goal.words}”"
    if goal.is_numeric:
        return Question(name, "number", data["number"], (), help=f"{words} {goal.measure}".strip(), unit=goal.unit)
    return Question(name, "choice", data["text"], _options(data["options"], "value", "label"), help=words)


def _options(rows: Sequence[Mapping[str, Any]], value: str, label: str, none: str = "") -> tuple[Option, ...]:
    options = tuple(Option(str(row[value]), str(row[label])) for row in rows)
    return (*options, Option(NONE, none)) if none else options


def _scale(row: Mapping[str, Any]) -> Question:
    numbers = tuple(Option(str(number), str(number)) for number in range(11))
    return Question(row["id"], "scale", row["text"], numbers, row["low"], row["high"])


def read(question: Question, values: Sequence[str]) -> Answer | None:
    """What was answered; None when nothing was. Raises AnswerInvalid."""
    given = [value for value in dict.fromkeys(values) if value.strip()]
    if question.kind == "number":
        return _number(given)
    known = {option.value for option in question.options}
    if any(value not in known for value in given):
        raise AnswerInvalid("unknown")
    if not given:
        return None
    if question.kind == "many":
        if NONE in given and len(given) > 1:
            raise AnswerInvalid("none_and_more")
        return [value for value in given if value != NONE]
    if len(given) > 1:
        raise AnswerInvalid("more_than_one")
    return int(given[0])


def _number(given: Sequence[str]) -> float | None:
    if not given:
        return None
    text = given[0].strip()
    if len(given) > 1 or not _NUMBER.fullmatch(text):
        raise AnswerInvalid("no_number")
    return float(text.replace(",", "."))


def cleaned(answers: Answers) -> dict[str, Answer]:
    """The answers without a severity for an effect that is no longer ticked."""
    kept = {GRADE + effect for effect in ticked(answers, EFFECTS)}
    return {key: value for key, value in answers.items() if not key.startswith(GRADE) or key in kept}


def effects_to_ask(
    content: Mapping[str, Any], adverse: Mapping[str, Any], classes: Collection[str], therapies: bool
) -> tuple[str, ...]:
    """The effects that the current medicines are likely to cause; with no class known, every one."""
    likely = {row["id"]: set(row["likely"]) for row in adverse["items"]}
    asked = [row["id"] for row in content["effects"]["items"]]
    if not classes and not therapies:
        return tuple(asked)
    return tuple(name for name in asked if likely[name] & set(classes) or (therapies and not likely[name]))


# --- what the answers mean --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Effect:
    """One adverse effect. `effective` counts the overrides that surely apply, `possible` also those that may."""

    id: str
    observed: int
    effective: int
    possible: int
    overrides: tuple[str, ...]


def effects(answers: Answers, facts: Facts, adverse: Mapping[str, Any]) -> tuple[Effect, ...] | None:
    """All effects with their grades; None when the patient was not asked or left a severity open."""
    if not isinstance(answers.get(EFFECTS), list) or ungraded(answers):
        return None
    return graded(answers, facts, adverse)


def ungraded(answers: Answers) -> tuple[str, ...]:
    """The effects that were ticked and whose severity nobody told."""
    return tuple(name for name in ticked(answers, EFFECTS) if not isinstance(answers.get(GRADE + name), int))


def graded(answers: Answers, facts: Facts, adverse: Mapping[str, Any]) -> tuple[Effect, ...]:
    """The effects whose severity was told: a severity that was left open hides no other.

    `facts` hold what the overrides ask (`override_facts` of the content). Overrides look at the observed grade only,
    never at each other's result.
    """
    found = []
    for name in ticked(answers, EFFECTS):
        observed = answers.get(GRADE + name)
        if not isinstance(observed, int):
            continue
        truths = {
            row["id"]: (evaluate(parse(row["when"]), facts), row["treat_as"])
            for row in adverse["grade_overrides"]
            if row["item"] == name and observed >= row["from_grade"]
        }
        sure = {key: grade for key, (truth, grade) in truths.items() if truth is Truth.YES}
        maybe = [grade for truth, grade in truths.values() if truth is Truth.UNKNOWN]
        effective = max([observed, *sure.values()])
        found.append(Effect(name, observed, effective, max([effective, *maybe]), tuple(sorted(sure))))
    return tuple(found)


def ticked(answers: Answers, question: str) -> list[str]:
    """What was ticked; empty when the question was left open as well."""
    chosen = answers.get(question)
    return chosen if isinstance(chosen, list) else []


def override_facts(answers: Answers, classes: Collection[str], all_known: bool) -> dict[str, bool]:
    """What answers and medicines say about the facts of the overrides.

    `classes` are the follow-up classes of the patient's medicines; only with `all_known` is a class that is not among
    them surely absent.
    """
    facts: dict[str, bool] = {}
    if isinstance(answers.get(DANGER), list):
        signs = set(ticked(answers, DANGER))
        facts["blisters_or_mucosal_sores_or_fever"] = "rf_skin" in signs
        facts["jaundice_or_dark_urine"] = "rf_liver" in signs
        facts["stiff_neck_or_severe_headache_or_new_weakness"] = bool(signs & {"rf_meningitis", "rf_weakness"})
        facts["syncope"] = "rf_seizure" in signs
    for fact, wanted in (
        ("taking_opioid", {"strong_opioid", "methadone", "tramadol_tapentadol", "it_opioid"}),
        ("taking_na_channel_aed", {"na_channel_aed"}),
        ("taking_it_ziconotide", {"it_ziconotide"}),
    ):
        taken = bool(wanted & set(classes))
        if taken or all_known:
            facts[fact] = taken
    return facts


@dataclass(frozen=True, slots=True)
class Alarm:
    """An answer that must not wait: what to tell the patient now, and by when a person must act.

    `effect` is the adverse effect that it is about, empty for a danger sign. An effect has one code for each urgency,
    so that an answer which turns out worse is an alert of its own.
    """

    code: str
    effect: str
    act: str
    advice: str
    text: str
    action: str
    tier: str
    deadline_hours: int
    source: str


def alarms(
    answers: Answers, found: Sequence[Effect], content: Mapping[str, Any], safety: Mapping[str, Any]
) -> tuple[Alarm, ...]:
    """Every alarm in the answers, the most urgent first. `found` are the adverse effects whose severity was told.

    The grade that surely holds counts. An override that nobody can judge from here (a fall on a blood thinner, say)
    would make an emergency of every slight dizziness; it leaves the worst grade unknown for the next step instead.
    """
    alerts = {row["id"]: row for row in safety["safety_alerts"]}
    result = []
    for row in content["danger_signs"]["items"]:
        if row["id"] in ticked(answers, DANGER):
            words, alert = f"{row['sign']}. {row['why']}", alerts.get(row.get("safety_alert"), {})
            result.append(_alarm(row["id"], "", row["act"], words, alert, row["source"], content))
    rules = content["effect_alarms"]
    names = {row["id"]: row["text"] for row in content["effects"]["items"]}
    told = {effect.id: str(effect.effective) for effect in found}
    for name, grade in (dict.fromkeys(ungraded(answers), "?") | told).items():
        act = rules["by_grade"].get(grade) or rules["any_grade"].get(name)
        if act:
            words, alert = f"{names.get(name, name)}: {grade}", alerts.get(rules["safety_alert"].get(name), {})
            result.append(_alarm(f"effect_{name}_{act}", name, act, words, alert, rules["source"], content))
    return tuple(sorted(result, key=lambda alarm: (alarm.deadline_hours, alarm.code)))


def alarm_of(
    code: str,
    act: str,
    text: str,
    safety_alert: str,
    content: Mapping[str, Any],
    alerts: Mapping[str, Mapping[str, Any]],
    otherwise: Mapping[str, Any],
) -> Alarm:
    """One alarm that is neither a danger sign nor an adverse effect, told by its act and safety alert.

    Without a safety alert, `otherwise` says the action and its source.
    """
    alert = alerts[safety_alert] if safety_alert else otherwise
    return _alarm(code, "", act, text, alert, alert["source"], content)


def _alarm(
    code: str,
    effect: str,
    act: str,
    text: str,
    alert: Mapping[str, Any],
    source: str,
    content: Mapping[str, Any],
) -> Alarm:
    how = content["alerts"]["by_act"][act]
    return Alarm(
        code=code,
        effect=effect,
        act=act,
        advice=content["emergency_advice"][act],
        text=text,
        action=alert.get("action", ""),
        tier=how["tier"],
        deadline_hours=how["deadline_hours"],
        source=alert.get("action_source", source),
    )


def safety_variables(answers: Answers, content: Mapping[str, Any]) -> dict[str, Any]:
    """What the answers about danger signs say about the safety variables of the decision table.

    A link is no direct suicide screen: an alarming answer counts, but that nothing was ticked leaves the risk unknown.
    """
    signs = answers.get(DANGER)
    if not isinstance(signs, list):
        return {}
    facts: dict[str, Any] = {"red_flag": False, "severe_reaction": False}
    for row in content["danger_signs"]["items"]:
        if row["id"] in signs:
            for name, value in row["sets"].items():
                if facts.get(name) != "plan_or_intent":
                    facts[name] = value
    return facts
