"""Lists that grew by "Load more" are there again after Back."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browsing import Browsing


def load_more(page: Page, address: str, entries: str) -> int:
    """Opens a list, loads more once, and returns the number of entries."""
    page.goto(address)
    first = page.locator(entries).count()
    page.get_by_role("link", name="Load more").click()
    expect(page.locator(entries).nth(first)).to_be_visible()
    page.wait_for_function("history.state?.list?.html.length > 0")
    return page.locator(entries).count()


@pytest.mark.parametrize(
    ("address", "entries"),
    [
        ("/", "table.problems a.title"),
        ("/?sort=title&match=any", "table.problems a.title"),
        ("/runs/", "table.runs th[scope=row] a"),
        ("/timeline/", "p.what a"),
    ],
)
def test_back_shows_the_longer_list_at_its_place(browsing: Browsing, address: str, entries: str) -> None:
    page = browsing.page("busiest")
    count = load_more(page, address, entries)
    page.locator(entries).last.click()
    page.wait_for_load_state()
    page.go_back()
    expect(page.locator(entries)).to_have_count(count)
    expect(page.locator(entries).last).to_be_in_viewport()


def test_another_visitor_does_not_get_the_longer_list(browsing: Browsing) -> None:
    page = browsing.page("busiest")
    count = load_more(page, "/timeline/", "p.what a")
    page.locator("p.what a").last.click()
    page.wait_for_load_state()
    page.context.clear_cookies()
    page.go_back()
    expect(page.locator("p.what a").first).to_be_visible()
    assert page.locator("p.what a").count() < count
