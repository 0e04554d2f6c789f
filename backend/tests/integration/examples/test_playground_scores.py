"""The playground's rollout, followed by its README; a test or two for each ability that its guide promises."""

from __future__ import annotations

import json
import logging
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.dynamodb.control_plane.creation import create_table
from api.dynamodb.errors import TableMissing
from benchmarks.bench_rollout import targets
from config.environment import BACKEND_DIR
from examples.decision_log.fill import write
from examples.playground_scores import measure
from examples.playground_scores.flags import FLAGS, RESERVED
from examples.playground_scores.scores import KEY_NAMES, Listing, Scores
from examples.playground_scores.server import serve
from examples.playground_scores.system import SYSTEM
from examples.playground_scores.table_configs.playground_scores import TABLE
from reporting.metric_lines import LOGGER
from rollout import health
from rollout.flag_cache import FlagCache
from rollout.flag_store import FlagStore
from rollout.flags import Setting, State
from rollout.metric_report import read_log
from tests.integration.examples.readme_commands import commands
from tests.support.engines import Engine
from tests.support.scripts import run_script, script_environment

pytestmark = pytest.mark.any_engine
SYSTEM_NAME = "examples.playground_scores.system"


class Playground:
    """The system on an engine: its API, the lines that it writes, and the command that sets its flags."""

    def __init__(self, engine: Engine, table_name: str, state: Path) -> None:
        self.engine, self.lines = engine, list[str]()
        self.settings = {**engine.settings(table_name), "ALGOITNY_STATE_DIR": str(state)}
        self.now = 0.0
        self.base_url = ""

    def store(self, env: str = "dev") -> FlagStore:
        return FlagStore.of_client(self.engine.client(), TABLE.table_name(env), KEY_NAMES)

    def scores(self) -> Scores:
        """With a copy of the flags that is as old as the test's clock says."""
        flags = FlagCache(FLAGS, self.store().read, monotonic=lambda: self.now, start=lambda work: work())
        return Scores("dev", client=self.engine.client(), flags=flags)

    def create(self, env: str = "dev", *, indexes: bool = True) -> None:
        create_table(self.engine.client(), TABLE if indexes else replace(TABLE, indexes=()), env)

    def rollout(self, *arguments: str, code: int = 0, env: str = "dev") -> str:
        self.now += 2.0  # by then every process has read the flags again
        done = run_script(
            "rollout", *arguments, "--system", SYSTEM_NAME, "--env", env,
            settings={**self.settings, "PYTHONPATH": str(BACKEND_DIR)},
        )  # fmt: skip
        assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stderr if code == 2 else done.stdout

    def backdate(self, env: str, **span: float) -> None:
        """Lets the settings of an environment count for longer."""
        state = self.store(env).read()
        since = datetime.now(UTC) - timedelta(**span)
        settings = {name: replace(setting, since=since) for name, setting in state.settings.items()}
        self.store(env).write(replace(state, version=state.version + 1, settings=settings))

    def script(self, name: str) -> None:
        path = f"examples/playground_scores/tests/{name}.py"
        done = subprocess.run(
            [sys.executable, path, self.base_url], cwd=BACKEND_DIR, env=script_environment(), capture_output=True,
            text=True, timeout=240, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        assert "passed" in done.stdout

    def said(self, metric: str) -> tuple[str, bool]:
        """The strategy and the consistency of a metric's last line."""
        line = next(line for line in map(json.loads, reversed(self.lines)) if line["metric"] == metric)
        return line["strategy"], line["consistentRead"]


@pytest.fixture
def playground(engine: Engine, table_name: str, tmp_path: Path) -> Iterator[Playground]:
    world = Playground(engine, table_name, tmp_path)

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            world.lines.append(record.getMessage())

    handler, logger = Keep(), logging.getLogger(LOGGER)
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)

    def forget() -> None:
        client = engine.client()
        for name in client.list_tables()["TableNames"]:
            if name.startswith(("PlaygroundScores-", table_name)):
                client.delete_table(TableName=name)

    forget()
    yield world
    logger.removeHandler(handler)
    logger.setLevel(level)
    forget()


@pytest.fixture
def served(playground: Playground) -> Iterator[Playground]:
    """With its table, and its API on a free port."""
    playground.create()
    scores = playground.scores()
    with serve(scores) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        playground.base_url = f"http://127.0.0.1:{server.server_address[1]}"
        yield playground
        server.shutdown()
        thread.join()


def test_abilities_4_5_6_11_15_16_21_both_scripts_pass_in_each_phase_and_after_both_rollbacks(
    served: Playground,
) -> None:
    phases: list[tuple[tuple[str, ...], tuple[str, bool], tuple[str, bool]]] = [
        ((), ("scan", True), ("partition_query", True)),
        (("enable", "use_metadata_gsi"), ("gsi_query", False), ("partition_query", True)),
        (("enable", "read_consistent=false", "--override", "x"), ("gsi_query", False), ("partition_query", False)),
        (("rollback", "--gradual"), ("gsi_query", False), ("partition_query", True)),
        (("rollback", "--gradual"), ("scan", True), ("partition_query", True)),
    ]  # fmt: skip
    for command, tables, users in phases:
        if command:
            served.rollout(*command)
        served.script("test_api_integration")
        served.script("test_api_pagination")
        assert (served.said("list_tables"), served.said("list_users")) == (tables, users), command
    served.rollout("enable", "use_metadata_gsi", "read_consistent=false", "--override", "x")
    served.rollout("rollback")
    served.script("test_api_integration")
    assert (served.said("list_tables"), served.said("list_users")) == (
        ("scan", True),
        ("partition_query", True),
    )
    assert read_log(served.lines).errors == {}


def test_abilities_1_4_a_deployment_changes_nothing(playground: Playground) -> None:
    playground.create()
    scores = playground.scores()
    scores.create_table("one", "One")
    scores.list_tables()
    scores.list_users("one")
    assert playground.said("list_tables") == ("scan", True)
    assert playground.said("list_users") == ("partition_query", True)
    assert playground.store().read() == State()


def test_ability_2_the_flag_is_refused_unless_the_index_is_active(playground: Playground) -> None:
    playground.create(indexes=False)
    message = playground.rollout("enable", "use_metadata_gsi", "--override", "hurry", code=2)
    assert "byUser" in message and "add_gsi.py" in message
    assert playground.store().read() == State()


def test_abilities_3_9_14_20_each_read_writes_the_line_of_which_reports_are_made(
    playground: Playground,
) -> None:
    playground.create()
    scores = playground.scores()
    for number in range(3):
        scores.create_table(f"table-{number}", "x")
        scores.record_score(f"table-{number}", "alice", 1)
    scores.list_tables(2)
    playground.rollout("enable", "use_metadata_gsi")
    scores.list_tables(2)
    assert [list(json.loads(line)) for line in playground.lines] == 2 * [
        ["metric", "strategy", "consistentRead", "durationMs", "countFetched", "countReturned"]
    ]
    rows = {row["strategy"]: row for row in read_log(playground.lines).by_strategy()}
    assert (rows["scan"]["avgFetched"], rows["scan"]["avgReturned"]) == (6, 2)
    assert (rows["gsi_query"]["avgFetched"], rows["gsi_query"]["avgReturned"]) == (3, 2)
    assert rows["scan"]["minDuration"] <= rows["scan"]["avgDuration"] <= rows["scan"]["maxDuration"]
    playground.engine.client().delete_table(TableName=TABLE.table_name("dev"))
    with pytest.raises(TableMissing):
        scores.list_users("table-0")
    report = read_log(playground.lines)
    assert [row["metric"] for row in report.percentiles()] == ["list_tables", "list_users"]
    assert {"p95", "p99"} < report.percentiles()[0].keys()
    assert [row["errors"] for row in report.errors_by_time()] == [1]


def test_a_sample_is_read_by_the_index_too_after_the_answer_and_compared(playground: Playground) -> None:
    playground.create()
    scores = playground.scores()
    scores.create_table("one", "One")
    playground.rollout("enable", "use_metadata_gsi", "--percent", "0", "--shadow", "100")
    scores.list_tables()
    assert playground.said("list_tables") == ("scan", True) and scores.shadows.counts == {}
    scores.answered()
    scores.shadows.wait()
    assert scores.shadows.counts == {("list_tables", "equal"): 1} and len(playground.lines) == 1


def test_differences_between_scan_and_index_take_the_flag_back(
    playground: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    playground.create()
    playground.rollout(
        "enable", "use_metadata_gsi", "--percent", "0", "--shadow", "100", "--bad-windows", "1"
    )
    scores = playground.scores()
    scores.create_table("one", "One")
    monkeypatch.setattr(health, "WINDOW_SECONDS", 0.0)
    monkeypatch.setattr(Scores, "query_tables", lambda self, limit, cursor: Listing([], None, 0, 0.5))
    scores.list_tables()
    scores.answered()
    scores.shadows.wait()
    assert scores.shadows.counts == {("list_tables", "different"): 1}
    scores.list_tables()  # ends the window
    until = time.monotonic() + 60
    while (state := playground.store().read()).version == 1 and time.monotonic() < until:
        time.sleep(0.02)
    assert state.settings["use_metadata_gsi"].value == "false"
    assert state.reason == "automatic rollback after 1 bad windows: 1 shadow reads with another result"


def test_abilities_8_10_21_same_results_half_the_units_and_a_fiftieth_of_the_scan(
    dynamodb_local: Engine, table_name: str, tmp_path: Path
) -> None:
    world = Playground(dynamodb_local, table_name, tmp_path)
    client = dynamodb_local.client()
    world.create("staging")
    try:
        write(client, TABLE.table_name("staging"), measure.tables(2_000))
        write(client, TABLE.table_name("staging"), measure.scores_of(0, 2_500, 2_000))
        scores = Scores("staging", client=client, flags=FlagCache(FLAGS, None))
        cursor: str | None = None
        for _ in range(3):
            scan, query = scores.scan_tables(50, cursor, True), scores.query_tables(50, cursor)
            assert (scan.entries, scan.cursor) == (query.entries, query.cursor)
            cursor = scan.cursor
        assert query.units <= scan.units / 50
        users, eventual = (
            scores.query_users(measure.BUSIEST, 100, None, consistent) for consistent in (True, False)
        )
        assert users.entries == eventual.entries and len(users.entries) == 100
        assert eventual.units == users.units / 2
        report = json.loads(world.rollout("compare", "--json", "--samples", "5", env="staging"))
        assert report["different"] == [] and len(report["strategies"]) == 4
    finally:
        client.delete_table(TableName=TABLE.table_name("staging"))


def test_ability_12_phase_3_wants_24_hours_in_phase_2(playground: Playground) -> None:
    playground.create()
    playground.rollout("enable", "use_metadata_gsi")
    assert "24 hours of phase 2" in playground.rollout("enable", "read_consistent=false", code=2)
    playground.backdate("dev", hours=25)
    playground.rollout("enable", "read_consistent=false")
    assert playground.store().read().settings["read_consistent"].value == "false"


def test_ability_13_prod_reads_the_weeks_of_dev_and_staging_from_their_tables(playground: Playground) -> None:
    for env in ("dev", "staging", "prod"):
        playground.create(env)
        if env != "prod":
            playground.rollout("enable", "use_metadata_gsi", env=env)
    playground.backdate("dev", days=8)
    message = playground.rollout("enable", "use_metadata_gsi", code=2, env="prod")
    assert "in staging" in message and "in dev" not in message
    playground.backdate("staging", days=7, minutes=1)
    playground.rollout("enable", "use_metadata_gsi", env="prod")
    assert playground.store("prod").read().version == 1


def test_ability_17_a_settings_file_does_the_same_as_the_command_line(
    playground: Playground, tmp_path: Path
) -> None:
    playground.create()
    file = tmp_path / "terraform.tfvars"
    file.write_text("# infra/terraform.tfvars\nuse_metadata_gsi = true\ndefault_table_page_limit = 20\n")
    playground.rollout("enable", "--settings", str(file), "default_table_page_limit=2")
    settings = playground.store().read().settings
    assert {name: setting.value for name, setting in settings.items()} == {
        "use_metadata_gsi": "true", "default_table_page_limit": "2"
    }  # fmt: skip


def test_ability_18_the_page_limit_is_50_unless_its_flag_says_otherwise(playground: Playground) -> None:
    playground.create()
    write(playground.engine.client(), TABLE.table_name("dev"), measure.tables(60))
    scores = playground.scores()
    assert len(scores.list_tables().entries) == 50
    playground.rollout("enable", "default_table_page_limit=7")
    assert len(scores.list_tables().entries) == 7 and len(scores.list_tables(60).entries) == 60
    playground.rollout("enable", "default_table_page_limit=101", code=2)


def test_ability_19_the_reserved_flags_exist_and_nothing_reads_them(playground: Playground) -> None:
    playground.create()
    scores = playground.scores()
    scores.create_table("one", "One")
    for flag in RESERVED:
        assert flag.default == "false"
        playground.rollout("enable", flag.name)
    before = scores.list_tables()
    assert playground.said("list_tables") == ("scan", True) and len(before.entries) == 1
    assert playground.rollout("status").count("reserved") == 2


def test_ability_20_the_index_is_looked_at_and_reads_go_on_without_it(playground: Playground) -> None:
    playground.create()
    scores = playground.scores()
    scores.create_table("one", "One")
    playground.rollout("enable", "use_metadata_gsi")
    assert "index byUser: ACTIVE" in playground.rollout("status")
    playground.engine.client().update_table(
        TableName=TABLE.table_name("dev"), GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "byUser"}}]
    )
    assert [table["tableId"] for table in scores.list_tables().entries] == ["one"]


def test_abilities_7_10_11_21_22_are_targets_of_the_benchmark() -> None:
    def figure(units: float, milliseconds: float = 1.0, entries: int = 1) -> measure.Figure:
        return measure.Figure("x", True, Listing([{"number": entries}], None, 1, units), milliseconds)

    good = measure.Measured(
        scan=figure(100, 10), eventual_scan=figure(50, 10), query=figure(1), users=figure(2),
        eventual_users=figure(1), later_query=figure(1), later_scan=figure(900, 90), visible_seconds=0.1,
    )  # fmt: skip
    assert all(target.met for target in targets(good))
    for change, missed in (
        ({"query": figure(1, 8.0)}, "list_tables by the index, time"),
        ({"query": figure(3), "later_query": figure(3)}, "list_tables by the index, read units"),
        ({"eventual_users": figure(2)}, "list_users, eventual, read units"),
        ({"eventual_scan": figure(100, 10)}, "the scan, eventual, read units"),
        ({"later_query": figure(2)}, "list_tables by the index, all scores, read units"),
        ({"later_query": figure(1, 2.0)}, "list_tables by the index, all scores, time"),
        ({"visible_seconds": 1.1}, "a new table, listed within"),
        ({"later_scan": figure(900, 90, entries=2)}, "pages that differ between strategies"),
    ):
        assert [target.figure for target in targets(replace(good, **change)) if not target.met] == [missed]


def test_ability_22_a_page_by_the_index_costs_the_same_when_the_table_has_grown(
    playground: Playground,
) -> None:
    playground.create()
    client, scores = playground.engine.client(), playground.scores()
    write(client, TABLE.table_name("dev"), measure.tables(60))
    before = scores.query_tables(50, None)
    write(client, TABLE.table_name("dev"), measure.scores_of(0, 2_000, 60))
    after = scores.query_tables(50, None)
    assert (after.entries, after.fetched, after.units) == (before.entries, before.fetched, before.units)


def test_a_share_of_pages_takes_the_index_and_the_state_survives_a_value_of_tomorrow(
    playground: Playground,
) -> None:
    playground.create()
    now = datetime.now(UTC)
    state = State().with_settings({"use_metadata_gsi": Setting("tomorrow", 100, now)}, now, "ann@host", "x")
    playground.store().write(state)
    playground.scores().list_tables()
    assert playground.said("list_tables") == ("scan", True)


def test_the_commands_of_its_readme_work_in_their_order(playground: Playground) -> None:
    for line in commands("playground_scores"):
        _, script, *arguments = shlex.split(line)
        name = script.removeprefix("scripts/").removesuffix(".py")
        settings = {**playground.settings, "PYTHONPATH": str(BACKEND_DIR)}
        done = run_script(name, *arguments, settings=settings)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    assert playground.store().read().settings["read_consistent"].value == "true"


def test_every_flag_of_the_guide_is_declared() -> None:
    assert {flag.name: flag.default for flag in SYSTEM.flags} == {
        "use_metadata_gsi": "false", "read_consistent": "true", "default_table_page_limit": "50",
        "enable_gsi_leaderboard": "false", "use_leaderboard_gsi": "false",
    }  # fmt: skip
