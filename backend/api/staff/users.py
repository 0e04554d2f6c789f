"""Users for staff: look up, change plan, activity and staff role, uses by day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from time import monotonic
from typing import Any, NamedTuple
from unicodedata import normalize

from api.composition import repositories
from api.dynamodb.clock import utc_now
from api.dynamodb.metering.meter import recording
from api.dynamodb.repositories import AuditNote
from api.dynamodb.schema.entities import USAGE_ACTIONS, USAGE_RETENTION_DAYS
from api.dynamodb.schema.records import User
from api.dynamodb.table.cursor import MAX_LIMIT, Page
from api.dynamodb.usage_limits.windows import local_day
from api.http.conditional import check_version
from api.http.errors import ApiError, invalid_field

_SEARCHED, _ENOUGH, _SEARCH_SECONDS = 1_000, 50, 1.0
CHANGEABLE = ("subscription_plan_id", "is_active", "is_staff")


def list_users(*, limit: int = 50, cursor: str | None = None) -> Page[User]:
    """All users, newest first. One Query (0.5 RCU per 4 KB) and one BatchGetItem: 0.5 RCU a user."""
    return repositories().users.list_users(limit=limit, cursor=cursor)


class UserSearch(NamedTuple):
    """A part of a search: the users that match, and how many were looked at; its cursor continues."""

    page: Page[User]
    examined: int
    read_units: float


def search_users(text: str, *, cursor: str | None = None) -> UserSearch:
    """Users whose name or address contains a text, newest first; letter case does not matter.

    Looks at 1,000 users, fewer if 50 match or a second has passed: for each 100 one Query (1.5 RCU) and one
    BatchGetItem (50 RCU), about 515 RCU in all. Nothing lists words of names: only staff search them, a few times a
    day, and entries would cost every sign-up 2 WCU for each word.
    """
    needle = _comparable(text)
    matches: list[User] = []
    examined = 0
    end = monotonic() + _SEARCH_SECONDS
    with recording() as calls:
        while True:
            page = list_users(limit=MAX_LIMIT, cursor=cursor)
            matches += [
                user for user in page
                if needle in _comparable(user["name"] or "") or needle in _comparable(user["email"] or "")
            ]  # fmt: skip
            examined, cursor = examined + len(page), page.cursor
            if cursor is None or examined >= _SEARCHED or len(matches) >= _ENOUGH or monotonic() > end:
                return UserSearch(Page(matches, cursor), examined, calls.read_units)


def _comparable(text: str) -> str:
    return normalize("NFC", text).casefold()


def user_by_id(user_id: int) -> User:
    """A user as it is now. Raises `ApiError`: 404. One GetItem, consistent: 1 RCU."""
    return _existing(repositories().users.get_user(user_id, consistent=True))


def user_by_email(email: str) -> User:
    """The user who has the address, letter case aside. Raises `ApiError`: 404. Two GetItems, consistent: 2 RCU."""
    return _existing(repositories().users.get_user_for_sign_in(email))


def _existing(user: User | None) -> User:
    if user is None:
        raise ApiError("user_not_found")
    return user


def change_user(
    staff_id: int,
    user_id: int,
    changes: Mapping[str, Any],
    *,
    expected_version: int | None,
    form_token: str | None = None,
) -> User:
    """Changes `subscription_plan_id`, `is_active` or `is_staff`; the user as it is now.

    A closed account loses its sessions; closing it again does that once more, should it have failed. Nothing to
    change leaves the version. Raises `ApiError`: 403 for one's own staff role or activity, 404, 412, 422 for a
    plan that is not there; `ConditionFailed` if the version is not `expected_version` any more;
    `Duplicate` of `form_token` for a form that was sent before (see `AuditNote`). One GetItem
    (1 RCU), one more for a plan, and as `update_user` with an audit entry: 1 RCU and 7 WCU.
    """
    stored = user_by_id(user_id)
    check_version(stored["version"], expected_version)
    current: Mapping[str, Any] = {**stored}
    fresh = {name: changes[name] for name in CHANGEABLE if name in changes and changes[name] != current[name]}
    if staff_id == user_id and {"is_active", "is_staff"} & fresh.keys():
        raise ApiError("own_account")
    plan_id = fresh.get("subscription_plan_id")
    if plan_id is not None and repositories().plans.get_plan(plan_id) is None:
        raise invalid_field("body.subscription_plan_id", "unknown_plan")
    if fresh:
        stored = repositories().users.update_user(
            user_id,
            fresh,
            expected_version=stored["version"],
            audit=AuditNote(staff_id, "user.update", form_token),
        )
    if changes.get("is_active") is False:
        repositories().sessions.delete_all_sessions(user_id)
    return stored


def uses_by_day(user_id: int, days: int = 30) -> list[tuple[date, dict[str, int]]]:
    """The uses of each action on each of the last `days` local days, today first, days without uses too.

    Raises `ApiError`: 404 for a user who is not there, 422 beyond the 90 days that uses are kept. One GetItem
    (1 RCU) and one Query for each action: 0.5 RCU for each 4 KB of the days' uses.
    """
    if not 1 <= days <= USAGE_RETENTION_DAYS:
        raise invalid_field("query.days", "days", limit=USAGE_RETENTION_DAYS)
    user_by_id(user_id)
    today = local_day(utc_now())
    first = today - timedelta(days=days - 1)
    counts = {
        action: repositories().usage.get_daily_counts(user_id, action, first, today)
        for action in USAGE_ACTIONS
    }
    listed = [today - timedelta(days=number) for number in range(days)]
    return [(day, {action: counts[action].get(day, 0) for action in USAGE_ACTIONS}) for day in listed]
