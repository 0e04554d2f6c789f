"""What every repository method costs: its calls by kind, and its units.

DynamoDB Local reports reads and single writes as AWS does, but not transactions; MiniStack takes
every item for 1 KB, which is right for the small items here, so it answers for transactions.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from api.dynamodb.errors import InvalidInput, TokenReplayed
from api.dynamodb.metering import meter
from api.dynamodb.repositories import (
    AuditNote,
    AuditRepository,
    ErasureRepository,
    PlanRepository,
    PracticeRepository,
    ProblemRepository,
    ProgressRepository,
    SearchHistoryRepository,
    SessionRepository,
    SignInGuardRepository,
    UsageLogRepository,
    UserRepository,
)
from api.dynamodb.schema.records import RunSummary
from api.dynamodb.usage_limits.decisions import Decision, Receipt
from api.dynamodb.usage_limits.windows import Limit
from tests.integration.repositories.conftest import Clock
from tests.integration.repositories.helpers import a_problem, a_run, noise
from tests.support.engines import Engine
from tests.support.tables import put_items, scan_items

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

pytestmark = pytest.mark.every_transport

GET, BATCH_GET, QUERY = "GetItem", "BatchGetItem", "Query"
PUT, UPDATE, DELETE = "PutItem", "UpdateItem", "DeleteItem"
BATCH, TRANSACT = "BatchWriteItem", "TransactWriteItems"


NOTE = AuditNote(1, "change")
LONG = {"text": "x" * 3_900}


def charged(decision: Decision) -> Receipt:
    assert decision.receipt is not None
    return decision.receipt


def moved_uses(user_id: int, action: str, count: int) -> dict[str, Any]:
    """A day's item as the move from MySQL writes it."""
    expires_at = int(datetime(2037, 3, 1, tzinfo=UTC).timestamp())
    return {"PK": f"USR#{user_id}#USE#{action}", "SK": f"DAY#{DAY}", "n": count, "ttl": expires_at}


@pytest.fixture(autouse=True)
def lists_stay_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process does not ask again in which partitions lists have entries, however slow the machine is."""
    monkeypatch.setattr("api.dynamodb.table.list_partitions.FIRST_SECONDS", math.inf)


class BudgetSetup:
    """A table with some of everything, in a process that has shown each list before."""

    def __init__(self, table: Table, clock: Clock, engine: Engine) -> None:
        self.clock, self.table = clock, table
        self.users = UserRepository(table, now=clock)
        self.plans = PlanRepository(table, now=clock)
        self.problems = ProblemRepository(table, now=clock)
        self.history = SearchHistoryRepository(table, now=clock)
        self.usage = UsageLogRepository(table, now=clock)
        self.audit = AuditRepository(table, now=clock)
        self.sessions = SessionRepository(table, now=clock)
        self.guards = SignInGuardRepository(table, now=clock)
        self.progress = ProgressRepository(table, now=clock)
        self.practice = PracticeRepository(table, now=clock)
        self.erasures = ErasureRepository(table, now=clock)
        self._store_items(engine)
        self.with_results: list[RunSummary] = [
            {**run, "total_count": 1} for run in self.history.list_public_timeline()
        ]
        self.audit.record_audit(NOTE, "user 1", {})
        self.receipt: Receipt = charged(self.usage.admit(1, "hint", 5))
        assert self.usage.admit(2, "hint", 1).allowed
        assert not self.usage.admit(2, "hint", 1).allowed
        self.receipt_apart: Receipt = charged(self.usage.admit(1, "execution", 1000))
        for user_id, action, count in ((3, "hint", 2), (4, "execution", 1000)):
            table.put_item(Item=moved_uses(user_id, action, count))
        self.erasures.begin_erasure(3)
        self.users.list_users()
        self.problems.list_problems()
        self.later: datetime = clock() + timedelta(days=30)
        self.sessions.create_session(1, "api", "a", self.later, "Firefox")
        self.session_id: int = self.sessions.create_session(1, "api", "b", self.later)["session_id"]
        assert self.guards.count_attempt("192.0.2.1", "sign_in", limit=1, seconds=600).allowed

    def _store_items(self, engine: Engine) -> None:
        """Stores the accounts, problems and runs: the first time by the repositories, then as they were stored."""
        if _stored:
            put_items(engine, self.table.name, _stored)
        else:
            _cases.extend(self._create_items())
            _stored.extend(scan_items(engine, self.table.name))
        self.case, self.large_case = _cases

    def _create_items(self) -> tuple[int, int]:
        self.plans.create_plan(
            {"plan_id": 1, "name": "Free", "max_hints_per_day": 5, "max_executions_per_day": 9}
        )
        self.users.create_user({"user_id": 1, "email": "a@x.org", "google_id": "g"})
        self.practice.add_bookmark(1, 8)
        self.practice.put_note(1, 8, "text")
        self.problems.create_problem(a_problem(problem_id=1, title="Two Sum", tags=["math", "dp"]))
        self.problems.add_test_case(1, {"input": "0", "output": "0", "is_sample": True})
        for number in (2, 3, 4):
            self.users.create_user({"user_id": number})
            self.problems.create_problem(
                a_problem(problem_id=number, problem_number=f"n{number}", title="Other")
            )
        for number in (4, 5, 7):
            self.history.create_history(a_run(history_id=number, user_id=9, is_code_public=True))
        case = self.problems.add_test_case(1, {"input": "1", "output": "2"})["test_case_id"]
        large_case = self.problems.add_test_case(2, {"input": noise(90_000), "output": noise(90_000)})
        self.history.create_history(a_run(history_id=1))
        self.history.create_history(a_run(history_id=2, is_code_public=True))
        self.history.create_history(a_run(history_id=6, code=noise(300_000), test_results=[noise(100_000)]))
        return case, large_case["test_case_id"]


# What the first setup of this process stored, and the ids of its test cases. Packing the large texts takes long.
_stored: list[dict[str, Any]] = []
_cases: list[int] = []


@dataclass(frozen=True)
class Budget:
    """A method's name, a call of it, and what that may cost."""

    name: str
    call: Callable[[BudgetSetup], Any]
    operations: list[str]
    read: float = 0.0
    write: float = 0.0


DAY = date(2036, 11, 21)
NEW_USER = {"user_id": 5, "email": "b@x.org", "google_id": "h"}
NEW_PROBLEM = a_problem(problem_number="2", title="Three Sum", tags=["math"])
PUBLIC_RUN = a_run(is_code_public=True)

BUDGETS = [
    Budget("create_plan", lambda w: w.plans.create_plan({
        "plan_id": 2, "name": "x", "max_hints_per_day": 1, "max_executions_per_day": 1}), [PUT], 0, 1),
    Budget("create_plan, audited", lambda w: w.plans.create_plan({
        "plan_id": 2, "name": "x", "max_hints_per_day": 1, "max_executions_per_day": 1}, audit=NOTE),
           [TRANSACT], 0, 4),
    Budget("get_plan", lambda w: w.plans.get_plan(1), [GET], 0.5),
    Budget("list_plans", lambda w: w.plans.list_plans(), [QUERY], 0.5),
    Budget("update_plan", lambda w: w.plans.update_plan(1, {"name": "y"}), [UPDATE], 0, 1),

    Budget("update_plan, audited", lambda w: w.plans.update_plan(1, {"name": "y"}, audit=NOTE),
           [GET, TRANSACT], 1, 4),

    Budget("create_user", lambda w: w.users.create_user(NEW_USER), [TRANSACT], 0, 9),
    Budget("create_user, e-mail taken", lambda w: _refused(lambda: w.users.create_user({"email": "a@x.org"})),
           [TRANSACT, GET, GET], 2, 0),
    Budget("get_user", lambda w: w.users.get_user(1), [GET], 0.5),
    Budget("get_user_by_email", lambda w: w.users.get_user_by_email("a@x.org"), [QUERY], 0.5),
    Budget("get_user_for_sign_in", lambda w: w.users.get_user_for_sign_in("a@x.org"), [GET, GET], 2),
    Budget("get_user_by_email, consistent", lambda w: w.users.get_user_by_email("a@x.org", consistent=True),
           [GET, GET], 2),
    Budget("get_user_by_google_id", lambda w: w.users.get_user_by_google_id("g"), [GET, GET], 2),
    Budget("get_users", lambda w: w.users.get_users([1, 2]), [BATCH_GET], 1),
    Budget("list_users", lambda w: w.users.list_users(), [QUERY, BATCH_GET], 2.5),
    Budget("update_user", lambda w: w.users.update_user(1, {"name": "B"}), [GET, UPDATE], 1, 2),
    Budget("update_user, e-mail", lambda w: w.users.update_user(1, {"email": "c@x.org"}), [GET, TRANSACT], 1, 8),
    Budget("rewrite_email_key, as it was", lambda w: w.users.rewrite_email_key(1), [GET], 1),
    Budget("update_user, audited", lambda w: w.users.update_user(1, {"is_staff": True}, audit=NOTE),
           [GET, TRANSACT], 1, 5),
    Budget("record_login", lambda w: w.users.record_login(1), [UPDATE], 0, 2),
    Budget("record_google_login", lambda w: w.users.record_google_login("g"), [GET, UPDATE], 1, 2),
    Budget("record_google_login, nobody", lambda w: w.users.record_google_login("x"), [GET], 1),
    Budget("deactivate_user", lambda w: w.users.deactivate_user(1), [GET, UPDATE], 1, 2),
    Budget("delete_user", lambda w: w.users.delete_user(1), [GET, TRANSACT], 1, 9),

    Budget("create_problem", lambda w: w.problems.create_problem(NEW_PROBLEM), [TRANSACT], 0, 18),
    Budget("get_problem", lambda w: w.problems.get_problem(1), [GET], 0.5),
    Budget("get_problems", lambda w: w.problems.get_problems([1, 2]), [BATCH_GET], 1),
    Budget("get_head", lambda w: w.problems.get_head(1), [GET], 0.5),
    Budget("get_head, consistent", lambda w: w.problems.get_head(1, consistent=True), [GET], 1),
    Budget("get_head_and_user", lambda w: w.problems.get_head_and_user(1, 1), [BATCH_GET], 1),
    Budget("get_head_and_user, consistent", lambda w: w.problems.get_head_and_user(1, 1, consistent=True),
           [BATCH_GET], 2),
    Budget("set_statements", lambda w: w.problems.set_statements(1, {"title_ko": "합"}), [GET, UPDATE], 1, 1),
    Budget("get_problem_by_number", lambda w: w.problems.get_problem_by_number("Baekjoon", "1000"),
           [GET, GET], 1),
    Budget("list_problems", lambda w: w.problems.list_problems(), [QUERY], 0.5),
    Budget("list_problems, platform", lambda w: w.problems.list_problems(platform="Baekjoon"), [QUERY], 0.5),
    Budget("list_problems, tag", lambda w: w.problems.list_problems(tag="dp"), [QUERY], 0.5),
    Budget("list_problems, words", lambda w: w.problems.list_problems(words="two su"), [QUERY], 0.5),
    Budget("refresh_catalogue", lambda w: w.problems.refresh_catalogue(), [QUERY], 0.5),
    Budget("catalogue, without one in memory", lambda w: w.problems.catalogue(), []),
    Budget("random_problem", lambda w: w.problems.random_problem(), [QUERY], 0.5),
    Budget("random_problem, nothing matches", lambda w: w.problems.random_problem(excluding=[1, 2, 3, 4]),
           [QUERY], 0.5),
    Budget("update_problem, no list", lambda w: w.problems.update_problem(1, {"url": "u"}), [GET, UPDATE], 1, 1),
    Budget("update_problem, title", lambda w: w.problems.update_problem(1, {"title": "Six Sum"}),
           [GET, TRANSACT], 1, 20),
    Budget("retire_problem", lambda w: w.problems.retire_problem(1), [GET, TRANSACT], 1, 18),
    Budget("retire_problem, audited", lambda w: w.problems.retire_problem(1, audit=NOTE), [GET, TRANSACT], 1, 20),
    Budget("add_test_case", lambda w: w.problems.add_test_case(1, {"input": "", "output": "", "position": 1}),
           [GET, TRANSACT], 1, 4),
    Budget("add_test_case, at the end", lambda w: w.problems.add_test_case(1, {"input": "", "output": ""}),
           [GET, QUERY, QUERY, TRANSACT], 3, 4),
    Budget("replace_test_cases", lambda w: w.problems.replace_test_cases(1, [{"input": "", "output": ""}] * 30),
           [GET, QUERY, QUERY, PUT, BATCH, BATCH, TRANSACT, BATCH, DELETE], 3, 40),
    Budget("replace_test_cases, audited",
           lambda w: w.problems.replace_test_cases(1, [{"input": "", "output": ""}], audit=NOTE),
           [GET, QUERY, QUERY, PUT, BATCH, TRANSACT, BATCH, DELETE], 3, 13),
    Budget("get_test_cases", lambda w: w.problems.get_test_cases(1), [QUERY, QUERY, GET], 2),
    Budget("get_test_cases, samples", lambda w: w.problems.get_test_cases(1, samples_only=True), [QUERY, GET], 1.5),
    Budget("get_test_cases, not whole", lambda w: w.problems.get_test_cases(1, large_texts=False),
           [QUERY, QUERY, GET], 2),
    Budget("get_all_test_cases", lambda w: w.problems.get_all_test_cases(1, most=500), [QUERY, QUERY, GET], 2),
    Budget("sample_beginnings", lambda w: w.problems.sample_beginnings(1), [QUERY, GET], 1.5),
    Budget("open_test_case", lambda w: list(w.problems.open_test_case(1, w.case, "input")), [QUERY, QUERY, GET], 3),
    Budget("open_test_cases", lambda w: w.problems.open_test_cases(1), [QUERY, QUERY, GET], 3),
    Budget("get_test_case", lambda w: w.problems.get_test_case(1, w.case), [QUERY, QUERY, GET], 3),
    Budget("expected_outputs", lambda w: w.problems.expected_outputs(1, [w.case]), [QUERY, QUERY, GET], 3),
    Budget("remembers_cases", lambda w: w.problems.remembers_cases(1), []),
    Budget("expected_outputs, large", lambda w: w.problems.expected_outputs(2, [w.large_case]),
           [QUERY, QUERY, GET], 2),
    Budget("update_test_case", lambda w: w.problems.update_test_case(1, w.case, {"input": "9"}),
           [GET, QUERY, QUERY, TRANSACT], 3, 4),
    Budget("update_test_case, position", lambda w: w.problems.update_test_case(1, w.case, {"position": 9}),
           [GET, QUERY, QUERY, TRANSACT], 3, 6),
    Budget("move_test_case", lambda w: w.problems.move_test_case(1, w.case, 1), [GET, QUERY, QUERY, TRANSACT], 3, 10),
    Budget("delete_test_case", lambda w: w.problems.delete_test_case(1, w.case),
           [GET, QUERY, QUERY, TRANSACT], 3, 4),

    Budget("create_history, private", lambda w: w.history.create_history(a_run()), [TRANSACT], 0, 6),
    Budget("create_history, public", lambda w: w.history.create_history(PUBLIC_RUN), [TRANSACT], 0, 7),
    Budget("create_history, public solution",
           lambda w: w.history.create_history({**PUBLIC_RUN, "passed_count": 1, "total_count": 1}), [TRANSACT], 0, 8),
    Budget("create_history, no user", lambda w: w.history.create_history(a_run(user_id=None)), [PUT], 0, 1),
    Budget("get_history", lambda w: w.history.get_history(1), [GET], 0.5),
    Budget("update_history, hints", lambda w: w.history.update_history(1, {"hints": ["x"]}), [GET, UPDATE], 1, 1),
    Budget("update_history, counts", lambda w: w.history.update_history(1, {"passed_count": 1}),
           [GET, TRANSACT], 1, 8),
    Budget("create_history, of before", lambda w: w.history.create_history(a_run(created_at=w.clock() - timedelta(1))),
           [TRANSACT], 0, 8),
    Budget("get_histories", lambda w: w.history.get_histories([1, 2]), [BATCH_GET], 1),
    Budget("set_visibility", lambda w: w.history.set_visibility(1, True, owner_id=1), [GET, TRANSACT], 1, 7),
    Budget("set_visibility, large texts", lambda w: w.history.set_visibility(6, True, owner_id=1),
           [GET, TRANSACT], 1, 7),
    Budget("update_history, hints of large texts", lambda w: w.history.update_history(6, {"hints": ["x"]}),
           [GET, UPDATE], 1, 1),
    Budget("delete_history", lambda w: w.history.delete_history(2), [GET, TRANSACT], 1, 9),
    Budget("list_user_history", lambda w: w.history.list_user_history(1), [QUERY], 0.5),
    Budget("list_user_history, filtered", lambda w: w.history.list_user_history(1, passed=True), [QUERY], 0.5),
    Budget("list_user_problem_history", lambda w: w.history.list_user_problem_history(1, 100), [QUERY], 0.5),
    Budget("list_public_timeline", lambda w: w.history.list_public_timeline(), [QUERY], 0.5),
    # DynamoDB Local charges nothing for the look at an empty partition, and AWS 0.5 RCU.
    Budget("list_public_timeline, a process's first page",
           lambda w: SearchHistoryRepository(w.table).list_public_timeline(), [QUERY] * 4, 0.5),
    # Nobody solved it: DynamoDB Local charges nothing for an empty page, and AWS 0.5 RCU.
    Budget("list_solutions", lambda w: w.history.list_solutions(100), [QUERY], 0),
    Budget("add_verdict_bases", lambda w: w.history.add_verdict_bases(w.with_results), [BATCH_GET], 2),

    Budget("check_rate_limit", lambda w: w.usage.check_rate_limit(1, "hint", 5), [GET], 0.5),
    Budget("get_daily_counts", lambda w: w.usage.get_daily_counts(1, "hint", DAY - timedelta(90), DAY), [QUERY], 0.5),
    Budget("get_usage_count", lambda w: w.usage.get_usage_count(1, "hint"), [GET], 0.5),
    Budget("log_usage", lambda w: w.usage.log_usage(1, "hint", 100, {"history_id": 5}), [UPDATE], 0, 1),
    Budget("log_usage, long", lambda w: w.usage.log_usage(1, "hint", 100, LONG), [TRANSACT], 0, 4),
    Budget("admit", lambda w: w.usage.admit(1, "hint", 5, 100, {"history_id": 5}), [UPDATE], 0, 1),
    Budget("admit, two limits", lambda w: w.usage.admit(1, "hint", [Limit(5), Limit(2, 60)]), [UPDATE], 0, 1),
    Budget("admit, denied", lambda w: w.usage.admit(1, "hint", 1), [UPDATE], 0, 1),
    Budget("admit, known denial", lambda w: w.usage.admit(2, "hint", 1), []),
    Budget("known_denial", lambda w: w.usage.known_denial(2, "hint", 1), []),
    Budget("admit, moved uses", lambda w: w.usage.admit(3, "hint", 5), [UPDATE, UPDATE], 0, 2),
    Budget("admit, apart", lambda w: w.usage.admit(1, "execution", 1000), [GET, TRANSACT], 1, 4),
    Budget("admit, apart, denied", lambda w: w.usage.admit(4, "execution", 1000), [GET], 1),
    Budget("refund", lambda w: w.usage.refund(w.receipt), [UPDATE], 0, 1),
    Budget("refund, apart", lambda w: w.usage.refund(w.receipt_apart), [GET, TRANSACT], 1, 4),
    Budget("get_usage_of_day", lambda w: w.usage.get_usage_of_day(1, "execution", DAY), [QUERY, QUERY], 1),
    Budget("get_usage_range", lambda w: w.usage.get_usage_range(1, "execution", w.clock(), w.clock() + timedelta(1)),
           [QUERY, QUERY], 1),

    Budget("list_audit", lambda w: w.audit.list_audit(), [QUERY, QUERY], 2),
    Budget("list_audit, of a month", lambda w: w.audit.list_audit(month="2036-11"), [QUERY], 1),
    Budget("list_months", lambda w: w.audit.list_months(), [QUERY], 1),
    Budget("record_audit", lambda w: w.audit.record_audit(NOTE, "user 1", {}), [PUT], 0, 1),
    Budget("create_session", lambda w: w.sessions.create_session(1, "web", "c", w.later), [PUT], 0, 1),
    Budget("get_session", lambda w: w.sessions.get_session(1, w.session_id), [GET], 0.5),
    Budget("get_session_and_user", lambda w: w.sessions.get_session_and_user(1, w.session_id), [BATCH_GET], 1),
    Budget("get_session_and_user, consistent",
           lambda w: w.sessions.get_session_and_user(1, w.session_id, consistent=True), [BATCH_GET], 2),
    Budget("list_sessions", lambda w: w.sessions.list_sessions(1), [QUERY], 1),
    Budget("rotate_session", lambda w: w.sessions.rotate_session(1, w.session_id, "b", "c", w.later),
           [UPDATE], 0, 1),
    Budget("rotate_session, replay", lambda w: _replayed(w), [UPDATE, DELETE], 0, 2),
    Budget("touch_session", lambda w: w.sessions.touch_session(1, w.session_id, "b", w.later), [UPDATE], 0, 1),
    Budget("delete_session", lambda w: w.sessions.delete_session(1, w.session_id), [DELETE], 0, 1),
    Budget("delete_all_sessions", lambda w: w.sessions.delete_all_sessions(1), [QUERY, BATCH], 1, 2),
    Budget("consume_nonce", lambda w: w.guards.consume_nonce("n", w.later), [PUT], 0, 1),
    Budget("nonce_use", lambda w: w.guards.nonce_use("n"), [GET], 1),
    Budget("count_attempt", lambda w: w.guards.count_attempt("192.0.2.2", "sign_in", limit=1, seconds=600),
           [UPDATE], 0, 1),
    Budget("count_attempt, too many",
           lambda w: w.guards.count_attempt("192.0.2.1", "sign_in", limit=1, seconds=600), [UPDATE], 0, 1),

    Budget("get_progress", lambda w: w.progress.get_progress(1), [GET, QUERY], 2),
    Budget("solved_problems", lambda w: w.progress.solved_problems(1), [GET, QUERY], 1),
    Budget("get_progress, eventual", lambda w: w.progress.get_progress(1, consistent=False), [GET, QUERY], 1),
    Budget("get_practice", lambda w: w.practice.get_practice(1), [GET], 0.5),
    Budget("add_bookmark", lambda w: w.practice.add_bookmark(1, 7), [GET, TRANSACT], 1, 4),
    Budget("remove_bookmark, none", lambda w: w.practice.remove_bookmark(1, 7), [GET], 1),
    Budget("mark_reviewed", lambda w: w.practice.mark_reviewed(1, 7, DAY), [GET, TRANSACT], 1, 4),
    Budget("set_time_zone", lambda w: w.practice.set_time_zone(1, ZoneInfo("UTC")), [GET, TRANSACT], 1, 4),
    Budget("get_note", lambda w: w.practice.get_note(1, 8), [GET], 1),
    Budget("get_practice_and_note", lambda w: w.practice.get_practice_and_note(1, 8), [BATCH_GET], 2),
    Budget("list_notes", lambda w: w.practice.list_notes(1), [QUERY], 1),
    Budget("put_note", lambda w: w.practice.put_note(1, 7, "text"), [GET, TRANSACT], 1, 4),
    Budget("delete_note", lambda w: w.practice.delete_note(1, 7), [DELETE], 0, 1),
    Budget("begin_erasure", lambda w: w.erasures.begin_erasure(1), [GET, TRANSACT], 1, 9),
    Budget("list_erasures", lambda w: w.erasures.list_erasures(), [QUERY], 1),
    Budget("remains", lambda w: w.erasures.remains(1), [QUERY] * 10, 5),
    Budget("collect_text_parts", lambda w: list(w.erasures.collect_text_parts()), [QUERY] * 4, 0),
    # DynamoDB Local charges nothing for a Query that finds nothing; AWS charges each 1 RCU.
    Budget("sweep, nothing", lambda w: list(w.erasures.sweep(2**40)), [QUERY] * 10 + [DELETE, DELETE], 0, 2),
    # The 309 KB of its run's text parts are 78 of the RCU.
    Budget("sweep", lambda w: list(w.erasures.sweep(1)),
           [QUERY, BATCH, QUERY, QUERY, DELETE, QUERY, GET, QUERY, TRANSACT, DELETE, QUERY, BATCH, BATCH, BATCH,
            QUERY, QUERY, BATCH, QUERY, QUERY, BATCH, QUERY, *[QUERY] * 6, BATCH, QUERY, DELETE, DELETE], 84, 334),
    Budget("finish_erasure", lambda w: w.erasures.finish_erasure(3), [GET, TRANSACT], 1, 6),
]  # fmt: skip


def _replayed(setup: BudgetSetup) -> None:
    with pytest.raises(TokenReplayed):
        setup.sessions.rotate_session(1, setup.session_id, "old", "new", setup.later)


def _refused(call: Callable[[], Any]) -> None:
    with pytest.raises(Exception, match="already in use"):
        call()


@pytest.mark.parametrize("budget", BUDGETS, ids=lambda budget: str(budget.name))
def test_a_method_stays_within_its_budget(table: Table, clock: Clock, engine: Engine, budget: Budget) -> None:
    setup = BudgetSetup(table, clock, engine)
    with meter.recording() as recording:
        budget.call(setup)
    assert recording.operations == budget.operations
    if engine.name == "dynamodb-local":
        assert recording.read_units == budget.read
    if engine.name == ("ministack" if TRANSACT in budget.operations else "dynamodb-local"):
        assert recording.write_units == budget.write


def test_every_public_method_has_a_budget() -> None:
    classes = (
        PlanRepository, UserRepository, ProblemRepository, SearchHistoryRepository, UsageLogRepository,
        AuditRepository, SessionRepository, SignInGuardRepository, ProgressRepository, PracticeRepository,
        ErasureRepository,
    )  # fmt: skip
    methods = {
        name
        for one in classes
        for name in dir(one)
        if not name.startswith("_") and callable(getattr(one, name))
    }
    assert methods - {budget.name.split(",")[0] for budget in BUDGETS} == {"add_test_cases"}


def test_refused_input_makes_no_call(table: Table, clock: Clock, engine: Engine) -> None:
    setup = BudgetSetup(table, clock, engine)
    refused: list[Callable[[], Any]] = [
        lambda: setup.users.get_user(-1),
        lambda: setup.users.update_user(1, {}),
        lambda: setup.users.list_users(limit=0),
        lambda: setup.users.list_users(cursor="x"),
        lambda: setup.problems.list_problems(tag=""),
        lambda: setup.history.get_history(2**53),
        lambda: setup.usage.check_rate_limit(1, "hint", 0),
        lambda: setup.usage.log_usage(1, "nap"),
        lambda: setup.sessions.create_session(1, "phone", "a", setup.later),
        lambda: setup.sessions.get_session(1, -1),
        lambda: setup.guards.count_attempt("192.0.2.1", "sign_in", limit=0, seconds=600),
        lambda: setup.guards.count_attempt("x" * 2050, "sign_in", limit=1, seconds=600),
    ]
    with meter.recording() as recording:
        for call in refused:
            with pytest.raises(InvalidInput):
                call()
    assert recording.calls == []


@pytest.mark.parametrize("runs", [30, 300])
def test_a_page_costs_the_same_however_long_the_list(
    table: Table, clock: Clock, engine: Engine, runs: int
) -> None:
    history = SearchHistoryRepository(table, now=clock)
    for number in range(runs):
        clock.advance(seconds=1)
        history.create_history(a_run(history_id=number, is_code_public=True))
    cursor = history.list_public_timeline(limit=10).cursor
    with meter.recording() as recording:
        assert len(history.list_public_timeline(limit=10, cursor=cursor)) == 10
    assert recording.operations == [QUERY]
    with meter.recording() as recording:
        assert len(history.list_user_history(1, limit=10)) == 10
    assert recording.operations == [QUERY]
    if engine.name == "dynamodb-local":
        assert recording.read_units == 0.5
