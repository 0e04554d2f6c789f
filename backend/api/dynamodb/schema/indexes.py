"""The global secondary indexes: keys and projections. `table_schema` builds the table from them."""

from __future__ import annotations

from dataclasses import dataclass

from api.dynamodb.schema import entities as e


@dataclass(frozen=True)
class Index:
    """A global secondary index; `attributes` is None if it projects all attributes."""

    name: str
    pk: str
    sk: str
    purpose: str
    attributes: tuple[str, ...] | None = None

    def carried(self) -> tuple[str, ...] | None:
        """Every projected attribute, keys included; None for all attributes."""
        return None if self.attributes is None else (e.PK, e.SK, self.pk, self.sk, *self.attributes)


GSI1 = Index("GSI1", e.GSI1PK, e.GSI1SK, "sign-in, and solutions of a problem")
GSI2 = Index("GSI2", e.GSI2PK, e.GSI2SK, "the public timeline", e.TIMELINE_ATTRIBUTES)
INDEXES = (GSI1, GSI2)
