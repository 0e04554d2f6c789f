"""Fixtures of the browser's tests: one service and one browser for all of them, visitors for each."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from scripts.install_assets import install, is_installed
from tests.e2e.browsing import PATIENCE_MS, Browsing, Visits, find_chromium, launch
from tests.e2e.live import Live, serving
from tests.e2e.population import Population, populate
from tests.support.engines import Engine
from tests.support.isolation import OFFERED_SCREENSHOTS


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium. Playwright's event loop ends with it, since Django takes a running one for asynchronous code."""
    find_chromium()
    with sync_playwright() as playwright:
        browser = launch(playwright)
        expect.set_options(timeout=PATIENCE_MS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def live(browser: Browser, ministack: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The service on a small demonstration; not started where there is no browser."""
    if not is_installed():
        install()
    name = f"algoitny_e2e_{secrets.token_hex(4)}"
    with serving(ministack, name, tmp_path_factory.mktemp("e2e")) as live:
        yield live


@pytest.fixture(scope="package")
def population(live: Live) -> Population:
    """The records that the tests use; see `populate`."""
    return populate(live.table)


@pytest.fixture(scope="package")
def visits(browser: Browser, live: Live, population: Population) -> Visits:
    """What the tests share."""
    return Visits(browser, live, population)


@pytest.fixture
def browsing(visits: Visits) -> Iterator[Browsing]:
    """Visitors for one test, which fails when a browser complained: of an error, of a status, of the CSP."""
    visits.recorder.forget()
    browsing = Browsing(visits)
    yield browsing
    browsing.close()
    assert visits.recorder.reported() == []


@pytest.fixture(scope="package")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the screenshots of this run go: ALGOITNY_SCREENSHOTS, or a folder of the run's own."""
    folder = Path(OFFERED_SCREENSHOTS) if OFFERED_SCREENSHOTS else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
