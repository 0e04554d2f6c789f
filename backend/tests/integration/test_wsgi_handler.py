"""The service's WSGI handler answers as Django's own does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pytest
from django.conf import LazySettings
from django.core import signals
from django.core.handlers.base import reset_urlconf
from django.core.handlers.wsgi import WSGIHandler
from django.db import close_old_connections, reset_queries
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import RequestFactory
from django.urls import path, reverse, set_script_prefix

from config import wsgi_handler
from config.wsgi_handler import ServiceHandler


def plain(request: HttpRequest, number: int = 0) -> HttpResponse:
    assert request.resolver_match is not None
    return HttpResponse(f"{request.resolver_match.route} {number} {reverse('numbered', args=[7])}")


def with_cookies(_request: HttpRequest) -> HttpResponse:
    response = HttpResponse("two", status=201, headers={"X-Kind": "café"})
    response.set_cookie("first", "a b", max_age=60, secure=True, httponly=True, samesite="Lax")
    response.delete_cookie("second")
    return response


def streamed(_request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(iter([b"one", b"two"]), content_type="text/plain")


def file(_request: HttpRequest) -> FileResponse:
    return FileResponse(BytesIO(b"x" * 10_000), filename="x.bin")


def missing(_request: HttpRequest) -> HttpResponse:
    raise Http404


urlpatterns = [
    path("api/plain/", plain),
    path("api/numbers/<int:number>/", plain, name="numbered"),
    path("api/cookies/", with_cookies),
    path("api/streamed/", streamed),
    path("api/file/", file),
    path("api/missing/", missing),
]
PATHS = [
    "/api/plain/", "/api/plain/?a=b", "/api/plain", "/api/numbers/12/", "/api/numbers/x/", "/api/cookies/",
    "/api/streamed/", "/api/file/", "/api/missing/", "/api/nothing/", "/",
]  # fmt: skip


class Wrapper:
    """What a server offers for files."""

    def __init__(self, file: Any, block_size: int) -> None:
        self._file, self._block_size = file, block_size
        self.close = file.close

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self._file.read(self._block_size), b"")


@pytest.fixture(autouse=True)
def these_addresses(settings: LazySettings) -> Iterator[None]:
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if not name.startswith("web.")]
    settings.ERROR_PAGE = f"{__name__}.error_page"
    wsgi_handler._resolved.cache_clear()
    yield
    wsgi_handler._resolved.cache_clear()
    set_script_prefix("/")
    # A handler of the service takes these away for the whole process.
    signals.request_started.connect(reset_queries)
    signals.request_started.connect(close_old_connections)
    signals.request_finished.connect(close_old_connections)
    signals.request_finished.connect(reset_urlconf)


def error_page(_request: HttpRequest, _error: object, status: int) -> HttpResponse:
    return HttpResponse("an error", status=status)


def ask(handler: WSGIHandler, address: str, **environ: Any) -> tuple[str, list[tuple[str, str]], bytes]:
    """Status, headers in order of their names, and body."""
    started: list[tuple[str, list[tuple[str, str]]]] = []
    request = RequestFactory().get(address, headers={"X-Request-ID": "the-same-id"})
    start: Callable[..., Any] = lambda status, headers, _info=None: started.append((status, headers))  # noqa: E731
    response: Any = handler({**request.environ, **environ}, start)
    body = b"".join(response)
    response.close()
    ((status, headers),) = started
    return status, sorted((name, value.strip()) for name, value in headers), body


@pytest.mark.parametrize("address", PATHS)
def test_it_answers_as_django_does(address: str) -> None:
    expected = ask(WSGIHandler(), address)
    handler = ServiceHandler()
    assert [ask(handler, address) for _ in range(2)] == [expected, expected]


def test_a_file_is_sent_by_the_server() -> None:
    environ = {"wsgi.file_wrapper": Wrapper}
    expected = ask(WSGIHandler(), "/api/file/", **environ)
    assert ask(ServiceHandler(), "/api/file/", **environ) == expected
    assert len(expected[2]) == 10_000


def test_it_may_be_mounted_below_a_path() -> None:
    expected = ask(WSGIHandler(), "/api/plain/", SCRIPT_NAME="/practice")
    set_script_prefix("/")
    answer = ask(ServiceHandler(), "/api/plain/", SCRIPT_NAME="/practice")
    assert answer == expected
    assert answer[2].endswith(b"/practice/api/numbers/7/")


def test_it_remembers_a_bounded_number_of_paths() -> None:
    handler = ServiceHandler()
    for number in range(wsgi_handler._REMEMBERED_PATHS + 10):
        ask(handler, f"/api/numbers/{number}/")
    assert wsgi_handler._resolved.cache_info().currsize == wsgi_handler._REMEMBERED_PATHS


def test_the_end_of_a_request_is_announced_once() -> None:
    finished: list[object] = []
    receiver: Callable[..., None] = lambda **_: finished.append(None)  # noqa: E731
    signals.request_finished.connect(receiver)
    try:
        ask(ServiceHandler(), "/api/plain/")
    finally:
        signals.request_finished.disconnect(receiver)
    assert len(finished) == 1
