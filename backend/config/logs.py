"""Log records as JSON, one line each."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime


class JSONLines(logging.Formatter):
    """Formats a record as one JSON object: time (UTC), level, logger, message and any traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line of JSON."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
