"""The filters of the problem search. The query string holds all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, cast
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from api.problems.platforms import PLATFORMS, TOPICS
from api.problems.platforms import title_of as platform_title
from api.problems.search.query import MAX_TAGS, SORTS, STATUSES, SearchQuery, Sort, Status
from api.problems.search.results import Near, NotApplied
from api.problems.tag_vocabulary import canonical_tag, tag_title


class FilterLink(NamedTuple):
    """A link that adds a filter to the search, or removes an active one."""

    title: str
    address: str


class Choice(NamedTuple):
    """A value to choose, as the query string and as people have it."""

    value: str
    title: str
    is_chosen: bool


@dataclass(frozen=True)
class ProblemFilters:
    """The filters; an empty text does not filter."""

    words: str = ""
    platform: str = ""
    easiest: str = ""
    hardest: str = ""
    tags: tuple[str, ...] = ()
    any_tag: bool = False
    status: str = ""
    sort: str = ""

    @classmethod
    def of(cls, query: QueryDict) -> ProblemFilters:
        """The filters of a query string; `difficulty` is both ends of the range."""

        def text(name: str) -> str:
            return query.get(name, "").strip()

        tags = [tag.strip() for tag in query.getlist("tag") if tag.strip()]
        status = "unsolved" if query.get("solved") == "hide" else text("status")
        return cls(
            words=text("words"),
            platform=text("platform"),
            easiest=text("difficulty") or text("easiest"),
            hardest=text("difficulty") or text("hardest"),
            tags=tuple({canonical_tag(tag): tag for tag in reversed(tags)}.values())[::-1][: MAX_TAGS + 1],
            any_tag=query.get("match") == "any",
            status=status if status in STATUSES else "",
            sort=text("sort") if text("sort") in SORTS else "",
        )

    def search_query(self) -> SearchQuery:
        """The search that these filters ask for."""
        return SearchQuery(
            self.words, self.platform, self.easiest, self.hardest, self.tags, self.any_tag,
            cast(Status, self.status) if self.status else None, cast(Sort, self.sort) if self.sort else None,
        )  # fmt: skip

    def like(self, query: SearchQuery) -> ProblemFilters:
        """The filters of another search, in the same order."""
        return ProblemFilters(
            query.text, query.platform, query.easiest, query.hardest, query.tags, query.any_tag,
            query.status or "", self.sort,
        )  # fmt: skip

    @property
    def query(self) -> str:
        """The query string with the filters that are set."""
        is_one = self.easiest == self.hardest
        state: list[tuple[str, str]] = [
            ("words", self.words), ("platform", self.platform),
            *((("difficulty", self.easiest),) if is_one else (("easiest", self.easiest), ("hardest", self.hardest))),
            *(("tag", tag) for tag in self.tags),
            ("match", "any" if self.any_tag else ""), ("status", self.status), ("sort", self.sort),
        ]  # fmt: skip
        return urlencode([(name, value) for name, value in state if value])

    def address(self, name: str = "problems", **more: str) -> str:
        """The URL of the search, or of another page with the same filters; `more` is added to the query."""
        query = "&".join(part for part in (self.query, urlencode(more)) if part)
        return f"{reverse(name)}?{query}" if query else reverse(name)

    @property
    def is_narrow(self) -> bool:
        """Whether a filter excludes problems."""
        return self != ProblemFilters(any_tag=self.any_tag, sort=self.sort)

    @property
    def difficulties(self) -> list[tuple[str, tuple[str, ...]]]:
        """The difficulties to choose from, by platform: those of the chosen platform, or all."""
        choices = [
            (platform.title, platform.difficulties) for name, platform in PLATFORMS.items() if self._has(name)
        ]
        listed = {step.casefold() for _title, steps in choices for step in steps}
        # Unlisted difficulties from the URL stay selected.
        unlisted = tuple(
            dict.fromkeys(end for end in (self.easiest, self.hardest) if end and end.casefold() not in listed)
        )
        return [("", unlisted), *choices] if unlisted else choices

    def of_platform(self) -> ProblemFilters:
        """The filters without difficulties that the platform does not have, for a newly chosen platform."""
        chosen = PLATFORMS.get(self.platform.casefold())
        if chosen is None:
            return self
        steps = {step.casefold() for step in chosen.difficulties}
        return replace(
            self, easiest=self.easiest if self.easiest.casefold() in steps else "",
            hardest=self.hardest if self.hardest.casefold() in steps else "",
        )  # fmt: skip

    def _has(self, name: str) -> bool:
        return self.platform.casefold() in ("", name) or self.platform.casefold() not in PLATFORMS

    @property
    def topics(self) -> list[Choice]:
        """The topics to choose from. Selected tags that are no topics come first."""
        chosen = {canonical_tag(tag): tag for tag in self.tags}
        unlisted = [tag for name, tag in chosen.items() if name not in TOPICS]
        return [Choice(tag, title_of_tag(tag), canonical_tag(tag) in chosen) for tag in (*unlisted, *TOPICS)]

    @property
    def platforms(self) -> list[tuple[str, str]]:
        """The platforms to choose from."""
        choices = [(name, platform.title) for name, platform in PLATFORMS.items()]
        if self.platform and self.platform.casefold() not in PLATFORMS:
            choices.append((self.platform, self.platform))
        return choices

    @property
    def statuses(self) -> list[Choice]:
        """Unsolved, attempted, solved, bookmarked."""
        return [Choice(name, title, name == self.status) for name, title in _status_titles().items()]

    @property
    def sorts(self) -> list[Choice]:
        """The orders to choose from; the best match needs words."""
        current = self.search_query().order
        return [
            Choice(name, title, name == current)
            for name, title in sort_titles().items()
            if name != "best" or self.words
        ]

    @property
    def chosen(self) -> list[FilterLink]:
        """The active filters, each with the link that removes it."""
        difficulty = (
            self.easiest if self.easiest == self.hardest else f"{self.easiest or '…'} – {self.hardest or '…'}"
        )
        plain = [
            (f"“{self.words}”" if self.words else "", replace(self, words="")),
            (platform_title(self.platform), replace(self, platform="")),
            (difficulty, replace(self, easiest="", hardest="")),
            *((f"#{title_of_tag(tag)}", self._without_tag(tag)) for tag in self.tags),
            (_status_titles().get(self.status, ""), replace(self, status="")),
        ]
        return [FilterLink(title, filters.address()) for title, filters in plain if title]

    def _without_tag(self, tag: str) -> ProblemFilters:
        return replace(self, tags=tuple(kept_tag for kept_tag in self.tags if kept_tag != tag))

    def with_tag(self, tag: str) -> str:
        """The URL of the same search for a tag as well."""
        names = {canonical_tag(chosen) for chosen in self.tags}
        return replace(self, tags=self.tags if canonical_tag(tag) in names else (*self.tags, tag)).address()

    def with_difficulty(self, difficulty: str) -> str:
        """The URL of the same search for a difficulty."""
        return replace(self, easiest=difficulty, hardest=difficulty).address()


def title_of_tag(tag: str) -> str:
    """A tag in the language of the page."""
    return tag_title(tag, get_language() or "en")


def tag_links(tags: Sequence[str], filters: ProblemFilters) -> list[FilterLink]:
    """A problem's tags in the language of the page, each once, with the search that also asks for it."""
    names = {canonical_tag(tag): tag for tag in tags}
    return [FilterLink(title_of_tag(tag), filters.with_tag(name)) for name, tag in names.items()]


def _status_titles() -> dict[str, str]:
    return {
        "unsolved": _("Unsolved"), "attempted": _("Attempted"), "solved": _("Solved"), "bookmarked": _("Bookmarked"),
    }  # fmt: skip


def sort_titles() -> dict[str, str]:
    """The orders, in the language of the page."""
    return {
        "best": _("Best match"), "newest": _("Newest first"), "oldest": _("Oldest first"),
        "easiest": _("Easiest first"), "hardest": _("Hardest first"), "title": _("By title"),
    }  # fmt: skip


def near_link(near: Near, filters: ProblemFilters) -> FilterLink:
    """A search that finds something, and how it differs."""
    titles = {
        "platform": _("On any platform"),
        "difficulty": _("Of any difficulty"),
        "status": _("Solved or not"),
        "tags": _("With any topics"),
        "any_tag": _("With one of the topics"),
        "number": _("Number %(number)s on other platforms") % {"number": near.query.text},
        "word": _("Only “%(words)s”") % {"words": near.query.text},
        "text": _("Without “%(words)s”") % {"words": filters.words},
    }
    count = ngettext("%(count)s problem", "%(count)s problems", near.total) % {"count": f"{near.total:,}"}
    return FilterLink(f"{titles[near.lifted]}: {count}", filters.like(near.query).address())


def not_applied_titles(names: Sequence[NotApplied]) -> str:
    """What was asked for and not applied, as a list."""
    titles = {
        "difficulty": pgettext("not applied", "a range of difficulties"),
        "tags": pgettext("not applied", "more than one topic"),
        "status": pgettext("not applied", "attempted, solved or bookmarked"),
        "sort": pgettext("not applied", "the order"),
    }
    return ", ".join(titles[name] for name in names)
