"""The trading dashboard in a browser: from a market's row to one decision, and a past day."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browsing import DESKTOP, PHONE
from tests.e2e.dashboards import drawn, opened, photograph, serious_findings, served, width

PAGES = ("", "market?tab=Analytics", "reconciliation", "replay")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The trading dashboard with its generated month."""
    with served(tmp_path_factory.mktemp("trading"), trading=True) as url:
        yield url


def test_30_a_table_is_saved_as_csv_and_as_excel(browser: Browser, address: str) -> None:
    page = opened(browser, address)
    files = {}
    for name in ("csv", "excel"):
        with page.expect_download() as download:
            page.locator(f".st-key-markets-{name} button").click()
        files[download.value.suggested_filename] = download.value.path().read_bytes()
    assert list(files) == ["markets.csv", "markets.xlsx"]
    heading, *lines = files["markets.csv"].decode().splitlines()
    assert heading.startswith("market,bid,ask,spread,position") and len(lines) == 12
    assert files["markets.xlsx"].startswith(b"PK")
    page.context.close()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_8_from_a_row_to_a_decision_whose_address_survives_a_reload(
    browser: Browser, address: str, size: tuple[int, int]
) -> None:
    page = opened(browser, address, size=size)
    assert width(page) <= size[0]
    grid = page.get_by_test_id("stDataFrame").first
    grid.scroll_into_view_if_needed()
    # The table is a canvas: the box of its second row is clicked.
    grid.click(position={"x": 18, "y": 35 + 35 + 17})
    # The address of the market that the page shows without one does not name it.
    expect(page).to_have_url(re.compile(r"/market(\?.*market=[A-Z]|$)"))
    expect(page.get_by_role("heading", name="Market", exact=True)).to_be_visible()
    drawn(page)
    market = page.get_by_role("combobox", name="Market").input_value()
    decisions = page.get_by_test_id("stDataFrame").first
    decisions.scroll_into_view_if_needed()
    decisions.click(position={"x": 18, "y": 35 + 17})
    expect(page.get_by_role("heading", name=re.compile("The decision of"))).to_be_visible()
    drawn(page)
    page.reload()
    drawn(page)
    expect(page.get_by_role("heading", name=re.compile("The decision of"))).to_be_visible()
    assert page.get_by_role("combobox", name="Market").input_value() == market
    assert width(page) <= size[0]
    page.context.close()


def test_a_past_day_is_gone_through_moment_by_moment(browser: Browser, address: str) -> None:
    page = opened(browser, f"{address}/replay?market=OIL-ABOVE-80", size=PHONE)
    assert width(page) <= PHONE[0]
    trades = page.get_by_test_id("stMetric").filter(has_text="Trades so far").get_by_test_id("stMetricValue")
    last = trades.inner_text()
    page.get_by_role("slider").press("Home")
    expect(trades).not_to_have_text(last)
    drawn(page)
    page.context.close()


def test_no_page_has_a_serious_finding_of_axe(browser: Browser, address: str) -> None:
    page = opened(browser, address)
    for path in PAGES:
        page.goto(f"{address}/{path}")
        drawn(page)
        assert serious_findings(page) == [], path
    page.context.close()


def test_a_picture_of_the_readme_shows_the_trading_dashboard(
    browser: Browser, address: str, pictures: Path
) -> None:
    page = opened(browser, address, size=(1200, 1000))
    photograph(page, pictures / "trading-dashboard.png")
    page.context.close()
