"""A command recorded as a job: its end and its exit code, and a table that is away changes neither."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from api.dynamodb.errors import Unavailable
from metrics import command, writer
from metrics.items import read_figures, read_json


class Sent:
    """A transport that keeps what it is sent, or fails."""

    seconds = 1.8

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = []
        self.failure: Exception | None = None

    def send(self, operation: str, request: dict[str, Any]) -> tuple[Any, int]:
        if self.failure is not None:
            raise self.failure
        self.items.append(request["Item"])
        return {}, 0

    @property
    def steps(self) -> list[dict[str, Any]]:
        return [event for item in self.items for event in read_json(item, "e") or ()]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    made = Sent()
    monkeypatch.setattr(
        command,
        "MetricsWriter",
        lambda source, table, **how: writer.MetricsWriter(source, table, lambda: made, **how),
    )
    return made


def fails(error: Exception) -> int:
    raise error


@pytest.mark.parametrize(("code", "step"), [(0, "finished"), (1, "failed"), (3, "failed")])
def test_how_it_ended_is_an_event_and_counts(sent: Sent, code: int, step: str) -> None:
    assert command.run_job("move", lambda: code) == code
    assert [(event["step"], event.get("exit_code")) for event in sent.steps] == [
        ("started", None),
        (step, code),
    ]
    figures = next(read_figures(item)[0] for item in sent.items if "g" in item)
    assert (figures.groups["job move"].n, figures.groups["job move"].server_errors) == (1, int(code > 0))


def test_an_error_is_raised_and_recorded_by_its_type(sent: Sent) -> None:
    with pytest.raises(ValueError, match="secret"):
        command.run_job("move", lambda: fails(ValueError("a secret")))
    assert sent.steps[-1]["error"] == "ValueError" and "secret" not in str(sent.items)


def test_nothing_is_tried_when_the_command_could_not_reach_the_table(sent: Sent) -> None:
    with pytest.raises(Unavailable):
        command.run_job("move", lambda: fails(Unavailable("away")))
    assert sent.items == []


def test_a_broken_table_of_metrics_changes_nothing(sent: Sent, caplog: pytest.LogCaptureFixture) -> None:
    sent.failure = Unavailable("away")
    assert command.run_job("move", lambda: 0) == 0
    assert caplog.records == []


def test_nothing_is_written_when_it_is_off(sent: Sent, use_settings: Callable[..., None]) -> None:
    use_settings(ALGOITNY_METRICS="0")
    assert command.run_job("move", lambda: 0) == 0
    assert sent.items == []
