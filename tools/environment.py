"""Make or mend .venv from the hash-locked requirements. `make setup` runs this; a second run takes a moment.

python3 tools/environment.py            what the application needs
python3 tools/environment.py --dev      and what the tests need
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

PROJECT = Path(__file__).resolve().parent.parent
VENV = PROJECT / ".venv"
PYTHON = VENV / "bin" / "python"
UNFINISHED = VENV / "unfinished"
ROOM_NEEDED_MB = 700
OLDEST = (3, 11)


def main(arguments: list[str]) -> int:
    if sys.version_info < OLDEST:
        found = ".".join(str(part) for part in sys.version_info[:3])
        return _fail(
            f"painplan needs Python 3.11 or newer; this is {found}. Give a newer one: make setup PYTHON=python3.12"
        )
    wanted = ["requirements.txt", *(["requirements-dev.txt"] if "--dev" in arguments else [])]
    try:
        with _alone():
            for name in wanted:
                problem = _install(name, "--this-python" in arguments)
                if problem:
                    return _fail(problem)
    except KeyboardInterrupt:
        return _fail("Stopped. What is half made will be made anew.")
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return _fail(
                f"The disk of {PROJECT} is full. Make room and start again; what is half made will be made anew."
            )
        return _fail(f"{error.filename or VENV}: {error.strerror}. Run this as the user who owns {PROJECT}.")
    return 0


def _install(name: str, exactly: bool) -> str | None:
    """Bring .venv to the state of one lock file; the sentence to show if that fails.

    An environment that was made with another Python, new enough, is kept unless `exactly` this Python is asked for.
    """
    lock = PROJECT / name
    stamp = VENV / f"{name}.installed"
    state = hashlib.sha256(lock.read_bytes()).hexdigest()
    found = _version()
    usable = found is not None and found >= OLDEST and (not exactly or found == sys.version_info[:2])
    installed, files = _stamped(stamp)
    whole = not UNFINISHED.exists() and _files() >= files
    if usable and whole and installed == state:
        return None
    free = shutil.disk_usage(PROJECT).free // 1_000_000
    if free < ROOM_NEEDED_MB:
        return f"The disk of {PROJECT} has {free} MB left; {ROOM_NEEDED_MB} MB are needed. Make room and start again."
    began = time.monotonic()
    if VENV.exists() and not (usable and whole):
        why = "of another Python" if found and whole else "half made or lacks files"
        print(f"The environment in .venv is {why}; making it anew.", flush=True)
        shutil.rmtree(VENV)
    if not VENV.exists():
        if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
            return (
                "This Python lacks its venv module, which makes environments. On Debian and Ubuntu: apt install "
                "python3-venv; or give another Python: make setup PYTHON=python3.12"
            )
        VENV.mkdir()
        UNFINISHED.touch()
        status, words = _run([sys.executable, "-m", "venv", str(VENV)])
        if status:
            return f"The environment could not be made. Python said: {_last(words)}"
    UNFINISHED.touch()
    print(f"Installing the packages of {name} …", flush=True)
    command = [str(PYTHON), "-m", "pip", "install", "--require-hashes", "--no-input", "--disable-pip-version-check"]
    status, words = _run([*command, "--quiet", "-r", str(lock)])
    if status:
        words = _last(words)
        if "no space left" in words.lower():
            return f"The disk of {PROJECT} is full. Make room and start again."
        return (
            "The packages could not be installed. If this machine reaches the package index through a proxy or a "
            f"mirror, set that up for pip and start again. pip said: {words}"
        )
    stamp.write_text(f"{state} {_files()}\n")
    UNFINISHED.unlink()
    print(f"Installed in {time.monotonic() - began:.0f} s.", flush=True)
    return None


def _stamped(stamp: Path) -> tuple[str, int]:
    """The lock file's fingerprint and the number of files when it was last installed; nothing if it never was."""
    parts = stamp.read_text().split() if stamp.exists() else []
    return (parts[0], int(parts[1])) if len(parts) == 2 else ("", 0)


def _files() -> int:
    """How many files the environment has, without this program's marks and what Python compiles while it runs."""
    number = 0
    for _folder, folders, files in os.walk(VENV):
        folders[:] = [name for name in folders if name != "__pycache__"]
        number += sum(name != UNFINISHED.name and not name.endswith(".installed") for name in files)
    return number


def _run(command: list[str]) -> tuple[int, str]:
    """The status and the words of a command, which ends with all that it began when this program is interrupted."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        words, _nothing = process.communicate()
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    return process.returncode, words


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _version() -> tuple[int, ...] | None:
    """The version of the environment's Python; None if there is none that runs."""
    code = "import sys; print(*sys.version_info[:2])"
    try:
        done = subprocess.run([str(PYTHON), "-c", code], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return tuple(int(part) for part in done.stdout.split()) if done.returncode == 0 else None


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Two runs at once wait for each other."""
    with open(PROJECT / ".venv.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _last(text: str) -> str:
    return " ".join(line.strip() for line in text.strip().splitlines()[-4:])


def _fail(sentence: str) -> int:
    print(f"\n{sentence}\n", file=sys.stderr)
    return 1


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    sys.exit(main(sys.argv[1:]))
