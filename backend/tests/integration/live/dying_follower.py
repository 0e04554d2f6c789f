"""A live move's start that kills its own process, as kill -9 does, at a numbered durable step: `STEP`.

Goes on to the present end, and prints how many steps it has passed when it is not killed.
"""

from __future__ import annotations

import os
import signal
import sys

from config.environment import environment
from live.move import LiveMove, StartOptions


class Fuse:
    """Counts durable steps and kills the process at the last one that it lets pass."""

    def __init__(self, last: int) -> None:
        self.last, self.count = last, 0

    def __call__(self, step: str) -> None:
        self.count += 1
        if self.count == self.last:
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    fuse = Fuse(int(sys.argv[1]))
    LiveMove(environment(), at_step=fuse).start(StartOptions(once=True, batch_size=20))
    print(fuse.count)
