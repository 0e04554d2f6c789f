"""Declarations: what DynamoDB would refuse is told beforehand, and AlgoItny's is the data layer's own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from api.dynamodb.control_plane.declaration import IndexConfig, Key, TableConfig, Throughput
from api.dynamodb.control_plane.validation import declaration_problems
from api.dynamodb.schema.entities import KEY_ATTRIBUTES, TTL
from api.dynamodb.schema.indexes import INDEXES
from api.dynamodb.transport.read_only import read_only
from lifecycle.operations import AddIndex, CreateTable, SetBilling
from lifecycle.table_configs.algoitny_main import TABLE

BASE = TableConfig("orders", Key("id"), Key("at", "N"))


def with_index(*arguments: object) -> TableConfig:
    return TableConfig("orders", Key("id"), Key("at", "N"), indexes=(IndexConfig(*arguments),))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (TableConfig("x", Key("id"), real_name="{name}"), "'x' cannot be a table's name: 3 to 255"),
        (with_index("ab", Key("user")), "'ab' cannot be an index's name"),
        (with_index("by-at", Key("at", "S")), "at:S contradicts dev-orders, where at is declared as N"),
        (with_index("by-user", Key("user"), Key("user")), "partition and sort key at once"),
        (with_index("by-user", Key("user"), None, ("id", "x")), "carries id as a key"),
        (with_index("by-user", Key("user"), None, ()), "use KEYS_ONLY"),
        (TableConfig("orders", Key("id"), billing=Throughput(0, 1)), "1 or more"),
    ],
)
def test_what_dynamodb_would_refuse_is_told(config: TableConfig, said: str) -> None:
    assert any(said in problem for problem in declaration_problems(config, "dev"))


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
        definition = TABLE.definition(env)
        assert definition["TableName"] == "somewhere_else"
        assert [key["AttributeName"] for key in definition["AttributeDefinitions"]] == list(KEY_ATTRIBUTES)
        for index, declared in zip(INDEXES, TABLE.indexes, strict=True):
            attributes = "ALL" if index.attributes is None else index.attributes
            assert declared == IndexConfig(index.name, Key(index.pk), Key(index.sk), attributes)  # type: ignore[arg-type]
        assert TABLE.for_env(env).ttl == TTL
        assert definition["DeletionProtectionEnabled"] is (env == "prod")


def test_in_aws_a_table_of_dev_is_protected_and_can_be_recovered(use_settings: Callable[..., None]) -> None:
    use_settings(LOCALSTACK_URL="", ALGOITNY_ENVIRONMENT="dev")
    assert TABLE.for_env("dev").recovery and TABLE.definition("dev")["DeletionProtectionEnabled"]
    use_settings(LOCALSTACK_URL="http://127.0.0.1:4566")
    assert not TABLE.for_env("dev").recovery and not TABLE.definition("dev")["DeletionProtectionEnabled"]


def test_a_client_that_reads_cannot_write() -> None:
    import boto3

    from api.dynamodb.errors import InvalidInput

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
            with pytest.raises(InvalidInput, match=f"{name} was not sent"):
                getattr(reading, name)
