"""Errors as pages: what happened, what to do, the request's id; and pages when the table cannot be reached."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from api import composition
from api.dynamodb import meter
from api.http import faults
from api.http.faults import Refusal
from tests.integration.api.conftest import ALICE
from tests.integration.web.browsers import Visit
from web.problems import search


@pytest.fixture
def refusing(service_table: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[Refusal], Any]:
    """Call it with a refusal: the page of a service that refuses so."""

    def page(refusal: Refusal) -> Any:
        def refuse(*_: object, **__: object) -> None:
            raise refusal

        monkeypatch.setattr(search, "find_without", refuse)
        return Client().get("/", headers={"Accept-Language": "ko"})

    return page


def test_an_address_of_nothing_is_a_page_in_the_frame(cast: object, visit: Visit) -> None:
    answer = visit(ALICE).get("/no/such/page/")
    assert answer.status_code == 404
    assert "There is no such thing here" in answer.text
    assert answer["X-Request-ID"] in answer.text
    assert ">Account</a>" in answer.text
    assert answer["Cache-Control"] == "no-store"
    assert '<meta name="robots" content="noindex">' in answer.text


def test_every_kind_of_refusal_says_what_to_do_in_the_visitors_language(
    refusing: Callable[[Refusal], Any],
) -> None:
    for kind in faults.KINDS.values():
        answer = refusing(Refusal(kind, "Nothing is at this address.", headers={"Retry-After": "90"}))
        assert answer.status_code == kind.status
        assert answer["Retry-After"] == "90"
        assert kind.title not in answer.text
        assert "이 주소에는 아무것도 없습니다." in answer.text
        assert 'class="button button-primary"' in answer.text


def test_when_to_come_again_is_told_as_people_count(refusing: Callable[[Refusal], Any]) -> None:
    for seconds, said in ((5, "5초"), (300, "5분"), (7300, "3시간")):
        refusal = Refusal(faults.TOO_MANY, "Too many", headers={"Retry-After": str(seconds)})
        assert f"{said} 뒤에 다시 시도해 주세요." in refusing(refusal).text
    assert "잠시 뒤에" in refusing(Refusal(faults.UNAVAILABLE, "x")).text


def test_each_field_that_cannot_be_used_is_named(refusing: Callable[[Refusal], Any]) -> None:
    answer = refusing(faults.invalid("query.words", "at most 100 characters"))
    assert "<code>query.words</code>: 최대 100자까지입니다" in answer.text


def test_a_refusal_never_becomes_markup(refusing: Callable[[Refusal], Any]) -> None:
    answer = refusing(Refusal(faults.CONFLICT, "<script>alert(1)</script>"))
    assert "<script>alert" not in answer.text


def test_an_unexpected_error_shows_nothing_of_itself(
    service_table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr(search, "find_without", fail)
    browser = Client(raise_request_exception=False)
    answer = browser.get("/")
    assert answer.status_code == 500
    assert "a secret" not in answer.text
    assert "Something broke on our side" in answer.text
    assert answer["X-Request-ID"] in answer.text


def test_a_form_that_is_too_old_says_so(service_table: str) -> None:
    answer = Client(enforce_csrf_checks=True).post("/theme/", {"theme": "dark"})
    assert answer.status_code == 403
    assert "The form is too old" in answer.text


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
