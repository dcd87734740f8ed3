"""The cache works on a real Valkey, and goes on in memory while Valkey is away."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import pytest

from painplan import cache as module
from painplan.cache import Cache


def make(location: str) -> Cache:
    return Cache(location, {"KEY_PREFIX": f"test-{time.monotonic_ns()}"})


def test_values_are_kept_counted_and_forgotten(valkey_url: str) -> None:
    cache = make(f"{valkey_url}?db=9")
    assert cache.is_reachable()
    assert cache.add("n", 1, 30) is True
    assert cache.add("n", 5, 30) is False
    assert cache.incr("n") == 2
    assert cache.touch("n", 60) is True
    assert cache.delete("n") is True
    assert cache.get("n", "gone") == "gone"
    cache.set_many({"a": 1, "b": [2]})
    assert cache.get_many(["a", "b", "c"]) == {"a": 1, "b": [2]}


def test_a_lost_valkey_stops_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", 60)
    cache = make(f"unix://{tmp_path}/nobody.sock?db=1")
    assert cache.is_reachable() is False
    with caplog.at_level(logging.WARNING, logger="painplan.cache"):
        cache.set("a", 1)
        began = time.monotonic()
        assert [cache.get("a") for _ in range(100)] == [1] * 100
    assert time.monotonic() - began < 1
    assert len(caplog.records) == 1
