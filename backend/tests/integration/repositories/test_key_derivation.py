"""Items are found again by the rules and shards that wrote them, whatever the rules and shards are by now."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from api.dynamodb.errors import Corrupt, Duplicate, InvalidInput
from api.dynamodb.repositories import ErasureRepository, ProblemRepository, UserRepository
from api.dynamodb.schema import folding
from api.dynamodb.schema.key_rules import PROBLEM_RULES, USER_RULES, KeyRules, ProblemRules, UserRules
from tests.integration.repositories.helpers import a_problem, whole_list

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

Stored = Callable[[], list[tuple[str, str]]]
STRASSE, STRAẞE = "kim@strasse.example", "kim@straße.example"


def fold_ascii_case(text: str) -> str:
    return "".join(c.lower() if c.isascii() else c for c in text.strip())


def first_letters(title: str) -> list[str]:
    return list(dict.fromkeys(word[:3] for word in folding.title_words(title)))


def refuse_accents(text: str) -> str:
    if not text.isascii():
        raise InvalidInput("only ASCII")
    return text.lower()


NEW_USER_RULES = UserRules(2, fold_ascii_case)
NEW_PROBLEM_RULES = ProblemRules(2, lambda text: f"~{text.strip().upper()}", first_letters, max_tags=1)


@pytest.fixture
def add_version(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Appends a version of rules, as a later release of the service does."""

    def add(rules: KeyRules[Any], version: Any) -> None:
        first = rules.version(1)
        monkeypatch.setattr(rules, "_versions", (first, version))

    monkeypatch.setattr(USER_RULES, "_versions", (USER_RULES.version(1),))
    monkeypatch.setattr(PROBLEM_RULES, "_versions", (PROBLEM_RULES.version(1),))
    return add


def store_problem(problems: ProblemRepository) -> int:
    fields = a_problem(platform="Straße", difficulty="Gold", tags=["Dp", "Graph"], title="Sums of squares")
    return problems.create_problem(fields)["problem_id"]


def main_item(table: Table, pk: str) -> dict[str, Any]:
    return dict(table.get_item(Key={"PK": pk, "SK": "META"}, ConsistentRead=True)["Item"])


def test_items_of_the_first_version_do_not_name_it(
    users: UserRepository, problems: ProblemRepository, table: Table, add_version: Callable[..., None]
) -> None:
    problem_id, user_id = store_problem(problems), users.create_user({"email": STRASSE})["user_id"]
    for pk in (f"PRB#{problem_id}", f"USR#{user_id}"):
        assert not {"kr"} & main_item(table, pk).keys()


def test_items_of_a_later_version_name_it(
    users: UserRepository, problems: ProblemRepository, table: Table, add_version: Callable[..., None]
) -> None:
    add_version(USER_RULES, NEW_USER_RULES)
    add_version(PROBLEM_RULES, NEW_PROBLEM_RULES)
    problem_id, user_id = store_problem(problems), users.create_user({"email": STRAẞE})["user_id"]
    assert main_item(table, f"PRB#{problem_id}")["kr"] == 2
    assert main_item(table, f"USR#{user_id}")["kr"] == 2
    assert main_item(table, f"USR#{user_id}")["GSI1PK"] == f"EML#{STRAẞE}"


def test_a_problem_is_retired_by_the_rules_that_listed_it(
    problems: ProblemRepository, stored: Stored, add_version: Callable[..., None]
) -> None:
    problem_id = store_problem(problems)
    assert ("NUM#strasse#1000", "GUARD") in stored()
    add_version(PROBLEM_RULES, NEW_PROBLEM_RULES)
    problems.retire_problem(problem_id)
    assert stored() == [("NUM#~STRASSE#~1000", "GUARD"), (f"PRB#{problem_id}", "META")]


def test_a_changed_problem_is_listed_by_the_new_rules_alone(
    problems: ProblemRepository, stored: Stored, table: Table, add_version: Callable[..., None]
) -> None:
    problem_id = store_problem(problems)
    add_version(PROBLEM_RULES, NEW_PROBLEM_RULES)
    problems.update_problem(problem_id, {"url": "x"})
    left = stored()
    changed = [pk.rsplit("#", 1)[0] if pk.startswith("PRBLIST") else pk for pk, _ in left]
    assert sorted(changed) == sorted(
        ["NUM#~STRASSE#~1000", f"PRB#{problem_id}", "PRBLIST#ALL", "PRBLIST#PLT:~STRASSE", "PRBLIST#DIF:~GOLD",
         "PRBLIST#TAG:~~DP", "PRBWORD#su", "PRBWORD#of", "PRBWORD#sq"]
    )  # fmt: skip
    assert main_item(table, f"PRB#{problem_id}")["kr"] == 2
    problems.retire_problem(problem_id)
    assert len(stored()) == 2


def test_a_problem_of_the_old_rules_is_found_by_the_new_ones(
    problems: ProblemRepository, add_version: Callable[..., None]
) -> None:
    old = store_problem(problems)
    add_version(PROBLEM_RULES, NEW_PROBLEM_RULES)
    new = problems.create_problem(a_problem(platform="STRASSE", problem_number="2", title="Sums"))[
        "problem_id"
    ]
    found = problems.get_problem_by_number("straße", "1000")
    assert found is not None and found["problem_id"] == old
    assert problems.get_problem_by_number("strasse", "1001") is None
    criteria: list[dict[str, Any]] = [{"platform": "straße"}, {"difficulty": "gold"}, {"tag": "DP"}]
    for each in criteria:
        page = whole_list(lambda cursor, each=each: problems.list_problems(**each, limit=1, cursor=cursor))  # type: ignore[misc]
        assert old in [problem["problem_id"] for problem in page], each
    both = whole_list(lambda cursor: problems.list_problems(platform="Straße", limit=1, cursor=cursor))
    assert [problem["problem_id"] for problem in both] == sorted([old, new], reverse=True)


def test_a_number_that_the_old_rules_reserved_is_not_given_again(
    problems: ProblemRepository, add_version: Callable[..., None]
) -> None:
    store_problem(problems)
    other = problems.create_problem(a_problem(problem_number="2"))["problem_id"]
    add_version(PROBLEM_RULES, NEW_PROBLEM_RULES)
    with pytest.raises(Duplicate):
        store_problem(problems)
    with pytest.raises(Duplicate):
        problems.update_problem(other, {"platform": "straße", "problem_number": "1000"})


def test_a_deleted_account_frees_the_address_by_the_rules_that_reserved_it(
    users: UserRepository, stored: Stored, add_version: Callable[..., None]
) -> None:
    user_id = users.create_user({"email": STRAẞE, "google_id": "g"})["user_id"]
    assert (f"EML#{STRASSE}", "GUARD") in stored()
    add_version(USER_RULES, NEW_USER_RULES)
    users.delete_user(user_id)
    assert stored() == []
    users.create_user({"email": STRASSE})


def test_an_erased_account_frees_the_address_by_the_rules_that_reserved_it(
    users: UserRepository, erasures: ErasureRepository, stored: Stored, add_version: Callable[..., None]
) -> None:
    user_id = users.create_user({"email": STRAẞE})["user_id"]
    add_version(USER_RULES, NEW_USER_RULES)
    erasures.begin_erasure(user_id)
    assert [pk for pk, _ in stored() if pk.startswith("EML#")] == []
    list(erasures.sweep(user_id))
    erasures.finish_erasure(user_id)
    assert stored() == []


def test_a_changed_account_moves_to_the_new_rules(
    users: UserRepository, stored: Stored, add_version: Callable[..., None]
) -> None:
    user_id = users.create_user({"email": STRAẞE})["user_id"]
    add_version(USER_RULES, NEW_USER_RULES)
    users.update_user(user_id, {"name": "Kim"})
    assert [pk for pk, _ in stored() if pk.startswith("EML#")] == [f"EML#{STRAẞE}"]
    users.create_user({"email": STRASSE})


def test_an_address_that_new_rules_refuse_does_not_block_other_changes(
    users: UserRepository, stored: Stored, add_version: Callable[..., None]
) -> None:
    user_id = users.create_user({"email": STRAẞE})["user_id"]
    add_version(USER_RULES, UserRules(2, refuse_accents))
    assert users.update_user(user_id, {"name": "Kim"})["name"] == "Kim"
    with pytest.raises(InvalidInput):
        users.update_user(user_id, {"email": "ſam@x.org"})
    users.delete_user(user_id)
    assert stored() == []


def test_an_item_of_rules_that_this_code_does_not_know_is_left_alone(
    users: UserRepository, stored: Stored, add_version: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_version(USER_RULES, NEW_USER_RULES)
    user = users.create_user({"email": STRAẞE})
    monkeypatch.setattr(USER_RULES, "_versions", (USER_RULES.version(1),))
    before = stored()
    for change in (
        lambda: users.delete_user(user["user_id"]),
        lambda: users.deactivate_user(user["user_id"]),
    ):
        with pytest.raises(Corrupt, match="version 2 of the rules"):
            change()
    assert stored() == before
    assert users.get_user(user["user_id"]) == user


def use_shards(use_settings: Callable[..., None], number: int, readers: int | None = None) -> None:
    for name in ("USER_LIST", "PROBLEM_LIST", "TIMELINE"):
        use_settings(
            **{f"DYNAMODB_{name}_SHARDS": str(number), f"DYNAMODB_{name}_READ_SHARDS": str(readers or number)}
        )


@pytest.mark.parametrize(("old", "new"), [(4, 7), (4, 1), (1, 4), (3, 8)])
def test_items_are_removed_from_the_shards_that_they_were_written_to(
    users: UserRepository, problems: ProblemRepository, stored: Stored, use_settings: Callable[..., None],
    old: int, new: int,
) -> None:  # fmt: skip
    use_shards(use_settings, old)
    user_ids = [users.create_user({"name": "x"})["user_id"] for _ in range(4)]
    problem_ids = [
        problems.create_problem(a_problem(problem_number=str(number)))["problem_id"] for number in range(4)
    ]
    entries = [key for key in stored() if "LIST#" in key[0]]
    use_shards(use_settings, new, max(old, new))
    for user_id, problem_id in zip(user_ids, problem_ids, strict=True):
        users.update_user(user_id, {"name": "y"})
        problems.update_problem(problem_id, {"title": "Other"})
    assert [key for key in stored() if "LIST#" in key[0]] == entries
    for user_id, problem_id in zip(user_ids, problem_ids, strict=True):
        users.delete_user(user_id)
        problems.retire_problem(problem_id)
    assert [
        key for key in stored() if "LIST#" in key[0] or "WORD#" in key[0] or key[0].startswith("USR#")
    ] == []
