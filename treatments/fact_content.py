"""What the content says about how facts come about, read once: concepts, freshness, formulas, trials, medicines.

Nothing here knows a patient. `FactContent.of` takes the files of a release (file name to plain data), so that a bundle
and the shipped folder go the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

from assessments.content import assessment_content
from assessments.definitions import AssessmentContent
from patients.measurements import Kind, kinds
from patients.medicines import Dictionary, dictionary
from rules.compile import Batch, compile_batch
from rules.expr import Expr, fact_names
from rules.parse import parse
from rules.problems import ConditionInvalid
from rules.strict_yaml import load
from rules.typecheck import problems as misfits
from rules.vocabulary import Vocabulary
from treatments.derived import CkdEpi2021, CockcroftGault, Fridericia

KNOWLEDGE = Path(__file__).resolve().parent.parent / "knowledge"

Record: TypeAlias = Mapping[str, Any]
Files: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One condition of a concept's `derived_from`: `of` the concept, what it `reads`, and where it stands.

    `within_days`: what it reads must not be older than this (None: the freshness of each value is enough).
    """

    of: str
    when: Expr
    reads: tuple[str, ...]
    within_days: int | None = None


@dataclass(frozen=True)
class EvidenceBatch:
    """Evidence that is asked together: the conditions compiled, in the order of `rows`."""

    rows: tuple[Evidence, ...]
    ask: Batch

    @classmethod
    def of(cls, rows: Iterable[Evidence]) -> EvidenceBatch:
        """Compile the conditions of these rows."""
        kept = tuple(rows)
        return cls(kept, compile_batch([row.when for row in kept]))


@dataclass(frozen=True, slots=True)
class ConceptRule:
    """A concept: everything it implies (also through others) and whether a reviewed problem list closes it."""

    id: str
    label: str
    implies: tuple[str, ...]
    closed_by_problem_list: bool
    freshness_days: int | None


@dataclass(frozen=True)
class ConceptTable:
    """All concepts, with their evidence sorted by when it can be asked.

    `presence`, `absence` and `doubt` (unknown_when) read no concept; `late_absence` and `late_doubt` do, and are asked
    one by one in the order of `rules`, in which a concept comes after those that its evidence reads.
    """

    rules: tuple[ConceptRule, ...]
    presence: EvidenceBatch
    absence: EvidenceBatch
    doubt: EvidenceBatch
    late_absence: Mapping[str, tuple[Evidence, ...]]
    late_doubt: Mapping[str, tuple[Evidence, ...]]

    @property
    def by_id(self) -> Mapping[str, ConceptRule]:
        """The concepts by id."""
        return {rule.id: rule for rule in self.rules}


@dataclass(frozen=True, slots=True)
class AdequateTrial:
    """When a trial of an agent can be judged: lowest target dose a day in `unit`, weeks at it; None: not stated."""

    drug_class: str
    unit: str | None
    lowest_target: float | None
    weeks: float | None


@dataclass(frozen=True, slots=True)
class MmeTable:
    """Morphine equivalents: factor by substance and unit, and what is not counted."""

    factors: Mapping[tuple[str, str], float]
    opioid_class: str
    not_counted_purpose: str
    oral_routes: frozenset[str]
    mass_in_mg: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class AllergyGroup:
    """A group of substances that allergy lists name in words."""

    id: str
    words: tuple[str, ...]
    classes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Formulas:
    """The formulas with their numbers."""

    cockcroft_gault: CockcroftGault
    ckd_epi_2021: CkdEpi2021
    fridericia: Fridericia
    child_pugh_classes: tuple[tuple[str, float, float], ...]


@dataclass(frozen=True)
class FactContent:
    """Everything that `facts_from_case` needs besides the case."""

    vocabulary: Vocabulary
    concepts: ConceptTable
    measurements: Mapping[str, Kind]
    measured_facts: Mapping[str, str]
    shorter_freshness: Mapping[str, tuple[tuple[Expr, int], ...]]
    inputs: tuple[Record, ...]
    burdens: Mapping[str, frozenset[str]]
    red_flag_triggers: Mapping[str, Expr]
    yes_no_facts: Mapping[str, tuple[Expr | None, Expr | None]]
    groups: tuple[tuple[str, Expr], ...]
    phenotypes: tuple[str, ...]
    phenotype_batch: Batch
    trials: Mapping[str, AdequateTrial]
    agents_by_drug: Mapping[str, tuple[str, ...]]
    mme: MmeTable
    failing_below_percent: float
    responding_from_percent: float
    formulas: Formulas
    allergy_groups: tuple[AllergyGroup, ...]
    rash_words: tuple[str, ...]
    washout_days: Mapping[str, int]
    reviews: Mapping[str, int]
    assessment: AssessmentContent
    medicines: Dictionary
    monitoring_tests: Mapping[str, str]

    @classmethod
    def of(cls, files: Files) -> FactContent:
        """Read `vocabulary.yaml`, `reference.yaml` and `agents/` of a release. Raises KeyError or ValueError."""
        return _read(files)


def fact_content_problems(files: Files) -> list[str]:
    """Everything wrong in how the content says that facts come about: conditions, references, circles."""
    data: Record = files["vocabulary.yaml"]
    readable = Vocabulary.from_data({"facts": [*data["facts"], *data["inputs"]]}, data["domains"])
    found = [
        f"{place}: {problem}"
        for place, text in _condition_texts(data)
        for problem in _condition_problems(text, readable)
    ]
    if not found:
        try:
            FactContent.of(files)
        except (KeyError, ValueError) as error:
            found.append(str(error))
    return found


def _condition_texts(data: object, place: str = "vocabulary.yaml") -> Iterator[tuple[str, object]]:
    """Every condition of the vocabulary with the place where it stands."""
    if isinstance(data, Mapping):
        name = data.get("id") or data.get("name") or data.get("measurement")
        here = f"{place} {name}" if name else place
        for key, value in data.items():
            if key in _CONDITION_KEYS:
                yield f"{here} {key}", value
            else:
                yield from _condition_texts(value, here)
    elif isinstance(data, list):
        for value in data:
            yield from _condition_texts(value, place)


def _condition_problems(text: object, vocabulary: Vocabulary) -> list[str]:
    if not isinstance(text, str):
        return ["the condition must be text between quotes"]
    try:
        return [str(problem) for problem in misfits(parse(text), vocabulary)]
    except ConditionInvalid as error:
        return [str(problem) for problem in error.problems]


_CONDITION_KEYS = ("when", "present_when", "absent_when", "unknown_when")


@lru_cache(maxsize=1)
def shipped_fact_content() -> FactContent:
    """The content of `knowledge/`, read once per process."""
    names = ["vocabulary.yaml", "reference.yaml"]
    names += [path.relative_to(KNOWLEDGE).as_posix() for path in sorted((KNOWLEDGE / "agents").glob("*.yaml"))]
    return FactContent.of({name: load((KNOWLEDGE / name).read_text(encoding="utf-8")) for name in names})


def _read(files: Files) -> FactContent:
    data: Record = files["vocabulary.yaml"]
    reference: Record = files["reference.yaml"]
    vocabulary = Vocabulary.from_data(data, data["domains"])
    agents = [record for name, record in files.items() if name.startswith("agents/")]
    response = reference["response_thresholds"]
    phenotypes = data["phenotypes"]
    return FactContent(
        vocabulary=vocabulary,
        concepts=_concepts(data["concepts"]),
        measurements=kinds(),
        measured_facts=MappingProxyType({f["name"]: f["measurement"] for f in data["facts"] if "measurement" in f}),
        shorter_freshness=MappingProxyType(_shorter_freshness(data["freshness_when"])),
        inputs=tuple(data["inputs"]),
        burdens=MappingProxyType({f["name"]: frozenset(f["counts"]) for f in data["facts"] if "counts" in f}),
        red_flag_triggers=MappingProxyType(
            {f["name"]: parse(f["present_when"]) for f in data["facts"] if _is_trigger(f)}
        ),
        yes_no_facts=MappingProxyType(
            {
                f["name"]: (_parsed(f, "present_when"), _parsed(f, "absent_when"))
                for f in data["facts"]
                if ("present_when" in f or "absent_when" in f) and not _is_trigger(f)
            }
        ),
        groups=tuple((group["id"], parse(group["when"])) for group in data["condition_groups"]),
        phenotypes=tuple(row["id"] for row in phenotypes),
        phenotype_batch=compile_batch([parse(row["when"]) for row in phenotypes]),
        trials=MappingProxyType({record["id"]: _adequate_trial(record) for record in agents}),
        agents_by_drug=MappingProxyType(_agents_by_drug(agents)),
        mme=_mme(data["mme"], reference["mme"]),
        failing_below_percent=response["moderate_percent"],
        responding_from_percent=response["substantial_percent"],
        formulas=_formulas(data["formulas"]),
        allergy_groups=tuple(
            AllergyGroup(row["id"], tuple(row["words"]), frozenset(row.get("classes", ())))
            for row in data["allergy_groups"]
        ),
        rash_words=tuple(data["rash_words"]),
        washout_days=MappingProxyType({row["class"]: row["days"] for row in data["washout"]["classes"]}),
        reviews=MappingProxyType({key: days for key, days in data["reviews"].items() if key.endswith("_days")}),
        assessment=assessment_content(),
        medicines=dictionary(),
        monitoring_tests=MappingProxyType({row["id"]: row["label"] for row in data["monitoring_tests"]}),
    )


def _is_trigger(fact: Record) -> bool:
    return "present_when" in fact and str(fact["name"]).startswith("rf_")


def _parsed(record: Record, key: str) -> Expr | None:
    return parse(record[key]) if key in record else None


def _shorter_freshness(rows: Sequence[Record]) -> dict[str, tuple[tuple[Expr, int], ...]]:
    found: dict[str, tuple[tuple[Expr, int], ...]] = {}
    for row in rows:
        found[row["measurement"]] = (*found.get(row["measurement"], ()), (parse(row["when"]), row["days"]))
    return found


def _adequate_trial(agent: Record) -> AdequateTrial:
    dosing: Record = agent.get("dosing") or {}
    low, _high = dosing.get("target_per_day") or (None, None)
    trial: Record = dosing.get("adequate_trial") or {}
    return AdequateTrial(agent["classes"][0], dosing.get("unit"), low, trial.get("min_weeks_at_target"))


def _agents_by_drug(agents: Iterable[Record]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for agent in agents:
        for name in agent["drug_names"]:
            found[name] = (*found.get(name, ()), agent["id"])
    return found


def _mme(rows: Record, table: Record) -> MmeTable:
    return MmeTable(
        factors=MappingProxyType({(r["name"], r["unit"]): float(table["factors"][r["factor"]]) for r in rows["rows"]}),
        opioid_class=rows["opioid_class"],
        not_counted_purpose=rows["not_counted_purpose"],
        oral_routes=frozenset(rows["oral_routes"]),
        mass_in_mg=MappingProxyType({unit: float(factor) for unit, factor in rows["mass_in_mg"].items()}),
    )


def _formulas(data: Record) -> Formulas:
    per_mg_dl = data["creatinine_umol_l_per_mg_dl"]
    clearance, ckd_epi, fridericia = data["cockcroft_gault"], data["ckd_epi_2021"], data["fridericia"]
    return Formulas(
        cockcroft_gault=CockcroftGault(
            clearance["age_from"], clearance["divisor"], clearance["female_factor"], per_mg_dl
        ),
        ckd_epi_2021=CkdEpi2021(
            ckd_epi["scale"],
            MappingProxyType(dict(ckd_epi["kappa"])),
            MappingProxyType(dict(ckd_epi["alpha"])),
            ckd_epi["exponent_above"],
            ckd_epi["age_base"],
            ckd_epi["female_factor"],
            per_mg_dl,
        ),
        fridericia=Fridericia(fridericia["seconds_per_minute"], fridericia["root"]),
        child_pugh_classes=tuple((row["class"], row["from"], row["to"]) for row in data["child_pugh_classes"]),
    )


def _concepts(rows: Sequence[Record]) -> ConceptTable:
    ids = [row["id"] for row in rows]
    direct = {row["id"]: tuple(row["implies"]) for row in rows}
    evidence = {kind: list(_evidence(rows, kind)) for kind in ("present_when", "absent_when", "unknown_when")}
    known = frozenset(ids)
    if early := [row.of for row in evidence["present_when"] if known & set(row.reads)]:
        raise ValueError(f"present_when may not read a concept: {', '.join(early)}")
    late = {kind: [row for row in found if known & set(row.reads)] for kind, found in evidence.items()}
    reads: dict[str, set[str]] = {name: set() for name in ids}
    for row in (*late["absent_when"], *late["unknown_when"]):
        reads[row.of] |= known & set(row.reads)
    labels = {row["id"]: row for row in rows}
    return ConceptTable(
        rules=tuple(
            ConceptRule(
                id=name,
                label=labels[name]["label"],
                implies=_closure(name, direct),
                closed_by_problem_list="problem_list" in labels[name]["closed_by"],
                freshness_days=labels[name]["freshness_days"],
            )
            for name in _in_order(ids, reads)
        ),
        presence=EvidenceBatch.of(evidence["present_when"]),
        absence=EvidenceBatch.of(row for row in evidence["absent_when"] if row not in late["absent_when"]),
        doubt=EvidenceBatch.of(row for row in evidence["unknown_when"] if row not in late["unknown_when"]),
        late_absence=_by_concept(late["absent_when"]),
        late_doubt=_by_concept(late["unknown_when"]),
    )


def _evidence(rows: Sequence[Record], kind: str) -> Iterator[Evidence]:
    for row in rows:
        for item in row.get("derived_from", ()):
            if kind in item:
                when = parse(item[kind])
                yield Evidence(row["id"], when, fact_names(when), item.get("within_days"))


def _by_concept(rows: Iterable[Evidence]) -> Mapping[str, tuple[Evidence, ...]]:
    found: dict[str, tuple[Evidence, ...]] = {}
    for row in rows:
        found[row.of] = (*found.get(row.of, ()), row)
    return MappingProxyType(found)


def _closure(start: str, direct: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Everything that follows from `start`, directly or through others, in the order it is met."""
    found: dict[str, None] = {}
    waiting = list(direct[start])
    while waiting:
        name = waiting.pop(0)
        if name not in found and name != start:
            found[name] = None
            waiting.extend(direct[name])
    return tuple(found)


def _in_order(ids: Sequence[str], reads: Mapping[str, set[str]]) -> list[str]:
    """The ids so that each comes after those it reads. Raises ValueError when they read each other in a circle."""
    done: dict[str, None] = {}
    waiting = list(ids)
    while waiting:
        ready = [name for name in waiting if reads[name] <= done.keys()]
        if not ready:
            raise ValueError(f"concepts read each other in a circle: {', '.join(waiting)}")
        done.update(dict.fromkeys(ready))
        waiting = [name for name in waiting if name not in done]
    return list(done)
