"""The files of the shipped content, which take half a second to read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from treatments.content import digest, read_folder, shipped


@pytest.fixture(scope="session")
def shipped_files() -> Iterator[dict[str, Any]]:
    """The content by file name, read once. A test that wants other content makes it beside this."""
    files = read_folder()
    yield files
    assert digest(files) == shipped().digest, "a test has changed what all others read"
