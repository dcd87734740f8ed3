"""Two versions of a section beside each other, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext

from assessments.forms.fields import UNKNOWN, Text
from assessments.forms.section import SectionForm


def shown(form: SectionForm, name: str, texts: Sequence[str]) -> str:
    """Stored or posted texts of a field as a person reads them, for comparing two versions."""
    field = form.fields[name]
    if isinstance(field, forms.BooleanField):
        return gettext("Yes") if texts else gettext("No")
    choices = {str(value): str(label) for value, label in getattr(field, "choices", ())}
    return ", ".join(choices.get(text, text) for text in texts if text) or gettext("Nothing")


def differences(stored: SectionForm, posted: SectionForm) -> list[tuple[str, Text, str, str]]:
    """Fields in which two forms of a section differ: name, label, what is stored, what was posted, in words."""
    mine, theirs = cast(QueryDict, posted.data), cast(QueryDict, stored.data)
    found = []
    for name, field in stored.fields.items():
        if name == "version":
            continue
        here, there = _comparable(field, theirs.getlist(name)), _comparable(field, mine.getlist(name))
        if here != there:
            found.append((name, field.label or name, shown(stored, name, here), shown(stored, name, there)))
    return found


def _comparable(field: forms.Field, texts: Sequence[str]) -> list[str]:
    """Texts without those that mean nothing: an unchosen answer is the same as "unknown"."""
    empty = {"", UNKNOWN} if isinstance(field, forms.ChoiceField) else {""}
    return sorted(text.strip() for text in texts if text.strip() not in empty)
