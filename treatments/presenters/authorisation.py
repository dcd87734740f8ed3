"""A draft of the note that asks a payer for a therapy, and its checklist: from the record alone.

What is not on record is said to be not on record; nothing is claimed that no fact, score or trial stands behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from rules import english
from treatments import rulebook_presenters as rulebook_words
from treatments.fact_content import shipped_fact_content
from treatments.ledger import LedgerRow, ledger
from treatments.presenters.guidelines import causes_of
from treatments.presenters.therapy import CriterionView, authorisation_words, criteria_views
from treatments.presenters.words import fact_row
from treatments.proposal.model import fact_json
from treatments.rulebook import Therapy
from treatments.rulebook_presenters import Citation
from treatments.snapshot import Snapshot
from treatments.therapy_steps import answered

# The scores that a note gives, by fact.
_SCORES = ("nrs_average", "nrs_worst", "duration_months", "bpi_sf_total", "phq9_total", "gad7_total", "isi_total")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that the note should hold: whether it is there, and what is said in its place otherwise."""

    label: str
    is_there: bool
    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """The drafted text, the checklist, and what the content says about asking for this therapy."""

    name: str
    status: str
    advice: str
    advice_sources: Sequence[Citation]
    text: str
    checklist: Sequence[Check]
    criteria: Sequence[CriterionView]

    @property
    def open_checks(self) -> int:
        """How many things are still missing."""
        return sum(not check.is_there for check in self.checklist)


def authorisation_note(therapy: Therapy, shown: Snapshot, patient_name: str, number: str) -> Note:
    """The note for one therapy of this patient."""
    given: Any = therapy.data.get("prior_auth") or {}
    criteria = criteria_views(answered(therapy.referral, shown.facts.values, shown.rulebook.vocabulary), shown)
    tried = ledger(shown, shipped_fact_content().trials)
    causes = _causes(shown)
    scores = _scores(shown)
    checklist = [
        Check(_("Diagnosis"), bool(causes), "; ".join(causes) or _absent()),
        Check(_("Pain scores with dates"), bool(scores), "; ".join(scores) or _absent()),
        Check(_("Treatments tried"), bool(tried), _counted(tried) if tried else _absent()),
        Check(
            _("Dose, weeks and effect of each"),
            bool(tried) and all(row.reached and row.entry.response_percent is not None for row in tried),
            _gaps(tried),
        ),
        *(Check(view.text, view.state == "met", str(view.badge.text)) for view in criteria),
    ]
    return Note(
        name=therapy.name,
        status=authorisation_words(therapy) or _("not asked for"),
        advice=str(given.get("note") or ""),
        advice_sources=rulebook_words.citations(given.get("sources") or (), shown.rulebook),
        text=_text(therapy, shown, patient_name, number, causes, scores, tried, criteria),
        checklist=checklist,
        criteria=criteria,
    )


def _absent() -> str:
    return _("not on record")


def _causes(shown: Snapshot) -> list[str]:
    labels = shown.rulebook.labels.get("conditions", {})
    return [labels.get(name, english.words(name)) for name in sorted(causes_of(shown.facts))]


def _scores(shown: Snapshot) -> list[str]:
    """ "Pain average: 7 (10 Nov 2026)", those on record."""
    found = []
    for name in _SCORES:
        value = shown.facts.get(name)
        if value is None:
            continue
        row = fact_row(name, fact_json(value), shown.facts, shown.rulebook.vocabulary)
        day = f" ({date_format(row.day, 'j M Y')})" if row.day else ""
        found.append(f"{row.label}: {row.value}{day}")
    return found


def _counted(tried: Sequence[LedgerRow]) -> str:
    return "; ".join(row.name for row in tried)


def _gaps(tried: Sequence[LedgerRow]) -> str:
    """Of which trials dose, weeks or effect are missing."""
    if not tried:
        return _absent()
    bare = [row.name for row in tried if not row.reached or row.entry.response_percent is None]
    return _("incomplete for: %(what)s") % {"what": "; ".join(bare)} if bare else _("complete")


def _text(
    therapy: Therapy,
    shown: Snapshot,
    patient_name: str,
    number: str,
    causes: Sequence[str],
    scores: Sequence[str],
    tried: Sequence[LedgerRow],
    criteria: Sequence[CriterionView],
) -> str:
    """The draft: plain paragraphs that can be copied anywhere."""
    absent = _absent()
    lines = [
        _("Request: %(name)s") % {"name": therapy.name},
        _("Patient: %(name)s, No. %(number)s") % {"name": patient_name, "number": number},
        _("Date: %(day)s") % {"day": date_format(shown.facts.as_of, "j M Y")},
        "",
        _("Diagnosis: %(what)s.") % {"what": "; ".join(causes) or absent},
        _("Scores: %(what)s.") % {"what": "; ".join(scores) or absent},
        "",
        _("Treatments tried:"),
        *([f"- {_trial(row)}" for row in tried] or [f"- {absent}"]),
        "",
        _("Criteria of the catalogue for this therapy:"),
        *([f"- {view.text}: {_criterion(view)}" for view in criteria] or [f"- {_('none stated')}"]),
    ]
    return "\n".join(lines)


def _trial(row: LedgerRow) -> str:
    """ "Duloxetine: 60 mg a day for 8 weeks; 20% relief; fair trial, did not help enough; ended: did not help"."""
    relief = row.entry.response_percent
    parts = [
        row.reached or _("dose and weeks not on record"),
        _("%(n)s%% relief") % {"n": f"{relief:g}"} if relief is not None else _("effect not on record"),
    ]
    if row.verdict:
        parts.append(f"{row.verdict}, {row.effect}" if row.effect else str(row.verdict))
    parts.append(_("ended: %(why)s") % {"why": row.stopped or _absent()})
    return f"{row.name}: {'; '.join(parts)}"


def _criterion(view: CriterionView) -> str:
    """The mark of a criterion with the facts behind it."""
    words = {
        "met": _("met"),
        "in_part": _("met as far as the record tells; to be stated by the clinician: %(left)s") % {"left": view.left},
        "not_met": _("not met"),
        "unknown": _("cannot be told from the record"),
        "judge": _("to be stated by the clinician"),
    }[view.state]
    known = [f"{row.label} {row.value}" for row in view.facts if row.value]
    missing = [label for _name, label in view.missing]
    said = "; ".join(known)
    if missing:
        said = "; ".join(part for part in (said, _("not on record: %(what)s") % {"what": ", ".join(missing)}) if part)
    return f"{words} ({said})" if said else words
