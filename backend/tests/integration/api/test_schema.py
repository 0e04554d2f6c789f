"""The OpenAPI document against the service: generated requests find no server error and no undeclared answer."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.stateful import run_state_machine_as_test
from schemathesis import GenerationMode

from api.service import api
from tests.integration.api.conftest import DORA, bearer
from tests.integration.api.things import a_problem, a_run

BUDGET = settings(
    max_examples=12, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)  # fmt: skip
DOCUMENT: dict[str, Any] = api.get_openapi_schema()
VALID, INVALID = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
# What a schema cannot say: a result has a status or an output, each test case stands there once.
SEMANTIC = {("POST", "/api/history/")}


def _operations() -> list[Any]:
    found = []
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            name = f"{method.upper()} {path}"
            found.append(pytest.param(method.upper(), path, VALID, id=f"{name} valid"))
            if operation["parameters"] or "requestBody" in operation:
                found.append(pytest.param(method.upper(), path, INVALID, id=f"{name} invalid"))
    return found


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
    if (method, path) in SEMANTIC:
        schema.config.checks.positive_data_acceptance.expected_statuses.append("422")

    @BUDGET
    @given(case=schema[path][method].as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        if mode is VALID and case.query:
            case.query.pop("cursor", None)  # nobody can make one up
        case.call_and_validate()

    check()


def test_walks_through_several_operations_answer_as_declared(schema: Any) -> None:
    run_state_machine_as_test(
        schema.as_state_machine(), settings=settings(BUDGET, max_examples=6, stateful_step_count=6)
    )
