"""Headers for browsers' security, and the redirect to https: Django's, and two that it does not set."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.security import SecurityMiddleware

from api.http.error_responses import is_api
from api.http.response_headers import ConstantHeaders

# A page loads its own scripts and styles, the frame of visitors' code, and pictures of Google accounts; nothing else.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; connect-src 'self'; "
    "img-src 'self' data: https://*.googleusercontent.com; manifest-src 'self'; base-uri 'none'; "
    "form-action 'self' https://accounts.google.com; frame-src 'self'; frame-ancestors 'none'"
)
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
_DOCS = "/api/docs"
_PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


class Security(SecurityMiddleware):
    """Django's `SecurityMiddleware`, and a Content-Security-Policy without inline code for every response.

    Answers of the API have the same headers each time. A page may have a policy of its own, and gets a
    Permissions-Policy. Files, which end at WhiteNoise, have Django's headers alone.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        super().__init__(get_response)
        self._api_headers = {is_secure: self._headers_of_api(is_secure) for is_secure in (False, True)}

    def _headers_of_api(self, is_secure: bool) -> ConstantHeaders:
        request: Any = SimpleNamespace(is_secure=lambda: is_secure)
        headers = dict(super().process_response(request, HttpResponse()).items())
        del headers["Content-Type"]
        return ConstantHeaders({
            **headers, "Content-Security-Policy": DATA_POLICY, "X-Frame-Options": settings.X_FRAME_OPTIONS,
        })  # fmt: skip

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        """The response, with the headers."""
        path = request.path
        if is_api(request):
            if not path.startswith(_DOCS):
                self._api_headers[request.is_secure()].set(response)
                return response
            response.headers["X-Frame-Options"] = settings.X_FRAME_OPTIONS
        if not path.startswith(settings.STATIC_URL):
            response.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
            response.headers["Permissions-Policy"] = _PERMISSIONS
        return super().process_response(request, response)
