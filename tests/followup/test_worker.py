"""One reminder through the real chain: a Celery worker in its own process, woken over Valkey, on the real database."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from accounts.audit import Actor
from accounts.tenancy import tenant
from followup import tasks
from followup.delivery import Outbox
from followup.models import OutboxMessage, Reminder
from followup.tasks import wake
from painplan.celery import app
from tests.cast import Member
from tests.followup.conftest import ROOT, environment_here

SECONDS = 45.0


# A worker like any other, but for its clock: a test on a Sunday night must send too.
WORKER = """
import sys
from datetime import datetime
from followup import tasks
from painplan.celery import app
moment, queue = datetime.fromisoformat(sys.argv[1]), sys.argv[2]
tasks._now = lambda: moment
app.worker_main(["worker", "-P", "solo", "-Q", queue, "-n", queue, "--without-mingle", "--without-gossip"])
"""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_woken_worker_sends_the_reminder_once(reminder: Reminder, valkey_url: str, tmp_path: Path) -> None:
    queue = f"test-{os.getpid()}"
    command = [sys.executable, "-c", "import django; django.setup()\n" + WORKER, reminder.due_at.isoformat(), queue]
    environment = environment_here() | {"DJANGO_SETTINGS_MODULE": "painplan.settings"}
    with open(tmp_path / "worker.log", "wb") as log:
        worker = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + SECONDS
            while not (sent := _sent(reminder)) and time.monotonic() < deadline:
                # The wake-up call may be lost or come twice; the row is the truth.
                wake.apply_async(queue=queue, expires=5)
                time.sleep(0.5)
            for _ in range(3):
                wake.apply_async(queue=queue, expires=5)
            time.sleep(1.0)
        finally:
            worker.terminate()
            worker.wait(20)
            with app.connection_for_write() as link:
                link.default_channel.queue_delete(queue)
    assert sent, (tmp_path / "worker.log").read_text(errors="replace")[-3000:]
    with tenant(reminder.organisation_id):
        assert OutboxMessage.objects.filter(key=str(reminder.pk)).count() == OutboxMessage.objects.count() == 1


def _sent(reminder: Reminder) -> bool:
    with tenant(reminder.organisation_id):
        return Reminder.objects.filter(pk=reminder.pk, state=Reminder.State.SENT).exists()


@pytest.mark.django_db
def test_what_is_left_when_the_time_is_up_is_told(
    reminder: Reminder, sender: Actor, outsider: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "_now", lambda: reminder.due_at)
    # An organisation with nothing to send stands before the one that has something.
    senders = [Actor.for_job("send-reminders", outsider.organisation.pk), sender]
    assert tasks.send_due(senders, Outbox(), time.monotonic() - 1)
    assert not OutboxMessage.objects.exists()
    assert not tasks.send_due(senders, Outbox(), time.monotonic() + SECONDS)
    assert OutboxMessage.objects.count() == 1


def test_the_schedule_names_the_task_that_exists() -> None:
    assert wake.name in {entry["task"] for entry in app.conf.beat_schedule.values()}
