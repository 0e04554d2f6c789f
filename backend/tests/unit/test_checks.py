"""Misconfiguration is told by an id and a hint, and errors keep the service from starting."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.checks import run_checks

from config.environment import BACKEND_DIR, GOOGLE_CERTIFICATES_URL
from tests.support.scripts import script_environment

GOOD_KEY = "k8Rz0-pQw_4tYbN7cVx2mLs9hJfG1dAe6uIoP3nTqWyZrXvBc5"
PRODUCTION: dict[str, Any] = {
    "DEBUG": False, "SECRET_KEY": GOOD_KEY, "SECRET_KEY_FALLBACKS": [], "ALLOWED_HOSTS": ["algoitny.example"],
    "GOOGLE_CLIENT_IDS": ["1.apps.googleusercontent.com"], "GOOGLE_CERTIFICATES_URL": GOOGLE_CERTIFICATES_URL,
    "TRUSTED_PROXIES": 1,
}  # fmt: skip
DEVELOPMENT = {
    "DEBUG": True, "SECRET_KEY": "short", "ALLOWED_HOSTS": ["localhost", "127.0.0.1", "[::1]"],
    "GOOGLE_CLIENT_IDS": [], "GOOGLE_CERTIFICATES_URL": "http://127.0.0.1:1/", "TRUSTED_PROXIES": None,
}  # fmt: skip


def found(settings: LazySettings, base: dict[str, Any], **changes: Any) -> list[str]:
    """The ids of our checks' messages under these settings; each has a hint."""
    for name, value in {**base, **changes}.items():
        setattr(settings, name, value)
    messages = [message for message in run_checks() if str(message.id).startswith("algoitny.")]
    assert all(message.hint for message in messages)
    return [str(message.id) for message in messages]


def test_good_settings_are_good(settings: LazySettings) -> None:
    assert found(settings, PRODUCTION) == []
    assert found(settings, DEVELOPMENT) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"GOOGLE_CLIENT_IDS": []}, "E001"),
        ({"GOOGLE_CERTIFICATES_URL": "http://127.0.0.1:9000/certs"}, "E002"),
        ({"SECRET_KEY": GOOD_KEY[:49]}, "E003"),
        ({"SECRET_KEY": "abcd" * 20}, "E003"),
        ({"SECRET_KEY": "django-insecure-" + GOOD_KEY}, "E003"),
        ({"SECRET_KEY_FALLBACKS": [GOOD_KEY, "old"]}, "E003"),
        ({"TRUSTED_PROXIES": None}, "E004"),
        ({"TRUSTED_PROXIES": 0}, "W002"),
        ({"ALLOWED_HOSTS": ["*"]}, "W003"),
    ],
)
def test_production_is_told_what_is_wrong(settings: LazySettings, changes: dict[str, Any], told: str) -> None:
    assert found(settings, PRODUCTION, **changes) == [f"algoitny.{told}"]


@pytest.mark.parametrize("host", ["algoitny.example", "192.0.2.7", "*"])
def test_debug_for_others_than_this_machine_is_told(settings: LazySettings, host: str) -> None:
    assert found(settings, DEVELOPMENT, ALLOWED_HOSTS=["localhost", host]) == ["algoitny.W001"]


def serve(**settings: str) -> subprocess.CompletedProcess[str]:
    """Loads the WSGI application as gunicorn's worker does."""
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", "import config.wsgi"], cwd=BACKEND_DIR,
        env=script_environment(settings), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_the_service_does_not_start_with_an_error_and_says_which_in_one_line() -> None:
    done = serve(DJANGO_DEBUG="0", DJANGO_SECRET_KEY=GOOD_KEY)
    assert (done.returncode, done.stdout) == (4, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("AlgoItny does not start: ALGOITNY_TRUSTED_PROXIES is not set")
    assert "usually 1 (algoitny.E004); GOOGLE_CLIENT_ID is not set" in line
    assert line.endswith("(algoitny.E001)")


@pytest.mark.parametrize(
    ("name", "value"),
    [("DJANGO_SECRET_KEY", ""), ("ALGOITNY_TRUSTED_PROXIES", "many"), ("ALGOITNY_PORT", "x")],
)
def test_a_setting_that_cannot_be_used_is_one_line_too(name: str, value: str) -> None:
    done = serve(**{"DJANGO_DEBUG": "0", "DJANGO_SECRET_KEY": GOOD_KEY, name: value})
    assert done.returncode == 4
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"AlgoItny does not start: {name} is ")


def test_an_override_of_a_read_path_that_there_is_not_keeps_it_from_starting() -> None:
    done = serve(ALGOITNY_ROLLOUT_OVERRIDES="sign_in=scan")
    assert done.returncode == 4
    (line,) = done.stderr.splitlines()
    assert "ALGOITNY_ROLLOUT_OVERRIDES: sign_in is 'scan': set it to email_guard or gsi1_query" in line
    assert "(algoitny.E005)" in line


def test_it_starts_with_warnings() -> None:
    done = serve(DJANGO_ALLOWED_HOSTS="algoitny.example")
    assert (done.returncode, done.stderr) == (0, "")
