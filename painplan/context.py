"""What every page may show about the site itself. No queries here."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, object]:
    """`demo` is true where all patients are invented; pages say so."""
    return {"demo": settings.LOCAL}
