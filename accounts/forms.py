"""Forms about people and the audit trail: shape and cleaning; they store nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from accounts.roles import Role


class MemberForm(forms.Form):
    """A person and the role they get."""

    name = forms.CharField(label=_("Name"), max_length=200)
    email = forms.EmailField(label=_("E-mail address"))
    role = forms.TypedChoiceField(label=_("Role"), choices=Membership.RoleName, coerce=Role)
    clinic_id = forms.TypedChoiceField(label=_("Clinic"), coerce=UUID, required=False, empty_value=None)

    def __init__(self, *args: Any, clinics: Iterable[tuple[UUID, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["clinic_id"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("No clinic")), *((str(key), name) for key, name in clinics)]


class TrailForm(forms.Form):
    """What to look for in the audit trail."""

    patient = forms.UUIDField(label=_("Patient (id)"), required=False)
    who = forms.UUIDField(label=_("Who"), required=False)
    what = forms.CharField(label=_("What begins with"), required=False, max_length=40)
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    before = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, staff: Iterable[tuple[UUID, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        people = [("", _("Everybody")), *((str(key), name) for key, name in staff)]
        self.fields["who"].widget = forms.Select(choices=people)
