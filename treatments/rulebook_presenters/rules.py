"""A rule in words: its condition, what it does, its examples, and rules in groups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from rules import english
from rules.expr import Constant, Expr
from rules.facts import Facts, FactSet
from rules.vocabulary import Vocabulary
from treatments.rulebook import Effect, Rule, Rulebook
from treatments.rulebook_presenters.words import (
    EFFECTS,
    TRUTHS,
    UNVERIFIED,
    Badge,
    Citation,
    Link,
    Text,
    citations,
    option_link,
    rule_href,
)

# The order in which the rules of an option are read: what stops first, what adjusts next, then the rest.
GROUPS: Sequence[tuple[Text, frozenset[Effect]]] = (
    (gettext_lazy("Do not use"), frozenset({Effect.CONTRAINDICATE})),
    (gettext_lazy("Required first"), frozenset({Effect.REQUIRE})),
    (gettext_lazy("Dose"), frozenset({Effect.LIMIT_DOSE, Effect.SET_START})),
    (gettext_lazy("Care and monitoring"), frozenset({Effect.CAUTION, Effect.AVOID, Effect.MONITOR})),
    (gettext_lazy("When it is advised"), frozenset({Effect.RECOMMEND, Effect.PREFER})),
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A phrase of a sentence; `kind` is that of rules.english, `gap` says whether a space follows."""

    text: str
    kind: str
    gap: bool


@dataclass(frozen=True, slots=True)
class RuleView:
    """One rule for a page."""

    id: str
    href: str
    effect: Badge
    condition: Sequence[Piece]
    sentence: str
    text: str
    options: Sequence[Link]
    dose: str
    sources: Sequence[Citation]
    has_unverified: bool
    action: str = ""
    when_text: str = ""
    details: Sequence[tuple[Text, Text]] = ()
    examples: Sequence[tuple[Text, str, Sequence[tuple[str, str]]]] = ()
    owner: str = ""
    review_by: date | None = None
    strength: str = ""
    certainty: str = ""
    label_position: str = ""
    stricter_than_label: bool = False
    file: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with rules or links under it."""

    title: Text
    rules: Sequence[RuleView] = ()
    links: Sequence[Link] = ()


def rule_view(rule: Rule, rulebook: Rulebook, *, full: bool = False) -> RuleView:
    """A rule for a list; with `full` also its examples and everything that only its own page shows."""
    label, tone, icon = EFFECTS[rule.effect]
    return RuleView(
        id=rule.id,
        href=rule_href(rule.id),
        effect=Badge(label, tone, icon),
        condition=pieces(rule.when, rulebook.vocabulary),
        sentence=sentence(rule, rulebook),
        text=rule.text,
        options=[option_link(option, rulebook) for option in rule.options],
        dose=dose_text(rule, rulebook),
        sources=citations(rule.sources, rulebook),
        has_unverified=bool(UNVERIFIED & set(rule.sources)),
        action=english.words(rule.action or ""),
        when_text=rule.when_text,
        details=_details(rule, rulebook) if full else (),
        examples=_examples(rule, rulebook.vocabulary) if full else (),
        owner=rule.owner,
        review_by=rule.review_by,
        strength=rule.strength,
        certainty=rule.certainty,
        label_position=rule.label_position or "",
        stricter_than_label=rule.stricter_than_label,
        file=rule.file,
    )


def pieces(expr: Expr, vocabulary: Vocabulary) -> list[Piece]:
    """A condition as phrases to be set one after the other, with no space inside brackets."""
    found = [phrase for phrase in english.phrases(expr, vocabulary) if phrase.text]
    following = [phrase.text for phrase in found[1:]] + [")"]
    return [
        Piece(phrase.text, phrase.kind.value, phrase.text != "(" and after != ")")
        for phrase, after in zip(found, following, strict=True)
    ]


def sentence(rule: Rule, rulebook: Rulebook) -> str:
    """The whole rule as one English sentence: what it does, to what, and when."""
    names = [str(option_link(option, rulebook).label) for option in rule.options]
    if len(names) > 4:
        subject = ngettext("%(count)d option", "%(count)d options", len(names)) % {"count": len(names)}
    else:
        subject = ", ".join(names)
    what = str(EFFECTS[rule.effect][0])
    if target := target_label(rule, rulebook):
        what = f"{what}: {target}"
    elif subject:
        what = f"{what}: {subject}"
    always = isinstance(rule.when, Constant)
    condition = english.sentence(rule.when, rulebook.vocabulary)
    template = _("%(what)s, %(condition)s.") if always else _("%(what)s, when %(condition)s.")
    return template % {"what": what, "condition": condition}


def target_label(rule: Rule, rulebook: Rulebook) -> str:
    """What an alert, a referral, a topic or a review rule calls for, by name."""
    if not rule.target:
        return ""
    kinds = {Effect.ALERT: "alerts", Effect.REFER: "referrals", Effect.EDUCATE: "education"}
    labels = rulebook.labels.get(kinds.get(rule.effect, ""), {})
    return labels.get(rule.target, english.words(rule.target))


def dose_text(rule: Rule, rulebook: Rulebook) -> str:
    """The dose that a rule sets, per day with its unit."""
    if rule.dose is None:
        return ""
    agent = rulebook.agent_by_id.get(rule.options[0]) if rule.options else None
    unit = agent.dosing.unit if agent and agent.dosing else ""
    parts = []
    if rule.dose.start_per_day is not None:
        parts.append(_("start %(dose)s a day") % {"dose": f"{rule.dose.start_per_day:g} {unit}".strip()})
    if rule.dose.max_per_day is not None:
        parts.append(_("at most %(dose)s a day") % {"dose": f"{rule.dose.max_per_day:g} {unit}".strip()})
    if rule.dose.schedule == "slow_titration":
        parts.append(_("slow schedule"))
    elif rule.dose.schedule:
        parts.append(_("special schedule"))
    if rule.dose.frequency:
        parts.append(rule.dose.frequency)
    return ", ".join(parts)


def _details(rule: Rule, rulebook: Rulebook) -> list[tuple[Text, Text]]:
    found: list[tuple[Text, Text]] = []
    if rule.action:
        found.append((gettext_lazy("Action"), english.words(rule.action)))
    if rule.line is not None:
        found.append((gettext_lazy("Line of treatment"), str(rule.line)))
    if rule.steps:
        found.append((gettext_lazy("Moves in the list"), f"{rule.steps:+d}"))
    if rule.tier:
        found.append((gettext_lazy("Tier"), english.words(rule.tier)))
    if rule.urgency:
        found.append((gettext_lazy("Urgency"), english.words(rule.urgency)))
    if rule.hard_unknown_when is not None:
        condition = english.sentence(rule.hard_unknown_when, rulebook.vocabulary)
        found.append((gettext_lazy("An unknown answer blocks when"), condition))
    if rule.not_in_regions:
        found.append((gettext_lazy("Does not count in"), ", ".join(map(english.words, rule.not_in_regions))))
    found += [(gettext_lazy("To do"), action) for action in rule.actions]
    return found


def _examples(rule: Rule, vocabulary: Vocabulary) -> list[tuple[Text, str, list[tuple[str, str]]]]:
    return [
        (*TRUTHS[truth], facts_in_words(rule.examples[truth], vocabulary)) for truth in TRUTHS if truth in rule.examples
    ]


def facts_in_words(facts: Facts, vocabulary: Vocabulary) -> list[tuple[str, str]]:
    """Facts as pairs of label and value with unit."""
    found = []
    for name, value in facts.items():
        fact = vocabulary.get(name)
        values = fact.values if fact else {}
        match value:
            case bool():
                text = _("yes") if value else _("no")
            case FactSet():
                known = [values.get(item) or english.words(item) for item in sorted(value.members)]
                text = ", ".join(known) or _("none of these")
                if value.absent:
                    absent = ", ".join(values.get(item) or english.words(item) for item in sorted(value.absent))
                    text = f"{text}; {_('not')} {absent}" if known else f"{_('not')} {absent}"
            case str():
                text = values.get(value) or english.words(value)
            case _:
                unit = english.unit_text(fact.unit) if fact else ""
                text = f"{value:g} {unit}".strip()
        found.append((fact.label if fact else name, text))
    return found


def grouped_rules(rules: Iterable[Rule], rulebook: Rulebook) -> list[Section]:
    """Rules of one option in reading order, under headings; nothing is left out."""
    views = list(rules)
    sections = []
    for title, effects in GROUPS:
        chosen = [rule_view(rule, rulebook) for rule in views if rule.effect in effects]
        if chosen:
            sections.append(Section(title, rules=chosen))
    placed = frozenset().union(*(effects for _title, effects in GROUPS))
    rest = [rule_view(rule, rulebook) for rule in views if rule.effect not in placed]
    if rest:
        sections.append(Section(gettext_lazy("Other"), rules=rest))
    return sections
