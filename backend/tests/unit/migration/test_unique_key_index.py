"""The index of unique keys by row: claims, and what becomes of keys that an earlier rule made."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from migration.errors import Collision
from migration.unique_key_index import UniqueKeyIndex


def test_the_first_row_keeps_a_key_and_may_claim_it_again(tmp_path: Path) -> None:
    index = UniqueKeyIndex(tmp_path / "keys.sqlite3")
    index.claim(1, [("e-mail", "EML#kim@x.org")])
    index.claim(1, [("e-mail", "EML#kim@x.org"), ("Google account", "GID#1")])
    with pytest.raises(Collision, match=r"'kim@x\.org' is already held by row 1"):
        index.claim(2, [("Google account", "GID#2"), ("e-mail", "EML#kim@x.org")])
    assert (index.holder("GID#1"), index.holder("GID#2")) == (1, None)
    index.close()


def test_what_was_saved_is_there_when_it_is_opened_again(tmp_path: Path) -> None:
    first = UniqueKeyIndex(tmp_path / "keys.sqlite3")
    first.claim(1, [("e-mail", "EML#kim@x.org")])
    first.close()
    again = UniqueKeyIndex(tmp_path / "keys.sqlite3")
    assert not again.is_empty()
    again.close()


def test_an_index_whose_keys_an_earlier_rule_made_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "keys.sqlite3"
    former = sqlite3.connect(path)
    former.execute("CREATE TABLE held (key TEXT PRIMARY KEY, id INTEGER NOT NULL) WITHOUT ROWID")
    former.execute("INSERT INTO held VALUES ('EML#kim@strasse.example', 1)")
    former.commit()
    former.close()
    index = UniqueKeyIndex(path)
    assert index.is_empty()
    index.claim(2, [("e-mail", "EML#kim@strasse.example")])
    index.close()
    again = UniqueKeyIndex(path)
    assert again.holder("EML#kim@strasse.example") == 2
    again.close()
