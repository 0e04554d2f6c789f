"""A change of items: a function run over the whole table in chunks, beside the service's own writes.

Each item is written under the condition that what the function changes is still as it was read, so that a
write of the service is never overwritten: such an item is read and changed again. The function must give
the same for what it has changed already, since a chunk that was interrupted is run once more; this is
tried on every item that it changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from api.dynamodb.errors import ConditionFailed
from lifecycle import estimates
from lifecycle.declaration import TableConfig
from lifecycle.errors import BadInput
from lifecycle.estimates import Estimate, Size
from lifecycle.operations.base import Context, Operation
from lifecycle.tables import ask, describe

Item = dict[str, Any]
Transform = Callable[[Item], Item | None]
_THREADS = 8
_TRIES = 10


@dataclass(frozen=True)
class DataChange(Operation):
    """Runs `transform` over every item of the table, in chunks of `chunk` items.

    `transform` is given an item in the form of boto3's resource layer and returns it as it shall be, or None
    to leave it. It may change, add and remove attributes, but no key of the table, and is called from
    several threads. Costs the table's Scan (half an RCU per 4 KB) and a write of each changed item.
    """

    name: str
    config: TableConfig
    transform: Transform
    chunk: int = 200

    def describe(self, env: str) -> str:
        """What it does, in one line."""
        return f"change data of {self.table(env)}: {self.name}"

    def is_done(self, context: Context) -> bool:
        """Never before it ran: what it would find nothing to do in is known once all was read."""
        self.described(context)
        return False

    def carry_out(self, context: Context) -> None:
        """Goes through the table from the position that the history has."""
        name = self.table(context.env)
        after = context.noted.get("after")
        seen, changed = context.noted.get("seen", 0), context.noted.get("changed", 0)
        if after is not None:
            context.say(f"  {name}: going on behind {seen:,} items")
        with ThreadPoolExecutor(_THREADS) as pool:
            while True:
                request: dict[str, Any] = {"Limit": self.chunk, "ConsistentRead": True}
                if after is not None:
                    request["ExclusiveStartKey"] = after
                page = ask(context.client, "Scan", name, **request)
                context.still_mine()
                changed += sum(pool.map(lambda item: self._change(context, name, item), page["Items"]))
                seen += len(page["Items"])
                after = page.get("LastEvaluatedKey")
                if not after:
                    break
                context.note({"after": after, "seen": seen, "changed": changed})
                context.say(f"  {name}: {seen:,} items read, {changed:,} changed")
        context.say(f"  {name}: {changed:,} of {seen:,} items changed")

    def estimate(self, context: Context) -> Estimate:
        """As if every item were changed."""
        found = describe(context.client, self.table(context.env))
        return estimates.rewrite(Size.of(found), context.prices)

    def _change(self, context: Context, name: str, item: Item) -> bool:
        """Brings one item to what it shall be; whether it had to be written."""
        key = {one.name: item[one.name] for one in self.config.keys}
        found: Item | None = item
        for _ in range(_TRIES):
            if found is None:
                return False  # somebody deleted it
            request = self._request(name, key, found)
            if request is None:
                return False
            try:
                ask(context.client, "UpdateItem", name, **request)
                return True
            except ConditionFailed:
                answer = ask(context.client, "GetItem", name, Key=key, ConsistentRead=True)
                found = answer.get("Item")
        raise BadInput(
            f"{self.name}: the item {key} of {name} is written so often that it cannot be changed",
            hint="run migrate again, it goes on at this chunk",
        )

    def _request(self, name: str, key: Item, item: Item) -> dict[str, Any] | None:
        """The UpdateItem that changes what differs, None if nothing does."""
        before = _plain(item)
        after = self.transform(_plain(item))
        if after is None or after == before:
            return None
        again = self.transform(dict(after))
        if again is not None and again != after:
            raise BadInput(
                f"{self.name}: the function changes the item {key} of {name} anew each time",
                hint="make it leave alone what it has changed already",
            )
        changed = sorted(
            {
                one
                for one in {*before, *after}
                if (one in before, before.get(one)) != (one in after, after.get(one))
            }
        )
        if touched := set(changed) & {one.name for one in self.config.keys}:
            raise BadInput(
                f"{self.name}: the function changes the key {', '.join(sorted(touched))} of {name}",
                hint="a key cannot be changed: put a new item and delete the old one",
            )
        return {"Key": key, **_expressions(changed, item, after, self.config.partition.name)}


def _plain(item: Mapping[str, Any]) -> Item:
    deserialize = TypeDeserializer().deserialize
    return {name: deserialize(value) for name, value in item.items()}


def _expressions(changed: list[str], item: Item, after: Item, partition: str) -> dict[str, Any]:
    serialize = TypeSerializer().serialize
    names, values = {"#key": partition}, {}
    conditions, sets, removes = ["attribute_exists(#key)"], [], []
    for n, attribute in enumerate(changed):
        names[f"#a{n}"] = attribute
        if attribute in item:
            values[f":old{n}"] = item[attribute]
            conditions.append(f"#a{n} = :old{n}")
        else:
            conditions.append(f"attribute_not_exists(#a{n})")
        if attribute in after:
            values[f":new{n}"] = serialize(after[attribute])
            sets.append(f"#a{n} = :new{n}")
        else:
            removes.append(f"#a{n}")
    parts = [f"SET {', '.join(sets)}"] if sets else []
    parts += [f"REMOVE {', '.join(removes)}"] if removes else []
    request: dict[str, Any] = {
        "UpdateExpression": " ".join(parts),
        "ConditionExpression": " AND ".join(conditions),
        "ExpressionAttributeNames": names,
    }
    if values:
        request["ExpressionAttributeValues"] = values
    return request
