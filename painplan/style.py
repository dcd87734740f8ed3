"""Made-up values for the style page, where every component is looked at side by side. No patient is behind them."""

from __future__ import annotations

from datetime import date, timedelta

from django import forms

THREE = [("yes", "Yes"), ("no", "No"), ("unknown", "Unknown")]


class SampleForm(forms.Form):
    """One field of each kind."""

    creatinine = forms.DecimalField(
        label="Creatinine",
        help_text="From 20 to 1500 umol/L.",
        min_value=20,
        max_value=1500,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "data-unit": "umol/L"}),
    )
    taken_on = forms.DateField(label="Taken on", widget=forms.DateInput(attrs={"type": "date"}))
    medicine = forms.CharField(label="Medicine", help_text="Type the name or the brand.", required=False)
    pins = forms.ChoiceField(label="Does it feel like pins and needles?", choices=THREE, widget=forms.RadioSelect)
    burning = forms.ChoiceField(label="Is the pain burning?", choices=THREE, widget=forms.RadioSelect)
    distribution = forms.ChoiceField(
        label="Where is it?",
        choices=[("localized", "In one small area"), ("regional", "In one region"), ("widespread", "Widespread")],
        widget=forms.RadioSelect,
    )
    quality = forms.MultipleChoiceField(
        label="Which words fit?",
        choices=[("electric", "Electric"), ("itch", "Itching"), ("cold", "Painful cold")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    note = forms.CharField(label="Note", widget=forms.Textarea(attrs={"rows": 3}), required=False)
    confirmed = forms.BooleanField(label="Read back to the patient", required=False)


def samples(today: date) -> dict[str, object]:
    """Everything the style page shows, dated relative to `today`."""

    def ago(days: int) -> date:
        return today - timedelta(days=days)

    good = SampleForm(initial={"pins": "unknown", "burning": "yes", "distribution": "regional", "taken_on": ago(12)})
    wrong = SampleForm(data={"creatinine": "4", "pins": "unknown", "burning": "no"}, auto_id="wrong_%s")
    facts = [
        ("CrCl", "27 mL/min", ago(12), "warning"),
        ("QTc", "438 ms", ago(40), ""),
        ("Weight", "61 kg", ago(12), ""),
        ("Sodium", "", None, "unknown"),
        ("HbA1c", "58 mmol/mol", ago(420), "stale"),
    ]
    return {
        "banner": {
            "id": "00000000-0000-4000-8000-000000000000",
            "name": "JOHANSSON, Ingrid",
            "age_text": "74 y",
            "sex_text": "F",
            "born": date(1951, 5, 2),
            "number": "40218",
            "allergies": ["carbamazepine (rash)"],
            "facts": [*facts[:3], ("Sodium", "", None, "unknown")],
            "alerts": 2,
            "team_text": "Care team: 4",
            "role_text": "you: clinician",
        },
        "statuses": ["recommended", "possible", "needs_data", "excluded", "unknown", "not_checked"],
        "states": ["draft", "proposed", "signed", "superseded", "stopped", "overdue", "due", "answered", "done"],
        "tiers": ["critical", "warning", "information"],
        "good": good,
        "wrong": wrong,
        "facts": facts,
        "sources": [{"title": "A guideline of a society", "year": 2025}, {"title": "A label", "unverified": True}],
        "scores": [(ago(84), 8), (ago(70), 7), (ago(56), 7), (ago(42), None), (ago(28), 5), (ago(14), 5), (ago(0), 4)],
        "steps": [
            {"starts": today, "amount": 25, "text": "1 tablet of 25 mg in the evening"},
            {"starts": ago(-7), "amount": 50, "text": "1 tablet of 25 mg morning and evening"},
            {"starts": ago(-14), "amount": 75, "text": "1 of 25 mg in the morning, 2 in the evening"},
        ],
        "long_steps": [{"starts": ago(-7 * n), "amount": 100 * (n + 1), "text": ""} for n in range(12)],
        "columns": [("Medicine", False), ("Dose a day", True), ("Since", False)],
        "rows": [["Gabapentin", "300 mg", "2 Feb 2026"], ["Amitriptyline", "10 mg", "12 Jan 2026"]],
        "tabs": [
            {"label": "All", "href": "#", "current": True, "count": 14},
            {"label": "Alerts", "href": "#", "count": 1, "tone": "critical"},
            {"label": "Overdue", "href": "#", "count": 3, "tone": "warning"},
            {"label": "Answers", "href": "#", "count": 4},
            {"label": "Plans", "href": "#", "count": 0},
        ],
        "today": today,
        "long_ago": ago(420),
        "soon": ago(-10),
    }
