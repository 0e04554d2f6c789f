"""The items that the access patterns are recorded on: typical ones, as many of each as a typical request meets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import chain, product
from typing import Any

from api.dynamodb.codec import items
from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.items import ItemSet
from api.dynamodb.codec.sign_in_items import session_item
from api.dynamodb.repositories.progress_repository import WORTH_STORING
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import PK, SK, USAGE_ACTIONS
from api.dynamodb.table.write_actions import Key, key_of
from api.dynamodb.usage_limits.ledger import Use
from api.dynamodb.usage_limits.windows import local_day
from config.environment import environment
from design import samples as s

# A moment after the typical items' own: runs are included in totals after 5 minutes, refunds end after 10.
NOW = s.MOMENT + timedelta(minutes=8)
# Longer than what the first Queries of any page read.
LIST_LENGTH = 80
# On average half as many runs follow the stored totals as it takes to store them again.
RUNS_SINCE = WORTH_STORING // 2
RUNS_OF_A_PROBLEM = 5
SESSIONS = 3
NOTES = 5
PLANS = 4
AUDITED_MONTHS = 6
# Limits apply to days; in three months a typical user has uses on a third of them.
DAYS, DAYS_BETWEEN = 30, 3
CASES_OF_A_PROBLEM, SAMPLES_OF_A_PROBLEM = 25, 3

# Users by what is special about them.
BUSY, PRIVATE, PUBLIC, LEAVING, CLOSED = range(s.USER_ID + 100, s.USER_ID + 105)
# The newest of a problem's public solutions, a page and the next page's first, each by another user.
SOLUTION, SOLUTIONS = s.RUN_ID - 1_000, 21
# Problems with a large hidden case and a large sample.
LARGE_CASES, LARGE_SAMPLES = s.PROBLEM_ID + 1000, s.PROBLEM_ID + 2000
CASE_ID, LARGE_CASE_ID = s.CASE_ID + 10, s.CASE_ID + 1024
USE = Use(s.USER_ID, "hint", s.PROBLEM_ID, None, s.MOMENT, "q3Zk0aV3")


def typical_items() -> dict[Key, WireItem]:
    """The items by key."""
    plans = (items.plan_items({**s.PLAN, "plan_id": number}) for number in range(PLANS))
    sets = chain(plans, _users(), _problems(), _runs(), _usage(), _audit())
    return {key_of(item): item for item_set in sets for item in item_set.all()}


def user(number: int) -> dict[str, Any]:
    """The typical user for number 0; others have an id, an e-mail address and a Google account of their own."""
    if number == 0:
        return s.USER
    email, google_id = f"minji.k{number:02}@example.com", str(int(s.USER["google_id"]) + number)
    return {**s.USER, "user_id": s.USER_ID + number, "email": email, "google_id": google_id}


def _users() -> Iterator[ItemSet]:
    for user_id in (*range(s.USER_ID, s.USER_ID + LIST_LENGTH), BUSY, PRIVATE, PUBLIC, LEAVING):
        yield items.user_items(user(user_id - s.USER_ID))
    personal = dict.fromkeys(("email", "name", "picture", "google_id", "last_login"))
    yield items.user_items({**s.USER, **personal, "user_id": CLOSED, "is_active": False})
    yield ItemSet(items.erasure_item({**s.ERASURE, "user_id": CLOSED}))
    for user_id, number in product((s.USER_ID, BUSY), range(SESSIONS)):
        session = {**s.SESSION, "user_id": user_id, "session_id": s.SESSION_ID + number}
        yield ItemSet(session_item(session))
    for user_id in (s.USER_ID, PRIVATE, PUBLIC):
        yield ItemSet(items.practice_item(user_id, s.PRACTICE, 9))
        for number in range(NOTES):
            problem_id = s.PROBLEM_ID + number
            yield ItemSet(
                items.problem_note_item({**s.PROBLEM_NOTE, "user_id": user_id, "problem_id": problem_id})
            )


def _problems() -> Iterator[ItemSet]:
    for number in range(2 * LIST_LENGTH):
        record = {**s.PROBLEM, "problem_id": s.PROBLEM_ID + number, "problem_number": str(11657 + number)}
        yield items.problem_items({**record, "is_completed": number < LIST_LENGTH}, s.TAGS)
    for problem_id, large in ((s.PROBLEM_ID, None), (LARGE_CASES, 24), (LARGE_SAMPLES, 0)):
        for position in range(CASES_OF_A_PROBLEM):
            is_sample = position < SAMPLES_OF_A_PROBLEM
            record = s.LARGE_TEST_CASE if position == large else s.TEST_CASE
            changes = {"problem_id": problem_id, "is_sample": is_sample, "position": position}
            case_id = problem_id - s.PROBLEM_ID + s.CASE_ID + position
            yield items.test_case_items({**record, **changes, "test_case_id": case_id})


def _runs() -> Iterator[ItemSet]:
    for number in range(LIST_LENGTH):
        run_id = s.RUN_ID + RUNS_SINCE - number
        problem_id = s.PROBLEM_ID + max(0, number - RUNS_OF_A_PROBLEM + 1)
        yield items.run_items({**s.RUN, "history_id": run_id, "problem_id": problem_id})
    for number in range(WORTH_STORING):
        run = items.run_items({**s.RUN, "history_id": s.RUN_ID + 100 + number, "user_id": BUSY})
        yield ItemSet(run.entries[0])
    for user_id in (PRIVATE, PUBLIC):
        record = {**s.RUN, "history_id": s.RUN_ID + user_id - s.USER_ID, "user_id": user_id}
        yield items.run_items({**record, "is_code_public": user_id == PUBLIC})
    solved = {"problem_id": LARGE_CASES, "passed_count": 25, "failed_count": 0}
    for number in range(SOLUTIONS):
        record = {**s.RUN, **solved, "history_id": SOLUTION - number, "user_id": s.USER_ID + number}
        yield items.run_items({**record, "created_at": s.MOMENT - timedelta(days=1)})
    totals = {**s.PROGRESS["totals"], "zone": str(environment().time_zone)}
    for user_id in (s.USER_ID, BUSY, PRIVATE, PUBLIC):
        attributes = items.CODECS["progress"].encode({**s.PROGRESS, "user_id": user_id, "totals": totals})
        yield ItemSet(items.with_keys(keys.progress_pk(user_id), keys.META, attributes))


def _usage() -> Iterator[ItemSet]:
    """Days of uses that fit into their ledgers, and today's executions, which do not."""
    today = local_day(NOW)
    for user_id, action, number in product((s.USER_ID, BUSY), USAGE_ACTIONS, range(DAYS)):
        name = "usage_day_apart" if action == "execution" and number == 0 else "usage_day"
        day = s.samples().items[name]
        sk = keys.usage_day_sk(today - timedelta(days=number * DAYS_BETWEEN))
        yield ItemSet({**day, PK: {"S": keys.usage_pk(user_id, action)}, SK: {"S": sk}})


def _audit() -> Iterator[ItemSet]:
    for number in range(LIST_LENGTH):
        yield ItemSet(items.audit_item({**s.AUDIT, "audit_id": s.AUDIT["audit_id"] + number}))
    for number in range(AUDITED_MONTHS):
        moment = s.MOMENT - timedelta(days=30 * number)
        month = items.audit_month_item(keys.audit_month(moment))
        yield ItemSet(items.audit_item({**s.AUDIT, "created_at": moment}), entries=[month])
