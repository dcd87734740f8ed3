"""Typed readers of environment variables. A wrong or missing value stops the start with a sentence that names it.

Nothing secret has a default: `required()` is the only way to read a secret.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

YES = frozenset({"1", "true", "yes", "on"})
NO = frozenset({"0", "false", "no", "off"})


def text(name: str, default: str = "") -> str:
    """The value of `name` without surrounding blanks, or `default` when it is unset or empty."""
    return os.environ.get(name, "").strip() or default


def required(name: str, how: str) -> str:
    """The value of `name`, which has no default. `how` is a sentence that tells the reader how to set it."""
    value = text(name)
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. {how}")
    return value


def secret(name: str, how: str, min_length: int = 32) -> str:
    """A required secret of at least `min_length` characters; its value never appears in the message."""
    value = required(name, how)
    if len(value) < min_length or len(set(value)) < 8:
        raise ImproperlyConfigured(f"{name} is too short or too simple: it needs {min_length} random characters. {how}")
    return value


def boolean(name: str, default: bool = False) -> bool:
    value = text(name).lower()
    if not value:
        return default
    if value in YES:
        return True
    if value in NO:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")


def integer(name: str, default: int, minimum: int | None = None, maximum: int | None = None) -> int:
    value = text(name)
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from None
    if (minimum is not None and number < minimum) or (maximum is not None and number > maximum):
        wanted = f"{'' if minimum is None else minimum} to {'' if maximum is None else maximum}".strip()
        raise ImproperlyConfigured(f"{name} must be in the range {wanted}, not {number}.")
    return number


def names(name: str, default: Sequence[str] = ()) -> list[str]:
    """A comma-separated list without blanks and without empty parts."""
    return [part.strip() for part in text(name).split(",") if part.strip()] or list(default)


def choice(name: str, options: Sequence[str], default: str) -> str:
    value = text(name, default)
    if value not in options:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(options)}, not {value!r}.")
    return value


def database(name: str, url: str) -> dict[str, object]:
    """Read a PostgreSQL address (`postgres://user:password@host:port/name?sslmode=require`) into Django's form."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        # The address may hold a password, so it is not repeated here.
        raise ImproperlyConfigured(f"{name} must look like postgres://user:password@host:5432/database.")
    try:
        port = parts.port
    except ValueError:
        raise ImproperlyConfigured(f"The port in {name} is not a number.") from None
    options = dict(parse_qsl(parts.query))
    return {
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", "") or unquote(parts.hostname or ""),
        "PORT": str(port or ""),
        "OPTIONS": options,
    }
