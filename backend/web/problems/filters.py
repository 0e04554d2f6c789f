"""What the search for problems is filtered by: the state of the page, all of it in its address."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from api.problems.platforms import PLATFORMS, TOPICS
from api.problems.platforms import title_of as platform_title


class Chosen(NamedTuple):
    """A filter that is on: what it says, and the address of the search without it."""

    title: str
    address: str


class Topic(NamedTuple):
    """A tag to choose, or the one that is chosen."""

    title: str
    is_chosen: bool


@dataclass(frozen=True)
class ProblemFilters:
    """The filters; an empty text asks for nothing."""

    words: str = ""
    platform: str = ""
    difficulty: str = ""
    tag: str = ""
    hide_solved: bool = False
    show_tags: bool = False

    @classmethod
    def of(cls, query: QueryDict) -> ProblemFilters:
        """The filters of an address."""
        return cls(
            words=query.get("words", "").strip(),
            platform=query.get("platform", "").strip(),
            difficulty=query.get("difficulty", "").strip(),
            tag=query.get("tag", "").strip(),
            hide_solved=query.get("solved") == "hide",
            show_tags=query.get("tags") == "show",
        )

    def asked(self) -> dict[str, str]:
        """What the functions of the service are asked for."""
        return {
            "words": self.words, "platform": self.platform, "difficulty": self.difficulty, "tag": self.tag,
        }  # fmt: skip

    @property
    def query(self) -> str:
        """The query of an address that has these filters, without those that ask for nothing."""
        state = self.asked()
        state["solved"] = "hide" if self.hide_solved else ""
        state["tags"] = "show" if self.show_tags else ""
        return urlencode({name: value for name, value in state.items() if value})

    def address(self, name: str = "problems", **more: str) -> str:
        """The address of the search, or of another page that knows filters; `more` goes into its query."""
        query = "&".join(part for part in (self.query, urlencode(more)) if part)
        return f"{reverse(name)}?{query}" if query else reverse(name)

    @property
    def is_narrow(self) -> bool:
        """Whether anything keeps problems out."""
        return self != ProblemFilters(show_tags=self.show_tags)

    @property
    def difficulties(self) -> list[tuple[str, tuple[str, ...]]]:
        """The difficulties to choose from, by platform: the chosen platform's, or all."""
        known = [(one.title, one.difficulties) for name, one in PLATFORMS.items() if self._has(name)]
        listed = any(
            self.difficulty.casefold() == step.casefold() for title, steps in known for step in steps
        )
        # One that came from elsewhere stays chosen, though it is nowhere to be chosen.
        return known if listed or not self.difficulty else [("", (self.difficulty,)), *known]

    def of_platform(self) -> ProblemFilters:
        """The filters without a difficulty that the platform does not know, as when it was just chosen."""
        chosen = PLATFORMS.get(self.platform.casefold())
        if chosen and self.difficulty.casefold() not in {step.casefold() for step in chosen.difficulties}:
            return replace(self, difficulty="")
        return self

    def _has(self, name: str) -> bool:
        return self.platform.casefold() in ("", name) or self.platform.casefold() not in PLATFORMS

    @property
    def topics(self) -> list[Topic]:
        """The topics to choose from; a tag that is none of them stands first while it is chosen."""
        tag = self.tag.casefold()
        others = [self.tag] if tag and tag not in TOPICS else []
        return [Topic(topic, topic.casefold() == tag) for topic in (*others, *TOPICS)]

    @property
    def platforms(self) -> list[tuple[str, str]]:
        """The platforms to choose from."""
        known = [(name, one.title) for name, one in PLATFORMS.items()]
        if self.platform and self.platform.casefold() not in PLATFORMS:
            known.append((self.platform, self.platform))
        return known

    @property
    def chosen(self) -> list[Chosen]:
        """The filters that are on, each with the way to turn it off."""
        titles = {
            "words": f"“{self.words}”",
            "platform": platform_title(self.platform),
            "difficulty": self.difficulty,
            "tag": f"#{self.tag}",
            "hide_solved": _("Unsolved only"),
        }
        plain = ProblemFilters()
        return [
            Chosen(title, replace(self, **{name: getattr(plain, name)}).address())
            for name, title in titles.items()
            if getattr(self, name) != getattr(plain, name)
        ]

    def with_tag(self, tag: str) -> str:
        """The address of the same search for a tag."""
        return replace(self, tag=tag).address()

    def with_difficulty(self, difficulty: str) -> str:
        """The address of the same search for a difficulty."""
        return replace(self, difficulty=difficulty).address()
