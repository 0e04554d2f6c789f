"""Recording a run by its form: what it becomes, and every refusal with all that was typed."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from api.composition import repositories
from api.dynamodb.schema.records import Run
from api.history.output_comparison import RULE
from tests.integration.api.conftest import ALICE, BOB, FREE
from tests.integration.api.factories import a_problem, a_run
from tests.integration.web.browsers import followed, is_sent_to_sign_in
from tests.support.engines import Engine
from tests.support.fault_proxy import Call, Fault, FaultProxy
from web.runs.recording import FIRST_ROWS

FORM = "/problems/100/record/"
CODE = "a, b = map(int, input().split())\nprint(a + b)\n"


@pytest.fixture
def cases(cast: Any) -> list[int]:
    """The ids of three test cases of problem 100."""
    a_problem()
    made = repositories().problems.add_test_cases(
        100,
        [
            {"input": "1 2\n", "output": "3\n", "is_sample": True},
            {"input": "2 2\n", "output": "4\n"},
            {"input": "<b>5 5</b>\n", "output": "10\n"},
        ],
    )
    return [case["test_case_id"] for case in made]


def send(browser: Client, address: str = FORM, **fields: Any) -> Any:
    given = {"language": "python", "code": CODE.replace("\n", "\r\n"), "overall": "", "visibility": "private"}
    return browser.post(address, {**given, **fields})


def latest() -> Run:
    summary = repositories().history.list_user_history(ALICE, consistent=True).items[0]
    run = repositories().history.get_history(summary["history_id"])
    assert run is not None
    return run


def runs_of_alice() -> int:
    return len(repositories().history.list_user_history(ALICE, consistent=True))


def test_the_form_shows_the_cases_the_quota_and_when_it_is_counted_anew(
    alice: Client, cases: list[int]
) -> None:
    page = alice.get(FORM)
    assert page.status_code == 200
    text = page.content.decode()
    assert "50 of 50 runs left today" in text
    assert "00:00</time> Asia/Seoul" in text
    assert all(f'name="status-{case}"' in text for case in cases)
    assert "&lt;b&gt;5 5&lt;/b&gt;" in text


def test_the_form_says_how_outputs_are_compared_and_compares_them_so(alice: Client, cases: list[int]) -> None:
    assert RULE.replace("'", "&#x27;") in alice.get(FORM).text
    outputs = {
        f"output-{cases[0]}": "3\u2028\r\n",
        f"output-{cases[1]}": "4\r\r\n",
        f"output-{cases[2]}": "1\r0",
    }
    followed(alice, send(alice, **{f"status-{case}": "compare" for case in cases}, **outputs))
    assert [(result["status"], result["output"]) for result in latest()["test_results"]] == [
        ("WA", "3\u2028\n"), ("AC", "4\r\n"), ("WA", "1\r0"),
    ]  # fmt: skip


def test_code_with_a_nul_is_refused_beside_its_field(alice: Client, cases: list[int]) -> None:
    answer = send(alice, code="print('a\x00b')")
    assert answer.status_code == 422
    assert "Remove the NUL characters (U+0000)." in answer.text
    assert runs_of_alice() == 0


def test_a_run_is_recorded_with_what_its_form_says(alice: Client, cases: list[int]) -> None:
    first, second, third = cases
    answer = send(
        alice, visibility="public",
        **{
            f"status-{first}": "compare", f"output-{first}": "3  \r\n", f"status-{second}": "",
            f"output-{second}": "5\r\n", f"status-{third}": "TLE", f"output-{third}": "",
        },
    )  # fmt: skip
    page = followed(alice, answer)
    run = latest()
    assert answer["Location"] == f"/runs/{run['history_id']}/"
    assert (run["language"], run["code"], run["is_code_public"]) == ("python", CODE, True)
    assert run["test_results"] == [
        {"test_case_id": first, "number": 1, "status": "AC", "output": "3  \n"},
        {"test_case_id": second, "number": 2, "status": "WA", "output": "5\n"},
        {"test_case_id": third, "number": 3, "status": "TLE"},
    ]
    assert "Run recorded. 49 of 50 runs left today." in page.content.decode()


def test_cases_that_were_not_run_have_no_result(alice: Client, cases: list[int]) -> None:
    followed(alice, send(alice, **{f"status-{cases[0]}": "", f"status-{cases[1]}": "AC"}))
    assert latest()["test_results"] == [{"test_case_id": cases[1], "number": 2, "status": "AC"}]


def test_a_chosen_status_keeps_what_was_printed_without_comparing_it(alice: Client, cases: list[int]) -> None:
    followed(alice, send(alice, **{f"status-{cases[0]}": "RE", f"output-{cases[0]}": "3"}))
    assert latest()["test_results"] == [
        {"test_case_id": cases[0], "number": 1, "status": "RE", "output": "3"}
    ]


@pytest.mark.parametrize("status", ["AC", "CE"])
def test_one_choice_speaks_for_all_cases(alice: Client, cases: list[int], status: str) -> None:
    followed(alice, send(alice, overall=status))
    run = latest()
    assert run["test_results"] == [
        {"test_case_id": case, "number": number, "status": status} for number, case in enumerate(cases, 1)
    ]
    assert run["passed_count"] == (3 if status == "AC" else 0)


def test_a_wrong_pasted_output_wins_over_all_passed(alice: Client, cases: list[int]) -> None:
    page = followed(alice, send(alice, overall="AC", **{f"output-{cases[1]}": "wrong"}))
    run = latest()
    assert [result["status"] for result in run["test_results"]] == ["AC", "WA", "AC"]
    assert (run["passed_count"], run["failed_count"], run["total_count"]) == (2, 1, 3)
    assert "Wrong answer" in page.text


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"overall": "AC"}, "3 of 3 · self-reported"),
        ({"output-1": "3", "output-2": "4", "output-3": "10"}, "3 of 3 · compared"),
        ({"output-1": "3"}, "1 of 3 · compared"),
    ],
)
def test_the_run_its_lists_and_the_timeline_say_how_the_verdict_is_known(
    alice: Client, cases: list[int], fields: dict[str, str], text: str
) -> None:
    numbered = {f"output-{number}": f"output-{case}" for number, case in enumerate(cases, 1)}
    choices = {f"status-{case}": "" for case in cases}
    fields = {numbered.get(name, name): value for name, value in fields.items()}
    run_page = followed(alice, send(alice, visibility="public", **choices, **fields))
    assert text in run_page.text
    assert text in alice.get("/runs/").text
    assert text in Client().get("/timeline/").text


def test_a_run_without_a_result_for_every_case_is_incomplete(alice: Client, cases: list[int]) -> None:
    page = followed(alice, send(alice, **{f"status-{cases[0]}": "", f"output-{cases[0]}": "3"}))
    assert ">Incomplete</span>" in page.text
    assert ">Incomplete</span>" in alice.get("/runs/").text


def test_a_run_calls_each_case_by_its_place_in_the_problem(alice: Client, cases: list[int]) -> None:
    page = followed(alice, send(alice, **{f"status-{cases[2]}": "WA", f"status-{cases[1]}": "AC"}))
    assert "First failing test case: 3" in page.text
    assert [result["number"] for result in latest()["test_results"]] == [2, 3]
    assert "Test case 2<" in alice.get(f"/runs/{latest()['history_id']}/?case=2").text


def test_code_that_does_not_compile_is_shown_with_the_compilers_message(
    alice: Client, cases: list[int]
) -> None:
    message = "a.c:1: error: expected ‘;’ before <b>"
    page = followed(alice, send(alice, overall="CE", compiler_message=message.replace("\n", "\r\n")))
    assert "a.c:1: error: expected ‘;’ before &lt;b&gt;</pre>" in page.text
    assert "First failing test case" not in page.text
    assert "Compile error" in page.text


def test_a_compilers_message_needs_that_the_code_did_not_compile(alice: Client, cases: list[int]) -> None:
    answer = send(alice, compiler_message="error: kept")
    assert answer.status_code == 422
    assert "\nerror: kept</textarea>" in answer.text
    assert "as the overall result, or remove this message." in answer.text
    answer = send(alice, overall="CE", compiler_message="x" * 16_001)
    assert answer.status_code == 422
    assert "message can be up to 16,000 characters." in answer.text
    assert runs_of_alice() == 0


def test_another_run_starts_with_the_code_and_language_of_the_one_before(
    alice: Client, cases: list[int]
) -> None:
    page = followed(alice, send(alice, language="rust", code="fn main() {}"))
    alice.cookies.pop("run-language")
    address = f"/problems/100/?run={latest()['history_id']}"
    assert f'href="{address}#solve"' in page.text
    form = alice.get(address).text
    assert "\nfn main() {}</textarea>" in form
    assert '<option value="rust" selected>' in form


@pytest.mark.parametrize("fields", [{"user_id": BOB, "is_code_public": True}, {"problem_id": 101}])
def test_the_code_of_another_user_or_problem_is_not_filled_in(
    alice: Client, cases: list[int], fields: dict[str, Any]
) -> None:
    run = a_run(code="of another", **fields)
    for query in (f"?run={run['history_id']}", "?run=x", "?run=99999999999999999999", "?run=5"):
        answer = alice.get(f"/problems/100/{query}")
        assert answer.status_code == 200
        assert "of another" not in answer.text


def token_of(page: Any) -> str:
    found = re.search(r'name="token" value="([^"]+)"', page.text)
    assert found
    return found[1]


def executions() -> int:
    return repositories().usage.get_usage_count(ALICE, "execution", consistent=True)


def test_a_form_sent_twice_records_one_run_and_charges_once(alice: Client, cases: list[int]) -> None:
    token = token_of(alice.get(FORM))
    fields = {"token": token, f"status-{cases[0]}": "", f"output-{cases[0]}": "3"}
    first, second = send(alice, **fields), send(alice, **fields)
    assert first.status_code == second.status_code == 303
    assert first["Location"] == second["Location"]
    assert (runs_of_alice(), executions()) == (1, 1)


def test_a_form_sent_by_two_clicks_at_once_records_one_run(alice: Client, cases: list[int]) -> None:
    token = token_of(alice.get(FORM))
    browsers = [Client(), Client()]
    for browser in browsers:
        browser.cookies = alice.cookies
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda browser: send(browser, token=token), browsers))
    assert {answer["Location"] for answer in answers} == {f"/runs/{latest()['history_id']}/"}
    assert (runs_of_alice(), executions()) == (1, 1)


def test_the_second_click_of_the_days_last_run_shows_the_run(alice: Client, cases: list[int]) -> None:
    repositories().plans.update_plan(FREE, {"max_executions_per_day": 1})
    repositories().users.update_user(ALICE, {"subscription_plan_id": FREE})
    token = token_of(alice.get(FORM))
    assert send(alice, token=token)["Location"] == send(alice, token=token)["Location"]
    assert send(alice, token=token, code="another").status_code == 429


def test_a_form_changed_after_back_is_another_run(alice: Client, cases: list[int]) -> None:
    token = token_of(alice.get(FORM))
    answers = [send(alice, token=token, code=code) for code in ("one", "two", "one")]
    places = [answer["Location"] for answer in answers]
    assert places[0] == places[2] != places[1]
    assert runs_of_alice() == 2


def test_a_refused_form_keeps_its_token_and_a_made_up_one_is_of_no_use(
    alice: Client, cases: list[int]
) -> None:
    token = token_of(alice.get(FORM))
    assert token_of(send(alice, token=token, code="")) == token
    for made_up in ("x", "", token[:-1]):
        assert send(alice, token=made_up).status_code == 303
    assert runs_of_alice() == 3


def test_a_file_takes_the_place_of_typed_code(alice: Client, cases: list[int]) -> None:
    file = SimpleUploadedFile("a.py", b"\xef\xbb\xbfprint('\xed\x95\x9c')\r\n")
    followed(alice, send(alice, code="typed", code_file=file))
    assert latest()["code"] == "print('한')\n"


def test_the_language_is_remembered_for_the_next_form(alice: Client, cases: list[int]) -> None:
    followed(alice, send(alice, language="rust"))
    assert '<option value="rust" selected>' in alice.get(FORM).content.decode()
    cookie = alice.cookies["run-language"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"code": "  \n"}, "Paste your code or choose a file."),
        ({"code": "x" * 256_001}, "Code can be up to 256,000 characters."),
        ({"language": ""}, "Choose the language of your code."),
        ({"language": "klingon"}, "Choose the language of your code."),
        ({"code_file": b"\xff\xfe\x00"}, "Save it as UTF-8, or paste your code."),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    alice: Client, cases: list[int], fields: dict[str, Any], said: str
) -> None:
    if "code_file" in fields:
        fields = {"code_file": SimpleUploadedFile("a.py", fields["code_file"])}
    answer = send(alice, **{f"status-{cases[0]}": "AC", f"output-{cases[0]}": "typed", **fields})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert said in text
    assert 'aria-invalid="true"' in text
    assert "\ntyped</textarea>" in text
    assert runs_of_alice() == 0


def test_a_case_whose_status_or_output_cannot_be_used_is_named(alice: Client, cases: list[int]) -> None:
    answer = send(
        alice, **{f"status-{cases[0]}": "??", f"status-{cases[1]}": "AC", f"output-{cases[1]}": "x" * 16_001}
    )
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Choose one of the available results." in text
    assert "Output can be up to 16,000 characters." in text
    assert f'id="error-{cases[0]}"' in text
    assert f'id="error-{cases[1]}"' in text


def test_a_case_that_was_replaced_meanwhile_is_said_to_be_gone(alice: Client, cases: list[int]) -> None:
    answer = send(alice, **{"status-999": "AC"})
    assert answer.status_code == 422
    assert "The test cases have changed since you opened this page." in answer.text
    assert runs_of_alice() == 0
    assert "run left" not in answer.content.decode()


def test_a_used_up_quota_shows_the_form_with_the_limit_and_its_reset(alice: Client, cases: list[int]) -> None:
    repositories().plans.update_plan(FREE, {"max_executions_per_day": 1})
    repositories().users.update_user(ALICE, {"subscription_plan_id": FREE})
    followed(alice, send(alice))
    answer = send(alice, code="kept = 1", **{f"output-{cases[0]}": "kept too", f"status-{cases[0]}": "WA"})
    text = answer.content.decode()
    assert answer.status_code == 429
    assert "You've used your 1 run for today." in text
    assert "00:00</time> Asia/Seoul" in text
    assert "\nkept = 1</textarea>" in text
    assert "\nkept too</textarea>" in text
    assert '<option value="WA" selected>' in text
    assert int(answer["Retry-After"]) > 0
    assert answer["RateLimit"].startswith('"execution";r=0')
    assert runs_of_alice() == 1
    assert "0 of 1 run left today" in alice.get(FORM).content.decode() or "0 of 1 runs left today" in (
        alice.get(FORM).content.decode()
    )


def test_too_many_runs_in_a_minute_are_told_apart_from_a_used_up_day(alice: Client, cases: list[int]) -> None:
    for _ in range(20):
        assert send(alice).status_code == 303
    answer = send(alice)
    assert answer.status_code == 429
    assert "up to 20 times in 60 seconds" in answer.content.decode()


def test_an_outage_keeps_what_was_typed_and_says_that_nothing_was_saved(
    alice: Client, cases: list[int], ministack: Engine, use_settings: Callable[..., None]
) -> None:
    def refuse_runs(call: Call) -> Fault | None:
        return Fault.THROTTLE if call.operation == "TransactWriteItems" else None

    with FaultProxy(ministack.endpoint_url, refuse_runs) as proxy:
        use_settings(LOCALSTACK_URL=proxy.url)
        answer = send(alice, code="kept = 1")
        assert answer.status_code == 503
        text = answer.content.decode()
        assert "\nkept = 1</textarea>" in text
        assert "The data cannot be reached at the moment. Nothing was changed." in text
        assert answer["Retry-After"] == "2"
        proxy.decide = lambda call: None
        assert "50 of 50 runs left today" in alice.get(FORM).content.decode()


def test_more_rows_come_by_a_link_or_by_a_button_that_keeps_what_was_typed(
    alice: Client, cases: list[int]
) -> None:
    more = [{"input": str(n), "output": str(n)} for n in range(FIRST_ROWS)]
    repositories().problems.add_test_cases(100, more)
    assert alice.get(FORM).content.decode().count('name="status-') == FIRST_ROWS
    assert alice.get(f"{FORM}?cases=all").content.decode().count('name="status-') == FIRST_ROWS + 3
    answer = send(alice, f"{FORM}?cases=all", code="kept = 1", rows="all")
    assert answer.status_code == 200
    assert "\nkept = 1</textarea>" in answer.content.decode()
    assert runs_of_alice() == 0
    followed(alice, send(alice, overall="AC"))
    assert latest()["passed_count"] == FIRST_ROWS + 3


def test_large_cases_are_named_and_not_shown(alice: Client, cases: list[int]) -> None:
    digits = "".join(str(n * n % 9973) for n in range(40_000))
    repositories().problems.add_test_cases(100, [{"input": digits, "output": "1"}])
    text = alice.get(FORM).content.decode()
    assert "Large text" in text
    assert digits[:200] not in text


def test_a_problem_without_cases_takes_code_alone(alice: Client) -> None:
    a_problem()
    assert "no test cases yet" in alice.get(FORM).content.decode()
    followed(alice, send(alice))
    assert latest()["test_results"] is None


@pytest.mark.parametrize("fields", [{"is_deleted": True}, {"is_completed": False}])
def test_there_is_no_form_for_a_retired_problem_or_a_draft(alice: Client, fields: dict[str, Any]) -> None:
    a_problem(**fields)
    assert alice.get(FORM).status_code == 404
    assert send(alice).status_code == 404


def test_nobody_known_is_asked_to_sign_in(cases: list[int]) -> None:
    assert is_sent_to_sign_in(Client().get(FORM))
    assert is_sent_to_sign_in(send(Client()))


def test_a_form_of_another_site_is_refused(cases: list[int], alice: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = alice.cookies
    assert send(strict).status_code == 403
    assert runs_of_alice() == 0
