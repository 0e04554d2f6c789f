"""The process's search: an index over its catalogue, built when the first search asks for it."""

from __future__ import annotations

from collections.abc import Callable

from api.composition import repositories
from api.dynamodb.repositories import ProblemRepository
from api.dynamodb.table.background import BackgroundWork
from api.dynamodb.table.catalogue import Catalogue
from api.dynamodb.table.problem_index import ProblemIndex
from api.problems.search.engine import SearchSnapshot
from api.problems.search.index import SearchIndex

# A list of up to so many problems is indexed while the request waits: about 30 ms of CPU.
_AT_ONCE = 2_000


class ProblemSearch:
    """Search over a repository's catalogue. Safe to share between threads.

    start: runs a function in the background.
    """

    def __init__(
        self, problems: ProblemRepository, *, start: Callable[[Callable[[], None]], None] | None = None
    ) -> None:
        self.problems = problems
        self._building = BackgroundWork(
            "the search index of problems was not built",
            (LookupError, TypeError, ValueError),  # a damaged entry
            start=start,
        )
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
        self._building.start(lambda: self._build(base))
        return None if self._index is None or self._index.source is not base else self._index

    def _build(self, base: ProblemIndex) -> None:
        self._index = SearchIndex(base)


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
