"""Lists the public runs that passed every case of a problem under it, on GSI1.

Nothing else reads these keys, so the service may run before, during and after it; a run that an earlier version of the
service changes meanwhile loses its place in the list, and is listed again by its next change, or by
`make dynamodb-rederive`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from api.dynamodb.control_plane.declaration import Key
from api.dynamodb.table_schema import ServiceTable
from lifecycle.operations import DataChange, Item, Operation

GROUP = "algoitny"
DEPENDS_ON = ("migration_20261121_000000_create_algoitny_main",)
DESCRIPTION = "Public solutions are listed by problem."

# As it was when this change was written: what is declared later does not reach it.
TABLE = ServiceTable(name="algoitny_main", partition=Key("PK"), sort=Key("SK"), real_name="{name}", ttl="ttl")
PARTITION, SORT = "GSI1PK", "GSI1SK"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def list_solution(item: Item) -> Item | None:
    """Gives a public run that passed every case its place among the solutions of its problem."""
    if not item["PK"].startswith("RUN#") or not item.get("pub") or "pid" not in item:
        return None
    if not item["pas"] == item["tot"] > 0:
        return None
    moment = _EPOCH + timedelta(microseconds=int(item["crt"]))
    created_at = moment.replace(tzinfo=None).isoformat(timespec="microseconds")
    return {**item, PARTITION: f"SOL#{item['pid']}", SORT: f"{created_at}#{int(item['id']):016}"}


def unlist(item: Item) -> Item | None:
    """Removes that place."""
    if not item["PK"].startswith("RUN#") or PARTITION not in item:
        return None
    return {name: value for name, value in item.items() if name not in (PARTITION, SORT)}


def up() -> list[Operation]:
    """Lists the solutions that are public."""
    return [DataChange("list public solutions by problem", TABLE, list_solution)]


def down() -> list[Operation]:
    """Removes the lists, for a version of the service and of the verification that does not know them."""
    return [DataChange("remove lists of solutions", TABLE, unlist)]
