"""What a change of items would do to real items, for a dry run. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import Binary

from api.dynamodb.transport.boto3_transport import from_boto3
from lifecycle.data_changes.item_update import Item, ItemTransform, ItemUpdate, key_text
from lifecycle.online.table_sample import spread_pages
from reporting.text import shorten

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

SAMPLED_ITEMS = 1_000
EXAMPLES = 3
_MISSING = "missing"


@dataclass(frozen=True)
class ExampleChange:
    """One item of the table: its key, and each attribute that changes as text before and after."""

    key: str
    attributes: Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class ChangePreview:
    """Items of the table as the change would make them: how many were read, how many change, and some of them."""

    items_read: int
    items_changed: int
    is_complete: bool
    examples: tuple[ExampleChange, ...]

    def lines(self) -> list[str]:
        """For people."""
        scope = "all" if self.is_complete else "a sample of"
        lines = [f"{self.items_changed:,} of {scope} {self.items_read:,} items would change"]
        for example in self.examples:
            lines.append(f"  {example.key}")
            lines += [
                f"    {name}: {before} -> {after}" for name, (before, after) in example.attributes.items()
            ]
        return lines

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "read": self.items_read, "changed": self.items_changed, "complete": self.is_complete,
            "examples": [
                {
                    "key": example.key,
                    "attributes": {
                        name: {"before": before, "after": after}
                        for name, (before, after) in example.attributes.items()
                    },
                }
                for example in self.examples
            ],
        }  # fmt: skip


def preview_change(client: BotoClient, transform: ItemTransform) -> ChangePreview:
    """Applies the function to up to 1,000 items spread over the table. Scans: half an RCU per 4 KB.

    Raises `BadInput` naming the item on which the function fails, like the change itself.
    """
    items_read = items_changed = 0
    examples: list[ExampleChange] = []
    is_complete = True
    for items, is_last in spread_pages(client, transform.table_name, SAMPLED_ITEMS):
        is_complete = is_last
        for item in items:
            items_read += 1
            update = transform(from_boto3(item))
            if update is None:
                continue
            items_changed += 1
            if len(examples) < EXAMPLES:
                examples.append(_example(update))
    return ChangePreview(items_read, items_changed, is_complete, tuple(examples))


def _example(update: ItemUpdate) -> ExampleChange:
    attributes = {
        name: (_attribute_text(update.before, name), _attribute_text(update.after, name))
        for name in update.changed
    }
    return ExampleChange(key_text(update.key), attributes)


def _attribute_text(item: Item, name: str) -> str:
    return shorten(_value_text(item[name])) if name in item else _MISSING


def _value_text(value: Any) -> str:
    if isinstance(value, str | bool) or value is None:
        return repr(value)
    if isinstance(value, Binary | bytes):
        content: Any = value  # boto3's types do not know that a Binary has bytes
        return f"{len(bytes(content))} bytes"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {_value_text(inner)}' for name, inner in value.items())}}}"
    if isinstance(value, list | tuple | set | frozenset):
        texts = map(_value_text, value)
        return (
            f"[{', '.join(texts)}]" if isinstance(value, list | tuple) else f"{{{', '.join(sorted(texts))}}}"
        )
    return str(value)
