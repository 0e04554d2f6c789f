"""Generated requests: all operations and all types of values, valid ones and those that DynamoDB refuses."""

from __future__ import annotations

import base64
from typing import Any

from hypothesis import strategies as st

from api.dynamodb.table_schema import table_declaration

Request = tuple[str, dict[str, Any]]
TABLE = "TABLE"  # stands for the table's name in a generated request
MISSING = "no_such_table"
PARTITIONS = ("a", "b", "글")
INDEX = table_declaration("x").definition("dev")["GlobalSecondaryIndexes"][0]["IndexName"]
INDEX_KEYS = [
    part["AttributeName"]
    for part in table_declaration("x").definition("dev")["GlobalSecondaryIndexes"][0]["KeySchema"]
]

Strategy = st.SearchStrategy[Any]


def rarely(odd: Strategy, common: Strategy) -> Strategy:
    """The odd thing one time in fifteen; the number in the middle, for hypothesis likes the ends."""
    return st.integers(0, 14).flatmap(lambda number: odd if number == 7 else common)


sorts = st.integers(0, 9).map(lambda number: f"s{number}")
partitions = st.sampled_from(PARTITIONS)
numbers = st.one_of(
    st.integers(-(10**30), 10**30).map(str),
    st.sampled_from(
        ["0", "-0", "1.50", "1E+3", "3.14159265358979", "-1e-100", "99999999999999999999999999999999999999"]
    ),
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
binaries = st.binary(max_size=12).map(lambda data: base64.b64encode(data).decode())
scalars = st.one_of(
    texts.map(lambda text: {"S": text}),
    numbers.map(lambda number: {"N": number}),
    binaries.map(lambda data: {"B": data}),
    st.booleans().map(lambda flag: {"BOOL": flag}),
    st.just({"NULL": True}),
    st.lists(texts.filter(bool), min_size=1, max_size=4, unique=True).map(lambda found: {"SS": found}),
    st.lists(st.integers(-9, 9).map(str), min_size=1, max_size=4, unique=True).map(
        lambda found: {"NS": found}
    ),
    st.lists(binaries.filter(bool), min_size=1, max_size=4, unique=True).map(lambda found: {"BS": found}),
)
names = st.sampled_from(["n", "name", "B", "BS", "S", "M", "데이터", "x-y", "size"])
values: Strategy = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda found: {"L": found}),
        st.dictionaries(st.one_of(names, texts.filter(bool)), inner, max_size=3).map(
            lambda found: {"M": found}
        ),
    ),
    max_leaves=6,
)
# Values that are refused: by their type, their form, their size, or for being empty.
large = st.just(410_000).map(lambda size: {"S": "x" * size})
odd_values = large | st.sampled_from(
    [
        {"N": "twelve"}, {"N": "1" * 39}, {"N": "1e200"}, {"N": ""}, {"N": "NaN"},
        {"SS": []}, {"NS": []}, {"BS": []}, {"SS": ["a", "a"]}, {"NS": ["1", "1"]},
        {}, {"NULL": False},
    ]
)  # fmt: skip
keys = st.builds(lambda pk, sk: {"PK": {"S": pk}, "SK": {"S": sk}}, partitions, sorts)
odd_keys = st.sampled_from(
    [
        {"PK": {"S": "a"}},
        {"PK": {"N": "1"}, "SK": {"S": "s1"}},
        {"PK": {"S": ""}, "SK": {"S": "s1"}},
        {"PK": {"S": "a"}, "SK": {"S": "x" * 1025}},
        {"PK": {"S": "a"}, "SK": {"S": "s1"}, "more": {"S": "x"}},
        {},
    ]
)
any_keys = rarely(odd_keys, keys)
attributes = st.dictionaries(names, values, max_size=4)
index_attributes = st.fixed_dictionaries(
    {},
    optional={
        INDEX_KEYS[0]: st.sampled_from([{"S": "g1"}, {"S": "g2"}]),
        INDEX_KEYS[1]: sorts.map(lambda text: {"S": text}),
    },
)
items = st.builds(
    lambda key, found, indexed, odd: {**found, **indexed, **odd, **key},
    keys,
    attributes,
    index_attributes,
    rarely(odd_values.map(lambda value: {"odd": value}), st.just({})),
)
tables = rarely(st.just(MISSING), st.just(TABLE))

CONDITIONS: list[dict[str, Any]] = [
    {},
    {"ConditionExpression": "attribute_not_exists(PK)"},
    {"ConditionExpression": "attribute_exists(PK)"},
    {
        "ConditionExpression": "#n = :v AND size(#n) > :zero",
        "ExpressionAttributeNames": {"#n": "name"},
        "ExpressionAttributeValues": {":v": {"S": "x"}, ":zero": {"N": "0"}},
    },
    {
        "ConditionExpression": "begins_with(SK, :v) OR contains(n, :b)",
        "ExpressionAttributeValues": {":v": {"S": "s1"}, ":b": {"B": "AAE="}},
    },
    {
        "ConditionExpression": "attribute_exists(SK) AND NOT attribute_type(n, :v)",
        "ExpressionAttributeValues": {":v": {"S": "B"}},
    },
]
ODD_CONDITIONS: list[dict[str, Any]] = [
    {"ConditionExpression": "attribute_not_exists(PK) AND"},
    {"ConditionExpression": "name = :unknown"},
    {"ConditionExpression": "#unknown = :v", "ExpressionAttributeValues": {":v": {"S": "x"}}},
    {"ConditionExpression": "attribute_exists(PK)", "ExpressionAttributeValues": {":unused": {"S": "x"}}},
]
UPDATES: list[dict[str, Any]] = [
    {"UpdateExpression": "SET n = :v", "ExpressionAttributeValues": {":v": {"N": "7"}}},
    {"UpdateExpression": "ADD counter :v", "ExpressionAttributeValues": {":v": {"N": "1"}}},
    {"UpdateExpression": "ADD ids :v", "ExpressionAttributeValues": {":v": {"BS": ["AAE=", "/w=="]}}},
    {"UpdateExpression": "DELETE ids :v", "ExpressionAttributeValues": {":v": {"BS": ["AAE="]}}},
    {"UpdateExpression": "REMOVE n, #s", "ExpressionAttributeNames": {"#s": "S"}},
    {
        "UpdateExpression": "SET #m.#k = if_not_exists(#m.#k, :v)",
        "ExpressionAttributeNames": {"#m": "M", "#k": "k"},
        "ExpressionAttributeValues": {":v": {"M": {"B": {"B": "AA=="}}}},
    },
]
ODD_UPDATES: list[dict[str, Any]] = [
    {"UpdateExpression": "SET counter = counter + :v", "ExpressionAttributeValues": {":v": {"S": "text"}}},
    {"UpdateExpression": "SET PK = :v", "ExpressionAttributeValues": {":v": {"S": "x"}}},
    {"UpdateExpression": "SET"},
]
conditions = rarely(st.sampled_from(ODD_CONDITIONS), st.sampled_from(CONDITIONS))
changes = rarely(st.sampled_from(ODD_UPDATES), st.sampled_from(UPDATES))
on_failure = st.sampled_from([{}, {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}])


def merged(*parts: dict[str, Any]) -> dict[str, Any]:
    """One request of several parts; their placeholders come together."""
    whole: dict[str, Any] = {}
    for part in parts:
        for name, value in part.items():
            both = isinstance(value, dict) and name.startswith("ExpressionAttribute")
            whole[name] = {**whole.get(name, {}), **value} if both else value
    return whole


targets = tables.map(lambda name: {"TableName": name})
key_of_one = any_keys.map(lambda key: {"Key": key})
puts = st.builds(merged, targets, items.map(lambda item: {"Item": item}), conditions, on_failure)
updates = st.builds(merged, targets, key_of_one, changes, conditions, on_failure)
deletes = st.builds(merged, targets, key_of_one, conditions, on_failure)
checks = st.builds(merged, targets, key_of_one, st.sampled_from(CONDITIONS[1:]), on_failure)


def returning(*choices: str) -> Strategy:
    return st.sampled_from([{}, *({"ReturnValues": choice} for choice in choices)])


projections = rarely(
    st.just({"ProjectionExpression": ",,"}),
    st.sampled_from([{}, {"ProjectionExpression": "#n, ids", "ExpressionAttributeNames": {"#n": "name"}}]),
)
gets = st.builds(
    merged, targets, key_of_one, st.booleans().map(lambda flag: {"ConsistentRead": flag}), projections
)
of_partition = partitions.map(
    lambda pk: {"KeyConditionExpression": "PK = :pk", "ExpressionAttributeValues": {":pk": {"S": pk}}}
)
of_range = st.builds(
    lambda pk, low, high: {
        "KeyConditionExpression": "PK = :pk AND SK BETWEEN :low AND :high",
        "ExpressionAttributeValues": {":pk": {"S": pk}, ":low": {"S": low}, ":high": {"S": high}},
    },
    partitions,
    sorts,
    sorts,
)
of_index = st.just(
    {
        "IndexName": INDEX,
        "KeyConditionExpression": "#g = :g",
        "ExpressionAttributeNames": {"#g": INDEX_KEYS[0]},
        "ExpressionAttributeValues": {":g": {"S": "g1"}},
    }
)
odd_ranges = st.sampled_from(
    [
        {"KeyConditionExpression": "PK > :pk", "ExpressionAttributeValues": {":pk": {"S": "a"}}},
        {"KeyConditionExpression": "PK = :pk", "ExpressionAttributeValues": {":pk": {"N": "1"}}},
        {
            "IndexName": "no_such_index",
            "KeyConditionExpression": "PK = :pk",
            "ExpressionAttributeValues": {":pk": {"S": "a"}},
        },
        {},
    ]
)
filters = st.sampled_from(
    [
        {},
        {"FilterExpression": "attribute_exists(n)"},
        {"FilterExpression": "contains(ids, :f)", "ExpressionAttributeValues": {":f": {"B": "AAE="}}},
        {"Select": "COUNT"},
    ]
)
queries = st.builds(
    merged,
    targets,
    rarely(odd_ranges, of_partition | of_range | of_index),
    st.booleans().map(lambda flag: {"ScanIndexForward": flag}),
    rarely(st.just({"Limit": 0}), st.just({}) | st.integers(1, 5).map(lambda count: {"Limit": count})),
    rarely(keys.map(lambda key: {"ExclusiveStartKey": key}), st.just({})),
    rarely(st.just({"FilterExpression": "n ="}), filters),
)


def distinct(found: Strategy, of: Any, most: int) -> Strategy:
    """A list about different keys; rarely one with a key twice, or an empty one."""
    sound = st.lists(found, min_size=1, max_size=most, unique_by=lambda entry: repr(of(entry)))
    return rarely(st.lists(found, max_size=most), sound)


def key_in(entry: dict[str, Any]) -> list[Any]:
    """The key that a write of a batch is about."""
    found = entry["PutRequest"]["Item"] if "PutRequest" in entry else entry["DeleteRequest"]["Key"]
    return [found.get("PK"), found.get("SK")]


batch_gets = st.builds(
    lambda name, found, consistent: {"RequestItems": {name: {"Keys": found, "ConsistentRead": consistent}}},
    tables,
    distinct(keys, lambda key: key, 12) | distinct(any_keys, lambda key: key, 4),
    st.booleans(),
)
batch_writes = st.builds(
    lambda name, found: {"RequestItems": {name: found}},
    tables,
    distinct(
        items.map(lambda item: {"PutRequest": {"Item": item}})
        | keys.map(lambda key: {"DeleteRequest": {"Key": key}}),
        key_in,
        26,
    ),
)


def target_in(entry: dict[str, Any]) -> list[Any]:
    """The key that an action of a transaction is about."""
    (action,) = entry.values()
    found = action.get("Item") or action.get("Key") or {}
    return [found.get("PK"), found.get("SK")]


transactions = st.builds(
    lambda actions: {"TransactItems": actions},
    distinct(
        puts.map(lambda part: {"Put": part})
        | updates.map(lambda part: {"Update": part})
        | deletes.map(lambda part: {"Delete": part})
        | checks.map(lambda part: {"ConditionCheck": part}),
        target_in,
        4,
    ),
)
OPERATIONS: dict[str, Strategy] = {
    "PutItem": st.builds(merged, puts, rarely(returning("ALL_NEW"), returning("ALL_OLD", "NONE"))),
    "UpdateItem": st.builds(merged, updates, returning("ALL_OLD", "ALL_NEW", "UPDATED_NEW", "UPDATED_OLD")),
    "DeleteItem": st.builds(merged, deletes, returning("ALL_OLD", "NONE")),
    "GetItem": gets,
    "Query": queries,
    "BatchGetItem": batch_gets,
    "BatchWriteItem": batch_writes,
    "TransactWriteItems": transactions,
}
requests: Strategy = st.one_of([st.tuples(st.just(name), found) for name, found in OPERATIONS.items()])
