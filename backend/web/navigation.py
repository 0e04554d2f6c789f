"""The navigation: which entries a visitor sees, and which one is current."""

from __future__ import annotations

from typing import NamedTuple

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from web.visitors import Visitor


class Entry(NamedTuple):
    """One entry; `current` is the value of `aria-current`, or empty."""

    title: str
    address: str
    current: str
    is_apart: bool = False

    @property
    def is_current(self) -> bool:
        """Whether the page is this entry or lies below it."""
        return bool(self.current)


def entries(request: HttpRequest, visitor: Visitor) -> list[Entry]:
    """The navigation for this visitor."""
    pages = [("problems", _("Problems")), ("timeline", _("Timeline"))]
    if visitor.is_known:
        pages.insert(0, ("home", _("Home")))
        pages.append(("my-runs", _("My runs")))
    if visitor.is_staff:
        pages.append(("staff", _("Staff")))
    last = ("account", _("Account")) if visitor.is_known else ("sign-in", _("Sign in"))
    shared = [_entry(request, name, title) for name, title in pages]
    return [*shared, _entry(request, *last, is_apart=True)]


def _entry(request: HttpRequest, name: str, title: str, *, is_apart: bool = False) -> Entry:
    address = reverse(name)
    if request.path == address:
        current = "page"
    else:
        # The list of problems is at `/`, but single problems are below `/problems/`.
        below = "/problems/" if name == "problems" else address
        current = "true" if request.path.startswith(below) else ""
    return Entry(title, address, current, is_apart)
