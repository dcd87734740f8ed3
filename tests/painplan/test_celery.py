"""The broker may lose or repeat anything, so the settings must be those that make it harmless."""

from __future__ import annotations

import importlib

from painplan.celery import SCHEDULE, VISIBILITY_SECONDS, app


def test_every_entry_of_the_schedule_names_a_task_that_exists() -> None:
    app.loader.import_default_modules()
    for task, _ in SCHEDULE.values():
        importlib.import_module(task.rpartition(".")[0])
        assert task in app.tasks


def test_a_task_is_acknowledged_when_done_and_never_given_to_two_workers() -> None:
    assert app.conf.task_acks_late is True
    assert app.conf.task_reject_on_worker_lost is True
    assert app.conf.worker_prefetch_multiplier == 1
    assert app.conf.task_time_limit < VISIBILITY_SECONDS
    assert app.conf.broker_transport_options["visibility_timeout"] == VISIBILITY_SECONDS


def test_no_result_is_kept_and_only_json_is_read() -> None:
    assert app.conf.result_backend is None
    assert app.conf.task_ignore_result is True
    assert app.conf.accept_content == ["json"]


def test_a_wake_up_call_that_nobody_took_is_void() -> None:
    assert all(entry["options"]["expires"] == 60 for entry in app.conf.beat_schedule.values())


def test_the_embedded_broker_is_a_socket_in_a_closed_folder() -> None:
    assert app.conf.broker_url.startswith("redis+socket:///")
