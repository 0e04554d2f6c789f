"""Account deletion: the account is closed at once, swept as far as a request's time allows, and finished later.

Private runs, sessions, uses and progress are deleted; public runs stay without an author. The audit log keeps the
bare id of a user whom staff changed. An interrupted deletion stays recorded in the table, and `finish` continues it:
in any process of the service (see `deletion_worker`) or in `make dynamodb-erase`.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from datetime import timedelta

from api.dynamodb.clock import utc_now
from api.dynamodb.errors import ConditionFailed, DataLayerError, OutcomeUnknown, Throttled, Unavailable
from api.dynamodb.repositories import ErasureRepository
from api.dynamodb.schema.email_rules import same_email
from api.dynamodb.schema.records import Erasure, User
from api.dynamodb.transport.retry import retry_while

logger = logging.getLogger("algoitny.erasure")

# A request that began just before the account was closed has ended by then: it takes at most 2 s, and may have
# read the account a second earlier.
QUIET_SECONDS = 5.0
# How long the request itself sweeps.
REQUEST_SECONDS = 1.0
# After this time no request can be active, even if the clocks of two machines differ.
SETTLED_AFTER = timedelta(minutes=1)
_RETRY_SECONDS = 10.0
_TEMPORARY = (Unavailable, Throttled, OutcomeUnknown, ConditionFailed)


def confirms(user: User, text: str) -> bool:
    """Whether the text confirms the deletion: the user's e-mail address, as mail systems compare it, or DELETE."""
    email = user["email"]
    return text.strip() == "DELETE" or (email is not None and same_email(text, email))


def close_account(erasures: ErasureRepository, user_id: int, *, seconds: float = REQUEST_SECONDS) -> Erasure:
    """Closes an account for good and deletes what it can within `seconds`; `finish` does the rest.

    From now on nobody can sign in to it, and its name is hidden. Raises `NotFound`. Cost as
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
    """The moment on the monotonic clock when no request of the account can be active any more."""
    is_settled = utc_now() - erasure["asked_at"] > SETTLED_AFTER
    return time.monotonic() + (0 if is_settled else QUIET_SECONDS)


def finish(erasures: ErasureRepository, erasure: Erasure, not_before: float) -> Counter[str]:
    """Deletes all that is left of a closed account, then the account; returns counts of deleted items by kind.

    The last sweep begins at `not_before` (on the monotonic clock) or later. Temporary failures are retried for about
    ten seconds; then, and on any other failure, it raises. Cost as `ErasureRepository.sweep` twice.
    """
    user_id = erasure["user_id"]
    removed: Counter[str] = Counter()

    def sweep() -> None:
        for kind, number in erasures.sweep(user_id):
            removed[kind] += number

    while True:
        is_last = time.monotonic() >= not_before
        retry_while(_TEMPORARY, sweep, _RETRY_SECONDS, _log_retry)
        if is_last:
            break
        time.sleep(max(0.0, not_before - time.monotonic()))
    retry_while(_TEMPORARY, lambda: erasures.finish_erasure(user_id), _RETRY_SECONDS, _log_retry)
    return removed


def _log_retry(failure: DataLayerError) -> None:
    logger.warning("tried again: %s", failure)
