"""What a listed problem has to match, and which list is read to find it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

from api.dynamodb.codec.codec import Record
from api.dynamodb.errors import InvalidInput
from api.dynamodb.schema import keys
from api.dynamodb.schema.key_rules import PROBLEM_RULES, ProblemRules
from api.dynamodb.schema.templates import ShardedList
from api.dynamodb.table.argument_checks import check_text
from api.dynamodb.table.merged_pages import Range


class ProblemFilter:
    """The criteria of a list. Names and words are compared by today's rules.

    A problem that earlier rules listed under another key is found there too, except by a prefix of a word: the
    words of two versions have no common order.
    """

    def __init__(
        self, platform: str | None, difficulty: str | None, tag: str | None, words: str | None = None
    ) -> None:
        self._texts = tag, difficulty, platform
        self.platform = _normal_name("platform", platform)
        self.difficulty = _normal_name("difficulty", difficulty)
        self.tag = _normal_name("tag", tag)
        self._text = None if words is None else check_text("words", words)
        self.words, self.prefix = _searched_words(PROBLEM_RULES.current, self._text)
        self.matches_nothing = words is not None and not self.words and self.prefix is None

    @property
    def parameters(self) -> dict[str, Any]:
        """What identifies the query of a list."""
        return {
            "platform": self.platform, "difficulty": self.difficulty, "tag": self.tag,
            "words": [*self.words, self.prefix],
        }  # fmt: skip

    def criteria(self) -> int:
        """How many criteria there are."""
        names = sum(value is not None for value in (self.platform, self.difficulty, self.tag, self.prefix))
        return names + len(self.words)

    def ranges(
        self, drafts: bool, partitions: Callable[[ShardedList], list[str]]
    ) -> tuple[list[Range], str | None]:
        """The ranges of the most selective list, and the prefix if that list is ordered by word.

        partitions: the partitions from which a list is read.
        """

        def of(lists: Iterable[ShardedList]) -> list[Range]:
            return list(dict.fromkeys(Range(pk) for entries in lists for pk in partitions(entries)))

        if drafts:
            return of([keys.DRAFT_PROBLEMS]), None
        versions = PROBLEM_RULES.newest_first()
        if self.words:
            return list(dict.fromkeys(self._word_ranges(versions))), None
        if self.prefix is not None:
            return [Range(keys.word_pk(self.prefix), self.prefix)], self.prefix
        tag, difficulty, platform = self._texts
        if tag is not None:
            # Entries are listed by a tag's form for comparisons, not by its spelling.
            return of(rules.tag_list(rules.fold_name(tag)) for rules in versions), None
        if difficulty is not None:
            return of(rules.difficulty_list(difficulty) for rules in versions), None
        if platform is not None:
            return of(rules.platform_list(platform) for rules in versions), None
        return of([keys.ALL_PROBLEMS]), None

    def _word_ranges(self, versions: Iterable[ProblemRules]) -> Iterable[Range]:
        """The entries of the longest word, by each version."""
        for rules in versions:
            words, _ = _searched_words(rules, self._text)
            if words:
                longest = max(words, key=len)
                yield Range(keys.word_pk(longest), f"{longest}#")

    def matches(self, entry: Record, title_words: Collection[str]) -> bool:
        """Whether a listed problem matches every criterion."""
        fold_name = PROBLEM_RULES.current.fold_name
        if self.platform is not None and fold_name(entry["platform"]) != self.platform:
            return False
        if self.difficulty is not None and fold_name(entry["difficulty"] or "") != self.difficulty:
            return False
        tags = entry["tags"] or ()
        # An entry has its tags in the form of the rules that listed it.
        if self.tag is not None and self.tag not in tags and self.tag not in map(fold_name, tags):
            return False
        prefix = self.prefix
        return all(title_word in title_words for title_word in self.words) and (
            prefix is None or any(title_word.startswith(prefix) for title_word in title_words)
        )


def _searched_words(rules: ProblemRules, text: str | None) -> tuple[list[str], str | None]:
    """The words that are searched for; the last one is a prefix if it has two characters: it may be unfinished."""
    words = [] if text is None else rules.title_words(text)
    return (words[:-1], words[-1]) if words and len(words[-1]) >= 2 else (words, None)


def _normal_name(name: str, value: str | None) -> str | None:
    if value is None:
        return None
    text = PROBLEM_RULES.current.fold_name(check_text(name, value))
    if not text:
        raise InvalidInput(f"{name} is empty")
    return text
