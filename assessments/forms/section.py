"""What all sections share: a form reads and shows; it never saves.

`entry()` gives the typed values of what could be read, `kept()` what could not, as typed. A form is always bound: to
what was posted, or to what is stored with the kept texts in their places, so both look the same on the page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from django import forms
from django.http import QueryDict

from assessments.definitions import AssessmentContent
from assessments.entries import Entry, storable
from assessments.record import AssessmentRecord, KeptText


@dataclass(frozen=True, slots=True)
class OnFile:
    """What the patient's record says already, by code: status and, in words, since when."""

    concepts: Mapping[str, str]
    concept_notes: Mapping[str, str]
    preferences: frozenset[str]
    # Who of the clinic may be given something to do, by id.
    colleagues: Mapping[str, str] = field(default_factory=dict)


NOTHING_ON_FILE = OnFile({}, {}, frozenset())


class SectionForm(forms.Form):
    """What all sections share: the version they were made from, what is stored, and what could not be read."""

    section: str
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(
        self,
        section: str,
        record: AssessmentRecord,
        content: AssessmentContent,
        on_file: OnFile,
        data: QueryDict | None = None,
    ) -> None:
        self.section, self.record, self.content, self.on_file = section, record, content, on_file
        super().__init__()
        self.build()
        for asked in self.fields.values():
            # A browser cuts a pasted text at this length and says nothing; ours is kept whole and told at its field.
            asked.widget.attrs.pop("maxlength", None)
        self.data = _storable(data) if data is not None else self.as_stored()
        self.is_bound = True

    def build(self) -> None:
        """Add the fields that come from content."""

    def stored(self) -> Mapping[str, Sequence[str]]:
        """The stored answers as the texts that the fields show."""
        raise NotImplementedError

    def entry(self) -> Entry:
        """The typed values of what could be read."""
        raise NotImplementedError

    def as_stored(self) -> QueryDict:
        """What is stored, with what could not be read in its place, as if it had been posted."""
        data = QueryDict(mutable=True)
        state = self.record.sections.get(self.section)
        data["version"] = str(state.version if state else 0)
        for name, texts in self.stored().items():
            data.setlist(name, list(texts))
        for name, asked in self.fields.items():
            if asked.initial is not None and name not in data:
                data[name] = str(asked.initial)
        for kept in self.record.kept:
            if kept.section != self.section:
                continue
            if isinstance(self.fields.get(kept.field), forms.MultipleChoiceField):
                data.setlist(kept.field, list(dict.fromkeys([*data.getlist(kept.field), *kept.text.split()])))
            else:
                data[kept.field] = kept.text
        return data

    def kept(self) -> list[KeptText]:
        """What was typed and could not be read."""
        return [
            KeptText(self.section, name, " ".join(cast(QueryDict, self.data).getlist(name)), str(errors[0]))
            for name, errors in self.errors.items()
            if name in self.fields and name != "version"
        ]

    @property
    def given_version(self) -> int:
        version = self.value("version")
        return version if isinstance(version, int) else 0

    def value(self, name: str) -> Any:
        """A read value; None where nothing could be read."""
        self.is_valid()
        return self.cleaned_data.get(name)

    def answer(self, name: str) -> str:
        """A read yes or no; empty for unknown."""
        value = self.value(name)
        return value if value in ("yes", "no") else ""


def _storable(data: QueryDict) -> QueryDict:
    clean = QueryDict(mutable=True)
    for name, texts in data.lists():
        clean.setlist(name, [storable(str(text)) for text in texts])
    return clean


def texts_of(answers: Mapping[str, str], prefix: str = "") -> dict[str, list[str]]:
    return {f"{prefix}{code}": [answer] for code, answer in answers.items()}
