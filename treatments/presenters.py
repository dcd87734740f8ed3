"""Options, facts and what is missing as pages read them: wording, order, marks, addresses. No query, no decision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from patients.measurements import Kind, kinds
from patients.terms import terms
from rules import english
from rules.truth import Truth
from rules.vocabulary import Vocabulary
from treatments import rulebook_presenters as rulebook_words
from treatments.fact_content import shipped_fact_content
from treatments.patient_facts import Json, Origin, PatientFacts
from treatments.plan_doses import DoseLimits, PlannedStep, limits_of
from treatments.plan_record import PlanRecord
from treatments.proposal.model import CombinationResult, Finding, OptionResult, Proposal, Reason, Status
from treatments.rulebook import Effect, Rulebook
from treatments.rulebook_presenters import Badge, Citation
from treatments.snapshot import Snapshot

OPEN_CARDS = 3
FIRST_POSSIBLE = 6
FIRST_MISSING = 3
NO_BREAK = "\u00a0"
VIEWS = ("medicines", "therapies", "combinations")
# What is asked for with something else: a list that was not gone through.
BESIDE = frozenset({"medication_classes", "medication_names"})
_AGAINST = frozenset({Effect.AVOID.value, Effect.CAUTION.value})


def quantity(value: float | None, unit: str = "") -> str:
    """A number with its unit, never parted by a line break."""
    if value is None:
        return "–"
    text = f"{value:,.10g}".replace(",", "\u202f") if value >= 10_000 else f"{value:.10g}"
    return f"{text}\u00a0{unit.replace(' ', NO_BREAK)}" if unit and unit != "1" else text


def url_if(name: str, *args: object) -> str:
    """The address of a named page, or nothing where no such page exists."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


# --- facts in words ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FactRow:
    """One fact that a rule read. `state` is "", "unknown" or "stale"; `origin` says where it comes from."""

    label: str
    value: str
    day: date | None = None
    state: str = ""
    origin: str = ""


def fact_row(name: str, value: Json, facts: PatientFacts, vocabulary: Vocabulary) -> FactRow:
    """A fact with its value, unit, date and where it comes from; `value` as a reason gives it."""
    fact = vocabulary.get(name)
    label = fact.label if fact else english.words(name)
    found = facts.provenance.get(name)
    if value is None:
        stale = found is not None and found.stale
        return FactRow(label, "", found.date if found and stale else None, "stale" if stale else "unknown")
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


# --- doses in words ---------------------------------------------------------------------------------------------------


# What is not given so much a day: a session in a clinic, and a patch that releases so much an hour until it is changed.
_BY_SESSION = frozenset({"patch", "unit"})
_BY_HOUR = frozenset({"microgram/h"})


def dose_words(step: PlannedStep, unit: str) -> str:
    """ "100 mg three times a day", "4 patches in one session", "5 microgram/h, one patch at a time"."""
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


def stairs(steps: Iterable[PlannedStep], unit: str, start: date) -> list[dict[str, Any]]:
    """Steps as the staircase component takes them."""
    return [{"starts": step.begins(start), "amount": step.per_day, "text": dose_words(step, unit)} for step in steps]


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


# --- options ----------------------------------------------------------------------------------------------------------


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
    results: Iterable[OptionResult], shown: Snapshot, plan: PlanRecord | None, place: Place
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
                [option_line(o, shown, chosen, place) for o in left[:fold]],
                [option_line(o, shown, chosen, place) for o in left[fold:]],
            )
        )
    return found


def option_line(
    option: OptionResult, shown: Snapshot, chosen: Iterable[str], place: Place, *, is_card: bool = False
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
        numbers=[text for text, _cited, _mark in numbers(option.id, shown.rulebook)[:2]] if is_card else (),
        cautions=[reason.text for reason in _cautions(option)[:2]] if is_card else (),
        stairs=stairs(_planned(option), dose.unit, shown.facts.as_of) if is_card and dose else (),
        unit=dose.unit if dose else "",
    )


def _planned(option: OptionResult) -> list[PlannedStep]:
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


def fact_label(name: str, shown: Snapshot) -> str:
    """What a fact is called."""
    fact = shown.rulebook.vocabulary.get(name)
    return fact.label if fact else english.words(name)


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


# --- one option in full -----------------------------------------------------------------------------------------------


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


@dataclass(frozen=True, slots=True)
class Why:
    """Everything about one option for this patient."""

    line: OptionLine
    reasons: Sequence[tuple[str, Sequence[ReasonView]]]
    strength: str
    certainty: str
    dose: str
    limits: DoseLimits | None
    adjusted_for: Sequence[str]
    stairs: Sequence[Mapping[str, Any]]
    unit: str
    trial_weeks: float | None
    numbers: Sequence[tuple[str, list[Citation], bool]]
    monitoring: Sequence[Any]
    interactions: Sequence[tuple[Badge, Finding, list[Citation]]]
    missing: Sequence[tuple[str, str]]
    effects: Sequence[str]
    rulebook_href: str
    description: str = ""


def why_page(option: OptionResult, shown: Snapshot, plan: PlanRecord | None, place: Place) -> Why:
    """The column about one option: what decided, dose, numbers, monitoring, interactions, what is missing."""
    rulebook = shown.rulebook
    agent, therapy = rulebook.agent_by_id.get(option.id), rulebook.therapy_by_id.get(option.id)
    chosen = {item.ref_id for item in plan.items} if plan else set()
    dose = option.dose
    data: Mapping[str, Any] = (agent or therapy).data if agent or therapy else {}  # type: ignore[union-attr]
    common = (data.get("adverse_effects") or {}).get("common") or ()
    return Why(
        line=option_line(option, shown, chosen, place),
        reasons=_grouped_reasons(option, shown),
        strength=_words(option.strength),
        certainty=_words(option.certainty),
        dose=dose_line(option),
        limits=limits_of(option, agent) if agent else None,
        adjusted_for=dose.adjusted_for if dose else (),
        stairs=stairs(_planned(option), dose.unit, shown.facts.as_of) if dose else (),
        unit=dose.unit if dose else "",
        trial_weeks=dose.trial_weeks if dose else None,
        numbers=numbers(option.id, rulebook),
        monitoring=option.monitoring,
        interactions=[
            (Badge(*rulebook_words.SEVERITIES[f.severity]), f, rulebook_words.citations(f.sources, rulebook))
            for f in option.interactions
        ],
        missing=[(name, fact_label(name, shown)) for name in option.missing],
        effects=[f"{item['effect']} ({item['frequency']})" for item in common if "frequency" in item][:6],
        rulebook_href=url_if("rulebook-agent" if agent else "rulebook-therapy", option.id),
        description=str(data.get("description") or ""),
    )


def _words(text: str | None) -> str:
    return english.words(text) if text else ""


_GROUPS: Sequence[tuple[str, frozenset[str]]] = (
    ("Against", frozenset({Effect.CONTRAINDICATE.value, Effect.REQUIRE.value})),
    ("For", frozenset({Effect.RECOMMEND.value, Effect.PREFER.value})),
    ("Mind", frozenset({Effect.AVOID.value, Effect.CAUTION.value})),
    ("Dose", frozenset({Effect.LIMIT_DOSE.value, Effect.SET_START.value})),
    ("Watch", frozenset({Effect.MONITOR.value})),
)


def _grouped_reasons(option: OptionResult, shown: Snapshot) -> list[tuple[str, list[ReasonView]]]:
    views = [(reason.effect, reason_view(reason, shown)) for reason in option.reasons]
    found = [(_(title), [view for effect, view in views if effect in effects]) for title, effects in _GROUPS]
    return [(title, listed) for title, listed in found if listed]


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


def two_versions(stored: Any, mine: Any) -> list[tuple[str, str, str]]:
    """Each field that differs: label, what is saved, what was sent."""
    rows = []
    for name, form_field in mine.fields.items():
        if form_field.widget.is_hidden:
            continue
        saved = _shown(stored, name) if name in stored.fields else ""
        sent = _shown(mine, name)
        if saved != sent:
            label = f"{form_field.label} {int(name.rpartition('_')[2]) + 1}" if name[-1].isdigit() else form_field.label
            rows.append((str(label), saved, sent))
    return rows


def _shown(form: Any, name: str) -> str:
    value = form[name].value()
    choices = dict(getattr(form.fields[name], "choices", ()))
    text = choices.get(value, value)
    return "" if text is None else str(text)


# --- combinations -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PairView:
    """A pair of the table of combinations for this patient."""

    title: str
    status: str
    tone: str
    advised: bool
    reasons: Sequence[ReasonView]
    cautions: str
    evidence: str


_PAIR_TONES = {"contraindicated": "critical", "avoid": "warning", "specialist_only": "quiet", "insufficient": "quiet"}


def pairs(results: Iterable[CombinationResult], shown: Snapshot) -> list[PairView]:
    """The combinations that concern this patient, the advised first."""
    entries = {item.id: item for item in shown.rulebook.combinations}
    found = []
    for result in sorted(results, key=lambda item: not item.advised):
        entry = entries[result.id]
        names = [_component(name, shown.rulebook) for name in result.components]
        found.append(
            PairView(
                title=capfirst(" + ".join(names)),
                status=_("Advised now") if result.advised else capfirst(english.words(result.status)),
                tone="good" if result.advised else _PAIR_TONES.get(result.status, "information"),
                advised=result.advised,
                reasons=[reason_view(reason, shown) for reason in result.reasons],
                cautions="" if any(r.text == entry.cautions for r in result.reasons) else entry.cautions,
                evidence=entry.evidence,
            )
        )
    return found


def _component(name: str, rulebook: Rulebook) -> str:
    if name in rulebook.agent_by_id:
        return rulebook.agent_by_id[name].name
    return name.upper() if len(name) <= 5 else english.words(name)


# --- what is missing --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MissingRow:
    """A missing fact, what it holds up, and how it is entered here: `entry` names the kind of field.

    concept: yes, no, unknown. measurement: a value of one of `codes`. condition: a cause of pain. medicines, allergies:
    a list to go through. elsewhere: a link.
    """

    fact: str
    label: str
    question: str
    entry: str
    blocks: Sequence[str]
    codes: Sequence[Kind] = ()
    choices: Sequence[tuple[str, str]] = ()
    href: str = ""
    old: FactRow | None = None


def missing_rows(shown: Snapshot, patient_id: UUID) -> list[MissingRow]:
    """Each missing fact once, those of most use first."""
    names = {option.id: option.name for option in (*shown.proposal.agents, *shown.proposal.therapies)}
    rows = []
    for item in shown.proposal.missing:
        if item.fact in BESIDE:
            continue
        stale = fact_row(item.fact, None, shown.facts, shown.rulebook.vocabulary)
        entry, codes, href = _entry(item.fact, shown, patient_id)
        rows.append(
            MissingRow(
                fact=item.fact,
                label=fact_label(item.fact, shown),
                question=item.ask or fact_label(item.fact, shown),
                entry=entry,
                blocks=[names[name] for name in item.blocks],
                codes=codes,
                choices=[(t.id, t.label) for t in terms().conditions.values()] if entry == "condition" else (),
                href=href,
                old=stale if stale.state == "stale" else None,
            )
        )
    return rows


def entry_for(fact: str, shown: Snapshot, patient_id: UUID) -> str:
    """The kind of field in which a fact is entered."""
    return _entry(fact, shown, patient_id)[0]


def _entry(fact: str, shown: Snapshot, patient_id: UUID) -> tuple[str, list[Kind], str]:
    known = kinds()
    codes = codes_for(fact, shown.facts)
    if codes:
        return "measurement", [known[code] for code in codes], ""
    if fact in terms().concepts:
        return "concept", [], ""
    if fact == "conditions":
        return "condition", [], ""
    if fact == "medications_reviewed":
        return "medicines", [], f"{url_if('patient-record', patient_id)}#medicine"
    if fact in ("allergy_list_given", "hypersensitivity_to_agent"):
        return "allergies", [], url_if("record-add", patient_id, "allergy")
    if fact == "preferences":
        return "elsewhere", [], url_if("record-add", patient_id, "preference")
    return "elsewhere", [], url_if("patient-assess", patient_id) or url_if("patient-record", patient_id)


def codes_for(fact: str, facts: PatientFacts) -> tuple[str, ...]:
    """The measurements that would give a fact: the one it is, or those that its formula still lacks."""
    measured = shipped_fact_content().measured_facts
    if fact in measured:
        return (measured[fact],)
    derived = facts.derived.get(fact)
    detail = derived.detail if derived else None
    wanted = detail.get("missing") if isinstance(detail, Mapping) else None
    if isinstance(wanted, Sequence) and not isinstance(wanted, str):
        return tuple(str(code) for code in wanted if str(code) in kinds())
    return ()


def changed(before: Proposal, after: Proposal) -> str:
    """Which options changed their status, in one sentence; empty when none did."""
    old = {option.id: option.status for option in (*before.agents, *before.therapies)}
    moved = [option for option in (*after.agents, *after.therapies) if old.get(option.id) is not option.status]
    if not moved:
        return _("No option changed its status.")
    words = {"recommended": _("recommended"), "possible": _("possible"), "needs_data": _("needs data")}
    said = [f"{option.name}: {words.get(option.status.value, _('excluded'))}" for option in moved[:4]]
    more = f" +{len(moved) - 4}" if len(moved) > 4 else ""
    return _("Changed: %(what)s.") % {"what": "; ".join(said) + more}
