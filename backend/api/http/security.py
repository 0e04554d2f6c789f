"""Security headers that Django does not set: Content-Security-Policy and Permissions-Policy."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

# A page loads its own scripts and styles, the frame of visitors' code, and pictures of Google accounts; nothing else.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; connect-src 'self'; "
    "img-src 'self' data: https://*.googleusercontent.com; manifest-src 'self'; base-uri 'none'; "
    "form-action 'self' https://accounts.google.com; frame-src 'self'; frame-ancestors 'none'"
)
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
_DOCS = "/api/docs"
_PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


class SecurityHeaders:
    """Middleware: adds a Content-Security-Policy without inline code to every response that has none of its
    own, and a Permissions-Policy to pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The response, with the headers."""
        response = self._get_response(request)
        if request.path.startswith("/api/") and not request.path.startswith(_DOCS):
            response["Content-Security-Policy"] = DATA_POLICY
        else:
            response.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
            response["Permissions-Policy"] = _PERMISSIONS
        return response
