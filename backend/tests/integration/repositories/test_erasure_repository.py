"""Deleting an account: nothing in the table names the user afterwards, whatever happened on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from api.dynamodb.errors import NotFound
from api.dynamodb.repositories import ErasureRepository, erasure_repository
from tests.integration.repositories.account_data import (
    ALICE_ID,
    BOB_ID,
    PEOPLE,
    AccountData,
    Item,
    all_items,
    belongs_to,
    index_items,
    restore,
    traces,
)
from tests.integration.repositories.conftest import Clock
from tests.integration.repositories.fuse import Died, Fuse
from tests.integration.repositories.helpers import noise
from tests.support.engines import Engine

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

# A kill behind each call on MiniStack, behind some of them on the slower engine.
EVERY = {"ministack": 1, "dynamodb-local": 4}


@pytest.fixture
def transport(use_settings: Callable[..., None]) -> str:
    """The lean one alone: what is tested here does not depend on the way to the engine."""
    use_settings(DYNAMODB_TRANSPORT="lean")
    return "lean"


def swept(erasures: ErasureRepository, user_id: int = ALICE_ID) -> Counter[str]:
    found: Counter[str] = Counter()
    for kind, count in erasures.sweep(user_id):
        found[kind] += count
    return found


def erase(erasures: ErasureRepository) -> None:
    """The whole deletion, from wherever it stands."""
    if not erasures.list_erasures():
        try:
            erasures.begin_erasure(ALICE_ID)
        except NotFound:  # it was finished
            return
    swept(erasures)
    erasures.finish_erasure(ALICE_ID)


def of_others(items: list[Item]) -> list[Item]:
    return [
        item for item in items if not belongs_to(ALICE_ID, item) and not item["PK"]["S"].startswith("TXT#")
    ]


def test_nothing_names_alice_afterwards_and_bobs_things_are_as_they_were(
    account_data: AccountData, erasures: ErasureRepository, table: Table
) -> None:
    for number in range(25):
        account_data.run(
            ALICE_ID, problem_id=None if number % 3 else 100 + number, is_code_public=number % 5 == 0
        )
    before = all_items(table)
    assert len(traces(before)) > 60
    erasures.begin_erasure(ALICE_ID)
    remains = {"sessions": 1, "runs": 21, "public_runs": 6, "usage": 3, "notes": 1}
    assert erasures.remains(ALICE_ID) == {**remains, "hints": 0, "texts": 0}
    assert swept(erasures) == {**remains, "practice": 1, "progress": 1}
    assert set(erasures.remains(ALICE_ID).values()) == {0}
    assert swept(erasures) == {}
    erasures.finish_erasure(ALICE_ID)
    after = all_items(table)
    assert traces(after) == traces(index_items(table)) == []
    assert [item for item in after if belongs_to(BOB_ID, item)] == [
        item for item in before if belongs_to(BOB_ID, item)
    ]
    assert erasures.list_erasures() == []


def test_a_public_run_stays_on_the_timeline_as_nobodys(
    account_data: AccountData, erasures: ErasureRepository
) -> None:
    (mine,) = (run for run in account_data.history.list_public_timeline() if run["user_id"] == ALICE_ID)
    was = account_data.history.get_history(mine["history_id"], consistent=True)
    assert was is not None
    erase(erasures)
    now = account_data.history.get_history(mine["history_id"], consistent=True)
    assert now == {**was, "user_id": None, "hints": None, "version": was["version"] + 2}
    shown = [
        run for run in account_data.history.list_public_timeline() if run["history_id"] == mine["history_id"]
    ]
    assert shown == [{**mine, "user_id": None}]


def test_asking_closes_the_account_and_frees_its_addresses_at_once(
    account_data: AccountData, erasures: ErasureRepository, clock: Clock
) -> None:
    account_data.users.update_user(ALICE_ID, {"is_staff": True})
    assert erasures.begin_erasure(ALICE_ID) == {"user_id": ALICE_ID, "asked_at": clock()}
    assert erasures.list_erasures() == [{"user_id": ALICE_ID, "asked_at": clock()}]
    closed = account_data.users.get_user(ALICE_ID, consistent=True)
    assert closed is not None
    assert not closed["is_active"]
    assert not closed["is_staff"]
    assert {closed[name] for name in ("email", "name", "picture", "google_id", "last_login")} == {None}
    assert account_data.users.get_user_by_google_id(PEOPLE[ALICE_ID]["google_id"]) is None
    again = account_data.users.create_user(PEOPLE[ALICE_ID])
    erase(erasures)
    assert account_data.users.get_user_by_email("alice.kim@example.org", consistent=True) == again


def test_nobody_is_erased_who_did_not_ask(
    account_data: AccountData, erasures: ErasureRepository, table: Table
) -> None:
    before = all_items(table)
    with pytest.raises(NotFound):
        erasures.begin_erasure(7)
    erasures.finish_erasure(ALICE_ID)
    erasures.finish_erasure(7)
    assert swept(erasures, 7) == {}
    assert all_items(table) == before


def test_a_deletion_killed_behind_any_call_ends_the_same(
    account_data: AccountData,
    erasures: ErasureRepository,
    table: Table,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = all_items(table)
    fuse = Fuse(monkeypatch)
    erase(erasures)
    calls = len(fuse.operations)
    end = all_items(table)
    assert traces(end) == []
    assert {"TransactWriteItems", "DeleteItem", "BatchWriteItem", "Query"} <= set(fuse.operations)
    for number in range(0, calls, EVERY[engine.name]):
        fuse.left = 10**9
        restore(table, before)
        fuse.left = number
        with pytest.raises(Died):
            erase(erasures)
        fuse.left = 10**9
        erase(erasures)
        assert _without_versions(all_items(table)) == _without_versions(end), fuse.operations[:number]


def _without_versions(items: list[Item]) -> list[Item]:
    """A change that is done again counts as one more."""
    return [{name: value for name, value in item.items() if name != "v"} for item in items]


InFlight = Callable[[AccountData, int], object]
LATE: dict[str, InFlight] = {
    "published": lambda w, run: w.history.set_visibility(run, True, owner_id=ALICE_ID),
    "hidden": lambda w, run: w.history.set_visibility(run, False, owner_id=ALICE_ID),
    "given long hints": lambda w, run: w.history.update_history(
        run, {"hints": [f"a hint for {ALICE_ID}", noise(9_000)]}
    ),
    "deleted": lambda w, run: w.history.delete_history(run, owner_id=ALICE_ID),
    "followed by another": lambda w, run: w.run(
        ALICE_ID, code=noise(9_000), hints=[f"a hint for {ALICE_ID}"]
    ),
}


@pytest.mark.parametrize("late", LATE.values(), ids=LATE.keys())
@pytest.mark.parametrize("public", [True, False], ids=["public", "private"])
def test_a_run_that_is_changed_while_it_is_swept_leaves_nothing_behind(
    account_data: AccountData, erasures: ErasureRepository, table: Table, monkeypatch: pytest.MonkeyPatch,
    late: InFlight, public: bool,
) -> None:  # fmt: skip
    run = account_data.run(ALICE_ID, is_code_public=public)
    erasures.begin_erasure(ALICE_ID)
    sweep_run = ErasureRepository._sweep_run
    done: list[bool] = []

    def sweep_run_late(self: ErasureRepository, user_id: int, entry: Item) -> str:
        if not done and erasure_repository._run_id(entry) == run:
            done.append(True)
            late(account_data, run)
        return sweep_run(self, user_id, entry)

    monkeypatch.setattr(ErasureRepository, "_sweep_run", sweep_run_late)
    swept(erasures)
    assert done
    swept(erasures)  # the last sweep, when no request can be on its way any more
    erasures.finish_erasure(ALICE_ID)
    items = all_items(table)
    assert traces(items) == []
    texts = [item for item in items if item["PK"]["S"].startswith("TXT#RUN#")]
    referred = {item["PK"]["S"].removeprefix("RUN#") for item in items if item["PK"]["S"].startswith("RUN#")}
    assert {item["PK"]["S"].removeprefix("TXT#RUN#") for item in texts} <= referred
    assert len(texts) == 5  # code and hints of Bob's two runs, code of Alice's public one


def test_hints_added_between_two_steps_are_taken_too(
    account_data: AccountData, erasures: ErasureRepository, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run changes between being read and being rewritten, at each of the steps."""
    run = account_data.run(ALICE_ID, is_code_public=True, hints=[f"a hint for {ALICE_ID}"])
    erasures.begin_erasure(ALICE_ID)
    sweep_run = ErasureRepository._stored_parts
    times: list[int] = []

    def stored_parts(self: ErasureRepository, thing: Any) -> Any:
        if len(times) < 2 and thing.owner == f"RUN#{run}":
            times.append(1)
            account_data.history.update_history(
                run, {"hints": [f"a hint for {ALICE_ID}", noise(9_000, seed=len(times))]}
            )
        return sweep_run(self, thing)

    monkeypatch.setattr(ErasureRepository, "_stored_parts", stored_parts)
    swept(erasures)
    found = account_data.history.get_history(run, consistent=True)
    assert found is not None
    assert (found["user_id"], found["hints"]) == (None, None)
    assert not [item for item in all_items(table) if item["PK"]["S"] == f"TXT#RUN#{run}"]


def test_a_place_in_alices_list_for_bobs_run_does_not_touch_it(
    account_data: AccountData, erasures: ErasureRepository, table: Table
) -> None:
    """The table would have to be damaged for that; Bob's things are still his."""
    (bobs,) = (run for run in account_data.history.list_user_history(BOB_ID) if not run["is_code_public"])
    before = of_others(all_items(table))
    for public in (True, False):
        table.put_item(
            Item={"PK": f"USR#{ALICE_ID}#RUN", "SK": f"2026-01-0{1 + public}T00:00:00.000000#{bobs['history_id']:016}",
                  "id": bobs["history_id"], "pub": public}
        )  # fmt: skip
    erase(erasures)
    kept = [item for item in of_others(all_items(table)) if "uid" in item or item["PK"]["S"][:3] != "RUN"]
    assert kept == before
    assert account_data.history.get_history(bobs["history_id"], consistent=True) is not None
