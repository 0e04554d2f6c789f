"""Drift: each kind of difference is found, told in words, and closed by the change that `new --from-diff` writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from api.dynamodb.control_plane.comparison import TableComparison
from api.dynamodb.control_plane.description import describe_table, read_settings
from api.dynamodb.errors import Unavailable
from lifecycle import change_drafts
from lifecycle.declared_tables import load_tables
from lifecycle.errors import BadInput, ChangeFailed
from lifecycle.planning import check, plan
from lifecycle.selection import Selection
from tests.support.changes import Project
from tests.support.engines import Engine
from tests.support.waiting import wait_until

DECLARED = (
    'Key("id"), Key("at", "N"), ttl="ttl", stream="NEW_IMAGE", recovery=True, protection=True, tags={"team": "a"}, '
    'billing=Throughput(3, 4), table_class="STANDARD_INFREQUENT_ACCESS", insights="THROTTLED_KEYS", '
    'indexes=(IndexConfig("by-user", Key("user"), Key("at", "N"), ("x", "y")),)'
)
RENAMED = DECLARED.replace('"by-user"', '"by-user-2"')
PROJECTION = "by-user: projection: declared INCLUDE x, y, found KEYS_ONLY"
ON_MINISTACK = {"recovery", "tags", "class", "insights"}  # DynamoDB Local has none of them
UNKNOWN = {"class": "table class"}  # as a comparison names it


def compared(project: Project, engine: Engine) -> TableComparison:
    (found,) = check(engine.client(), "dev", [project.config("orders")])
    return found


def still_differs(project: Project, engine: Engine) -> list[str]:
    """The differences that are left; DynamoDB Local 3 forgets a table's protection when an index of it changes."""
    found = compared(project, engine).differences
    return [str(one) for one in found if one.kind != "protection" or engine.name == "ministack"]


def write_fix(project: Project, engine: Engine) -> str:
    """What `new --from-diff` does, in this process; the name of the change."""
    (declared,) = load_tables([project.configs])
    observed = read_settings(engine.client(), project.table("orders"))
    draft = change_drafts.draft_for(0, declared, "dev", compared(project, engine), observed)
    changes = project.loaded()
    name = change_drafts.new_change_name("close it", changes)
    change_drafts.write_change(
        project.changes / f"{name}.py", change_drafts.change_source(name, draft, changes, None)
    )
    return name


def start(project: Project, engine: Engine, declared: str = DECLARED) -> None:
    project.declare("orders", declared)
    project.add("orders", "CreateTable(ORDERS)", "DeleteTable(ORDERS)", tables=["orders"])
    project.runner(engine).migrate(Selection())
    assert compared(project, engine).differences == []


def ttl(client: Any, table: str, enabled: bool, attribute: str) -> None:
    client.update_time_to_live(
        TableName=table, TimeToLiveSpecification={"Enabled": enabled, "AttributeName": attribute}
    )


def index(name: str, key: str) -> Any:
    return {
        "IndexName": name, "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "KEYS_ONLY"},
        "ProvisionedThroughput": {"ReadCapacityUnits": 3, "WriteCapacityUnits": 4},
    }  # fmt: skip


def types(**kinds: str) -> Any:
    every = {"id": "S", "at": "N", **kinds}
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in every.items()]


def add(client: Any, table: str, name: str, key: str, **kinds: str) -> None:
    client.update_table(
        TableName=table, AttributeDefinitions=types(**kinds),
        GlobalSecondaryIndexUpdates=[{"Create": index(name, key)}],
    )  # fmt: skip
    wait_until(lambda: _is_active(client, table), f"the end of the building of {name}")


def _is_active(client: Any, table: str) -> bool:
    """DynamoDB Local answers InternalFailure now and then while an index is built, and this client tries once."""
    try:
        return describe_table(client, table).is_active
    except Unavailable:
        return False


def _has_no_index(client: Any, table: str) -> bool:
    try:
        return not describe_table(client, table).indexes
    except Unavailable:
        return False


def drop(client: Any, table: str) -> None:
    client.update_table(TableName=table, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-user"}}])
    wait_until(lambda: _has_no_index(client, table), "the end of the index")


def another(client: Any, table: str) -> None:
    drop(client, table)
    add(client, table, "by-user", "user", user="S")


def arn(client: Any, table: str) -> str:
    return str(client.describe_table(TableName=table)["Table"]["TableArn"])


def provision(client: Any, table: str) -> None:
    client.update_table(
        TableName=table, ProvisionedThroughput={"ReadCapacityUnits": 9, "WriteCapacityUnits": 4}
    )


def unwatch(client: Any, table: str, **index: str) -> object:
    return client.update_contributor_insights(TableName=table, ContributorInsightsAction="DISABLE", **index)


CASES: dict[str, tuple[Callable[[Any, str], object], str]] = {
    "index": (drop, "by-user: declared user + at, found none"),
    "extra": (lambda c, t: add(c, t, "by-x", "x", x="S", user="S"), "by-x: declared none, found x"),
    "ttl": (lambda c, t: ttl(c, t, False, "ttl"), "ttl: declared ttl, found none"),
    "stream": (
        lambda c, t: c.update_table(TableName=t, StreamSpecification={"StreamEnabled": False}),
        "stream: declared NEW_IMAGE, found none",
    ),
    "protection": (
        lambda c, t: c.update_table(TableName=t, DeletionProtectionEnabled=False),
        "protection: declared on, found off",
    ),
    "billing": (provision, "billing: declared 3 RCU and 4 WCU, found 9 RCU and 4 WCU"),
    "on demand": (
        lambda c, t: c.update_table(TableName=t, BillingMode="PAY_PER_REQUEST"),
        "billing: declared 3 RCU and 4 WCU, found on demand",
    ),
    "recovery": (
        lambda c, t: c.update_continuous_backups(
            TableName=t, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
        ),
        "recovery: declared on, found off",
    ),
    "class": (
        lambda c, t: c.update_table(TableName=t, TableClass="STANDARD"),
        "class: declared STANDARD_INFREQUENT_ACCESS, found STANDARD",
    ),
    "insights": (
        lambda c, t: [unwatch(c, t), unwatch(c, t, IndexName="by-user")],
        "insights: declared THROTTLED_KEYS, found none",
    ),
    "tags": (
        lambda c, t: c.tag_resource(ResourceArn=arn(c, t), Tags=[{"Key": "team", "Value": "b"}]),
        "tags: declared team=a, found team=b",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", CASES)
def test_a_difference_is_found_and_closed_by_the_change_that_is_written_for_it(
    project: Project, engine: Engine, kind: str
) -> None:
    if kind in ON_MINISTACK and engine.name != "ministack":
        start(project, engine)
        assert UNKNOWN.get(kind, kind) in compared(project, engine).unknown
        return
    start(project, engine)
    make, told = CASES[kind]
    make(engine.client(), project.table("orders"))
    drifted = compared(project, engine)
    assert told in [str(one) for one in drifted.differences]
    name = write_fix(project, engine)
    assert project.runner(engine).migrate(Selection()).changes == [name]
    assert still_differs(project, engine) == []
    assert project.runner(engine).rollback(Selection(target=name)).changes == [name]
    assert told in [str(one) for one in compared(project, engine).differences]


def test_several_differences_are_closed_by_one_change(project: Project, engine: Engine) -> None:
    start(project, engine)
    another(engine.client(), project.table("orders"))
    for kind in ("ttl", "stream", "protection", "billing"):
        CASES[kind][0](engine.client(), project.table("orders"))
    name = write_fix(project, engine)
    runner = project.runner(engine, readers_switched=["by-user-2"])
    assert runner.migrate(Selection()).changes == [name]
    project.declare("orders", RENAMED)
    assert compared(project, engine).differences == []


def index_names(project: Project, engine: Engine) -> set[str]:
    return set(describe_table(engine.client(), project.table("orders")).indexes)


def test_a_projection_is_changed_by_a_new_index_a_switch_of_its_readers_and_a_drop(
    project: Project, engine: Engine
) -> None:
    start(project, engine)
    another(engine.client(), project.table("orders"))
    assert PROJECTION in [str(difference) for difference in compared(project, engine).differences]
    name = write_fix(project, engine)
    (planned,) = plan(project.runner(engine), Selection())
    table = project.table("orders")
    assert [step.description for step in planned.steps][:3] == [
        f"add index by-user-2 (user:S + at:N) to {table}",
        f"readers of {table} switch from index by-user to by-user-2",
        f"drop index by-user of {table}",
    ]
    assert not any(step.warning for step in planned.steps)
    for _ in range(2):
        with pytest.raises(
            ChangeFailed, match=r"waits at step 2 of . .*--readers-switched by-user-2: completed"
        ):
            project.runner(engine).migrate(Selection())
        assert index_names(project, engine) == {"by-user", "by-user-2"}
    assert project.runner(engine, readers_switched=["by-user-2"]).migrate(Selection()).changes == [name]
    assert index_names(project, engine) == {"by-user-2"}
    project.declare("orders", RENAMED)
    assert still_differs(project, engine) == []


def test_a_change_of_a_projection_is_undone_the_same_way(project: Project, engine: Engine) -> None:
    start(project, engine)
    another(engine.client(), project.table("orders"))
    name = write_fix(project, engine)
    project.runner(engine, readers_switched=["by-user-2"]).migrate(Selection())
    with pytest.raises(ChangeFailed, match=r"waits at step . of . .*--readers-switched by-user:"):
        project.runner(engine).rollback(Selection(target=name))
    assert index_names(project, engine) == {"by-user", "by-user-2"}
    project.runner(engine, readers_switched=["by-user"]).rollback(Selection(target=name))
    assert PROJECTION in [str(difference) for difference in compared(project, engine).differences]


def test_an_index_that_is_declared_under_another_name_is_added_before_the_old_one_is_dropped(
    project: Project, engine: Engine
) -> None:
    project.declare("orders", DECLARED)
    write_fix(project, engine)  # a creation that keeps what is declared now
    project.runner(engine).migrate(Selection())
    project.declare("orders", RENAMED)
    write_fix(project, engine)
    (planned,) = plan(project.runner(engine), Selection())
    assert [step.description.partition(" of ")[0].partition(" (")[0] for step in planned.steps][:3] == [
        "add index by-user-2", "readers", "drop index by-user",
    ]  # fmt: skip
    project.runner(engine, readers_switched=["by-user-2"]).migrate(Selection())
    assert still_differs(project, engine) == []


def test_a_plan_warns_of_readers_that_lose_their_index(project: Project, engine: Engine) -> None:
    start(project, engine)
    project.add("drop", 'DropIndex(ORDERS, "by-user")', tables=["orders"])
    ((step,),) = [planned.steps for planned in plan(project.runner(engine), Selection())]
    assert step.warning is not None and "read without an index from then on" in step.warning
    completed = project.script(engine, "plan")
    assert f"    WARNING: readers of by-user of {project.table('orders')} read without" in completed.stdout


def test_an_index_is_not_dropped_while_the_one_that_replaces_it_is_missing(
    project: Project, engine: Engine
) -> None:
    start(project, engine)
    project.add("drop", 'DropIndex(ORDERS, "by-user", replaced_by="by-user-2")', tables=["orders"])
    with pytest.raises(ChangeFailed, match="has no ACTIVE index by-user-2 to read instead"):
        project.runner(engine).migrate(Selection())
    assert index_names(project, engine) == {"by-user"}


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ('Key("id"), Key("at", "S")', "types: declared at=S, id=S, found at=N, id=S"),
        ('Key("other"), Key("at", "N")', "keys: declared other + at, found id + at"),
    ],
)
def test_what_cannot_be_changed_in_place_is_told_with_the_way_round(
    project: Project, engine: Engine, declared: str, told: str
) -> None:
    start(project, engine, 'Key("id"), Key("at", "N")')
    project.declare("orders", declared)
    assert told in [str(one) for one in compared(project, engine).differences]
    with pytest.raises(BadInput, match="cannot be changed in place: declare a new table"):
        write_fix(project, engine)


def test_a_table_that_is_missing_is_a_difference(project: Project, engine: Engine) -> None:
    project.declare("orders", DECLARED)
    assert [str(one) for one in compared(project, engine).differences] == [
        "table: declared a table, found none"
    ]
    name = write_fix(project, engine)
    assert project.runner(engine).migrate(Selection()).changes == [name]
    assert compared(project, engine).differences == []
    assert project.runner(engine, backups=False).rollback(Selection()).changes == [name]


@pytest.mark.long
def test_an_index_that_is_being_built_is_told_with_its_state(
    dynamodb_local_slow_indexes: Engine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    engine, project = dynamodb_local_slow_indexes, Project(tmp_path_factory.mktemp("project"))
    project.declare("orders", 'Key("id"), Key("at", "N")')
    write_fix(project, engine)  # its creation keeps what is declared now
    project.runner(engine).migrate(Selection())
    project.declare("orders", 'Key("id"), Key("at", "N"), indexes=(IndexConfig("by-x", Key("x")),)')
    name = write_fix(project, engine)
    request = index("by-x", "x")
    request.pop("ProvisionedThroughput")
    request["Projection"] = {"ProjectionType": "ALL"}
    engine.client().update_table(
        TableName=project.table("orders"), AttributeDefinitions=types(x="S"),
        GlobalSecondaryIndexUpdates=[{"Create": request}],
    )  # fmt: skip
    assert "by-x: state: declared ACTIVE, found CREATING" in map(str, compared(project, engine).differences)
    project.runner(engine).migrate(Selection(target=name))  # waits for it
    assert compared(project, engine).differences == []
    for table in (project.table("orders"), project.history_table):
        engine.client().delete_table(TableName=table)


def test_insights_of_the_table_without_those_of_its_index_are_a_difference_that_is_closed(
    on_ministack: Project, ministack: Engine
) -> None:
    start(on_ministack, ministack)
    unwatch(ministack.client(), on_ministack.table("orders"))
    (difference,) = compared(on_ministack, ministack).differences
    assert str(difference).endswith("THROTTLED_KEYS, found none on the table, enabled on by-user")
    write_fix(on_ministack, ministack)
    on_ministack.runner(ministack).migrate(Selection())
    assert compared(on_ministack, ministack).differences == []


def test_a_new_index_is_watched_as_its_table_is(on_ministack: Project, ministack: Engine) -> None:
    on_ministack.declare("orders", DECLARED)
    write_fix(on_ministack, ministack)  # its creation keeps what is declared now
    on_ministack.runner(ministack).migrate(Selection())
    on_ministack.declare("orders", DECLARED.replace("indexes=(", 'indexes=(IndexConfig("by-x", Key("x")), '))
    write_fix(on_ministack, ministack)
    on_ministack.runner(ministack).migrate(Selection())
    assert compared(on_ministack, ministack).differences == []
