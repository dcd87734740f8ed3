"""What templates say about dates, numbers, statuses and tiers."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django import forms
from django.template import Context, Template
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from painplan.icons import PATHS
from painplan.templatetags import ui

TODAY = date(2026, 3, 10)


def render(text: str, **context: object) -> str:
    """The text of a template that has the tags loaded."""
    return Template("{% load ui %}" + text).render(Context(context))


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 3, 10), "today"),
        (date(2026, 3, 11), "tomorrow"),
        (date(2026, 3, 9), "yesterday"),
        (date(2026, 3, 7), "3 days ago"),
        (date(2026, 3, 23), "in 13 days"),
        (date(2026, 3, 24), "in 2 weeks"),
        (date(2026, 1, 10), "8 weeks ago"),
        (date(2025, 9, 10), "6 months ago"),
        (date(2023, 3, 10), "3 years ago"),
    ],
)
def test_dates_read_as_a_person_would_say_them(day: date, words: str) -> None:
    assert ui.relative(day, TODAY) == words


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.dates(date(1900, 1, 1), date(2100, 1, 1)))
def test_the_future_is_never_told_as_past(day: date, today: date) -> None:
    words = ui.relative(day, today)
    assert words.endswith("ago") == (day < today and (today - day).days > 1)
    assert words.startswith("in ") == ((day - today).days > 1)


def test_a_relative_date_carries_the_full_one_for_hover_and_print() -> None:
    html = render("{% when day today %}", day=date(2026, 3, 7), today=TODAY)
    assert 'datetime="2026-03-07"' in html
    assert 'title="7 Mar 2026"' in html
    assert '<span class="print-only"> (7 Mar 2026)</span>' in html


def test_a_moment_shows_its_time_and_a_missing_date_says_so() -> None:
    assert "14:05" in render("{% day at today %}", at=datetime(2026, 3, 7, 14, 5, tzinfo=UTC), today=TODAY)
    assert render("{% when nothing today %}", nothing=None, today=TODAY) == "no date"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (30.0, "mg", "30\u00a0mg"),
        (7.50, "mg", "7.5\u00a0mg"),
        (Decimal("1200.00"), "mg", "1200\u00a0mg"),
        (Decimal("1E+3"), "", "1000"),
        (0, "mg", "0\u00a0mg"),
        (None, "mL/min", "–\u00a0mL/min"),
        (61, "1", "61"),
    ],
)
def test_numbers_keep_their_unit_and_lose_idle_zeros(value: object, unit: str, text: str) -> None:
    assert ui.quantity(value, unit) == text  # type: ignore[arg-type]


def test_every_mark_has_a_word_and_an_icon_that_exists() -> None:
    for mark in [*ui.STATUSES.values(), *ui.TIERS.values()]:
        assert str(mark.label)
        assert mark.icon in PATHS


def test_unknown_and_needs_data_never_look_like_an_answer() -> None:
    assert ui.status_mark("unknown").tone == ui.status_mark("needs_data").tone == ui.status_mark("not_checked").tone
    others = {mark.tone for key, mark in ui.STATUSES.items() if key not in {"unknown", "needs_data", "not_checked"}}
    assert "unknown" not in others


@pytest.mark.parametrize("tier", ["", "catastrophic", "CRITICAL", "error"])
def test_an_unlisted_tier_is_shown_as_critical(tier: str) -> None:
    assert ui.tier_mark(tier).tone == "critical"


def test_an_unlisted_status_is_shown_as_it_is() -> None:
    assert ui.status_mark("awaiting_review").label == "Awaiting review"


def test_a_page_that_does_not_exist_gives_no_link() -> None:
    assert ui.url_if("no-such-page") == ""
    assert ui.url_if("worklist")


def test_the_readers_settings_come_from_cookies_and_nonsense_is_ignored() -> None:
    request = RequestFactory().get("/")
    request.COOKIES.update(theme="dark", density="huge")
    html = Template("{% load ui %}{% theme %} {% density %} {% shortcuts %}").render(Context({"request": request}))
    assert html == "dark normal on"
    assert render("{% theme %}") == "auto"


def test_current_marks_the_page_shown() -> None:
    request = RequestFactory().get("/rules/agents/")
    text = "{% load ui %}{% current '/rules/' True %}|{% current '/rules/' %}|{% current '/rules/agents/' %}"
    assert Template(text).render(Context({"request": request})) == ' aria-current="page"|| aria-current="page"'


class Questions(forms.Form):
    weakness = forms.ChoiceField(
        choices=[("yes", "Yes"), ("no", "No"), ("unknown", "Unknown")], widget=forms.RadioSelect, initial="unknown"
    )
    side = forms.ChoiceField(choices=[("left", "Left"), ("right", "Right")], widget=forms.RadioSelect)
    weight = forms.DecimalField(help_text="In kg.", widget=forms.TextInput(attrs={"data-unit": "kg"}))


def test_yes_no_unknown_become_three_equal_buttons_with_unknown_chosen() -> None:
    html = str(Questions()["weakness"].as_field_group())
    assert html.count('class="segment') == 4  # the frame and three buttons
    assert html.count("checked") == 1
    assert re.search(r'value="unknown"[^>]* checked', html)
    assert "segments" not in str(Questions()["side"].as_field_group())


def test_a_field_says_its_hint_its_unit_and_its_error() -> None:
    form = Questions({"weight": "heavy"})
    html = str(form["weight"].as_field_group())
    assert 'id="id_weight_helptext"' in html
    assert 'id="id_weight_error"' in html
    assert 'aria-describedby="id_weight_helptext id_weight_error"' in html
    assert 'class="unit">kg<' in html


def test_the_error_summary_links_to_each_problem_and_is_absent_without_one() -> None:
    html = render("{% include 'components/error_summary.html' with form=form only %}", form=Questions({}))
    assert "3 problems" in html
    assert 'href="#id_weight"' in html
    assert 'href="#id_side_field"' in html
    assert "data-error-summary" not in render(
        "{% include 'components/error_summary.html' with form=form only %}", form=Questions()
    )


def test_a_row_that_does_not_fit_its_columns_stops_the_page() -> None:
    with pytest.raises(ValueError, match="longer"):
        ui.beside(["Gabapentin"], ["Medicine", "Dose"])


@pytest.mark.parametrize(
    ("allergies", "words"),
    [
        (None, "Allergies not recorded"),
        ([], "No known allergies"),
        (["carbamazepine (rash)"], "carbamazepine (rash)"),
    ],
)
def test_the_banner_tells_no_allergy_from_nobody_asked(allergies: list[str] | None, words: str) -> None:
    banner = {"id": "x", "name": "JOHANSSON, Ingrid", "born": TODAY, "allergies": allergies, "facts": [], "number": "1"}
    html = render("{% include 'components/patient_banner.html' with banner=banner only %}", banner=banner)
    assert words in html
    for other in {"Allergies not recorded", "No known allergies", "carbamazepine (rash)"} - {words}:
        assert other not in html


def test_text_from_outside_is_escaped() -> None:
    html = render(
        "{% include 'components/alert.html' with tier='warning' title=title only %}", title="<script>x</script>"
    )
    assert "<script>" not in html
