"""Tokens of sessions: only those that we made are known, and none serves for what another kind is for."""

from __future__ import annotations

import pytest
from django.conf import LazySettings

from api.accounts.session_tokens import Kind, hash_of, new_secret, read_token, token_text

USER, SESSION = 883_476_514_210_117, 883_476_514_250_881


def test_a_token_comes_back_as_it_was_made() -> None:
    secret = new_secret()
    text = token_text("api", USER, SESSION, secret)
    found = read_token("api", text)
    assert found is not None
    assert (found.user_id, found.session_id, found.text) == (USER, SESSION, text)
    assert found.token_hash == hash_of(secret)
    assert text.startswith(f"{USER}.{SESSION}.{secret}")
    assert len(secret) == 43  # 256 bits
    assert secret not in found.token_hash


def test_it_is_shown_nowhere() -> None:
    secret = new_secret()
    found = read_token("api", token_text("api", USER, SESSION, secret))
    assert secret not in repr(found)
    assert hash_of(secret) not in repr(found)


@pytest.mark.parametrize(("made", "read"), [("api", "web"), ("web", "api")])
def test_a_cookie_is_no_refresh_token_and_the_other_way_round(made: Kind, read: Kind) -> None:
    assert read_token(read, token_text(made, USER, SESSION, new_secret())) is None


def test_what_somebody_made_up_is_none() -> None:
    secret = new_secret()
    text = token_text("api", USER, SESSION, secret)
    signature = text[-16:]
    for other in (
        f"{USER + 1}.{SESSION}.{secret}{signature}", f"{USER}.{SESSION + 1}.{secret}{signature}",
        f"{USER}.{SESSION}.{new_secret()}{signature}", f"{USER}.{SESSION}.{secret}{signature[::-1]}",
        f"{USER}.{SESSION}.{secret}", f"{USER}.{SESSION}.", f"0{text}", f" {text}", f"{text} ", f"{text}\n",
        text.replace(".", ","), text.upper(), "", "..", "a.b.c", "\ud800", "x" * 10_000, f"{2**53}.1.{text[-59:]}",
    ):  # fmt: skip
        assert read_token("api", other) is None, other
    assert read_token("api", text) is not None


def test_a_token_signed_by_a_key_of_before_is_accepted_while_it_is_named(settings: LazySettings) -> None:
    text, before = token_text("web", USER, SESSION, new_secret()), settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 50, [before]
    assert read_token("web", text) is not None
    settings.SECRET_KEY_FALLBACKS = []
    assert read_token("web", text) is None
