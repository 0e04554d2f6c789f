"""Errors as pages: what happened, what to do, the request's id; and pages when the table cannot be reached."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from api import composition
from api.dynamodb.metering import meter
from api.http.error_texts import ERRORS
from api.http.errors import ApiError, invalid_field
from api.http.problem_types import PROBLEM_TYPES
from tests.integration.api.conftest import ALICE, bearer
from tests.integration.web.browsers import Visit
from web.problems import search


@pytest.fixture
def page_of(service_table: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[ApiError], Any]:
    """Call it with an error: the page of a view that raises it, for a visitor who reads Korean."""

    def page(error: ApiError) -> Any:
        def fail(*_: object, **__: object) -> None:
            raise error

        monkeypatch.setattr(search, "search", fail)
        return Client().get("/", headers={"Accept-Language": "ko"})

    return page


def test_an_address_of_nothing_is_a_page_in_the_frame(cast: object, visit: Visit) -> None:
    answer = visit(ALICE).get("/no/such/page/")
    assert answer.status_code == 404
    assert "Page not found." in answer.text
    assert answer["X-Request-ID"] in answer.text
    assert ">Account</a>" in answer.text
    assert answer["Cache-Control"] == "no-store"
    assert '<meta name="robots" content="noindex">' in answer.text


def test_every_problem_type_says_what_to_do_in_the_visitors_language(
    page_of: Callable[[ApiError], Any],
) -> None:
    for problem in PROBLEM_TYPES.values():
        code = next(code for code, (of_code, _) in ERRORS.items() if of_code is problem)
        names = re.findall(r"\{(\w+)", ERRORS[code].text)
        parameters: dict[str, Any] = dict.fromkeys(names, 7)
        answer = page_of(ApiError(code, headers={"Retry-After": "90"}, **parameters))
        assert answer.status_code == problem.status
        assert answer["Retry-After"] == "90"
        assert problem.title not in answer.text
        assert ERRORS[code].text not in answer.text
        assert 'class="button button-primary"' in answer.text


def test_a_detail_is_in_the_visitors_language(page_of: Callable[[ApiError], Any]) -> None:
    assert "페이지를 찾을 수 없습니다." in page_of(ApiError("page_not_found")).text


def test_when_to_try_again_is_rounded_as_people_do(page_of: Callable[[ApiError], Any]) -> None:
    for seconds, text in ((5, "5초"), (300, "5분"), (7300, "3시간")):
        error = ApiError("too_many_attempts", seconds=seconds, retry_after=seconds)
        assert f"{text} 뒤에 다시 시도해 주세요." in page_of(error).text
    unknown = ApiError("data_unavailable", headers={"Retry-After": ""})
    assert "잠시 뒤에" in page_of(unknown).text


def test_each_invalid_field_is_named(page_of: Callable[[ApiError], Any]) -> None:
    answer = page_of(invalid_field("query.words", "too_long", limit=100))
    assert "<code>query.words</code>: 100자 이내로 적어 주세요." in answer.text


def test_a_parameter_never_becomes_markup(page_of: Callable[[ApiError], Any]) -> None:
    answer = page_of(ApiError("invalid_value", reason="<script>alert(1)</script>"))
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert" in answer.text


def test_an_unexpected_error_shows_nothing_of_itself(
    service_table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr(search, "search", fail)
    browser = Client(raise_request_exception=False)
    answer = browser.get("/")
    assert answer.status_code == 500
    assert "a secret" not in answer.text
    assert "Something went wrong" in answer.text
    assert answer["X-Request-ID"] in answer.text


def test_a_form_that_is_too_old_says_so(service_table: str) -> None:
    answer = Client(enforce_csrf_checks=True).post("/theme/", {"theme": "dark"})
    assert answer.status_code == 403
    assert "The form has expired" in answer.text


class LostBody:
    """A request's body whose sender went away."""

    def read(self, *_: int) -> bytes:
        raise ConnectionResetError

    readline = read


@pytest.mark.parametrize(
    ("place", "status"), [("/language/", 403), ("/api/history/", 400), ("/api/auth/refresh/", 400)]
)
def test_a_body_that_never_came_is_no_fault_of_ours(service_table: str, place: str, status: int) -> None:
    is_api = place.startswith("/api/")
    body: dict[str, Any] = {
        "wsgi.input": LostBody(), "CONTENT_LENGTH": "1000",
        "CONTENT_TYPE": "application/json" if is_api else "application/x-www-form-urlencoded",
    }  # fmt: skip
    headers = bearer(ALICE) if is_api else {}
    assert Client(enforce_csrf_checks=True).post(place, headers=headers, **body).status_code == status


def test_a_body_that_is_too_large_says_so(service_table: str) -> None:
    answer = Client().post("/theme/", {"theme": "x" * 1_100_000})
    assert answer.status_code == 413
    assert "1,000,000 bytes" in answer.text


@pytest.fixture
def dead(cast: object, visit: Visit, use_settings: Callable[..., None]) -> Iterator[Client]:
    """Alice's browser, after the table went out of reach."""
    browser = visit(ALICE)
    with socket.socket() as taken:  # bound, and nobody listens: every connection is refused
        taken.bind(("127.0.0.1", 0))
        use_settings(LOCALSTACK_URL=f"http://127.0.0.1:{taken.getsockname()[1]}")
        composition.forget()
        yield browser
    composition.forget()


def test_without_the_table_a_page_says_so_and_asks_no_more(dead: Client) -> None:
    with meter.recording() as calls:
        answer = dead.get("/?words=a", headers={"Accept-Language": "en"})
    assert answer.status_code == 503
    assert "The data cannot be reached at the moment" in answer.text
    assert 'href="/?words=a">Try again' in answer.text
    assert int(answer["Retry-After"]) > 0
    assert len(calls.calls) == 1, "the page of the error did without"
    assert dead.get("/no/such/page/").status_code == 404, "though who asks cannot be told"
    for address in ("/robots.txt", "/theme/"):
        assert dead.get(address).status_code in (200, 405)
