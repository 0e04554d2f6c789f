"""HEAD and OPTIONS at every address of the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from api.dynamodb.metering import meter
from api.ninja_api import api
from tests.integration.api.conftest import ALICE, bearer
from tests.integration.api.factories import fault_of

PATHS: dict[str, Any] = api.get_openapi_schema()["paths"]
READS = ["/api/faults/", "/api/health/", "/api/problems/", "/api/me/", "/api/openapi.json", "/api/docs"]


@pytest.mark.parametrize("path", sorted(PATHS))
def test_options_lists_the_methods_of_an_address_to_everybody(path: str) -> None:
    answer = Client().options(path.format(**dict.fromkeys(_names(path), "1")))
    expected = {method.upper() for method in PATHS[path]} | {"OPTIONS"}
    assert (answer.status_code, answer.content) == (204, b"")
    assert set(answer["Allow"].split(", ")) == expected | ({"HEAD"} if "GET" in expected else set())


def _names(path: str) -> list[str]:
    return [part.partition("}")[0] for part in path.split("{")[1:]]


@pytest.mark.parametrize("address", READS)
def test_head_is_get_without_its_body(site: Client, address: str) -> None:
    get = site.get(address, headers=bearer(ALICE))
    head = site.head(address, headers=bearer(ALICE))
    assert (get.status_code, head.status_code, head.content) == (200, 200, b"")
    for name in ("Content-Type", "Content-Length", "Cache-Control", "ETag"):
        assert head.get(name) == get.get(name)


def test_head_of_an_error_has_its_status(site: Client) -> None:
    assert site.head("/api/me/").status_code == 401
    assert site.head("/api/problems/5/").status_code == 404
    assert site.head("/api/nothing/").status_code == 404


def test_head_of_an_export_makes_none(site: Client) -> None:
    with meter.recording() as recording:
        answer = site.head("/api/me/export/", headers=bearer(ALICE))
    assert (answer.status_code, answer.content) == (200, b"")
    assert "attachment" in answer["Content-Disposition"]
    assert {call.entity for call in recording.calls} <= {"user", "session"}


def test_a_method_that_an_address_lacks_is_refused_with_those_that_it_has(site: Client) -> None:
    answer = site.delete("/api/history/")
    assert fault_of(answer) == (405, "method-not-allowed")
    assert answer["Allow"] == "GET, HEAD, OPTIONS, POST"
    answer = site.head("/api/auth/nonce/")
    assert (answer.status_code, answer["Allow"]) == (405, "OPTIONS, POST")


def test_options_of_nothing_is_not_found(site: Client) -> None:
    assert fault_of(site.options("/api/nothing/")) == (404, "not-found")
