"""Addresses of the published rulebook."""

from django.urls import path

from treatments import rulebook_views as views

urlpatterns = [
    path("rules/", views.index, name="rulebook"),
    path("rules/search/", views.search, name="rulebook-search"),
    path("rules/reviews/", views.reviews, name="rulebook-reviews"),
    path("rules/agents/<slug:agent_id>/", views.agent, name="rulebook-agent"),
    path("rules/therapies/<slug:therapy_id>/", views.therapy, name="rulebook-therapy"),
    path("rules/conditions/<slug:condition_id>/", views.condition, name="rulebook-condition"),
    path("rules/rule/<slug:rule_id>/", views.rule, name="rulebook-rule"),
]
