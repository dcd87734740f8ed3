"""A therapy in full: dose, who gives it, criteria and their truth for this patient, evidence, stop rule, ladder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from rules import english
from rules.truth import Truth
from treatments import rulebook_presenters as rulebook_words
from treatments.fact_content import shipped_fact_content
from treatments.ledger import LedgerRow, ledger
from treatments.presenters.glance import benefit_weeks, therapy_dose
from treatments.presenters.words import FactRow, fact_label, fact_row
from treatments.proposal.model import OptionResult, fact_json
from treatments.rulebook import Rulebook, Therapy
from treatments.rulebook_presenters import Badge, Citation
from treatments.rulebook_presenters.words import records
from treatments.snapshot import Snapshot
from treatments.therapy_steps import Answer, answered
from treatments.therapy_steps import ladder as climb


@dataclass(frozen=True, slots=True)
class CriterionView:
    """A criterion with its mark: met, not met, cannot be told (with what is missing), or for a person to judge.

    `left` is the part that the record does not tell of a criterion that is met otherwise.
    """

    text: str
    badge: Badge
    facts: Sequence[FactRow]
    missing: Sequence[tuple[str, str]]
    sources: Sequence[Citation]
    state: str
    left: str = ""


@dataclass(frozen=True, slots=True)
class RungView:
    """One step of the ladder; `state`: passed, here or ahead."""

    number: int
    title: str
    state: str
    is_mine: bool
    therapies: Sequence[tuple[str, str, str]]
    entry: Sequence[CriterionView]
    advance: Sequence[CriterionView]


@dataclass(frozen=True, slots=True)
class TherapyView:
    """What the column says of a therapy beside the reasons of its rules."""

    rows: Sequence[tuple[str, str]]
    parameters: str
    criteria: Sequence[CriterionView]
    prerequisites: Sequence[tuple[str, list[Citation]]]
    precautions: Sequence[tuple[str, list[Citation]]]
    summary: str
    results: Sequence[tuple[str, list[Citation]]]
    stop_rule: str
    needs_authorisation: str
    rungs: Sequence[RungView]
    next: str
    tried: Sequence[LedgerRow]


def therapy_view(therapy: Therapy, option: OptionResult, shown: Snapshot) -> TherapyView:
    """Everything about one therapy for this patient."""
    data: Mapping[str, Any] = therapy.data
    rulebook = shown.rulebook
    evidence: Mapping[str, Any] = data.get("evidence") or {}
    dose: Mapping[str, Any] = data.get("dose") or {}
    rungs = ladder_view(shown, therapy.id)
    return TherapyView(
        rows=[
            (label, text or _("not stated"))
            for label, text in (
                (_("Dose"), therapy_dose(therapy)),
                (_("At home"), str(dose.get("home") or "")),
                (_("Going on"), str(dose.get("progression") or "")),
                (_("Given by"), ", ".join(map(english.words, data.get("delivered_by") or ()))),
                (_("Works in"), benefit_weeks(therapy)),
                (_("Look again"), _("after %(n)g weeks") % {"n": therapy.review_weeks} if therapy.review_weeks else ""),
            )
        ],
        parameters=str(dose.get("parameters") or dose.get("intensity") or ""),
        criteria=criteria_views(answered(therapy.referral, shown.facts.values, rulebook.vocabulary), shown),
        prerequisites=_texts(data.get("prerequisites"), rulebook),
        precautions=_texts(data.get("precautions"), rulebook),
        summary=str(evidence.get("summary") or ""),
        results=[
            (str(item["finding"]), rulebook_words.citations(item["sources"], rulebook))
            for item in evidence.get("key_results") or ()
        ],
        stop_rule=str((data.get("stop_rule") or {}).get("text") or ""),
        needs_authorisation=authorisation_words(therapy),
        rungs=rungs,
        next=next_words(rungs),
        tried=ledger(shown, shipped_fact_content().trials),
    )


def _texts(items: object, rulebook: Rulebook) -> list[tuple[str, list[Citation]]]:
    return [(str(item["text"]), rulebook_words.citations(item["sources"], rulebook)) for item in records(items)]


def authorisation_words(therapy: Therapy) -> str:
    """Whether a payer wants to be asked first: "usually required"; empty where nobody asks."""
    given: Any = therapy.data.get("prior_auth") or {}
    status = str(given.get("status") or "")
    return "" if status in ("", "not_applicable") else english.words(status)


_MARKS: Mapping[Truth | None, tuple[str, str, str, str]] = {
    Truth.YES: ("met", "Met", "good", "check-circle"),
    Truth.NO: ("not_met", "Not met", "warning", "cross"),
    Truth.UNKNOWN: ("unknown", "Cannot be told", "unknown", "question"),
    None: ("judge", "For you to judge", "quiet", "person"),
}
_IN_PART = ("in_part", "Met in part", "information", "person")


def criteria_views(answers: Iterable[Answer], shown: Snapshot) -> list[CriterionView]:
    """Criteria with their marks, and the facts of those that could be computed."""
    found = []
    for answer in answers:
        state, label, tone, icon = _MARKS[answer.truth]
        left = answer.criterion.left if answer.truth is Truth.YES else ""
        if left:
            # What the condition does not read is not on record: the sentence as a whole is not claimed.
            state, label, tone, icon = _IN_PART
        values = shown.facts.values
        found.append(
            CriterionView(
                text=answer.criterion.text,
                badge=Badge(_(label), tone, icon),
                facts=[
                    fact_row(name, fact_json(values.get(name)), shown.facts, shown.rulebook.vocabulary)
                    for name in answer.facts
                ],
                missing=[(name, fact_label(name, shown)) for name in answer.missing],
                sources=rulebook_words.citations(answer.criterion.sources, shown.rulebook),
                state=state,
                left=left,
            )
        )
    return found


def ladder_view(shown: Snapshot, therapy_id: str = "") -> list[RungView]:
    """The steps of the ladder for this patient; `therapy_id` marks the step to which that therapy belongs."""
    rulebook = shown.rulebook
    status = {option.id: option.status.value for option in shown.proposal.therapies}
    return [
        RungView(
            number=rung.step.step,
            title=rung.step.title,
            state=rung.state,
            is_mine=therapy_id in rung.step.therapies,
            therapies=[
                (name, rulebook.therapy_by_id[name].name, status[name])
                for name in rung.step.therapies
                if name in rulebook.therapy_by_id
            ],
            entry=criteria_views(rung.entry, shown),
            advance=criteria_views(rung.advance, shown),
        )
        for rung in climb(rulebook.guidance, shown.facts.values, rulebook.vocabulary)
    ]


def next_words(rungs: Sequence[RungView]) -> str:
    """Which step is next and why, in one sentence: "Step 1, …, because: …"."""
    here = next((rung for rung in rungs if rung.state == "here"), None)
    if here is None:
        return ""
    passed = [rung for rung in rungs if rung.state == "passed"]
    words: dict[str, Any] = {"step": here.number, "title": here.title}
    missing = dict.fromkeys(label for view in here.advance for _name, label in view.missing)
    if not passed and missing:
        words["what"] = ", ".join(missing)
        return _("Step %(step)d: %(title)s. Whether to go on cannot be told: %(what)s not known.") % words
    if not passed:
        return _("Step %(step)d is next: %(title)s. No reason to go beyond it is on record.") % words
    why = [view.text for view in passed[-1].advance if view.state in ("met", "in_part")]
    return _("Step %(step)d is next: %(title)s. Because: %(why)s.") % (words | {"why": "; ".join(why)})
