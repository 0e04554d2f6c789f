"""What surrounds every request: one moment, and a count of the calls that it made of the data layer."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from time import perf_counter, time
from typing import Any

from django.conf import settings
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

from api.dynamodb.clock import frozen
from api.dynamodb.metering.meter import Recording, recording
from metrics.recorder import recorder

logger = logging.getLogger("algoitny.requests")


class RequestMeter:
    """Freezes the time for a request, and says in one log line what it was and which calls it made.

    A line with a warning names the code that reads single items in a loop. In debug, headers say the
    same: `X-DynamoDB-Calls`, `X-DynamoDB-Units` and, if there is any, `X-DynamoDB-Repeated`.

    Of a streamed answer the calls made while it is streamed are counted too, at the same moment, and the
    log line is written when the server closes the answer; its headers, sent before, have the calls made
    so far. A file is not taken for a stream: sending it makes no calls.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The response of the view, counted."""
        began = perf_counter()
        with recording() as calls, frozen() as now:
            try:
                response = self._get_response(request)
            except BaseException as error:
                # Django answers what a view raises with a response; this is for when it was told not to.
                _log(request, 500, began, calls, error)
                raise
        if settings.DEBUG:
            _add_headers(response, calls)
        if isinstance(response, StreamingHttpResponse) and not getattr(response, "file_to_stream", None):
            pieces = response.streaming_content
            if isinstance(pieces, Iterator):
                log = partial(_log, request, response.status_code, began, calls)
                response.streaming_content = _MeteredStream(pieces, calls, now, log)
                return response
        _log(request, response.status_code, began, calls)
        return response

    def process_view(self, request: HttpRequest, *_: object) -> None:
        """Says which route is answered, before the view is called."""
        match = request.resolver_match
        recorder.begin(None if match is None else match.route, request.method)


class _MeteredStream:
    """The pieces of a streamed answer, each made within the request's recording and moment."""

    def __init__(
        self,
        pieces: Iterator[bytes],
        calls: Recording,
        now: datetime,
        log: Callable[[BaseException | None], None],
    ) -> None:
        self._pieces = pieces
        self._calls = calls
        self._now = now
        self._log = log
        self._error: BaseException | None = None
        self._closed = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        with recording(self._calls), frozen(self._now):
            try:
                return next(self._pieces)
            except StopIteration:
                raise
            except BaseException as error:
                self._error = error
                raise

    def close(self) -> None:
        """Called by Django when the answer was sent, broke off, or its reader went away."""
        if not self._closed:
            self._closed = True
            self._log(self._error)


# What is the same in each log record of a request. Finding the line that logs takes `logging` longer than all the rest.
_RECORD = vars(logging.LogRecord(logger.name, logging.INFO, __file__, 0, "%s %s %d", (), None, "_log"))
_RECORD |= dict.fromkeys(("thread", "threadName", "process", "processName"))


class _RequestRecord(logging.LogRecord):
    """The log record of a request."""

    def __init__(self, args: tuple[object, ...], fields: dict[str, Any]) -> None:
        now = time()
        self.__dict__ = _RECORD | {"args": args, "fields": fields, "created": now, "msecs": now % 1 * 1000}


def _plain(number: float) -> float:
    """A number without more digits than anybody reads, whole if it is."""
    return int(number) if number == int(number) else round(number, 3)


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 3)


def _add_headers(response: HttpResponseBase, calls: Recording) -> None:
    response["X-DynamoDB-Calls"] = str(len(calls.calls))
    response["X-DynamoDB-Units"] = f"{_plain(calls.read_units)} RCU, {_plain(calls.write_units)} WCU"
    repeated = calls.repeated_reads()
    if repeated:
        response["X-DynamoDB-Repeated"] = ", ".join(f"{read.line} x{read.count}" for read in repeated)


def _log(
    request: HttpRequest, status: int, began: float, calls: Recording, error: BaseException | None = None
) -> None:
    """One line for the request, and a warning for each line that read items one by one.

    The path stands without its query string, which may hold secrets.
    """
    about = {"method": request.method, "path": request.path}
    read_units = write_units = seconds = 0.0
    retries = 0
    for call in calls.calls:
        read_units += call.read_units
        write_units += call.write_units
        seconds += call.duration
        retries += call.retries
    duration = perf_counter() - began
    match = request.resolver_match
    recorder.request(None if match is None else match.route, request.method, status, duration, calls.calls)
    fields: dict[str, Any] = {
        **about,
        "status": status,
        "duration_ms": _milliseconds(duration),
        "db_calls": len(calls.calls),
        "db_retries": retries,
        "rcu": _plain(read_units),
        "wcu": _plain(write_units),
        "db_ms": _milliseconds(seconds),
    }
    if error is not None:
        fields["error"] = type(error).__name__
    if logger.isEnabledFor(logging.INFO):
        logger.handle(_RequestRecord((request.method, request.path, status), fields))
    for read in calls.repeated_reads():
        logger.warning(
            "%s read %d items of %s one by one in one request: read them with one batch",
            read.line,
            read.count,
            read.entity,
            extra={
                "fields": {
                    **about,
                    "line": read.line,
                    "entity": read.entity,
                    "count": read.count,
                    "db_ms": _milliseconds(read.seconds),
                }
            },
        )
