"""Kinds of damage: each is done to a table's raw items, and says which findings it has to cause."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from datetime import timedelta

from api.dynamodb.clock import utc_now
from api.dynamodb.codec.codec import epoch_seconds
from api.dynamodb.codec.items import pending_parts_item
from api.dynamodb.schema import ids, keys
from tests.integration.repair.world import ANNA, BEN, CARLA, DAVE, Key, World

Expected = tuple[str, str, str]
Damage = Callable[[World], Expected]
DAMAGES: dict[str, Damage] = {}
# What no write can mend: a person decides.
NOT_MENDED: dict[str, Damage] = {}
LONG_AGO = {"N": str(epoch_seconds(utc_now() - timedelta(days=365 * 6)))}


def damage(seed: Callable[[World], tuple[str, Key]]) -> Callable[[World], tuple[str, Key]]:
    """Adds a kind of damage, which returns the finding's kind and key."""
    DAMAGES[seed.__name__] = lambda world: _expected(seed(world))
    return seed


def not_mended(seed: Callable[[World], tuple[str, Key]]) -> Callable[[World], tuple[str, Key]]:
    """Adds a kind of damage that is found and not mended."""
    NOT_MENDED[seed.__name__] = lambda world: _expected(seed(world))
    return seed


def _expected(finding: tuple[str, Key]) -> Expected:
    kind, key = finding
    return (kind, *key)


def _number(number: int) -> dict[str, str]:
    return {"N": str(number)}


# Users


@damage
def a_user_is_not_listed(world: World) -> tuple[str, Key]:
    (key,) = [key for key in world.keys("USRLIST#") if key[1].endswith(f"{ANNA:016}")]
    return "entry.missing", world.delete(key)


@damage
def a_user_is_listed_in_another_partition(world: World) -> tuple[str, Key]:
    (key,) = [key for key in world.keys("USRLIST#") if key[1].endswith(f"{BEN:016}")]
    return "entry.misplaced", world.copy(key, ("USRLIST#3", key[1]))


@damage
def a_user_is_listed_under_another_moment(world: World) -> tuple[str, Key]:
    (key,) = [key for key in world.keys("USRLIST#") if key[1].endswith(f"{CARLA:016}")]
    return "entry.misplaced", world.copy(key, (key[0], f"2001-01-01T00:00:00.000000#{CARLA:016}"))


@damage
def a_list_has_a_user_who_does_not_exist(world: World) -> tuple[str, Key]:
    (key,) = [key for key in world.keys("USRLIST#") if key[1].endswith(f"{ANNA:016}")] or [("", "")]
    other = f"USRLIST#{404 % 4}", f"2001-01-01T00:00:00.000000#{404:016}"
    world.put({"PK": {"S": other[0]}, "SK": {"S": other[1]}, "uid": _number(404)})
    assert key
    return "entry.dangling", other


@damage
def an_email_has_no_guard(world: World) -> tuple[str, Key]:
    return "guard.missing", world.delete((f"EML#person{ANNA}@example.org", "GUARD"))


@damage
def an_emails_guard_names_another_user(world: World) -> tuple[str, Key]:
    return "guard.foreign", world.change((f"EML#person{BEN}@example.org", "GUARD"), uid=_number(CARLA))


@damage
def an_emails_guard_names_a_user_who_does_not_exist(world: World) -> tuple[str, Key]:
    return "guard.foreign", world.change((f"EML#person{CARLA}@example.org", "GUARD"), uid=_number(404))


@damage
def an_emails_guard_names_nobody(world: World) -> tuple[str, Key]:
    return "guard.foreign", world.change((f"EML#person{DAVE}@example.org", "GUARD"), uid=None)


@damage
def a_guard_of_no_user_names_nobody(world: World) -> tuple[str, Key]:
    key = "EML#nobody@example.org", "GUARD"
    world.put({"PK": {"S": key[0]}, "SK": {"S": key[1]}})
    return "guard.dangling", key


@damage
def a_deleted_account_keeps_its_email(world: World) -> tuple[str, Key]:
    key = f"EML#person{ANNA}@example.org", "GUARD"
    return "guard.dangling", world.copy(
        (f"EML#person{BEN}@example.org", "GUARD"), ("EML#gone@example.org", key[1]), uid=_number(405)
    )


@damage
def a_user_keeps_an_old_email(world: World) -> tuple[str, Key]:
    source = f"EML#person{BEN}@example.org", "GUARD"
    return "guard.misplaced", world.copy(source, ("EML#old@example.org", "GUARD"), uid=_number(ANNA))


@damage
def a_google_account_has_no_guard(world: World) -> tuple[str, Key]:
    return "guard.missing", world.delete((f"GID#g{ANNA}", "GUARD"))


@damage
def a_google_accounts_guard_names_another(world: World) -> tuple[str, Key]:
    return "guard.foreign", world.change((f"GID#g{BEN}", "GUARD"), uid=_number(DAVE))


@damage
def a_google_account_stays_reserved(world: World) -> tuple[str, Key]:
    return "guard.dangling", world.copy((f"GID#g{CARLA}", "GUARD"), ("GID#gone", "GUARD"), uid=_number(406))


@damage
def a_guard_has_an_attribute_too_many(world: World) -> tuple[str, Key]:
    return "guard.different", world.change((f"GID#g{DAVE}", "GUARD"), extra={"S": "x"})


@damage
def a_user_is_not_in_the_index(world: World) -> tuple[str, Key]:
    return "index.missing", world.change((f"USR#{ANNA}", "META"), GSI1PK=None, GSI1SK=None)


@damage
def a_user_is_in_the_index_under_another_email(world: World) -> tuple[str, Key]:
    return "index.different", world.change((f"USR#{BEN}", "META"), GSI1PK={"S": "EML#other@example.org"})


@damage
def a_user_has_the_id_of_another(world: World) -> tuple[str, Key]:
    return "id.different", world.change((f"USR#{DAVE}", "META"), id=_number(CARLA))


# Problems


def _entries(world: World, prefix: str, problem_id: int) -> list[Key]:
    return [key for key in world.keys(prefix) if key[1].endswith(f"{problem_id:016}")]


@damage
def a_problem_is_not_in_the_list_of_all(world: World) -> tuple[str, Key]:
    return "entry.missing", world.delete(_entries(world, "PRBLIST#ALL", 100)[0])


@damage
def a_problem_is_not_under_a_tag(world: World) -> tuple[str, Key]:
    return "entry.missing", world.delete(_entries(world, "PRBLIST#TAG:graphs", 101)[0])


@damage
def a_problem_stays_under_a_tag_that_it_lost(world: World) -> tuple[str, Key]:
    key = _entries(world, "PRBLIST#TAG:math", 102)[0]
    return "entry.misplaced", world.copy(key, ("PRBLIST#TAG:dp#0", key[1]))


@damage
def a_list_shows_an_old_title(world: World) -> tuple[str, Key]:
    return "entry.different", world.change(_entries(world, "PRBLIST#PLT", 103)[0], tit={"S": "old"})


@damage
def an_entry_has_lost_a_required_attribute(world: World) -> tuple[str, Key]:
    return "entry.different", world.change(_entries(world, "PRBLIST#DIF", 103)[0], plt=None)


@damage
def a_title_is_not_found_by_a_word(world: World) -> tuple[str, Key]:
    return "entry.missing", world.delete(_entries(world, "PRBWORD#th", 104)[0])


@damage
def a_title_is_found_by_a_word_that_it_lost(world: World) -> tuple[str, Key]:
    key = _entries(world, "PRBWORD#th", 105)[0]
    return "entry.misplaced", world.copy(key, ("PRBWORD#ol", key[1].replace("things#", "old#")))


@damage
def a_draft_is_listed_among_all(world: World) -> tuple[str, Key]:
    key = _entries(world, "PRBLIST#DRAFT", 107)[0]
    return "entry.misplaced", world.copy(key, (f"PRBLIST#ALL#{107 % 4}", key[1]))


@damage
def a_list_has_a_problem_that_does_not_exist(world: World) -> tuple[str, Key]:
    key = _entries(world, "PRBLIST#ALL", 106)[0]
    other = f"PRBLIST#ALL#{404 % 4}", key[1].replace(f"{106:016}", f"{404:016}")
    return "entry.dangling", world.copy(key, other, id=_number(404))


@damage
def a_problems_number_is_not_reserved(world: World) -> tuple[str, Key]:
    return "guard.missing", world.delete(("NUM#baekjoon#100", "GUARD"))


@damage
def a_number_leads_to_another_problem(world: World) -> tuple[str, Key]:
    return "guard.foreign", world.change(("NUM#baekjoon#101", "GUARD"), pid=_number(102))


@damage
def an_old_number_stays_reserved(world: World) -> tuple[str, Key]:
    source = "NUM#baekjoon#103", "GUARD"
    return "guard.misplaced", world.copy(source, ("NUM#baekjoon#9999", "GUARD"))


# Runs


def _run_keys(world: World, number: int) -> tuple[Key, Key]:
    first, second = [
        key for key in world.keys("USR#") if key[1].endswith(f"#{number:016}") and "#USE#" not in key[0]
    ]
    return first, second  # of the problem's list, of the list of all


@damage
def a_run_is_not_in_its_users_list(world: World) -> tuple[str, Key]:
    return "entry.missing", world.delete(_run_keys(world, 500)[1])


@damage
def a_run_is_not_in_the_list_of_its_problem(world: World) -> tuple[str, Key]:
    return "entry.missing", world.delete(_run_keys(world, 501)[0])


@damage
def a_list_shows_a_run_as_public_that_is_hidden(world: World) -> tuple[str, Key]:
    return "entry.different", world.change(_run_keys(world, 502)[1], pub={"BOOL": True})


@damage
def a_list_has_a_run_that_does_not_exist(world: World) -> tuple[str, Key]:
    key = _run_keys(world, 503)[1]
    return "entry.dangling", world.copy(
        key, (key[0], key[1].replace(f"{503:016}", f"{404:016}")), id=_number(404)
    )


@damage
def a_run_is_in_another_users_list(world: World) -> tuple[str, Key]:
    key = _run_keys(world, 505)[1]
    return "entry.misplaced", world.copy(key, (f"USR#{DAVE}#RUN", key[1]))


@damage
def a_hidden_run_is_on_the_timeline(world: World) -> tuple[str, Key]:
    sk = _run_keys(world, 506)[0][1]
    return "index.superfluous", world.change(
        ("RUN#506", "META"), GSI2PK={"S": f"PUB#{506 % 4}"}, GSI2SK={"S": sk}
    )


@damage
def a_public_run_is_not_on_the_timeline(world: World) -> tuple[str, Key]:
    return "index.missing", world.change(("RUN#508", "META"), GSI2PK=None, GSI2SK=None)


@damage
def a_public_run_is_on_the_timeline_of_another_moment(world: World) -> tuple[str, Key]:
    return "index.different", world.change(
        ("RUN#512", "META"), GSI2SK={"S": f"2031-01-01T00:00:00.000000#{512:016}"}
    )


@damage
def a_public_solution_is_not_among_those_of_its_problem(world: World) -> tuple[str, Key]:
    return "index.different", world.change(("RUN#521", "META"), GSI1PK=None, GSI1SK=None)


# Large texts


@damage
def a_part_belongs_to_a_run_that_does_not_exist(world: World) -> tuple[str, Key]:
    key = world.keys("TXT#RUN#520")[0]
    return "text.orphaned", world.copy(key, ("TXT#RUN#404", key[1]))


@damage
def a_part_is_not_of_its_runs_text(world: World) -> tuple[str, Key]:
    key = world.keys("TXT#RUN#520")[0]
    return "text.orphaned", world.copy(key, (key[0], "cod#0123456789abcdef.77#0000"))


@damage
def a_part_belongs_to_a_test_case_that_does_not_exist(world: World) -> tuple[str, Key]:
    key = world.keys("TXT#TC#")[0]
    return "text.orphaned", world.copy(key, ("TXT#TC#404", key[1]))


@damage
def a_part_belongs_to_a_log_that_does_not_exist(world: World) -> tuple[str, Key]:
    key = world.keys("TXT#USE#")[0]
    return "text.orphaned", world.copy(key, ("TXT#USE#404", key[1]))


@damage
def a_part_never_expires_though_its_log_does(world: World) -> tuple[str, Key]:
    return "text.expiry", world.change(world.keys("TXT#USE#")[-1], ttl=None)


@damage
def an_interrupted_write_left_a_note(world: World) -> tuple[str, Key]:
    moment = utc_now() - timedelta(hours=3)
    item = pending_parts_item({
        "note_id": ids.new_id(), "user_id": None, "main_pk": "RUN#404", "main_sk": "META", "owner": "RUN#404",
        "part_sks": {"cod#0123456789abcdef.88#0000"}, "created_at": moment,
    })  # fmt: skip
    world.put(item)
    source = world.keys("TXT#RUN#521")[0]
    world.copy(source, ("TXT#RUN#404", "cod#0123456789abcdef.88#0000"))
    return "note.abandoned", (item["PK"]["S"], item["SK"]["S"])


# Usage, progress, sessions and the rest


@damage
def a_days_counter_is_too_low(world: World) -> tuple[str, Key]:
    return "counter.different", world.change(world.keys(f"USR#{ANNA}#USE#execution", "DAY#")[0], n=_number(1))


@damage
def a_days_counter_has_no_number(world: World) -> tuple[str, Key]:
    return "counter.different", world.change(world.keys(f"USR#{CARLA}#USE#execution", "DAY#")[0], n=None)


@damage
def a_day_with_logs_has_no_counter(world: World) -> tuple[str, Key]:
    return "counter.missing", world.delete(world.keys(f"USR#{BEN}#USE#execution", "DAY#")[0])


@damage
def a_day_never_expires(world: World) -> tuple[str, Key]:
    return "expiry.missing", world.change(world.keys(f"USR#{ANNA}#USE#hint", "DAY#")[0], ttl=None)


@damage
def a_log_expires_at_another_moment(world: World) -> tuple[str, Key]:
    logs = world.keys(f"USR#{ANNA}#USE#execution", "LOG#")
    # The parts of a text would differ from it.
    (key,) = [key for key in logs if "M" not in world.item(key)["met"]]
    return "expiry.different", world.change(key, ttl={"N": str(epoch_seconds(utc_now()) + 10**6)})


@damage
def a_used_nonce_never_expires(world: World) -> tuple[str, Key]:
    return "expiry.missing", world.change(("NON#a-nonce", "GUARD"), ttl=None)


@damage
def an_item_expired_long_ago(world: World) -> tuple[str, Key]:
    key = world.keys(f"USR#{BEN}#USE#hint", "DAY#")[0]
    return "expired", world.copy(key, (key[0], "DAY#2020-11-01"), ttl=LONG_AGO)


@damage
def stored_totals_are_wrong(world: World) -> tuple[str, Key]:
    key = f"USR#{CARLA}#PRG", "META"
    totals = json.loads(zlib.decompress(world.item(key)["sum"]["B"]))
    return "progress.different", world.change(key, sum={"S": json.dumps({**totals, "runs": 54})})


@damage
def stored_totals_cannot_be_read(world: World) -> tuple[str, Key]:
    key = f"USR#{DAVE}#PRG", "META"
    world.copy((f"USR#{CARLA}#PRG", "META"), key, uid=_number(DAVE), stp={"N": "1"})
    return "progress.unreadable", key


@damage
def stored_totals_belong_to_nobody(world: World) -> tuple[str, Key]:
    key = "USR#404#PRG", "META"
    world.put(
        {
            "PK": {"S": key[0]},
            "SK": {"S": key[1]},
            "uid": _number(404),
            "old": {"BOOL": True},
            "stp": {"S": "s"},
        }
    )
    return "progress.dangling", key


@damage
def opened_hints_belong_to_nobody(world: World) -> tuple[str, Key]:
    key = "USR#404#HNT", f"{1:016}"
    world.put({"PK": {"S": key[0]}, "SK": {"S": key[1]}, "uid": _number(404), "pid": _number(1)})
    return "hints.dangling", key


@damage
def bookmarks_belong_to_nobody(world: World) -> tuple[str, Key]:
    key = f"USR#{ANNA}#PRC", "META"
    return "practice.dangling", world.copy(key, ("USR#404#PRC", "META"), uid=_number(404))


@damage
def a_note_belongs_to_nobody(world: World) -> tuple[str, Key]:
    key = world.keys(f"USR#{ANNA}#NTE")[0]
    return "note.dangling", world.copy(key, ("USR#404#NTE", key[1]), uid=_number(404))


@damage
def a_notes_user_is_another(world: World) -> tuple[str, Key]:
    return "id.different", world.change(world.keys(f"USR#{ANNA}#NTE")[0], uid=_number(BEN))


@damage
def a_session_belongs_to_nobody(world: World) -> tuple[str, Key]:
    key = world.keys(f"USR#{ANNA}#SES")[0]
    return "session.dangling", world.copy(key, ("USR#404#SES", key[1]), uid=_number(404))


@damage
def a_session_never_ends(world: World) -> tuple[str, Key]:
    return "session.unreadable", world.change(world.keys(f"USR#{ANNA}#SES")[0], ttl=None)


@damage
def a_sessions_user_is_another(world: World) -> tuple[str, Key]:
    return "id.different", world.change(world.keys(f"USR#{BEN}#SES")[0], uid=_number(ANNA))


@damage
def a_deletion_is_of_nobody(world: World) -> tuple[str, Key]:
    key = "ERASURE", f"{404:016}"
    world.put({"PK": {"S": key[0]}, "SK": {"S": key[1]}, "uid": _number(404), "ask": _number(1)})
    return "erasure.dangling", key


@damage
def a_month_is_not_marked(world: World) -> tuple[str, Key]:
    return "month.missing", world.delete(world.keys("AUD", world.clock().isoformat()[:7])[0])


@damage
def a_test_case_says_that_it_is_hidden(world: World) -> tuple[str, Key]:
    return "id.different", world.change(world.keys("PRB#100", "TCS#")[0], smp={"BOOL": False})


@damage
def a_plan_has_another_id_than_its_key(world: World) -> tuple[str, Key]:
    return "id.different", world.change(world.keys("PLAN")[0], id=_number(2))


# Generations of test cases


def _left_cases(world: World, problem_id: int, generation: int | None) -> tuple[str, Key]:
    """The finding of a generation that is left."""
    return "case.abandoned", (f"PRB#{problem_id}", keys.test_case_prefix(True, generation))


@damage
def a_generation_with_the_texts_of_the_cases_in_force_was_left(world: World) -> tuple[str, Key]:
    generation = ids.new_id()
    for pk, sk in world.keys("PRB#104", "TC"):
        world.copy((pk, sk), (pk, f"{sk[:4]}G{generation:016}#{sk[4:]}"))
    return _left_cases(world, 104, generation)


@damage
def a_generation_with_texts_of_its_own_was_left(world: World) -> tuple[str, Key]:
    generation, case_id = ids.new_id(), ids.new_id()
    for pk, sk in world.keys("PRB#105", "TCH#"):
        for part in world.keys(f"TXT#TC#{int(sk.rpartition('#')[2])}"):
            world.copy(part, (f"TXT#TC#{case_id}", part[1]))
        world.copy((pk, sk), (pk, f"TCH#G{generation:016}#2147483648#{case_id:016}"), id=_number(case_id))
    return _left_cases(world, 105, generation)


@damage
def replaced_cases_were_left(world: World) -> tuple[str, Key]:
    before = world.items()
    world.problems.replace_test_cases(106, [{"input": "7", "output": "8"}])
    after = world.items()
    for key in before.keys() - after.keys():
        world.put(before[key])
    return _left_cases(world, 106, None)


# What a person decides


@not_mended
def two_users_have_one_email(world: World) -> tuple[str, Key]:
    world.change((f"USR#{DAVE}", "META"), em={"S": f"person{CARLA}@example.org"})
    return "guard.conflict", (f"EML#person{CARLA}@example.org", "GUARD")


@not_mended
def a_part_of_a_text_is_lost(world: World) -> tuple[str, Key]:
    world.delete(world.keys("TXT#RUN#521")[0])
    return "text.lost", ("RUN#521", "META")


@not_mended
def a_test_case_has_no_problem(world: World) -> tuple[str, Key]:
    key = world.keys("PRB#101", "TCS#")[0]
    return "case.dangling", world.copy(key, ("PRB#404", key[1]), pid=_number(404))


@not_mended
def an_item_is_of_no_kind(world: World) -> tuple[str, Key]:
    key = "XYZ#1", "META"
    world.put({"PK": {"S": key[0]}, "SK": {"S": key[1]}})
    return "unknown", key


@not_mended
def a_run_cannot_be_read(world: World) -> tuple[str, Key]:
    return "unreadable", world.change(("RUN#522", "META"), crt={"N": "1.5"})
