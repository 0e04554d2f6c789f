"""Gives users' e-mail addresses the keys of a version of the rules (`schema.key_rules`) while the service works.

Each user is changed in one transaction with the guards, on the condition that nobody changed the user meanwhile. A user
whose address is another user's by that rule, or that the rule refuses, keeps the former key, works as before, and is
named. Repeating it changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, cast

from api.dynamodb.control_plane.declaration import TableConfig
from api.dynamodb.errors import (
    ConditionFailed,
    Duplicate,
    InvalidInput,
    NotFound,
    OutcomeUnknown,
    Throttled,
    Unavailable,
)
from api.dynamodb.metering.token_bucket import TokenBucket
from api.dynamodb.repositories import UserRepository
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import EMAIL_GUARD, GSI1PK, PK, SK, USER
from api.dynamodb.schema.indexes import GSI1
from api.dynamodb.schema.key_rules import USER_RULES
from api.dynamodb.transport.factory import bulk_transport_for
from api.dynamodb.transport.retry import retry_while
from lifecycle.data_changes.preview import EXAMPLES, ChangePreview, ExampleChange
from lifecycle.errors import BadInput
from lifecycle.operations.base import Context, Operation

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_PAGE = 1_000
# What a plan looks at, to stay quick.
_SURVEYED = 20_000
_EMAIL, _HOLDER = USER.short("email"), EMAIL_GUARD.short("user_id")
# The user, two guards, and two entries of GSI1.
_UNITS = 8.0
_TEMPORARY = (Throttled, Unavailable, ConditionFailed, OutcomeUnknown)
_NAMED = 1_000
_TAKEN = "another user has this address"
Item = dict[str, Any]


class _KeyChange(NamedTuple):
    """A user's key before and after; `fault` is the reason why it would stay, empty if it would not."""

    pk: str
    before: str
    after: str
    fault: str


@dataclass
class _Position:
    """How far a run is; `left` has the users that keep the former key, each with the reason."""

    after: Item | None = None
    read: int = 0
    changed: int = 0
    left: dict[str, str] = field(default_factory=dict)

    def checkpoint(self) -> dict[str, Any]:
        return {"after": self.after, "read": self.read, "changed": self.changed, "left": self.left}


@dataclass(frozen=True)
class RewriteEmailKeys(Operation):
    """Rewrites the keys and guards of e-mail addresses by a version of `USER_RULES`.

    Reads GSI1, which has the users with an address, and public solutions: 0.5 RCU per 4 KB. A user with another key
    costs 2 GetItems (2 RCU) and 8 WCU. At most `Context.max_wcu` a second.
    """

    changes_settings: ClassVar[bool] = False

    config: TableConfig
    version: int

    def describe(self, env: str) -> str:
        """What it does, in one line."""
        return f"rewrite the keys of e-mail addresses of {self.table(env)} by version {self.version} of the rules"

    def is_done(self, context: Context) -> bool:
        """Never before it ran: whether any user needs it is known once all are read."""
        self.existing_table(context)
        return False

    def check(self, context: Context) -> None:
        """Raises `BadInput` where GSI1, from which users are read, is not there."""
        table = self.find_table(context)
        if table is not None and GSI1.name not in table.indexes:
            raise BadInput(
                f"{self.table(context.env)} has no {GSI1.name} to read users from", hint="add it first"
            )

    def carry_out(self, context: Context) -> None:
        """Reads the users from the last checkpoint on, and rewrites the keys that differ."""
        position = _Position(**context.checkpoint)
        users = UserRepository(self._boto_table(context))
        bucket = TokenBucket(context.max_wcu) if context.max_wcu else None
        for page, last_key in self._pages(context, position.after):
            for user_id in (_user_id(item) for item in page if self._differs(item)):
                self._rewrite(context, users, user_id, position, bucket)
            position.after, position.read = last_key, position.read + len(page)
            context.save_checkpoint(position.checkpoint())
        # A key may have been another user's who has another one by now.
        while position.left and self._retry(context, users, position, bucket):
            pass
        table = self.table(context.env)
        context.progress(f"  {table}: the keys of {position.changed:,} of {position.read:,} users rewritten")
        for left, reason in position.left.items():
            context.progress(f"  {table}: user {left} keeps the former key: {reason}")

    def _retry(
        self, context: Context, users: UserRepository, position: _Position, bucket: TokenBucket | None
    ) -> bool:
        """Tries the users again that were left; whether one of them has its key now."""
        changed, left = position.changed, list(position.left)
        position.left.clear()
        for user_id in left:
            self._rewrite(context, users, int(user_id), position, bucket)
        return position.changed > changed

    def _rewrite(
        self,
        context: Context,
        users: UserRepository,
        user_id: int,
        position: _Position,
        bucket: TokenBucket | None,
    ) -> None:
        context.check_lease()
        try:
            changed = retry_while(_TEMPORARY, lambda: users.rewrite_email_key(user_id, self.version))
        except NotFound:
            return
        except Duplicate:
            self._leave(position, user_id, _TAKEN)
        except InvalidInput as refusal:
            self._leave(position, user_id, str(refusal))
        else:
            position.changed += changed
            if changed and bucket is not None:
                time.sleep(bucket.wait_for(_UNITS))

    def _leave(self, position: _Position, user_id: int, reason: str) -> None:
        if len(position.left) < _NAMED:
            position.left[str(user_id)] = reason

    def preview(self, context: Context) -> ChangePreview:
        """The users whose key differs, of the first 20,000."""
        survey = list(self._survey(context))
        changing = [entry for entry in survey if entry is not None]
        examples = tuple(
            ExampleChange(f"PK={entry.pk}", {GSI1PK: (repr(entry.before), entry.after)})
            for entry in changing[:EXAMPLES]
        )
        return ChangePreview(len(survey), len(changing), len(survey) < _SURVEYED, examples)

    def warning(self, context: Context) -> str | None:
        """Names the users, of the first 20,000, that would keep the former key."""
        if self.find_table(context) is None:
            return None
        left = [
            f"{entry.pk.partition('#')[2]} ({entry.fault})"
            for entry in self._survey(context)
            if entry is not None and entry.fault
        ]
        if not left:
            return None
        more = f" and {len(left) - 20:,} more" if len(left) > 20 else ""
        return f"users that would keep the former key of their e-mail address: {', '.join(left[:20])}{more}"

    def _survey(self, context: Context) -> Iterator[_KeyChange | None]:
        """For each user what would change, None for nothing."""
        claimed: set[str] = set()
        surveyed = 0
        for page, _ in self._pages(context, None):
            for item in page:
                surveyed += 1
                yield self._surveyed(context, item, claimed) if self._differs(item) else None
                if surveyed == _SURVEYED:
                    return

    def _surveyed(self, context: Context, item: Item, claimed: set[str]) -> _KeyChange:
        pk, before = item[PK]["S"], item[GSI1PK]["S"]
        try:
            after = self._key(item[_EMAIL]["S"])
            if after is None:  # nothing is left of the address
                return _KeyChange(pk, before, "none", "")
        except InvalidInput as refusal:
            return _KeyChange(pk, before, f"stays: {refusal}", str(refusal))
        key = {PK: {"S": after}, SK: {"S": keys.GUARD}}
        guard = context.client.get_item(TableName=self.table(context.env), Key=key).get("Item")
        is_taken = after in claimed or (guard is not None and guard[_HOLDER] != {"N": str(_user_id(item))})
        claimed.add(after)
        return _KeyChange(pk, before, repr(after), _TAKEN if is_taken else "")

    def _key(self, email: str) -> str | None:
        return USER_RULES.version(self.version).email_pk(email)

    def _differs(self, item: Item) -> bool:
        """Whether a user's key is not the rule's; a refused address counts as one whose key differs."""
        try:
            return bool(item[GSI1PK]["S"] != self._key(item[_EMAIL]["S"]))
        except InvalidInput:
            return True

    def _pages(self, context: Context, after: Item | None) -> Iterator[tuple[list[Item], Item | None]]:
        """Pages of users, each with the key after which the next begins, None for the last."""
        transport = bulk_transport_for(context.client)
        names = {"#pk": PK, "#key": GSI1PK, "#email": _EMAIL}
        request: Item = {
            "TableName": self.table(context.env), "IndexName": GSI1.name, "Limit": _PAGE,
            "ProjectionExpression": ", ".join(names), "ExpressionAttributeNames": names,
        }  # fmt: skip
        while True:
            if after is not None:
                request["ExclusiveStartKey"] = after
            page = retry_while(Throttled, lambda: transport.send("Scan", request)[0])
            after = page.get("LastEvaluatedKey")
            yield [item for item in page["Items"] if _EMAIL in item], after
            if not after:
                return

    def _boto_table(self, context: Context) -> Table:
        """What a repository needs of a table resource, for the context's client."""
        return cast(
            "Table",
            SimpleNamespace(name=self.table(context.env), meta=SimpleNamespace(client=context.client)),
        )


def _user_id(item: Item) -> int:
    return int(item[PK]["S"].rpartition("#")[2])
