"""Pages of the assessment. The permission matrix test expects every one of them in its table."""

from django.urls import path

from assessments import report_views, views

_REPORT = "patients/<uuid:patient_id>/assess/reports/<uuid:report_id>/"

urlpatterns = [
    path("instruments/", views.instruments, name="instruments"),
    path("instruments/<uuid:clinic_id>/<slug:instrument>/choose/", views.instrument_choose, name="instrument-choose"),
    path("patients/<uuid:patient_id>/assess/", views.assess, name="patient-assess"),
    path("patients/<uuid:patient_id>/assess/so-far/", views.so_far, name="assessment-so-far"),
    path("patients/<uuid:patient_id>/assess/sign/", views.sign, name="assessment-sign"),
    path("patients/<uuid:patient_id>/assess/discard/", views.discard, name="assessment-discard"),
    path("patients/<uuid:patient_id>/assess/compare/", views.compare, name="assessment-compare"),
    path("patients/<uuid:patient_id>/assess/areas/add/", views.area_add, name="assessment-area-add"),
    path(
        "patients/<uuid:patient_id>/assess/areas/<uuid:area>/remove/", views.area_remove, name="assessment-area-remove"
    ),
    path("patients/<uuid:patient_id>/assess/signed/<uuid:assessment_id>/", views.read, name="assessment-read"),
    path(
        "patients/<uuid:patient_id>/assess/signed/<uuid:assessment_id>/letter/",
        views.letter_page,
        name="assessment-letter",
    ),
    path(
        "patients/<uuid:patient_id>/assess/signed/<uuid:assessment_id>/correct/",
        views.correct,
        name="assessment-correct",
    ),
    path(_REPORT, report_views.read, name="patient-report"),
    path(f"{_REPORT}take-over/", report_views.take_over, name="report-take-over"),
    path(f"{_REPORT}set-aside/", report_views.set_aside, name="report-set-aside"),
    path("patients/<uuid:patient_id>/assess/<slug:section>/", views.section, name="assessment-section"),
]
