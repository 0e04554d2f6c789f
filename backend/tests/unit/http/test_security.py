"""Security headers of the API: Django's, whatever its settings, and ours."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import LazySettings
from django.http import HttpRequest, HttpResponse
from django.middleware.security import SecurityMiddleware
from django.test import RequestFactory

from api.http.security import DATA_POLICY, PAGE_POLICY, Security

OURS = {"Content-Security-Policy", "X-Frame-Options"}


def answer(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("{}", content_type="application/json")


def headers_of(middleware: Any, path: str, *, secure: bool) -> dict[str, str]:
    return dict(middleware(answer)(RequestFactory().get(path, secure=secure)).items())


@pytest.mark.parametrize("hsts_seconds", [0, 3600])
@pytest.mark.parametrize("secure", [False, True])
def test_answers_of_the_api_have_the_headers_that_django_sets(
    settings: LazySettings, secure: bool, hsts_seconds: int
) -> None:
    settings.SECURE_PROXY_SSL_HEADER = None
    settings.SECURE_SSL_REDIRECT = False
    settings.SECURE_HSTS_SECONDS = hsts_seconds
    settings.SECURE_REFERRER_POLICY = ["same-origin", "no-referrer"]
    ours = headers_of(Security, "/api/problems/1/", secure=secure)
    assert {name: ours[name] for name in OURS} == {
        "Content-Security-Policy": DATA_POLICY, "X-Frame-Options": "DENY",
    }  # fmt: skip
    djangos = headers_of(SecurityMiddleware, "/api/problems/1/", secure=secure)
    assert {name: value for name, value in ours.items() if name not in OURS} == djangos
    assert ("Strict-Transport-Security" in ours) == (secure and hsts_seconds > 0)


def test_the_documentation_of_the_api_is_a_page_that_nobody_frames() -> None:
    headers = headers_of(Security, "/api/docs", secure=True)
    assert (headers["Content-Security-Policy"], headers["X-Frame-Options"]) == (PAGE_POLICY, "DENY")


def test_a_file_has_djangos_headers_alone() -> None:
    file, page = (headers_of(Security, path, secure=True) for path in ("/static/site.js", "/"))
    assert page.keys() - file.keys() == {"Content-Security-Policy", "Permissions-Policy"}
    assert file["X-Content-Type-Options"] == "nosniff"
