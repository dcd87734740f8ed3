"""Content whose evidence is past its review, as the people who write rules see it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from treatments.evidence import RULES
from treatments.rulebook import Agent, Rulebook, Therapy
from treatments.rulebook_presenters.words import option_href


class Review(Protocol):
    """A task to review, as it is kept."""

    key: str
    name: str
    owner: str
    review_by: date
    raised_at: datetime


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One line: what is to be reviewed, how many rules rest on it, whose it is, since when, and where it is read."""

    name: str
    kind: str
    rules: str
    owner: str
    review_by: date
    raised_at: datetime
    href: str


def review_rows(reviews: Iterable[Review], rulebook: Rulebook) -> list[ReviewRow]:
    """The tasks in the order given. Where the content names no owner, they belong to those who write rules."""
    return [_row(review, rulebook) for review in reviews]


def _row(review: Review, rulebook: Rulebook) -> ReviewRow:
    kind, _sep, ref = review.key.partition(":")
    if kind == RULES:
        number = sum(rule.file == ref for rule in rulebook.every_rule)
        href, label = f"{reverse('rulebook')}?{urlencode({'show': 'rules'})}", _("Rules about patients")
    else:
        option: Agent | Therapy | None = rulebook.agent_by_id.get(ref) or rulebook.therapy_by_id.get(ref)
        number = len(option.rules) if option else 0
        href = option_href(ref, rulebook) if option else ""
        label = _("Medicine") if ref in rulebook.agent_by_id else _("Therapy")
    return ReviewRow(
        name=review.name,
        kind=label,
        rules=ngettext("%(n)d rule", "%(n)d rules", number) % {"n": number},
        owner=review.owner or _("those who write rules"),
        review_by=review.review_by,
        raised_at=review.raised_at,
        href=href,
    )
