"""Links, citations, badges and the words for effects, answers and severities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from treatments.rulebook import Effect, Rulebook, Source

Text = str | Promise
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


def rule_href(rule_id: str) -> str:
    return reverse("rulebook-rule", args=[rule_id])


def option_href(option: str, rulebook: Rulebook) -> str:
    """The page of an agent or a therapy."""
    return reverse("rulebook-agent" if option in rulebook.agent_by_id else "rulebook-therapy", args=[option])


def option_link(option: str, rulebook: Rulebook) -> Link:
    """An agent or a therapy by name, with the address of its page."""
    known = rulebook.agent_by_id.get(option) or rulebook.therapy_by_id[option]
    return Link(known.name, option_href(option, rulebook))


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


def records(value: object) -> list[dict[str, Any]]:
    """The mappings of a list of the content; empty for anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
