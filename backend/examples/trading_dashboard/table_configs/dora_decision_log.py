"""The decision log, which the example `decision_log` declares."""

from __future__ import annotations

from examples.decision_log.table_configs.dora_decision_log import TABLE

__all__ = ["TABLE"]

BORROWED = True
