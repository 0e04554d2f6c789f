"""Long downloads, a few at a time: each keeps a thread of the process for as long as its reader takes."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Hashable, Iterator

from api.http.errors import ApiError

# Of the four threads of a worker, two are left for everybody else.
STREAMS_AT_ONCE = 2
_BUSY_RETRY_SECONDS = 30

_lock = threading.Lock()
_streaming: set[Hashable] = set()


class BoundedStream:
    """The pieces of one response, in one of the process's few places for long downloads until it ends or is closed.

    key: what is downloaded by whom; it can be downloaded once at a time.
    busy: the code of the error.

    Raises `ApiError`, 503, when all places are taken or this download is running already.
    """

    def __init__(self, pieces: Iterator[bytes], key: Hashable, busy: str = "downloads_busy") -> None:
        with _lock:
            if key in _streaming or len(_streaming) >= STREAMS_AT_ONCE:
                raise ApiError(busy, retry_after=_BUSY_RETRY_SECONDS)
            _streaming.add(key)
        self._pieces = pieces
        self._leave = weakref.finalize(self, _streaming.discard, key)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._pieces)
        except BaseException:  # the end included
            self._leave()
            raise

    def close(self) -> None:
        """Called by Django when everything was sent, or the reader went away."""
        self._leave()


def forget() -> None:
    """Frees all places, of responses that a test did not read to their end."""
    _streaming.clear()
