"""The flags of an environment in its table: one versioned item, and an item for each version before."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from api.dynamodb.errors import ConditionFailed, Corrupt, DataLayerError, OutcomeUnknown, TransactionCancelled
from api.dynamodb.metering import meter
from api.dynamodb.metering.consumption import consumed
from api.dynamodb.transport.error_mapping import WRITES
from rollout.flags import State, decode_settings, encode_settings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

    from api.dynamodb.transport.factory import DynamoDBTransport

PARTITION, CURRENT = "OPS#rollout", "FLAGS"
# One call of DynamoDB: (operation, request in wire form) -> response. Raises the typed errors.
Call = Callable[[str, dict[str, Any]], Any]


@dataclass(frozen=True)
class FlagStore:
    """call: makes a call of DynamoDB. key_names: the table's partition and sort key."""

    call: Call
    table_name: str
    key_names: tuple[str, str] = ("PK", "SK")

    @classmethod
    def of_client(
        cls, client: BotoClient, table_name: str, key_names: tuple[str, str] = ("PK", "SK")
    ) -> FlagStore:
        """For commands: throttling is waited out."""
        from api.dynamodb.control_plane.calls import call  # the service does without boto3

        def send(operation: str, request: dict[str, Any]) -> Any:
            return call(client, operation, table_name, **request)

        return cls(send, table_name, key_names)

    @classmethod
    def of_transport(cls, transport: DynamoDBTransport, table_name: str) -> FlagStore:
        """For the service, whose calls are bounded in time and counted."""

        def send(operation: str, request: dict[str, Any]) -> Any:
            began, units, retries, code = meter.clock(), 0.0, 0, None
            try:
                response, retries = transport.send(operation, {**request, "ReturnConsumedCapacity": "TOTAL"})
                units = consumed(operation, request, response)
            except DataLayerError as failure:
                code, retries = failure.code or type(failure).__name__, failure.retries
                raise
            finally:
                read, written = (0.0, units) if operation in WRITES else (units, 0.0)
                duration = meter.clock() - began
                meter.record(meter.Call(operation, "rollout", None, read, written, duration, code, retries))
            return response

        return cls(send, table_name)

    def read(self, *, consistent: bool = True) -> State:
        """The present state; version 0 where no flag was ever set. One GetItem: 1 RCU, half when not consistent.

        Raises `TableMissing`, `Corrupt`.
        """
        request = {"TableName": self.table_name, "Key": self._key(CURRENT), "ConsistentRead": consistent}
        item = self.call("GetItem", request).get("Item")
        return State() if item is None else _decode(item)

    def write(self, state: State) -> State:
        """Stores a state if the version before is the present one, and returns it. One TransactWriteItems: 4 WCU.

        Raises `ConditionFailed` when somebody else has changed the flags meanwhile.
        """
        state = replace(state, salt=state.salt or secrets.token_hex(8))
        values = _encode(state)
        current: dict[str, Any] = {"TableName": self.table_name, "Item": {**self._key(CURRENT), **values}}
        if state.version == 1:
            current["ConditionExpression"] = "attribute_not_exists(#v)"
        else:
            current["ConditionExpression"] = "#v = :before"
            current["ExpressionAttributeValues"] = {":before": {"N": str(state.version - 1)}}
        current["ExpressionAttributeNames"] = {"#v": "version"}
        past = {
            "TableName": self.table_name,
            "Item": {**self._key(f"{CURRENT}#{state.version:08}"), **values},
        }
        try:
            self.call("TransactWriteItems", {"TransactItems": [{"Put": current}, {"Put": past}]})
        except (TransactionCancelled, OutcomeUnknown) as failure:
            if self.read() == state:  # an earlier attempt whose response was lost
                return state
            if isinstance(failure, OutcomeUnknown):
                raise
            raise ConditionFailed(
                "the flags have changed meanwhile", hint="look at them with status, and run the command again"
            ) from failure
        return state

    def history(self, limit: int = 20) -> list[State]:
        """The latest versions, newest first. One Query: 1 RCU per 4 KB."""
        pk, sk = self.key_names
        response = self.call("Query", {
            "TableName": self.table_name,
            "KeyConditionExpression": "#pk = :pk AND begins_with(#sk, :prefix)",
            "ExpressionAttributeNames": {"#pk": pk, "#sk": sk},
            "ExpressionAttributeValues": {":pk": {"S": PARTITION}, ":prefix": {"S": f"{CURRENT}#"}},
            "ScanIndexForward": False, "Limit": limit, "ConsistentRead": True,
        })  # fmt: skip
        return [_decode(item) for item in response["Items"]]

    def _key(self, sk: str) -> dict[str, Any]:
        return {self.key_names[0]: {"S": PARTITION}, self.key_names[1]: {"S": sk}}


def _encode(state: State) -> dict[str, Any]:
    at = "" if state.changed_at is None else state.changed_at.isoformat()
    texts = {
        "salt": state.salt, "settings": encode_settings(state.settings), "changed_at": at,
        "changed_by": state.changed_by, "reason": state.reason,
    }  # fmt: skip
    return {"version": {"N": str(state.version)}, **{name: {"S": text} for name, text in texts.items()}}


def _decode(item: dict[str, Any]) -> State:
    try:
        at = item["changed_at"]["S"]
        return State(
            int(item["version"]["N"]), item["salt"]["S"], decode_settings(item["settings"]["S"]),
            datetime.fromisoformat(at) if at else None, item["changed_by"]["S"], item["reason"]["S"],
        )  # fmt: skip
    except (KeyError, TypeError, ValueError) as damage:
        raise Corrupt(
            f"the item of the flags cannot be read ({damage!r})",
            hint="set them again after deleting OPS#rollout FLAGS",
        ) from damage
