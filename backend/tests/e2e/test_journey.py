"""What the service is for, from signing in to signing out; with scripts, without them, and by the keyboard alone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.axe import violations
from tests.e2e.browsing import Browsing
from tests.e2e.population import CODE, HINTS_A_DAY, PROBLEM

TITLE = PROBLEM["title"]


def press(page: Page, name: str) -> None:
    """Presses the button of this name."""
    page.get_by_role("button", name=name, exact=True).click()


def follow(page: Page, name: str) -> None:
    """Follows the first link of this name."""
    page.get_by_role("link", name=name, exact=True).first.click()


def fill_in_a_run(page: Page) -> None:
    """Into the form for it: a run of which the first case's output is right, and the second's wrong."""
    page.get_by_role("combobox", name="Language").select_option(label="Python")
    page.get_by_label("Your code").fill(CODE)
    outputs = page.locator("textarea[name^=output-]")
    outputs.nth(0).fill("4")
    outputs.nth(1).fill("8\n9")


def record_a_run(page: Page) -> None:
    """With the form for it: the run of `fill_in_a_run`."""
    fill_in_a_run(page)
    press(page, "Record run")
    page.wait_for_url(re.compile(r"/runs/\d+/$"))
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)


@pytest.mark.parametrize(("javascript", "who"), [(True, "alice"), (False, "bob")], ids=["scripts", "without"])
def test_somebody_signs_in_searches_records_a_run_asks_for_hints_publishes_and_signs_out(
    browsing: Browsing, javascript: bool, who: str
) -> None:
    page = browsing.page(javascript=javascript)
    page.goto("/")
    expect(page.get_by_role("link", name="My runs")).to_have_count(0)
    follow(page, "Sign in")
    expect(page.locator("main")).to_contain_text("opens with the link that make run printed")
    browsing.open_sign_in(page)
    assert not javascript or violations(page) == []
    page.get_by_label("User's email address").fill(browsing.population.email(who))
    page.locator("form:has(#email) button").click()
    expect(page.get_by_role("link", name="My runs")).to_be_visible()

    page.goto("/")
    page.get_by_label("Search problems").fill("lanterns gate")
    press(page, "Search")
    page.wait_for_url(re.compile("words=lanterns"))
    page.wait_for_load_state("networkidle")  # typing has searched as well: its answer may come last
    follow(page, TITLE)
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)

    press(page, "Enter results by hand")
    record_a_run(page)
    run = page.url
    expect(page.locator("main")).to_contain_text("Wrong answer")

    follow(page, "Run again")
    expect(page.locator("#code")).to_have_value(CODE)
    press(page, "Enter results by hand")
    record_a_run(page)
    other = page.context.new_page()
    other.goto(f"{page.url}hints/")
    other_step = other.get_by_role("button", name=re.compile("^Open "))
    expect(other_step).to_be_enabled()

    page.goto(run)
    page.get_by_role("link", name=re.compile("^Hints")).click()
    for hint in PROBLEM["hints"][:HINTS_A_DAY]:
        page.get_by_role("button", name=re.compile("^Open ")).click()
        expect(page.locator(".rung.is-open", has_text=hint)).to_be_visible()
    expect(page.get_by_text(f"0 of {HINTS_A_DAY} hints left today").first).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Open "))).to_be_disabled()
    # The other page, of another run, was made before: what it asks for is open by now, and paid for.
    other_step.click()
    expect(other.get_by_text("This hint was already open. You weren't charged again.")).to_be_visible()
    expect(other.locator(".rung.is-open")).to_have_count(HINTS_A_DAY)

    page.goto(run)
    page.get_by_role("button", name="Make public").click()
    expect(page.locator("header .badge", has_text="Public").first).to_be_visible()
    follow(page, "Timeline")
    mine = page.locator(
        ".timeline > li", has=page.locator(f"a[href='{run.removeprefix(browsing.live.url)}']")
    )
    expect(mine).to_contain_text(who.title())

    press(page, "Sign out")
    expect(page.get_by_role("link", name="My runs")).to_have_count(0)
    page.goto("/runs/")
    expect(page).to_have_url(re.compile("/sign-in/"))


def test_a_slash_opens_the_search_from_any_page(browsing: Browsing) -> None:
    page = browsing.page()
    page.goto("/timeline/")
    page.keyboard.press("/")
    page.wait_for_url(re.compile("/#words$"))
    expect(page.get_by_label("Search problems")).to_be_focused()


def test_the_keyboard_alone_searches_opens_writes_and_runs(browsing: Browsing) -> None:
    page = browsing.page("charlie")
    page.goto("/")
    keyboard = page.keyboard
    keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to content")
    keyboard.press("/")
    expect(page.get_by_label("Search problems")).to_be_focused()
    keyboard.type("two lanterns")
    keyboard.press("Enter")
    page.wait_for_url(re.compile("words=two"))
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("link", name=TITLE)).to_be_visible()
    tab_to(page, TITLE)
    keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)
    tab_to(page, "Write and run code")
    keyboard.press("Enter")
    keyboard.press("Tab")
    expect(page.get_by_role("combobox", name="Language")).to_be_focused()
    keyboard.type("JavaScript")
    keyboard.press("Tab")
    keyboard.type("console.log(4);")
    keyboard.press("Control+Enter")
    expect(page.locator("#run-status")).to_have_text("1 of 2 samples passed.")
    keyboard.press("Escape")
    keyboard.press("Tab")
    expect(page.get_by_label("Plain text field")).to_be_focused()


def tab_to(page: Page, text: str, most: int = 60) -> None:
    """Presses Tab until what is focused has this text."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == text:
            return
    raise AssertionError(f"Tab does not lead to {text!r}")
