"""Makes `docs/rule-language.md` from the chapters beside this file: `python -m tests.spec.manual`.

A chapter is a module `test_<number>_<name>.py`: its docstring gives heading and introduction. A paragraph is a test
function: the first line of its docstring is the heading, the rest the text; the examples it checks become a table.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import pytest

from rules.analyse import find_example
from rules.english import sentence
from rules.evaluate import evaluate
from rules.explain import explain, smallest_changes
from rules.facts import Facts, FactSet, Value
from rules.parse import parse, unparse
from rules.problems import ConditionInvalid
from rules.truth import Truth
from rules.typecheck import problems
from rules.vocabulary import Fact, FactType, Vocabulary

FOLDER = Path(__file__).parent
PAGE = FOLDER.parent.parent / "docs" / "rule-language.md"

VOCABULARY = Vocabulary.from_data(
    {
        "facts": [
            {"name": "heart_block", "type": "bool", "label": "Heart block"},
            {"name": "dementia", "type": "bool", "label": "Dementia"},
            {"name": "age_years", "type": "int", "label": "Age", "unit": "a", "range": [0, 120]},
            {
                "name": "crcl_ml_min",
                "type": "float",
                "label": "Creatinine clearance",
                "unit": "mL/min",
                "range": [0, 300],
            },
            {"name": "qtc_ms", "type": "float", "label": "Corrected QT", "unit": "ms", "range": [280, 700]},
            {"name": "sex", "type": "enum", "label": "Sex", "values": ["female", "male", "other"]},
            {
                "name": "medication_classes",
                "type": "set",
                "label": "Classes of current medicines",
                "values": {"ssri": "SSRI", "snri": "SNRI", "opioid": "opioid", "maoi": "MAO inhibitor"},
                "phrase": "taking a medicine of class {}",
            },
            {
                "name": "conditions",
                "type": "set",
                "label": "Causes of the pain",
                "values": {"phn": "Postherpetic neuralgia", "dpn": "Painful diabetic polyneuropathy"},
            },
        ]
    }
)


@dataclass
class Paragraph:
    """Checks the examples of one paragraph and keeps them for the page."""

    columns: tuple[str, ...] = ()
    rows: list[tuple[str, ...]] = field(default_factory=list)

    def gives(self, text: str, facts: Facts, truth: Truth) -> None:
        """A condition, a patient, the answer."""
        expr = parse(text)
        assert problems(expr, VOCABULARY) == []
        assert VOCABULARY.problems(facts) == []
        assert evaluate(expr, facts) is truth
        self._row(("Condition", "Patient", "Answer"), _code(text), _patient(facts), truth.value)

    def reads(self, text: str, english: str) -> None:
        """A condition and its sentence."""
        expr = parse(text)
        assert problems(expr, VOCABULARY) == []
        assert sentence(expr, VOCABULARY) == english
        self._row(("Condition", "Sentence"), _code(text), english)

    def means(self, text: str, canonical: str) -> None:
        """Two ways to write the same condition."""
        assert unparse(parse(text)) == canonical
        assert parse(text) == parse(canonical)
        self._row(("Written", "Canonical form"), _code(text), _code(canonical))

    def refuses(self, text: str, *messages: str) -> None:
        """A text, and everything that is said against it."""
        try:
            found = problems(parse(text), VOCABULARY)
        except ConditionInvalid as invalid:
            found = list(invalid.problems)
        assert [str(problem) for problem in found] == list(messages)
        self._row(("Condition", "Refused with"), _code(text), "<br>".join(messages))

    def asks(self, text: str, facts: Facts, *names: str) -> None:
        """The facts that would settle an open condition, in order."""
        found = explain(parse(text), facts, VOCABULARY).missing
        assert [missing.fact for missing in found] == list(names)
        self._row(("Condition", "Patient", "Asked, in this order"), _code(text), _patient(facts), _codes(names))

    def decided(self, text: str, facts: Facts, truth: Truth, *parts: str) -> None:
        """The parts that made the answer."""
        found = explain(parse(text), facts, VOCABULARY)
        assert found.truth is truth
        assert [unparse(part) for part in found.decided_by] == list(parts)
        row = (_code(text), _patient(facts), truth.value, _codes(parts))
        self._row(("Condition", "Patient", "Answer", "Decided by"), *row)

    def flips(self, text: str, facts: Facts, truth: Truth, *changes: Mapping[str, Value]) -> None:
        """The smallest changes that lead to an answer."""
        assert smallest_changes(parse(text), facts, VOCABULARY, truth) == list(changes)
        ways = "; or ".join(map(_patient, changes)) or "nothing"
        self._row(("Condition", "Patient", "To become", "Change"), _code(text), _patient(facts), truth.value, ways)

    def example(self, text: str, truth: Truth, facts: Facts | None) -> None:
        """The smallest patient for an answer."""
        assert find_example(parse(text), VOCABULARY, truth) == facts
        shown = "there is none" if facts is None else _patient(facts)
        self._row(("Condition", "Answer", "Smallest patient"), _code(text), truth.value, shown)

    def _row(self, columns: tuple[str, ...], *cells: str) -> None:
        assert self.columns in ((), columns), "one paragraph has one kind of example"
        self.columns = columns
        self.rows.append(cells)

    def table(self) -> list[str]:
        """The examples as Markdown."""
        rows = [self.columns, tuple("---" for _ in self.columns), *self.rows] if self.columns else []
        return [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]


@pytest.fixture
def spec() -> Paragraph:
    """The paragraph that a test writes."""
    return Paragraph()


def chapters() -> list[ModuleType]:
    """The chapters in their order."""
    return [importlib.import_module(f"tests.spec.{path.stem}") for path in sorted(FOLDER.glob("test_[0-9]*.py"))]


def page() -> str:
    """The whole page."""
    lines = [
        "# The rule language",
        "",
        "<!-- Generated from tests/spec by `python -m tests.spec.manual`; a test fails when it is stale. -->",
        "",
        "A rule has a condition: a text in Python's expression syntax, read into a typed tree and never executed.",
        "This page is generated from the tests of the language, so every example on it is true.",
        "The examples use these facts:",
        "",
        "| Fact | Type | Meaning |",
        "| --- | --- | --- |",
        *(f"| `{fact.name}` | {_type(fact)} | {fact.label} |" for fact in VOCABULARY),
    ]
    for chapter in chapters():
        lines += ["", *_headed("##", chapter)]
        for name, function in vars(chapter).items():
            if name.startswith("test_"):
                lines += ["", *_paragraph(function)]
    return "\n".join(lines) + "\n"


def _paragraph(function: Callable[[Paragraph], None]) -> list[str]:
    paragraph = Paragraph()
    function(paragraph)
    return [*_headed("###", function), "", *paragraph.table()]


def _headed(mark: str, documented: object) -> list[str]:
    heading, _, text = (inspect.getdoc(documented) or "").partition("\n")
    return [f"{mark} {heading.rstrip('.')}", *([text.rstrip()] if text.strip() else [])]


def _type(fact: Fact) -> str:
    match fact.type:
        case FactType.BOOL:
            return "yes or no"
        case FactType.INT | FactType.NUMBER:
            return f"{'whole number' if fact.type is FactType.INT else 'number'}, {fact.range_text()}"
        case FactType.ENUM:
            return f"one of {_codes(tuple(fact.values))}"
        case FactType.SET:
            return f"set of {_codes(tuple(fact.values))}"


def _patient(facts: Mapping[str, Value]) -> str:
    return ", ".join(f"{name} {_value(value)}" for name, value in facts.items()) or "nothing known"


def _value(value: Value) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case FactSet():
            parts = [", ".join(sorted(value.members))] if value.members else []
            parts += [f"not {', '.join(sorted(value.absent))}"] if value.absent else []
            return f"{{{'; '.join([*parts, 'nothing else' if value.complete else '…'])}}}"
        case _:
            return str(value)


def _code(text: str) -> str:
    return f"`{' '.join(text.split())}`" if text.strip() else "(empty)"


def _codes(texts: tuple[str, ...]) -> str:
    return ", ".join(map(_code, texts)) or "nothing"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
