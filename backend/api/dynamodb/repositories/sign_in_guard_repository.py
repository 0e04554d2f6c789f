"""What guards sign-in: nonces that serve once, and a count of attempts by network address."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from api.dynamodb.codec import epoch_seconds
from api.dynamodb.entities import TTL
from api.dynamodb.errors import ConditionFailed, InvalidInput
from api.dynamodb.expressions import Changes, absent, any_of, below, equals
from api.dynamodb.repositories.base_repository import BaseRepository
from api.dynamodb.repositories.checks import check_moment, check_text
from api.dynamodb.sign_in_items import address_window_item, used_nonce_item
from api.dynamodb.store import key_of

Attempted = Literal["sign_in", "refresh"]
KINDS: dict[Attempted, str] = {"sign_in": "SGN", "refresh": "RFR"}
_USE, _COUNT = "use", "n"


@dataclass(frozen=True, slots=True)
class Attempt:
    """Whether an attempt was let in, which one of its window it is, and when the window ends.

    A refused one is counted no more: its `count` is the limit.
    """

    allowed: bool
    count: int
    resets_at: datetime


class SignInGuardRepository(BaseRepository):
    """Small items that expire by themselves minutes after they have served."""

    def consume_nonce(self, nonce: str, expires_at: datetime) -> bool:
        """Uses a nonce up: True for exactly one caller. `expires_at` is when the nonce is void anyway.

        A repeated send of one use counts as that use. Raises `InvalidInput`. One PutItem: 1 WCU.
        """
        expires = epoch_seconds(check_moment("expires_at", expires_at))
        item = used_nonce_item(check_text("nonce", nonce), secrets.token_hex(8), expires)
        try:
            self._store.put(item, entity="used_nonce", condition=any_of(absent(), equals(_USE, item[_USE])))
        except ConditionFailed:
            return False
        return True

    def count_attempt(self, address: str, attempted: Attempted, *, limit: int, seconds: int) -> Attempt:
        """Counts an attempt from an address in the running window of that many seconds, unless `limit` is reached.

        Never more than `limit` are let in, whoever comes at once; after a lost answer one may be counted
        twice. Raises `InvalidInput`. One UpdateItem: 1 WCU, whether it is let in or not.
        """
        if limit < 1 or seconds < 1:
            raise InvalidInput(f"limit {limit} in {seconds} s: give whole numbers from 1")
        now = epoch_seconds(self._now())
        end = now - now % seconds + seconds
        item = address_window_item(check_text("address", address), KINDS[attempted], end - seconds, 1, end)
        changes = Changes(set={TTL: item[TTL]}, add={_COUNT: item[_COUNT]})
        resets_at = datetime.fromtimestamp(end, UTC)
        try:
            counted = self._store.update(
                key_of(item), changes, entity="address_window", returns="UPDATED_NEW",
                condition=any_of(absent(_COUNT), below(_COUNT, limit)),
            )  # fmt: skip
        except ConditionFailed:
            return Attempt(False, limit, resets_at)
        return Attempt(True, int(counted[_COUNT]["N"]), resets_at)
