"""What rules said about an option, and the alerts of the record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from rules import english
from rules.truth import Truth
from treatments import rulebook_presenters as rulebook_words
from treatments.presenters.words import FactRow, fact_row
from treatments.proposal.model import Reason
from treatments.rulebook import Effect
from treatments.rulebook_presenters import Badge, Citation
from treatments.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class ReasonView:
    """One rule that spoke about the option."""

    text: str
    badge: Badge
    truth: str
    rule: str
    href: str
    sentence: str
    facts: Sequence[FactRow]
    sources: Sequence[Citation]
    strength: str = ""
    certainty: str = ""
    has_unverified: bool = False


def reason_view(reason: Reason, shown: Snapshot) -> ReasonView:
    """A reason with the rule as a sentence, the facts it read and its sources."""
    rulebook = shown.rulebook
    rule = rulebook.rule_by_id.get(reason.rule)
    label, tone, icon = rulebook_words.EFFECTS[Effect(reason.effect)]
    unknown = reason.truth is Truth.UNKNOWN
    return ReasonView(
        text=reason.text,
        badge=Badge(_("Cannot be told"), "unknown", "question") if unknown else Badge(label, tone, icon),
        truth=reason.truth.value,
        rule=reason.rule,
        href=rulebook_words.rule_href(rule.id) if rule else "",
        sentence=rulebook_words.sentence(rule, rulebook) if rule else "",
        facts=[fact_row(name, value, shown.facts, rulebook.vocabulary) for name, value in reason.facts.items()],
        sources=rulebook_words.citations(reason.sources, rulebook),
        strength=_graded(rule.strength if rule else ""),
        certainty=_graded(rule.certainty if rule else ""),
        has_unverified=bool(rulebook_words.UNVERIFIED & set(reason.sources)),
    )


def _graded(text: str) -> str:
    return "" if text == "not graded" else text


@dataclass(frozen=True, slots=True)
class AlertView:
    """An alert of the record with the facts and sources behind it."""

    tier: str
    title: str
    text: str
    facts: Sequence[FactRow]
    sources: Sequence[Citation]
    rule: str
    href: str

    @property
    def says_itself(self) -> bool:
        """Whether the text begins with the title, so that the title need not stand before it."""
        return self.text.casefold().startswith(self.title.casefold())


def alerts(shown: Snapshot) -> list[AlertView]:
    """The alerts of the record, the loudest first; those that stop are told by the stop itself."""
    labels = shown.rulebook.labels.get("alerts", {})
    tiers = {"info": "information"}
    return [
        AlertView(
            tier=tiers.get(alert.tier, alert.tier),
            title=labels.get(alert.id, english.words(alert.id)),
            text=alert.text,
            facts=[fact_row(n, v, shown.facts, shown.rulebook.vocabulary) for n, v in alert.facts.items()],
            sources=rulebook_words.citations(alert.sources, shown.rulebook),
            rule=alert.rule or "",
            href=rulebook_words.rule_href(alert.rule) if alert.rule else "",
        )
        for alert in shown.proposal.alerts
    ]
