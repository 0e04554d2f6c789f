"""The process's search: an index over its catalogue, built when the first search asks for it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from api.composition import repositories
from api.dynamodb.repositories import ProblemRepository
from api.dynamodb.table.catalogue import Catalogue
from api.dynamodb.table.problem_index import ProblemIndex
from api.problems.search.engine import SearchSnapshot
from api.problems.search.index import SearchIndex

logger = logging.getLogger(__name__)

# A list of up to so many problems is indexed while the request waits: about 30 ms of CPU.
_AT_ONCE = 2_000


def _in_background(work: Callable[[], None]) -> None:
    threading.Thread(target=work, daemon=True).start()


class ProblemSearch:
    """Search over a repository's catalogue. Safe to share between threads.

    start: runs a function in the background.
    """

    def __init__(
        self, problems: ProblemRepository, *, start: Callable[[Callable[[], None]], None] = _in_background
    ) -> None:
        self.problems = problems
        self._start = start
        self._building = threading.Lock()
        self._index: SearchIndex | None = None
        self._latest: tuple[Catalogue, SearchSnapshot] | None = None

    def snapshot(self) -> SearchSnapshot | None:
        """What is searched; None while the catalogue or its index is not there yet. Costs as `catalogue`.

        A list of more than 2,000 problems is indexed in the background. While a catalogue that was loaded anew is
        indexed, the one before it is searched.
        """
        catalogue = self.problems.catalogue()
        if catalogue is None:
            self._index = self._latest = None
            return None
        latest = self._latest
        if latest is not None and latest[0] is catalogue:
            return latest[1]
        index = self._index_of(catalogue.base)
        if index is None:
            return None if latest is None else latest[1]
        if latest is not None and latest[0].changed is catalogue.changed and latest[1].base is index:
            changed = latest[1].changed
        else:
            changed = SearchIndex(catalogue.changed)
        snapshot = SearchSnapshot(index, changed, catalogue.changes)
        self._latest = catalogue, snapshot
        return snapshot

    def _index_of(self, base: ProblemIndex) -> SearchIndex | None:
        """The index of a list; None while it is built in the background."""
        index = self._index
        if index is not None and (index.source is base or index.source.rows == base.rows):
            return index
        if len(base) <= _AT_ONCE:
            self._index = SearchIndex(base)
            return self._index
        if self._building.acquire(blocking=False):

            def build() -> None:
                try:
                    self._index = SearchIndex(base)
                except (LookupError, TypeError, ValueError) as failure:  # a damaged entry
                    logger.warning("the search index of problems was not built: %s", failure)
                finally:
                    self._building.release()

            try:
                self._start(build)
            except RuntimeError as failure:  # no thread can be started
                self._building.release()
                logger.warning("the search index of problems was not built: %s", failure)
        return None if self._index is None or self._index.source is not base else self._index


_process: ProblemSearch | None = None


def search_snapshot() -> SearchSnapshot | None:
    """What this process can search now; None where the catalogue is off, too long, or not loaded and indexed yet.

    Usually no call; see `ProblemRepository.catalogue`.
    """
    global _process
    problems = repositories().problems
    if _process is None or _process.problems is not problems:
        _process = ProblemSearch(problems)
    return _process.snapshot()
