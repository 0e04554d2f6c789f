"""The calls that repositories make for users and plans.

Every function takes the request's parameters and returns its calls in order, with real keys and
typical sizes. The tests compare them with what the repositories do.
"""

from __future__ import annotations

from api.dynamodb import keys
from api.dynamodb.indexes import GSI1
from design import samples
from design.actor import Actor
from design.pages import LIST_PAGE, merged, size
from design.units import Call, Stored, batch_get, get, query, transact, write


def _account(a: Actor, user_id: int) -> list[Stored]:
    return [
        Stored(keys.user_pk(user_id), size("user")),
        Stored(keys.email_pk(a.email), size("email_guard")),
        Stored(keys.google_pk(a.google_id), size("google_guard")),
        Stored(keys.user_list_pk(user_id % keys.USER_LIST_SHARDS), size("user_entry")),
        Stored(keys.email_pk(a.email), size("user_image"), GSI1.name),
    ]


def create_user(a: Actor) -> list[Call]:
    """A sign-up: the user, two guards, the list entry."""
    return [transact(*_account(a, a.new_id))]


def get_user(a: Actor) -> list[Call]:
    """One user by id."""
    return [get(keys.user_pk(a.user_id), size("user"))]


def get_user_by_email(a: Actor) -> list[Call]:
    """Sign-in by e-mail."""
    return [query(keys.email_pk(a.email), size("user_image"), place=GSI1.name)]


def get_user_by_email_consistent(a: Actor) -> list[Call]:
    """The same, through the guard."""
    guard = get(keys.email_pk(a.email), size("email_guard"), consistent=True)
    return [guard, get(keys.user_pk(a.user_id), size("user"), consistent=True)]


def get_user_by_google_id(a: Actor) -> list[Call]:
    """Sign-in by Google account."""
    guard = get(keys.google_pk(a.google_id), size("google_guard"), consistent=True)
    return [guard, get(keys.user_pk(a.user_id), size("user"), consistent=True)]


def get_users(a: Actor) -> list[Call]:
    """Twenty users by id."""
    return [batch_get(Stored(keys.user_pk(a.user_id + n), size("user")) for n in range(20))]


def update_user(a: Actor) -> list[Call]:
    """A change that moves no key."""
    return [get(keys.user_pk(a.user_id), size("user"), consistent=True), *record_login(a)]


def entry(a: Actor) -> list[Stored]:
    """What the audit log stores of a change."""
    return [
        Stored(keys.audit_pk(keys.audit_month(samples.MOMENT)), size("audit")),
        Stored(keys.AUDIT_MONTHS, size("audit_month")),
    ]


def update_user_audited(a: Actor) -> list[Call]:
    """A change by staff that moves no key, with its audit entry."""
    image = Stored(keys.email_pk(a.email), size("user_image"), GSI1.name)
    read = get(keys.user_pk(a.user_id), size("user"), consistent=True)
    return [read, transact(Stored(keys.user_pk(a.user_id), size("user")), image, *entry(a))]


def update_plan_audited(a: Actor) -> list[Call]:
    """A changed plan, with its audit entry."""
    read = get(keys.PLANS, size("plan"), consistent=True)
    return [read, transact(Stored(keys.PLANS, size("plan")), *entry(a))]


def list_audit(a: Actor) -> list[Call]:
    """A page of the audit log that is within the newest of a few months."""
    months = query(keys.AUDIT_MONTHS, 6 * size("audit_month"), consistent=True)
    pk = keys.audit_pk(keys.audit_month(samples.MOMENT))
    return [months, query(pk, (LIST_PAGE + 2) * size("audit"), consistent=True)]


def record_audit(a: Actor) -> list[Call]:
    """An entry by itself."""
    return [transact(*entry(a))]


def record_login(a: Actor) -> list[Call]:
    """A sign-in is noted."""
    image = Stored(keys.email_pk(a.email), size("user_image"), GSI1.name)
    return [write("UpdateItem", Stored(keys.user_pk(a.user_id), size("user")), image)]


def change_email(a: Actor) -> list[Call]:
    """A change that moves a guard and the index key."""
    read = get(keys.user_pk(a.user_id), size("user"), consistent=True)
    old, new = keys.email_pk(a.email), keys.email_pk(f"new.{a.email}")
    return [
        read,
        transact(
            Stored(keys.user_pk(a.user_id), size("user")),
            Stored(old, size("email_guard")),
            Stored(new, size("email_guard")),
            Stored(old, size("user_image"), GSI1.name),
            Stored(new, size("user_image"), GSI1.name),
        ),
    ]


def list_users(a: Actor) -> list[Call]:
    """A page of all users."""
    shards = [keys.user_list_pk(shard) for shard in range(keys.USER_LIST_SHARDS)]
    users = batch_get(Stored(keys.user_pk(a.user_id + n), size("user")) for n in range(LIST_PAGE))
    return [*merged(shards, "user_entry", LIST_PAGE), users]


def delete_user(a: Actor) -> list[Call]:
    """A user with everything derived from it."""
    read = get(keys.user_pk(a.user_id), size("user"), consistent=True)
    return [read, transact(*_account(a, a.user_id))]


def get_plan(a: Actor) -> list[Call]:
    """One plan."""
    return [get(keys.PLANS, size("plan"))]


def list_plans(a: Actor) -> list[Call]:
    """All plans, typically four."""
    return [query(keys.PLANS, 4 * size("plan"))]


def write_plan(a: Actor) -> list[Call]:
    """A new plan."""
    return [write("PutItem", Stored(keys.PLANS, size("plan")))]


def update_plan(a: Actor) -> list[Call]:
    """A changed plan."""
    return [write("UpdateItem", Stored(keys.PLANS, size("plan")))]
