"""The table cannot be reached while somebody uses the site: a page says so, and nothing is half-written afterwards."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from api.dynamodb.repositories import SearchHistoryRepository, UsageLogRepository
from api.dynamodb.schema.keys import opened_hints_pk, usage_pk
from tests.e2e.browsing import Browsing
from tests.e2e.live import Live
from tests.e2e.pages import PAGES
from tests.e2e.population import CODE
from tests.e2e.test_journey import fill_in_a_run, press
from tests.support.fault_proxy import Call, Fault, no_fault

Fail = Callable[[Callable[[Call], Fault | None]], None]
_LOOKED_AT = ("problem", "problem-signed-in", "run", "timeline", "staff")


@pytest.fixture
def fail(live: Live) -> Iterator[Fail]:
    """Call it with what happens to calls from now on; the network is whole again when the test ends."""

    def begin(decide: Callable[[Call], Fault | None]) -> None:
        live.proxy.decide = decide

    yield begin
    live.proxy.decide = no_fault
    live.proxy.settle()


def expect_the_page_to_say_it(page: Page) -> None:
    """It is a page that says what is wrong, what was done, what to do next, and the request's number."""
    main = page.locator("main")
    expect(main).to_contain_text("503")
    expect(main).to_contain_text("The data cannot be reached at the moment")
    expect(main).to_contain_text("Try again in 2 seconds")
    expect(main.locator("code")).to_have_text(re.compile("^[0-9a-f]{16}$"))


@pytest.mark.parametrize("name", _LOOKED_AT)
def test_a_page_says_that_the_table_cannot_be_reached_and_leads_on_when_it_can(
    browsing: Browsing, fail: Fail, name: str
) -> None:
    browsing.expect(503)
    place = next(place for place in PAGES if place.title == name)
    page = browsing.tab(place.who)
    page.goto("/sign-in/")
    fail(lambda call: Fault.CUT)
    answer = page.goto(place.address(browsing.population))
    assert answer is not None
    assert answer.status == 503
    expect_the_page_to_say_it(page)
    fail(no_fault)
    page.get_by_role("link", name="Try again").click()
    expect(page.locator("main")).not_to_contain_text("The data cannot be reached")
    expect(page).to_have_url(f"{browsing.live.url}{place.address(browsing.population)}")


def test_a_table_that_does_not_answer_ends_a_request_by_its_deadline(browsing: Browsing, fail: Fail) -> None:
    browsing.expect(503)
    page = browsing.tab("alice", in_a_hurry=True)
    fail(lambda call: Fault.HOLD)
    answer = page.goto("/runs/")
    assert answer is not None
    assert answer.status == 503
    expect_the_page_to_say_it(page)
    number = answer.header_value("x-request-id")
    (logged,) = (line for line in browsing.live.requests() if line["request_id"] == number)
    assert logged["status"] == 503


def test_a_run_that_cannot_be_stored_is_not_there_and_its_form_keeps_what_was_typed(
    browsing: Browsing, fail: Fail
) -> None:
    browsing.expect(503)
    erin = browsing.population.users["erin"]
    page = browsing.page("erin")
    page.goto(f"/problems/{browsing.population.problem_id}/record/")
    fill_in_a_run(page)
    before, before_runs = browsing.live.stored(), runs_of(browsing, erin)
    fail(lambda call: Fault.CUT if call.operation == "TransactWriteItems" else None)
    press(page, "Record run")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Your code")).to_have_value(CODE)
    fail(no_fault)
    browsing.live.proxy.settle()
    assert runs_of(browsing, erin) == before_runs
    # It stays charged until it is known that it was not stored, which is asked a minute later.
    assert uses_of(browsing, erin, "execution") == 1
    assert {pk for pk, _ in browsing.live.stored() - before} <= {usage_pk(erin, "execution")}

    press(page, "Record run")
    page.wait_for_url(re.compile(r"/runs/\d+/$"))
    assert (runs_of(browsing, erin), uses_of(browsing, erin, "execution")) == (before_runs + 1, 2)


@pytest.mark.parametrize(("fault", "opened", "name"), [(Fault.CUT, 0, "erin"), (Fault.LOSE_REPLY, 1, "finn")])
def test_a_hint_that_may_have_been_opened_is_charged_until_it_is_known(
    browsing: Browsing, fail: Fail, fault: Fault, opened: int, name: str
) -> None:
    browsing.expect(503)
    user_id, run_id = browsing.population.users[name], browsing.population.outage_runs[name]
    page = browsing.page(name)
    page.goto(f"/runs/{run_id}/hints/")
    key = opened_hints_pk(user_id)
    fail(lambda call: fault if call.operation == "UpdateItem" and key in str(call.request) else None)
    page.get_by_role("button", name=re.compile("^Open ")).click()
    expect(page.get_by_role("alert")).to_contain_text(
        "The change may or may not have been saved. Check before you try again."
    )
    fail(no_fault)
    browsing.live.proxy.settle()
    page.goto(page.url)
    expect(page.locator(".rung.is-open")).to_have_count(opened)
    assert uses_of(browsing, user_id, "hint") == 1


def runs_of(browsing: Browsing, user_id: int) -> int:
    """How many runs somebody has, asked of the engine itself."""
    return len(SearchHistoryRepository(browsing.live.table).list_user_history(user_id).items)


def uses_of(browsing: Browsing, user_id: int, action: str) -> int:
    """How often somebody used an action today, asked of the engine itself."""
    return UsageLogRepository(browsing.live.table).get_usage_count(user_id, action, consistent=True)
