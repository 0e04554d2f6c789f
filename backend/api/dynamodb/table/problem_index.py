"""The lists of problems and of the words of their titles, in memory, with the keys that they have in the table."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import cast

import orjson

from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.items import CODECS
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import PK, PROBLEM_ENTRY, SK
from api.dynamodb.schema.key_rules import PROBLEM_RULES
from api.dynamodb.schema.records import ProblemSummary

_ID, _PLATFORM, _TITLE = map(PROBLEM_ENTRY.short, ("problem_id", "platform", "title"))
_DIFFICULTY, _TAGS = map(PROBLEM_ENTRY.short, ("difficulty", "tags"))

Rows = Sequence[int]


class ProblemIndex:
    """Problems that are listed, by every list that has an entry of them. Never changes.

    items: entries of the list of all problems, in DynamoDB's JSON form. One that is moved between shards comes twice.

    A problem takes one row, in the order of the lists; a list is an array of row numbers. So 50,000 problems take
    about 25 MB. Every list has one partition here, shard 0, whatever it has in the table.
    """

    def __init__(self, items: Iterable[WireItem]) -> None:
        packed_items = {item[SK]["S"]: _packed(item) for item in items}
        self._positions = sorted(packed_items)
        self.rows = [packed_items[position] for position in self._positions]
        self.ids = array("q")
        lists: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))
        words: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))
        list_keys = _ListKeys()
        for number, packed in enumerate(self.rows):
            item = orjson.loads(packed)
            self.ids.append(int(item[_ID]["N"]))
            for pk in list_keys.of(item):
                lists[pk].append(number)
            for word in PROBLEM_RULES.current.title_words(item[_TITLE]["S"]):
                words[word].append(number)
        self._lists, self._words = dict(lists), dict(words)
        self._words_of: dict[str, list[str]] = {}
        for word in sorted(words):
            self._words_of.setdefault(keys.word_pk(word), []).append(word)

    def __len__(self) -> int:
        return len(self.rows)

    def entries(
        self, pk: str, low: str, high: str, *, forward: bool, skips: Callable[[int], bool]
    ) -> Iterator[tuple[str, int]]:
        """(sort key, row) of a partition's entries from `low` to `high`, both included, in order.

        skips: tells by a problem's id whether its entries are left out.
        """
        words = self._words_of.get(pk)
        if words is None:
            parts = [("", self._lists.get(pk, array("I")))]
        else:
            first = max(0, bisect_left(words, low.partition("#")[0]))
            last = bisect_right(words, high.partition("#")[0])
            parts = [(f"{word}#", self._words[word]) for word in words[first:last]]
        for prefix, rows in parts if forward else reversed(parts):
            start = bisect_left(rows, low, key=lambda row, p=prefix: p + self._positions[row])  # type: ignore[misc]
            end = bisect_right(rows, high, key=lambda row, p=prefix: p + self._positions[row])  # type: ignore[misc]
            numbers = range(start, end) if forward else range(end - 1, start - 1, -1)
            for number in numbers:
                row = rows[number]
                if not skips(self.ids[row]):
                    yield prefix + self._positions[row], row

    def item(self, row: int, pk: str, sk: str) -> WireItem:
        """The entry of a row with a key, as the table has it."""
        return {**orjson.loads(self.rows[row]), PK: {"S": pk}, SK: {"S": sk}}

    def summary(self, row: int) -> ProblemSummary:
        """The problem of a row, as lists show it."""
        entry = CODECS["problem_entry"].decode(orjson.loads(self.rows[row]))
        return cast(ProblemSummary, {**entry, "tags": sorted(entry["tags"] or ())})

    def rows_without(self, skips: Callable[[int], bool]) -> Iterator[bytes]:
        """The rows, without those of the problems that are left out."""
        return (row for row, problem_id in zip(self.rows, self.ids, strict=True) if not skips(problem_id))


def _packed(item: WireItem) -> bytes:
    """An entry without its key, as JSON; the order of its tags means nothing."""
    fields = {name: value for name, value in item.items() if name not in (PK, SK)}
    if _TAGS in fields:
        fields[_TAGS] = {"SS": sorted(cast("list[str]", fields[_TAGS]["SS"]))}
    # The view is copied because orjson's own bytes keep a buffer of 4 KB.
    return bytes(memoryview(orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)))


class _ListKeys:
    """The partition keys of a problem's lists; each is built once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], str] = {}

    def of(self, item: WireItem) -> Iterator[str]:
        """All, the platform's, the difficulty's and the tags'."""
        rules = PROBLEM_RULES.current
        yield keys.ALL_PROBLEMS.pk(0)
        names = [(_PLATFORM, item[_PLATFORM]["S"])]
        names += [(_DIFFICULTY, item[_DIFFICULTY]["S"])] if item.get(_DIFFICULTY, {}).get("S") else []
        names += [(_TAGS, tag) for tag in item.get(_TAGS, {}).get("SS", ())]
        lists = {_PLATFORM: rules.platform_list, _DIFFICULTY: rules.difficulty_list, _TAGS: rules.tag_list}
        listed = set[str]()
        for name in names:
            pk = self._known.get(name)
            if pk is None:
                pk = self._known[name] = lists[name[0]](name[1]).pk(0)
            if pk not in listed:
                listed.add(pk)
                yield pk
