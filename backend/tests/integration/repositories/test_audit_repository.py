"""The audit log: a change and the record of it are one write; months are walked, newest first."""

from __future__ import annotations

import json
import threading
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from api.dynamodb.errors import (
    ConditionFailed,
    Duplicate,
    InvalidInput,
    NotFound,
    TransactionCancelled,
    Unavailable,
)
from api.dynamodb.metering import meter
from api.dynamodb.repositories import (
    AuditNote,
    AuditRepository,
    PlanRepository,
    ProblemRepository,
    SignInGuardRepository,
    UserRepository,
)
from api.dynamodb.schema import ids
from api.dynamodb.table.store import Store
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
    month = ("AUD", "2036-11")
    before = sorted([*stored(), month])
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


def test_a_process_marks_a_month_once_and_before_its_first_entry(
    users: UserRepository, plans: PlanRepository, audit: AuditRepository, clock: Clock
) -> None:
    plans.create_plan(FREE)
    users.create_user({"user_id": BOB})
    with meter.recording() as recording:
        users.update_user(BOB, {"is_staff": True}, audit=UPDATE)
        plans.update_plan(1, {"name": "Gratis"}, audit=UPDATE)
        audit.record_audit(UPDATE, "user 7", {})
        clock.advance(days=31)
        audit.record_audit(UPDATE, "user 8", {})
    operations = [(call.operation, call.entity) for call in recording.calls if call.operation != "GetItem"]
    mark, entry = ("PutItem", "audit_month"), ("PutItem", "audit")
    assert operations == [
        mark, ("TransactWriteItems", "user"), ("TransactWriteItems", "plan"), entry, mark, entry,
    ]  # fmt: skip
    assert len(told(audit)) == 4


def test_a_change_whose_month_cannot_be_marked_is_not_made(
    users: UserRepository, audit: AuditRepository, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    users.create_user({"user_id": BOB})
    before = stored()

    def refuse(*arguments: Any, **options: Any) -> None:
        raise Unavailable("no answer")

    with monkeypatch.context() as patched:
        patched.setattr(Store, "put", refuse)
        with pytest.raises(Unavailable):
            users.update_user(BOB, {"is_staff": True}, audit=UPDATE)
    assert stored() == before
    users.update_user(BOB, {"is_staff": True}, audit=UPDATE)
    assert [target for _, target, _ in told(audit)] == ["user 2"]


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

    threads = [threading.Thread(target=change, args=(start,), daemon=True) for start in (100, 200, 300)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
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
        changes: Any = table.get_item(Key={"PK": pk, "SK": sk})["Item"]["chg"]
        text = changes.encode() if isinstance(changes, str) else zlib.decompress(changes.value)
        assert len(text) <= 4096


def test_changes_of_cases_are_told_with_the_change(
    problems: ProblemRepository, audit: AuditRepository, clock: Clock
) -> None:
    number = problems.create_problem(a_problem())["problem_id"]
    case = {"input": "1", "output": "2"}

    def note(action: str) -> AuditNote:
        clock.advance(seconds=1)
        return AuditNote(BOB, action)

    problems.add_test_case(number, case, audit=note("add"))
    first, *_, last = problems.replace_test_cases(number, [case] * 3, audit=note("replace"))
    problems.update_test_case(number, first["test_case_id"], {"output": "3"}, audit=note("edit"))
    problems.move_test_case(number, first["test_case_id"], 3, audit=note("move"))
    problems.delete_test_case(number, last["test_case_id"], audit=note("delete"))
    entries = [(action, changes) for action, _, changes in told(audit)]
    assert entries[:-1] == [
        ("add", {"test_cases": {"new": 1}}), ("replace", {"test_cases": {"old": 1, "new": 3}}),
        ("edit", {"test_case": {"new": first["test_case_id"]}, "output": {"old": "2", "new": "3"}}),
        ("move", {"test_case": {"new": first["test_case_id"]}, "place": {"old": 1, "new": 3}}),
    ]  # fmt: skip
    action, deleted = entries[-1]
    assert (action, deleted["input"], deleted["test_case_id"]) == (
        "delete", {"old": "1"}, {"old": last["test_case_id"]},
    )  # fmt: skip


def test_a_change_of_cases_that_is_not_made_is_not_told(
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
    assert told(audit) == []


def test_a_form_is_carried_out_once(
    problems: ProblemRepository, audit: AuditRepository, table: Table, clock: Clock
) -> None:
    note = AuditNote(ALICE, "create", form_token="a form")
    guards = SignInGuardRepository(table, now=clock)
    assert guards.nonce_use("a form") is None
    number = problems.create_problem(a_problem(), audit=note)["problem_id"]
    assert guards.nonce_use("a form") == f"problem {number}"
    for write in (
        lambda: problems.create_problem(a_problem(), audit=note),
        lambda: problems.create_problem(a_problem(problem_number="2"), audit=note),
        lambda: problems.update_problem(number, {"title": "other"}, audit=note),
        lambda: problems.add_test_case(number, {"input": "", "output": ""}, audit=note),
        lambda: problems.replace_test_cases(number, [{"input": "", "output": ""}], audit=note),
    ):
        with pytest.raises(Duplicate) as refused:
            write()
        assert refused.value.field == "form_token"
    clock.advance(days=8)
    assert guards.nonce_use("a form") is None
    assert len(told(audit)) == 1
    assert problems.get_test_cases(number).items == []


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
