"""Fixtures of the tests of signing in: the site on a fresh table, browsers, Google, the developer's own machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from api.accounts import google_certificates
from api.composition import repositories
from tests.integration.api.accounts.conftest import RUN_SECRET
from tests.integration.api.conftest import ALICE
from tests.support.google import CLIENT_ID, Google

LINK = f"/sign-in/development/open/?secret={RUN_SECRET}"


@pytest.fixture
def nobody(cast: object) -> Client:
    """A browser in which nobody is signed in; its forms are checked as a real one's."""
    return Client(enforce_csrf_checks=True, HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux) Firefox/145.0")


@pytest.fixture
def own_machine(nobody: Client, settings: LazySettings) -> Client:
    """A browser on the machine that serves the site, in debug, that has not opened the link of `make run`."""
    settings.DEBUG = True
    settings.SIGN_IN_SECRET = RUN_SECRET
    nobody.defaults["HTTP_HOST"] = "localhost:8000"
    return nobody


@pytest.fixture
def developer(own_machine: Client) -> Client:
    """A browser on the machine that serves the site that has opened the link of `make run`."""
    assert own_machine.get(LINK).status_code == 303
    return own_machine


@pytest.fixture
def google(cast: object, settings: LazySettings) -> Iterator[Google]:
    """Google as the site knows it."""
    with Google() as served:
        settings.GOOGLE_CERTIFICATES_URL = served.url
        settings.GOOGLE_CLIENT_IDS = [CLIENT_ID]
        yield served
    google_certificates.forget()


def send(browser: Client, address: str, **fields: str) -> Any:
    """Sends a form as a browser does that has read a page before: with the token of its cookie."""
    if "csrftoken" not in browser.cookies:
        browser.get("/sign-in/")
    return browser.post(address, {**fields, "csrfmiddlewaretoken": browser.cookies["csrftoken"].value})


def sessions_of(user_id: int = ALICE) -> list[str | None]:
    """The devices on which a user is signed in."""
    return [session["device"] for session in repositories().sessions.list_sessions(user_id)]
