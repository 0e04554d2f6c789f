"""Browser contexts for test visitors, and a recorder of what the browser reports."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
    Response,
    Route,
)

from tests.e2e.live import Live
from tests.e2e.population import Population

Scheme = Literal["light", "dark"]
DESKTOP, PHONE = (1280, 800), (375, 812)
# How long something may take to be there on a busy machine.
PATIENCE_MS = 30_000
_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = (
    "--no-sandbox",  # root has none
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
# Reports violations of the content security policy to the console.
_TELL_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", event => console.error(
    `CSP: ${event.violatedDirective} forbids ${event.blockedURI} in ${event.sourceFile}:${event.lineNumber}`
));
"""
_DOT = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\xf8\xff\xff?\x00\x05\xfe\x02\xfe\xa75\x81\x84\x00\x00\x00\x00IEND\xaeB`\x82"
)


def find_chromium() -> str:
    """The browser of this machine; skips the test where it is missing and cannot be installed."""
    for name in _NAMES:
        found = shutil.which(name)
        if found:
            return found
    if os.geteuid() != 0:
        pytest.skip("not root: Chromium is missing: sudo apt-get install chromium-headless-shell")
    raise AssertionError("Chromium is missing: run sh backend/engines/install_chromium.sh")


def launch(playwright: Playwright) -> Browser:
    """Starts the browser, without a window."""
    return playwright.chromium.launch(executable_path=find_chromium(), args=_ARGUMENTS)


@dataclass
class ComplaintRecorder:
    """Records what the browsers report during the current test: console errors, failed requests, bad statuses."""

    complaints: list[str] = field(default_factory=list)
    expected: set[int] = field(default_factory=set)
    interrupted: list[str] = field(default_factory=list)
    aborted: int = 0

    def forget(self) -> None:
        """Clears the records before the next test."""
        self.complaints.clear()
        self.expected.clear()
        self.interrupted.clear()
        self.aborted = 0

    def reported(self) -> list[str]:
        """All complaints; without those of htmx about requests that were aborted because the visitor left the page."""
        return self.complaints + ([] if self.aborted else self.interrupted)

    def listen_to(self, context: BrowserContext) -> None:
        """Records the events of all pages of a browser context."""
        context.on("console", self._console)
        context.on("weberror", lambda error: self.complaints.append(f"error: {error.error}"))
        context.on("response", self._response)
        context.on("requestfailed", self._failure)

    def _console(self, message: ConsoleMessage) -> None:
        if message.text.startswith("htmx:sendAbort"):  # the visitor went on to another page
            return
        # A failed load is looked at where its status is known.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            is_of_htmx = message.text.startswith(("htmx:afterRequest", "htmx:sendError"))
            complaints = self.interrupted if is_of_htmx else self.complaints
            complaints.append(f"console: {message.text} ({message.location.get('url')})")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.complaints.append(f"{response.status}: {response.request.method} {response.url}")

    def _failure(self, request: Request) -> None:
        if request.failure == "net::ERR_ABORTED":  # the visitor went on to another page
            self.aborted += 1
        else:
            self.complaints.append(f"{request.failure}: {request.method} {request.url}")


@dataclass
class Visits:
    """What all tests share: the browser, the service, who is signed in, and tabs that stay open."""

    browser: Browser
    live: Live
    population: Population
    recorder: ComplaintRecorder = field(default_factory=ComplaintRecorder)
    cookies: dict[str, Any] = field(default_factory=dict)
    tabs: dict[tuple[Any, ...], Page] = field(default_factory=dict)


class Browsing:
    """Makes visitors for one test."""

    def __init__(self, visits: Visits) -> None:
        self._visits = visits
        self._contexts: list[BrowserContext] = []
        self.live, self.population = visits.live, visits.population
        self.complaints = visits.recorder.complaints

    def expect(self, *statuses: int) -> None:
        """Responses with these statuses are expected in this test."""
        self._visits.recorder.expected |= set(statuses)

    def page(
        self,
        who: str | None = None,
        *,
        javascript: bool = True,
        scheme: Scheme = "light",
        locale: str = "en-US",
        size: tuple[int, int] = DESKTOP,
        in_a_hurry: bool = False,
    ) -> Page:
        """A page in a browser of its own: `who` of the cast is signed in, None is nobody known.

        `in_a_hurry` has requests end as early as in production (see `patient_wsgi`).
        """
        context = self._visits.browser.new_context(
            base_url=self.live.url, java_script_enabled=javascript, color_scheme=scheme, locale=locale,
            viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce",
            storage_state=self._cookies_of(who) if who else None,
            extra_http_headers={"X-Hurry": "1"} if in_a_hurry else {},
        )  # fmt: skip
        context.set_default_timeout(PATIENCE_MS)
        context.route(lambda address: not address.startswith(self.live.url), _elsewhere)
        context.add_init_script(_TELL_VIOLATIONS)
        self._visits.recorder.listen_to(context)
        self._contexts.append(context)
        return context.new_page()

    def tab(self, who: str | None = None, **how: Any) -> Page:
        """A page as `page` makes it, which stays open and is handed out again: a third of the time of a new one.

        For tests that only look at pages.
        """
        key = (who, *sorted(how.items()))
        if key not in self._visits.tabs:
            self._visits.tabs[key] = self.page(who, **how)
            self._contexts.pop()
        return self._visits.tabs[key]

    def sign_in(self, page: Page, name: str) -> None:
        """Signs a member of the cast in by the development sign-in, as a person would."""
        self.open_sign_in(page)
        form = page.locator("form:has(#email)")
        form.locator("#email").fill(self.population.email(name))
        form.locator("button").click()
        page.wait_for_url(lambda address: "/sign-in/" not in address)

    def open_sign_in(self, page: Page) -> None:
        """Opens the link that `make run` would print."""
        page.goto(f"/sign-in/development/open/?secret={self.live.sign_in_secret}")

    def close(self) -> None:
        """Ends the visits of the test."""
        for context in self._contexts:
            context.close()

    def _cookies_of(self, name: str) -> Any:
        if name not in self._visits.cookies:
            page = self.page()
            self.sign_in(page, name)
            self._visits.cookies[name] = page.context.storage_state()
        return self._visits.cookies[name]


def _elsewhere(route: Route) -> None:
    """No test leaves this machine: pictures of others are a dot, anything else is refused."""
    host = urlsplit(route.request.url).hostname or ""
    if route.request.resource_type == "image" and host.endswith(".googleusercontent.com"):
        route.fulfill(body=_DOT, content_type="image/png")
    else:
        route.abort()
