"""Rules and options by words."""

from __future__ import annotations

from django.urls import reverse

from rules.expr import fact_names
from treatments.rulebook import Rule, Rulebook
from treatments.rulebook_presenters.rules import sentence
from treatments.rulebook_presenters.words import Link, option_href


def matching(rulebook: Rulebook, text: str) -> list[Rule]:
    """The rules in which every word of the text occurs: in the id, the reason, the sentence, or a name, by id."""
    words = text.casefold().split()
    haystacks = _haystacks(rulebook)
    return [rule for rule, haystack in haystacks if all(word in haystack for word in words)] if words else []


_SEARCHED: dict[str, list[tuple[Rule, str]]] = {}


def _haystacks(rulebook: Rulebook) -> list[tuple[Rule, str]]:
    """What is searched in, made once per release and process (about 1,400 short texts)."""
    found = _SEARCHED.get(rulebook.digest)
    if found is None:
        found = [
            (
                rule,
                " ".join(
                    (rule.id, rule.text, sentence(rule, rulebook), *rule.options, *fact_names(rule.when))
                ).casefold(),
            )
            for rule in sorted(rulebook.every_rule, key=lambda rule: rule.id)
        ]
        while len(_SEARCHED) > 1:
            _SEARCHED.pop(next(iter(_SEARCHED)))
        _SEARCHED[rulebook.digest] = found
    return found


def options_matching(rulebook: Rulebook, text: str) -> list[Link]:
    """Medicines, therapies and conditions whose name or id holds every word of the text."""
    words = text.casefold().split()
    named = [
        *((agent.name, agent.id, option_href(agent.id, rulebook)) for agent in rulebook.agents),
        *((therapy.name, therapy.id, option_href(therapy.id, rulebook)) for therapy in rulebook.therapies),
        *(
            (label, name, reverse("rulebook-condition", args=[name]))
            for kind in ("conditions", "condition_groups")
            for name, label in rulebook.labels[kind].items()
        ),
    ]
    if not words:
        return []
    return [
        Link(label, href) for label, name, href in named if all(word in f"{label} {name}".casefold() for word in words)
    ]
