"""Writes folders as DynamoDB exports tables to S3."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from api.dynamodb.clock import utc_now


def write_export(
    folder: Path,
    items: Iterable[dict[str, Any]],
    *,
    table: str = "algoitny_main",
    moment: datetime | None = None,
    files: int = 3,
    summary: Mapping[str, Any] | None = None,
) -> list[Path]:
    """Writes an export of items, and returns the paths of its data files. `summary` replaces values of the summary."""
    parts: list[list[dict[str, Any]]] = [[] for _ in range(files)]
    for number, item in enumerate(items):
        parts[number % files].append(item)
    (folder / "data").mkdir(parents=True)
    lines, paths = [], []
    for number, part in enumerate(parts):
        path = folder / "data" / f"part{number}.json.gz"
        with gzip.open(path, "wt", encoding="utf-8") as file:
            file.writelines(_line(item) for item in part)
        paths.append(path)
        key = f"backups/AWSDynamoDB/01693685827463-2d8752fd/data/{path.name}"
        lines.append(
            json.dumps({"itemCount": len(part), "md5Checksum": "-", "etag": "-", "dataFileS3Key": key})
        )
    (folder / "manifest-files.json").write_text("\n".join(lines) + "\n")
    at = (moment or utc_now()).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    described = {
        "version": "2020-06-30", "tableArn": f"arn:aws:dynamodb:us-east-1:123456789012:table/{table}",
        "exportTime": at, "itemCount": sum(map(len, parts)), "outputFormat": "DYNAMODB_JSON",
        "exportType": "FULL_EXPORT",
    }  # fmt: skip
    (folder / "manifest-summary.json").write_text(json.dumps({**described, **(summary or {})}))
    return paths


def _line(item: dict[str, Any]) -> str:
    """An item as a line of a data file; boto3's binaries become base64 text."""
    text = json.dumps({"Item": item}, ensure_ascii=False, default=lambda value: b64encode(value).decode())
    return text + "\n"
