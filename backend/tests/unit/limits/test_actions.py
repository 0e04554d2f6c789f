"""The declared actions: each exactly once, their limits under a plan, their part in an outage."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from api.dynamodb.errors import InvalidInput
from api.dynamodb.schema.entities import USAGE_ACTIONS
from api.dynamodb.usage_limits.windows import Limit, limits_of
from api.limits.actions import ACTIONS, DEFAULTS, LocalAllowance, RefuseAll, action_of, declare

HINT, EXECUTION = ACTIONS["hint"], ACTIONS["execution"]


def test_every_action_of_the_table_is_declared() -> None:
    assert sorted(ACTIONS) == sorted(USAGE_ACTIONS)
    assert (HINT.plan_field, EXECUTION.plan_field) == ("max_hints_per_day", "max_executions_per_day")


@pytest.mark.parametrize(
    "actions", [[HINT], [HINT, HINT, EXECUTION], [HINT, EXECUTION, replace(HINT, name="login")], []]
)
def test_one_that_is_missing_twice_or_unknown_is_an_error(actions: list[Any]) -> None:
    with pytest.raises(ValueError, match="declare each of hint, execution once"):
        declare(*actions)


@pytest.mark.parametrize("name", ["login", "", None, []])
def test_an_undeclared_action_is_bad_input(name: Any) -> None:
    with pytest.raises(InvalidInput, match="hint, execution"):
        action_of(name)


def test_who_has_no_plan_has_the_limits_of_the_free_plan() -> None:
    assert DEFAULTS == {"hint": 5, "execution": 50}


def test_a_hint_is_refused_in_an_outage_and_an_execution_shared() -> None:
    assert HINT.outage == RefuseAll()
    assert isinstance(EXECUTION.outage, LocalAllowance)


@pytest.mark.parametrize("per_day", [1, 19, 20, 21, 1000])
def test_a_burst_limit_stands_beside_a_larger_day(per_day: int) -> None:
    limits = EXECUTION.limits(per_day)
    assert limits == (Limit(per_day), *([Limit(20, 60)] if per_day > 20 else []))
    assert limits_of(limits) == limits
    assert HINT.limits(per_day) == (Limit(per_day),)


@pytest.mark.parametrize(
    ("limits", "share"),
    [
        ((Limit(50), Limit(20, 60)), (Limit(5),)),
        ((Limit(1000), Limit(20, 60)), (Limit(100), Limit(20, 60))),
        ((Limit(9),), (Limit(1),)),
        ((Limit(1),), (Limit(1),)),
    ],
)
def test_a_share_is_a_part_of_the_day_and_never_nothing(
    limits: tuple[Limit, ...], share: tuple[Limit, ...]
) -> None:
    assert LocalAllowance(0.1).limits(limits) == share


@pytest.mark.parametrize("fraction", [0, -0.1, 1.01])
def test_a_share_is_a_fraction(fraction: float) -> None:
    with pytest.raises(ValueError, match="local allowance"):
        LocalAllowance(fraction)
