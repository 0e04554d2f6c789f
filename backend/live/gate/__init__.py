"""The gate: one row in MySQL that triggers on every table read, so that it decides exactly who may write.

`gate` installs it and moves it from one writer to another. `checks` says beforehand what would keep it from working.
`blockers` names the transactions that keep it from being moved.
"""

from live.gate.gate import APPLICATION, NOBODY, REVERSE, Gate, GateBusy, GateMoved, GateState

__all__ = [
    "APPLICATION",
    "NOBODY",
    "REVERSE",
    "Gate",
    "GateBusy",
    "GateMoved",
    "GateState",
]
