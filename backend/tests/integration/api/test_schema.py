"""The OpenAPI document against the service: generated requests find no server error and no undeclared answer."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.stateful import run_state_machine_as_test
from schemathesis import GenerationMode

from api.ninja_api import api
from tests.integration.api.conftest import DORA, bearer
from tests.integration.api.factories import a_problem, a_run

BUDGET = settings(
    max_examples=settings().max_examples // 8, deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)  # fmt: skip
pytestmark = pytest.mark.sampled  # of the requests that could be made
DOCUMENT: dict[str, Any] = api.get_openapi_schema()
VALID, INVALID = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
# What a schema cannot say: a result has a status or an output, each test case stands there once; a solution
# has a language; who deletes an account says so; names have no characters that nobody sees; a note is not blank; which
# time zones there are.
SEMANTIC = {
    ("POST", "/api/history/"),
    ("DELETE", "/api/me/"),
    ("PATCH", "/api/me/"),
    ("POST", "/api/me/tokens/"),
    ("PUT", "/api/me/notes/{problem_id}/"),
    ("PUT", "/api/me/time-zone/"),
    ("POST", "/api/staff/plans/"),
    ("PATCH", "/api/staff/plans/{plan_id}/"),
    ("POST", "/api/staff/problems/"),
    ("PATCH", "/api/staff/problems/{problem_id}/"),
}


def _operations() -> list[Any]:
    found = []
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            name = f"{method.upper()} {path}"
            found.append(pytest.param(method.upper(), path, VALID, id=f"{name} valid"))
            if operation["parameters"] or "requestBody" in operation:
                found.append(pytest.param(method.upper(), path, INVALID, id=f"{name} invalid"))
    return found


def _is_conditional(method: str, path: str) -> bool:
    """Whether the operation wants If-Match, whose version nobody can make up."""
    return any(found["name"] == "If-Match" for found in DOCUMENT["paths"][path][method.lower()]["parameters"])


def _accept(check: Any, *statuses: str) -> None:
    """Lets a check accept more; its list is the one that all configurations share, so it is not changed in place."""
    check.expected_statuses = [*check.expected_statuses, *statuses]


def _allow(schema: Any, *, semantic: bool, conditional: bool) -> None:
    """What answers to generated requests may be besides those that any request may get."""
    checks = schema.config.checks
    if semantic:
        _accept(checks.positive_data_acceptance, "422")
    if conditional:
        _accept(checks.positive_data_acceptance, "412")
        _accept(checks.missing_required_header, "428")
        _accept(checks.negative_data_rejection, "412", "428")


class SignedIn:
    """Dora, who is staff, asks; the checks ask again without her token, and with a wrong one."""

    def get(self, case: Any, context: Any) -> str:
        return bearer(DORA)["Authorization"]

    def set(self, case: Any, data: str, context: Any) -> None:
        case.headers["Authorization"] = data


@pytest.fixture
def schema(cast: object) -> Any:
    a_problem(1)
    a_run(DORA, history_id=1, problem_id=1)
    loaded = schemathesis.openapi.from_wsgi("/api/openapi.json", get_wsgi_application())
    loaded.auth()(SignedIn)
    return loaded


@pytest.mark.parametrize(("method", "path", "mode"), _operations())
def test_an_operation_answers_as_declared(schema: Any, method: str, path: str, mode: GenerationMode) -> None:
    _allow(schema, semantic=(method, path) in SEMANTIC, conditional=_is_conditional(method, path))

    @BUDGET
    @given(case=schema[path][method].as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        if mode is VALID and case.query:
            case.query.pop("cursor", None)  # nobody can make one up
        case.call_and_validate()

    check()


def test_walks_through_several_operations_answer_as_declared(schema: Any) -> None:
    _allow(schema, semantic=True, conditional=True)  # the checks do not know here which operation it is
    run_state_machine_as_test(
        schema.as_state_machine(), settings=settings(BUDGET, max_examples=6, stateful_step_count=6)
    )
