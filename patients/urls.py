"""Pages of patients and their record. The permission matrix test expects every one of them in its table."""

from django.urls import path

from patients import views

urlpatterns = [
    path("patients/", views.patient_list, name="patient-list"),
    path("search/", views.patient_list, name="search"),
    path("search/suggestions/", views.search_suggestions, name="search-suggestions"),
    path("medicines/suggestions/", views.medicine_suggestions, name="medicine-suggestions"),
    path("patients/new/", views.patient_register, name="patient-register"),
    path("patients/<uuid:patient_id>/record/", views.patient_record, name="patient-record"),
    path("patients/<uuid:patient_id>/record/details/", views.patient_details, name="patient-details"),
    path("patients/<uuid:patient_id>/record/readers/", views.patient_readers, name="patient-readers"),
    path(
        "patients/<uuid:patient_id>/record/allergy/none-known/",
        views.no_known_allergies,
        name="record-no-known-allergies",
    ),
    path("patients/<uuid:patient_id>/record/<slug:kind>/add/", views.record_add, name="record-add"),
    path("patients/<uuid:patient_id>/record/<slug:kind>/history/", views.record_history, name="record-history"),
    path("patients/<uuid:patient_id>/record/<slug:kind>/review/", views.record_review, name="record-review"),
    path(
        "patients/<uuid:patient_id>/record/<slug:kind>/<uuid:row_id>/correct/",
        views.record_correct,
        name="record-correct",
    ),
    path(
        "patients/<uuid:patient_id>/record/<slug:kind>/<uuid:row_id>/withdraw/",
        views.record_withdraw,
        name="record-withdraw",
    ),
    path("patients/<uuid:patient_id>/record/medicine/<uuid:row_id>/stop/", views.medicine_stop, name="medicine-stop"),
    path("patients/<uuid:patient_id>/team/", views.patient_team, name="patient-team"),
    path("patients/<uuid:patient_id>/team/join/", views.team_join, name="team-join"),
    path("patients/<uuid:patient_id>/team/leave/", views.team_leave, name="team-leave"),
    path("patients/<uuid:patient_id>/team/tasks/add/", views.task_add, name="task-add"),
    path("patients/<uuid:patient_id>/team/tasks/finish/", views.task_finish, name="task-finish"),
]
