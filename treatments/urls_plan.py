"""Addresses of the plan. The permission matrix test expects every one of them in its table."""

from django.urls import path

from treatments import api, views

_PLAN = "patients/<uuid:patient_id>/plan/"

urlpatterns = [
    path(_PLAN, views.plan, name="patient-plan"),
    path(f"{_PLAN}start/", views.draft_start, name="plan-start"),
    path(f"{_PLAN}add/", views.item_add, name="plan-item-add"),
    path(f"{_PLAN}remove/", views.item_remove, name="plan-item-remove"),
    path(f"{_PLAN}items/<slug:ref_id>/", views.item_edit, name="plan-item"),
    path(f"{_PLAN}items/<slug:ref_id>/agreed/", views.agreement_edit, name="plan-agreement"),
    path(f"{_PLAN}goals/", views.goals_edit, name="plan-goals"),
    path(f"{_PLAN}discard/", views.draft_discard, name="plan-discard"),
    path(f"{_PLAN}reason/", views.reason, name="plan-reason"),
    path(f"{_PLAN}reason/<uuid:override_id>/take-back/", views.reason_take_back, name="plan-reason-take-back"),
    path(f"{_PLAN}missing/<slug:fact>/", views.fact, name="plan-fact"),
    path(f"{_PLAN}sign/", views.sign, name="patient-plan-sign"),
    path(f"{_PLAN}<uuid:plan_id>/", views.plan_read, name="patient-plan-read"),
    path(f"{_PLAN}<uuid:plan_id>/print/", views.plan_print, name="patient-plan-print"),
    path(f"{_PLAN}<uuid:plan_id>/stop/", views.plan_stop, name="plan-stop"),
    path("patients/<uuid:patient_id>/tried/", views.tried, name="patient-tried"),
    path("patients/<uuid:patient_id>/missing/", views.missing_panel, name="missing-panel"),
    path("api/patients/<uuid:patient_id>/proposal/", api.proposal, name="api-proposal"),
]
