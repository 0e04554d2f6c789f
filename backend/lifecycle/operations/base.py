"""The base of every operation, and what an operation works with."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, cast

from api.dynamodb.control_plane.declaration import TableConfig
from api.dynamodb.control_plane.description import TableDescription, TableSettings, find_table
from config.prices import Prices
from lifecycle.declaration_source import is_default
from lifecycle.errors import BadInput
from lifecycle.estimates import NOTHING, CostEstimate

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

    from lifecycle.data_changes.preview import ChangePreview


class _AsDeclared(Enum):
    AS_DECLARED = "as declared"


AS_DECLARED: Final = _AsDeclared.AS_DECLARED
AsDeclared = Literal[_AsDeclared.AS_DECLARED]


def _nothing(*_: Any) -> None:
    return None


@dataclass
class Context:
    """What an operation works with.

    `simulated` is the table as earlier steps of a plan make it, for estimates; None for the real one. `checkpoint` is
    what this step saved by `save_checkpoint` before it was interrupted, kept in the history; `check_lease` raises
    when the lease was lost; `back_up` makes a backup of a table, None for no backups; `max_wcu` limits the write
    units that a change of items consumes per second, None for no limit; `readers_switched` names the indexes whose
    readers are deployed, as the operator confirms.
    """

    client: BotoClient
    env: str
    prices: Prices = field(default_factory=Prices)
    progress: Callable[[str], None] = _nothing
    checkpoint: Mapping[str, Any] = field(default_factory=dict)
    save_checkpoint: Callable[[Mapping[str, Any]], None] = _nothing
    check_lease: Callable[[], None] = _nothing
    back_up: Callable[[str], None] | None = None
    max_wcu: int | None = None
    readers_switched: frozenset[str] = frozenset()
    simulated: TableSettings | None = None


class Operation(ABC):
    """One step of a change. It looks at the real table first, so it can be repeated after an interruption."""

    config: TableConfig
    deletes_table: ClassVar[bool] = False
    creates_table: ClassVar[bool] = False
    changes_settings: ClassVar[bool] = True

    @abstractmethod
    def describe(self, env: str) -> str:
        """What it does, in one line."""

    def effect(self, env: str) -> Mapping[str, Any]:
        """What it makes of its table in an environment, for the change's checksum: here, its own arguments."""
        arguments = fields(cast(Any, self))  # every operation is a dataclass
        return {
            each.name: getattr(self, each.name)
            for each in arguments
            if each.name != "config" and not is_default(self, each)
        }

    @abstractmethod
    def is_done(self, context: Context) -> bool:
        """Whether the real table already is as this step makes it. Reads only; raises `BadInput` if it cannot be."""

    @abstractmethod
    def carry_out(self, context: Context) -> None:
        """Does what is missing and waits until it is in effect."""

    def simulate(self, settings: TableSettings | None, env: str) -> TableSettings | None:
        """The table as this step makes it of the given one; None is no table. No call.

        Raises `TableChangeError` if it cannot.
        """
        return self.existing_settings(settings, env)

    def existing_settings(self, settings: TableSettings | None, env: str) -> TableSettings:
        """The table to simulate a change of. Raises `BadInput` if there is none."""
        if settings is None:
            raise self._missing(env)
        return settings

    def problems(self, env: str) -> list[str]:
        """What is wrong with the step itself, whatever the real table is. No call."""
        return []

    def check(self, context: Context) -> None:
        """Raises a typed failure if the real table cannot take this step. Reads only."""
        return

    def estimate(self, context: Context) -> CostEstimate:
        """What it costs and how long it takes. Reads only."""
        return NOTHING

    def warning(self, context: Context) -> str | None:
        """What a plan warns of before this step; None without a reason. Reads only."""
        return None

    def preview(self, context: Context) -> ChangePreview | None:
        """What it would do to real items, for a dry run; None for a step that changes none. Reads only."""
        return None

    def table(self, env: str) -> str:
        """The real name of the table it changes."""
        return self.config.table_name(env)

    def find_table(self, context: Context) -> TableDescription | None:
        """That table's description, None if there is none. One DescribeTable."""
        if context.simulated is not None:
            return context.simulated.table
        return find_table(context.client, self.table(context.env))

    def existing_table(self, context: Context) -> TableDescription:
        """That table's description. Raises `BadInput` if there is none. One DescribeTable."""
        table = self.find_table(context)
        if table is None:
            raise self._missing(context.env)
        return table

    def _missing(self, env: str) -> BadInput:
        return BadInput(
            f"there is no table {self.table(env)} to change", hint="apply the change that creates it first"
        )
