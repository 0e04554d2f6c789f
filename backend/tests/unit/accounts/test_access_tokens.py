"""Access tokens: ours hold for ten minutes, and nothing that merely looks like one does."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from django.conf import LazySettings

from api.accounts import tokens
from api.accounts.identity import Identity
from api.accounts.tokens import ACCESS_SECONDS, TokenInvalid, make_access_token, read_access_token
from api.dynamodb.schema.records import User
from api.http.signing_keys import signing_keys

ALICE = User(
    user_id=883_476_514_210_117, email="alice@example.org", name="Alice", picture=None, google_id="g-1",
    subscription_plan_id=2, is_active=True, is_staff=True, created_at=None, updated_at=None, last_login=None,
    is_profile_public=None, version=1,
)  # fmt: skip
CHARLIE = User(**{**ALICE, "user_id": 3, "subscription_plan_id": None, "is_staff": False})
SESSION = 883_476_514_250_881


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    tokens.forget()
    yield
    tokens.forget()


def forged(key: bytes | None = None, algorithm: str = "HS256", **changes: Any) -> str:
    """A token with our own key, but for what is changed; None takes a claim away."""
    now = int(time.time())
    claims = {
        "iss": "algoitny", "aud": "algoitny-api", "iat": now, "exp": now + 600, "sub": "1", "sid": 5, "stf": False,
        **changes,
    }  # fmt: skip
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, signing_keys("access token")[0] if key is None else key, algorithm)


def test_a_token_says_who_asks() -> None:
    token = make_access_token(ALICE, SESSION)
    assert read_access_token(token) == Identity(ALICE["user_id"], SESSION, 2, True)
    assert read_access_token(make_access_token(CHARLIE, 7)) == Identity(3, 7, None, False)
    assert read_access_token(forged()) == Identity(1, 5, None, False)


def test_it_says_nothing_else() -> None:
    claims = jwt.decode(make_access_token(ALICE, SESSION), options={"verify_signature": False})
    assert set(claims) == {"iss", "aud", "iat", "exp", "sub", "sid", "stf", "pln"}
    assert claims["exp"] - claims["iat"] == ACCESS_SECONDS == 600


def test_it_holds_for_ten_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    now = int(time.time())
    monkeypatch.setattr(time, "time", lambda: now - 602)
    old = make_access_token(ALICE, SESSION)  # a clock that is behind by seconds is forgiven
    monkeypatch.setattr(time, "time", lambda: now - 606)
    older = make_access_token(ALICE, SESSION)
    monkeypatch.undo()
    assert read_access_token(old).user_id == ALICE["user_id"]
    with pytest.raises(TokenInvalid, match="access_token_expired"):
        read_access_token(older)


def test_one_that_was_verified_once_expires_nevertheless(monkeypatch: pytest.MonkeyPatch) -> None:
    token = make_access_token(ALICE, SESSION)
    read_access_token(token)
    later = time.time() + 606
    monkeypatch.setattr(time, "time", lambda: later)
    again: list[str] = []

    def verify(text: str) -> tuple[Identity, int]:
        again.append(text)
        raise TokenInvalid("access_token_invalid")

    monkeypatch.setattr(tokens, "_verify", verify)
    with pytest.raises(TokenInvalid):
        read_access_token(token)
    assert again == [token]


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "another"}, {"iss": None}, {"aud": "another"}, {"aud": None}, {"sub": None}, {"sid": None},
        {"iat": None}, {"exp": None}, {"exp": 1}, {"exp": "never"}, {"iat": 2**33}, {"sub": 1}, {"sub": "alice"},
        {"sid": "first"}, {"sid": []},
    ],
    ids=str,
)  # fmt: skip
def test_one_wrong_claim_is_enough(changes: dict[str, Any]) -> None:
    with pytest.raises(TokenInvalid):
        read_access_token(forged(**changes))


def _part(document: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


def test_no_other_algorithm_is_accepted() -> None:
    claims = jwt.decode(forged(), options={"verify_signature": False})
    for algorithm in ("none", "None", "NONE"):
        with pytest.raises(TokenInvalid):
            read_access_token(f"{_part({'alg': algorithm, 'typ': 'JWT'})}.{_part(claims)}.")
    for algorithm in ("HS384", "HS512"):
        with pytest.raises(TokenInvalid):
            read_access_token(forged(key=signing_keys("access token")[0] * 2, algorithm=algorithm))


def test_a_token_of_another_key_is_refused(settings: LazySettings) -> None:
    with pytest.raises(TokenInvalid):
        read_access_token(forged(key=signing_keys("refresh token")[0]))
    with pytest.raises(TokenInvalid):
        read_access_token(forged(key=settings.SECRET_KEY.encode()))


def test_a_changed_token_is_refused() -> None:
    head, body, signature = make_access_token(CHARLIE, SESSION).split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    with pytest.raises(TokenInvalid):
        read_access_token(f"{head}.{_part({**claims, 'stf': True})}.{signature}")
    with pytest.raises(TokenInvalid):
        read_access_token(f"{head}.{body}.{signature[::-1]}")


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "....", "é.é.é", "\ud800", "a" * 100_000])
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(TokenInvalid):
        read_access_token(text)


def test_a_key_of_before_is_accepted_while_it_is_named(settings: LazySettings) -> None:
    token, before = make_access_token(ALICE, SESSION), settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 50, [before]
    assert read_access_token(token).user_id == ALICE["user_id"]
    tokens.forget()
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(TokenInvalid):
        read_access_token(token)


def test_what_is_remembered_of_tokens_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_CAPACITY", 5)
    for number in range(20):
        read_access_token(make_access_token(ALICE, number))
        assert len(tokens._verified) <= 5
    for number in range(20):
        with pytest.raises(TokenInvalid):
            read_access_token(f"made up {number}")
    assert len(tokens._verified) <= 5
