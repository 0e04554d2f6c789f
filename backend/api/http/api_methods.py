"""HEAD and OPTIONS of the API, which no operation declares."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from api.http.error_responses import is_api


class ApiMethods:
    """Middleware: answers HEAD as GET without its body, and OPTIONS with the methods that an address has."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The response; the web server leaves the body of a response to HEAD out."""
        if not is_api(request):
            return self._get_response(request)
        method = request.method
        if method == "HEAD":
            request.method = "GET"
        response = self._get_response(request)
        request.method = method
        if response.status_code == 405:
            return _with_methods(request, response)
        return _without_stream(response) if method == "HEAD" and response.streaming else response


def _with_methods(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """The response to a method that no operation has, with those that the address has."""
    methods = {name.strip() for name in response.get("Allow", "").split(",") if name.strip()} | {"OPTIONS"}
    if "GET" in methods:
        methods.add("HEAD")
    if request.method == "OPTIONS":
        response = HttpResponse(status=204)
        del response["Content-Type"]
    response["Allow"] = ", ".join(sorted(methods))
    return response


def _without_stream(response: HttpResponseBase) -> HttpResponse:
    """The headers of a streamed response; its pieces are not made."""
    response.close()
    return HttpResponse(status=response.status_code, headers=dict(response.items()))
