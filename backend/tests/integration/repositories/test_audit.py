"""The audit log: a change and the record of it are one write; months are walked, newest first."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from api.dynamodb import ids
from api.dynamodb.errors import (
    ConditionFailed,
    Duplicate,
    InvalidInput,
    NotFound,
    TransactionCancelled,
    Unavailable,
)
from api.dynamodb.repositories import (
    AuditNote,
    AuditRepository,
    PlanRepository,
    ProblemRepository,
    UserRepository,
)
from api.dynamodb.store import Store
from tests.integration.repositories.conftest import ALICE, BOB, Clock
from tests.integration.repositories.helpers import a_problem, noise, whole_list

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

Stored = Callable[[], list[tuple[str, str]]]
FREE = {"plan_id": 1, "name": "Free", "max_hints_per_day": 5, "max_executions_per_day": 50}
UPDATE = AuditNote(ALICE, "user.update")


@pytest.fixture
def transport(use_settings: Callable[..., None]) -> str:
    """One transport will do: nothing here depends on it."""
    use_settings(DYNAMODB_TRANSPORT="lean")
    return "lean"


@pytest.fixture
def audit(table: Table, clock: Clock) -> AuditRepository:
    return AuditRepository(table, now=clock)


def told(audit: AuditRepository) -> list[tuple[str, str, Any]]:
    """Action, target and changes of every entry, oldest first."""
    entries = whole_list(lambda cursor: audit.list_audit(limit=3, cursor=cursor))
    return [(entry["action"], entry["target"], entry["changes"]) for entry in reversed(entries)]


def test_a_change_of_a_user_is_told_with_who_what_and_the_old_and_new_values(
    users: UserRepository, audit: AuditRepository, clock: Clock
) -> None:
    users.create_user({"user_id": BOB, "email": "bob@example.org"})
    changed = users.update_user(
        BOB, {"is_staff": True, "is_active": True, "subscription_plan_id": 2}, audit=UPDATE
    )
    assert changed["is_staff"] is True
    (entry,) = audit.list_audit()
    assert entry == {
        "audit_id": entry["audit_id"], "staff_id": ALICE, "action": "user.update", "target": "user 2",
        "changes": {"is_staff": {"old": False, "new": True}, "subscription_plan_id": {"old": None, "new": 2}},
        "created_at": clock(),
    }  # fmt: skip


def test_what_names_a_person_is_told_without_its_values(
    users: UserRepository, audit: AuditRepository
) -> None:
    users.create_user({"user_id": BOB, "email": "bob@example.org", "name": "Bob"})
    users.update_user(BOB, {"email": "robert@example.org", "name": None}, audit=UPDATE)
    ((_, _, changes),) = told(audit)
    hidden = {"old": "(not kept)", "new": "(not kept)"}
    assert changes == {"email": hidden, "name": hidden}


def test_a_change_that_is_refused_is_not_told(
    users: UserRepository, audit: AuditRepository, stored: Stored
) -> None:
    users.create_user({"user_id": ALICE, "email": "alice@example.org"})
    users.create_user({"user_id": BOB})
    before = stored()
    with pytest.raises(ConditionFailed):
        users.update_user(BOB, {"is_staff": True}, expected_version=7, audit=UPDATE)
    with pytest.raises(Duplicate):
        users.update_user(BOB, {"email": "Alice@example.org"}, audit=UPDATE)
    with pytest.raises(NotFound):
        users.update_user(77, {"is_staff": True}, audit=UPDATE)
    assert stored() == before
    assert told(audit) == []


def test_a_change_that_cannot_be_told_is_not_made(
    users: UserRepository, audit: AuditRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An entry is never written over another one, whatever that costs."""
    for user_id in (ALICE, BOB):
        users.create_user({"user_id": user_id})
    monkeypatch.setattr(ids, "new_id", lambda: 7)
    users.update_user(ALICE, {"is_staff": True}, audit=UPDATE)
    with pytest.raises(TransactionCancelled):
        users.update_user(BOB, {"is_staff": True}, audit=UPDATE)
    bob = users.get_user(BOB, consistent=True)
    assert bob is not None
    assert (bob["is_staff"], bob["version"]) == (False, 1)
    assert [target for _, target, _ in told(audit)] == ["user 1"]


def test_without_a_note_nothing_is_told(
    users: UserRepository, plans: PlanRepository, problems: ProblemRepository, audit: AuditRepository
) -> None:
    users.create_user({"user_id": BOB})
    users.update_user(BOB, {"is_staff": True})
    plans.create_plan(FREE)
    plans.update_plan(1, {"name": "Gratis"})
    problem_id = problems.create_problem(a_problem())["problem_id"]
    problems.replace_test_cases(problem_id, [{"input": "", "output": ""}])
    assert told(audit) == []


def test_plans_are_told_from_their_making_on(plans: PlanRepository, audit: AuditRepository) -> None:
    made = plans.create_plan(FREE, audit=AuditNote(ALICE, "plan.create"))
    assert plans.get_plan(1, consistent=True) == made
    with pytest.raises(Duplicate):
        plans.create_plan(FREE, audit=AuditNote(ALICE, "plan.create"))
    changed = plans.update_plan(
        1, {"name": "Free", "max_hints_per_day": 9}, audit=AuditNote(BOB, "plan.update")
    )
    assert changed == {**made, "max_hints_per_day": 9} == plans.get_plan(1, consistent=True)
    with pytest.raises(NotFound):
        plans.update_plan(2, {"name": "x"}, audit=AuditNote(BOB, "plan.update"))
    assert told(audit) == [
        ("plan.create", "plan 1", {
            "plan_id": {"new": 1}, "name": {"new": "Free"}, "max_hints_per_day": {"new": 5},
            "max_executions_per_day": {"new": 50}, "is_active": {"new": True},
        }),
        ("plan.update", "plan 1", {"max_hints_per_day": {"old": 5, "new": 9}}),
    ]  # fmt: skip


def test_entries_of_changes_that_race_tell_one_story(table: Table, plans: PlanRepository) -> None:
    """Each entry's old value is the new one of the entry before: no change was made on what was not there."""
    plans.create_plan(FREE)
    failed: list[Exception] = []

    def change(start: int) -> None:
        mine = PlanRepository(table)
        for number in range(start, start + 4):
            while True:
                try:
                    mine.update_plan(1, {"max_hints_per_day": number}, audit=AuditNote(start, "plan.update"))
                    break
                except ConditionFailed:
                    continue
                except Exception as error:
                    failed.append(error)
                    return

    threads = [threading.Thread(target=change, args=(start,)) for start in (100, 200, 300)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    steps = {}
    for _, _, changes in told(AuditRepository(table)):
        step = changes["max_hints_per_day"]
        assert step["old"] not in steps
        steps[step["old"]] = step["new"]
    assert len(steps) == 12
    value = 5
    for _ in range(12):
        value = steps[value]
    plan = plans.get_plan(1, consistent=True)
    assert plan is not None
    assert plan["max_hints_per_day"] == value


def test_problems_are_told_from_draft_to_retirement(
    problems: ProblemRepository, audit: AuditRepository
) -> None:
    made = problems.create_problem(a_problem(is_completed=False), audit=AuditNote(ALICE, "problem.create"))
    number = made["problem_id"]
    problems.update_problem(
        number, {"is_completed": True, "title": "A+B"}, audit=AuditNote(ALICE, "problem.publish")
    )
    with pytest.raises(ConditionFailed):
        problems.retire_problem(number, expected_version=1, audit=AuditNote(BOB, "problem.retire"))
    retired = problems.retire_problem(number, expected_version=2, audit=AuditNote(BOB, "problem.retire"))
    assert retired["is_deleted"] is True
    entries = told(audit)
    assert [(action, target) for action, target, _ in entries] == [
        (f"problem.{name}", f"problem {number}") for name in ("create", "publish", "retire")
    ]
    assert entries[0][2]["tags"] == {"new": ["math"]}
    assert entries[1][2] == {
        "is_completed": {"old": False, "new": True}, "title": {"old": made["title"], "new": "A+B"},
    }  # fmt: skip
    assert entries[2][2] == {"is_deleted": {"old": False, "new": True}}


def test_long_texts_are_shortened_and_an_entry_stays_small(
    problems: ProblemRepository, audit: AuditRepository, stored: Stored, table: Table
) -> None:
    long: dict[str, Any] = {
        "solution_code": noise(90_000),
        "constraints": "정답 " * 900,
        "hints": ["x" * 3_000, "y" * 3_000],
    }
    number = problems.create_problem(a_problem(**long), audit=AuditNote(ALICE, "problem.create"))[
        "problem_id"
    ]
    problems.update_problem(
        number, {"solution_code": "print(1)", "hints": None}, audit=AuditNote(ALICE, "problem.edit")
    )
    (_, _, created), (_, _, edited) = told(audit)
    assert set(long) <= set(created)
    assert created["solution_code"]["new"].endswith("... (90,000 characters)")
    assert long["solution_code"].startswith(created["solution_code"]["new"].partition("... (")[0])
    assert edited["solution_code"] == {"old": "(a text of more than 4 KB)", "new": "print(1)"}
    assert edited["hints"]["new"] is None
    entries = [key for key in stored() if key[0].startswith("AUD#")]
    for pk, sk in entries:
        changes = table.get_item(Key={"PK": pk, "SK": sk})["Item"]["chg"]
        assert isinstance(changes, str)
        assert len(changes.encode()) <= 4096


def test_replaced_cases_are_told_before_and_after(
    problems: ProblemRepository, audit: AuditRepository, clock: Clock
) -> None:
    number = problems.create_problem(a_problem())["problem_id"]
    case = {"input": "1", "output": "2"}
    problems.add_test_case(number, case, audit=AuditNote(ALICE, "test_cases.add"))
    clock.advance(seconds=1)
    problems.replace_test_cases(number, [case] * 3, audit=AuditNote(BOB, "test_cases.replace"))
    added, replaced = {"new": 1}, {"old": 1, "new": 3}
    assert told(audit) == [
        (action, f"problem {number}", {"test_cases": counts, "stage": {"new": stage}})
        for action, counts in (("test_cases.add", added), ("test_cases.replace", replaced))
        for stage in ("asked for", "done")
    ]


def test_a_replacement_that_broke_off_is_told_as_asked_for_alone(
    problems: ProblemRepository, audit: AuditRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = problems.create_problem(a_problem())["problem_id"]

    def broken(self: Store, *args: Any, **how: Any) -> Any:
        raise Unavailable("the network was cut here")

    with monkeypatch.context() as cut:
        cut.setattr(Store, "batch_write", broken)
        with pytest.raises(Unavailable):
            problems.replace_test_cases(
                number, [{"input": "", "output": ""}], audit=AuditNote(BOB, "test_cases.replace")
            )
    with pytest.raises(InvalidInput):
        problems.replace_test_cases(number, [{"input": 7}], audit=AuditNote(BOB, "test_cases.replace"))
    assert [changes["stage"] for _, _, changes in told(audit)] == [{"new": "asked for"}]


def test_the_log_goes_through_the_months_from_the_newest(
    audit: AuditRepository, clock: Clock, stored: Stored
) -> None:
    moments = [
        datetime(2024, 2, 29, 23, 59, 59, 999_999, tzinfo=UTC), datetime(2026, 10, 31, 23, tzinfo=UTC),
        datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC),
    ]  # fmt: skip
    for number, moment in enumerate(moments):
        clock.moment = moment
        audit.record_audit(AuditNote(ALICE, f"{number}"), "something", {})
    assert [sk for pk, sk in stored() if pk == "AUD"] == ["2024-02", "2026-10", "2026-11", "2027-01"]
    for limit in (1, 2, 3, 5, 100):
        found = whole_list(lambda cursor, limit=limit: audit.list_audit(limit=limit, cursor=cursor))  # type: ignore[misc]
        assert [entry["action"] for entry in found] == ["4", "3", "2", "1", "0"]
    page = audit.list_audit(limit=5)
    assert page.cursor is None
    assert AuditRepository.list_audit(audit, limit=4).cursor is not None


def test_an_empty_log_is_an_empty_page_and_foreign_cursors_are_refused(audit: AuditRepository) -> None:
    assert (audit.list_audit().items, audit.list_audit().cursor) == ([], None)
    for wrong in ("x", "", 7):
        with pytest.raises(InvalidInput):
            audit.list_audit(cursor=wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput):
        audit.list_audit(limit=101)


def test_entries_of_any_shape_are_kept_small(audit: AuditRepository) -> None:
    many = {f"field {number}": {"old": None, "new": "x" * 50} for number in range(400)}
    audit.record_audit(AuditNote(ALICE, "much"), "everything", many)
    audit.record_audit(
        AuditNote(ALICE, "deep"),
        "everything",
        {"a": {"b": [{"c": 1}]}, "when": datetime(2026, 1, 1, tzinfo=UTC)},
    )
    (deep, much) = audit.list_audit()
    assert much["changes"] == {"count": 400}
    assert deep["changes"] == {"a": {"b": [{"c": 1}]}, "when": "2026-01-01T00:00:00+00:00"}
    assert json.dumps(deep["changes"])
