"""The minimal IAM policies of the service, the move, its files, an operator and a dashboard, with their reasons.

A transaction has no action of its own: it needs those of its parts. Tests run the repositories, the move
and its verification, and compare their calls with these policies.
"""

from __future__ import annotations

from typing import Any

from api.dynamodb.schema.keys import OPERATIONS_PREFIX, PROBLEM_PK
from lifecycle.infrastructure.grants import (
    ANYTHING,
    BACKUPS,
    BUCKET,
    HISTORY,
    IMPORT_LOGS,
    IMPORTS,
    INDEXES,
    METRICS,
    OBJECTS,
    RESTORED,
    STREAMS,
    TABLE,
    Policy,
    Statement,
    dynamodb,
)

# What the repositories call; CloudWatch counts errors by these names.
REPOSITORY_OPERATIONS = (
    "GetItem", "BatchGetItem", "Query",
    "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems",
)  # fmt: skip
MFA_SECONDS = 3600

_ITEM_ACTIONS = dynamodb("GetItem", "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem")
_HISTORY = Statement(
    "History", dynamodb("CreateTable", "DescribeTable", "UpdateTable", "DescribeContinuousBackups",
                        "UpdateContinuousBackups", "GetItem", "Query", "PutItem", "UpdateItem", "ConditionCheckItem"),
    (HISTORY,), "what was changed, and the lease of who changes it; its table has recovery and deletion protection, "
                "and no record is ever deleted",
)  # fmt: skip
_MFA: dict[str, dict[str, Any]] = {
    "Bool": {"aws:MultiFactorAuthPresent": "true"},
    "NumericLessThan": {"aws:MultiFactorAuthAge": str(MFA_SECONDS)},
}
_LEASE = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [f"{OPERATIONS_PREFIX}migration"]}}
_PROBLEMS = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [PROBLEM_PK.key("*")]}}

SERVICE = Policy(
    "service", "ServicePolicy", "the web service: its task or instance role",
    (
        Statement("Items", (*_ITEM_ACTIONS, *dynamodb("ConditionCheckItem")), (TABLE,),
                  "the repositories' calls; a transaction is allowed by the actions of its parts"),
        Statement("Queries", dynamodb("Query"), (TABLE, INDEXES),
                  "lists, on the table and on every index, so that readers can switch to a new one"),
        Statement("Readiness", dynamodb("DescribeTable"), (TABLE,),
                  "`/api/health/ready/` asks whether the table and its indexes are ACTIVE; so do the metrics"),
        Statement("Metrics", dynamodb("PutItem"), (METRICS,),
                  "each process writes what it counted to the table of metrics, and reads nothing there"),
    ),
)  # fmt: skip

MIGRATION = Policy(
    "migration", "MigrationPolicy", "the move from MySQL and its proof, for as long as they run",
    (
        Statement("Look", dynamodb("DescribeTable", "DescribeTimeToLive"), (TABLE, METRICS),
                  "the move refuses a table that is not as declared"),
        Statement("Init",
                  dynamodb("CreateTable", "UpdateTimeToLive", "TagResource", "DescribeContinuousBackups",
                           "UpdateContinuousBackups"),
                  (TABLE, METRICS), "`make dynamodb-init` creates the tables as declared, with TTL, recovery and tags"),
        _HISTORY,
        Statement("Load", dynamodb("BatchWriteItem"), (TABLE,),
                  "rows go in batches of 25, which repeat without harm; so does what a restart removes"),
        Statement("Problems", dynamodb("UpdateItem", "DeleteItem"), (TABLE,),
                  "problems go one by one, so that the statements that the service wrote stay", _PROBLEMS),
        Statement("Lease", dynamodb("GetItem", "UpdateItem"), (TABLE,),
                  "one run at a time, or one of each part: conditional writes of leases and checkpoints", _LEASE),
        Statement("Verify", dynamodb("Scan", "Query", "BatchGetItem"), (TABLE,),
                  "the proof reads the whole table back; with `Look` it is all that the proof needs"),
        Statement("Metrics", dynamodb("PutItem"), (METRICS,), "how a run ended, for the dashboard"),
    ),
)  # fmt: skip

OPERATOR = Policy(
    "operator", "OperatorPolicy", "a person who changes the table: versioned changes, indexes, backups",
    (
        Statement("Change",
                  dynamodb("DescribeTable", "DescribeTimeToLive", "DescribeContinuousBackups", "ListTagsOfResource",
                           "CreateTable", "UpdateTable", "UpdateTimeToLive", "UpdateContinuousBackups",
                           "TagResource", "UntagResource"),
                  (TABLE, METRICS), "every plan, check and wait begins with a look; the kinds of change that there "
                                    "are: table, indexes, billing, streams, protection, TTL, recovery, tags"),
        _HISTORY,
        Statement("Items", (*_ITEM_ACTIONS, *dynamodb("ConditionCheckItem")), (TABLE, METRICS),
                  "changes of data in chunks, sample data, repairs, the comparison of an index with the table, and how "
                  "a command ended, for the dashboard"),
        Statement("WithIndexes",
                  dynamodb("Query", "Scan", "DescribeContributorInsights", "UpdateContributorInsights"),
                  (TABLE, INDEXES),
                  "items that an index would skip are looked for before it is built; its contents after; which keys "
                  "are throttled or used most"),
        Statement("Backup", dynamodb("CreateBackup"), (TABLE,),
                  "nothing is deleted without a finished backup"),
        Statement("BackupState", dynamodb("DescribeBackup"), (BACKUPS,),
                  "whether it is finished; nobody here may delete one"),
        Statement("Restore", dynamodb("RestoreTableFromBackup", "RestoreTableToPointInTime"),
                  (TABLE, BACKUPS, RESTORED), "a restore goes to a new table beside the old one, named so"),
        Statement("Restored",
                  (*_ITEM_ACTIONS,
                   *dynamodb("DescribeTable", "Query", "Scan", "UpdateTimeToLive", "TagResource")),
                  (RESTORED,), "DynamoDB fills it in the caller's name; TTL and tags are not restored with it"),
        Statement("Delete", dynamodb("DeleteTable"), (TABLE,),
                  f"only within {MFA_SECONDS // 60} minutes of a second factor; the tools make a backup and "
                  "take deletion protection away first", _MFA),
        Statement("Unscoped",
                  (*dynamodb("ListBackups"), "cloudwatch:GetMetricStatistics"),
                  (ANYTHING,),
                  "AWS narrows these to no table; the metric is the progress of an index's build"),
    ),
)  # fmt: skip

READER = Policy(
    "reader", "ReaderPolicy", "commands that only look, and `check` in a pipeline",
    (
        Statement("Look",
                  dynamodb("DescribeTable", "DescribeTimeToLive", "DescribeContinuousBackups",
                           "ListTagsOfResource"),
                  (TABLE, METRICS), "states, sizes, and the comparison with the declaration"),
        Statement("Items", dynamodb("GetItem", "BatchGetItem"), (TABLE,), "single things by key"),
        Statement("Read", dynamodb("Query", "Scan", "DescribeContributorInsights"), (TABLE, INDEXES),
                  "lists and samples, and whether keys are counted as declared"),
        Statement("Metrics", ("cloudwatch:GetMetricData",), (ANYTHING,),
                  "charts; AWS narrows it to no table"),
    ),
)  # fmt: skip

DASHBOARD = Policy(
    "dashboard", "DashboardPolicy", "`make dashboard`: what the service counted, and nothing of people's data",
    (
        Statement("Read", dynamodb("GetItem", "Query", "Scan"), (METRICS, HISTORY),
                  "the figures and events of the service, and the state of the versioned changes"),
        Statement("Move", dynamodb("Query"), (TABLE,), "how far the move is: its leases and checkpoints alone", _LEASE),
    ),
)  # fmt: skip

POLICIES = (SERVICE, MIGRATION, OPERATOR, DASHBOARD)

FILES = Policy(
    "files", "FilesPolicy", "the move by files and its import, beside the policy `migration`",
    (
        Statement("Import", dynamodb("ImportTable"), (TABLE,), "makes the table of the files"),
        Statement("Progress", dynamodb("DescribeImport"), (IMPORTS,), "how far it is, and what it refused"),
        Statement("Complete",
                  dynamodb("UpdateTable", "UpdateTimeToLive", "UpdateContinuousBackups", "TagResource",
                           "ListTagsOfResource"),
                  (TABLE,), "the settings that ImportTable does not take"),
        Statement("Insights", dynamodb("DescribeContributorInsights", "UpdateContributorInsights"),
                  (TABLE, INDEXES), "these as well"),
        Statement("Bucket", ("s3:ListBucket", "s3:ListBucketMultipartUploads"), (BUCKET,),
                  "which files there are, and which uploads a killed export left"),
        Statement("Files", ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"),
                  (OBJECTS,), "the export writes them, the check and ImportTable read them, in the caller's name"),
        Statement("Logs",
                  ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogGroups",
                   "logs:DescribeLogStreams", "logs:PutLogEvents", "logs:PutRetentionPolicy"),
                  (IMPORT_LOGS,), "ImportTable logs what it refuses, in the caller's name"),
        Statement("Unscoped", dynamodb("ListImports"), (ANYTHING,), "AWS narrows it to no table"),
    ),
)  # fmt: skip

LIVE = Policy(
    "live", "LivePolicy", "following MySQL while it is written to, beside the policy `migration`",
    (
        Statement("Follow",
                  dynamodb("GetItem", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"), (TABLE,),
                  "every write is in a transaction with a check of a fence; state and fences are conditional writes"),
    ),
)  # fmt: skip

CUTOVER = Policy(
    "cutover", "CutoverPolicy", "giving the writes to DynamoDB, and back, beside the policies `migration` and `live`",
    (
        Statement("CutOver", dynamodb("BatchGetItem", "DescribeTable", "GetItem", "Query", "Scan", "UpdateTable"),
                  (TABLE,),
                  "a cutover turns the table's stream on, a rollback and the end turn it off; things are read again"),
        Statement("ReadStream", dynamodb("DescribeStream", "GetShardIterator", "GetRecords"), (STREAMS,),
                  "what the service writes after a cutover goes back to MySQL"),
    ),
)  # fmt: skip

FUNCTION = Policy(
    "function", "FunctionPolicy", "the direction back as a function: its role, in `algoitny-live-function.json`",
    (
        Statement("Things", dynamodb("BatchGetItem", "GetItem", "Query"), (TABLE,),
                  "what a record says was changed is read again, by key"),
        Statement("ReadStream", dynamodb("DescribeStream", "GetShardIterator", "GetRecords"), (STREAMS,),
                  "the event source mapping reads in the function's name, and the hourly sweep does"),
        Statement("Unscoped", dynamodb("ListStreams"), (ANYTHING,),
                  "the mapping asks for it; AWS narrows it to no table"),
    ),
)  # fmt: skip

# Documents alone: the template may have 51,200 bytes, and the bucket of `files` is none of the stack.
DOCUMENTS = (*POLICIES, READER, FILES, LIVE, CUTOVER, FUNCTION)
