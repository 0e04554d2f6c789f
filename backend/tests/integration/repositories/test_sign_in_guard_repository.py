"""What guards sign-in: a nonce serves once, and no more attempts than the limit come through."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from api.dynamodb.repositories import SignInGuardRepository
from api.dynamodb.transport import factory
from tests.integration.repositories.conftest import Clock
from tests.support.engines import Engine
from tests.support.fault_proxy import Call, Fault, FaultProxy

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

HOME, OFFICE = "192.0.2.1", "2001:db8:0:1::/64"


@pytest.fixture
def guards(table: Table, clock: Clock) -> SignInGuardRepository:
    return SignInGuardRepository(table, now=clock)


def _together(work: Callable[[], Any], count: int) -> list[Any]:
    """What several threads get that begin at once."""
    found: list[Any] = []
    start = threading.Barrier(count, timeout=120)

    def run() -> None:
        start.wait()
        found.append(work())

    threads = [threading.Thread(target=run, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return found


def test_a_nonce_serves_once(guards: SignInGuardRepository, clock: Clock) -> None:
    later = clock() + timedelta(minutes=10)
    assert guards.consume_nonce("a", later)
    assert not guards.consume_nonce("a", later)
    assert guards.consume_nonce("b", later)


def test_of_uses_of_one_nonce_at_once_exactly_one_wins(table: Table, clock: Clock) -> None:
    later = clock() + timedelta(minutes=10)
    found = _together(lambda: SignInGuardRepository(table).consume_nonce("a", later), 6)
    assert sorted(found) == [False] * 5 + [True]


@pytest.fixture
def losing(use_engine: Engine, use_settings: Callable[..., None]) -> Iterator[FaultProxy]:
    """The service's way leads through a proxy that loses the answer to the first write of each kind."""
    lost: set[str] = set()

    def lose(call: Call) -> Fault | None:
        if call.operation in lost:
            return None
        lost.add(call.operation)
        return Fault.LOSE_REPLY

    factory.clear_cache()
    with FaultProxy(use_engine.endpoint_url, decide=lose) as proxy:
        use_settings(LOCALSTACK_URL=proxy.url)
        yield proxy
    factory.clear_cache()


def test_a_lost_answer_does_not_use_a_nonce_twice(table: Table, losing: FaultProxy, clock: Clock) -> None:
    guards = SignInGuardRepository(now=clock)
    assert guards.consume_nonce("a", clock() + timedelta(minutes=10))
    assert losing.operations() == ["PutItem", "PutItem"]
    assert not guards.consume_nonce("a", clock() + timedelta(minutes=10))


def test_attempts_are_counted_up_to_the_limit(guards: SignInGuardRepository) -> None:
    found = [guards.count_attempt(HOME, "sign_in", limit=3, seconds=600) for _ in range(5)]
    assert [(one.allowed, one.count) for one in found] == [
        (True, 1), (True, 2), (True, 3), (False, 3), (False, 3)
    ]  # fmt: skip
    assert {one.resets_at for one in found} == {datetime(2036, 11, 21, 3, 10, tzinfo=UTC)}


def test_addresses_and_kinds_of_attempts_are_counted_apart(guards: SignInGuardRepository) -> None:
    assert guards.count_attempt(HOME, "sign_in", limit=1, seconds=600).allowed
    assert not guards.count_attempt(HOME, "sign_in", limit=1, seconds=600).allowed
    assert guards.count_attempt(OFFICE, "sign_in", limit=1, seconds=600).allowed
    assert guards.count_attempt(HOME, "refresh", limit=1, seconds=600).allowed


def test_a_new_window_begins_anew_and_the_old_one_expires(
    guards: SignInGuardRepository, clock: Clock, table: Table
) -> None:
    clock.advance(minutes=9, seconds=59)
    assert guards.count_attempt(HOME, "sign_in", limit=1, seconds=600).allowed
    assert not guards.count_attempt(HOME, "sign_in", limit=1, seconds=600).allowed
    clock.advance(seconds=1)
    assert guards.count_attempt(HOME, "sign_in", limit=1, seconds=600).allowed
    items = sorted(table.scan(ConsistentRead=True)["Items"], key=lambda item: str(item["SK"]))
    ends = [int(datetime(2036, 11, 21, 3, minute, tzinfo=UTC).timestamp()) for minute in (10, 20)]
    assert [(item["SK"], item["ttl"]) for item in items] == [(f"SGN#{end - 600}", end) for end in ends]


def test_attempts_at_once_never_exceed_the_limit(table: Table, clock: Clock) -> None:
    guards = SignInGuardRepository(table, now=clock)
    found = _together(lambda: guards.count_attempt(HOME, "sign_in", limit=5, seconds=600), 12)
    assert sum(one.allowed for one in found) == 5
    assert sorted(one.count for one in found if one.allowed) == [1, 2, 3, 4, 5]
