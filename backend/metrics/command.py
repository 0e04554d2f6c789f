"""Records a command as a background job: how long it took, how it ended, with which exit code."""

from __future__ import annotations

import time
from collections.abc import Callable

from api.dynamodb.errors import AccessDenied, Unavailable
from config.environment import environment
from config.setting_values import ConfigurationError
from metrics.recorder import Recorder
from metrics.writer import MetricsWriter

_UNREACHABLE = (AccessDenied, ConfigurationError, Unavailable)


def run_job(name: str, main: Callable[[], int]) -> int:
    """Runs a command and returns its exit code; raises what it raises. 0 counts as finished, any other as failed.

    Three PutItems at its end, 1 WCU each, within 2 s, unless `ALGOITNY_METRICS=0` or the command could not reach the
    table itself. Whether they are written never matters to the command.
    """
    recorder, began = Recorder(), time.monotonic()
    recorder.enabled = True
    recorder.job(name, "started")
    try:
        code = main()
    except _UNREACHABLE:
        raise
    except BaseException as error:
        recorder.job(name, "failed", time.monotonic() - began, type(error).__name__)
        _write(recorder)
        raise
    recorder.job(name, "failed" if code else "finished", time.monotonic() - began, exit_code=code)
    _write(recorder)
    return code


def _write(recorder: Recorder) -> None:
    settings = environment()
    if settings.metrics:
        MetricsWriter(recorder, settings.metrics_table, warns=False).stop()
