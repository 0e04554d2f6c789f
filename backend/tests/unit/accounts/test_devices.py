"""Devices are told by a few words that their users know."""

from __future__ import annotations

import pytest

from api.accounts.devices import MAX_CHARACTERS, device_name

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox, Windows"),
        (f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} Chrome/130.0 Safari/537.36", "Chrome, Linux"),
        (f"Mozilla/5.0 (Linux; Android 14; SM-S921N) {WEBKIT} Chrome/130.0 Mobile Safari/537.36", "Chrome, Android"),
        (f"Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Chrome/130.0 Safari/537.36 Edg/130.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_6) Version/18.0 Safari/605.1.15", "Safari, macOS"),
        ("curl/8.5.0", "curl/8.5.0"), ("python-requests/2.32 extra", "python-requests/2.32"),
        ("<script>alert(1)</script>", None), ("", None), (None, None), ("x" * 500, "x" * MAX_CHARACTERS),
        ("Firefox/1 <script>", "Firefox"),
    ],
)  # fmt: skip
def test_a_device_is_named(user_agent: str | None, name: str | None) -> None:
    assert device_name(user_agent) == name
