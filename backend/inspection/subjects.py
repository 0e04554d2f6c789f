"""The subjects that can be inspected: which items each has, and which of them belong together."""

from __future__ import annotations

from datetime import date

from api.dynamodb.codec.derivation import PROBLEM_DERIVATIONS
from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.key_forms import key_fields, kind_of
from api.dynamodb.codec.large_text import is_external
from api.dynamodb.errors import InvalidInput
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import TEST_CASE, USAGE_ACTIONS
from api.dynamodb.schema.indexes import GSI1
from api.dynamodb.schema.key_rules import PROBLEM_RULES
from api.dynamodb.schema.list_shards import FIRST_SHARDS
from api.dynamodb.table.argument_checks import check_id
from api.dynamodb.table.expressions import equals
from api.dynamodb.table.problem_aggregate import stored_problem_aggregate
from api.dynamodb.table.run_aggregate import progress_key, run_aggregate
from api.dynamodb.table.user_aggregate import user_aggregate
from api.dynamodb.table.write_actions import Key, key_of
from api.dynamodb.usage_limits.windows import day_start, next_day
from inspection import findings as f
from inspection.lookup import Lookup, Subject, holder, missing, with_kind


def user(lookup: Lookup, user_id: int) -> Subject:
    """A user with guards, list entry, sessions, progress, hints, bookmarks, notes, runs' entries, uses, deletion.

    About 13 round trips. Raises `InvalidInput` if there is no item of the user.
    """
    aggregate = user_aggregate(user_id)
    subject = Subject(f"user {user_id}")
    related_keys = [
        progress_key(user_id),
        (keys.practice_pk(user_id), keys.META),
        (keys.ERASURES, keys.erasure_sk(user_id)),
    ]
    stored = lookup.get_all([aggregate.key, *related_keys])
    subject.add(stored.values())
    main = stored.get(aggregate.key)
    lookup.partition(subject, keys.sessions_pk(user_id), "sessions")
    lookup.partition(subject, keys.problem_notes_pk(user_id), "notes on problems")
    lookup.partition(subject, keys.opened_hints_pk(user_id), "opened hints")
    for action in USAGE_ACTIONS:
        lookup.partition(subject, keys.usage_pk(user_id, action), f"uses of {action}")
    entries = lookup.partition(subject, keys.user_runs_pk(user_id), "runs")
    lookup.pending(subject, lambda note: note["user_id"] == user_id)
    if main is not None:
        lookup.derived(subject, [(aggregate, main)])
    elif not subject.items:
        raise missing(f"item of user {user_id}")
    else:
        subject.found(f.dangling(item, f"user {user_id}") for item in subject.items.values())
    _runs_of(lookup, subject, entries)
    return lookup.finish(subject)


def _runs_of(lookup: Lookup, subject: Subject, entries: list[WireItem]) -> None:
    """Compares a user's entries with the runs that they name. Runs are subjects of their own, and are not added."""
    by_run = {int(key_fields(entry)["history_id"]): entry for entry in entries}
    runs = lookup.get_all((keys.run_pk(run_id), keys.META) for run_id in by_run)
    mains = []
    for run_id, entry in by_run.items():
        main = runs.get((keys.run_pk(run_id), keys.META))
        if main is None:
            subject.found([f.dangling(entry, f"run {run_id}")])
        else:
            mains.append((run_aggregate(run_id, lookup.now()), main))
    lookup.derived(subject, mains)


def email(lookup: Lookup, address: str) -> Subject:
    """The user of an e-mail address, with its guard and entry in GSI1.

    Two round trips more than `user`. Raises `InvalidInput` if nothing has that address.
    """
    pks = keys.email_pks(address)
    guard = next((candidate for pk in pks if (candidate := lookup.get((pk, keys.GUARD)))), None)
    listed = [item for pk in pks for item in lookup.store.query(pk, entity="user", index=GSI1).items]
    if guard is None and not listed:
        raise missing("user with that e-mail address", "see how the address is written, and try user ID")
    user_id = holder(guard, "user_id") if guard is not None else int(key_fields(listed[0])["user_id"])
    try:
        subject = user(lookup, user_id)
    except InvalidInput:  # the guard's user is not there
        subject = Subject(f"user {user_id}")
    if guard is not None:
        subject.add([guard])
        main = subject.items.get((keys.user_pk(user_id), keys.META))
        if main is None:
            subject.found([f.dangling(guard, f"user {user_id}")])
        elif main.get(GSI1.pk) not in [{"S": pk} for pk in pks]:
            subject.found([f.dangling(guard, f"user {user_id} with this address")])
    subject.name = "user of the e-mail address"
    return subject


def run(lookup: Lookup, run_id: int) -> Subject:
    """A run with its list entries, text parts and notes about them; about 8 round trips.

    Raises `InvalidInput` if there is no item of the run.
    """
    aggregate = run_aggregate(run_id, lookup.now())
    subject = Subject(f"run {run_id}")
    main = lookup.get(aggregate.key)
    subject.add([main])
    _texts(lookup, subject, aggregate.owner, main)
    if main is not None:
        lookup.derived(subject, [(aggregate, main)])
    elif not subject.items:
        raise missing(f"item of run {run_id}")
    return lookup.finish(subject)


def _texts(lookup: Lookup, subject: Subject, owner: str, main: WireItem | None) -> None:
    parts = lookup.parts(subject, owner)
    pending = lookup.pending(subject, lambda note: note["owner"] == owner)
    subject.found(f.text_findings(owner, main, parts, pending))


def problem(lookup: Lookup, problem_id: int) -> Subject:
    """A problem with its guard, list and word entries, text parts and test cases; about 12 round trips.

    Raises `InvalidInput` if there is no item of the problem.
    """
    check_id("problem_id", problem_id)
    pk = keys.problem_pk(problem_id)
    subject = Subject(f"problem {problem_id}")
    main = lookup.get((pk, keys.META))
    subject.add([main])
    _texts(lookup, subject, pk, main)
    if main is not None:
        _problem_lists(lookup, subject, problem_id, main)
    cases = [item for item in lookup.partition(subject, pk, "test cases") if kind_of(item) == TEST_CASE.name]
    for case in cases:
        _case_texts(lookup, subject, case)
    if not subject.items:
        raise missing(f"item of problem {problem_id}")
    if main is None:
        subject.found(f.dangling(case, f"problem {problem_id}") for case in cases)
    return lookup.finish(subject)


def _problem_lists(lookup: Lookup, subject: Subject, problem_id: int, main: WireItem) -> None:
    """The lists in which a problem is, and those of its own values in which it should not be."""
    records = lookup.derived(subject, [(stored_problem_aggregate(problem_id), main)])
    if not records:
        return
    (record,) = records
    sk = keys.time_and_id(record["created_at"], problem_id)
    derivation = PROBLEM_DERIVATIONS.stored(main)
    rules = derivation.rules
    lists = [keys.ALL_PROBLEMS, keys.DRAFT_PROBLEMS, rules.platform_list(record["platform"])]
    if record["difficulty"]:
        lists.append(rules.difficulty_list(record["difficulty"]))
    lists += [rules.tag_list(tag) for tag in rules.tags(record["tags"])]
    most = max(*derivation.shards, FIRST_SHARDS)
    possible = [
        (pk, sk)
        for entries in lists
        for pk in (entries.resharded(most) if entries.setting else entries).partitions()
    ]
    possible += [
        (keys.word_pk(title_word), keys.word_sk(title_word, record["created_at"], problem_id))
        for title_word in rules.title_words(record["title"])
    ]
    stored = lookup.get_all(key for key in possible if key not in subject.items)
    subject.found(map(f.unexpected_entry, subject.add(stored.values())))


def problem_by_number(lookup: Lookup, platform: str, number: str) -> Subject:
    """A problem by platform and number; one round trip more than `problem`. Raises `InvalidInput`."""
    possible = dict.fromkeys(rules.number_pk(platform, number) for rules in PROBLEM_RULES.newest_first())
    guard = next((candidate for pk in possible if (candidate := lookup.get((pk, keys.GUARD)))), None)
    if guard is None:
        raise missing(f"problem {platform} {number}", "if you know its id, try problem ID")
    problem_id = holder(guard, "problem_id")
    try:
        subject = problem(lookup, problem_id)
    except InvalidInput:
        subject = Subject(f"problem {problem_id}")
    if key_of(guard) not in subject.items:
        subject.add([guard])
        subject.found([f.dangling(guard, f"problem {problem_id} with this number")])
    return subject


def case(lookup: Lookup, problem_id: int, case_id: int) -> Subject:
    """A test case with its text parts. Reads the keys of all cases of the problem: 1 RCU per started 4 KB of them.

    Raises `InvalidInput` if there is no item of the case.
    """
    check_id("problem_id", problem_id)
    check_id("test_case_id", case_id)
    subject = Subject(f"test case {case_id} of problem {problem_id}")
    is_case = equals(TEST_CASE.short("test_case_id"), {"N": str(case_id)})
    lookup.partition(subject, keys.problem_pk(problem_id), "test cases", where=is_case)
    subject.items = {key: item for key, item in subject.items.items() if kind_of(item) == TEST_CASE.name}
    mains = with_kind(subject, TEST_CASE.name)
    _texts(lookup, subject, keys.test_case_owner(case_id), mains[0] if mains else None)
    if not subject.items:
        raise missing(f"test case {case_id} of problem {problem_id}")
    return lookup.finish(subject)


def _case_texts(lookup: Lookup, subject: Subject, item: WireItem) -> None:
    """The text parts of a case, if it has any."""
    case_id = key_fields(item)["test_case_id"]
    if any(map(is_external, item.values())):
        owner = keys.test_case_owner(case_id)
        subject.found(f.text_findings(owner, item, lookup.parts(subject, owner), ()))


def usage(lookup: Lookup, user_id: int, day: date) -> Subject:
    """The uses of each action on a local day: counter, separate logs, their text parts. 4 round trips.

    Raises `InvalidInput` if there is no use.
    """
    check_id("user_id", user_id)
    subject = Subject(f"uses of user {user_id} on {day.isoformat()}")
    start, end = keys.time_text(day_start(day)), keys.time_text(day_start(next_day(day)))
    for action in USAGE_ACTIONS:
        pk = keys.usage_pk(user_id, action)
        counter: Key = (pk, keys.usage_day_sk(day))
        existing = lookup.get(counter)
        subject.add([existing])
        # A sort key that begins with `end` is after `end` itself.
        logs = lookup.partition(
            subject, pk, f"logs of {action}", sort=(f"{keys.LOG_PREFIX}{start}", f"{keys.LOG_PREFIX}{end}")
        )
        subject.found(f.usage_findings(existing, logs))
        for log in logs:
            _log_texts(lookup, subject, log)
    if not subject.items:
        raise missing(f"use of user {user_id} on {day.isoformat()}")
    return lookup.finish(subject)


def _log_texts(lookup: Lookup, subject: Subject, item: WireItem) -> None:
    if any(map(is_external, item.values())):
        owner = keys.usage_log_owner(int(key_fields(item)["log_id"]))
        subject.found(f.text_findings(owner, item, lookup.parts(subject, owner), ()))


def plan(lookup: Lookup, plan_id: int) -> Subject:
    """A subscription plan. One round trip. Raises `InvalidInput` if there is none."""
    subject = Subject(f"plan {plan_id}")
    if not subject.add([lookup.get((keys.PLANS, keys.plan_sk(check_id("plan_id", plan_id))))]):
        raise missing(f"plan {plan_id}")
    return lookup.finish(subject)
