"""Works through the segments of a table in several threads, which all stop when one of them fails."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait


class SegmentWorkers:
    """One run over segments.

    take: gives the next segment, None when there are no more; no two threads call it at once.
    stop: is set when a thread has failed, and at the end. Work that takes long looks at it and ends early.
    """

    def __init__(self, take: Callable[[], int | None]) -> None:
        self._take = take
        self._lock = threading.Lock()
        self._failure: BaseException | None = None
        self.stop = threading.Event()

    def run(
        self,
        work: Callable[[int], None],
        *,
        threads: int,
        name: str,
        close: Callable[[], None] = lambda: None,
    ) -> None:
        """Calls `work` with every segment.

        threads, name: how many threads there are, and how their names begin. close: is called by each at its end.

        Raises the failure that came first: what others raise because they were stopped says nothing about it.
        """
        with ThreadPoolExecutor(threads, thread_name_prefix=name) as pool:
            workers = [pool.submit(self._work, work, close) for _ in range(threads)]
            try:
                wait(workers)
            finally:
                self.stop.set()
        if self._failure is not None:
            raise self._failure
        for worker in workers:
            worker.result()

    def _work(self, work: Callable[[int], None], close: Callable[[], None]) -> None:
        try:
            while (segment := self._next()) is not None:
                work(segment)
        except BaseException as failure:
            with self._lock:
                self._failure = self._failure or failure
            self.stop.set()
            raise
        finally:
            close()

    def _next(self) -> int | None:
        with self._lock:
            return None if self.stop.is_set() else self._take()
