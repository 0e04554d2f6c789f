"""A bookmark, a note and the browser's time zone, by hand; and from a visitor's first page to a problem that runs."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e.browsing import Browsing


def test_a_bookmarked_problem_with_a_note_is_found_from_home(browsing: Browsing) -> None:
    page = browsing.page("charlie")
    page.goto(f"/problems/{browsing.population.problem_id}/")
    page.get_by_role("button", name="Bookmark").click()
    expect(page.get_by_role("button", name="Bookmark")).to_have_attribute("aria-pressed", "true")
    page.get_by_text("Write a note").click()
    page.get_by_role("textbox", name="Note").fill("두 포인터")
    page.get_by_role("button", name="Save note").click()
    expect(page.get_by_text("Note saved.")).to_be_visible()
    page.get_by_role("link", name="Home").click()
    bookmarks = page.get_by_role("region", name="Bookmarks")
    expect(bookmarks.get_by_role("link", name="Two Lanterns at the Gate")).to_be_visible()
    bookmarks.get_by_role("link", name="My notes").click()
    expect(page.get_by_text("두 포인터")).to_be_visible()


def test_the_browsers_time_zone_is_proposed_and_used(browsing: Browsing) -> None:
    page = browsing.page("bob")
    page.goto("/account/")
    zone = page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone")
    page.get_by_role("button", name="Use it").click()
    expect(page.get_by_text("Time zone saved.")).to_be_visible()
    expect(page.get_by_role("combobox", name="Time zone of your days")).to_have_value(zone)
    expect(page.get_by_role("button", name="Use it")).to_be_hidden()


def test_a_visitor_gets_from_the_first_page_to_code_that_can_be_run(browsing: Browsing) -> None:
    page = browsing.page()
    page.goto("/")
    page.get_by_role("link", name="Try this problem").click()
    expect(page.get_by_role("button", name="Run samples")).to_be_visible()
