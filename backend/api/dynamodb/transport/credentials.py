"""The credentials that boto3 finds, looked up and refreshed in a background thread.

A call signs with the keys at hand and never runs a credential process or asks AWS STS itself. It waits for a look-up
only while there are no valid keys, and no longer than its own deadline. A failed look-up is repeated.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from api.dynamodb.errors import DataLayerError, Unavailable
from api.dynamodb.transport.error_mapping import credentials_missing, credentials_unusable
from api.dynamodb.transport.signing import FrozenCredentials

logger = logging.getLogger(__name__)

# How long a call without a deadline of its own waits, and when a look-up counts as stuck, in seconds.
LOOKUP_SECONDS = 60.0
# Stuck look-ups keep their threads; with this many of them, no other is started.
MAX_STUCK = 3
_TRIES = 2
_TRY_PAUSE = 0.2
# Seconds between two look-ups: after a success, and after the first failure, doubled with each further one.
_PAUSE = 10.0
_FIRST_FAILURE_PAUSE, _MAX_FAILURE_PAUSE = 1.0, 30.0


class _Latest(NamedTuple):
    """The result of the latest successful look-up. `source` is botocore's credentials object."""

    source: Any
    keys: FrozenCredentials

    @property
    def is_due(self) -> bool:
        """Whether the keys should be refreshed: minutes before they expire."""
        return self._needs_refresh(None)

    @property
    def has_expired(self) -> bool:
        """Whether AWS refuses the keys by now."""
        return self._needs_refresh(0)

    def _needs_refresh(self, seconds: float | None) -> bool:
        check = getattr(self.source, "refresh_needed", None)  # keys that do not expire have none
        return check is not None and bool(check(seconds))


class _Lookup:
    def __init__(self, began: float) -> None:
        self.began = began
        self.done = threading.Event()
        self.thread: threading.Thread | None = None


class BackgroundCredentials:
    """Keys for signing, kept valid in the background. Safe to share between threads and across a fork.

    load: returns botocore's credentials object, None if there are no credentials. Called in the background, at first
    and again after a failure.
    clock: monotonic, in seconds.
    """

    def __init__(self, load: Callable[[], Any], clock: Callable[[], float] = time.monotonic) -> None:
        self._load, self._clock = load, clock
        self._latest: _Latest | None = None
        # The source to refresh, by process id: a fork could leave its lock taken.
        self._source: dict[int, Any] = {}
        self._failure: Exception | None = None
        self._failures = 0
        self._not_before = float("-inf")
        # By process id: a child does not wait for its parent's thread. Without locks, which a fork could leave taken.
        self._lookups: dict[int, _Lookup] = {}
        self._stuck: list[_Lookup] = []

    def get_keys(self, deadline: float = float("inf")) -> FrozenCredentials:
        """The keys to sign with. No wait while there are valid ones.

        deadline: of the monotonic clock; a call waits until then, at most `LOOKUP_SECONDS`. Raises `AccessDenied` if
        there are no usable credentials, and `Unavailable` if the look-up takes longer.
        """
        latest = self._latest
        if latest is not None and not latest.is_due:
            return latest.keys
        lookup = self._current_lookup()
        if latest is not None and not latest.has_expired:
            return latest.keys
        if lookup is not None and not lookup.done.wait(min(deadline - time.monotonic(), LOOKUP_SECONDS)):
            raise _not_ready("the look-up of AWS credentials takes too long")
        latest = self._latest
        if latest is not None and not latest.has_expired:
            return latest.keys
        failure = self._failure
        if failure is None:
            raise credentials_missing()
        if isinstance(failure, DataLayerError):
            raise _not_ready(str(failure))
        raise credentials_unusable(failure) from failure

    def _current_lookup(self) -> _Lookup | None:
        """The look-up that is running, or a new one; None if it is too early for another."""
        process_id, now = os.getpid(), self._clock()
        running = self._lookups.get(process_id)
        if running is not None:
            if now - running.began < LOOKUP_SECONDS:
                return running
            if self._lookups.pop(process_id, None) is running:
                self._stuck.append(running)
                self._failed(Unavailable("the look-up of AWS credentials takes too long"), pause=0)
        if now < self._not_before:
            return None
        self._stuck = [lookup for lookup in self._stuck if lookup.thread and lookup.thread.is_alive()]
        if len(self._stuck) >= MAX_STUCK:
            return None
        lookup = _Lookup(now)
        running = self._lookups.setdefault(process_id, lookup)
        if running is lookup:
            self._start(lookup, process_id)
        return running

    def _start(self, lookup: _Lookup, process_id: int) -> None:
        lookup.thread = threading.Thread(
            target=self._run, args=(lookup, process_id), name="credentials", daemon=True
        )
        try:
            lookup.thread.start()
        except RuntimeError as error:
            self._failed(Unavailable(f"AWS credentials cannot be looked up: {error}"))
            self._end(lookup, process_id)

    def _run(self, lookup: _Lookup, process_id: int) -> None:
        try:
            for attempt in range(_TRIES):
                if attempt:
                    time.sleep(_TRY_PAUSE)
                if self._try(process_id):
                    self._failures, self._failure = 0, None
                    self._not_before = self._clock() + _PAUSE
                    return
            self._failed(self._failure)
        finally:
            self._end(lookup, process_id)

    def _try(self, process_id: int) -> bool:
        """Looks the credentials up once; whether new keys are there."""
        latest = self._latest
        # A source that failed is loaded anew, since its program may hang or its profile may have been mended.
        source, self._source = self._source.pop(process_id, None), {}
        try:
            source = self._load() if source is None else source
            keys = None if source is None else source.get_frozen_credentials()
        except Exception as error:
            self._failure = error
            return False
        self._failure = None
        if keys is None:
            return False
        self._latest = fresh = _Latest(source, keys)
        # Minutes before the expiry, botocore swallows the error of a refresh and returns the same keys.
        if fresh.is_due and latest is not None and latest.keys == keys:
            return False
        self._source = {process_id: source}
        return True

    def _failed(self, failure: Exception | None, pause: float | None = None) -> None:
        self._failure = failure
        seconds = min(_MAX_FAILURE_PAUSE, _FIRST_FAILURE_PAUSE * 2 ** min(self._failures, 10))
        self._failures += 1
        self._not_before = self._clock() + (seconds if pause is None else pause)
        if self._latest is not None:
            logger.warning("AWS credentials could not be refreshed; tried again in %.0f s", seconds)

    def _end(self, lookup: _Lookup, process_id: int) -> None:
        if self._lookups.get(process_id) is lookup:
            self._lookups.pop(process_id, None)
        lookup.done.set()


def _not_ready(reason: str) -> Unavailable:
    return Unavailable(reason, hint="check the credential process, AWS STS, or the metadata endpoint")
