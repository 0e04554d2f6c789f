"""Every access pattern: what it is for, which repository method serves it, its key expression and a typical run."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from api.dynamodb.errors import TokenReplayed
from api.dynamodb.repositories import AuditNote, SessionRepository
from api.dynamodb.schema import entities as e
from api.dynamodb.schema import keys
from api.dynamodb.schema.entity import Entity
from api.dynamodb.schema.key_rules import PROBLEM_RULES
from api.dynamodb.schema.templates import ShardedList
from api.dynamodb.usage_limits.windows import limits_of, local_day, windows_of
from design import samples as s
from design.repositories import Repositories
from design.typical_table import (
    BUSY,
    CASE_ID,
    CLOSED,
    LARGE_CASE_ID,
    LARGE_CASES,
    LARGE_SAMPLES,
    LEAVING,
    LIST_LENGTH,
    NOW,
    PRIVATE,
    PUBLIC,
    SOLUTION,
    USE,
    user,
)

_USERS, _PLANS, _PROBLEMS = "UserRepository", "PlanRepository", "ProblemRepository"
_RUNS, _USAGE, _AUDIT = "SearchHistoryRepository", "UsageLogRepository", "AuditRepository"
_PROGRESS, _ERASURES = "ProgressRepository", "ErasureRepository"
_SESSIONS, _GUARDS, _HINTS = "SessionRepository", "SignInGuardRepository", "OpenedHintRepository"
_PRACTICE = "PracticeRepository"


@dataclass(frozen=True)
class Pattern:
    """One access pattern.

    methods: the methods of `repository` that make the calls of this pattern.
    key: the keys that it reads or writes, for the documents.
    run: makes the calls on the items of `typical_table`, at the moment `NOW`.
    shared: whether it reads what all users read, so that a cache can answer it.
    """

    name: str
    repository: str
    methods: tuple[str, ...]
    key: str
    run: Callable[[Repositories], object]
    shared: bool = False


def _one(entity: Entity) -> str:
    return f"PK = `{entity.pk}`, SK = `{entity.sk}`"


def _all(entity: Entity, sort: str = "") -> str:
    return f"PK = `{entity.pk}`{sort}"


def _index(number: int, entity: Entity) -> str:
    keys = entity.gsi1 if number == 1 else entity.gsi2
    if keys is None:
        return ""
    key, _, only = keys[0].partition("}, ")
    return f"GSI{number}PK = `{key}{'}' if only else ''}`"


def _list(entries: ShardedList) -> str:
    return f"PK = `{entries.partitions_text}`"


def _p(
    name: str,
    repository: str,
    methods: str,
    key: str,
    run: Callable[[Repositories], object],
    shared: bool = False,
) -> Pattern:
    return Pattern(name, repository, tuple(methods.split()), key, run, shared)


_RULES = PROBLEM_RULES.current
_USER, _RUN, _PROBLEM = _one(e.USER), _one(e.RUN), _one(e.PROBLEM)
_CHECKED = "; then PK = `PRB#{problem_id}`, SK = `META`"
_CASES = f"{_all(e.TEST_CASE, ', SK between `TCS#` or `TCH#` and its end')}{_CHECKED}"
_SAMPLES = f"{_all(e.TEST_CASE, ', SK begins with `TCS#`')}{_CHECKED}"
_LISTS = "the run's own key and both of its list entries"
_LIST_ALL = f"{_list(keys.ALL_PROBLEMS)}, newest first"
_SESSION = _one(e.SESSION)
_SINCE = f"{_one(e.PROGRESS)}, then {_all(e.USER_RUN, ', SK after `{folded_to}`')}"
_OF_USER = "PK = `USR#{user_id}#SES`, `...#RUN`, `...#USE#{action}`, `...#NTE`, `...#PRC`, `...#PRG`"
_LEFT = f"{_OF_USER}, and the runs' own keys"
_USE = _all(e.USAGE_LOG, ", SK between two `LOG#{time}`")

LATER = NOW + timedelta(days=30)
_NOTE = AuditNote(s.USER_ID, "user.update")
_CASE = {name: s.TEST_CASE[name] for name in ("input", "output")}

_PAGE_OF_RUNS: Any = [{**s.RUN, "history_id": s.RUN_ID + number} for number in range(20)]


def _new(record: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A record without its id, which is its first field."""
    return {**dict(list(record.items())[1:]), **changes}


def _replay(sessions: SessionRepository) -> None:
    with suppress(TokenReplayed):
        sessions.rotate_session(s.USER_ID, s.SESSION_ID, "old", "new", LATER)


PATTERNS = (
    _p("sign up", _USERS, "create_user", "new user, its guards and list entry",
       lambda w: w.users.create_user(_new(user(LIST_LENGTH)))),
    _p("user by id", _USERS, "get_user", _USER,
       lambda w: w.users.get_user(s.USER_ID)),
    _p("user by e-mail (sign-in)", _USERS, "get_user_by_email", _index(1, e.USER),
       lambda w: w.users.get_user_by_email(s.USER["email"])),
    _p("user by e-mail, up to date", _USERS, "get_user_by_email get_user_for_sign_in",
       f"{_one(e.EMAIL_GUARD)}, then the user",
       lambda w: w.users.get_user_by_email(s.USER["email"], consistent=True)),
    _p("user by Google account", _USERS, "get_user_by_google_id", f"{_one(e.GOOGLE_GUARD)}, then the user",
       lambda w: w.users.get_user_by_google_id(s.USER["google_id"])),
    _p("record a Google sign-in", _USERS, "record_google_login", f"{_one(e.GOOGLE_GUARD)}, then the user",
       lambda w: w.users.record_google_login(s.USER["google_id"])),
    _p("20 users by id", _USERS, "get_users", _USER,
       lambda w: w.users.get_users(range(s.USER_ID, s.USER_ID + 20))),
    _p("record a sign-in", _USERS, "record_login", _USER,
       lambda w: w.users.record_login(s.USER_ID)),
    _p("change a user", _USERS, "update_user deactivate_user", _USER,
       lambda w: w.users.update_user(s.USER_ID, {"name": "Alicia"})),
    _p("change a user, audited", _USERS, "update_user", f"{_USER}; the audit entry",
       lambda w: w.users.update_user(s.USER_ID, {"name": "A"}, audit=_NOTE)),
    _p("change an e-mail address", _USERS, "update_user", "the user, the old and the new guard",
       lambda w: w.users.update_user(s.USER_ID, {"email": "new@example.com"})),
    _p("check the key of an e-mail address", _USERS, "rewrite_email_key", f"{_USER}; another key: as for a change",
       lambda w: w.users.rewrite_email_key(s.USER_ID)),
    _p("page of all users", _USERS, "list_users", f"{_list(keys.USER_LIST)}, then the users",
       lambda w: w.users.list_users(limit=50)),
    _p("delete a user", _USERS, "delete_user", "the user, its guards and list entry",
       lambda w: w.users.delete_user(LEAVING)),
    _p("plan by id", _PLANS, "get_plan", _one(e.PLAN),
       lambda w: w.plans.get_plan(2)),
    _p("all plans", _PLANS, "list_plans", _all(e.PLAN),
       lambda w: w.plans.list_plans()),
    _p("new plan", _PLANS, "create_plan", _one(e.PLAN),
       lambda w: w.plans.create_plan(_new(s.PLAN))),
    _p("change a plan", _PLANS, "update_plan", _one(e.PLAN),
       lambda w: w.plans.update_plan(2, {"name": "Teacher"})),
    _p("change a plan, audited", _PLANS, "update_plan", f"{_one(e.PLAN)}; the audit entry",
       lambda w: w.plans.update_plan(2, {"name": "Tutor"}, audit=_NOTE)),
    _p("new problem (3 tags, 3 words)", _PROBLEMS, "create_problem", "the problem, its guard and 9 list entries",
       lambda w: w.problems.create_problem(_new(s.PROBLEM, problem_number="99999"))),
    _p("problem by id", _PROBLEMS, "get_problem", _PROBLEM,
       lambda w: w.problems.get_problem(s.PROBLEM_ID), True),
    _p("problem and user together (recording a run)", _PROBLEMS, "get_head_and_user get_head",
       "the problem and the user, or the problem alone",
       lambda w: w.problems.get_head_and_user(s.PROBLEM_ID, s.USER_ID)),
    _p("problem by platform and number", _PROBLEMS, "get_problem_by_number",
       f"{_one(e.NUMBER_GUARD)}, then the problem",
       lambda w: w.problems.get_problem_by_number("Baekjoon", "11657"), True),
    _p("newest problems", _PROBLEMS, "list_problems", _LIST_ALL,
       lambda w: w.problems.list_problems(), True),
    _p("problems of a platform", _PROBLEMS, "list_problems", _list(_RULES.platform_list("{platform}")),
       lambda w: w.problems.list_problems(platform="baekjoon"), True),
    _p("problems of a difficulty", _PROBLEMS, "list_problems", _list(_RULES.difficulty_list("{difficulty}")),
       lambda w: w.problems.list_problems(difficulty="gold 4"), True),
    _p("problems of a tag", _PROBLEMS, "list_problems", _list(_RULES.tag_list("{tag}")),
       lambda w: w.problems.list_problems(tag=s.TAGS[0]), True),
    _p("problems by a word of the title", _PROBLEMS, "list_problems", _all(e.WORD_ENTRY, ", SK begins with `{word}`"),
       lambda w: w.problems.list_problems(words="time"), True),
    _p("a problem at random", _PROBLEMS, "random_problem", f"{_list(keys.ALL_PROBLEMS)}, SK from a random moment on",
       lambda w: w.problems.random_problem(tag="graphs")),
    _p("changes of the catalogue", _PROBLEMS, "refresh_catalogue catalogue",
       _all(e.PROBLEM_CHANGE, ", SK after the last read"),
       lambda w: w.problems.refresh_catalogue()),
    _p("drafts", _PROBLEMS, "list_problems", _list(keys.DRAFT_PROBLEMS),
       lambda w: w.problems.list_problems(drafts=True)),
    _p("change what no list shows", _PROBLEMS, "update_problem", _PROBLEM,
       lambda w: w.problems.update_problem(s.PROBLEM_ID, {"memory_limit": 512})),
    _p("change a title, retire a problem", _PROBLEMS, "update_problem retire_problem",
       "the problem and its list entries",
       lambda w: w.problems.retire_problem(s.PROBLEM_ID)),
    _p("page of test cases", _PROBLEMS, "get_test_cases", _CASES,
       lambda w: w.problems.get_test_cases(s.PROBLEM_ID, limit=20), True),
    _p("page of test cases without large texts", _PROBLEMS, "get_test_cases", _CASES,
       lambda w: w.problems.get_test_cases(s.PROBLEM_ID, large_texts=False), True),
    _p("all test cases of a problem", _PROBLEMS, "get_all_test_cases", _CASES,
       lambda w: w.problems.get_all_test_cases(s.PROBLEM_ID, most=500, large_texts=False), True),
    _p("sample cases", _PROBLEMS, "get_test_cases", _SAMPLES,
       lambda w: w.problems.get_test_cases(s.PROBLEM_ID, samples_only=True), True),
    _p("how a sample of 1 MB begins", _PROBLEMS, "sample_beginnings",
       f"{_SAMPLES}; then PK = `{e.TEXT_PART.pk}`",
       lambda w: w.problems.sample_beginnings(LARGE_SAMPLES)),
    _p("one test case of 25", _PROBLEMS, "get_test_case", _CASES,
       lambda w: w.problems.get_test_case(s.PROBLEM_ID, CASE_ID)),
    _p("one test case of 1 MB", _PROBLEMS, "get_test_case", f"{_CASES}; then PK = `{e.TEXT_PART.pk}`",
       lambda w: w.problems.get_test_case(LARGE_CASES, LARGE_CASE_ID)),
    _p("page of test cases for an archive", _PROBLEMS, "open_test_cases", _CASES,
       lambda w: w.problems.open_test_cases(s.PROBLEM_ID)),
    _p("one text of 1 MB, streamed", _PROBLEMS, "open_test_case", f"{_CASES}; then PK = `{e.TEXT_PART.pk}`",
       lambda w: list(w.problems.open_test_case(LARGE_CASES, LARGE_CASE_ID, "input"))),
    _p("write a statement", _PROBLEMS, "set_statements", _one(e.PROBLEM),
       lambda w: w.problems.set_statements(s.PROBLEM_ID, {"statement_en": "Add two numbers.", "title_en": "Sum"})),
    _p("50 problems by id", _PROBLEMS, "get_problems", _one(e.PROBLEM),
       lambda w: w.problems.get_problems(range(s.PROBLEM_ID, s.PROBLEM_ID + 50))),
    _p("order of 25 test cases, digests of the outputs that a run names", _PROBLEMS,
       "expected_outputs remembers_cases", _CASES,
       lambda w: w.problems.expected_outputs(s.PROBLEM_ID, [CASE_ID]), True),
    _p("10 more test cases", _PROBLEMS, "add_test_cases add_test_case", _all(e.TEST_CASE),
       lambda w: w.problems.add_test_cases(s.PROBLEM_ID, [_CASE] * 10)),
    _p("replace 25 test cases", _PROBLEMS, "replace_test_cases", _all(e.TEST_CASE),
       lambda w: w.problems.replace_test_cases(s.PROBLEM_ID, [_CASE] * 25)),
    _p("change a test case", _PROBLEMS, "update_test_case", _CASES,
       lambda w: w.problems.update_test_case(s.PROBLEM_ID, CASE_ID, {"output": "3"})),
    _p("move a test case to the next place", _PROBLEMS, "move_test_case", _CASES,
       lambda w: w.problems.move_test_case(s.PROBLEM_ID, CASE_ID, 2)),
    _p("delete a test case", _PROBLEMS, "delete_test_case", _CASES,
       lambda w: w.problems.delete_test_case(s.PROBLEM_ID, CASE_ID)),
    _p("new run, private", _RUNS, "create_history", _LISTS,
       lambda w: w.runs.create_history(_new(s.RUN, created_at=NOW, is_code_public=False))),
    _p("new run, public", _RUNS, "create_history", f"{_LISTS}, GSI2",
       lambda w: w.runs.create_history(_new(s.RUN, created_at=NOW))),
    _p("run by id, with its code", _RUNS, "get_history", _RUN,
       lambda w: w.runs.get_history(s.RUN_ID)),
    _p("change what no list shows (hints)", _RUNS, "update_history", _RUN,
       lambda w: w.runs.update_history(s.RUN_ID, {"hints": ["a"]})),
    _p("publish or hide a run", _RUNS, "set_visibility", f"{_LISTS}, GSI2",
       lambda w: w.runs.set_visibility(s.RUN_ID, False, owner_id=s.USER_ID)),
    _p("publish or hide a solution", _RUNS, "set_visibility", f"{_LISTS}, GSI1, GSI2",
       lambda w: w.runs.set_visibility(SOLUTION, False)),
    _p("delete a public run", _RUNS, "delete_history", f"{_LISTS}, GSI2",
       lambda w: w.runs.delete_history(s.RUN_ID)),
    _p("a user's runs", _RUNS, "list_user_history", _all(e.USER_RUN, ", newest first"),
       lambda w: w.runs.list_user_history(s.USER_ID, limit=50)),
    _p("a user's runs of a problem", _RUNS, "list_user_problem_history", _all(e.USER_PROBLEM_RUN, ", newest first"),
       lambda w: w.runs.list_user_problem_history(s.USER_ID, s.PROBLEM_ID)),
    _p("public timeline", _RUNS, "list_public_timeline", f"GSI2{_list(keys.TIMELINE)}, newest first",
       lambda w: w.runs.list_public_timeline(limit=20), True),
    _p("verdict bases of a timeline page", _RUNS, "add_verdict_bases", f"{_one(e.USER_RUN)} for each run",
       lambda w: w.runs.add_verdict_bases(_PAGE_OF_RUNS), True),
    _p("solutions of a problem", _RUNS, "list_solutions", f"{_index(1, e.RUN)}, newest first",
       lambda w: w.runs.list_solutions(LARGE_CASES), True),
    _p("rate limit check", _USAGE, "check_rate_limit get_usage_count", _one(e.USAGE_DAY),
       lambda w: w.usage.check_rate_limit(s.USER_ID, "hint", 5)),
    _p("admit a use", _USAGE, "admit log_usage known_denial", _one(e.USAGE_DAY),
       lambda w: w.usage.admit(s.USER_ID, "hint", 9, s.PROBLEM_ID, {"history_id": s.RUN_ID})),
    _p("give a use back", _USAGE, "refund", _one(e.USAGE_DAY),
       lambda w: w.usage.refund(USE.receipt(windows_of(limits_of(9), NOW)))),
    _p("admit a use, its log apart", _USAGE, "admit", "one `LOG#` and one `DAY#` item of the user's action",
       lambda w: w.usage.admit(s.USER_ID, "execution", 1000, s.PROBLEM_ID)),
    _p("uses of a day or a range", _USAGE, "get_usage_of_day get_usage_range", _USE,
       lambda w: w.usage.get_usage_of_day(s.USER_ID, "hint", local_day(NOW))),
    _p("uses by day, three months", _USAGE, "get_daily_counts", _all(e.USAGE_DAY, ", SK between two `DAY#{date}`"),
       lambda w: w.usage.get_daily_counts(s.USER_ID, "hint", local_day(NOW) - timedelta(90), local_day(NOW))),
    _p("a user's runs that match", _RUNS, "list_user_history list_user_problem_history",
       _all(e.USER_RUN, ", newest first"),
       lambda w: w.runs.list_user_history(s.USER_ID, passed=False)),
    _p("10 runs by id, with their code", _RUNS, "get_histories", _RUN,
       lambda w: w.runs.get_histories(range(s.RUN_ID, s.RUN_ID + 10))),
    _p("a user's progress", _PROGRESS, "get_progress", _SINCE,
       lambda w: w.progress.get_progress(s.USER_ID)),
    _p("a user's progress, stored anew", _PROGRESS, "get_progress", f"{_SINCE}; the sums, the user",
       lambda w: w.progress.get_progress(BUSY)),
    _p("marks of solved problems", _PROGRESS, "solved_problems", _SINCE,
       lambda w: w.progress.solved_problems(s.USER_ID)),
    _p("bookmarks, reviews and time zone", _PRACTICE, "get_practice", _one(e.PRACTICE),
       lambda w: w.practice.get_practice(s.USER_ID)),
    _p("bookmarks and the note on a problem", _PRACTICE, "get_practice_and_note",
       f"{_one(e.PRACTICE)}; {_one(e.PROBLEM_NOTE)}",
       lambda w: w.practice.get_practice_and_note(s.USER_ID, s.PROBLEM_ID)),
    _p("a note on a problem", _PRACTICE, "get_note", _one(e.PROBLEM_NOTE),
       lambda w: w.practice.get_note(s.USER_ID, s.PROBLEM_ID)),
    _p("a page of notes", _PRACTICE, "list_notes", _all(e.PROBLEM_NOTE),
       lambda w: w.practice.list_notes(s.USER_ID)),
    _p("bookmark a problem, mark a review, set the time zone", _PRACTICE,
       "add_bookmark remove_bookmark mark_reviewed set_time_zone", f"{_one(e.PRACTICE)}, and the user",
       lambda w: w.practice.add_bookmark(s.USER_ID, s.PROBLEM_ID + 1)),
    _p("write a note", _PRACTICE, "put_note", f"{_one(e.PROBLEM_NOTE)}, and the user",
       lambda w: w.practice.put_note(s.USER_ID, s.PROBLEM_ID, "text")),
    _p("remove a note", _PRACTICE, "delete_note", _one(e.PROBLEM_NOTE),
       lambda w: w.practice.delete_note(s.USER_ID, s.PROBLEM_ID)),
    _p("hints of a problem that a user opened", _HINTS, "get_opened", _one(e.OPENED_HINTS),
       lambda w: w.hints.get_opened(s.USER_ID, s.PROBLEM_ID)),
    _p("open a hint", _HINTS, "open_step", _one(e.OPENED_HINTS),
       lambda w: w.hints.open_step(s.USER_ID, s.PROBLEM_ID, "outline", NOW)),
    _p("all hints that a user opened", _HINTS, "list_opened", _all(e.OPENED_HINTS),
       lambda w: w.hints.list_opened(s.USER_ID)),
    _p("close an account", _ERASURES, "begin_erasure", f"the user, its guards; {_one(e.ERASURE)}",
       lambda w: w.erasures.begin_erasure(s.USER_ID)),
    _p("deletions under way", _ERASURES, "list_erasures", _all(e.ERASURE),
       lambda w: w.erasures.list_erasures()),
    _p("what is left of a user", _ERASURES, "remains", _LEFT,
       lambda w: w.erasures.remains(BUSY)),
    _p("sweep a user with one private run", _ERASURES, "sweep", _LEFT,
       lambda w: list(w.erasures.sweep(PRIVATE))),
    _p("sweep a user with one public run", _ERASURES, "sweep", f"{_LEFT}, GSI2",
       lambda w: list(w.erasures.sweep(PUBLIC))),
    _p("finish a deletion", _ERASURES, "finish_erasure", f"the user, its list entry; {_one(e.ERASURE)}",
       lambda w: w.erasures.finish_erasure(CLOSED)),
    _p("collect what interrupted writes left", _ERASURES, "collect_text_parts", _all(e.PENDING_PARTS),
       lambda w: list(w.erasures.collect_text_parts())),
    _p("audit log", _AUDIT, "list_audit", f"{_all(e.AUDIT_MONTH)}, then {_all(e.AUDIT, ', newest first')}",
       lambda w: w.audit.list_audit()),
    _p("audit log, filtered", _AUDIT, "list_audit", _all(e.AUDIT, " of the chosen month, newest first"),
       lambda w: w.audit.list_audit(month="2026-11", action="user.update", limit=25)),
    _p("months of the audit log", _AUDIT, "list_months", _all(e.AUDIT_MONTH),
       lambda w: w.audit.list_months()),
    _p("audit entry by itself", _AUDIT, "record_audit", _one(e.AUDIT),
       lambda w: w.audit.record_audit(_NOTE, "something", {})),
    _p("new session", _SESSIONS, "create_session", _SESSION,
       lambda w: w.sessions.create_session(s.USER_ID, "api", "B" * 43, LATER, s.SESSION["device"])),
    _p("session by id", _SESSIONS, "get_session", _SESSION,
       lambda w: w.sessions.get_session(s.USER_ID, s.SESSION_ID)),
    _p("session and user of a page", _SESSIONS, "get_session_and_user", f"{_SESSION}, and the user",
       lambda w: w.sessions.get_session_and_user(s.USER_ID, s.SESSION_ID)),
    _p("a user's sessions", _SESSIONS, "list_sessions", _all(e.SESSION, ", newest first"),
       lambda w: w.sessions.list_sessions(s.USER_ID)),
    _p("exchange a token, note a use", _SESSIONS, "rotate_session touch_session", _SESSION,
       lambda w: w.sessions.rotate_session(s.USER_ID, s.SESSION_ID, s.SESSION["token_hash"], "B" * 43, LATER)),
    _p("an old token comes again", _SESSIONS, "rotate_session", _SESSION,
       lambda w: _replay(w.sessions)),
    _p("sign out", _SESSIONS, "delete_session", _SESSION,
       lambda w: w.sessions.delete_session(s.USER_ID, s.SESSION_ID)),
    _p("sign out everywhere", _SESSIONS, "delete_all_sessions", _all(e.SESSION),
       lambda w: w.sessions.delete_all_sessions(s.USER_ID)),
    _p("what a form's nonce was used for", _GUARDS, "nonce_use", _one(e.USED_NONCE),
       lambda w: w.guards.nonce_use(s.NONCE)),
    _p("use a nonce up", _GUARDS, "consume_nonce", _one(e.USED_NONCE),
       lambda w: w.guards.consume_nonce(s.NONCE, LATER)),
    _p("count a failed sign-in", _GUARDS, "count_attempt", _one(e.ADDRESS_WINDOW),
       lambda w: w.guards.count_attempt(s.ADDRESS, "sign_in", limit=20, seconds=600)),
)  # fmt: skip

BY_NAME = {pattern.name: pattern for pattern in PATTERNS}
