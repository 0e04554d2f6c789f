"""ID tokens: a good one says who signs in, and one claim that is wrong is enough to refuse it."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from django.conf import LazySettings

from api.accounts import google_certificates
from api.accounts.google import GoogleAccount, google_account
from api.http.errors import ApiError
from api.http.problem_types import NOT_FOUND, UNAUTHENTICATED, UNAVAILABLE
from tests.support.google import CLIENT_ID, Google, claims_of, signing_key

NONCE = "the nonce of this sign-in"
OTHER_CLIENT = "99.apps.googleusercontent.com"


@pytest.fixture
def google(settings: LazySettings) -> Iterator[Google]:
    with Google() as served:
        settings.GOOGLE_CERTIFICATES_URL = served.url
        settings.GOOGLE_CLIENT_IDS = [CLIENT_ID]
        yield served
    google_certificates.forget()


def refusal(token: str) -> ApiError:
    with pytest.raises(ApiError) as caught:
        google_account(token, NONCE)
    return caught.value


def test_a_good_token_says_who_signs_in(google: Google) -> None:
    found = google_account(google.token(NONCE), NONCE)
    assert found == GoogleAccount("g-5", "eve@example.org", "Eve", "https://lh3.example/eve")
    google_account(google.token(NONCE), NONCE)
    assert google.asked == 1


@pytest.mark.parametrize("issuer", ["accounts.google.com", "https://accounts.google.com"])
def test_both_names_of_google_are_google(google: Google, issuer: str) -> None:
    assert google_account(google.token(NONCE, iss=issuer), NONCE).google_id == "g-5"


def test_any_of_several_client_ids_will_do(google: Google, settings: LazySettings) -> None:
    settings.GOOGLE_CLIENT_IDS = [OTHER_CLIENT, CLIENT_ID]
    assert google_account(google.token(NONCE, aud=OTHER_CLIENT), NONCE).google_id == "g-5"


NOW = int(time.time())
WRONG: dict[str, dict[str, Any]] = {
    "no issuer": {"iss": None}, "another issuer": {"iss": "https://accounts.google.com.example"},
    "issuer is a list": {"iss": ["accounts.google.com"]},
    "no audience": {"aud": None}, "another audience": {"aud": OTHER_CLIENT}, "audience is a list": {"aud": [CLIENT_ID]},
    "no expiry": {"exp": None}, "expired": {"exp": NOW - 60}, "expiry is text": {"exp": "tomorrow"},
    "no time of issue": {"iat": None}, "issued tomorrow": {"iat": NOW + 86_400},
    "no nonce": {"nonce": None}, "another nonce": {"nonce": "another"}, "nonce is a number": {"nonce": 5},
    "no subject": {"sub": None}, "empty subject": {"sub": ""}, "long subject": {"sub": "5" * 256},
    "subject is a number": {"sub": 5},
    "no e-mail": {"email": None}, "empty e-mail": {"email": " "}, "e-mail is a list": {"email": ["eve@example.org"]},
    "not verified": {"email_verified": False}, "nothing said": {"email_verified": None},
    "verified is text": {"email_verified": "true"},
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_one_wrong_claim_is_enough(google: Google, name: str) -> None:
    found = refusal(google.token(NONCE, **WRONG[name]))
    assert found.problem is UNAUTHENTICATED
    assert found.headers == {"WWW-Authenticate": "Bearer"}


def test_clocks_may_differ_by_ten_seconds(google: Google) -> None:
    now = int(time.time())
    assert google_account(google.token(NONCE, exp=now - 5), NONCE)
    assert google_account(google.token(NONCE, iat=now + 5), NONCE)


def test_a_token_signed_by_another_key_of_the_same_name_is_refused(google: Google) -> None:
    google.keys = [signing_key("first")]
    forged = signing_key("second").sign(claims_of(NONCE), kid="first")
    assert refusal(forged).problem is UNAUTHENTICATED


def test_a_token_of_an_unknown_key_is_refused(google: Google) -> None:
    assert refusal(signing_key("second").sign(claims_of(NONCE))).problem is UNAUTHENTICATED


def test_a_token_of_a_new_key_holds_once_its_certificate_is_published(
    google: Google, monkeypatch: pytest.MonkeyPatch
) -> None:
    google_account(google.token(NONCE), NONCE)
    google.keys = [signing_key("second")]
    monkeypatch.setattr(google_certificates, "_LOOK_AGAIN_SECONDS", 0)
    assert google_account(google.token(NONCE), NONCE).google_id == "g-5"
    assert refusal(signing_key("first").sign(claims_of(NONCE))).problem is UNAUTHENTICATED


def test_without_google_known_certificates_serve_and_unknown_ones_are_a_503(google: Google) -> None:
    token = google.token(NONCE)
    google.status = 500
    found = refusal(token)
    assert (found.problem, found.headers) == (UNAVAILABLE, {"Retry-After": "5"})
    google_certificates.forget()
    google.status = 200
    google_account(token, NONCE)
    google.close()
    assert google_account(token, NONCE).google_id == "g-5"


def _part(document: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


def test_no_other_algorithm_is_accepted(google: Google) -> None:
    claims = claims_of(NONCE)
    unsigned = f"{_part({'alg': 'none', 'kid': 'first'})}.{_part(claims)}."
    assert refusal(unsigned).problem is UNAUTHENTICATED
    # The certificate is public: signed with it as if it were a secret, a token proves nothing.
    shared = jwt.encode(claims, "c" * 32, "HS256", headers={"kid": "first"})
    head, body, _ = shared.split(".")
    assert refusal(f"{head}.{body}.{_part('x')}").problem is UNAUTHENTICATED
    assert refusal(shared).problem is UNAUTHENTICATED
    elliptic = signing_key("first").sign(claims, alg="ES256")
    assert refusal(elliptic).problem is UNAUTHENTICATED


@pytest.mark.parametrize(
    "token",
    [
        "", "x", "a.b", "a.b.c", "a.b.c.d", "....", "é.é.é", "\ud800", "a\n.b.c",
        f"{_part([])}.{_part({})}.x", f"{_part({'alg': 'RS256', 'kid': 5})}.{_part({})}.x",
        f"{_part({'alg': 'RS256'})}.{_part({})}.x", f"{_part({'alg': ['RS256'], 'kid': 'first'})}.{_part({})}.x",
        f"{base64.urlsafe_b64encode(b'[' * 100_000).decode()}.{_part({})}.x",
    ],
    ids=range(14),
)  # fmt: skip
def test_what_is_no_token_is_refused(google: Google, token: str) -> None:
    assert refusal(token).problem is UNAUTHENTICATED


def test_what_is_not_needed_may_be_missing_or_odd(google: Google) -> None:
    odd = google.token(NONCE, name=5, picture="javascript:alert(1)")
    assert google_account(odd, NONCE) == GoogleAccount("g-5", "eve@example.org", None, None)
    long = google.token(NONCE, name="N" * 201, picture="https://x/" + "p" * 1000)
    assert google_account(long, NONCE) == GoogleAccount("g-5", "eve@example.org", None, None)


def test_without_a_client_id_there_is_no_sign_in_with_google(google: Google, settings: LazySettings) -> None:
    settings.GOOGLE_CLIENT_IDS = []
    assert refusal(google.token(NONCE)).problem is NOT_FOUND


def test_a_refusal_tells_nothing_of_the_token(google: Google) -> None:
    token = google.token(NONCE, aud=OTHER_CLIENT)
    found = refusal(token)
    for piece in (*token.split("."), "eve@example.org", OTHER_CLIENT):
        assert piece not in f"{found!r} {found.detail}"
