"""Subscription plans and their daily limits."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, cast

from api.dynamodb import ids, keys
from api.dynamodb.cursor import Page
from api.dynamodb.entities import PK, SK
from api.dynamodb.errors import ConditionFailed, InvalidInput, NotFound
from api.dynamodb.expressions import Changes, all_of, equals, exists
from api.dynamodb.item_size import WireItem
from api.dynamodb.items import CODECS, plan_items
from api.dynamodb.repositories.audit_notes import AuditNote, audited
from api.dynamodb.repositories.base_repository import BaseRepository, VersionMoved
from api.dynamodb.repositories.checks import check_changes, check_id
from api.dynamodb.repositories.merged_pages import Listing, Range, merged_page
from api.dynamodb.repositories.records import Plan
from api.dynamodb.repositories.things import Thing
from api.dynamodb.store import Key, Update

_CODEC = CODECS["plan"]
_CHANGE_ATTEMPTS = 4
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

    def create_plan(self, data: Mapping[str, Any], *, audit: AuditNote | None = None) -> Plan:
        """Stores a plan: `name`, `max_hints_per_day`, `max_executions_per_day` (uses a day, from 0), and
        `plan_id`, `is_active`, `created_at` unless their defaults (a new id, True, now) will do.

        Returns the plan. Raises `Duplicate("plan_id")` and `InvalidInput`. One PutItem: 1 WCU; with `audit` one
        TransactWriteItems, which also writes the audit entry: 6 WCU.
        """
        _CODEC.check_names(data)
        record = {"is_active": True, "created_at": self._now(), **data}
        record.setdefault("plan_id", ids.new_id())
        _check_limits(record)
        return cast(Plan, self._create(self._thing(record["plan_id"], audit), record))

    def _thing(self, plan_id: int, audit: AuditNote | None) -> Thing:
        thing = Thing(_CODEC, plan_items, _key(plan_id), "", {})
        return audited(thing, audit, f"plan {plan_id}", self._now)

    def get_plan(self, plan_id: int, *, consistent: bool = False) -> Plan | None:
        """The plan, or None. One GetItem: 0.5 RCU, 1 when consistent."""
        return cast("Plan | None", self._read(_CODEC, _key(plan_id), "", consistent=consistent))

    def list_plans(self, *, limit: int = 50, cursor: str | None = None) -> Page[Plan]:
        """Plans by ascending id. One Query: 0.5 RCU for each 4 KB, about 40 plans."""
        listing = Listing("plans", {}, "plan", [Range(keys.PLANS)], forward=True)
        return merged_page(
            self._store, listing, lambda _, item: cast(Plan, _CODEC.decode(item)), limit=limit, cursor=cursor
        )

    def update_plan(
        self, plan_id: int, changes: Mapping[str, Any], *, audit: AuditNote | None = None
    ) -> Plan:
        """Changes some fields of a plan (not `plan_id`, `created_at`); returns it as it is now.

        Raises `NotFound`, `InvalidInput`, and `ConditionFailed` when others keep changing it. One UpdateItem:
        1 WCU. With `audit` one GetItem (1 RCU) and one TransactWriteItems, which also writes the audit entry:
        6 WCU.
        """
        check_changes(_CODEC, changes, ("plan_id", "created_at"))
        _check_limits(changes)
        new = dict(_CODEC.encode_field(name, value) for name, value in changes.items())
        if audit is not None:
            return self._change_audited(self._thing(plan_id, audit), changes, new)
        try:
            item = self._store.update(_key(plan_id), Changes(set=new), entity="plan", condition=exists())
        except ConditionFailed as failure:
            raise NotFound(f"there is no plan {plan_id}", code=failure.code) from failure
        return cast(Plan, _CODEC.decode(item))

    def _change_audited(self, thing: Thing, changes: Mapping[str, Any], new: WireItem) -> Plan:
        """Plans have no version: the change holds for the plan as it was read, so that the entry tells what changed."""
        for _ in range(_CHANGE_ATTEMPTS):
            item = self._store.get(thing.key, entity="plan", consistent=True)
            if item is None:
                raise NotFound(f"there is no plan {int(thing.key[1])}")
            known = _CODEC.decode(item)
            as_read = all_of(*(equals(name, value) for name, value in item.items() if name not in (PK, SK)))
            actions = [Update(thing.key, Changes(set=new), as_read), *thing.also(known, {**known, **changes})]
            main = {**item, **new}
            with suppress(VersionMoved):
                self._commit(thing, actions, known, main=main)
                return cast(Plan, _CODEC.decode(main))
        raise ConditionFailed("the plan kept being changed by others")
