"""The search index of a list of problems: columns by row, in the order of the list, and the rows of tags and letters.

A search makes masks, one byte for each row, and joins them. Measured by `make bench-search`.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import reduce
from itertools import chain
from typing import Any, NamedTuple

import orjson

from api.dynamodb.schema.entities import PROBLEM_ENTRY
from api.dynamodb.schema.folding import folded_name
from api.dynamodb.schema.records import ProblemSummary
from api.dynamodb.table.problem_index import ProblemIndex
from api.problems.platforms import PLATFORMS, platform_with, step_of
from api.problems.references import Reference
from api.problems.search.query import SearchQuery, Sort, Term, words_of
from api.problems.tag_vocabulary import canonical_tag

_PLATFORM, _NUMBER, _TITLE, _DIFFICULTY, _TAGS, _CREATED = map(
    PROBLEM_ENTRY.short, ("platform", "problem_number", "title", "difficulty", "tags", "created_at")
)
# Stands before the title in a row's text, and between it and the number.
_BREAK = "\n"
_UNKNOWN = 2.0
_NO_TIME = -(2**62)

Key = tuple[Any, ...]
Mask = bytes


class Ranking:
    """How well rows match: 0 by number, then the whole title, its beginning, beginnings of words, parts, tags alone.

    levels: for each of those in the middle the columns and the texts that all have to be in them.
    """

    def __init__(self, exact: Mask, levels: Sequence[Sequence[tuple[list[str], str]]]) -> None:
        self._exact, self._levels = exact, levels

    def rank(self, row: int) -> int:
        """The rank of a row."""
        if self._exact[row]:
            return 0
        for rank, level in enumerate(self._levels, 1):
            if all(needle in column[row] for column, needle in level):
                return rank
        return len(self._levels) + 1

    def best_first(self, rows: list[int]) -> Iterator[int]:
        """The rows by rank, those of one rank in the order in which they come; each rank when it is needed."""
        exact = self._exact
        yield from (row for row in rows if exact[row]) if 1 in exact else ()
        unranked = [row for row in rows if not exact[row]] if 1 in exact else rows
        for level in self._levels:
            chosen = unranked
            for column, needle in level:
                chosen = [row for row in chosen if needle in column[row]]
            yield from chosen
            if chosen:
                ranked = set(chosen)
                unranked = [row for row in unranked if row not in ranked]
        yield from unranked


class Labels(NamedTuple):
    """Where a problem belongs: platform and difficulty, folded, and its tags by their names in the vocabulary."""

    platform: str
    difficulty: str
    tags: frozenset[str]


class SearchIndex:
    """The problems of a `ProblemIndex`, prepared for search. It never changes; orders are made when first asked for."""

    def __init__(self, source: ProblemIndex) -> None:
        self.source = source
        self.ids = source.ids
        self.word_counts: Counter[str] = Counter()
        self._created = array("q")
        self._levels = array("d")
        self._texts: list[str] = []
        self._squeezed: list[str] = []
        # Rows by two neighbouring letters of a text.
        self._pairs: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))
        self._platforms: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))
        self._difficulties: defaultdict[tuple[str, str], array[int]] = defaultdict(lambda: array("I"))
        self._tags: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))
        self._orders: dict[Sort, Sequence[int]] = {}
        for row, packed in enumerate(source.rows):
            self._add(row, orjson.loads(packed))

    def __len__(self) -> int:
        return len(self._texts)

    def _add(self, row: int, entry: Any) -> None:
        title = entry[_TITLE]["S"]
        words = words_of(title)
        self.word_counts.update(words)
        text = f"{_BREAK} {' '.join(words)} {_BREAK}{folded_name(entry[_NUMBER]['S'])}"
        squeezed = "" if title.isascii() else f"{''.join(words)} "
        self._texts.append(text)
        self._squeezed.append(squeezed)
        for pair in {column[i : i + 2] for column in (text, squeezed) for i in range(len(column) - 1)}:
            self._pairs[pair].append(row)
        self._created.append(int(entry[_CREATED]["N"]) if "N" in entry.get(_CREATED, ()) else _NO_TIME)
        platform = folded_name(entry[_PLATFORM]["S"])
        difficulty = folded_name(entry.get(_DIFFICULTY, {}).get("S", ""))
        self._platforms[platform].append(row)
        if difficulty:
            self._difficulties[platform, difficulty].append(row)
        self._levels.append(_level(platform, difficulty))
        for tag in {canonical_tag(tag) for tag in entry.get(_TAGS, {}).get("SS", ())}:
            self._tags[tag].append(row)

    def summary(self, row: int) -> ProblemSummary:
        """The problem of a row, as lists show it."""
        return self.source.summary(row)

    def tag_count(self, tag: str, current: Mask | None = None) -> int:
        """How many problems have a tag, by its name in the vocabulary; `current` has the rows that count."""
        return _count(self._tags.get(tag, ()), current)

    def difficulty_count(self, platform: str, difficulty: str, current: Mask | None = None) -> int:
        """How many of a platform's problems have a difficulty, both folded; `current` has the rows that count."""
        return _count(self._difficulties.get((platform, difficulty), ()), current)

    def labels(self, row: int) -> Labels:
        """Platform, difficulty and tags of a row."""
        entry = orjson.loads(self.source.rows[row])
        return Labels(
            folded_name(entry[_PLATFORM]["S"]),
            folded_name(entry.get(_DIFFICULTY, {}).get("S", "")),
            frozenset(canonical_tag(tag) for tag in entry.get(_TAGS, {}).get("SS", ())),
        )

    def of_difficulties(self, platform: str, difficulties: Iterable[str]) -> Mask:
        """The rows of a platform with one of these difficulties."""
        names = [(folded_name(platform), folded_name(difficulty)) for difficulty in difficulties]
        return self.mask(chain.from_iterable(self._difficulties.get(name, ()) for name in names))

    # Masks

    def mask(self, rows: Iterable[int]) -> Mask:
        """The mask of some rows."""
        mask = bytearray(len(self))
        for row in rows:
            mask[row] = 1
        return bytes(mask)

    def both(self, left: Mask, right: Mask) -> Mask:
        """The rows of both masks."""
        return (int.from_bytes(left) & int.from_bytes(right)).to_bytes(len(self))

    def either(self, left: Mask, right: Mask) -> Mask:
        """The rows of either mask."""
        return (int.from_bytes(left) | int.from_bytes(right)).to_bytes(len(self))

    def without(self, left: Mask, right: Mask) -> Mask:
        """The rows of the first mask that are not of the second one."""
        return (int.from_bytes(left) & ~int.from_bytes(right)).to_bytes(len(self))

    def of_ids(self, ids: Collection[int]) -> Mask:
        """The rows of problems with these ids."""
        return bytes(map(ids.__contains__, self.ids)) if ids else bytes(len(self))

    def filters(self, query: SearchQuery) -> Iterator[Mask]:
        """A mask for each filter of a search that needs no more than the lists: platform, difficulties, tags."""
        if query.platform:
            yield self.mask(self._platforms.get(folded_name(query.platform), ()))
        if query.easiest or query.hardest:
            yield self.mask(self._in_range(query))
        tags = [self._tags.get(canonical_tag(tag), ()) for tag in query.tags]
        if query.any_tag and tags:
            yield self.mask(chain.from_iterable(tags))
        else:
            yield from map(self.mask, tags)

    def _in_range(self, query: SearchQuery) -> Iterable[int]:
        """The rows between two difficulties of one scale; of a name that is on no scale, those that have that name."""
        easiest, hardest = folded_name(query.easiest), folded_name(query.hardest)
        platform = folded_name(query.platform) or platform_with(easiest or hardest) or ""
        ends = [step_of(platform, end) for end in (easiest, hardest) if end]
        if None in ends:
            chosen = [key for key in self._difficulties if key[1] in (easiest, hardest)]
        else:
            low = step_of(platform, easiest) or 0
            high = step_of(platform, hardest) if hardest else len(PLATFORMS[platform].difficulties)
            steps = range(low, (high or 0) + 1)
            chosen = [key for key in self._difficulties if key[0] == platform and step_of(*key) in steps]
        return chain.from_iterable(self._difficulties[key] for key in chosen)

    def referred(self, reference: Reference) -> Mask:
        """The rows that have exactly this number."""
        ending, texts = f"{_BREAK}{reference.number}", self._texts
        rows = self.mask(row for row in self._candidates(ending) if texts[row].endswith(ending))
        if reference.platform is None:
            return rows
        return self.both(rows, self.mask(self._platforms.get(reference.platform, ())))

    def matching(self, term: Term) -> Mask:
        """The rows whose title, number, tags or platform match a term."""
        masks = [self.mask(self._with_word(word)) for word in term.words]
        mask = reduce(self.both, masks)
        named = self._tags.get(term.tag or "", ()), self._platforms.get(term.platform or "", ())
        return self.either(mask, self.mask(chain(*named))) if any(named) else mask

    def _with_word(self, word: str) -> Iterator[int]:
        """The rows whose title or number has a word."""
        column, needle = self._column(word)
        if len(needle) == 1:
            return iter(self._candidates(needle))
        if needle[0].isdecimal() and needle.isascii():
            # A number is not looked for in the middle of another one.
            starts, number = f" {needle}", f"{_BREAK}{needle}"
            return (row for row in self._candidates(needle) if starts in column[row] or number in column[row])
        return (row for row in self._candidates(needle) if needle in column[row])

    def _column(self, word: str) -> tuple[list[str], str]:
        """The column in which a word is looked for, and the text that is looked for."""
        if not word.isascii():
            return self._squeezed, word
        # One letter is the beginning of a word.
        return self._texts, f" {word}" if len(word) == 1 else word

    def _candidates(self, needle: str) -> Iterable[int]:
        """Rows among which are all that have the text: those of its rarest pair of letters."""
        if len(needle) == 1:
            return chain.from_iterable(rows for pair, rows in self._pairs.items() if pair[0] == needle)
        pairs = {needle[i : i + 2] for i in range(len(needle) - 1)}
        return min((self._pairs.get(pair, ()) for pair in pairs), key=len)

    def has(self, term: Term) -> bool:
        """Whether any problem matches the term."""
        return 1 in self.matching(term)

    # Order

    def ordered(self, sort: Sort) -> Sequence[int]:
        """All rows in an order; for the best match, the newest first."""
        if sort == "oldest":
            return range(len(self))
        if sort in ("newest", "best"):
            return range(len(self) - 1, -1, -1)
        if sort not in self._orders:
            self._orders[sort] = array("I", sorted(range(len(self)), key=self.key(sort, _no_rank)))
        return self._orders[sort]

    def ranking(self, terms: Sequence[Term], exact: Mask) -> Ranking:
        """How rows rank as matches of the terms; `exact` has the rows that the text refers to by their number."""
        words = [word for term in terms for word in term.words]
        texts, beginning = self._texts, f"{_BREAK} {' '.join(words)}"
        levels = [
            [(texts, f"{beginning} {_BREAK}")],
            [(texts, beginning)],
            [(texts, f" {word}") for word in words],
            [self._column(word) for word in words],
        ]
        return Ranking(exact, levels)

    def key(self, sort: Sort, rank: Callable[[int], int]) -> Callable[[int], Key]:
        """The key of a row in an order, the same in every index. `rank` is that of the best match."""
        created, ids, levels, texts = self._created, self.ids, self._levels, self._texts

        def newest(row: int) -> Key:
            return -created[row], -ids[row]

        match sort:
            case "newest":
                return newest
            case "oldest":
                return lambda row: (created[row], ids[row])
            case "easiest":
                return lambda row: (levels[row], *newest(row))
            case "hardest":
                return lambda row: (-levels[row] if levels[row] < _UNKNOWN else _UNKNOWN, *newest(row))
            case "title":
                return lambda row: (texts[row], *newest(row))
        return lambda row: (rank(row), *newest(row))


def _level(platform: str, difficulty: str) -> float:
    """The position of a difficulty on its scale, from 0 to 1; 2 if it is unknown."""
    step = step_of(platform, difficulty)
    return _UNKNOWN if step is None else step / (len(PLATFORMS[platform].difficulties) - 1)


def _count(rows: Sequence[int], current: Mask | None) -> int:
    return len(rows) if current is None else sum(current[row] for row in rows)


def _no_rank(row: int) -> int:
    return 0
