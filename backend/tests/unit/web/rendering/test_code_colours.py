"""Colours of code: the file is what the palettes say, and everything can be read."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from web.rendering.code_colours import BACKGROUND, DARK, LIGHT, STYLESHEET, TEXT, stylesheet


def luminance(colour: str) -> float:
    """WCAG's relative luminance."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_stylesheet_is_what_the_palettes_make() -> None:
    assert STYLESHEET.read_text(encoding="utf-8") == stylesheet(), "run python -m web.rendering.code_colours"


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_every_colour_has_the_contrast_of_wcag_aa(palette: Mapping[str, str]) -> None:
    ground = palette[BACKGROUND]
    poor = {name: contrast(colour, ground) for name, colour in palette.items() if name != BACKGROUND}
    assert {name: ratio for name, ratio in poor.items() if ratio < 4.5} == {}


def test_both_themes_name_the_same_colours() -> None:
    assert LIGHT.keys() == DARK.keys()
    used = LIGHT.keys() - {BACKGROUND, TEXT}
    assert all(f"var(--code-{name})" in stylesheet() for name in used)


def test_the_colours_are_chosen_for_the_ground_that_the_site_has() -> None:
    site = (STYLESHEET.parent / "site.css").read_text(encoding="utf-8")
    for variable, name in (("sunken", BACKGROUND), ("text", TEXT)):
        assert f"--{variable}: light-dark({LIGHT[name]}, {DARK[name]});" in site
