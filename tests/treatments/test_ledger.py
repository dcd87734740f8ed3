"""The ledger of past treatments agrees with the facts and says what a fair trial asks for."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from patients import services as patient_services
from treatments.views.tried import MOST_IN_PANEL

pytestmark = pytest.mark.django_db


def tried(clinician: Any, patient: Any, treatment: str, **trial: Any) -> None:
    patient_services.record_trial(
        actor=clinician.actor, patient=patient, treatment=treatment, today=timezone.localdate(), **trial
    )


def page(clinician: Any, patient: Any) -> str:
    response = clinician.client.get(reverse("patient-tried", args=[patient.pk]))
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_an_empty_ledger_says_that_nobody_may_conclude_from_it(clinician: Any, patient: Any) -> None:
    assert "That does not mean that there was none" in page(clinician, patient)


@pytest.mark.parametrize(
    ("trial", "verdict"),
    [
        (
            {"max_daily_dose": Decimal(300), "unit": "mg", "weeks_at_max": Decimal(8), "stopped": "inefficacy"},
            "Dose too low",
        ),
        (
            {"max_daily_dose": Decimal(1800), "unit": "mg", "weeks_at_max": Decimal(1), "stopped": "inefficacy"},
            "Too short",
        ),
        (
            {"max_daily_dose": Decimal(1800), "unit": "mg", "weeks_at_max": Decimal(12), "stopped": "inefficacy"},
            "Fair trial",
        ),
        ({"max_daily_dose": Decimal(300), "unit": "mg", "stopped": "adverse_effect"}, "Not tolerated"),
        ({"stopped": "unknown"}, "Cannot be judged"),
    ],
)
def test_each_trial_gets_its_verdict(trial: dict[str, Any], verdict: str, clinician: Any, patient: Any) -> None:
    tried(clinician, patient, "gabapentin", **trial)
    words = page(clinician, patient)
    assert f">{verdict}</b>" in words
    assert "A fair trial asks for" in words and "mg a day for" in words


def test_what_no_table_judges_stands_in_its_own_words(clinician: Any, patient: Any) -> None:
    tried(clinician, patient, "", text="Copper bracelet", stopped="preference")
    tried(clinician, patient, "gabapentin", max_daily_dose=Decimal(300), unit="mg", stopped="adverse_effect")
    words = page(clinician, patient)
    assert "Copper bracelet" in words and "not judged by a table" in words
    assert ">Not tolerated</b>" in words, "a trial in own words does not shift the verdict of the next one"


def test_the_panel_names_what_is_missing_and_what_it_holds_up(clinician: Any, patient: Any) -> None:
    words = clinician.client.get(reverse("missing-panel", args=[patient.pk])).content.decode()
    assert "Missing for the plan" in words and "#missing-" in words and "option" in words


def test_the_panel_is_short_and_leads_to_the_rest(clinician: Any, patient: Any) -> None:
    address = reverse("missing-panel", args=[patient.pk])
    words = clinician.client.get(address).content.decode()
    plan = reverse("patient-plan", args=[patient.pk])
    assert words.count(f'href="{plan}#missing-') == MOST_IN_PANEL
    assert f'href="{plan}#missing">' in words, "what does not fit is counted and led to"
    assert "0 options" not in words


def test_the_panel_says_when_nothing_is_missing(clinician: Any, patient: Any) -> None:
    words = render_to_string("treatments/missing_panel.html", {"rows": [], "more": 0, "patient": patient})
    assert "Nothing is missing that the proposal asks for." in words
