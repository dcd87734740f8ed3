"""The mail outlet against a server that answers as servers do: what surely left, surely did not, or perhaps did."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_string
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from followup.delivery import Files, Mail, Message, NotDelivered, Refused, Unclear

MESSAGE = Message(uuid4(), "ingrid@example.org", "A message", "Please answer.")


class _Server(socketserver.ThreadingTCPServer):
    """Speaks just enough SMTP. `answers` replaces what it says to a command; None hangs up instead."""

    daemon_threads = True
    answers: dict[str, str | None]
    taken: list[str]
    connections = 0


class _Talk(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        self.server.connections += 1
        if not self._say("CONNECT", "220 ready"):
            return
        while line := self.rfile.readline().decode().strip():
            command = line.split(" ")[0].upper()
            if not self._say(command, {"DATA": "354 go on", "QUIT": "221 bye"}.get(command, "250 fine")):
                return
            if command == "DATA":
                text = b"".join(iter(self.rfile.readline, b".\r\n")).decode()
                self.server.taken.append(text)
                if not self._say("TEXT", "250 taken"):
                    return

    def _say(self, command: str, usual: str) -> bool:
        said = self.server.answers.get(command, usual)
        if said is not None:
            self.wfile.write(f"{said}\r\n".encode())
        return said is not None


@pytest.fixture
def server(settings: Any) -> Iterator[_Server]:
    with _Server(("127.0.0.1", 0), _Talk) as found:
        found.answers, found.taken = {}, []
        threading.Thread(target=found.serve_forever, daemon=True).start()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = found.socket.getsockname()
        settings.EMAIL_HOST_USER, settings.EMAIL_USE_TLS, settings.EMAIL_TIMEOUT = "", False, 5
        yield found
        found.shutdown()


def test_a_message_that_the_server_took_has_its_key_as_reference(server: _Server) -> None:
    receipt = Mail().send(MESSAGE, "key-1")
    assert receipt.reference.startswith("<key-1@")
    assert f"Message-ID: {receipt.reference}" in server.taken[0]
    assert "Content-Language: en" in server.taken[0]


def test_a_message_says_its_language_and_keeps_its_letters(server: _Server, tmp_path: Path) -> None:
    spanish = replace(MESSAGE, language="es", subject="Un mensaje de Clínica Norte", body="¿Su consulta? Sí.")
    Mail().send(spanish, "key-2")
    assert "Content-Language: es" in server.taken[0]
    arrived = message_from_string(server.taken[0])
    assert str(make_header(decode_header(arrived["Subject"]))) == spanish.subject
    assert spanish.body in server.taken[0]
    Files(tmp_path).send(spanish, "key-2")
    assert "Content-Language: es" in (tmp_path / "key-2.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({"CONNECT": "421 too busy"}, NotDelivered),
        ({"CONNECT": None}, NotDelivered),
        ({"MAIL": "451 later"}, NotDelivered),
        # A server that does not know us yet asks to come back; the address is not wrong.
        ({"RCPT": "450 greylisted"}, NotDelivered),
        ({"RCPT": "550 nobody of that name"}, Refused),
        ({"TEXT": "554 not wanted"}, Refused),
        ({"TEXT": "452 no room"}, NotDelivered),
        ({"TEXT": None}, Unclear),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "-".join(f"{k} {v}" for k, v in value.items()),
)
def test_what_a_server_answers(server: _Server, answers: dict[str, str | None], error: type[Exception]) -> None:
    server.answers = answers
    with pytest.raises(error):
        Mail().send(MESSAGE, "key-1")


def test_one_connection_serves_until_it_is_closed(server: _Server) -> None:
    mail = Mail()
    for number in range(3):
        mail.send(MESSAGE, f"key-{number}")
    assert (len(server.taken), server.connections) == (3, 1)
    mail.close()
    mail.send(MESSAGE, "key-4")
    assert server.connections == 2


@pytest.mark.parametrize("answer", [None, "421 enough for now"])
def test_a_connection_that_broke_between_two_messages_leaves_neither_in_doubt(
    server: _Server, answer: str | None
) -> None:
    mail = Mail()
    mail.send(MESSAGE, "key-1")
    server.answers = {"NOOP": answer}
    mail.send(MESSAGE, "key-2")
    assert (len(server.taken), server.connections) == (2, 2)


def test_a_refused_message_does_not_spoil_the_next(server: _Server) -> None:
    mail = Mail()
    server.answers = {"RCPT": "550 nobody of that name"}
    with pytest.raises(Refused):
        mail.send(MESSAGE, "key-1")
    server.answers = {}
    assert mail.send(MESSAGE, "key-2").reference.startswith("<key-2@")


def test_a_server_that_is_not_there_is_waited_for_once_in_a_batch(server: _Server) -> None:
    mail = Mail()
    server.answers = {"CONNECT": "421 too busy"}
    for _ in range(3):
        with pytest.raises(NotDelivered):
            mail.send(MESSAGE, "key-1")
    assert server.connections == 1
    server.answers = {}
    mail.close()
    assert mail.send(MESSAGE, "key-1").reference


def test_a_goodbye_that_fails_makes_no_second_message(server: _Server) -> None:
    server.answers = {"QUIT": None}
    assert Mail().send(MESSAGE, "key-1").reference
    assert len(server.taken) == 1


def test_a_server_that_is_not_there_surely_took_nothing(server: _Server, settings: Any) -> None:
    settings.EMAIL_HOST = "no-such-host.invalid"
    with pytest.raises(NotDelivered):
        Mail().send(MESSAGE, "key-1")
