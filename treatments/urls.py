"""Addresses of treatments."""

from django.urls import include, path

urlpatterns = [
    path("", include("treatments.urls_plan")),
    path("", include("treatments.urls_rules")),
]
