"""GET /api/problems/search/: what people type, filters that combine, the total, and what is near."""

from __future__ import annotations

import pytest
from django.test import Client

from api.composition import repositories
from tests.integration.api.conftest import ALICE
from tests.integration.api.factories import a_problem, a_run, fault_of, fields_of, get
from tests.integration.web.problems.conftest import hold_in_memory

ADDRESS = "/api/problems/search/"


@pytest.fixture(autouse=True)
def _problems(cast: object, monkeypatch: pytest.MonkeyPatch) -> None:
    a_problem(1, title="두 수의 합", tags=["math"], platform="programmers", difficulty="Lv. 1")
    a_problem(2, title="Two Sum", tags=["hash", "math"], platform="leetcode", difficulty="Easy")
    a_problem(3, title="Three Sum", tags=["hash"], platform="leetcode", difficulty="Medium")
    a_problem(4, title="Draft", is_completed=False)
    hold_in_memory(monkeypatch)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [3, 2, 1]),
        ("q=sum", [3, 2]),
        ("q=수의합", [1]),
        ("q=수학", [2, 1]),
        ("q=leetcode+1003", [3]),
        ("tag=math&tag=hash", [2]),
        ("tag=수학&tag=hash&match=any&sort=oldest", [1, 2, 3]),
        ("platform=leetcode&hardest=Easy", [2]),
    ],
)
def test_it_finds(site: Client, query: str, expected: list[int]) -> None:
    document = get(site, f"{ADDRESS}?{query}", by=None).json()
    assert [item["problem_id"] for item in document["items"]] == expected
    assert (document["total"], document["corrected"], document["near"]) == (len(expected), None, [])
    assert document["not_applied"] == []


def test_its_pages_follow_one_another(site: Client) -> None:
    seen, address = [], f"{ADDRESS}?limit=1&sort=title"
    while address:
        response = get(site, address, by=None)
        assert response.json()["total"] == 3
        seen += [item["problem_id"] for item in response.json()["items"]]
        address = response.headers.get("Link", "").removeprefix("<").partition(">")[0]
    assert seen == [3, 2, 1]


def test_it_corrects_and_offers_what_is_near(site: Client) -> None:
    assert get(site, f"{ADDRESS}?q=thre+sum", by=None).json()["total"] == 1
    assert get(site, f"{ADDRESS}?q=thrfe+sum", by=None).json()["corrected"] == "three sum"
    (near,) = get(site, f"{ADDRESS}?platform=atcoder&tag=hash", by=None).json()["near"]
    assert (near["without"], near["platform"], near["tag"], near["total"]) == ("platform", "", ["hash"], 2)


def test_progress_needs_to_know_whose(site: Client) -> None:
    a_run(ALICE, problem_id=2, passed_count=1, failed_count=0, total_count=1)
    a_run(ALICE, problem_id=3)
    for status, expected in (("solved", [2]), ("attempted", [3]), ("unsolved", [3, 1])):
        items = get(site, f"{ADDRESS}?status={status}").json()["items"]
        assert [item["problem_id"] for item in items] == expected
    assert fault_of(get(site, f"{ADDRESS}?status=solved", by=None)) == (401, "unauthenticated")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("sort=fastest", "query.sort"), ("status=no", "query.status"), ("match=some", "query.match"),
        (f"q={'x' * 301}", "query.q"), ("cursor=made-up", "query.cursor"), ("tags=dp", "query.tags"),
        ("&".join(f"tag={i}" for i in range(9)), "query.tag"),
    ],
)  # fmt: skip
def test_it_refuses(site: Client, query: str, field: str) -> None:
    response = get(site, f"{ADDRESS}?{query}", by=None)
    assert fault_of(response) == (422, "invalid")
    assert fields_of(response) == [field]


def test_it_refuses_a_cursor_of_another_search(site: Client) -> None:
    cursor = get(site, f"{ADDRESS}?limit=1", by=None).json()["next"]
    assert get(site, f"{ADDRESS}?cursor={cursor}", by=None).status_code == 200
    assert get(site, f"{ADDRESS}?q=sum&cursor={cursor}", by=None).status_code == 422


def test_without_the_list_in_memory_it_says_what_it_did_not_apply(
    site: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repositories().problems._catalogue, "_most", 0)
    document = get(site, f"{ADDRESS}?tag=math&sort=title", by=None).json()
    assert [item["problem_id"] for item in document["items"]] == [2, 1]
    assert (document["total"], document["not_applied"]) == (None, ["sort"])
