"""Adds the digest of its expected output to every test case, by which judging compares without reading outputs.

Readers fall back to the output where there is no digest, so the service may run before, during and after it.
"""

from __future__ import annotations

from api.dynamodb.control_plane.declaration import Key
from api.dynamodb.table_schema import ServiceTable
from lifecycle.operations import DataChange, Item, Operation
from lifecycle.operations.output_digests import AddOutputDigests

GROUP = "algoitny"
DEPENDS_ON = ("migration_20261121_000000_create_algoitny_main",)
DESCRIPTION = "Test cases have the digests of their outputs."

# As it was when this change was written: what is declared later does not reach it.
TABLE = ServiceTable(name="algoitny_main", partition=Key("PK"), sort=Key("SK"), real_name="{name}", ttl="ttl")


def remove_digest(item: Item) -> Item | None:
    """Removes the digest of a test case."""
    if not item["PK"].startswith("PRB#") or "odg" not in item:
        return None
    del item["odg"]
    return item


def up() -> list[Operation]:
    """Adds the digests that are missing."""
    return [AddOutputDigests("add output digests", TABLE)]


def down() -> list[Operation]:
    """Removes them, for a version of the service and of the verification that does not know them."""
    return [DataChange("remove output digests", TABLE, remove_digest)]
