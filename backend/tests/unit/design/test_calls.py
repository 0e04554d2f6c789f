"""The calls that the cost model counts are those that the repositories make: kinds, order and indexes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from moto import mock_aws

from api.dynamodb import keys, meter, transports
from api.dynamodb.client import DynamoDBClient
from api.dynamodb.clock import utc_now
from api.dynamodb.decisions import Receipt
from api.dynamodb.entities import PK, SK
from api.dynamodb.errors import TokenReplayed
from api.dynamodb.items import run_items, with_keys
from api.dynamodb.repositories import (
    AuditNote,
    AuditRepository,
    ErasureRepository,
    PlanRepository,
    ProblemRepository,
    ProgressRepository,
    SearchHistoryRepository,
    SessionRepository,
    SignInGuardRepository,
    UsageLogRepository,
    UserRepository,
)
from api.dynamodb.table_schema import create_table
from api.dynamodb.windows import local_day
from design import samples as s
from design.actor import typical_actor
from design.patterns import BY_NAME, PATTERNS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

LATER = datetime.now(UTC) + timedelta(days=30)
# Two users with one run each, one with fifty, and one who goes.
PRIVATE, PUBLIC, BUSY, GOING = 5, 6, 7, 30
# A problem with a sample of 1 MB.
LARGE_SAMPLES = 7
FIELDS_OF_A_CASE = ("input", "output", "is_sample", "position")


@dataclass
class World:
    """A table in memory with the things that the typical request is about."""

    users: UserRepository
    plans: PlanRepository
    problems: ProblemRepository
    runs: SearchHistoryRepository
    usage: UsageLogRepository
    audit: AuditRepository
    sessions: SessionRepository
    guards: SignInGuardRepository
    progress: ProgressRepository
    erasures: ErasureRepository
    case_id: int = 0
    large_case_id: int = 0
    receipt: Receipt | None = None
    session_id: int = 0

    @classmethod
    def of(cls, table: Table) -> World:
        """Plans, 21 users, problems and runs, 25 test cases and a use."""
        world = cls(
            UserRepository(table), PlanRepository(table), ProblemRepository(table),
            SearchHistoryRepository(table), UsageLogRepository(table), AuditRepository(table),
            SessionRepository(table), SignInGuardRepository(table), ProgressRepository(table),
            ErasureRepository(table),
        )  # fmt: skip
        for plan in range(4):
            world.plans.create_plan({**s.PLAN, "plan_id": plan})
        world.users.create_user(s.USER)
        world.problems.create_problem(s.PROBLEM)
        for n in range(20):
            world.users.create_user({"user_id": n, "name": "Charlie"})
            world.problems.create_problem({**s.PROBLEM, "problem_id": n, "problem_number": f"n{n}"})
            world.runs.create_history({**s.RUN, "history_id": n, "problem_id": n})
        world.runs.create_history(s.RUN)
        world.runs.create_history(_new(s.RUN, user_id=PRIVATE, is_code_public=False))
        world.runs.create_history(_new(s.RUN, user_id=PUBLIC))
        world.erasures.begin_erasure(PUBLIC)
        world.users.create_user({**s.USER, "user_id": GOING, "email": "going@example.com", "google_id": "78"})
        for n in range(50):
            run = {**s.RUN, "history_id": n, "user_id": BUSY, "created_at": utc_now() - timedelta(hours=1)}
            place = run_items(run).entries[0]
            DynamoDBClient.get_client().put_item(TableName=table.name, Item=place)
        given = {name: s.TEST_CASE[name] for name in FIELDS_OF_A_CASE}
        cases = [{**given, "is_sample": n < 3, "position": n} for n in range(24)]
        large = {name: s.LARGE_TEST_CASE[name] for name in FIELDS_OF_A_CASE}
        added = world.problems.add_test_cases(s.PROBLEM_ID, [*cases, {**large, "position": 24}])
        world.case_id, world.large_case_id = added[10]["test_case_id"], added[-1]["test_case_id"]
        world.problems.add_test_cases(LARGE_SAMPLES, [{**large, "is_sample": True}])
        summary = {k: v for k, v in s.samples().items["problem_entry"].items() if k not in (PK, SK)}
        many = [
            with_keys(keys.tag_facet("many").pk(0), keys.time_and_id(s.MOMENT, n), summary) for n in range(80)
        ]
        world.problems._store.batch_write(puts=many, entity="problem_entry")
        world.receipt = world.usage.admit(s.USER_ID, "hint", 9, s.PROBLEM_ID).receipt
        for token in ("a", "b", "c"):
            world.session_id = world.sign_in(token)
        return world

    def sign_in(self, token: str) -> int:
        """A new session of the user with that token."""
        return self.sessions.create_session(s.USER_ID, "api", token, LATER)["session_id"]

    def replay(self) -> None:
        """A token of a session is used that it no longer has."""
        with pytest.raises(TokenReplayed):
            self.sessions.rotate_session(s.USER_ID, self.session_id, "old", "new", LATER)


@pytest.fixture
def world(use_settings: Callable[..., None]) -> Iterator[World]:
    use_settings(DYNAMODB_TABLE="design_calls")
    with mock_aws():
        transports.forget()
        create_table(DynamoDBClient.get_client(), wait_seconds=10)
        yield World.of(DynamoDBClient.get_table())
    transports.forget()


def _new(record: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A record without its id."""
    first = next(iter(record))
    return {**{name: value for name, value in record.items() if name != first}, **changes}


_TEN = [{"input": "1", "output": "2"}] * 10
_ALL = [{"input": "1", "output": "2"}] * 25
_NOTE = AuditNote(1, "change")
_FRESH = {"email": "bob@example.com", "google_id": "77"}
_MAKE: dict[str, Callable[[World], object]] = {
    "sign up": lambda w: w.users.create_user(_new(s.USER, **_FRESH)),
    "user by id": lambda w: w.users.get_user(s.USER_ID),
    "user by e-mail (sign-in)": lambda w: w.users.get_user_by_email(s.USER["email"]),
    "user by e-mail, up to date": lambda w: w.users.get_user_by_email(s.USER["email"], consistent=True),
    "user by Google account (sign-in)": lambda w: w.users.get_user_by_google_id(s.USER["google_id"]),
    "20 users by id": lambda w: w.users.get_users(range(20)),
    "record a sign-in": lambda w: w.users.record_login(s.USER_ID),
    "change a user": lambda w: w.users.update_user(s.USER_ID, {"name": "Alicia"}),
    "change a user, audited": lambda w: w.users.update_user(s.USER_ID, {"name": "A"}, audit=_NOTE),
    "change an e-mail address": lambda w: w.users.update_user(s.USER_ID, {"email": "new@example.com"}),
    "page of all users": lambda w: w.users.list_users(limit=50),
    "delete a user": lambda w: w.users.delete_user(s.USER_ID),
    "plan by id": lambda w: w.plans.get_plan(2),
    "all plans": lambda w: w.plans.list_plans(),
    "new plan": lambda w: w.plans.create_plan(_new(s.PLAN)),
    "change a plan": lambda w: w.plans.update_plan(2, {"name": "Teacher"}),
    "change a plan, audited": lambda w: w.plans.update_plan(2, {"name": "Tutor"}, audit=_NOTE),
    "new problem (3 tags, 3 words)": lambda w: w.problems.create_problem(_new(s.PROBLEM, problem_number="9")),
    "problem by id": lambda w: w.problems.get_problem(s.PROBLEM_ID),
    "problem by platform and number": lambda w: w.problems.get_problem_by_number("Baekjoon", "11657"),
    "newest problems": lambda w: w.problems.list_problems(),
    "problems of a platform": lambda w: w.problems.list_problems(platform="baekjoon"),
    "problems of a difficulty": lambda w: w.problems.list_problems(difficulty="gold 4"),
    "problems of a tag": lambda w: w.problems.list_problems(tag="graphs"),
    "problems by a word of the title": lambda w: w.problems.list_problems(words="travel"),
    "a problem at random": lambda w: w.problems.random_problem(tag="many"),
    "drafts": lambda w: w.problems.list_problems(drafts=True),
    "change what no list shows": lambda w: w.problems.update_problem(s.PROBLEM_ID, {"memory_limit": 512}),
    "change a title, retire a problem": lambda w: w.problems.retire_problem(s.PROBLEM_ID),
    "page of test cases": lambda w: w.problems.get_test_cases(s.PROBLEM_ID, limit=20),
    "page of test cases without large texts": lambda w: w.problems.get_test_cases(s.PROBLEM_ID, whole=False),
    "sample cases": lambda w: w.problems.get_test_cases(s.PROBLEM_ID, samples_only=True),
    "how a sample of 1 MB begins": lambda w: w.problems.sample_beginnings(LARGE_SAMPLES),
    "one test case of 25": lambda w: w.problems.get_test_case(s.PROBLEM_ID, w.case_id),
    "one test case of 1 MB": lambda w: w.problems.get_test_case(s.PROBLEM_ID, w.large_case_id),
    "one text of 1 MB, streamed": lambda w: [
        *w.problems.open_test_case(s.PROBLEM_ID, w.large_case_id, "input")
    ],
    "10 more test cases": lambda w: w.problems.add_test_cases(s.PROBLEM_ID, _TEN),
    "replace 25 test cases": lambda w: w.problems.replace_test_cases(s.PROBLEM_ID, _ALL),
    "change a test case": lambda w: w.problems.update_test_case(s.PROBLEM_ID, w.case_id, {"output": "3"}),
    "delete a test case": lambda w: w.problems.delete_test_case(s.PROBLEM_ID, w.case_id),
    "new run, private": lambda w: w.runs.create_history(_new(s.RUN, is_code_public=False)),
    "new run, public": lambda w: w.runs.create_history(_new(s.RUN)),
    "run by id, with its code": lambda w: w.runs.get_history(s.RUN_ID),
    "change what no list shows (hints)": lambda w: w.runs.update_history(s.RUN_ID, {"hints": ["a"]}),
    "publish or hide a run": lambda w: w.runs.set_visibility(s.RUN_ID, False, owner_id=s.USER_ID),
    "delete a public run": lambda w: w.runs.delete_history(s.RUN_ID),
    "a user's runs": lambda w: w.runs.list_user_history(s.USER_ID, limit=50),
    "a user's runs of a problem": lambda w: w.runs.list_user_problem_history(s.USER_ID, s.PROBLEM_ID),
    "public timeline": lambda w: w.runs.list_public_timeline(limit=20),
    "rate limit check": lambda w: w.usage.check_rate_limit(s.USER_ID, "hint", 5),
    "admit a use": lambda w: w.usage.admit(s.USER_ID, "hint", 9, s.PROBLEM_ID, {"history_id": s.RUN_ID}),
    "give a use back": lambda w: w.receipt is not None and w.usage.refund(w.receipt),
    "admit a use, its log apart": lambda w: w.usage.admit(s.USER_ID, "execution", 1000, s.PROBLEM_ID),
    "uses of a day or a range": lambda w: w.usage.get_usage_of_day(s.USER_ID, "hint", local_day(utc_now())),
    "uses by day, three months": lambda w: w.usage.get_daily_counts(
        s.USER_ID, "hint", local_day(utc_now()) - timedelta(90), local_day(utc_now())
    ),
    "a user's runs that match": lambda w: w.runs.list_user_history(s.USER_ID, passed=False),
    "10 runs by id, with their code": lambda w: w.runs.get_histories(range(10)),
    "a user's progress": lambda w: w.progress.get_progress(s.USER_ID),
    "a user's progress, stored anew": lambda w: w.progress.get_progress(BUSY),
    "marks of solved problems": lambda w: w.progress.solved_ids(s.USER_ID),
    "close an account": lambda w: w.erasures.begin_erasure(GOING),
    "deletions under way": lambda w: w.erasures.list_erasures(),
    "what is left of a user": lambda w: w.erasures.remains(s.USER_ID),
    "sweep a user with one private run": lambda w: list(w.erasures.sweep(PRIVATE)),
    "sweep a user with one public run": lambda w: list(w.erasures.sweep(PUBLIC)),
    "finish a deletion": lambda w: w.erasures.finish_erasure(PUBLIC),
    "audit log": lambda w: w.audit.list_audit(),
    "audit entry by itself": lambda w: w.audit.record_audit(_NOTE, "something", {}),
    "new session": lambda w: w.sign_in("d"),
    "session by id": lambda w: w.sessions.get_session(s.USER_ID, w.session_id),
    "session and user of a page": lambda w: w.sessions.get_session_and_user(s.USER_ID, w.session_id),
    "a user's sessions": lambda w: w.sessions.list_sessions(s.USER_ID),
    "exchange a token, note a use": lambda w: w.sessions.rotate_session(
        s.USER_ID, w.session_id, "c", "d", LATER
    ),
    "an old token comes again": lambda w: w.replay(),
    "sign out": lambda w: w.sessions.delete_session(s.USER_ID, w.session_id),
    "sign out everywhere": lambda w: w.sessions.delete_all_sessions(s.USER_ID),
    "use a nonce up": lambda w: w.guards.consume_nonce("n", LATER),
    "count an attempt to sign in": lambda w: w.guards.count_attempt(
        "1.2.3.4", "sign_in", limit=20, seconds=600
    ),
}


def test_the_repositories_make_the_calls_that_are_counted(world: World) -> None:
    """One world serves all patterns, in the order of the document; those that destroy come last."""
    assert list(_MAKE) == [pattern.name for pattern in PATTERNS]
    destroys = (
        "delete a user",
        "change a title, retire a problem",
        "replace 25 test cases",
        "delete a public run",
    )
    last = [name for name in _MAKE if name in destroys]
    actor = typical_actor()
    wrong = {}
    for name in [name for name in _MAKE if name not in destroys] + last:
        counted = [(call.operation, _place(call.touches)) for call in BY_NAME[name].calls(actor)]
        if name == "replace 25 test cases":
            _MAKE[name](world)  # there were more of them, one of them large
        with meter.recording() as seen:
            _MAKE[name](world)
        made = [(call.operation, call.index) for call in seen.calls]
        if made != counted:
            wrong[name] = (made, counted)
    assert wrong == {}


def _place(touches: Any) -> str | None:
    """The index that a Query reads; None for the table."""
    read = {touch.place for touch in touches if touch.reads}
    return None if not read or read == {"table"} else str(read.pop())
