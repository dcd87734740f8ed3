"""The list of options: groups, lines, the tabs above them, and where the reader is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from rules.truth import Truth
from treatments import rulebook_presenters as rulebook_words
from treatments.plan_doses import PlannedStep
from treatments.plan_record import PlanRecord
from treatments.presenters.changes import would_be
from treatments.presenters.words import dose_line, fact_label, fact_row, stairs
from treatments.proposal.changes import ChangeSearch
from treatments.proposal.model import OptionResult, Reason, Status
from treatments.rulebook import Effect, Rulebook
from treatments.rulebook_presenters import Citation
from treatments.snapshot import Snapshot

OPEN_CARDS = 3
FIRST_POSSIBLE = 6
VIEWS = ("medicines", "therapies", "combinations")
# What is asked for with something else: a list that was not gone through.
BESIDE = frozenset({"medication_classes", "medication_names"})
_CLOSED = (Status.EXCLUDED, Status.NEEDS_DATA)
_AGAINST = frozenset({Effect.AVOID.value, Effect.CAUTION.value})


@dataclass(frozen=True, slots=True)
class OptionLine:
    """One option in the list: what it is, why it stands where it stands, and where to read more."""

    id: str
    kind: str
    name: str
    status: str
    line: str
    why: str
    href: str
    is_chosen: bool
    is_taken: bool
    is_shown: bool
    dose: str = ""
    would_be: str = ""
    numbers: Sequence[str] = ()
    cautions: Sequence[str] = ()
    stairs: Sequence[Mapping[str, Any]] = ()
    unit: str = ""


@dataclass(frozen=True, slots=True)
class OptionGroup:
    """Options of one status: `cards` are opened, `lines` one line each, `rest` behind a fold."""

    status: str
    count: int
    cards: Sequence[OptionLine] = ()
    lines: Sequence[OptionLine] = ()
    rest: Sequence[OptionLine] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where the reader is on the plan page: the patient, the list and the option shown."""

    patient_id: UUID
    view: str = VIEWS[0]
    shown: str = ""

    def href(self, *, view: str | None = None, shown: str | None = None, anchor: str = "") -> str:
        """The address of the plan page from here."""
        wanted = {"view": view or self.view, "show": self.shown if shown is None else shown}
        kept = {key: value for key, value in wanted.items() if value and (key, value) != ("view", VIEWS[0])}
        base = reverse("patient-plan", args=[self.patient_id])
        return f"{base}?{urlencode(kept)}{anchor}" if kept else f"{base}{anchor}"


def groups(
    results: Iterable[OptionResult],
    shown: Snapshot,
    plan: PlanRecord | None,
    place: Place,
    search: ChangeSearch | None = None,
) -> list[OptionGroup]:
    """The options by status, the recommended first and the first three of them opened."""
    chosen = {item.ref_id for item in plan.items} if plan else set()
    found: list[OptionGroup] = []
    options = list(results)
    for status in Status:
        mine = sorted((o for o in options if o.status is status), key=lambda o: (o.rank or 999, o.name.casefold()))
        if not mine:
            continue
        cards = mine[:OPEN_CARDS] if status is Status.RECOMMENDED else []
        left = mine[len(cards) :]
        fold = FIRST_POSSIBLE if status is Status.POSSIBLE else len(left)
        found.append(
            OptionGroup(
                status.value,
                len(mine),
                [option_line(o, shown, chosen, place, is_card=True) for o in cards],
                [option_line(o, shown, chosen, place, search=search) for o in left[:fold]],
                [option_line(o, shown, chosen, place) for o in left[fold:]],
            )
        )
    return found


def option_line(
    option: OptionResult,
    shown: Snapshot,
    chosen: Iterable[str],
    place: Place,
    *,
    is_card: bool = False,
    search: ChangeSearch | None = None,
) -> OptionLine:
    """One option as a line; as a card also its dose, numbers and what to mind."""
    agent = shown.rulebook.agent_by_id.get(option.id)
    dose = option.dose
    return OptionLine(
        id=option.id,
        kind="agent" if agent else "therapy",
        name=option.name,
        status=option.status.value,
        line=line_words(option),
        why=why(option, shown),
        href=place.href(shown=option.id, anchor="#why"),
        is_chosen=option.id in chosen,
        is_taken=option.currently_taken,
        is_shown=place.shown == option.id,
        dose=dose_line(option) if is_card else "",
        would_be=would_be(option, search) if search and option.status in _CLOSED else "",
        numbers=[text for text, _cited, _mark in numbers(option.id, shown.rulebook)[:2]] if is_card else (),
        cautions=[reason.text for reason in _cautions(option)[:2]] if is_card else (),
        stairs=stairs(planned(option), dose.unit, shown.facts.as_of) if is_card and dose else (),
        unit=dose.unit if dose else "",
    )


def planned(option: OptionResult) -> list[PlannedStep]:
    """The steps of the proposed schedule that are not optional."""
    steps = option.dose.schedule if option.dose else ()
    return [PlannedStep(step.day, step.per_dose, step.times_per_day) for step in steps if not step.optional]


def line_words(option: OptionResult) -> str:
    """Where the option stands in the order of treatment."""
    return capfirst(option.line) if option.line else ""


def why(option: OptionResult, shown: Snapshot) -> str:
    """The one reason that says most about the status."""
    held = [reason for reason in option.reasons if reason.truth is Truth.YES]
    order: tuple[str, ...]
    match option.status:
        case Status.EXCLUDED:
            against = [reason for reason in held if reason.effect == Effect.CONTRAINDICATE.value]
            return _with_value(against[0], shown) if against else ""
        case Status.NEEDS_DATA:
            labels = [fact_label(name, shown) for name in option.missing if name not in BESIDE] or [
                fact_label(name, shown) for name in option.missing
            ]
            more = f" +{len(labels) - 2}" if len(labels) > 2 else ""
            return _("Needed: %(what)s") % {"what": "; ".join(labels[:2]) + more}
        case Status.RECOMMENDED:
            order = (Effect.RECOMMEND.value, Effect.PREFER.value)
        case _:
            order = (Effect.AVOID.value, Effect.RECOMMEND.value, Effect.CAUTION.value)
    for effect in order:
        for reason in held:
            if reason.effect == effect:
                return reason.text
    return held[0].text if held else ""


def _with_value(reason: Reason, shown: Snapshot) -> str:
    """The reason, and the number it rests on: "CrCl below 30. Creatinine clearance 25 mL/min, 22 Oct 2026"."""
    rows = [
        fact_row(name, value, shown.facts, shown.rulebook.vocabulary)
        for name, value in reason.facts.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    ]
    said = [f"{row.label.partition(' (')[0]} {row.value}" for row in rows]
    return f"{reason.text} {'; '.join(said)}." if said else reason.text


def _cautions(option: OptionResult) -> list[Reason]:
    return [r for r in option.reasons if r.truth is Truth.YES and r.effect in _AGAINST and not r.rule.startswith("ix_")]


def numbers(option_id: str, rulebook: Rulebook) -> list[tuple[str, list[Citation], bool]]:
    """Benefit and harm as natural frequencies, with sources and whether a clinician still has to check them."""
    agent = rulebook.agent_by_id.get(option_id)
    rows: Any = agent.data.get("effect_sizes") if agent else None
    found = []
    for row in rows or ():
        measure, value = row.get("measure"), row.get("value")
        if measure not in ("NNT", "NNH") or not isinstance(value, int | float) or value <= 0:
            continue
        low, high = row.get("ci") or (None, None)
        limits = f"; {low:g}–{high:g}" if low is not None and high is not None else ""
        text = (
            _("About %(n)d of 100 more have %(outcome)s than with placebo (NNT %(value)g%(limits)s).")
            if measure == "NNT"
            else _("About %(n)d of 100 more have %(outcome)s than with placebo (NNH %(value)g%(limits)s).")
        ) % {"n": round(100 / value), "outcome": row["outcome"], "value": value, "limits": limits}
        if row.get("applies_to") != "this_agent":
            text = f"{text} {_('For the class.')}"
        found.append((text, rulebook_words.citations(row["sources"], rulebook), bool(row.get("value_status"))))
    return sorted(found, key=lambda item: item[2])


@dataclass(frozen=True, slots=True)
class Tab:
    """One of the lists of options."""

    label: str
    href: str
    count: int
    current: bool


def tabs(shown: Snapshot, place: Place) -> list[Tab]:
    """The lists of options with how many there are to choose from."""
    proposal = shown.proposal
    usable = (Status.RECOMMENDED, Status.POSSIBLE)
    counted = {
        "medicines": (_("Medicines"), sum(option.status in usable for option in proposal.agents)),
        "therapies": (_("Therapies"), sum(option.status in usable for option in proposal.therapies)),
        "combinations": (_("Combinations"), len(proposal.combinations)),
    }
    return [
        Tab(label, Place(place.patient_id, key).href(), number, key == place.view)
        for key, (label, number) in counted.items()
    ]
