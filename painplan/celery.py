"""The Celery app and the one table of what runs when.

The broker only wakes workers; what is due stands in the database. So every entry may run twice or be missed once
without harm, there is no result backend, and no task uses `eta`, `countdown` or a delayed retry of more than a minute.
"""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import beat_init, worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "painplan.settings")

from django.conf import settings

from painplan.services import valkey_address
from painplan.serving import require_servable

VISIBILITY_SECONDS = 300

# name: task (by name only; the apps know nothing of this table), when (seconds or crontab)
SCHEDULE: dict[str, tuple[str, float | crontab]] = {
    "send due reminders and free expired leases": ("followup.tasks.wake", 60.0),
    # Plans are due once a night and whenever another release is in force; most of these calls find none.
    "look at signed plans under the rules of today": ("treatments.tasks.recheck", 600.0),
    # Twice does no harm, and a night that is missed is made up for in the next.
    "raise tasks for evidence past its review": ("treatments.tasks.review_evidence", crontab("47", "1")),
    "make the audit trail's next tables and remove ended sessions": ("accounts.tasks.upkeep", crontab("23", "2")),
}


def broker() -> str:
    """Celery's way of writing the address of Valkey."""
    return settings.REDIS_URL or valkey_address().replace("unix://", "redis+socket://", 1)


app = Celery("painplan", broker=broker())
app.conf.update(
    task_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    result_backend=None,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_time_limit=60,
    task_soft_time_limit=45,
    worker_soft_shutdown_timeout=20,
    worker_max_tasks_per_child=1000,
    # A task that outlasts this time would be given to a second worker; the time limit above is far below it.
    visibility_timeout=VISIBILITY_SECONDS,
    broker_transport_options={"visibility_timeout": VISIBILITY_SECONDS, "global_keyprefix": "painplan:"},
    result_backend_transport_options={"visibility_timeout": VISIBILITY_SECONDS},
    broker_connection_retry_on_startup=True,
    worker_cancel_long_running_tasks_on_connection_loss=True,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    timezone="UTC",
    beat_schedule={
        # A wake-up call that nobody took within a minute is void: the next one finds the same rows.
        name: {"task": task, "schedule": when, "options": {"expires": 60, "ignore_result": True}}
        for name, (task, when) in SCHEDULE.items()
    },
    beat_schedule_filename=str(settings.VAR_DIR / "beat-schedule"),
)
app.autodiscover_tasks()


@worker_init.connect
@beat_init.connect
def _refuse_embedded_outside_the_demo(**_: Any) -> None:
    require_servable()
