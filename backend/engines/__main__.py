"""`python -m engines` (`make engine`): runs MiniStack in the foreground with persistent state; Ctrl-C stops it."""

from __future__ import annotations

import argparse
import signal
import sys
import threading

from config.environment import environment
from config.setting_values import ConfigurationError
from engines.ministack import start_ministack
from engines.processes import EngineFailed, EngineUnavailable, is_listening


def main() -> int:
    """Serves until SIGINT or SIGTERM. Returns 0 after a clean stop, 2 with one line when it cannot serve."""
    argparse.ArgumentParser(
        prog="python -m engines",
        description="Run MiniStack at port ALGOITNY_ENGINE_PORT, with its state in ALGOITNY_STATE_DIR, until Ctrl-C.",
    ).parse_args()
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        settings = environment()
        if is_listening(settings.engine_port):
            print(
                f"127.0.0.1:{settings.engine_port} is already in use: stop the process that listens there, "
                "or set ALGOITNY_ENGINE_PORT",
                file=sys.stderr,
            )
            return 2
        engine = start_ministack(settings.state_dir / "ministack", port=settings.engine_port, keep_state=True)
    except (ConfigurationError, EngineFailed, EngineUnavailable, OSError) as error:
        print(f"engine: {error}", file=sys.stderr)
        return 2
    with engine:
        print(f"MiniStack serves DynamoDB on {engine.endpoint_url}; Ctrl-C stops it", flush=True)
        while not stopped.wait(0.5):
            if engine.process.poll() is not None:
                print(f"engine: MiniStack ended unexpectedly; its log is {engine.log.name}", file=sys.stderr)
                return 2
        print("stopping MiniStack and saving its state", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
