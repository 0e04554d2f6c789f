"""Who is visiting a page: found out by the session cookie, once, and only when the page asks."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from api.accounts.identity import NOBODY, Identity
from api.accounts.sign_in import page_session
from api.dynamodb.clock import utc_now
from api.dynamodb.repositories.records import Session, User
from api.http.faults import NOT_FOUND, Refusal
from web.redirects import SeeOther, page_before

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


class Visitor:
    """Who visits. The first question after them reads session and user, 1 RCU; without a cookie nothing."""

    def __init__(self, cookie: str | None) -> None:
        self._cookie = cookie
        self._asked = not cookie
        self._found: tuple[Session, User] | None = None

    def look_up(self) -> tuple[Session, User] | None:
        """Session and user, None for nobody. Raises errors of the data layer; the answer is kept."""
        if not self._asked and self._cookie:
            self._found = page_session(self._cookie)
            self._asked = True
        return self._found

    def as_known(self) -> Visitor:
        """The visitor as far as they are known by now: this one asks the table nothing."""
        known = Visitor(None)
        known._found = self._found
        return known

    @property
    def cookie_is_dead(self) -> bool:
        """Whether the browser sent a cookie that turned out to open no session."""
        return bool(self._cookie) and self._asked and self._found is None

    @property
    def was_prolonged(self) -> bool:
        """Whether this very request let the session last longer, as the first one of a day does."""
        session = self._found[0] if self._found else None
        return session is not None and session["used_at"] == utc_now()  # a request has one moment

    @property
    def is_known(self) -> bool:
        """Whether somebody is signed in."""
        return self.look_up() is not None

    @property
    def user(self) -> User | None:
        """The user's record, None for nobody."""
        found = self.look_up()
        return found[1] if found else None

    @property
    def session(self) -> Session | None:
        """The session's record, None for nobody."""
        found = self.look_up()
        return found[0] if found else None

    @property
    def is_staff(self) -> bool:
        """Whether staff's pages exist for them."""
        user = self.user
        return user is not None and user["is_staff"]

    @property
    def identity(self) -> Identity:
        """Who the functions of the service are told it is."""
        found = self.look_up()
        if found is None:
            return NOBODY
        session, user = found
        return Identity(
            user["user_id"], session["session_id"], user["subscription_plan_id"], user["is_staff"]
        )


def visitor_of(request: HttpRequest) -> Visitor:
    """Who makes this request of a page; nobody where no middleware has looked."""
    return cast(Visitor, getattr(request, "visitor", None) or Visitor(None))


def user_of(request: HttpRequest) -> User:
    """The record of who is signed in, in a view that is `@signed_in`."""
    user = visitor_of(request).user
    assert user is not None  # noqa: S101 (the decorator let nobody else in)
    return user


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Sends nobody to sign in, and from there back to the page they asked for or came from."""
    here = request.get_full_path() if request.method in ("GET", "HEAD") else page_before(request)
    address = f"{reverse('sign-in')}?{urlencode({'next': here})}"
    if getattr(request, "htmx", False):
        # A redirect would put the page for signing in where a piece of the old page was.
        return HttpResponseClientRedirect(address)
    return SeeOther(address)


def signed_in(view: View[P]) -> View[P]:
    """A view for who is signed in; nobody is sent to sign in."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not visitor_of(request).is_known:
            return to_sign_in(request)
        return view(request, *args, **kwargs)

    return guarded


def staff(view: View[P]) -> View[P]:
    """A view for staff; for anybody else there is no such page."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not visitor_of(request).is_staff:
            raise Refusal(NOT_FOUND, "Nothing is at this address.")
        return view(request, *args, **kwargs)

    return guarded
