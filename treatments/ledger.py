"""Past treatments in words: was each a fair trial, what did it show, and what a fair trial asks for. Pure.

The verdict is that of the facts (treatments.trial_facts), so that the ledger and the proposal never differ. Where this
patient's own ceiling (kidney, liver, age) lies below the dose of a fair trial, the ledger says so beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from patients.record import TrialEntry
from treatments.fact_content import AdequateTrial
from treatments.patient_facts import Adequacy, Outcome, Trial
from treatments.snapshot import Snapshot

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

Text: TypeAlias = "str | _StrPromise"

VERDICTS: Mapping[Adequacy, tuple[Text, str]] = {
    Adequacy.ADEQUATE: (gettext_lazy("Fair trial"), "good"),
    Adequacy.TOO_LOW: (gettext_lazy("Dose too low"), "warning"),
    Adequacy.TOO_SHORT: (gettext_lazy("Too short"), "warning"),
    Adequacy.UNKNOWN: (gettext_lazy("Cannot be judged"), "unknown"),
}
OUTCOMES: Mapping[Outcome, Text] = {
    Outcome.FAILED: gettext_lazy("did not help enough"),
    Outcome.NOT_TOLERATED: gettext_lazy("not tolerated"),
    Outcome.INSUFFICIENT: gettext_lazy("does not help enough so far"),
    Outcome.PARTIAL: gettext_lazy("helped in part"),
    Outcome.RESPONDED: gettext_lazy("helped"),
    Outcome.INADEQUATE: gettext_lazy("says nothing about the medicine"),
    Outcome.UNKNOWN: gettext_lazy("effect not clear"),
}


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One past treatment: what was reached, whether that was a fair trial and what it showed. Texts are ready to read.

    `verdict` is empty for what no table judges: therapies, and treatments in the patient's own words.
    """

    entry: TrialEntry
    name: str
    reached: str
    verdict: Text
    tone: str
    asked: str
    effect: Text
    note: str
    stopped: Text


# Why a trial ended, in words; the ids are those of the case format.
ENDINGS: Mapping[str, Text] = {
    "inefficacy": gettext_lazy("did not help"),
    "adverse_effect": gettext_lazy("side effects"),
    "both": gettext_lazy("did not help, and side effects"),
    "cost": gettext_lazy("cost"),
    "preference": gettext_lazy("the patient's wish"),
    "ongoing": gettext_lazy("goes on"),
    "unknown": gettext_lazy("unknown"),
}


def ledger(shown: Snapshot, tables: Mapping[str, AdequateTrial]) -> list[LedgerRow]:
    """Every past treatment on record in its order. `tables` say by agent what a fair trial asks for."""
    judged = {trial.path: trial for trial in shown.facts.trials}
    rows, number = [], 0
    for entry in shown.record.trials:
        trial = None
        if entry.treatment in tables:
            # The case numbers only those trials that a table judges (treatments.record_case).
            trial = judged.get(f"trials[{number}]")
            number += 1
        rows.append(_row(entry, trial, shown, tables.get(entry.treatment)))
    return rows


def _row(entry: TrialEntry, trial: Trial | None, shown: Snapshot, table: AdequateTrial | None) -> LedgerRow:
    option = shown.rulebook.agent_by_id.get(entry.treatment) or shown.rulebook.therapy_by_id.get(entry.treatment)
    verdict, tone = VERDICTS[trial.adequacy] if trial else ("", "")
    if trial is not None and trial.outcome is Outcome.NOT_TOLERATED:
        verdict, tone = _("Not tolerated"), "warning"
    return LedgerRow(
        entry=entry,
        name=option.name if option else entry.text,
        reached=_reached(entry),
        verdict=verdict,
        tone=tone,
        asked=_asked(table) if table else "",
        effect=OUTCOMES[trial.outcome] if trial else "",
        note=_ceiling_note(entry.treatment, table, shown) if table else "",
        stopped=ENDINGS.get(entry.stopped, entry.stopped),
    )


def _reached(entry: TrialEntry) -> str:
    parts = []
    if entry.max_daily_dose is not None:
        parts.append(_("%(dose)s %(unit)s a day") % {"dose": _plain(entry.max_daily_dose), "unit": entry.unit or ""})
    if entry.weeks_at_max is not None:
        parts.append(_("for %(weeks)s weeks") % {"weeks": _plain(entry.weeks_at_max)})
    return " ".join(parts)


def _plain(value: Decimal | float) -> str:
    return f"{float(value):g}"


def _asked(table: AdequateTrial) -> str:
    """What the dossier asks of a fair trial, in words; empty where it asks for nothing in figures."""
    if table.lowest_target is None or table.weeks is None:
        return ""
    words = {"dose": _plain(table.lowest_target), "unit": table.unit or "", "weeks": _plain(table.weeks)}
    return _("at least %(dose)s %(unit)s a day for %(weeks)s weeks") % words


def _ceiling_note(agent: str, table: AdequateTrial, shown: Snapshot) -> str:
    """Said where this patient may not take the dose that a fair trial asks for, as the record stands today."""
    if agent not in shown.rulebook.agent_by_id:
        return ""
    dose = shown.proposal.option(agent).dose
    if dose is None or table.lowest_target is None:
        return ""
    if dose.unit != table.unit or dose.max_per_day >= table.lowest_target:
        return ""
    words = {"dose": _plain(dose.max_per_day), "unit": dose.unit}
    return _("This patient's ceiling today is %(dose)s %(unit)s: the dose of a fair trial cannot be reached.") % words
