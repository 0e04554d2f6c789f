"""Sends recorded cases of capacity to a real engine and reads the units that it answers."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.metering.capacity import Units
from api.dynamodb.schema.entities import PK, SK
from api.dynamodb.schema.indexes import INDEXES
from api.dynamodb.table_schema import create_table, delete_table
from tests.support.capacity_cases import Case

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

_MISSING = {PK: {"S": "missing"}, SK: {"S": "missing"}}
_NOTHING_MATCHES = {
    "FilterExpression": "#f = :f",
    "ExpressionAttributeNames": {"#f": "no such attribute"},
    "ExpressionAttributeValues": {":f": {"S": ""}},
}


@contextmanager
def capacity_table(client: DynamoDBClient, name: str) -> Iterator[str]:
    """The project's table under that name, for as long as the block runs."""
    create_table(client, name)
    try:
        yield name
    finally:
        delete_table(client, name)


def replay(client: DynamoDBClient, table: str, case: Case) -> Units | None:
    """Sends a case's request to a table that holds nothing else; None if the answer says no units.

    Raises botocore's errors, but for the refusal that a refused case is about.
    """
    _empty(client, table)
    for item in (case.before, *case.read):
        if item is not None:
            client.put_item(TableName=table, Item=_for_boto(item))
    boto: Any = client
    if case.is_read:
        return _consumed(_send_read(boto, table, case))
    try:
        answer = _send_write(boto, table, case)
    except ClientError as error:
        if case.refused and error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return None
        raise
    if case.refused:
        raise AssertionError(f"{case.name}: the engine did not refuse it")
    return _consumed(answer)


def _send_read(boto: Any, table: str, case: Case) -> Any:
    keys = [_key(item) if item is not None else _MISSING for item in case.read]
    wanted: dict[str, Any] = {"TableName": table, "ReturnConsumedCapacity": "INDEXES"}
    if case.operation == "GetItem":
        return boto.get_item(**wanted, Key=keys[0], ConsistentRead=case.consistent)
    if case.operation == "BatchGetItem":
        batch = {table: {"Keys": keys, "ConsistentRead": case.consistent}}
        return boto.batch_get_item(RequestItems=batch, ReturnConsumedCapacity="INDEXES")
    if case.operation == "TransactGetItems":
        gets = [{"Get": {"TableName": table, "Key": key}} for key in keys]
        return boto.transact_get_items(TransactItems=gets, ReturnConsumedCapacity="INDEXES")
    wanted["ConsistentRead"] = case.consistent
    if case.filtered:
        wanted |= {
            name: dict(value) if isinstance(value, dict) else value
            for name, value in _NOTHING_MATCHES.items()
        }
    if case.index is not None:
        wanted["IndexName"] = case.index
    if case.operation == "Scan":
        return boto.scan(**wanted)
    attribute = next((index.pk for index in INDEXES if index.name == case.index), PK)
    first = case.read[0] if case.read else None
    wanted["KeyConditionExpression"] = f"{attribute} = :pk"
    of_key = {":pk": first[attribute] if first is not None else {"S": "missing"}}
    wanted["ExpressionAttributeValues"] = {**wanted.get("ExpressionAttributeValues", {}), **of_key}
    return boto.query(**wanted)


def _send_write(boto: Any, table: str, case: Case) -> Any:
    action = case.action or case.operation.removesuffix("Item")
    some = case.after if case.after is not None else case.before
    key = _key(some) if some is not None else _MISSING
    request: dict[str, Any] = {"TableName": table}
    if action == "Put":
        request["Item"] = _for_boto(case.after or {})
    else:
        request["Key"] = key
    if action == "Update":
        request |= _changes(case.before or {}, case.after or {})
    if action == "ConditionCheck" or case.refused:
        wanted = "attribute_not_exists" if case.refused else "attribute_exists"
        request["ConditionExpression"] = f"{wanted}({PK})"
    if case.operation == "TransactWriteItems":
        return boto.transact_write_items(TransactItems=[{action: request}], ReturnConsumedCapacity="INDEXES")
    if case.operation == "BatchWriteItem":
        one = {f"{action}Request": {name: request[name] for name in ("Item", "Key") if name in request}}
        return boto.batch_write_item(RequestItems={table: [one]}, ReturnConsumedCapacity="INDEXES")
    send = {"Put": boto.put_item, "Update": boto.update_item, "Delete": boto.delete_item}[action]
    return send(**request, ReturnConsumedCapacity="INDEXES")


def _changes(before: WireItem, after: WireItem) -> dict[str, Any]:
    """The update that makes one item of the other: SET what differs, REMOVE what is gone."""
    names: dict[str, str] = {}
    values: dict[str, Any] = {}
    sets, removes = [], []
    for number, name in enumerate(sorted(before.keys() | after.keys())):
        if name in (PK, SK) or before.get(name) == after.get(name):
            continue
        names[f"#n{number}"] = name
        if name in after:
            values[f":v{number}"] = after[name]
            sets.append(f"#n{number} = :v{number}")
        else:
            removes.append(f"#n{number}")
    parts = [f"{word} {', '.join(each)}" for word, each in (("SET", sets), ("REMOVE", removes)) if each]
    update: dict[str, Any] = {"UpdateExpression": " ".join(parts)} if parts else {}
    if names:
        update["ExpressionAttributeNames"] = names
    if values:
        update["ExpressionAttributeValues"] = _for_boto(values)
    return update


def _consumed(answer: Any) -> Units | None:
    found = answer.get("ConsumedCapacity")
    if isinstance(found, list):
        found = found[0] if found else None
    if not found:
        return None
    indexes = found.get("GlobalSecondaryIndexes", {})
    charged = {name: each["CapacityUnits"] for name, each in indexes.items() if each["CapacityUnits"]}
    return Units(found.get("Table", {}).get("CapacityUnits", 0.0), charged)


def _empty(client: DynamoDBClient, table: str) -> None:
    for page in client.get_paginator("scan").paginate(TableName=table, ProjectionExpression=f"{PK}, {SK}"):
        for key in page["Items"]:
            client.delete_item(TableName=table, Key=key)


def _key(item: WireItem) -> dict[str, Any]:
    return {name: item[name] for name in (PK, SK)}


def _for_boto(item: WireItem) -> dict[str, Any]:
    return {name: _value_for_boto(value) for name, value in item.items()}


def _value_for_boto(value: dict[str, Any]) -> dict[str, Any]:
    """boto3 wants binaries as bytes; the cases have them as the base64 text that travels."""
    ((kind, inner),) = value.items()
    if kind == "B":
        return {kind: base64.b64decode(inner)}
    if kind == "BS":
        return {kind: [base64.b64decode(each) for each in inner]}
    if kind == "L":
        return {kind: [_value_for_boto(each) for each in inner]}
    if kind == "M":
        return {kind: _for_boto(inner)}
    return value
