"""/api/staff/problems/{id}/test-cases/{case_id}/: one test case, read, edited, moved and deleted alone."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from api.composition import repositories
from tests.integration.api.conftest import CHARLIE, DORA
from tests.integration.api.factories import a_problem, fault_of, fields_of
from tests.integration.api.staff_requests import ask, told

PROBLEM = "/problems/100"


@pytest.fixture
def addresses(cast: object) -> list[str]:
    """The addresses of three cases, the inputs of which are a, b and c."""
    a_problem(100)
    cases = repositories().problems.add_test_cases(100, [{"input": text, "output": text} for text in "abc"])
    return [f"{PROBLEM}/test-cases/{case['test_case_id']}/" for case in cases]


def inputs() -> str:
    return "".join(case["input"] for case in repositories().problems.get_test_cases(100, consistent=True))


def etag(site: Client) -> str:
    tag: str = ask(site, "GET", f"{PROBLEM}/")["ETag"]
    return tag


def test_a_case_is_read_whole_with_the_version_of_its_problem(site: Client, addresses: list[str]) -> None:
    response = ask(site, "GET", addresses[1])
    assert response["ETag"] == etag(site)
    document = response.json()
    assert f"/{document.pop('test_case_id')}/" in addresses[1]
    assert document == {"position": 1, "is_sample": False, "input": "b", "output": "b"}


def test_a_case_is_edited_alone(site: Client, addresses: list[str]) -> None:
    response = ask(site, "PATCH", addresses[1], {"input": "B", "is_sample": True}, if_match=etag(site))
    assert (response.status_code, response["ETag"]) == (200, etag(site))
    assert (response.json()["input"], response.json()["output"], response.json()["is_sample"]) == (
        "B",
        "b",
        True,
    )
    assert inputs() == "aBc"
    ((staff, action, target, changes),) = told(site)
    assert (staff, action, target) == (DORA, "test_case.update", "problem 100")
    assert changes["input"] == {"old": "b", "new": "B"}
    again = ask(site, "PATCH", addresses[1], {"input": "B"}, if_match=etag(site))
    assert again["ETag"] == response["ETag"]
    assert len(told(site)) == 1


def test_a_case_is_moved_alone(site: Client, addresses: list[str]) -> None:
    response = ask(site, "POST", f"{addresses[2]}move/", {"place": 1}, if_match=etag(site))
    assert (response.status_code, response["ETag"]) == (204, etag(site))
    assert inputs() == "cab"
    assert told(site)[0][1] == "test_case.move"
    again = ask(site, "POST", f"{addresses[2]}move/", {"place": 1}, if_match=etag(site))
    assert again["ETag"] == response["ETag"]
    beyond = ask(site, "POST", f"{addresses[2]}move/", {"place": 4}, if_match="*")
    assert fault_of(beyond) == (422, "invalid")
    assert fields_of(beyond) == ["body.place"]


def test_a_case_is_deleted_alone(site: Client, addresses: list[str]) -> None:
    response = ask(site, "DELETE", addresses[1], if_match=etag(site))
    assert (response.status_code, response["ETag"]) == (204, etag(site))
    assert inputs() == "ac"
    assert told(site)[0][1] == "test_case.delete"
    assert fault_of(ask(site, "DELETE", addresses[1], if_match="*")) == (404, "not-found")


CHANGES: list[tuple[str, str, Any]] = [
    ("PATCH", "", {"output": "x"}), ("POST", "move/", {"place": 3}), ("DELETE", "", None),
]  # fmt: skip


@pytest.mark.parametrize(("method", "ending", "document"), CHANGES)
def test_a_change_of_an_outdated_version_is_refused(
    site: Client, addresses: list[str], method: str, ending: str, document: Any
) -> None:
    outdated = etag(site)
    ask(site, "PATCH", addresses[2], {"input": "C"}, if_match=outdated)
    address = addresses[0] + ending
    refused = ask(site, method, address, document, if_match=outdated)
    assert fault_of(refused) == (412, "precondition-failed")
    assert fault_of(ask(site, method, address, document)) == (428, "precondition-required")
    assert inputs() == "abC"
    assert ask(site, method, address, document, if_match=etag(site)).status_code in (200, 204)


@pytest.mark.parametrize(("method", "ending", "document"), [("GET", "", None), *CHANGES])
def test_charlie_and_nobody_do_nothing_and_other_cases_are_not_there(
    site: Client, addresses: list[str], method: str, ending: str, document: Any
) -> None:
    how: dict[str, Any] = {} if method == "GET" else {"if_match": "*"}
    address = addresses[0] + ending
    assert fault_of(ask(site, method, address, document, by=CHARLIE, **how)) == (403, "forbidden")
    assert fault_of(ask(site, method, address, document, by=None, **how)) == (401, "unauthenticated")
    for other in (f"{PROBLEM}/test-cases/7/{ending}", f"/problems/9/test-cases/7/{ending}"):
        assert fault_of(ask(site, method, other, document, **how)) == (404, "not-found")
    assert inputs() == "abc"


def test_it_refuses_what_cannot_be_stored(site: Client, addresses: list[str]) -> None:
    for document, status in (
        ({"input": 7}, 422), ({"input": "a\0"}, 422), ({"position": 3}, 422), ({"input": "x" * 10_000_001}, 413),
    ):  # fmt: skip
        assert ask(site, "PATCH", addresses[0], document, if_match="*").status_code == status
    assert inputs() == "abc"
