"""Numbers, facts, doses and limits in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from patients.units import NO_BREAK, unit_words
from rules import english
from rules.vocabulary import Vocabulary
from treatments.lookback import Where, Window, windows
from treatments.patient_facts import Json, Origin, PatientFacts
from treatments.plan_doses import PlannedStep, limits_of
from treatments.presenters.tablets import step_tablets
from treatments.proposal.model import OptionResult
from treatments.rulebook import Agent
from treatments.snapshot import Snapshot


def quantity(value: float | None, unit: str = "") -> str:
    """A number with its unit, never parted by a line break."""
    if value is None:
        return "–"
    text = f"{value:,.10g}".replace(",", "\u202f") if value >= 10_000 else f"{value:.10g}"
    words = unit_words(unit, value)
    return f"{text}{NO_BREAK}{words}" if words else text


def url_if(name: str, *args: object) -> str:
    """The address of a named page, or nothing where no such page exists."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


@dataclass(frozen=True, slots=True)
class FactRow:
    """One fact that a rule read. `state` is "", "unknown" or "stale"; `origin` says where it comes from.

    `sought` says where and how far back one was looked for that is not known.
    """

    label: str
    value: str
    day: date | None = None
    state: str = ""
    origin: str = ""
    sought: str = ""


def fact_row(name: str, value: Json, facts: PatientFacts, vocabulary: Vocabulary) -> FactRow:
    """A fact with its value, unit, date and where it comes from; `value` as a reason gives it."""
    fact = vocabulary.get(name)
    label = fact.label if fact else english.words(name)
    found = facts.provenance.get(name)
    if value is None:
        stale = found is not None and found.stale
        day = found.date if found and stale else None
        return FactRow(label, "", day, "stale" if stale else "unknown", sought=sought(name, facts))
    labels: Mapping[str, str] = fact.values if fact else {}
    match value:
        case bool():
            text = _("yes") if value else _("no")
        case int() | float():
            text = quantity(float(f"{value:.3g}"), english.unit_text(fact.unit) if fact else "")
        case str():
            text = labels.get(value) or english.words(value)
        case _:
            ids = [str(part) for part in value] if isinstance(value, Sequence) else []
            text = ", ".join(labels.get(part) or english.words(part) for part in ids) or _("none of these")
    return FactRow(label, text, found.date if found else None, "", _origin(name, facts, vocabulary))


def sought(name: str, facts: PatientFacts) -> str:
    """ "measurements of the last 365 days"; for a computed fact each value that it needs."""
    return "; ".join(dict.fromkeys(_window_words(window) for window in windows(name, facts)))


_WHERE: Mapping[Where, Any] = {
    Where.MEASUREMENTS: gettext_lazy("measurements"),
    Where.QUESTIONNAIRES: gettext_lazy("questionnaires"),
    Where.STATEMENTS: gettext_lazy("problem list and assessments"),
    Where.MEDICINES: gettext_lazy("medicine list, gone through"),
    Where.PROBLEM_LIST: gettext_lazy("problem list, gone through"),
    Where.TRIALS: gettext_lazy("treatments tried"),
    Where.PREFERENCES: gettext_lazy("preferences"),
    Where.DETAILS: gettext_lazy("personal details"),
    Where.ALLERGIES: gettext_lazy("allergy list"),
    Where.RED_FLAGS: gettext_lazy("assessments"),
    Where.RECORD: gettext_lazy("record"),
}


def _window_words(window: Window) -> str:
    place = f"{_WHERE[window.where]} ({window.what})" if window.what else str(_WHERE[window.where])
    if window.where is Where.PROBLEM_LIST and window.days is None:
        place = _("problem list")
    if window.days is None:
        return _("%(where)s, without limit of time") % {"where": place}
    return ngettext("%(where)s within the last day", "%(where)s within the last %(n)d days", window.days) % {
        "where": place,
        "n": window.days,
    }


_PLACES = (
    ("health.allergies", "allergies"),
    ("health.red_flags", "assessment"),
    ("health", "problem list"),
    ("medications", "medicine list"),
    ("measurements", "measurement"),
    ("instruments", "questionnaire"),
    ("pain.conditions", "problem list"),
    ("pain", "assessment"),
    ("patient", "personal details"),
    ("trials", "treatments tried"),
    ("preferences", "preferences"),
    ("setting", "clinic"),
)


def _origin(name: str, facts: PatientFacts, vocabulary: Vocabulary) -> str:
    found = facts.provenance.get(name)
    if found is None:
        return ""
    place = next((_(words) for start, words in _PLACES if found.path.startswith(start)), "")
    if found.origin is Origin.LIST_REVIEWED:
        return _("not on the reviewed problem list")
    if found.origin in (Origin.COMPUTED, Origin.IMPLIED):
        derived = facts.derived.get(name)
        if derived is not None and derived.formula:
            return f"{derived.formula} {_from_inputs(derived.inputs)}".strip()
        because = [fact.label if (fact := vocabulary.get(part)) else english.words(part) for part in found.because]
        return _("from %(what)s") % {"what": ", ".join(because)} if because else place
    return place


def _from_inputs(inputs: Mapping[str, Json]) -> str:
    shown = [
        f"{english.words(key.removesuffix('_umol_l').removesuffix('_kg'))} {value}"
        for key, value in inputs.items()
        if isinstance(value, int | float | str) and not isinstance(value, bool)
    ]
    return f"({', '.join(shown)})" if shown else ""


# What is not given so much a day: a session in a clinic, and a patch that releases so much an hour until it is changed.
_BY_SESSION = frozenset({"patch", "unit"})
_BY_HOUR = frozenset({"microgram/h"})


def dose_words(step: PlannedStep, unit: str) -> str:
    """ "100 mg three times a day", "4 patches in one session", "5 microgram/h, one patch at a time"."""
    if step.doses:
        doses = " + ".join(f"{dose:g}" for dose in step.doses)
        return _("%(doses)s %(unit)s a day") % {"doses": doses, "unit": unit}
    dose = quantity(float(f"{step.per_dose:.6g}"), unit)
    if unit in _BY_SESSION:
        return _("%(dose)s in one session") % {"dose": dose}
    if unit in _BY_HOUR:
        return _("%(dose)s, one patch at a time") % {"dose": dose}
    times = step.times_per_day
    if times == 1:
        return _("%(dose)s once a day") % {"dose": dose}
    if times == 2:
        return _("%(dose)s twice a day") % {"dose": dose}
    if times > 1:
        return _("%(dose)s %(times)g times a day") % {"dose": dose, "times": times}
    every = round(1 / times) if times else 0
    return ngettext("%(dose)s every %(n)d day", "%(dose)s every %(n)d days", every) % {"dose": dose, "n": every}


def limit_words(amount: float, unit: str) -> str:
    """A ceiling with what it counts for: "600 mg a day", "4 patches a session", "20 microgram/h"."""
    most = quantity(amount, unit)
    if unit in _BY_SESSION:
        return _("%(most)s a session") % {"most": most}
    return most if unit in _BY_HOUR else _("%(most)s a day") % {"most": most}


def stairs(steps: Sequence[PlannedStep], unit: str, start: date, agent: Agent | None = None) -> list[dict[str, Any]]:
    """Steps as the staircase component takes them, with the tablets of each where they are known."""
    tablets = step_tablets(agent, steps)
    return [
        {"starts": step.begins(start), "amount": step.per_day, "text": dose_words(step, unit), "tablets": made}
        for step, made in zip(steps, tablets, strict=True)
    ]


def line_words(option: OptionResult) -> str:
    """Where the option stands in the order of treatment."""
    return capfirst(option.line) if option.line else ""


def dose_line(option: OptionResult) -> str:
    """Start, usual dose and limit of this patient in one clause."""
    dose = option.dose
    if dose is None:
        return ""
    low, high = dose.target_per_day
    target = quantity(low, dose.unit) if low == high else f"{quantity(low)}–{quantity(high, dose.unit)}"
    words = {"start": quantity(dose.start_per_day, dose.unit), "target": target}
    words["most"] = quantity(dose.max_per_day, dose.unit)
    if dose.unit in _BY_SESSION:
        return _("Start %(start)s a session, usual %(target)s, at most %(most)s.") % words
    if dose.unit in _BY_HOUR:
        return _("Start %(start)s, usual %(target)s, at most %(most)s.") % words
    return _("Start %(start)s a day, usual %(target)s, at most %(most)s.") % words


def fact_label(name: str, shown: Snapshot) -> str:
    """What a fact is called."""
    fact = shown.rulebook.vocabulary.get(name)
    return fact.label if fact else english.words(name)


def limit_sentences(ref_id: str, shown: Snapshot) -> tuple[str, ...]:
    """The limits of this patient for one medicine, with why."""
    agent = shown.rulebook.agent_by_id.get(ref_id)
    limits = limits_of(shown.proposal.option(ref_id), agent) if agent else None
    if limits is None:
        return ()
    said = [
        (_("First dose %(dose)s a day."), limits.start_per_day),
        (_("At most %(dose)s a day for this patient."), limits.max_per_day),
        (_("The rulebook's highest dose is %(dose)s a day; nobody goes above it here."), limits.never_above),
    ]
    return (*(text % {"dose": quantity(dose, limits.unit)} for text, dose in said if dose is not None), *limits.why)
