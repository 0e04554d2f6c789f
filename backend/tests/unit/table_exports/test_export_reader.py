"""Folders of DynamoDB exports: read as they are, and refused with the file and line of what is wrong."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from api.dynamodb.errors import InvalidInput
from api.dynamodb.table.expressions import equals
from api.dynamodb.table.store import Store
from table_exports.export_reader import DamagedExport, open_export
from table_exports.exported_table import ExportedTable
from tests.support.table_exports import write_export

MOMENT = datetime(2026, 11, 30, 4, tzinfo=UTC)
ITEMS: list[dict[str, Any]] = [
    {"PK": {"S": pk}, "SK": {"S": sk}, "n": {"N": str(number % 2)}, "tit": {"S": "합 é 𝄞"}}
    for pk in ("A", "A#1", "한")
    for number, sk in enumerate(("#", "1", "10", "2", "é", "𝄞"))
]


def read_all(folder: Path) -> list[dict[str, Any]]:
    return list(open_export(folder).read())


def test_an_export_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_export(tmp_path / "x", ITEMS, table="algoitny_other", moment=MOMENT)
    export = open_export(tmp_path / "x")
    assert (export.table_name, export.moment, export.items) == ("algoitny_other", MOMENT, len(ITEMS))
    assert sorted(export.read(), key=str) == sorted(ITEMS, key=str)
    write_export(tmp_path / "empty", [])
    assert read_all(tmp_path / "empty") == []


def test_damage_is_told_with_its_file_and_line(tmp_path: Path) -> None:
    paths = write_export(tmp_path, ITEMS, files=1)
    (path,) = paths
    whole = path.read_bytes()
    lines = gzip.decompress(whole).decode().splitlines()
    for damaged, reason in (
        ("{", "Expecting property name"),
        ("[]", "list indices"),
        ('{"NewImage": {}}', "'Item' is missing"),
        ('{"Item": {"PK": {"S": "A"}}}', "'SK' is missing"),
        ('{"Item": {"PK": {"S": "A"}, "SK": {}}}', "not exactly one type"),
        ("", "Expecting value"),
    ):
        path.write_bytes(gzip.compress("\n".join([*lines[:4], damaged, *lines[5:]]).encode()))
        with pytest.raises(DamagedExport, match="line 5: ") as caught:
            read_all(tmp_path)
        assert reason in str(caught.value) and str(path) in str(caught.value)
        assert caught.value.hint == "copy the export from S3 again"
    path.write_bytes(gzip.compress("\n".join(lines[:7]).encode()))
    with pytest.raises(DamagedExport, match="ends after 7 of 18 items"):
        read_all(tmp_path)
    path.write_bytes(gzip.compress(b"\xff\n"))
    with pytest.raises(DamagedExport, match="after line 0"):
        read_all(tmp_path)


def test_a_file_that_is_cut_off_anywhere_is_told(tmp_path: Path) -> None:
    (path,) = write_export(tmp_path, ITEMS, files=1)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(DamagedExport, match=str(path)):
            read_all(tmp_path)
    path.write_bytes(b"no gzip")
    with pytest.raises(DamagedExport, match="Not a gzipped file"):
        read_all(tmp_path)
    path.unlink()
    with pytest.raises(DamagedExport, match="is missing"):
        read_all(tmp_path)


def test_what_is_not_such_an_export_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"has no manifest-summary\.json"):
        open_export(tmp_path)
    (tmp_path / "export.json").write_text("{}")
    with pytest.raises(InvalidInput, match="holds JSON Lines, which leave out index keys"):
        open_export(tmp_path)
    for name, value in (("exportType", "INCREMENTAL_EXPORT"), ("outputFormat", "ION")):
        write_export(tmp_path / name, ITEMS, summary={name: value})
        with pytest.raises(InvalidInput, match=f"an export with {name} {value}") as caught:
            open_export(tmp_path / name)
        assert caught.value.hint == "make a full export in the format DYNAMODB_JSON"


def test_a_damaged_manifest_is_told(tmp_path: Path) -> None:
    for name, value in (
        ("exportTime", "yesterday"),
        ("itemCount", None),
        ("exportTime", "2026-11-30T04:00:00"),
    ):
        write_export(tmp_path / f"{name}{value}", ITEMS, summary={name: value})
        with pytest.raises(DamagedExport, match=r"manifest-summary\.json: "):
            open_export(tmp_path / f"{name}{value}")
    write_export(tmp_path / "x", ITEMS)
    files = tmp_path / "x" / "manifest-files.json"
    first, *others = files.read_text().splitlines()
    files.write_text("\n".join(others))
    with pytest.raises(DamagedExport, match="lists 12 of 18 items"):
        open_export(tmp_path / "x")
    files.write_text(first + "\n{}\n")
    with pytest.raises(DamagedExport, match=r"manifest-files\.json, line 2: 'dataFileS3Key' is missing"):
        open_export(tmp_path / "x")
    files.unlink()
    with pytest.raises(DamagedExport, match=r"manifest-files\.json is missing"):
        open_export(tmp_path / "x")


def test_an_item_that_comes_twice_is_told(tmp_path: Path) -> None:
    write_export(tmp_path, [*ITEMS, ITEMS[3]])
    with pytest.raises(DamagedExport, match="has 1 items twice"):
        ExportedTable(open_export(tmp_path))


def test_an_exported_table_answers_as_a_table_does(tmp_path: Path) -> None:
    write_export(tmp_path, ITEMS)
    store = Store(ExportedTable(open_export(tmp_path)), "t")
    by_sk = {item["SK"]["S"]: item for item in ITEMS if item["PK"]["S"] == "A"}
    assert list(by_sk) == ["#", "1", "10", "2", "é", "𝄞"]
    assert store.get(("A", "10"), entity="x") == by_sk["10"]
    assert store.get(("A", "11"), entity="x") is None
    assert store.batch_get([("A", "1"), ("A", "3")], entity="x") == {("A", "1"): by_sk["1"]}
    assert store.query_all("A", entity="x") == list(by_sk.values())
    assert store.query_all("A", entity="x", forward=False, limit=4) == list(by_sk.values())[::-1]
    assert store.query_all("A", entity="x", sort=("1", "2"), limit=1) == [
        by_sk[sk] for sk in ("1", "10", "2")
    ]
    odd = store.query_all("A", entity="x", where=equals("n", {"N": "1"}), limit=2)
    assert [item["SK"]["S"] for item in odd] == ["1", "2", "𝄞"]
    page = store.scan(0, 1, limit=10)
    rest = store.scan(0, 1, limit=10, start=page.last_key)
    assert [*page.items, *rest.items] == ITEMS
    assert rest.last_key is None
    with pytest.raises(InvalidInput, match="an export can only be read"):
        store.put(ITEMS[0], entity="x")


def test_a_long_partition_is_read_in_pages(tmp_path: Path) -> None:
    items = [
        {"PK": {"S": "A"}, "SK": {"S": f"{number:03}"}, "t": {"S": "x" * 90_000}} for number in range(25)
    ]
    write_export(tmp_path, items)
    store = Store(ExportedTable(open_export(tmp_path)), "t")
    assert len(store.query("A", entity="x").items) == 12
    assert store.query_all("A", entity="x") == items


def test_lines_of_an_export_may_be_in_any_json(tmp_path: Path) -> None:
    (path,) = write_export(tmp_path, ITEMS[:1], files=1)
    path.write_bytes(gzip.compress(json.dumps({"Item": ITEMS[0]}, indent=None).encode()))
    assert read_all(tmp_path) == ITEMS[:1]
