"""Django's WSGI handler without its work for what this service does not have."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, cast

from django.core import signals
from django.core.handlers.base import reset_urlconf
from django.core.handlers.wsgi import WSGIHandler
from django.db import close_old_connections, reset_queries
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import ResolverMatch, get_resolver, set_script_prefix
from django.utils.log import log_response

# Of so many paths the view is remembered, at most: 2 MB.
_REMEMBERED_PATHS = 1_000


@lru_cache(maxsize=_REMEMBERED_PATHS)
def _resolved(path: str) -> ResolverMatch:
    return get_resolver().resolve(path)


class ServiceHandler(WSGIHandler):
    """Answers requests as Django's handler does.

    All requests have the same addresses, and none has a database connection of Django's, so none is set up and cleaned
    up for them. Which view a path leads to is remembered.
    """

    def __init__(self) -> None:
        super().__init__()
        signals.request_started.disconnect(reset_queries)
        signals.request_started.disconnect(close_old_connections)
        signals.request_finished.disconnect(close_old_connections)
        signals.request_finished.disconnect(reset_urlconf)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., object]) -> HttpResponseBase:
        """The response to a request, as the server asks for it (PEP 3333)."""
        if environ.get("SCRIPT_NAME"):
            set_script_prefix(environ["SCRIPT_NAME"])
        signals.request_started.send(sender=self.__class__, environ=environ)
        response: Any = self.get_response(self.request_class(environ))
        response._handler_class = self.__class__
        cookies = [("Set-Cookie", cookie.OutputString()) for cookie in response.cookies.values()]
        headers = [*response.headers._store.values(), *cookies]
        start_response(f"{response.status_code} {response.reason_phrase}", headers)
        file = getattr(response, "file_to_stream", None)
        if file is not None and "wsgi.file_wrapper" in environ:
            file.close = response.close  # the server closes what the wrapper holds
            response = environ["wsgi.file_wrapper"](file, response.block_size)
        return cast(HttpResponseBase, response)

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        """The response of the middleware and the view, and a line in the log for one that is an error."""
        response = self._middleware_chain(request)  # type: ignore[attr-defined]
        response._resource_closers.append(request.close)
        if response.status_code >= 400:
            log_response("%s: %s", response.reason_phrase, request.path, response=response, request=request)
        return response  # type: ignore[no-any-return]

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        """The view of a request, with its arguments. Raises `Resolver404`."""
        match = request.resolver_match = _resolved(request.path_info)
        return match
