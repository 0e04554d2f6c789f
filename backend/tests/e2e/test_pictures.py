"""The README's pictures: four pages as people use them. `make pictures` writes them into docs/."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import expect

from tests.e2e.browsing import Browsing, Scheme
from tests.e2e.world import World

SIZE = (1200, 760)


class Picture(NamedTuple):
    """A picture: its name, whose page it is, where, in which colours, and how far down the page it begins."""

    name: str
    who: str | None
    address: Callable[[World], str]
    scheme: Scheme = "light"
    heading: str = ""


PICTURES = (
    Picture("search", "busiest", lambda world: "/?tags=show"),
    Picture("run", None, lambda world: f"/runs/{world.public_run_id}/"),
    Picture("my-runs", "busiest", lambda world: "/runs/", "dark"),
    Picture("test-cases", "dora", lambda world: f"/staff/problems/{world.problem_id}/cases/"),
)


@pytest.mark.parametrize("picture", [pytest.param(each, id=each.name) for each in PICTURES])
def test_a_picture_of_the_readme_shows_its_page(browsing: Browsing, pictures: Path, picture: Picture) -> None:
    page = browsing.page(picture.who, scheme=picture.scheme, size=SIZE)
    page.goto(picture.address(browsing.world))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.screenshot(path=pictures / f"readme-{picture.name}.png")
