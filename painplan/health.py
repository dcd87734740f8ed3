"""Answers for a load balancer: /livez (the process runs) and /readyz (it can do its work)."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.core.cache import caches
from django.core.exceptions import ImproperlyConfigured
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

from painplan.cache import Cache
from painplan.database.role import UNSAFE, may_bypass_policies


@login_not_required
def livez(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain", headers={"Cache-Control": "no-store"})


@login_not_required
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when pages can be served, else 503. A lost Valkey degrades the answer but does not fail it."""
    checks = {"database": _database(), "queue": _queue()}
    ready = checks["database"] == "ok"
    return JsonResponse(
        {"ready": ready, "checks": checks}, status=200 if ready else 503, headers={"Cache-Control": "no-store"}
    )


def _database() -> str:
    try:
        if may_bypass_policies(connection):
            return UNSAFE
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return "migrations are waiting"
    except ImproperlyConfigured:
        return UNSAFE
    except Error:
        return "not reachable"
    return "ok"


def _queue() -> str:
    cache = caches["default"]
    return "ok" if not isinstance(cache, Cache) or cache.is_reachable() else "not reachable"
