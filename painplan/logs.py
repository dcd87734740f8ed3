"""How log lines look. A line names the request and what happened; it never holds a patient's name, answers or notes."""

from __future__ import annotations

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime

request_id: ContextVar[str] = ContextVar("request_id", default="-")

# PostgreSQL repeats the values of a refused row after these words, and they may be a patient's.
ROW_VALUES = re.compile(r"(?ms)^(DETAIL|CONTEXT):.*?(?=^\S|\Z)")


class RequestIdFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


class Lines(logging.Formatter):
    """One readable line an event, for a terminal."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname:<7} {request_id} {name}: {message}", "%H:%M:%S", style="{")

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = ROW_VALUES.sub("", record.message)
        return super().formatMessage(record)

    def formatException(self, ei) -> str:  # type: ignore[no-untyped-def]  # the standard library's own loose type
        return ROW_VALUES.sub("", super().formatException(ei))


class JsonLines(Lines):
    """One JSON object an event, in UTC, for a log collector."""

    def format(self, record: logging.LogRecord) -> str:
        event = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "request": getattr(record, "request_id", "-"),
            "message": ROW_VALUES.sub("", record.getMessage()),
        }
        if record.exc_info:
            event["error"] = self.formatException(record.exc_info)
        return json.dumps(event, ensure_ascii=False)
