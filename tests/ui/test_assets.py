"""The files the browser gets: small, unedited where they are not ours, and nothing a strict policy would refuse."""

from __future__ import annotations

import gzip
import hashlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "static"
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((STATIC / "js").glob("*.js"))

JS_BUDGET = 40 * 1024
CSS_BUDGET = 35 * 1024


def compressed(paths: list[Path]) -> int:
    """The bytes that the files take on the wire, each compressed by itself."""
    return sum(len(gzip.compress(path.read_bytes())) for path in paths)


def test_all_scripts_together_stay_in_their_budget() -> None:
    assert compressed([*SCRIPTS, STATIC / "vendor" / "htmx.min.js"]) < JS_BUDGET


def test_all_styles_together_stay_in_their_budget() -> None:
    assert compressed(sorted((STATIC / "css").glob("*.css"))) < CSS_BUDGET


def test_htmx_is_the_published_file() -> None:
    sums = re.findall(r"`([0-9a-f]{64})`", (STATIC / "vendor" / "README.md").read_text())
    assert hashlib.sha256((STATIC / "vendor" / "htmx.min.js").read_bytes()).hexdigest() in sums


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_template_writes_script_or_style_into_the_page(path: Path) -> None:
    text = re.sub(r"{%\s*comment.*?endcomment\s*%}", "", path.read_text(), flags=re.DOTALL)
    assert not re.search(r"\sstyle=", text), "a style attribute"
    assert not re.search(r"<style\b", text), "a style element"
    assert not re.search(r"<script(?![^>]*\bsrc=)", text), "an inline script"
    assert not re.search(r"\son(click|change|input|submit|load|focus|blur|key\w+)=", text), "an inline handler"
    assert "hx-on" not in text, "hx-on needs eval"
    assert "javascript:" not in text


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_keep_patient_data_out_of_the_browsers_storage(path: Path) -> None:
    text = path.read_text()
    assert "localStorage" not in text
    assert "indexedDB" not in text
    assert "innerHTML" not in text
    if path.name != "disclosure.js":  # Which part of a page was open, and how tall, by its name.
        assert "sessionStorage" not in text


def test_every_behaviour_is_loaded_and_every_loaded_one_exists() -> None:
    loaded = set(re.findall(r"js/([\w-]+\.js)", (ROOT / "templates" / "components" / "scripts.html").read_text()))
    elsewhere = {name for path in TEMPLATES for name in re.findall(r'"js/([\w-]+\.js)"', path.read_text())}
    assert {path.name for path in SCRIPTS} == loaded | elsewhere


def test_htmx_is_configured_without_eval_styles_or_snapshots() -> None:
    base = (ROOT / "templates" / "base.html").read_text()
    for setting in (
        '"allowEval":false',
        '"allowScriptTags":false',
        '"includeIndicatorStyles":false',
        '"selfRequestsOnly":true',
        '"historyCacheSize":0',
    ):
        assert setting in base
    assert 'hx-history="false"' in base


def test_no_motion_is_longer_than_150_ms() -> None:
    for sheet in (STATIC / "css").glob("*.css"):
        for number, unit in re.findall(r"\b([\d.]+)(ms|s)\b", sheet.read_text()):
            assert float(number) * (1000 if unit == "s" else 1) <= 150, f"{sheet.name}: {number}{unit}"


def test_every_token_that_is_used_exists() -> None:
    defined = set(re.findall(r"(--[\w-]+):", (STATIC / "css" / "tokens.css").read_text()))
    text = "".join(sheet.read_text() for sheet in (STATIC / "css").glob("*.css"))
    own = "".join((STATIC / "css" / name).read_text() for name in ("app.css", "bodymap.css"))
    local = set(re.findall(r"(--[\w-]+):", own))
    assert set(re.findall(r"var\((--[\w-]+)", text)) <= defined | local
