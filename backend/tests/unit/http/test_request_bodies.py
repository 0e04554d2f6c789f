"""Whole numbers in bodies: 1.0 is one, `true` and "1" are not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

import api.ninja_api  # noqa: F401 (it imports every model)
from api.http.request_bodies import RequestBody, Whole


class Counted(RequestBody):
    number: Whole
    other: Whole | None = None


@pytest.mark.parametrize("number", [3, 3.0])
def test_a_number_without_a_fraction_is_whole(number: float) -> None:
    counted = Counted.model_validate({"number": number, "other": number})
    assert (counted.number, type(counted.number), counted.other) == (3, int, 3)


@pytest.mark.parametrize("value", [3.5, True, "3", None, float("nan"), [3]])
def test_nothing_else_is(value: Any) -> None:
    with pytest.raises(ValidationError):
        Counted.model_validate({"number": value})


def bodies() -> Iterator[type[BaseModel]]:
    waiting = [body for body in RequestBody.__subclasses__() if body is not Counted]
    while waiting:
        body = waiting.pop()
        yield body
        waiting += body.__subclasses__()


@pytest.mark.parametrize("body", list(bodies()), ids=lambda body: body.__name__)
def test_every_whole_number_of_a_body_is_of_that_type(body: type[BaseModel]) -> None:
    for name, schema in body.model_json_schema()["properties"].items():
        if "'type': 'integer'" in repr({key: value for key, value in schema.items() if key != "items"}):
            field: Any = body.model_fields[name]
            adapter: Any = TypeAdapter(Annotated[field.annotation, None, *field.metadata])
            assert type(adapter.validate_python(5.0, strict=True)) is int, name
