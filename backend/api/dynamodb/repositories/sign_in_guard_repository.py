"""Guards of sign-in: nonces that can be used once, and counts of attempts by network address."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from api.dynamodb.codec.codec import epoch_seconds
from api.dynamodb.codec.sign_in_items import address_window_item, used_nonce_item
from api.dynamodb.errors import ConditionFailed, InvalidInput
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import ADDRESS_WINDOW, TTL, USED_NONCE
from api.dynamodb.table.argument_checks import check_moment, check_text
from api.dynamodb.table.base_repository import BaseRepository
from api.dynamodb.table.expressions import Changes, absent, any_of, below, equals
from api.dynamodb.table.write_actions import key_of

Attempted = Literal["sign_in", "refresh"]
KINDS: dict[Attempted, str] = {"sign_in": "SGN", "refresh": "RFR"}
_USE, _COUNT = USED_NONCE.field("use_id").short, ADDRESS_WINDOW.field("count").short


@dataclass(frozen=True, slots=True)
class Attempt:
    """Whether an attempt is allowed, its number in the window, and when the window ends.

    Refused attempts are not counted: their `count` is the limit.
    """

    allowed: bool
    count: int
    resets_at: datetime


class SignInGuardRepository(BaseRepository):
    """Small items that the TTL removes some minutes later."""

    def consume_nonce(self, nonce: str, expires_at: datetime) -> bool:
        """Uses up a nonce. True for exactly one caller, also if its request is sent several times.

        expires_at: when the nonce becomes invalid anyway (aware). Raises `InvalidInput`. One PutItem: 1 WCU.
        """
        expires = epoch_seconds(check_moment("expires_at", expires_at))
        item = used_nonce_item(check_text("nonce", nonce), secrets.token_hex(8), expires)
        try:
            self._store.put(item, entity="used_nonce", condition=any_of(absent(), equals(_USE, item[_USE])))
        except ConditionFailed:
            return False
        return True

    def nonce_use(self, nonce: str) -> str | None:
        """What a nonce was used for: the target of a staff form (`problem 7`), else a random text. None if unused.

        One GetItem, consistent: 1 RCU. Raises `InvalidInput`.
        """
        key = keys.nonce_pk(check_text("nonce", nonce)), keys.GUARD
        item = self._store.get(key, entity="used_nonce", consistent=True)
        if item is None or int(item[TTL]["N"]) <= epoch_seconds(self._now()):
            return None
        return str(item[_USE]["S"])

    def count_attempt(self, address: str, attempted: Attempted, *, limit: int, seconds: int) -> Attempt:
        """Counts an attempt from an address in the current window of `seconds`, unless `limit` is reached.

        Never allows more than `limit`, also of concurrent attempts. If a response is lost, one attempt may be
        counted twice. Raises `InvalidInput`. One UpdateItem: 1 WCU, allowed or not.
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
