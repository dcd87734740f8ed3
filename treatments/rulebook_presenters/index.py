"""The index of the rulebook: agents, therapies, conditions; lists in pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from rules import english
from treatments.rulebook import Agent, Rulebook
from treatments.rulebook_presenters.rules import Section
from treatments.rulebook_presenters.words import Link

PAGE = 50
CAUSES = ("conditions", "condition_groups")


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list in the order of its keys; `next` is the address of the one after it, or empty."""

    items: Sequence[Any]
    shown: str
    next: str = ""
    first: str = ""


def index_sections(rulebook: Rulebook, shown: str) -> list[Section]:
    """The links of one tab of the front page."""
    match shown:
        case "therapies":
            return _therapy_sections(rulebook)
        case "conditions":
            return _condition_sections(rulebook)
        case "combinations":
            return []
        case _:
            return _agent_sections(rulebook)


def _agent_sections(rulebook: Rulebook) -> list[Section]:
    groups: dict[str, list[Link]] = {}
    for agent in rulebook.agents:
        number = len(rulebook.option_rules[agent.id])
        mark = ngettext("%(n)d rule", "%(n)d rules", number) % {"n": number}
        note = english.words(agent.app_rule) if agent.app_rule else ""
        link = Link(agent.name, reverse("rulebook-agent", args=[agent.id]), note, mark)
        groups.setdefault(_class_of(agent), []).append(link)
    return [Section(title, links=links) for title, links in groups.items()]


def _class_of(agent: Agent) -> str:
    text = str(agent.data.get("pharmacological_class") or "")
    return text.split(",")[0][:1].upper() + text.split(",")[0][1:]


def _therapy_sections(rulebook: Rulebook) -> list[Section]:
    groups: dict[str, list[Link]] = {}
    for therapy in rulebook.therapies:
        number = len(rulebook.option_rules[therapy.id])
        mark = ngettext("%(n)d rule", "%(n)d rules", number) % {"n": number}
        link = Link(therapy.name, reverse("rulebook-therapy", args=[therapy.id]), "", mark)
        groups.setdefault(english.words(therapy.category).capitalize(), []).append(link)
    return [Section(title, links=links) for title, links in groups.items()]


def _condition_sections(rulebook: Rulebook) -> list[Section]:
    def links(kind: str) -> list[Link]:
        return [
            Link(label, reverse("rulebook-condition", args=[name])) for name, label in rulebook.labels[kind].items()
        ]

    return [
        Section(gettext_lazy("Causes of the pain"), links=links("conditions")),
        Section(gettext_lazy("Groups"), links=links("condition_groups")),
    ]


def paged(keyed: Sequence[tuple[str, Any]], after: str, address: str, parameters: Mapping[str, str]) -> Page:
    """The page of (key, item) that begins after a key; the keys are unique and in order."""
    start = next((number for number, (key, _item) in enumerate(keyed) if key > after), len(keyed)) if after else 0
    items = keyed[start : start + PAGE]
    more = start + PAGE < len(keyed)
    total = len(keyed)
    shown = _("%(first)d to %(last)d of %(total)d") % {
        "first": min(start + 1, total),
        "last": start + len(items),
        "total": total,
    }
    kept = {key: value for key, value in parameters.items() if value}
    following = f"{address}?{urlencode({**kept, 'after': items[-1][0]})}" if more else ""
    first = (f"{address}?{urlencode(kept)}" if kept else address) if after else ""
    return Page([item for _key, item in items], shown if total > PAGE else "", following, first)
