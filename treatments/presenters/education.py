"""The topics that go with this patient: what is told, why, in whose words, and in which therapy it is taught."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rules import english
from treatments import rulebook_presenters as rulebook_words
from treatments.plan_record import PlanRecord
from treatments.proposal.model import Call
from treatments.rulebook_presenters import Citation
from treatments.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Taught:
    """A therapy in which a topic is taught; what the button that chooses it needs."""

    id: str
    name: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class TopicView:
    """One topic. `why` is what called for it; `text` is what the patient is told."""

    id: str
    title: str
    why: str
    text: str
    reading_grade: float | None
    taught: Sequence[Taught]
    sources: Sequence[Citation]


def topic_views(shown: Snapshot, plan: PlanRecord | None) -> list[TopicView]:
    """The topics that the rules call for, in their order."""
    chosen = {item.ref_id for item in plan.items} if plan else set()
    return [_topic(call, shown, chosen) for call in shown.proposal.education]


def _topic(call: Call, shown: Snapshot, chosen: set[str]) -> TopicView:
    rulebook = shown.rulebook
    topic = next((topic for topic in rulebook.guidance.topics if topic.id == call.id), None)
    sources = (*call.sources, *(topic.sources if topic else ()))
    therapies = topic.therapies if topic else ()
    return TopicView(
        id=call.id,
        title=topic.title if topic else rulebook.labels.get("education", {}).get(call.id, english.words(call.id)),
        why=call.text,
        text=topic.text if topic else "",
        reading_grade=topic.reading_grade if topic else None,
        taught=[
            Taught(name, rulebook.therapy_by_id[name].name, name in chosen)
            for name in therapies
            if name in rulebook.therapy_by_id
        ],
        sources=rulebook_words.citations(dict.fromkeys(sources), rulebook),
    )
