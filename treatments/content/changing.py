"""Reads what can change about a patient (rules/changes.yaml) and what follows from a change (vocabulary.yaml)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from rules.expr import Expr, fact_names
from rules.parse import parse
from rules.problems import ConditionInvalid
from rules.typecheck import problems as misfits
from rules.vocabulary import Vocabulary
from treatments.changing import Changing, Conclusion
from treatments.content.files import Files, Record

FILE = "rules/changes.yaml"
_KEYS = frozenset({"sources", "fixed", "follows", "conclusions"})
_VALUES = {"present_when": True, "absent_when": False, "unknown_when": None}
Report = Callable[[str, str], None]


def changing_of(
    files: Files, vocabulary: Vocabulary, condition: Callable[[str, object], Expr], report: Report
) -> Changing:
    """The content of changes; every problem goes to `report(place, message)`."""
    data = files.get(FILE) or {}
    for key in sorted(data.keys() - _KEYS):
        report(FILE, f"{key} is not a key of this file")
    named = {key: frozenset(data.get(key, ())) for key in ("fixed", "follows")}
    for key, names in named.items():
        for name in sorted(names - vocabulary.facts.keys()):
            report(FILE, f"{key}: {name} is not a fact of the vocabulary")
    rows = (files.get("vocabulary.yaml") or {}).get("concepts", ())
    return Changing(
        fixed=named["fixed"],
        follows=named["follows"],
        conclusions=(*_of_concepts(rows, vocabulary), *_stated(data, vocabulary, condition, report)),
        implies={row["id"]: tuple(row["implies"]) for row in rows if row.get("implies")},
        closed_by_problem_list=frozenset(row["id"] for row in rows if "problem_list" in row.get("closed_by", ())),
        groups=tuple(_groups(files, vocabulary)),
    )


def _of_concepts(rows: Iterable[Record], vocabulary: Vocabulary) -> Iterator[Conclusion]:
    """The evidence of concepts that facts alone can give; what reads the record itself stays as it was recorded."""
    for row in rows:
        for key, value in _VALUES.items():
            for item in row.get("derived_from", ()):
                if key in item and (when := _readable(item[key], vocabulary)) is not None:
                    yield Conclusion(row["id"], value, when)


def _groups(files: Files, vocabulary: Vocabulary) -> Iterator[tuple[str, Expr]]:
    for row in (files.get("vocabulary.yaml") or {}).get("condition_groups", ()):
        if (when := _readable(row.get("when"), vocabulary)) is not None:
            yield row["id"], when


def _readable(text: object, vocabulary: Vocabulary) -> Expr | None:
    """The condition where it reads nothing but facts; `treatments.fact_content` reports what is wrong in one."""
    try:
        expr = parse(str(text))
    except ConditionInvalid:
        return None
    # Most that are not readable name something that is no fact; to look for the name that was meant costs far more.
    if not all(name in vocabulary.facts for name in fact_names(expr)):
        return None
    return None if misfits(expr, vocabulary) else expr


def _stated(
    data: Record, vocabulary: Vocabulary, condition: Callable[[str, object], Expr], report: Report
) -> Iterator[Conclusion]:
    for number, row in enumerate(data.get("conclusions", ())):
        place = f"{FILE} conclusions[{number}]"
        fact = vocabulary.get(str(row.get("fact")))
        if set(row) != {"fact", "value", "when"} or fact is None:
            report(place, "a conclusion has a fact of the vocabulary, a value and a condition, and nothing else")
        elif (wrong := fact.problem(row["value"])) is not None:
            report(place, f"{fact.name} {wrong}")
        else:
            yield Conclusion(fact.name, row["value"], condition(place, row["when"]))
