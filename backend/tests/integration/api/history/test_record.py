"""POST /api/history/: recording a run, its results, and what it costs."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from api.composition import repositories
from tests.integration.api.conftest import ALICE, BOB, FREE
from tests.integration.api.things import a_problem, fault_of, fields_of, get, post

PLACE = "/api/history/"


@pytest.fixture(autouse=True)
def _problem(cast: object) -> None:
    a_problem(100)


def a_body(**fields: Any) -> dict[str, Any]:
    results = [{"test_case_id": 1, "status": "AC", "time_ms": 12}, {"test_case_id": 2, "status": "WA"}]
    return {"problem_id": 100, "language": "python", "code": "print(1)", "results": results, **fields}


def used(user_id: int = ALICE) -> int:
    return repositories().usage.get_usage_count(user_id, "execution", consistent=True)


def test_it_stores_the_run_counts_its_results_and_costs_one_execution(site: Client) -> None:
    response = post(site, PLACE, a_body())
    assert response.status_code == 201
    run = response.json()
    assert (run["passed_count"], run["failed_count"], run["total_count"]) == (1, 1, 2)
    assert run["result_summary"] == "Wrong answer (1/2)"
    assert (run["platform"], run["problem_number"], run["problem_title"]) == ("baekjoon", "1100", "A plus B")
    assert (run["is_mine"], run["is_code_public"], run["hints"]) == (True, False, None)
    assert response["Location"] == f"/api/history/{run['history_id']}/"
    assert response["RateLimit-Policy"] == '"execution";q=50;w=86400, "execution-60";q=20;w=60'
    assert used() == 1
    stored = get(site, response["Location"])
    assert stored.json() == run
    assert stored["ETag"].split("-")[0] == response["ETag"].split("-")[0]


def test_outputs_are_compared_where_no_status_is_given(site: Client) -> None:
    cases = repositories().problems.add_test_cases(
        100, [{"input": "1 2", "output": "3\n"}, {"input": "2 2", "output": "4\n"}]
    )
    results = [
        {"test_case_id": cases[0]["test_case_id"], "output": "3  \n\n"},
        {"test_case_id": cases[1]["test_case_id"], "output": "5\n"},
    ]
    run = post(site, PLACE, a_body(results=results)).json()
    assert [result["status"] for result in run["test_results"]] == ["AC", "WA"]
    assert run["test_results"][1]["output"] == "5\n"


def test_a_run_without_results_is_just_code(site: Client) -> None:
    run = post(site, PLACE, a_body(results=[])).json()
    assert (run["total_count"], run["result_summary"], run["test_results"]) == (0, None, None)


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"language": "cobol"}, ["body.language"]),
        ({"code": ""}, ["body.code"]),
        ({"code": "x" * 256_001}, ["body.code"]),
        ({"problem_id": "x"}, ["body.problem_id"]),
        ({"problem_id": -1}, ["body.problem_id"]),
        ({"results": [{"test_case_id": 1, "status": "OK"}]}, ["body.results.0.status"]),
        ({"results": [{"test_case_id": 1}]}, ["body.results.0.status"]),
        ({"results": [{"test_case_id": 77, "output": "1"}]}, ["body.results.0.test_case_id"]),
        ({"results": [{"test_case_id": 1, "status": "AC"}] * 2}, ["body.results"]),
        ({"user_id": BOB}, ["body.user_id"]),
        ({"code": "\ud800"}, None),
    ],
)
def test_it_names_the_field_that_cannot_be_used_and_charges_nothing(
    site: Client, change: dict[str, Any], fields: list[str] | None
) -> None:
    response = post(site, PLACE, a_body(**change))
    assert fault_of(response)[0] in (400, 422)
    if fields is not None:
        assert fields_of(response) == fields
    assert used() == 0


@pytest.mark.parametrize("problem_id", [9, 101, 102])
def test_there_must_be_such_a_problem_to_run_code_for(site: Client, problem_id: int) -> None:
    a_problem(101, is_completed=False)
    a_problem(102, is_deleted=True)
    assert fault_of(post(site, PLACE, a_body(problem_id=problem_id))) == (404, "not-found")
    assert used() == 0


@pytest.mark.parametrize("body", ["{", "[1", "\x00"])
def test_a_body_that_is_no_json_is_a_bad_request(site: Client, body: str) -> None:
    response = site.post(PLACE, body, content_type="application/json", headers=_headers())
    assert fault_of(response) == (400, "bad-request")


def _headers() -> dict[str, str]:
    from tests.integration.api.conftest import bearer

    return bearer(ALICE)


def test_a_body_that_is_too_large_is_refused_before_it_is_read(site: Client) -> None:
    response = post(site, PLACE, a_body(code="x" * 1_100_000))
    assert fault_of(response) == (413, "too-large")


def test_nobody_records_without_signing_in(site: Client) -> None:
    assert fault_of(post(site, PLACE, a_body(), by=None)) == (401, "unauthenticated")


def test_a_closed_account_records_nothing_though_its_token_still_stands(site: Client) -> None:
    repositories().users.deactivate_user(ALICE)
    assert fault_of(post(site, PLACE, a_body())) == (401, "unauthenticated")
    assert used() == 0


def test_at_the_limit_it_says_when_the_quota_starts_anew(site: Client) -> None:
    repositories().plans.update_plan(FREE, {"max_executions_per_day": 2})
    repositories().users.update_user(ALICE, {"subscription_plan_id": FREE})
    assert [post(site, PLACE, a_body()).status_code for _ in range(2)] == [201, 201]
    response = post(site, PLACE, a_body())
    assert fault_of(response) == (429, "quota-exceeded")
    assert int(response["Retry-After"]) > 0
    assert response["RateLimit"].startswith('"execution";r=0;t=')
    assert len(repositories().history.list_user_history(ALICE, consistent=True)) == 2
