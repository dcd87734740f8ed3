"""The rulebook as pages read it: wording, colours and addresses. It decides nothing clinical."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from rules import english
from rules.evaluate import evaluate
from rules.expr import AllOf, AnyOf, Constant, Expr, Member, fact_names, walk
from rules.facts import Facts, FactSet
from rules.truth import Truth
from rules.vocabulary import Vocabulary
from treatments.rulebook import Agent, Effect, Indication, Interaction, Rule, Rulebook, Source, Step, Therapy

Text = str | Promise

PAGE = 50
_CAUSES = ("conditions", "condition_groups")

# Entries of sources/ that are no publication but say what stands behind a statement instead of one.
MARKERS: Mapping[str, Text] = {
    "label-knowledge-unverified": gettext_lazy("General knowledge that nobody has checked against a source"),
    "unverified": gettext_lazy("Good practice that a clinician has to confirm"),
    "dossier_reconciliation": gettext_lazy("Cautious choice where sources disagree or are silent"),
    "design_default": gettext_lazy("Choice of this product"),
}
UNVERIFIED = frozenset({"label-knowledge-unverified", "unverified"})
_NOT_READ = frozenset({"recalled", "identity"})
_READ_ELSEWHERE = frozenset({"secondary_only", "seen_secondary", "cited"})

EFFECTS: Mapping[Effect, tuple[Text, str, str]] = {
    Effect.RECOMMEND: (gettext_lazy("Recommend"), "good", "check-circle"),
    Effect.CONTRAINDICATE: (gettext_lazy("Do not use"), "critical", "ban"),
    Effect.CAUTION: (gettext_lazy("Use with care"), "warning", "alert"),
    Effect.LIMIT_DOSE: (gettext_lazy("Limit the dose"), "information", "arrow-down"),
    Effect.SET_START: (gettext_lazy("Start lower"), "information", "arrow-down"),
    Effect.PREFER: (gettext_lazy("Prefer"), "good", "arrow-up"),
    Effect.AVOID: (gettext_lazy("Avoid"), "warning", "minus"),
    Effect.MONITOR: (gettext_lazy("Monitor"), "information", "calendar"),
    Effect.REFER: (gettext_lazy("Refer"), "information", "team"),
    Effect.ALERT: (gettext_lazy("Alert"), "critical", "bell"),
    Effect.EDUCATE: (gettext_lazy("Teach"), "information", "message"),
    Effect.FOLLOW_UP: (gettext_lazy("Review"), "information", "calendar"),
    Effect.REQUIRE: (gettext_lazy("Require"), "information", "question"),
}
TRUTHS: Mapping[str, tuple[Text, str]] = {
    "yes": (gettext_lazy("The rule holds"), ""),
    "no": (gettext_lazy("The rule does not hold"), ""),
    "unknown": (gettext_lazy("Cannot be told"), "unknown"),
}
SEVERITIES: Mapping[str, tuple[Text, str, str]] = {
    "contraindicated": (gettext_lazy("Do not combine"), "critical", "ban"),
    "major": (gettext_lazy("Avoid"), "warning", "alert"),
    "moderate": (gettext_lazy("Monitor or change dose"), "information", "information"),
    "minor": (gettext_lazy("Be aware"), "quiet", "circle"),
}
# The order in which the rules of an option are read: what stops first, what adjusts next, then the rest.
GROUPS: Sequence[tuple[Text, frozenset[Effect]]] = (
    (gettext_lazy("Do not use"), frozenset({Effect.CONTRAINDICATE})),
    (gettext_lazy("Required first"), frozenset({Effect.REQUIRE})),
    (gettext_lazy("Dose"), frozenset({Effect.LIMIT_DOSE, Effect.SET_START})),
    (gettext_lazy("Care and monitoring"), frozenset({Effect.CAUTION, Effect.AVOID, Effect.MONITOR})),
    (gettext_lazy("When it is advised"), frozenset({Effect.RECOMMEND, Effect.PREFER})),
)


@dataclass(frozen=True, slots=True)
class Link:
    """Something with an address; `note` says a little more, `mark` is a count or a word."""

    label: Text
    href: str = ""
    note: Text = ""
    mark: Text | int = ""


@dataclass(frozen=True, slots=True)
class Citation:
    """A source as `components/evidence.html` shows it."""

    title: Text
    href: str = ""
    year: int | None = None
    unverified: bool = False


@dataclass(frozen=True, slots=True)
class Badge:
    """A short word with its meaning as tone and icon."""

    text: Text
    tone: str
    icon_name: str


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


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list in the order of its keys; `next` is the address of the one after it, or empty."""

    items: Sequence[Any]
    shown: str
    next: str = ""
    first: str = ""


# --- addresses --------------------------------------------------------------------------------------------------------


def rule_href(rule_id: str) -> str:
    return reverse("rulebook-rule", args=[rule_id])


def option_href(option: str, rulebook: Rulebook) -> str:
    """The page of an agent or a therapy."""
    return reverse("rulebook-agent" if option in rulebook.agent_by_id else "rulebook-therapy", args=[option])


def option_link(option: str, rulebook: Rulebook) -> Link:
    """An agent or a therapy by name, with the address of its page."""
    known = rulebook.agent_by_id.get(option) or rulebook.therapy_by_id[option]
    return Link(known.name, option_href(option, rulebook))


# --- pieces -----------------------------------------------------------------------------------------------------------


def citation(source: Source) -> Citation:
    """The source in full; what was not read in the source itself is marked."""
    data = source.data
    if source.id in MARKERS:
        return Citation(MARKERS[source.id], unverified=source.id in UNVERIFIED)
    by = data.get("by")
    title = f"{source.title.rstrip('.')}. {by}" if by and by != "authors not noted" else source.title
    said = {str(data.get(key)) for key in ("excerpt_read", "verification", "read")}
    unread = data.get("excerpt_read") is False or bool(said & _NOT_READ)
    if said & _READ_ELSEWHERE:
        title = f"{title.rstrip('.')} ({_('read in a summary only')})"
    year = data.get("year")
    return Citation(title, _address(source), year if isinstance(year, int) else None, unread)


def _address(source: Source) -> str:
    for given in (source.url, source.data.get("doi"), source.data.get("ref")):
        text = str(given or "")
        if text.startswith(("https://", "http://")):
            return text
        if text.startswith(("doi:", "10.")):
            return f"https://doi.org/{text.removeprefix('doi:')}"
        host, slash, _path = text.partition("/")
        if slash and "." in host and " " not in text:
            return f"https://{text}"
    return ""


def citations(ids: Iterable[str], rulebook: Rulebook) -> list[Citation]:
    """Sources by id, publications first and marks last."""
    found = [rulebook.sources[name] for name in ids if name in rulebook.sources]
    return [citation(source) for source in sorted(found, key=lambda source: source.id in MARKERS)]


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


# --- pages ------------------------------------------------------------------------------------------------------------


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


def agent_page(agent: Agent, rulebook: Rulebook) -> dict[str, Any]:
    """Everything on the page of a medicine."""
    data: Mapping[str, Any] = agent.data
    unit = agent.dosing.unit if agent.dosing else ""
    guidelines = {item["id"]: item["label"] for item in _records(rulebook.reference.get("guidelines"))}
    return {
        "agent": agent,
        "head": [
            (gettext_lazy("Class"), data.get("pharmacological_class"), None, ""),
            (gettext_lazy("Form"), agent.formulation, None, ""),
            (gettext_lazy("Route"), ", ".join(agent.routes), None, ""),
            (gettext_lazy("Prescriber"), english.words(agent.prescriber), None, ""),
            *(
                [(gettext_lazy("Use in proposals"), english.words(agent.app_rule), None, "warning")]
                if agent.app_rule
                else []
            ),
        ],
        "lines": [
            (
                guidelines.get(line.guideline, line.guideline),
                line.line,
                " · ".join(filter(None, (line.strength, line.certainty))),
                line.note or "",
                citations(line.sources, rulebook),
            )
            for line in agent.lines
        ],
        "indications": _indications(agent.indications, rulebook),
        "unit": unit,
        "schedules": _schedules(agent),
        "dosing": _dosing_facts(agent),
        "dosing_notes": _dosing_notes(agent),
        "dosing_sources": citations(agent.dosing.sources, rulebook) if agent.dosing else [],
        "sections": grouped_rules(rulebook.option_rules[agent.id], rulebook),
        "no_adjustment": [
            (item["text"], english.words(item["organ"]), citations(item["sources"], rulebook))
            for item in _records(data.get("no_adjustment"))
        ],
        "monitoring": [
            (
                rulebook.labels["monitoring_tests"].get(item.test, item.label),
                _("yes") if item.baseline else _("no"),
                item.when or "",
                citations(item.sources, rulebook),
            )
            for item in agent.monitoring
        ],
        "interactions": [interaction_view(pair, rulebook) for pair in _pairs_of(agent, rulebook)],
        "advice": [
            (title, str((data.get(key) or {}).get("advice") or ""), citations(data[key]["sources"], rulebook))
            for key, title in (
                ("pregnancy", gettext_lazy("Pregnancy")),
                ("breastfeeding", gettext_lazy("Breastfeeding")),
                ("driving", gettext_lazy("Driving")),
            )
            if data.get(key)
        ],
        "adverse_effects": [
            (title, [(item["effect"], item["frequency"], citations(item["sources"], rulebook)) for item in found])
            for key, title in (("common", gettext_lazy("Common")), ("serious", gettext_lazy("Serious")))
            if (found := _records((data.get("adverse_effects") or {}).get(key)))
        ],
        "counselling": data.get("counselling") or (),
        "checks": data.get("needs_clinician_check") or (),
    }


def _pairs_of(agent: Agent, rulebook: Rulebook) -> list[Interaction]:
    own = {("agent", agent.id), *(("class", name) for name in agent.classes)}
    return [pair for pair in rulebook.interactions if {(pair.a.kind, pair.a.id), (pair.b.kind, pair.b.id)} & own]


def _dosing_facts(agent: Agent) -> list[tuple[Text, str, None, str]]:
    if agent.dosing is None:
        return []
    dosing = agent.dosing
    low, high = dosing.target_per_day
    unit = dosing.unit
    found: list[tuple[Text, str, None, str]] = [
        (gettext_lazy("Start"), f"{dosing.start_per_day:g} {unit}", None, ""),
        (gettext_lazy("Usual dose"), f"{low:g} {unit}" if low == high else f"{low:g} – {high:g} {unit}", None, ""),
    ]
    if dosing.max_per_day is not None:
        found.append((gettext_lazy("Ceiling"), f"{dosing.max_per_day:g} {unit}", None, ""))
    for setting, most in dosing.max_by_setting.items():
        if most is not None:
            text = f"{most:g} {unit}" if most else _("do not start")
            found.append((english.words(setting).capitalize(), text, None, ""))
    if dosing.trial_weeks is not None:
        weeks = ngettext("%(n)g week", "%(n)g weeks", int(dosing.trial_weeks)) % {"n": dosing.trial_weeks}
        found.append((gettext_lazy("Fair trial"), weeks, None, ""))
    return found


def _dosing_notes(agent: Agent) -> list[str]:
    data: Mapping[str, Any] = agent.data.get("dosing") or {}  # type: ignore[assignment]  # checked by the schema
    return [*(data.get("administration") or ()), *([data["max_note"]] if data.get("max_note") else [])]


def _schedules(agent: Agent) -> list[tuple[Text, Sequence[Step]]]:
    if agent.dosing is None:
        return []
    dosing = agent.dosing
    found: list[tuple[Text, Sequence[Step]]] = [(gettext_lazy("Schedule"), dosing.titration)]
    if dosing.slow_titration:
        found.append((gettext_lazy("Slow schedule"), dosing.slow_titration))
    found += [(gettext_lazy("Special schedule"), special.titration) for special in dosing.special]
    return found


def therapy_page(therapy: Therapy, rulebook: Rulebook) -> dict[str, Any]:
    """Everything on the page of a therapy."""
    data: Mapping[str, Any] = therapy.data
    evidence = data.get("evidence") or {}
    return {
        "therapy": therapy,
        "description": data.get("description"),
        "head": [
            (gettext_lazy("Kind"), english.words(therapy.category), None, ""),
            (gettext_lazy("Invasiveness"), english.words(therapy.invasiveness), None, ""),
            (gettext_lazy("Step of the ladder"), str(therapy.ladder_step), None, ""),
            (gettext_lazy("Given by"), ", ".join(map(english.words, data.get("delivered_by") or ())), None, ""),
        ],
        "indications": _indications(therapy.indications, rulebook),
        "evidence": str(evidence.get("summary") or ""),
        "certainty": english.words(therapy.certainty or ""),
        "evidence_sources": citations(evidence.get("sources") or (), rulebook),
        "results": [
            (item["finding"], citations(item["sources"], rulebook)) for item in _records(evidence.get("key_results"))
        ],
        "sections": grouped_rules(rulebook.option_rules[therapy.id], rulebook),
        "lists": [
            (title, [(item["text"], citations(item["sources"], rulebook)) for item in found])
            for key, title in (
                ("referral_criteria", gettext_lazy("When to refer")),
                ("precautions", gettext_lazy("Precautions")),
                ("prerequisites", gettext_lazy("Before it starts")),
            )
            if (found := _records(data.get(key)))
        ],
        "stop_rule": str((data.get("stop_rule") or {}).get("text") or ""),
        "leaflet": data.get("leaflet") or (),
    }


def condition_page(name: str, rulebook: Rulebook) -> dict[str, Any] | None:
    """The table of one condition or group: rules that ask for it, then what agents and therapies say of it."""
    kind = "conditions" if name in rulebook.labels["conditions"] else "condition_groups"
    label = rulebook.labels[kind].get(name)
    if label is None:
        return None
    asking = [rule for rule in rulebook.every_rule if _asks_for(rule.when, name)]

    def named(options: Iterable[Agent | Therapy]) -> list[tuple[Link, str, str, list[Citation]]]:
        return [
            (
                option_link(option.id, rulebook),
                english.words(item.status),
                item.note or "",
                citations(item.sources, rulebook),
            )
            for option in options
            for item in option.indications
            if item.condition == name
        ]

    return {
        "label": label,
        "sections": grouped_rules(asking, rulebook),
        "agents": named(rulebook.agents),
        "therapies": named(rulebook.therapies),
    }


def _asks_for(expr: Expr, condition: str) -> bool:
    """Whether the rule names the condition and can hold for somebody who has this one and no other."""
    named = any(
        condition == node.value if isinstance(node, Member) else condition in node.values
        for node in walk(expr)
        if isinstance(node, Member | AnyOf | AllOf) and node.fact in _CAUSES
    )
    alone = {name: FactSet.of(condition, complete=name == "conditions") for name in _CAUSES}
    return named and evaluate(expr, alone) is not Truth.NO


def _indications(items: Iterable[Indication], rulebook: Rulebook) -> list[tuple[Link, str, str, list[Citation]]]:
    found = []
    for item in items:
        label = rulebook.labels["conditions"].get(item.condition) or rulebook.labels["condition_groups"].get(
            item.condition
        )
        link = Link(label, reverse("rulebook-condition", args=[item.condition])) if label else Link(_("Any cause"))
        found.append((link, english.words(item.status), item.note or "", citations(item.sources, rulebook)))
    return found


def interaction_view(pair: Interaction, rulebook: Rulebook) -> dict[str, Any]:
    """An interaction as a row."""
    label, tone, icon = SEVERITIES[pair.severity]
    return {
        "id": pair.id,
        "a": _side(pair.a.kind, pair.a.id, rulebook),
        "b": _side(pair.b.kind, pair.b.id, rulebook),
        "severity": Badge(label, tone, icon),
        "effect": pair.effect,
        "mechanism": pair.mechanism,
        "management": pair.management or "",
        "sources": citations(pair.sources, rulebook),
    }


def _side(kind: str, name: str, rulebook: Rulebook) -> Link:
    if kind == "agent":
        return option_link(name, rulebook)
    label = rulebook.vocabulary["medication_classes"].values.get(name) or english.words(name)
    return Link(f"{label[:1].upper()}{label[1:]}", note=_("class") if kind == "class" else "")


def combination_view(pair: Any, rulebook: Rulebook) -> dict[str, Any]:
    """A combination as a row."""
    return {
        "id": pair.id,
        "components": [
            option_link(name, rulebook) if name in rulebook.agent_by_id else _side("class", name, rulebook)
            for name in pair.components
        ],
        "status": english.words(pair.status),
        "use_when": pair.use_when,
        "cautions": pair.cautions,
        "dose": pair.dose_considerations,
        "evidence": pair.evidence,
        "block": rule_view(pair.block, rulebook) if pair.block else None,
        "sources": citations(pair.sources, rulebook),
    }


# --- lists ------------------------------------------------------------------------------------------------------------


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


def _records(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
