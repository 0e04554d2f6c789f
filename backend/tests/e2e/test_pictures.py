"""The README's pictures: five pages as people use them. `make pictures` writes them into docs/."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import expect

from tests.e2e.browsing import Browsing, Scheme
from tests.e2e.population import Population

DESK, PHONE = (1200, 760), (390, 760)


class Picture(NamedTuple):
    """A picture: its name, whose page it is, where, in which colours and size."""

    name: str
    who: str | None
    address: Callable[[Population], str]
    scheme: Scheme = "light"
    size: tuple[int, int] = DESK


PICTURES = (
    Picture("problems", "busiest", lambda population: "/?platform=algoitny"),
    Picture("run", None, lambda population: f"/runs/{population.failed_run_id}/"),
    Picture("problem", None, lambda population: "/problems/18/"),
    Picture("home", "gina", lambda population: "/home/", "dark"),
    Picture("hints", "alice", lambda population: f"/runs/{population.run_id}/hints/", size=PHONE),
)


@pytest.mark.parametrize("picture", [pytest.param(each, id=each.name) for each in PICTURES])
def test_a_picture_of_the_readme_shows_its_page(browsing: Browsing, pictures: Path, picture: Picture) -> None:
    page = browsing.page(picture.who, scheme=picture.scheme, size=picture.size)
    page.goto(picture.address(browsing.population))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.screenshot(path=pictures / f"{picture.name}.png")
