"""What the builder reads of goals.yaml and agreements.yaml, strictly: a key that is missing or new is a problem."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from treatments.agreement_rules import AgreementRules, Bounds, Case
from treatments.content.files import Files, Record
from treatments.goal_rules import Band, GoalRules, SmartRule
from treatments.rulebook import GoalTemplate

# Says what is wrong, and where.
Tell = Callable[[str, str], None]

_KEYS = frozenset(
    {
        "relief",
        "mild_pain_at_most",
        "not_tolerated_from_grade",
        "latest_week",
        "choices",
        "therapies",
        "table_actions",
        "safer_first",
    }
)
_ACTIONS = frozenset({"continue", "raise", "add", "switch", "stop", "reduce_then_switch"})


def goal_templates(files: Files) -> Iterator[GoalTemplate]:
    """The goals to begin with."""
    for item in (files.get("goals.yaml") or {}).get("goals", ()):
        yield GoalTemplate(
            item["id"],
            item["domain"],
            item["template"],
            item["metric"],
            item["unit"],
            item.get("baseline_question") or "",
            tuple(item.get("therapies") or ()),
            item.get("caution") or "",
        )


def goal_rules(files: Files) -> GoalRules | None:
    """The scale of goal attainment and what makes a goal a good one; None for content without goals."""
    data = files.get("goals.yaml")
    if not data:
        return None
    gas = data["gas"]
    labels = {row["level"]: row["label"] for row in gas["scale"]}
    bands = tuple(
        Band(row["level"], labels[row["level"]], row["progress_from"], row["progress_below"])
        for row in gas["numeric_level_rule"]["bands"]
    )
    smart = {
        row["id"]: SmartRule(
            row["id"],
            row["check"],
            row.get("words_from"),
            row.get("confidence_from"),
            row.get("within_weeks"),
            row.get("at_most"),
            tuple(row.get("phrases", ())),
        )
        for row in data["smart_rules"]["rules"]
    }
    return GoalRules(bands, gas["weights"].get("at_most", 1), smart)


def agreement_rules(
    files: Files, sources: Collection[str], therapies: Collection[str], tell: Tell
) -> AgreementRules | None:
    """The rules of agreements; None for content from before there were any. `tell` hears what is wrong."""
    data = files.get("agreements.yaml")
    if not data:
        return None
    for key in sorted(_KEYS ^ data.keys()):
        tell("agreements.yaml", f"the key {key} is {'missing' if key in _KEYS else 'not known'}")
    if _KEYS - data.keys():
        return None
    cited = sorted(set(_cited(data)))
    for name in cited:
        if name not in sources:
            tell("agreements.yaml", f"the source {name} is not known")
    for row in data["therapies"]:
        if row["id"] not in therapies:
            tell("agreements.yaml", f"the therapy {row['id']} is not known")
    enough, good = (_bounds(data["relief"][key], key, tell) for key in ("enough", "good"))
    choices = {
        case: {kind: tuple(data["choices"][case][kind]) for kind in ("agent", "therapy")}
        for case in (Case.LITTLE, Case.PARTIAL, Case.NOT_TOLERATED)
    }
    named = {action for kinds in choices.values() for actions in kinds.values() for action in actions}
    for action in sorted((named | data["table_actions"].keys()) ^ _ACTIONS):
        tell("agreements.yaml", f"the action {action} is not one of those that agreements know, or has no row")
    return AgreementRules(
        enough=enough,
        good=good,
        mild_pain_at_most=data["mild_pain_at_most"]["value"],
        grade_from=data["not_tolerated_from_grade"]["value"],
        latest_week=data["latest_week"]["value"],
        choices=choices,
        therapy_below={row["id"]: row["below_pct"] for row in data["therapies"]},
        table_actions={action: tuple(names) for action, names in data["table_actions"].items()},
        safer_first=tuple(data["safer_first"]["order"]),
        sources=tuple(cited),
    )


def _bounds(row: Record, key: str, tell: Tell) -> Bounds:
    bounds = Bounds(row["default"], row["from"], row["to"])
    if not 0 < bounds.low <= bounds.default <= bounds.high <= 100:
        tell("agreements.yaml", f"the default of {key} does not lie within its bounds")
    return bounds


def _cited(data: object) -> Iterator[str]:
    if isinstance(data, dict):
        yield from data.get("sources", ())
        for value in data.values():
            yield from _cited(value)
    elif isinstance(data, list):
        for value in data:
            yield from _cited(value)
