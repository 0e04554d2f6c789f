"""Test clients that act as browsers without JavaScript, and helpers for their responses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from api.accounts.sign_in import open_session
from api.dynamodb.schema.records import User
from web.session_cookie import cookie_name

Visit = Callable[[int], Client]


@pytest.fixture
def visit(cast: dict[int, User]) -> Visit:
    """Returns a browser in which the given member of the cast is signed in."""

    def signed_in(user_id: int) -> Client:
        browser = Client()
        browser.cookies[cookie_name()] = open_session(cast[user_id], "web", "Firefox, Linux").token
        return browser

    return signed_in


def followed(browser: Client, answer: Any) -> Any:
    """The page that a form redirects to."""
    assert answer.status_code == 303, answer.content.decode()[:500]
    return browser.get(answer["Location"].split("#")[0])


def is_sent_to_sign_in(answer: Any) -> bool:
    """Whether the response redirects to the sign-in page."""
    return bool(answer.status_code == 303 and answer["Location"].startswith("/sign-in/?next="))


def streamed(answer: Any) -> bytes:
    """The content of a streamed response."""
    return b"".join(answer.streaming_content)


def text_of(answer: Any, status: int = 200) -> str:
    """The text of a response, whose status has to be `status`."""
    assert answer.status_code == status
    return str(answer.content.decode())
