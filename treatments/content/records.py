"""What the builder reads of single records of the content, and the order, labels and questions of the vocabulary."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from rules.vocabulary import Vocabulary
from treatments.content.files import Files, Record
from treatments.rulebook import (
    Agent,
    DoseLimit,
    Side,
    Step,
    Therapy,
)


class _Option(Protocol):
    @property
    def id(self) -> str: ...


def vocabulary_of(data: Record, class_labels: Mapping[str, str] | None = None) -> Vocabulary:
    """The fact vocabulary of the content; lists of ids that several facts share are named once as domains.

    Classes of medicines are listed there and labelled in interactions.yaml, so that a sentence says "SSRI".
    """
    domains = data.get("domains", {})
    if class_labels and "medicine_classes" in domains:
        named = {name: class_labels.get(name, name) for name in domains["medicine_classes"]}
        domains = {**domains, "medicine_classes": named}
    return Vocabulary.from_data(data, domains)


def class_labels(files: Files) -> dict[str, str]:
    classes = (files.get("interactions.yaml") or {}).get("classes", ())
    return {item["id"]: item["label"] for item in classes if "label" in item}


def filled(data: Any, option: str) -> Any:
    """The same data with `{option}` replaced by the id of an option, wherever it stands."""
    if isinstance(data, Mapping):
        return {key: filled(value, option) for key, value in data.items()}
    if isinstance(data, list):
        return [filled(value, option) for value in data]
    return data.replace("{option}", option) if isinstance(data, str) else data


def dose_limit(data: Record) -> DoseLimit:
    return DoseLimit(
        data.get("start_per_day"),
        data.get("max_per_day"),
        data.get("frequency"),
        data.get("schedule"),
        data.get("times_per_day"),
    )


def read_steps(data: Sequence[Record]) -> tuple[Step, ...]:
    """The steps of a schedule."""
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


def when_text(item: Record) -> str | None:
    parts = [str(item[key]) for key in ("interval", "when") if item.get(key)]
    return "; ".join(parts) or None


def read_side(data: Record) -> Side:
    """One side of an interaction."""
    ((kind, name),) = data.items()
    return Side(kind, name)


def order_of(ids: Sequence[Any]) -> Callable[[_Option], tuple[int, str]]:
    place = {item["id"] if isinstance(item, Mapping) else item: number for number, item in enumerate(ids)}
    return lambda option: (place.get(option.id, len(place)), option.id)


def selectors(agents: Sequence[Agent], therapies: Sequence[Therapy]) -> Callable[[str], tuple[str, ...]]:
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


def labels(vocabulary: Record) -> dict[str, dict[str, str]]:
    kinds = (
        *("agents", "therapies", "conditions", "condition_groups", "concepts", "alerts", "referrals", "education"),
        *("monitoring_tests", "preferences", "red_flags", "regions", "instruments"),
    )
    return {
        kind: {item["id"]: item.get("label", item["id"]) for item in vocabulary.get(kind, ()) if "id" in item}
        for kind in kinds
    }


def questions(vocabulary: Record) -> dict[str, str]:
    """How to ask for a fact: the question of its concept, or its label."""
    questions = {fact["name"]: f"{fact.get('label', fact['name'])}?" for fact in vocabulary.get("facts", ())}
    questions.update({item["id"]: item["ask"] for item in vocabulary.get("concepts", ()) if item.get("ask")})
    return questions
