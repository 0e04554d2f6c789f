"""GET /api/problems/{id}/ and by-number: one problem, its version, and what nobody may read off it."""

from __future__ import annotations

import pytest
from django.test import Client

from api.composition import repositories
from tests.integration.api.conftest import BOB, DORA
from tests.integration.api.factories import a_problem, fault_of, get

PLACES = ("/api/problems/100/", "/api/problems/by-number/Baekjoon/1100/")


@pytest.fixture(autouse=True)
def _problem(cast: object) -> None:
    a_problem(100)


@pytest.mark.parametrize("address", PLACES)
def test_everyone_may_read_it_and_nobody_reads_the_solution_or_the_hints(site: Client, address: str) -> None:
    response = get(site, address, by=None)
    assert response.status_code == 200
    document = response.json()
    assert (document["problem_id"], document["title"], document["version"]) == (100, "A plus B", 1)
    assert document["hint_steps"] == ["nudge", "approach", "outline", "solution"]
    assert not {"solution_code", "hints", "metadata"} & set(document)
    for secret in ("print(sum", "nudge text", "outline two"):
        assert secret not in response.content.decode()


def test_its_version_is_its_etag(site: Client) -> None:
    first = get(site, PLACES[0], by=None)
    again = get(site, PLACES[0], by=None, **{"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    repositories().problems.update_problem(100, {"title": "A minus B"})
    changed = get(site, PLACES[0], by=None, **{"If-None-Match": first["ETag"]})
    assert (changed.status_code, changed.json()["title"]) == (200, "A minus B")
    assert changed["ETag"] != first["ETag"]


def test_a_retired_one_stays_readable_and_says_so(site: Client) -> None:
    repositories().problems.retire_problem(100)
    assert get(site, PLACES[0], by=BOB).json()["is_retired"] is True


def test_a_draft_exists_for_staff_only(site: Client) -> None:
    a_problem(101, is_completed=False)
    for address in ("/api/problems/101/", "/api/problems/by-number/baekjoon/1101/"):
        assert fault_of(get(site, address, by=BOB)) == (404, "not-found")
        assert fault_of(get(site, address, by=None)) == (404, "not-found")
        assert get(site, address, by=DORA).status_code == 200


@pytest.mark.parametrize("address", ["/api/problems/999/", "/api/problems/by-number/baekjoon/9/"])
def test_there_is_no_other(site: Client, address: str) -> None:
    assert fault_of(get(site, address, by=None)) == (404, "not-found")


@pytest.mark.parametrize("number", ["x", "-1", str(2**53), "1.5"])
def test_an_id_that_cannot_be_is_invalid(site: Client, number: str) -> None:
    assert fault_of(get(site, f"/api/problems/{number}/", by=None)) == (422, "invalid")


def test_a_number_with_a_separator_of_keys_reaches_nothing_else(site: Client) -> None:
    a_problem(102, platform="a#b", problem_number="1")
    assert get(site, "/api/problems/by-number/a%23b/1/", by=None).json()["problem_id"] == 102
    assert fault_of(get(site, "/api/problems/by-number/a/b%231/", by=None)) == (404, "not-found")


def test_it_may_only_be_read_here(site: Client) -> None:
    response = site.delete(PLACES[0])
    assert fault_of(response) == (405, "method-not-allowed")
    assert response["Allow"] == "GET, HEAD, OPTIONS"
