"""Pages about the organisation. Sign-in, second factor and sessions are django-allauth's, under accounts/."""

from django.urls import path

from accounts import views

urlpatterns = [
    path("organisation/", views.choose_organisation, name="organisation"),
    path("team/", views.team, name="team"),
    path("team/<uuid:membership_id>/remove/", views.member_remove, name="member-remove"),
    path("audit/", views.audit_trail, name="audit-trail"),
    path("audit/verify/", views.audit_verify, name="audit-verify"),
]
