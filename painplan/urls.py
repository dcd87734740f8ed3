"""The URL table. Each app lists its own pages with their full path; the permission matrix test walks this table."""

from django.urls import include, path

from painplan import health, views

urlpatterns = [
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("", views.home, name="home"),
    path("worklist/", views.worklist, name="worklist"),
    path("patients/<uuid:patient_id>/", views.patient_overview, name="patient-overview"),
    path("preferences/", views.preferences, name="preferences"),
    path("style/", views.style_page, name="style"),
    path("style/patient/", views.style_patient_page, name="style-patient"),
    path("", include("accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("", include("patients.urls")),
    path("", include("assessments.urls")),
    path("", include("treatments.urls")),
    path("", include("followup.urls")),
    path("", include("interop.urls")),
]
