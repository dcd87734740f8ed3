"""What must hold before a web server or a worker starts."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def require_servable() -> None:
    """Refuse to serve people from the embedded database unless this is the demo with its invented patients."""
    if settings.EMBEDDED and not settings.DEMO:
        raise ImproperlyConfigured(
            "DATABASE_URL is not set. Give the PostgreSQL of this site, or set PAINPLAN_DEMO=1 for the demo with "
            "invented patients."
        )
