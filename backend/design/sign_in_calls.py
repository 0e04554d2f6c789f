"""The calls that repositories make for signing in: sessions, nonces, counts of network addresses."""

from __future__ import annotations

from ipaddress import IPv4Address

from api.dynamodb import keys
from design.actor import Actor
from design.pages import size
from design.units import Call, Stored, batch_get, get, query, write

# How many devices a user is typically signed in on.
SESSIONS = 3


def _session(a: Actor) -> Stored:
    return Stored(keys.sessions_pk(a.user_id), size("session"))


def create_session(a: Actor) -> list[Call]:
    """A device is signed in."""
    return [write("PutItem", _session(a))]


def get_session(a: Actor) -> list[Call]:
    """One session by id."""
    return [get(keys.sessions_pk(a.user_id), size("session"))]


def get_session_and_user(a: Actor) -> list[Call]:
    """Who a page is shown to."""
    return [batch_get([_session(a), Stored(keys.user_pk(a.user_id), size("user"))])]


def list_sessions(a: Actor) -> list[Call]:
    """The devices on which a user is signed in."""
    return [query(keys.sessions_pk(a.user_id), SESSIONS * size("session"), consistent=True)]


def change_session(a: Actor) -> list[Call]:
    """A token is exchanged, or a use noted."""
    return [write("UpdateItem", _session(a))]


def replay(a: Actor) -> list[Call]:
    """An old token comes again."""
    return [write("UpdateItem", _session(a)), write("DeleteItem", _session(a))]


def delete_session(a: Actor) -> list[Call]:
    """A device is signed out."""
    return [write("DeleteItem", _session(a))]


def delete_all_sessions(a: Actor) -> list[Call]:
    """All devices are signed out."""
    return [*list_sessions(a), write("BatchWriteItem", *[_session(a)] * SESSIONS)]


def consume_nonce(a: Actor) -> list[Call]:
    """A nonce serves."""
    return [write("PutItem", Stored(keys.nonce_pk(f"{a.new_id:022d}"), size("used_nonce")))]


def count_attempt(a: Actor) -> list[Call]:
    """An attempt is counted; people mostly have addresses of their own."""
    address = str(IPv4Address(a.user_id % 2**32))
    return [write("UpdateItem", Stored(keys.address_pk(address), size("address_window")))]
