"""What keeps a page from being shown: a title, and the next step for whoever reads it."""

from __future__ import annotations


class Unreadable(Exception):
    """Something could not be read. `title` says what, `advice` what to do."""

    def __init__(self, title: str, advice: str) -> None:
        super().__init__(f"{title}: {advice}")
        self.title, self.advice = title, advice
