"""The search as people use it: numbers, topics, filters, Back, and the switch that hides difficulty and tags."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.axe import violations
from tests.e2e.browsing import Browsing
from tests.e2e.population import PROBLEM

TITLE = PROBLEM["title"]


def open_search(page: Page, query: str = "") -> None:
    """Opens the search, again until every process that answers has the list in memory: it then counts."""
    in_a_row = 0
    for _ in range(80):
        page.goto(f"/{query}")
        in_a_row = in_a_row + 1 if page.locator("#sort").count() else 0
        if in_a_row == 5:
            return
        page.wait_for_timeout(50)
    raise AssertionError("the list of problems is not loaded")


def test_typing_and_choosing_search_and_back_returns_to_what_was_found(browsing: Browsing) -> None:
    page = browsing.page("alice")
    open_search(page)
    page.get_by_label("Search problems").fill("BOJ 990001")
    expect(page.locator("#total")).to_have_text("1 problem")
    expect(page).to_have_url(re.compile("words=BOJ"))
    page.get_by_label("Search problems").fill("lantersn")
    expect(page.locator("#results")).to_contain_text("Showing “lanterns”.")
    page.locator("#topics summary").click()
    page.get_by_text("greedy", exact=True).first.click()
    expect(page).to_have_url(re.compile("tag=greedy"))
    page.get_by_label("My progress").select_option("attempted")
    expect(page).to_have_url(re.compile("status=attempted"))
    page.get_by_label("Order").select_option("title")
    expect(page).to_have_url(re.compile("sort=title"))
    assert violations(page) == []
    address = page.url
    page.get_by_role("link", name=TITLE).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)
    page.go_back()
    expect(page).to_have_url(address)
    expect(page.get_by_role("link", name=TITLE)).to_be_visible()
    page.go_back()
    expect(page).not_to_have_url(re.compile("sort=title"))


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "without"])
def test_one_switch_hides_difficulty_and_tags(browsing: Browsing, javascript: bool) -> None:
    page = browsing.page(javascript=javascript)
    open_search(page, "?words=990001")
    expect(page.locator("table.problems")).to_contain_text("Silver II")
    page.get_by_role("group", name="Difficulty and tags").get_by_role("button", name="Hidden").click()
    expect(page).to_have_url(re.compile("words=990001"))
    expect(page.locator("table.problems")).not_to_contain_text("Silver II")
    page.get_by_role("link", name=TITLE).click()
    expect(page.locator("main")).to_contain_text("Difficulty and tags are hidden.")
    page.get_by_role("button", name="Show everywhere").click()
    expect(page.locator("main")).to_contain_text("Silver II")
