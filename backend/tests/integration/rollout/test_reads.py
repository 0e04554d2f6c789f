"""The service's repositories with flags: which strategy reads, what a line says, what is compared and rolled back."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.composition import answered, repositories
from api.dynamodb.errors import DataLayerError, InvalidInput, Throttled
from api.dynamodb.metering import meter
from api.dynamodb.table.read_paths import DEFAULT_READS, MY_RUNS, SIGN_IN, Strategy
from metrics.recorder import Recorder
from reporting.metric_lines import LOGGER
from rollout import flag_cache
from rollout.flag_cache import FlagCache
from rollout.flags import Setting
from rollout.health import Health
from rollout.process import reads_of_process
from rollout.reader import FlaggedReads
from rollout.service_flags import FLAGS
from rollout.shadow import ShadowReads
from tests.integration.rollout.conftest import World

pytestmark = pytest.mark.any_engine


@pytest.fixture
def lines() -> Iterator[list[dict[str, Any]]]:
    """The metric lines that were written."""
    written: list[dict[str, Any]] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(json.loads(record.getMessage()))

    handler, logger = Keep(), logging.getLogger(LOGGER)
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield written
    logger.removeHandler(handler)
    logger.setLevel(level)


def set_flag(world: World, name: str, value: str, percent: int = 100, **more: Any) -> None:
    now = datetime.now(UTC)
    setting = Setting(value, percent, now, **more)
    world.store.write(world.state.with_settings({name: setting}, now, "ann@host", "a test"))


def operations(read: Callable[[], object]) -> list[str]:
    with meter.recording() as calls:
        read()
    return calls.operations


def test_without_settings_repositories_read_by_the_defaults_and_no_flag_is_read(filled: World) -> None:
    assert repositories().reads is DEFAULT_READS
    assert operations(lambda: repositories().users.get_user_for_sign_in("user1@example.com")) == [
        "GetItem",
        "GetItem",
    ]
    assert operations(lambda: repositories().history.list_user_history(1)) == ["Query"]


def test_a_flag_changes_the_strategy_and_its_rollback_counts_within_two_seconds(
    filled: World,
    use_settings: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    lines: list[dict[str, Any]],
) -> None:
    use_settings(ALGOITNY_ROLLOUT="1", ALGOITNY_READ_METRICS="1")
    monkeypatch.setattr(flag_cache, "SECONDS", 0.0)  # the two seconds have passed each time
    monkeypatch.setattr(flag_cache, "STALE_SECONDS", 0.0)

    def sign_in() -> tuple[str, bool, int]:
        user = repositories().users.get_user_for_sign_in("user1@example.com")
        assert user is not None and user["user_id"] == 1
        return lines[-1]["strategy"], lines[-1]["consistentRead"], lines[-1]["countFetched"]

    assert sign_in() == ("email_guard", True, 2)
    set_flag(filled, "sign_in", "gsi1_query")
    assert sign_in() == ("gsi1_query", False, 1)
    filled.run("rollback")
    assert sign_in() == ("email_guard", True, 2)


def test_an_override_wins_over_the_table_and_reads_no_flag(
    filled: World, use_settings: Callable[..., None]
) -> None:
    set_flag(filled, "sign_in", "gsi1_query")
    use_settings(ALGOITNY_ROLLOUT_OVERRIDES="sign_in=email_guard,my_runs=partition_query_consistent")
    assert operations(lambda: repositories().users.get_user_for_sign_in("user1@example.com")) == [
        "GetItem",
        "GetItem",
    ]
    with meter.recording() as calls:
        repositories().history.list_user_history(1)
    assert calls.operations == ["Query"] and calls.read_units == 1.0


def test_an_override_that_there_is_not_is_named(world: World, use_settings: Callable[..., None]) -> None:
    from config.environment import environment
    from config.setting_values import ConfigurationError

    use_settings(ALGOITNY_ROLLOUT_OVERRIDES="sign_in=scan")
    with pytest.raises(ConfigurationError, match="ALGOITNY_ROLLOUT_OVERRIDES: sign_in is 'scan'"):
        reads_of_process(environment())


def test_a_metric_line_has_the_six_fields_of_the_guide_in_their_order(
    filled: World, use_settings: Callable[..., None], lines: list[dict[str, Any]]
) -> None:
    use_settings(ALGOITNY_READ_METRICS="1")
    service = repositories()
    service.users.list_users()
    service.history.list_user_history(1)
    service.history.list_public_timeline()
    service.problems.list_problems(drafts=True)
    assert [list(line) for line in lines] == 4 * [
        ["metric", "strategy", "consistentRead", "durationMs", "countFetched", "countReturned"]
    ]
    said = [tuple(line[name] for name in line if name != "durationMs") for line in lines]
    assert said == [
        ("staff_users", "partition_query", False, 6, 3),
        ("my_runs", "partition_query", False, 1, 1),
        ("timeline", "gsi2_query", False, 3, 3),
        ("staff_drafts", "partition_query", False, 1, 1),
    ]


class Faulty:
    """A read path whose strategies are the test's own."""

    def __init__(self, world: World, now: list[float]) -> None:
        self.world, self.now = world, now
        self.rows = {"email_guard": [1], "gsi1_query": [1]}
        self.failure: DataLayerError | None = None
        self.flags = FlagCache(FLAGS, world.store.read, monotonic=lambda: now[0], start=lambda work: work())
        self.recorder = Recorder()
        self.recorder.enabled = True
        self.health = Health(
            {flag.name: flag for flag in FLAGS}, self.flags, world.store, monotonic=lambda: now[0],
            start=lambda work: work(), recorder=self.recorder,
        )  # fmt: skip
        self.shadows = ShadowReads(
            self.flags, self.health, chance=lambda: 0.0, monotonic=lambda: now[0], sleep=lambda seconds: None,
            recorder=self.recorder,
        )  # fmt: skip
        self.reads = FlaggedReads(self.flags, metrics=True, shadows=self.shadows, health=self.health)

    def read(self, times: int = 1) -> None:
        def run(strategy: Strategy) -> tuple[list[int], Strategy]:
            if self.failure is not None and strategy.name == "gsi1_query":
                raise self.failure
            return self.rows[strategy.name], strategy

        for _ in range(times):
            with suppress(DataLayerError):
                self.reads.read(SIGN_IN, "7", run, len)
            self.reads.answered()
        self.shadows.wait()

    def recorded(self) -> tuple[dict[str, int], list[dict[str, Any]]]:
        """How many comparisons there were by group, and what was recorded of windows."""
        self.recorder.collect()
        figures, events = self.recorder.take()
        return {group: series.n for group, series in figures.groups.items()}, events.get("rollout", [])

    def value(self) -> str:
        return self.world.state.settings["sign_in"].value


def test_shadow_reads_count_what_is_equal_and_what_is_different(world: World) -> None:
    set_flag(world, "sign_in", "gsi1_query", percent=0, shadow=100)
    path = Faulty(world, [0.0])
    path.read(3)
    path.rows["gsi1_query"] = [2]
    path.read(2)
    assert path.shadows.counts == {("sign_in", "equal"): 3, ("sign_in", "different"): 2}
    counts, events = path.recorded()
    strategies = "shadow sign_in/email_guard/gsi1_query"
    assert counts == {f"{strategies}/equal": 3, f"{strategies}/different": 2}
    assert [(event["path"], event["event"]) for event in events] == [("sign_in", "different")] * 2


def test_a_difference_that_is_gone_at_the_second_look_is_none(world: World) -> None:
    set_flag(world, "sign_in", "gsi1_query", percent=0, shadow=100)
    path = Faulty(world, [0.0])
    path.rows["gsi1_query"] = [2]
    path.shadows._sleep = lambda seconds: path.rows.update(gsi1_query=[1])
    path.read()
    assert path.shadows.counts == {("sign_in", "equal"): 1}


def test_shadow_reads_keep_to_their_budget_of_units_a_minute(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_flag(world, "sign_in", "gsi1_query", percent=0, shadow=100)
    now = [0.0]
    path = Faulty(world, now)
    path.shadows._minute, path.shadows._units = 0.0, 60.0
    path.read(2)
    now[0] += 61
    path.read()
    assert path.shadows.counts == {("sign_in", "skipped"): 2, ("sign_in", "equal"): 1}


def test_nothing_is_read_twice_before_the_request_has_its_answer(
    filled: World, use_settings: Callable[..., None]
) -> None:
    set_flag(filled, "my_runs", "partition_query_consistent", percent=0, shadow=100)
    use_settings(ALGOITNY_ROLLOUT="1")
    reads = repositories().reads
    assert isinstance(reads, FlaggedReads) and reads._shadows is not None
    assert operations(lambda: repositories().history.list_user_history(1)) == ["GetItem", "Query"]
    assert reads._shadows.counts == {}
    answered()
    reads._shadows.wait()
    assert reads._shadows.counts == {(MY_RUNS.name, "equal"): 1}


def test_two_bad_windows_of_errors_roll_back_and_say_why(
    world: World, lines: list[dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    set_flag(world, "sign_in", "gsi1_query", bad_windows=2)
    now = [0.0]
    path = Faulty(world, now)
    path.failure = Throttled("too much", code="ThrottlingException")
    for _ in range(2):
        path.read(20)
        now[0] += 61
    assert path.value() == "gsi1_query"
    path.read()
    assert path.value() == "email_guard"
    assert world.state.reason == "automatic rollback after 2 bad windows: 20 of 20 reads failed"
    windows = path.recorded()[1]
    assert [event["event"] for event in windows] == ["bad window", "bad window", "rolled back"]
    assert windows[0]["reason"] == "20 of 20 reads failed" and windows[0]["errors"] == 20
    assert "bad window 1 of 2" in caplog.text and "is email_guard again" in caplog.text
    assert lines[0]["level"] == "ERROR" and lines[0]["error"] == "ThrottlingException"


def test_too_few_reads_hold_and_a_good_window_begins_the_count_anew(world: World) -> None:
    set_flag(world, "sign_in", "gsi1_query", bad_windows=2)
    now = [0.0]
    path = Faulty(world, now)
    for failure, times in (
        (Throttled("x"), 20),
        (Throttled("x"), 3),
        (None, 20),
        (Throttled("x"), 20),
        (None, 20),
    ):
        path.failure = failure
        path.read(times)
        now[0] += 61
    path.read()
    assert path.value() == "gsi1_query"


def test_a_callers_mistake_is_no_error_of_the_strategy(world: World) -> None:
    set_flag(world, "sign_in", "gsi1_query", bad_windows=1)
    now = [0.0]
    path = Faulty(world, now)
    path.failure = InvalidInput("the cursor is not one that this list gave out")
    path.read(30)
    now[0] += 61
    path.read()
    assert path.value() == "gsi1_query"


def test_results_that_differ_roll_back_a_path_that_nobody_is_served_by_yet(world: World) -> None:
    set_flag(world, "sign_in", "gsi1_query", percent=0, shadow=100, bad_windows=1)
    now = [0.0]
    path = Faulty(world, now)
    path.rows["gsi1_query"] = [2]
    path.read(2)
    now[0] += 61
    path.read()
    assert path.value() == "email_guard" and "2 shadow reads with another result" in world.state.reason


def test_a_path_that_somebody_changed_meanwhile_is_left_as_it_is(world: World) -> None:
    set_flag(world, "sign_in", "gsi1_query", bad_windows=1)
    now = [0.0]
    path = Faulty(world, now)
    path.failure = Throttled("x")
    path.read(20)
    later = datetime.now(UTC) + timedelta(seconds=1)
    world.store.write(
        world.state.with_settings({"sign_in": Setting("gsi1_query", 50, later)}, later, "bob@host", "half")
    )
    now[0] += 61
    path.flags._read_at = now[0]  # this process has not seen it yet
    path.read()
    assert world.state.reason == "half"


def test_a_slow_strategy_is_told_by_its_own_limit_or_by_the_default_one(world: World) -> None:
    from rollout.health import _fault, _Window

    window, flag = _Window(60.0), FLAGS[0]
    for strategy, milliseconds in (("email_guard", 10.0), ("gsi1_query", 21.0)):
        window.reads[strategy].milliseconds, window.reads[strategy].count = [milliseconds] * 20, 20
    now = datetime.now(UTC)
    assert _fault(flag, Setting("gsi1_query", 50, now), window) == "P95 is 21.0 ms, the limit 20.0 ms"
    assert _fault(flag, Setting("gsi1_query", 50, now, max_p95_ms=30), window) == ""
    assert "the limit 15.0 ms" in str(_fault(flag, Setting("gsi1_query", 50, now, max_p95_ms=15), window))
