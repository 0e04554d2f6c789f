"""The request meter: what a request cost stands in its log line, and a loop of single reads is named."""

from __future__ import annotations

import inspect
import json
import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from io import BytesIO
from typing import Any

import pytest
from django.conf import LazySettings
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.test import Client, RequestFactory
from django.urls import include, path

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.clock import utc_now
from api.dynamodb.metering import meter
from api.dynamodb.repositories import UserRepository
from api.middleware import RequestMeter
from config.logs import JSONLines
from tests.support.deadlines import extend_deadlines
from tests.support.engines import Engine
from tests.support.tables import TablePool

pytestmark = pytest.mark.any_engine

HEADERS = ("X-DynamoDB-Calls", "X-DynamoDB-Units", "X-DynamoDB-Repeated")
USERS = [1, 2, 3, 4, 5]


def users() -> UserRepository:
    return UserRepository(DynamoDBClient.get_table())


def one_by_one(_request: HttpRequest) -> HttpResponse:
    found = []
    for user_id in USERS:
        found.append(users().get_user(user_id))  # N+1
    return JsonResponse({"users": len(found)})


def in_one_batch(_request: HttpRequest) -> HttpResponse:
    return JsonResponse({"users": len(users().get_users(USERS))})


def batch_by_batch(_request: HttpRequest) -> HttpResponse:
    found = [users().get_users([user_id]) for user_id in USERS]
    return JsonResponse({"users": len(found)})


def writing(_request: HttpRequest) -> HttpResponse:
    users().get_user(1)
    users().record_login(1)
    return HttpResponse(status=201)


def nothing(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("nothing")


def failing(_request: HttpRequest) -> HttpResponse:
    users().get_user(1)
    raise RuntimeError("the view broke")


def streaming(_request: HttpRequest) -> StreamingHttpResponse:
    users().get_user(1)

    def lines() -> Iterator[str]:
        for user_id in USERS:
            users().get_user(user_id)  # N+1 in a stream
            yield f"{user_id} {utc_now().isoformat()}\n"

    return StreamingHttpResponse(lines())


def broken_stream(_request: HttpRequest) -> StreamingHttpResponse:
    def lines() -> Iterator[str]:
        yield "1\n"
        users().get_user(1)
        raise RuntimeError("the stream broke")

    return StreamingHttpResponse(lines())


def file(_request: HttpRequest) -> FileResponse:
    return FileResponse(BytesIO(b"content"), filename="a.txt")


def times(_request: HttpRequest) -> HttpResponse:
    return JsonResponse({"times": [utc_now().isoformat() for _ in range(3)]})


VIEWS: list[Callable[..., Any]] = [
    one_by_one, in_one_batch, batch_by_batch, writing, nothing, failing, streaming, broken_stream, file, times,
]  # fmt: skip
# The pages stand behind the test's own views: a page of an error links to them.
urlpatterns = [*(path(f"{view.__name__}/", view) for view in VIEWS), path("", include("web.urls"))]


def place(view: Callable[..., Any], text: str, function: str) -> str:
    """Where a text stands in this file, as the meter writes it."""
    lines, first = inspect.getsourcelines(view)
    (number,) = [first + offset for offset, line in enumerate(lines) if text in line]
    return f"tests/integration/test_request_meter.py:{number} in {function}"


@pytest.fixture
def web(settings: LazySettings) -> Client:
    settings.ROOT_URLCONF = __name__
    return Client(raise_request_exception=False)


@pytest.fixture
def table(
    use_engine: Engine,
    table_pool: TablePool,
    use_settings: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[None]:
    """A table with five users."""
    extend_deadlines(monkeypatch)
    name = table_pool.take(use_engine)
    use_settings(DYNAMODB_TABLE=name)
    for user_id in USERS:
        users().create_user({"user_id": user_id})
    yield
    table_pool.put_back(use_engine, name)


class Lines(logging.Handler):
    """The JSON lines of the requests' logger, read back."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JSONLines())
        self.all: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.all.append(json.loads(self.format(record)))

    @property
    def requests(self) -> list[dict[str, Any]]:
        return [line for line in self.all if line["level"] == "info"]

    @property
    def warnings(self) -> list[dict[str, Any]]:
        return [line for line in self.all if line["level"] == "warning"]


@pytest.fixture
def log() -> Iterator[Lines]:
    lines, logger = Lines(), logging.getLogger("algoitny.requests")
    logger.addHandler(lines)
    yield lines
    logger.removeHandler(lines)


@pytest.fixture
def debug(settings: LazySettings) -> None:
    settings.DEBUG = True


def test_every_request_has_one_line(web: Client, log: Lines) -> None:
    web.get("/nothing/?token=secret")
    (line,) = log.all
    assert (line["level"], line["logger"], line["message"]) == (
        "info",
        "algoitny.requests",
        "GET /nothing/ 200",
    )
    assert (line["method"], line["path"], line["status"]) == ("GET", "/nothing/", 200)
    assert (line["db_calls"], line["db_retries"], line["rcu"], line["wcu"], line["db_ms"]) == (0, 0, 0, 0, 0)
    assert line["duration_ms"] > 0
    assert "secret" not in json.dumps(line)


def test_the_line_is_an_ordinary_log_record(web: Client, log: Lines) -> None:
    log.setFormatter(
        logging.Formatter(json.dumps({"level": "%(levelname)s", "text": "%(message)s %(name)s"}))
    )
    web.get("/nothing/")
    assert log.all == [{"level": "INFO", "text": "GET /nothing/ 200 algoitny.requests"}]
    usual = vars(logging.makeLogRecord({}))
    seen: list[logging.LogRecord] = []
    log.addFilter(lambda record: not seen.append(record))  # type: ignore[func-returns-value]
    web.get("/nothing/")
    assert usual.keys() <= vars(seen[0]).keys()


def test_an_address_that_does_not_exist_has_a_line_too(web: Client, log: Lines) -> None:
    web.post("/nowhere/")
    assert [(line["method"], line["path"], line["status"]) for line in log.requests] == [
        ("POST", "/nowhere/", 404)
    ]


def test_the_line_has_the_calls_and_units_that_the_engine_reported(
    web: Client, log: Lines, table: None
) -> None:
    with meter.recording() as seen:
        web.get("/writing/")
    (line,) = log.all
    assert seen.operations == ["GetItem", "UpdateItem"]
    assert (line["status"], line["db_calls"], line["db_retries"]) == (201, 2, seen.retries)
    assert (line["rcu"], line["wcu"]) == (seen.read_units, seen.write_units)
    assert min(line["rcu"], line["wcu"]) > 0
    assert 0 < line["db_ms"] <= line["duration_ms"]


def test_a_loop_of_single_reads_is_named(web: Client, log: Lines, table: None) -> None:
    web.get("/one_by_one/")
    where = place(one_by_one, "# N+1", "one_by_one")
    assert [line["db_calls"] for line in log.requests] == [5]
    (warning,) = log.warnings
    assert (warning["line"], warning["entity"], warning["count"]) == (where, "user", 5)
    assert (warning["method"], warning["path"]) == ("GET", "/one_by_one/")
    assert warning["message"].startswith(f"{where} read 5 items of user one by one")
    assert "read them with one batch" in warning["message"]


@pytest.mark.parametrize(
    ("address", "calls"), [("/in_one_batch/", 1), ("/batch_by_batch/", 5), ("/writing/", 2)]
)
def test_batches_and_a_single_read_are_not(
    web: Client, log: Lines, table: None, debug: None, address: str, calls: int
) -> None:
    response = web.get(address)
    assert [line["db_calls"] for line in log.requests] == [calls]
    assert log.warnings == []
    assert "X-DynamoDB-Repeated" not in response


def test_in_debug_the_headers_say_the_same(web: Client, log: Lines, table: None, debug: None) -> None:
    response = web.get("/one_by_one/")
    (line,) = log.requests
    assert response["X-DynamoDB-Calls"] == "5"
    assert response["X-DynamoDB-Units"] == f"{line['rcu']} RCU, 0 WCU"
    assert response["X-DynamoDB-Repeated"] == f"{place(one_by_one, '# N+1', 'one_by_one')} x5"


def test_in_debug_a_request_without_calls_says_so(web: Client, debug: None) -> None:
    response = web.get("/nothing/")
    assert [response.get(name) for name in HEADERS] == ["0", "0 RCU, 0 WCU", None]


@pytest.mark.parametrize("address", ["/one_by_one/", "/nothing/", "/streaming/", "/failing/"])
def test_outside_debug_there_are_no_headers(web: Client, table: None, address: str) -> None:
    assert not [name for name in HEADERS if name in web.get(address)]


def test_a_view_that_raises_has_its_line(web: Client, log: Lines, table: None) -> None:
    assert web.get("/failing/").status_code == 500
    (line,) = log.all
    assert (line["path"], line["status"], line["db_calls"]) == ("/failing/", 500, 1)


def test_an_error_that_django_lets_through_has_its_line(
    web: Client, log: Lines, table: None, settings: LazySettings
) -> None:
    settings.DEBUG_PROPAGATE_EXCEPTIONS = True
    with pytest.raises(RuntimeError, match="the view broke"):
        web.get("/failing/")
    (line,) = log.all
    assert (line["status"], line["db_calls"], line["error"]) == (500, 1, "RuntimeError")


def test_a_stream_is_counted_to_its_end_at_one_moment(
    web: Client, log: Lines, table: None, debug: None
) -> None:
    response = web.get("/streaming/")
    assert response["X-DynamoDB-Calls"] == "1"
    assert log.all == []
    lines = response.getvalue().decode().splitlines()
    assert [line.split()[0] for line in lines] == ["1", "2", "3", "4", "5"]
    assert len({line.split()[1] for line in lines}) == 1
    assert [(line["status"], line["db_calls"]) for line in log.requests] == [(200, 6)]
    where = place(streaming, "# N+1", "streaming.<locals>.lines")
    assert [(line["line"], line["count"]) for line in log.warnings] == [(where, 5)]


def test_a_stream_whose_reader_goes_away_has_its_line_once(web: Client, log: Lines, table: None) -> None:
    response: Any = web.get("/streaming/")
    pieces = iter(response)
    assert next(pieces)
    response.close()
    response.close()
    assert [line["db_calls"] for line in log.all] == [2]


def test_a_stream_that_breaks_has_its_line_with_the_error(web: Client, log: Lines, table: None) -> None:
    with pytest.raises(RuntimeError, match="the stream broke"):
        web.get("/broken_stream/").getvalue()
    (line,) = log.all
    assert (line["status"], line["db_calls"], line["error"]) == (200, 1, "RuntimeError")


def test_nothing_is_counted_for_a_request_after_it(web: Client, log: Lines, table: None) -> None:
    web.get("/in_one_batch/")
    users().get_user(1)
    web.get("/nothing/")
    assert [line["db_calls"] for line in log.requests] == [1, 0]


def test_a_file_keeps_the_servers_way_of_sending_it(log: Lines) -> None:
    response: Any = RequestMeter(file)(RequestFactory().get("/file/"))
    assert response.file_to_stream is not None
    assert response.getvalue() == b"content"
    assert [line["path"] for line in log.all] == ["/file/"]
    response.close()


def test_a_request_has_one_moment_and_the_next_one_another(web: Client) -> None:
    first, second = (web.get("/times/").json()["times"] for _ in range(2))
    assert (len(set(first)), len(set(second))) == (1, 1)
    assert datetime.fromisoformat(first[0]) < datetime.fromisoformat(second[0])
