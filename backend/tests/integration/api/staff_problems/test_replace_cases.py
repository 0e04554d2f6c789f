"""PUT /api/staff/problems/{id}/test-cases/: new test cases in the place of all."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from api.composition import repositories
from tests.integration.api.conftest import BOB, CHARLIE, DORA, bearer
from tests.integration.api.factories import a_problem, fault_of, fields_of, get
from tests.integration.api.staff_requests import ask, told

CASE = {"input": "1 2\n", "output": "3\n"}


@pytest.fixture(autouse=True)
def _problem(cast: object) -> None:
    a_problem(100)
    repositories().problems.add_test_cases(100, [CASE, {**CASE, "is_sample": True}])


def put(site: Client, cases: Any, *, problem_id: int = 100, if_match: str = "*", **how: Any) -> Any:
    address = f"/problems/{problem_id}/test-cases/"
    return ask(site, "PUT", address, {"cases": cases}, if_match=if_match, **how)


def inputs(site: Client) -> list[str]:
    return [case["input"] for case in get(site, "/api/problems/100/test-cases/", by=BOB).json()["items"]]


def test_they_take_the_place_of_all_in_their_order(site: Client) -> None:
    response = put(site, [{"input": "7", "output": ""}, {"input": "정답", "output": "8", "is_sample": True}])
    assert response.status_code == 200
    items = response.json()["items"]
    assert [(item["position"], item["is_sample"], item["input_bytes"], item["output_bytes"]) for item in items] == [
        (0, False, 1, 0), (1, True, 6, 1),
    ]  # fmt: skip
    assert inputs(site) == ["7", "정답"]
    counts = {"old": 2, "new": 2}
    assert told(site) == [(DORA, "test_cases.replace", "problem 100", {"test_cases": counts})]


def test_of_two_who_replace_the_same_version_the_last_one_is_refused(site: Client) -> None:
    etag = ask(site, "GET", "/problems/100/")["ETag"]
    first = put(site, [{"input": "7", "output": ""}], if_match=etag)
    assert first["ETag"] == ask(site, "GET", "/problems/100/")["ETag"] != etag
    assert fault_of(put(site, [{"input": "8", "output": ""}], if_match=etag)) == (412, "precondition-failed")
    assert inputs(site) == ["7"]
    assert put(site, [{"input": "8", "output": ""}], if_match=first["ETag"]).status_code == 200
    unconditional = ask(site, "PUT", "/problems/100/test-cases/", {"cases": [CASE]})
    assert fault_of(unconditional) == (428, "precondition-required")
    assert inputs(site) == ["8"]


def test_a_list_of_replaced_cases_is_read_from_its_start(site: Client) -> None:
    page = get(site, "/api/problems/100/test-cases/?limit=1", by=BOB).json()
    put(site, [CASE] * 3)
    following = get(site, f"/api/problems/100/test-cases/?limit=1&cursor={page['next']}", by=BOB)
    assert fault_of(following) == (422, "invalid")
    assert fields_of(following) == ["query.cursor"]


def test_sent_again_they_are_there_once(site: Client) -> None:
    for _ in range(2):
        put(site, [{"input": "7", "output": "8"}])
    assert inputs(site) == ["7"]


def test_texts_of_megabytes_are_stored(site: Client) -> None:
    text = "0123456789 " * 100_000
    assert put(site, [{"input": text, "output": text}]).json()["items"][0]["input_bytes"] == len(text)


def test_more_than_10_mb_together_are_too_large_and_change_nothing(site: Client) -> None:
    response = put(site, [{"input": "x" * 5_000_000, "output": "y" * 5_000_001}])
    assert fault_of(response) == (413, "too-large")
    assert "10,000,001" in response.json()["detail"]
    assert inputs(site) == ["1 2\n", "1 2\n"]
    assert told(site) == []


@pytest.mark.parametrize(
    ("cases", "field"),
    [
        ([], "body.cases"),
        ([CASE] * 201, "body.cases"),
        ([{"input": "1"}], "body.cases.0.output"),
        ([CASE, {**CASE, "position": 9}], "body.cases.1.position"),
        ([{**CASE, "input": 7}], "body.cases.0.input"),
        ("1 2", "body.cases"),
    ],
)
def test_it_refuses_what_are_no_cases(site: Client, cases: Any, field: str) -> None:
    response = put(site, cases)
    assert fault_of(response) == (422, "invalid")
    assert fields_of(response) == [field]
    assert inputs(site) == ["1 2\n", "1 2\n"]


def test_half_of_a_character_is_refused(site: Client) -> None:
    body = b'{"cases": [{"input": "\\ud800", "output": ""}]}'
    response = site.put(
        "/api/staff/problems/100/test-cases/",
        body,
        content_type="application/json",
        headers={**bearer(DORA), "If-Match": "*"},
    )
    assert fault_of(response) == (400, "bad-request"), "UTF-8 cannot hold it, so that it is no JSON"
    assert inputs(site) == ["1 2\n", "1 2\n"]


def test_there_is_no_other(site: Client) -> None:
    assert fault_of(put(site, [CASE], problem_id=9)) == (404, "not-found")
    assert told(site) == []


def test_charlie_and_nobody_replace_nothing(site: Client) -> None:
    fresh = [{"input": "7", "output": "8"}]
    assert fault_of(put(site, fresh, by=CHARLIE)) == (403, "forbidden")
    assert fault_of(put(site, fresh, by=None)) == (401, "unauthenticated")
    assert inputs(site) == ["1 2\n", "1 2\n"]
