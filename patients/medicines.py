"""What a name on a medicine list contains. Pure; the dictionary is content (knowledge/medicines.yaml).

`normalise` recognises a name, synonym, brand or combination product as its ingredients, says *ambiguous* for a brand
that means different products, and *not checked* for everything else; an unknown name is never safe and never dropped.
`suggestions` serves the typeahead.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from patients.names import folded as folded_letters
from rules import strict_yaml

FILE: Final = Path(__file__).resolve().parent.parent / "knowledge" / "medicines.yaml"


@dataclass(frozen=True, slots=True)
class Medicine:
    """One entry of the dictionary. `components` are names of other entries; empty for a single substance.

    `local`: systemic interactions normally do not apply. `classes` are the interaction classes; none means only that
    no class is known. `sources` keeps the mark label-knowledge-unverified.
    """

    name: str
    synonyms: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    atc: str | None = None
    local: bool = False
    note: str = ""
    in_interactions: bool = False
    sources: tuple[str, ...] = ()


class Recognition(StrEnum):
    RECOGNISED = "recognised"
    AMBIGUOUS = "ambiguous"
    NOT_CHECKED = "not_checked"


class MatchedBy(StrEnum):
    NAME = "name"
    SYNONYM = "synonym"
    BRAND = "brand"
    PARTS = "parts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Normalised:
    """What a text was recognised as.

    - `medicine`: name of the entry, or the parts joined by "/" for a combination that has no entry; "" otherwise.
    - `entries`: the entry itself, or those of the parts. For a text of which only some parts are known, `status` is
      NOT_CHECKED and `entries` are the known parts.
    - `ingredients`: the single substances in it (entries without components).
    - `candidates`: for an ambiguous brand, the names it may mean; `reason` says why.
    - `unknown_parts`: what was not recognised.
    - `release`: "extended" or "immediate" when the text says so, else "".
    """

    text: str
    status: Recognition
    medicine: str = ""
    matched_by: MatchedBy | None = None
    entries: tuple[Medicine, ...] = ()
    ingredients: tuple[Medicine, ...] = ()
    candidates: tuple[str, ...] = ()
    reason: str = ""
    unknown_parts: tuple[str, ...] = ()
    release: str = ""

    @property
    def classes(self) -> frozenset[str]:
        """All interaction classes, of the entry itself and of its ingredients."""
        return frozenset(name for entry in (*self.entries, *self.ingredients) for name in entry.classes)

    @property
    def local(self) -> bool:
        """Whether everything in it is a local or topical form."""
        return bool(self.entries) and all(entry.local for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One line of the typeahead: what was found, the entry it belongs to, and how."""

    text: str
    medicine: str
    matched_by: MatchedBy
    ambiguous: bool = False


@dataclass(frozen=True, slots=True)
class _Ambiguous:
    brand: str
    candidates: tuple[str, ...]
    reason: str


_MOST_READ = 4096


@dataclass(frozen=True)
class Dictionary:
    """All medicines with every way to write them."""

    medicines: Mapping[str, Medicine]
    _by_key: Mapping[str, tuple[Medicine, MatchedBy]] = field(repr=False)
    _by_components: Mapping[frozenset[str], Medicine] = field(repr=False)
    _ambiguous: Mapping[str, _Ambiguous] = field(repr=False)
    _ignored: Mapping[str, frozenset[str]] = field(repr=False)
    _index: tuple[tuple[str, int], ...] = field(repr=False)
    _lines: tuple[Suggestion, ...] = field(repr=False)
    # What was read already: every page asks for the same few texts again.
    _read: dict[str, Normalised] = field(default_factory=dict, repr=False, compare=False)

    def normalise(self, text: str) -> Normalised:
        """What the text is; never raises, and never drops what it cannot read."""
        if (known := self._read.get(text)) is not None:
            return known
        release = self._release(text)
        found = self._whole(text, release) or self._without_brackets(text, release) or self._in_parts(text, release)
        if len(self._read) >= _MOST_READ:
            self._read.clear()
        self._read[text] = found
        return found

    def suggestions(self, typed: str, limit: int = 12) -> list[Suggestion]:
        """Entries, synonyms and brands with a word that begins as typed; names before synonyms before brands."""
        wanted = folded(typed)
        if not wanted:
            return []
        found: set[int] = set()
        position = bisect_left(self._index, (wanted, -1))
        while position < len(self._index) and self._index[position][0].startswith(wanted):
            found.add(self._index[position][1])
            position += 1
        lines = [self._lines[number] for number in found]
        lines.sort(key=lambda line: self._rank(line, wanted))
        return lines[:limit]

    def _rank(self, line: Suggestion, wanted: str) -> tuple[bool, int, bool, int, str]:
        medicine = self.medicines.get(line.medicine)
        return (
            not folded(line.text).startswith(wanted),
            list(MatchedBy).index(line.matched_by),
            medicine is None or not medicine.in_interactions,
            len(line.text),
            line.text.casefold(),
        )

    # --- reading a text, from the most exact to the least ------------------------------------------------------------

    def _whole(self, text: str, release: str) -> Normalised | None:
        for key in self._ways_to_read(text):
            if key in self._ambiguous:
                unclear = self._ambiguous[key]
                return Normalised(
                    text=text,
                    status=Recognition.AMBIGUOUS,
                    candidates=unclear.candidates,
                    reason=unclear.reason,
                    unknown_parts=(text.strip(),),
                    release=release,
                )
            if key in self._by_key:
                medicine, matched_by = self._by_key[key]
                return self._recognised(text, (medicine,), medicine.name, matched_by, release)
        return None

    def _without_brackets(self, text: str, release: str) -> Normalised | None:
        """ "Lyrica (pregabalin)": both must say the same, else nobody knows which one is meant."""
        match = re.fullmatch(r"\s*([^()\[\]]+?)\s*[(\[]([^()\[\]]+)[)\]]\s*([^()\[\]]*)", text)
        if not match:
            return None
        outside = self._whole(f"{match[1]} {match[3]}", release)
        inside = self._whole(match[2], release)
        if outside and inside and outside.status is inside.status is Recognition.RECOGNISED:
            if outside.ingredients == inside.ingredients:
                return self._recognised(text, outside.entries, outside.medicine, outside.matched_by, release)
            return Normalised(
                text=text,
                status=Recognition.AMBIGUOUS,
                candidates=(outside.medicine, inside.medicine),
                reason="the name and the name in brackets are different medicines",
                unknown_parts=(text.strip(),),
                release=release,
            )
        if inside and inside.status is Recognition.RECOGNISED and not outside:
            return None  # The part outside is unknown: the parts are reported one by one.
        if outside and not self._words(match[2]):
            return self._recognised(text, outside.entries, outside.medicine, outside.matched_by, release)
        if outside and outside.status is Recognition.AMBIGUOUS and inside and inside.medicine in outside.candidates:
            return self._recognised(text, inside.entries, inside.medicine, inside.matched_by, release)
        return None

    def _in_parts(self, text: str, release: str) -> Normalised:
        """ "paracetamol + codeine": recognised when every part is; an entry with the same components is preferred."""
        parts = [part for part in _SEPARATOR.split(text) if part.strip(" ()[]")]
        if len(parts) < 2:
            return Normalised(text=text, status=Recognition.NOT_CHECKED, unknown_parts=(text.strip(),), release=release)
        read = [(part.strip(" ()[]"), self._whole(part.strip(" ()[]"), "")) for part in parts]
        known = tuple(found for _part, found in read if found and found.status is Recognition.RECOGNISED)
        unknown = tuple(
            part for part, found in read if self._words(part) and not (found and found.status is Recognition.RECOGNISED)
        )
        entries = tuple(dict.fromkeys(entry for found in known for entry in found.entries))
        if unknown or not entries:
            return Normalised(
                text=text,
                status=Recognition.NOT_CHECKED,
                entries=entries,
                ingredients=self._substances(entries),
                unknown_parts=unknown or (text.strip(),),
                release=release,
            )
        whole = self._by_components.get(frozenset(entry.name for entry in self._substances(entries)))
        if whole is not None and len(entries) > 1:
            return self._recognised(text, (whole,), whole.name, MatchedBy.PARTS, release)
        return self._recognised(text, entries, "/".join(entry.name for entry in entries), MatchedBy.PARTS, release)

    def _recognised(
        self, text: str, entries: tuple[Medicine, ...], name: str, by: MatchedBy | None, release: str
    ) -> Normalised:
        return Normalised(
            text=text,
            status=Recognition.RECOGNISED,
            medicine=name,
            matched_by=by,
            entries=entries,
            ingredients=self._substances(entries),
            release=release,
        )

    def _substances(self, entries: tuple[Medicine, ...]) -> tuple[Medicine, ...]:
        """The single substances, each once, in order."""
        found: dict[str, Medicine] = {}
        for entry in entries:
            parts = self._substances(tuple(self.medicines[name] for name in entry.components)) or (entry,)
            found.update((part.name, part) for part in parts)
        return tuple(found.values())

    def _ways_to_read(self, text: str) -> Iterator[str]:
        """The text itself, then without its strength, then shorter from the end word by word, then without salts."""
        whole = folded(text)
        yield whole
        bare = folded(_STRENGTH.sub(" ", _BRACKETED_STRENGTH.sub(" ", text.casefold())))
        if not bare:
            return
        yield bare
        words = bare.split()
        kept = list(words)
        while len(kept) > 1 and kept[-1] in self._ignored["form"]:
            kept.pop()
            yield " ".join(kept)
        without = [word for word in words if word not in self._ignored["form"]]
        if without and without != kept:
            yield " ".join(without)
            kept = without
        while len(kept) > 1 and kept[-1] in self._ignored["salts"]:
            kept = kept[:-1]
            yield " ".join(kept)

    def _words(self, text: str) -> list[str]:
        """The words of a text that could name a medicine: neither strength, nor form, nor how often."""
        bare = folded(_STRENGTH.sub(" ", _BRACKETED_STRENGTH.sub(" ", text.casefold())))
        return [word for word in bare.split() if word not in self._ignored["form"] | self._ignored["salts"]]

    def _release(self, text: str) -> str:
        words = set(folded(_STRENGTH.sub(" ", text.casefold())).split())
        if words & self._ignored["extended_release"]:
            return "extended"
        return "immediate" if words & self._ignored["immediate_release"] else ""


_SEPARATOR: Final = re.compile(r"\s*(?:/|\+|&|;|,|\bplus\b|\bwith\b|\band\b|[()\[\]])\s*", re.IGNORECASE)
_UNIT: Final = (
    r"(?:mg|g|mcg|µg|μg|ug|ng|micrograms?|milligrams?|grams?|ml|l|mmol|iu|i\.u\.|units?|mega\s?units?|%"
    r"|percent|hours?|hrs?|h|ppm)"
)
_NUMBER: Final = r"\d+(?:[.,]\d+)*"
_STRENGTH: Final = re.compile(
    rf"(?<![\w-]){_NUMBER}\s*{_UNIT}?(?:\s*(?:/|per|in|-|x)\s*(?:{_NUMBER})?\s*{_UNIT})*(?![\w-])", re.IGNORECASE
)
_BRACKETED_STRENGTH: Final = re.compile(rf"[(\[]\s*{_NUMBER}\s*{_UNIT}?[^()\[\]]{{0,20}}[)\]]", re.IGNORECASE)


def folded(text: str) -> str:
    """A name as the dictionary compares it: no case, accents, apostrophes or hyphens; single spaces."""
    return folded_letters(text.replace("-", " ")).replace("(", " ").replace(")", " ").strip()


def _tuple(row: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(row.get(key, ()))


@lru_cache(maxsize=4)
def dictionary(path: Path = FILE) -> Dictionary:
    """The dictionary from its file; read once. ValueError when two entries claim the same way of writing."""
    data: dict[str, Any] = strict_yaml.load(path.read_text(encoding="utf-8"))
    medicines = {row["name"]: _medicine(row) for row in data["medicines"]}
    by_key: dict[str, tuple[Medicine, MatchedBy]] = {}
    lines: list[Suggestion] = []
    for medicine in medicines.values():
        for text, how in _ways_to_write(medicine):
            other = by_key.setdefault(folded(text), (medicine, how))[0]
            if other is not medicine:
                raise ValueError(f"{text!r} is written for {other.name!r} and for {medicine.name!r}")
            lines.append(Suggestion(text, medicine.name, how))
    ambiguous = {
        folded(row["brand"]): _Ambiguous(row["brand"], tuple(row["candidates"]), row["reason"])
        for row in data["ambiguous"]
    }
    lines += [Suggestion(row.brand, "", MatchedBy.BRAND, ambiguous=True) for row in ambiguous.values()]
    ignored = {name: frozenset(folded(word) for word in words) for name, words in data["ignored_words"].items()}
    ignored["form"] = frozenset(
        part
        for name in ("forms", "extended_release", "immediate_release", "frequency")
        for word in data["ignored_words"][name]
        for part in folded(word).split()
    )
    return Dictionary(
        medicines=MappingProxyType(medicines),
        _by_key=MappingProxyType(by_key),
        _by_components=MappingProxyType({frozenset(m.components): m for m in medicines.values() if m.components}),
        _ambiguous=MappingProxyType(ambiguous),
        _ignored=MappingProxyType(ignored),
        _index=tuple(sorted((part, number) for number, line in enumerate(lines) for part in _beginnings(line.text))),
        _lines=tuple(lines),
    )


def _medicine(row: Mapping[str, Any]) -> Medicine:
    return Medicine(
        name=row["name"],
        synonyms=_tuple(row, "synonyms"),
        brands=_tuple(row, "brands"),
        classes=_tuple(row, "classes"),
        components=_tuple(row, "components"),
        atc=row.get("atc"),
        local=row.get("local", False),
        note=row.get("note", ""),
        in_interactions=row.get("in_interactions", False),
        sources=_tuple(row, "sources"),
    )


def _ways_to_write(medicine: Medicine) -> Iterator[tuple[str, MatchedBy]]:
    yield medicine.name, MatchedBy.NAME
    for text in medicine.synonyms:
        yield text, MatchedBy.SYNONYM
    for text in medicine.brands:
        yield text, MatchedBy.BRAND


def _beginnings(text: str) -> Iterator[str]:
    """The folded text from each of its words on, so that "codeine" finds "paracetamol/codeine"."""
    whole = folded(text)
    yield whole
    starts = [0, *(match.end() for match in re.finditer(r" ", whole))]
    for _before, start in pairwise(starts):
        yield whole[start:]


def normalise(text: str) -> Normalised:
    """What the text is recognised as, by the shipped dictionary."""
    return dictionary().normalise(text)


def suggestions(typed: str, limit: int = 12) -> list[Suggestion]:
    """What the typed beginning may become, by the shipped dictionary."""
    return dictionary().suggestions(typed, limit)
