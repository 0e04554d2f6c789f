"""Log records as JSON lines: what they always say, their fields, and what fields may not replace."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

from config.logs import RESERVED, JSONLines


def line(message: str = "GET %s", *values: Any, fields: Any = None, error: bool = False) -> dict[str, Any]:
    record = logging.LogRecord("a.b", logging.WARNING, "x.py", 1, message, values or ("/",), None)
    if error:
        try:
            raise KeyError("gone")
        except KeyError:
            record.exc_info = sys.exc_info()
    if fields is not None:
        record.fields = fields
    text = JSONLines().format(record)
    assert "\n" not in text
    found: dict[str, Any] = json.loads(text)
    return found


def test_a_line_has_time_level_logger_and_message() -> None:
    found = line()
    assert (found["level"], found["logger"], found["message"]) == ("warning", "a.b", "GET /")
    assert found["time"].endswith("+00:00")


def test_fields_stand_in_the_line() -> None:
    assert line(fields={"status": 200, "rcu": 1.5, "path": "/문제"}).items() >= {
        "status": 200, "rcu": 1.5, "path": "/문제",
    }.items()  # fmt: skip


def test_a_field_never_replaces_what_every_line_says() -> None:
    found = line(fields=dict.fromkeys(RESERVED, "mine"), error=True)
    assert {found[f"{name}_"] for name in RESERVED} == {"mine"}
    assert (found["level"], found["message"]) == ("warning", "GET /")
    assert "KeyError" in found["traceback"]


def test_a_value_that_json_lacks_is_written_as_text() -> None:
    assert line(fields={"seen": {1}, 7: b"x"}).items() >= {"seen": "{1}", "7": "b'x'"}.items()


def test_fields_of_another_shape_are_left_alone() -> None:
    assert set(line(fields="text")) == {"time", "level", "logger", "message"}


def test_a_line_break_in_a_path_does_not_begin_another_line() -> None:
    assert line("%s", "/a\nb", fields={"path": "/a\nb"})["path"] == "/a\nb"
