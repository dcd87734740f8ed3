"""The words of the hand-out: fixed sentences and the library's in the language of the patient. Pure, read from content.

`knowledge/handout.yaml` holds the fixed sentences and what the library says in plainer words and in Spanish; warning
signs that the questions before a visit ask about are worded there (`knowledge/patient_questions.yaml`) and not twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from typing import Any

from rules.strict_yaml import load
from treatments.content import KNOWLEDGE, Files
from treatments.handouts.model import Text

ENGLISH = "en"
HANDOUT, EDUCATION, FLARE = "handout.yaml", "education.yaml", "followup/flare_plan.yaml"
QUESTIONS = "patient_questions.yaml"
NO_BREAK = "\N{NO-BREAK SPACE}"
_ONE_IN = re.compile(r"about 1 in (?P<n>\d+)(?!\d)(?! to )")
_PERCENT = re.compile(r"about (?P<n>\d+)%")


@dataclass(frozen=True)
class Library:
    """What the content says to patients, as it was shipped."""

    words: Mapping[str, Any]
    education: Mapping[str, Any]
    flare: Mapping[str, Any]
    questions: Mapping[str, Any]

    @classmethod
    def of(cls, files: Files) -> Library:
        """From content by file name."""
        return cls(files[HANDOUT], files[EDUCATION], files[FLARE]["flare_plan"], files[QUESTIONS])

    @cached_property
    def languages(self) -> Mapping[str, str]:
        """The languages of the hand-out with their own names."""
        return {entry["id"]: entry["name"] for entry in self.words["languages"]}

    @cached_property
    def sentences(self) -> Mapping[str, Mapping[str, str]]:
        """For each sentence of the library how it is said in each language; English is always there."""
        found = {texts[ENGLISH]: texts for texts in _texts_in_languages(self.questions)}
        found |= {entry["of"]: {ENGLISH: entry["of"]} | entry for entry in self.words["library"]}
        return found

    def topic(self, name: str) -> Mapping[str, Any]:
        """One page of the education library."""
        topic: Mapping[str, Any] = next(topic for topic in self.education["topics"] if topic["id"] == name)
        return topic


def _texts_in_languages(data: Any) -> Iterator[Mapping[str, str]]:
    if isinstance(data, Mapping):
        if isinstance(data.get(ENGLISH), str) and len(data) > 1:
            yield data
        else:
            for value in data.values():
                yield from _texts_in_languages(value)
    elif isinstance(data, list):
        for value in data:
            yield from _texts_in_languages(value)


@cache
def shipped_library() -> Library:
    """The library of the content that is shipped, read once per process."""
    names = (HANDOUT, EDUCATION, FLARE, QUESTIONS)
    return Library.of({name: load((KNOWLEDGE / name).read_text(encoding="utf-8")) for name in names})


def language_of(code: str) -> str:
    """The language of the hand-out for a language code such as es or es-MX; English where it is not spoken here."""
    language = code.strip().lower().replace("_", "-").split("-")[0]
    return language if language in shipped_library().languages else ENGLISH


@dataclass(frozen=True)
class Wording:
    """The library in one language. `with_year`: every day says its year, because the turn of one lies ahead."""

    language: str
    library: Library
    with_year: bool = False

    def say(self, name: str, /, **values: object) -> str:
        """A fixed sentence with its places filled in; what is filled in is never read as a place itself."""
        text: str = self.library.words["say"][name][self.language]
        return text.format(**values) if values else text

    def text(self, name: str, /, **values: object) -> Text:
        """A fixed sentence."""
        return Text(self.say(name, **values), self.language)

    def of(self, sentence: str) -> Text:
        """A sentence of the library; in English and marked where it is not known in this language."""
        entry = self.library.sentences.get(sentence, {ENGLISH: sentence})
        if self.language in entry:
            return Text(entry[self.language], self.language)
        return Text(entry[ENGLISH], ENGLISH, self.say("other_language"))

    def part_of(self, sentence: str) -> str:
        """Where a sentence about a medicine belongs: take, notice, watch, stop, drive or pregnant."""
        return self.library.sentences.get(sentence, {}).get("part", "take")

    def as_written(self, words: str, language: str = ENGLISH) -> Text:
        """Words of a person or a name; marked where they are known to be in another language."""
        other = language != self.language
        return Text(words, language, self.say("other_language") if other else "")

    def effect(self, name: str) -> Text:
        """An adverse effect as a patient would say it."""
        entry = self.library.words["effects"].get(name)
        if entry is not None and self.language in entry:
            return Text(entry[self.language], self.language)
        return Text(name, ENGLISH, self.say("other_language") if self.language != ENGLISH else "")

    def often(self, said: str) -> str:
        """How often an effect comes, from what the library says about it; empty where that is only for clinicians."""
        if (share := _ONE_IN.match(said)) is not None:
            return self.say("one_in", n=share["n"])
        if (share := _PERCENT.match(said)) is not None:
            return self.say("of_hundred", n=share["n"])
        table = self.library.words["often"]
        found = (name for name in table if said == name or said.startswith((f"{name} ", f"{name},")))
        return next((str(table[name][self.language]) for name in found), "")

    def check(self, test: str, label: str) -> str:
        """What is checked, as a patient would say it: empty for what is not for paper, `label` where none is."""
        table = self.library.words["tests"]
        if test not in table:
            return label
        return str(table[test][self.language]) if table[test] else ""

    def day(self, day: date) -> str:
        """ "3 March 2026"."""
        return self.say("date", day=day.day, month=self._month(day), year=day.year).replace(" ", NO_BREAK)

    def short_day(self, day: date) -> str:
        """ "Tue 3 March", and "Tue 3 March 2026" where the year is not that of the day of printing at the foot."""
        return f"{self.weekdays[day.weekday()]}{NO_BREAK}{self.day_month(day, with_year=self.with_year)}"

    def day_month(self, day: date, *, with_year: bool) -> str:
        """ "3 March" or "3 March 2026"."""
        words = self.say("short_date", day=day.day, month=self._month(day))
        return (f"{words} {day.year}" if with_year else words).replace(" ", NO_BREAK)

    @property
    def weekdays(self) -> tuple[str, ...]:
        """Monday first."""
        return tuple(self.library.words["weekdays"][self.language])

    def _month(self, day: date) -> str:
        month: str = self.library.words["months"][self.language][day.month - 1]
        return month

    def amount(self, value: float, unit: str) -> str:
        """ "37.5 mg", and "37,5 mg" in Spanish."""
        words = self.counted(unit, value) if unit in self.library.words["counted"] else self.unit(unit)
        return f"{self.number(value)}{NO_BREAK}{words}" if words else self.number(value)

    def knows(self, unit: str) -> bool:
        """Whether the words of a unit are on file, so that one and several read right."""
        return unit in self.library.words["counted"] or unit in self.library.words["units"]

    def unit(self, unit: str) -> str:
        """ "micrograms an hour"."""
        return str(self.library.words["units"].get(unit, {}).get(self.language, unit))

    def number(self, value: float) -> str:
        """ "37.5", and "37,5" in Spanish."""
        return f"{value:.10g}".replace(".", self.library.words["decimal_sign"][self.language])

    def counted(self, what: str, count: float) -> str:
        """ "tablet" or "tablets"."""
        one, more = self.library.words["counted"][what][self.language]
        return str(one if count <= 1 else more)
