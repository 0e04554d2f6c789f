"""What the table should hold for a source row: written from the design document, not from the loader.

Nothing of the loader's encoders and key builders is used here, so that an error in them is
not repeated. A record is an item in wire form in which every text of more than 4 KB stands
as its digest, however it is stored.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC

from migration.mapping import Row
from migration.verify.policy import Policy
from migration.verify.values import (
    Record,
    Unmovable,
    boolean,
    fold,
    fraction,
    in_key,
    large,
    micros,
    moment,
    need,
    numbers,
    place,
    text_value,
    texts,
    times,
)

Expected = list[tuple[str, Record]]

_ONE = {"N": "1"}
# What the service takes for an id.
_MAX_ID = 2**53 - 1
_WORDS = re.compile(r"[^\W_]+")

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


def plan(row: Row, policy: Policy) -> Expected:
    """A subscription plan: one item."""
    need(row, 0, 1, 2, 3, 4)
    plan_id, name, hints, executions, active, created = row
    record: Record = {"PK": {"S": "PLAN"}, "SK": {"S": str(plan_id).zfill(16)}, "act": boolean(active)}
    numbers(record, id=plan_id, mh=hints, mx=executions)
    texts(record, nm=name)
    times(record, crt=created)
    return [("plan", record)]


def user(row: Row, policy: Policy) -> Expected:
    """A user, the guards of its e-mail and Google account, its line in the list of users."""
    need(row, 0, 6, 7)
    user_id, email, name, picture, google, plan_id, active, staff, created, updated, login = row
    user_id = str(user_id)
    pk, meta, mine = {"S": f"USR#{user_id}"}, {"S": "META"}, {"N": user_id}
    record: Record = {"PK": pk, "SK": meta, "v": _ONE, "act": boolean(active), "stf": boolean(staff)}
    numbers(record, id=user_id, pln=plan_id)
    texts(record, em=email, nm=name, pic=picture, gid=google)
    times(record, crt=created, upd=updated, lgn=login)
    found: Expected = [("user", record)]
    guard = {"S": "GUARD"}
    address = fold(email or "")
    if address:
        held = {"S": f"EML#{address}"}
        record["GSI1PK"], record["GSI1SK"] = held, pk
        found.append(("email_guard", {"PK": held, "SK": guard, "uid": mine}))
    if google:
        found.append(("google_guard", {"PK": {"S": f"GID#{google}"}, "SK": guard, "uid": mine}))
    shard = {"S": f"USRLIST#{int(user_id) % 4}"}
    found.append(("user_entry", {"PK": shard, "SK": {"S": place(created, user_id)}, "uid": mine}))
    return found


def _tags(text: str | None) -> list[str]:
    """The distinct tags of a JSON list that are indexed, at most 16."""
    tags = None if text is None else json.loads(text)
    folded = [fold(tag) for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
    return [tag for tag in dict.fromkeys(folded) if tag][:16]


def problem(row: Row, policy: Policy) -> Expected:
    """A problem, the guard of its number, its lines in lists and under the words of its title."""
    need(row, 0, 1, 2, 3, 13, 14)
    (pid, platform, number, title, url, tags, difficulty, language, code, constraints, hints, seconds,
     memory, complete, deleted, metadata, created, updated) = row  # fmt: skip
    pid, platform, number, title = str(pid), str(platform), str(number), str(title)
    record: Record = {"PK": {"S": f"PRB#{pid}"}, "SK": {"S": "META"}, "v": _ONE}
    record["cmp"], record["del"] = boolean(complete), boolean(deleted)
    numbers(record, id=pid, ml=memory, tl=None if seconds is None else fraction(seconds))
    texts(record, plt=platform, num=number, tit=title, url=url, dif=difficulty, lng=language)
    large(record, tag=tags, cod=code, con=constraints, hnt=hints, met=metadata)
    times(record, crt=created, upd=updated)
    try:
        names = _tags(tags)
    except ValueError as error:
        raise Unmovable(f"invalid JSON: {error}") from None
    held = {"S": f"NUM#{in_key(platform)}#{in_key(number)}"}
    found: Expected = [
        ("problem", record),
        ("number_guard", {"PK": held, "SK": {"S": "GUARD"}, "pid": {"N": pid}}),
    ]
    if deleted == "1":
        return found
    line: Record = {
        name: record[name] for name in ("id", "plt", "num", "tit", "dif", "crt") if name in record
    }
    if names:
        line["tgs"] = {"SS": sorted(names)}
    where, shard = place(created, pid), int(pid) % 4
    if complete == "0":
        lists = ["DRAFT#0"]
    else:
        lists = [f"ALL#{shard}", f"PLT:{in_key(platform)}#{shard}"]
        if difficulty:
            lists.append(f"DIF:{in_key(difficulty)}#{shard}")
        lists += [f"TAG:{in_key(tag)}#0" for tag in names]
        words = _WORDS.findall(unicodedata.normalize("NFKC", title).casefold())
        for word in list(dict.fromkeys(word[:40] for word in words))[:16]:
            keys = {"PK": {"S": f"PRBWORD#{word[:2]}"}, "SK": {"S": f"{word}#{where}"}}
            found.append(("word_entry", {**line, **keys}))
    for name in lists:
        found.append(("problem_entry", {**line, "PK": {"S": f"PRBLIST#{name}"}, "SK": {"S": where}}))
    return found


def test_case(row: Row, policy: Policy) -> Expected:
    """A test case: one item in its problem's partition."""
    need(row, 0, 1, 2, 3, 4, 5)
    case_id, pid, given, wanted, sample, position = [str(value) for value in row]
    group = "TCS" if sample == "1" else "TCH"
    return [(
        "test_case",
        {
            "PK": {"S": f"PRB#{pid}"},
            "SK": {"S": f"{group}#{int(position) + 2_147_483_648:010}#{case_id.zfill(16)}"},
            "id": {"N": case_id}, "pid": {"N": pid}, "smp": boolean(sample), "pos": {"N": position},
            "in": text_value(given), "out": text_value(wanted),
        },
    )]  # fmt: skip


def run(row: Row, policy: Policy) -> Expected:
    """A run of code, and its lines in its user's history."""
    (run_id, uid, pid, platform, number, title, language, code, summary, passed, failed, total, public,
     results, hints, created) = row  # fmt: skip
    when = None if created is None else moment(created)
    if when is None or code is None or run_id is None:
        raise Unmovable("created_at, code or id is missing")
    line: Record = {
        "id": {"N": run_id}, "plt": {"S": platform}, "num": {"S": number}, "tit": {"S": title},
        "lng": {"S": language}, "pas": {"N": passed}, "fal": {"N": failed}, "tot": {"N": total},
        "pub": boolean(public), "crt": {"N": str(micros(when))},
    }  # fmt: skip
    where = {"S": f"{when.isoformat(timespec='microseconds')}#{run_id.zfill(16)}"}
    found: Expected = []
    if pid is not None:
        line["pid"] = {"N": pid}
    if uid is not None:
        line["uid"] = {"N": uid}
        found.append(("user_run", {**line, "PK": {"S": f"USR#{uid}#RUN"}, "SK": where}))
        if pid is not None:
            found.append(("user_problem_run", {**line, "PK": {"S": f"USR#{uid}#PRB#{pid}"}, "SK": where}))
    line["PK"], line["SK"], line["v"], line["cod"] = (
        {"S": f"RUN#{run_id}"}, {"S": "META"}, _ONE, text_value(code),
    )  # fmt: skip
    large(line, res=summary, trs=results, hnt=hints)
    if public == "1":
        line["GSI2PK"], line["GSI2SK"] = {"S": f"PUB#{int(run_id) % 4}"}, where
    found.append(("run", line))
    return found


def usage_log(row: Row, policy: Policy) -> Expected:
    """A usage log; nothing when it may have expired."""
    log_id, uid, action, pid, metadata, created = row
    when = None if created is None else moment(created)
    if when is None or log_id is None or uid is None or action not in ("hint", "execution"):
        raise Unmovable("created_at, user or action cannot be stored")
    us = micros(when)
    if policy.may_be_gone(us):
        return []
    record: Record = {
        "PK": {"S": f"USR#{uid}#USE#{action}"},
        "SK": {"S": f"LOG#{when.isoformat(timespec='microseconds')}#{log_id.zfill(16)}"},
        "id": {"N": log_id}, "uid": {"N": uid}, "acn": {"S": action}, "crt": {"N": str(us)},
    }  # fmt: skip
    if pid is not None:
        record["pid"] = {"N": pid}
    if metadata is not None:
        record["met"] = text_value(metadata)
    ttl = policy.log_ttl(us)
    if ttl is not None:
        record["ttl"] = {"N": str(ttl)}
    return [("usage_log", record)]


def local_day(row: Row, policy: Policy) -> tuple[str, str] | None:
    """(action, local day) under which a row of usage_logs counts, None if it cannot count."""
    user_id, action, created = row[1], row[2], row[5]
    if user_id is None or action not in ("hint", "execution") or created is None:
        return None
    if not 0 <= int(user_id) <= _MAX_ID:
        return None
    try:
        when = moment(created)
        if when is None:
            return None
        return action, when.replace(tzinfo=UTC).astimezone(policy.time_zone).date().isoformat()
    except (Unmovable, OverflowError):
        return None


def usage_day(user_id: int, action: str, day: str, count: int, policy: Policy) -> Record | None:
    """The counter of a local day, None when it may have expired."""
    ttl = policy.day_ttl(day)
    if ttl <= policy.now:
        return None
    return {
        "PK": {"S": f"USR#{user_id}#USE#{action}"}, "SK": {"S": f"DAY#{day}"},
        "n": {"N": str(count)}, "ttl": {"N": str(ttl)},
    }  # fmt: skip


EXPECT: Mapping[str, Callable[[Row, Policy], Expected]] = {
    "plans": plan, "users": user, "problems": problem,
    "test_cases": test_case, "history": run, "usage": usage_log,
}  # fmt: skip
