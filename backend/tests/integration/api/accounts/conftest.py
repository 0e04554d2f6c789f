"""Fixtures of sign-in's tests: Google on 127.0.0.1, the developer's own machine, people who are signed in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from api.accounts import google_certificates
from api.accounts.nonces import new_nonce
from api.accounts.session_tokens import Kind
from api.accounts.sign_in import SignedIn, open_session
from api.composition import repositories
from tests.integration.api.conftest import ALICE
from tests.support.google import CLIENT_ID, Google

RUN_SECRET = "the-secret-of-this-run-and-of-no-other"


@pytest.fixture
def google(site: Client, settings: LazySettings) -> Iterator[Google]:
    """Google as the site knows it."""
    with Google() as served:
        settings.GOOGLE_CERTIFICATES_URL = served.url
        settings.GOOGLE_CLIENT_IDS = [CLIENT_ID]
        yield served
    google_certificates.forget()


@pytest.fixture
def own_machine(site: Client, settings: LazySettings) -> Client:
    """A client of the site in debug, on the machine that serves it, whose run has a secret."""
    settings.DEBUG = True
    settings.SIGN_IN_SECRET = RUN_SECRET
    site.defaults["HTTP_HOST"] = "localhost:8000"
    return site


def send(site: Client, path: str, document: Any, **headers: str) -> Any:
    """A POST of JSON to /api/auth/."""
    return site.post(f"/api/auth/{path}/", document, content_type="application/json", headers=headers)


def send_development(site: Client, email: str, secret: str = RUN_SECRET, **headers: str) -> Any:
    """A development sign-in."""
    return send(site, "development", {"email": email, "secret": secret}, **headers)


def send_google(site: Client, google: Google, nonce: str | None = None, **claims: Any) -> Any:
    """A sign-in by a good ID token, but for the claims that are changed."""
    nonce = nonce or new_nonce()
    return send(site, "google", {"id_token": google.token(nonce, **claims), "nonce": nonce})


def signed_in(user_id: int = ALICE, kind: Kind = "api", device: str | None = None) -> SignedIn:
    """A member of the cast with a new session."""
    user = repositories().users.get_user(user_id, consistent=True)
    assert user is not None
    return open_session(user, kind, device)


def session_ids(user_id: int = ALICE) -> list[int]:
    """The ids of a user's sessions, newest first."""
    return [session["session_id"] for session in repositories().sessions.list_sessions(user_id)]
