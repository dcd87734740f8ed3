"""What is said once for the plan as a whole: pregnancy, breastfeeding, driving, risk of suicide, age."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rules.evaluate import evaluate
from rules.expr import Expr, walk
from rules.facts import Facts
from rules.truth import Truth
from treatments.rulebook import Agent, Effect, Rulebook
from treatments.safety.model import Check
from treatments.safety.table import Topic, safety_of

_SPEAKS = frozenset({Effect.CONTRAINDICATE, Effect.CAUTION, Effect.AVOID, Effect.LIMIT_DOSE, Effect.MONITOR})

# The content's word for: there is nothing to say.
_NOTHING = frozenset({"none", "not applicable"})


def topic_checks(agents: Sequence[Agent], facts: Facts, rulebook: Rulebook) -> Iterator[Check]:
    """Each topic that concerns this patient, or may concern, with the words of every item that has any."""
    for topic in safety_of(rulebook).topics:
        truth = evaluate(topic.when, facts)
        if truth is Truth.NO:
            continue
        said = [
            (agent, words, sources) for agent in agents for words, sources in (_words(agent, topic, facts),) if words
        ]
        if not said:
            continue
        lead = topic.label if truth is Truth.YES else f"{topic.label} (not known whether it concerns this patient)"
        parts = " ".join(f"{agent.name}: {_sentence(words)}" for agent, words, _sources in said)
        cited = (*topic.sources, *(source for _agent, _words_, sources in said for source in sources))
        yield Check(
            f"topic:{topic.id}",
            "topic",
            topic.tier if truth is Truth.YES else "info",
            f"{lead}. {parts}",
            tuple(agent.id for agent, _words_, _sources in said),
            tuple(dict.fromkeys(cited)),
        )


def _words(agent: Agent, topic: Topic, facts: Facts) -> tuple[str, Sequence[str]]:
    """What the content says of an agent about a topic, with its sources; empty when nothing."""
    if topic.field:
        given = agent.data.get(topic.field)
        row: Mapping[str, object] = given if isinstance(given, Mapping) else {}
        cited = row.get("sources")
        advice = str(row.get("advice") or "")
        if advice in _NOTHING:
            return "", ()
        return advice, [str(name) for name in cited] if isinstance(cited, list) else ()
    rules = [
        rule
        for rule in agent.rules
        if rule.effect in _SPEAKS and _reads(rule.when, topic.facts) and evaluate(rule.when, facts) is Truth.YES
    ]
    return " ".join(_sentence(rule.text) for rule in rules), [source for rule in rules for source in rule.sources]


def _reads(expr: Expr, names: frozenset[str]) -> bool:
    return any(getattr(node, "fact", None) in names for node in walk(expr))


def _sentence(text: str) -> str:
    """A clause as a sentence."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"
