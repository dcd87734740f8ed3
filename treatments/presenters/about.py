"""Where a recommendation comes from: who wrote it, who paid, what it rests on, what it is for, its limits, its review.

What the content does not say is said to be not stated; nothing is made up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rules import english
from rules.expr import fact_names
from rules.facts import FactSet
from treatments import evidence
from treatments import rulebook_presenters as rulebook_words
from treatments.presenters.guidelines import causes_of
from treatments.rulebook_presenters.words import MARKERS
from treatments.snapshot import Snapshot

_ANY = "any"
# Facts that say who somebody is rather than how ill; the clearance and the filtration are worked out from two of them.
_PERSONAL = (
    "age_years",
    "sex",
    "pregnancy_status",
    "childbearing_potential",
    "hla_b_1502_at_risk_ancestry_untested",
    "safety_critical_job",
)
_KIDNEYS = frozenset({"crcl_ml_min", "egfr"})


@dataclass(frozen=True, slots=True)
class Attribute:
    """One line of the panel; `stated` is false where the content is silent."""

    label: str
    text: str
    stated: bool = True
    tone: str = ""


def review_day(option_id: str, shown: Snapshot) -> date | None:
    """The day by which the content about an option is to be reviewed; None where there is none."""
    piece = evidence.piece_of(option_id, shown.rulebook)
    return piece.review_by if piece else None


def overdue(option_id: str, shown: Snapshot) -> str:
    """ "Evidence review overdue since 21 Nov 2027", or nothing while the review is not due."""
    day = review_day(option_id, shown)
    if day is None or day >= shown.facts.as_of:
        return ""
    return _("Evidence review overdue since %(day)s") % {"day": date_format(day, "j M Y")}


def about(option_id: str, shown: Snapshot) -> list[Attribute]:
    """The panel of one option."""
    return [
        Attribute(label, text or _("not stated"), bool(text), tone) for label, text, tone in _about(option_id, shown)
    ]


def _about(option_id: str, shown: Snapshot) -> Iterator[tuple[str, str, str]]:
    data = _data(option_id, shown)
    defaults: Any = data.get("defaults") or {}
    yield _("Developer"), english.words(str(defaults.get("owner") or "")), ""
    yield _("Funding"), str(data.get("funding") or ""), ""
    yield _("Evidence"), _evidence(data, option_id, shown), ""
    yield _("Intended use"), _intended_use(data, shown), ""
    yield _("Reads of the person"), _person(option_id, shown), ""
    yield _("Limits"), _limits(data), ""
    yield _("Signed off"), _("no: it awaits a clinician's sign-off"), "warning"
    day = review_day(option_id, shown)
    late = overdue(option_id, shown)
    yield (
        _("Review"),
        late or (_("by %(day)s") % {"day": date_format(day, "j M Y")} if day else ""),
        ("warning" if late else ""),
    )
    yield _("Release"), f"{shown.rulebook.release} {shown.rulebook.digest[7:19]}", ""


def _data(option_id: str, shown: Snapshot) -> Mapping[str, Any]:
    rulebook = shown.rulebook
    known = rulebook.agent_by_id.get(option_id) or rulebook.therapy_by_id.get(option_id)
    return known.data if known else {}


def _evidence(data: Mapping[str, Any], option_id: str, shown: Snapshot) -> str:
    """How many statements cite a source, and how many rest on nothing that was checked."""
    profile: Any = data.get("source_profile")
    if profile:
        words = {"n": profile["sourced_items"], "open": profile["only_unverified"]}
        return (
            ngettext("%(n)d statement with a source", "%(n)d statements with a source", words["n"])
            + _("; %(open)d of them not checked against it")
        ) % words
    cited = {name for rule in shown.rulebook.option_rules[option_id] for name in rule.sources}
    cited |= set((data.get("evidence") or {}).get("sources") or ())
    open_ = len(cited & rulebook_words.UNVERIFIED)
    publications = len(cited - set(MARKERS))
    said = (
        ngettext("%(n)d publication", "%(n)d publications", publications) % {"n": publications}
        if publications
        else _("no publication cited")
    )
    return _("%(said)s; some statements not checked") % {"said": said} if open_ else said


def _intended_use(data: Mapping[str, Any], shown: Snapshot) -> str:
    """What the content says of it for this patient's cause, and whether it is licensed for it, by country."""
    return "; ".join((*_indications(data, shown), *_licences(data, causes_of(shown.facts))))


def _indications(data: Mapping[str, Any], shown: Snapshot) -> Iterator[str]:
    """ "supported for painful diabetic polyneuropathy", "strong fit for any cause"."""
    labels = {_ANY: _("any cause"), **shown.rulebook.labels["condition_groups"], **shown.rulebook.labels["conditions"]}
    groups = shown.facts.get("condition_groups")
    here = causes_of(shown.facts) | (groups.members if isinstance(groups, FactSet) else frozenset()) | {_ANY}
    rows: Any = data.get("indications") or ()
    for row in rows:
        if row["condition"] not in here:
            continue
        cause = labels.get(row["condition"]) or english.words(row["condition"])
        cause = cause if cause[:2].isupper() else cause[:1].lower() + cause[1:]
        words = {"what": english.words(row.get("status") or row["fit"]), "cause": cause}
        yield (_("%(what)s fit for %(cause)s") if "fit" in row else _("%(what)s for %(cause)s")) % words


def _licences(data: Mapping[str, Any], causes: frozenset[str]) -> Iterator[str]:
    regulatory: Any = data.get("regulatory") or {}
    for region, name in (("us", _("US")), ("uk", _("UK"))):
        known = regulatory.get(region)
        if known is None:
            continue
        if causes & set(known.get("licensed_for") or ()):
            text = _("%(region)s: licensed for this cause")
        elif causes & set(known.get("off_label_for") or ()):
            text = _("%(region)s: off-label for this cause")
        else:
            text = _("%(region)s: licence for this cause not stated")
        note = f" ({known['note']})" if known.get("note") else ""
        yield text % {"region": name} + note


def _person(option_id: str, shown: Snapshot) -> str:
    """What the rules about it read of the person. It is taken from the rules themselves, so that it cannot be wrong."""
    rulebook = shown.rulebook
    read = {name for rule in rulebook.option_rules[option_id] for name in fact_names(rule.when)}
    if read & _KIDNEYS:
        read |= {"age_years", "sex"}
    return ", ".join(rulebook.vocabulary[name].label for name in _PERSONAL if name in read) or _("nothing")


def _limits(data: Mapping[str, Any]) -> str:
    checks: Any = data.get("needs_clinician_check") or ()
    said = [_("to be checked by a clinician: %(what)s") % {"what": "; ".join(map(str, checks))}] if checks else []
    if data.get("brief"):
        said.append(_("a short entry: less is written about it than about the first choices"))
    if data.get("practice_source") in rulebook_words.UNVERIFIED:
        said.append(_("how it is given is usual practice that was not checked against a source"))
    return "; ".join(said)
