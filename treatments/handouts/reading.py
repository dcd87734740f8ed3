"""How hard a text is to read, and which of its sentences are the hardest. Pure.

English: the grade of Flesch and Kincaid (Kincaid, Fishburne, Rogers and Chissom 1975, Research Branch Report 8-75):
0.39 words per sentence + 11.8 syllables per word - 15.59. Spanish: the ease of Szigriszt-Pazos (1993, Universidad
Complutense de Madrid): 206.835 - 62.3 syllables per word - words per sentence, told on the INFLESZ scale of
Barrio-Cantalejo and others (2008, An Sist Sanit Navar 31:135).

A sentence ends where a thought does: at a full stop, and at a colon, semicolon, question or exclamation mark (Flesch
1979, How to Write Plain English). Syllables of Spanish follow from its spelling. Those of English are estimated: groups
of vowels, without silent endings and with the vowels that are said apart; a grade is good to about half a year.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SENTENCE = re.compile(r"(?<=[.!?…:;])[\"'”’»)]*\s+|\n+")
_VOWELS = re.compile(r"[aeiouy]+")
# Written but not said: make, makes, walked. Said all the same: table, changes, needed.
_SILENT = re.compile(
    r"(?<![^aeiouy]l)(?<=[^aeiouy])e$|(?<![^aeiouy]l)(?<=[^aeiouyszxcg])(?<!ch|sh)es$|(?<=[^aeiouytd])ed$"
)
# Two vowels that are said apart: idea, area, being, lying, quiet, science, diabetes, serious, usual, create.
_APART = re.compile(
    r"(?<=[eouy])ing|(?<=[^cgst])ia(?!g)|iab|(?<=[^cgstx])i[ou](?!n)|ie[tn](?=[cs]|$)|ea(?=s?$|ct)|(?<=cr)ea(?=t(?:e|ing))"
    r"|(?<![qg])u(?=a[lr])|eo(?!p)"
)

_ES_STRONG = "aeoáéó"
_ES_VOWELS = _ES_STRONG + "iuüíú"
_ES_SILENT_U = re.compile(r"(?<=[qg])u(?=[eéií])")
_ES_Y = re.compile(r"y(?![aeiouáéíóú])")


def syllables(word: str, language: str = "en") -> int:
    """How many syllables a word has, at least one."""
    return max(1, _spanish(word.lower()) if language == "es" else _english(word.lower()))


def _english(word: str) -> int:
    word = re.sub(r"['’].*", "", word)
    count = len(_VOWELS.findall(word))
    if count > 1 and _SILENT.search(word):
        count -= 1
    return count + len(_APART.findall(word))


def _spanish(word: str) -> int:
    """Two strong vowels are two syllables, and so are a strong one and a stressed í or ú; a weak one joins the next."""
    letters = _ES_Y.sub("i", _ES_SILENT_U.sub("", word))
    count, before = 0, ""
    for letter in letters:
        if letter in _ES_VOWELS:
            joined = (
                before and not {before, letter} & {"í", "ú"} and not (before in _ES_STRONG and letter in _ES_STRONG)
            )
            count += not joined
            before = letter
        else:
            before = ""
    return count


@dataclass(frozen=True, slots=True)
class Reading:
    """How a text reads. `grade` is a year of school (English only), `ease` goes from 0 (hard) to 100 (Spanish only)."""

    language: str
    words: int
    sentences: int
    grade: float | None = None
    ease: float | None = None

    @property
    def band(self) -> str:
        """The INFLESZ band of a Spanish text: very_easy, quite_easy, normal, rather_hard or very_hard; else empty."""
        if self.ease is None:
            return ""
        return next((band for least, band in _INFLESZ if self.ease > least), _HARDEST)

    @property
    def is_plain(self) -> bool:
        """Whether a patient's text should read like this: up to grade 8, or at least normal on the INFLESZ scale."""
        return self.grade <= PLAIN_GRADE if self.grade is not None else (self.ease or 0) > PLAIN_EASE


PLAIN_GRADE = 8.0
PLAIN_EASE = 55.0
_INFLESZ = ((80.0, "very_easy"), (65.0, "quite_easy"), (PLAIN_EASE, "normal"), (40.0, "rather_hard"))
_HARDEST = "very_hard"


def sentences_of(text: str) -> list[str]:
    """The sentences of a text; lines are sentences even without a full stop."""
    return [part.strip() for part in _SENTENCE.split(text) if _WORD.search(part)]


def reading_of(sentences: Iterable[str], language: str) -> Reading:
    """How the sentences read together."""
    parts = [part for text in sentences for part in sentences_of(text)]
    words = [word for part in parts for word in _WORD.findall(part)]
    if not words:
        return Reading(
            language, 0, 0, grade=0.0 if language != "es" else None, ease=100.0 if language == "es" else None
        )
    per_sentence = len(words) / len(parts)
    per_word = sum(syllables(word, language) for word in words) / len(words)
    if language == "es":
        return Reading(language, len(words), len(parts), ease=round(206.835 - 62.3 * per_word - per_sentence, 1))
    return Reading(
        language, len(words), len(parts), grade=round(max(0.0, 0.39 * per_sentence + 11.8 * per_word - 15.59), 1)
    )


def hardest(sentences: Iterable[str], language: str, at_most: int = 5) -> list[tuple[str, Reading]]:
    """The sentences that do not read plainly by themselves, the hardest first.

    Very short ones are left out: of three words a long one alone makes a high grade, and nothing can be cut.
    """
    parts = dict.fromkeys(part for text in sentences for part in sentences_of(text))
    read = [(part, reading_of([part], language)) for part in parts]
    found = [(part, one) for part, one in read if one.words >= _FEWEST_WORDS and not one.is_plain]
    found.sort(key=lambda pair: -(pair[1].grade if pair[1].grade is not None else 100 - (pair[1].ease or 0)))
    return found[:at_most]


_FEWEST_WORDS = 5
