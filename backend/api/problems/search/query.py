"""What is searched for: the text, the filters and the order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal, get_args

from api.dynamodb.schema.folding import folded
from api.problems.references import Reference, named_platform, reference_in
from api.problems.tag_vocabulary import canonical_tag, named_tag

Status = Literal["unsolved", "attempted", "solved", "bookmarked"]
Sort = Literal["best", "newest", "oldest", "easiest", "hardest", "title"]
STATUSES: tuple[Status, ...] = get_args(Status)
SORTS: tuple[Sort, ...] = get_args(Sort)
MAX_TAGS = 8
# Long enough for a pasted address.
MAX_TEXT = 300
_WORD = re.compile(r"[^\W_]+")
# A tag's name has at most so many words.
_PHRASE = 4
_MOST_TERMS = 8


@dataclass(frozen=True)
class SearchQuery:
    """A search; empty fields do not filter.

    easiest, hardest: the ends of a range of difficulties, as the platform writes them, both included; both are of
    the scale of `platform`, or of the platform whose scale has them.
    any_tag: one of the tags is enough. sort: None for the best match of a text, the newest without one.
    """

    text: str = ""
    platform: str = ""
    easiest: str = ""
    hardest: str = ""
    tags: tuple[str, ...] = ()
    any_tag: bool = False
    status: Status | None = None
    sort: Sort | None = None

    @property
    def order(self) -> Sort:
        """The order of the results."""
        if self.sort is None or (self.sort == "best" and not self.text):
            return "best" if self.text else "newest"
        return self.sort

    @property
    def is_narrow(self) -> bool:
        """Whether anything is asked for but an order."""
        return bool(self.text or self.platform or self.easiest or self.hardest or self.tags or self.status)

    def digest(self) -> str:
        """Identifies the search in the cursors of its pages."""
        fields = (self.text, self.platform, self.easiest, self.hardest, sorted(map(canonical_tag, self.tags)),
                  self.any_tag, self.status, self.order)  # fmt: skip
        return blake2b(repr(fields).encode(), digest_size=8).hexdigest()


@dataclass(frozen=True)
class Term:
    """A word of the text, or several that name one tag.

    words: as they stand in a title. tag, platform: what the term names, so that their problems match too.
    """

    words: tuple[str, ...]
    tag: str | None = None
    platform: str | None = None

    @property
    def text(self) -> str:
        """The words."""
        return " ".join(self.words)


def words_of(text: str) -> list[str]:
    """The words of a text, folded, in order."""
    return _WORD.findall(folded(text, "NFKC"))


@dataclass(frozen=True)
class ParsedText:
    """What a text asks for: a problem by its number, and terms that all have to match."""

    reference: Reference | None
    terms: tuple[Term, ...]

    @classmethod
    def of(cls, text: str) -> ParsedText:
        """The meaning of a typed text."""
        reference = reference_in(text)
        if reference is not None and reference.is_certain:
            return cls(reference, ())
        return cls(reference, tuple(_terms(words_of(text)[:_MOST_TERMS])))


def _terms(words: Sequence[str]) -> list[Term]:
    terms: list[Term] = []
    start = 0
    while start < len(words):
        for end in range(min(len(words), start + _PHRASE), start, -1):
            phrase = tuple(words[start:end])
            tag = named_tag("".join(phrase))
            if tag is not None or end == start + 1:
                terms.append(Term(phrase, tag, named_platform(phrase[0]) if len(phrase) == 1 else None))
                start = end
                break
    return terms
