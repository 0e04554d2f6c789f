"""Searches over the catalogue: a page of results with its total, and what is near when there are none."""

from __future__ import annotations

import base64
import random
from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from heapq import merge
from itertools import compress, islice
from operator import itemgetter

import orjson

from api.dynamodb.errors import InvalidInput
from api.dynamodb.schema.records import ProblemSummary
from api.problems.search.index import Key, Labels, Mask, SearchIndex
from api.problems.search.query import ParsedText, SearchQuery, Status
from api.problems.search.results import NO_ATTEMPTS, Attempts, Lifted, Near, Results
from api.problems.search.spelling import corrected

# Sets the cursors of searches apart from those of lists that are read from the table.
CURSOR_PREFIX = "s."
_MOST_NEAR = 5
_NO_TEXT = ParsedText(None, ())


@dataclass(frozen=True)
class _Matches:
    """The rows of an index that match. `mask` is None if all do."""

    index: SearchIndex
    query: SearchQuery
    text: ParsedText
    exact: Mask
    mask: Mask | None

    def total(self) -> int:
        return len(self.index) if self.mask is None else self.mask.count(1)

    def rows(self, order: Sequence[int]) -> Iterator[int]:
        """Those of the rows of `order` that match."""
        mask = self.mask
        return iter(order) if mask is None else (row for row in order if mask[row])

    def after(self, start: Key | None) -> Iterator[tuple[Key, SearchIndex, int]]:
        """The rows behind a key in the order of the results, as they are needed."""
        sort = self.query.order
        ranking = self.index.ranking(self.text.terms, self.exact)
        key = self.index.key(sort, ranking.rank)
        order = self.index.ordered(sort)
        if sort == "best":
            newest = list(order if self.mask is None else compress(order, self.mask[::-1]))
            rows = ranking.best_first(newest)
            if start is not None:
                ranked = list(rows)
                rows = iter(ranked[bisect_right(ranked, start, key=key) :])
        else:
            first = 0 if start is None else bisect_right(order, start, key=key)
            rows = self.rows(order[first:])
        return ((key(row), self.index, row) for row in rows)


@dataclass(frozen=True)
class SearchSnapshot:
    """All listed problems at one moment: as they were loaded, and those that have changed since.

    replaced: ids whose entries in `base` do not count any more.
    """

    base: SearchIndex
    changed: SearchIndex
    replaced: Collection[int]

    @cached_property
    def _current(self) -> Mask | None:
        """The rows of `base` that still count; None if all do."""
        return self.base.without(_all(self.base), self.base.of_ids(self.replaced)) if self.replaced else None

    def search(
        self,
        query: SearchQuery,
        attempts: Attempts = NO_ATTEMPTS,
        *,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Results:
        """A page of the problems that match. No call. Raises `InvalidInput` for a cursor of another search."""
        start = None if cursor is None else _decoded(cursor, query)
        matches, correction = self._matches_or_corrected(query, attempts)
        total = sum(part.total() for part in matches)
        if not total:
            return Results([], None, 0, near=self._near(query, attempts))
        following = merge(*(part.after(start) for part in matches), key=itemgetter(0))
        page = list(islice(following, limit + 1))
        more = _encoded(page[limit - 1][0], query) if len(page) > limit else None
        return Results([index.summary(row) for _, index, row in page[:limit]], more, total, correction)

    def total(self, query: SearchQuery, attempts: Attempts = NO_ATTEMPTS) -> int:
        """How many problems match, without correction."""
        return sum(part.total() for part in self._matches(query, attempts))

    def random(self, query: SearchQuery, attempts: Attempts = NO_ATTEMPTS) -> ProblemSummary | None:
        """One of the problems that match, each equally likely; None without a match."""
        matches, _ = self._matches_or_corrected(query, attempts)
        chosen = [(part.index, row) for part in matches for row in part.rows(part.index.ordered("oldest"))]
        if not chosen:
            return None
        index, row = random.choice(chosen)  # noqa: S311 (chance, not a secret)
        return index.summary(row)

    def summaries(self, problem_ids: Set[int]) -> dict[int, ProblemSummary]:
        """The listed problems with these ids, by id."""
        return {
            index.ids[row]: index.summary(row)
            for index, mask in self._with_ids(problem_ids)
            for row in compress(range(len(index)), mask)
        }

    def labels(self, problem_ids: Set[int]) -> Iterator[Labels]:
        """Platform, difficulty and tags of the listed problems with these ids."""
        for index, mask in self._with_ids(problem_ids):
            yield from map(index.labels, compress(range(len(index)), mask))

    def of_difficulties(self, platform: str, difficulties: Sequence[str]) -> list[int]:
        """The ids of a platform's problems with one of these difficulties."""
        return [
            problem_id
            for index, current in self._parts()
            for problem_id in compress(
                index.ids, _both(index, index.of_difficulties(platform, difficulties), current)
            )
        ]

    def easiest(self, limit: int | None) -> list[int]:
        """The ids of the easiest problems of all platforms, at most `limit`."""
        query = SearchQuery(sort="easiest")
        parts = [
            _Matches(index, query, _NO_TEXT, b"", current).after(None) for index, current in self._parts()
        ]
        return [index.ids[row] for _, index, row in islice(merge(*parts, key=itemgetter(0)), limit)]

    def _parts(self) -> list[tuple[SearchIndex, Mask | None]]:
        """The indexes, each with the rows that count; None if all do."""
        return [(self.base, self._current), (self.changed, None)]

    def _with_ids(self, problem_ids: Set[int]) -> Iterator[tuple[SearchIndex, Mask]]:
        for index, current in self._parts():
            yield index, _both(index, index.of_ids(problem_ids), current)

    def tag_count(self, tag: str) -> int:
        """How many problems have a tag, by its name in the vocabulary."""
        return sum(index.tag_count(tag, current) for index, current in self._parts())

    def difficulty_count(self, platform: str, difficulty: str) -> int:
        """How many of a platform's problems have a difficulty, both folded."""
        return sum(index.difficulty_count(platform, difficulty, current) for index, current in self._parts())

    def _matches_or_corrected(
        self, query: SearchQuery, attempts: Attempts
    ) -> tuple[list[_Matches], str | None]:
        matches = self._matches(query, attempts)
        if query.text and not any(part.total() for part in matches):
            text = self._corrected(query.text)
            if text is not None:
                corrected_matches = self._matches(replace(query, text=text, sort=query.order), attempts)
                if any(part.total() for part in corrected_matches):
                    return corrected_matches, text
        return matches, None

    def _matches(self, query: SearchQuery, attempts: Attempts) -> list[_Matches]:
        text = ParsedText.of(query.text)
        return [
            _matches_in(self.base, query, text, attempts, self._current),
            _matches_in(self.changed, query, text, attempts, None),
        ]

    def _corrected(self, text: str) -> str | None:
        """The text, its terms that nothing matches replaced by near words; None if one has none, or nothing changes."""
        terms = ParsedText.of(text).terms
        counts = (self.base.word_counts, self.changed.word_counts)
        texts = []
        for term in terms:
            is_known = self.base.has(term) or self.changed.has(term)
            better = term.text if is_known else corrected(term, counts)
            if better is None:
                return None
            texts.append(better)
        joined = " ".join(texts)
        return None if joined == " ".join(term.text for term in terms) else joined

    def _near(self, query: SearchQuery, attempts: Attempts) -> list[Near]:
        """Searches that do without one thing that was asked for, and find something."""
        near: list[Near] = []
        for lifted, relaxed in _relaxed(query):
            total = self.total(relaxed, attempts) if relaxed.is_narrow else 0
            if total:
                near.append(Near(lifted, relaxed, total))
            if len(near) == _MOST_NEAR:
                break
        return near


def _both(index: SearchIndex, mask: Mask, current: Mask | None) -> Mask:
    return mask if current is None else index.both(mask, current)


def _all(index: SearchIndex) -> Mask:
    return b"\x01" * len(index)


def _matches_in(
    index: SearchIndex, query: SearchQuery, text: ParsedText, attempts: Attempts, current: Mask | None
) -> _Matches:
    masks = [] if current is None else [current]
    masks += index.filters(query)
    exact = bytes(len(index)) if text.reference is None else index.referred(text.reference)
    if query.text:
        terms = [index.matching(term) for term in text.terms]
        masks.append(index.either(exact, reduce(index.both, terms)) if terms else exact)
    if query.status is not None:
        masks.append(_with_status(index, query.status, attempts))
    return _Matches(index, query, text, exact, reduce(index.both, masks) if masks else None)


def _with_status(index: SearchIndex, status: Status, attempts: Attempts) -> Mask:
    if status == "attempted":
        return index.of_ids(attempts.attempted)
    if status == "bookmarked":
        return index.of_ids(attempts.bookmarked)
    solved = index.of_ids(attempts.solved)
    return solved if status == "solved" else index.without(_all(index), solved)


def _relaxed(query: SearchQuery) -> Iterator[tuple[Lifted, SearchQuery]]:
    parsed = ParsedText.of(query.text)
    if parsed.reference is not None and parsed.reference.platform is not None:
        yield "number", replace(query, text=parsed.reference.number)
    if len(query.tags) > 1 and not query.any_tag:
        yield "any_tag", replace(query, any_tag=True)
    if query.status is not None:
        yield "status", replace(query, status=None)
    if query.easiest or query.hardest:
        yield "difficulty", replace(query, easiest="", hardest="")
    if query.platform:
        yield "platform", replace(query, platform="")
    if query.tags:
        yield "tags", replace(query, tags=(), any_tag=False)
    if len(parsed.terms) > 1:
        texts = [term.text for term in parsed.terms]
        for i in range(min(len(texts), _MOST_NEAR)):
            yield "word", replace(query, text=" ".join(texts[:i] + texts[i + 1 :]))
    if query.text and query != SearchQuery(text=query.text, sort=query.sort):
        yield "text", replace(query, text="")


def _encoded(key: Key, query: SearchQuery) -> str:
    document = orjson.dumps([query.digest(), *key])
    return CURSOR_PREFIX + base64.urlsafe_b64encode(document).decode("ascii")


def _decoded(cursor: str, query: SearchQuery) -> Key:
    if cursor.startswith(CURSOR_PREFIX):
        digest, *key = orjson.loads(base64.urlsafe_b64decode(cursor.removeprefix(CURSOR_PREFIX)))
        if digest == query.digest():
            return tuple(key)
    raise InvalidInput("the cursor belongs to another search")
