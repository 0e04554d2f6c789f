"""How a reader chooses between an index and the older way: by the state, for seconds, with one line a change."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from api.dynamodb.errors import DataLayerError, IndexMissing, InvalidInput, Throttled, Unavailable
from api.dynamodb.table.index_state import IndexState

BACKFILLING = IndexMissing("Query: Cannot read from backfilling global secondary index: by-market")


@dataclass
class Reader:
    """A reader whose index, states and time a test sets; it notes what was asked."""

    failure: DataLayerError | None = None
    states: Mapping[str, str] | DataLayerError = field(default_factory=dict)
    now: float = 100.0
    asked: list[str] = field(default_factory=list)

    def describe(self) -> Mapping[str, str]:
        self.asked.append("describe")
        if isinstance(self.states, DataLayerError):
            raise self.states
        return self.states

    def by_index(self) -> str:
        self.asked.append("index")
        if self.failure is not None:
            raise self.failure
        return "found"

    def otherwise(self) -> str:
        self.asked.append("older")
        return "found"

    def state(self, *, described: bool = False) -> IndexState:
        describe = self.describe if described else None
        return IndexState("log", describe, seconds=5, clock=lambda: self.now)

    def read(self, state: IndexState) -> list[str]:
        """What one read asked for; its result is the same whichever way it goes."""
        self.asked.clear()
        assert state.choose("by-market", by_index=self.by_index, otherwise=self.otherwise) == "found"
        return list(self.asked)


@pytest.fixture
def reader() -> Reader:
    return Reader()


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, logger="api.dynamodb.table.index_state")
    return caplog


def test_an_index_that_answers_costs_nothing_more(reader: Reader, log: pytest.LogCaptureFixture) -> None:
    state = reader.state()
    assert [reader.read(state) for _ in range(3)] == [["index"]] * 3
    assert log.messages == []


def test_a_refused_query_goes_the_older_way_and_so_do_the_next_seconds(reader: Reader) -> None:
    state = reader.state()
    reader.failure = BACKFILLING
    assert reader.read(state) == ["index", "older"]
    reader.now += 4.9
    assert reader.read(state) == ["older"]
    reader.now += 0.2
    assert reader.read(state) == ["index", "older"]
    reader.failure = None
    assert reader.read(state) == ["older"]
    reader.now += 5.1
    assert reader.read(state) == ["index"]


def test_a_change_of_the_way_is_one_line_each(reader: Reader, log: pytest.LogCaptureFixture) -> None:
    state = reader.state()
    reader.failure = BACKFILLING
    for _ in range(20):
        reader.read(state)
        reader.now += 1
    reader.failure = None
    for _ in range(20):
        reader.read(state)
        reader.now += 1
    assert log.messages == [
        "index by-market of log is missing or being built: reading without it",
        "index by-market of log is ACTIVE: it is used again",
    ]


@pytest.mark.parametrize("states", [{}, {"by-market": "CREATING"}, {"by-market": "DELETING"}])
def test_an_index_that_is_described_as_not_active_is_not_asked(
    reader: Reader, states: dict[str, str]
) -> None:
    state = reader.state(described=True)
    reader.states = states
    assert reader.read(state) == ["describe", "older"]
    assert reader.read(state) == ["older"]
    reader.states = {"by-market": "ACTIVE"}
    assert reader.read(state) == ["older"]
    reader.now += 5.1
    assert reader.read(state) == ["describe", "index"]
    assert reader.read(state) == ["index"]


def test_the_older_way_is_gone_though_the_state_remembered_says_otherwise(reader: Reader) -> None:
    state = reader.state(described=True)
    reader.states = {"by-market": "ACTIVE"}
    reader.read(state)
    reader.failure = BACKFILLING
    assert reader.read(state) == ["index", "older"]
    assert reader.read(state) == ["older"]


def test_a_state_that_cannot_be_had_leaves_it_to_the_query(reader: Reader) -> None:
    state = reader.state(described=True)
    reader.states = Unavailable("DescribeTable: no answer")
    assert reader.read(state) == ["describe", "index"]
    assert reader.read(state) == ["index"]


def test_an_index_whose_engine_fails_is_passed_by(reader: Reader) -> None:
    reader.failure = Unavailable("Query: the engine failed", code="InternalServerError")
    assert reader.read(reader.state()) == ["index", "older"]


@pytest.mark.parametrize("failure", [Unavailable("no answer"), Throttled("slow down"), InvalidInput("no")])
def test_other_failures_are_the_callers_business(reader: Reader, failure: DataLayerError) -> None:
    state = reader.state()
    reader.failure = failure
    with pytest.raises(type(failure)):
        reader.read(state)
    assert reader.asked == ["index"]
