"""Compresses the texts of 256 bytes and more that stand plain in runs, problems, test cases and the audit log.

Readers know both forms, so the service may run before, during and after it. Undoing it stores texts of up to 4 KB plain
again. What expires, or is computed anew, is left alone.
"""

from __future__ import annotations

import zlib

from api.dynamodb.control_plane.declaration import Key
from api.dynamodb.table_schema import ServiceTable
from lifecycle.operations import DataChange, Item, Operation

GROUP = "algoitny"
DEPENDS_ON = ("migration_20261121_000000_create_algoitny_main",)
DESCRIPTION = "Texts from 256 bytes are compressed where that is smaller."

# As they were when this change was written: what is declared later does not reach it.
TABLE = ServiceTable(name="algoitny_main", partition=Key("PK"), sort=Key("SK"), real_name="{name}", ttl="ttl")
COMPRESSED_FROM, PLAIN_UP_TO = 256, 4096
# The attributes that hold large texts or JSON, by the prefix of the partition key.
TEXTS = {
    "RUN#": ("cod", "res", "trs", "hnt"),
    "PRB#": ("tag", "cod", "con", "hnt", "met", "in", "out"),
    "AUD#": ("chg",),
}


def texts_of(item: Item) -> tuple[str, ...]:
    """The attributes of an item that may hold a large text."""
    return TEXTS.get(str(item["PK"])[:4], ())


def compress(item: Item) -> Item | None:
    """Compresses an item's plain texts where that is smaller."""
    changed = {}
    for name in texts_of(item):
        text = item.get(name)
        if not isinstance(text, str):
            continue
        data = text.encode()
        packed = zlib.compress(data, 6) if len(data) >= COMPRESSED_FROM else data
        if len(packed) < len(data):
            changed[name] = packed
    return {**item, **changed} if changed else None


def expand(item: Item) -> Item | None:
    """Stores an item's compressed texts plain, as they were, if they have at most 4 KB."""
    changed = {}
    for name in texts_of(item):
        packed = item.get(name)
        if packed is None or isinstance(packed, str | dict):
            continue
        inflate = zlib.decompressobj()
        data = inflate.decompress(bytes(packed), PLAIN_UP_TO + 1)
        if inflate.eof and len(data) <= PLAIN_UP_TO:
            changed[name] = data.decode()
    return {**item, **changed} if changed else None


def up() -> list[Operation]:
    """Rewrites the items that have such texts."""
    return [DataChange("compress texts", TABLE, compress)]


def down() -> list[Operation]:
    """Rewrites them as they were."""
    return [DataChange("store texts plain", TABLE, expand)]
