"""What would change an option, which question comes next and how firm the first choice is, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rules import english
from rules.facts import FactSet
from treatments.patient_facts import Json, PatientFacts
from treatments.presenters.words import fact_row, quantity
from treatments.proposal.altered import LIST_REVIEWED, MEDICINES, PROBLEMS_REVIEWED
from treatments.proposal.changes import ChangeSearch, Edge
from treatments.proposal.completions import Robustness
from treatments.proposal.model import Change, OptionResult, Status
from treatments.snapshot import Snapshot

FIELD = "f."
MOST_SHOWN = 6
_NOT_IN_A_LINE = frozenset({MEDICINES, "prescriber_setting"})


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One change: what would have to be, the status that it gives, and the page that shows it."""

    text: str
    becomes: str
    href: str


def change_views(option: OptionResult, shown: Snapshot, search: ChangeSearch, patient: object) -> list[ChangeView]:
    """Every change of one option, the best result first."""
    return [
        ChangeView(
            capfirst(
                _(" and ").join(
                    _condition(name, value, change, option.id, search) for name, value in change.set.items()
                )
            ),
            change.becomes.value,
            what_if_href(patient, change.set),
        )
        for change in search.of(option.id)
    ]


def would_be(option: OptionResult, search: ChangeSearch) -> str:
    """The best change in one sentence for the list: "With creatinine clearance from 30 mL/min: first line.".

    SAFETY: one line is no place to speak of a medicine that is taken as if it were stopped. Who prescribes is no fact
    about the patient, and the reason says it already.
    """
    change = next((each for each in search.of(option.id) if each.set.keys().isdisjoint(_NOT_IN_A_LINE)), None)
    if change is None or change.becomes is Status.EXCLUDED:
        return ""
    facts = _(" and ").join(_condition(name, value, change, option.id, search) for name, value in change.set.items())
    return _("With %(facts)s, it would be %(status)s.") % {"facts": facts, "status": _becomes(change.becomes, option)}


def _becomes(status: Status, option: OptionResult) -> str:
    words = {
        Status.RECOMMENDED: _("recommended"),
        Status.POSSIBLE: _("possible"),
        Status.NEEDS_DATA: _("open until more is known"),
        Status.EXCLUDED: _("excluded"),
    }
    line = f" ({option.line})" if option.line and status in (Status.RECOMMENDED, Status.POSSIBLE) else ""
    return words[status] + line


def _condition(name: str, value: Json, change: Change, option: str, search: ChangeSearch) -> str:
    """One fact of a change in words, beside what it is now."""
    facts, rulebook = search.facts, search.rulebook
    if name == MEDICINES and isinstance(value, Sequence):
        return _("if %(names)s were not taken") % {"names": ", ".join(_stopped(value, facts))}
    if name == LIST_REVIEWED:
        return _("the medicine list gone through and nothing added")
    if name == PROBLEMS_REVIEWED:
        return _("the problem list gone through and nothing added")
    fact, held = rulebook.vocabulary[name], facts.get(name)
    label = fact.label.partition(" (")[0]
    label = label if label[:2].isupper() else label[:1].lower() + label[1:]
    if isinstance(value, int | float) and not isinstance(value, bool):
        unit = english.unit_text(fact.unit)
        if len(change.set) == 1:
            return _range(label, *search.span(option, change), unit)
        return _("%(label)s %(amount)s") % {"label": label, "amount": quantity(value, unit)}
    if isinstance(held, FactSet) or (isinstance(value, Sequence) and not isinstance(value, str)):
        return _toggled(label, value, held, fact.values)
    return f"{label}: {fact_row(name, value, facts, rulebook.vocabulary).value}"


def _range(label: str, lower: Edge | None, upper: Edge | None, unit: str) -> str:
    """ "creatinine clearance from 30 mL/min", "corrected QT below 500 ms", "sodium from 130 to below 135 mmol/L"."""
    said = []
    if lower:
        said.append((_("from %s") if lower.inside else _("above %s")) % quantity(lower.value, unit))
    if upper:
        said.append((_("up to %s") if upper.inside else _("below %s")) % quantity(upper.value, unit))
    return f"{label} {_(' and ').join(said)}" if said else _("%s known") % label


def _toggled(label: str, value: Json, held: object, labels: Mapping[str, str]) -> str:
    new = {str(part) for part in value} if isinstance(value, Sequence) else set()
    old = held.members if isinstance(held, FactSet) else frozenset()
    added = [labels.get(part) or english.words(part) for part in sorted(new - old)]
    gone = [labels.get(part) or english.words(part) for part in sorted(old - new)]
    said = [_("%(label)s with %(what)s") % {"label": label, "what": ", ".join(added)}] if added else []
    said += [_("%(label)s without %(what)s") % {"label": label, "what": ", ".join(gone)}] if gone else []
    return ", ".join(said) or _("%(label)s: none") % {"label": label}


def _stopped(left: Sequence[Json], facts: PatientFacts) -> list[str]:
    names = {str(name) for name in left}
    return [m.name for m in facts.medicines if m.current and m.recognised and not set(m.names) <= names]


def what_if_href(patient: object, changes: Mapping[str, Json]) -> str:
    """The page that shows the proposal with these changes."""
    pairs: list[tuple[str, str]] = []
    for name, value in changes.items():
        if isinstance(value, bool):
            pairs.append((FIELD + name, "yes" if value else "no"))
        elif isinstance(value, Sequence) and not isinstance(value, str):
            pairs.extend((FIELD + name, str(part)) for part in value or [""])
        else:
            pairs.append((FIELD + name, str(value)))
    return f"{reverse('plan-what-if', args=[patient])}?{urlencode(pairs)}"


@dataclass(frozen=True, slots=True)
class FirmView:
    """How firm the first choice is: the figure, how it was found, and what else may come first."""

    headline: str
    how: str
    others: Sequence[str]


def firm_view(found: Robustness, shown: Snapshot) -> FirmView:
    """The robustness of the first choice, honest about what was looked at."""
    if not found.asked:
        return FirmView(_("Nothing is missing: the first choice does not wait for any answer."), "", ())
    if not found.completions:
        many = _("%(n)d facts are missing: too many to say how firm the first choice is. Answer the first ones.")
        return FirmView(many % {"n": len(found.asked)}, "", ())
    (leader, _count), *rest = found.first
    share = _share(found, leader)
    if leader is None:
        headline = _("No medicine can be chosen in %(n)s of 100 plausible completions of the missing data.") % {
            "n": share
        }
    else:
        words = {"name": shown.rulebook.agent_by_id[leader].name, "n": share}
        headline = _("%(name)s is the first choice in %(n)s of 100 plausible completions of the missing data.") % words
    n = len(found.asked)
    what = ngettext("%(n)d missing fact", "%(n)d missing facts", n) % {"n": n}
    how = (
        _("All %(count)s completions of %(what)s that can matter to a medicine were looked at.")
        if found.counted
        else _("%(count)s completions of %(what)s were drawn by chance: right to about %(points)s in 100.")
    ) % {"count": quantity(found.completions), "what": what, "points": round(100 / found.completions**0.5) or 1}
    return FirmView(
        headline,
        how
        + " "
        + _(
            "Every plausible answer counts the same and facts are taken to be independent: yes or no, each word, one "
            "value of each range that a rule tells apart. A list counts as gone through with nothing new. These are "
            "not chances for this patient."
        ),
        [f"{_name(agent, shown)}: {_share(found, agent)}" for agent, _count in rest[:MOST_SHOWN]],
    )


def _name(agent: str | None, shown: Snapshot) -> str:
    return shown.rulebook.agent_by_id[agent].name if agent else _("no medicine")


def _share(found: Robustness, agent: str | None) -> str:
    share = 100 * found.share(agent)
    return "<1" if 0 < share < 1 else ">99" if 99 < share < 100 else f"{share:.0f}"
