"""The strip of live checks as pages read it: a line for each cause, the gauges, the arithmetic. No decision here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from treatments.plan_checks import LiveCheck
from treatments.rulebook_presenters import words as rulebook_words
from treatments.rulebook_presenters.words import Citation
from treatments.safety.burdens import Gauge, Removal
from treatments.safety.causes import causes
from treatments.safety.model import Cause
from treatments.safety.opioids import OpioidDay
from treatments.snapshot import Snapshot

if TYPE_CHECKING:
    from treatments.plan_presenters import NeedView

STOP, ASK, TELL = "stop", "reason", "information"
# How loud a cause is: tone, icon and word.
_LOUDNESS: Mapping[str, tuple[str, str, object]] = {
    STOP: ("critical", "critical", gettext_lazy("Stop")),
    ASK: ("warning", "alert", gettext_lazy("Reason needed")),
    TELL: ("information", "information", gettext_lazy("Information")),
}
# What a gauge says: tone, icon and word; what is not settled never looks like what is fine.
_STATES: Mapping[str, tuple[str, str, object]] = {
    "critical": ("critical", "critical", pgettext_lazy("burden", "too high")),
    "warning": ("warning", "alert", pgettext_lazy("burden", "high")),
    "info": ("information", "information", pgettext_lazy("burden", "mind it")),
    "unknown": ("unknown", "question", pgettext_lazy("burden", "not settled")),
    "good": ("good", "check", pgettext_lazy("burden", "low")),
}
_FULL = 100


@dataclass(frozen=True, slots=True)
class CauseView:
    """One cause: how loud, in which words, what else says the same, why it was graded so, and its reason if asked."""

    tier: str
    tone: str
    icon: str
    label: str
    text: str
    folded: Sequence[str]
    notes: Sequence[str]
    sources: Sequence[Citation]
    need: NeedView | None = None

    @property
    def has_more(self) -> bool:
        """Whether there is something to fold out."""
        return bool(self.folded or self.notes or self.sources)


@dataclass(frozen=True, slots=True)
class GaugeView:
    """A burden as a bar with words. `percent` is how far the bar is filled; None: no amount is too much
    for this patient."""

    label: str
    tone: str
    icon: str
    word: str
    amount: str
    percent: int | None
    medicines: str
    texts: Sequence[str]
    open: str
    help: str
    since: str
    arithmetic: Sequence[str]

    @property
    def is_quiet(self) -> bool:
        """Whether there is nothing to look at: low, and nothing adds to it."""
        return self.tone == "good" and not self.medicines


def cause_views(live: LiveCheck, needs: Sequence[NeedView], shown: Snapshot) -> list[CauseView]:
    """The causes, the loudest first."""
    return [_cause_view(cause, needs, shown) for cause in causes(live.checks)]


def _cause_view(cause: Cause, needs: Sequence[NeedView], shown: Snapshot) -> CauseView:
    need = _need_of(cause, needs) if cause.needs_reason else None
    # A reason for the exclusion of an item has answered what its pairs would ask for.
    tier = STOP if cause.head.tier == "critical" else ASK if cause.needs_reason else TELL
    tone, icon, label = _LOUDNESS[tier]
    told = cause.head.brief or cause.head.text
    texts = list(dict.fromkeys(check.text for check in cause.checks if check.text != told))
    notes = list(dict.fromkeys(note for check in cause.checks for note in check.notes))
    sources = dict.fromkeys(source for check in cause.checks for source in check.sources)
    if tier == TELL and cause.head.tier == "warning":
        tone, icon, label = "warning", "alert", _("Warning")
    return CauseView(
        tier=tier,
        tone=tone,
        icon=icon,
        label=str(label),
        text=told,
        folded=texts,
        notes=notes,
        sources=rulebook_words.citations(sources, shown.rulebook),
        need=need,
    )


def _need_of(cause: Cause, needs: Sequence[NeedView]) -> NeedView | None:
    ids = {check_id for check in cause.checks for check_id, _words in check.covered}
    return next((need for need in needs if ids & set(need.need.covers)), None)


def gauge_views(live: LiveCheck, shown: Snapshot) -> list[GaugeView]:
    """The burdens in the order of the content."""
    return [_gauge_view(gauge, shown) for gauge in live.gauges]


def _gauge_view(gauge: Gauge, shown: Snapshot) -> GaugeView:
    tone, icon, word = _STATES[gauge.state]
    weight, limit = gauge.weight, gauge.limit
    amount = f"{weight.amount:g}"
    if gauge.at_least:
        amount = _("at least %(amount)s") % {"amount": amount}
    if limit is not None:
        amount = _("%(amount)s of %(limit)s") % {"amount": amount, "limit": f"{limit:g}"}
    later = gauge.day > shown.facts.as_of
    return GaugeView(
        label=gauge.burden.label,
        tone=tone,
        icon=icon,
        word=str(word),
        amount=f"{amount} {gauge.burden.unit}",
        percent=_FULL if weight.tier == "critical" else _percent(weight.amount, limit),
        medicines=", ".join(share.name for share in weight.shares),
        texts=[reached.text for reached in weight.reached],
        open=", ".join(_label(name, shown) for name in weight.open),
        help=removal_words(gauge.removal, gauge) if gauge.removal else "",
        since=_("from %(day)s") % {"day": date_format(gauge.day, "j M")} if later else "",
        arithmetic=arithmetic(gauge.opioids) if gauge.opioids else (),
    )


def _percent(amount: float, limit: float | None) -> int | None:
    return min(_FULL, round(_FULL * amount / limit)) if limit else None


def _label(fact: str, shown: Snapshot) -> str:
    known = shown.rulebook.vocabulary.facts.get(fact)
    return known.label if known else fact.replace("_", " ")


def removal_words(removal: Removal, gauge: Gauge) -> str:
    """Which removal helps most, and what is left then."""
    left = f"{removal.amount:g} {gauge.burden.unit}"
    state = str(_STATES.get(removal.tier, _STATES["good"])[2])
    said = _("Lowest without %(names)s: then %(left)s (%(state)s).") % {
        "names": _(" and ").join(removal.names),
        "left": left,
        "state": state,
    }
    return said + " " + _("What is taken is tapered, not stopped suddenly.") if removal.has_begun else said


def arithmetic(day: OpioidDay) -> list[str]:
    """The worked arithmetic of morphine equivalents, a line for each opioid, then the sum, then what is not counted."""
    lines = [line.text for line in day.lines]
    if day.sum_text:
        lines.append(day.sum_text)
    return [*lines, *(line.text for line in (*day.open, *day.for_dependence))]
