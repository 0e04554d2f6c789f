"""The direction back as an AWS Lambda function: events with the records of a real stream, applied to MariaDB."""

from __future__ import annotations

import base64
import json
import random
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pymysql
import pytest

from api.dynamodb.usage_limits.windows import local_day
from config.environment import BACKEND_DIR
from config.setting_values import ConfigurationError
from lifecycle.infrastructure.function import HANDLER, event_filter
from lifecycle.infrastructure.grants import by_itself
from lifecycle.infrastructure.policies import FUNCTION
from live.function import handler as entry
from live.function.handler import handler
from live.function.password import password_of
from live.gate import Gate, GateState
from live.gate.gate import NOBODY
from live.reverse import ReverseApplier, ReverseTarget
from live.reverse.touched import touched_by
from tests.integration.live.live_harness import Live
from tests.integration.live.reverse_harness import REVERSED, Way, fill, follow_to_end, new_run
from tests.integration.migration.migration_harness import LegacySource
from tests.support.iam import needs, record, refused
from tests.support.scripts import run_script, script_environment

pytestmark = pytest.mark.any_engine


@pytest.fixture
def way(legacy: LegacySource, live: Live) -> Iterator[Way]:
    """A small source that was moved, with the gate in reverse, the stream on, and the function deployed."""
    fill(legacy)
    way = Way(live.move)
    move = live.move
    move.use_settings(**{**move.settings(), "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"})
    with ReverseTarget(way.source, REVERSED.epoch) as target:
        target.create_tables()
    yield way
    entry.forget()


def event(way: Way) -> dict[str, Any]:
    """What AWS Lambda would hand over now: every record of the stream's shard, in its JSON."""
    streams = way.streams()
    (shard,) = streams.describe_stream(StreamArn=way.arn)["StreamDescription"]["Shards"]
    iterator = streams.get_shard_iterator(
        StreamArn=way.arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    records: list[Any] = []
    while page := streams.get_records(ShardIterator=iterator):
        if not page["Records"]:
            break
        records += page["Records"]
        iterator = page["NextShardIterator"]
    return {
        "Records": json.loads(json.dumps(records, default=_as_lambda)),
        "shardId": shard["ShardId"], "eventSourceARN": way.arn, "state": {},
        "isFinalInvokeForWindow": False, "isWindowTerminatedEarly": False,
    }  # fmt: skip


def _as_lambda(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value.timestamp()


def failures(answer: Mapping[str, Any]) -> list[str]:
    """The sequence numbers that an answer names."""
    assert answer["state"] == {}, "without it AWS Lambda takes the event for failed"
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def sequences(of: Mapping[str, Any]) -> list[str]:
    """The sequence numbers of an event's records."""
    return [record["dynamodb"]["SequenceNumber"] for record in of["Records"]]


def position(way: Way) -> str | None:
    """How far the only shard was applied, as MySQL has it."""
    ((sequence,),) = way.sql("SELECT sequence FROM algoitny_live_shards WHERE shard <> ''") or ((None,),)
    return None if sequence is None else str(sequence)


def write_some(way: Way) -> None:
    """Every kind of change, and several of the same thing."""
    user = way.users.create_user({"email": "new@example.org", "name": "새 사용자"})
    for n in range(3):
        way.users.update_user(2, {"name": f"Name {n}"})
    way.users.delete_user(3)
    way.plans.update_plan(1, {"max_hints_per_day": 7})
    way.runs.create_history(new_run(user["user_id"], code="x = 1\n" * 4_000))
    way.runs.delete_history(1)
    way.usage.log_usage(2, "hint", 1, {"history_id": 5, "text": "한" * 400})
    way.problems.update_problem(1, {"title": "A+B 2"})


def test_an_event_is_applied_and_its_position_is_committed_with_it(way: Way) -> None:
    write_some(way)
    whole = event(way)
    assert failures(handler(whole)) == []
    assert way.differences() == []
    assert position(way) == sequences(whole)[-1]


def test_what_is_delivered_twice_or_late_changes_nothing(way: Way) -> None:
    write_some(way)
    whole = event(way)
    assert failures(handler(whole)) == []
    before = way.sql("SELECT * FROM users ORDER BY id"), way.sql("SELECT * FROM usage_logs ORDER BY id")
    way.sql("SET @algoitny_live_epoch = %s", REVERSED.epoch)
    way.sql("UPDATE users SET name = 'Not by an old record' WHERE id = 2")
    cut = len(whole["Records"]) // 2
    for part in (whole["Records"][:cut], whole["Records"], whole["Records"][cut:]):
        assert failures(handler({**whole, "Records": part})) == []
    assert way.sql("SELECT name FROM users WHERE id = 2") == (("Not by an old record",),)
    way.sql("UPDATE users SET name = 'Name 2' WHERE id = 2")
    after = way.sql("SELECT * FROM users ORDER BY id"), way.sql("SELECT * FROM usage_logs ORDER BY id")
    assert after == before


def test_a_record_that_cannot_be_read_is_set_aside_and_does_not_hold_up_those_behind_it(way: Way) -> None:
    client, table = way.move.engine.client(), way.move.table
    way.users.update_user(1, {"name": "Before"})
    client.put_item(TableName=table, Item={"PK": {"S": "PLAN"}, "SK": {"S": "häßlich"}})
    way.users.update_user(2, {"name": "Behind"})
    assert failures(handler(event(way))) == []
    assert way.sql("SELECT name FROM users WHERE id < 3 ORDER BY id") == (("Before",), ("Behind",))
    ((kind, thing, reason),) = way.letters()
    assert (kind, thing) == ("record", "PLAN h\\xe4\\xdflich") and "cannot be read" in reason
    client.delete_item(TableName=table, Key={"PK": {"S": "PLAN"}, "SK": {"S": "häßlich"}})
    assert failures(handler(event(way))) == []
    assert way.letters() == []


def test_a_failure_in_the_middle_is_named_and_repeated_from_there(
    way: Way, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for n in range(1, 5):
        way.runs.update_history(n, {"result_summary": "new"})
    whole = event(way)
    of_third = next(r for r in whole["Records"] if r["dynamodb"]["Keys"]["PK"]["S"] == "RUN#3")
    things = ReverseApplier._things

    def failing(self: ReverseApplier, name: str, ids: Any, removed: set[int]) -> int:
        written = things(self, name, ids, removed)
        if 3 in ids:
            raise ZeroDivisionError("what nobody foresaw")
        return written

    monkeypatch.setattr(ReverseApplier, "_things", failing)
    assert failures(handler(whole)) == [of_third["dynamodb"]["SequenceNumber"]]
    assert way.sql("SELECT id FROM search_history WHERE result_summary = 'new' ORDER BY id") == ((1,), (2,))
    assert "what nobody foresaw" in json.loads(capsys.readouterr().out.splitlines()[-1])["reason"]
    monkeypatch.setattr(ReverseApplier, "_things", things)
    rest = whole["Records"][whole["Records"].index(of_third) :]
    assert failures(handler({**whole, "Records": rest})) == []
    assert way.differences() == []


def test_beside_the_process_that_applies_the_stream_each_record_is_applied_once(
    way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two readers of one shard: a batch that the function applies first is refused to the process."""
    rng, overtaken = random.Random(5), 0
    with way.follow(limit=4) as (applier, reader, target):
        read = reader.read

        def read_and_pause() -> Any:
            batch = read()
            if batch is not None and rng.random() < 0.5:
                assert failures(handler(event(way))) == []
            return batch

        monkeypatch.setattr(reader, "read", read_and_pause)
        for n in range(12):
            way.users.update_user(1 + n % 3, {"name": f"Name {n}"})
            way.usage.log_usage(1 + n % 3, "hint")
            applied = applier.follow(reader)
            overtaken += applied is not None and applied.records == 0
        follow_to_end(applier, reader)
        assert reader.position.shards == target.position(way.arn).shards
    assert overtaken > 1
    assert way.differences() == []
    assert position(way) == sequences(event(way))[-1]
    assert way.sql("SELECT COUNT(*) FROM usage_logs") == ((12,),)


def test_while_one_reader_applies_a_shard_the_other_waits_and_then_sees_that_it_is_late(way: Way) -> None:
    way.users.update_user(1, {"name": "Once"})
    whole = event(way)
    with way.follow() as (applier, reader, target):
        reader.look()
        (shard,) = reader.position.shards
        assert target.claim_shard(way.arn, shard) is None  # and is stopped here, in the middle
        with ReverseTarget(way.source, REVERSED.epoch) as other:
            other.run("SET SESSION innodb_lock_wait_timeout = 1")
            with pytest.raises(pymysql.OperationalError, match="Lock wait timeout"):
                other.claim_shard(way.arn, shard)
        target.connection.rollback()
        assert failures(handler(whole)) == []
        late = applier.follow(reader)
        assert late is not None and late.records == 0
        assert reader.position.shards[shard].sequence == position(way)


def test_outside_of_its_phase_every_event_fails_from_its_first_record_on(
    way: Way, capsys: pytest.CaptureFixture[str]
) -> None:
    way.users.update_user(1, {"name": "First"})
    assert failures(handler(event(way))) == []
    way.users.update_user(1, {"name": "Late"})
    whole = event(way)
    late = {**whole, "Records": whole["Records"][-1:]}
    with Gate(way.source) as gate:
        gate.move(REVERSED, GateState(NOBODY, 3))
    for _ in range(2):  # on the connection that it has, and on a new one
        assert failures(handler(late)) == sequences(late)
    assert "the gate in MySQL refuses this process" in capsys.readouterr().out
    assert way.sql("SELECT name FROM users WHERE id = 1") == (("First",),)


def test_a_sweep_reads_to_the_present_and_notes_that_nothing_is_missing(way: Way) -> None:
    write_some(way)
    assert handler({"sweep": way.arn})["records"] > 5
    assert way.differences() == []
    assert handler({"sweep": way.arn}) == {"records": 0, "rows": 0}
    with ReverseTarget(way.source, REVERSED.epoch) as target:
        assert target.position(way.arn).read_at is not None
    assert failures(handler(event(way))) == []


def test_the_last_event_of_a_window_has_no_records(way: Way) -> None:
    assert failures(handler({"Records": [], "shardId": "s", "isFinalInvokeForWindow": True})) == []


def test_without_a_window_the_mapping_is_refused(way: Way) -> None:
    way.users.update_user(1, {"name": "New"})
    with pytest.raises(ConfigurationError, match="TumblingWindowInSeconds"):
        handler({"Records": event(way)["Records"]})


def test_the_policy_of_its_role_is_what_it_calls(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    write_some(way)
    whole = event(way)
    way.sql("DELETE FROM algoitny_live_shards")
    seen = record(monkeypatch)
    assert failures(handler(whole)) == []
    way.usage.log_usage(1, "hint")  # the service's call, with its own policy
    seen.made.clear()
    handler({"sweep": way.arn})
    way.sql("DELETE FROM algoitny_live_shards")
    handler(whole)
    assert {f"dynamodb:{name}" for name in seen.operations} == FUNCTION.actions - {"dynamodb:ListStreams"}
    document = FUNCTION.document(by_itself(way.move.table))
    of_table = [
        need
        for call in seen.made
        if "Stream" not in str(call) and "Shard" not in str(call)
        for need in needs(*call)
    ]
    assert of_table and refused(document, of_table) == []


def test_the_mapping_s_filter_lets_through_what_becomes_rows_and_little_else(way: Way) -> None:
    write_some(way)
    way.usage.log_usage(1, "execution")
    way.problems.replace_test_cases(1, [{"input": "1", "output": "1", "is_sample": n < 1} for n in range(3)])
    patterns = [json.loads(each["Pattern"]) for each in event_filter()["Filters"]]
    noted = {True: 0, False: 0}
    for each in event(way)["Records"]:
        passes = any(_matches(pattern, each) for pattern in patterns)
        noted[passes] += 1
        if touched_by([each], local_day).count:
            assert passes, each["dynamodb"]["Keys"]
    assert noted[False] > noted[True] / 2
    expired = {**event(way)["Records"][0], "userIdentity": {"principalId": "dynamodb.amazonaws.com"}}
    assert not any(_matches(pattern, expired) for pattern in patterns)


def _matches(pattern: Any, value: Any) -> bool:
    """Whether AWS Lambda hands a record over: the parts of its filter language that are used here."""
    if isinstance(pattern, dict):
        of = value if isinstance(value, dict) else {}
        return all(_matches(each, of.get(name)) for name, each in pattern.items())
    return any(
        (value is None) != each["exists"] if isinstance(each, dict) and "exists" in each
        else isinstance(value, str) and value.startswith(each["prefix"]) if isinstance(each, dict)
        else value == each
        for each in pattern
    )  # fmt: skip


def test_the_archive_is_all_that_it_needs(way: Way, tmp_path: Path) -> None:
    """Unpacked, in a Python that sees nothing else, as AWS Lambda starts it."""
    built = [
        json.loads(run_script("live_function", "--json", "--output", str(tmp_path / name)).stdout)
        for name in ("first.zip", "second.zip")
    ]
    assert built[0]["sha256"] == built[1]["sha256"] and built[0]["size"] < 10_000_000
    code = tmp_path / "task"
    with zipfile.ZipFile(tmp_path / "first.zip") as archive:
        archive.extractall(code)
    way.users.update_user(1, {"name": "From the archive"})
    settings = {**way.move.settings(), "PYTHONPATH": "", "ALGOITNY_ENV_FILE": ""}
    program = (
        f"import json, sys; sys.path.insert(0, {str(code)!r}); from {HANDLER.rpartition('.')[0]} import handler; "
        "print(json.dumps([handler(json.load(sys.stdin)), sorted({getattr(m, '__file__', None) or '' for m in "
        "list(sys.modules.values())})]))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], input=json.dumps(event(way)), env=script_environment(settings),
        cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer, files = json.loads(done.stdout)
    assert failures(answer) == [] and way.differences() == []
    assert not [name for name in files if "site-packages" in name or name.startswith(str(BACKEND_DIR))]


@pytest.mark.parametrize(
    ("text", "password"),
    [
        ('{"username": "u", "password": "p\\"w"}', 'p"w'),
        ("plain", "plain"),
        ('{"a": 1}', '{"a": 1}'),
        ("12", "12"),
    ],
)
def test_a_secret_is_what_rds_stores_or_the_password_itself(text: str, password: str) -> None:
    assert password_of(text) == password
