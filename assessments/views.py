"""Pages of the assessment: scope, ask, present, render."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import queries as account_queries
from accounts.access import Denied, actor_of, allows, permission_required
from accounts.roles import CARE_ROLES, Permission
from assessments import evidence, letter, map_page, presenters, queries, report_queries, services
from assessments.content import assessment_content
from assessments.entries import FIXED_SECTIONS, Entry, InstrumentsEntry, ScoreEntry, score_section
from assessments.forms import (
    NOTHING_ON_FILE,
    AreaForm,
    BodyForm,
    GradingForm,
    OnFile,
    ScoreForm,
    SectionForm,
    differences,
    section_form,
)
from assessments.goals import goals_of
from assessments.record import AssessmentRecord, SectionState
from assessments.said import panel, unsettled
from assessments.score_list import clinic_choices, score_list
from assessments.score_words import Background, threshold_words
from assessments.summary import open_protocols, summarise
from patients import queries as patient_queries
from patients.access import note_read, patient_for, patient_to_change

if TYPE_CHECKING:
    from patients.models import Patient

FormPage = require_http_methods(["GET", "POST"])
CONFLICT, REFUSED = 409, 422
# Sections that show what the patient's record says already.
SHOWING_RECORD = ("health", "wishes")
# Sections that give somebody something to do.
GIVING_TASKS = ("red-flags",)


@FormPage
def assess(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Go on in the open draft, or begin one; earlier assessments are listed."""
    actor, today = actor_of(request), timezone.localdate()
    if request.method == "POST":
        patient = _patient(request, patient_id, Permission.ASSESS)
        services.start(
            actor=actor, patient=patient, today=today, copy_newest=request.POST.get("copy") == "1", now=timezone.now()
        )
        return redirect("assessment-section", patient.pk, FIXED_SECTIONS[0])
    patient = patient_for(actor, patient_id)
    context = {
        "patient": patient,
        "draft": queries.draft_of(patient.pk),
        "lines": queries.assessments_of(patient.pk),
        "may_assess": allows(actor, Permission.ASSESS),
        "first_section": FIXED_SECTIONS[0],
        "reports": report_queries.reports_of(patient.pk),
    }
    return render(request, "assessments/start.html", context)


@FormPage
def section(request: HttpRequest, patient_id: UUID, section: str) -> HttpResponse:
    """One section of the draft: shown, or saved by hand or while it is being filled in."""
    if request.method == "POST":
        return _save_section(request, patient_id, section)
    patient = patient_for(actor_of(request), patient_id, Permission.ASSESS)
    page = queries.draft_page(patient.pk)
    if page is None:
        return _no_draft(request, patient)
    if section == "scores":
        return _show_scores(request, patient, page)
    return _show_section(request, patient, page, _form_of(patient, page, section))


def _form_of(patient: Patient, page: queries.DraftPage, section: str, posted: QueryDict | None = None) -> SectionForm:
    """The form of a section, bound to what was posted or to what is stored; 404 where there is no such section."""
    on_file = _on_file(patient, section)
    data = _resolved(posted, page.record, section, on_file)
    form = section_form(section, page.record, assessment_content(), on_file, data)
    if form is None or not _may_begin(page, form):
        raise Http404
    return form


def _save_section(request: HttpRequest, patient_id: UUID, section: str) -> HttpResponse:
    """Store a section. A save leaves one row in the trail, which says why the record opened; so does a refusal."""
    actor = actor_of(request)
    patient, ground = patient_to_change(actor, patient_id, Permission.ASSESS)
    _refuse_other(request, patient)
    page = queries.draft_page(patient.pk)
    if page is None:
        note_read(actor, patient, Permission.ASSESS)
        return _no_draft(request, patient)
    form = _form_of(patient, page, section, request.POST)
    if _is_this(request, page.record):
        try:
            state = services.save_section(
                actor=actor,
                patient=patient,
                assessment_id=page.record.id,
                section=section,
                version=form.given_version,
                entry=form.entry(),
                kept=form.kept(),
                now=timezone.now(),
                reason=ground,
            )
        except (services.StaleSave, services.SectionUnknown, services.AlreadySigned, services.AssessmentNotFound):
            page = queries.draft_page(patient.pk) or page
        else:
            return _saved(request, patient, page.record, form, state)
    note_read(actor, patient, Permission.ASSESS)
    return _conflict(request, patient, page.record, form)


def _saved(
    request: HttpRequest, patient: Patient, record: AssessmentRecord, form: SectionForm, state: SectionState
) -> HttpResponse:
    """To whoever saved: the time and what could not be read, or the page that follows."""
    entry = form.entry()
    if "X-Autosave" in request.headers:
        wrong = [{"field": kept.field, "problem": kept.problem} for kept in form.kept()]
        saved_at = date_format(timezone.localtime(state.saved_at), "H:i")
        return JsonResponse({"saved_at": saved_at, "version": state.version, "problems": wrong})
    if waiting := _waiting_protocol(patient, entry):
        # What is alarming is followed up first.
        return redirect(f"{presenters.section_href(patient.pk, score_section(waiting))}#{waiting}")
    after = (
        presenters.next_section(record, form.section) if "next" in request.POST and not form.kept() else form.section
    )
    if after is None:
        return redirect("assessment-sign", patient.pk)
    return redirect("assessment-section", patient.pk, after)


def _waiting_protocol(patient: Patient, entry: Entry) -> str:
    """The protocol that what was saved just now asks for and that nobody has answered; empty when there is none."""
    content = assessment_content()
    if isinstance(entry, InstrumentsEntry):
        return next(iter(open_protocols(entry.answers, content)), "")
    alarming = {line.instrument for line in content.safety_lines}
    if not isinstance(entry, ScoreEntry) or entry.instrument not in alarming:
        return ""
    record = _draft(patient)
    points = summarise(record, content).open if record else ()
    return next((point.what for point in points if point.kind == "safety_protocol"), "")


def _show_section(request: HttpRequest, patient: Patient, page: queries.DraftPage, form: SectionForm) -> HttpResponse:
    record = page.record
    context = _frame(patient, record, form.section) | {"form": form, "saved": record.sections.get(form.section)}
    if isinstance(form, GradingForm):
        content = assessment_content()
        summary = summarise(record, content, patient.sex)
        context |= {
            "rows": presenters.grading_rows(form, record, summary, content),
            "trigeminal": evidence.is_trigeminal(record, summary.pattern, content),
        }
    if isinstance(form, ScoreForm):
        content = assessment_content()
        context["thresholds"] = [threshold_words(threshold, content) for threshold in form.instrument.change]
    if isinstance(form, AreaForm):
        context["map"] = map_page.page(record, assessment_content().body_map, [form.area])
    if isinstance(form, BodyForm):
        context |= _body_context(patient, record)
    if page.report is not None:
        context["said"] = panel(page.report, form.section, record, assessment_content(), form.on_file.preferences)
    if form.section == "tests":
        context["effects"] = presenters.test_effects(record, assessment_content())
    return render(request, f"assessments/sections/{_template_of(form)}.html", context)


def _body_context(patient: Patient, record: AssessmentRecord) -> dict[str, Any]:
    """All areas on one figure, what the pattern may be, and what changed since the assessment before."""
    content = assessment_content()
    before = queries.newest_signed(patient.pk, record.assessed_on)
    return {
        "map": map_page.page(record, content.body_map, is_small=True),
        "candidates": presenters.candidate_rows(summarise(record, content, patient.sex).pattern),
        "before": before,
        "changes": map_page.changes(map_page.marks_of(before.areas), map_page.marks_of(record.areas), content.body_map)
        if before
        else (),
    }


def _template_of(form: SectionForm) -> str:
    if isinstance(form, ScoreForm):
        return "score"
    return "area" if form.section.startswith("area-") else form.section


def _may_begin(page: queries.DraftPage, form: SectionForm) -> bool:
    """A questionnaire that the clinic switched off is not begun anew; what was begun is finished."""
    if not isinstance(form, ScoreForm) or form.section in page.record.sections:
        return True
    return form.instrument.id in page.in_use


def _show_scores(request: HttpRequest, patient: Patient, page: queries.DraftPage) -> HttpResponse:
    """The list of questionnaires beyond the core ones."""
    record, content = page.record, assessment_content()
    background = _background(record)
    listed = score_list(
        record,
        summarise(record, content, patient.sex),
        content,
        page.in_use,
        queries.newest_answers(patient.pk, record.assessed_on),
        background,
    )
    context = _frame(patient, record, "scores", background) | {
        "list": listed,
        "next_section": presenters.next_section(record, "scores"),
    }
    return render(request, "assessments/scores.html", context)


def _conflict(request: HttpRequest, patient: Patient, record: AssessmentRecord, form: SectionForm) -> HttpResponse:
    """Nothing was stored: show what stands there now beside what was sent, field by field."""
    if "X-Autosave" in request.headers:
        return JsonResponse({"conflict": True}, status=CONFLICT)
    on_file = form.on_file
    stored = section_form(form.section, record, assessment_content(), on_file)
    if stored is None:
        raise Http404
    context = _frame(patient, record, form.section) | {
        "stored": stored,
        "saved": record.sections.get(form.section),
        "differences": differences(stored, form),
        "mine": [(name, texts) for name, texts in request.POST.lists() if name in stored.fields and name != "version"],
    }
    return render(request, "assessments/conflict.html", context, status=CONFLICT)


def _resolved(posted: QueryDict | None, record: AssessmentRecord, section: str, on_file: OnFile) -> QueryDict | None:
    """A posted conflict page as one form: what stands there, with the chosen fields in the sender's version."""
    if posted is None or "resolve" not in posted:
        return posted
    stored = section_form(section, record, assessment_content(), on_file)
    if stored is None:
        return posted
    merged = stored.as_stored()
    merged["version"] = posted.get("version", "0")
    for name in stored.fields:
        if posted.get(f"pick-{name}") == "mine":
            merged.setlist(name, posted.getlist(f"mine-{name}"))
    return merged


@require_GET
def so_far(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """The column with what the assessment means so far, fetched anew after each save."""
    patient = _patient(request, patient_id, Permission.ASSESS)
    record = _draft(patient)
    if record is None:
        return HttpResponse(status=204)
    return render(
        request,
        "assessments/so_far.html",
        {"meaning": _meaning(patient, record), "patient": patient, "content": assessment_content()},
    )


@require_POST
def area_add(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Add a pain area and go to it."""
    patient = _patient(request, patient_id, Permission.ASSESS)
    record = _draft(patient)
    if record is None:
        return _no_draft(request, patient)
    name = request.POST.get("name", "").strip()
    try:
        area = services.add_area(actor=actor_of(request), patient=patient, assessment_id=record.id, name=name)
    except services.SectionUnknown:
        messages.error(request, _("There are as many pain areas as fit. Remove one first."))
        return redirect("assessment-section", patient.pk, "areas")
    if len(name) > services.LONGEST_NAME:
        messages.warning(
            request, _("The name was cut after %(most)d characters. Check it.") % {"most": services.LONGEST_NAME}
        )
    return redirect("assessment-section", patient.pk, f"area-{area}")


@require_POST
def area_remove(request: HttpRequest, patient_id: UUID, area: UUID) -> HttpResponse:
    """Remove a pain area with everything said about it."""
    patient = _patient(request, patient_id, Permission.ASSESS)
    record = _draft(patient)
    if record is None:
        return _no_draft(request, patient)
    try:
        services.remove_area(actor=actor_of(request), patient=patient, assessment_id=record.id, area=area)
    except services.SectionUnknown as missing:
        raise Http404 from missing
    messages.success(request, _("The pain area was removed."))
    return redirect("assessment-section", patient.pk, "areas")


@FormPage
def sign(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """What will be signed: what is unknown, what was done about red flags, what it writes into the record."""
    actor = actor_of(request)
    posting = request.method == "POST"
    patient = _patient(request, patient_id, Permission.SIGN_ASSESSMENT if posting else Permission.ASSESS)
    page = queries.draft_page(patient.pk)
    if page is None:
        return _no_draft(request, patient)
    record, content = page.record, assessment_content()
    status = 200
    if posting:
        try:
            services.sign(
                actor=actor,
                patient=patient,
                assessment_id=record.id,
                revision=request.POST.get("revision", "") if _is_this(request, record) else "",
                now=timezone.now(),
                today=timezone.localdate(),
            )
        except (services.NotSignable, services.ChangedSinceShown) as refusal:
            messages.error(request, str(refusal))
            status = REFUSED
        else:
            messages.success(request, _("The assessment is signed."))
            return redirect("assessment-read", patient.pk, record.id)
    context = _frame(patient, record, "sign") | {
        "may_sign": allows(actor, Permission.SIGN_ASSESSMENT),
        "page": presenters.read_page(record, summarise(record, content, patient.sex), content),
        "unsettled": unsettled(page.report, record, content) if page.report else None,
        **_areas_context(record),
    }
    return render(request, "assessments/sign.html", context, status=status)


@FormPage
def discard(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Throw the draft away, after a question."""
    patient = _patient(request, patient_id, Permission.ASSESS)
    record = _draft(patient)
    if record is None:
        return _no_draft(request, patient)
    if request.method == "POST":
        services.discard(actor=actor_of(request), patient=patient, assessment_id=record.id)
        messages.success(request, _("The draft was discarded."))
        return redirect("patient-assess", patient.pk)
    return render(request, "assessments/discard.html", {"patient": patient, "record": record})


@require_GET
def read(request: HttpRequest, patient_id: UUID, assessment_id: UUID) -> HttpResponse:
    """A signed assessment, for reading and printing."""
    actor = actor_of(request)
    patient = patient_for(actor, patient_id)
    record = _signed(patient, assessment_id)
    content = assessment_content()
    summary = summarise(record, content, patient.sex)
    context = {
        "patient": patient,
        "record": record,
        "page": presenters.read_page(record, summary, content),
        **_areas_context(record),
        "meaning": presenters.so_far(record, summary, content, _background(record)),
        "may_assess": allows(actor, Permission.ASSESS) and record.superseded_by_id is None,
    }
    return render(request, "assessments/read.html", context)


@require_GET
def letter_page(request: HttpRequest, patient_id: UUID, assessment_id: UUID) -> HttpResponse:
    """A signed assessment on one page, as a letter that can be copied as text."""
    patient = patient_for(actor_of(request), patient_id)
    record = _signed(patient, assessment_id)
    content = assessment_content()
    paragraphs = letter.letter(record, summarise(record, content, patient.sex), content)
    context = {"patient": patient, "record": record, "paragraphs": paragraphs, "text": letter.as_text(paragraphs)}
    return render(request, "assessments/letter.html", context | _areas_context(record))


@require_GET
def compare(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """The marked skin of two signed assessments beside each other, with what was gained and lost in words."""
    patient = patient_for(actor_of(request), patient_id)
    signed = [line for line in queries.assessments_of(patient.pk) if line.status == "signed" and not line.corrected_by]
    context: dict[str, Any] = {"patient": patient, "lines": signed}
    if len(signed) > 1:
        wanted = {str(line.id): line for line in signed}
        earlier = wanted.get(request.GET.get("earlier", ""), signed[1])
        later = wanted.get(request.GET.get("later", ""), signed[0])
        pair = queries.signed_pair(patient.pk, earlier.id, later.id)
        if pair is None:
            raise Http404
        body_map = assessment_content().body_map
        context |= {
            "earlier": earlier,
            "later": later,
            "sides": [
                (record, map_page.page(record, body_map, is_small=True, name=f"bodymap-{place}"))
                for place, record in zip(("earlier", "later"), pair, strict=True)
            ],
            "changes": map_page.changes(map_page.marks_of(pair[0].areas), map_page.marks_of(pair[1].areas), body_map),
        }
    return render(request, "assessments/compare.html", context)


@FormPage
def correct(request: HttpRequest, patient_id: UUID, assessment_id: UUID) -> HttpResponse:
    """Begin a correction of a signed assessment, with a reason."""
    patient = _patient(request, patient_id, Permission.ASSESS)
    record = _signed(patient, assessment_id)
    problem, reason = "", request.POST.get("reason", "")
    if request.method == "POST":
        try:
            services.correct(
                actor=actor_of(request), patient=patient, assessment_id=record.id, reason=reason, now=timezone.now()
            )
        except services.CorrectionRefused as refusal:
            problem = str(refusal)
        else:
            return redirect("assessment-section", patient.pk, FIXED_SECTIONS[0])
    context = {"patient": patient, "record": record, "problem": problem, "reason": reason}
    return render(request, "assessments/correct.html", context, status=REFUSED if problem else 200)


@require_GET
@permission_required(Permission.MANAGE_ORGANISATION)
def instruments(request: HttpRequest) -> HttpResponse:
    """Which questionnaires each clinic uses, with licence and version."""
    clinics = list(account_queries.clinics_of(actor_of(request).organisation_id))
    content = assessment_content()
    choices = clinic_choices(clinics, queries.instruments_of_clinics([clinic.pk for clinic in clinics]), content)
    return render(request, "assessments/instruments.html", {"clinics": choices, "content": content})


@require_POST
@permission_required(Permission.MANAGE_ORGANISATION)
def instrument_choose(request: HttpRequest, clinic_id: UUID, instrument: str) -> HttpResponse:
    """Switch one questionnaire on or off for a clinic."""
    is_on = request.POST.get("on") == "1"
    try:
        services.choose_instrument(
            actor=actor_of(request), clinic_id=clinic_id, instrument=instrument, is_on=is_on, now=timezone.now()
        )
    except services.InstrumentNotKnown as missing:
        raise Http404 from missing
    name = assessment_content().instruments[instrument].short_name
    said = _("%(name)s is switched on.") if is_on else _("%(name)s is switched off. Past scores stay.")
    messages.success(request, said % {"name": name})
    return redirect(f"{reverse('instruments')}#{clinic_id}-{instrument}")


# --- what the pages share -------------------------------------------------------------------------------------------


class WrongPatient(Denied):
    """The form was opened for another patient; nothing was stored."""

    def __init__(self, patient_id: UUID) -> None:
        super().__init__(
            "other_patient",
            _("This form was opened for another patient. Nothing was stored. Open it again from this record."),
            patient_id,
        )


def _patient(request: HttpRequest, patient_id: UUID, permission: Permission) -> Patient:
    """The patient; a form that was opened for somebody else is refused."""
    patient = patient_for(actor_of(request), patient_id, permission)
    if request.method == "POST":
        _refuse_other(request, patient)
    return patient


def _refuse_other(request: HttpRequest, patient: Patient) -> None:
    # SAFETY: what was typed for one patient never lands in another record (test_a_form_of_another_patient_is_refused).
    if request.POST.get("patient_id") != str(patient.pk):
        raise WrongPatient(patient.pk)


def _draft(patient: Patient) -> AssessmentRecord | None:
    return queries.draft_of(patient.pk)


def _no_draft(request: HttpRequest, patient: Patient) -> HttpResponse:
    if "X-Autosave" in request.headers:
        return JsonResponse({"conflict": True}, status=CONFLICT)
    messages.info(request, _("No assessment is open. Start one here."))
    return redirect("patient-assess", patient.pk)


def _signed(patient: Patient, assessment_id: UUID) -> AssessmentRecord:
    record = queries.assessment_of(patient.pk, assessment_id)
    if record is None or not record.is_signed:
        raise Http404
    return record


def _is_this(request: HttpRequest, record: AssessmentRecord) -> bool:
    return request.POST.get("assessment") == str(record.id)


def _meaning(patient: Patient, record: AssessmentRecord, background: Background | None = None) -> presenters.SoFar:
    content = assessment_content()
    summary = summarise(record, content, patient.sex)
    return presenters.so_far(record, summary, content, background or _background(record))


def _background(record: AssessmentRecord) -> Background:
    """What the scores are read against. Two queries."""
    return Background(queries.answers_before(record), goals_of(record.patient_id))


def _frame(
    patient: Patient, record: AssessmentRecord, section: str, background: Background | None = None
) -> dict[str, Any]:
    """What every page of the draft shows around its questions; `background` where the page has read it already."""
    return {
        "patient": patient,
        "record": record,
        "section": section,
        "links": presenters.section_links(record, section),
        "label": presenters.section_label(record, section) if section != "sign" else _("Sign"),
        "lead": presenters.SECTION_LEADS.get(section, ""),
        "meaning": _meaning(patient, record, background),
        "content": assessment_content(),
    }


def _areas_context(record: AssessmentRecord) -> dict[str, Any]:
    """The pain areas in sentences, and all of them on a small figure."""
    content = assessment_content()
    return {
        "areas": letter.areas(record, content),
        "map": map_page.page(record, content.body_map, is_small=True) if record.regions else None,
    }


def _on_file(patient: Patient, section: str) -> OnFile:
    """What a section shows besides its own answers: the record with its dates, or the people who may act."""
    if section in GIVING_TASKS:
        people = account_queries.staff_of(patient.organisation_id, CARE_ROLES)
        return replace(NOTHING_ON_FILE, colleagues={str(person.pk): str(person) for person in people})
    if section not in SHOWING_RECORD:
        return NOTHING_ON_FILE
    record = patient_queries.record_of(patient, timezone.localdate())
    words = {"present": "yes", "absent": "no"}
    concepts = [entry for entry in record.problems if entry.kind == "concept"]
    return OnFile(
        concepts={entry.code: words.get(entry.status, "unknown") for entry in concepts},
        concept_notes={
            entry.code: _("On record since %(day)s") % {"day": entry.stated_on.isoformat()} for entry in concepts
        },
        preferences=frozenset(record.preferences),
    )
