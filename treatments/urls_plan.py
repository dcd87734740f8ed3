"""Addresses of the plan. The permission matrix test expects every one of them in its table."""

from django.urls import path

from treatments import api, views

_PLAN = "patients/<uuid:patient_id>/plan/"

urlpatterns = [
    path(_PLAN, views.plan, name="patient-plan"),
    path("plans/under-todays-rules/", views.plans_found, name="plans-found"),
    path(f"{_PLAN}start/", views.draft_start, name="plan-start"),
    path(f"{_PLAN}add/", views.item_add, name="plan-item-add"),
    path(f"{_PLAN}add-pair/", views.pair_add, name="plan-pair-add"),
    path(f"{_PLAN}remove/", views.item_remove, name="plan-item-remove"),
    path(f"{_PLAN}compare/", views.compare, name="plan-compare"),
    path(f"{_PLAN}guidelines/", views.guidelines, name="plan-guidelines"),
    path(f"{_PLAN}therapies/<slug:ref_id>/authorisation/", views.authorisation, name="plan-authorisation"),
    path(f"{_PLAN}items/<slug:ref_id>/", views.item_edit, name="plan-item"),
    path(f"{_PLAN}items/<slug:ref_id>/calendar/", views.calendar, name="plan-item-calendar"),
    path(f"{_PLAN}items/<slug:ref_id>/move/", views.item_move, name="plan-item-move"),
    path(f"{_PLAN}items/<slug:ref_id>/stop/", views.item_stop, name="plan-item-stop"),
    path(f"{_PLAN}items/<slug:ref_id>/switch/", views.item_switch, name="plan-item-switch"),
    path(f"{_PLAN}items/<slug:ref_id>/agreed/", views.agreement_edit, name="plan-agreement"),
    path(f"{_PLAN}goals/", views.goals_edit, name="plan-goals"),
    path(f"{_PLAN}discard/", views.draft_discard, name="plan-discard"),
    path(f"{_PLAN}reason/", views.reason, name="plan-reason"),
    path(f"{_PLAN}reason/<uuid:override_id>/take-back/", views.reason_take_back, name="plan-reason-take-back"),
    path(f"{_PLAN}missing/<slug:fact>/", views.fact, name="plan-fact"),
    path(f"{_PLAN}what-if/", views.what_if_page, name="plan-what-if"),
    path(f"{_PLAN}next-question/", views.next_question, name="plan-next-question"),
    path(f"{_PLAN}sign/", views.sign, name="patient-plan-sign"),
    path(f"{_PLAN}versions/", views.plan_versions, name="plan-versions"),
    path(f"{_PLAN}orders/", views.plan_orders, name="plan-orders"),
    path(f"{_PLAN}orders/<uuid:batch_id>/undo/", views.plan_orders_undo, name="plan-orders-undo"),
    path(f"{_PLAN}propose/", views.plan_propose, name="plan-propose"),
    path(f"{_PLAN}return/", views.plan_return, name="plan-return"),
    path(f"{_PLAN}<uuid:plan_id>/", views.plan_read, name="patient-plan-read"),
    path(f"{_PLAN}<uuid:plan_id>/print/", views.plan_print, name="patient-plan-print"),
    path(f"{_PLAN}<uuid:plan_id>/handout/", views.handout, name="plan-handout"),
    path(f"{_PLAN}<uuid:plan_id>/handout.pdf", views.handout_pdf, name="plan-handout-pdf"),
    path(f"{_PLAN}<uuid:plan_id>/stop/", views.plan_stop, name="plan-stop"),
    path("patients/<uuid:patient_id>/tried/", views.tried, name="patient-tried"),
    path("patients/<uuid:patient_id>/missing/", views.missing_panel, name="missing-panel"),
    path("api/patients/<uuid:patient_id>/proposal/", api.proposal, name="api-proposal"),
]
