"""One form per section of an assessment. A form reads and shows; it never saves.

`entry()` gives the typed values of what could be read, `kept()` what could not, as typed. A form is always bound: to
what was posted, or to what is stored with the kept texts in their places, so both look the same on the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from assessments import queries
from assessments.definitions import Answer, AssessmentContent, Instrument, Item, RedFlag
from assessments.entries import (
    SECTION_INSTRUMENTS,
    AreaEntry,
    CausesEntry,
    DiagnosticsEntry,
    Entry,
    GradingEntry,
    HealthEntry,
    InstrumentsEntry,
    RedFlagsEntry,
    SeverityEntry,
    WishesEntry,
)
from assessments.models import DiagnosticTest, RedFlagAnswer
from assessments.record import AreaRecord, AssessmentRecord, DiagnosticRecord, KeptText, RedFlagRecord
from assessments.summary import area_id

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

Text: TypeAlias = "str | _StrPromise"
UNKNOWN = "unknown"
YES_NO_UNKNOWN = [("yes", _("Yes")), ("no", _("No")), (UNKNOWN, _("Unknown"))]
MOST_MONTHS = 1200

# Labels of the answers to the timing questions and the grading; the ids are those of the conditions file.
WORDS: Mapping[str, Text] = {
    "yes": _("Yes"),
    "no": _("No"),
    "unknown": _("Unknown"),
    "not_examined": _("Not examined"),
    "not_done": _("Not done"),
    "continuous": _("All the time"),
    "continuous_with_fluctuation": _("All the time, stronger and weaker"),
    "continuous_with_attacks": _("All the time, with attacks"),
    "attacks_only": _("Attacks only"),
    "evoked_only": _("Only when something sets it off"),
    "sudden": _("Suddenly"),
    "days": _("Over days"),
    "weeks": _("Over weeks"),
    "gradual": _("Gradually"),
    "constant": _("Constant"),
    "morning": _("Morning"),
    "daytime": _("Daytime"),
    "evening": _("Evening"),
    "night": _("Night"),
    "none": _("No difference"),
    "falling_asleep": _("Falling asleep"),
    "waking": _("Waking"),
    "both": _("Both"),
    "improving": _("Getting better"),
    "stable": pgettext_lazy("course of pain", "Stable"),
    "worsening": _("Getting worse"),
    "fluctuating": _("Up and down"),
}
TIMING_LABELS: Mapping[str, Text] = {
    "onset_mode": _("How it began"),
    "latency_from_event": _("Delay after the event"),
    "continuous_hours_24h": _("Hours of pain a day"),
    "attacks_24h": _("Attacks a day"),
    "attack_duration": _("Length of an attack"),
    "refractory_period": _("Pause after an attack in which none can be set off"),
    "diurnal": _("Worst time of day"),
    "sleep_disturbed": _("Disturbs sleep"),
    "course": _("Course"),
}


def word(value: str) -> Text:
    """The label of an answer id; figures such as "1-5" stand for themselves."""
    return WORDS.get(value, value)


def three_way(label: Text, hint: str = "") -> forms.ChoiceField:
    """Yes, no, unknown; unknown until somebody chooses another."""
    return forms.ChoiceField(
        label=label, help_text=hint, choices=YES_NO_UNKNOWN, required=False, widget=forms.RadioSelect, initial=UNKNOWN
    )


def _choice(label: Text, values: Iterable[str]) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, choices=[("", _("Unknown")), *((value, word(value)) for value in values)], required=False
    )


def _zero_to_ten(label: Text, hint: str = "") -> forms.IntegerField:
    wrong = _("Enter a whole number from 0 to 10.")
    return forms.IntegerField(
        label=label,
        help_text=hint,
        required=False,
        min_value=0,
        max_value=10,
        error_messages={"invalid": wrong, "min_value": wrong, "max_value": wrong},
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "size": 4, "data-unit": gettext("of 10"), "autocomplete": "off"}
        ),
    )


def _day(label: Text) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        input_formats=["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y"],
        error_messages={"invalid": _("Enter a date as year-month-day, for example 2026-03-02.")},
        widget=forms.TextInput(attrs={"size": 11, "placeholder": gettext("YYYY-MM-DD"), "autocomplete": "off"}),
    )


@dataclass(frozen=True, slots=True)
class OnFile:
    """What the patient's record says already, by code: status and, in words, since when."""

    concepts: Mapping[str, str]
    concept_notes: Mapping[str, str]
    preferences: frozenset[str]


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
        self.data = data if data is not None else self.as_stored()
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
        for name, field in self.fields.items():
            if field.initial is not None and name not in data:
                data[name] = str(field.initial)
        for kept in self.record.kept:
            if kept.section == self.section:
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


def _texts(answers: Mapping[str, str], prefix: str = "") -> dict[str, list[str]]:
    return {f"{prefix}{code}": [answer] for code, answer in answers.items()}


@dataclass(frozen=True, slots=True)
class FlagFields:
    """One red flag and its three fields."""

    flag: RedFlag
    answer: forms.BoundField
    handling: forms.BoundField
    note: forms.BoundField


@dataclass(frozen=True, slots=True)
class RegionMark:
    """One side of a region: its id and whether it is marked."""

    id: str
    is_marked: bool


@dataclass(frozen=True, slots=True)
class RegionRow:
    """One region of the body map on both sides, the patient's right and left."""

    label: str
    view: Text
    right: RegionMark
    left: RegionMark


class RedFlagsForm(SectionForm):
    """Fourteen red flags; a present one asks what was done."""

    HANDLING: ClassVar = [("", _("Nothing yet")), *RedFlagAnswer.Handling.choices]

    def build(self) -> None:
        for flag in self.content.red_flags.values():
            self.fields[flag.id] = three_way(flag.name)
            self.fields[f"{flag.id}-handling"] = forms.ChoiceField(
                label=_("What was done"),
                choices=self.HANDLING,
                required=False,
                widget=forms.RadioSelect(attrs={"data-segmented": ""}),
            )
            self.fields[f"{flag.id}-note"] = forms.CharField(
                label=_("How, or why it was dismissed"), required=False, max_length=300
            )

    def rows(self) -> list[FlagFields]:
        """Each flag with its fields."""
        return [
            FlagFields(flag, self[flag.id], self[f"{flag.id}-handling"], self[f"{flag.id}-note"])
            for flag in self.content.red_flags.values()
        ]

    def stored(self) -> Mapping[str, Sequence[str]]:
        texts: dict[str, Sequence[str]] = {}
        for flag, given in self.record.red_flags.items():
            texts |= {flag: [given.answer], f"{flag}-handling": [given.handling], f"{flag}-note": [given.note]}
        return texts

    def entry(self) -> Entry:
        return RedFlagsEntry(
            {
                flag: RedFlagRecord(
                    flag, answer, self.value(f"{flag}-handling") or "", self.value(f"{flag}-note") or ""
                )
                if answer == "yes"
                else RedFlagRecord(flag, answer)
                for flag in self.content.red_flags
                if (answer := self.answer(flag))
            }
        )


class AreaForm(SectionForm):
    """One pain area: where, in which words, what the examination found, when."""

    name = forms.CharField(
        label=_("Name of this area"), required=False, max_length=80, help_text=_("For example: both feet.")
    )
    localised = three_way(
        _("Is the pain localised?"),
    )
    intensity = _zero_to_ten(_("Strength in this area, on average"))
    onset_date = _day(_("Began on"))

    def build(self) -> None:
        words = self.content.phenotype
        self.fields["regions"] = forms.MultipleChoiceField(
            label=_("Where it hurts"),
            required=False,
            choices=[(region.id, region.label) for region in self.content.body_map.regions.values()],
            widget=forms.CheckboxSelectMultiple,
        )
        for descriptor in words.descriptors:
            self.fields[f"descriptor-{descriptor.id}"] = three_way(descriptor.label.capitalize())
        for kind, signs in (("evoked", words.evoked), ("negative", words.negative)):
            for sign in signs:
                hint = "; ".join(part for part in (sign.definition, sign.bedside) if part)
                self.fields[f"{kind}-{sign.id}"] = three_way(sign.label[:1].upper() + sign.label[1:], hint)
        for question in words.timing:
            if question.id == "pattern":
                self.fields["pattern"] = forms.ChoiceField(
                    label=_("Pattern over time"),
                    required=False,
                    choices=[*((value, word(value)) for value in question.values), ("", _("Unknown"))],
                    widget=forms.RadioSelect,
                )
            elif question.type == "text":
                self.fields[question.id] = forms.CharField(
                    label=TIMING_LABELS[question.id], required=False, max_length=500
                )
            elif question.type == "choice":
                values = [value for value in question.values if value != UNKNOWN]
                self.fields[question.id] = _choice(TIMING_LABELS[question.id], values)

    AREAS: ClassVar[Mapping[str, Text]] = {
        "head": _("Head and face"),
        "neck": _("Neck"),
        "trunk": _("Chest, belly and back"),
        "pelvis": _("Buttocks and saddle"),
        "upper_limb": _("Shoulder, arm and hand"),
        "lower_limb": _("Leg and foot"),
    }

    def region_groups(self) -> list[tuple[Text, list[RegionRow], int]]:
        """Regions by part of the body: label, rows, number of marks."""
        marked = set(cast(QueryDict, self.data).getlist("regions"))
        views = {"front": _("front"), "back": _("back")}
        groups: dict[str, list[RegionRow]] = {area: [] for area in self.AREAS}
        for region in self.content.body_map.regions.values():
            if region.side == "left":
                right = f"{region.base}_r"
                groups[region.area].append(
                    RegionRow(
                        label=region.label.removesuffix(" (left)"),
                        view=views[region.view],
                        right=RegionMark(right, right in marked),
                        left=RegionMark(region.id, region.id in marked),
                    )
                )
        return [
            (self.AREAS[area], rows, sum(row.right.is_marked + row.left.is_marked for row in rows))
            for area, rows in groups.items()
        ]

    def sign_fields(self, kind: str) -> list[forms.BoundField]:
        """The questions of one kind: descriptor, evoked or negative."""
        return [self[name] for name in self.fields if name.startswith(f"{kind}-")]

    def descriptor_fields(self) -> list[forms.BoundField]:
        return self.sign_fields("descriptor")

    def evoked_fields(self) -> list[forms.BoundField]:
        return self.sign_fields("evoked")

    def negative_fields(self) -> list[forms.BoundField]:
        return self.sign_fields("negative")

    def timing_fields(self) -> list[forms.BoundField]:
        return [self[column] for column in queries.TIMING_COLUMNS]

    @property
    def area(self) -> AreaRecord:
        wanted = area_id(self.section)
        return next(area for area in self.record.areas if area.id == wanted)

    def stored(self) -> Mapping[str, Sequence[str]]:
        area = self.area
        return {
            "name": [area.name],
            "regions": area.regions,
            "localised": [area.localised or UNKNOWN],
            "intensity": ["" if area.intensity is None else str(area.intensity)],
            "onset_date": [area.onset_date.isoformat() if area.onset_date else ""],
            "pattern": [area.pattern],
            **_texts(area.timing),
            **_texts(area.descriptors, "descriptor-"),
            **_texts(area.evoked, "evoked-"),
            **_texts(area.negative, "negative-"),
        }

    def _answers(self, kind: str, codes: Iterable[str]) -> Mapping[str, str]:
        return {code: answer for code in codes if (answer := self.answer(f"{kind}-{code}"))}

    def entry(self) -> Entry:
        words = self.content.phenotype
        timing = {column: self.value(column) for column in queries.TIMING_COLUMNS if self.value(column)}
        return AreaEntry(
            AreaRecord(
                id=self.area.id,
                name=self.value("name") or "",
                regions=tuple(self.value("regions") or ()),
                descriptors=self._answers("descriptor", (d.id for d in words.descriptors)),
                evoked=self._answers("evoked", (sign.id for sign in words.evoked)),
                negative=self._answers("negative", (sign.id for sign in words.negative)),
                pattern=self.value("pattern") or "",
                timing=timing,
                onset_date=self.value("onset_date"),
                localised=self.answer("localised"),
                intensity=self.value("intensity"),
            )
        )


def _item_field(instrument: Instrument, item: Item) -> forms.Field:
    """One question of an instrument whose text may be shown."""
    options = item.options or instrument.options
    if options:
        choices = [*((str(option.value), option.label) for option in options), (UNKNOWN, _("Not answered"))]
        return forms.ChoiceField(
            label=item.text,
            choices=choices,
            required=False,
            initial=UNKNOWN,
            widget=forms.RadioSelect(attrs={"data-segmented": ""}),
        )
    anchors = item.anchors or instrument.anchors
    return _zero_to_ten(item.text, "; ".join(f"{value} = {text}" for value, text in anchors))


class InstrumentsForm(SectionForm):
    """One or more instruments with their items, as `SECTION_INSTRUMENTS` says for the section."""

    @property
    def instruments(self) -> list[Instrument]:
        return [self.content.instruments[name] for name in SECTION_INSTRUMENTS[self.section]]

    def build(self) -> None:
        for instrument in self.instruments:
            for item in instrument.items:
                self.fields[item.id] = _item_field(instrument, item)

    def blocks(self) -> list[tuple[Instrument, list[forms.BoundField]]]:
        """Each instrument with its questions, in order."""
        return [(instrument, [self[item.id] for item in instrument.items]) for instrument in self.instruments]

    def stored(self) -> Mapping[str, Sequence[str]]:
        texts: dict[str, Sequence[str]] = {}
        for instrument in self.instruments:
            given = self.record.instruments.get(instrument.id)
            if given is not None and given.answers is not None:
                for item, answer in zip(instrument.items, given.answers, strict=False):
                    if answer is not None:
                        texts[item.id] = [str(answer)]
        return texts

    def answers_of(self, instrument: Instrument) -> tuple[Answer, ...]:
        return tuple(self._number(item.id) for item in instrument.items)

    def _number(self, name: str) -> Answer:
        value = self.value(name)
        if isinstance(value, int):
            return value
        return int(value) if isinstance(value, str) and value.isdigit() else None

    def entry(self) -> Entry:
        return InstrumentsEntry({instrument.id: self.answers_of(instrument) for instrument in self.instruments})


class SeverityForm(InstrumentsForm):
    """How bad, and for how long."""

    def build(self) -> None:
        super().build()
        wrong = _("Enter the number of months, for example 18.")
        self.fields["duration_months"] = forms.FloatField(
            label=_("How long has this pain lasted?"),
            required=False,
            min_value=0,
            max_value=MOST_MONTHS,
            error_messages={"invalid": wrong, "min_value": wrong, "max_value": wrong},
            widget=forms.TextInput(
                attrs={"inputmode": "decimal", "size": 6, "data-unit": gettext("months"), "autocomplete": "off"}
            ),
        )

    def stored(self) -> Mapping[str, Sequence[str]]:
        months = self.record.duration_months
        return {**super().stored(), "duration_months": ["" if months is None else f"{months:g}"]}

    def entry(self) -> Entry:
        nrs = self.content.instruments["nrs"]
        return SeverityEntry(self.answers_of(nrs), self.value("duration_months"))


class GradingForm(SectionForm):
    """The four criteria of the certainty grading."""

    LABELS: ClassVar[Mapping[str, Text]] = {
        "c1_history": _("1. History fits"),
        "c2_distribution": _("2. Distribution fits"),
        "c3_signs": _("3. Sensory signs in the same area"),
        "c4_test": _("4. Test confirms a lesion"),
    }

    def build(self) -> None:
        for criterion in self.content.grading.criteria:
            choices = [(value, word(value)) for value in criterion.values]
            self.fields[criterion.id] = forms.ChoiceField(
                label=self.LABELS[criterion.id],
                help_text=criterion.question,
                choices=choices,
                required=False,
                initial=criterion.values[-1],
                widget=forms.RadioSelect(attrs={"data-segmented": ""}),
            )

    def stored(self) -> Mapping[str, Sequence[str]]:
        return _texts(self.record.grading)

    def entry(self) -> Entry:
        return GradingEntry({c.id: self.value(c.id) for c in self.content.grading.criteria if self.value(c.id)})


class DiagnosticsForm(SectionForm):
    """Confirmatory tests: result and date."""

    RESULTS: ClassVar = [("", _("Not done")), *DiagnosticTest.Result.choices]

    def build(self) -> None:
        for test in self.content.tests.values():
            self.fields[test.id] = forms.ChoiceField(label=test.name, choices=self.RESULTS, required=False)
            self.fields[f"{test.id}-date"] = _day(_("Date"))

    def stored(self) -> Mapping[str, Sequence[str]]:
        texts: dict[str, Sequence[str]] = {}
        for test in self.record.tests:
            texts |= {test.id: [test.result], f"{test.id}-date": [test.done_on.isoformat() if test.done_on else ""]}
        return texts

    def rows(self) -> list[tuple[Any, forms.BoundField, forms.BoundField]]:
        """Each test with its two fields."""
        return [(test, self[test.id], self[f"{test.id}-date"]) for test in self.content.tests.values()]

    def entry(self) -> Entry:
        return DiagnosticsEntry(
            tuple(
                DiagnosticRecord(test, self.value(test), self.value(f"{test}-date"))
                for test in self.content.tests
                if self.value(test)
            )
        )


class CausesForm(SectionForm):
    """Causes of the pain."""

    def questions(self) -> list[forms.BoundField]:
        return [self[code] for code in self.content.conditions]

    def build(self) -> None:
        for condition in self.content.conditions.values():
            self.fields[condition.id] = three_way(condition.name, condition.distribution_text)

    def stored(self) -> Mapping[str, Sequence[str]]:
        return _texts(self.record.conditions)

    def entry(self) -> Entry:
        return CausesEntry({code: answer for code in self.content.conditions if (answer := self.answer(code))})


class HealthForm(SectionForm):
    """Conditions, states and findings that rules ask about; what the record says is chosen already."""

    problem_list_reviewed = forms.BooleanField(
        label=_("I have gone through the whole problem list with the patient"),
        help_text=_("What is not on it then counts as absent, where that may be said."),
        required=False,
    )
    KINDS: ClassVar[Sequence[tuple[str, Text]]] = (
        ("comorbidity", _("Other conditions")),
        ("state", _("State now")),
        ("history", _("History")),
        ("finding", _("Findings")),
        ("exam", _("Examination")),
        ("genetic", _("Genetics")),
        ("social", _("Life and work")),
        ("device", _("Devices and implants")),
    )

    def asked(self) -> list[str]:
        """Concepts that a person is asked about; those that the medicine or allergy list settles are not."""
        settled = {"medication_list", "allergy_list"}
        return [c.id for c in self.content.concepts.values() if not settled & set(c.closed_by)]

    def build(self) -> None:
        for code in self.asked():
            concept = self.content.concepts[code]
            self.fields[f"concept-{code}"] = three_way(concept.label, self.on_file.concept_notes.get(code, ""))

    def groups(self) -> list[tuple[str, Text, list[forms.BoundField], int]]:
        """The questions by kind: id, label, fields, how many of them are answered."""
        found = []
        for kind, label in self.KINDS:
            codes = [code for code in self.asked() if self.content.concepts[code].kind == kind]
            answered = sum(bool(self.answer(f"concept-{code}")) for code in codes)
            if codes:
                found.append((kind, label, [self[f"concept-{code}"] for code in codes], answered))
        return found

    def stored(self) -> Mapping[str, Sequence[str]]:
        answers = {**self.on_file.concepts, **self.record.concepts}
        reviewed = {"problem_list_reviewed": ["on"]} if self.record.problem_list_reviewed else {}
        return {**_texts(answers, "concept-"), **reviewed}

    def entry(self) -> Entry:
        answers = {}
        for code in self.asked():
            answer = self.answer(f"concept-{code}")
            if answer or self.on_file.concepts.get(code) in ("yes", "no"):
                answers[code] = answer or UNKNOWN
        return HealthEntry(answers, bool(self.value("problem_list_reviewed")))


class WishesForm(SectionForm):
    """What the patient wants or avoids, and notes."""

    notes = forms.CharField(
        label=_("Notes"), required=False, max_length=10_000, widget=forms.Textarea(attrs={"rows": 5})
    )

    def build(self) -> None:
        self.fields["wishes"] = forms.MultipleChoiceField(
            label=_("What matters to the patient"),
            required=False,
            choices=[(choice.id, choice.label) for choice in self.content.preferences],
            widget=forms.CheckboxSelectMultiple,
        )
        self.order_fields(["version", "wishes", "notes"])

    def stored(self) -> Mapping[str, Sequence[str]]:
        if self.section in self.record.sections:
            wanted: Iterable[str] = (code for code, answer in self.record.preferences.items() if answer == "yes")
        else:
            wanted = self.on_file.preferences
        return {"wishes": sorted(wanted), "notes": [self.record.notes]}

    def entry(self) -> Entry:
        return WishesEntry(dict.fromkeys(self.value("wishes") or (), "yes"), self.value("notes") or "")


_FORMS: Mapping[str, type[SectionForm]] = {
    "red-flags": RedFlagsForm,
    "severity": SeverityForm,
    "causes": CausesForm,
    "grading": GradingForm,
    "tests": DiagnosticsForm,
    "function": InstrumentsForm,
    "mood": InstrumentsForm,
    "health": HealthForm,
    "wishes": WishesForm,
}


def section_form(
    section: str,
    record: AssessmentRecord,
    content: AssessmentContent,
    on_file: OnFile = NOTHING_ON_FILE,
    data: QueryDict | None = None,
) -> SectionForm | None:
    """The form of a section, bound to `data` or to what is stored; None when there is no such section."""
    wanted = area_id(section)
    if wanted is not None:
        exists = any(area.id == wanted for area in record.areas)
        return AreaForm(section, record, content, on_file, data) if exists else None
    form = _FORMS.get(section)
    return form(section, record, content, on_file, data) if form else None


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
