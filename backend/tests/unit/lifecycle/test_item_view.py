"""The item that a function of a data change receives: which attributes it notes as read."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from lifecycle.data_changes.item_view import ItemView


def by_pattern(item: ItemView) -> Any:
    match item:
        case {"pub": True}:
            return 1


def removed(item: ItemView) -> None:
    del item["pub"]
    item["added"] = 1
    item.update(other=1)


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        (lambda item: item["pub"], {"pub"}),
        (lambda item: item.get("hidden"), {"hidden"}),
        (lambda item: "hidden" in item, {"hidden"}),
        (lambda item: item.pop("pub"), {"pub"}),
        (lambda item: item.pop("hidden", None), {"hidden"}),
        (lambda item: item.setdefault("hidden", 1), {"hidden"}),
        (lambda item: "{pub}".format_map(item), {"pub"}),
        (by_pattern, {"pub"}),
        (removed, set()),
    ],
)
def test_what_is_looked_up_is_noted_present_or_missing(
    use: Callable[[ItemView], Any], expected: set[str]
) -> None:
    view = ItemView({"pub": True, "text": "a"})
    use(view)
    assert view.reads - ({"text"} if use is by_pattern else set()) == expected


@pytest.mark.parametrize(
    "use",
    [
        lambda item: {**item}, dict, lambda item: {}.update(item), lambda item: item | {}, lambda item: {} | item,
        lambda item: dict(**item), copy.copy, copy.deepcopy, lambda item: item.copy(), json.dumps, repr, len, bool,
        list, sorted, reversed, lambda item: item == {}, lambda item: item != {}, lambda item: item.popitem(),
        lambda item: [*item.items()], lambda item: [*item.values()], lambda item: [*item.keys()],
    ],
)  # fmt: skip
def test_whoever_copies_or_compares_it_reads_all_of_it(use: Callable[[ItemView], Any]) -> None:
    view = ItemView({"pub": True, "text": "a"})
    use(view)
    assert view.reads == {"pub", "text"}


def test_copies_are_plain_dicts_with_its_content() -> None:
    view = ItemView({"pub": True})
    copies: list[Any] = [view.copy(), dict(view), {**view}, view | {}, {} | view]
    assert all(type(each) is dict and each == {"pub": True} for each in copies)
    assert view == {"pub": True} and view != {"pub": False}
