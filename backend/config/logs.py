"""Log records as JSON, one line each."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

# Keys of every line; a field of the same name gets an underscore appended.
RESERVED = frozenset({"time", "level", "logger", "message", "request_id", "traceback"})
# No line shows threads and processes, so they are not looked up for each record.
logging.logThreads = logging.logMultiprocessing = logging.logProcesses = False
_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATETIME


class JSONLines(logging.Formatter):
    """Formats a record as one JSON object: time (UTC), level, logger, message, the request's
    id, fields and any traceback.

    Fields come from `extra={"fields": {...}}`; values that JSON does not have are written as text.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line of JSON."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        request_id = getattr(record, "request_id", "")
        if request_id:
            line["request_id"] = request_id
        fields = getattr(record, "fields", None)
        if isinstance(fields, dict) and RESERVED.isdisjoint(fields):
            line.update(fields)
        elif isinstance(fields, Mapping):
            for key, value in fields.items():
                name = str(key)
                line[f"{name}_" if name in RESERVED else name] = value
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str, option=_OPTIONS).decode()
