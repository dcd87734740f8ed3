"""Pages of the plan: scope, ask, present, render. All of it works without script; htmx swaps parts of the same page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import queries as account_queries
from accounts.access import actor_of, allows
from accounts.audit import Actor
from accounts.roles import CARE_ROLES, Permission
from patients import services as patient_services
from patients.access import patient_for
from treatments import forms, plan_presenters, plan_readiness, presenters, queries, services
from treatments.plan_checks import Need
from treatments.plan_record import PlanRecord
from treatments.snapshot import Snapshot, snapshot

if TYPE_CHECKING:
    from patients.models import Patient

FormPage = require_http_methods(["GET", "POST"])
CONFLICT, REFUSED = 409, 422


@dataclass(frozen=True)
class _Desk:
    """Who looks at whose plan today, and what follows from the record."""

    actor: Actor
    patient: Patient
    today: date

    @cached_property
    def shown(self) -> Snapshot:
        return snapshot(self.patient, self.today)

    @cached_property
    def plan(self) -> PlanRecord | None:
        return queries.open_of(self.patient.pk)

    @property
    def draft(self) -> PlanRecord:
        if self.plan is None or not self.plan.is_draft:
            raise Http404(_("There is no open draft of a plan. It was signed or thrown away."))
        return self.plan

    def staff(self) -> list[tuple[UUID, str]]:
        return [(person.pk, str(person)) for person in account_queries.staff_of(self.actor.organisation_id, CARE_ROLES)]

    def view(self) -> plan_presenters.PlanView | None:
        if self.plan is None:
            return None
        found = plan_readiness.checks_of(self.plan, self.shown) if self.plan.is_draft else ()
        wanted = plan_readiness.needs_of(self.plan, self.shown) if self.plan.is_draft else ()
        return plan_presenters.plan_view(self.plan, self.shown, found, wanted)

    def frame(self) -> dict[str, Any]:
        """What every page of the plan has. The banner comes from the rows that the proposal was made of."""
        return {"patient": self.patient, "today": self.today, "banner_rows": self.shown.banner}


def _desk(request: HttpRequest, patient_id: UUID, permission: Permission = Permission.VIEW_PATIENT) -> _Desk:
    actor = actor_of(request)
    return _Desk(actor, patient_for(actor, patient_id, permission), timezone.localdate())


def _place(request: HttpRequest, patient_id: UUID) -> presenters.Place:
    given = request.GET if request.method == "GET" else request.POST
    view = given.get("view", "")
    view = view if view in presenters.VIEWS else presenters.VIEWS[0]
    return presenters.Place(patient_id, view, given.get("show", "")[:80])


# --- the page ---------------------------------------------------------------------------------------------------------


@require_GET
def plan(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Options, the plan being built, and the option that is looked at."""
    desk = _desk(request, patient_id)
    place = _place(request, patient_id)
    part = request.htmx.target or ""  # type: ignore[attr-defined]  # set by its middleware
    if part == "why":
        return render(request, "treatments/plan.html#why", _why_context(desk, place) | {"moved": True})
    if part == "checks" and desk.plan:
        context = desk.frame() | {"view": desk.view(), "plan": desk.plan, "place": place}
        return render(request, "treatments/_building.html#checks", context)
    if part.startswith("figure-"):
        return render(request, "treatments/_figure.html", _figure_context(desk, part.removeprefix("figure-")))
    return render(request, "treatments/plan.html", _plan_context(desk, place))


def _why_context(desk: _Desk, place: presenters.Place) -> dict[str, Any]:
    option = _option(desk.shown, place.shown)
    return {
        "patient": desk.patient,
        "place": place,
        "why": presenters.why_page(option, desk.shown, desk.plan, place) if option else None,
        "may_draft": allows(desk.actor, Permission.DRAFT_PLAN),
        "release": desk.shown.rulebook.digest[7:19],
    }


def _figure_context(desk: _Desk, ref_id: str) -> dict[str, Any]:
    view = desk.view()
    item = next((each for each in (view.items if view else ()) if each.item.ref_id == ref_id), None)
    if item is None:
        raise Http404
    return {"patient": desk.patient, "plan": desk.plan, "each": item}


def _option(shown: Snapshot, option_id: str) -> Any:
    known = {option.id: option for option in (*shown.proposal.agents, *shown.proposal.therapies)}
    return known.get(option_id)


def _plan_context(desk: _Desk, place: presenters.Place, fact_problem: tuple[str, str] | None = None) -> dict[str, Any]:
    shown, view = desk.shown, desk.view()
    draft = desk.plan if desk.plan and desk.plan.is_draft else None
    if not place.shown:
        place = presenters.Place(place.patient_id, place.view, _first_option(shown, place.view))
    staff = desk.staff() if draft else []
    return desk.frame() | {
        **_why_context(desk, place),
        "shown": shown,
        "tabs": presenters.tabs(shown, place),
        "groups": _groups(desk, place),
        "pairs": presenters.pairs(shown.proposal.combinations, shown) if place.view == "combinations" else (),
        "missing": presenters.missing_rows(shown, desk.patient.pk),
        "alerts": presenters.alerts(shown),
        "fact_problem": fact_problem,
        "may_edit": allows(desk.actor, Permission.EDIT_RECORD),
        "may_sign": allows(desk.actor, Permission.SIGN_PLAN),
        "view": view,
        "plan": desk.plan,
        "item_forms": {
            item.ref_id: forms.ItemForm(item=item, staff=staff, patient_id=desk.patient.pk)
            for item in (draft.items if draft else ())
        },
        "plan_form": forms.PlanForm(plan=draft, patient_id=desk.patient.pk) if draft else None,
    }


def _groups(desk: _Desk, place: presenters.Place) -> list[presenters.OptionGroup]:
    proposal = desk.shown.proposal
    results = {"medicines": proposal.agents, "therapies": proposal.therapies}.get(place.view, ())
    return presenters.groups(results, desk.shown, desk.plan, place)


def _first_option(shown: Snapshot, view: str) -> str:
    results = shown.proposal.therapies if view == "therapies" else shown.proposal.agents
    return min(results, key=lambda option: option.rank or len(results) + 1).id


# --- the draft --------------------------------------------------------------------------------------------------------


@require_POST
def draft_start(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Begin a draft; where a plan is signed, with its items."""
    desk = _desk(request, patient_id, Permission.DRAFT_PLAN)
    _same_patient(request, patient_id)
    services.start_draft(actor=desk.actor, patient=desk.patient, shown=desk.shown, now=timezone.now())
    return redirect(_place(request, patient_id).href(anchor="#plan"))


@require_POST
def item_add(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Put an option into the plan."""
    desk = _desk(request, patient_id, Permission.DRAFT_PLAN)
    _same_patient(request, patient_id)
    ref_id = request.POST.get("option", "")
    kind = "agent" if ref_id in desk.shown.rulebook.agent_by_id else "therapy"
    try:
        services.add_item(
            actor=desk.actor, patient=desk.patient, kind=kind, ref_id=ref_id, shown=desk.shown, now=timezone.now()
        )
    except services.PlanRefused as refusal:
        messages.error(request, str(refusal))
    return redirect(_place(request, patient_id).href(anchor="#plan"))


@require_POST
def item_remove(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Take an option out of the plan."""
    desk = _desk(request, patient_id, Permission.DRAFT_PLAN)
    _same_patient(request, patient_id)
    try:
        services.remove_item(
            actor=desk.actor, patient=desk.patient, ref_id=request.POST.get("option", ""), now=timezone.now()
        )
    except services.NoDraft as gone:
        messages.error(request, str(gone))
    return redirect(_place(request, patient_id).href(anchor="#plan"))


@FormPage
def item_edit(request: HttpRequest, patient_id: UUID, ref_id: str) -> HttpResponse:
    """Dates, doses, owner and note of one item; saved by hand or while it is being filled in."""
    desk = _desk(request, patient_id, Permission.DRAFT_PLAN)
    item = desk.draft.item(ref_id)
    if item is None:
        raise Http404
    posted = request.POST if request.method == "POST" else None
    form = forms.ItemForm(posted, item=item, staff=desk.staff(), patient_id=desk.patient.pk)
    if posted is None or not form.is_valid():
        return _item_page(request, desk, form)
    try:
        version = services.save_item(
            actor=desk.actor,
            patient=desk.patient,
            ref_id=ref_id,
            version=form.cleaned_data["version"],
            entry=form.entry(),
            shown=desk.shown,
            now=timezone.now(),
        )
    except services.PlanRefused as refusal:
        form.blame(refusal.problems)
        return _item_page(request, desk, form)
    except (services.StaleSave, services.NoDraft):
        return _conflict(request, desk, form, forms.ItemForm(item=item, staff=desk.staff(), patient_id=patient_id))
    return _saved(request, desk, version)


def _item_page(request: HttpRequest, desk: _Desk, form: forms.ItemForm) -> HttpResponse:
    if form.is_bound and "X-Autosave" in request.headers:
        return JsonResponse({"problems": form.errors.get_json_data()}, status=REFUSED)
    view = desk.view()
    item = next(each for each in view.items if each.item.ref_id == form.item.ref_id) if view else None
    context = desk.frame() | {"form": form, "item": item}
    return render(request, "treatments/item.html", context, status=REFUSED if form.is_bound else 200)


@FormPage
def goals_edit(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Goals, follow-up dates and note; saved by hand or while they are being filled in."""
    desk = _desk(request, patient_id, Permission.DRAFT_PLAN)
    posted = request.POST if request.method == "POST" else None
    form = forms.PlanForm(posted, plan=desk.draft, patient_id=desk.patient.pk)
    if posted is None or not form.is_valid():
        return _goals_page(request, desk, form)
    try:
        version = services.save_plan(
            actor=desk.actor,
            patient=desk.patient,
            version=form.cleaned_data["version"],
            entry=form.entry(),
            now=timezone.now(),
        )
    except services.PlanRefused as refusal:
        form.blame(refusal.problems)
        return _goals_page(request, desk, form)
    except (services.StaleSave, services.NoDraft):
        return _conflict(request, desk, form, forms.PlanForm(plan=desk.draft, patient_id=desk.patient.pk))
    return _saved(request, desk, version)


def _goals_page(request: HttpRequest, desk: _Desk, form: forms.PlanForm) -> HttpResponse:
    if form.is_bound and "X-Autosave" in request.headers:
        return JsonResponse({"problems": form.errors.get_json_data()}, status=REFUSED)
    context = desk.frame() | {"form": form, "view": desk.view()}
    return render(request, "treatments/goals.html", context, status=REFUSED if form.is_bound else 200)


def _saved(request: HttpRequest, desk: _Desk, version: int) -> HttpResponse:
    if "X-Autosave" in request.headers:
        return JsonResponse({"version": version, "saved_at": date_format(timezone.localtime(), "H:i")})
    messages.success(request, _("Saved."))
    return redirect(_place(request, desk.patient.pk).href(anchor="#plan"))


def _conflict(request: HttpRequest, desk: _Desk, mine: Any, stored: Any) -> HttpResponse:
    """Nothing was stored: what stands there now beside what was sent, and the choice between the two."""
    if "X-Autosave" in request.headers:
        return JsonResponse({"conflict": True}, status=CONFLICT)
    context = desk.frame() | {
        "rows": presenters.two_versions(stored, mine),
        "sent": [
            (name, value) for name, values in request.POST.lists() for value in values if name != "csrfmiddlewaretoken"
        ],
        "version_name": mine.add_prefix("version"),
        "version": stored.initial["version"],
        "changed_by": desk.draft.changed_by,
        "changed_at": desk.draft.changed_at,
    }
    return render(request, "treatments/conflict.html", context, status=CONFLICT)


@FormPage
def draft_discard(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Throw the draft away, after a question."""
    desk = _desk(request, patient_id, Permission.DRAFT_PLAN)
    if request.method == "POST" and desk.draft:
        _same_patient(request, patient_id)
        try:
            services.discard_draft(actor=desk.actor, patient=desk.patient, now=timezone.now())
            messages.success(request, _("The draft was thrown away."))
        except services.NoDraft as gone:
            messages.error(request, str(gone))
        return redirect("patient-plan", desk.patient.pk)
    return render(request, "treatments/discard.html", desk.frame() | {"view": desk.view(), "plan": desk.draft})


# --- reasons against the rules ----------------------------------------------------------------------------------------


@FormPage
def reason(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Give a reason for one need of the draft: what the rules say, the coded reason, words."""
    desk = _desk(request, patient_id, Permission.DRAFT_PLAN)
    kind, ref_id, subject = (request.GET.get(name, "")[:120] for name in ("kind", "item", "subject"))
    need = _need(desk, kind, ref_id, subject)
    view = plan_presenters.need_view(need, desk.draft, desk.shown)
    given = view.given
    form = forms.ReasonForm(
        request.POST if request.method == "POST" else None,
        kind=kind,
        patient_id=desk.patient.pk,
        initial={"covers": "\n".join(need.covers)}
        | ({"reason": given.reason, "text": given.text, "monitor_on": given.monitor_on} if given else {}),
    )
    if form.is_valid() and _give_reason(request, desk, form, kind, ref_id, subject):
        return redirect(_place(request, patient_id).href(anchor="#plan"))
    context = desk.frame() | {"form": form, "need": view, "item": desk.draft.item(ref_id)}
    return render(request, "treatments/reason.html", context, status=REFUSED if form.is_bound else 200)


def _need(desk: _Desk, kind: str, ref_id: str, subject: str) -> Need:
    """The need as it stands now; a dose or a choice beside the recommended ones may be reasoned before it is needed."""
    for need in plan_readiness.needs_of(desk.draft, desk.shown):
        if (need.kind, need.ref_id, need.subject) == (kind, ref_id, subject):
            return need
    item = desk.draft.item(ref_id)
    if item is None or kind not in ("dose", "not_recommended"):
        raise Http404
    return Need(kind, (), presenters.limit_sentences(item.ref_id, desk.shown) if kind == "dose" else (), ref_id)


def _give_reason(
    request: HttpRequest, desk: _Desk, form: forms.ReasonForm, kind: str, ref_id: str, subject: str
) -> bool:
    entry = form.entry(kind, subject)
    try:
        services.give_reason(
            actor=desk.actor, patient=desk.patient, ref_id=ref_id, entry=entry, shown=desk.shown, now=timezone.now()
        )
    except services.PlanRefused as refusal:
        form.blame(refusal.problems)
        return False
    except (services.StaleSave, services.NoDraft) as changed:
        form.add_error(None, str(changed))
        return False
    return True


@require_POST
def reason_take_back(request: HttpRequest, patient_id: UUID, override_id: UUID) -> HttpResponse:
    """Remove a reason; the need is open again."""
    desk = _desk(request, patient_id, Permission.DRAFT_PLAN)
    _same_patient(request, patient_id)
    try:
        services.take_back_reason(actor=desk.actor, patient=desk.patient, override_id=override_id, now=timezone.now())
    except services.NoDraft as gone:
        messages.error(request, str(gone))
    return redirect(_place(request, patient_id).href(anchor="#plan"))


# --- missing facts ----------------------------------------------------------------------------------------------------


@require_POST
def fact(request: HttpRequest, patient_id: UUID, fact: str) -> HttpResponse:
    """Enter a missing fact where it is missed; the proposal is computed again and says what changed."""
    desk = _desk(request, patient_id, Permission.EDIT_RECORD)
    _same_patient(request, patient_id)
    before = desk.shown.proposal
    place = _place(request, patient_id)
    try:
        _enter(desk, fact, request.POST)
    except (patient_services.RecordRefused, patient_services.ChangedMeanwhile) as refusal:
        context = _plan_context(desk, place, (fact, str(refusal))) | {"typed": request.POST}
        return render(request, "treatments/plan.html", context, status=REFUSED)
    after = snapshot(desk.patient, desk.today).proposal
    messages.success(request, _("Saved. %(changed)s") % {"changed": presenters.changed(before, after)})
    return redirect(place.href(anchor="#missing"))


def _enter(desk: _Desk, fact: str, given: Mapping[str, str]) -> None:
    """Hand what was typed to the record: one service for each kind of field."""
    who: dict[str, Any] = {"actor": desk.actor, "patient": desk.patient, "today": desk.today}
    entry = presenters.entry_for(fact, desk.shown, desk.patient.pk)
    match entry:
        case "measurement":
            form = forms.FactForm(given, patient_id=desk.patient.pk)
            day = form.cleaned_data.get("measured_on") if form.is_valid() else None
            if day is None:
                raise patient_services.RecordRefused([("measured_on", _("Enter the day of the value."))])
            patient_services.record_measurement(
                code=given.get("code", ""),
                value=given.get("value", ""),
                unit=given.get("unit", ""),
                measured_on=day,
                **who,
            )
        case "concept":
            status = {"yes": "present", "no": "absent", "unknown": "unknown"}.get(given.get("answer", ""), "")
            patient_services.state_problem(kind="concept", code=fact, status=status, stated_on=desk.today, **who)
        case "condition":
            patient_services.state_problem(
                kind="condition", code=given.get("code", ""), status="present", stated_on=desk.today, **who
            )
        case "medicines":
            patient_services.review_medicines(reviewed_on=desk.today, **who)
        case "allergies":
            patient_services.state_no_known_allergies(stated_on=desk.today, **who)
        case _:
            raise Http404


# --- signed plans -----------------------------------------------------------------------------------------------------


@require_GET
def sign(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """What signing will do, what was overridden, what is unknown, what the patient gets. `plan-sign` signs."""
    desk = _desk(request, patient_id, Permission.DRAFT_PLAN)
    view = desk.view()
    if view is None or not desk.draft:
        raise Http404
    page = plan_presenters.sign_page(
        view,
        desk.shown,
        plan_readiness.against_signing(desk.draft, desk.shown),
        may_sign=allows(desk.actor, Permission.SIGN_PLAN),
        before=queries.signed_of(desk.patient.pk),
    )
    context = desk.frame() | {
        "page": page,
        "view": view,
        "counselling": plan_presenters.counselling(desk.draft, desk.shown.rulebook),
        "release": desk.shown.rulebook.digest[7:19],
    }
    return render(request, "treatments/sign.html", context)


@require_GET
def plan_read(request: HttpRequest, patient_id: UUID, plan_id: UUID) -> HttpResponse:
    """One plan as it was signed, and what it rests on."""
    desk = _desk(request, patient_id)
    return render(request, "treatments/read.html", _read_context(desk, plan_id))


@require_GET
def plan_print(request: HttpRequest, patient_id: UUID, plan_id: UUID) -> HttpResponse:
    """The plan on paper: banner on each sheet, version, when it was printed, where the live record is."""
    desk = _desk(request, patient_id)
    context = _read_context(desk, plan_id) | {"printed_at": timezone.localtime(), "printed_by": desk.actor.name}
    return render(request, "treatments/print.html", context)


def _read_context(desk: _Desk, plan_id: UUID) -> dict[str, Any]:
    record = queries.plan_of(desk.patient.pk, plan_id)
    if record is None or record.state == "discarded":
        raise Http404
    organisation = account_queries.organisation(desk.actor.organisation_id)
    return desk.frame() | {
        "plan": record,
        "view": plan_presenters.plan_view(record, desk.shown, (), ()),
        "overridden": plan_presenters.overridden(record),
        "counselling": plan_presenters.counselling(record, desk.shown.rulebook),
        "tests": plan_presenters.tests_of(record, desk.shown),
        "history": queries.plans_of(desk.patient.pk),
        "organisation": organisation,
        "may_sign": allows(desk.actor, Permission.SIGN_PLAN),
    }


@FormPage
def plan_stop(request: HttpRequest, patient_id: UUID, plan_id: UUID) -> HttpResponse:
    """End the signed plan without another in its place."""
    desk = _desk(request, patient_id, Permission.SIGN_PLAN)
    if queries.plan_of(desk.patient.pk, plan_id) is None:
        raise Http404
    form = forms.StopForm(request.POST if request.method == "POST" else None, patient_id=desk.patient.pk)
    if form.is_valid():
        try:
            services.stop_plan(
                actor=desk.actor,
                patient=desk.patient,
                plan_id=plan_id,
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )
        except (services.PlanRefused, services.NoDraft) as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The plan was stopped. Medicines are not stopped by this; see the tapers."))
            return redirect("patient-plan", desk.patient.pk)
    context = {"patient": desk.patient, "today": desk.today, "form": form, "plan_id": plan_id}
    return render(request, "treatments/stop.html", context, status=REFUSED if form.is_bound else 200)


def _same_patient(request: HttpRequest, patient_id: UUID) -> None:
    """Two tabs with two patients: a button pressed on one page never acts on the other patient."""
    if request.POST.get("patient_id") != str(patient_id):
        raise Http404(_("This form belongs to another patient. Open the plan again."))
