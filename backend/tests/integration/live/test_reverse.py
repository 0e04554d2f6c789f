"""The direction back: what the service writes to the table becomes rows of MySQL, through the table's stream."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.dynamodb.schema import ids
from api.dynamodb.usage_limits.windows import local_day
from live.gate import Gate, GateState
from live.gate.gate import NOBODY
from live.reverse import ReverseApplier
from live.reverse.applier import Fenced
from live.reverse.touched import touched_by
from live.streams import StreamGap, disable_stream
from tests.integration.live.live_harness import Live
from tests.integration.live.reverse_harness import REVERSED, Way, fill, follow_to_end, new_run
from tests.integration.migration.migration_harness import LegacySource

pytestmark = pytest.mark.any_engine


@pytest.fixture
def way(legacy: LegacySource, live: Live) -> Way:
    """A small source that was moved, with the gate in reverse and the stream on."""
    fill(legacy)
    return Way(live.move)


def test_what_was_moved_and_not_changed_is_not_written_again(way: Way) -> None:
    before = way.sql("SELECT * FROM problems ORDER BY id")
    way.users.update_user(1, {"name": "New"})
    way.users.update_user(1, {"name": "User 1"})
    assert way.catch_up() <= 1  # `updated_at` alone
    assert way.sql("SELECT * FROM problems ORDER BY id") == before
    assert way.differences() == []


def test_every_kind_of_change_arrives(way: Way) -> None:
    user = way.users.create_user({"email": "new@example.org", "name": "새 사용자"})
    way.users.update_user(2, {"email": None, "picture": "https://example.org/p"})
    way.users.delete_user(3)
    way.plans.update_plan(1, {"max_hints_per_day": 7})
    way.plans.create_plan({"name": "Big", "max_hints_per_day": 50, "max_executions_per_day": 500})
    way.problems.update_problem(1, {"title": "A+B 2", "tags": ["math"], "url": None, "time_limit": 0.5})
    run = way.runs.create_history(new_run(user["user_id"], code="x = 1\n" * 4_000))
    way.runs.set_visibility(run["history_id"], True)
    way.runs.delete_history(1)
    way.usage.log_usage(2, "hint", 1, {"history_id": 5})
    way.usage.log_usage(2, "hint")
    assert way.catch_up() > 0
    assert way.letters() == []
    assert way.differences() == []
    assert way.sql("SELECT email, name FROM users WHERE id = %s", user["user_id"]) == (
        ("new@example.org", "새 사용자"),
    )
    assert way.sql("SELECT COUNT(*) FROM usage_logs WHERE user_id = 2") == ((2,),)


def test_test_cases_that_replaced_others_replace_their_rows(way: Way) -> None:
    cases = [{"input": f"{n}", "output": f"{n}", "is_sample": n < 2} for n in range(5)]
    way.problems.replace_test_cases(1, cases)
    way.catch_up()
    assert way.differences() == []
    assert way.sql("SELECT COUNT(*) FROM test_cases WHERE problem_id = 1") == ((5,),)
    way.problems.update_problem(2, {"is_deleted": True})
    way.catch_up()
    assert way.differences() == []


def test_pitfall_13_two_users_who_swap_their_addresses_swap_them_in_mysql(way: Way) -> None:
    """An upsert would have changed the other user's row."""
    first, second = way.users.get_user(1), way.users.get_user(2)
    assert first and second
    for name in ("email", "google_id"):
        way.users.update_user(1, {name: None})
        way.users.update_user(2, {name: first[name]})
        way.users.update_user(1, {name: second[name]})
    way.catch_up()
    assert way.differences() == []
    rows = way.sql("SELECT id, email, google_id FROM users WHERE id < 3 ORDER BY id")
    assert rows == ((1, "user2@example.org", "g-2"), (2, "user1@example.org", "g-1"))


def test_an_address_goes_on_to_somebody_whose_record_comes_first(way: Way) -> None:
    """The records of two shards may come in any order: the one who gave it up is read as well."""
    way.users.update_user(1, {"email": "other@example.org"})
    way.users.update_user(2, {"email": "user1@example.org"})
    of_second = [r for r in _lambda_event(way)["Records"] if r["dynamodb"]["Keys"]["PK"]["S"] == "USR#2"]
    with way.follow() as (applier, _, _):
        applier.apply(of_second)
    assert way.differences() == []


def test_an_address_of_a_row_that_was_never_moved_is_left_to_it(way: Way) -> None:
    way.move.legacy.sql("SET @algoitny_live_epoch = %s", REVERSED.epoch)
    way.move.legacy.add("users", {"id": 50, "email": "lost@example.org", "is_staff": 127})
    way.users.update_user(1, {"email": "lost@example.org"})
    way.users.update_user(2, {"name": "Somebody"})
    way.catch_up()
    ((kind, thing, reason),) = way.letters()
    assert (kind, thing) == ("users", "1") and "lost@example.org" in reason
    assert way.sql("SELECT email FROM users WHERE id IN (1, 50) ORDER BY id") == (
        ("user1@example.org",), ("lost@example.org",),
    )  # fmt: skip
    assert way.sql("SELECT name FROM users WHERE id = 2") == (("Somebody",),)
    way.users.update_user(1, {"email": "user1@example.org"})
    way.catch_up()
    assert way.letters() == []


def test_a_value_that_mysql_cannot_hold_is_set_aside_until_it_can(way: Way) -> None:
    way.runs.update_history(1, {"result_summary": "fine"})
    way.plans.update_plan(1, {"name": "x" * 65})
    way.catch_up()
    ((kind, thing, reason),) = way.letters()
    assert (kind, thing) == ("plans", "1") and "name" in reason
    assert way.sql("SELECT result_summary FROM search_history WHERE id = 1") == (("fine",),)
    way.plans.update_plan(1, {"name": "short"})
    way.catch_up()
    assert way.letters() == []
    assert way.differences() == []


def test_a_use_whose_id_another_user_has_gets_the_next_one_once(
    way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ids, "id_at", lambda moment, low: 777_777_777_777_777)
    for user in (1, 2, 3):
        way.usage.log_usage(user, "hint")
    for _ in range(2):
        way.catch_up()
        assert way.sql("SELECT user_id FROM usage_logs ORDER BY id") == ((1,), (2,), (3,))
        way.usage.log_usage(1, "execution")
        way.catch_up()
        way.sql("SET @algoitny_live_epoch = %s", REVERSED.epoch)
        way.sql("DELETE FROM usage_logs WHERE action = 'execution'")


def test_applying_everything_twice_ends_in_the_same_rows(way: Way) -> None:
    way.users.create_user({"email": "twice@example.org"})
    way.runs.create_history(new_run(1))
    way.usage.log_usage(1, "hint")
    way.catch_up()
    rows = way.sql("SELECT * FROM usage_logs")
    way.sql("DELETE FROM algoitny_live_shards")
    assert way.catch_up() == 0
    assert way.sql("SELECT * FROM usage_logs") == rows


class _Killed(BaseException):
    pass


@pytest.mark.parametrize("moment", ["before the commit", "after the commit"])
def test_killed_around_its_commit_it_goes_on_without_loss(
    way: Way, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    for n in range(30):
        way.runs.create_history(new_run(1 + n % 3))
        way.usage.log_usage(1 + n % 3, "execution")
    follow = ReverseApplier._save

    def killed(self: ReverseApplier, *arguments: Any) -> None:
        follow(self, *arguments)
        if moment == "after the commit":
            self._target.connection.commit()
        raise _Killed

    for _ in range(3):
        with way.follow(limit=10) as (applier, reader, _):
            applier.follow(reader)
            monkeypatch.setattr(ReverseApplier, "_save", killed)
            with pytest.raises(_Killed):
                applier.follow(reader)
        monkeypatch.setattr(ReverseApplier, "_save", follow)
    way.catch_up()
    assert way.differences() == []
    assert way.sql("SELECT COUNT(*) FROM usage_logs") == ((30,),)


def test_what_the_ttl_removed_stays_in_mysql(way: Way) -> None:
    way.usage.log_usage(1, "hint")
    way.catch_up()
    records = [_removed(key, by_ttl=True) for key in way.move.items() if key[1].startswith("DAY#")]
    (day, *_) = touched_by([{**r, "userIdentity": None} for r in records], local_day).days
    assert day.user_id == 1
    assert touched_by(records, local_day).count == 0
    lower = [{**r, "userIdentity": {"principalId": "dynamodb.amazonaws.com"}} for r in records]
    assert touched_by(lower, local_day).count == 0, "as Lambda spells it"


def _removed(key: tuple[str, str], *, by_ttl: bool) -> dict[str, Any]:
    identity = {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"} if by_ttl else None
    return {
        "eventName": "REMOVE", "userIdentity": identity,
        "dynamodb": {"Keys": {"PK": {"S": key[0]}, "SK": {"S": key[1]}}, "SequenceNumber": "1"},
    }  # fmt: skip


def test_a_thing_that_is_missing_is_not_deleted_before_its_own_record_says_so(way: Way) -> None:
    way.runs.delete_history(1)
    with way.follow() as (applier, _, _):
        changed = {**_removed(("RUN#1", "META"), by_ttl=False), "eventName": "MODIFY"}
        assert applier.apply([changed]).rows == 0
    assert way.sql("SELECT COUNT(*) FROM search_history WHERE id = 1") == ((1,),)
    way.catch_up()
    assert way.sql("SELECT COUNT(*) FROM search_history WHERE id = 1") == ((0,),)


def test_pitfall_15_an_applier_that_slept_through_a_switch_is_refused(way: Way) -> None:
    """In reverse: paused with a batch in its hands, while the gate moves on."""
    way.users.update_user(1, {"name": "Late"})
    with way.follow() as (applier, reader, _):
        batch = reader.read()
        assert batch is not None
        with Gate(way.source) as gate:
            gate.move(REVERSED, GateState(NOBODY, 3))
        with pytest.raises(Fenced):
            applier.apply(batch.records)
    assert way.sql("SELECT name FROM users WHERE id = 1") == (("User 1",),)


def test_a_stream_that_was_turned_off_is_read_to_its_end(way: Way) -> None:
    for n in range(20):
        way.runs.create_history(new_run(1 + n % 3))
    disable_stream(way.move.engine.client(), way.move.table)
    with way.follow(limit=7) as (applier, reader, _):
        for _ in iter(lambda: reader.is_drained, True):
            applier.follow(reader)
    assert way.differences() == []


def test_pitfall_14_a_reader_that_stood_still_for_a_day_stops(way: Way) -> None:
    """What the stream keeps for 24 hours may be gone."""
    way.catch_up()
    with way.follow() as (applier, reader, _):
        follow_to_end(applier, reader)
        applier.save_rest(reader)
    later = datetime.now(UTC) + timedelta(hours=24)
    with pytest.raises(StreamGap, match="24"):
        way.catch_up(clock=later.timestamp)


def _lambda_event(way: Way) -> dict[str, list[Mapping[str, Any]]]:
    """An event with everything that is in the stream, whatever its shard, in the order of the items' keys."""
    records: list[Mapping[str, Any]] = []
    with way.follow() as (_, reader, _):
        for _ in range(20):
            if (batch := reader.read()) is not None:
                records += batch.records
                reader.acknowledge(batch)
    return {"Records": sorted(records, key=lambda record: str(record["dynamodb"]["Keys"]["PK"]["S"]))}
