"""The cases that are sent to a browser: samples to everyone, all of them to signed-in users, and each version once."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from api.composition import repositories
from api.dynamodb.metering import meter
from api.dynamodb.schema.records import Problem
from api.dynamodb.schema.records import TestCase as Case
from tests.integration.api.factories import a_problem
from tests.integration.web.browsers import streamed
from tests.integration.web.problems.conftest import CASES, LARGE, cases, problem

__all__ = ["cases", "problem"]
CASES_TO_RUN = "/problems/100/run-cases/"


def cases_in(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "private, no-cache"
    listed: list[dict[str, Any]] = answer.json()["cases"]
    return listed


def test_visitors_get_samples_and_no_other_case(nobody: Client, cases: list[Case]) -> None:
    samples = cases_in(nobody.get(f"{CASES_TO_RUN}?samples=1"))
    assert [case["id"] for case in samples] == [case["test_case_id"] for case in cases[:3]]
    assert (samples[0]["input"], samples[0]["output"]) == ("1 2\n", "3\n")
    assert nobody.get(CASES_TO_RUN).status_code == 401


def test_signed_in_users_get_all_and_addresses_of_large_texts(charlie: Client, cases: list[Case]) -> None:
    everything = cases_in(charlie.get(CASES_TO_RUN))
    assert [case["output"] for case in everything] == [case["output"] for case in CASES]
    assert everything[4]["input"] is None
    assert everything[4]["input_bytes"] == len(LARGE)
    assert streamed(charlie.get(everything[4]["input_address"])).decode() == LARGE


def test_a_browser_that_has_this_version_gets_none_again(charlie: Client, cases: list[Case]) -> None:
    etag = charlie.get(CASES_TO_RUN)["ETag"]
    with meter.recording() as counted:
        answer = charlie.get(CASES_TO_RUN, headers={"If-None-Match": etag})
    assert answer.status_code == 304
    assert "Query" not in counted.operations
    repositories().problems.add_test_cases(100, [{"input": "1", "output": "1"}])
    again = charlie.get(CASES_TO_RUN, headers={"If-None-Match": etag})
    assert len(cases_in(again)) == len(cases) + 1


@pytest.mark.parametrize("address", ["/problems/7/run-cases/?samples=1", "/problems/101/run-cases/"])
def test_missing_problems_and_drafts_have_none(charlie: Client, problem: Problem, address: str) -> None:
    a_problem(101, is_completed=False)
    assert charlie.get(address).status_code == 404
