"""What is typed into the recording form stays in its tab until it is stored."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browsing import Browsing

CODE = "print('typed')\nprint('한글')"


@pytest.fixture
def page(browsing: Browsing) -> Page:
    """Alice's tab with the recording form, code typed into it."""
    page = browsing.page("alice")
    page.goto(f"/problems/{browsing.population.problem_id}/record/")
    page.get_by_role("combobox", name="Language").select_option(label="Python")
    page.get_by_label("Your code").fill(CODE)
    page.locator("textarea[name^=output-]").nth(0).fill("4")
    return page


def expect_what_was_typed(page: Page) -> None:
    expect(page.get_by_label("Your code")).to_have_value(CODE)
    expect(page.get_by_role("combobox", name="Language")).to_have_value("python")
    expect(page.locator("textarea[name^=output-]").nth(0)).to_have_value("4")


def test_another_theme_keeps_it(page: Page) -> None:
    page.get_by_role("button", name="Dark", exact=True).click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect_what_was_typed(page)
    expect(page.get_by_text("What you typed before was restored.")).to_be_visible()


def test_another_language_keeps_it(page: Page) -> None:
    page.get_by_role("button", name="한국어", exact=True).click()
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    expect(page.locator("#code")).to_have_value(CODE)
    expect(page.locator("#language")).to_have_value("python")
    expect(page.locator("textarea[name^=output-]").nth(0)).to_have_value("4")
    page.get_by_role("button", name="English", exact=True).click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect_what_was_typed(page)


def test_back_keeps_it(page: Page) -> None:
    address = page.url
    page.goto("/timeline/")
    page.go_back()
    expect(page).to_have_url(address)
    expect_what_was_typed(page)


def test_an_ended_session_keeps_it(page: Page, browsing: Browsing) -> None:
    browsing.expect(403)
    address = page.url
    page.context.clear_cookies()
    page.get_by_role("button", name="Record run").click()
    page.wait_for_load_state()
    browsing.sign_in(page, "alice")
    page.goto(address)
    expect_what_was_typed(page)


def test_somebody_else_in_the_same_tab_does_not_get_it(page: Page, browsing: Browsing) -> None:
    address = page.url
    page.context.clear_cookies()
    browsing.sign_in(page, "bob")
    page.goto(address)
    expect(page.get_by_label("Your code")).to_have_value("")


def test_it_can_be_discarded(page: Page) -> None:
    page.reload()
    expect_what_was_typed(page)
    page.get_by_role("button", name="Discard it").click()
    expect(page.get_by_label("Your code")).to_have_value("")
    page.reload()
    expect(page.get_by_label("Your code")).to_have_value("")


def test_it_is_gone_once_the_run_is_stored(page: Page) -> None:
    address = page.url
    page.get_by_role("button", name="Record run").click()
    page.wait_for_url(re.compile(r"/runs/\d+/$"))
    page.goto(address)
    expect(page.get_by_label("Your code")).to_have_value("")
    expect(page.get_by_text("What you typed before was restored.")).to_be_hidden()
