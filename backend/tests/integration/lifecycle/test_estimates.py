"""What a plan says that steps cost: index writes of a change of data, billing before and after, TTL of another name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.dynamodb.control_plane.description import describe_table
from config.prices import Prices
from lifecycle import estimates
from lifecycle.estimates import Size
from lifecycle.selection import Selection
from tests.support.changes import Project
from tests.support.engines import Engine

RENAME = "def rename(item):\n    return None\n"
INDEXES = (
    'indexes=(IndexConfig("by-a", Key("a")), IndexConfig("by-b", Key("b")), '
    'IndexConfig("by-c", Key("c"), None, "KEYS_ONLY"))'
)
RCU_MONTH = 730 * estimates.DOLLARS_PER_RCU_HOUR
WCU_MONTH = 730 * estimates.DOLLARS_PER_WCU_HOUR


def steps_of(project: Project, engine: Engine) -> list[dict[str, Any]]:
    """The steps of the last change of a plan."""
    planned = project.script(engine, "plan", "--json")
    assert planned.returncode == 0, planned.stderr
    steps: list[dict[str, Any]] = json.loads(planned.stdout)["changes"][-1]["steps"]
    return steps


def start(project: Project, engine: Engine, declared: str, *, apply: bool = True) -> None:
    project.declare("orders", declared)
    project.add("create", "CreateTable(ORDERS)", "DeleteTable(ORDERS)", tables=["orders"])
    if apply:
        project.runner(engine).migrate(Selection())


def test_a_change_of_data_costs_the_writes_of_the_indexes_too(project: Project, engine: Engine) -> None:
    start(project, engine, f'Key("id"), {INDEXES}')
    client, name = engine.client(), project.table("orders")
    for number in range(20):
        keys = {key: {"S": f"{key}{number}"} for key in ("id", "a", "b", "c")}
        client.put_item(TableName=name, Item={**keys, "text": {"S": "x" * 1500}})
    project.add("data", 'DataChange("data", ORDERS, rename)', tables=["orders"], extra=RENAME)
    (step,) = steps_of(project, engine)
    size = Size.of(describe_table(client, name))
    assert size.items == 20 and size.units >= 20  # MiniStack takes 200 bytes for each item
    assert size.index_units == 2 * size.units + 20  # two that carry all, one that carries keys
    prices = Prices()
    reads = -(-size.bytes // 4096) * prices.per_million_rru / 1e6
    assert step["dollars"] == pytest.approx(reads + (3 * size.units + 20) * prices.per_million_wru / 1e6)


def test_a_change_of_billing_costs_the_difference(project: Project, engine: Engine) -> None:
    start(project, engine, f'Key("id"), billing=Throughput(2, 3), {INDEXES}')
    project.add(
        "billing",
        "SetBilling(ORDERS, Throughput(4, 6)), SetBilling(ORDERS, None), SetBilling(ORDERS, Throughput(1, 1))",
        tables=["orders"],
    )  # fmt: skip
    more, on_demand, less = steps_of(project, engine)
    assert more["dollars_a_month"] == pytest.approx(4 * (2 * RCU_MONTH + 3 * WCU_MONTH))
    assert on_demand["dollars_a_month"] == pytest.approx(-4 * (4 * RCU_MONTH + 6 * WCU_MONTH))
    assert on_demand["billed_by_use"] and not more["billed_by_use"]
    assert less["dollars_a_month"] == pytest.approx(4 * (RCU_MONTH + WCU_MONTH))
    assert "billed by use from then on" in project.script(engine, "plan").stdout


def test_steps_are_priced_for_the_table_as_the_steps_before_make_it(project: Project, engine: Engine) -> None:
    start(project, engine, 'Key("id")', apply=False)
    project.add(
        "more", 'AddIndex(ORDERS, IndexConfig("by-a", Key("a"))), SetBilling(ORDERS, Throughput(1, 1)), '
        'AddIndex(ORDERS, IndexConfig("by-b", Key("b")))',
        tables=["orders"],
    )  # fmt: skip
    index, billing, provisioned_index = steps_of(project, engine)
    assert index["dollars_a_month"] == 0
    assert billing["dollars_a_month"] == pytest.approx(2 * (RCU_MONTH + WCU_MONTH))
    assert provisioned_index["dollars_a_month"] == pytest.approx(RCU_MONTH + WCU_MONTH)


@pytest.mark.parametrize(
    ("before", "after", "seconds"), [("ttl", '"expires"', 3600), ("ttl", "None", 1), ("ttl", '"ttl"', 1)]
)
def test_another_attribute_for_the_ttl_takes_an_hour(
    project: Project, engine: Engine, before: str, after: str, seconds: int
) -> None:
    start(project, engine, f'Key("id"), ttl="{before}"')
    project.add("ttl", f"SetTTL(ORDERS, {after})", tables=["orders"])
    (step,) = steps_of(project, engine)
    assert step["seconds"] == seconds
