"""The global secondary indexes as data: keys and projections. The table is built from them in `table_schema`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.dynamodb import entities as e


@dataclass(frozen=True)
class Index:
    """A global secondary index; `attributes` is None when it carries whole items."""

    name: str
    pk: str
    sk: str
    purpose: str
    attributes: tuple[str, ...] | None = None

    def definition(self) -> dict[str, Any]:
        """The index as CreateTable takes it."""
        projection: dict[str, Any] = {"ProjectionType": "ALL"}
        if self.attributes is not None:
            projection = {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(self.attributes)}
        return {
            "IndexName": self.name,
            "KeySchema": [
                {"AttributeName": self.pk, "KeyType": "HASH"},
                {"AttributeName": self.sk, "KeyType": "RANGE"},
            ],
            "Projection": projection,
        }

    def carried(self) -> tuple[str, ...] | None:
        """Every attribute of an item's image in the index, keys included; None for all."""
        return None if self.attributes is None else (e.PK, e.SK, self.pk, self.sk, *self.attributes)


GSI1 = Index("GSI1", e.GSI1PK, e.GSI1SK, "sign-in: a user by e-mail")
GSI2 = Index("GSI2", e.GSI2PK, e.GSI2SK, "the public timeline", e.TIMELINE_ATTRIBUTES)
INDEXES = (GSI1, GSI2)
