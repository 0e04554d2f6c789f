"""The filters of the problem search. The query string holds all of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from api.problems.platforms import PLATFORMS, TOPICS
from api.problems.platforms import title_of as platform_title


class FilterLink(NamedTuple):
    """A link that adds a filter to the search, or removes an active one."""

    title: str
    address: str


class Topic(NamedTuple):
    """A tag to choose, or the selected one."""

    title: str
    is_chosen: bool


@dataclass(frozen=True)
class ProblemFilters:
    """The filters; an empty text does not filter."""

    words: str = ""
    platform: str = ""
    difficulty: str = ""
    tag: str = ""
    hide_solved: bool = False
    show_tags: bool = False

    @classmethod
    def of(cls, query: QueryDict) -> ProblemFilters:
        """The filters of a query string."""
        return cls(
            words=query.get("words", "").strip(),
            platform=query.get("platform", "").strip(),
            difficulty=query.get("difficulty", "").strip(),
            tag=query.get("tag", "").strip(),
            hide_solved=query.get("solved") == "hide",
            show_tags=query.get("tags") == "show",
        )

    def asked(self) -> dict[str, str]:
        """The arguments for the search functions."""
        return {
            "words": self.words, "platform": self.platform, "difficulty": self.difficulty, "tag": self.tag,
        }  # fmt: skip

    @property
    def query(self) -> str:
        """The query string with the filters that are set."""
        state = self.asked()
        state["solved"] = "hide" if self.hide_solved else ""
        state["tags"] = "show" if self.show_tags else ""
        return urlencode({name: value for name, value in state.items() if value})

    def address(self, name: str = "problems", **more: str) -> str:
        """The URL of the search, or of another page with the same filters; `more` is added to the query."""
        query = "&".join(part for part in (self.query, urlencode(more)) if part)
        return f"{reverse(name)}?{query}" if query else reverse(name)

    @property
    def is_narrow(self) -> bool:
        """Whether a filter excludes problems."""
        return self != ProblemFilters(show_tags=self.show_tags)

    @property
    def difficulties(self) -> list[tuple[str, tuple[str, ...]]]:
        """The difficulties to choose from, by platform: those of the chosen platform, or all."""
        choices = [
            (platform.title, platform.difficulties) for name, platform in PLATFORMS.items() if self._has(name)
        ]
        listed = any(
            self.difficulty.casefold() == step.casefold() for title, steps in choices for step in steps
        )
        # An unlisted difficulty from the URL stays selected.
        return choices if listed or not self.difficulty else [("", (self.difficulty,)), *choices]

    def of_platform(self) -> ProblemFilters:
        """The filters without a difficulty that the platform does not have, for a newly chosen platform."""
        chosen = PLATFORMS.get(self.platform.casefold())
        if chosen and self.difficulty.casefold() not in {step.casefold() for step in chosen.difficulties}:
            return replace(self, difficulty="")
        return self

    def _has(self, name: str) -> bool:
        return self.platform.casefold() in ("", name) or self.platform.casefold() not in PLATFORMS

    @property
    def topics(self) -> list[Topic]:
        """The topics to choose from. A selected tag that is not a topic comes first."""
        tag = self.tag.casefold()
        unlisted = [self.tag] if tag and tag not in TOPICS else []
        return [Topic(topic, topic.casefold() == tag) for topic in (*unlisted, *TOPICS)]

    @property
    def platforms(self) -> list[tuple[str, str]]:
        """The platforms to choose from."""
        choices = [(name, platform.title) for name, platform in PLATFORMS.items()]
        if self.platform and self.platform.casefold() not in PLATFORMS:
            choices.append((self.platform, self.platform))
        return choices

    @property
    def chosen(self) -> list[FilterLink]:
        """The active filters, each with the link that removes it."""
        titles = {
            "words": f"“{self.words}”",
            "platform": platform_title(self.platform),
            "difficulty": self.difficulty,
            "tag": f"#{self.tag}",
            "hide_solved": _("Unsolved only"),
        }
        plain = ProblemFilters()
        return [
            FilterLink(title, replace(self, **{name: getattr(plain, name)}).address())
            for name, title in titles.items()
            if getattr(self, name) != getattr(plain, name)
        ]

    def with_tag(self, tag: str) -> str:
        """The URL of the same search for a tag."""
        return replace(self, tag=tag).address()

    def with_difficulty(self, difficulty: str) -> str:
        """The URL of the same search for a difficulty."""
        return replace(self, difficulty=difficulty).address()
