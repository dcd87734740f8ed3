"""What the patient banner says beside the patient's own rows: the clearance and the open alerts, on every page."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from followup import queries as followup_queries
from patients.record import age_on
from treatments.kidney import CODES, kidney

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from patients.models import Patient
    from patients.record import MeasurementEntry


@dataclass(frozen=True, slots=True)
class BannerMore:
    """Facts as the banner takes them, codes of values that are too old for this patient, number of open alerts."""

    facts: list[tuple[str, str, dt.date | None, str]]
    stale: frozenset[str]
    alerts: int


class Source:
    """Where the banner of `patients`, which may not import other apps, asks for what they know."""

    codes = CODES

    def more(
        self,
        patient: Patient,
        measurements: Iterable[MeasurementEntry],
        today: dt.date,
        open_alerts: Sequence[object] | None = None,
    ) -> BannerMore:
        """The rest of the banner from its newest measurements. One query, none where the page has read the alerts."""
        age = age_on(patient.birth_date, min(today, patient.died_on or today))
        found = kidney(age, patient.sex, measurements, today)
        known = found.clearance is not None
        shown = f"{found.clearance:.0f}\u00a0{found.unit}" if known else ""
        fact = (_("CrCl"), shown, found.day, "" if known else "unknown")
        if open_alerts is None:
            open_alerts = followup_queries.alerts_card(patient.pk, today)
        return BannerMore([fact], found.stale, len(open_alerts))


def context(_request: Any) -> dict[str, object]:
    """The source of the banner, for every page."""
    return {"banner_source": _SOURCE}


_SOURCE = Source()
