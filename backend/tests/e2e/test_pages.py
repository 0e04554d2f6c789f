"""What holds of every page: axe finds nothing in light and dark, it fits a phone, and the browser has no complaint."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.e2e.axe import violations
from tests.e2e.browsing import PHONE, Browsing
from tests.e2e.pages import NO_PAGES, PAGES, SitePage, names_of_the_site
from tests.support.isolation import OFFERED_SCREENSHOTS

every_page = pytest.mark.parametrize("place", [pytest.param(place, id=place.title) for place in PAGES])
# What of a page reaches beyond the window's right edge, code and tables in their own scrolled boxes aside.
_TOO_WIDE = """() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    return [...document.querySelectorAll("body *")]
        .filter(element => element.getBoundingClientRect().right > width + 1)
        .map(element => element.outerHTML.slice(0, 120)).slice(0, 5);
}"""


def test_every_address_of_the_site_is_a_page_that_is_looked_at_or_known_to_be_none() -> None:
    looked_at = {place.name for place in PAGES if not place.name.startswith("/")}
    assert names_of_the_site() == looked_at | NO_PAGES
    assert not looked_at & NO_PAGES


@every_page
def test_a_page_is_accessible_at_a_desk_in_light(browsing: Browsing, place: SitePage, pictures: Path) -> None:
    _look_at(browsing, browsing.tab(place.who), place, pictures / f"{place.title}-desktop.png", "en")


@every_page
def test_a_page_fits_a_phone_and_is_accessible_in_dark_and_in_korean(
    browsing: Browsing, place: SitePage, pictures: Path
) -> None:
    page = browsing.tab(place.who, size=PHONE, locale="ko-KR", scheme="dark")
    _look_at(browsing, page, place, pictures / f"{place.title}-phone.png", "ko")
    assert page.evaluate(_TOO_WIDE) == []


def _look_at(browsing: Browsing, page: Page, place: SitePage, picture: Path, language: str) -> None:
    if place.status >= 400:
        browsing.expect(place.status)
    answer = page.goto(place.address(browsing.population))
    assert answer is not None
    assert answer.status == place.status
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator("h1").count() == 1
    if OFFERED_SCREENSHOTS:  # drawing a whole page takes longer than looking at it
        page.screenshot(path=picture, full_page=True)
    assert violations(page) == []
