"""Declarations: what DynamoDB would refuse is told beforehand, and AlgoItny's is the data layer's own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from api.dynamodb.table_schema import differences, table_definition
from lifecycle.declaration import IndexConfig, Key, TableConfig, Throughput
from lifecycle.operations import AddIndex, CreateTable, SetBilling
from lifecycle.read_only import read_only
from lifecycle.table_configs.algoitny_main import TABLE
from lifecycle.validation import problems_of

BASE = TableConfig("orders", Key("id"), Key("at", "N"))


def with_index(*arguments: object) -> TableConfig:
    return TableConfig("orders", Key("id"), Key("at", "N"), indexes=(IndexConfig(*arguments),))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (TableConfig("x", Key("id"), real_name="{name}"), "'x' cannot be a table's name: 3 to 255"),
        (with_index("ab", Key("user")), "'ab' cannot be an index's name"),
        (with_index("by-at", Key("at", "S")), "at:S contradicts dev-orders, where it is declared as N"),
        (with_index("by-user", Key("user"), Key("user")), "partition and sort key at once"),
        (with_index("by-user", Key("user"), None, ("id", "x")), "carries id as a key"),
        (with_index("by-user", Key("user"), None, ()), "say KEYS_ONLY"),
        (TableConfig("orders", Key("id"), billing=Throughput(0, 1)), "1 or more"),
    ],
)
def test_what_dynamodb_would_refuse_is_told(config: TableConfig, said: str) -> None:
    assert any(said in problem for problem in problems_of(config, "dev"))


def test_operations_tell_what_is_wrong_with_them() -> None:
    assert CreateTable(BASE).problems("dev") == []
    assert "contradicts" in AddIndex(BASE, IndexConfig("by-at", Key("at", "S"))).problems("dev")[0]
    assert AddIndex(BASE, IndexConfig("by-user", Key("user"), Key("at", "N"))).problems("dev") == []
    assert "1 or more" in SetBilling(BASE, Throughput(1, 0)).problems("dev")[0]


def test_an_environment_may_have_settings_of_its_own() -> None:
    config = TableConfig("orders", Key("id"), per_environment={"prod": {"protection": True}})
    assert config.definition("prod")["DeletionProtectionEnabled"]
    assert not config.definition("dev")["DeletionProtectionEnabled"]
    assert config.for_env("prod").table_name("prod") == "prod-orders"


def test_algoitnys_table_is_what_the_data_layer_declares(use_settings: Callable[..., None]) -> None:
    use_settings(DYNAMODB_TABLE="somewhere_else")
    for env in ("dev", "prod"):
        made = TABLE.definition(env)
        assert made["TableName"] == "somewhere_else"
        assert differences({**made, "TableName": "somewhere_else"}) == []
    theirs = table_definition("somewhere_else")
    assert {**theirs, "DeletionProtectionEnabled": False} == TABLE.definition("dev")


def test_a_client_that_reads_cannot_write() -> None:
    import boto3

    from lifecycle.errors import BadInput

    client = boto3.client("dynamodb", region_name="us-east-1")
    reading = read_only(client)
    for operation in client.meta.service_model.operation_names:
        from botocore import xform_name

        name = xform_name(operation)
        allowed = name.startswith(("describe_", "list_")) or name in {
            "get_item", "batch_get_item", "query", "scan",
        }  # fmt: skip
        if allowed:
            assert callable(getattr(reading, name))
        else:
            with pytest.raises(BadInput, match=f"{name} was not sent"):
                getattr(reading, name)
