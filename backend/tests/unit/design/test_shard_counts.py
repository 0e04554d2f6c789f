"""The design document's tables follow the shard counts of the key declaration."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from api.dynamodb.schema import keys
from design import document

BACKEND = Path(document.__file__).parents[1]
# Loads a copy of the declaration with one count changed, then makes the document's tables from it.
PROGRAM = """
import pathlib, sys, types
path = pathlib.Path("api/dynamodb/schema/keys.py")
source = path.read_text(encoding="utf-8")
changed = source.replace(sys.argv[1] + " = 1", sys.argv[1] + " = 8")
assert changed != source
module = types.ModuleType("api.dynamodb.schema.keys")
sys.modules[module.__name__] = module
exec(compile(changed, str(path), "exec"), module.__dict__)
from design import cost_tables, tables
print(tables.entities(), tables.indexes(), cost_tables.patterns(), cost_tables.partitions())
"""


@pytest.mark.parametrize(
    ("constant", "texts"),
    [
        ("TIMELINE_SHARDS", ["GSI2PK = `PUB#{0..7}`", "| GSI2 `PUB#{0..7}` |"]),
        ("USER_LIST_SHARDS", ["PK = `USRLIST#{0..7}`", "| `USRLIST#{0..7}` |"]),
        ("PROBLEM_LIST_SHARDS", ["PK = `PRBLIST#ALL#{0..7}`", "PK = `PRBLIST#PLT:{platform}#{0..7}`"]),
    ],
)
def test_a_changed_shard_count_changes_every_table(constant: str, texts: list[str]) -> None:
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, constant], cwd=BACKEND, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    prefix = texts[0].partition("#")[0]
    assert [text for text in texts if text not in run.stdout] == []
    assert not re.search(rf"{prefix}#(?!TAG|DRAFT)[^|`]*(?<=#)0`", run.stdout)


def test_text_outside_the_tables_names_the_declared_counts() -> None:
    declared = {"PUB": keys.TIMELINE, "USRLIST": keys.USER_LIST, "PRBLIST": keys.ALL_PROBLEMS}
    ranges = re.findall(
        r"\b(PUB|USRLIST|PRBLIST)#[^`|\s]*\{0\.\.(\d+)\}", "".join(each.read() for each in document.DOCUMENTS)
    )
    assert [(name, last) for name, last in ranges if int(last) != declared[name].shards - 1] == []
    for checked in document.DOCUMENTS:
        assert [e.partitions_text for e in declared.values() if e.partitions_text not in checked.read()] == []
