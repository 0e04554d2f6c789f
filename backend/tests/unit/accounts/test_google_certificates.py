"""Google's certificates are asked for as seldom as Google allows, and kept when it cannot be asked."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from api.accounts.google_certificates import Certificates, CertificatesUnavailable
from tests.support.google import Google, signing_key


@dataclass
class Clock:
    """A monotonic clock that moves only when it is told to."""

    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def google() -> Iterator[Google]:
    with Google() as served:
        yield served


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def certificates(google: Google, clock: Clock) -> Certificates:
    return Certificates(google.url, clock=clock)


def test_nothing_is_asked_before_it_is_needed(certificates: Certificates, google: Google) -> None:
    assert google.asked == 0


@pytest.mark.parametrize(
    ("cache_control", "age", "seconds"),
    [
        ("public, max-age=20000, must-revalidate", None, 20_000),
        ("max-age=20000", "5000", 15_000),
        ("max-age=5", None, 60),
        ("max-age=999999999", None, 86_400),
        ("no-store", None, 3600),
        ("max-age=20000", "old", 20_000),
    ],
)
def test_they_are_kept_as_long_as_the_answer_says(
    certificates: Certificates,
    google: Google,
    clock: Clock,
    cache_control: str,
    age: str | None,
    seconds: int,
) -> None:
    google.cache_control, google.age = cache_control, age
    assert certificates.including("first") == {"first": signing_key("first").certificate}
    clock.now += seconds - 1
    certificates.including("first")
    assert google.asked == 1
    clock.now += 1
    certificates.including("first")
    assert google.asked == 2


def test_a_key_that_is_new_to_us_makes_us_look_again(
    certificates: Certificates, google: Google, clock: Clock
) -> None:
    certificates.including("first")
    google.keys = [signing_key("second"), signing_key("first")]
    clock.now += 31
    assert "second" in certificates.including("second")
    assert google.asked == 2


def test_made_up_keys_do_not_make_us_ask_each_time(
    certificates: Certificates, google: Google, clock: Clock
) -> None:
    certificates.including("first")
    for number in range(20):
        assert f"unknown {number}" not in certificates.including(f"unknown {number}")
    assert google.asked == 1
    clock.now += 31
    for number in range(20):
        certificates.including(f"unknown {number}")
    assert google.asked == 2


@pytest.mark.parametrize("fault", ["status", "no JSON", "a list", "numbers", "gone"])
def test_known_ones_serve_for_a_day_when_google_fails(
    certificates: Certificates, google: Google, clock: Clock, fault: str
) -> None:
    known = certificates.including("first")
    match fault:
        case "status":
            google.status = 500
        case "gone":
            google.close()
        case _:
            google.body = {"no JSON": b"<html>", "a list": b"[]", "numbers": b'{"first": 1}'}[fault]
    clock.now += 20_000 + 86_400
    assert certificates.including("first") == known
    clock.now += 1
    with pytest.raises(CertificatesUnavailable):
        certificates.including("first")


def test_google_is_not_asked_again_for_some_seconds_after_it_failed(
    certificates: Certificates, google: Google, clock: Clock
) -> None:
    google.status = 503
    for _ in range(5):
        with pytest.raises(CertificatesUnavailable):
            certificates.including("first")
    assert google.asked == 1
    google.status = 200
    clock.now += 5
    assert "first" in certificates.including("first")
    assert google.asked == 2


def test_a_redirect_is_not_followed(certificates: Certificates, google: Google) -> None:
    google.status = 302
    with pytest.raises(CertificatesUnavailable):
        certificates.including("first")
    assert google.asked == 1


def test_threads_that_need_them_at_once_ask_once(certificates: Certificates, google: Google) -> None:
    google.seconds = 0.05
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(certificates.including, ["first"] * 8))
    assert google.asked == 1
    assert all("first" in one for one in found)


def test_a_server_that_does_not_answer_is_not_waited_for(
    certificates: Certificates, google: Google, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.accounts.google_certificates.FETCH_SECONDS", 0.05)
    google.seconds = 0.5
    with pytest.raises(CertificatesUnavailable):
        certificates.including("first")
