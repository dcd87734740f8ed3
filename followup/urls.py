"""Pages of follow-up. The permission matrix test expects every one of them in its table."""

from django.urls import path

from followup import link_views, views

_PATIENT = "patients/<uuid:patient_id>/follow-up/"

urlpatterns = [
    path(_PATIENT, views.patient_follow_up, name="patient-follow-up"),
    path(f"{_PATIENT}answers/add/", views.answers_add, name="follow-up-answers-add"),
    path(f"{_PATIENT}answers/<uuid:answer_id>/seen/", views.answers_seen, name="follow-up-answers-seen"),
    path(f"{_PATIENT}answers/<uuid:answer_id>/review/", views.review_person, name="follow-up-review-person"),
    path(f"{_PATIENT}answers/<uuid:answer_id>/review/<slug:ref_id>/", views.review_add, name="follow-up-review-add"),
    path(f"{_PATIENT}alerts/<uuid:alert_id>/acknowledge/", views.alert_acknowledge, name="follow-up-alert-acknowledge"),
    path(f"{_PATIENT}alerts/<uuid:alert_id>/take/", views.alert_take, name="follow-up-alert-take"),
    path(f"{_PATIENT}due/<uuid:item_id>/take/", views.due_take, name="follow-up-due-take"),
    path(f"{_PATIENT}due/<uuid:item_id>/complete/", views.due_complete, name="follow-up-due-complete"),
    path(f"{_PATIENT}reminders/<uuid:reminder_id>/cancel/", views.reminder_cancel, name="follow-up-reminder-cancel"),
    path(f"{_PATIENT}check-ins/<uuid:check_in_id>/resend/", views.reminder_resend, name="follow-up-reminder-resend"),
    path("patients/<uuid:patient_id>/plan/<uuid:plan_id>/sign/", views.plan_sign, name="plan-sign"),
    path("demo/outbox/", views.demo_outbox, name="demo-outbox"),
    path("c/<str:token>/", link_views.start, name="check-in"),
    path("c/<str:token>/q/<int:number>/", link_views.question, name="check-in-question"),
    path("c/<str:token>/advice/", link_views.advice, name="check-in-advice"),
    path("c/<str:token>/end/", link_views.end, name="check-in-end"),
    path("c/<str:token>/stop/", link_views.stop, name="check-in-stop"),
]
