"""Makes the table from files in S3 by ImportTable, and brings it to its declared state and its history with it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api.dynamodb.control_plane.calls import call, is_unsupported
from api.dynamodb.control_plane.creation import check_structure
from api.dynamodb.control_plane.declaration import TableConfig
from api.dynamodb.control_plane.description import find_table
from api.dynamodb.control_plane.errors import TableChangeError
from api.dynamodb.control_plane.waiting import wait_until, wait_until_active
from api.dynamodb.errors import DataLayerError
from config.environment import Environment
from lifecycle.adoption import adopt
from lifecycle.change_files import CHANGES_DIR, load_changes
from lifecycle.errors import BadInput
from lifecycle.history import History
from lifecycle.restored_table import complete
from lifecycle.runner import Runner
from lifecycle.selection import Selection
from lifecycle.service_table import METRICS_CHANGE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

# Limits of ImportTable, November 2026.
MAX_FILES = 50_000
MAX_INDEXES = 20
LARGE_REGIONS = frozenset({"us-east-1", "us-west-2", "eu-west-1"})
MAX_BYTES, MAX_BYTES_IN_LARGE_REGIONS = 10**12, 15 * 10**12
IMPORT_SECONDS = 7 * 86400.0
# What ImportTable takes of CreateTable's parameters; the rest of the declaration is applied afterwards.
_PARAMETERS = (
    "TableName", "BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "ProvisionedThroughput",
)  # fmt: skip
_RUNNING = ("IN_PROGRESS", "CANCELLING")


@dataclass(frozen=True)
class ImportFiles:
    """Compressed DynamoDB JSON under a prefix of a bucket, and nothing else there.

    `items` are the items in it, `bytes` and `compressed` its sizes before and after compression, `digest` identifies
    the files, `changes` are the versioned changes whose form the items have.
    """

    bucket: str
    prefix: str
    files: int
    items: int
    bytes: int
    compressed: int
    digest: str
    changes: tuple[str, ...]

    @property
    def url(self) -> str:
        """The address of the files."""
        return f"s3://{self.bucket}/{self.prefix}"


@dataclass(frozen=True)
class ImportProgress:
    """How far an import is: its status, items processed, imported and refused, and bytes before compression."""

    status: str
    processed: int
    imported: int
    errors: int
    bytes: int
    failure: str
    log_group: str

    @classmethod
    def of(cls, description: Any) -> ImportProgress:
        """The progress in a DescribeImport."""
        failure = [
            str(description[name]) for name in ("FailureCode", "FailureMessage") if description.get(name)
        ]
        return cls(
            description["ImportStatus"], description.get("ProcessedItemCount", 0),
            description.get("ImportedItemCount", 0), description.get("ErrorCount", 0),
            description.get("ProcessedSizeBytes", 0), ": ".join(failure), description.get("CloudWatchLogGroupArn", ""),
        )  # fmt: skip


@dataclass(frozen=True)
class ImportedTable:
    """A finished import: its ARN, its counts, the settings that were applied, and the changes that were recorded."""

    arn: str
    progress: ImportProgress
    settings: tuple[str, ...]
    changes: tuple[str, ...]


def require_import_table(client: BotoClient, settings: Environment) -> None:
    """Raises `BadInput` on an engine without ImportTable. One ListImports."""
    try:
        call(client, "ListImports", settings.table_name, PageSize=1)
    except DataLayerError as failure:
        if is_unsupported(failure):
            raise BadInput(
                f"the engine at {settings.target} has no ImportTable",
                hint="AWS and MiniStack have it; move directly with make dynamodb-migrate",
            ) from failure
        raise


def check_import(client: BotoClient, config: TableConfig, files: ImportFiles) -> None:
    """Raises `BadInput` for files beyond ImportTable's limits, or with changes that are not known. No call."""
    large = client.meta.region_name in LARGE_REGIONS
    limits = (
        (files.files, MAX_FILES, "files"),
        (len(config.indexes), MAX_INDEXES, "indexes"),
        (files.compressed, MAX_BYTES_IN_LARGE_REGIONS if large else MAX_BYTES, "bytes in S3"),
    )
    for number, limit, noun in limits:
        if number > limit:
            raise BadInput(
                f"ImportTable takes {limit:,} {noun}, and there are {number:,}",
                hint="move directly with make dynamodb-migrate",
            )
    changes = {change.name for change in load_changes([CHANGES_DIR])}
    for name in files.changes:
        if name not in changes:
            raise BadInput(
                f"the files have the form of {name}, which this version does not know",
                hint="import them with the version that exported them",
            )


def import_table(
    client: BotoClient,
    settings: Environment,
    config: TableConfig,
    files: ImportFiles,
    *,
    on_progress: Callable[[ImportProgress], None] = lambda progress: None,
    show: Callable[[str], None] = lambda line: None,
) -> ImportedTable:
    """Makes the table from the files, waits until they are in, and completes it as declared.

    Run again, it waits for the import that is running, or completes a table whose import is done. `on_progress`
    receives each look at the import, `show` lines for people. Raises `BadInput` for what `check_import` refuses and
    for a table that exists, `TableChangeError` with the counts for an import that failed. No capacity: ImportTable
    charges for the bytes before compression, by the GB.
    """
    require_import_table(client, settings)
    check_import(client, config, files)
    env = settings.table_environment
    name = config.table_name(env)
    arn = _find_import(client, name, files)
    if arn is None:
        arn = _begin(client, config, env, files)
        show(f"{name}: being imported, AWS goes on even if this command ends")
    progress = _wait(client, name, arn, files, on_progress)
    check_structure(config.for_env(env), wait_until_active(client, name))
    done = complete(client, config, env, show)
    return ImportedTable(arn, progress, tuple(done), tuple(_record(client, settings, files.changes, show)))


def _find_import(client: BotoClient, name: str, files: ImportFiles) -> str | None:
    """The import of these files that made the table; None without a table. Raises `BadInput` for another table."""
    if find_table(client, name) is None:
        return None
    table: Any = call(client, "DescribeTable", name, TableName=name)["Table"]
    request: dict[str, Any] = {"TableArn": table["TableArn"]}
    while True:
        page = call(client, "ListImports", name, **request)
        for summary in page.get("ImportSummaryList", ()):
            arn: str = summary["ImportArn"]
            description: Any = call(client, "DescribeImport", name, ImportArn=arn)["ImportTableDescription"]
            is_of_table = description.get("TableId") in (None, table.get("TableId"))
            if is_of_table and str(description.get("ClientToken", "")).startswith(files.digest):
                return arn
        if not page.get("NextToken"):
            break
        request["NextToken"] = page["NextToken"]
    raise BadInput(
        f"table {name} exists, and ImportTable always makes a new one",
        hint="delete it with make dynamodb-delete, or export for another DYNAMODB_TABLE",
    )


def _begin(client: BotoClient, config: TableConfig, env: str, files: ImportFiles) -> str:
    definition = config.definition(env)
    response = call(
        client, "ImportTable", config.table_name(env),
        # The same token within eight hours would answer with an import that has failed.
        ClientToken=f"{files.digest}-{secrets.token_hex(4)}",
        S3BucketSource={"S3Bucket": files.bucket, "S3KeyPrefix": files.prefix},
        InputFormat="DYNAMODB_JSON", InputCompressionType="GZIP",
        TableCreationParameters={key: definition[key] for key in _PARAMETERS if key in definition},
    )  # fmt: skip
    arn: str = response["ImportTableDescription"]["ImportArn"]
    return arn


def _wait(
    client: BotoClient,
    name: str,
    arn: str,
    files: ImportFiles,
    on_progress: Callable[[ImportProgress], None],
) -> ImportProgress:
    """Waits until the import has ended, and returns its counts. Raises `TableChangeError` unless all items are in."""
    progress: ImportProgress | None = None

    def has_ended() -> bool:
        nonlocal progress
        description = call(client, "DescribeImport", name, ImportArn=arn)["ImportTableDescription"]
        progress = ImportProgress.of(description)
        on_progress(progress)
        return progress.status not in _RUNNING

    wait_until(has_ended, f"the import of {name}", seconds=IMPORT_SECONDS)
    assert progress is not None  # noqa: S101 (has_ended has set it)
    is_whole = progress.imported == progress.processed == files.items and not progress.errors
    if progress.status == "COMPLETED" and is_whole:
        return progress
    reason = f" ({progress.failure})" if progress.failure else ""
    raise TableChangeError(
        f"the import of {files.url} into {name} ended as {progress.status}{reason}: of {files.items:,} items "
        f"{progress.processed:,} were processed, {progress.imported:,} imported, {progress.errors:,} refused; "
        f"each error is in CloudWatch, {progress.log_group or '/aws-dynamodb/imports'}",
        hint="correct what it names, delete the table with make dynamodb-delete if it is there, and import again",
    )


def _record(
    client: BotoClient, settings: Environment, names: tuple[str, ...], show: Callable[[str], None]
) -> list[str]:
    """Records the changes whose form the items have as applied, as a move into a table of today would have left them.

    Later ones stay pending, for `make dynamodb-changes-migrate`; the table of metrics, which has none of the items,
    is made.
    """
    env = settings.table_environment
    history = History(client, settings.history_table, env)
    runner = Runner(client, env, load_changes([CHANGES_DIR]), history, show, lambda tables: None)
    recorded: list[str] = []
    for change in runner.changes:
        if change.name in names and settings.table_name in {step.table(env) for step in change.up()}:
            adoption = adopt(runner, Selection(target=change.name), despite_differences=True)
            recorded += [adopted.name for adopted in adoption.changes]
    silent = Runner(client, env, runner.changes, history, lambda text: None, lambda tables: None)
    return recorded + silent.migrate(Selection(target=METRICS_CHANGE), repair=True).changes
