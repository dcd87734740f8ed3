"""Calendars, tapers and switches of a plan: what is written, what is refused where, and what the pages say."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import AuditEvent
from patients import services as record
from patients.models import Patient
from tests.cast import TODAY, Member
from tests.treatments.plan_patients import enter_diabetic_neuropathy
from tests.treatments.test_pages import Browser, words
from tests.treatments.test_plan_services import Desk
from treatments import plan_readiness, queries
from treatments.models import Plan
from treatments.plan_checks import Need, unanswered
from treatments.plan_doses import PlannedStep
from treatments.plan_record import ItemRecord, PlanRecord
from treatments.snapshot import snapshot


@pytest.fixture
def browser(clinician: Member, patient: Patient) -> Browser:
    """The clinician of a patient who takes 300 mg of pregabalin a day for longer than anybody knows."""
    enter_diabetic_neuropathy(clinician.actor, patient, TODAY, creatinine="70")
    record.record_medicine(
        actor=clinician.actor, patient=patient, today=TODAY, text="pregabalin", daily_dose=Decimal(300), unit="mg"
    )
    return Browser(clinician, patient)


def draft(browser: Browser) -> PlanRecord:
    found = queries.draft_of(browser.patient.pk)
    assert found is not None
    return found


def item(browser: Browser, name: str) -> ItemRecord:
    found = draft(browser).item(name)
    assert found is not None
    return found


def sudden(browser: Browser) -> list[Need]:
    """What the draft says of a medicine that ends or falls suddenly."""
    needs = plan_readiness.needs_of(draft(browser), snapshot(browser.patient, TODAY))
    return [need for need in needs if need.kind == "abrupt_stop"]


def doses(found: ItemRecord) -> list[tuple[int, float]]:
    return [(step.day, step.per_day) for step in found.steps]


def audited(browser: Browser, action: str) -> int:
    return AuditEvent.objects.filter(patient_id=browser.patient.pk, action=action).count()


TAPER: dict[str, Any] = {
    "per_day": "300",
    "times": "2",
    "starts_on": TODAY.isoformat(),
    "used_since": "",
    "pace": "usual",
}


# --- doses in products ------------------------------------------------------------------------------------------------


def test_the_plan_and_the_reasons_say_the_tablets(browser: Browser) -> None:
    browser.add("duloxetine")
    assert "1 × 20 mg morning" in words(browser.get(show="duloxetine")).replace("\xa0", " ")


def test_a_dose_that_no_product_makes_is_refused_at_its_field_with_the_nearest_and_nothing_is_lost(
    browser: Browser,
) -> None:
    browser.add("duloxetine")
    before = item(browser, "duloxetine")
    fields = browser.item_fields("duloxetine", (7, "45", 1), ("", "", ""), (0, "30", 1), note="with breakfast")
    html = browser.post("plan-item", "duloxetine", status=422, **fields).content.decode()
    assert "Step 2: no product makes 45 mg. Nearest: 40 mg or 50 mg." in words(html)
    assert 'value="45"' in html
    assert "with breakfast" in html
    # Said at the row in which it was entered, which is the first one here.
    assert 'href="#id_item-duloxetine-dose_0"' in html
    assert item(browser, "duloxetine") == before


def test_doses_of_a_day_that_differ_are_entered_shown_and_kept(browser: Browser) -> None:
    browser.add("gabapentin")
    browser.post("plan-item", "gabapentin", **browser.item_fields("gabapentin", (0, "100 + 200", 2)))
    kept = item(browser, "gabapentin")
    assert kept.steps == (PlannedStep(0, 200, 2, (100, 200)),)
    html = browser.get("plan-item", "gabapentin")
    assert 'value="100 + 200"' in html
    wrong = browser.item_fields("gabapentin", (0, "100 + 200", 3), version=2)
    html = browser.post("plan-item", "gabapentin", status=422, **wrong).content.decode()
    assert "So many doses are written: 2." in html


def test_a_stored_dose_that_no_product_makes_keeps_the_plan_from_being_signed(browser: Browser) -> None:
    browser.add("duloxetine")
    Plan.objects.get(patient=browser.patient).planitem_rows.update(
        steps=[{"day": 0, "per_dose": 45, "times_per_day": 1}]
    )
    gaps = plan_readiness.gaps_of(draft(browser), snapshot(browser.patient, TODAY))
    assert [(gap.ref_id, gap.field) for gap in gaps if gap.ref_id] == [("duloxetine", "dose_0")]
    assert "no product makes 45 mg" in words(browser.get("plan-item-calendar", "duloxetine"))


# --- calendar ---------------------------------------------------------------------------------------------------------


def test_the_calendar_has_dates_tablets_and_what_the_pharmacy_hands_out(browser: Browser) -> None:
    browser.add("duloxetine")
    text = words(browser.get("plan-item-calendar", "duloxetine")).replace("\xa0", " ")
    assert "1 × 30 mg" in text
    assert "14 20 mg gastro-resistant capsule" in text
    assert "14 30 mg gastro-resistant capsule" in text
    assert "Sick days: not stated" in text, "the content is silent, and that is said"
    until = (TODAY + dt.timedelta(days=15)).isoformat()
    text = words(browser.get("plan-item-calendar", "duloxetine", until=until)).replace("\xa0", " ")
    assert "2 30 mg gastro-resistant capsule" in text
    assert browser.client.get(browser.href("plan-item-calendar", "nothing")).status_code == 404


def test_a_pause_and_a_slower_rise_move_what_comes_later(browser: Browser) -> None:
    browser.add("duloxetine")
    assert doses(item(browser, "duloxetine")) == [(0, 20), (14, 30), (28, 60)]
    move: dict[str, Any] = {"version": 1, "day": TODAY.isoformat()}
    browser.post("plan-item-move", "duloxetine", move="pause", amount=14, **move)
    assert doses(item(browser, "duloxetine")) == [(0, 20), (28, 30), (42, 60)]
    # The version of before belongs to a page that is no longer true.
    browser.post("plan-item-move", "duloxetine", move="pause", amount=14, **move)
    assert doses(item(browser, "duloxetine")) == [(0, 20), (28, 30), (42, 60)]
    browser.post("plan-item-move", "duloxetine", move="slower", amount=2, **(move | {"version": 2}))
    assert doses(item(browser, "duloxetine")) == [(0, 20), (56, 30), (84, 60)]
    assert audited(browser, "plan.move_item") == 2


def test_a_step_back_is_for_so_many_weeks_as_the_content_says(browser: Browser) -> None:
    browser.add("duloxetine")
    later = (TODAY + dt.timedelta(days=20)).isoformat()
    common: dict[str, Any] = {"version": 1, "move": "step_back", "day": later}
    html = browser.post("plan-item-move", "duloxetine", status=422, amount=5, **common).content.decode()
    assert "Between 1 and 4." in html
    html = browser.post(
        "plan-item-move", "duloxetine", status=422, amount=1, **(common | {"day": TODAY.isoformat()})
    ).content.decode()
    assert "There is no step before this one." in html
    browser.post("plan-item-move", "duloxetine", amount=2, **common)
    assert doses(item(browser, "duloxetine")) == [(0, 20), (14, 30), (20, 20), (34, 30), (48, 60)]


def test_the_start_moves_to_a_weekday(browser: Browser) -> None:
    browser.add("duloxetine")
    browser.post("plan-item-move", "duloxetine", version=1, move="weekday", amount=2)
    assert item(browser, "duloxetine").starts_on.weekday() == 2
    assert 0 <= (item(browser, "duloxetine").starts_on - TODAY).days < 7


# --- taper ------------------------------------------------------------------------------------------------------------


def test_a_medicine_of_the_list_is_stepped_down_to_its_end(browser: Browser) -> None:
    html = browser.get("plan-item-stop", "pregabalin")
    assert 'value="300"' in html
    assert "never stopped suddenly" in html
    shown = browser.post("plan-item-stop", "pregabalin", status=200, do="show", **TAPER).content.decode()
    assert "Stopped: nothing from this day on." in shown
    assert queries.draft_of(browser.patient.pk) is None
    browser.post("plan-item-stop", "pregabalin", do="write", **TAPER)
    kept = item(browser, "pregabalin")
    assert doses(kept) == [(0, 225), (7, 150), (14, 75), (21, 50), (28, 25)]
    assert kept.stops_on == TODAY + dt.timedelta(days=35)
    assert audited(browser, "plan.taper_item") == 1
    # What only leads down needs no reason for being given, and it does not end suddenly.
    shown_now = snapshot(browser.patient, TODAY)
    needs = plan_readiness.needs_of(draft(browser), shown_now)
    assert {need.kind for need in needs if need.ref_id == "pregabalin"} <= {"interaction"}


def test_a_taper_that_cannot_be_is_refused_at_its_field(browser: Browser) -> None:
    wrong = TAPER | {"per_day": "3", "times": "1"}
    html = browser.post("plan-item-stop", "pregabalin", status=422, do="write", **wrong).content.decode()
    assert "no product makes 3 mg" in words(html)
    assert queries.draft_of(browser.patient.pk) is None
    html = browser.post("plan-item-stop", "pregabalin", status=422, do="show", **(TAPER | {"times": "0"}))
    assert browser.client.get(browser.href("plan-item-stop", "nothing")).status_code == 404


def test_an_end_without_a_taper_waits_for_a_reason(browser: Browser) -> None:
    browser.post("plan-item-stop", "pregabalin", do="write", **TAPER)
    stops = (TODAY + dt.timedelta(days=10)).isoformat()
    browser.post("plan-item", "pregabalin", **browser.item_fields("pregabalin", (0, "150", 2), stops_on=stops))
    needs = plan_readiness.needs_of(draft(browser), snapshot(browser.patient, TODAY))
    (need,) = [need for need in needs if need.kind == "abrupt_stop"]
    assert need.covers == ("abrupt_stop:10:0:300",)
    assert "ends suddenly at 300 mg a day" in need.texts[0]
    reason: dict[str, Any] = {"covers": need.covers[0], "reason": "benefit", "text": "Severe oedema."}
    browser.post("plan-reason", query="?kind=abrupt_stop&item=pregabalin", **reason)
    (given,) = draft(browser).overrides
    assert (given.kind, given.ref_id) == ("abrupt_stop", "pregabalin")
    # A reason for the end at one dose is none for the end at another.
    item = draft(browser).items[0]
    sent = browser.item_fields("pregabalin", (0, "75", 2), stops_on=stops, version=item.version)
    browser.post("plan-item", "pregabalin", **sent)
    needs = plan_readiness.needs_of(draft(browser), snapshot(browser.patient, TODAY))
    assert [need.kind for need in unanswered(needs, draft(browser).given)].count("abrupt_stop") == 1


def test_a_medicine_that_is_taken_does_not_begin_again_at_the_first_dose_without_a_reason(browser: Browser) -> None:
    browser.add("pregabalin")
    assert doses(item(browser, "pregabalin")) == [(0, 300)]
    assert not sudden(browser)
    browser.post("plan-item", "pregabalin", **browser.item_fields("pregabalin", (0, "75", 1)))
    (need,) = sudden(browser)
    assert need.covers == (f"abrupt_fall:{TODAY}:300:75",)
    assert "falls suddenly from 300 mg a day, taken now, to 75 mg a day" in need.texts[0]
    browser.post("plan-item", "pregabalin", **browser.item_fields("pregabalin", (0, "150", 2), version=2))
    assert not sudden(browser)


@pytest.mark.parametrize(
    ("later", "days"),
    [
        ([(7, "75", 3), (14, "75", 2)], []),
        ([(7, "75", 1), (14, "150", 2)], [7]),  # a fall of three steps of the taper, up again afterwards
        ([(7, "75", 3), (9, "75", 2)], [9]),  # two steps of the taper within one interval
        ([(30, "75", 1)], [30]),
    ],
)
def test_a_fall_within_a_course_that_goes_on_is_named_with_its_day(
    browser: Browser, later: list[tuple[int, str, int]], days: list[int]
) -> None:
    browser.add("pregabalin")
    sent = browser.item_fields("pregabalin", (0, "150", 2), *later)
    browser.post("plan-item", "pregabalin", **sent)
    texts = [text for need in sudden(browser) for text in need.texts]
    assert len(texts) == len(days)
    for text, day in zip(texts, days, strict=True):
        on = TODAY + dt.timedelta(days=day)
        assert f"falls suddenly on {on.day} {on:%b %Y} from" in text


# --- by hand ----------------------------------------------------------------------------------------------------------


def by_hand(*steps: tuple[int | None, str], ends: int = 28, **changes: Any) -> dict[str, Any]:
    """The form of a way down that somebody writes: day counted from today, and dose."""
    fields: dict[str, Any] = {"do": "write", "per_day": "1000", "unit": "mg"}
    fields["ends_on"] = (TODAY + dt.timedelta(days=ends)).isoformat()
    for row, (day, dose) in enumerate(steps):
        shown = "" if day is None else (TODAY + dt.timedelta(days=day)).isoformat()
        fields |= {f"day_{row}": shown, f"dose_{row}": dose, f"times_{row}": "2" if dose else ""}
    return fields | changes


def test_a_medicine_without_a_taper_says_so_and_takes_the_steps_that_somebody_writes(browser: Browser) -> None:
    who: dict[str, Any] = {"actor": browser.member.actor, "patient": browser.patient, "today": TODAY}
    record.record_medicine(text="valproate", daily_dose=Decimal(1000), unit="mg", **who)
    page = browser.get("plan-item-stop", "valproate")
    text = words(page)
    assert 'value="1000"' in page
    assert "On the medicine list: 1000 mg a day." in text
    assert "Write the steps for Valproate / valproic acid yourself: its products are not known here." in text
    assert "usual: at most 25 % of the dose before every 7 days" in text
    assert "at least 14 days" in text
    browser.post("plan-item-stop", "valproate", **by_hand((0, "750"), (7, "500"), (14, "250")))
    written = item(browser, "valproate")
    assert doses(written) == [(0, 750), (7, 500), (14, 250)]
    assert (written.unit, written.starts_on) == ("mg", TODAY)
    assert written.stops_on == TODAY + dt.timedelta(days=28)
    assert reverse("plan-item-stop", args=[browser.patient.pk, "valproate"]) in browser.get()
    assert AuditEvent.objects.filter(action="plan.taper_item", detail__pace="by_hand").count() == 1


@pytest.mark.parametrize(
    ("sent", "wrong"),
    [
        (by_hand((0, "750"), (7, "750")), "less than 750 a day"),
        (by_hand((0, "1000")), "less than 1000 a day"),
        (by_hand((7, "750"), (7, "500")), "on or before the day of the step before it"),
        (by_hand((0, "750"), (None, ""), (7, "500")), "A row is empty before the next step"),
        (by_hand((0, "750"), (None, "500")), "Enter day and dose of this step"),
        (by_hand((0, "750"), ends=0), "on or before the day of the last step"),
        (by_hand(), "at least one step"),
        (by_hand((0, "750"), unit=""), "This field is required"),
        (by_hand((0, "800"), (7, "700"), times_1="3"), "700 mg does not divide into 3 equal doses"),
        (by_hand((0, "800.0001"), times_0="1"), "at most three decimals"),
        # The list does not have this dose, so the plan could not name the fall from it.
        (by_hand((0, "100")), "The first step falls suddenly from 1000 mg to 100 mg a day"),
    ],
)
def test_steps_that_are_no_way_down_are_refused_and_nothing_is_written(
    browser: Browser, sent: dict[str, Any], wrong: str
) -> None:
    page = browser.post("plan-item-stop", "valproate", status=422, **sent).content.decode()
    assert wrong in words(page)
    assert queries.draft_of(browser.patient.pk) is None


def with_valproate(browser: Browser, dose: int = 2000) -> None:
    who: dict[str, Any] = {"actor": browser.member.actor, "patient": browser.patient, "today": TODAY}
    record.record_medicine(text="valproate", daily_dose=Decimal(dose), unit="mg", **who)


def test_a_way_down_by_hand_at_the_pace_of_the_content_waits_for_no_reason(browser: Browser) -> None:
    with_valproate(browser)
    slow = [(7 * place, dose) for place, dose in enumerate(("1500", "1125", "850", "650", "500", "400", "300"))]
    browser.post("plan-item-stop", "valproate", **by_hand(*slow, ends=49, per_day="2000"))
    needs = plan_readiness.needs_of(draft(browser), snapshot(browser.patient, TODAY))
    # What only leads down is not asked why it is given either.
    assert {need.kind for need in needs if need.ref_id == "valproate"} <= {"interaction"}
    assert plan_readiness.way_of(item(browser, "valproate").choice, snapshot(browser.patient, TODAY)).is_down


def test_the_biggest_fall_of_a_way_down_by_hand_is_named_on_the_page_and_at_the_signature(browser: Browser) -> None:
    with_valproate(browser)
    sent = by_hand((0, "200"), (7, "150"), (14, "120"), per_day="2000")
    browser.post("plan-item-stop", "valproate", **sent)
    said = f"It falls suddenly on {TODAY.day} {TODAY:%b %Y}, from 2000 mg to 200 mg a day"
    assert said in words(browser.get()).replace("\N{NO-BREAK SPACE}", " ")
    (need,) = sudden(browser)
    assert f"abrupt_fall:{TODAY}:2000:200" in need.covers
    assert any("falls suddenly from 2000 mg a day, taken now, to 200 mg a day" in text for text in need.texts)


def test_what_may_stop_at_once_is_not_written_by_hand(browser: Browser) -> None:
    for name in ("suzetrigine", "lidocaine_plaster"):
        text = words(browser.get("plan-item-stop", name))
        _before, said, after = text.partition("It can be stopped at once; no taper is needed.")
        assert said
        assert "unverified" in after, "nobody has verified it, and that is said beside it"
        assert "yourself" not in text and "Show the steps" not in text


def test_a_dose_that_is_only_in_the_draft_is_not_taken_yet(browser: Browser) -> None:
    browser.add("pregabalin")
    browser.post("plan-item", "pregabalin", **browser.item_fields("pregabalin", (0, "75", 1)))
    page = browser.get("plan-item-stop", "pregabalin")
    assert 'name="per_day" value="300"' in page
    assert 'name="per_day" value="75"' not in page
    browser.add("duloxetine")
    assert 'name="per_day" value=' not in browser.get("plan-item-stop", "duloxetine")


# --- switch -----------------------------------------------------------------------------------------------------------

SWITCH: dict[str, Any] = TAPER | {"new": "duloxetine", "overlap_days": "7", "washout_days": ""}


def test_a_switch_writes_both_ways_at_once_with_one_row_in_the_trail(browser: Browser) -> None:
    html = browser.post("plan-item-switch", "pregabalin", status=200, do="show", **SWITCH).content.decode()
    assert "Put both into the plan" in html
    assert queries.draft_of(browser.patient.pk) is None
    browser.post("plan-item-switch", "pregabalin", do="write", **SWITCH)
    old, new = item(browser, "pregabalin"), item(browser, "duloxetine")
    assert doses(old)[:2] == [(0, 300), (7, 225)]
    assert old.stops_on == TODAY + dt.timedelta(days=42)
    assert (new.starts_on, doses(new)) == (TODAY, [(0, 20), (14, 30), (28, 60)])
    assert audited(browser, "plan.switch_items") == 1
    assert audited(browser, "plan.taper_item") == 0


def test_a_switch_between_two_that_must_not_meet_asks_for_the_days_in_between(browser: Browser) -> None:
    wanted = SWITCH | {"new": "gabapentin"}
    html = browser.post("plan-item-switch", "pregabalin", status=422, do="write", **wanted).content.decode()
    assert "must not be taken together" in html
    assert queries.draft_of(browser.patient.pk) is None
    browser.post("plan-item-switch", "pregabalin", do="write", **(wanted | {"washout_days": "1"}))
    old, new = item(browser, "pregabalin"), item(browser, "gabapentin")
    assert old.stops_on is not None
    assert new.starts_on == old.stops_on + dt.timedelta(days=1)


def test_one_of_another_patients_pages_writes_nothing(browser: Browser) -> None:
    for name, sent in (("plan-item-stop", TAPER), ("plan-item-switch", SWITCH)):
        url = reverse(name, args=[browser.patient.pk, "pregabalin"])
        other = {"patient_id": "00000000-0000-0000-0000-000000000000", "do": "write"}
        assert browser.client.post(url, sent | other).status_code == 422
    assert queries.draft_of(browser.patient.pk) is None


def test_what_should_not_go_on_is_offered_to_be_tapered(clinician: Member, patient: Patient) -> None:
    enter_diabetic_neuropathy(clinician.actor, patient, TODAY)
    common: dict[str, Any] = {"actor": clinician.actor, "patient": patient, "today": TODAY}
    record.record_medicine(text="duloxetine", daily_dose=Decimal(60), unit="mg", **common)
    browser = Browser(clinician, patient)
    assert snapshot(patient, TODAY).proposal.medicines.stop_or_taper == ("duloxetine",)
    assert "Taper Duloxetine" in words(browser.get())
    browser.post("plan-item-stop", "duloxetine", do="write", **(TAPER | {"per_day": "60", "times": "1"}))
    assert "Taper Duloxetine" not in words(browser.get())
    needs = plan_readiness.needs_of(draft(browser), snapshot(patient, TODAY))
    assert not [need for need in needs if need.kind in ("excluded", "dose", "abrupt_stop")]
    # Nor does PostgreSQL ask for a reason: the plan that ends what the rules exclude can be signed.
    desk = Desk(clinician, patient)
    desk.answer_everything()
    signed = desk.sign()
    assert [(each.ref_id, each.status) for each in signed.items] == [("duloxetine", "excluded")]


def test_what_the_signed_plan_gives_does_not_leave_the_next_one_without_a_word(
    clinician: Member, patient: Patient
) -> None:
    enter_diabetic_neuropathy(clinician.actor, patient, TODAY)
    desk, browser = Desk(clinician, patient), Browser(clinician, patient)
    desk.add("gabapentin")
    desk.answer_everything()
    desk.sign()
    browser.post("plan-start")
    answer = browser.post("plan-item-remove", option="gabapentin")
    assert answer.url == browser.href("plan-item-stop", "gabapentin")
    assert draft(browser).item("gabapentin") is not None
    without_words: dict[str, Any] = {
        "out-patient_id": str(patient.pk),
        "out-code": "ended",
        "out-words": "",
        "do": "take_out",
    }
    browser.post("plan-item-stop", "gabapentin", status=422, **without_words)
    said: dict[str, Any] = without_words | {"out-words": "Stepped down by her doctor in May."}
    browser.post("plan-item-stop", "gabapentin", **said)
    assert draft(browser).item("gabapentin") is None
    assert draft(browser).note.endswith("taken out: Stepped down by her doctor in May.")
    # What was only chosen leaves as it came.
    browser.add("amitriptyline")
    browser.post("plan-item-remove", option="amitriptyline")
    assert draft(browser).item("amitriptyline") is None
