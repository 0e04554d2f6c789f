"""Bodies: JSON and nothing else, with exact types; errors name fields as clients know them."""

from __future__ import annotations

import gzip
import json
import re
from typing import Any

import pytest
from django.test import Client
from pydantic import BaseModel

from api.http.request_bodies import RequestBody
from api.ninja_api import api
from tests.integration.api.conftest import ALICE, DORA, bearer
from tests.integration.api.factories import a_problem, fault_of, fields_of, post

DOCUMENT: dict[str, Any] = api.get_openapi_schema()
RUN = {"problem_id": 100, "language": "python", "code": "print(1)"}
WITH_BODY = sorted(
    (method, path)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
    if "requestBody" in operation
)


def send(site: Client, body: bytes, content_type: str = "application/json", **headers: str) -> Any:
    return site.post("/api/history/", body, content_type=content_type, headers={**bearer(ALICE), **headers})


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "gzip, identity", "GZIP"])
def test_a_compressed_body_is_refused_as_what_it_is(site: Client, encoding: str) -> None:
    answer = send(site, gzip.compress(json.dumps(RUN).encode()), Content_Encoding=encoding)
    assert fault_of(answer) == (415, "unsupported-media-type")
    assert (answer.json()["code"], answer["Accept-Encoding"]) == ("body_encoded", "identity")


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/xml",
        "text/json",
        "application/jsonp",
        "",
    ],
)
def test_a_body_of_another_type_is_refused(site: Client, content_type: str) -> None:
    answer = send(site, json.dumps(RUN).encode(), content_type)
    assert fault_of(answer) == (415, "unsupported-media-type")
    assert (answer.json()["code"], answer["Accept"]) == ("json_required", "application/json")


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON"]
)
def test_json_is_accepted_however_it_is_spelt(site: Client, content_type: str) -> None:
    a_problem()
    assert send(site, json.dumps(RUN).encode(), content_type, Content_Encoding="identity").status_code == 201


def test_who_asks_is_looked_at_first(site: Client) -> None:
    answer = site.post("/api/history/", "x", content_type="text/plain")
    assert fault_of(answer) == (401, "unauthenticated")


def test_an_operation_without_a_body_takes_any(site: Client) -> None:
    assert site.post("/api/auth/nonce/", "x", content_type="text/plain").status_code == 200


@pytest.mark.parametrize(("method", "path"), WITH_BODY)
def test_every_operation_with_a_body_declares_what_it_refuses(method: str, path: str) -> None:
    declared = {str(status) for status in DOCUMENT["paths"][path][method]["responses"]}
    assert {"413", "415", "422"} <= declared


@pytest.mark.parametrize("wrong", [True, "100", 100.5, [100], {"id": 100}, None])
def test_a_number_is_a_number(site: Client, wrong: Any) -> None:
    a_problem()
    a_problem(1)
    answer = post(site, "/api/history/", {**RUN, "problem_id": wrong})
    assert (fault_of(answer), fields_of(answer)) == ((422, "invalid"), ["body.problem_id"])


def test_a_whole_number_may_be_written_with_a_point(site: Client) -> None:
    a_problem()
    assert post(site, "/api/history/", {**RUN, "problem_id": 100.0}).status_code == 201


@pytest.mark.parametrize("wrong", [1, 0, "true", "yes", None])
def test_a_truth_is_a_truth(site: Client, wrong: Any) -> None:
    a_problem()
    answer = post(site, "/api/history/", {**RUN, "is_code_public": wrong})
    assert (fault_of(answer), fields_of(answer)) == ((422, "invalid"), ["body.is_code_public"])


def test_every_body_has_exact_types_and_no_unknown_fields() -> None:
    models = list(_request_models())
    assert len(models) > 10
    assert all(issubclass(model, RequestBody) for model in models), models


def _request_models() -> Any:
    waiting: list[Any] = []
    for _, router in api._routers:
        for view in router.path_operations.values():
            for operation in view.operations:
                for model in operation.models:
                    if model.__ninja_param_source__ == "body":
                        waiting += [field.annotation for field in model.model_fields.values()]
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield kind
            waiting += [field.annotation for field in kind.model_fields.values()]
        waiting += getattr(kind, "__args__", ())


WRONG: list[Any] = [None, [], "text", 5, True, {"": 1}, [{}]]


@pytest.mark.parametrize(("method", "path"), WITH_BODY)
def test_errors_name_fields_as_clients_know_them(site: Client, method: str, path: str) -> None:
    """No names of our parameters, classes or validators."""
    address = path.format(**{**dict.fromkeys(re.findall(r"{(\w+)}", path), 1), "language": "ko"})
    (content,) = DOCUMENT["paths"][path][method]["requestBody"]["content"].values()
    (name,) = re.findall(r"#/components/schemas/(\w+)", json.dumps(content))
    schema = DOCUMENT["components"]["schemas"][name]
    documents = [*WRONG, *({name: wrong} for name in schema["properties"] for wrong in WRONG)]
    for document in documents:
        answer = getattr(site, method)(
            address, json.dumps(document), content_type="application/json", headers=bearer(DORA)
        )
        if answer.status_code != 422:
            continue
        for error in answer.json()["errors"]:
            first = error["field"].split(".")[1:2]
            sent = document if isinstance(document, dict) else {}
            assert not first or first[0] in {*schema["properties"], *sent, ""}, error
            assert not re.search(r"instance of|payload|Value error|[A-Z]\w+(In|Changes)\b", str(error)), error
            assert re.fullmatch(r"[a-z_]+", error["code"])


@pytest.mark.parametrize("document", [[], "text", 5, True])
def test_a_body_that_is_no_object_is_told_so(site: Client, document: Any) -> None:
    answer = send(site, json.dumps(document).encode())
    assert fault_of(answer) == (422, "invalid")
    assert answer.json()["errors"] == [
        {"field": "body", "code": "not_an_object", "message": "This must be a JSON object."}
    ]


def test_a_missing_body_is_named(site: Client) -> None:
    answer = send(site, b"")
    assert (fault_of(answer), fields_of(answer)) == ((422, "invalid"), ["body"])
