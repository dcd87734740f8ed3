"""What `make bench` measures, at sizes that take seconds: the figures exist, and what they rest on is true."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from painplan.benchmarks import assessment, pages, reminders, zen
from painplan.benchmarks.measure import Figure, figure, middle, milliseconds, p95
from painplan.benchmarks.scratch import PREFIX, Scratch, scratch_database
from painplan.management.commands import bench
from rules.parse import parse
from tests import databases
from treatments.content import shipped


def test_a_figure_says_its_share_of_the_baseline() -> None:
    found = figure("a", 3.0, "ms", baseline=2.0, n=7)
    assert (found.value, found.baseline, found.ratio, found.n) == (3.0, 2.0, 1.5, 7)
    assert figure("a", 1.0, "ms").ratio is None


def test_times_are_sorted_and_every_argument_is_measured_each_round() -> None:
    called: list[int] = []
    times = milliseconds(called.append, [1, 2, 3], rounds=4)
    assert called == [1, 2, 3] * 5  # One round before, which is not measured.
    assert len(times) == 12
    assert times == sorted(times)


@pytest.mark.parametrize(("times", "wanted"), [([1.0], 1.0), ([1.0, 2.0], 2.0), (list(range(101)), 95)])
def test_p95_is_the_value_that_19_of_20_do_not_exceed(times: list[float], wanted: float) -> None:
    assert p95(times) == wanted
    assert middle(times) <= p95(times)


@pytest.mark.parametrize(
    ("condition", "sets", "wanted"),
    [
        ("known(conditions)", {"conditions"}, "conditions_complete == true"),
        ("known(qtc_ms)", set(), "qtc_ms != null"),
        ("not heart_block", set(), "not (heart_block == true)"),
    ],
)
def test_conditions_in_the_language_of_zen(condition: str, sets: set[str], wanted: str) -> None:
    assert zen.expression(parse(condition), frozenset(sets)) == wanted


def test_the_engines_agree_on_every_case_of_the_library() -> None:
    from painplan.benchmarks import proposals

    # The figures raise EnginesDisagree before anything is timed.
    found = {item.name: item for item in proposals.figures(rounds=1, searched=3, most=20)}
    assert found["conditions.count"].value == len(shipped().every_rule)
    assert found["conditions.median"].ratio is not None


def databases_of_this_bench() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", (f"{PREFIX}\\_%",))
        return [row[0] for row in cursor.fetchall()]


@pytest.mark.django_db(transaction=True)
def test_a_scratch_database_is_another_one_and_is_gone_afterwards(empty: Scratch) -> None:
    before = dict(connection.settings_dict)
    with scratch_database("test", copy_of=empty) as scratch, connection.cursor() as cursor:
        cursor.execute("SELECT current_database(), current_user, count(*) FROM patients_patient GROUP BY 1, 2")
        assert cursor.fetchall() == []
        cursor.execute("SELECT current_database(), current_user")
        assert cursor.fetchone() == (scratch.name, "painplan_app")
        with scratch_database("copy", copy_of=scratch) as other:
            other.use()
            assert connection.settings_dict["NAME"] == other.name
    assert dict(connection.settings_dict) == before
    assert scratch.name not in databases_of_this_bench()


@pytest.fixture(scope="module")
def empty(django_db_setup: None, django_db_blocker: Any) -> Scratch:
    """The migrated database of which every test database is a copy."""
    with django_db_blocker.unblock(), databases._owner() as cursor:
        return Scratch(databases._template(cursor))


@pytest.fixture(scope="module")
def first(empty: Scratch, django_db_blocker: Any) -> Iterator[pages.First]:
    """Four patients, told once: each measurement copies their database. Tests keep to the database of their worker."""
    with django_db_blocker.unblock():
        before = dict(connection.settings_dict)
        with pages.first_patients(4, empty) as first:
            connection.close()
            connection.settings_dict.update(before)
            yield first


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_pages_issue_as_many_queries_in_a_large_organisation_as_in_a_small_one(first: pages.First) -> None:
    found = {item.name: item for item in pages.figures(small=8, large=24, rounds=1, told=4, opened=1, first=first)}
    assert (found["pages.patients"].value, found["pages.patients"].baseline) == (24, 8)
    for page, most in {"worklist": 12, "overview": 18, "proposal": 16}.items():
        assert f"{page}.queries.growth" not in found
        assert found[f"{page}.queries"].ratio == 1
        assert found[f"{page}.queries"].value <= most, f"{page} asks the database too often"
        assert found[f"{page}.p95"].value >= found[f"{page}.median"].value > 0
    assert found["proposal.history.events"].value == pages.EVENTS
    assert found["proposal.history.queries"].ratio == 1, "a long history costs more queries"


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_workers_send_each_message_once(first: pages.First) -> None:
    # Lost or doubled messages raise SentTwiceOrNever.
    one, two = reminders.figures(messages=30, told=4, first=first)
    assert one.n == two.n >= 4
    assert two.baseline == one.value > 0


def test_a_hand_takes_the_time_of_its_operators() -> None:
    hand = assessment.Hand(None, keys=10, presses=3, pointings=2, homings=1, answers=4)  # type: ignore[arg-type]
    assert hand.hands_seconds == pytest.approx(10 * 0.28 + 2 * 1.1 + 3 * 0.2 + 0.4)
    assert hand.person_seconds == pytest.approx(hand.hands_seconds + 4 * 1.35)


def test_the_command_prints_and_writes_the_figures(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Any
) -> None:
    settings.BASE_DIR = tmp_path
    parts = {"one": lambda: iter([Figure("a.b", 2.0, "ms", 4.0, 0.5, 3)]), "other": lambda: iter([])}
    monkeypatch.setattr(bench, "PARTS", parts)
    out = StringIO()
    call_command("bench", stdout=out)
    assert "a.b" in out.getvalue()
    written = json.loads((tmp_path / "var" / "bench.json").read_text())
    assert written == [{"name": "a.b", "value": 2.0, "unit": "ms", "baseline": 4.0, "ratio": 0.5, "n": 3}]


def test_the_live_check_is_measured_on_a_long_list() -> None:
    from painplan.benchmarks import live_check

    assert (len(live_check.TAKEN), live_check.ITEMS) == (15, 4)
    found = {item.name: item for item in live_check.figures(rounds=1, most=40)}
    assert set(found) == {"live_check.median", "live_check.p95"}
    assert all(item.ratio is not None and item.n == 40 for item in found.values())
