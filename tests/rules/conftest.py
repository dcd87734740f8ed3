"""The real PostgreSQL for the reader that writes SQL; it only selects, so it needs no table and no migration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests import databases


@pytest.fixture(scope="module")
def postgres() -> Iterator[Any]:
    """A cursor."""
    with databases._owner() as cursor:
        yield cursor
