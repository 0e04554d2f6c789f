"""Read paths: reads that have several strategies with the same result, and what chooses between them.

The strategies of a path return the same. They differ in cost, in speed, and in how far they may be behind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from api.dynamodb.schema.indexes import GSI1, GSI2

T = TypeVar("T")


@dataclass(frozen=True)
class Strategy:
    """One way to read.

    name: what flags call it. kind, consistent: what metric lines say of it. index: the index that it reads.
    """

    name: str
    kind: str
    consistent: bool = False
    index: str | None = None


@dataclass(frozen=True)
class ReadPath:
    """A read with its strategies; the first one is used unless a flag says otherwise.

    name: what metric lines call it. flag_name: the flag that has a strategy's name, if it is called otherwise.
    """

    name: str
    purpose: str
    strategies: tuple[Strategy, ...]
    flag_name: str = ""

    @property
    def flag(self) -> str:
        """The flag that chooses its strategy."""
        return self.flag_name or self.name

    @property
    def default(self) -> Strategy:
        """The strategy without any flag."""
        return self.strategies[0]

    def strategy(self, name: str) -> Strategy:
        """The strategy of that name, the default for a name that this path does not have."""
        return next((strategy for strategy in self.strategies if strategy.name == name), self.default)


BY_EMAIL_GUARD = Strategy("email_guard", "email_guard", consistent=True)
GSI1_QUERY = Strategy("gsi1_query", "gsi1_query", index=GSI1.name)
GSI2_QUERY = Strategy("gsi2_query", "gsi2_query", index=GSI2.name)
PARTITION_QUERY = Strategy("partition_query", "partition_query")
CONSISTENT_QUERY = Strategy("partition_query_consistent", "partition_query", consistent=True)
IN_MEMORY = Strategy("in_memory", "in_memory")
_QUERIES = (PARTITION_QUERY, CONSISTENT_QUERY)

SIGN_IN = ReadPath("sign_in", "a user by e-mail: sign-in, staff's look-up", (BY_EMAIL_GUARD, GSI1_QUERY))
STAFF_USERS = ReadPath("staff_users", "staff's list of users", _QUERIES)
STAFF_DRAFTS = ReadPath("staff_drafts", "staff's list of problems that are not complete", _QUERIES)
MY_RUNS = ReadPath("my_runs", "a user's runs, all or of one problem", _QUERIES)
PROBLEMS = ReadPath("problems", "lists and searches of problems", (IN_MEMORY, PARTITION_QUERY))
TIMELINE = ReadPath("timeline", "the public timeline", (GSI2_QUERY,))
PATHS = (SIGN_IN, STAFF_USERS, STAFF_DRAFTS, MY_RUNS, PROBLEMS, TIMELINE)


class Reads:
    """Reads each path by its default strategy. What a process with flags or metric lines uses is derived from it."""

    def choose(self, path: ReadPath, unit: str) -> Strategy:
        """The strategy for `unit`: what always gets the same one, such as a user's id."""
        return path.default

    def read(
        self,
        path: ReadPath,
        unit: str,
        run: Callable[[Strategy], tuple[T, Strategy]],
        count: Callable[[T], int],
    ) -> T:
        """Reads by the strategy for `unit` and returns the result.

        run: reads by a strategy; returns the result, and the strategy by which it was read in the end, for a
        strategy that falls back to another. count: how many records a result has.
        """
        return run(self.choose(path, unit))[0]

    def answered(self) -> None:
        """The request of this thread has its answer: what was kept for then may run."""


DEFAULT_READS = Reads()
