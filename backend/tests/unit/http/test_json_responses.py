"""Answers in JSON: what has a form, and numbers that no float holds."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from api.http.json_responses import json_response, to_json

BIG, EXACT = 10**30, "0.1234567890123456789012345678"


def test_numbers_of_migrated_json_keep_all_their_digits() -> None:
    text = to_json({"metadata": {"big": BIG, "rows": [-BIG, Decimal(EXACT)]}, "small": 1}).decode()
    assert text == f'{{"metadata":{{"big":{BIG},"rows":[-{BIG},{EXACT}]}},"small":1}}'
    assert json.loads(text, parse_float=Decimal)["metadata"]["rows"][1] == Decimal(EXACT)


def test_times_end_with_z_and_sets_are_in_order() -> None:
    moment = datetime(2026, 11, 27, 12, tzinfo=UTC)
    assert to_json({"at": moment, "ids": frozenset({2, 1})}) == b'{"at":"2026-11-27T12:00:00Z","ids":[1,2]}'


def test_what_has_no_form_is_an_error() -> None:
    with pytest.raises(TypeError):
        to_json({"x": object()})


def test_an_answer_is_not_stored_unless_it_says_so() -> None:
    assert json_response({})["Cache-Control"] == "no-store"
    assert json_response({}, headers={"Cache-Control": "no-cache"})["Cache-Control"] == "no-cache"
