"""Failures of the move that a person must act on: one line each, with the next step in it."""

from __future__ import annotations


class MigrationError(Exception):
    """The move cannot go on (exit code 2); what was acknowledged stays, and the command can be run again."""


class BadRow(Exception):
    """One row cannot be moved; it goes to the dead-letter file with this reason and the move goes on."""


class Collision(BadRow):
    """Another row holds a key that must be unique: `holder` is its id."""

    def __init__(self, what: str, key: str, holder: int) -> None:
        super().__init__(f"{what} {key.partition('#')[2]!r} is already held by row {holder}")
        self.key = key
        self.holder = holder
