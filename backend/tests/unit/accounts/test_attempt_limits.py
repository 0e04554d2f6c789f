"""Whose attempts are counted: the client's address, which no client can choose."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import LazySettings
from django.test import RequestFactory

from api.accounts.attempt_limits import Denials, client_address

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)


def address(peer: str, forwarded: str | None = None) -> str:
    headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    return client_address(RequestFactory().get("/", REMOTE_ADDR=peer, **headers))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("peer", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"), ("2001:db8:0:1:aaaa::1", "2001:db8:0:1::/64"),
        ("2001:db8:0:1:ffff:ffff:ffff:ffff", "2001:db8:0:1::/64"), ("2001:db8:0:2::1", "2001:db8:0:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"), ("fe80::1%eth0", "fe80::/64"), ("::1", "::/64"), ("", "unknown"),
        ("unix:", "unknown"), ("192.0.2.999", "unknown"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("proxies", [0, None])
def test_without_proxies_it_is_the_peers_own(
    settings: LazySettings, peer: str, counted: str, proxies: int | None
) -> None:
    settings.TRUSTED_PROXIES = proxies
    assert address(peer) == counted
    assert address(peer, "203.0.113.9") == counted


@pytest.mark.parametrize(
    ("proxies", "forwarded", "counted"),
    [
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "1.1.1.1, 203.0.113.9", "203.0.113.9"),
        (2, "203.0.113.9, 192.0.2.50", "203.0.113.9"),
        (2, "1.1.1.1, 203.0.113.9, 192.0.2.50", "203.0.113.9"),
        (1, "203.0.113.9:4711", "203.0.113.9"),
        (1, "[2001:db8::5]:4711", "2001:db8::/64"),
        (1, "2001:db8::5", "2001:db8::/64"),
        (2, "203.0.113.9", "192.0.2.1"),
        (1, "", "192.0.2.1"),
        (1, "me", "192.0.2.1"),
        (1, None, "192.0.2.1"),
    ],
)
def test_behind_proxies_it_is_what_the_outermost_one_saw(
    settings: LazySettings, proxies: int, forwarded: str | None, counted: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    assert address("192.0.2.1", forwarded) == counted


def test_a_denial_is_known_until_its_window_ends() -> None:
    denials = Denials()
    denials.note("a", "sign_in", NOW + timedelta(minutes=1))
    assert denials.until("a", "sign_in", NOW) == NOW + timedelta(minutes=1)
    assert denials.until("a", "sign_in", NOW + timedelta(minutes=1)) is None
    assert denials.until("a", "refresh", NOW) is None
    assert denials.until("b", "sign_in", NOW) is None


def test_what_is_known_of_denials_has_a_bound() -> None:
    denials = Denials(capacity=2)
    for name in ("a", "b", "a", "c"):
        denials.note(name, "sign_in", NOW)
    known = [name for name in "abc" if denials.until(name, "sign_in", NOW - timedelta(seconds=1))]
    assert known == ["a", "c"]
