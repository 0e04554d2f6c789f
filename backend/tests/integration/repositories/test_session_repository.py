"""Sessions: tokens are exchanged once, an old one ends its session, and nobody reaches another person's."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from api.dynamodb.errors import InvalidInput, NotFound, TokenReplayed
from api.dynamodb.repositories import SessionRepository, UserRepository
from tests.integration.repositories.conftest import ALICE, CHARLIE, Clock
from tests.integration.repositories.helpers import whole_list
from tests.support.fault_proxy import FaultProxy

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

MONTH = timedelta(days=30)


@pytest.fixture
def sessions(table: Table, clock: Clock) -> SessionRepository:
    return SessionRepository(table, now=clock)


@pytest.fixture
def later(clock: Clock) -> datetime:
    """When new sessions expire."""
    return clock() + MONTH


def test_a_new_session_is_as_it_is_read(
    sessions: SessionRepository, clock: Clock, later: datetime, stored: Callable[[], list[tuple[str, str]]]
) -> None:
    made = sessions.create_session(ALICE, "web", "hash", later, "Firefox")
    assert made == {
        "session_id": made["session_id"], "user_id": ALICE, "kind": "web", "token_hash": "hash",
        "device": "Firefox", "scopes": None, "created_at": clock(), "used_at": clock(), "rotations": 0,
        "expires_at": int(later.timestamp()),
    }  # fmt: skip
    assert sessions.get_session(ALICE, made["session_id"], consistent=True) == made
    assert stored() == [(f"USR#{ALICE}#SES", f"{made['session_id']:016d}")]


def test_charlie_does_not_reach_a_session_of_alice(sessions: SessionRepository, later: datetime) -> None:
    made = sessions.create_session(ALICE, "api", "hash", later)
    number = made["session_id"]
    assert sessions.get_session(CHARLIE, number) is None
    assert sessions.list_sessions(CHARLIE).items == []
    assert not sessions.delete_session(CHARLIE, number)
    assert sessions.delete_all_sessions(CHARLIE) == 0
    with pytest.raises(NotFound):
        sessions.rotate_session(CHARLIE, number, "hash", "new", later)
    with pytest.raises(NotFound):
        sessions.touch_session(CHARLIE, number, "hash", later)
    assert sessions.get_session(ALICE, number, consistent=True) == made


def test_a_page_gets_session_and_user_at_once(
    sessions: SessionRepository, table: Table, clock: Clock, later: datetime
) -> None:
    user = UserRepository(table, now=clock).create_user({"user_id": ALICE, "name": "Alice"})
    made = sessions.create_session(ALICE, "web", "hash", later)
    number = made["session_id"]
    assert sessions.get_session_and_user(ALICE, number, consistent=True) == (made, user)
    assert sessions.get_session_and_user(ALICE, number + 1, consistent=True) == (None, user)
    assert sessions.get_session_and_user(CHARLIE, number, consistent=True) == (None, None)


def test_an_exchanged_token_serves_once(sessions: SessionRepository, clock: Clock, later: datetime) -> None:
    made = sessions.create_session(ALICE, "api", "first", later)
    number, moment = made["session_id"], clock.advance(hours=1)
    changed = sessions.rotate_session(ALICE, number, "first", "second", moment + MONTH)
    assert changed == {
        **made, "token_hash": "second", "used_at": moment, "rotations": 1,
        "expires_at": int((moment + MONTH).timestamp()),
    }  # fmt: skip
    assert sessions.get_session(ALICE, number, consistent=True) == changed


def test_an_old_token_ends_the_session(sessions: SessionRepository, later: datetime) -> None:
    number = sessions.create_session(ALICE, "api", "first", later)["session_id"]
    other = sessions.create_session(ALICE, "api", "other", later)
    sessions.rotate_session(ALICE, number, "first", "second", later)
    with pytest.raises(TokenReplayed, match=str(number)):
        sessions.rotate_session(ALICE, number, "first", "third", later)
    assert sessions.get_session(ALICE, number, consistent=True) is None
    with pytest.raises(NotFound):
        sessions.rotate_session(ALICE, number, "second", "third", later)
    assert sessions.list_sessions(ALICE).items == [other]


def test_within_the_grace_the_same_exchange_returns_the_session_again(
    sessions: SessionRepository, clock: Clock, later: datetime
) -> None:
    number, grace = sessions.create_session(ALICE, "api", "first", later)["session_id"], timedelta(minutes=1)
    changed = sessions.rotate_session(ALICE, number, "first", "second", later)
    clock.advance(minutes=1)
    assert sessions.rotate_session(ALICE, number, "first", "second", later + MONTH, grace=grace) == changed
    clock.advance(seconds=1)
    with pytest.raises(TokenReplayed):
        sessions.rotate_session(ALICE, number, "first", "second", later, grace=grace)
    assert sessions.get_session(ALICE, number, consistent=True) is None


def test_within_the_grace_another_exchange_ends_the_session(
    sessions: SessionRepository, later: datetime
) -> None:
    number = sessions.create_session(ALICE, "api", "first", later)["session_id"]
    sessions.rotate_session(ALICE, number, "first", "second", later)
    with pytest.raises(TokenReplayed):
        sessions.rotate_session(ALICE, number, "first", "third", later, grace=timedelta(minutes=1))


def test_of_exchanges_of_one_token_at_once_exactly_one_wins(table: Table, later: datetime) -> None:
    number = SessionRepository(table).create_session(ALICE, "api", "first", later)["session_id"]
    outcomes: list[str] = []
    start = threading.Barrier(6, timeout=120)

    def exchange(name: str) -> None:
        start.wait()
        try:
            SessionRepository(table).rotate_session(ALICE, number, "first", name, later)
            outcomes.append("exchanged")
        except (TokenReplayed, NotFound):
            outcomes.append("refused")

    _together(exchange, [f"new {n}" for n in range(6)])
    assert sorted(outcomes) == ["exchanged"] + ["refused"] * 5
    assert SessionRepository(table).get_session(ALICE, number, consistent=True) is None


def _together(work: Callable[[str], None], names: list[str]) -> None:
    threads = [threading.Thread(target=work, args=(name,), daemon=True) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)


def test_a_lost_answer_makes_no_second_session_and_no_replay(
    table: Table, losing: FaultProxy, clock: Clock, later: datetime
) -> None:
    sessions = SessionRepository(now=clock)
    made = sessions.create_session(ALICE, "api", "first", later)
    assert sessions.list_sessions(ALICE).items == [made]
    changed = sessions.rotate_session(ALICE, made["session_id"], "first", "second", later)
    assert (changed["token_hash"], changed["rotations"]) == ("second", 1)
    assert losing.operations() == ["PutItem", "PutItem", "Query", "UpdateItem", "UpdateItem"]
    assert sessions.get_session(ALICE, made["session_id"], consistent=True) == changed


def test_an_expired_session_is_not_there(
    sessions: SessionRepository, clock: Clock, later: datetime, stored: Callable[[], list[Any]]
) -> None:
    number = sessions.create_session(ALICE, "api", "first", later)["session_id"]
    clock.advance(days=30)
    assert sessions.get_session(ALICE, number, consistent=True) is None
    assert sessions.get_session_and_user(ALICE, number, consistent=True) == (None, None)
    assert sessions.list_sessions(ALICE).items == []
    with pytest.raises(NotFound):
        sessions.rotate_session(ALICE, number, "first", "second", later + MONTH)
    assert stored() != []
    assert sessions.delete_all_sessions(ALICE) == 0
    assert stored() == []


def test_ending_an_expired_session_is_ending_none(
    sessions: SessionRepository, clock: Clock, later: datetime
) -> None:
    number = sessions.create_session(ALICE, "api", "first", later)["session_id"]
    clock.advance(days=31)
    assert not sessions.delete_session(ALICE, number)


def test_a_use_is_noted_and_lengthens_the_session(
    sessions: SessionRepository, clock: Clock, later: datetime
) -> None:
    made = sessions.create_session(ALICE, "web", "hash", later)
    moment = clock.advance(days=2)
    touched = sessions.touch_session(ALICE, made["session_id"], "hash", moment + MONTH)
    assert touched == {**made, "used_at": moment, "expires_at": int((moment + MONTH).timestamp())}


def test_a_use_brings_no_ended_session_back(
    sessions: SessionRepository, later: datetime, stored: Callable[[], list[Any]]
) -> None:
    number = sessions.create_session(ALICE, "web", "hash", later)["session_id"]
    with pytest.raises(NotFound):
        sessions.touch_session(ALICE, number, "other", later)
    assert sessions.delete_session(ALICE, number)
    assert not sessions.delete_session(ALICE, number)
    with pytest.raises(NotFound):
        sessions.touch_session(ALICE, number, "hash", later)
    assert stored() == []


def test_it_lists_sessions_newest_first(sessions: SessionRepository, later: datetime) -> None:
    made = [sessions.create_session(ALICE, "web", f"hash {n}", later)["session_id"] for n in range(7)]
    found = whole_list(lambda cursor: sessions.list_sessions(ALICE, limit=3, cursor=cursor))
    assert [session["session_id"] for session in found] == made[::-1]


def test_signing_out_everywhere_leaves_nothing(
    sessions: SessionRepository, later: datetime, stored: Callable[[], list[Any]]
) -> None:
    for n in range(30):
        sessions.create_session(ALICE, "web", f"hash {n}", later)
    kept = sessions.create_session(CHARLIE, "web", "hash", later)
    assert sessions.delete_all_sessions(ALICE) == 30
    assert len(stored()) == 1
    assert sessions.list_sessions(CHARLIE).items == [kept]


@pytest.mark.parametrize(("kind", "token"), [("phone", "a"), ("web", None), ("web", 5)])
def test_it_refuses_what_is_no_session(
    sessions: SessionRepository, later: datetime, stored: Callable[[], list[Any]], kind: str, token: Any
) -> None:
    with pytest.raises(InvalidInput):
        sessions.create_session(ALICE, kind, token, later)
    assert stored() == []
