"""The meter: it counts calls, adds them up, and names the line that reads items one by one."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.dynamodb.metering import meter
from api.dynamodb.metering.meter import Call, RepeatedRead, record, recording

_SOURCE = """
def get(entity):
    _call(entity)

def _call(entity):
    record(Call("GetItem", entity, None, 0.5, 0.0, 0.25))
"""


def data_layer_code(source: str, file: str = "store.py") -> dict[str, Any]:
    """Code that Python takes for a file of the data layer."""
    names: dict[str, Any] = {"record": record, "Call": Call}
    exec(compile(source, str(Path(meter.__file__).parent / file), "exec"), names)
    return names


get: Callable[[str], object] = data_layer_code(_SOURCE)["get"]


def place(function: Callable[..., Any], text: str) -> str:
    """Where a text stands in this file, as the meter writes it."""
    lines, first = inspect.getsourcelines(function)
    (number,) = [first + offset for offset, line in enumerate(lines) if text in line]
    return f"tests/unit/dynamodb/test_meter.py:{number} in {function.__qualname__}"


def a_query(**more: Any) -> Call:
    return Call("Query", "run", "GSI2", 1.5, 0.0, 0.5, **more)


def read_one_by_one(entities: list[str]) -> None:
    for entity in entities:
        get(entity)  # the loop's line


def read_in_a_comprehension() -> None:
    assert [get(entity) for entity in ["user"] * 4] == [None] * 4  # the comprehension's line


def read_on_three_lines() -> None:
    get("user")
    get("user")
    get("user")


def test_a_recording_adds_up_units_time_and_retries() -> None:
    with recording() as calls:
        record(a_query())
        record(a_query(retries=2))
        record(Call("PutItem", "run", None, 0.0, 3.0, 0.25, "Throttled", 1))
    assert calls.operations == ["Query", "Query", "PutItem"]
    assert (calls.read_units, calls.write_units) == (3.0, 3.0)
    assert (calls.seconds, calls.retries) == (1.25, 3)


def test_calls_outside_a_recording_are_not_kept() -> None:
    record(a_query())
    with recording() as calls:
        pass
    record(a_query())
    assert calls.calls == []


def test_an_outer_recording_sees_the_calls_of_an_inner_one() -> None:
    with recording() as outer:
        record(a_query())
        with recording() as inner:
            get("user")
        record(a_query())
    assert inner.operations == ["GetItem"]
    assert outer.operations == ["Query", "GetItem", "Query"]


def test_a_recording_can_go_on_and_an_outer_one_sees_only_what_is_new() -> None:
    with recording() as first:
        record(a_query())
    with recording() as outer, recording(first) as again:
        get("user")
    assert again is first
    assert first.operations == ["Query", "GetItem"]
    assert outer.operations == ["GetItem"]


def test_a_read_names_the_line_outside_the_data_layer() -> None:
    with recording() as calls:
        read_one_by_one(["user"])
    assert [call.line for call in calls.calls] == [place(read_one_by_one, "# the loop's line")]


def test_a_comprehension_is_named_by_its_function() -> None:
    with recording() as calls:
        read_in_a_comprehension()
    assert {call.line for call in calls.calls} == {
        place(read_in_a_comprehension, "# the comprehension's line")
    }


def test_a_line_that_is_already_known_stays() -> None:
    with recording() as calls:
        record(Call("GetItem", "run", None, 0.5, 0.0, 0.1, line="elsewhere:1 in view"))
    assert calls.calls[0].line == "elsewhere:1 in view"


def test_other_calls_name_no_line() -> None:
    with recording() as calls:
        record(a_query())
    assert calls.calls[0].line is None


def test_a_call_that_the_data_layer_makes_by_itself_has_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter, "_NO_CALLERS", ("",))
    with recording() as calls:
        get("user")
    assert calls.calls[0].line is None
    assert calls.repeated_reads() == []


def test_three_reads_from_one_line_are_repeated() -> None:
    with recording() as calls:
        read_one_by_one(["user"] * 3)
        record(a_query())
    line = place(read_one_by_one, "# the loop's line")
    assert calls.repeated_reads() == [RepeatedRead("user", line, 3, 0.75)]


def test_two_reads_from_one_line_are_not() -> None:
    with recording() as calls:
        read_one_by_one(["user"] * (meter.REPEATED - 1))
    assert calls.repeated_reads() == []


def test_reads_from_several_lines_are_not() -> None:
    with recording() as calls:
        read_on_three_lines()
    assert len(calls.calls) == 3
    assert calls.repeated_reads() == []


def test_each_entity_is_counted_by_itself_in_the_order_of_its_first_read() -> None:
    with recording() as calls:
        read_one_by_one(["run", "user", "plan", "user", "run", "user", "run", "run"])
    assert [(read.entity, read.count) for read in calls.repeated_reads()] == [("run", 4), ("user", 3)]


def test_batches_and_queries_in_a_loop_are_not_single_reads() -> None:
    with recording() as calls:
        for operation in ("BatchGetItem", "Query") * 5:
            record(Call(operation, "user", None, 0.5, 0.0, 0.1))
    assert calls.repeated_reads() == []


def test_a_nested_folder_of_the_data_layer_belongs_to_it() -> None:
    inner = data_layer_code(_SOURCE, "repositories/user_repository.py")["get"]
    with recording() as calls:
        inner("user")
    assert str(calls.calls[0].line).startswith("tests/unit/dynamodb/test_meter.py:")
