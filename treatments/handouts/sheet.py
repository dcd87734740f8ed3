"""From a plan to the sheet that the patient takes home. Pure: plan, rulebook, library and a day in, a Handout out.

Nothing is said about a medicine that the library does not say; what is not known in the language of the patient stays
in English and is marked. Notes of the clinician are not printed: they were not written for the patient. Their word for
the patient is, as it was written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from treatments.handouts.agreed import agreed
from treatments.handouts.calendar import calendar_of
from treatments.handouts.doses import Doses
from treatments.handouts.first_page import crosses_a_year, now_of
from treatments.handouts.goals import goals_of
from treatments.handouts.model import Audience, Block, Calendar, Handout, Lines, Section, Standing, Text
from treatments.handouts.wording import ENGLISH, Library, Wording

if TYPE_CHECKING:
    from treatments.plan_record import ItemRecord, PlanRecord
    from treatments.rulebook import Agent, Rulebook

_ENDED = frozenset({"superseded", "stopped"})
_ACTS = ("emergency", "same_day", "next_day")
_TELL = "watch"
_LABELS = (
    "page", "from_label", "total", "draft", "ended", "morning", "midday", "evening",
    "night", "out_of_hours", "contact_none", "therapies", "calendar_on", "more_about", "more_signs", "more_emergency",
    "more_goals", "more_dates",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whose sheet it is."""

    name: str
    born: date
    number: str
    may_be_pregnant: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Practice:
    """Who is called; `phone` is empty where nobody entered it."""

    name: str
    phone: str


def handout_of(
    plan: PlanRecord,
    rulebook: Rulebook,
    library: Library,
    *,
    language: str,
    audience: Audience,
    person: Person,
    practice: Practice,
    signed_on: date | None,
    ended_on: date | None,
    printed_on: date,
) -> Handout:
    """The sheet of a plan for somebody, in a language; all that it says comes from the plan and the content."""
    wording = Wording(language, library, crosses_a_year(_days_of(plan, printed_on), printed_on))
    sheet = _Sheet(plan, rulebook, wording, person, practice, printed_on)
    standing = _standing(plan)
    status, warning = _status(plan, wording, standing, signed_on, ended_on)
    is_patient = audience is Audience.PATIENT
    return Handout(
        language=language,
        audience=audience,
        standing=standing,
        title=wording.say("title" if is_patient else "caregiver_title"),
        who=person.name,
        practice=practice.name,
        phone=practice.phone,
        about=(wording.say("born", day=wording.day(person.born)), wording.say("number", number=person.number)),
        status=status,
        warning=warning,
        sections=tuple(sheet.patient() if is_patient else sheet.caregiver()),
        calendars=tuple(sheet.calendars()),
        foot=(
            wording.of(str(library.education["footer"])),
            wording.text("unchecked"),
        ),
        foot_line=f"{person.name} · {wording.say('printed', day=wording.day(printed_on))}",
        labels={name: library.words["say"][name][language] for name in _LABELS},
    )


def _standing(plan: PlanRecord) -> Standing:
    if plan.state == "signed":
        return Standing.SIGNED
    return Standing.ENDED if plan.state in _ENDED else Standing.DRAFT


def _status(
    plan: PlanRecord, wording: Wording, standing: Standing, signed_on: date | None, ended_on: date | None
) -> tuple[str, str]:
    if standing is Standing.DRAFT or signed_on is None:
        return wording.say("draft"), wording.say("draft_line")
    signed = wording.say("signed", day=wording.day(signed_on), who=plan.signed_by)
    if standing is Standing.ENDED and ended_on is not None:
        return signed, wording.say("ended_line", day=wording.day(ended_on))
    return signed, ""


@dataclass(frozen=True, slots=True)
class _Sheet:
    plan: PlanRecord
    rulebook: Rulebook
    wording: Wording
    person: Person
    practice: Practice
    today: date

    def patient(self) -> Iterator[Section]:
        yield self._contacts()
        yield self._now()
        yield from self._word()
        yield goals_of(self.plan, self.wording)
        yield self._dates()
        yield self._help()
        yield self._medicines()
        yield from self._therapies()
        yield from agreed(self.plan, self.wording, self._name)
        yield self._flare()

    def caregiver(self) -> Iterator[Section]:
        yield self._contacts()
        yield Section("lead", "", (self.wording.text("caregiver_lead", name=self.person.name),))
        yield self._guidance()
        yield self._short_medicines()
        yield self._help()

    def calendars(self) -> Iterator[Calendar]:
        for doses in self._doses():
            calendar = calendar_of(doses, self._name(doses.item))
            if calendar:
                yield calendar

    # --- the parts ----------------------------------------------------------------------------------------------------

    def _now(self) -> Section:
        """Everything that is taken or done from today on, a line each; what it says more stands on further sheets."""
        wording = self.wording
        drawn = {calendar.id for calendar in self.calendars()}
        rows = [
            now_of(doses, self._name(doses.item), has_calendar=doses.item.ref_id in drawn) for doses in self._doses()
        ]
        blocks = [
            Block(item.ref_id, self._name(item), self._from(item), facts=self._until(item)) for item in self._others()
        ]
        begins = {item.starts_on for item in self.plan.items}
        title = wording.say("now")
        if len(begins) == 1 and min(begins) > self.today:
            # Said once for all.
            title = wording.say("now_from", day=wording.short_day(min(begins)))
            rows = [replace(row, day="") for row in rows]
            blocks = [replace(block, lead=None) for block in blocks]
        tapered = [
            self._name(item).words
            for item, agent in self._agents()
            if _record(agent.data, "taper").get("required") and not (item.stops_on and item.stops_on <= self.today)
        ]
        lead = [] if rows else [wording.text("medicines_none")]
        if tapered:
            lead.append(wording.text("now_stop", names=", ".join(tapered)))
        lead.append(wording.text("medicines_other"))
        return Section("now", title, tuple(lead), tuple(blocks), rows=tuple(rows))

    def _word(self) -> Iterator[Section]:
        """What the clinician says themselves, as it was written: nobody translates it."""
        if self.plan.for_patient:
            yield Section("word", self.wording.say("word"), (Text(self.plan.for_patient, ""),))

    def _others(self) -> Iterator[ItemRecord]:
        return (item for item in self.plan.items if item.kind != "agent")

    def _from(self, item: ItemRecord) -> Text | None:
        day = self.wording.short_day(item.starts_on)
        return self.wording.text("from_day", day=day) if item.starts_on > self.today else None

    def _until(self, item: ItemRecord) -> tuple[Text, ...]:
        if item.stops_on is None:
            return ()
        return (self.wording.text("last_day", day=self.wording.short_day(item.stops_on - timedelta(days=1))),)

    def _medicines(self) -> Section:
        wording = self.wording
        blocks = tuple(self._medicine(doses) for doses in self._doses())
        names = ("medicines_more", "medicines_other") if blocks else ("medicines_none", "medicines_other")
        return Section("medicines", wording.say("medicines"), tuple(wording.text(name) for name in names), blocks)

    def _short_medicines(self) -> Section:
        """Names and doses alone, as somebody who helps needs them."""
        blocks = []
        for doses in self._doses():
            whole = self._medicine(doses)
            groups = tuple(group for group in whole.groups if group.id in ("stop", "serious", "drive"))
            blocks.append(Block(whole.id, whole.title, whole.lead, whole.doses, whole.facts, groups))
        lead = () if blocks else (self.wording.text("medicines_none"),)
        return Section("medicines", self.wording.say("caregiver_medicines"), lead, tuple(blocks))

    def _medicine(self, doses: Doses) -> Block:
        item, agent, wording = doses.item, doses.agent, self.wording
        facts: list[Text] = []
        if item.product:
            facts.append(wording.text("product", product=item.product))
        if item.dose_by:
            facts.append(wording.text("dose_by", who=item.dose_by))
        elif not item.steps:
            facts.append(wording.text("dose_none"))
        if item.stops_on:
            last = item.stops_on - timedelta(days=1)
            facts.append(wording.text("last_day", day=wording.day(last)))
        elif not item.steps:
            facts.append(wording.text("from_day", day=wording.day(item.starts_on)))
        return Block(
            item.ref_id,
            self._name(item),
            self._what_for(agent) if agent else None,
            doses.rows,
            tuple(facts),
            tuple(self._about(agent)) if agent else (),
        )

    def _about(self, agent: Agent) -> Iterator[Lines]:
        """What the library tells the patient about a medicine, by what it is for."""
        wording, data = self.wording, agent.data
        parts: dict[str, list[Text]] = {}
        for sentence in _sentences(data.get("counselling")):
            parts.setdefault(wording.part_of(sentence), []).append(wording.of(sentence))
        if parts.get("take"):
            yield Lines("take", wording.text("take"), tuple(parts["take"]))
        stop = parts.get("stop") or ([wording.text("stop")] if _record(data, "taper").get("required") else [])
        if stop:
            yield Lines("stop", None, tuple(stop))
        drive = parts.get("drive") or self._advice(data, "driving")
        if drive:
            yield Lines("drive", None, tuple(drive))
        effects = _record(data, "adverse_effects")
        common = _joined(wording, [wording.effect(each["effect"]) for each in effects.get("common", ())])
        notice = [*common, *parts.get("notice", ())]
        if notice:
            yield Lines("notice", wording.text("notice"), tuple(notice))
        serious = _joined(wording, [wording.effect(each["effect"]) for each in effects.get("serious", ())])
        watch = [*serious, *parts.get(_TELL, ())]
        if watch:
            yield Lines("serious", wording.text("serious"), tuple(watch))
        if self.person.may_be_pregnant:
            pregnant = [*self._advice(data, "pregnancy"), *parts.get("pregnant", ())]
            yield Lines("pregnant", None, tuple(pregnant or [wording.text("pregnant_tell")]))

    def _advice(self, data: Any, kind: str) -> list[Text]:
        """The fixed sentence for the advice of the agent; without one, advice about driving stands as written."""
        advice = _record(data, kind).get("advice")
        table = self.wording.library.words[kind]
        if advice in table:
            return [self.wording.text(table[advice])] if table[advice] else []
        return [self.wording.as_written(str(advice))] if advice and kind == "driving" else []

    def _therapies(self) -> Iterator[Section]:
        wording, blocks = self.wording, []
        for item in self._others():
            known = self.rulebook.therapy_by_id.get(item.ref_id)
            texts = tuple(wording.of(sentence) for sentence in _sentences(known.data.get("leaflet") if known else ()))
            facts = [wording.text("from_day", day=wording.day(item.starts_on))]
            if item.stops_on:
                facts.append(wording.text("last_day", day=wording.day(item.stops_on - timedelta(days=1))))
            blocks.append(Block(item.ref_id, self._name(item), None, (), tuple(facts), (Lines("take", None, texts),)))
        if blocks:
            yield Section("therapies", wording.say("therapies"), (), tuple(blocks))

    def _dates(self) -> Section:
        wording = self.wording
        blocks = tuple(
            Block(
                due.kind,
                wording.text("short_line", day=wording.short_day(due.due_on)),
                wording.text("check_in" if due.kind == "check_in" else "review"),
            )
            for due in sorted(self.plan.dates)
            if due.due_on >= self.today
        )
        return Section("dates", wording.say("dates"), () if blocks else (wording.text("dates_none"),), blocks)

    def _contacts(self) -> Section:
        wording = self.wording
        blocks = (
            Block("clinic", Text(self.practice.name, ""), wording.text("contact_clinic"), facts=self._phone()),
            Block("emergency", wording.text("contact_emergency")),
        )
        return Section("contacts", wording.say("contacts"), (), blocks)

    def _phone(self) -> tuple[Text, ...]:
        return (Text(self.practice.phone, ""),) if self.practice.phone else ()

    def _help(self) -> Section:
        """The warning signs of every hand-out, by what to do."""
        wording = self.wording
        signs = self.wording.library.education["red_flags"]["items"]
        blocks = tuple(
            Block(
                act,
                wording.text(act),
                groups=tuple(
                    Lines(sign["id"], wording.of(sign["sign"]), (wording.of(sign["why"]),))
                    for sign in signs
                    if sign["act"] == act
                ),
            )
            for act in _ACTS
        )
        return Section("help", wording.say("help"), (), blocks)

    def _flare(self) -> Section:
        wording, flare = self.wording, self.wording.library.flare
        blocks = tuple(
            Block(
                f"step-{step['order']}",
                wording.of(step["title"]),
                groups=(Lines("do", None, tuple(wording.of(prompt) for prompt in step["prompts"])),),
            )
            for step in flare["sections"]
        )
        return Section("flare", wording.say("flare"), (wording.of(flare["definition"]["text"]),), blocks)

    def _guidance(self) -> Section:
        wording, education = self.wording, self.wording.library.education
        pages = [*education["caregiver_guidance"]]
        if any("opioid" in agent.classes for _item, agent in self._agents()):
            pages.append(self.wording.library.topic("naloxone"))
        blocks = tuple(
            Block(page["id"], wording.of(page["title"]), groups=(Lines("text", None, (wording.of(page["text"]),)),))
            for page in pages
        )
        return Section("guidance", "", (), blocks)

    # --- pieces -------------------------------------------------------------------------------------------------------

    def _agents(self) -> Iterator[tuple[ItemRecord, Agent]]:
        for item in self.plan.items:
            agent = self.rulebook.agent_by_id.get(item.ref_id)
            if item.kind == "agent" and agent:
                yield item, agent

    def _doses(self) -> Iterator[Doses]:
        for item in self.plan.items:
            if item.kind == "agent":
                yield Doses(item, self.rulebook.agent_by_id.get(item.ref_id), self.wording, self.today)

    def _name(self, item: ItemRecord) -> Text:
        """The name of a medicine or treatment; in English and marked where it has none in this language."""
        if self.wording.language == ENGLISH:
            return Text(item.name, ENGLISH)
        names = self.wording.library.words["names"]
        if item.ref_id in names:
            return Text(names[item.ref_id], self.wording.language)
        return self.wording.as_written(item.name)

    def _what_for(self, agent: Agent) -> Text | None:
        for entry in self.wording.library.words["what_for"]:
            wanted = {*entry.get("classes", ())} & {*agent.classes} or {*entry.get("routes", ())} & {*agent.routes}
            if wanted or not (entry.get("classes") or entry.get("routes")):
                return Text(entry["say"][self.wording.language], self.wording.language)
        return None


def _days_of(plan: PlanRecord, today: date) -> Iterator[date | None]:
    """Every day that the sheet says without its year, unless one of them lies in another year."""
    yield from (due.due_on for due in plan.dates if due.due_on >= today)
    for item in plan.items:
        yield from (item.starts_on if item.starts_on > today else None, item.stops_on)
        # Its calendar shows the week of the last step.
        yield from (step.begins(item.starts_on) + timedelta(days=6) for step in item.steps)


def _sentences(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list | tuple) else []


def _record(data: Any, key: str) -> dict[str, Any]:
    return data.get(key) or {}


def _joined(wording: Wording, effects: Iterable[Text]) -> list[Text]:
    """Effects as one sentence; what is not known in the language stands by itself, marked."""
    known = dict.fromkeys(text.words for text in effects if not text.mark)
    others = {text.words: text for text in effects if text.mark}
    line = "; ".join(known)
    first = [Text(f"{line[0].upper()}{line[1:]}.", wording.language)] if line else []
    return [*first, *others.values()]
