"""CORS: pages of the sites that are named may use the API, all others may not."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from config.environment import read_environment
from config.setting_values import ConfigurationError

APP = "https://app.example"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}


@pytest.fixture
def web(settings: LazySettings) -> Client:
    settings.CORS_ORIGINS = frozenset({APP, "http://localhost:5173"})
    return Client()


def _headers(answer: Any) -> list[str]:
    return [name for name in answer.headers if name.startswith("Access-Control-")]


@pytest.mark.parametrize("origin", [APP, "http://localhost:5173"])
def test_a_named_site_may_read_answers_and_errors(web: Client, origin: str) -> None:
    for address, status in (("/api/faults/", 200), ("/api/me/", 401), ("/api/nothing/", 404)):
        answer = web.get(address, headers={"Origin": origin})
        assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (status, origin)
        assert "Origin" in answer["Vary"]
        assert {"ETag", "Link", "Retry-After", "X-Request-ID"} <= set(
            answer["Access-Control-Expose-Headers"].split(", ")
        )
        assert "Access-Control-Allow-Credentials" not in answer


def test_head_is_read_like_get(web: Client) -> None:
    answer = web.head("/api/faults/", headers={"Origin": APP})
    assert (answer.status_code, answer.content, answer["Access-Control-Allow-Origin"]) == (200, b"", APP)


def test_a_body_that_is_too_large_can_be_read_about_as_well(web: Client) -> None:
    answer = web.post(
        "/api/history/", b"x" * 1_000_001, content_type="application/json", headers={"Origin": APP}
    )
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (413, APP)


def test_a_preflight_is_answered_without_a_token(web: Client) -> None:
    answer = web.options("/api/history/", headers={"Origin": APP, **PREFLIGHT})
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer["Access-Control-Allow-Origin"] == APP
    assert {"PUT", "PATCH", "DELETE"} <= set(answer["Access-Control-Allow-Methods"].split(", "))
    assert {"Authorization", "Content-Type", "If-Match"} <= set(
        answer["Access-Control-Allow-Headers"].split(", ")
    )


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://app.example", "https://app.example.evil.example", "null", ""]
)
def test_other_sites_get_no_header(web: Client, origin: str) -> None:
    answer = web.get("/api/faults/", headers={"Origin": origin})
    assert (answer.status_code, _headers(answer)) == (200, [])
    assert "Origin" in answer["Vary"], "a cache must not hand it to a site that is named"
    assert _headers(web.options("/api/history/", headers={"Origin": origin, **PREFLIGHT})) == []


def test_pages_are_for_the_site_itself(web: Client) -> None:
    assert _headers(web.get("/robots.txt", headers={"Origin": APP})) == []


def test_nobody_is_named_by_default() -> None:
    answer = Client().get("/api/faults/", headers={"Origin": APP})
    assert (_headers(answer), "Origin" in answer.get("Vary", "")) == ([], False)
    assert read_environment({}).cors_origins == ()


def test_origins_are_read_from_the_settings() -> None:
    settings = read_environment({"ALGOITNY_CORS_ORIGINS": f"{APP}, http://[::1]:5173"})
    assert settings.cors_origins == (APP, "http://[::1]:5173")


@pytest.mark.parametrize("text", ["*", "app.example", "https://app.example/", "https://App.example", "null"])
def test_an_origin_that_no_browser_sends_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^ALGOITNY_CORS_ORIGINS is "):
        read_environment({"ALGOITNY_CORS_ORIGINS": text})
