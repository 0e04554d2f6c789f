"""All repositories over one table: a real one, or one in memory, for which no connection is configured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, get_type_hints

from api.dynamodb import repositories
from api.dynamodb.clock import utc_now
from api.dynamodb.schema import keys
from api.dynamodb.table.audit_entries import AuditLog, marked_months
from api.dynamodb.table.catalogue import CatalogueCache
from api.dynamodb.table.index_state import IndexState
from api.dynamodb.table.list_partitions import ListPartitions
from api.dynamodb.table.pending_parts import PendingParts
from api.dynamodb.table.read_paths import DEFAULT_READS
from api.dynamodb.table.store import Store
from api.dynamodb.usage_limits.denial_cache import DenialCache
from design.memory_table import MemoryTable


class _SettledPartitions(ListPartitions):
    """As in a process that has asked the table before: only the writers' partitions have entries."""

    def _has_others(self, setting: str, written: int, possible: int) -> bool:
        return False


@dataclass(frozen=True)
class Repositories:
    """The repositories that the access patterns are run on."""

    users: repositories.UserRepository
    plans: repositories.PlanRepository
    problems: repositories.ProblemRepository
    runs: repositories.SearchHistoryRepository
    usage: repositories.UsageLogRepository
    audit: repositories.AuditRepository
    sessions: repositories.SessionRepository
    guards: repositories.SignInGuardRepository
    progress: repositories.ProgressRepository
    practice: repositories.PracticeRepository
    erasures: repositories.ErasureRepository
    hints: repositories.OpenedHintRepository

    @classmethod
    def built(cls, build: Callable[[Any], Any]) -> Repositories:
        """The repositories that `build` returns for their classes."""
        hints = get_type_hints(cls)
        return cls(*(build(hints[entry.name]) for entry in fields(cls)))

    @classmethod
    def over(cls, table: MemoryTable, name: str = "memory") -> Repositories:
        """The repositories over a table in memory; `name` is the table's name in their requests.

        Their constructors are not called: they need a configured endpoint.
        """
        store = Store(table, name)
        # As in a process that has written an audit entry before.
        marked_months("memory", name).add(keys.audit_month(utc_now()))
        audit_log = AuditLog(store, "memory", utc_now)

        lists = _SettledPartitions(store)

        def build(repository_class: Any) -> Any:
            repository = repository_class.__new__(repository_class)
            vars(repository).update(
                _store=store,
                _now=utc_now,
                _reads=DEFAULT_READS,
                _denials=DenialCache(),
                _indexes=IndexState("memory"),
                _audit_log=audit_log,
                _lists=lists,
                _pending_parts=PendingParts(store, utc_now),
                _generations={},
                _versions={},
                _known={},
                _catalogue=CatalogueCache(store, lists, 0, utc_now),
            )
            return repository

        return cls.built(build)
