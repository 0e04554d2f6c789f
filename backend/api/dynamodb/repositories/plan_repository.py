"""Subscription plans and their daily limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from api.dynamodb import ids, keys
from api.dynamodb.cursor import Page
from api.dynamodb.errors import ConditionFailed, Duplicate, InvalidInput, NotFound
from api.dynamodb.expressions import Changes, absent, exists
from api.dynamodb.items import CODECS, plan_items
from api.dynamodb.repositories.base_repository import BaseRepository
from api.dynamodb.repositories.checks import check_changes, check_id
from api.dynamodb.repositories.merged_pages import Listing, Range, merged_page
from api.dynamodb.repositories.records import Plan
from api.dynamodb.store import Key, key_of

_CODEC = CODECS["plan"]
_LIMITS = ("max_hints_per_day", "max_executions_per_day")


def _key(plan_id: int) -> Key:
    return keys.PLANS, f"{check_id('plan_id', plan_id):016d}"


def _check_limits(values: Mapping[str, Any]) -> None:
    for name in _LIMITS:
        value = values.get(name)
        if type(value) is int and value < 0:
            raise InvalidInput(f"{name} is {value}: give a whole number from 0")


class PlanRepository(BaseRepository):
    """Plans are few and all stand in one partition; whoever needs one on every request keeps it in memory."""

    def create_plan(self, data: Mapping[str, Any]) -> Plan:
        """Stores a plan: `name`, `max_hints_per_day`, `max_executions_per_day` (uses a day, from 0), and
        `plan_id`, `is_active`, `created_at` unless their defaults (a new id, True, now) will do.

        Returns the plan. Raises `Duplicate("plan_id")` and `InvalidInput`. One PutItem: 1 WCU.
        """
        _CODEC.check_names(data)
        record = {"is_active": True, "created_at": self._now(), **data}
        record.setdefault("plan_id", ids.new_id())
        check_id("plan_id", record["plan_id"])
        _check_limits(record)
        item = plan_items(record).main
        try:
            self._store.put(item, entity="plan", condition=absent())
        except ConditionFailed as failure:
            if failure.in_doubt and self._store.get(key_of(item), entity="plan", consistent=True) == item:
                return cast(Plan, _CODEC.decode(item))
            raise Duplicate("plan_id", record["plan_id"], code=failure.code) from failure
        return cast(Plan, _CODEC.decode(item))

    def get_plan(self, plan_id: int, *, consistent: bool = False) -> Plan | None:
        """The plan, or None. One GetItem: 0.5 RCU, 1 when consistent."""
        return cast("Plan | None", self._read(_CODEC, _key(plan_id), "", consistent=consistent))

    def list_plans(self, *, limit: int = 50, cursor: str | None = None) -> Page[Plan]:
        """Plans by ascending id. One Query: 0.5 RCU for each 4 KB, about 40 plans."""
        listing = Listing("plans", {}, "plan", [Range(keys.PLANS)], forward=True)
        return merged_page(
            self._store, listing, lambda _, item: cast(Plan, _CODEC.decode(item)), limit=limit, cursor=cursor
        )

    def update_plan(self, plan_id: int, changes: Mapping[str, Any]) -> Plan:
        """Changes some fields of a plan (not `plan_id`, `created_at`); returns it as it is now.

        Raises `NotFound` and `InvalidInput`. One UpdateItem: 1 WCU.
        """
        check_changes(_CODEC, changes, ("plan_id", "created_at"))
        _check_limits(changes)
        new = dict(_CODEC.encode_field(name, value) for name, value in changes.items())
        try:
            item = self._store.update(_key(plan_id), Changes(set=new), entity="plan", condition=exists())
        except ConditionFailed as failure:
            raise NotFound(f"there is no plan {plan_id}", code=failure.code) from failure
        return cast(Plan, _CODEC.decode(item))
