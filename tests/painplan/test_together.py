"""`make test` runs the checks beside the tests: each of the two can make it fail, and it says which."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest
from django.conf import settings


def together(checks: str, tests: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tools.together", "sh", "-c", checks, "--", "sh", "-c", tests]
    return subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("checks", "tests", "wanted"), [(0, 0, 0), (1, 0, 1), (0, 1, 1), (2, 5, 1)])
def test_either_makes_the_whole_fail_and_the_end_says_which(checks: int, tests: int, wanted: int) -> None:
    done = together(f"echo 'module.py:3: a mistake' >&2; exit {checks}", f"echo 'what is tested'; exit {tests}")
    assert done.returncode == wanted
    last = done.stdout[done.stdout.index("The checks:") :]
    assert "module.py:3: a mistake" in last, "the end does not repeat what the checks said"
    assert ("THE CHECKS FAILED" in last) is (checks != 0)
    assert ("The checks passed." in last) is (checks == 0)
    assert ("THE TESTS FAILED" in last) is (tests != 0)


def test_a_failing_check_is_told_before_the_tests_end() -> None:
    # The tests wait until nobody of the checks is left: the test reads what was said by then.
    command = [sys.executable, "-m", "tools.together", "sh", "-c", "echo wrong; exit 1", "--", "cat"]
    with subprocess.Popen(
        command, cwd=settings.BASE_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        assert running.stdin is not None
        said = [running.stdout.readline() for _ in range(3)]
        assert said[1:] == ["A check failed; the tests go on:\n", "wrong\n"]
        running.stdin.close()  # Now the tests end.
    assert running.returncode == 1


def test_whoever_stops_it_stops_both() -> None:
    command = [sys.executable, "-m", "tools.together", "sleep", "30", "--", "sh", "-c", "echo begun; exec sleep 30"]
    with subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "begun\n"
        running.send_signal(signal.SIGTERM)
        # The end of the output: nobody who could still write to it is left.
        assert running.stdout.read() == ""
    assert running.returncode == 130
