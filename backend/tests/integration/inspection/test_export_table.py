"""`make dynamodb-export` on engines: every item once in long names, within a rate, and again after an interruption."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.codec.key_forms import kind_of
from api.dynamodb.errors import InvalidInput, Unavailable
from api.dynamodb.transport.factory import DynamoDBTransport, bulk_transport_for
from inspection.export import TableExport
from inspection.export_files import ExportFolder, ExportOptions
from tests.integration.inspection.conftest import LARGE, World
from tests.integration.repositories.account_data import all_items
from tests.support.scripts import run_script

SEGMENTS = 3


def lines(folder: Path, kind: str) -> list[dict[str, Any]]:
    files = sorted((folder / kind).glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def stored_kinds(world: World) -> Counter[str]:
    items = all_items(world.table)
    return Counter(kind_of(item) for item in items)


def exported(world: World, folder: Path, *arguments: str) -> dict[str, Any]:
    done = run_script(
        "export_table", "--jsonl", str(folder), "--json", "--segments", str(SEGMENTS), *arguments,
        settings=world.settings,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def test_every_item_is_exported_once_with_long_names_and_its_texts(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    report = exported(world, folder, "--max-rcu", "1000")
    stored = stored_kinds(world)
    assert report["kinds"] == dict(sorted(stored.items()))
    for kind in stored.keys() - {"text_part"}:
        assert len(lines(folder, kind)) == stored[kind], kind
    (run,) = lines(folder, "run")
    assert (run["history_id"], run["code"], run["hints"], run["is_code_public"]) == (
        99,
        LARGE,
        ["look"],
        True,
    )
    (problem,) = lines(folder, "problem")
    assert problem["solution_code"] == LARGE
    (case,) = lines(folder, "test_case")
    assert (case["input"], case["output"]) == (LARGE, "2")
    (day,) = lines(folder, "usage_day")
    assert [(use["problem_id"], use["metadata"]) for use in day["uses"]] == [(12, {"history_id": 99})]
    assert not (folder / "text_part").exists()
    assert report["unreadable"] == 0
    # What identifies a person is left out.
    assert all("email" not in user and "google_id" not in user for user in lines(folder, "user"))


def test_personal_fields_are_exported_when_asked_for(world: World, tmp_path: Path) -> None:
    exported(world, tmp_path / "export", "--personal")
    (user,) = lines(tmp_path / "export", "user")
    assert (user["email"], user["google_id"]) == ("Kim@Example.org", "g7")
    (guard,) = lines(tmp_path / "export", "email_guard")
    assert guard == {"email": "kim@example.org", "user_id": 7}


def test_a_finished_export_is_left_alone_and_another_one_is_refused(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    exported(world, folder)
    again = exported(world, folder)
    assert (again["was_completed"], again["read_units"]) == (True, 0.0)
    other = run_script("export_table", "--jsonl", str(folder), "--segments", "5", settings=world.settings)
    assert other.returncode == 2
    assert "holds an export with segments 3, not 5: name a folder that is new" in other.stderr
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").touch()
    foreign = run_script("export_table", "--jsonl", str(tmp_path / "notes"), settings=world.settings)
    assert foreign.returncode == 2
    assert "is not empty and holds no export" in foreign.stderr


class Interrupted(TableExport):
    """An export that fails after a number of calls."""

    calls_left = 0

    def _send(self, operation: str, request: dict[str, Any]) -> Any:
        if self.calls_left <= 0:
            raise Unavailable("the endpoint is gone")
        self.calls_left -= 1
        return super()._send(operation, request)


@pytest.mark.parametrize("calls", [0, 3, 9])
def test_an_interrupted_export_goes_on_and_has_every_item_once(
    world: World, tmp_path: Path, calls: int
) -> None:
    name = world.table.name

    def transport() -> DynamoDBTransport:
        return bulk_transport_for(DynamoDBClient.get_client(patient=True))

    options = ExportOptions(name, world.engine.endpoint_url, SEGMENTS, personal=False)
    first = Interrupted(transport(), name, ExportFolder(tmp_path / "export", options), SEGMENTS, page_items=2)
    first.calls_left = calls
    with pytest.raises(Unavailable):
        first.run()
    assert not ExportFolder(tmp_path / "export", options).completed
    folder = ExportFolder(tmp_path / "export", options)
    result = TableExport(transport(), name, folder, SEGMENTS, page_items=2).run()
    stored = stored_kinds(world)
    assert result.counts == stored
    assert folder.completed
    for kind in stored.keys() - {"text_part"}:
        assert len(lines(tmp_path / "export", kind)) == stored[kind], kind
    with pytest.raises(InvalidInput, match="holds an export with personal False, not True"):
        ExportFolder(
            tmp_path / "export", ExportOptions(name, world.engine.endpoint_url, SEGMENTS, personal=True)
        )


def test_a_record_whose_text_cannot_be_read_is_exported_without_it_and_named(
    world: World, tmp_path: Path
) -> None:
    part = next(item for item in all_items(world.table) if item["PK"]["S"] == "TXT#RUN#99")
    world.table.delete_item(Key={name: part[name]["S"] for name in ("PK", "SK")})
    done = run_script(
        "export_table", "--jsonl", str(tmp_path / "export"), "--segments", "2", settings=world.settings
    )
    assert done.returncode == 1
    assert "1 record could not be read completely, such as RUN#99 / META" in done.stderr
    (run,) = lines(tmp_path / "export", "run")
    assert (run["history_id"], run["code"]) == (99, None)
