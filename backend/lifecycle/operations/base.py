"""What an operation is, and what it works with."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from config.environment import Prices
from lifecycle.declaration import TableConfig
from lifecycle.errors import BadInput
from lifecycle.estimates import NOTHING, Estimate
from lifecycle.tables import describe

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient


class _AsDeclared(Enum):
    AS_DECLARED = "as declared"


AS_DECLARED: Final = _AsDeclared.AS_DECLARED
AsDeclared = Literal[_AsDeclared.AS_DECLARED]


def _nothing(*_: Any) -> None:
    return None


@dataclass
class Context:
    """What an operation works with.

    `noted` is what this step noted by `note` before it was interrupted, kept in the history; `still_mine`
    raises when the lease was lost; `back_up` makes a backup of a table, None when none is wanted.
    """

    client: BotoClient
    env: str
    prices: Prices = field(default_factory=Prices)
    say: Callable[[str], None] = _nothing
    noted: Mapping[str, Any] = field(default_factory=dict)
    note: Callable[[Mapping[str, Any]], None] = _nothing
    still_mine: Callable[[], None] = _nothing
    back_up: Callable[[str], None] | None = None


class Operation(ABC):
    """One step of a change. It looks at the real table first, so that it can be carried out again after any end."""

    config: TableConfig
    deletes_table: ClassVar[bool] = False
    creates_table: ClassVar[bool] = False

    @abstractmethod
    def describe(self, env: str) -> str:
        """What it does, in one line."""

    @abstractmethod
    def is_done(self, context: Context) -> bool:
        """Whether the real table already is as this step makes it. Reads only; raises `BadInput` if it cannot be."""

    @abstractmethod
    def carry_out(self, context: Context) -> None:
        """Does what is missing and waits until it is in force."""

    def problems(self, env: str) -> list[str]:
        """What is wrong with the step itself, whatever the real table is. No call."""
        return []

    def check(self, context: Context) -> None:
        """Raises a typed failure if the real table as it is now cannot take this step. Reads only."""
        return

    def estimate(self, context: Context) -> Estimate:
        """What it costs and how long it takes. Reads only."""
        return NOTHING

    def table(self, env: str) -> str:
        """The table that it is about."""
        return self.config.table_name(env)

    def described(self, context: Context) -> Any:
        """DescribeTable of that table. Raises `BadInput` if there is none."""
        name = self.table(context.env)
        found = describe(context.client, name)
        if found is None:
            raise BadInput(
                f"there is no table {name} to change", hint="apply the change that creates it first"
            )
        return found
