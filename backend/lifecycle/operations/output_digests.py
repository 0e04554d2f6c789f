"""Adds the digests of expected outputs to the test cases that were stored before there were any."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from api.dynamodb.codec import large_text
from api.dynamodb.codec.compared_output import is_current, output_digest
from api.dynamodb.transport.boto3_transport import from_boto3
from lifecycle.data_changes.item_update import Item, ItemTransform, Transform, encode_value
from lifecycle.operations.base import Context
from lifecycle.operations.data import DataChange

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

_CASES = ("TCS#", "TCH#")


def _unbound(item: Item) -> Item | None:
    raise TypeError("this function needs a table to read from")


@dataclass(frozen=True)
class AddOutputDigests(DataChange):
    """Stores the digest of its expected output in each test case that has none by the present rule.

    Besides the cost of a `DataChange`, an output that is stored in parts is read: 1 RCU per 4 KB of it, as it is
    compressed. A case whose output is being replaced meanwhile is left to its writer, which stores the digest itself.
    """

    transform: Transform = field(default=_unbound)

    def _item_transform(self, context: Context) -> ItemTransform:
        table = self.table(context.env)
        return ItemTransform(self.name, partial(_add_digest, context.client, table), self.config, table)


def _add_digest(client: BotoClient, table_name: str, item: Item) -> Item | None:
    if not item["PK"].startswith("PRB#") or not item["SK"].startswith(_CASES) or is_current(item.get("odg")):
        return None
    value = encode_value(item["out"])
    if large_text.is_external(value):
        keys = large_text.part_keys(f"TC#{item['id']}", "out", value)
        parts = {part["SK"]["S"]: part for part in _parts(client, table_name, keys)}
        if any(sk not in parts for _, sk in keys):
            return None
        text = large_text.unpack_parts(value, [parts[sk] for _, sk in keys])
    else:
        text = large_text.unpack_inline(value)
    item["odg"] = output_digest(text)
    return item


def _parts(client: BotoClient, table_name: str, keys: list[tuple[str, str]]) -> Iterator[dict[str, Any]]:
    """The parts of one text, in wire form."""
    (pk, first), (_, last) = keys[0], keys[-1]
    pages = client.get_paginator("query").paginate(
        TableName=table_name, ConsistentRead=True,
        KeyConditionExpression="PK = :pk AND SK BETWEEN :first AND :last",
        ExpressionAttributeValues={":pk": {"S": pk}, ":first": {"S": first}, ":last": {"S": last}},
    )  # fmt: skip
    for page in pages:
        yield from map(from_boto3, page["Items"])
