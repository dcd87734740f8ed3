"""Two versions of a form beside each other."""

from __future__ import annotations

from typing import Any


def two_versions(stored: Any, mine: Any) -> list[tuple[str, str, str]]:
    """Each field that differs: label, what is saved, what was sent."""
    rows = []
    for name, form_field in mine.fields.items():
        if form_field.widget.is_hidden:
            continue
        saved = _shown(stored, name) if name in stored.fields else ""
        sent = _shown(mine, name)
        if saved != sent:
            label = f"{form_field.label} {int(name.rpartition('_')[2]) + 1}" if name[-1].isdigit() else form_field.label
            rows.append((str(label), saved, sent))
    return rows


def _shown(form: Any, name: str) -> str:
    value = form[name].value()
    choices = dict(getattr(form.fields[name], "choices", ()))
    if isinstance(value, list):
        return ", ".join(str(choices.get(each, each)) for each in value)
    text = choices.get(value, value)
    return "" if text is None else str(text)
