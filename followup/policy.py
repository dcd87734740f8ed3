"""The figures of the reminder policy as one typed value, read from the content. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Policy:
    """When and how often automated messages may leave, how long a link lives, and when a person takes over."""

    at: time
    weekend_from: time
    weekend_until: time
    link_lives: timedelta
    repeat_after: timedelta
    per_day: int
    per_week: int
    retry_minutes: tuple[int, ...]
    give_up_hours: int
    call_after_days: Mapping[str, int]
    birth_date_attempts: int
    revealing_words: tuple[str, ...]
    due_soon_days: int


def policy_from(data: Mapping[str, Any]) -> Policy:
    """Read `reminder_policy` of the content."""
    used, caps = data["used_here"], data["frequency_caps"]
    return Policy(
        at=time.fromisoformat(used["survey_local_time"]["value"]),
        weekend_from=time.fromisoformat(used["weekend_from"]["value"]),
        weekend_until=time.fromisoformat(used["weekend_until"]["value"]),
        link_lives=timedelta(days=used["link_expires_days"]["value"]),
        repeat_after=timedelta(hours=used["repeat_after_hours"]["value"]),
        per_day=caps["per_day"],
        per_week=caps["per_week"],
        retry_minutes=tuple(used["retry_after_minutes"]["value"]),
        give_up_hours=used["give_up_after_hours"]["value"],
        call_after_days={tier: used["staff_call_after_days"][tier] for tier in ("low", "medium", "high")},
        birth_date_attempts=used["birth_date_attempts"]["value"],
        revealing_words=tuple(used["revealing_words"]["value"]),
        due_soon_days=used["due_soon_days"]["value"],
    )


def name_in_messages(organisation: str, neutral: str, words: tuple[str, ...]) -> str:
    """The name that may stand in a message: `neutral` where the organisation's own name would reveal a condition."""
    lowered = organisation.lower()
    return neutral if any(word in lowered for word in words) else organisation
