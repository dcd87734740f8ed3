"""Reads knowledge/safety.yaml: burdens, dangers, gradings and topics of the live check."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from rules.expr import Expr
from treatments.content.files import Record
from treatments.rulebook import Effect, Rule, RuleGroup
from treatments.safety.table import Burden, CeilingWords, Danger, Grading, Groups, Level, LowDose, SafetyTable, Topic

FILE = "safety.yaml"


class Cited(Protocol):
    """The sources of a record, each checked to exist."""

    def __call__(self, place: str, data: Record, *, required: bool = True) -> tuple[str, ...]: ...


def safety_table(
    data: Record, rules: Iterable[Rule], cited: Cited, condition: Callable[[str, object], Expr]
) -> SafetyTable:
    """The table of a release; `cited` and `condition` report what is wrong with sources and conditions."""
    alerts = [rule for rule in rules if rule.effect is Effect.ALERT]
    words = data.get("current_doses") or {}
    return SafetyTable(
        burdens=tuple(_burden(row, alerts, cited, condition) for row in data.get("burdens", ())),
        dangers=tuple(_danger(row, cited) for row in data.get("dangers", ())),
        gradings=tuple(_grading(row, cited, condition) for row in data.get("gradings", ())),
        topics=tuple(
            Topic(
                row["id"],
                row["label"],
                condition(_place(row), row["when"]),
                row.get("field", ""),
                frozenset(row.get("facts", ())),
                row["tier"],
                cited(_place(row), row),
            )
            for row in data.get("topics", ())
        ),
        ceilings=CeilingWords(
            words["above_ceiling"]["tier"],
            words["above_ceiling"]["text"],
            words["above_highest"]["tier"],
            words["above_highest"]["text"],
            cited(f"{FILE} current_doses", words),
        )
        if words
        else CeilingWords(),
    )


def _place(row: Record) -> str:
    return f"{FILE} {row['id']}"


def _burden(row: Record, alerts: Sequence[Rule], cited: Cited, condition: Callable[[str, object], Expr]) -> Burden:
    names = frozenset(row.get("alerts", ()))
    return Burden(
        id=row["id"],
        label=row["label"],
        unit=row["unit"],
        fact=row.get("fact", ""),
        classes=frozenset(row.get("classes", ())),
        alerts=names,
        absorbs=frozenset(row.get("absorbs", ())),
        asks=frozenset(row.get("asks", ())),
        interactions=frozenset(row.get("interactions", ())),
        levels=tuple(
            Level(
                level["id"],
                level["tier"],
                level["at_least"],
                condition(_place(level), level["when"]) if "when" in level else None,
                level["text"],
                cited(_place(level), level),
            )
            for level in row.get("levels", ())
        ),
        sources=cited(_place(row), row),
        group=RuleGroup(rule for rule in alerts if rule.target in names),
    )


def _danger(row: Record, cited: Cited) -> Danger:
    return Danger(
        row["id"],
        row["label"],
        row.get("theme", ""),
        _groups(row.get("all", ())),
        _groups(row.get("of", ())),
        row.get("at_least", 0),
        row["tier"],
        row["text"],
        cited(_place(row), row),
    )


def _grading(row: Record, cited: Cited, condition: Callable[[str, object], Expr]) -> Grading:
    dose = row.get("dose")
    return Grading(
        row["id"],
        frozenset(row["interactions"]),
        condition(_place(row), row["when"]),
        row["to"],
        row["text"],
        cited(_place(row), row),
        _groups(row.get("medicines", ())),
        LowDose(dose["medicine"], dose["at_most"], dose["unit"]) if dose else None,
    )


def _groups(rows: Iterable[Sequence[str]]) -> Groups:
    return tuple(frozenset(row) for row in rows)
