"""The report of an inspection: every item with long names, sizes, units, expiry and indexes, and what is wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from api.dynamodb.codec.item_size import (
    STORAGE_OVERHEAD_BYTES,
    WireItem,
    item_size,
    projected_size,
    read_units,
    write_units,
)
from api.dynamodb.codec.key_forms import entity_of, kind_of
from api.dynamodb.metering.capacity import estimate_wcu
from api.dynamodb.schema.entities import PK, SK, TTL
from api.dynamodb.schema.entity import LARGE_KINDS
from api.dynamodb.schema.indexes import INDEXES
from inspection.findings import Finding, is_number
from inspection.long_names import HIDDEN, is_hidden, long_named, shown_key
from inspection.lookup import Subject
from reporting.text import shorten

_TEXT_CHARACTERS = 80


def report(subject: Subject, now: datetime, *, personal: bool, full: bool) -> dict[str, Any]:
    """The report as JSON values (moments and sets are left for `long_names.as_json_value`).

    personal: shows e-mail addresses, names and the like; full: shows large texts completely.
    """
    items = [
        _item(item, subject.listed.get(key, []), now, personal=personal, full=full)
        for key, item in subject.items.items()
    ]
    return {
        "subject": subject.name,
        "items": items,
        "totals": {
            "items": len(items),
            "bytes": sum(item["bytes"] for item in items),
            "stored_bytes": sum(item["stored_bytes"] for item in items),
        },
        "cut": subject.cut,
        "findings": [_finding(finding, personal=personal) for finding in subject.findings],
    }


def _item(
    item: WireItem,
    listed: list[str],
    now: datetime,
    *,
    personal: bool,
    full: bool,
) -> dict[str, Any]:
    size = item_size(item)
    expires_at = datetime.fromtimestamp(int(item[TTL]["N"]), UTC) if is_number(item.get(TTL)) else None
    return {
        "kind": kind_of(item),
        "key": {PK: shown_key(item, PK, personal=personal), SK: item[SK]["S"]},
        "fields": _fields(item, personal=personal, full=full),
        "bytes": size,
        "stored_bytes": size + STORAGE_OVERHEAD_BYTES,
        "read_units": read_units(size),
        "consistent_read_units": read_units(size, consistent=True),
        "write_units": estimate_wcu(item).total,
        "transaction_write_units": estimate_wcu(item, transaction=True).total,
        "expires_at": None if expires_at is None else expires_at.isoformat(),
        "is_expired": expires_at is not None and expires_at <= now,
        "indexes": _indexes(item, listed, personal=personal),
    }


def _indexes(item: WireItem, listed: list[str], *, personal: bool) -> list[dict[str, Any]]:
    entries = []
    for index in INDEXES:
        if index.pk in item and index.sk in item:
            size = projected_size(item, index.carried())
            entries.append(
                {
                    "index": index.name,
                    "key": {
                        index.pk: shown_key(item, index.pk, personal=personal),
                        index.sk: item[index.sk]["S"],
                    },
                    "bytes": size,
                    "write_units": write_units(size),
                    "is_listed": index.name in listed,
                }
            )
    return entries


def _fields(item: WireItem, *, personal: bool, full: bool) -> dict[str, Any]:
    """The fields that the item has; large texts are shortened, and hidden fields are named."""
    entity = entity_of(item)
    fields = {name: value for name, value in long_named(item, personal=personal).items() if value is not None}
    if entity is None:
        return fields
    for field in entity.fields:
        if field.short in item and is_hidden(entity.name, field.name, personal=personal):
            fields[field.name] = HIDDEN
        elif field.kind in LARGE_KINDS and not full and field.name in fields:
            text = fields[field.name]
            fields[field.name] = text if not isinstance(text, str) else shorten(text, _TEXT_CHARACTERS)
    return fields


def _finding(finding: Finding, *, personal: bool) -> dict[str, Any]:
    pk, sk = finding.key
    return {
        "check": finding.check, "kind": finding.entity,
        "key": {PK: shown_key({PK: {"S": pk}}, PK, personal=personal), SK: sk},
        "message": finding.message, "next_step": finding.next_step,
    }  # fmt: skip
