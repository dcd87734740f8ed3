"""Patients for the tests of plans, entered through the services like any other record."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from accounts.audit import Actor
from patients import services
from patients.models import Patient

LONG_AGO = 30


def enter_diabetic_neuropathy(
    actor: Actor, patient: Patient, today: dt.date, *, creatinine: str = "168", medicines_reviewed: bool = True
) -> None:
    """Painful diabetic neuropathy at 74 with weak kidneys, on sertraline; a rash under carbamazepine."""
    day = today - dt.timedelta(days=LONG_AGO)
    common: dict[str, Any] = {"actor": actor, "patient": patient, "today": today}
    for kind, code, status in (
        ("condition", "dpn", "present"),
        ("concept", "diabetes", "present"),
        ("concept", "hypertension", "present"),
        ("concept", "uncontrolled_hypertension", "absent"),
        ("concept", "heavy_alcohol_use", "absent"),
        ("concept", "chronic_liver_disease", "absent"),
        ("concept", "hepatic_impairment", "absent"),
    ):
        services.state_problem(kind=kind, code=code, status=status, stated_on=day, **common)
    services.review_problem_list(reviewed_on=day, **common)
    services.record_medicine(
        text="sertraline", daily_dose=Decimal(100), unit="mg", started_on=day - dt.timedelta(days=400), **common
    )
    services.record_medicine(text="gliclazide", daily_dose=Decimal(80), unit="mg", **common)
    if medicines_reviewed:
        services.review_medicines(reviewed_on=day, **common)
    services.record_allergy(text="carbamazepine", reaction="rash", stated_on=day, **common)
    for code, value, unit in (
        ("creatinine", creatinine, "umol/L"),
        ("weight", "61", "kg"),
        ("qtc", "438", "ms"),
        ("systolic_bp", "138", "mmHg"),
        ("diastolic_bp", "80", "mmHg"),
        ("sodium", "138", "mmol/L"),
    ):
        services.record_measurement(code=code, value=value, unit=unit, measured_on=day, **common)
