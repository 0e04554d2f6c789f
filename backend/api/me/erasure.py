"""Deleting an account: closed at once, swept as far as a request's time allows, finished a little later.

Private runs, sessions, uses and progress are deleted; public runs stay and are nobody's. The staff's audit log
keeps the bare number of a user whom staff changed. Whatever interrupts a deletion, the note of it stays in the
table, and `finish` goes on from there: in this process (see `eraser`), or in `make dynamodb-erase`.
"""

from __future__ import annotations

import logging
import random
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from api.dynamodb.clock import utc_now
from api.dynamodb.errors import ConditionFailed, DataLayerError, OutcomeUnknown, Throttled, Unavailable
from api.dynamodb.keys import normal_email
from api.dynamodb.repositories import ErasureRepository
from api.dynamodb.repositories.records import Erasure, User

logger = logging.getLogger("algoitny.erasure")
T = TypeVar("T")

# Who asked for something just before the account was closed is done by then: a request ends within 2 s, and
# may have begun by a look at the account that was a second old.
QUIET_SECONDS = 5.0
# How long a request sweeps itself.
REQUEST_SECONDS = 1.0
# An account that was closed so long ago is quiet for certain, whatever the clocks of two machines say.
LONG_AGO = timedelta(minutes=1)
_ATTEMPTS = 6
_TEMPORARY = (Unavailable, Throttled, OutcomeUnknown, ConditionFailed)


def confirms(user: User, text: str) -> bool:
    """Whether a user means it: the text is their e-mail address, letter case aside, or DELETE."""
    email = user["email"]
    return text.strip() == "DELETE" or (email is not None and normal_email(text) == normal_email(email))


def close_account(erasures: ErasureRepository, user_id: int, *, seconds: float = REQUEST_SECONDS) -> Erasure:
    """Closes an account for good, and removes what can be removed in so many seconds; the rest is for `finish`.

    From here on nobody can sign in with it, and nobody sees its name. Raises `NotFound`. Cost as
    `ErasureRepository.begin_erasure` and `sweep`.
    """
    began = time.monotonic()
    erasure = erasures.begin_erasure(user_id)
    try:
        for _ in erasures.sweep(user_id):
            if time.monotonic() - began > seconds:
                break
    except DataLayerError as failure:
        logger.warning("the deletion of user %d goes on later: %s", user_id, failure)
    return erasure


def quiet_at(erasure: Erasure) -> float:
    """When no request of the account can be on its way any more, on the monotonic clock."""
    long_ago = utc_now() - erasure["asked_at"] > LONG_AGO
    return time.monotonic() + (0 if long_ago else QUIET_SECONDS)


def finish(erasures: ErasureRepository, erasure: Erasure, not_before: float) -> Counter[str]:
    """Removes all that is left of a closed account, and then the account; what was removed, by kind.

    The last sweep begins at `not_before` (on the monotonic clock) or later. What fails for the moment is tried
    again for about ten seconds; then, and for all else, it raises. Cost as `ErasureRepository.sweep` twice.
    """
    user_id = erasure["user_id"]
    removed: Counter[str] = Counter()

    def sweep() -> None:
        for kind, number in erasures.sweep(user_id):
            removed[kind] += number

    while True:
        is_last = time.monotonic() >= not_before
        _patiently(sweep)
        if is_last:
            break
        time.sleep(max(0.0, not_before - time.monotonic()))
    _patiently(lambda: erasures.finish_erasure(user_id))
    return removed


def _patiently(work: Callable[[], T]) -> T:
    """Does what may be done again, and does it again while it fails for the moment."""
    for attempt in range(1, _ATTEMPTS):
        try:
            return work()
        except _TEMPORARY as failure:
            logger.warning("tried again: %s", failure)
        time.sleep(random.uniform(0.5, 1) * 0.2 * 2**attempt)  # noqa: S311
    return work()
