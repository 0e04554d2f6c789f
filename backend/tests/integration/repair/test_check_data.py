"""The check of a whole table: everything that is damaged is found and mended, and nothing is invented."""

from __future__ import annotations

import random
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from api.dynamodb.clock import utc_now
from api.dynamodb.errors import DataLayerError, InvalidInput
from api.dynamodb.repositories import ErasureRepository
from repair.findings import KINDS
from tests.integration.repair.damages import DAMAGES, NOT_MENDED
from tests.integration.repair.world import ANNA, BEN, CARLA, World
from tests.integration.repositories.account_data import restore
from tests.integration.repositories.fuse import Died, Fuse
from tests.integration.repositories.helpers import noise
from tests.support.torture import Sample

# The engine only keeps what is written.
pytestmark = pytest.mark.any_engine

WRITES_SECONDS = 60.0
# Between two writes of a thread, so that the table does not grow faster than it is checked.
PAUSE_SECONDS = 0.01


def test_there_are_at_least_25_kinds_of_damage_and_each_kind_of_finding_is_seeded(world: World) -> None:
    expected = {seed(world)[0] for seed in (*DAMAGES.values(), *NOT_MENDED.values())}
    assert len(DAMAGES) >= 25
    assert expected == set(KINDS)


def test_nothing_is_found_in_a_table_without_damage(world: World) -> None:
    result, findings = world.check()
    assert findings == {}
    assert result.items == len(world.items())
    assert (result.found, result.left) == (0, 0)


@pytest.mark.long
def test_each_damage_is_found_by_itself_and_mended(world: World) -> None:
    everything = random.Random(5).sample(sorted(DAMAGES), 12)
    for name in everything:
        expected = DAMAGES[name](world)
        before = world.items()
        assert world.check()[1] == {expected: "open"}, name
        assert world.items() == before, f"{name}: a check without repair wrote something"
        assert world.check(mends=True)[1] == {expected: "mended"}, name
        assert world.check()[1] == {}, name


@pytest.mark.long
def test_all_damages_at_once_are_found_and_mended(world: World) -> None:
    expected = {DAMAGES[name](world) for name in sorted(DAMAGES)}
    assert set(world.check()[1]) == expected
    result, findings = world.check(mends=True)
    assert findings == dict.fromkeys(expected, "mended")
    assert (result.found, result.left) == (len(expected), 0)
    assert world.check()[1] == {}


def test_what_needs_a_person_is_found_and_left(world: World) -> None:
    expected = {NOT_MENDED[name](world) for name in sorted(NOT_MENDED)}
    found = world.check()[1]
    assert expected <= set(found)
    before = world.items()
    states = world.check(mends=True)[1]
    assert {states[finding] for finding in expected} == {"manual"}
    assert expected <= set(world.check()[1])
    after = world.items()
    assert all(after.get((pk, sk)) == before.get((pk, sk)) for _, pk, sk in expected)


def test_mending_the_list_of_runs_has_the_totals_counted_again(world: World) -> None:
    entry = world.keys(f"USR#{CARLA}#RUN")[3]
    world.delete(entry)
    world.client.delete_item(
        TableName=world.table.name, Key={"PK": {"S": f"USR#{CARLA}#PRG"}, "SK": {"S": "META"}}
    )
    assert world.progress.get_progress(CARLA)["runs"] == 54
    world.check(mends=True)
    assert world.progress.get_progress(CARLA)["runs"] == 55
    assert world.check()[1] == {}


def test_a_text_that_is_being_written_is_no_damage(world: World) -> None:
    note, end = world.history._pending_parts.write(
        world.history._aggregate(777), {"user_id": ANNA}, [("TXT#RUN#777", "cod#0123456789abcdef.1#0000")]
    )
    del note, end
    world.copy(world.keys("TXT#RUN#520")[0], ("TXT#RUN#777", "cod#0123456789abcdef.1#0000"))
    items = world.items()
    # The world's clock is a day late: the note is brought up to now.
    (key,) = world.keys("PND#")
    world.delete(key)
    moment = utc_now()
    sk = f"{moment.isoformat(timespec='microseconds')[:26]}#{key[1].rpartition('#')[2]}"
    world.put({**items[key], "SK": {"S": sk}, "crt": {"N": str(int(moment.timestamp() * 1_000_000))}})
    assert world.check(mends=True)[1] == {}
    assert ("TXT#RUN#777", "cod#0123456789abcdef.1#0000") in world.items()


@pytest.mark.sampled
def test_a_replacement_of_cases_is_no_damage_and_what_it_leaves_without_a_note_is_removed(
    world: World, monkeypatch: pytest.MonkeyPatch, sample: Sample
) -> None:
    world.clock.moment = utc_now()
    cases = [{"input": noise(9_000, seed=seed), "output": "5"} for seed in (70, 71)]
    undamaged = world.items()
    fuse = Fuse(monkeypatch)
    world.problems.replace_test_cases(103, cases)
    calls = len(fuse.operations)
    monkeypatch.undo()
    removed = 0
    for number in sample.of(range(calls), between=4):
        restore(world.table, undamaged.values())
        with monkeypatch.context() as patch:
            Fuse(patch).left = number
            with pytest.raises(Died):
                world.problems.replace_test_cases(103, cases)
        under_way = world.items()
        assert world.check(mends=True)[1] == {}
        assert world.items() == under_way
        for note in world.keys("PND#"):
            world.delete(note)
        states = world.check(mends=True)[1]
        assert set(states.values()) <= {"mended"} and {kind for kind, _, _ in states} <= {
            "case.abandoned",
            "text.orphaned",
        }
        removed += len(states)
        assert world.check()[1] == {}
        assert len(world.problems.get_all_test_cases(103, most=10).items) == 2
    assert removed


@pytest.mark.sampled
def test_the_removal_of_left_cases_that_is_killed_is_completed_by_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch, sample: Sample
) -> None:
    expected = {seed(world) for name, seed in DAMAGES.items() if "_left" in name and "note" not in name}
    assert {kind for kind, _, _ in expected} == {"case.abandoned"}
    damaged = world.items()
    fuse = Fuse(monkeypatch)
    world.check(mends=True, segments=1, page_items=500)
    calls = len(fuse.operations)
    monkeypatch.undo()
    for number in sample.of(range(calls)):
        restore(world.table, damaged.values())
        with monkeypatch.context() as patch:
            Fuse(patch).left = number
            with pytest.raises(Died):
                world.check(mends=True, segments=1, page_items=500)
        assert set(world.check(mends=True)[1].items()) <= {(finding, "mended") for finding in expected}
        assert world.check()[1] == {}
        for problem_id, number_of_cases in ((104, 2), (105, 2), (106, 1)):
            assert len(world.problems.get_all_test_cases(problem_id, most=10).items) == number_of_cases


def test_a_deletion_of_an_account_that_is_under_way_is_no_damage(world: World) -> None:
    erasures = ErasureRepository(world.table)
    erasures.begin_erasure(ANNA)
    run = world.keys(f"USR#{ANNA}#RUN")[0][1].rpartition("#")[2]
    world.delete((f"RUN#{int(run)}", "META"))  # the sweep removes the entries after it
    assert world.check()[1] == {}
    for _ in erasures.sweep(ANNA):
        assert world.check(page_items=200)[1] == {}
    erasures.finish_erasure(ANNA)
    assert world.check()[1] == {}


@pytest.mark.parametrize("lease", ["LEASE", "LEASE#2"])
def test_a_move_into_the_table_or_a_part_of_it_has_to_end_first(world: World, lease: str) -> None:
    from api.dynamodb.table.lease import Holder

    holder = Holder.of_this_process().encode()
    world.put({"PK": {"S": "OPS#migration"}, "SK": {"S": lease}, **holder})
    with pytest.raises(InvalidInput, match="moves data into"):
        world.check()


def _write(world: World, stop: threading.Event, seed: int, failures: list[BaseException]) -> None:
    """Traffic on the world's records and on new ones, until it is stopped."""
    chance = random.Random(seed)
    number = 10_000 * (seed + 1)
    while not stop.wait(PAUSE_SECONDS):
        number += 1
        try:
            match chance.randrange(9):
                case 0:
                    world.history.set_visibility(500 + chance.randrange(20), chance.random() < 0.5)
                case 1:
                    world.run(number, ANNA, is_code_public=True, code=noise(9_000, seed=number))
                    world.history.delete_history(number)
                case 2:
                    world.run(number, BEN, created_at=utc_now())
                case 3:
                    world.problems.update_problem(
                        100 + chance.randrange(8),
                        {"title": f"Words {number} and more", "tags": ["a", f"t{number}"]},
                    )
                case 4:
                    world.users.update_user(ANNA, {"email": f"new{number}@example.org"})
                case 5:
                    world.usage.log_usage(BEN, "execution", 100, {"text": noise(7_000, seed=number)})
                case 6:
                    texts = [{"input": noise(6_000, seed=number + place), "output": "1"} for place in (0, 1)]
                    world.problems.replace_test_cases(100 + chance.randrange(8), texts)
                case 7:
                    world.users.create_user({"user_id": number, "email": f"u{number}@example.org"})
                    world.users.update_user(number, {"google_id": f"x{number}"})
                case _:
                    world.progress.get_progress(chance.choice((ANNA, BEN, CARLA)))
        except DataLayerError:
            continue  # two writers met too often
        except BaseException as failure:
            failures.append(failure)
            return


@pytest.mark.long
@pytest.mark.parametrize("mends", [False, True], ids=["looks", "mends"])
def test_nothing_is_invented_while_the_service_writes(world: World, mends: bool) -> None:
    world.clock.moment = utc_now()  # what is being written now is not as old as the world
    stop, failures = threading.Event(), list[BaseException]()
    writers = [
        threading.Thread(target=_write, args=(world, stop, seed, failures), daemon=True) for seed in range(3)
    ]
    for writer in writers:
        writer.start()
    try:
        for _ in range(4):
            assert world.check(mends=mends, page_items=30)[1] == {}
    finally:
        stop.set()
        for writer in writers:
            writer.join(WRITES_SECONDS)
    assert not failures
    assert not any(writer.is_alive() for writer in writers)
    assert world.check()[1] == {}


@pytest.mark.sampled
def test_a_repair_that_is_killed_behind_any_call_is_completed_by_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch, sample: Sample, tmp_path: Path
) -> None:
    expected = {DAMAGES[name](world) for name in sorted(DAMAGES)}
    damaged = world.items()
    fuse = Fuse(monkeypatch)
    world.check(mends=True, segments=1, page_items=60)
    calls = len(fuse.operations)
    monkeypatch.undo()
    for number in sample.of(range(calls), between=2):
        restore(world.table, damaged.values())
        path = tmp_path / f"{number}.sqlite3"
        with monkeypatch.context() as patch:
            Fuse(patch).left = number
            with pytest.raises(Died):
                world.check(mends=True, segments=1, page_items=60, path=path)
        _, findings = world.check(mends=True, segments=1, page_items=60, path=path)
        assert set(findings) <= expected
        assert set(findings.values()) <= {"mended"}
        assert world.check()[1] == {}


def test_a_check_that_was_interrupted_goes_on_where_it_was(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    expected = {DAMAGES[name](world) for name in sorted(DAMAGES)}
    damaged = len(world.items())
    path = tmp_path / "check.sqlite3"
    with monkeypatch.context() as patch:
        fuse = Fuse(patch)
        fuse.left = 40
        with pytest.raises(Died):
            world.check(segments=1, page_items=30, path=path)
    fuse = Fuse(monkeypatch)
    result, findings = world.check(segments=1, page_items=30, path=path)
    assert fuse.operations.count("Scan") < damaged // 30
    # One of the damages has expired, so the engine may remove it at any moment.
    assert len(world.items()) <= result.items <= damaged
    assert {finding[0] for finding in expected - set(findings)} <= {"expired"}
    assert set(findings) <= expected


def test_a_limit_of_units_spreads_the_calls_over_time(world: World) -> None:
    pauses: list[float] = []
    calls = world.calls()
    slow = type(calls)(calls._transport, max_rcu=1.0, sleep=pauses.append)
    from api.dynamodb.table.store import Store
    from repair.notebook import Notebook
    from repair.table_check import TableCheck

    with Notebook(None, {}, utc_now()) as notebook:
        result = TableCheck(Store(slow, world.table.name), notebook).run(slow, workers=1)
    assert result.read_units > 3
    assert sum(pauses) > timedelta(seconds=result.read_units / 2).total_seconds()
