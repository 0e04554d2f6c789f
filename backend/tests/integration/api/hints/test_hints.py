"""/api/history/{id}/hints/: the ladder, step by step; charged once, given back when it fails."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from api.composition import repositories
from api.dynamodb.clock import frozen, utc_now
from api.dynamodb.errors import Unavailable
from api.dynamodb.metering import meter
from api.dynamodb.repositories import OpenedHintRepository
from api.dynamodb.usage_limits.windows import local_day
from api.limits import limiter
from tests.integration.api.conftest import ALICE, BOB, CHARLIE, FREE, bearer
from tests.integration.api.factories import a_problem, a_run, fault_of, get, post
from tests.support.engines import Engine
from tests.support.fault_proxy import Call, Fault, FaultProxy, no_fault

PLACE = "/api/history/1/hints/"


@pytest.fixture(autouse=True)
def _run(cast: object) -> None:
    a_problem(100)
    a_run(history_id=1)


def used(user_id: int = ALICE) -> int:
    return repositories().usage.get_usage_count(user_id, "hint", consistent=True)


def test_nothing_is_open_at_first_and_looking_costs_nothing(site: Client) -> None:
    assert get(site, PLACE).json() == {
        "problem_id": 100, "history_id": 1, "steps": ["nudge", "approach", "outline", "solution"], "opened": [],
        "next_step": "nudge",
    }  # fmt: skip
    assert used() == 0


def test_step_by_step_it_opens_the_whole_ladder(site: Client) -> None:
    texts = []
    for step in ("nudge", "approach", "outline", "solution"):
        response = post(site, PLACE, {})
        assert response.status_code == 201
        document = response.json()
        assert (document["opened"]["step"], document["charged"]) == (step, True)
        texts.append(document["opened"]["text"])
    assert texts == [
        "nudge text", "approach text", "outline one\n\noutline two", "print(sum(map(int, input().split())))",
    ]  # fmt: skip
    assert response["RateLimit"].startswith('"hint";r=1;t=')
    assert fault_of(post(site, PLACE, {})) == (409, "conflict")
    assert used() == 4
    ladder = get(site, PLACE).json()
    assert (len(ladder["opened"]), ladder["next_step"]) == (4, None)


def test_each_use_is_logged_with_its_run(site: Client) -> None:
    post(site, PLACE, {})
    page = repositories().usage.get_usage_of_day(ALICE, "hint", local_day(utc_now()))
    assert [(log["problem_id"], log["metadata"]) for log in page] == [(100, {"history_id": 1})]


def test_a_step_that_is_open_is_free(site: Client) -> None:
    first = post(site, PLACE, {"step": "nudge"})
    again = post(site, PLACE, {"step": "nudge"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["opened"] == first.json()["opened"]
    assert again.json()["charged"] is False
    assert used() == 1


def test_steps_come_in_order(site: Client) -> None:
    assert fault_of(post(site, PLACE, {"step": "solution"})) == (409, "conflict")
    assert used() == 0


def test_two_requests_for_one_step_at_once_cost_one_use(site: Client) -> None:
    start = threading.Barrier(8, timeout=120)

    def ask(_: int) -> Any:
        start.wait()
        return post(Client(), PLACE, {"step": "nudge"})

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))
    assert {answer.status_code for answer in answers} <= {200, 201, 429}
    assert sum(answer.status_code == 201 for answer in answers) == 1
    assert used() == 1
    assert len(get(site, PLACE).json()["opened"]) == 1


def test_a_step_that_cannot_be_stored_is_given_back(site: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise Unavailable("the table went away")

    monkeypatch.setattr(OpenedHintRepository, "open_step", fail)
    assert fault_of(post(site, PLACE, {})) == (503, "unavailable")
    monkeypatch.undo()
    assert used() == 0
    assert get(site, PLACE).json()["opened"] == []


@pytest.mark.parametrize(("fault", "opened"), [(Fault.LOSE_REPLY, 1), (Fault.CUT, 0)])
def test_a_step_that_may_be_stored_stays_charged_unless_it_turns_out_that_it_was_not(
    site: Client, ministack: Engine, use_settings: Callable[..., None], fault: Fault, opened: int
) -> None:
    def lose_the_note(call: Call) -> Fault | None:
        is_note = call.operation == "UpdateItem" and call.request["Key"]["PK"]["S"].endswith("#HNT")
        return fault if is_note else None

    with FaultProxy(ministack.endpoint_url, lose_the_note) as proxy:
        use_settings(LOCALSTACK_URL=proxy.url)
        assert fault_of(post(site, PLACE, {})) == (503, "outcome-unknown")
        proxy.decide = no_fault
        assert len(get(site, PLACE).json()["opened"]) == opened
        limiter().admit(BOB, None, "execution")
        assert used() == 1  # a minute has not passed
        with frozen(utc_now() + timedelta(seconds=61)):
            limiter().admit(BOB, None, "execution")
        assert used() == opened
        if opened:
            assert post(site, PLACE, {"step": "nudge"}).json()["charged"] is False
            assert used() == 1
    use_settings(LOCALSTACK_URL=ministack.endpoint_url)


def test_a_step_stored_without_an_answer_stays_charged_once(
    site: Client, ministack: Engine, use_settings: Callable[..., None]
) -> None:
    attempts = []

    def decide(call: Call) -> Fault | None:
        if call.operation != "UpdateItem" or not call.request["Key"]["PK"]["S"].endswith("#HNT"):
            return None
        attempts.append(call)
        return Fault.LOSE_REPLY if len(attempts) == 1 else None

    with FaultProxy(ministack.endpoint_url, decide) as proxy:
        use_settings(LOCALSTACK_URL=proxy.url)
        assert post(site, PLACE, {}).json()["opened"]["step"] == "nudge"
    use_settings(LOCALSTACK_URL=ministack.endpoint_url)
    assert len(attempts) == 2
    assert used() == 1


def test_at_the_limit_it_says_when_the_quota_starts_anew(site: Client) -> None:
    repositories().plans.update_plan(FREE, {"max_hints_per_day": 1})
    repositories().users.update_user(ALICE, {"subscription_plan_id": FREE})
    assert post(site, PLACE, {}).status_code == 201
    response = post(site, PLACE, {})
    assert fault_of(response) == (429, "quota-exceeded")
    assert int(response["Retry-After"]) > 0
    assert response["RateLimit-Policy"] == '"hint";q=1;w=86400'
    assert post(site, PLACE, {"step": "nudge"}).status_code == 200


def test_hints_of_runs_from_before_are_kept_and_count_as_open(site: Client) -> None:
    old = [
        {"level": 0, "text": "an old nudge", "helpful": True},
        {"level": 1, "text": "an old one", "helpful": None},
    ]
    a_run(history_id=2, hints=old)
    opened = post(site, "/api/history/2/hints/", {}).json()
    assert [step["text"] for step in opened["ladder"]["opened"][:2]] == ["an old nudge", "an old one"]
    assert opened["opened"]["step"] == "outline"
    stored = repositories().history.get_history(2)
    assert stored is not None
    assert stored["hints"][:2] == old


@pytest.mark.parametrize("who", [BOB, CHARLIE])
@pytest.mark.parametrize("public", [False, True])
def test_the_hints_of_a_run_are_its_owners_alone(site: Client, who: int, public: bool) -> None:
    a_run(history_id=3, is_code_public=public)
    assert fault_of(get(site, "/api/history/3/hints/", by=who)) == (404, "not-found")
    assert fault_of(post(site, "/api/history/3/hints/", {}, by=who)) == (404, "not-found")
    assert used(who) == 0


def test_nobody_asks_without_signing_in(site: Client) -> None:
    assert fault_of(get(site, PLACE, by=None)) == (401, "unauthenticated")
    assert fault_of(post(site, PLACE, {}, by=None)) == (401, "unauthenticated")


def test_a_problem_without_hints_has_no_ladder(site: Client) -> None:
    a_problem(101, hints=None, solution_code=None)
    a_run(history_id=4, problem_id=101)
    assert get(site, "/api/history/4/hints/").json()["steps"] == []
    assert fault_of(post(site, "/api/history/4/hints/", {})) == (409, "conflict")


def test_a_run_whose_problem_is_gone_has_none(site: Client) -> None:
    a_run(history_id=5, problem_id=999)
    assert fault_of(post(site, "/api/history/5/hints/", {})) == (404, "not-found")


def test_there_is_no_other_step(site: Client) -> None:
    assert fault_of(post(site, PLACE, {"step": "cheat"})) == (422, "invalid")


PROBLEM = "/api/problems/100/hints/"


def test_a_hint_is_paid_for_once_wherever_it_is_asked(site: Client) -> None:
    a_run(history_id=2)
    first = post(site, PROBLEM, {})
    assert (first.status_code, first.json()["ladder"]["history_id"]) == (201, None)
    for place in (PLACE, "/api/history/2/hints/", PROBLEM):
        again = post(site, place, {"step": "nudge"})
        assert (again.status_code, again.json()["charged"]) == (200, False)
        assert again.json()["opened"] == first.json()["opened"]
    assert post(site, "/api/history/2/hints/", {}).json()["opened"]["step"] == "approach"
    assert [step["step"] for step in get(site, PROBLEM).json()["opened"]] == ["nudge", "approach"]
    assert get(site, PROBLEM, by=BOB).json()["opened"] == []
    assert used() == 2


def test_a_problems_ladder_costs_what_it_should(site: Client) -> None:
    get(site, PROBLEM)  # the plan is remembered from here on
    with meter.recording() as reading:
        get(site, PROBLEM)
    with meter.recording() as opening:
        post(site, PROBLEM, {})
    assert [call.operation for call in reading.calls] == ["GetItem"] * 3  # the user, the problem, the hints
    assert [call.operation for call in opening.calls].count("UpdateItem") == 2
    assert len(opening.calls) <= 6


def test_the_solution_is_not_the_first_step_without_asking_again(site: Client) -> None:
    a_problem(101, hints=None)
    place = "/api/problems/101/hints/"
    response = post(site, place, {})
    assert (fault_of(response), response.json()["code"]) == ((409, "conflict"), "solution_unconfirmed")
    assert used() == 0
    assert post(site, place, {"confirmed": True}).json()["opened"]["step"] == "solution"
    assert used() == 1


def test_texts_are_in_the_readers_language_and_the_solution_in_the_runs(site: Client) -> None:
    def in_language(language: str) -> list[dict[str, str]]:
        headers = {**bearer(ALICE), "Accept-Language": language}
        opened: list[dict[str, str]] = site.get(PROBLEM, headers=headers).json()["opened"]
        return opened

    texts = {"hints_ko": ["하나", "둘", "셋"], "solutions": {"javascript": "console.log(3)"}}
    repositories().problems.set_statements(100, texts)
    for _ in range(4):
        post(site, PROBLEM, {})
    korean = in_language("ko")
    assert [step["text"] for step in korean[:3]] == ["하나", "둘", "셋"]
    assert in_language("en")[0]["text"] == "nudge text"
    assert korean[3]["language"] == "python"
    a_run(history_id=2, language="javascript")
    solution = get(site, "/api/history/2/hints/").json()["opened"][3]
    assert (solution["language"], solution["text"]) == ("javascript", "console.log(3)")


def test_a_retired_problem_keeps_its_ladder_and_a_draft_has_none(site: Client) -> None:
    repositories().problems.retire_problem(100)
    assert post(site, PROBLEM, {}).status_code == 201
    a_problem(102, is_completed=False)
    assert fault_of(get(site, "/api/problems/102/hints/")) == (404, "not-found")
    assert fault_of(post(site, "/api/problems/7/hints/", {})) == (404, "not-found")
    assert fault_of(get(site, PROBLEM, by=None)) == (401, "unauthenticated")
