"""The ladder of hints: what is told before asking, what is charged, and every refusal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.test import Client

from api.composition import repositories
from api.dynamodb.schema.records import Run
from tests.integration.api.conftest import ALICE, FREE
from tests.integration.api.factories import a_problem, a_run
from tests.integration.web.browsers import followed, is_sent_to_sign_in, text_of
from tests.support.engines import Engine
from tests.support.fault_proxy import Call, Fault, FaultProxy

STEPS = ("nudge", "approach", "outline", "solution")


@pytest.fixture
def run(cast: Any) -> Run:
    """A run of Alice's, of a problem with four steps."""
    a_problem()
    return a_run()


def address(run: Run) -> str:
    return f"/runs/{run['history_id']}/hints/"


def opened(run: Run) -> list[str]:
    stored: Mapping[str, Any] = repositories().opened_hints.get_opened(ALICE, 100, consistent=True)
    return [step for step in STEPS if stored[f"{step}_at"]]


def test_before_asking_it_tells_the_step_its_cost_what_is_left_and_the_reset(alice: Client, run: Run) -> None:
    text = text_of(alice.get(address(run)))
    assert "5 of 5 hints left today" in text
    assert "00:00</time> Asia/Seoul" in text
    assert "Open Nudge" in text
    assert "Uses 1 hint" in text
    assert [text.count(f'id="{step}"') for step in STEPS] == [1, 1, 1, 1]
    assert "nudge text" not in text


def test_steps_open_one_after_the_other(alice: Client, run: Run) -> None:
    for count, step in enumerate(STEPS, 1):
        answer = alice.post(address(run), {"step": step})
        assert answer["Location"] == f"{address(run)}#{step}"
        text = followed(alice, answer).content.decode()
        assert f"Hint opened. {5 - count} of 5 hint" in text
    assert opened(run) == list(STEPS)
    assert "outline one" in text
    assert '<span class="f">print</span>' in text
    assert "You've opened every hint." in text
    assert 'name="step"' not in text


def test_a_form_sent_twice_is_charged_once(alice: Client, run: Run) -> None:
    for _ in range(2):
        answer = alice.post(address(run), {"step": "nudge"})
    text = followed(alice, answer).content.decode()
    assert "This hint was already open." in text
    assert "4 of 5 hints left today" in text
    assert opened(run) == ["nudge"]


def test_used_up_hints_are_refused_with_the_reset(alice: Client, run: Run) -> None:
    repositories().plans.update_plan(FREE, {"max_hints_per_day": 1})
    repositories().users.update_user(ALICE, {"subscription_plan_id": FREE})
    followed(alice, alice.post(address(run), {"step": "nudge"}))
    before = text_of(alice.get(address(run)))
    assert "disabled" in before
    answer = alice.post(address(run), {"step": "approach"})
    text = text_of(answer, 429)
    assert "You've used your 1 hint for today." in text
    assert "00:00</time> Asia/Seoul" in text
    assert "nudge text" in text
    assert int(answer["Retry-After"]) > 0
    assert opened(run) == ["nudge"]


def test_a_plan_without_hints_says_so(alice: Client, run: Run) -> None:
    repositories().plans.update_plan(FREE, {"max_hints_per_day": 0})
    repositories().users.update_user(ALICE, {"subscription_plan_id": FREE})
    assert "Your plan doesn't include hints." in text_of(alice.get(address(run)))
    assert "Your plan doesn't include hints." in text_of(alice.post(address(run), {"step": "nudge"}), 429)


@pytest.mark.parametrize(("step", "status"), [("solution", 409), ("wings", 422)])
def test_a_step_that_is_not_the_next_is_refused_and_not_charged(
    alice: Client, run: Run, step: str, status: int
) -> None:
    text = text_of(alice.post(address(run), {"step": step}), status)
    assert 'role="alert"' in text
    assert "5 of 5 hints left today" in text
    assert opened(run) == []


def test_a_problem_without_hints_says_so(alice: Client, cast: Any) -> None:
    a_problem(hints=None, solution_code=None)
    there = address(a_run())
    assert "No hints available" in text_of(alice.get(there))
    text_of(alice.post(there, {"step": ""}), 409)


def test_what_was_opened_before_the_move_is_still_there(alice: Client, cast: Any) -> None:
    a_problem(hints=["first"], solution_code=None)
    run = a_run(hints=[{"level": 0, "text": "old nudge"}, {"level": 1, "text": "old approach <b>"}])
    text = text_of(alice.get(address(run)))
    assert "old nudge" in text
    assert "old approach &lt;b&gt;" in text


def test_an_outage_says_so_and_charges_nothing(
    alice: Client, run: Run, ministack: Engine, use_settings: Callable[..., None]
) -> None:
    def refuse_updates(call: Call) -> Fault | None:
        return Fault.THROTTLE if call.operation == "UpdateItem" else None

    with FaultProxy(ministack.endpoint_url, refuse_updates) as proxy:
        use_settings(LOCALSTACK_URL=proxy.url)
        answer = alice.post(address(run), {"step": "nudge"})
        assert "cannot be" in text_of(answer, 503)
        assert answer["Retry-After"]
        proxy.decide = lambda call: None
        assert "5 of 5 hints left today" in text_of(alice.get(address(run)))
        assert opened(run) == []


def test_nobody_else_has_a_ladder_on_it(bob: Client, charlie: Client, cast: Any) -> None:
    a_problem()
    for run in (a_run(), a_run(is_code_public=True)):
        for browser in (bob, charlie):
            assert browser.get(address(run)).status_code == 404
            assert browser.post(address(run), {"step": "nudge"}).status_code == 404
        assert is_sent_to_sign_in(Client().get(address(run)))
        assert is_sent_to_sign_in(Client().post(address(run), {"step": "nudge"}))
        assert opened(run) == []


def test_a_problem_that_is_gone_takes_its_hints_with_it(alice: Client, cast: Any) -> None:
    assert alice.get(address(a_run())).status_code == 404


PROBLEM = "/problems/100/hints/"


def test_the_problems_page_leads_to_its_hints_which_are_open_on_its_runs_too(alice: Client, run: Run) -> None:
    assert f'href="{PROBLEM}"' in text_of(alice.get("/problems/100/"))
    assert is_sent_to_sign_in(Client().get(PROBLEM))
    assert "Open Nudge" in text_of(alice.get(PROBLEM))
    answer = alice.post(PROBLEM, {"step": "nudge"})
    assert answer["Location"] == f"{PROBLEM}#nudge"
    assert "4 of 5 hints left today" in text_of(followed(alice, answer))
    page = text_of(alice.get(address(run)))
    assert "nudge text" in page
    assert "Open Approach" in page
    assert "1 of 4 open" in text_of(alice.get(f"/runs/{run['history_id']}/"))


def test_the_solution_alone_is_asked_for_again(alice: Client, cast: Any) -> None:
    a_problem(hints=None)
    assert "though I have seen no hint" in text_of(alice.get(PROBLEM))
    text = text_of(alice.post(PROBLEM, {"step": "solution"}), 409)
    assert "Confirm that you want to see it." in text
    answer = alice.post(PROBLEM, {"step": "solution", "confirmed": "1"})
    assert answer["Location"] == f"{PROBLEM}#solution"


def test_hints_have_formulas_and_their_lines_and_solutions_a_choice_of_languages(
    alice: Client, run: Run
) -> None:
    repositories().problems.set_statements(
        100, {"hints_en": ["Add $a$\nand b.", "x", "y"], "solutions": {"javascript": "console.log(3)"}}
    )
    for step in STEPS:
        alice.post(PROBLEM, {"step": step})
    page = text_of(alice.get(PROBLEM))
    assert "<mi>a</mi>" in page
    assert "<br>" in page
    assert 'href="?code=javascript#solution"' in page
    assert "console" not in page
    assert "console" in text_of(alice.get(f"{PROBLEM}?code=javascript"))
    assert "console" not in text_of(alice.get(f"{PROBLEM}?code=none"))
