"""POST /api/staff/problems/{id}/test-cases/: more test cases."""

from __future__ import annotations

from django.test import Client

from api.composition import repositories
from tests.integration.api.conftest import CHARLIE, DORA
from tests.integration.api.factories import a_problem, fault_of
from tests.integration.api.staff_requests import ask, told

CASE = {"input": "1 2\n", "output": "3\n"}


def test_they_stand_behind_those_that_are_there(site: Client) -> None:
    a_problem(100)
    repositories().problems.add_test_case(100, {**CASE, "position": 5})
    response = ask(site, "POST", "/problems/100/test-cases/", {"cases": [CASE, {**CASE, "is_sample": True}]})
    assert response.status_code == 201
    assert [(item["position"], item["is_sample"]) for item in response.json()["items"]] == [
        (6, False),
        (7, True),
    ]
    stored = repositories().problems.get_test_cases(100, consistent=True)
    assert [case["position"] for case in stored] == [5, 6, 7]
    assert told(site) == [(DORA, "test_cases.add", "problem 100", {"test_cases": {"new": 2}})]


def test_an_outdated_version_is_refused_if_one_is_named(site: Client) -> None:
    a_problem(100)
    address, document = "/problems/100/test-cases/", {"cases": [CASE]}
    etag = ask(site, "GET", "/problems/100/")["ETag"]
    added = ask(site, "POST", address, document, if_match=etag)
    assert added["ETag"] == ask(site, "GET", "/problems/100/")["ETag"] != etag
    assert fault_of(ask(site, "POST", address, document, if_match=etag)) == (412, "precondition-failed")
    assert len(repositories().problems.get_test_cases(100)) == 1


def test_it_refuses_too_much_and_another_problem(site: Client) -> None:
    a_problem(100)
    large = {"cases": [{"input": "x" * 10_000_000, "output": "y"}]}
    assert fault_of(ask(site, "POST", "/problems/100/test-cases/", large)) == (413, "too-large")
    assert fault_of(ask(site, "POST", "/problems/100/test-cases/", {"cases": []})) == (422, "invalid")
    assert fault_of(ask(site, "POST", "/problems/9/test-cases/", {"cases": [CASE]})) == (404, "not-found")


def test_charlie_and_nobody_add_nothing(site: Client) -> None:
    a_problem(100)
    document = {"cases": [CASE]}
    address = "/problems/100/test-cases/"
    assert fault_of(ask(site, "POST", address, document, by=CHARLIE)) == (403, "forbidden")
    assert fault_of(ask(site, "POST", address, document, by=None)) == (401, "unauthenticated")
    assert repositories().problems.get_test_cases(100, consistent=True).items == []
