"""Pages of follow-up. The permission matrix test expects every one of them in its table."""

from django.urls import path

from followup import link_views, report_views, views

_PATIENT = "patients/<uuid:patient_id>/follow-up/"
# Below the address of the assessment, of which it is a part to whoever reads it.
_VISIT = "patients/<uuid:patient_id>/assess/reports/ask/"

urlpatterns = [
    path(_PATIENT, views.patient_follow_up, name="patient-follow-up"),
    path(f"{_PATIENT}answers/add/", views.answers_add, name="follow-up-answers-add"),
    path(f"{_PATIENT}answers/<uuid:answer_id>/seen/", views.answers_seen, name="follow-up-answers-seen"),
    path(f"{_PATIENT}answers/<uuid:answer_id>/review/", views.review_person, name="follow-up-review-person"),
    path(f"{_PATIENT}answers/<uuid:answer_id>/review/<slug:ref_id>/", views.review_add, name="follow-up-review-add"),
    path(f"{_PATIENT}agreed/<slug:ref_id>/draft/", views.agreed_draft, name="follow-up-agreed-draft"),
    path(f"{_PATIENT}alerts/<uuid:alert_id>/acknowledge/", views.alert_acknowledge, name="follow-up-alert-acknowledge"),
    path(f"{_PATIENT}alerts/<uuid:alert_id>/take/", views.alert_take, name="follow-up-alert-take"),
    path(f"{_PATIENT}due/<uuid:item_id>/take/", views.due_take, name="follow-up-due-take"),
    path(f"{_PATIENT}due/<uuid:item_id>/complete/", views.due_complete, name="follow-up-due-complete"),
    path(f"{_PATIENT}reminders/<uuid:reminder_id>/cancel/", views.reminder_cancel, name="follow-up-reminder-cancel"),
    path(f"{_PATIENT}check-ins/<uuid:check_in_id>/resend/", views.reminder_resend, name="follow-up-reminder-resend"),
    path("patients/<uuid:patient_id>/plan/<uuid:plan_id>/sign/", views.plan_sign, name="plan-sign"),
    path("demo/outbox/", views.demo_outbox, name="demo-outbox"),
    path(_VISIT, report_views.ask, name="before-visit"),
    path(f"{_VISIT}<uuid:report_id>/take-back/", report_views.take_back, name="before-visit-take-back"),
    path(f"{_VISIT}q/<slug:name>/", report_views.staff_question, name="before-visit-question"),
    path(f"{_VISIT}advice/", report_views.staff_advice, name="before-visit-advice"),
    path(f"{_VISIT}end/", report_views.staff_end, name="before-visit-end"),
    path("c/<str:token>/", link_views.start, name="check-in"),
    path("c/<str:token>/q/<int:number>/", link_views.question, name="check-in-question"),
    path("c/<str:token>/advice/", link_views.advice, name="check-in-advice"),
    path("c/<str:token>/end/", link_views.end, name="check-in-end"),
    path("c/<str:token>/stop/", link_views.stop, name="check-in-stop"),
    path("r/<str:token>/", report_views.start, name="report"),
    path("r/<str:token>/q/<slug:name>/", report_views.question, name="report-question"),
    path("r/<str:token>/advice/", report_views.advice, name="report-advice"),
    path("r/<str:token>/end/", report_views.end, name="report-end"),
    path("r/<str:token>/stop/", report_views.stop, name="report-stop"),
]
