"""What every page behind a patient's link shares: the signed token, the birth date that was given, one plain page else.

A `Door` says which kind of thing a token opens. Nobody is signed in here; whoever knows the patient's birth date gets a
cookie for this one link. Nothing that a page answers may be kept by a browser or a proxy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.cache import never_cache

from accounts import queries as account_queries
from accounts.audit import Actor
from accounts.tenancy import tenant
from assessments.services import ReportClosed
from followup import links
from followup.services.answers import LinkClosed

COOKIE_SECONDS = 2 * 60 * 60
GONE = 410
REFUSED = 422


@dataclass(frozen=True, slots=True)
class Door:
    """One kind of link. Its purpose is also the name of its first page and of its cookie.

    `find` gives the row of a token or None, `why_closed` why it does not open at a moment, empty when it does, and
    `language` that of its pages.
    """

    purpose: links.Purpose
    find: Callable[[links.Link, str], Any]
    why_closed: Callable[[Any, datetime], str]
    language: Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit to a link: what it opens, who acts, and the clinic that the page names."""

    token: str
    row: Any
    actor: Actor
    organisation: Any

    @property
    def page(self) -> dict[str, Any]:
        """What every page shows: the clinic and its telephone."""
        return {"token": self.token, "practice": self.organisation.name, "phone": self.organisation.phone}


Page = Callable[..., HttpResponse]


def opens(door: Door) -> Callable[[Page], Page]:
    """Open the link's organisation around the page. A link that we never signed gets one plain page."""

    def around(page: Page) -> Page:
        @login_not_required
        @never_cache
        @wraps(page)
        def opened(request: HttpRequest, token: str, **kwargs: Any) -> HttpResponse:
            link = links.read_token(token, door.purpose)
            if link is None:
                return render(request, "followup/link_closed.html", {"reason": "unknown"}, status=GONE)
            with tenant(link.organisation_id):
                row = door.find(link, token)
                organisation = account_queries.organisation(link.organisation_id)
                actor = Actor(organisation_id=link.organisation_id, name="patient by link", job="patient-link")
                visit = Visit(token, row, actor, organisation)
                if row is None:
                    return _closed(request, visit, "unknown")
                with translation.override(door.language(row)):
                    try:
                        return page(request, visit, **kwargs)
                    except (LinkClosed, ReportClosed) as error:
                        return _closed(request, visit, error.reason)

        return opened

    return around


def answering(door: Door) -> Callable[[Page], Page]:
    """Only for whoever gave the birth date in this browser, while the link is open."""

    def around(page: Page) -> Page:
        @wraps(page)
        def guarded(request: HttpRequest, visit: Visit, **kwargs: Any) -> HttpResponse:
            if reason := door.why_closed(visit.row, now()):
                raise LinkClosed(reason)
            if not is_known(request, visit, door):
                return redirect(door.purpose, visit.token)
            return page(request, visit, **kwargs)

        return guarded

    return around


def remember(response: HttpResponse, token: str, row_id: Any, door: Door, mark: str = "") -> None:
    """Let this browser go on at this link for a while; `mark` is kept with it."""
    response.set_signed_cookie(
        door.purpose,
        f"{row_id} {mark}",
        salt=token,
        max_age=COOKIE_SECONDS,
        path=reverse(door.purpose, args=[token]),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def is_known(request: HttpRequest, visit: Visit, door: Door) -> bool:
    """Whether this browser may go on at this link."""
    return _kept(request, visit, door)[0] == str(visit.row.id)


def mark_of(request: HttpRequest, visit: Visit, door: Door) -> str:
    """What was kept with the permission to go on; empty without one."""
    row_id, _, mark = _kept(request, visit, door)
    return mark if row_id == str(visit.row.id) else ""


def _kept(request: HttpRequest, visit: Visit, door: Door) -> tuple[str, str, str]:
    kept = request.get_signed_cookie(door.purpose, default="", salt=visit.token, max_age=COOKIE_SECONDS)
    return (kept or "").partition(" ")


def _closed(request: HttpRequest, visit: Visit, reason: str) -> HttpResponse:
    return render(request, "followup/link_closed.html", visit.page | {"reason": reason}, status=GONE)


def now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)
