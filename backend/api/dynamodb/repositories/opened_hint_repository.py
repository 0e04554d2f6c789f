"""The hints that users have opened: one item for each user and problem, whichever run or page they were asked on."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from api.dynamodb.codec.items import CODECS
from api.dynamodb.errors import ConditionFailed
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import OPENED_HINTS
from api.dynamodb.schema.records import OpenedHints
from api.dynamodb.table.argument_checks import check_id, check_moment
from api.dynamodb.table.base_repository import BaseRepository
from api.dynamodb.table.cursor import Page
from api.dynamodb.table.expressions import Changes, absent
from api.dynamodb.table.merged_pages import ListQuery, Range, merged_page
from api.dynamodb.table.write_actions import Key

_CODEC = CODECS["opened_hints"]


def _key(user_id: int, problem_id: int) -> Key:
    pk = keys.opened_hints_pk(check_id("user_id", user_id))
    return pk, keys.opened_hints_sk(check_id("problem_id", problem_id))


class OpenedHintRepository(BaseRepository):
    """Opened hints by user and problem."""

    def get_opened(self, user_id: int, problem_id: int, *, consistent: bool = False) -> OpenedHints:
        """What a user has opened of a problem's hints. One GetItem: 0.5 RCU, 1 when consistent."""
        item = self._store.get(_key(user_id, problem_id), entity="opened_hints", consistent=consistent)
        if item is None:
            item = _CODEC.encode({"user_id": user_id, "problem_id": problem_id})
        return cast(OpenedHints, _CODEC.decode(item))

    def open_step(self, user_id: int, problem_id: int, step: str, opened_at: datetime) -> OpenedHints:
        """Notes that a user has opened a step: `nudge`, `approach`, `outline` or `solution`.

        `opened_at` is an aware datetime. A repetition of the same call changes nothing. Raises `ConditionFailed` if the
        step was open before, and `KeyError` for another name. One UpdateItem: 1 WCU.
        """
        field = OPENED_HINTS.field(f"{step}_at")
        record = {
            "user_id": user_id,
            "problem_id": problem_id,
            field.name: check_moment("opened_at", opened_at),
        }
        key, attributes = _key(user_id, problem_id), _CODEC.encode(record)
        try:
            item = self._store.update(
                key, Changes(set=attributes), entity="opened_hints", condition=absent(field.short)
            )
        except ConditionFailed as failure:
            # An attempt whose response was lost may have been this very one.
            if failure.item is None or failure.item.get(field.short) != attributes[field.short]:
                raise
            item = dict(failure.item)
        return cast(OpenedHints, _CODEC.decode(item))

    def list_opened(self, user_id: int, *, limit: int = 50, cursor: str | None = None) -> Page[OpenedHints]:
        """A page of what a user has opened, by descending problem id. Strongly consistent.

        One Query: 1 RCU for each 4 KB, about 40 problems. Raises `InvalidInput`.
        """
        pk = keys.opened_hints_pk(check_id("user_id", user_id))
        query = ListQuery("opened_hints", {"user": user_id}, "opened_hints", [Range(pk)], consistent=True)
        return merged_page(
            self._store,
            query,
            lambda _, item: cast(OpenedHints, _CODEC.decode(item)),
            limit=limit,
            cursor=cursor,
        )
