"""POST /api/history/: recording a run, its results, and what it costs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from api.composition import repositories
from api.dynamodb.clock import frozen, utc_now
from api.dynamodb.metering import meter
from api.limits import limiter
from tests.integration.api.conftest import ALICE, BOB, FREE
from tests.integration.api.factories import a_problem, fault_of, fields_of, get, post
from tests.integration.repositories.helpers import noise
from tests.support.engines import Engine
from tests.support.fault_proxy import Call, Fault, FaultProxy, no_fault

PLACE = "/api/history/"


@pytest.fixture(autouse=True)
def cases(cast: object) -> list[int]:
    """The ids of the two test cases of problem 100."""
    a_problem(100)
    stored = repositories().problems.add_test_cases(
        100, [{"input": "1 2", "output": "3\n"}, {"input": "2 2", "output": "4\n"}]
    )
    return [case["test_case_id"] for case in stored]


def a_body(**fields: Any) -> dict[str, Any]:
    return {"problem_id": 100, "language": "python", "code": "print(1)", "results": [], **fields}


def with_results(*results: dict[str, Any]) -> dict[str, Any]:
    return a_body(results=list(results))


def used(user_id: int = ALICE) -> int:
    return repositories().usage.get_usage_count(user_id, "execution", consistent=True)


def test_it_stores_the_run_counts_its_results_and_costs_one_execution(site: Client, cases: list[int]) -> None:
    response = post(
        site,
        PLACE,
        with_results(
            {"test_case_id": cases[0], "status": "AC", "time_ms": 12},
            {"test_case_id": cases[1], "status": "WA"},
        ),
    )
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


@pytest.mark.parametrize(("fault", "stored"), [(Fault.LOSE_REPLY, 1), (Fault.CUT, 0)])
def test_a_run_that_may_be_stored_stays_charged_unless_it_turns_out_that_it_was_not(
    site: Client, ministack: Engine, use_settings: Callable[..., None], fault: Fault, stored: int
) -> None:
    def lose_the_run(call: Call) -> Fault | None:
        return fault if call.operation == "TransactWriteItems" else None

    with FaultProxy(ministack.endpoint_url, lose_the_run) as proxy:
        use_settings(LOCALSTACK_URL=proxy.url)
        assert fault_of(post(site, PLACE, a_body())) == (503, "outcome-unknown")
        proxy.decide = no_fault
        assert len(get(site, PLACE).json()["items"]) == stored
        limiter().admit(BOB, None, "hint")
        assert used() == 1  # a minute has not passed
        with frozen(utc_now() + timedelta(seconds=61)):
            limiter().admit(BOB, None, "hint")
        assert used() == stored
    use_settings(LOCALSTACK_URL=ministack.endpoint_url)


def test_outputs_are_compared_where_no_status_is_given(site: Client, cases: list[int]) -> None:
    run = post(
        site,
        PLACE,
        with_results(
            {"test_case_id": cases[0], "output": "3  \n\n"}, {"test_case_id": cases[1], "output": "5\n"}
        ),
    ).json()
    assert [result["status"] for result in run["test_results"]] == ["AC", "WA"]
    assert run["test_results"][1]["output"] == "5\n"


def test_a_no_break_space_at_the_end_of_an_output_makes_it_wrong(site: Client, cases: list[int]) -> None:
    run = post(site, PLACE, with_results({"test_case_id": cases[0], "output": "3\xa0\n"})).json()
    assert [result["status"] for result in run["test_results"]] == ["WA"]


def test_code_with_a_nul_is_refused_and_an_output_is_kept_as_it_was_printed(site: Client) -> None:
    response = post(site, PLACE, a_body(code="print('a\x00b')"))
    assert fault_of(response) == (422, "invalid")
    assert [(e["field"], e["code"]) for e in response.json()["errors"]] == [("body.code", "nul_character")]
    (case,) = repositories().problems.add_test_cases(100, [{"input": "1 2", "output": "3\n"}])
    run = post(
        site, PLACE, a_body(results=[{"test_case_id": case["test_case_id"], "output": "3\x00\n"}])
    ).json()
    assert [(result["status"], result["output"]) for result in run["test_results"]] == [("WA", "3\x00\n")]


@pytest.mark.parametrize(("output", "verdict"), [("3\n", "AC"), ("wrong", "WA"), ("", "WA")])
@pytest.mark.parametrize("claim", ["AC", "WA"])
def test_an_output_wins_over_a_claim(
    site: Client, cases: list[int], claim: str, output: str, verdict: str
) -> None:
    result = {"test_case_id": cases[0], "status": claim, "output": output}
    run = post(site, PLACE, with_results(result)).json()
    assert run["test_results"][0]["status"] == verdict
    assert run["verdict_basis"] == "compared"


@pytest.mark.parametrize("status", ["TLE", "MLE", "RE", "CE"])
def test_a_verdict_that_no_output_can_show_stays_as_reported(
    site: Client, cases: list[int], status: str
) -> None:
    result = {"test_case_id": cases[0], "status": status, "output": "3\n"}
    run = post(site, PLACE, with_results(result)).json()
    assert run["test_results"][0]["status"] == status
    assert run["verdict_basis"] == "reported"


def test_a_large_expected_output_is_compared_whole(site: Client) -> None:
    digits = "".join(str(n * n % 9973) for n in range(4000))[:15_000]
    (case,) = repositories().problems.add_test_cases(100, [{"input": "1", "output": digits}])
    for output, verdict in ((digits, "AC"), (digits[:-1], "WA")):
        run = post(site, PLACE, with_results({"test_case_id": case["test_case_id"], "output": output})).json()
        assert run["test_results"][0]["status"] == verdict


def test_one_claim_among_compared_outputs_makes_the_run_self_reported(site: Client, cases: list[int]) -> None:
    run = post(
        site,
        PLACE,
        with_results({"test_case_id": cases[0], "output": "3"}, {"test_case_id": cases[1], "status": "AC"}),
    ).json()
    assert (run["verdict_basis"], run["passed_count"], run["total_count"]) == ("reported", 2, 2)
    assert get(site, PLACE).json()["items"][0]["verdict_basis"] == "reported"


def test_a_problem_is_solved_only_by_a_run_that_passed_every_case(site: Client, cases: list[int]) -> None:
    one = post(site, PLACE, with_results({"test_case_id": cases[0], "output": "3"})).json()
    assert (one["passed_count"], one["failed_count"], one["total_count"]) == (1, 0, 2)
    assert one["result_summary"] == "Incomplete (1/2)"
    assert get(site, f"{PLACE}?passed=true").json()["items"] == []
    assert repositories().progress.get_progress(ALICE)["solved"] == 0
    post(
        site,
        PLACE,
        with_results({"test_case_id": cases[0], "output": "3"}, {"test_case_id": cases[1], "output": "4"}),
    )
    assert len(get(site, f"{PLACE}?passed=true").json()["items"]) == 1
    assert repositories().progress.get_progress(ALICE)["solved"] == 1


def test_a_claim_about_a_case_of_another_problem_is_refused(site: Client) -> None:
    a_problem(103)
    (other,) = repositories().problems.add_test_cases(103, [{"input": "1", "output": "1"}])
    response = post(site, PLACE, with_results({"test_case_id": other["test_case_id"], "status": "AC"}))
    assert fault_of(response) == (422, "invalid")
    assert fields_of(response) == ["body.results.0.test_case_id"]
    assert used() == 0


def test_a_result_needs_a_status_or_an_output(site: Client, cases: list[int]) -> None:
    response = post(site, PLACE, with_results({"test_case_id": cases[0]}))
    assert fields_of(response) == ["body.results.0.status"]


def test_a_run_without_results_is_just_code(site: Client) -> None:
    run = post(site, PLACE, a_body(results=[])).json()
    assert (run["total_count"], run["result_summary"], run["test_results"]) == (0, None, None)
    assert run["verdict_basis"] is None


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"language": "cobol"}, ["body.language"]),
        ({"code": ""}, ["body.code"]),
        ({"code": "x" * 256_001}, ["body.code"]),
        ({"problem_id": "x"}, ["body.problem_id"]),
        ({"problem_id": -1}, ["body.problem_id"]),
        ({"results": [{"test_case_id": 1, "status": "OK"}]}, ["body.results.0.status"]),
        ({"results": [{"test_case_id": 1, "status": "AC"}]}, ["body.results.0.test_case_id"]),
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


def batches(recording: meter.Recording) -> list[str]:
    """What was read in batches: the problem with its author, and no part of a text."""
    return [call.entity for call in recording.calls if call.operation == "BatchGetItem"]


def test_a_run_that_is_not_admitted_reads_no_test_case(site: Client, cases: list[int]) -> None:
    repositories().plans.update_plan(FREE, {"max_executions_per_day": 1})
    repositories().users.update_user(ALICE, {"subscription_plan_id": FREE})
    body = with_results({"test_case_id": cases[0], "output": "3"})
    assert post(site, PLACE, body).status_code == 201
    for document in (body, with_results({"test_case_id": 77, "output": "1"})):
        with meter.recording() as recording:
            assert fault_of(post(site, PLACE, document)) == (429, "quota-exceeded")
        assert "Query" not in recording.operations
        assert batches(recording) == ["problem"]


def test_a_large_expected_output_is_compared_without_reading_it(site: Client) -> None:
    text = noise(15_000)
    cases = repositories().problems.add_test_cases(
        100, [{"input": noise(50_000), "output": text}, {"input": "2", "output": noise(50_000, 8)}]
    )
    with meter.recording() as recording:
        run = post(
            site, PLACE,
            with_results(*({"test_case_id": case["test_case_id"], "output": f"{text} \n\n"} for case in cases)),
        ).json()  # fmt: skip
    assert [result["status"] for result in run["test_results"]] == ["AC", "WA"]
    assert batches(recording) == ["problem"]


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


def test_a_run_of_remembered_cases_takes_three_calls(site: Client, cases: list[int]) -> None:
    body = with_results({"test_case_id": cases[0], "status": "AC"})
    for _ in range(3):
        assert post(site, PLACE, body).status_code == 201
    with meter.recording() as recording:
        assert post(site, PLACE, body).status_code == 201
    assert recording.operations == ["BatchGetItem", "UpdateItem", "TransactWriteItems"]
    assert recording.read_units == 2


def test_a_closed_account_learns_of_its_end_before_anything_of_the_problem(site: Client) -> None:
    repositories().users.deactivate_user(ALICE)
    assert fault_of(post(site, PLACE, a_body(problem_id=12_345))) == (401, "unauthenticated")
