"""What AWS charges, as the estimates of every command and document use it."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Prices:
    """US dollars; the defaults are us-east-1 on-demand, standard table class, November 2026."""

    per_million_wru: float = 0.625
    per_million_rru: float = 0.125
    per_gb_month: float = 0.25
    per_gb_import: float = 0.15
    # The table class Standard-Infrequent Access, as a multiple of these prices.
    infrequent_requests: float = 1.25
    infrequent_storage: float = 0.4

    @property
    def infrequent(self) -> Prices:
        """The prices of a table in Standard-Infrequent Access."""
        return replace(
            self,
            per_million_wru=self.per_million_wru * self.infrequent_requests,
            per_million_rru=self.per_million_rru * self.infrequent_requests,
            per_gb_month=self.per_gb_month * self.infrequent_storage,
        )

    @property
    def infrequent_from_share(self) -> float:
        """From which share of storage in a standard table's bill that class is cheaper; 0 to 1."""
        saved, added = 1 - self.infrequent_storage, self.infrequent_requests - 1
        return added / (added + saved) if added + saved > 0 else 1.0
