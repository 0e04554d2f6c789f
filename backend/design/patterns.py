"""Every access pattern: what it is for, which repository method serves it, its key expression and its calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from api.dynamodb import entities as e
from api.dynamodb.entities import Entity
from design import account_calls as a
from design import problem_calls as p
from design import progress_calls as g
from design import run_calls as r
from design import sign_in_calls as s
from design.actor import Actor
from design.units import Call

_USERS, _PLANS, _PROBLEMS = "UserRepository", "PlanRepository", "ProblemRepository"
_RUNS, _USAGE, _AUDIT = "SearchHistoryRepository", "UsageLogRepository", "AuditRepository"
_PROGRESS, _ERASURES = "ProgressRepository", "ErasureRepository"
_SESSIONS, _GUARDS = "SessionRepository", "SignInGuardRepository"


@dataclass(frozen=True)
class Pattern:
    """One access pattern; `methods` are the repository's methods that make exactly these calls."""

    name: str
    repository: str
    methods: tuple[str, ...]
    key: str
    calls: Callable[[Actor], list[Call]]
    shared: bool = False


def _one(entity: Entity) -> str:
    return f"PK = `{entity.pk}`, SK = `{entity.sk}`"


def _all(entity: Entity, sort: str = "") -> str:
    return f"PK = `{entity.pk}`{sort}"


def _index(number: int, entity: Entity) -> str:
    keys = entity.gsi1 if number == 1 else entity.gsi2
    return f"GSI{number}PK = `{keys[0]}`" if keys else ""


def _p(
    name: str,
    repository: str,
    methods: str,
    key: str,
    calls: Callable[[Actor], list[Call]],
    shared: bool = False,
) -> Pattern:
    return Pattern(name, repository, tuple(methods.split()), key, calls, shared)


_USER, _RUN, _PROBLEM = _one(e.USER), _one(e.RUN), _one(e.PROBLEM)
_CASES = _all(e.TEST_CASE, ", SK between `TCS#` or `TCH#` and its end")
_LISTS = "the run's own key and both of its list entries"
_LIST_ALL = "PK = `PRBLIST#ALL#{0..3}`, newest first"
_SESSION = _one(e.SESSION)
_SINCE = f"{_one(e.PROGRESS)}, then {_all(e.USER_RUN, ', SK after `{folded_to}`')}"
_LEFT = "PK = `USR#{user_id}#SES`, `...#RUN`, `...#USE#{action}`, `...#PRG`, and the runs' own keys"
_USE = _all(e.USAGE_LOG, ", SK between two `LOG#{time}`")

PATTERNS = (
    _p("sign up", _USERS, "create_user", "new user, its guards and list entry", a.create_user),
    _p("user by id", _USERS, "get_user", _USER, a.get_user),
    _p("user by e-mail (sign-in)", _USERS, "get_user_by_email", _index(1, e.USER), a.get_user_by_email),
    _p("user by e-mail, up to date", _USERS, "get_user_by_email", f"{_one(e.EMAIL_GUARD)}, then the user",
       a.get_user_by_email_consistent),
    _p("user by Google account (sign-in)", _USERS, "get_user_by_google_id",
       f"{_one(e.GOOGLE_GUARD)}, then the user", a.get_user_by_google_id),
    _p("20 users by id", _USERS, "get_users", _USER, a.get_users),
    _p("record a sign-in", _USERS, "record_login", _USER, a.record_login),
    _p("change a user", _USERS, "update_user deactivate_user", _USER, a.update_user),
    _p("change a user, audited", _USERS, "update_user", f"{_USER}; the audit entry", a.update_user_audited),
    _p("change an e-mail address", _USERS, "update_user", "the user, the old and the new guard",
       a.change_email),
    _p("page of all users", _USERS, "list_users", "PK = `USRLIST#{0..3}`, then the users", a.list_users),
    _p("delete a user", _USERS, "delete_user", "the user, its guards and list entry", a.delete_user),
    _p("plan by id", _PLANS, "get_plan", _one(e.PLAN), a.get_plan),
    _p("all plans", _PLANS, "list_plans", _all(e.PLAN), a.list_plans),
    _p("new plan", _PLANS, "create_plan", _one(e.PLAN), a.write_plan),
    _p("change a plan", _PLANS, "update_plan", _one(e.PLAN), a.update_plan),
    _p("change a plan, audited", _PLANS, "update_plan", f"{_one(e.PLAN)}; the audit entry", a.update_plan_audited),
    _p("new problem (3 tags, 3 words)", _PROBLEMS, "create_problem", "the problem, its guard and 9 list entries",
       p.create_problem),
    _p("problem by id", _PROBLEMS, "get_problem", _PROBLEM, p.get_problem, True),
    _p("problem by platform and number", _PROBLEMS, "get_problem_by_number",
       f"{_one(e.NUMBER_GUARD)}, then the problem", p.get_problem_by_number, True),
    _p("newest problems", _PROBLEMS, "list_problems", _LIST_ALL, p.list_all, True),
    _p("problems of a platform", _PROBLEMS, "list_problems", "PK = `PRBLIST#PLT:{platform}#{0..3}`",
       p.list_platform, True),
    _p("problems of a difficulty", _PROBLEMS, "list_problems", "PK = `PRBLIST#DIF:{difficulty}#{0..3}`",
       p.list_difficulty, True),
    _p("problems of a tag", _PROBLEMS, "list_problems", "PK = `PRBLIST#TAG:{tag}#0`", p.list_tag, True),
    _p("problems by a word of the title", _PROBLEMS, "list_problems",
       _all(e.WORD_ENTRY, ", SK begins with `{word}`"), p.search_words, True),
    _p("a problem at random", _PROBLEMS, "random_problem", "PK = `PRBLIST#ALL#{0..3}`, SK from a random moment on",
       p.random_problem),
    _p("drafts", _PROBLEMS, "list_problems", "PK = `PRBLIST#DRAFT#0`", p.list_drafts),
    _p("change what no list shows", _PROBLEMS, "update_problem", _PROBLEM, p.update_problem),
    _p("change a title, retire a problem", _PROBLEMS, "update_problem retire_problem",
       "the problem and its list entries", p.retitle_problem),
    _p("page of test cases", _PROBLEMS, "get_test_cases", _CASES, p.get_test_cases, True),
    _p("page of test cases without large texts", _PROBLEMS, "get_test_cases", _CASES,
       p.get_cases_without_large_texts, True),
    _p("sample cases", _PROBLEMS, "get_test_cases", _all(e.TEST_CASE, ", SK begins with `TCS#`"),
       p.get_sample_cases, True),
    _p("how a sample of 1 MB begins", _PROBLEMS, "sample_beginnings",
       f"{_all(e.TEST_CASE, ', SK begins with `TCS#`')}; then PK = `{e.TEXT_PART.pk}`", p.sample_beginnings),
    _p("one test case of 25", _PROBLEMS, "get_test_case", _CASES, p.get_test_case),
    _p("one test case of 1 MB", _PROBLEMS, "get_test_case", f"{_CASES}; then PK = `{e.TEXT_PART.pk}`",
       p.get_large_test_case),
    _p("one text of 1 MB, streamed", _PROBLEMS, "open_test_case", f"{_CASES}; then PK = `{e.TEXT_PART.pk}`",
       p.open_large_test_case),
    _p("10 more test cases", _PROBLEMS, "add_test_cases add_test_case", _all(e.TEST_CASE), p.add_test_cases),
    _p("replace 25 test cases", _PROBLEMS, "replace_test_cases", _all(e.TEST_CASE), p.replace_test_cases),
    _p("change a test case", _PROBLEMS, "update_test_case", _CASES, p.update_test_case),
    _p("delete a test case", _PROBLEMS, "delete_test_case", _CASES, p.delete_test_case),
    _p("new run, private", _RUNS, "create_history", _LISTS, r.create_private_run),
    _p("new run, public", _RUNS, "create_history", f"{_LISTS}, GSI2", r.create_public_run),
    _p("run by id, with its code", _RUNS, "get_history", _RUN, r.get_history),
    _p("change what no list shows (hints)", _RUNS, "update_history", _RUN, r.update_history),
    _p("publish or hide a run", _RUNS, "set_visibility", f"{_LISTS}, GSI2", r.set_visibility),
    _p("delete a public run", _RUNS, "delete_history", f"{_LISTS}, GSI2", r.delete_public_run),
    _p("a user's runs", _RUNS, "list_user_history", _all(e.USER_RUN, ", newest first"), r.list_user_history),
    _p("a user's runs of a problem", _RUNS, "list_user_problem_history",
       _all(e.USER_PROBLEM_RUN, ", newest first"), r.list_user_problem_history),
    _p("public timeline", _RUNS, "list_public_timeline", "GSI2PK = `PUB#{0..3}`, newest first",
       r.list_public_timeline, True),
    _p("rate limit check", _USAGE, "check_rate_limit get_usage_count", _one(e.USAGE_DAY), r.check_rate_limit),
    _p("admit a use", _USAGE, "admit log_usage known_denial", _one(e.USAGE_DAY), r.admit),
    _p("give a use back", _USAGE, "refund", _one(e.USAGE_DAY), r.admit),
    _p("admit a use, its log apart", _USAGE, "admit", "one `LOG#` and one `DAY#` item of the user's action",
       r.admit_apart),
    _p("uses of a day or a range", _USAGE, "get_usage_of_day get_usage_range", _USE, r.get_usage),
    _p("uses by day, three months", _USAGE, "get_daily_counts", _all(e.USAGE_DAY, ", SK between two `DAY#{date}`"),
       g.get_daily_counts),
    _p("a user's runs that match", _RUNS, "list_user_history list_user_problem_history",
       _all(e.USER_RUN, ", newest first"), g.list_filtered_history),
    _p("10 runs by id, with their code", _RUNS, "get_histories", _RUN, g.get_histories),
    _p("a user's progress", _PROGRESS, "get_progress", _SINCE, g.get_progress),
    _p("a user's progress, stored anew", _PROGRESS, "get_progress", f"{_SINCE}; the sums, the user", g.store_progress),
    _p("marks of solved problems", _PROGRESS, "solved_ids", _SINCE, g.solved_ids),
    _p("close an account", _ERASURES, "begin_erasure", f"the user, its guards; {_one(e.ERASURE)}", g.begin_erasure),
    _p("deletions under way", _ERASURES, "list_erasures", _all(e.ERASURE), g.list_erasures),
    _p("what is left of a user", _ERASURES, "remains", _LEFT, g.remains),
    _p("sweep a user with one private run", _ERASURES, "sweep", _LEFT, g.sweep_private_run),
    _p("sweep a user with one public run", _ERASURES, "sweep", f"{_LEFT}, GSI2", g.sweep_public_run),
    _p("finish a deletion", _ERASURES, "finish_erasure", f"the user, its list entry; {_one(e.ERASURE)}",
       g.finish_erasure),
    _p("audit log", _AUDIT, "list_audit", f"{_all(e.AUDIT_MONTH)}, then {_all(e.AUDIT, ', newest first')}",
       a.list_audit),
    _p("audit entry by itself", _AUDIT, "record_audit", f"{_one(e.AUDIT)}; {_one(e.AUDIT_MONTH)}", a.record_audit),
    _p("new session", _SESSIONS, "create_session", _SESSION, s.create_session),
    _p("session by id", _SESSIONS, "get_session", _SESSION, s.get_session),
    _p("session and user of a page", _SESSIONS, "get_session_and_user", f"{_SESSION}, and the user",
       s.get_session_and_user),
    _p("a user's sessions", _SESSIONS, "list_sessions", _all(e.SESSION, ", newest first"), s.list_sessions),
    _p("exchange a token, note a use", _SESSIONS, "rotate_session touch_session", _SESSION, s.change_session),
    _p("an old token comes again", _SESSIONS, "rotate_session", _SESSION, s.replay),
    _p("sign out", _SESSIONS, "delete_session", _SESSION, s.delete_session),
    _p("sign out everywhere", _SESSIONS, "delete_all_sessions", _all(e.SESSION), s.delete_all_sessions),
    _p("use a nonce up", _GUARDS, "consume_nonce", _one(e.USED_NONCE), s.consume_nonce),
    _p("count an attempt to sign in", _GUARDS, "count_attempt", _one(e.ADDRESS_WINDOW), s.count_attempt),
)  # fmt: skip

BY_NAME = {pattern.name: pattern for pattern in PATTERNS}
