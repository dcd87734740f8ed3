"""The knowledge files of the assessment: complete, and refused when something in them is wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from assessments.content import KNOWLEDGE, ContentInvalid, assessment_content, load_content, read_yaml

FILES = (
    "instruments.yaml",
    "bodymap.yaml",
    "pain_conditions.yaml",
    "sensory_examination.yaml",
    "goals.yaml",
    "sources/assessment.yaml",
    "vocabulary.yaml",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sources").mkdir()
    for name in FILES:
        shutil.copy(KNOWLEDGE / name, tmp_path / name)
    return tmp_path


def change(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_everything_is_here() -> None:
    content = assessment_content()
    assert len(content.instruments) == 41
    assert len(content.body_map.regions) == 110
    assert (len(content.body_map.roots), len(content.body_map.nerves)) == (20, 28)
    assert len(content.conditions) == 24
    assert (len(content.tests), len(content.labs), len(content.red_flags)) == (12, 16, 14)
    words = content.phenotype
    assert (len(words.descriptors), len(words.evoked), len(words.negative), len(words.timing)) == (10, 9, 8, 11)
    goals = read_yaml(KNOWLEDGE / "goals.yaml")
    assert (len(goals["goals"]), goals["meta"]["counts"]) == (58, {"goals": 58, "domains": 16})
    assert len(content.sources) == 101


def test_the_words_are_those_of_the_vocabulary() -> None:
    """What the form offers and what rules may ask are one list."""
    content, vocabulary = assessment_content(), read_yaml(KNOWLEDGE / "vocabulary.yaml")

    def ids(section: str) -> list[str]:
        return [entry["id"] for entry in vocabulary[section]]

    assert list(content.instruments) == ids("instruments")
    assert list(content.body_map.regions) == ids("regions")
    assert list(content.conditions) == ids("conditions")
    assert list(content.red_flags) == ids("red_flags")
    assert list(content.tests) == ids("tests")
    assert [d.id for d in content.phenotype.descriptors] == ids("descriptors")
    assert [sign.id for sign in content.phenotype.evoked] == ids("evoked")
    assert [sign.id for sign in content.phenotype.negative] == ids("negative")
    for entry in vocabulary["instruments"]:
        instrument = content.instruments[entry["id"]]
        assert instrument.answers_accepted == entry["answers_accepted"], entry["id"]
        assert instrument.freshness_days == entry["freshness_days"], entry["id"]
        wanted = tuple(entry["total_range"]) if entry["total_range"] else None
        assert instrument.total_range == wanted, entry["id"]


def test_the_shipped_files_load_from_another_folder(folder: Path) -> None:
    assert load_content(folder) == assessment_content()


BROKEN = [
    ("instruments.yaml", "licence:\n      holder: generic method", "lizenz:\n      holder: generic method", "licence"),
    ("pain_conditions.yaml", "urgency: emergency\n", "urgency: someday\n", "someday"),
    ("bodymap.yaml", "territory: [ear_jaw_angle, scalp_occiput]", "territory: [ear_jaw_angle, elbow]", "elbow"),
    ("bodymap.yaml", "meta:\n", "meta:\nmeta:\n", "twice"),
    (
        "instruments.yaml",
        "short_name: PEG\n    ship: full_text",
        "short_name: PEG\n    ship: score_entry",
        "peg",
    ),
    ("goals.yaml", "own_share", "own", "own_share"),
    ("instruments.yaml", "{allowed: false, reason: 'item 9", "{allowed: true, reason: 'item 9", "phq9"),
    ("instruments.yaml", "{allowed: false, reason: 'the mean", "{allowed: true, reason: 'the mean", "peg"),
]


@pytest.mark.parametrize(("name", "old", "new", "named"), BROKEN)
def test_a_mistake_stops_loading_and_is_named(folder: Path, name: str, old: str, new: str, named: str) -> None:
    change(folder, name, old, new)
    with pytest.raises(ContentInvalid, match=named):
        load_content(folder)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "bodymap.yaml").unlink()
    with pytest.raises(ContentInvalid, match=r"bodymap\.yaml"):
        load_content(folder)
