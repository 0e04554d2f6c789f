"""The visitor of a page, identified by the session cookie when a page first asks."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from api.accounts.identity import ANONYMOUS, Identity
from api.accounts.sign_in import page_session
from api.dynamodb.clock import utc_now
from api.dynamodb.schema.records import Session, User
from api.http.errors import ApiError
from web.redirects import SeeOther, page_before

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


class Visitor:
    """A visitor. The first access reads session and user (1 RCU); without a cookie it reads nothing."""

    def __init__(self, cookie: str | None) -> None:
        self._cookie = cookie
        self._asked = not cookie
        self._found: tuple[Session, User] | None = None

    def look_up(self) -> tuple[Session, User] | None:
        """Session and user, None for an anonymous visitor, cached. Raises errors of the data layer."""
        if not self._asked and self._cookie:
            self._found = page_session(self._cookie)
            self._asked = True
        return self._found

    def as_known(self) -> Visitor:
        """A copy with what is known so far, which makes no call."""
        copy = Visitor(None)
        copy._found = self._found
        return copy

    @property
    def cookie_is_dead(self) -> bool:
        """Whether the browser sent a cookie that belongs to no session."""
        return bool(self._cookie) and self._asked and self._found is None

    @property
    def was_prolonged(self) -> bool:
        """Whether this request extended the session, as the first one of a day does."""
        session = self._found[0] if self._found else None
        return session is not None and session["used_at"] == utc_now()  # a request has one moment

    @property
    def is_known(self) -> bool:
        """Whether the visitor is signed in."""
        return self.look_up() is not None

    @property
    def user(self) -> User | None:
        """The user's record, None for an anonymous visitor."""
        signed_in = self.look_up()
        return signed_in[1] if signed_in else None

    @property
    def session(self) -> Session | None:
        """The session's record, None for an anonymous visitor."""
        signed_in = self.look_up()
        return signed_in[0] if signed_in else None

    @property
    def is_staff(self) -> bool:
        """Whether the visitor is staff."""
        user = self.user
        return user is not None and user["is_staff"]

    @property
    def identity(self) -> Identity:
        """The identity that the service's functions take."""
        signed_in = self.look_up()
        if signed_in is None:
            return ANONYMOUS
        session, user = signed_in
        return Identity(
            user["user_id"], session["session_id"], user["subscription_plan_id"], user["is_staff"]
        )


def visitor_of(request: HttpRequest) -> Visitor:
    """The visitor of a request, anonymous if no middleware has set one."""
    return cast(Visitor, getattr(request, "visitor", None) or Visitor(None))


def user_of(request: HttpRequest) -> User:
    """The signed-in user's record, in a view decorated with `@signed_in`."""
    user = visitor_of(request).user
    assert user is not None  # noqa: S101 (the decorator let nobody else in)
    return user


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Redirects to the sign-in page, and from there back to the requested or previous page."""
    here = request.get_full_path() if request.method in ("GET", "HEAD") else page_before(request)
    return _to_sign_in(request, next=here)


def to_sign_in_again(request: HttpRequest, following: str) -> HttpResponse:
    """Redirects a visitor whose sign-in was too long ago to the sign-in page, and from there to `following`."""
    return _to_sign_in(request, next=following, again="1")


def _to_sign_in(request: HttpRequest, **query: str) -> HttpResponse:
    address = f"{reverse('sign-in')}?{urlencode(query)}"
    if getattr(request, "htmx", False):
        # A redirect would put the sign-in page into a fragment of the old page.
        return HttpResponseClientRedirect(address)
    return SeeOther(address)


def signed_in(view: View[P]) -> View[P]:
    """A view for signed-in users; anonymous visitors are redirected to the sign-in page."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not visitor_of(request).is_known:
            return to_sign_in(request)
        return view(request, *args, **kwargs)

    return guarded


def staff(view: View[P]) -> View[P]:
    """A view for staff; everyone else gets 404."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not visitor_of(request).is_staff:
            raise ApiError("page_not_found")
        return view(request, *args, **kwargs)

    return guarded
