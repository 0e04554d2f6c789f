"""A run of the browser: the service computes its verdict, whatever the browser says, and stores it once."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client

from api.composition import repositories
from api.dynamodb.codec.compared_output import output_digest
from api.dynamodb.schema.records import Run
from tests.integration.api.conftest import ALICE, FREE
from tests.integration.api.factories import a_problem

PAGE, RUNS = "/problems/100/", "/problems/100/runs/"
CODE = "print(sum(map(int, input().split())))\n"
LONG = "7 1\n" * 10_000


@pytest.fixture
def cases(cast: Any) -> list[int]:
    """The ids of two test cases of problem 100, the second with a long output."""
    a_problem()
    added = repositories().problems.add_test_cases(
        100, [{"input": "1 2\n", "output": "3\n", "is_sample": True}, {"input": "2", "output": LONG}]
    )
    return [case["test_case_id"] for case in added]


def send(browser: Client, results: Any, **fields: str) -> Any:
    sent = {
        "language": "python",
        "code": CODE.replace("\n", "\r\n"),
        "results": json.dumps(results),
        **fields,
    }
    return browser.post(RUNS, sent)


def runs_of_alice() -> list[Run]:
    page = repositories().history.list_user_history(ALICE, consistent=True)
    runs = [repositories().history.get_history(run["history_id"]) for run in page]
    return [run for run in runs if run is not None]


def test_outputs_and_digests_of_long_ones_decide(alice: Client, cases: list[int]) -> None:
    answer = send(
        alice,
        [
            {"test_case_id": cases[0], "output": "3  \n\n", "time_ms": 12},
            {"test_case_id": cases[1], "output_digest": output_digest(LONG)},
        ],
        visibility="public",
    )
    assert answer.status_code == 200
    assert "Accepted" in answer.text
    assert "Run recorded. 49 of 50 runs left today." in answer.text
    (run,) = runs_of_alice()
    assert (run["code"], run["verdict_basis"], run["is_code_public"]) == (CODE, "compared", True)
    assert (run["passed_count"], run["total_count"]) == (2, 2)
    assert run["test_results"][0] == {
        "test_case_id": cases[0], "number": 1, "status": "AC", "source": "browser", "output": "3  \n\n", "time_ms": 12,
    }  # fmt: skip
    assert f'href="/runs/{run["history_id"]}/"' in answer.text
    assert "Time in the browser" in alice.get(f"/runs/{run['history_id']}/").text


def test_what_was_printed_is_kept_as_it_is(alice: Client, cases: list[int]) -> None:
    send(alice, [{"test_case_id": cases[0], "output": "3\0"}])
    (result,) = runs_of_alice()[0]["test_results"]
    assert (result["status"], result["output"]) == ("WA", "3\0")


def test_another_digest_is_a_wrong_answer(alice: Client, cases: list[int]) -> None:
    send(alice, [{"test_case_id": cases[1], "output_digest": output_digest("7 1\n")}])
    assert runs_of_alice()[0]["passed_count"] == 0


def test_what_no_output_shows_is_said_to_be_of_the_browser(alice: Client, cases: list[int]) -> None:
    answer = send(
        alice,
        [
            {"test_case_id": cases[0], "output": "3"},
            {"test_case_id": cases[1], "status": "TLE", "time_ms": 3000},
        ],
    )
    assert "1 of 2 · in the browser" in answer.text
    (run,) = runs_of_alice()
    assert run["verdict_basis"] == "browser"
    page = re.sub(r"\s+", " ", alice.get(f"/runs/{run['history_id']}/").text)
    assert 'Time limit exceeded</span> <span class="muted small">in the browser</span>' in page


@pytest.mark.parametrize("status", ["AC", "WA"])
def test_a_verdict_that_outputs_decide_is_not_taken_from_the_browser(
    alice: Client, cases: list[int], status: str
) -> None:
    assert send(alice, [{"test_case_id": cases[0], "status": status}]).status_code == 422
    assert runs_of_alice() == []


@pytest.mark.parametrize(
    "results",
    [
        "", "{}", '[{"test_case_id": 1}]', '[{"test_case_id": 1, "output": "3", "verdict": "AC"}]',
        '[{"test_case_id": 1, "output": 3}]', '[{"test_case_id": 1, "output_digest": "short"}]',
    ],
)  # fmt: skip
def test_results_that_cannot_be_read_are_refused(alice: Client, cases: list[int], results: str) -> None:
    answer = alice.post(RUNS, {"language": "python", "code": CODE, "results": results})
    assert answer.status_code == 422
    assert "data-recording" in answer.text
    assert runs_of_alice() == []


def test_the_same_run_sent_twice_is_stored_once_and_the_next_one_as_another(
    alice: Client, cases: list[int]
) -> None:
    token = re.search(r'name="token" value="([^"]+)"', alice.get(PAGE).text)
    assert token
    results = [{"test_case_id": cases[0], "output": "3"}]
    first = send(alice, results, token=token[1])
    assert "Run recorded." in send(alice, results, token=token[1]).text
    assert len(runs_of_alice()) == 1
    following = re.search(r'data-token="([^"]+)"', first.text)
    assert following
    send(alice, results, token=following[1])
    assert len(runs_of_alice()) == 2


def test_an_ended_session_says_so_and_where_to_sign_in(nobody: Client, cases: list[int]) -> None:
    answer = send(nobody, [])
    assert answer.status_code == 401
    assert 'href="/sign-in/?next=/problems/100/%23solve"' in answer.text


def test_a_quota_that_is_used_up_is_told_with_its_end(alice: Client, cases: list[int]) -> None:
    repositories().plans.update_plan(FREE, {"max_executions_per_day": 1})
    repositories().users.update_user(ALICE, {"subscription_plan_id": FREE})
    send(alice, [{"test_case_id": cases[0], "output": "3"}])
    answer = send(alice, [{"test_case_id": cases[0], "output": "4"}])
    assert answer.status_code == 429
    assert "You've used your 1 run for today." in answer.text
    assert answer["Retry-After"]


def test_cases_that_were_replaced_and_a_problem_that_was_retired_meanwhile(
    alice: Client, cases: list[int]
) -> None:
    repositories().problems.replace_test_cases(100, [{"input": "1", "output": "1"}])
    answer = send(alice, [{"test_case_id": cases[0], "output": "3"}])
    assert answer.status_code == 422
    assert "the test cases have changed" in answer.text
    repositories().problems.retire_problem(100)
    answer = send(alice, [])
    assert answer.status_code == 404
    assert "no longer available" in answer.text
    assert runs_of_alice() == []
