"""The repositories beside dictionaries: state machines, for short runs on each change and long ones under torture."""

from __future__ import annotations

import contextlib
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, ClassVar

import boto3
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from api.dynamodb.errors import Duplicate, NotFound, OutcomeUnknown, Throttled, Unavailable
from api.dynamodb.repositories import (
    ProblemRepository,
    SearchHistoryRepository,
    UsageLogRepository,
    UserRepository,
)
from api.dynamodb.table_schema import create_table, delete_table
from tests.integration.repositories.helpers import a_problem, a_run, noise, whole_list
from tests.support.engines import Engine

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
TROUBLE = (OutcomeUnknown, Unavailable, Throttled)


@lru_cache
def resource_at(endpoint_url: str) -> Any:
    """boto3's resource of an engine; making one is slow."""
    return boto3.resource("dynamodb", endpoint_url=endpoint_url)


class Machine(RuleBasedStateMachine):
    """A table of its own for every example, and a clock that moves with every step.

    `way_in` is an address at which calls may fail, in front of `engine`. The repository under test goes
    there; whatever it could not tell is read from the engine, and must be as before or as it was wanted.
    """

    engine: Engine
    way_in: str | None = None
    steps: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.moment = datetime(2036, 11, 21, tzinfo=UTC)
        client = self.engine.client()
        self.name = f"model_{secrets.token_hex(8)}"
        create_table(client, self.name)
        self.calm = resource_at(self.engine.endpoint_url).Table(self.name)
        self.table = self.calm if self.way_in is None else resource_at(self.way_in).Table(self.name)
        self.model: dict[int, dict[str, Any]] = {}
        self.steps["begun"] += 1
        self.failures = 0
        self.start()

    def start(self) -> None:
        """Makes the repository: `table` is for what is tested, `calm` for what is looked up."""

    def stored(self, number: int) -> dict[str, Any] | None:
        """The record as the engine has it."""
        raise AssertionError(f"{type(self).__name__} keeps nothing by number, and {number} was asked for")

    @contextlib.contextmanager
    def doing(
        self,
        number: int,
        refusal: type[Exception] | None = None,
        wanted: Callable[[dict[str, Any] | None], bool] = lambda found: True,
    ) -> Iterator[None]:
        """A change of one record: it is made, or refused as it should be; or it fails, if calls may fail.

        After a failure the record is as it was or as it was `wanted`, and the model follows.
        """
        before = self.model.get(number)
        try:
            yield
        except TROUBLE:
            if self.way_in is None:
                raise
            self.fail()
            found = self.stored(number)
            assert found == before or (refusal is None and wanted(found)), (before, found)
            self.model.pop(number, None)
            if found is not None:
                self.model[number] = found
        except Exception as error:
            if refusal is None or not isinstance(error, refusal):
                raise
        else:
            assert refusal is None, f"{refusal} was not raised"

    def fail(self) -> None:
        """A call failed that was allowed to."""
        self.failures += 1
        self.steps["failed"] += 1

    @invariant()
    def count(self) -> None:
        self.steps["checked"] += 1

    def now(self) -> datetime:
        """The moment of this step."""
        return self.moment

    def tick(self) -> None:
        """Moves the clock on."""
        self.moment += timedelta(seconds=1)

    def teardown(self) -> None:
        """Removes the table."""
        delete_table(self.engine.client(), self.name)


some_ids = st.integers(1, 6)
emails = st.sampled_from([None, "a@x.org", "A@X.org", "b@x.org", "c@x.org"])
accounts = st.sampled_from([None, "g1", "g2", "g3"])


def has(found: dict[str, Any] | None, wanted: dict[str, Any]) -> bool:
    """Whether a record that was to be made was made."""
    return found is not None and {**found, **wanted} == found


class Users(Machine):
    """Accounts: one e-mail and one Google account each."""

    def start(self) -> None:
        self.users = UserRepository(self.calm, now=self.now)
        self.tested = UserRepository(self.table, now=self.now)

    def stored(self, number: int) -> dict[str, Any] | None:
        found = self.users.get_user(number, consistent=True)
        return None if found is None else dict(found)

    def taken(self, user_id: int, email: str | None, account: str | None) -> bool:
        others = [user for number, user in self.model.items() if number != user_id]
        return any(
            (email and user["email"] and user["email"].lower() == email.lower())
            or (account and user["google_id"] == account)
            for user in others
        )

    @rule(user_id=some_ids, email=emails, account=accounts)
    def create(self, user_id: int, email: str | None, account: str | None) -> None:
        self.tick()
        refused = user_id in self.model or self.taken(0, email, account)
        data = {"user_id": user_id, "email": email, "google_id": account}
        with self.doing(user_id, Duplicate if refused else None, lambda found: has(found, data)):
            self.model[user_id] = dict(self.tested.create_user(data))

    @rule(user_id=some_ids, changes=st.fixed_dictionaries({}, optional={"email": emails, "google_id": accounts,
                                                                       "name": st.text(max_size=5)}))  # fmt: skip
    def update(self, user_id: int, changes: dict[str, Any]) -> None:
        if not changes:
            return
        self.tick()
        if user_id not in self.model:
            with self.doing(user_id, NotFound):
                self.tested.update_user(user_id, changes)
        elif self.taken(user_id, changes.get("email"), changes.get("google_id")):
            with self.doing(user_id, Duplicate):
                self.tested.update_user(user_id, changes)
        else:
            old = self.model[user_id]
            new: dict[str, Any] = {**old, **changes, "version": old["version"] + 1, "updated_at": self.moment}
            with self.doing(user_id, None, lambda found: found == new):
                assert dict(self.tested.update_user(user_id, changes)) == new
                self.model[user_id] = new

    @rule(user_id=some_ids)
    def delete(self, user_id: int) -> None:
        with self.doing(user_id, None if user_id in self.model else NotFound, lambda found: found is None):
            self.tested.delete_user(user_id)
            del self.model[user_id]

    @invariant()
    def everybody_is_found_in_every_way(self) -> None:
        found = whole_list(lambda cursor: self.users.list_users(limit=2, cursor=cursor))
        assert {user["user_id"]: user for user in found} == self.model
        assert [u["created_at"] for u in found] == sorted((u["created_at"] for u in found), reverse=True)  # type: ignore[type-var]
        for email in ("a@x.org", "b@x.org", "c@x.org"):
            holders = [u for u in self.model.values() if u["email"] and u["email"].lower() == email]
            assert self.users.get_user_by_email(email) == (holders[0] if holders else None)
            assert self.users.get_user_by_email(email, consistent=True) == (holders[0] if holders else None)
        for account in ("g1", "g2", "g3"):
            holders = [u for u in self.model.values() if u["google_id"] == account]
            assert self.users.get_user_by_google_id(account) == (holders[0] if holders else None)


titles = st.sampled_from(["Two Sum", "Sum of Sums", "정답 찾기", "A+B", "Graph"])
tag_lists = st.lists(st.sampled_from(["dp", "DP", "math", "graph"]), max_size=3)


class Problems(Machine):
    """Problems in lists, and their test cases in order."""

    def start(self) -> None:
        self.problems = ProblemRepository(self.calm, now=self.now)
        self.tested = ProblemRepository(self.table, now=self.now)
        self.cases: dict[int, list[str]] = {}

    def stored(self, number: int) -> dict[str, Any] | None:
        found = self.problems.get_problem(number, consistent=True)
        return None if found is None else dict(found)

    @rule(problem_id=some_ids, title=titles, tags=tag_lists, completed=st.booleans())
    def create(self, problem_id: int, title: str, tags: list[str], completed: bool) -> None:
        self.tick()
        data = a_problem(problem_id=problem_id, problem_number=str(problem_id), title=title, tags=tags,
                         is_completed=completed)  # fmt: skip
        refusal = Duplicate if problem_id in self.model else None
        with self.doing(problem_id, refusal, lambda found: has(found, data)):
            self.model[problem_id] = dict(self.tested.create_problem(data))
        if problem_id in self.model:
            self.cases.setdefault(problem_id, [])

    @precondition(lambda self: self.model)
    @rule(
        problem_id=some_ids,
        changes=st.fixed_dictionaries(
            {"is_deleted": st.booleans()},
            optional={"title": titles, "tags": tag_lists, "is_completed": st.booleans(),
                      "difficulty": st.sampled_from([None, "Gold"])},
        ),
    )  # fmt: skip
    def update(self, problem_id: int, changes: dict[str, Any]) -> None:
        self.tick()
        if problem_id not in self.model:
            with self.doing(problem_id, NotFound):
                self.tested.update_problem(problem_id, changes)
            return
        old = self.model[problem_id]
        new = {**old, **changes, "version": old["version"] + 1, "updated_at": self.moment}
        with self.doing(problem_id, None, lambda found: found == new):
            assert dict(self.tested.update_problem(problem_id, changes)) == new
            self.model[problem_id] = new

    @rule(problem_id=some_ids, texts=st.lists(st.sampled_from(["1", "2", noise(6_000)]), min_size=1, max_size=3),
          replace=st.booleans())  # fmt: skip
    def set_cases(self, problem_id: int, texts: list[str], replace: bool) -> None:
        cases = [{"input": text, "output": "", "is_sample": text == "1"} for text in texts]
        if problem_id not in self.model:
            with self.doing(problem_id, NotFound):
                self.tested.add_test_cases(problem_id, cases)
            return
        old = self.cases[problem_id]
        new = texts if replace else old + texts
        try:
            (self.tested.replace_test_cases if replace else self.tested.add_test_cases)(problem_id, cases)
        except TROUBLE:
            if self.way_in is None:
                raise
            self.fail()
            self.cases[problem_id] = self.texts_of(problem_id)
            assert self.cases[problem_id] in (old, new)
        else:
            self.cases[problem_id] = new
        self.follow_version(problem_id)

    def texts_of(self, problem_id: int) -> list[str]:
        cases = whole_list(lambda cursor: self.problems.get_test_cases(problem_id, limit=3, cursor=cursor))
        return [case["input"] for case in cases]

    def follow_version(self, problem_id: int) -> None:
        """A change of cases changes nothing of the problem but its version, time and generation."""
        stored, model = self.stored(problem_id), self.model[problem_id]
        assert stored is not None
        changed = {name for name, value in stored.items() if value != model[name]}
        assert changed <= {"version", "updated_at", "case_generation"}
        assert stored["version"] - model["version"] in (0, 1)
        self.model[problem_id] = stored

    def ids(self, wanted: Any) -> list[int]:
        shown = [p for p in self.model.values() if not p["is_deleted"] and wanted(p)]
        return [p["problem_id"] for p in sorted(shown, key=lambda p: p["created_at"], reverse=True)]

    def listed(self, **how: Any) -> list[int]:
        found = whole_list(lambda cursor: self.problems.list_problems(limit=2, cursor=cursor, **how))
        return [problem["problem_id"] for problem in found]

    @invariant()
    def lists_and_cases_are_as_the_model_says(self) -> None:
        def complete(problem: dict[str, Any]) -> bool:
            return bool(problem["is_completed"])

        assert self.listed() == self.ids(complete)
        assert self.listed(drafts=True) == self.ids(lambda p: not complete(p))
        assert self.listed(tag="Dp") == self.ids(lambda p: complete(p) and {"dp", "DP"} & set(p["tags"]))
        assert self.listed(difficulty="gold") == self.ids(lambda p: complete(p) and p["difficulty"] == "Gold")
        assert sorted(self.listed(words="su")) == sorted(
            self.ids(lambda p: complete(p) and "Sum" in p["title"])
        )
        for problem_id, texts in self.cases.items():
            assert self.texts_of(problem_id) == texts
            assert self.problems.get_problem(problem_id, consistent=True) == self.model[problem_id]


class Runs(Machine):
    """Runs of two people, public and private."""

    def start(self) -> None:
        self.history = SearchHistoryRepository(self.calm, now=self.now)
        self.tested = SearchHistoryRepository(self.table, now=self.now)

    def stored(self, number: int) -> dict[str, Any] | None:
        found = self.history.get_history(number, consistent=True)
        return None if found is None else dict(found)

    @rule(
        history_id=some_ids, user_id=st.sampled_from([None, 1, 3]), public=st.booleans(), large=st.booleans()
    )
    def create(self, history_id: int, user_id: int | None, public: bool, large: bool) -> None:
        self.tick()
        data = a_run(history_id=history_id, user_id=user_id, is_code_public=public,
                     code=noise(9_000) if large else "x")  # fmt: skip
        refusal = Duplicate if history_id in self.model else None
        with self.doing(history_id, refusal, lambda found: has(found, data)):
            self.model[history_id] = dict(self.tested.create_history(data))

    @rule(history_id=some_ids, public=st.booleans())
    def show(self, history_id: int, public: bool) -> None:
        if history_id not in self.model:
            with self.doing(history_id, NotFound):
                self.tested.set_visibility(history_id, public)
            return
        old = self.model[history_id]
        new = {**old, "is_code_public": public, "version": old["version"] + 1}
        with self.doing(history_id, None, lambda found: found == new):
            changed = self.tested.set_visibility(history_id, public)
            assert dict(changed) == {name: new[name] for name in changed}
            self.model[history_id] = new

    @rule(history_id=some_ids)
    def delete(self, history_id: int) -> None:
        refusal = None if history_id in self.model else NotFound
        with self.doing(history_id, refusal, lambda found: found is None):
            self.tested.delete_history(history_id)
            del self.model[history_id]

    @invariant()
    def lists_are_as_the_model_says(self) -> None:
        newest = sorted(self.model.values(), key=lambda run: run["created_at"], reverse=True)
        public = whole_list(lambda cursor: self.history.list_public_timeline(limit=2, cursor=cursor))
        assert [r["history_id"] for r in public] == [r["history_id"] for r in newest if r["is_code_public"]]
        for user_id in (1, 3):
            mine = whole_list(
                lambda cursor, owner=user_id: self.history.list_user_history(owner, limit=2, cursor=cursor)  # type: ignore[misc]
            )
            assert [r["history_id"] for r in mine] == [
                r["history_id"] for r in newest if r["user_id"] == user_id
            ]
        for history_id, run in self.model.items():
            assert self.history.get_history(history_id, consistent=True) == run
        parts = sum(len(run["code"]) > 1 for run in self.model.values())
        found = self.calm.scan(ConsistentRead=True)["Items"]
        left = sum(str(item["PK"]).startswith("TXT#") for item in found)
        assert left == parts or (self.failures and left > parts)  # who fails may leave parts behind


class Uses(Machine):
    """Limits over days, and logs that expire."""

    def start(self) -> None:
        self.usage = UsageLogRepository(self.calm, now=self.now)
        self.tested = UsageLogRepository(self.table, now=self.now)
        self.made: list[tuple[datetime, int]] = []

    @rule(hours=st.integers(1, 30))
    def wait(self, hours: int) -> None:
        self.moment += timedelta(hours=hours)

    @rule()
    def wait_until_something_expires(self) -> None:
        self.moment += timedelta(days=89)

    @rule(user_id=st.sampled_from([1, 3]))
    def use(self, user_id: int) -> None:
        self.tick()
        try:
            self.tested.log_usage(user_id, "hint")
        except TROUBLE:
            if self.way_in is None:
                raise
            self.fail()
            after = self.moment + timedelta(seconds=1)
            if not self.usage.get_usage_range(user_id, "hint", self.moment, after).items:
                return
        self.made.append((self.moment, user_id))

    @invariant()
    def counts_and_logs_agree(self) -> None:
        day = (self.moment + timedelta(hours=9)).date()  # Seoul
        for user_id in (1, 3):
            mine = [moment for moment, owner in self.made if owner == user_id]
            today = [moment for moment in mine if (moment + timedelta(hours=9)).date() == day]
            allowed, count, reset = self.usage.check_rate_limit(user_id, "hint", 2)
            assert (allowed, count) == (len(today) < 2, len(today))
            assert timedelta(0) < reset - self.moment <= timedelta(days=1)
            alive = [moment for moment in mine if moment + timedelta(days=90) > self.moment]
            logs = whole_list(
                lambda cursor, owner=user_id: self.usage.get_usage_range(  # type: ignore[misc]
                    owner, "hint", BEGINNING, self.moment + timedelta(seconds=1), limit=3, cursor=cursor
                )
            )
            assert [log["created_at"] for log in logs] == alive[::-1]


MACHINES: list[type[Machine]] = [Users, Problems, Runs, Uses]
