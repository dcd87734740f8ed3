"""What may be in the way of the demo is named with a way out."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from painplan import demo
from tools import environment


@pytest.mark.parametrize("value", ["80x", "0", "65536", "-1", "8000.5"])
def test_a_port_that_is_no_port_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("PORT", value)
    with pytest.raises(demo.DemoProblem, match="make demo PORT=8001"):
        demo._port()


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_taken_port_is_named_with_another_one(taken_port: int) -> None:
    with pytest.raises(demo.DemoProblem, match=f"Port {taken_port} is taken .* make demo PORT="):
        demo._check_port_is_free(taken_port)


def test_a_second_demo_from_the_same_folder_is_told_where_the_first_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAINPLAN_BASE_URL", "http://127.0.0.1:8000")
    with (
        demo._only_one(tmp_path),
        pytest.raises(demo.DemoProblem, match=r"runs already: http://127\.0\.0\.1:8000"),
        demo._only_one(tmp_path),
    ):
        pass
    with demo._only_one(tmp_path):
        pass


def test_a_step_is_done_again_only_when_its_files_change(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    first = demo._digest([tmp_path])
    assert demo._digest([tmp_path]) == first
    (tmp_path / "b").write_text("2")
    assert demo._digest([tmp_path]) != first


def test_a_part_that_ends_by_itself_is_noticed_with_its_last_words(tmp_path: Path) -> None:
    part = demo.Part("clock", ["no_such_module"], tmp_path / "clock.log")
    part.process.wait()
    with pytest.raises(demo.DemoProblem, match=r"(?s)clock ended by itself.*no_such_module"):
        demo._check_alive([part])


def test_an_old_python_is_told_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(environment, "OLDEST", (99, 0))
    assert environment.main([]) == 1
    assert "needs Python" in capsys.readouterr().err


@pytest.fixture
def empty_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(environment, "PROJECT", tmp_path)
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(environment, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(environment, "UNFINISHED", tmp_path / ".venv" / "unfinished")
    (tmp_path / "requirements.txt").write_text("")
    return tmp_path


def test_a_half_made_environment_is_made_anew_and_then_left_alone(
    empty_project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (empty_project / ".venv").mkdir()
    (empty_project / ".venv" / "unfinished").touch()
    (empty_project / ".venv" / "rest").touch()
    assert environment.main([]) == 0
    assert "half made" in capsys.readouterr().out
    assert not (empty_project / ".venv" / "rest").exists()
    assert not (empty_project / ".venv" / "unfinished").exists()
    assert environment.main([]) == 0
    assert capsys.readouterr().out == ""


def test_an_environment_that_lost_a_file_is_made_anew(empty_project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert environment.main([]) == 0
    next((empty_project / ".venv" / "lib").rglob("pip/__main__.py")).unlink()
    assert environment.main([]) == 0
    assert "lacks files" in capsys.readouterr().out
    assert list((empty_project / ".venv" / "lib").rglob("pip/__main__.py"))


@pytest.mark.parametrize("name", ["environment", "demo"])
def test_an_interrupted_step_ends_all_that_it_began(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that starts a process of its own and waits: both end when the program above them is interrupted."""
    child = tmp_path / "child"
    (tmp_path / "manage.py").write_text(
        "import pathlib, subprocess, sys, time\n"
        "process = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"pathlib.Path({str(child)!r}).write_text(str(process.pid))\n"
        "time.sleep(60)\n"
    )
    monkeypatch.setattr("django.conf.settings.BASE_DIR", tmp_path)
    runs = {
        "environment": lambda: environment._run([sys.executable, str(tmp_path / "manage.py")]),
        "demo": lambda: demo._manage("sleep"),
    }

    def interrupt_when_both_run() -> None:
        while not (child.exists() and child.read_text()):
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            threading.Thread(target=interrupt_when_both_run).start()
            runs[name]()
    finally:
        signal.signal(signal.SIGINT, before)
    number = int(child.read_text())
    deadline = time.monotonic() + 10
    while psutil.pid_exists(number) and psutil.Process(number).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, "a process was left behind"
        time.sleep(0.05)


def test_a_python_without_venv_is_told_what_to_install(
    empty_project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert environment.main([]) == 1
    assert "apt install python3-venv" in capsys.readouterr().err


def test_a_full_disk_is_named(
    empty_project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(environment, "ROOM_NEEDED_MB", 10**12)
    assert environment.main([]) == 1
    assert "Make room" in capsys.readouterr().err
