"""The entries of the navigation, for whom they are, and which of them a page belongs to."""

from __future__ import annotations

from typing import NamedTuple

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from web.visitors import Visitor


class Entry(NamedTuple):
    """One entry; `current` is what `aria-current` says, empty for a page of elsewhere."""

    title: str
    address: str
    current: str
    is_apart: bool = False

    @property
    def is_current(self) -> bool:
        """Whether the page is this entry's, or lies below it."""
        return bool(self.current)


def entries(request: HttpRequest, visitor: Visitor) -> list[Entry]:
    """The navigation as this visitor has it."""
    wanted = [("problems", _("Problems")), ("timeline", _("Timeline"))]
    if visitor.is_known:
        wanted.append(("my-runs", _("My runs")))
    if visitor.is_staff:
        wanted.append(("staff", _("Staff")))
    last = ("account", _("Account")) if visitor.is_known else ("sign-in", _("Sign in"))
    found = [_entry(request, name, title) for name, title in wanted]
    return [*found, _entry(request, *last, is_apart=True)]


def _entry(request: HttpRequest, name: str, title: str, *, is_apart: bool = False) -> Entry:
    address = reverse(name)
    if request.path == address:
        current = "page"
    else:
        # The list of problems stands at the root, single problems do not stand below it.
        below = "/problems/" if name == "problems" else address
        current = "true" if request.path.startswith(below) else ""
    return Entry(title, address, current, is_apart)
