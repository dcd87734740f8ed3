"""The decision table of follow-up as typed data, read from the content and checked once. Pure: no file, no database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rules import typecheck
from rules.expr import Expr, fact_names
from rules.parse import parse
from rules.problems import ConditionInvalid
from rules.vocabulary import Vocabulary, VocabularyInvalid


class TableInvalid(ValueError):
    """The content is not a decision table; `problems` lists everything that was found."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


@dataclass(frozen=True, slots=True)
class Row:
    """One row: when it holds, what it advises, and in how many days (earliest, latest) to look again."""

    id: str
    group: str
    when: Expr
    reads: tuple[str, ...]
    action: str
    alternatives: tuple[str, ...]
    text: str
    next_review_days: tuple[int, int]
    source: str
    attributed_to: str


@dataclass(frozen=True, slots=True)
class Suppression:
    """What is hidden while one of the rows holds; `only_for_classes` empty means for every treatment."""

    if_rows: frozenset[str]
    hide_groups: frozenset[str]
    hide_actions: frozenset[str]
    only_for_classes: frozenset[str]
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class NeedsData:
    """While one of `variables` is unknown, `groups` show none of `actions`."""

    variables: tuple[str, ...]
    groups: frozenset[str]
    actions: frozenset[str]
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Table:
    """The whole decision table. `differences` maps a computed variable to the two variables it is the difference of."""

    vocabulary: Vocabulary
    rows: tuple[Row, ...]
    suppressions: tuple[Suppression, ...]
    needs_data: NeedsData
    groups_for: Mapping[str, tuple[str, ...]]
    first_match_groups: frozenset[str]
    opioid_classes: frozenset[str]
    classes_of_agent: Mapping[str, frozenset[str]]
    differences: Mapping[str, tuple[str, str]]
    # Variables that are asked once, because they are true of the person whatever the treatment.
    about_person: frozenset[str]

    def row(self, row_id: str) -> Row:
        """The row of that id; raises KeyError when there is none."""
        return next((row for row in self.rows if row.id == row_id), None) or _no_row(row_id)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The variables a case may give, in the order of the content."""
        return tuple(fact.name for fact in self.vocabulary if fact.name not in self.differences)


def _no_row(row_id: str) -> Row:
    raise KeyError(row_id)


def table_from(decisions: Mapping[str, Any], classes: Mapping[str, Any]) -> Table:
    """Build the table from the two content files `decision_table` and `drug_classes`.

    Raises TableInvalid with every problem: conditions that do not parse or do not fit the variables, names that are
    not there, ids that occur twice.
    """
    problems: list[str] = []
    variables = decisions["variables"]
    try:
        vocabulary = Vocabulary.from_data({"facts": variables})
    except VocabularyInvalid as error:
        raise TableInvalid(error.problems) from None
    rows = tuple(_row(data, vocabulary, problems) for data in decisions["rows"])
    ids = [row.id for row in rows]
    problems += [f"{row_id}: the id occurs twice" for row_id in sorted({i for i in ids if ids.count(i) > 1})]
    table = Table(
        vocabulary=vocabulary,
        rows=rows,
        suppressions=tuple(_suppression(data) for data in decisions["suppressions"]),
        needs_data=NeedsData(
            variables=tuple(decisions["needs_data"]["variables"]),
            groups=frozenset(decisions["needs_data"]["groups"]),
            actions=frozenset(decisions["drug_actions"]),
            text=decisions["needs_data"]["text"],
            source=decisions["needs_data"]["source"],
        ),
        groups_for={kind: tuple(groups) for kind, groups in decisions["groups_for"].items()},
        first_match_groups=frozenset(
            group for group, how in decisions["evaluation"]["order"].items() if how == "the first row that holds"
        ),
        opioid_classes=frozenset(decisions["opioid_classes"]),
        classes_of_agent=_classes_of_agent(classes),
        differences={row["name"]: tuple(row["difference_of"]) for row in variables if "difference_of" in row},
        about_person=frozenset(decisions["about_the_person"]["variables"]),
    )
    problems += _dangling(table, frozenset(decisions["actions"]), frozenset(decisions["evaluation"]["order"]))
    if problems:
        raise TableInvalid(problems)
    return table


def _row(data: Mapping[str, Any], vocabulary: Vocabulary, problems: list[str]) -> Row:
    try:
        when = parse(data["when"])
    except ConditionInvalid as error:
        problems += [f"{data['id']}: {problem}" for problem in error.problems]
        when = parse("False")
    problems += [f"{data['id']}: {problem}" for problem in typecheck.problems(when, vocabulary)]
    earliest, latest = data["next_review_days"]
    if not 0 <= earliest <= latest:
        problems.append(f"{data['id']}: next_review_days must begin with the earlier day")
    return Row(
        id=data["id"],
        group=data["group"],
        when=when,
        reads=fact_names(when),
        action=data["action"],
        alternatives=tuple(data.get("alternatives", ())),
        text=data["text"],
        next_review_days=(earliest, latest),
        source=data["source"],
        attributed_to=data.get("attributed_to", ""),
    )


def _suppression(data: Mapping[str, Any]) -> Suppression:
    return Suppression(
        if_rows=frozenset(data["if_rows"]),
        hide_groups=frozenset(data.get("hide_groups", ())),
        hide_actions=frozenset(data.get("hide_actions", ())),
        only_for_classes=frozenset(data.get("only_for_classes", ())),
        text=data["text"],
        source=data["source"],
    )


def _classes_of_agent(classes: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for row in classes["drug_classes"]:
        for agent in row["agents"]:
            found.setdefault(agent, set()).add(row["id"])
    return {agent: frozenset(names) for agent, names in found.items()}


def _dangling(table: Table, actions: frozenset[str], groups: frozenset[str]) -> list[str]:
    ids = {row.id for row in table.rows}
    named = [(row.id, name) for row in table.rows for name in (row.action, *row.alternatives)]
    problems = [f"{row_id}: no action {name}" for row_id, name in named if name not in actions]
    problems += [f"{row.id}: no group {row.group}" for row in table.rows if row.group not in groups]
    for rule in table.suppressions:
        problems += [f"suppression: no row {name}" for name in sorted(rule.if_rows - ids)]
        problems += [f"suppression: no action {name}" for name in sorted(rule.hide_actions - actions)]
        problems += [f"suppression: no group {name}" for name in sorted(rule.hide_groups - groups)]
    unknown = [name for name in table.needs_data.variables if name not in table.vocabulary]
    problems += [f"needs_data: no variable {name}" for name in unknown]
    problems += [f"about_the_person: no variable {name}" for name in sorted(table.about_person - set(table.inputs))]
    problems += [f"needs_data: no action {name}" for name in sorted(table.needs_data.actions - actions)]
    return problems
