"""Middleware of the whole site: request id, idle sign-out, parts of pages, private pages."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from painplan.logs import request_id

GetResponse = Callable[[HttpRequest], HttpResponse]

SAFE_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


class RequestId:
    """Give every request an id that its log lines and its answer carry, so that a fault report can be found again."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        token = request_id.set(given if SAFE_ID.fullmatch(given) else uuid.uuid4().hex)
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = request_id.get()
            return response
        finally:
            request_id.reset(token)


class IdleSignOut:
    """Sign a user out after SESSION_IDLE_SECONDS without a request. The clock is written at most once a minute."""

    KEY = "last_seen"
    WRITE_EVERY_SECONDS = 60

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = int(time.time())
            seen = request.session.get(self.KEY, now)
            if now - seen > settings.SESSION_IDLE_SECONDS:
                logout(request)
            elif self.KEY not in request.session or now - seen >= self.WRITE_EVERY_SECONDS:
                request.session[self.KEY] = now
        return self.get_response(request)


class SamePerson:
    """Give a part of a page only to the person whose page it is.

    The page says who that is with everything it fetches. After somebody else has signed in in another tab, what is
    typed into such a part would be stored in their name; after signing out, the page for signing in would stand in it.
    """

    HEADER = "X-Page-Of"

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        person = request.headers.get(self.HEADER)
        # SAFETY: what one person typed is never stored in the name of another (tests/painplan/test_pages.py).
        if person is not None and person != str(request.user.pk):
            return HttpResponse(status=403)
        return self.get_response(request)


class PrivatePages:
    """Keep signed-in pages out of every cache, and tell caches apart what htmx asked for."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        patch_vary_headers(response, ["HX-Request"])
        if request.user.is_authenticated and "Cache-Control" not in response:
            response["Cache-Control"] = "no-store"
        return response
