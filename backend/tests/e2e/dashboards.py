"""A dashboard in a process of its own, with generated figures, and pages of it in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from config.environment import BACKEND_DIR
from engines.processes import LOOPBACK, free_port, is_listening, start, terminate, wait_until
from scripts.run_dashboard import command
from tests.e2e.browsing import DESKTOP, PATIENCE_MS, Scheme
from tests.integration.dashboard.conftest import dashboard_python
from tests.support.scripts import script_environment


@contextmanager
def served(folder: Path, *, trading: bool = False) -> Iterator[str]:
    """The address of a dashboard with generated figures; `folder` gets its log."""
    python, port, log = dashboard_python(), free_port(), folder / "log"
    arguments = [python, *command(port, demo=True, trading=trading)]
    process = start(arguments, log=log, env=script_environment(), cwd=BACKEND_DIR)
    try:
        wait_until(lambda: is_listening(port), process, name="the dashboard", log=log, seconds=60)
        yield f"http://{LOOPBACK}:{port}"
    finally:
        terminate(process, seconds=20)
    assert "Traceback" not in log.read_text()


def opened(
    browser: Browser, address: str, *, size: tuple[int, int] = DESKTOP, scheme: Scheme = "light"
) -> Page:
    """A page that has been drawn; it asks nobody but this machine."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    drawn(page)
    assert [
        url
        for url in asked
        if not url.startswith((f"http://{LOOPBACK}:", f"ws://{LOOPBACK}:", "data:", "blob:"))
    ] == []
    return page


def drawn(page: Page) -> None:
    """Waits until the foot of the page is there and nothing is running."""
    expect(page.get_by_text("this page read")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=PATIENCE_MS)


def photograph(page: Page, path: Path) -> None:
    """Takes a picture once the first chart has been drawn."""
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible(timeout=PATIENCE_MS)
    page.wait_for_timeout(1500)  # charts slide in
    page.screenshot(path=path)


def serious_findings(page: Page) -> list[str]:
    """What axe finds serious or critical in a page."""
    return [
        f"{rule['id']}: {node['target']} {node['html'][:160]}"
        for rule in Axe().run(page).response["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


def width(page: Page) -> int:
    """How wide the page's content is, in pixels."""
    pixels: int = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    return pixels
