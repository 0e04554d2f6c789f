"""Which user a Google account is: the one who has it, the one with its e-mail address, or a new one."""

from __future__ import annotations

from api.accounts.google import GoogleAccount
from api.accounts.refusals import refuse_closed
from api.composition import repositories
from api.dynamodb.clock import utc_now
from api.dynamodb.errors import ConditionFailed, Duplicate
from api.dynamodb.repositories.records import User
from api.http.faults import CONFLICT, Refusal

_ATTEMPTS = 3


def user_of(account: GoogleAccount) -> tuple[User, bool]:
    """The user of a Google account, and whether this call made it.

    Somebody whose e-mail address is known but not with Google yet gets the Google account added, since Google
    has verified the address. Of several first sign-ins at once one makes the user and the others find it.
    Raises `Refusal`: 403 for a closed account, 409 for an e-mail address that another Google account has. Two
    GetItems (2 RCU) for who was here before; up to two more and one TransactWriteItems (9 WCU) the first time.
    """
    users = repositories().users
    for _ in range(_ATTEMPTS):
        known = users.get_user_by_google_id(account.google_id)
        if known is not None:
            return refuse_closed(known), False
        owner = users.get_user_by_email(account.email, consistent=True)
        try:
            return (_new(account), True) if owner is None else (_linked(owner, account), False)
        except (Duplicate, ConditionFailed):
            continue  # somebody else was faster: look again
    raise Refusal(CONFLICT, "This account is being changed at the moment: sign in again.")


def _new(account: GoogleAccount) -> User:
    return repositories().users.create_user(
        {
            "email": account.email,
            "google_id": account.google_id,
            "name": account.name,
            "picture": account.picture,
            "last_login": utc_now(),
        }
    )


def _linked(owner: User, account: GoogleAccount) -> User:
    refuse_closed(owner)
    if owner["google_id"] == account.google_id:
        return owner  # somebody else was faster, between the two looks
    if owner["google_id"]:
        raise Refusal(CONFLICT, "The e-mail address belongs to a user with another Google account.")
    changes = {"google_id": account.google_id}
    for name, value in (("name", account.name), ("picture", account.picture)):
        if value is not None and not owner[name]:  # type: ignore[literal-required]
            changes[name] = value
    return repositories().users.update_user(owner["user_id"], changes, expected_version=owner["version"])
