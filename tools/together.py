"""Run the checks beside the tests, since neither keeps two cores busy alone.

python -m tools.together CHECKS … -- TESTS …

What the tests print is seen as it comes. The checks run quietly, take only time that the tests leave over, and print at
the end; a check that fails is told at once too. Ends with 0 only when both do.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import tempfile
from types import FrameType
from typing import IO

_STOPPED = 130
_LOOK_EVERY_SECONDS = 0.2


def main(arguments: list[str]) -> int:
    at = arguments.index("--")
    asked: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        asked.append(number)

    # On Ctrl-C the terminal tells both themselves, and the tests tidy up; whoever ends this program means both.
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        checks = subprocess.Popen(
            ["nice", *arguments[:at]], stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT
        )
        try:
            tests = subprocess.Popen(arguments[at + 1 :])
        except OSError:
            checks.terminate()
            checks.wait()
            raise
        told = stopped = False
        while tests.poll() is None or checks.poll() is None:
            # Once, so that they can tidy up; a second Ctrl-C comes from somebody who has waited long enough.
            if not stopped and (signal.SIGTERM in asked or asked.count(signal.SIGINT) > 1):
                tests.terminate()
                checks.terminate()
                stopped = True
            if checks.poll() and not told and not asked:
                _print(said, "A check failed; the tests go on:")
                told = True
            with contextlib.suppress(subprocess.TimeoutExpired):
                (tests if tests.poll() is None else checks).wait(_LOOK_EVERY_SECONDS)
        if asked:
            return _STOPPED
        _print(said, "The checks:")
    print("The checks passed." if checks.returncode == 0 else "THE CHECKS FAILED: see above.", flush=True)
    if tests.returncode != 0:
        print("THE TESTS FAILED: see above the checks.", flush=True)
    return 1 if tests.returncode or checks.returncode else 0


def _print(said: IO[str], title: str) -> None:
    said.seek(0)
    print(f"\n{title}\n{said.read()}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
