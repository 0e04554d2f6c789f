"""Errors of the migration. Each message is one line and names the next step."""

from __future__ import annotations


class MigrationError(Exception):
    """The migration cannot continue (exit code 2). Committed work is kept and the command can be run again."""


class BadRow(Exception):
    """One row cannot be moved; it goes to the dead-letter file with this reason, and the migration continues."""


class Collision(BadRow):
    """Another row, with the id `holder`, already has a key that must be unique."""

    def __init__(self, description: str, key: str, holder: int) -> None:
        super().__init__(f"{description} {key.partition('#')[2]!r} is already held by row {holder}")
        self.key = key
        self.holder = holder
