"""The development sign-in is for the machine itself; there, the secret of the run opens it."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from django.test import RequestFactory

from api.accounts.development import is_own_machine


def asked(settings: LazySettings, *, debug: bool = True, **meta: str) -> bool:
    settings.DEBUG = debug
    given = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost:8000", **meta}
    return is_own_machine(RequestFactory().post("/api/auth/development/", **given))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "LOCALHOST", "127.0.0.1:8000", "[::1]:8000", "a.localhost"]
)
@pytest.mark.parametrize("peer", ["127.0.0.1", "127.9.9.9", "::1"])
def test_it_is_there_on_ones_own_machine(settings: LazySettings, host: str, peer: str) -> None:
    assert asked(settings, REMOTE_ADDR=peer, HTTP_HOST=host)


def test_it_is_not_there_without_debug(settings: LazySettings) -> None:
    assert not asked(settings, debug=False)


@pytest.mark.parametrize(
    "peer", ["192.0.2.1", "10.0.0.2", "172.17.0.1", "::ffff:10.0.0.1", "", "localhost.example"]
)
def test_it_is_not_there_for_another_machine(settings: LazySettings, peer: str) -> None:
    assert not asked(settings, REMOTE_ADDR=peer)


@pytest.mark.parametrize(
    "host",
    ["algoitny.example", "192.0.2.1", "localhost.example", "127.0.0.1.nip.io", "", "evil@localhost", "::1"],
)
def test_it_is_not_there_under_another_name(settings: LazySettings, host: str) -> None:
    assert not asked(settings, HTTP_HOST=host)


@pytest.mark.parametrize("header", ["X_FORWARDED_FOR", "X_FORWARDED_HOST", "X_REAL_IP", "FORWARDED", "VIA"])
def test_it_is_not_there_behind_a_proxy(settings: LazySettings, header: str) -> None:
    forwarded = {f"HTTP_{header}": "127.0.0.1"}
    assert not asked(settings, debug=True, **forwarded)
