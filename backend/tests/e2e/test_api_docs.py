"""The API's documentation in a browser: from this server alone, and without anything that the CSP forbids."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e.browsing import Browsing


def test_the_documentation_of_the_api_shows_every_operation_without_breaking_the_csp(
    browsing: Browsing,
) -> None:
    page = browsing.page()
    page.goto("/api/docs")
    expect(page.locator(".info .title")).to_contain_text("AlgoItny")
    expect(page.locator("#operations-problems-get_problem")).to_be_visible()
    page.locator("#operations-problems-get_problem button").first.click()
    expect(page.locator("#operations-problems-get_problem .responses-table").first).to_be_visible()
