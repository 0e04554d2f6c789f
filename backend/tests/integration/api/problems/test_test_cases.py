"""Test cases: samples for everyone, all for who is signed in, texts of any size whole at their own address."""

from __future__ import annotations

import random

import pytest
from django.test import Client

from api.composition import repositories
from tests.integration.api.conftest import BOB, CHARLIE
from tests.integration.api.factories import a_problem, fault_of, get

PLACE = "/api/problems/100/test-cases/"
_numbers = random.Random(1)
IN_PARTS = " ".join(str(_numbers.random()) for _ in range(30_000))
COMPRESSED = "0 1 2 3 4 5 6 7 8 9\n" * 30_000


@pytest.fixture(autouse=True)
def _cases(cast: object) -> None:
    a_problem(100)
    repositories().problems.add_test_cases(
        100,
        [
            {"input": "1 2\n", "output": "3\n", "is_sample": True},
            {"input": "5 5\n", "output": "10\n"},
            {"input": IN_PARTS, "output": "0\n"},
            {"input": COMPRESSED, "output": "1\n"},
        ],
    )


def test_samples_are_for_everyone(site: Client) -> None:
    response = get(site, f"{PLACE}?samples=true", by=None)
    assert response.status_code == 200
    (sample,) = response.json()["items"]
    assert (sample["input"], sample["output"], sample["is_sample"]) == ("1 2\n", "3\n", True)


def test_all_of_them_are_for_who_is_signed_in(site: Client) -> None:
    assert fault_of(get(site, PLACE, by=None)) == (401, "unauthenticated")
    items = get(site, PLACE, by=CHARLIE).json()["items"]
    assert [item["input"] for item in items] == ["1 2\n", "5 5\n", None, None]
    assert [item["input_bytes"] for item in items[2:]] == [len(IN_PARTS), len(COMPRESSED)]


@pytest.mark.parametrize(("place", "text"), [(2, IN_PARTS), (3, COMPRESSED)], ids=["in parts", "compressed"])
def test_a_large_text_is_whole_and_streamed_at_its_own_address(site: Client, place: int, text: str) -> None:
    case = get(site, PLACE, by=BOB).json()["items"][place]
    assert case["input"] is None
    response = get(site, case["input_url"], by=BOB)
    assert response.streaming
    assert b"".join(response.streaming_content).decode() == text
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert "attachment" in response["Content-Disposition"]
    assert b"".join(get(site, case["output_url"], by=BOB).streaming_content).decode() == case["output"]


def test_a_text_by_its_address_is_for_who_is_signed_in(site: Client) -> None:
    place = get(site, PLACE, by=BOB).json()["items"][1]["input_url"]
    assert fault_of(get(site, place, by=None)) == (401, "unauthenticated")


@pytest.mark.parametrize(
    ("address", "fault"),
    [
        ("/api/problems/100/test-cases/1/input/", (404, "not-found")),
        ("/api/problems/9/test-cases/1/input/", (404, "not-found")),
        ("/api/problems/9/test-cases/", (404, "not-found")),
        ("/api/problems/100/test-cases/1/secret/", (422, "invalid")),
    ],
)
def test_there_is_no_other(site: Client, address: str, fault: tuple[int, str]) -> None:
    assert fault_of(get(site, address, by=BOB)) == fault


def test_pages_follow_one_another_in_order(site: Client) -> None:
    first = get(site, f"{PLACE}?limit=2", by=BOB).json()
    rest = get(site, f"{PLACE}?limit=2&cursor={first['next']}", by=BOB).json()
    positions = [item["position"] for item in first["items"] + rest["items"]]
    assert positions == sorted(positions)
    assert len(positions) == 4
    assert rest["next"] is None


def test_the_cases_of_a_draft_are_hidden_with_it(site: Client) -> None:
    a_problem(101, is_completed=False)
    assert fault_of(get(site, "/api/problems/101/test-cases/?samples=true", by=BOB)) == (404, "not-found")
