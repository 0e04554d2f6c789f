"""A whole cutover, the way back, and the end: nothing is lost, and only one store is written at any time."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from api.dynamodb.repositories import (
    ProblemRepository,
    SearchHistoryRepository,
    UsageLogRepository,
    UserRepository,
)
from live import state as phases
from live.gate import NOBODY, Gate, GateState
from live.gate.statements import REFUSED
from live.phases import CANCEL, CUTOVER, FINISH, ROLLBACK
from live.reverse import ReverseTarget
from live.state import State
from live.switching import forward, trial
from live.switching.back import BackWork, follow_back
from live.switching.forward import CutoverOptions, ForwardWork, switch_over
from live.switching.switch import Switch
from live.verification.proof import prove
from live.verification.recheck import wait_for_mark
from migration.errors import MigrationError
from tests.integration.live.gate_harness import account, writing
from tests.integration.live.live_harness import Live, fill, following
from tests.integration.live.reverse_harness import differences, new_run
from tests.support.sources import EACH_SERVER
from tests.support.waiting import wait_until

pytestmark = pytest.mark.any_engine


def cut_over(live: Live, *, stop: float = 60.0) -> State:
    """A cutover without the minute of settling; the state then."""
    move = live.live_move()
    prove(move)
    work = ForwardWork(move, CutoverOptions(settle=0, stop=stop))
    return switch_over(move, Switch(move, work.workers, gate_seconds=2), work)


def roll_back(live: Live) -> State:
    """A rollback that believes that nobody has a permit."""
    move = live.live_move()
    return Switch(move, BackWork(move, permits_end=0).workers).run(ROLLBACK)


def serve(number: int) -> None:
    """What the service writes after a cutover."""
    users, problems = UserRepository(), ProblemRepository()
    user = users.create_user({"email": f"service{number}@example.org", "name": "Service"})
    users.update_user(1, {"name": f"Changed {number}"})
    users.delete_user(20 + number)
    problems.replace_test_cases(1, [{"input": f"{n}", "output": "1", "is_sample": n < 1} for n in range(4)])
    problems.update_problem(2, {"title": f"Title {number}", "tags": ["greedy"]})
    run = SearchHistoryRepository().create_history(new_run(user["user_id"], code="y = 2\n" * 3_000))
    SearchHistoryRepository().set_visibility(run["history_id"], True)
    for _ in range(3):
        UsageLogRepository().log_usage(1, "hint", 2, {"history_id": run["history_id"]})


@EACH_SERVER
def test_over_and_back_and_over_again_to_the_end(live: Live) -> None:
    fill(live.legacy)
    live.begin()
    for number in (1, 2):
        with following(live), writing(live.legacy.source) as application:
            assert application.run("UPDATE users SET name = 'By the application' WHERE id = 3") == 0
            state = cut_over(live)
            assert (state.phase, state.writer) == (phases.REVERSE, phases.SERVICE)
            assert application.run("UPDATE users SET name = 'Too late' WHERE id = 3") == REFUSED
        serve(number)
        follow_back(live.live_move(), once=True)
        assert differences(live.move) == []
        assert (live.status()["gate"], live.status()["letters"]) == (f"reverse (epoch {state.epoch})", [])
        if number == 1:
            UserRepository().update_user(4, {"name": "Written right before the rollback"})
            state = roll_back(live)
            assert (state.phase, state.writer) == (phases.LIVE, phases.APPLICATION)
            assert live.legacy.sql("SELECT name FROM users WHERE id = 4") == (
                ("Written right before the rollback",),
            )
            live.legacy.sql("UPDATE users SET name = 'By the application again' WHERE id = 5")
            live.legacy.sql("UPDATE test_cases SET output = '2' WHERE problem_id = 1")
            live.catch_up()
            assert live.differences() == []
            assert [key for key in live.unknown_keys() if key[0] != "PRBLOG"] == []  # notes of the service
    spoil = ReverseTarget(live.legacy.source, state.epoch)
    with (
        spoil
    ):  # as the direction back: a use of the table is lost in MySQL, and one of another moment is there
        spoil.run("CREATE TABLE kept AS SELECT * FROM usage_logs WHERE user_id = 1 ORDER BY id DESC LIMIT 1")
        spoil.run("DELETE FROM usage_logs WHERE id = (SELECT id FROM kept)")
        spoil.connection.commit()
        move = live.live_move()
        with pytest.raises(MigrationError, match="usage_logs differs from the table for user 1"):
            Switch(move, BackWork(move).workers).run(FINISH)
        spoil.run("INSERT INTO usage_logs SELECT * FROM kept")
        spoil.run(
            "INSERT INTO usage_logs (user_id, action, created_at) SELECT 2, 'hint', NOW() - INTERVAL 1 HOUR"
        )
        spoil.connection.commit()
        with pytest.raises(MigrationError, match="1 rows of MySQL have nothing in the table"):
            Switch(move, BackWork(move).workers).run(FINISH)
        spoil.run("DELETE FROM usage_logs WHERE user_id = 2 AND id = (SELECT MAX(id) FROM usage_logs)")
        spoil.connection.commit()
    state = Switch(move, BackWork(move).workers).run(FINISH)
    assert state.phase == phases.FINISHED and "compared and equal" in state.details["proof"]
    figures = json.loads(state.details["proof_figures"])
    assert figures["compared"]["usage"] > 80 and figures["rows_never_moved"] == 0
    with Gate(live.legacy.source) as gate:
        assert gate.state() == GateState(NOBODY, state.epoch)


def test_a_cutover_that_an_open_transaction_keeps_from_happening_is_given_up(live: Live) -> None:
    fill(live.legacy, 6)
    live.begin()
    with Gate(live.legacy.source) as gate:
        gate.install(live.live_move().require_state().epoch)
    with following(live), writing(live.legacy.source) as application:
        application.run("BEGIN")
        application.run("UPDATE users SET name = 'Open' WHERE id = 3")
        live_move = live.live_move()
        with pytest.raises(MigrationError, match=r"KILL \d+"):
            cut_over(live)
        assert live_move.require_state().phase == phases.LIVE
        assert application.run("COMMIT") == 0
        assert application.run("UPDATE users SET name = 'Goes on' WHERE id = 3") == 0
    live.catch_up()
    assert live.differences() == []


def test_a_gate_that_was_installed_by_half_is_completed(live: Live) -> None:
    """Otherwise the tables without triggers would be written by both after the switch."""
    fill(live.legacy, 6)
    live.begin()
    with following(live), writing(live.legacy.source) as application:
        application.run("BEGIN")
        application.run("UPDATE users SET name = 'Open' WHERE id = 3")
        with pytest.raises(MigrationError, match=r"KILL \d+"):
            cut_over(live)
        with Gate(live.legacy.source) as gate:
            assert gate.state() is not None and not gate.is_complete()
        assert application.run("COMMIT") == 0
        assert cut_over(live).phase == phases.REVERSE
        for table in ("users", "search_history", "usage_logs"):
            assert application.run(f"DELETE FROM {table} WHERE id = 1") == REFUSED


def test_a_trigger_that_is_gone_while_the_gate_is_shut_gives_the_cutover_up(live: Live) -> None:
    fill(live.legacy, 6)
    live.begin()
    move = live.live_move()

    def drop(step: str) -> None:
        if step.startswith("gate: nobody"):
            ((name,), *_) = live.legacy.sql(
                "SELECT trigger_name FROM information_schema.triggers WHERE event_object_table = 'users' "
                "AND trigger_schema = DATABASE()"
            )
            live.legacy.sql(f"DROP TRIGGER `{name}`")

    move.at_step = drop
    with following(live):
        prove(move)
        work = ForwardWork(move, CutoverOptions(settle=0))
        with pytest.raises(MigrationError, match="trigger"):
            switch_over(move, Switch(move, work.workers), work)
        assert move.require_state().phase == phases.LIVE
        move.at_step = lambda step: None
        assert cut_over(live).phase == phases.REVERSE


def test_pitfall_6_a_cutover_whose_way_back_would_fail_does_not_begin(live: Live) -> None:
    """The account of the direction back may not delete."""
    fill(live.legacy, 6)
    live.begin()
    with following(live):
        prove(live.live_move())
        few = account(live.legacy.source, "back", "SELECT, INSERT, UPDATE, CREATE")
        move = live.live_move()
        move.settings = replace(move.settings, source=few)
        work = ForwardWork(move, CutoverOptions(settle=0))
        with pytest.raises(MigrationError, match=r"GRANT .*DELETE"):
            work.prepare_switch(move.require_state())
        assert move.require_state().phase == phases.LIVE


def test_a_row_that_was_changed_just_now_is_tried_again(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(live.legacy, 6)
    live.begin()
    live.legacy.sql("UPDATE users SET name = 'Not yet applied' WHERE id = 1")
    pauses: list[float] = []
    monkeypatch.setattr(trial, "time", SimpleNamespace(sleep=pauses.append))
    with pytest.raises(MigrationError, match="row 1 of users comes back"):
        trial.try_direction_back(live.legacy.source)
    assert len(pauses) == 2
    monkeypatch.setattr(trial, "time", SimpleNamespace(sleep=lambda seconds: live.catch_up()))
    trial.try_direction_back(live.legacy.source)
    assert live.legacy.sql("SELECT name FROM users WHERE id = 1") == (("Not yet applied",),)


def test_one_barrier_is_enough_while_writes_stand_still(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(live.legacy, 6)
    live.begin()
    barriers: list[object] = []

    def counted(server: Any, ledger: Any, *seconds: float) -> None:
        barriers.append(seconds)
        wait_for_mark(server, ledger, *seconds)

    monkeypatch.setattr(forward, "wait_for_mark", counted)
    monkeypatch.setattr(forward, "_ROUNDS", 0)  # everything is left for the stop
    move = live.live_move()
    with following(live):
        prove(move)
        live.legacy.sql("UPDATE users SET name = 'Changed' WHERE id < 4")
        live.legacy.sql("UPDATE problems SET title = 'Changed' WHERE id < 3")
        work = ForwardWork(move, CutoverOptions(settle=0, stop=600))
        state = switch_over(move, Switch(move, work.workers, gate_seconds=5), work)
    assert (state.phase, state.details["proved_while_stopped"]) == (phases.REVERSE, "5")
    assert len(barriers) == 1


def test_pitfall_5_a_cutover_without_a_follower_or_a_proof_does_not_begin(live: Live) -> None:
    """Nobody has caught up: not with 10,000 keys either."""
    fill(live.legacy, 6)
    live.begin()
    move = live.live_move()
    work = ForwardWork(move, CutoverOptions(settle=0))
    with pytest.raises(MigrationError, match="live-verify"):
        work.check_ready(settle=0)
    with following(live):
        prove(move)
        work.check_ready(settle=0)
    live.legacy.sql(
        "INSERT INTO usage_logs (user_id, action, created_at) SELECT 1 + seq % 5, 'hint', NOW() FROM "
        "(SELECT ROW_NUMBER() OVER () AS seq FROM usage_logs a JOIN usage_logs b JOIN usage_logs c JOIN usage_logs d "
        "LIMIT 10000) AS numbers"
    )
    for at, lag, reason in (
        (time.time() - 60, 0.1, "live-start"),
        # The clock was set back: what lies ahead says nothing of a follower that runs now.
        (time.time() + 60, 0.1, "live-start"),
        (time.time(), 9.5, r"9\.5 s behind MySQL"),
    ):
        with move.opened_ledger() as ledger:
            ledger.set_notes(status=json.dumps({"at": at, "mark": 1, "lag_s": lag}))
        with pytest.raises(MigrationError, match=reason):
            switch_over(move, Switch(move, work.workers), work)
        assert move.require_state().phase == phases.LIVE


def test_pitfall_3_a_transaction_that_is_open_across_the_closing_is_moved(live: Live) -> None:
    """The position up to which everything is applied is taken behind the gate, which has waited for it."""
    fill(live.legacy, 6)
    live.begin()
    move = live.live_move()
    with following(live), writing(live.legacy.source) as application:
        prove(move)
        with Gate(live.legacy.source) as gate:
            gate.install(move.require_state().epoch)
        application.run("BEGIN")
        assert application.run("UPDATE users SET name = 'Open' WHERE id = 3") == 0

        def commit_later(step: str) -> None:
            if step == phases.CLOSING:  # the gate is moved next
                threading.Timer(0.3, lambda: application.run("COMMIT")).start()

        move.at_step = commit_later
        work = ForwardWork(move, CutoverOptions(settle=0, stop=60))
        assert switch_over(move, Switch(move, work.workers, gate_seconds=30), work).phase == phases.REVERSE
    user = UserRepository().get_user(3)
    assert user is not None and user["name"] == "Open"


def test_a_row_that_becomes_a_dead_letter_while_following_holds_the_cutover_up(live: Live) -> None:
    fill(live.legacy, 6)
    live.begin()
    with following(live), writing(live.legacy.source) as application:
        assert application.run("UPDATE users SET is_active = 7 WHERE id = 3") == 0
        wait_until(lambda: bool(live.letters()), "a dead letter")
        with pytest.raises(MigrationError, match=r"1 rows cannot be moved: mend them .*--accept-letters=1"):
            cut_over(live)
        assert live.live_move().require_state().phase == phases.LIVE
        assert application.run("UPDATE users SET is_active = 1 WHERE id = 3") == 0
        wait_until(lambda: not live.letters(), "the row to be moved")
        assert cut_over(live).phase == phases.REVERSE


class _Killed(BaseException):
    pass


CUTOVER_STEPS = (
    "PREPARE_SWITCH", "closing", "gate: nobody", "DRAIN", "drained", "FENCE_FOLLOWERS", "switched", "gate: reverse",
)  # fmt: skip
ROLLBACK_STEPS = ("closing back", "DRAIN_BACK", "gate: nobody", "NOTE_POSITION", "rolled back", "live")


def test_killed_at_each_durable_step_the_same_command_ends_in_the_same_place(live: Live) -> None:
    fill(live.legacy, 6)
    live.begin()
    move = live.live_move()

    def run(goal: str, workers: Any, points: tuple[str, ...]) -> State:
        for point in points:

            def kill(step: str, point: str = point) -> None:
                if step.startswith(point):
                    raise _Killed

            move.at_step = kill
            with pytest.raises(_Killed):
                Switch(move, workers, gate_seconds=5).run(goal)
        move.at_step = lambda step: None
        return Switch(move, workers, gate_seconds=5).run(goal)

    with following(live):
        prove(move)
        workers = ForwardWork(move, CutoverOptions(settle=0, stop=600)).workers
        assert run(CUTOVER, workers, CUTOVER_STEPS).phase == phases.REVERSE
    UserRepository().update_user(1, {"name": "By the service"})
    back = BackWork(move, permits_end=0).workers
    assert run(ROLLBACK, back, ROLLBACK_STEPS).phase == phases.LIVE
    assert live.legacy.sql("SELECT name FROM users WHERE id = 1") == (("By the service",),)
    live.legacy.sql("UPDATE users SET name = 'By the application' WHERE id = 2")
    live.catch_up()
    assert live.differences() == []


@pytest.mark.parametrize("point", ["closing", "gate: nobody", "drained"])
def test_an_interrupted_cutover_can_be_given_up(live: Live, point: str) -> None:
    fill(live.legacy, 6)
    live.begin()
    move = live.live_move()

    def kill(step: str) -> None:
        if step.startswith(point):
            raise _Killed

    with following(live):
        prove(move)
        move.at_step = kill
        workers = ForwardWork(move, CutoverOptions(settle=0, stop=600)).workers
        with pytest.raises(_Killed):
            Switch(move, workers).run(CUTOVER)
        move.at_step = lambda step: None
        assert Switch(move, workers).run(CANCEL).phase == phases.LIVE
    live.legacy.sql("UPDATE users SET name = 'As before' WHERE id = 2")
    live.catch_up()
    assert live.differences() == []
