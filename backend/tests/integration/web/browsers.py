"""Browsers for the tests of pages: what a signed-in member of the cast, or nobody known, sees without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from api.accounts.sign_in import open_session
from api.dynamodb.repositories.records import User
from web.session_cookie import cookie_name

Visit = Callable[[int], Client]


@pytest.fixture
def visit(cast: dict[int, User]) -> Visit:
    """Call it with a member of the cast: a browser in which they are signed in."""

    def signed_in(user_id: int) -> Client:
        browser = Client()
        browser.cookies[cookie_name()] = open_session(cast[user_id], "web", "Firefox, Linux").token
        return browser

    return signed_in


def followed(browser: Client, answer: Any) -> Any:
    """The page that a form leads to."""
    assert answer.status_code == 303, answer.content.decode()[:500]
    return browser.get(answer["Location"].split("#")[0])


def is_sent_to_sign_in(answer: Any) -> bool:
    """Whether nobody known was asked to sign in first."""
    return bool(answer.status_code == 303 and answer["Location"].startswith("/sign-in/?next="))


def streamed(answer: Any) -> bytes:
    """All of an answer that is sent while it is made."""
    return b"".join(answer.streaming_content)
