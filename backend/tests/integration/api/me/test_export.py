"""GET /api/me/export/: everything about me, as a stream."""

from __future__ import annotations

import gc
import json
import tracemalloc
from datetime import timedelta
from decimal import Decimal
from typing import Any, cast

import pytest
from django.test import Client

from api.composition import repositories
from api.dynamodb.clock import utc_now
from api.dynamodb.codec import json_text
from api.dynamodb.errors import Unavailable
from api.dynamodb.metering import meter
from api.dynamodb.repositories import SearchHistoryRepository, UsageLogRepository
from api.dynamodb.schema.records import User
from api.http import bounded_streams
from api.limits import limiter
from api.me import export
from tests.integration.api.conftest import ALICE, BOB, CHARLIE
from tests.integration.api.factories import a_run, fault_of, get
from tests.integration.repositories.helpers import noise

EXPORT = "/api/me/export/"


def lines_of(response: Any) -> list[dict[str, Any]]:
    content = b"".join(response.streaming_content)
    response.close()
    assert content.endswith(b"\n")
    return [json_text.loads(line) for line in content.decode().splitlines()]


def test_it_has_everything_about_me_and_says_where_it_ends(site: Client) -> None:
    results = [
        {"test_case_id": 1, "status": "AC", "output": "1", "n": Decimal("0.10000000000000000001"), "b": 2**70}
    ]
    runs = [
        a_run(code=noise(9_000), hints=[{"text": "look"}]),
        a_run(test_results=results, is_code_public=True),
    ]
    for _ in range(2):
        assert limiter().admit(ALICE, None, "hint", 7, {"history_id": 5}).allowed
    UsageLogRepository().log_usage(ALICE, "execution", metadata={"text": noise(7_000)})
    session = repositories().sessions.create_session(
        ALICE, "api", "hash-of-it", utc_now() + timedelta(9), "Firefox"
    )
    a_run(BOB, code="print('bob')", is_code_public=True)

    repositories().practice.add_bookmark(ALICE, 7)
    repositories().practice.put_note(ALICE, 7, "두 포인터")
    repositories().practice.put_note(BOB, 7, "bob's")

    response = get(site, EXPORT)
    assert response["Content-Type"] == "application/x-ndjson"
    assert response["Content-Disposition"].startswith('attachment; filename="algoitny-20')
    assert response["Cache-Control"] == "no-store"
    lines = lines_of(response)
    kinds = [line["type"] for line in lines]
    assert kinds == [
        "profile",
        "plan",
        "session",
        "run",
        "run",
        "usage",
        "usage",
        "usage",
        "practice",
        "note",
        "statistics",
        "end",
    ]
    assert lines[-1] == {"type": "end", "lines": 11}
    by_kind = {kind: [line for line in lines if line["type"] == kind] for kind in kinds}
    (profile,) = by_kind["profile"]
    assert (profile["email"], profile["google_id"], profile["version"]) == ("alice@example.org", "g-1", 1)
    assert by_kind["plan"][0]["name"] == "Free"
    assert [one["session_id"] for one in by_kind["session"]] == [session["session_id"]]
    newest = by_kind["run"]
    assert [run["history_id"] for run in newest] == [run["history_id"] for run in reversed(runs)]
    assert newest[1]["code"] == runs[0]["code"]
    assert newest[1]["hints"] == [{"text": "look"}]
    assert newest[0]["test_results"] == results
    assert newest[0]["created_at"].endswith("Z")
    assert [(use["action"], use["problem_id"]) for use in by_kind["usage"]] == [
        ("hint", 7), ("hint", 7), ("execution", None),
    ]  # fmt: skip
    assert by_kind["usage"][0]["metadata"] == {"history_id": 5}
    assert by_kind["statistics"][0]["runs"] == 2
    text = json.dumps(lines, default=str)
    assert "hash-of-it" not in text
    assert "token_hash" not in text
    assert "bob" not in text


def test_nobody_gets_what_is_anothers(site: Client) -> None:
    a_run(code="print('alice was here')", is_code_public=True)
    lines = lines_of(get(site, EXPORT, by=CHARLIE))
    assert [line["type"] for line in lines] == ["profile", "plan", "practice", "statistics", "end"]
    assert "alice" not in json.dumps(lines).lower()


def test_it_is_for_who_is_signed_in_and_not_closed(site: Client) -> None:
    assert fault_of(get(site, EXPORT, by=None)) == (401, "unauthenticated")
    repositories().users.deactivate_user(ALICE)
    assert fault_of(get(site, EXPORT)) == (401, "unauthenticated")


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (Unavailable("no answer"), "could not be read completely"),
        (RuntimeError("a bug"), "went wrong on our side"),
    ],
)
def test_one_that_is_cut_says_so_in_its_last_line(
    site: Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    failure: Exception,
    words: str,
) -> None:
    for _ in range(7):
        a_run()
    whole = SearchHistoryRepository.get_histories
    asked: list[Any] = []

    def fail_later(self: SearchHistoryRepository, ids: list[int], **how: Any) -> Any:
        asked.append(ids)
        if len(asked) > 1:
            raise failure
        return whole(self, ids, **how)

    monkeypatch.setattr(SearchHistoryRepository, "get_histories", fail_later)
    response = get(site, EXPORT)
    lines = lines_of(response)
    assert [line["type"] for line in lines] == ["profile", "plan", "run", "run", "error"]
    assert words in lines[-1]["detail"]
    assert (lines[-1]["lines"], lines[-1]["request_id"]) == (4, response["X-Request-ID"])
    assert "no answer" not in json.dumps(lines)
    assert "failed after 4 lines" in caplog.text


def test_what_cannot_be_begun_is_refused(site: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise Unavailable("no answer")

    monkeypatch.setattr("api.dynamodb.repositories.UserRepository.get_user", fail)
    assert fault_of(get(site, EXPORT)) == (503, "unavailable")


def test_it_reads_as_the_reader_goes_on(site: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "_PAGE", 4)
    for _ in range(9):
        a_run()
    with meter.recording() as calls:
        response = get(site, EXPORT)
    assert calls.operations == ["GetItem"]
    pieces = response.streaming_content
    with meter.recording() as calls:
        for _ in range(3):
            next(pieces)
    # Sessions, the first page of runs, and some of these whole; nothing else yet.
    assert calls.operations == ["Query", "Query", "BatchGetItem"]
    response.close()


def test_memory_does_not_grow_with_it(site: Client) -> None:
    """Four times as much code goes out, and no more of it is held at a time."""
    lines_of(get(site, EXPORT))  # what is made once and kept is made now
    peaks, sizes = [], []
    for runs in (5, 15):
        for seed in range(runs):
            a_run(code=noise(200_000, seed=seed))
        tracemalloc.start()
        try:
            sizes.append(sum(len(piece) for piece in get(site, EXPORT).streaming_content))
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert sizes[1] > 3.9 * sizes[0] > 3_900_000
    assert peaks[1] < 1.2 * peaks[0] < 12_000_000


def test_exports_at_once_are_few_and_one_for_each_user(site: Client) -> None:
    alices, bobs = get(site, EXPORT), get(site, EXPORT, by=BOB)
    for busy in (get(site, EXPORT), get(site, EXPORT, by=CHARLIE)):
        assert fault_of(busy) == (503, "unavailable")
        assert busy["Retry-After"] == "30"
    bobs.close()  # its reader went away before the first line
    assert fault_of(get(site, EXPORT)) == (503, "unavailable")
    charlies = get(site, EXPORT, by=CHARLIE)
    assert lines_of(alices)[-1]["type"] == lines_of(charlies)[-1]["type"] == "end"
    assert lines_of(get(site, EXPORT))[-1]["type"] == "end"


def test_an_export_that_is_dropped_leaves_its_place() -> None:
    for _ in range(3 * bounded_streams.STREAMS_AT_ONCE):
        export.ExportStream(cast(User, {"user_id": ALICE}))
        gc.collect()
    assert bounded_streams._streaming == set()
