"""The rules of keys never change: every version makes the keys that it made when it was written.

If a test here fails after a change of the rules or with another Python, stored keys would not be found any more. Leave
the old function as it is, and add a version in `api/dynamodb/schema/key_rules.py` and in `key_rules.json`.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.dynamodb.errors import Corrupt, InvalidInput
from api.dynamodb.schema import folding, unicode_14
from api.dynamodb.schema.key_rules import PROBLEM_RULES, USER_RULES, KeyRules, UserRules
from api.dynamodb.schema.templates import ShardedList
from api.dynamodb.table.problem_filter import ProblemFilter

GOLDEN: dict[str, dict[str, dict[str, Any]]] = json.loads(
    Path(__file__).with_name("key_rules.json").read_text(encoding="utf-8")
)
TEXTS: list[str] = GOLDEN["texts"]  # type: ignore[assignment]
USER_VERSIONS = [rules.version for rules in USER_RULES.newest_first()]
PROBLEM_VERSIONS = [rules.version for rules in PROBLEM_RULES.newest_first()]
# Between letters, each character shows what it does to its neighbours too. Other planes are for private use.
_CODES = (*range(0xD800), *range(0xE000, 0x33000), *range(0xE0000, 0xE0200))
ALL_CHARACTERS = [f"a{chr(code)}\u0301b" for code in _CODES]


def fold_email(version: int, text: str) -> str | None:
    """The partition key of an address; None for a blank one, and for one that the version refuses."""
    try:
        return USER_RULES.version(version).email_pk(text)
    except InvalidInput:
        return None


def user_keys(version: int) -> list[str | None]:
    return [fold_email(version, text) for text in TEXTS]


def problem_keys(version: int) -> list[list[str]]:
    rules = PROBLEM_RULES.version(version)
    rows = []
    for text in TEXTS:
        tags = rules.tags([text, text.upper(), 7, " "])
        record = {"platform": text, "difficulty": text, "is_deleted": False, "is_completed": True}
        lists = [entries.pk(0) for entries in rules.lists(record, tags)]
        rows.append(
            [rules.number_pk(text, f" {text} "), *lists, *tags, *rules.title_words(f"{text} {text}-X")]
        )
    return rows


def digest(results: list[Any]) -> str:
    return hashlib.sha256(json.dumps(results).encode()).hexdigest()


@pytest.mark.parametrize("version", USER_VERSIONS)
def test_a_version_of_the_users_rules_makes_the_keys_that_it_always_made(version: int) -> None:
    assert user_keys(version) == GOLDEN["users"][str(version)]["keys"]
    every = [fold_email(version, f"{text}@{text}.org") for text in ALL_CHARACTERS]
    assert digest(every) == GOLDEN["users"][str(version)]["every_character"]


@pytest.mark.parametrize("version", PROBLEM_VERSIONS)
def test_a_version_of_the_problems_rules_makes_the_keys_that_it_always_made(version: int) -> None:
    assert problem_keys(version) == GOLDEN["problems"][str(version)]["keys"]
    rules = PROBLEM_RULES.version(version)
    every = [[rules.fold_name(text), *rules.title_words(text)] for text in ALL_CHARACTERS]
    assert digest(every) == GOLDEN["problems"][str(version)]["every_character"]


def test_every_version_is_pinned_and_none_is_taken_away() -> None:
    assert sorted(map(int, GOLDEN["users"])) == USER_VERSIONS[::-1]
    assert sorted(map(int, GOLDEN["problems"])) == PROBLEM_VERSIONS[::-1]


def test_versions_are_numbered_without_gaps() -> None:
    with pytest.raises(ValueError, match="from 1 on"):
        KeyRules(UserRules(1, str.lower), UserRules(3, str.upper))


def test_a_version_that_this_code_does_not_know_is_refused() -> None:
    with pytest.raises(Corrupt, match="version 99 of the rules"):
        USER_RULES.version(99)


@pytest.mark.parametrize(
    "text", ["Gold", " \u1fb4 ", "\u1fb4\u0301", "\u0390\u0301", "\u0344", "\ufb01\u0301"]
)
def test_a_list_is_read_where_it_is_written_though_folding_twice_may_change_a_text(text: str) -> None:
    rules = PROBLEM_RULES.current
    record = {"platform": text, "difficulty": text, "is_deleted": False, "is_completed": True}
    written = {entries.pk(0) for entries in rules.lists(record, rules.tags([text]))}
    for criteria in ((text, None, None), (None, text, None), (None, None, text)):
        ranges, _ = ProblemFilter(*criteria).ranges(False, ShardedList.partitions)
        assert ranges[0].pk in written


@given(st.text())
def test_a_python_with_newer_tables_folds_and_cuts_as_unicode_14_does(text: str) -> None:
    folded = folding.folded_name(text), folding.folded(text, "NFKC"), folding.title_words(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unicode_14, "is_own_version", lambda: False)
        assert (folding.folded_name(text), folding.folded(text, "NFKC"), folding.title_words(text)) == folded


def test_a_character_that_was_assigned_later_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    # Glagolitic letters stand for those that a later version assigns: U+2C00 is folded to U+2C30.
    assert folding.folded_name("A\u2c00") == "a\u2c30"
    monkeypatch.setattr(unicode_14, "is_own_version", lambda: False)
    monkeypatch.setattr(unicode_14, "is_assigned", lambda character: not "\u2c00" <= character <= "\u2c5f")
    assert folding.folded_name("A\u2c00B") == "a\u2c00b"
    assert folding.title_words("A\u2c00B") == ["a", "b"]
