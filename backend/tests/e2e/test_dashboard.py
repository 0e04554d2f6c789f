"""The dashboard in a browser: 8 a row opens its detail, 19 pages have addresses, 27 charts can be clicked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browsing import PHONE, Scheme
from tests.e2e.dashboards import drawn, opened, photograph, serious_findings, served, width

PAGES = ("", "group", "problem", "limiter", "job", "logs", "reads", "compare")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboard with its generated week."""
    with served(tmp_path_factory.mktemp("dashboard")) as url:
        yield url


def test_8_19_a_row_opens_its_page_whose_address_survives_a_reload(browser: Browser, address: str) -> None:
    page = opened(browser, address)
    grid = page.get_by_test_id("stDataFrame").first
    grid.scroll_into_view_if_needed()
    # The table is a canvas: the box of its second row is clicked.
    grid.click(position={"x": 18, "y": 35 + 35 + 17})
    expect(page).to_have_url(re.compile(r"/group\?.*group=route\+"))
    expect(page.get_by_role("heading", name="Groups", exact=True)).to_be_visible()
    drawn(page)
    chosen = page.get_by_role("combobox", name="Group").input_value()
    page.reload()
    drawn(page)
    assert page.get_by_role("combobox", name="Group").input_value() == chosen
    page.get_by_role("link", name="Jobs").click()
    expect(page.get_by_role("heading", name="Jobs")).to_be_visible()
    page.context.close()


def test_27_a_bar_of_a_chart_opens_its_page(browser: Browser, address: str) -> None:
    page = opened(browser, address)
    chart = page.get_by_test_id("stPlotlyChart").filter(has_text="Use by action and plan")
    chart.scroll_into_view_if_needed()
    box = chart.locator(".nsewdrag").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] * 0.62, box["y"] + box["height"] - 12
    page.mouse.move(x - 5, y)  # Plotly takes a click only where the mouse has been seen
    page.mouse.move(x, y)
    page.mouse.click(x, y)
    expect(page).to_have_url(re.compile(r"/limiter\?.*action=hint"))
    drawn(page)
    assert page.get_by_role("combobox", name="Action").input_value() == "hint"
    page.context.close()


@pytest.mark.parametrize(("scheme", "paths"), [("light", PAGES), ("dark", ("limiter",))])
def test_no_page_has_a_serious_finding_of_axe(
    browser: Browser, address: str, scheme: Scheme, paths: tuple[str, ...]
) -> None:
    page = opened(browser, address, scheme=scheme)
    for path in paths:
        page.goto(f"{address}/{path}")
        drawn(page)
        assert serious_findings(page) == [], path
    page.context.close()


def test_no_page_is_wider_than_a_phone(browser: Browser, address: str) -> None:
    page = opened(browser, address, size=PHONE)
    for path in ("", "group", "compare"):
        page.goto(f"{address}/{path}")
        drawn(page)
        assert width(page) <= PHONE[0], path
    page.context.close()


def test_a_picture_of_the_readme_shows_the_dashboard(browser: Browser, address: str, pictures: Path) -> None:
    page = opened(browser, f"{address}/?range=6+hours", size=(1200, 1000))
    photograph(page, pictures / "dashboard.png")
    dark = opened(browser, f"{address}/limiter?action=hint", size=(1200, 1000), scheme="dark")
    photograph(dark, pictures / "dashboard-limiter.png")
    page.context.close()
    dark.context.close()
