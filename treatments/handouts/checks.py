"""What can be wrong with knowledge/handout.yaml: a language that is missing, a name that refers to nothing. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from string import Formatter
from typing import Any

from treatments.content import Files, Problem
from treatments.handouts.wording import EDUCATION, ENGLISH, FLARE, HANDOUT
from treatments.rulebook import Rulebook

PARTS = frozenset({"take", "notice", "watch", "stop", "drive", "pregnant"})


def handout_problems(files: Files, rulebook: Rulebook) -> Iterator[Problem]:
    """All problems of the words of the hand-out; none where the content has no hand-out."""
    words = files.get(HANDOUT)
    if not words:
        return
    languages = [entry["id"] for entry in words["languages"]]
    for name, texts in _in_every_language(words):
        for language in languages:
            if not texts.get(language):
                yield Problem(f"{HANDOUT} {name}", f"it is not said in the language {language}")
        # A comma without quotation marks cuts a sentence in two, and its end becomes a key of its own.
        if cut := [str(key) for key, text in texts.items() if text is None]:
            yield Problem(f"{HANDOUT} {name}", f"a part of the sentence stands outside of it: {cut[0]}")
        places = {language: _places(texts.get(language, "")) for language in languages}
        if len({frozenset(found) for found in places.values()}) > 1:
            yield Problem(f"{HANDOUT} {name}", "the languages fill in different things")
    known = set(library_sentences(files, rulebook))
    for entry in words["library"]:
        if entry["of"] not in known:
            yield Problem(f"{HANDOUT} library", f"no text of the library is: {entry['of']}")
        if entry.get("part", "take") not in PARTS:
            yield Problem(f"{HANDOUT} library", f"{entry['part']} is no part of a medicine")
    said = [name for table in ("driving", "pregnancy", "frequencies") for name in words[table].values()]
    for name in said:
        if name is not None and name not in words["say"]:
            yield Problem(f"{HANDOUT} {name}", "there is no fixed sentence with this name")
    for name in set(words["names"]) - set(rulebook.agent_by_id) - set(rulebook.therapy_by_id):
        yield Problem(f"{HANDOUT} names", f"there is no agent or therapy {name}")
    tests = set(rulebook.labels["monitoring_tests"])
    for name in sorted(tests - set(words["tests"])):
        yield Problem(f"{HANDOUT} tests", f"it is not said for a patient: {name}")
    for name in sorted(set(words["tests"]) - tests):
        yield Problem(f"{HANDOUT} tests", f"nothing is checked by the name {name}")
    for agent in rulebook.agents:
        told: Any = agent.data.get("adverse_effects") or {}
        for effect in (*told.get("common", ()), *told.get("serious", ())):
            if effect["effect"] not in words["effects"]:
                yield Problem(f"{HANDOUT} effects", f"it is not said for a patient: {effect['effect']}")


def library_sentences(files: Files, rulebook: Rulebook) -> Iterator[str]:
    """Every sentence of the library that a hand-out may say."""
    for agent in rulebook.agents:
        yield from _texts(agent.data.get("counselling"))
    for therapy in rulebook.therapies:
        yield from _texts(therapy.data.get("leaflet"))
    flare = files[FLARE]["flare_plan"]
    yield str(flare["definition"]["text"])
    for section in flare["sections"]:
        yield from (str(section["title"]), *_texts(section["prompts"]))
    education = files[EDUCATION]
    yield str(education["footer"])
    for page in (*education["topics"], *education["caregiver_guidance"]):
        yield from (str(page["title"]), str(page["text"]))
    for sign in education["red_flags"]["items"]:
        yield from (str(sign["sign"]), str(sign["why"]))


def _in_every_language(words: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, str]]]:
    for part in ("say", "effects", "units", "tests", "often"):
        for name, texts in words[part].items():
            if texts is not None:
                yield f"{part} {name}", texts
    for place, entry in enumerate(words["what_for"]):
        yield f"what_for {place}", entry["say"]
    for entry in words["library"]:
        yield f"library {entry['of'][:40]}", {ENGLISH: entry["of"]} | entry


def _places(text: str) -> set[str]:
    return {name for _text, name, _spec, _kind in Formatter().parse(text) if name is not None}


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, list | tuple) else ()
