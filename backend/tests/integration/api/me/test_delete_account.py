"""DELETE /api/me/: the account is closed at once, and soon nothing names its user."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from api.composition import repositories
from api.dynamodb.client import DynamoDBClient
from api.dynamodb.clock import utc_now
from api.dynamodb.errors import AccessDenied, Throttled, Unavailable
from api.dynamodb.metering import meter
from api.dynamodb.repositories import ErasureRepository
from api.dynamodb.schema.records import User
from api.me import account_deletion
from api.me.deletion_worker import DeletionWorker, deletion_worker
from tests.integration.api.conftest import ALICE, BOB, CHARLIE, bearer
from tests.integration.api.factories import a_problem, a_run, fault_of, fields_of, get, post
from tests.integration.repositories.account_data import ALICE_ID, PEOPLE, all_items, traces

ME = "/api/me/"
SURE = {"confirm": "DELETE"}
PICTURE_OF_BOB = f"https://lh3.googleusercontent.com/a/{BOB}"


@pytest.fixture(autouse=True)
def _soon(site: Client, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The last sweep need not wait for requests on their way: there are none. No thread outlives its test."""
    monkeypatch.setattr(account_deletion, "QUIET_SECONDS", 0.01)
    yield
    assert deletion_worker.wait(30)


def delete(site: Client, document: Any = SURE, *, by: User | int | None = ALICE) -> Any:
    headers = {} if by is None else bearer(by)
    return site.delete(ME, document, content_type="application/json", headers=headers)


def user(user_id: int = ALICE) -> User | None:
    return repositories().users.get_user(user_id, consistent=True)


def runs(user_id: int) -> list[int]:
    return [run["history_id"] for run in repositories().history.list_user_history(user_id, consistent=True)]


def test_it_is_accepted_and_soon_nothing_names_me(site: Client) -> None:
    alice = repositories().users.create_user({"user_id": ALICE_ID, **PEOPLE[ALICE_ID]})
    a_problem(100)
    repositories().sessions.create_session(ALICE_ID, "web", "h", utc_now() + timedelta(1))
    mine = post(
        site, "/api/history/", {"problem_id": 100, "language": "go", "code": "x", "is_code_public": True},
        by=None, **bearer(alice),
    ).json()["history_id"]  # fmt: skip
    a_run(ALICE_ID)
    bobs = a_run(BOB, is_code_public=True)
    response = delete(site, by=alice)
    assert (response.status_code, response.content) == (202, b"")
    assert deletion_worker.wait(30)
    assert traces(all_items(DynamoDBClient.get_table())) == []
    assert user(ALICE_ID) is None
    public = get(site, "/api/history/public/", by=None).json()["items"]
    assert {run["history_id"]: run["author"] for run in public} == {
        mine: None, bobs["history_id"]: {"name": "Bob", "picture": PICTURE_OF_BOB, "profile": None},
    }  # fmt: skip
    assert runs(BOB) == [bobs["history_id"]]
    assert repositories().erasures.list_erasures() == []


def test_the_account_is_closed_before_the_answer(site: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    a_run()
    monkeypatch.setattr(account_deletion, "QUIET_SECONDS", 1.0)
    repositories().sessions.create_session(ALICE, "web", "h", utc_now() + timedelta(1))
    assert delete(site).status_code == 202
    closed = user()
    assert closed is not None
    assert (closed["is_active"], closed["email"], closed["name"]) == (False, None, None)
    assert runs(ALICE) == []
    assert repositories().sessions.list_sessions(ALICE).items == []
    assert [one["user_id"] for one in repositories().erasures.list_erasures()] == [ALICE]
    # A token that is out still speaks of me, and opens nothing any more.
    assert fault_of(get(site, ME)) == (401, "unauthenticated")
    assert fault_of(delete(site)) == (401, "unauthenticated")
    assert get(site, "/api/me/statistics/").json()["runs"] == 0


@pytest.mark.parametrize("confirm", ["DELETE", "alice@example.org", " Alice@Example.ORG "])
def test_my_address_or_the_word_confirms_it(site: Client, confirm: str) -> None:
    assert delete(site, {"confirm": confirm}).status_code == 202
    assert deletion_worker.wait(30)
    assert user() is None


@pytest.mark.parametrize(
    "document",
    [{"confirm": "delete"}, {"confirm": "bob@example.org"}, {"confirm": ""}, {"confirm": None}, {}],
)
def test_anything_else_deletes_nothing(site: Client, document: Any) -> None:
    response = delete(site, document)
    assert fault_of(response) == (422, "invalid")
    assert fields_of(response)[0].startswith("body")
    found = user()
    assert found is not None
    assert (found["is_active"], found["version"]) == (True, 1)


def test_without_an_address_the_word_confirms_it(site: Client) -> None:
    repositories().users.update_user(ALICE, {"email": None})
    assert fault_of(delete(site, {"confirm": ""})) == (422, "invalid")
    assert delete(site).status_code == 202


def test_charlie_deletes_charlie_and_nobody_else(site: Client) -> None:
    a_run(CHARLIE)
    alices = a_run()["history_id"]
    assert fault_of(delete(site, {"confirm": "alice@example.org"}, by=CHARLIE)) == (422, "invalid")
    assert delete(site, by=CHARLIE).status_code == 202
    assert deletion_worker.wait(30)
    assert user(CHARLIE) is None
    assert runs(ALICE) == [alices]
    assert user() is not None


def test_it_is_for_who_is_signed_in(site: Client) -> None:
    assert fault_of(delete(site, by=None)) == (401, "unauthenticated")


def test_what_a_request_has_no_time_for_is_done_behind_it(
    site: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(25):
        a_run()
    monkeypatch.setattr(account_deletion, "QUIET_SECONDS", 0.5)
    whole = account_deletion.close_account
    monkeypatch.setattr(
        "api.me.deletion_worker.close_account", lambda erasures, user_id: whole(erasures, user_id, seconds=-1)
    )
    assert delete(site).status_code == 202
    assert deletion_worker.wait(30)
    assert runs(ALICE) == []
    assert user() is None


def test_a_table_that_fails_on_the_way_is_asked_again(
    site: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    a_run()
    whole = ErasureRepository.sweep
    failures = [Unavailable("no answer"), Throttled("too fast")]

    def sweep(self: ErasureRepository, user_id: int) -> Any:
        if failures:
            raise failures.pop()
        return whole(self, user_id)

    monkeypatch.setattr(ErasureRepository, "sweep", sweep)
    assert delete(site).status_code == 202
    assert deletion_worker.wait(30)
    assert user() is None
    assert "goes on later: too fast" in caplog.text
    assert "tried again: no answer" in caplog.text


def test_nothing_is_done_when_the_account_cannot_be_closed(
    site: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_run()

    def fail(*_: object, **__: object) -> None:
        raise Unavailable("no answer")

    monkeypatch.setattr(ErasureRepository, "_commit", fail)
    assert fault_of(delete(site)) == (503, "unavailable")
    found = user()
    assert found is not None
    assert found["is_active"]
    assert len(runs(ALICE)) == 1


def test_one_that_fails_for_good_is_left_and_the_next_one_goes_on(
    site: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    whole = ErasureRepository.finish_erasure

    def finish(self: ErasureRepository, user_id: int) -> None:
        if user_id == ALICE:
            raise AccessDenied("not allowed")
        whole(self, user_id)

    monkeypatch.setattr(ErasureRepository, "finish_erasure", finish)
    assert delete(site).status_code == delete(site, by=CHARLIE).status_code == 202
    assert deletion_worker.wait(30)
    assert user(CHARLIE) is None
    assert "user 1 is not erased yet; the service tries again in a few minutes" in caplog.text
    assert [one["user_id"] for one in repositories().erasures.list_erasures()] == [ALICE]
    monkeypatch.setattr(ErasureRepository, "finish_erasure", whole)
    monkeypatch.setattr("api.me.deletion_worker.ABANDONED_AFTER", timedelta(0))
    deletion_worker.resume_abandoned()
    assert deletion_worker.wait(30)
    assert repositories().erasures.list_erasures() == []


def abandon(user_id: int, minutes: int = 11) -> None:
    """Begins a deletion that long ago, as a process that ended since."""
    ErasureRepository(now=lambda: utc_now() - timedelta(minutes=minutes)).begin_erasure(user_id)


def test_what_another_process_left_behind_is_finished_without_any_request(site: Client) -> None:
    a_run(BOB)
    abandon(BOB)
    abandon(CHARLIE, minutes=9)
    deletion_worker.resume_abandoned()
    assert deletion_worker.wait(30)
    assert user(BOB) is None
    assert runs(BOB) == []
    # That one may still be somebody's work.
    assert [one["user_id"] for one in repositories().erasures.list_erasures()] == [CHARLIE]


def test_looking_for_unfinished_deletions_is_one_query(site: Client) -> None:
    with meter.recording() as recording:
        deletion_worker.resume_abandoned()
    assert recording.operations == ["Query"]


def test_two_processes_may_finish_the_same_deletion(site: Client) -> None:
    for _ in range(12):
        a_run(BOB)
    abandon(BOB)
    workers = [DeletionWorker(), DeletionWorker()]
    for worker in workers:
        worker.resume_abandoned()
    for worker in workers:
        assert worker.wait(30)
    assert (user(BOB), runs(BOB)) == (None, [])
    assert repositories().erasures.list_erasures() == []


def test_a_table_that_cannot_be_looked_at_is_one_line_in_the_log(
    site: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(self: ErasureRepository) -> None:
        raise Unavailable("no answer")

    monkeypatch.setattr(ErasureRepository, "list_erasures", fail)
    deletion_worker.resume_abandoned()
    (line,) = [record.getMessage() for record in caplog.records if record.name == "algoitny.erasure"]
    assert line == "unfinished deletions could not be looked for: no answer"


def test_without_a_thread_for_it_the_account_is_closed_and_its_deletion_goes_on_later(
    site: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        assert delete(site).status_code == 202
        deletion_worker.watch()
    assert "deletions go on later: can't start new thread" in caplog.text
    assert "unfinished deletions are not looked for in this process" in caplog.text
    assert [one["user_id"] for one in repositories().erasures.list_erasures()] == [ALICE]
    monkeypatch.setattr("api.me.deletion_worker.ABANDONED_AFTER", timedelta(0))
    deletion_worker.resume_abandoned()
    assert deletion_worker.wait(30)
    assert user() is None
