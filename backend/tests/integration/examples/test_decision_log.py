"""The decision log's README, followed from top to bottom, and lookups that find the same before, during and after."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from api.dynamodb.errors import InvalidInput, TableMissing
from benchmarks import bench_gsi
from config.environment import BACKEND_DIR
from examples.decision_log import fill
from examples.decision_log.client import ReadOnlyDynamoDBClient, stamp
from examples.decision_log.table_configs.dora_decision_log import BY_MARKET, TABLE
from lifecycle.errors import BadInput
from lifecycle.online import build_index
from tests.integration.examples.readme_commands import World, blocks, commands
from tests.support.engines import Engine
from tests.support.scripts import finished, script_environment
from tests.support.waiting import wait_until

pytestmark = pytest.mark.any_engine

DEMO, PROD = "dora_decision_log_demo", "dora_decision_log_prod"
FILL = "2026-01-02T12:00:00Z"
COUNT = 3000
MARKET = fill.market(42)
INDEX = BY_MARKET.name


class Metered:
    """A client of the log in demo that adds up the read units of what it is asked."""

    def __init__(self, engine: Engine) -> None:
        self.units = 0.0
        self.log = ReadOnlyDynamoDBClient("us-east-1", "demo", client=engine.client(), metered=self._add)

    def _add(self, units: float) -> None:
        self.units += units

    def context(self) -> Any:
        return self.log.get_decision_context_for_fill(MARKET, FILL, days=7)

    def recent(self) -> Any:
        return self.log.get_recent_decision_logs(MARKET, until=FILL)

    def both(self) -> tuple[Any, Any, float]:
        """Both lookups, and the read units of the second."""
        context, self.units = self.context(), 0.0
        return context, self.recent(), self.units


def state(engine: Engine) -> str:
    described: Any = engine.client().describe_table(TableName=DEMO)["Table"]
    return str(next((one["IndexStatus"] for one in described.get("GlobalSecondaryIndexes") or []), "none"))


def expected() -> list[Any]:
    """The decisions on the market, newest first, out of the generator."""
    return [item for item in fill.decisions(COUNT) if item["market_id"]["S"] == MARKET][::-1]


def wait_for(log: ReadOnlyDynamoDBClient, *, usable: bool) -> None:
    """Until the client has looked again: it keeps the index's state for seconds."""
    wait_until(lambda: log.indexes.is_usable(INDEX) == usable, "a look at the index's new state")


@pytest.mark.long
def test_the_steps_of_its_readme_do_what_it_says_in_its_order(world: World) -> None:
    printed = {}
    for line in commands("decision_log"):
        printed[line] = world.run(line, typed=(INDEX,) if "drop_gsi" in line else None)
        if line.endswith("--env demo") and "check" in line:
            (block,) = blocks("decision_log", "python")
            done = subprocess.run(
                [sys.executable, "-c", block], cwd=BACKEND_DIR, env=script_environment(world.settings),
                capture_output=True, text=True, timeout=60, check=False,
            )  # fmt: skip
            assert "Found decision: True" in done.stdout, done.stderr
    dry, demo, prod, both, status, check, drop = list(printed)[1:]
    assert printed[dry].count("does not exist yet") == 2 and "nothing was changed" in printed[dry]
    assert f"{DEMO}: {INDEX} is ACTIVE" in printed[demo] and PROD not in printed[demo]
    assert f"{PROD}: {INDEX} is ACTIVE" in printed[prod] and "same items" in printed[prod]
    assert printed[both].count("agrees") == 2
    assert printed[status].count(f"{INDEX}: ACTIVE") == 2
    assert f"{DEMO}: as declared" in printed[check]
    assert f"{DEMO} {INDEX}: dropped" in printed[drop] and state(world.engine) == "none"


def test_a_new_environment_gets_the_table_with_its_index(world: World) -> None:
    migrate = "python scripts/dynamodb_migrations.py migrate --changes examples/decision_log/changes"
    assert "1 change applied" in world.run(f"{migrate} --env staging")
    status = world.run("python scripts/gsi_status.py us-east-1 --table dora_decision_log --env staging")
    assert f"{INDEX}: ACTIVE" in status
    # A table from before the index is not taken for the declared one, until the index was added.
    fill.create(world.engine.client(), "demo")
    assert INDEX in world.run(f"{migrate} --env demo", code=2)
    world.run("python scripts/add_gsi.py us-east-1 --env demo")
    assert "already done, skipped" in world.run(f"{migrate} --env demo")


@pytest.fixture
def slow(
    dynamodb_local_slow_indexes: Engine, table_name: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    world = World(dynamodb_local_slow_indexes, table_name, tmp_path_factory.mktemp("state"))
    world.forget()
    yield world
    world.forget()


@pytest.mark.long
def test_lookups_find_the_same_before_during_and_after_and_read_a_fiftieth(
    slow: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, logger="api.dynamodb.table.index_state")
    engine = slow.engine
    fill.write(engine.client(), fill.create(engine.client(), "demo"), fill.decisions(COUNT))
    decisions, meter = expected(), Metered(engine)
    assert len(decisions) > 3
    context, recent, before = meter.both()
    assert (context, recent) == (decisions[0], decisions)

    adding = slow.start("python scripts/add_gsi.py us-east-1 --env demo")
    while state(engine) == "none":
        assert adding.poll() is None, finished(adding)[0]
    phases = set()
    until = time.monotonic() + 300
    while (phase := state(engine)) != "ACTIVE":
        assert time.monotonic() < until, phase
        phases.add(phase)
        assert meter.both() == (context, recent, before)
        time.sleep(1.5)  # the engine takes half a minute
    printed, _ = finished(adding)
    assert adding.returncode == 0 and "same items" in printed, printed
    assert phases == {"CREATING"}

    wait_for(meter.log, usable=True)
    *found, after = meter.both()
    assert found == [context, recent]
    assert 0 < 50 * after <= before

    slow.run("python scripts/drop_gsi.py us-east-1 --env demo --yes")
    wait_for(meter.log, usable=False)
    assert meter.both() == (context, recent, before)
    said = ["reading without it" in record.message for record in caplog.records]
    assert said == [True, False, True]


def filled(world: World, count: int) -> Metered:
    """A log without the index."""
    fill.write(world.engine.client(), fill.create(world.engine.client(), "demo"), fill.decisions(count))
    return Metered(world.engine)


@pytest.fixture
def log(world: World) -> Metered:
    """A log of eight days."""
    return filled(world, COUNT)


@pytest.fixture
def short_log(world: World) -> Metered:
    """A log of a few decisions, for tests that look at none of them."""
    return filled(world, 25)


def test_an_index_that_was_dropped_a_moment_ago_is_no_error(world: World, log: Metered) -> None:
    world.run("python scripts/add_gsi.py us-east-1 --env demo")
    by_index = log.both()
    world.run("python scripts/drop_gsi.py us-east-1 --env demo --yes")
    by_day = log.both()  # the state is some seconds old, or was looked at: either way
    assert by_day[:2] == by_index[:2] and by_day[2] > by_index[2]


def test_both_ways_keep_to_days_limits_and_the_moment_of_the_fill(world: World, log: Metered) -> None:
    decisions = expected()
    third = decisions[2]["timestamp"]["S"]
    just_before = stamp(fill.END - timedelta(days=7, seconds=1))
    for way in ("by day", "by index"):
        if way == "by index":
            world.run("python scripts/add_gsi.py us-east-1 --env demo")
            log = Metered(world.engine)
        client = log.log
        assert client.indexes.is_usable(INDEX) == (way == "by index")
        assert client.get_decision_context_for_fill(MARKET, third) == decisions[2]
        assert client.get_recent_decision_logs(MARKET, until=third) == decisions[2:]
        assert client.get_recent_decision_logs(MARKET, until=FILL, limit=2) == decisions[:2]
        assert client.get_recent_decision_logs(MARKET, until="2026-01-02T21:00:00+09:00") == decisions
        newer = [one for one in decisions if one["timestamp"]["S"] >= "2025-12-31T12:00:00.000000Z"]
        assert client.get_recent_decision_logs(MARKET, until=FILL, days=2) == newer
        assert client.get_decision_context_for_fill(MARKET, just_before) is None
        assert client.get_decision_context_for_fill("nobody", FILL) is None
        everybody = client.get_recent_decision_logs(until=FILL, limit=10)
        assert everybody == list(fill.decisions(COUNT))[:-11:-1]
        with pytest.raises(InvalidInput, match="is not a timestamp like"):
            client.get_decision_context_for_fill(MARKET, "yesterday")


def test_both_ways_agree_on_decisions_that_the_index_skips(world: World, log: Metered) -> None:
    """Without a market, with one of another type, and filed under a day that is not the timestamp's."""
    client, at = world.engine.client(), "2026-01-02T11:59:59.{:06d}Z"
    decisions = expected()
    odd: list[Any] = [
        {"market_id": None}, {"market_id": {"N": "42"}}, {"date": {"S": "2025-12-31"}}, {"date": {"S": "2025-12-01"}},
        {"date": {"S": "2026-01-03"}},
    ]  # fmt: skip
    for number, attributes in enumerate(odd):
        item = decisions[0] | {"timestamp": {"S": at.format(number)}} | attributes
        client.put_item(TableName=DEMO, Item={name: value for name, value in item.items() if value})
    by_day = log.both()
    assert by_day[:2] == (decisions[0], decisions)
    build_index(client, DEMO, TABLE, BY_MARKET, progress=lambda line: None)
    wait_for(log.log, usable=True)
    by_index = log.both()
    assert by_index[:2] == by_day[:2] and by_index[2] < by_day[2]
    assert log.log.get_recent_decision_logs(MARKET, until=FILL, limit=3) == decisions[:3]


@pytest.mark.parametrize("market_id", ["", "m" * 2049])
def test_a_market_that_no_index_can_hold_is_refused_both_ways(
    world: World, short_log: Metered, market_id: str
) -> None:
    for _ in ("by day", "by index"):
        with pytest.raises(InvalidInput, match="1 to 2048 bytes"):
            short_log.log.get_decision_context_for_fill(market_id, FILL)
        build_index(world.engine.client(), DEMO, TABLE, BY_MARKET, progress=lambda line: None)


def test_only_a_new_table_is_filled_and_the_same_seed_gives_the_same(
    world: World, short_log: Metered
) -> None:
    with pytest.raises(BadInput, match="exists already"):
        fill.create(world.engine.client(), "demo")
    assert "exists already" in world.run("python -m examples.decision_log.fill --env demo", code=2)
    assert list(fill.decisions(50)) == list(fill.decisions(50)) != list(fill.decisions(50, seed=2))
    keys = {(item["date"]["S"], item["timestamp"]["S"]) for item in fill.decisions(COUNT)}
    assert len(keys) == COUNT and len({day for day, _ in keys}) == 8


def test_the_client_cannot_write(short_log: Metered) -> None:
    client: Any = short_log.log._client
    for name in ("put_item", "update_table", "delete_table", "transact_write_items"):
        with pytest.raises(InvalidInput, match="cannot write"):
            getattr(client, name)


def test_it_reads_the_region_that_it_is_given(world: World, use_settings: Any) -> None:
    use_settings(**world.settings)
    here, there = (ReadOnlyDynamoDBClient(region, "prod") for region in ("us-east-1", "eu-west-3"))
    assert (here._client.meta.region_name, there._client.meta.region_name) == ("us-east-1", "eu-west-3")
    assert there._client.meta.endpoint_url == world.engine.endpoint_url
    with pytest.raises(TableMissing):
        there.get_recent_decision_logs(MARKET, until=FILL)


@pytest.mark.parametrize("module", [fill, bench_gsi])
@pytest.mark.parametrize("number", ["0", "-5", "many"])
def test_a_number_of_decisions_that_is_none_is_refused(
    module: Any, number: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        module.arguments().parse_args([f"--decisions={number}"])
    assert "is not a whole number above 0" in capsys.readouterr().err
