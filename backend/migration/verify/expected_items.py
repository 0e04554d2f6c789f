"""The items that the table should have for a source row, written from the design document.

Nothing of the migration's encoders and key builders is used here, so that an error in them is
not repeated; only the attribute names come from the declared schema. A record is an item in wire
form in which a text of more than 4 KB is replaced by its digest, however it is stored.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC

from api.dynamodb.schema.entities import GSI1PK, GSI1SK, GSI2PK, GSI2SK, KEY_RULES, PK, SHARDS, SK
from api.dynamodb.schema.key_rules import PROBLEM_RULES, USER_RULES
from config.environment import environment
from migration.mapping import Row
from migration.verify.absence_policy import AbsencePolicy
from migration.verify.email_form import email_form
from migration.verify.item_kinds import ATTRIBUTES, MAX_ID
from migration.verify.row_values import (
    Record,
    Unmovable,
    add_json,
    add_large_texts,
    add_numbers,
    add_texts,
    add_times,
    boolean,
    compared_digest,
    fold,
    fraction,
    key_part,
    micros,
    parse_time,
    require_values,
    time_and_id,
    whole,
)

# (kind, record) of every item.
ExpectedItems = list[tuple[str, Record]]

# The shards of lists whose number is not noted, and those of new entries.
_FIRST_SHARDS = 4
_SHARDS = 1
_ONE = {"N": "1"}
_META, _GUARD = {"S": "META"}, {"S": "GUARD"}
_WORDS = re.compile(r"[^\W_]+")

_PLAN, _USER, _PROBLEM, _ENTRY = (ATTRIBUTES[kind] for kind in ("plan", "user", "problem", "problem_entry"))
_CASE, _RUN, _LOG, _DAY = (ATTRIBUTES[kind] for kind in ("test_case", "run", "usage_log", "usage_day"))
_EMAIL_UID, _GOOGLE_UID, _LIST_UID = (
    ATTRIBUTES[kind]["user_id"] for kind in ("email_guard", "google_guard", "user_entry")
)
_NUMBER_PID = ATTRIBUTES["number_guard"]["problem_id"]
_SUMMARY = tuple(
    (_ENTRY[name], _PROBLEM[name])
    for name in ("problem_id", "platform", "problem_number", "title", "difficulty", "created_at")
)

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "plans": ("id", "name", "max_hints_per_day", "max_executions_per_day", "is_active", "created_at"),
    "users": (
        "id", "email", "name", "picture", "google_id", "subscription_plan_id", "is_active", "is_staff",
        "created_at", "updated_at", "last_login",
    ),
    "problems": (
        "id", "platform", "problem_id", "title", "url", "tags", "difficulty", "language", "solution_code",
        "constraints", "hints", "time_limit", "memory_limit", "is_completed", "is_deleted", "metadata",
        "created_at", "updated_at",
    ),
    "test_cases": ("id", "problem_id", "input", "output", "is_sample", "position"),
    "history": (
        "id", "user_id", "problem_id", "platform", "problem_number", "problem_title", "language", "code",
        "result_summary", "passed_count", "failed_count", "total_count", "is_code_public", "test_results",
        "hints", "created_at",
    ),
    "usage": ("id", "user_id", "action", "problem_id", "metadata", "created_at"),
}  # fmt: skip


def plan(row: Row, policy: AbsencePolicy) -> ExpectedItems:
    """A subscription plan: one item."""
    require_values(row, 0, 1, 2, 3, 4)
    plan_id, name, hints, executions, active, created = row
    record: Record = {
        PK: {"S": "PLAN"},
        SK: {"S": whole(str(plan_id)).zfill(16)},
        _PLAN["is_active"]: boolean(active),
    }
    add_numbers(record, _PLAN, plan_id=plan_id, max_hints_per_day=hints, max_executions_per_day=executions)
    add_texts(record, _PLAN, name=name)
    add_times(record, _PLAN, created_at=created)
    return [("plan", record)]


def user(row: Row, policy: AbsencePolicy) -> ExpectedItems:
    """A user, the guards of the e-mail and the Google account, and the entry in the list of users."""
    require_values(row, 0, 6, 7)
    user_id, email, name, picture, google, plan_id, active, staff, created, updated, login = row
    user_id = whole(str(user_id))
    pk, number = {"S": f"USR#{user_id}"}, {"N": user_id}
    record: Record = {PK: pk, SK: _META, _USER["version"]: _ONE}
    record[_USER["is_active"]], record[_USER["is_staff"]] = boolean(active), boolean(staff)
    add_numbers(record, _USER, user_id=user_id, subscription_plan_id=plan_id)
    add_texts(record, _USER, email=email, name=name, picture=picture, google_id=google)
    add_times(record, _USER, created_at=created, updated_at=updated, last_login=login)
    items: ExpectedItems = [("user", record)]
    address = email_form(email or "")
    if address:
        email_pk = {"S": f"EML#{address}"}
        record[GSI1PK], record[GSI1SK] = email_pk, pk
        items.append(("email_guard", {PK: email_pk, SK: _GUARD, _EMAIL_UID: number}))
    if google:
        items.append(("google_guard", {PK: {"S": f"GID#{google}"}, SK: _GUARD, _GOOGLE_UID: number}))
    shard = {"S": f"USRLIST#{int(user_id) % _derive(record, 'users', USER_RULES.current.version)}"}
    items.append(("user_entry", {PK: shard, SK: {"S": time_and_id(created, user_id)}, _LIST_UID: number}))
    return items


def _shards(name: str) -> int:
    """Over how many shards the moved entries of a list are spread."""
    configured = environment().list_shards.get(name)
    return _SHARDS if configured is None else configured.writers


def _derive(record: Record, name: str, rules: int) -> int:
    """Notes in a main item how its keys are derived, unless it is as at first, and returns the shards of its lists."""
    shards = _shards(name)
    if shards != _FIRST_SHARDS:
        record[SHARDS] = {"NS": [str(shards)]}
    if rules != 1:
        record[KEY_RULES] = {"N": str(rules)}
    return shards


def _tags(text: str | None) -> list[str]:
    """The distinct indexed tags of a JSON list, at most 16."""
    # An integer may have more digits than Python converts, and is no tag.
    tags = None if text is None else json.loads(text, parse_int=float)
    folded = [fold(tag) for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
    return [tag for tag in dict.fromkeys(folded) if tag][:16]


def problem(row: Row, policy: AbsencePolicy) -> ExpectedItems:
    """A problem, the guard of its number, and its entries in lists and under the words of its title."""
    require_values(row, 0, 1, 2, 3, 13, 14)
    (pid, platform, number, title, url, tags, difficulty, language, code, constraints, hints, seconds,
     memory, complete, deleted, metadata, created, updated) = row  # fmt: skip
    pid, platform, number, title = whole(str(pid)), str(platform), str(number), str(title)
    record: Record = {PK: {"S": f"PRB#{pid}"}, SK: _META, _PROBLEM["version"]: _ONE}
    record[_PROBLEM["is_completed"]], record[_PROBLEM["is_deleted"]] = boolean(complete), boolean(deleted)
    add_numbers(record, _PROBLEM, problem_id=pid, memory_limit=memory)
    if seconds is not None:
        record[_PROBLEM["time_limit"]] = {"N": fraction(seconds)}
    add_texts(
        record, _PROBLEM, platform=platform, problem_number=number, title=title, url=url,
        difficulty=difficulty, language=language,
    )  # fmt: skip
    add_large_texts(record, _PROBLEM, solution_code=code, constraints=constraints)
    add_json(record, _PROBLEM, tags=tags, hints=hints, metadata=metadata)
    add_times(record, _PROBLEM, created_at=created, updated_at=updated)
    shards = _derive(record, "problems", PROBLEM_RULES.current.version)
    indexed_tags = _tags(tags)
    number_pk = {"S": f"NUM#{key_part(platform)}#{key_part(number)}"}
    items: ExpectedItems = [
        ("problem", record),
        ("number_guard", {PK: number_pk, SK: _GUARD, _NUMBER_PID: {"N": pid}}),
    ]
    if not record[_PROBLEM["is_deleted"]]["BOOL"]:
        summary: Record = {entry: record[name] for entry, name in _SUMMARY if name in record}
        if indexed_tags:
            summary[_ENTRY["tags"]] = {"SS": sorted(indexed_tags)}
        items += _problem_entries(
            int(pid), shards, summary, time_and_id(created, pid), indexed_tags,
            (platform, difficulty, title) if record[_PROBLEM["is_completed"]]["BOOL"] else None,
        )  # fmt: skip
    return items


def _problem_entries(
    problem_id: int,
    shards: int,
    summary: Record,
    sk: str,
    tags: list[str],
    published: tuple[str, str | None, str] | None,
) -> ExpectedItems:
    """The entries of a problem that is not deleted; `published` has (platform, difficulty, title), None for a draft."""
    words: list[str] = []
    if published is None:
        lists = ["DRAFT#0"]
    else:
        platform, difficulty, title = published
        shard = problem_id % shards
        lists = [f"ALL#{shard}", f"PLT:{key_part(platform)}#{shard}"]
        if difficulty:
            lists.append(f"DIF:{key_part(difficulty)}#{shard}")
        lists += [f"TAG:{key_part(tag)}#0" for tag in tags]
        normalized = _WORDS.findall(unicodedata.normalize("NFKC", title).casefold())
        words = list(dict.fromkeys(term[:40] for term in normalized))[:16]
    items: ExpectedItems = [
        ("word_entry", {**summary, PK: {"S": f"PRBWORD#{term[:2]}"}, SK: {"S": f"{term}#{sk}"}})
        for term in words
    ]
    items += [("problem_entry", {**summary, PK: {"S": f"PRBLIST#{name}"}, SK: {"S": sk}}) for name in lists]
    return items


def test_case(row: Row, policy: AbsencePolicy) -> ExpectedItems:
    """A test case: one item in its problem's partition."""
    require_values(row, 0, 1, 2, 3, 4, 5)
    case_id, pid, input_text, output_text, sample, position = [str(value) for value in row]
    case_id, pid, is_sample = whole(case_id), whole(pid), boolean(sample)
    group = "TCS" if is_sample["BOOL"] else "TCH"
    record: Record = {
        PK: {"S": f"PRB#{pid}"},
        SK: {"S": f"{group}#{int(position) + 2_147_483_648:010}#{case_id.zfill(16)}"},
        _CASE["is_sample"]: is_sample,
    }
    add_numbers(record, _CASE, test_case_id=case_id, problem_id=pid, position=position)
    add_large_texts(record, _CASE, input=input_text, output=output_text)
    add_texts(record, _CASE, output_digest=compared_digest(output_text))
    return [("test_case", record)]


def run(row: Row, policy: AbsencePolicy) -> ExpectedItems:
    """A run of code, and its entries in its user's history."""
    (run_id, uid, pid, platform, number, title, language, code, summary, passed, failed, total, public,
     results, hints, created) = row  # fmt: skip
    when = None if created is None else parse_time(created)
    if when is None or code is None or run_id is None:
        raise Unmovable("created_at, code or id is missing")
    run_id, uid, pid = (None if number is None else whole(number) for number in (run_id, uid, pid))
    is_public = boolean(public)
    entry: Record = {_RUN["is_code_public"]: is_public, _RUN["created_at"]: {"N": str(micros(when))}}
    add_numbers(
        entry, _RUN, history_id=run_id, user_id=uid, problem_id=pid, passed_count=passed, failed_count=failed,
        total_count=total,
    )  # fmt: skip
    add_texts(entry, _RUN, platform=platform, problem_number=number, problem_title=title, language=language)
    sk = {"S": f"{when.isoformat(timespec='microseconds')}#{str(run_id).zfill(16)}"}
    items: ExpectedItems = []
    if uid is not None:
        items.append(("user_run", {**entry, PK: {"S": f"USR#{uid}#RUN"}, SK: sk}))
        if pid is not None:
            items.append(("user_problem_run", {**entry, PK: {"S": f"USR#{uid}#PRB#{pid}"}, SK: sk}))
    record = {**entry, PK: {"S": f"RUN#{run_id}"}, SK: _META, _RUN["version"]: _ONE}
    add_large_texts(record, _RUN, code=code, result_summary=summary)
    add_json(record, _RUN, test_results=results, hints=hints)
    if is_public["BOOL"]:
        record[GSI2PK], record[GSI2SK] = {"S": f"PUB#{int(str(run_id)) % _shards('timeline')}"}, sk
        if pid is not None and int(passed or 0) == int(total or 0) > 0:
            record[GSI1PK], record[GSI1SK] = {"S": f"SOL#{pid}"}, sk
    items.append(("run", record))
    return items


def usage_log(row: Row, policy: AbsencePolicy) -> ExpectedItems:
    """A usage log; no item when it may have expired."""
    log_id, uid, action, pid, metadata, created = row
    when = None if created is None else parse_time(created)
    if when is None or log_id is None or uid is None:
        raise Unmovable("created_at, id or user cannot be stored")
    us = micros(when)
    if policy.may_be_gone(us):
        return []
    if action not in ("hint", "execution"):
        raise Unmovable(f"action {action} cannot be stored")
    log_id, uid = whole(log_id), whole(uid)
    record: Record = {
        PK: {"S": f"USR#{uid}#USE#{action}"},
        SK: {"S": f"LOG#{when.isoformat(timespec='microseconds')}#{log_id.zfill(16)}"},
        _LOG["action"]: {"S": action},
        _LOG["created_at"]: {"N": str(us)},
    }
    ttl = policy.log_ttl(us)
    expires = None if ttl is None else str(ttl)
    add_numbers(record, _LOG, log_id=log_id, user_id=uid, problem_id=pid, expires_at=expires)
    add_json(record, _LOG, metadata=metadata)
    return [("usage_log", record)]


def local_day(row: Row, policy: AbsencePolicy) -> tuple[str, str] | None:
    """(action, local day) under which a row of usage_logs is counted; None if it cannot be counted."""
    user_id, action, created = row[1], row[2], row[5]
    if user_id is None or action not in ("hint", "execution") or created is None:
        return None
    if not 0 <= int(user_id) <= MAX_ID:
        return None
    try:
        when = parse_time(created)
        if when is None:
            return None
        return action, when.replace(tzinfo=UTC).astimezone(policy.time_zone).date().isoformat()
    except (Unmovable, OverflowError):
        return None


def usage_day(user_id: int, action: str, day: str, count: int, policy: AbsencePolicy) -> Record | None:
    """The counter item of a local day; None when it may have expired."""
    ttl = policy.day_ttl(day)
    if not ttl or ttl <= policy.now:
        return None
    return {
        PK: {"S": f"USR#{user_id}#USE#{action}"}, SK: {"S": f"DAY#{day}"},
        _DAY["count"]: {"N": str(count)}, _DAY["expires_at"]: {"N": str(ttl)},
    }  # fmt: skip


ITEM_BUILDERS: Mapping[str, Callable[[Row, AbsencePolicy], ExpectedItems]] = {
    "plans": plan, "users": user, "problems": problem,
    "test_cases": test_case, "history": run, "usage": usage_log,
}  # fmt: skip
