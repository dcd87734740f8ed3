"""The form of the plan as a whole: goals (or why there is none), follow-up dates, note and a word for the patient.

It stores nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from rules import english
from treatments.form_fields import MOST_ROWS, AmountField, DayField, OfPatient, ShortTextField, name_rows, plain
from treatments.goal_rules import GoalRules
from treatments.goal_words import band_words
from treatments.models import WORD_LONGEST, FollowUpDate, Goal, NoGoal
from treatments.plan_readiness import Gap
from treatments.plan_record import FollowUpRecord, GoalRecord, PlanRecord, goal_field
from treatments.rulebook import GoalTemplate
from treatments.services import PlanEntry

BLANK_DATES = 2
# The parts of a goal with a value of their own, and those that are numbers.
_TEXTS = ("words", "measure", "unit", "template")
_NUMBERS = ("baseline", "amount")
_WHOLE = ("importance", "difficulty", "confidence")
_LEVELS = {-2: "much_less", -1: "less", 0: "met", 1: "better", 2: "much_better"}
# How many goals the page has room for before one is written.
_FEWEST = 2
_HEADS: Mapping[int, Promise] = {1: _("Goal"), 2: _("Second goal"), 3: _("Third goal")}


class Names(forms.MultipleChoiceField):
    """Treatments of the plan; one that was taken out meanwhile is no mistake, it is left out when it is stored."""

    widget = forms.CheckboxSelectMultiple

    def valid_value(self, value: str) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class GoalFields:
    """The fields of one goal, for the page; `is_open` when there is something to be seen in them."""

    position: int
    head: Promise
    words: BoundField
    template: BoundField
    measure: BoundField
    numbers: Sequence[BoundField]
    weights: Sequence[BoundField]
    items: BoundField | None
    levels: Sequence[BoundField]
    is_open: bool
    levels_open: bool


class PlanForm(OfPatient):
    """Goals (or why there is none), follow-up dates and note; two empty rows for further dates.

    As many goals as the content allows at a time. A goal that is chosen without words of its own gets those of the
    rulebook with the target filled in.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    pain_target = forms.IntegerField(
        label=_("Average pain, at most"),
        required=False,
        min_value=0,
        max_value=10,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "data-unit": _("of 10")}),
    )
    pain_by = DayField(label=_("Less pain by"), required=False, help_text=_("Left empty: as the first goal."))
    no_goal = forms.ChoiceField(
        label=_("Without a goal"), required=False, choices=[("", _("There is a goal")), *NoGoal.choices]
    )
    no_goal_text = forms.CharField(label=_("Why, in words"), required=False, max_length=300)
    note = forms.CharField(label=_("Note"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 2}))
    for_patient = ShortTextField(
        label=_("A word for the patient"),
        required=False,
        max_length=WORD_LONGEST,
        help_text=_("Printed on the first page of the hand-out as you write it. The note is not."),
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        plan: PlanRecord,
        templates: Sequence[GoalTemplate] = (),
        rules: GoalRules | None = None,
        gaps: Iterable[Gap] = (),
        **options: Any,
    ) -> None:
        self.plan, self.rules = plan, rules
        self.templates = {template.id: template for template in templates}
        self.places = range(1, max(rules.most_goals if rules else 1, len(plan.wishes)) + 1)
        options["initial"] = plan_initial(plan) | options.get("initial", {})
        options.setdefault("prefix", "plan")
        super().__init__(data, **options)
        for place in self.places:
            self._add_goal(place, templates)
        self.rows = self._row_count(data)
        for row in range(self.rows):
            self.fields[f"date_{row}"] = DayField(label=_("Day"), required=False)
            self.fields[f"kind_{row}"] = forms.ChoiceField(
                label=_("Kind"), choices=FollowUpDate.Kind, required=False, initial=FollowUpDate.Kind.REVIEW
            )
            self.fields[f"text_{row}"] = forms.CharField(label=_("What for"), required=False, max_length=300)
        name_rows(self, self.rows, {"date": _("Date %d"), "kind": _("Date %d: kind"), "text": _("Date %d: what for")})
        for row, due in enumerate(plan.dates):
            self.initial.update({f"date_{row}": due.due_on, f"kind_{row}": due.kind, f"text_{row}": due.text})
        self.say_gaps(gap for gap in gaps if not gap.ref_id)

    # --- goals --------------------------------------------------------------------------------------------------------

    def _add_goal(self, place: int, templates: Sequence[GoalTemplate]) -> None:
        stored = self._stored(place)
        chosen = str(stored.template) if stored else ""
        template = self.templates.get(chosen)
        most = self.rules.weight_at_most if self.rules else 1
        weigh = [("", _("not asked")), *((str(number), str(number)) for number in range(most + 1))]
        made: dict[str, forms.Field] = {
            "template": forms.ChoiceField(
                label=_("A goal to begin with"), required=False, choices=_goal_choices(templates, chosen)
            ),
            "words": forms.CharField(
                label=_("What the patient wants to do"),
                required=False,
                max_length=300,
                help_text=_("In the patient's own words: “walk to the shop without stopping”.") if place == 1 else "",
            ),
            "measure": forms.CharField(
                label=_("What is counted"),
                required=False,
                max_length=200,
                help_text=_("“minutes of one walk without a stop”") if place == 1 else "",
            ),
            "baseline": AmountField(
                label=_("Now"), required=False, help_text=template.baseline_question if template else ""
            ),
            "amount": AmountField(label=_("Target"), required=False),
            "unit": forms.CharField(label=_("Unit"), required=False, max_length=40),
            "by": DayField(label=_("By"), required=False),
            "importance": forms.ChoiceField(label=_("Importance"), required=False, choices=weigh),
            "difficulty": forms.ChoiceField(label=_("Difficulty"), required=False, choices=weigh),
            "confidence": forms.IntegerField(
                label=_("Confidence"),
                required=False,
                min_value=0,
                max_value=10,
                widget=forms.TextInput(attrs={"inputmode": "numeric", "data-unit": _("of 10")}),
            ),
        }
        if self.plan.items:
            made["items"] = Names(
                label=_("Which treatments serve it"),
                required=False,
                choices=[(item.ref_id, item.name) for item in self.plan.items],
            )
        for band in self.rules.bands if self.rules else ():
            said = band_words(stored, band) if stored else ""
            made[f"level_{_LEVELS[band.level]}"] = forms.CharField(
                label=f"{band.level:+d} · {band.label}" if band.level else f"0 · {band.label}",
                required=False,
                max_length=200,
                widget=forms.TextInput(attrs={"placeholder": said} if said else {}),
            )
        for part, field in made.items():
            if place > 1:
                # Several goals on one page: the label says which one it is about.
                field.label = f"{field.label} ({_('goal')} {place})"
            self.fields[goal_field(place, part)] = field

    def _stored(self, place: int) -> GoalRecord | None:
        return next((goal for goal in self.plan.wishes if goal.position == place), None)

    def goals(self) -> Iterator[GoalFields]:
        """The fields goal by goal: those that say something, and the next one; two at least."""
        fields = {place: [name for name in self.fields if name in self._names(place)] for place in self.places}
        said = [place for place, names in fields.items() if any(self[name].value() for name in names)]
        for place in self.places[: max([_FEWEST, *(place + 1 for place in said)])]:
            names = fields[place]
            levels = [name for name in names if name.startswith(goal_field(place, "level_"))]
            yield GoalFields(
                position=place,
                head=_HEADS.get(place, _("Goal")),
                words=self._part(place, "words"),
                template=self._part(place, "template"),
                measure=self._part(place, "measure"),
                numbers=[self._part(place, part) for part in ("baseline", "amount", "unit", "by")],
                weights=[self._part(place, part) for part in _WHOLE],
                items=self._part(place, "items") if self.plan.items else None,
                levels=[self[name] for name in levels],
                is_open=any(self[name].value() for name in names) or any(name in self.errors for name in names),
                levels_open=any(name in self.errors for name in levels),
            )

    def _part(self, place: int, part: str) -> BoundField:
        return self[goal_field(place, part)]

    def _names(self, place: int) -> frozenset[str]:
        parts = (*_TEXTS, *_NUMBERS, *_WHOLE, "by", "items", *(f"level_{word}" for word in _LEVELS.values()))
        return frozenset(goal_field(place, part) for part in parts)

    # --- dates --------------------------------------------------------------------------------------------------------

    def _row_count(self, data: Mapping[str, Any] | None) -> int:
        if data is None:
            return len(self.plan.dates) + BLANK_DATES
        given = 0
        while given < MOST_ROWS and self.add_prefix(f"date_{given}") in data:
            given += 1
        return given

    def date_rows(self) -> Iterator[tuple[Any, Any, Any]]:
        """The three fields of each date."""
        for row in range(self.rows):
            yield self[f"date_{row}"], self[f"kind_{row}"], self[f"text_{row}"]

    # --- what was sent ------------------------------------------------------------------------------------------------

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for place in self.places:
            self._clean_goal(place, cleaned)
        return cleaned

    def _clean_goal(self, place: int, cleaned: dict[str, Any]) -> None:
        def of(part: str) -> Any:
            return cleaned.get(goal_field(place, part))

        words = goal_field(place, "words")
        baseline, amount = of("baseline"), of("amount")
        if baseline is not None and baseline == amount:
            self.add_error(goal_field(place, "amount"), _("The target is what it is now. Choose another one."))
        template = self.templates.get(of("template") or "")
        if template is None:
            self._refuse_goal_without_words(place, cleaned)
            return
        cleaned[goal_field(place, "measure")] = of("measure") or template.measure
        cleaned[goal_field(place, "unit")] = of("unit") or template.unit
        if not of("words"):
            cleaned[words] = template.filled(amount)
        if "{" in cleaned[words]:
            # Shown with what was chosen, so that only the places between braces are left to fill in.
            self._show_again(words, cleaned[words])
            self.add_error(words, _("Put the patient's own words where the braces are."))

    def _show_again(self, name: str, value: str) -> None:
        data = self.data.copy() if hasattr(self.data, "copy") else dict(self.data)
        data[self.add_prefix(name)] = value
        self.data = data

    def _refuse_goal_without_words(self, place: int, cleaned: Mapping[str, Any]) -> None:
        """A measure or a day alone is no goal, and would be dropped."""
        said = {part: cleaned.get(goal_field(place, part)) for part in ("amount", "unit", "measure", "by", "baseline")}
        if place == 1 and cleaned.get("pain_target") is not None:
            # The day of the first goal is also that of the goal for pain.
            said.pop("by")
        is_given = any(value not in (None, "") for value in said.values())
        if is_given and not cleaned.get(goal_field(place, "words")) and "pain_target" not in self.errors:
            self.add_error(
                goal_field(place, "words"), _("Say what the patient wants to do, or empty measure, target and day.")
            )

    def entry(self) -> PlanEntry:
        """What was entered; a row without a day is no date. A date that was proposed keeps the source that asked."""
        kept = self.cleaned_data
        asked = {(due.kind, due.text): due.source for due in self.plan.dates}
        dates = [
            FollowUpRecord(
                kept[f"date_{row}"],
                kind := kept.get(f"kind_{row}") or FollowUpDate.Kind.REVIEW.value,
                text := kept.get(f"text_{row}") or "",
                asked.get((kind, text), "plan"),
            )
            for row in range(self.rows)
            if kept.get(f"date_{row}")
        ]
        goals = [self._goal(place, kept) for place in self.places]
        by = kept["pain_by"] or kept.get(goal_field(1, "by"))
        return PlanEntry(
            goals=(*goals, GoalRecord(Goal.Kind.PAIN, "", kept["pain_target"], by)),
            dates=tuple(dates),
            note=kept["note"],
            no_goal=kept["no_goal"],
            no_goal_text=kept["no_goal_text"],
            for_patient=kept["for_patient"],
        )

    def _goal(self, place: int, kept: Mapping[str, Any]) -> GoalRecord:
        held = {item.ref_id for item in self.plan.items}
        levels = [kept.get(goal_field(place, f"level_{word}")) or "" for word in _LEVELS.values()]
        parts: dict[str, Any] = {part: kept.get(goal_field(place, part)) or "" for part in _TEXTS}
        parts |= {part: kept.get(goal_field(place, part)) for part in (*_NUMBERS, "by")}
        parts |= {part: _whole(kept.get(goal_field(place, part))) for part in _WHOLE}
        return GoalRecord(
            Goal.Kind.FUNCTION,
            position=place,
            levels=tuple(levels) if any(levels) else (),
            items=tuple(name for name in kept.get(goal_field(place, "items"), ()) if name in held),
            **parts,
        )


def _whole(value: object) -> int | None:
    return None if value in (None, "") else int(str(value))


def _goal_choices(templates: Iterable[GoalTemplate], chosen: str) -> list[Any]:
    """The goals of the rulebook by domain; one that was chosen and is gone from it stays."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for template in templates:
        groups.setdefault(english.words(template.domain).capitalize(), []).append((template.id, template.words))
    known = {key for group in groups.values() for key, _words in group}
    kept = [(chosen, chosen)] if chosen and chosen not in known else []
    return [("", _("Own words")), *kept, *groups.items()]


def plan_initial(plan: PlanRecord) -> dict[str, Any]:
    """What stands in the form of a stored plan."""
    pain = plan.goals.get(Goal.Kind.PAIN)
    found: dict[str, Any] = {
        "version": plan.version,
        "pain_target": pain.target if pain else None,
        "pain_by": pain.by if pain else None,
        "no_goal": plan.no_goal,
        "no_goal_text": plan.no_goal_text,
        "note": plan.note,
        "for_patient": plan.for_patient,
    }
    for goal in plan.wishes:
        own: dict[str, Any] = {part: getattr(goal, part) for part in (*_TEXTS, "by")}
        own |= {part: plain(value) if (value := getattr(goal, part)) is not None else None for part in _NUMBERS}
        own |= {part: "" if (value := getattr(goal, part)) is None else str(value) for part in _WHOLE}
        own |= {f"level_{word}": said for word, said in zip(_LEVELS.values(), goal.levels, strict=False)}
        own["items"] = list(goal.items)
        found |= {goal_field(goal.position, part): value for part, value in own.items()}
    return found
