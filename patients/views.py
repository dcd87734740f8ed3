"""Pages about who the patient is and what is on record: scope, ask, present, render."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import queries as account_queries
from accounts.access import actor_of, permission_required
from accounts.audit import Actor
from accounts.roles import CARE_ROLES, Permission
from patients import forms, medicines, presenters, queries, services
from patients.access import patient_for, record_listing, search_for

FormPage = require_http_methods(["GET", "POST"])
FORMS: dict[str, type[forms.EntryForm]] = {
    "problem": forms.ProblemForm,
    "medicine": forms.MedicineForm,
    "allergy": forms.AllergyForm,
    "measurement": forms.MeasurementForm,
    "trial": forms.TrialForm,
    "preference": forms.PreferenceForm,
    "note": forms.NoteForm,
}
STORE: dict[str, Callable[..., Any]] = {
    "problem": services.state_problem,
    "medicine": services.record_medicine,
    "allergy": services.record_allergy,
    "measurement": services.record_measurement,
    "trial": services.record_trial,
    "preference": services.record_preference,
    "note": services.write_note,
}
REVIEWS: dict[str, Callable[..., Any]] = {
    "problem": services.review_problem_list,
    "medicine": services.review_medicines,
}
SUGGESTIONS = 8
UNDATED = {"preference", "note"}
UNCORRECTED = {"preference"}
REFUSED = 422


# --- finding patients -------------------------------------------------------------------------------------------------


@FormPage
@permission_required(Permission.VIEW_PATIENT)
def patient_list(request: HttpRequest) -> HttpResponse:
    """All patients by name; searched by name, number or birth date. What is searched for travels in the body only."""
    typed = request.POST if request.method == "POST" else request.GET
    form = forms.SearchForm(typed)
    wanted = form.cleaned_data if form.is_valid() else {}
    page = search_for(
        actor_of(request),
        text=wanted.get("q", "") or "",
        birth_date=wanted.get("birth_date"),
        mine=wanted.get("mine", False),
        after=_uuid(typed.get("after")),
    )
    context = {
        "form": form,
        "page": page,
        "rows": [(row, presenters.display_name(row), presenters.sex_text(row.sex)) for row in page.patients],
        "searched": any(wanted.values()),
        "search_text": wanted.get("q", ""),
        "today": timezone.localdate(),
    }
    return render(request, "patients/list.html", context, status=200 if form.is_valid() else REFUSED)


@require_POST
@permission_required(Permission.VIEW_PATIENT)
def search_suggestions(request: HttpRequest) -> HttpResponse:
    """Patients whose name or number begins as typed, for the search field. The text travels in the body only."""
    text = request.POST.get("q", "").strip()[:100]
    if not text:
        return JsonResponse({"results": []})
    page = search_for(actor_of(request), text=text, size=SUGGESTIONS)
    found = [
        {
            "id": str(row.pk),
            "label": presenters.display_name(row),
            "detail": f"{row.birth_date.isoformat()} · {row.number}",
            "url": _home(row.pk),
        }
        for row in page.patients
    ]
    return JsonResponse({"results": found})


@require_GET
@permission_required(Permission.VIEW_PATIENT)
def medicine_suggestions(request: HttpRequest) -> HttpResponse:
    """Medicines whose name, synonym or brand begins as typed: JSON for the field, a page for readers without script."""
    typed = request.GET.get("q", "")[:100]
    found = medicines.suggestions(typed, limit=12 if request.accepts("application/json") else 60)
    if not request.accepts("text/html"):
        results = [{"id": line.medicine, "label": line.text, "detail": _medicine_detail(line)} for line in found]
        return JsonResponse({"results": results})
    rows = [(line, medicines.normalise(line.text)) for line in found]
    return render(request, "patients/medicine_search.html", {"typed": typed, "rows": rows})


def _medicine_detail(line: medicines.Suggestion) -> str:
    if line.ambiguous:
        return _("several products")
    return "" if line.text == line.medicine else line.medicine


# --- who the patient is -----------------------------------------------------------------------------------------------


@FormPage
@permission_required(Permission.REGISTER_PATIENT)
def patient_register(request: HttpRequest) -> HttpResponse:
    """Put a new patient on file; possible duplicates are shown before that and need a confirmation."""
    actor = actor_of(request)
    clinics = _clinics(actor.organisation_id)
    # The clinic decides which medicines may be started there: it is the registrar's own, or it is chosen.
    own = [clinic_id for clinic_id, _name in clinics if clinic_id in actor.clinic_ids or len(clinics) == 1]
    start = {"clinic_id": own[0]} if len(own) == 1 else {}
    form = forms.RegisterForm(request.POST or None, clinics=clinics, initial=start)
    alike: list[Any] = []
    if request.method == "POST" and form.is_valid():
        try:
            patient = services.register_patient(
                actor=actor,
                details=services.Details(**form.values()),
                confirmed=form.cleaned_data["confirmed"],
                today=timezone.localdate(),
            )
        except services.RecordRefused as refusal:
            _blame(form, refusal)
        except services.PossibleDuplicates as found:
            record_listing(actor, [row.pk for row in found.patients], list_name="possible duplicates")
            alike = [(row, presenters.display_name(row)) for row in found.patients]
        else:
            messages.success(request, _("%(name)s is on file.") % {"name": presenters.display_name(patient)})
            return redirect("patient-record", patient.pk)
    status = REFUSED if form.errors or alike else 200
    return render(request, "patients/register.html", {"form": form, "alike": alike}, status=status)


@FormPage
def patient_details(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Change what is known about the person; what it was before stays readable below."""
    actor = actor_of(request)
    patient = patient_for(actor, patient_id, Permission.REGISTER_PATIENT)
    start = {name: getattr(patient, name) for name in services.DETAIL_FIELDS} | {"version": patient.version}
    form = forms.CorrectDetailsForm(
        request.POST or None, patient=patient, clinics=_clinics(actor.organisation_id), initial=start
    )
    if request.method == "POST" and form.is_valid():
        stored = _try(
            form,
            lambda: services.correct_details(
                actor=actor,
                patient=patient,
                details=services.Details(**form.values()),
                reason=form.cleaned_data["reason"],
                version=form.cleaned_data["version"],
                today=timezone.localdate(),
            ),
        )
        if stored:
            messages.success(request, _("The details were changed."))
            return redirect("patient-record", patient.pk)
    before = [(row, presenters.details_rows(row, row.clinic.name)) for row in queries.revisions_of(patient.pk)]
    context = {"patient": patient, "form": form, "before": before}
    return render(request, "patients/details.html", context, status=REFUSED if form.errors else 200)


# --- the record -------------------------------------------------------------------------------------------------------


@require_GET
def patient_record(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Everything on record, part by part, with who, when and source of each line."""
    actor, today = actor_of(request), timezone.localdate()
    patient = patient_for(actor, patient_id)
    rows = queries.record_rows(patient.pk, today)
    sections = presenters.record_sections(
        rows.lines,
        problems_reviewed_on=rows.problems_reviewed_on,
        medicines_reviewed_on=rows.medicines_reviewed_on,
        actor=actor,
        today=today,
    )
    context = {
        "patient": patient,
        "sections": sections,
        "details": presenters.details_rows(patient, patient.clinic.name),
        "may_edit": Permission.EDIT_RECORD in actor.permissions,
        "may_correct_details": Permission.REGISTER_PATIENT in actor.permissions,
        "may_see_readers": bool({Permission.VIEW_READ_LOG, Permission.VIEW_AUDIT} & actor.permissions),
        "today": today,
    }
    return render(request, "patients/record.html", context)


@FormPage
def record_add(request: HttpRequest, patient_id: UUID, kind: str) -> HttpResponse:
    """Add one line to a part of the record."""
    return _entry_page(request, patient_id, kind, row=None)


@FormPage
def record_correct(request: HttpRequest, patient_id: UUID, kind: str, row_id: UUID) -> HttpResponse:
    """Correct one line: a new line that says why, while the old one stays readable."""
    patient = patient_for(actor_of(request), patient_id, Permission.EDIT_RECORD)
    return _entry_page(request, patient_id, kind, row=_row(kind, patient.pk, row_id), opened=patient)


def _entry_page(request: HttpRequest, patient_id: UUID, kind: str, row: Any, opened: Any = None) -> HttpResponse:
    actor, today = actor_of(request), timezone.localdate()
    patient = opened or patient_for(actor, patient_id, Permission.EDIT_RECORD)
    if kind not in FORMS or (row is not None and (kind in UNCORRECTED or getattr(row, "none_known", False))):
        raise Http404
    came_from = (request.POST if request.method == "POST" else request.GET).get("from", "")
    back = _back(patient.pk, kind, came_from)
    form = FORMS[kind](request.POST or None, patient=patient, correcting=row, today=today, initial=_prefilled(request))
    if request.method == "POST" and form.is_valid():
        more: dict[str, Any] = {} if kind in UNDATED else {"today": today}
        if kind not in UNCORRECTED:
            more["corrects"] = row
        if _try(form, lambda: STORE[kind](actor=actor, patient=patient, **form.values(), **more)):
            messages.success(request, _("Saved."))
            return redirect(back)
    context = {
        "patient": patient,
        "back": back,
        "came_from": came_from,
        "form": form,
        "kind": kind,
        "heading": presenters.heading(kind, correcting=row is not None),
        "row": presenters.line_of(kind, row) if row else None,
    }
    template = "patients/entry.html#form" if request.htmx else "patients/entry.html"  # type: ignore[attr-defined]
    return render(request, template, context, status=REFUSED if form.errors else 200)


def _back(patient_id: UUID, kind: str, came_from: str) -> str:
    """Where an entry leads when it is saved: the plan for whoever came from there, else its part of the record."""
    if came_from == "plan":
        return reverse("patient-plan", args=[patient_id])
    return f"{reverse('patient-record', args=[patient_id])}#{kind}"


def _prefilled(request: HttpRequest) -> dict[str, str]:
    """A page that misses a value links here with its code (?code=creatinine), so that nobody looks for it."""
    return {name: request.GET[name][:80] for name in ("code", "problem", "treatment", "text") if name in request.GET}


@FormPage
def record_withdraw(request: HttpRequest, patient_id: UUID, kind: str, row_id: UUID) -> HttpResponse:
    """Say that a line should not have been there."""
    actor = actor_of(request)
    patient = patient_for(actor, patient_id, Permission.EDIT_RECORD)
    row = _row(kind, patient.pk, row_id)
    form = forms.WithdrawForm(request.POST or None, patient=patient)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        if _try(form, lambda: services.withdraw(actor=actor, patient=patient, row=row, reason=reason)):
            messages.success(request, _("Withdrawn. The entry stays readable in the history."))
            return redirect(f"{reverse('patient-record', args=[patient.pk])}#{kind}")
    context = {"patient": patient, "form": form, "kind": kind, "row": presenters.line_of(kind, row)}
    return render(request, "patients/withdraw.html", context, status=REFUSED if form.errors else 200)


@FormPage
def medicine_stop(request: HttpRequest, patient_id: UUID, row_id: UUID) -> HttpResponse:
    """Record that a medicine was stopped."""
    actor, today = actor_of(request), timezone.localdate()
    patient = patient_for(actor, patient_id, Permission.EDIT_RECORD)
    row: Any = _row("medicine", patient.pk, row_id)
    form = forms.StopMedicineForm(request.POST or None, patient=patient, initial={"stopped_on": today})
    if request.method == "POST" and form.is_valid():
        stored = _try(
            form,
            lambda: services.stop_medicine(actor=actor, patient=patient, medicine=row, today=today, **form.values()),
        )
        if stored:
            messages.success(request, _("Stopped. It still counts for the wash-out."))
            return redirect(f"{reverse('patient-record', args=[patient.pk])}#medicine")
    context = {"patient": patient, "form": form, "row": presenters.line_of("medicine", row)}
    return render(request, "patients/stop.html", context, status=REFUSED if form.errors else 200)


@require_GET
def record_history(request: HttpRequest, patient_id: UUID, kind: str) -> HttpResponse:
    """Every line of one part, corrected and withdrawn ones too, with who changed what and why."""
    patient = patient_for(actor_of(request), patient_id)
    if kind not in queries.KINDS:
        raise Http404
    context = {
        "patient": patient,
        "kind": kind,
        "title": presenters.SECTIONS.get(kind) or presenters.ONE_OF[kind],
        "lines": presenters.lines_of(kind, queries.history_of(kind, patient.pk)),
    }
    return render(request, "patients/history.html", context)


@require_POST
def record_review(request: HttpRequest, patient_id: UUID, kind: str) -> HttpResponse:
    """State that the problem list or the medicines were gone through on a day."""
    if kind not in REVIEWS:
        raise Http404
    return _state(request, patient_id, kind, lambda day, **more: REVIEWS[kind](reviewed_on=day, **more))


@require_POST
def no_known_allergies(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """State that no allergy is known."""
    return _state(
        request, patient_id, "allergy", lambda day, **more: services.state_no_known_allergies(stated_on=day, **more)
    )


def _state(request: HttpRequest, patient_id: UUID, kind: str, store: Callable[..., Any]) -> HttpResponse:
    actor = actor_of(request)
    patient = patient_for(actor, patient_id, Permission.EDIT_RECORD)
    form = forms.DayForm(request.POST, patient=patient)
    if form.is_valid():
        _try(form, lambda: store(form.cleaned_data["day"], actor=actor, patient=patient, today=timezone.localdate()))
    for errors in form.errors.values():
        messages.error(request, " ".join(str(error) for error in errors))
    if form.errors:
        return redirect("patient-record", patient.pk)
    messages.success(request, _("Saved."))
    return redirect(f"{reverse('patient-record', args=[patient.pk])}#{kind}")


# --- care team, tasks, readers ----------------------------------------------------------------------------------------


@require_GET
def patient_team(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Who looks after the patient, and what is still to be done."""
    actor = actor_of(request)
    patient = patient_for(actor, patient_id)
    return _team_page(request, patient, {}, 200)


def _carers(actor: Actor) -> tuple[list[tuple[UUID, str]], dict[UUID, str]]:
    """Who may look after patients here, as choices of a form; and the roles of everybody by user, in words."""
    held: dict[UUID, list[str]] = {}
    choices: dict[UUID, str] = {}
    for member in account_queries.members_of(actor.organisation_id):
        held.setdefault(member.user_id, []).append(presenters.role_name(member.role))
        if member.role in CARE_ROLES and member.user.is_active:
            choices[member.user_id] = member.user.name
    roles = {user: ", ".join(names) for user, names in held.items()}
    return [(user, f"{name} ({roles[user]})") for user, name in choices.items()], roles


def _team_page(request: HttpRequest, patient: Any, filled: dict[str, Any], status: int) -> HttpResponse:
    actor, today = actor_of(request), timezone.localdate()
    staff, roles = _carers(actor)
    context = {
        "patient": patient,
        "team": queries.care_team(patient.pk, with_past=True),
        "roles": roles,
        "tasks": queries.tasks_of(patient.pk),
        "join_form": forms.JoinForm(patient=patient, staff=staff, auto_id="join_%s"),
        "task_form": forms.TaskForm(patient=patient, staff=staff, initial={"due_on": today}, auto_id="task_%s"),
        "may_manage": Permission.MANAGE_CARE_TEAM in actor.permissions,
        "may_plan": Permission.MANAGE_FOLLOW_UP in actor.permissions,
        "may_see_readers": bool({Permission.VIEW_READ_LOG, Permission.VIEW_AUDIT} & actor.permissions),
        "today": today,
    }
    return render(request, "patients/team.html", context | filled, status=status)


@require_POST
def team_join(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Let somebody look after the patient from today on."""
    actor = actor_of(request)
    patient = patient_for(actor, patient_id, Permission.MANAGE_CARE_TEAM)
    staff, _roles = _carers(actor)
    form = forms.JoinForm(request.POST, patient=patient, staff=staff, auto_id="join_%s")
    if form.is_valid() and _try(
        form,
        lambda: services.join_care_team(actor=actor, patient=patient, since=timezone.localdate(), **form.values()),
    ):
        return redirect("patient-team", patient.pk)
    return _team_page(request, patient, {"join_form": form}, REFUSED)


@require_POST
def team_leave(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """End somebody's place in the care team today."""
    actor = actor_of(request)
    patient = patient_for(actor, patient_id, Permission.MANAGE_CARE_TEAM)
    form = forms.LeaveForm(request.POST, patient=patient)
    if form.is_valid() and _try(
        form,
        lambda: services.leave_care_team(actor=actor, patient=patient, until=timezone.localdate(), **form.values()),
    ):
        return redirect("patient-team", patient.pk)
    return _team_page(request, patient, {"refused": form}, REFUSED)


@require_POST
def task_add(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Add something to be done for the patient."""
    actor = actor_of(request)
    patient = patient_for(actor, patient_id, Permission.MANAGE_FOLLOW_UP)
    staff, _roles = _carers(actor)
    form = forms.TaskForm(request.POST, patient=patient, staff=staff, auto_id="task_%s")
    if form.is_valid() and _try(form, lambda: services.add_task(actor=actor, patient=patient, **form.values())):
        return redirect(f"{reverse('patient-team', args=[patient.pk])}#tasks")
    return _team_page(request, patient, {"task_form": form}, REFUSED)


@require_POST
def task_finish(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Tick a task off."""
    actor = actor_of(request)
    patient = patient_for(actor, patient_id, Permission.MANAGE_FOLLOW_UP)
    form = forms.FinishTaskForm(request.POST, patient=patient)
    if form.is_valid():
        task = queries.task_of(patient.pk, form.cleaned_data["task_id"])
        if task is None:
            raise Http404
        if _try(form, lambda: services.finish_task(actor=actor, patient=patient, task=task, now=timezone.now())):
            return redirect(f"{reverse('patient-team', args=[patient.pk])}#tasks")
    return _team_page(request, patient, {"refused": form}, REFUSED)


@require_GET
def patient_readers(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Who opened or changed this record, newest first."""
    actor = actor_of(request)
    patient = patient_for(actor, patient_id, Permission.VIEW_READ_LOG)
    wanted = account_queries.TrailFilter(
        patient_id=patient.pk, actor_user_id=_uuid(request.GET.get("who")), action=request.GET.get("what", "")[:40]
    )
    page = account_queries.trail(actor.organisation_id, wanted, before=_number(request.GET.get("before")))
    context = {
        "patient": patient,
        "page": page,
        "wanted": wanted,
        "staff": account_queries.staff_of(actor.organisation_id),
    }
    return render(request, "patients/readers.html", context)


# --- what several pages need ------------------------------------------------------------------------------------------


def _try(form: Any, store: Callable[[], Any]) -> Any:
    """What the service made, or None with the reasons on the form."""
    try:
        return store()
    except services.RecordRefused as refusal:
        _blame(form, refusal)
    except services.ChangedMeanwhile as change:
        form.add_error(None, str(change))
    return None


def _blame(form: Any, refusal: services.RecordRefused) -> None:
    # The code of a problem is half of one select field.
    names = {"code": "problem", "kind": "problem"} if "problem" in form.fields else {}
    for name, sentence in refusal.problems:
        name = names.get(name, name)
        form.add_error(name if name in form.fields else None, sentence)


def _row(kind: str, patient_id: UUID, row_id: UUID) -> Any:
    row = queries.row_of(kind, patient_id, row_id)
    if row is None or row.withdrawn:
        raise Http404
    return row


def _clinics(organisation_id: UUID) -> list[tuple[UUID, str]]:
    return [(clinic.pk, clinic.name) for clinic in account_queries.clinics_of(organisation_id)]


def _home(patient_id: UUID) -> str:
    from django.urls import NoReverseMatch

    try:
        return reverse("patient-overview", args=[patient_id])
    except NoReverseMatch:
        return reverse("patient-record", args=[patient_id])


def _uuid(value: str | None) -> UUID | None:
    try:
        return UUID(value or "")
    except ValueError:
        return None


def _number(value: str | None) -> int | None:
    return int(value) if value and value.isdecimal() and len(value) < 19 else None
