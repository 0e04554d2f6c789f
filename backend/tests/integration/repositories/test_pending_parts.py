"""Parts of large texts whose write was interrupted: they are noted, collected, and gone with the account."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from api.dynamodb.errors import NotFound, TransactionCancelled, Unavailable
from api.dynamodb.repositories import ErasureRepository, SearchHistoryRepository
from api.dynamodb.table.store import Store
from tests.integration.repositories.account_data import (
    ALICE_ID,
    AccountData,
    Item,
    all_items,
    restore,
    traces,
)
from tests.integration.repositories.conftest import Clock
from tests.integration.repositories.fuse import Died, Fuse
from tests.integration.repositories.helpers import a_run, noise
from tests.support.engines import Engine
from tests.support.fault_proxy import FaultProxy

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

# A kill behind each call on MiniStack, behind some of them on the slower engine.
EVERY = {"ministack": 1, "dynamodb-local": 3}
CODE = f"# {ALICE_ID}\n{noise(9_000, seed=5)}"
HINTS = [f"a hint for {ALICE_ID}", noise(9_000, seed=6)]


@pytest.fixture
def transport(use_settings: Callable[..., None]) -> str:
    """The lean one alone: what is tested here does not depend on the way to the engine."""
    use_settings(DYNAMODB_TRANSPORT="lean")
    return "lean"


def test_a_lost_answer_to_a_note_fails_no_write(table: Table, losing: FaultProxy, clock: Clock) -> None:
    history = SearchHistoryRepository(now=clock)
    number = history.create_history(a_run(code=CODE))["history_id"]
    assert losing.operations()[:2] == ["PutItem", "PutItem"]
    stored = history.get_history(number, consistent=True)
    assert stored is not None and stored["code"] == CODE
    assert [pk for pk in parts_and_notes(all_items(table)) if pk.startswith("PND#")] == []


def parts_and_notes(items: list[Item]) -> list[str]:
    return [item["PK"]["S"] for item in items if item["PK"]["S"].startswith(("TXT#", "PND#"))]


def unreferenced(items: list[Item]) -> list[str]:
    """The runs' parts to which no run refers."""
    stored = {part["PK"]["S"] + part["SK"]["S"] for part in items if part["PK"]["S"].startswith("TXT#RUN#")}
    for item in items:
        for name, value in item.items():
            if item["PK"]["S"].startswith("RUN#") and "M" in value:
                text = value["M"]
                digest = text["d"]["S"] + ("." + text["r"]["S"] if "r" in text else "")
                for number in range(int(text["n"]["N"])):
                    stored.discard(f"TXT#{item['PK']['S']}{name}#{digest}#{number:04}")
    return sorted(stored)


def erase(erasures: ErasureRepository) -> None:
    erasures.begin_erasure(ALICE_ID)
    for _ in erasures.sweep(ALICE_ID):
        pass
    erasures.finish_erasure(ALICE_ID)


Write = Callable[[AccountData], object]
WRITES: dict[str, Write] = {
    "a new run": lambda data: data.run(ALICE_ID, code=CODE, hints=HINTS),
    "a new public run": lambda data: data.run(ALICE_ID, code=noise(9_000), is_code_public=True),
    "new hints": lambda data: data.history.update_history(101, {"hints": HINTS}),
    "no hints": lambda data: data.history.update_history(102, {"hints": None}),
    "new code": lambda data: data.history.update_history(101, {"code": CODE}),
    "a deleted run": lambda data: data.history.delete_history(101),
    "a logged use": lambda data: data.usage.log_usage(
        ALICE_ID, "execution", 7, {"text": f"{ALICE_ID} {noise(7_000, seed=8)}"}
    ),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_a_write_killed_behind_any_call_leaves_nothing_after_the_account_is_erased(
    account_data: AccountData, erasures: ErasureRepository, table: Table, engine: Engine,
    monkeypatch: pytest.MonkeyPatch, write: Write,
) -> None:  # fmt: skip
    before = all_items(table)
    fuse = Fuse(monkeypatch)
    write(account_data)
    calls = len(fuse.operations)
    for number in range(0, calls, EVERY[engine.name]):
        fuse.left = 10**9
        restore(table, before)
        fuse.left = number
        with pytest.raises(Died):
            write(account_data)
        fuse.left = 10**9
        erase(erasures)
        items = all_items(table)
        assert traces(items) == [], fuse.operations[:number]
        assert unreferenced(items) == []
        assert not [pk for pk in parts_and_notes(items) if pk.startswith(("PND#", f"TXT#USE#{ALICE_ID}"))]


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_a_write_that_ends_leaves_no_note_and_no_part_without_an_owner(
    account_data: AccountData, table: Table, write: Write
) -> None:
    write(account_data)
    items = all_items(table)
    assert unreferenced(items) == []
    assert not [pk for pk in parts_and_notes(items) if pk.startswith("PND#")]


def killed(account_data: AccountData, monkeypatch: pytest.MonkeyPatch, write: Write, calls: int) -> None:
    """Begins a write that dies behind so many calls."""
    with monkeypatch.context() as patched:
        fuse = Fuse(patched)
        fuse.left = calls - 1
        with pytest.raises(Died):
            write(account_data)


def test_what_interrupted_writes_left_is_collected_when_they_are_surely_over(
    account_data: AccountData, erasures: ErasureRepository, table: Table, clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    before = all_items(table)
    killed(account_data, monkeypatch, WRITES["a new run"], 2)
    killed(account_data, monkeypatch, WRITES["new hints"], 3)
    assert unreferenced(all_items(table))
    assert sum(erasures.collect_text_parts()) == 0
    assert unreferenced(all_items(table))
    clock.advance(minutes=16)
    assert sum(erasures.collect_text_parts()) == 3
    assert all_items(table) == before
    assert sum(erasures.collect_text_parts()) == 0


def test_parts_that_their_item_refers_to_are_kept(
    account_data: AccountData, erasures: ErasureRepository, table: Table, clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """A note that outlives its write, as one written by hand would."""
    notes: list[Item] = []
    with monkeypatch.context() as patched:
        write_parts = type(account_data.history)._write_parts

        def write_parts_later(self: Any, parts: Any, **options: Any) -> None:
            notes.extend(item for item in all_items(table) if item["PK"]["S"].startswith("PND#"))
            write_parts(self, parts, **options)

        patched.setattr(type(account_data.history), "_write_parts", write_parts_later)
        run = account_data.run(ALICE_ID, code=CODE)
    restore(table, [*all_items(table), *notes])
    clock.advance(minutes=16)
    assert list(erasures.collect_text_parts()) == [0]
    stored = account_data.history.get_history(run, consistent=True)
    assert stored is not None
    assert stored["code"] == CODE


def test_a_writer_whose_parts_were_collected_fails_and_leaves_nothing(
    account_data: AccountData, erasures: ErasureRepository, table: Table, clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    before = all_items(table)
    transact_write = Store.transact_write
    collected: list[int] = []

    def collect_first(self: Store, *arguments: Any, **options: Any) -> Any:
        if not collected:
            clock.advance(minutes=16)
            collected.extend(erasures.collect_text_parts())
        return transact_write(self, *arguments, **options)

    monkeypatch.setattr(Store, "transact_write", collect_first)
    with pytest.raises(TransactionCancelled):
        account_data.run(ALICE_ID, code=CODE)
    assert collected == [1]
    assert all_items(table) == before


def test_a_failure_to_remove_parts_leaves_a_note_of_them(
    account_data: AccountData, erasures: ErasureRepository, table: Table, clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    with monkeypatch.context() as patched:

        def refuse(*_: Any, **__: Any) -> Any:
            raise Unavailable("no answer")

        patched.setattr(Store, "batch_write", refuse)
        account_data.history.delete_history(101)
    with pytest.raises(NotFound):
        account_data.history.delete_history(101)
    assert unreferenced(all_items(table))
    clock.advance(minutes=16)
    assert sum(erasures.collect_text_parts()) == 2
    assert unreferenced(all_items(table)) == []
