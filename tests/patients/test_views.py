"""The pages of the record in a browser without script."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEvent, Clinic
from patients import queries, services, views
from patients.models import Allergy, Measurement, MedicationStatement, Patient, Problem
from tests.cast import TODAY, Member, NewPatient


def href(name: str, patient: Patient, *more: object) -> str:
    return reverse(name, args=[patient.pk, *more])


def words(response: Any) -> str:
    """What a reader sees, without the tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())).replace("&#x27;", "'")


def filled(patient: Patient, **values: Any) -> dict[str, Any]:
    return {"patient_id": str(patient.pk), "source": "clinician"} | values


# --- list, search, register -------------------------------------------------------------------------------------------


def test_a_search_by_post_finds_and_keeps_the_name_out_of_the_address(
    clinician: Member, patient: Patient, new_patient: NewPatient
) -> None:
    new_patient(family_name="Nobody")
    response = clinician.client.post(reverse("patient-list"), {"q": "johan"})
    assert "JOHANSSON, Ingrid" in words(response)
    assert "NOBODY" not in words(response)
    assert "johan" not in "".join(re.findall(r'(?:href|action)="([^"]*)"', response.content.decode()))


def test_a_search_that_finds_nobody_says_what_to_do(clinician: Member, patient: Patient) -> None:
    assert "Nobody on file fits." in words(clinician.client.post(reverse("patient-list"), {"q": "zzz"}))


def test_a_wrong_date_is_told_and_nothing_is_lost(clinician: Member, patient: Patient) -> None:
    response = clinician.client.post(reverse("patient-list"), {"q": "johan", "birth_date": "soon"})
    assert response.status_code == 422
    assert 'value="soon"' in response.content.decode()


def test_the_next_page_goes_on_where_this_one_ends(clinician: Member, new_patient: NewPatient) -> None:
    for _number in range(queries.PAGE + 1):
        new_patient()
    first = clinician.client.get(reverse("patient-list"))
    after = re.search(r'name="after" value="([^"]+)"', first.content.decode())
    assert after
    second = clinician.client.post(reverse("patient-list"), {"after": after[1]})
    assert second.content.decode().count('<th scope="row"') == 1


def test_suggestions_lead_to_the_patient(clinician: Member, patient: Patient) -> None:
    [found] = clinician.client.post(reverse("search-suggestions"), {"q": "ingrid j"}).json()["results"]
    assert found["label"] == "JOHANSSON, Ingrid"
    assert str(patient.pk) in found["url"]
    assert clinician.client.post(reverse("search-suggestions"), {"q": " "}).json() == {"results": []}
    # A name in an address would end in logs and histories.
    assert clinician.client.get(reverse("search-suggestions"), {"q": "ingrid j"}).status_code == 405


def test_the_trail_names_those_who_were_suggested_and_nobody_else(clinician: Member, new_patient: NewPatient) -> None:
    for _number in range(views.SUGGESTIONS + 2):
        new_patient(family_name="Berg")
    found = clinician.client.post(reverse("search-suggestions"), {"q": "berg"}).json()["results"]
    listed = AuditEvent.objects.get(action="patient.list").detail["patients"]
    assert [row["id"] for row in found] == listed
    assert len(listed) == views.SUGGESTIONS


def registration(clinic: Clinic, **changes: Any) -> dict[str, Any]:
    return {
        "family_name": "Berg",
        "given_names": "Åsa",
        "birth_date": "1970-03-01",
        "number": "B-7",
        "clinic_id": str(clinic.pk),
        "sex": "female",
        "pregnancy": "unknown",
        "language": "en",
    } | changes


def test_a_patient_is_registered_once_duplicates_were_ruled_out(
    clinician: Member, clinic: Clinic, patient: Patient
) -> None:
    same = registration(clinic, family_name="Johansson", given_names="Ingrid", birth_date="1951-05-02")
    asked = clinician.client.post(reverse("patient-register"), same)
    assert asked.status_code == 422
    assert "may be the same person" in words(asked)
    assert 'value="Johansson"' in asked.content.decode()
    assert Patient.objects.count() == 1
    listed = AuditEvent.objects.get(target="possible duplicates")
    assert listed.detail["patients"] == [str(patient.pk)], "who was shown stands in the trail"
    done = clinician.client.post(reverse("patient-register"), same | {"confirmed": "true"})
    assert done.status_code == 302
    assert Patient.objects.count() == 2


def chosen_clinic(response: Any) -> str:
    found = re.search(r'<option value="([^"]*)" selected>', response.content.decode().split('name="clinic_id"')[1])
    return found[1] if found else ""


def test_a_patient_is_registered_in_the_clinic_of_the_person_unless_another_is_chosen(
    clinician: Member, colleague: Member, clinic: Clinic
) -> None:
    """The first clinic by name was taken unseen, and with it the rules for a practice or for specialists."""
    Clinic.objects.create(organisation=clinic.organisation, name="A practice")
    assert chosen_clinic(clinician.client.get(reverse("patient-register"))) == str(clinic.pk)
    assert "Choose a clinic" in words(colleague.client.get(reverse("patient-register")))
    refused = colleague.client.post(reverse("patient-register"), registration(clinic, clinic_id=""))
    assert refused.status_code == 422
    assert "Clinic" in words(refused)
    assert Patient.objects.count() == 0


def test_registering_shows_every_problem_and_keeps_what_was_typed(clinician: Member, clinic: Clinic) -> None:
    response = clinician.client.post(
        reverse("patient-register"), registration(clinic, sex="male", pregnancy="pregnant", reminder_consent="on")
    )
    assert response.status_code == 422
    assert "2 problems" in words(response)
    assert "does not fit the sex" in words(response)
    assert "enter an address" in words(response)
    assert 'value="Åsa"' in response.content.decode()


# --- the record -------------------------------------------------------------------------------------------------------


def test_the_banner_says_who_and_what_is_unknown(clinician: Member, patient: Patient) -> None:
    page = words(clinician.client.get(href("patient-record", patient)))
    for text in ("JOHANSSON, Ingrid", "1951-05-02", "No. 40218", "Allergies not recorded", "QTc unknown"):
        assert text in page
    services.state_no_known_allergies(actor=clinician.actor, patient=patient, stated_on=TODAY, today=TODAY)
    old = TODAY - dt.timedelta(days=400)
    services.record_measurement(
        actor=clinician.actor, patient=patient, code="qtc", value="438", unit="ms", measured_on=old, today=TODAY
    )
    page = words(clinician.client.get(href("patient-record", patient)))
    assert "No known allergies" in page
    assert re.search(r"QTc 438\s+ms", page.replace("\xa0", " "))
    assert "out of date" in page.lower()


def test_an_unknown_medicine_is_kept_and_marked(clinician: Member, patient: Patient) -> None:
    response = clinician.client.post(href("record-add", patient, "medicine"), filled(patient, text="zelmotrine forte"))
    assert response.headers["Location"] == href("patient-record", patient) + "#medicine"
    page = words(clinician.client.get(href("patient-record", patient)))
    assert "zelmotrine forte Not checked" in page
    clinician.client.post(href("record-add", patient, "medicine"), filled(patient, text="Voltarol"))
    page = words(clinician.client.get(href("patient-record", patient)))
    assert "Not checked: ask which product" in page
    assert "may be diclofenac or diclofenac gel" in page


def test_every_line_says_who_when_and_from_where(nurse: Member, patient: Patient) -> None:
    nurse.client.post(
        href("record-add", patient, "medicine"),
        filled(patient, text="Lyrica", daily_dose="150", unit="mg", source="letter"),
    )
    page = words(nurse.client.get(href("patient-record", patient))).replace("\xa0", " ")
    assert "Lyrica pregabalin · 150 mg a day" in page
    assert "Letter or other record · Rosa Martin ·" in page


def test_a_refused_value_says_the_range_and_loses_nothing(clinician: Member, patient: Patient) -> None:
    response = clinician.client.post(
        href("record-add", patient, "measurement"),
        filled(patient, code="creatinine", value="1.9", unit="umol/L", measured_on=str(TODAY)),
    )
    assert response.status_code == 422
    assert "15 to 2500 umol/L" in words(response)
    assert 'value="1.9"' in response.content.decode()
    assert not Measurement.objects.exists()


def test_a_correction_shows_the_old_line_struck_in_the_history(clinician: Member, patient: Patient) -> None:
    clinician.client.post(
        href("record-add", patient, "measurement"),
        filled(patient, code="creatinine", value="19", unit="mg/dL", measured_on=str(TODAY)),
    )
    row = Measurement.objects.get()
    form = clinician.client.get(href("record-correct", patient, "measurement", row.pk))
    assert 'value="19"' in form.content.decode()
    changed = filled(patient, code="creatinine", value="1.9", unit="mg/dL", measured_on=str(TODAY))
    refused = clinician.client.post(href("record-correct", patient, "measurement", row.pk), changed)
    assert refused.status_code == 422
    done = clinician.client.post(
        href("record-correct", patient, "measurement", row.pk), changed | {"reason": "decimal point"}
    )
    assert done.status_code == 302
    page = words(clinician.client.get(href("patient-record", patient)))
    assert "1.9" in page
    history = clinician.client.get(href("record-history", patient, "measurement")).content.decode()
    assert re.search(r"<s>[^<]*19", history)
    assert "Maya Adeyemi: decimal point" in history
    assert "<h1>History: Measurements</h1>" in history
    late = clinician.client.post(href("record-correct", patient, "measurement", row.pk), changed | {"reason": "again"})
    assert late.status_code == 422
    assert "in the meantime" in words(late)


def test_stopping_and_withdrawing_need_a_reason(clinician: Member, patient: Patient) -> None:
    services.record_medicine(actor=clinician.actor, patient=patient, text="Lyrica", today=TODAY)
    row = MedicationStatement.objects.get()
    stop = href("medicine-stop", patient, row.pk)
    assert clinician.client.post(stop, filled(patient, stopped_on=str(TODAY))).status_code == 422
    done = clinician.client.post(stop, filled(patient, stopped_on=str(TODAY), stop_reason="dizzy"))
    assert done.status_code == 302
    page = words(clinician.client.get(href("patient-record", patient)))
    assert "Stopped 1" in page
    assert "dizzy" in page
    newest = queries.current(MedicationStatement, patient.pk).get()
    gone = href("record-withdraw", patient, "medicine", newest.pk)
    assert clinician.client.post(gone, filled(patient, reason="")).status_code == 422
    assert clinician.client.post(gone, filled(patient, reason="other patient")).status_code == 302
    assert not queries.current(MedicationStatement, patient.pk).exists()


def test_reviews_and_no_known_allergies_are_one_press(clinician: Member, patient: Patient) -> None:
    for kind in ("problem", "medicine"):
        assert "Whole list not reviewed" in words(clinician.client.get(href("patient-record", patient)))
        clinician.client.post(href("record-review", patient, kind), filled(patient, day=str(TODAY)))
    clinician.client.post(href("record-no-known-allergies", patient), filled(patient, day=str(TODAY)))
    page = words(clinician.client.get(href("patient-record", patient)))
    assert "Whole list not reviewed" not in page
    assert "No known allergies" in page
    record = queries.record_of(patient, TODAY)
    assert (record.problem_list_reviewed_on, record.medicines_reviewed_on, record.allergies) == (TODAY, TODAY, ())


def test_a_form_that_was_opened_for_another_patient_is_refused(
    clinician: Member, patient: Patient, new_patient: NewPatient
) -> None:
    """Two tabs, two patients: nothing typed for one may land in the other's record."""
    other = new_patient()
    wrong = filled(other, text="penicillin", stated_on=str(TODAY))
    response = clinician.client.post(href("record-add", patient, "allergy"), wrong)
    assert response.status_code == 422
    assert "opened for another patient" in words(response)
    clinician.client.post(href("record-review", patient, "problem"), filled(other, day=str(TODAY)))
    clinician.client.post(href("record-no-known-allergies", patient), filled(other, day=str(TODAY)))
    clinician.client.post(href("team-leave", patient), filled(other, user_id=str(clinician.user.pk)))
    clinician.client.post(href("task-add", patient), filled(other, text="x", due_on=str(TODAY), owner_id=""))
    assert not Allergy.objects.exists()
    assert queries.record_of(patient, TODAY).problem_list_reviewed_on is None
    assert queries.care_team(patient.pk).count() == 1
    assert not queries.tasks_of(patient.pk)


def test_a_link_can_bring_the_missing_measurement_along(clinician: Member, patient: Patient) -> None:
    page = clinician.client.get(href("record-add", patient, "measurement"), {"code": "creatinine"}).content.decode()
    assert re.search(r'<option value="creatinine" selected', page)


def test_problems_are_chosen_or_written(clinician: Member, patient: Patient) -> None:
    url = href("record-add", patient, "problem")
    same = {"status": "present", "stated_on": str(TODAY), "onset_on": ""}
    assert clinician.client.post(url, filled(patient, problem="condition:dpn", **same)).status_code == 302
    assert clinician.client.post(url, filled(patient, problem="other:", text="", **same)).status_code == 422
    assert clinician.client.post(url, filled(patient, problem="other:", text="Gout", **same)).status_code == 302
    assert {(row.kind, row.code, row.text) for row in Problem.objects.all()} == {
        ("condition", "dpn", ""),
        ("other", "", "Gout"),
    }
    assert "Painful diabetic polyneuropathy" in words(clinician.client.get(href("patient-record", patient)))


def test_htmx_gets_the_form_alone_and_the_same_address_is_a_whole_page(clinician: Member, patient: Patient) -> None:
    url = href("record-add", patient, "note")
    part = clinician.client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "<form" in part
    assert "<html" not in part
    assert "<html" in clinician.client.get(url).content.decode()


def test_somebody_who_may_only_read_sees_no_buttons(auditor: Member, clinician: Member, patient: Patient) -> None:
    assert auditor.client.get(href("patient-record", patient)).status_code == 403
    assert "record/problem/add" in clinician.client.get(href("patient-record", patient)).content.decode()


# --- team, tasks, readers ---------------------------------------------------------------------------------------------


def test_the_team_grows_shrinks_and_takes_tasks(clinician: Member, nurse: Member, patient: Patient) -> None:
    clinician.client.post(href("team-join", patient), filled(patient, user_id=str(nurse.user.pk)))
    page = words(clinician.client.get(href("patient-team", patient)))
    assert "Care team: 2" in page
    clinician.client.post(
        href("task-add", patient), filled(patient, text="ring the laboratory", due_on=str(TODAY), owner_id="")
    )
    page = clinician.client.get(href("patient-team", patient)).content.decode()
    assert "ring the laboratory" in page
    task_id = re.search(r'name="task_id" value="([^"]+)"', page)
    assert task_id
    clinician.client.post(href("task-finish", patient), filled(patient, task_id=task_id[1]))
    clinician.client.post(href("team-leave", patient), filled(patient, user_id=str(nurse.user.pk)))
    page = words(clinician.client.get(href("patient-team", patient)))
    assert "Nothing is open." in page
    assert "Care team: 1" in page


def test_who_opened_the_record_is_told(clinician: Member, nurse: Member, patient: Patient) -> None:
    nurse.client.get(href("patient-record", patient))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    page = words(clinician.client.get(href("patient-readers", patient)))
    assert "Rosa Martin" in page
    assert "same clinic" in page
    only = words(clinician.client.get(href("patient-readers", patient), {"who": str(clinician.user.pk)}))
    assert "same clinic" not in only


# --- every page -------------------------------------------------------------------------------------------------------


def test_changed_details_show_what_was_before(clinician: Member, patient: Patient, clinic: Clinic) -> None:
    url = href("patient-details", patient)
    page = clinician.client.get(url).content.decode()
    values = registration(clinic, family_name="Johansson-Berg", given_names="Ingrid", birth_date="1951-05-02")
    values |= {"number": "40218", "patient_id": str(patient.pk), "version": "1"}
    assert 'value="Johansson"' in page
    assert clinician.client.post(url, values).status_code == 422
    assert clinician.client.post(url, values | {"reason": "married"}).status_code == 302
    page = words(clinician.client.get(url))
    assert "JOHANSSON-BERG, Ingrid" in page
    assert "married" in page


@pytest.mark.parametrize("name", ["patient-record", "patient-team", "patient-list"])
def test_pages_ask_the_database_the_same_number_of_times_whatever_is_on_file(
    name: str, clinician: Member, patient: Patient, new_patient: NewPatient
) -> None:
    url = reverse(name, args=[patient.pk] if name != "patient-list" else [])
    clinician.client.get(url)
    counts = []
    for _round in range(2):
        with CaptureQueriesContext(connection) as made:
            assert clinician.client.get(url).status_code == 200
        counts.append(len(made))
        for number in range(4):
            new_patient()
            same: dict[str, Any] = {"actor": clinician.actor, "patient": patient, "today": TODAY}
            services.record_medicine(**same, text=f"medicine {number}")
            services.record_measurement(**same, code="weight", value=f"{70 + number}", unit="kg", measured_on=TODAY)
            services.add_task(actor=clinician.actor, patient=patient, text="x", due_on=TODAY)
            services.write_note(actor=clinician.actor, patient=patient, text="x")
    assert counts[0] == counts[1]
    assert counts[0] == {"patient-record": 11, "patient-team": 13, "patient-list": 8}[name]


def test_the_typeahead_answers_the_field_and_the_page(clinician: Member) -> None:
    url = reverse("medicine-suggestions")
    found = clinician.client.get(url, {"q": "lyr"}, headers={"Accept": "application/json"}).json()["results"]
    assert found[0] == {"id": "pregabalin", "label": "Lyrica", "detail": "pregabalin"}
    page = words(clinician.client.get(url, {"q": "voltarol"}, headers={"Accept": "text/html"}))
    assert "Ask which product" in page
    assert "diclofenac, diclofenac gel" in page
