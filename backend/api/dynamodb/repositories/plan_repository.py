"""Subscription plans and their daily limits."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, cast

from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.items import CODECS, plan_items
from api.dynamodb.errors import ConditionFailed, InvalidInput, NotFound
from api.dynamodb.schema import ids, keys
from api.dynamodb.schema.entities import PK, SK
from api.dynamodb.schema.records import Plan
from api.dynamodb.table.aggregate import Aggregate
from api.dynamodb.table.argument_checks import check_changes, check_id
from api.dynamodb.table.audit_entries import AuditNote
from api.dynamodb.table.base_repository import BaseRepository
from api.dynamodb.table.cursor import Page
from api.dynamodb.table.expressions import Changes, all_of, equals, exists
from api.dynamodb.table.merged_pages import ListQuery, Range, merged_page
from api.dynamodb.table.write_actions import Key, Update
from api.dynamodb.table.write_failures import VersionConflict

_CODEC = CODECS["plan"]
_CHANGE_ATTEMPTS = 4
_LIMITS = ("max_hints_per_day", "max_executions_per_day")


def _key(plan_id: int) -> Key:
    return keys.PLANS, keys.plan_sk(check_id("plan_id", plan_id))


def _check_limits(values: Mapping[str, Any]) -> None:
    for name in _LIMITS:
        value = values.get(name)
        if type(value) is int and value < 0:
            raise InvalidInput(f"{name} is {value}: give a whole number from 0")


class PlanRepository(BaseRepository):
    """Plans. They are few and share one partition, so callers that need one on every request have to cache it."""

    def create_plan(self, data: Mapping[str, Any], *, audit: AuditNote | None = None) -> Plan:
        """Stores a plan and returns it.

        `data` has `name`, `max_hints_per_day` and `max_executions_per_day` (whole numbers of uses, from 0), and
        optionally `plan_id`, `is_active` and `created_at`. Their defaults are a new id, True and now. Raises
        `Duplicate("plan_id")` and `InvalidInput`. One PutItem: 1 WCU; with `audit` one TransactWriteItems, with
        the audit entry: 4 WCU.
        """
        _CODEC.check_names(data)
        record = {"is_active": True, "created_at": self._now(), **data}
        record.setdefault("plan_id", ids.new_id())
        _check_limits(record)
        return cast(Plan, self._create(self._aggregate(record["plan_id"], audit), record))

    def _aggregate(self, plan_id: int, audit: AuditNote | None) -> Aggregate:
        aggregate = Aggregate(_CODEC, plan_items, _key(plan_id), "", {})
        return self._audit_log.audited(aggregate, audit, f"plan {plan_id}")

    def get_plan(self, plan_id: int, *, consistent: bool = False) -> Plan | None:
        """The plan, or None. One GetItem: 0.5 RCU, 1 when consistent."""
        return cast("Plan | None", self._read(_CODEC, _key(plan_id), "", consistent=consistent))

    def list_plans(self, *, limit: int = 50, cursor: str | None = None) -> Page[Plan]:
        """A page of plans by ascending id, 1 to 100. One Query: 0.5 RCU per 4 KB, about 40 plans."""
        query = ListQuery("plans", {}, "plan", [Range(keys.PLANS)], forward=True)
        return merged_page(
            self._store, query, lambda _, item: cast(Plan, _CODEC.decode(item)), limit=limit, cursor=cursor
        )

    def update_plan(
        self, plan_id: int, changes: Mapping[str, Any], *, audit: AuditNote | None = None
    ) -> Plan:
        """Changes some fields of a plan, except `plan_id` and `created_at`, and returns the new plan.

        Raises `NotFound`, `InvalidInput`, and `ConditionFailed` if others keep changing it. One UpdateItem: 1 WCU.
        With `audit` one GetItem (1 RCU) and one TransactWriteItems, with the audit entry: 4 WCU.
        """
        check_changes(_CODEC, changes, ("plan_id", "created_at"))
        _check_limits(changes)
        attributes = dict(_CODEC.encode_field(name, value) for name, value in changes.items())
        if audit is not None:
            return self._change_audited(self._aggregate(plan_id, audit), changes, attributes)
        try:
            item = self._store.update(
                _key(plan_id), Changes(set=attributes), entity="plan", condition=exists()
            )
        except ConditionFailed as failure:
            raise NotFound(f"there is no plan {plan_id}", code=failure.code) from failure
        return cast(Plan, _CODEC.decode(item))

    def _change_audited(self, aggregate: Aggregate, changes: Mapping[str, Any], attributes: WireItem) -> Plan:
        """Changes the plan only if it is as it was read, so that the audit entry is right. Plans have no version."""
        for _ in range(_CHANGE_ATTEMPTS):
            item = self._store.get(aggregate.key, entity="plan", consistent=True)
            if item is None:
                raise NotFound(f"there is no plan {int(aggregate.key[1])}")
            plan = _CODEC.decode(item)
            unchanged = all_of(*(equals(name, value) for name, value in item.items() if name not in (PK, SK)))
            actions = [
                Update(aggregate.key, Changes(set=attributes), unchanged),
                *aggregate.extra_actions(plan, {**plan, **changes}),
            ]
            main = {**item, **attributes}
            with suppress(VersionConflict):
                self._commit(aggregate, actions, plan, main=main)
                return cast(Plan, _CODEC.decode(main))
        raise ConditionFailed("the plan kept being changed by others")
