"""Mistakes with the files of an export: each is refused in one line that names the next step."""

from __future__ import annotations

import resource
import secrets
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from config.environment import MySQLSource, environment
from migration.errors import MigrationError
from migration.files import s3_destination
from migration.files.destination import FolderDestination, open_destination
from migration.files.export import export
from migration.files.export_job import ExportStore
from migration.files.s3_destination import S3Destination
from migration.job import MigrationOptions
from tests.integration.migration.files_harness import BUCKET, Files
from tests.integration.migration.migration_harness import LegacySource
from tests.support.sources import legacy_database


def test_a_folder_with_other_files_is_refused(users: Files, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(
        MigrationError, match=r"is not empty \(notes.txt\) and has no record of an export: name an"
    ):
        users.export(str(tmp_path), quiet=True)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != ".lock") == ["notes.txt"]


def test_the_export_of_another_source_or_table_or_version_is_left_alone(
    users: Files, mysql_server: MySQLSource, legacy_tables: tuple[str, ...]
) -> None:
    users.export()
    before = users.data("manifest.json")
    first_source, table = users.move.legacy, users.move.table
    with legacy_database(mysql_server, legacy_tables) as another:
        users.move.legacy = LegacySource(another)
        with pytest.raises(MigrationError, match=r"is filled from .*, and .* is another database"):
            users.export()
        users.move.legacy.close()
    users.move.legacy = first_source
    users.move.more["DYNAMODB_TABLE"] = "another_table"
    with pytest.raises(
        MigrationError, match=f"holds an export for table {table}, and DYNAMODB_TABLE is another_"
    ):
        users.export()
    users.move.more.clear()
    users.move.use_settings(**users.move.settings())
    with pytest.raises(MigrationError, match="was begun by a version with other versioned changes"):
        export(environment(), MigrationOptions(quiet=True), users.url, ("a_later_one",))
    assert users.data("manifest.json") == before


def test_a_finished_export_does_nothing_and_a_restart_writes_one_entity_again(users: Files) -> None:
    users.move.legacy.add("problems", {"id": 1})
    first = users.export()
    second = users.export()
    assert (first.fresh, second.fresh) == (True, False)
    assert second.manifest == first.manifest
    users.move.legacy.sql("DELETE FROM users WHERE id > 3")
    users.move.legacy.add("problems", {"id": 2})
    third = users.export(entity="users", restart=True)
    assert users.move.confirmed == [f"removing the files of plans, users in {users.url} to export them again"]
    assert (third.steps["users"].counts.read, third.steps["problems"].counts.read) == (3, 1)
    everything = users.export(restart=True)
    assert everything.manifest.job != first.manifest.job
    assert everything.steps["problems"].counts.read == 2


def test_two_runs_in_one_folder_are_refused(users: Files, tmp_path: Path) -> None:
    with FolderDestination(tmp_path / "export") as other:
        other.claim()
        with pytest.raises(MigrationError, match="another run exports into"):
            users.export(str(tmp_path / "export"))
    assert users.export(str(tmp_path / "export")).fresh


def test_of_two_runs_in_one_bucket_the_earlier_one_stops(users: Files) -> None:
    users.move.use_settings(**users.move.settings())
    stores = [ExportStore(S3Destination(users.url), users.move.table, ()) for _ in range(2)]
    for store in stores:
        assert store.read() is None
    stores[1].write("{}")
    with pytest.raises(MigrationError, match="another run has gone on with the export"):
        stores[0].write("{}")
    stores[1].write("{} ")


def test_a_full_disk_stops_the_export_and_room_lets_it_go_on(files: Files, tmp_path: Path) -> None:
    runs = [{"id": n, "code": secrets.token_hex(400)} for n in range(1, 300)]
    files.move.legacy.add("search_history", *runs)
    folder = str(tmp_path / "export")

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

    done = files.move.call("--to-files", folder, preexec_fn=limit)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(
        f"error: cannot write the files in {folder}: File too large; free"
    )
    assert list(Path(folder, ".partial").iterdir()) == []
    assert files.move.call("--to-files", folder).returncode == 0


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (
            "s3://no-such-bucket/x",
            "there is no bucket no-such-bucket: correct the name, or make it with aws s3 mb",
        ),
        ("s3://", "s3:// is not like s3://BUCKET/PREFIX"),
        ("ftp://host/x", "ftp://host/x is neither a folder nor s3://BUCKET/PREFIX"),
    ],
)
def test_an_address_that_cannot_be_used_is_one_line(users: Files, url: str, message: str) -> None:
    done = users.move.call("--to-files", url)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert message in done.stderr


def test_options_about_a_table_are_refused(users: Files) -> None:
    done = users.move.call("--to-files", users.url, "--retry-dead-letter")
    assert done.returncode == 2
    assert "--retry-dead-letter is about the table: import the files first" in done.stderr


def test_a_folder_is_not_imported(users: Files, tmp_path: Path) -> None:
    users.export(str(tmp_path))
    users.url = str(tmp_path)
    done = users.bring_in()
    assert done.returncode == 2
    assert f"ImportTable reads from S3 alone: aws s3 sync {tmp_path} s3://BUCKET/PREFIX" in done.stderr


@pytest.mark.parametrize(
    ("code", "operation", "message"),
    [
        ("AccessDenied", "CreateMultipartUpload", "allow s3:PutObject there"),
        ("AccessDenied", "ListObjectsV2", "allow s3:ListBucket there"),
        (
            "SlowDown",
            "PutObject",
            "PutObject on s3://algoitny-move/x failed: SlowDown .*; run the command again",
        ),
    ],
)
def test_what_s3_refuses_is_one_line(users: Files, code: str, operation: str, message: str) -> None:
    users.move.use_settings(**users.move.settings())
    response: Any = {"Error": {"Code": code, "Message": "no"}}
    with (
        pytest.raises(MigrationError, match=message),
        S3Destination(f"s3://{BUCKET}/x").explained(),
    ):
        raise ClientError(response, operation)


def test_a_large_file_is_uploaded_in_parts_and_an_unfinished_one_is_removed(
    users: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_destination, "PART_BYTES", 5 << 20)
    users.move.use_settings(**users.move.settings())
    content = secrets.token_bytes(11 << 20)

    def uploads() -> int:
        listed = users.s3.list_multipart_uploads(Bucket=BUCKET, Prefix=users.key(""))
        return len(listed.get("Uploads") or ())

    with open_destination(users.url) as destination:
        for name in ("killed", "whole", "abandoned"):
            sink = destination.create(name)
            for start in range(0, len(content), 1 << 20):
                sink.write(content[start : start + (1 << 20)])
            if name == "whole":
                sink.finish()
            elif name == "abandoned":
                sink.abandon()
        assert destination.sizes() == {"whole": len(content)}
        assert b"".join(destination.blocks("whole")) == content
        assert uploads() == 1
        destination.discard_partial()
        assert uploads() == 0
