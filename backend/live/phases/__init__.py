"""What a live move does next, decided by what is durable alone: the phase, the gate, and where it is to go.

Pure: nothing here makes a call. The commands carry the steps out, and a test explores every interleaving of them with
everybody who writes.
"""

from live.phases.steps import CANCEL, CUTOVER, FINISH, ROLLBACK, Facts, Step, Work, WrongPhase, next_step

__all__ = ["CANCEL", "CUTOVER", "FINISH", "ROLLBACK", "Facts", "Step", "Work", "WrongPhase", "next_step"]
