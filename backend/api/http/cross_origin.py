"""Cross-origin requests (CORS): which other sites' pages may use the API.

The API takes access tokens and no cookies, so no site is allowed to send credentials.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from api.http.error_responses import is_api

_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match, If-None-Match, X-Request-ID",
    "Access-Control-Max-Age": "600",
}
# Those that a script may read, besides the few that every script may.
_EXPOSED = (
    "Content-Disposition, ETag, Link, Location, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, "
    "X-Request-ID"
)


class CrossOrigin:
    """Middleware: lets pages of `ALGOITNY_CORS_ORIGINS` use the API; the pages of the service are for itself alone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if not settings.CORS_ORIGINS:
            raise MiddlewareNotUsed
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The response with the headers that a browser looks for; a preflight is answered here."""
        if not is_api(request):
            return self._get_response(request)
        origin = request.META.get("HTTP_ORIGIN", "")
        is_allowed = origin in settings.CORS_ORIGINS
        if (
            is_allowed
            and request.method == "OPTIONS"
            and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in request.META
        ):
            response: HttpResponseBase = HttpResponse(status=204, headers=_PREFLIGHT)
            del response["Content-Type"]
        else:
            response = self._get_response(request)
        if is_allowed:
            response["Access-Control-Allow-Origin"] = origin
            response["Access-Control-Expose-Headers"] = _EXPOSED
        patch_vary_headers(response, ("Origin",))
        return response
