"""The durable phase of a live move: conditional writes, refused transitions, lost responses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from api.dynamodb.errors import InvalidInput
from api.dynamodb.transport.http import Transport
from api.dynamodb.transport.retry import Caller
from live import state as phases
from live.state import StateChanged, StateItem
from tests.support.engines import Engine
from tests.support.tables import TablePool

pytestmark = pytest.mark.any_engine


@pytest.fixture
def table(engine: Engine, table_pool: TablePool) -> Iterator[str]:
    name = table_pool.take(engine)
    yield name
    table_pool.put_back(engine, name)


@pytest.fixture
def caller(engine: Engine, table: str, use_settings: Any) -> Transport:
    use_settings(**engine.settings(table))
    return Transport.of_environment()


class LosesResponse:
    """Carries a write out, and then has no response for it; the repetition meets its own work."""

    def __init__(self, caller: Caller, operation: str) -> None:
        self._caller, self._operation = caller, operation

    def call(self, operation: str, request: Any) -> Any:
        response = self._caller.call(operation, request)
        if operation != self._operation:
            return response
        self._operation = ""
        return self._caller.call(operation, request)


def test_a_move_is_begun_once(caller: Transport, table: str) -> None:
    item = StateItem(caller, table)
    assert item.read() is None
    state = item.create({"source": "server-1"})
    assert item.read() == state
    assert (state.phase, state.epoch, state.writer) == (phases.PREPARED, 1, phases.APPLICATION)
    with pytest.raises(StateChanged, match="phase prepared, epoch 1"):
        item.create()


def test_each_phase_can_be_reached_and_only_by_its_way(caller: Transport, table: str) -> None:
    item = StateItem(caller, table)
    state = item.create()
    way = (
        phases.NOTED, phases.BULK, phases.LIVE, phases.CLOSING, phases.DRAINED, phases.SWITCHED, phases.REVERSE,
        phases.CLOSING_BACK, phases.ROLLED_BACK, phases.LIVE, phases.CLOSING, phases.LIVE, phases.CLOSING,
        phases.DRAINED, phases.SWITCHED, phases.REVERSE, phases.FINISHED,
    )  # fmt: skip
    for phase in way:
        for other in set(phases.FOLLOWING) - {state.phase, *phases.FOLLOWING[state.phase]}:
            with pytest.raises(InvalidInput, match=f"cannot go on to {other}"):
                item.advance(state, other)
        state = item.advance(state, phase, new_epoch=phase == phases.CLOSING, details={"last": phase})
        assert item.read() == state
    assert set(way) | {phases.PREPARED} == set(phases.FOLLOWING) == set(phases.WRITERS)
    assert (state.epoch, state.details) == (4, {"last": phases.FINISHED})


def test_a_process_that_was_overtaken_changes_nothing(caller: Transport, table: str) -> None:
    item = StateItem(caller, table)
    state = item.create()
    noted = item.advance(state, phases.NOTED)
    for late in (lambda: item.advance(state, phases.NOTED), lambda: item.remove(state)):
        with pytest.raises(StateChanged, match="phase noted"):
            late()
    item.remove(noted)
    with pytest.raises(StateChanged, match="no live move"):
        item.advance(noted, phases.BULK)
    assert item.read() is None


@pytest.mark.parametrize("operation", ["PutItem", "DeleteItem"])
def test_a_write_without_response_is_recognised(caller: Transport, table: str, operation: str) -> None:
    state = StateItem(LosesResponse(caller, operation), table).create()
    if operation == "DeleteItem":
        StateItem(LosesResponse(caller, operation), table).remove(state)
        assert StateItem(caller, table).read() is None
    else:
        advanced = StateItem(LosesResponse(caller, operation), table).advance(state, phases.NOTED)
        assert StateItem(caller, table).read() == advanced
