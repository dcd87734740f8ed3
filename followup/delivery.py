"""The port through which messages leave: a key in, a receipt out, and whether a lost message can be asked after.

Whoever sends passes the reminder's id as key. An outlet that can keep a second copy with the same key from leaving
(`outbox`, `files`) makes a crash between sending and noting harmless. Mail servers cannot be asked; `find` says so.
"""

from __future__ import annotations

import os
import smtplib
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction

from followup.models import OutboxMessage


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one person; no clinical detail belongs in it."""

    organisation_id: UUID
    recipient: str
    subject: str
    body: str
    unsubscribe: str = ""
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the outlet calls the message."""

    reference: str


class NotDelivered(Exception):
    """The message surely did not leave; it may be tried again."""


class Refused(Exception):
    """The message did not leave and never will: the address is wrong."""


class Unclear(Exception):
    """The message may have left; nobody can tell."""


class Outlet(Protocol):
    """Where messages leave."""

    # Whether `find` can tell of every message; where it cannot, only one at a time is on its way.
    can_be_asked: bool

    def send(self, message: Message, key: str) -> Receipt:
        """Send once per key. Raises NotDelivered, Refused or Unclear."""

    def find(self, organisation_id: UUID, key: str) -> Receipt | None:
        """The receipt of the message with this key, None when it surely never left. Raises Unclear."""

    def close(self) -> None:
        """No more messages for now; `send` opens again by itself what it needs."""
        return


class Outbox(Outlet):
    """The demo's outlet: a table that a page shows. Its unique key makes a second copy impossible."""

    can_be_asked = True

    def send(self, message: Message, key: str) -> Receipt:
        row = OutboxMessage(
            organisation_id=message.organisation_id,
            key=key,
            recipient=message.recipient,
            subject=message.subject,
            body=message.body,
        )
        # A savepoint: what the table refuses must not spoil the transaction that sends the others.
        with transaction.atomic():
            OutboxMessage.objects.bulk_create([row], ignore_conflicts=True)
        return Receipt(f"outbox:{key}")

    def find(self, organisation_id: UUID, key: str) -> Receipt | None:
        there = OutboxMessage.objects.filter(organisation_id=organisation_id, key=key).exists()
        return Receipt(f"outbox:{key}") if there else None


class Files(Outlet):
    """One file per message in a folder; the name is the key, so a second copy finds the name taken."""

    can_be_asked = True

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, message: Message, key: str) -> Receipt:
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{key}.txt"
        # Written aside and linked into place: the file is there whole or not at all.
        draft = self.folder / f".{key}.{os.getpid()}"
        head = f"To: {message.recipient}\nSubject: {message.subject}\nContent-Language: {message.language}"
        draft.write_text(f"{head}\n\n{message.body}", encoding="utf-8")
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        return Receipt(path.name)

    def find(self, organisation_id: UUID, key: str) -> Receipt | None:
        path = self.folder / f"{key}.txt"
        return Receipt(path.name) if path.exists() else None


class Console(Outlet):
    """Prints the message; for trying things out."""

    can_be_asked = False

    def send(self, message: Message, key: str) -> Receipt:
        sys.stdout.write(f"To: {message.recipient}\nSubject: {message.subject}\n\n{message.body}\n")
        return Receipt(key)

    def find(self, organisation_id: UUID, key: str) -> Receipt | None:
        raise Unclear("a terminal cannot be asked")


class Mail(Outlet):
    """Django's mail backend: SMTP where it is set. The key becomes the Message-ID, by which receivers drop a copy.

    One connection serves until `close`, or until something went wrong on it.
    """

    can_be_asked = False

    def __init__(self) -> None:
        self._connection: Any = None
        self._unreachable = False

    def send(self, message: Message, key: str) -> Receipt:
        reference = f"<{key}@{_host()}>"
        headers = {
            "Message-ID": reference,
            "Auto-Submitted": "auto-generated",
            "Content-Language": message.language,
        }
        if message.unsubscribe:
            headers["List-Unsubscribe"] = f"<{message.unsubscribe}>"
        mail = EmailMessage(
            message.subject, message.body, to=[message.recipient], headers=headers, connection=self._open()
        )
        try:
            mail.send()
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPResponseException) as error:
            # The server answered with a refusal, so it did not take the message: 4xx for now, 5xx for good.
            self._hang_up()
            code = _code(error)
            if 500 <= code < 600:
                raise Refused(str(code)) from None
            raise NotDelivered(str(code)) from None
        except (smtplib.SMTPException, OSError) as error:
            self._hang_up()
            raise Unclear(type(error).__name__) from None
        except BaseException:
            self._hang_up()
            raise
        return Receipt(reference)

    def find(self, organisation_id: UUID, key: str) -> Receipt | None:
        raise Unclear("a mail server cannot be asked")

    def close(self) -> None:
        self._hang_up()
        self._unreachable = False

    def _open(self) -> Any:
        """A connection that the server keeps: without one, a message surely did not leave."""
        if self._connection is not None and not self._is_alive():
            self._hang_up()
        if self._connection is None:
            # Waiting for a server that is not there once is enough for a batch.
            if self._unreachable:
                raise NotDelivered("the mail server did not take the connection")
            connection = get_connection()
            try:
                connection.open()
            except (smtplib.SMTPException, OSError):
                self._unreachable = True
                raise NotDelivered("the mail server did not take the connection") from None
            self._connection = connection
        return self._connection

    def _is_alive(self) -> bool:
        # Asked before each further message: when a connection breaks in the middle of one, nobody knows what left.
        session = getattr(self._connection, "connection", None)
        if not isinstance(session, smtplib.SMTP):
            return True
        try:
            return bool(session.noop()[0] == 250)
        except (smtplib.SMTPException, OSError):
            return False

    def _hang_up(self) -> None:
        # What became of the message is known by now; a goodbye that fails changes nothing about it.
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(smtplib.SMTPException, OSError):
                connection.close()


def _host() -> str:
    return settings.BASE_URL.split("://", 1)[-1].split("/", 1)[0].split(":", 1)[0] or "localhost"


def _code(error: smtplib.SMTPRecipientsRefused | smtplib.SMTPResponseException) -> int:
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code
    return next((code for code, _ in error.recipients.values()), 0)


_OUTLETS: dict[str, Callable[[], Outlet]] = {
    "outbox": Outbox,
    "mail": Mail,
    "console": Console,
    "files": lambda: Files(Path(settings.VAR_DIR) / "messages"),
}


def outlet() -> Outlet:
    """What the setting REMINDER_DELIVERY names; without it mail, or in a local copy without SMTP the demo's outbox."""
    default = "outbox" if settings.LOCAL and "smtp" not in settings.EMAIL_BACKEND else "mail"
    return _OUTLETS[getattr(settings, "REMINDER_DELIVERY", "") or default]()
