"""How many reminders a second are claimed and sent, by one worker and by two, each a process of its own.

In a scratch database, through the services and below the row-level policies, exactly as the worker does it; only the
outlet is ours: it writes one file for each message, so that what is measured is the queue and not a mail server.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.db import connection

from painplan.benchmarks.measure import Figure, figure
from painplan.benchmarks.pages import First, first_patients
from painplan.benchmarks.population import multiply
from painplan.benchmarks.reminder_worker import moment
from painplan.benchmarks.scratch import Scratch, scratch_database

MESSAGES = 800
TOLD = 12
SECONDS = 120


class SentTwiceOrNever(RuntimeError):
    """The queue lost or repeated a message, so its speed means nothing."""


def figures(messages: int = MESSAGES, told: int = TOLD, first: First | None = None) -> Iterator[Figure]:
    """Messages a second of one worker, and of two beside it. `first` may be copied, as for the pages."""
    with ExitStack() as stack:
        first = first or stack.enter_context(first_patients(told))
        organisation_id = first.organisation_id
        scratch = stack.enter_context(scratch_database("queue", copy_of=first.scratch))
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        waiting = _fill(scratch, organisation_id, messages)
        scratch.analyse()
        before, last = 0.0, 0
        for workers in (1, 2):
            _wait_again(scratch, organisation_id)
            place = Path(folder) / str(workers)
            place.mkdir()
            seconds = _send(scratch, organisation_id, place, workers)
            last = len(list(place.iterdir()))
            if last != waiting:
                raise SentTwiceOrNever(f"{last} messages left, {waiting} were due")
            rate = last / seconds
            name = "reminders.one_worker" if workers == 1 else "reminders.two_workers"
            yield figure(name, rate, "sent per second", baseline=before or None, n=last)
            before = rate


def _fill(scratch: Scratch, organisation_id: UUID, messages: int) -> int:
    """So many reminders that are due now, each of another patient; returns how many."""
    with scratch.as_owner() as cursor:
        multiply(cursor, organisation_id, range(1, max(2, messages // 8)), checked=False)
        cursor.execute("ALTER TABLE followup_reminder DISABLE TRIGGER USER")
        # One open invitation for each patient whom the queue may write to; all others are out of its way.
        cursor.execute("UPDATE followup_reminder SET state = 'cancelled', lease_id = NULL, lease_until = NULL")
        cursor.execute("UPDATE followup_schedule SET ended_at = NULL")
        cursor.execute(
            """
            UPDATE followup_reminder SET state = 'scheduled', reason = 'bench', sent_at = NULL, attempts = 0
            WHERE id IN (
                SELECT DISTINCT ON (r.patient_id) r.id
                FROM followup_reminder r JOIN patients_patient p ON p.id = r.patient_id
                WHERE p.reminder_consent AND p.email <> '' AND r.kind = 'invitation'
                ORDER BY r.patient_id, r.due_at DESC LIMIT %s)
            """,
            (messages,),
        )
        count = int(cursor.rowcount)
        cursor.execute(
            """
            UPDATE followup_checkin SET answered_at = NULL, closed_at = NULL, first_sent_at = now()
            WHERE id IN (SELECT check_in_id FROM followup_reminder WHERE state = 'scheduled')
            """
        )
        return count


def _wait_again(scratch: Scratch, organisation_id: UUID) -> None:
    """The same messages are due once more, a moment ago."""
    with scratch.as_owner() as cursor:
        cursor.execute("SELECT set_config('app.organisation', %s, true)", (str(organisation_id),))
        cursor.execute(
            """
            UPDATE followup_reminder SET state = 'scheduled', sent_at = NULL, due_at = %s, attempts = 0,
                   first_tried_at = NULL, lease_id = NULL, lease_until = NULL
            WHERE reason = 'bench' OR state IN ('sent', 'leased', 'sending')
            """,
            (moment() - timedelta(hours=1),),
        )


def _send(scratch: Scratch, organisation_id: UUID, place: Path, workers: int) -> float:
    """Start so many workers at once; the seconds until the last one found nothing more, without their start."""
    command = [sys.executable, "-m", "painplan.benchmarks.reminder_worker", str(organisation_id), str(place)]
    running = [
        subprocess.Popen(
            command,
            cwd=settings.BASE_DIR,
            env=_environment(scratch),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(workers)
    ]
    spans = []
    try:
        for process in running:
            assert process.stdout is not None
            process.stdout.readline()  # It is ready.
        for process in running:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in running:
            output, _errors = process.communicate(timeout=SECONDS)
            spans.append([float(part) for part in output.split()])
    finally:
        for process in running:
            if process.poll() is None:
                process.kill()
                process.wait()
    return max(end for _begin, end in spans) - min(begin for begin, _end in spans)


def _environment(scratch: Scratch) -> dict[str, str]:
    """What a process needs to work on the scratch database as the application."""
    from painplan.services import ensure_database

    role = connection.settings_dict
    host = ensure_database()["host"] if settings.EMBEDDED else role["HOST"] or ""
    port = f":{role['PORT']}" if role["PORT"] else ""
    password = f":{quote(role['PASSWORD'], safe='')}" if role["PASSWORD"] else ""
    address = f"postgres://{role['USER']}{password}@{port}/{scratch.name}?host={quote(str(host), safe='')}"
    return os.environ | {
        "DATABASE_URL": address,
        "PAINPLAN_DEMO": "1",
        "PAINPLAN_DEBUG": "0",
        "SECRET_KEY": settings.SECRET_KEY,
        "DJANGO_SETTINGS_MODULE": "painplan.settings",
    }
