"""Which pieces of the content are past the day by which their evidence was to be reviewed. Pure.

A piece is what one person reviews at one sitting and what carries the date in `knowledge/`: a medicine, a therapy, or a
file of rules about patients. Its day is the earliest that it or one of its rules names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from treatments.rulebook import Agent, Rule, Rulebook, Therapy

AGENT, THERAPY, RULES = "agent", "therapy", "rules"


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the content: its key over all releases, its name, who owns it (empty: not stated), and its day."""

    key: str
    name: str
    owner: str
    review_by: date


def pieces(rulebook: Rulebook) -> Iterator[Piece]:
    """Every piece that has a day, in the order of the content."""
    for option_id in (*rulebook.agent_by_id, *rulebook.therapy_by_id):
        if piece := piece_of(option_id, rulebook):
            yield piece
    files: dict[str, list[Rule]] = {}
    for rule in (*(pair.block for pair in rulebook.combinations if pair.block), *rulebook.rules):
        files.setdefault(rule.file, []).append(rule)
    for file, rules in files.items():
        name = file.rpartition("/")[2].removesuffix(".yaml").replace("_", " ")
        if piece := _piece(f"{RULES}:{file}", name[:1].upper() + name[1:], rules, {}):
            yield piece


def piece_of(option_id: str, rulebook: Rulebook) -> Piece | None:
    """The piece that a medicine or a therapy is; None for another option, and where the content names no day."""
    known: Agent | Therapy | None = rulebook.agent_by_id.get(option_id) or rulebook.therapy_by_id.get(option_id)
    if known is None:
        return None
    kind = AGENT if isinstance(known, Agent) else THERAPY
    data: Mapping[str, Any] = known.data
    return _piece(f"{kind}:{known.id}", known.name, known.rules, data.get("defaults") or {})


def overdue(rulebook: Rulebook, today: date) -> dict[str, Piece]:
    """The pieces whose day has passed, by key."""
    return {piece.key: piece for piece in pieces(rulebook) if piece.review_by < today}


def _piece(key: str, name: str, rules: Iterable[Rule], defaults: Mapping[str, Any]) -> Piece | None:
    given = defaults.get("review_by")
    dated = [(rule.review_by, rule.owner) for rule in rules if rule.review_by]
    if isinstance(given, str):
        dated.append((date.fromisoformat(given), str(defaults.get("owner") or "")))
    day, owner = min(dated, default=(None, ""))
    return Piece(key, name, owner, day) if day else None
