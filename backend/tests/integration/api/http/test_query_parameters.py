"""Query parameters: unknown ones are refused, and known ones come back in the Link header as they can stand there."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from api.ninja_api import api
from tests.integration.api.conftest import ALICE, DORA, bearer
from tests.integration.api.factories import a_problem, a_run, fault_of, fields_of, get

PATHS: dict[str, Any] = api.get_openapi_schema()["paths"]


@pytest.mark.parametrize(
    ("address", "unknown"),
    [
        ("/api/problems/?plattform=baekjoon", ["query.plattform"]),
        ("/api/problems/?platform=baekjoon&Limit=5&x", ["query.Limit", "query.x"]),
        ("/api/me/?limit=5", ["query.limit"]),
        ("/api/history/public/?problem_id=1", ["query.problem_id"]),
        ("/api/health/?verbose=1", ["query.verbose"]),
        ("/api/problems/?%F0%9F%98%80=1", ["query.\U0001f600"]),
    ],
)
def test_an_unknown_parameter_is_named(site: Client, address: str, unknown: list[str]) -> None:
    answer = get(site, address)
    assert (fault_of(answer), fields_of(answer)) == ((422, "invalid"), unknown)
    assert answer.json()["errors"][0]["code"] == "unknown_parameter"


def test_every_operation_says_that_it_refuses_them() -> None:
    for path, operations in PATHS.items():
        for method, operation in operations.items():
            assert "422" in operation["responses"] or 422 in operation["responses"], f"{method} {path}"


def test_declared_parameters_are_all_known(site: Client) -> None:
    for path, operations in PATHS.items():
        for parameter in operations.get("get", {}).get("parameters", []):
            if parameter["in"] == "query" and "{" not in path:
                answer = site.get(path, {parameter["name"]: "1"}, headers=bearer(DORA))
                unknown = [error for error in answer.json().get("errors", []) if "parameter" in error["code"]]
                assert not unknown, f"{path} {parameter['name']}"


def test_who_asks_is_looked_at_first(site: Client) -> None:
    assert fault_of(site.get("/api/me/?x=1")) == (401, "unauthenticated")


@pytest.mark.parametrize(
    "words", ['plus> ; rel="next"', "a&b=c", "더하기", "100%", "plus plus", '"<>\\^`{|}']
)
def test_no_parameter_breaks_out_of_the_link_header(site: Client, words: str) -> None:
    a_problem()
    for number in range(3):
        a_run(history_id=number + 1, language=words)
    answer = site.get("/api/history/", {"language": words, "limit": "1"}, headers=bearer(ALICE))
    link = answer["Link"]
    assert (link[0], link.count("<"), link.count(">")) == ("<", 1, 1)
    address, _, rest = link[1:].partition(">")
    assert rest == '; rel="next"'
    assert address.isascii()
    query = parse_qs(urlsplit(address).query)
    assert query == {"language": [words], "limit": ["1"], "cursor": [answer.json()["next"]]}
    following = site.get(address, headers=bearer(ALICE))
    assert (following.status_code, len(following.json()["items"])) == (200, 1)
    assert following["Link"].count("cursor=") == 1
