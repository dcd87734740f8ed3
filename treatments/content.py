"""Reads the clinical content (files of `knowledge/`, or a bundle) into a Rulebook, and lists every problem in it.

The content is a mapping of file name to plain data. Its digest is the sha256 of the canonical JSON of that mapping,
so two folders with the same content have the same digest whatever their layout of lines.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from rules.analyse import find_example
from rules.evaluate import evaluate
from rules.expr import Expr
from rules.facts import Facts
from rules.facts import from_json as facts_from_json
from rules.parse import parse
from rules.problems import ConditionInvalid
from rules.strict_yaml import YamlInvalid, load
from rules.truth import Truth
from rules.typecheck import problems as type_problems
from rules.vocabulary import Vocabulary
from treatments.rulebook import (
    ActionMeaning,
    Agent,
    Combination,
    DoseLimit,
    Dosing,
    Effect,
    GuidelineLine,
    Indication,
    Interaction,
    Meanings,
    Monitoring,
    Review,
    ReviewChoice,
    Rule,
    Rulebook,
    Side,
    Source,
    SpecialSchedule,
    Step,
    Therapy,
)

KNOWLEDGE = Path(__file__).resolve().parent.parent / "knowledge"
SHIPPED = "shipped"
_NOT_CONTENT = ("cases/",)


class _Option(Protocol):
    @property
    def id(self) -> str: ...


Files = Mapping[str, Any]
Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong in the content: where (file, and rule id when there is one) and what."""

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class ContentInvalid(ValueError):
    """The content cannot be a release; `problems` lists everything that was found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


def read_folder(folder: Path = KNOWLEDGE) -> dict[str, Any]:
    """The content of a folder by file name; raises ContentInvalid when a file is not YAML that we accept."""
    files: dict[str, Any] = {}
    problems: list[Problem] = []
    for path in sorted(folder.rglob("*.yaml")):
        name = path.relative_to(folder).as_posix()
        if name.startswith(_NOT_CONTENT):
            continue
        try:
            files[name] = load(path.read_text(encoding="utf-8"))
        except YamlInvalid as error:
            problems.append(Problem(name, str(error)))
    if problems:
        raise ContentInvalid(problems)
    return files


def digest(files: Files) -> str:
    """The identity of the content: `sha256:` and the hexadecimal digest of its canonical JSON."""
    canonical = json.dumps(files, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


def example_problems(rulebook: Rulebook) -> list[Problem]:
    """Rules without a patient each for yes, no and unknown, and examples that no longer have their answer.

    A rule that can never be unknown (or never be no) owes only the examples that exist.
    """
    found: list[Problem] = []
    for rule in rulebook.every_rule:
        place = f"{rule.file} {rule.id}"
        for truth in Truth:
            facts = rule.examples.get(truth.value)
            if facts is None:
                if find_example(rule.when, rulebook.vocabulary, truth) is not None:
                    found.append(Problem(place, f"no example patient for {truth.value}"))
            elif (answer := evaluate(rule.when, facts)) is not truth:
                found.append(Problem(place, f"the example for {truth.value} gives {answer.value}"))
    return found


@lru_cache(maxsize=1)
def shipped() -> Rulebook:
    """The rulebook of `knowledge/`, read once."""
    return build(read_folder())


def build(files: Files, release: str = SHIPPED) -> Rulebook:
    """Make the rulebook of this content. Raises ContentInvalid with every problem."""
    builder = _Builder(files)
    rulebook = builder.rulebook(release)
    if builder.problems:
        raise ContentInvalid(sorted(builder.problems))
    return rulebook


class _Builder:
    def __init__(self, files: Files) -> None:
        self.files = files
        self.problems: list[Problem] = []
        self.rule_places: dict[str, str] = {}
        vocabulary = files.get("vocabulary.yaml") or {}
        self.vocabulary_data: Record = vocabulary
        self.vocabulary = vocabulary_of(vocabulary, _class_labels(files))
        self.sources = {source.id: source for source in self._sources()}

    def rulebook(self, release: str) -> Rulebook:
        agents = tuple(self._agent(name, data) for name, data in self._folder("agents/"))
        therapies = tuple(self._therapy(name, data) for name, data in self._lists("therapies/", "therapies"))
        self.option_ids = {agent.id for agent in agents} | {therapy.id for therapy in therapies}
        self.selectors = _selectors(agents, therapies)
        agents = tuple(sorted(agents, key=_order_of(self.vocabulary_data.get("agents", ()))))
        therapies = tuple(sorted(therapies, key=_order_of(self.vocabulary_data.get("therapies", ()))))
        return Rulebook(
            release=release,
            digest=digest(self.files),
            vocabulary=self.vocabulary,
            agents=agents,
            therapies=therapies,
            combinations=tuple(self._combinations()),
            interactions=tuple(self._interactions()),
            rules=tuple(self._general_rules()),
            sources=self.sources,
            reference=self.files.get("reference.yaml") or {},
            meanings=self._meanings(),
            reviews=tuple(self._reviews()),
            labels=_labels(self.vocabulary_data),
            questions=_questions(self.vocabulary_data),
        )

    # -- places

    def _folder(self, prefix: str) -> Iterator[tuple[str, Record]]:
        for name, data in self.files.items():
            if name.startswith(prefix):
                yield name, data

    def _lists(self, prefix: str, key: str) -> Iterator[tuple[str, Record]]:
        for name, data in self._folder(prefix):
            for item in data.get(key, ()):
                yield name, {"defaults": data.get("defaults", {}), **item}

    def _problem(self, place: str, message: str) -> None:
        self.problems.append(Problem(place, message))

    # -- pieces

    def _sources(self) -> Iterator[Source]:
        for _, data in self._lists("sources/", "sources"):
            title = data.get("title") or data.get("name") or data["id"]
            yield Source(data["id"], str(title), data.get("url"), data)

    def _cited(self, place: str, data: Record, *, required: bool = True) -> tuple[str, ...]:
        cited = data.get("sources") or data.get("source") or ()
        names = (cited,) if isinstance(cited, str) else tuple(cited)
        if required and not names:
            self._problem(place, "no source is given")
        for name in names:
            if name not in self.sources:
                self._problem(place, f"the source {name} is not in sources/")
        return tuple(dict.fromkeys(names))

    def _condition(self, place: str, text: object) -> Expr:
        if not isinstance(text, str):
            self._problem(place, "the condition must be text between quotes")
            return parse("False")
        try:
            expr = parse(text)
        except ConditionInvalid as error:
            for problem in error.problems:
                self._problem(place, str(problem))
            return parse("False")
        for problem in type_problems(expr, self.vocabulary):
            self._problem(place, str(problem))
        return expr

    def _rule(self, file: str, data: Record, defaults: Record, options: tuple[str, ...] = ()) -> Rule:
        merged = {**defaults, **data}
        rule_id = str(merged.get("id", "?"))
        place = f"{file} {rule_id}"
        if rule_id in self.rule_places:
            self._problem(place, f"the id stands already in {self.rule_places[rule_id]}")
        self.rule_places[rule_id] = file
        for key in sorted(merged.keys() - _RULE_KEYS):
            self._problem(place, f"the key {key} is not known")
        try:
            effect = Effect(merged.get("effect", ""))
        except ValueError:
            self._problem(place, f"{merged.get('effect')!r} is not an effect")
            effect = Effect.CAUTION
        if not merged.get("text"):
            self._problem(place, "no text (the rationale) is given")
        dose = merged.get("dose")
        gate = merged.get("hard_unknown_when")
        review_by = merged.get("review_by")
        return Rule(
            id=rule_id,
            effect=effect,
            when=self._condition(place, merged.get("when")),
            when_text=str(merged.get("when")),
            text=str(merged.get("text", "")),
            sources=self._cited(place, merged),
            options=options,
            action=merged.get("action"),
            dose=_dose_limit(dose) if dose else None,
            line=merged.get("line"),
            advised=bool(merged.get("advised", False)),
            steps=merged.get("steps", 0),
            hard_unknown_when=self._condition(place, gate) if gate is not None else None,
            target=merged.get("target"),
            tier=merged.get("tier"),
            urgency=merged.get("urgency"),
            days=tuple(merged.get("days", ())),
            actions=tuple(merged.get("actions", ())),
            not_in_regions=tuple(merged.get("not_in_regions", ())),
            ends=tuple(merged.get("ends", ())),
            strength=str(merged.get("strength", "not graded")),
            certainty=str(merged.get("certainty", "not graded")),
            owner=str(merged.get("owner", "")),
            review_by=date.fromisoformat(review_by) if isinstance(review_by, str) else None,
            examples=self._examples(place, merged.get("examples") or {}),
            stricter_than_label=bool(merged.get("stricter_than_label", False)),
            label_position=merged.get("label_position"),
            file=file,
        )

    def _examples(self, place: str, data: Record) -> dict[str, Facts]:
        examples: dict[str, Facts] = {}
        for truth, facts in data.items():
            try:
                examples[truth] = facts_from_json(facts)
            except ValueError as error:
                self._problem(place, f"example {truth}: {error}")
        return examples

    # -- options

    def _agent(self, file: str, data: Record) -> Agent:
        place = f"{file} {data['id']}"
        defaults = data.get("defaults", {})
        return Agent(
            id=data["id"],
            name=data["name"],
            drug_names=tuple(data["drug_names"]),
            allergens=tuple(data.get("allergens", ())),
            classes=tuple(data["classes"]),
            formulation=data.get("formulation") or "",
            routes=tuple(data.get("routes", ())),
            prescriber=data.get("prescriber", ""),
            app_rule=data.get("app_rule"),
            lines=tuple(
                GuidelineLine(
                    line["guideline"],
                    line["line"],
                    line.get("strength"),
                    line.get("certainty"),
                    line.get("note"),
                    self._cited(place, line),
                )
                for line in data.get("lines", ())
            ),
            indications=tuple(self._indication(place, item, "status") for item in data.get("indications", ())),
            dosing=self._dosing(place, data["dosing"]) if data.get("dosing") else None,
            rules=tuple(self._rule(file, rule, defaults, (data["id"],)) for rule in data.get("rules", ())),
            monitoring=tuple(
                Monitoring(item["test"], item["label"], item["baseline"], _when_text(item), self._cited(place, item))
                for item in data.get("monitoring", ())
            ),
            sedating=bool((data.get("driving") or {}).get("sedating")),
            data=data,
        )

    def _indication(self, place: str, item: Record, status: str) -> Indication:
        return Indication(item["condition"], item[status], item.get("note"), self._cited(place, item, required=False))

    def _dosing(self, place: str, data: Record) -> Dosing:
        trial = data.get("adequate_trial") or {}
        low, high = data["target_per_day"]
        return Dosing(
            unit=data["unit"],
            start_per_day=data["start"]["per_day"],
            titration=_steps(data["titration"]),
            slow_titration=_steps(data.get("slow_titration") or ()),
            target_per_day=(low, high),
            max_per_day=data["max_per_day"],
            max_by_setting=data["max_per_day_by_setting"],
            max_single_dose=data.get("max_single_dose"),
            min_weeks_at_target=trial.get("min_weeks_at_target"),
            trial_weeks=trial.get("usual_total_weeks"),
            requires=tuple(data.get("requires", ()) or ()),
            special=tuple(
                SpecialSchedule(
                    self._condition(place, item["when"]),
                    _steps(item["titration"]),
                    item.get("max_per_day"),
                    self._cited(place, item),
                )
                for item in data.get("special_schedules") or ()
            ),
            sources=self._cited(place, data),
        )

    def _therapy(self, file: str, data: Record) -> Therapy:
        place = f"{file} {data['id']}"
        evidence = data.get("evidence") or {}
        return Therapy(
            id=data["id"],
            name=data["name"],
            category=data["category"],
            invasiveness=data["invasiveness"],
            ladder_step=data["ladder_step"],
            indications=tuple(self._indication(place, item, "fit") for item in data.get("indications", ())),
            phenotypes=tuple(data.get("phenotype_fit", ())),
            certainty=evidence.get("certainty"),
            rules=tuple(
                self._rule(file, rule, data.get("defaults", {}), (data["id"],)) for rule in data.get("rules", ())
            ),
            review_weeks=data.get("review_weeks") if isinstance(data.get("review_weeks"), int | float) else None,
            sources=self._cited(place, data),
            data=data,
        )

    # -- pairs

    def _interactions(self) -> Iterator[Interaction]:
        data = self.files.get("interactions.yaml") or {}
        classes = {item["id"] for item in data.get("classes", ())}
        for item in data.get("interactions", ()):
            place = f"interactions.yaml {item['id']}"
            a, b = (_side(item[key]) for key in ("a", "b"))
            for side in (a, b):
                if side.kind == "class" and side.id not in classes:
                    self._problem(place, f"the class {side.id} is not known")
                if side.kind == "agent" and side.id not in self.option_ids:
                    self._problem(place, f"the agent {side.id} is not known")
            yield Interaction(
                item["id"],
                a,
                b,
                item["severity"],
                item["mechanism"],
                item["effect"],
                item.get("management"),
                self._cited(place, item),
            )

    def _combinations(self) -> Iterator[Combination]:
        data = self.files.get("combinations.yaml") or {}
        for item in data.get("combinations", ()):
            place = f"combinations.yaml {item['id']}"
            block = None
            if item.get("block_when"):
                rule = {
                    "id": f"{item['id']}-block",
                    "effect": Effect.AVOID,
                    "when": item["block_when"],
                    "text": item["cautions"],
                    "sources": item["sources"],
                    "examples": item.get("examples"),
                }
                block = self._rule("combinations.yaml", rule, data.get("defaults", {}))
            yield Combination(
                id=item["id"],
                components=tuple(item["components"]),
                status=item["status"],
                conditions=tuple(item.get("conditions", ())),
                block=block,
                use_when=item["use_when"],
                cautions=item["cautions"],
                dose_considerations=item["dose_considerations"],
                evidence=item["evidence"],
                sources=self._cited(place, item),
            )

    # -- what the words of the content mean

    def _meanings(self) -> Meanings:
        data = self.files.get("rules/actions.yaml") or {}
        margin = data.get("renal_margin") or {}
        return Meanings(
            actions={
                name: ActionMeaning(item["degree"], item.get("steps", 0), item.get("setting"))
                for name, item in data.get("actions", {}).items()
            },
            lines={int(line): text for line, text in data.get("lines", {}).items()},
            guideline_order=tuple(data.get("guideline_order", ())),
            indication_lines=data.get("indication_lines", {}),
            not_advised=frozenset(data.get("not_advised", ())),
            duplicate_classes=tuple(data.get("duplicate_classes", ())),
            renal_margin=margin.get("value", 0),
            slow_schedule_when=self._condition("rules/actions.yaml", data.get("slow_schedule_when", "False")),
            unknown_limits=frozenset(data.get("unknown_limits", ())),
            slow_schedule_actions=frozenset(data.get("slow_schedule_actions", ())),
            halve_actions=frozenset(data.get("halve_actions", ())),
            fit_lines=data.get("fit_lines", {}),
            advised_fit=frozenset(data.get("advised_fit", ())),
            severities=data.get("severities", {}),
            severity_order=tuple(data.get("severities", {})),
            reviews=tuple(ReviewChoice(r["kind"], r.get("name"), r["review"]) for r in data.get("reviews", ())),
        )

    def _reviews(self) -> Iterator[Review]:
        data = self.files.get("followup/schedule.yaml") or {}
        for item in data.get("review_intervals", ()):
            source = item.get("source") or item.get("sources") or ()
            yield Review(
                id=item["id"],
                applies_to=item["applies_to"],
                trigger=item["trigger"],
                mode=item["mode"],
                days={tier: (days[0], days[1]) for tier, days in item["days"].items()},
                sources=(source,) if isinstance(source, str) else tuple(source),
            )

    # -- rules about patients and about several options

    def _general_rules(self) -> Iterator[Rule]:
        for file, data in self._folder("rules/"):
            defaults = data.get("defaults", {})
            for table in data.get("tables", ()):
                for row in table["rows"]:
                    condition = table["when"] if "when" not in row else f"({table['when']}) and ({row['when']})"
                    yield from self._option_rules(file, {**row, "when": condition}, defaults)
            for rule in data.get("rules", ()):
                if "options" in rule:
                    yield from self._option_rules(file, rule, defaults)
                else:
                    yield self._rule(file, rule, defaults)

    def _option_rules(self, file: str, data: Record, defaults: Record) -> Iterator[Rule]:
        place = f"{file} {data.get('id')}"
        options: dict[str, None] = {}
        for wanted in data["options"]:
            found = self.selectors(wanted)
            if not found:
                self._problem(place, f"no agent or therapy is {wanted}")
            options.update(dict.fromkeys(found))
        for left_out in data.get("except", ()):
            for option in self.selectors(left_out):
                options.pop(option, None)
        rest = {key: value for key, value in data.items() if key not in ("options", "except")}
        if "{option}" not in str(rest.get("when")):
            yield self._rule(file, rest, defaults, tuple(options))
            return
        for option in options:
            own = {**_filled(rest, option), "id": f"{rest['id']}-{option}"}
            yield self._rule(file, own, defaults, (option,))


_RULE_KEYS = {
    "id", "effect", "action", "when", "text", "sources", "stricter_than_label", "label_position",
    "stricter_applies_to", "dose", "examples", "line", "advised", "steps", "hard_unknown_when", "target", "tier",
    "urgency", "days", "actions", "not_in_regions", "ends", "strength", "certainty", "owner", "review_by", "note",
    "frequency", "attributed_to", "source", "label",
}  # fmt: skip


def vocabulary_of(data: Record, class_labels: Mapping[str, str] | None = None) -> Vocabulary:
    """The fact vocabulary of the content; lists of ids that several facts share are named once as domains.

    Classes of medicines are listed there and labelled in interactions.yaml, so that a sentence says "SSRI".
    """
    domains = data.get("domains", {})
    if class_labels and "medicine_classes" in domains:
        named = {name: class_labels.get(name, name) for name in domains["medicine_classes"]}
        domains = {**domains, "medicine_classes": named}
    return Vocabulary.from_data(data, domains)


def _class_labels(files: Files) -> dict[str, str]:
    classes = (files.get("interactions.yaml") or {}).get("classes", ())
    return {item["id"]: item["label"] for item in classes if "label" in item}


def _filled(data: Any, option: str) -> Any:
    """The same data with `{option}` replaced by the id of an option, wherever it stands."""
    if isinstance(data, Mapping):
        return {key: _filled(value, option) for key, value in data.items()}
    if isinstance(data, list):
        return [_filled(value, option) for value in data]
    return data.replace("{option}", option) if isinstance(data, str) else data


def _dose_limit(data: Record) -> DoseLimit:
    return DoseLimit(
        data.get("start_per_day"),
        data.get("max_per_day"),
        data.get("frequency"),
        data.get("schedule"),
        data.get("times_per_day"),
    )


def _steps(data: Sequence[Record]) -> tuple[Step, ...]:
    return tuple(
        Step(
            item["day"],
            item["per_dose"],
            item["times_per_day"],
            item["per_day"],
            bool(item.get("optional", False)),
            item.get("note"),
            item.get("frequency"),
        )
        for item in data
    )


def _when_text(item: Record) -> str | None:
    parts = [str(item[key]) for key in ("interval", "when") if item.get(key)]
    return "; ".join(parts) or None


def _side(data: Record) -> Side:
    ((kind, name),) = data.items()
    return Side(kind, name)


def _order_of(ids: Sequence[Any]) -> Callable[[_Option], tuple[int, str]]:
    place = {item["id"] if isinstance(item, Mapping) else item: number for number, item in enumerate(ids)}
    return lambda option: (place.get(option.id, len(place)), option.id)


def _selectors(agents: Sequence[Agent], therapies: Sequence[Therapy]) -> Callable[[str], tuple[str, ...]]:
    """Ids, or `class:tca`, `category:psychological`, `invasiveness:implant`, `agents:sedating`, `agents:all` …"""

    def select(wanted: str) -> tuple[str, ...]:
        kind, _, value = wanted.partition(":")
        match kind:
            case "class":
                return tuple(agent.id for agent in agents if value in agent.classes)
            case "category":
                return tuple(therapy.id for therapy in therapies if therapy.category == value)
            case "invasiveness":
                return tuple(therapy.id for therapy in therapies if therapy.invasiveness == value)
            case "agents":
                return tuple(a.id for a in agents if value == "all" or (value == "sedating" and a.sedating))
            case "therapies":
                return tuple(therapy.id for therapy in therapies)
            case _:
                ids = (*(agent.id for agent in agents), *(therapy.id for therapy in therapies))
                return tuple(name for name in ids if name == wanted)

    return select


def _labels(vocabulary: Record) -> dict[str, dict[str, str]]:
    kinds = (
        *("agents", "therapies", "conditions", "condition_groups", "concepts", "alerts", "referrals", "education"),
        *("monitoring_tests", "preferences", "red_flags", "regions", "instruments"),
    )
    return {
        kind: {item["id"]: item.get("label", item["id"]) for item in vocabulary.get(kind, ()) if "id" in item}
        for kind in kinds
    }


def _questions(vocabulary: Record) -> dict[str, str]:
    """How to ask for a fact: the question of its concept, or its label."""
    questions = {fact["name"]: f"{fact.get('label', fact['name'])}?" for fact in vocabulary.get("facts", ())}
    questions.update({item["id"]: item["ask"] for item in vocabulary.get("concepts", ()) if item.get("ask")})
    return questions
