"""Lists of problems: all, drafts, by platform, difficulty, tag and words of the title, newest first."""

from __future__ import annotations

import random
from collections.abc import Collection
from typing import Any, cast

from api.dynamodb import keys
from api.dynamodb.cursor import Page, check_limit
from api.dynamodb.entities import SK
from api.dynamodb.errors import InvalidInput
from api.dynamodb.item_size import WireItem
from api.dynamodb.items import CODECS
from api.dynamodb.repositories.base_repository import BaseRepository
from api.dynamodb.repositories.checks import check_text
from api.dynamodb.repositories.merged_pages import LAST_CHARACTER, Listing, Range, merged_page
from api.dynamodb.repositories.records import ProblemSummary
from api.dynamodb.store import QueryPage

_CODEC = CODECS["problem_entry"]
# A random problem is one of so many neighbours in a list.
_NEIGHBOURS = 64


class _Wanted:
    """What a listed problem must be like; names are compared in their normal form."""

    def __init__(
        self, platform: str | None, difficulty: str | None, tag: str | None, words: str | None
    ) -> None:
        self.platform = _normal("platform", platform)
        self.difficulty = _normal("difficulty", difficulty)
        self.tag = _normal("tag", tag)
        found = [] if words is None else keys.title_words(check_text("words", words))
        # The last word may still be being typed: from two characters on, its beginning is enough.
        self.beginning = found.pop() if found and len(found[-1]) >= 2 else None
        self.words = found
        self.asks_for_words = words is not None

    def ranges(self, drafts: bool) -> tuple[list[Range], str | None]:
        """The ranges of the most selective list, and the unfinished word if it is one of those."""
        facet = keys.ALL_PROBLEMS
        if drafts:
            facet = keys.DRAFT_PROBLEMS
        elif self.words:
            word = max(self.words, key=len)
            return [Range(keys.word_pk(word), f"{word}#")], None
        elif self.beginning is not None:
            return [Range(keys.word_pk(self.beginning), self.beginning)], self.beginning
        elif self.tag is not None:
            facet = keys.tag_facet(self.tag)
        elif self.difficulty is not None:
            facet = keys.difficulty_facet(self.difficulty)
        elif self.platform is not None:
            facet = keys.platform_facet(self.platform)
        return [Range(pk) for pk in facet.partitions()], None

    def matches(self, entry: dict[str, Any], title_words: list[str]) -> bool:
        """Whether a listed problem is wanted."""
        if self.platform is not None and keys.normal_name(entry["platform"]) != self.platform:
            return False
        if self.difficulty is not None and keys.normal_name(entry["difficulty"] or "") != self.difficulty:
            return False
        if self.tag is not None and self.tag not in (entry["tags"] or ()):
            return False
        beginning = self.beginning
        return all(word in title_words for word in self.words) and (
            beginning is None or any(word.startswith(beginning) for word in title_words)
        )


def _normal(name: str, value: str | None) -> str | None:
    if value is None:
        return None
    text = keys.normal_name(check_text(name, value))
    if not text:
        raise InvalidInput(f"{name} is empty")
    return text


class ProblemLists(BaseRepository):
    """The part of the problem repository that lists and finds problems."""

    def list_problems(
        self,
        *,
        platform: str | None = None,
        difficulty: str | None = None,
        tag: str | None = None,
        words: str | None = None,
        drafts: bool = False,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[ProblemSummary]:
        """Problems that are not deleted and match everything given, newest first, ties by greater id.

        Completed problems, or with `drafts` those that are not complete yet. Letter case does not matter.
        `words` are words of the title in any order; the last one matches as a beginning if it has two
        characters or more. Found by one unfinished word alone, problems come by that word (from the
        end of the alphabet), newest first within it.

        The narrowest list is read (word, tag, difficulty, platform, all) and the rest is compared with
        its entries; at most 500 entries are looked at, so a page may come back short or empty with a
        cursor. One Query for a word, tag or drafts and four for the others: each 0.5 RCU for 4 KB,
        about 15 problems. The lists are eventually consistent. Raises `InvalidInput`.
        """
        check_limit(limit)
        wanted = _Wanted(platform, difficulty, tag, words)
        if wanted.asks_for_words and not wanted.words and wanted.beginning is None:
            return Page([], None)
        ranges, beginning = wanted.ranges(drafts)
        parameters = {
            "platform": wanted.platform, "difficulty": wanted.difficulty, "tag": wanted.tag,
            "words": [*wanted.words, wanted.beginning], "drafts": bool(drafts),
        }  # fmt: skip
        asked = sum(value is not None for value in (wanted.platform, wanted.difficulty, wanted.tag))
        asked += len(wanted.words) + (wanted.beginning is not None)
        listing = Listing("problems", parameters, "problem_entry", ranges, filtered=asked > (not drafts))

        def accept(position: str, item: WireItem) -> ProblemSummary | None:
            entry = _CODEC.decode(item)
            title_words = keys.title_words(entry["title"])
            if not wanted.matches(entry, title_words):
                return None
            if beginning is not None:
                # A title with several such words stands here several times; the first one met counts.
                word = (beginning + position).rsplit("#", 2)[0]
                if word != max(w for w in title_words if w.startswith(beginning)):
                    return None
            return _summary(entry)

        return merged_page(self._store, listing, accept, limit=limit, cursor=cursor)

    def random_problem(
        self,
        *,
        platform: str | None = None,
        difficulty: str | None = None,
        tag: str | None = None,
        excluding: Collection[int] = (),
    ) -> ProblemSummary | None:
        """Some completed problem that matches everything given and is not `excluding` (ids); None if none is found.

        Of the narrowest list (tag, difficulty, platform, all) one partition is taken by chance. Up to 64 entries of
        it are read from a random moment between its oldest and its newest on, and one that matches is chosen;
        where none does, the next partition is tried. In a partition of up to 64 every match is as likely. In a
        longer one a problem is the likelier the fewer were added about when it was: of many added at once the
        first 64 come most. None can therefore also mean that what matches was out of reach.
        One Query for a partition of up to 64 entries, three for a longer one, whatever its size: 0.5 RCU for each
        4 KB, about 15 entries, so at most 5.5 RCU; four times that if nothing matches in a list of four partitions.
        """
        wanted = _Wanted(platform, difficulty, tag, None)
        ranges, _ = wanted.ranges(drafts=False)
        without = set(excluding)
        for part in random.sample(ranges, len(ranges)):
            entries = map(_CODEC.decode, self._some_of(part.pk))
            found = [e for e in entries if e["problem_id"] not in without and wanted.matches(e, [])]
            if found:
                return _summary(random.choice(found))  # noqa: S311
        return None

    def _some_of(self, pk: str) -> list[WireItem]:
        """Up to 64 entries of a partition, from a random place on; at its end it goes on at the beginning."""
        first = self._entries(pk)
        if first.last_key is None:
            return first.items
        newest = self._entries(pk, forward=False, limit=1).items[0]
        oldest = next((item for item in first.items if not _is_timeless(item)), first.items[0])
        place = keys.place_between(oldest[SK]["S"], newest[SK]["S"], random.random())  # noqa: S311
        found = self._entries(pk, sort=(place, LAST_CHARACTER)).items
        return found + first.items[: _NEIGHBOURS - len(found)]

    def _entries(self, pk: str, **how: Any) -> QueryPage:
        return self._store.query(pk, entity="problem_entry", **{"limit": _NEIGHBOURS, **how})


def _is_timeless(item: WireItem) -> bool:
    """Whether the problem has no time, and so stands before all others as if it were 2,000 years old."""
    return str(item[SK]["S"]).startswith(keys.NO_TIME)


def _summary(entry: dict[str, Any]) -> ProblemSummary:
    return cast(ProblemSummary, {**entry, "tags": sorted(entry["tags"] or ())})
