"""A step of a live move that kills its own process, as kill -9 does, at a numbered durable step: `COMMAND STEP`.

COMMAND is start, which goes on to the present end, cutover, or rollback. Prints the durable steps that it has passed
when it is not killed.
"""

from __future__ import annotations

import os
import signal
import sys

from config.environment import environment
from live.move import LiveMove, StartOptions
from live.phases import ROLLBACK
from live.switching.back import BackWork
from live.switching.forward import CutoverOptions, ForwardWork, switch_over
from live.switching.switch import Switch


class Fuse:
    """Counts durable steps and kills the process at the last one that it lets pass."""

    def __init__(self, last: int) -> None:
        self.last, self.count = last, 0

    def __call__(self, step: str) -> None:
        self.count += 1
        if self.count == self.last:
            os.kill(os.getpid(), signal.SIGKILL)


def run(command: str, move: LiveMove) -> None:
    """Goes on with the command."""
    if command == "start":
        move.start(StartOptions(once=True, batch_size=20))
    elif command == "cutover":
        work = ForwardWork(move, CutoverOptions(settle=0, stop=600))
        switch_over(move, Switch(move, work.workers, gate_seconds=5), work)
    else:
        Switch(move, BackWork(move, permits_end=0).workers).run(ROLLBACK)


if __name__ == "__main__":
    fuse = Fuse(int(sys.argv[2]))
    run(sys.argv[1], LiveMove(environment(), at_step=fuse))
    print(fuse.count)
