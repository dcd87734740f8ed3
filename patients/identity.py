"""Whether somebody without an account is who they say: the birth date of the patient. Pure."""

from __future__ import annotations

import datetime as dt
import hmac
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from patients.models import Patient


def is_born_on(patient: Patient, day: dt.date | None) -> bool:
    """Whether this is the patient's birth date, compared in constant time; None stands for numbers that are no date."""
    return hmac.compare_digest(day.isoformat() if day else "", patient.birth_date.isoformat())
