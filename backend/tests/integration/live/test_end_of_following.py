"""How a follower ends when somebody else has taken over: quietly after a switch, with code 2 otherwise."""

from __future__ import annotations

import argparse
from types import SimpleNamespace

import pytest

from live import move as live_moves
from live import state as phases
from live.commands import start
from live.follow.lanes import Fenced, Permit, issue
from live.move import LiveMove, StartOptions
from tests.integration.live.live_harness import Live

pytestmark = pytest.mark.any_engine


def refused_in(live: Live, phase: str) -> LiveMove:
    """A follower that is refused by the table between its ledger and its write, while a cutover is in a phase."""
    live.legacy.add("subscription_plans", {"id": 1})
    move = live.live_move()

    def take_over(step: str) -> None:
        if step != "ledger":
            return
        item = move.state_item
        state = item.advance(move.require_state(), phases.CLOSING, new_epoch=True)
        issue(move.transport, move.table, Permit(state.epoch, 2**31))
        if phase == phases.LIVE:  # a cutover that was given up, and another follower since then
            item.advance(state, phases.LIVE, new_epoch=True)
            return
        state = item.advance(state, phases.DRAINED)
        if phase == phases.SWITCHED:
            item.advance(state, phases.SWITCHED)

    move.at_step = take_over
    return move


def start_command(move: LiveMove, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(start, "open_move", lambda options: move)
    parser = argparse.ArgumentParser()
    start.add_options(parser)
    options = parser.parse_args([])
    options.json = None
    return start.run(options)


def test_a_switch_ends_it_quietly_and_says_so(
    live: Live, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    live.begin()
    assert start_command(refused_in(live, phases.SWITCHED), monkeypatch) == 0
    assert (
        "the switch has been made (phase switched): MySQL is not followed any more" in capsys.readouterr().out
    )


def test_a_switch_that_is_being_made_is_waited_for(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    live.begin()
    move = refused_in(live, phases.DRAINED)

    def sleep(seconds: float) -> None:
        move.state_item.advance(move.require_state(), phases.SWITCHED)

    monkeypatch.setattr(live_moves, "time", SimpleNamespace(monotonic=lambda: 0.0, sleep=sleep))
    assert move.start(StartOptions(once=True)).phase == phases.SWITCHED


def test_another_run_that_has_taken_over_is_an_error(live: Live) -> None:
    live.begin()
    with pytest.raises(Fenced, match="refuses the writes of this run"):
        refused_in(live, phases.LIVE).start(StartOptions(once=True))
