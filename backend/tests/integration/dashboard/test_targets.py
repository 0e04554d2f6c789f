"""The dashboard against real tables: the generated policy is enough, and what is missing is said with the next step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from api.dynamodb.control_plane.creation import create_table
from api.dynamodb.table_schema import METRICS_TABLE
from api.dynamodb.transport import factory
from config.environment import environment
from lifecycle.infrastructure.grants import by_itself
from lifecycle.infrastructure.policies import DASHBOARD
from metrics.recorder import Recorder
from metrics.writer import MetricsWriter
from tests.integration.dashboard.conftest import Page, Show
from tests.support.engines import Engine
from tests.support.fault_proxy import Call, Fault, FaultProxy
from tests.support.iam import needs, refused
from tests.support.scripts import run_script

PAGES = ("home", "group", "problem", "limiter", "job", "logs", "compare")


@pytest.fixture
def written(ministack: Engine, table_name: str, use_settings: Callable[..., None]) -> Iterator[str]:
    """The name of a service table made by `make dynamodb-init`, with figures of one process beside it."""
    made = run_script("init_dynamodb", settings=ministack.settings(table_name))
    assert made.returncode == 0, made.stderr
    use_settings(**ministack.settings(table_name))
    factory.clear_cache()
    recorder = Recorder()
    recorder.enabled = True
    for status in (200, 200, 404, 503):
        recorder.request("api/problems/", "GET", status, 0.02, [])
    recorder.run("baekjoon 1000", solved=True, failed=False)
    recorder.decision("hint", 1, None, 0, "Unavailable")
    recorder.job("erasure", "finished", 2.0)
    MetricsWriter(recorder, environment().metrics_table).stop()
    yield table_name
    factory.clear_cache()


def messages(page: Page) -> str:
    return " ".join(page["messages"])


def test_23_every_page_works_under_exactly_the_generated_policy(
    ministack: Engine, written: str, show: Show
) -> None:
    document = DASHBOARD.document(by_itself(written))

    def decide(call: Call) -> Fault | None:
        return Fault.DENY if refused(document, needs(call.operation, call.request)) else None

    with FaultProxy(ministack.endpoint_url, decide) as proxy:
        settings = {**ministack.settings(written), "LOCALSTACK_URL": proxy.url}
        pages = show(*({"page": page, "settings": settings} for page in PAGES))
        assert {call.operation for call in proxy.calls} == {"Query"}
        assert [call for call in proxy.calls if call.fault] == []
    home = pages[0]
    assert home["metrics"]["Requests"][0] == "4" and home["metrics"]["Error rate"][0] == "25.00%"
    assert "**error rate**: 25.0% of 4 requests were 5xx" in home["messages"]
    changes = next(rows for rows in home["tables"] if rows and "change" in rows[0])
    assert {row["status"] for row in changes} == {"applied"}


def test_a_foreign_table_is_refused_and_the_page_says_so(ministack: Engine, written: str, show: Show) -> None:
    document = DASHBOARD.document(by_itself("another"))

    def decide(call: Call) -> Fault | None:
        return Fault.DENY if refused(document, needs(call.operation, call.request)) else None

    with FaultProxy(ministack.endpoint_url, decide) as proxy:
        (page,) = show({"settings": {**ministack.settings(written), "LOCALSTACK_URL": proxy.url}})
    assert "AWS refuses to read" in messages(page) and "infra/iam/dashboard.json" in messages(page)


def test_18_25_what_is_missing_is_said_with_the_next_step(
    ministack: Engine, table_name: str, show: Show
) -> None:
    no_table = {"settings": ministack.settings(table_name)}
    gone = {"settings": {**ministack.settings(table_name), "LOCALSTACK_URL": "http://127.0.0.1:1"}}
    prod = {"settings": ministack.settings(table_name), "query": {"env": "prod"}}
    region = {"settings": ministack.settings(table_name), "query": {"region": "eu-west-1"}}
    without = {"settings": {"LOCALSTACK_URL": "", "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}}
    pages = show(no_table, gone, prod, region, without)
    said = [messages(page) for page in pages]
    assert f"There is no table {table_name}_metrics at" in said[0] and "make dynamodb-init" in said[0]
    assert "Nothing answers at" in said[1] and "make run" in said[1]
    assert "The environment prod is not set up" in said[2] and "[prod]" in said[2]
    assert pages[3]["chosen"]["AWS region"] == "eu-west-1"
    assert "There are no AWS credentials" in said[4] and "secrets.toml" in said[4]


def test_18_24_32_an_environment_has_its_own_section_of_the_secrets(
    ministack: Engine, written: str, show: Show
) -> None:
    section: dict[str, Any] = {
        "DYNAMODB_TABLE": written, "LOCALSTACK_URL": ministack.endpoint_url,
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
    }  # fmt: skip
    secrets = {"prod": section, "thresholds": {"error_rate": 0.5}}
    about: dict[str, Any] = {"secrets": secrets, "settings": {"DYNAMODB_TABLE": "nothing"}}
    both = {**secrets, "staging": section}
    compare = {"env": "prod", "range": "1 hour", "with": "another environment", "other": "staging"}
    page, compared = show(
        {**about, "query": {"env": "prod"}}, {**about, "secrets": both, "page": "compare", "query": compare}
    )
    assert page["metrics"]["Requests"][0] == "4"
    assert "error rate" not in messages(page)
    # 32: two environments side by side.
    assert "Requests, staging" in compared["charts"]
    (row,) = next(rows for rows in compared["tables"] if rows)
    assert (row["count"], row["count, staging"], row["count, change"]) == (4, 4, "+0.0 %")


def test_25_a_slow_table_and_a_throttled_one_are_said(ministack: Engine, written: str, show: Show) -> None:
    with FaultProxy(ministack.endpoint_url, lambda call: Fault.THROTTLE) as proxy:
        (page,) = show({"settings": {**ministack.settings(written), "LOCALSTACK_URL": proxy.url}})
    assert "is throttled" in messages(page) and "shorter range" in messages(page)


def test_a_table_of_metrics_that_is_being_filled_shows_what_it_has(
    ministack: Engine, table_name: str, use_settings: Callable[..., None], show: Show
) -> None:
    use_settings(**ministack.settings(table_name))
    create_table(ministack.client(), METRICS_TABLE, "dev", seconds=60)
    key = {"PK": {"S": "M#2026-11-30T09"}, "SK": {"S": "odd"}, "g": {"S": "of a later version"}}
    ministack.client().put_item(TableName=environment().metrics_table, Item=key)
    (page,) = show({"settings": ministack.settings(table_name)})
    assert "No figures in this range" in messages(page)
    ministack.client().delete_table(TableName=environment().metrics_table)
