"""The worklist: what stands first, what waits, what a filter shows, and that paging loses nothing."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from painplan import presenters
from painplan.worklist import FILTERS, LIMIT, arranged, identity
from patients.work import WorkItem

TODAY = date(2026, 3, 10)


def item(kind: str = "task", due: int | None = 0, since: int = 3, **fields: object) -> WorkItem:
    """A line of work; `due` and `since` in days from today."""
    values: dict[str, object] = {
        "patient_id": uuid.uuid4(),
        "patient_name": "JOHANSSON, Ingrid",
        "patient_number": "40218",
        "kind": kind,
        "text": "Ask about sleep",
        "since": TODAY - timedelta(days=since),
        "due": None if due is None else TODAY + timedelta(days=due),
        "owner_name": "",
        "tier": "critical" if kind == "alert" else "",
        "url_name": "worklist",
        "url_args": (),
    }
    return WorkItem(**values | fields)  # type: ignore[arg-type]


items = st.builds(
    item,
    kind=st.sampled_from(["alert", "overdue", "due", "answer", "lab", "task", "draft"]),
    due=st.one_of(st.none(), st.integers(-30, 30)),
    since=st.integers(0, 60),
    patient_name=st.sampled_from(["AARTS, Bo", "de VRIES, Jan", "ZIMMER, Ada"]),
    tier=st.sampled_from(["critical", "warning", "information"]),
    patient_id=st.uuids(),
)


def test_an_alert_stands_before_the_most_overdue_task() -> None:
    late, alert, mild = item(due=-90), item("alert", due=2), item("alert", due=-1, tier="warning")
    assert arranged([late, mild, alert], today=TODAY).items == (alert, mild, late)


def test_an_alert_of_an_unknown_tier_counts_as_critical() -> None:
    odd, warning = item("alert", due=5, tier=""), item("alert", due=-5, tier="warning")
    assert arranged([warning, odd], today=TODAY).items == (odd, warning)


def test_what_one_patient_needs_stands_together_at_its_most_urgent_thing() -> None:
    ingrid, other = uuid.uuid4(), uuid.uuid4()
    late = item("overdue", due=-9, patient_id=ingrid)
    answer = item("answer", due=None, since=0, patient_id=ingrid)
    between = item("overdue", due=-4, patient_id=other)
    found = arranged([answer, between, late], today=TODAY)
    assert found.items == (late, answer, between)
    rows = presenters.worklist_page(found, base="/", today=TODAY).rows
    assert [row.is_again for row in rows] == [False, True, False]


def test_a_patient_who_moves_down_between_two_pages_hides_nobody() -> None:
    ingrid = uuid.uuid4()
    most_urgent, last = item("overdue", due=-9, patient_id=ingrid), item("answer", due=None, since=0, patient_id=ingrid)
    others = [item("overdue", due=-day) for day in (3, 2)]
    first = arranged([most_urgent, last, *others], today=TODAY, size=2)
    assert first.items == (most_urgent, last)
    second = arranged([last, *others], today=TODAY, size=9, after=first.after)
    assert set(others) <= set(second.items)


def test_only_work_that_nobody_owns_is_offered() -> None:
    free = item(take_name="follow-up-due-take", take_args=(uuid.uuid4(), uuid.uuid4()))
    owned = replace(free, owner_name="Maya Adeyemi")
    hrefs = [
        presenters.worklist_page(arranged([one], today=TODAY), base="/", today=TODAY).rows[0].take_href
        for one in (free, owned, item())
    ]
    assert hrefs[0].endswith("/take/")
    assert hrefs[1:] == ["", ""]


def test_what_need_not_be_done_yet_waits_and_is_announced() -> None:
    found = arranged([item(due=3), item("due", due=3), item(due=9)], today=TODAY)
    assert found.items == ()
    assert (found.next_day, found.next_count) == (TODAY + timedelta(days=3), 2)
    assert len(arranged([item(due=3)], today=TODAY, chosen="later").items) == 1


def test_an_alert_with_a_deadline_in_the_future_does_not_wait() -> None:
    assert len(arranged([item("alert", due=4)], today=TODAY).items) == 1


def test_filters_count_what_they_show() -> None:
    found = arranged([item(due=-1), item(due=0), item("answer", due=None), item("draft", due=None)], today=TODAY)
    counts = {choice.key: choice.count for choice in found.choices}
    assert counts == {
        "all": 4, "alert": 0, "overdue": 1, "due": 0, "answer": 1, "lab": 0, "task": 2, "draft": 1, "later": 0,
    }  # fmt: skip


def test_an_unknown_filter_shows_everything() -> None:
    assert arranged([item()], today=TODAY, chosen="'; --").chosen == "all"


@given(st.lists(items, max_size=40), st.sampled_from(FILTERS))
def test_every_count_is_the_length_of_its_list(work: list[WorkItem], key: str) -> None:
    found = arranged(work, today=TODAY, chosen=key, size=1000)
    assert len(found.items) == next(choice.count for choice in found.choices if choice.key == key) == found.total


@given(st.lists(items, max_size=40))
def test_nothing_is_dropped_between_now_and_later(work: list[WorkItem]) -> None:
    counts = {choice.key: choice.count for choice in arranged(work, today=TODAY).choices}
    assert counts["all"] + counts["later"] == len(work)


@given(st.lists(items, max_size=40, unique_by=identity), st.integers(1, 7))
def test_turning_the_pages_shows_each_item_once(work: list[WorkItem], size: int) -> None:
    whole = arranged(work, today=TODAY, size=1000).items
    seen: list[WorkItem] = []
    after = ""
    while True:
        page = arranged(work, today=TODAY, size=size, after=after)
        seen += page.items
        after = page.after
        if not after:
            break
    assert tuple(seen) == whole


@given(st.lists(items, min_size=3, max_size=30, unique_by=identity), st.integers(1, 5))
def test_work_done_between_two_pages_hides_nothing_else(work: list[WorkItem], size: int) -> None:
    first = arranged(work, today=TODAY, size=size)
    if not first.after:
        return
    left = [each for each in work if identity(each) != first.after.rpartition("/")[2]]
    second = arranged(left, today=TODAY, size=1000, after=first.after)
    unseen = set(arranged(work, today=TODAY, size=1000).items) - set(first.items)
    assert unseen <= set(second.items)


@pytest.mark.parametrize("after", ["", "x", "1.2", "....", "9.9.99999999.0.task.0", "\u0000"])
def test_a_broken_address_shows_a_page_and_not_a_fault(after: str) -> None:
    assert len(arranged([item()], today=TODAY, after=after).items) <= 1


def test_the_address_of_the_next_page_holds_no_name_and_no_words() -> None:
    work = [item(patient_name=f"PRIVATE{n}, Person", text="suicide risk") for n in range(3)]
    after = arranged(work, today=TODAY, size=1).after
    assert "PRIVATE" not in after
    assert "suicide" not in after


@pytest.mark.parametrize(
    ("days", "words"), [(1, "Next: 3 tomorrow."), (2, "Next: 3 on Thursday."), (7, "Next: 3 on 17 Mar 2026.")]
)
def test_the_empty_list_says_when_work_comes(days: int, words: str) -> None:
    assert presenters.next_words(TODAY + timedelta(days=days), 3, TODAY) == words
    page = presenters.worklist_page(arranged([item(due=days)] * 3, today=TODAY), base="/worklist/", today=TODAY)
    assert (page.empty_title, page.empty_text) == ("Nothing is due.", words)


def test_a_list_that_was_cut_says_that_its_counts_are_lower_bounds() -> None:
    found = arranged([item() for _ in range(LIMIT)], today=TODAY, is_cut=True)
    page = presenters.worklist_page(found, base="/worklist/", today=TODAY)
    assert page.tabs[0].count == "200+"
    assert page.next.startswith("/worklist/?after=")
    assert page.shown == "50 of 200+"


def test_the_filter_is_kept_in_the_address() -> None:
    found = arranged([item("answer") for _ in range(60)], today=TODAY, chosen="answer")
    page = presenters.worklist_page(found, base="/worklist/", today=TODAY)
    assert "show=answer" in page.next
    assert {tab.href for tab in page.tabs} >= {"/worklist/", "/worklist/?show=alert", "/worklist/?show=later"}
    assert [tab.label for tab in page.tabs if tab.current] == ["Answers"]


def test_a_moment_counts_as_its_day() -> None:
    yesterday = datetime(2026, 3, 9, 23, 0, tzinfo=UTC)
    found = arranged([replace(item(), due=yesterday)], today=TODAY)
    assert presenters.worklist_page(found, base="/", today=TODAY).rows[0].is_late
