"""Makes a Rulebook of files and lists every problem on the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from rules.expr import Expr
from rules.facts import Facts
from rules.facts import from_json as facts_from_json
from rules.parse import parse
from rules.problems import ConditionInvalid
from rules.typecheck import problems as type_problems
from treatments.content.beside import BesideReader
from treatments.content.changing import changing_of
from treatments.content.files import Files, Problem, Record, digest
from treatments.content.goals import agreement_rules, goal_rules, goal_templates
from treatments.content.monitoring import MonitoringReader
from treatments.content.products import ProductReader
from treatments.content.records import (
    class_labels,
    dose_limit,
    filled,
    labels,
    order_of,
    questions,
    read_side,
    read_steps,
    selectors,
    vocabulary_of,
)
from treatments.content.safety import FILE as SAFETY
from treatments.content.safety import safety_table
from treatments.rulebook import (
    ActionMeaning,
    Agent,
    Combination,
    Dosing,
    Effect,
    GuidelineLine,
    Held,
    Indication,
    Interaction,
    Meanings,
    Review,
    ReviewChoice,
    Rule,
    Rulebook,
    Source,
    SpecialSchedule,
    Therapy,
)


class Builder:
    def __init__(self, files: Files) -> None:
        self.files = files
        self.problems: list[Problem] = []
        self.rule_places: dict[str, str] = {}
        vocabulary = files.get("vocabulary.yaml") or {}
        self.vocabulary_data: Record = vocabulary
        self.vocabulary = vocabulary_of(vocabulary, class_labels(files))
        self.sources = {source.id: source for source in self._sources()}
        self.products = ProductReader(files, self._problem, self._cited)
        self.monitoring = MonitoringReader(files, self._problem, self._cited)
        self.beside = BesideReader(files, self._cited, self._condition)

    def rulebook(self, release: str) -> Rulebook:
        agents = tuple(self._agent(name, data) for name, data in self._folder("agents/"))
        therapies = tuple(self._therapy(name, data) for name, data in self._lists("therapies/", "therapies"))
        self.products.check_names({agent.id for agent in agents})
        self.option_ids = {agent.id for agent in agents} | {therapy.id for therapy in therapies}
        self.selectors = selectors(agents, therapies)
        agents = tuple(sorted(agents, key=order_of(self.vocabulary_data.get("agents", ()))))
        therapies = tuple(sorted(therapies, key=order_of(self.vocabulary_data.get("therapies", ()))))
        rules = tuple(self._general_rules())
        return Rulebook(
            release=release,
            digest=digest(self.files),
            vocabulary=self.vocabulary,
            agents=agents,
            therapies=therapies,
            combinations=tuple(self._combinations()),
            interactions=tuple(self._interactions()),
            rules=rules,
            sources=self.sources,
            reference=self.files.get("reference.yaml") or {},
            meanings=self._meanings(),
            reviews=tuple(self._reviews()),
            labels=labels(self.vocabulary_data),
            questions=questions(self.vocabulary_data),
            safety=safety_table(self.files.get(SAFETY) or {}, rules, self._cited, self._condition),
            washout_days={
                row["class"]: row["days"] for row in (self.vocabulary_data.get("washout") or {}).get("classes", ())
            },
            guidance=self.beside.guidance(),
            changing=changing_of(self.files, self.vocabulary, self._condition, self._problem),
            goals=tuple(goal_templates(self.files)),
            goal_rules=goal_rules(self.files),
            agreements=agreement_rules(self.files, self.sources, {therapy.id for therapy in therapies}, self._problem),
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
            dose=dose_limit(dose) if dose else None,
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
            monitoring=tuple(self.monitoring.tests(place, data["id"], data.get("monitoring", ()))),
            sedating=bool((data.get("driving") or {}).get("sedating")),
            data=data,
            products=self.products.products(data["id"], (data.get("dosing") or {}).get("unit", "")),
            once=self.products.once(data["id"]),
            taper=self.products.taper(data["id"], data.get("taper")),
        )

    def _indication(self, place: str, item: Record, status: str) -> Indication:
        return Indication(item["condition"], item[status], item.get("note"), self._cited(place, item, required=False))

    def _dosing(self, place: str, data: Record) -> Dosing:
        trial = data.get("adequate_trial") or {}
        low, high = data["target_per_day"]
        return Dosing(
            unit=data["unit"],
            start_per_day=data["start"]["per_day"],
            titration=read_steps(data["titration"]),
            slow_titration=read_steps(data.get("slow_titration") or ()),
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
                    read_steps(item["titration"]),
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
            referral=self.beside.criteria(place, data.get("referral_criteria")),
            holds=self._held(place, data["holds"]) if data.get("holds") else None,
        )

    def _held(self, place: str, data: Record) -> Held:
        listed = self.files.get("medicines.yaml") or {}
        names = {row["name"] for row in listed.get("medicines", ())}
        classes = {row["id"] for row in (self.files.get("interactions.yaml") or {}).get("classes", ())}
        for key, known in (("medicines", names), ("classes", classes), ("one_of_classes", classes)):
            for name in data.get(key, ()):
                if name not in known:
                    self._problem(place, f"{name}, which it holds, is none of the {key}")
        return Held(
            tuple(data.get("medicines", ())),
            tuple(data.get("classes", ())),
            data.get("one_of", ""),
            self._cited(place, data),
            tuple(data.get("one_of_classes", ())),
        )

    # -- pairs

    def _interactions(self) -> Iterator[Interaction]:
        data = self.files.get("interactions.yaml") or {}
        classes = {item["id"] for item in data.get("classes", ())}
        for item in data.get("interactions", ()):
            place = f"interactions.yaml {item['id']}"
            a, b = (read_side(item[key]) for key in ("a", "b"))
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
            own = {**filled(rest, option), "id": f"{rest['id']}-{option}"}
            yield self._rule(file, own, defaults, (option,))


_RULE_KEYS = {
    "id", "effect", "action", "when", "text", "sources", "stricter_than_label", "label_position",
    "stricter_applies_to", "dose", "examples", "line", "advised", "steps", "hard_unknown_when", "target", "tier",
    "urgency", "days", "actions", "not_in_regions", "ends", "strength", "certainty", "owner", "review_by", "note",
    "frequency", "attributed_to", "source", "label",
}  # fmt: skip
