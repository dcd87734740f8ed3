"""The colours keep their promise: text reaches 4.5:1 and graphics 3:1 (WCAG 2.2), in both themes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).parents[2] / "static" / "css" / "tokens.css"
BLOCKS = {
    "light": ":root {",
    "dark by system": ':root:not([data-theme="light"]) {',
    "dark by choice": ':root[data-theme="dark"] {',
}
SURFACES = ["surface-0", "surface-1", "surface-2", "surface-3"]
INKS = ["ink-1", "ink-2", "ink-3"]
MEANINGS = ["critical", "warning", "good", "information"]

TEXT_PAIRS = (
    [(ink, surface) for ink in INKS for surface in SURFACES]
    + [(ink, hatch) for ink in INKS for hatch in ("hatch-1", "hatch-2")]
    + [(meaning, surface) for meaning in MEANINGS for surface in SURFACES[:3]]
    + [(meaning, f"{meaning}-wash") for meaning in MEANINGS]
    + [("ink-1", f"{meaning}-wash") for meaning in [*MEANINGS, "accent"]]
    + [("ink-2", f"{meaning}-wash") for meaning in [*MEANINGS, "accent"]]
    + [("accent", surface) for surface in SURFACES[:3]]
    + [("accent-hover", surface) for surface in SURFACES[:3]]
    + [("accent", "accent-wash"), ("on-accent", "accent"), ("on-accent", "accent-hover"), ("on-critical", "critical")]
)
GRAPHIC_PAIRS = (
    [("line-strong", surface) for surface in SURFACES[:3]]
    + [("focus", surface) for surface in SURFACES]
    + [(f"series-{n}", "surface-1") for n in range(1, 5)]
    + [("goal", "surface-1"), ("map-pain", "map-skin"), ("map-border", "map-skin")]
    + [(mark, ground) for mark in ("map-touch", "map-numb") for ground in ("map-skin", "map-pain")]
    + [("information", "map-skin")]
)


def colours(block: str) -> dict[str, str]:
    """Return the colour tokens of one theme, as name to #rrggbb."""
    text = TOKENS.read_text()
    body = text[text.index(BLOCKS[block]) :]
    body = body[: body.index("}")]
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6});", body))


def luminance(colour: str) -> float:
    """Return the relative luminance of #rrggbb as WCAG 2.2 defines it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21."""
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


def test_contrast_of_black_on_white_is_21() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark by choice"])
@pytest.mark.parametrize(("ink", "ground"), TEXT_PAIRS)
def test_text_can_be_read(theme: str, ink: str, ground: str) -> None:
    named = colours(theme)
    assert contrast(named[ink], named[ground]) >= 4.5, f"{ink} on {ground}"


@pytest.mark.parametrize("theme", ["light", "dark by choice"])
@pytest.mark.parametrize(("mark", "ground"), GRAPHIC_PAIRS)
def test_graphics_can_be_seen(theme: str, mark: str, ground: str) -> None:
    named = colours(theme)
    assert contrast(named[mark], named[ground]) >= 3, f"{mark} on {ground}"


def test_the_dark_theme_is_the_same_by_system_and_by_choice() -> None:
    assert colours("dark by system") == colours("dark by choice")


def test_both_themes_name_the_same_colours() -> None:
    assert colours("light").keys() == colours("dark by choice").keys()


def test_only_the_tokens_name_colours() -> None:
    """Another style sheet that names a colour would escape both themes and these tests."""
    for sheet in TOKENS.parent.glob("*.css"):
        if sheet.name in {"tokens.css", "print.css"}:
            continue
        found = re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[^{}]*;)|\brgba?\(|\bhsla?\(", sheet.read_text())
        assert found == [], f"{sheet.name} names {found}"
