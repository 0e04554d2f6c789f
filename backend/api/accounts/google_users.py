"""Finds the user of a Google account: by the account, by its e-mail address, or a new one."""

from __future__ import annotations

from api.accounts.google import GoogleAccount
from api.accounts.identity import require_open
from api.composition import repositories
from api.dynamodb.clock import utc_now
from api.dynamodb.errors import ConditionFailed, Duplicate
from api.dynamodb.schema.email_rules import UnseenCharacter
from api.dynamodb.schema.records import User
from api.http.errors import ApiError

_ATTEMPTS = 3


def user_of(account: GoogleAccount) -> tuple[User, bool]:
    """The user of a Google account, and whether the sign-in is recorded in `last_login` already.

    A user with the e-mail address but without a Google account gets the account linked, since Google has verified
    the address. Of several first sign-ins at once, one creates the user and the others find it.
    Raises `ApiError`: 401 for a new user whose e-mail address has a character that nobody sees, 403 for a closed
    account, 409 for an e-mail address that another Google account has. One GetItem (1 RCU) and one UpdateItem
    (2 WCU) for who was here before; up to four GetItems and one TransactWriteItems (9 WCU) the first time.
    """
    users = repositories().users
    for _ in range(_ATTEMPTS):
        user = users.record_google_login(account.google_id)
        if user is not None:
            return require_open(user), True
        owner = users.get_user_by_email(account.email, consistent=True)
        try:
            return (_new(account), True) if owner is None else (_linked(owner, account), False)
        except UnseenCharacter:
            raise ApiError("google_email_unusable") from None
        except (Duplicate, ConditionFailed):
            continue  # a concurrent sign-in was faster: look again
    raise ApiError("account_busy")


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
    require_open(owner)
    if owner["google_id"] == account.google_id:
        return owner  # a concurrent sign-in linked it between the two reads
    if owner["google_id"]:
        raise ApiError("email_of_other_account")
    changes = {"google_id": account.google_id}
    for name, value in (("name", account.name), ("picture", account.picture)):
        if value is not None and not owner[name]:  # type: ignore[literal-required]
            changes[name] = value
    return repositories().users.update_user(owner["user_id"], changes, expected_version=owner["version"])
