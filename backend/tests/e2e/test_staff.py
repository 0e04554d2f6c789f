"""Staff in a browser: a problem from its first word to the public list."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.axe import violations
from tests.e2e.browsing import Browsing
from tests.e2e.test_journey import follow, press

CASES = "=== input sample\n2\n1 2\n=== output\n3\n\n=== input\n" + "1 " * 5_000 + "\n=== output\n5000\n"


def test_staff_write_a_problem_preview_its_cases_publish_it_and_everybody_finds_it(
    browsing: Browsing,
) -> None:
    browsing.expect(422)
    page = browsing.page("dora")
    page.goto("/staff/")
    follow(page, "New problem")
    page.get_by_label("Platform", exact=True).select_option("baekjoon")
    page.get_by_label("Problem number").fill("990003")
    press(page, "Create draft")
    expect(page.get_by_role("alert")).to_contain_text("Your changes weren't saved")
    expect(page.get_by_label("Title")).to_have_attribute("aria-invalid", "true")
    assert violations(page) == []
    page.get_by_label("Title").fill("Counting Umbrellas")
    page.get_by_label("Tags", exact=True).fill("math, greedy")
    press(page, "Create draft")
    expect(page.get_by_role("heading", level=1)).to_have_text("Counting Umbrellas")
    visitor = browsing.tab()
    browsing.expect(404)
    missing = visitor.goto(page.get_by_role("link", name="View as visitor").get_attribute("href") or "")
    assert missing is not None
    assert missing.status == 404

    follow(page, "Test cases")
    page.get_by_label("Paste test cases").fill(CASES)
    press(page, "Preview")
    expect(page.get_by_role("heading", level=1)).to_have_text("Preview")
    expect(page.locator("main")).to_contain_text("9,760 more characters")
    assert violations(page) == []
    press(page, "Save test cases")
    expect(page.get_by_role("status").first).to_contain_text("2 test cases saved.")

    follow(page, "Counting Umbrellas")
    follow(page, "Publish")
    press(page, "Publish")
    expect(page.locator(".badge", has_text="published")).to_be_visible()
    visitor.wait_for_timeout(2_500)  # the other worker of the service sees it within 2 seconds
    visitor.goto("/?words=umbrellas")
    follow(visitor, "Counting Umbrellas")
    expect(visitor.get_by_role("heading", name=re.compile("^Sample 1"))).to_be_visible()
    page.goto("/staff/audit/")
    for done in ("created", "test cases replaced", "published"):
        expect(page.locator("article .badge", has_text=re.compile(f"^{done}$")).first).to_be_visible()
