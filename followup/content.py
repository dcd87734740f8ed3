"""Reads the follow-up content of `knowledge/` once. The only module of this package that opens its files."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from followup.decision_table import Table, table_from
from followup.policy import Policy, policy_from
from followup.response import Figures
from followup.response import figures as figures_from
from rules.strict_yaml import load

KNOWLEDGE = Path(__file__).resolve().parent.parent / "knowledge" / "followup"


@lru_cache
def file(name: str) -> dict[str, Any]:
    """One content file of `knowledge/followup/` by its name without the ending, as plain data. Do not change it."""
    data: dict[str, Any] = load((KNOWLEDGE / f"{name}.yaml").read_text(encoding="utf-8"))
    return data


@lru_cache
def safety_alerts() -> dict[str, dict[str, Any]]:
    """The safety alerts that we ship, by id."""
    return {row["id"]: row for row in file("safety_alerts")["safety_alerts"]}


@lru_cache
def schema() -> dict[str, Any]:
    """The JSON schema of a case for `next_step` and of its answer."""
    data: dict[str, Any] = json.loads((KNOWLEDGE / "next_step.schema.json").read_text(encoding="utf-8"))
    return data


@lru_cache
def decision_table() -> Table:
    """The decision table that we ship."""
    return table_from(file("decision_table"), file("drug_classes"))


@lru_cache
def policy() -> Policy:
    """The figures of the reminder policy that we ship."""
    return policy_from(file("reminders")["reminder_policy"])


@lru_cache
def figures() -> Figures:
    """The thresholds of response that we ship."""
    return figures_from(file("response"))
