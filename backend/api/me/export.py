"""Export of everything about a user as a stream of JSON lines, in constant memory.

Each line is an object with its `type`: profile, plan, session, run, usage, opened_hints, practice (bookmarks,
reviews, time zone), note, statistics, and at the end
`{"type": "end", "lines": n}` with the number of lines before it. An export without that line is incomplete:
if reading failed midway, the last line is `{"type": "error", ...}`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from api.composition import repositories
from api.dynamodb.clock import utc_now
from api.dynamodb.codec import json_text
from api.dynamodb.errors import DataLayerError
from api.dynamodb.schema.entities import USAGE_ACTIONS
from api.dynamodb.schema.records import User
from api.dynamodb.table.cursor import Page
from api.http.bounded_streams import BoundedStream
from api.http.request_ids import request_id
from api.me.models import plan_document, statistics_document
from api.me.profile import plan_of
from api.me.statistics import Statistics, statistics_of

logger = logging.getLogger("algoitny.export")

CONTENT_TYPE = "application/x-ndjson"
# Runs are read in full, so only two at once: a run of a megabyte takes eight while it is decoded.
_RUNS_AT_ONCE = 2
_PAGE = 100
_BEGINNING = datetime(1970, 1, 2, tzinfo=UTC)
# This many calls add up 400,000 runs.
_MOST_STATISTICS = 100
T = TypeVar("T")


def file_name(now: datetime) -> str:
    """The name of an export's file."""
    return f"algoitny-{now.date().isoformat()}.ndjson"


class ExportStream(BoundedStream):
    """`export_lines` for one response, in one of the process's few places for long downloads.

    Raises `ApiError`, 503, when all places are taken or the user has one already.
    """

    def __init__(self, user: User) -> None:
        super().__init__(export_lines(user), ("export", user["user_id"]), busy="exports_busy")


def export_lines(user: User) -> Iterator[bytes]:
    """The lines of a user's export, each with its line break, read from the table while they are sent.

    Never raises for a failure midway: the last line reports it. One Query for each page of 100
    sessions, runs and uses, and one BatchGetItem for 2 runs: all of it once, 0.5 RCU per 4 KB.
    """
    number = 0
    try:
        for kind, record in _records(user):
            yield _line(kind, record)
            number += 1
    except Exception as failure:
        reason = "the data could not be read completely"
        if isinstance(failure, DataLayerError):
            logger.warning("an export failed after %d lines: %s", number, failure)
        else:
            logger.exception("an export failed after %d lines", number)
            reason = "something went wrong on our side"
        detail = f"This export is incomplete: {reason}. Request it again."
        yield _line("error", {"detail": detail, "lines": number, "request_id": request_id()})
    else:
        yield _line("end", {"lines": number})


def _records(user: User) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The records of the export with their type; none of them has a field called `type`."""
    user_id = user["user_id"]
    yield "profile", user
    yield "plan", plan_document(plan_of(user))
    for session in _all(
        lambda cursor: repositories().sessions.list_sessions(user_id, limit=_PAGE, cursor=cursor)
    ):
        yield "session", {name: value for name, value in session.items() if name != "token_hash"}
    for run in _runs(user_id):
        yield "run", run
    for action in USAGE_ACTIONS:
        for log in _uses(user_id, action):
            yield "usage", log
    yield "practice", _practice(user_id)
    for note in _all(lambda cursor: repositories().practice.list_notes(user_id, limit=_PAGE, cursor=cursor)):
        yield "note", note
    for opened in _all(
        lambda cursor: repositories().opened_hints.list_opened(user_id, limit=_PAGE, cursor=cursor)
    ):
        yield "opened_hints", opened
    yield "statistics", statistics_document(_statistics(user_id))


def _all(ask: Callable[[str | None], Page[T]]) -> Iterator[T]:
    """Every entry of a list, a page at a time."""
    cursor: str | None = None
    while True:
        page = ask(cursor)
        yield from page
        cursor = page.cursor
        if cursor is None:
            return


def _runs(user_id: int) -> Iterator[Mapping[str, Any]]:
    history, cursor = repositories().history, None
    while True:
        page = history.list_user_history(user_id, limit=_PAGE, cursor=cursor, consistent=True)
        ids = [run["history_id"] for run in page]
        for start in range(0, len(ids), _RUNS_AT_ONCE):
            yield from history.get_histories(ids[start : start + _RUNS_AT_ONCE], consistent=True)
        cursor = page.cursor
        if cursor is None:
            return


def _uses(user_id: int, action: str) -> Iterable[Mapping[str, Any]]:
    end = utc_now() + timedelta(days=1)
    return _all(
        lambda cursor: repositories().usage.get_usage_range(
            user_id, action, _BEGINNING, end, limit=_PAGE, cursor=cursor
        )
    )


def _practice(user_id: int) -> Mapping[str, Any]:
    practice = repositories().practice.get_practice(user_id, consistent=True)
    reviewed = [{"problem_id": number, "day": day} for number, day in practice.reviewed.items()]
    return {"bookmarks": list(practice.bookmarks), "reviewed": reviewed, "time_zone": practice.time_zone}


def _statistics(user_id: int) -> Statistics:
    for _ in range(_MOST_STATISTICS):
        statistics = statistics_of(user_id)
        if statistics.complete:
            break
    return statistics


def _line(kind: str, record: Mapping[str, Any]) -> bytes:
    """One line of JSON, which keeps numbers that a float cannot hold."""
    return json_text.encode({"type": kind, **_plain(record)}).encode() + b"\n"


def _plain(value: Any) -> Any:
    """A value whose moments and days are texts."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value
