"""Gives every paragraph its recorder."""

from __future__ import annotations

from tests.spec.manual import spec

__all__ = ["spec"]
