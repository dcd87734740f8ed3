"""Pages about the organisation: which one to work in, who works there, and the audit trail."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import audit, forms, queries, services
from accounts.access import actor_of, allows, permission_required, require
from accounts.middleware import SESSION_KEY
from accounts.roles import Permission


@require_http_methods(["GET", "POST"])
def choose_organisation(request: HttpRequest) -> HttpResponse:
    """Choose the organisation to work in; one is active in a session."""
    actor = actor_of(request)
    assert actor.user_id is not None
    mine = {str(row.pk): row for row in queries.organisations_of(actor.user_id)}
    if request.method == "POST":
        chosen = request.POST.get("organisation", "")
        if chosen not in mine:
            raise Http404
        request.session[SESSION_KEY] = chosen
        return redirect("home")
    context = {"organisations": mine.values(), "current": actor.organisation_id}
    return render(request, "accounts/organisation.html", context)


@require_http_methods(["GET", "POST"])
def team(request: HttpRequest) -> HttpResponse:
    """Who works in the organisation, in which role; an administrator adds people."""
    actor = actor_of(request)
    if request.method == "POST":
        require(actor, Permission.MANAGE_ORGANISATION)
    clinics = [(clinic.pk, clinic.name) for clinic in queries.clinics_of(actor.organisation_id)]
    form = forms.MemberForm(request.POST or None, clinics=clinics)
    if request.method == "POST" and form.is_valid():
        try:
            services.add_member(actor=actor, **form.cleaned_data)
        except services.AccountRefused as refusal:
            for name, sentence in refusal.problems:
                form.add_error(name or None, sentence)
        else:
            messages.success(request, _("Added. A new person sets a password through “Forgot your password?”."))
            return redirect("team")
    context = {
        "form": form,
        "members": queries.members_of(actor.organisation_id),
        "may_manage": allows(actor, Permission.MANAGE_ORGANISATION),
    }
    return render(request, "accounts/team.html", context, status=422 if form.errors else 200)


@require_POST
@permission_required(Permission.MANAGE_ORGANISATION)
def member_remove(request: HttpRequest, membership_id: UUID) -> HttpResponse:
    """Take one role away from somebody."""
    try:
        services.remove_member(actor=actor_of(request), membership_id=membership_id)
    except services.AccountRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The role was taken away."))
    return redirect("team")


@require_GET
@permission_required(Permission.VIEW_AUDIT)
def audit_trail(request: HttpRequest) -> HttpResponse:
    """Who did and read what in the organisation, newest first; and whether the chain holds, when asked."""
    actor = actor_of(request)
    staff = [(user.pk, user.name) for user in queries.staff_of(actor.organisation_id)]
    form = forms.TrailForm(request.GET, staff=staff)
    wanted = form.cleaned_data if form.is_valid() else {}
    page = queries.trail(
        actor.organisation_id,
        queries.TrailFilter(
            patient_id=wanted.get("patient"),
            actor_user_id=wanted.get("who"),
            action=wanted.get("what") or "",
            since=wanted.get("since"),
            until=wanted.get("until"),
        ),
        before=wanted.get("before"),
    )
    audit.record(actor=actor, action="audit.read", patient_id=wanted.get("patient"))
    context = {"form": form, "page": page}
    return render(request, "accounts/audit.html", context, status=200 if form.is_valid() else 422)


@require_POST
@permission_required(Permission.VIEW_AUDIT)
def audit_verify(request: HttpRequest) -> HttpResponse:
    """Walk the organisation's chain and say whether it is whole."""
    actor = actor_of(request)
    found = audit.verify(actor.organisation_id)
    audit.record(actor=actor, action="audit.verify", detail={"whole": found.broken is None})
    if found.broken is None:
        messages.success(request, _("The trail is whole: %(rows)s rows.") % {"rows": found.rows})
    else:
        place = found.broken.sequence or "?"
        messages.error(
            request, _("The trail is broken at %(place)s: %(why)s") % {"place": place, "why": found.broken.problem}
        )
    return redirect("audit-trail")
