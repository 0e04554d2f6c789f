"""The files of an export in an S3 bucket: multipart uploads in parts of 16 MB, so that memory is bounded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from api.dynamodb.transport.access import service_client
from migration.errors import MigrationError
from migration.files.destination import BLOCK_BYTES, Destination, FileSink

PART_BYTES = 16 << 20
_URL = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?")
_REPLACED = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}
_MISSING = {"NoSuchKey", "404"}
_REFUSED = {"AccessDenied", "AllAccessDisabled", "403", "Forbidden"}
# The IAM action of an operation whose name differs.
_ACTIONS = {
    "ListObjectsV2": "ListBucket", "ListMultipartUploads": "ListBucketMultipartUploads",
    "CreateMultipartUpload": "PutObject", "UploadPart": "PutObject", "CompleteMultipartUpload": "PutObject",
}  # fmt: skip


class S3Destination(Destination):
    """A prefix of a bucket. A file that was read is replaced only as it was read, so that of two runs one stops.

    Raises `MigrationError` for an address without a bucket.
    """

    def __init__(self, url: str) -> None:
        match = _URL.fullmatch(url)
        if match is None:
            raise MigrationError(f"{url} is not like s3://BUCKET/PREFIX")
        self.bucket, prefix = match[1], (match[2] or "").strip("/")
        self.prefix = f"{prefix}/" if prefix else ""
        self.url = f"s3://{self.bucket}/{prefix}".rstrip("/")
        self.client: Any = service_client("s3")
        self._etags: dict[str, str | None] = {}

    def at(self, name: str) -> dict[str, str]:
        """Bucket and key of a file."""
        return {"Bucket": self.bucket, "Key": self.prefix + name}

    def claim(self) -> None:
        """Nothing: the conditional writes of `write` keep a second run out."""

    def discard_partial(self) -> None:
        """Aborts the unfinished uploads of killed runs, which are kept and paid for otherwise."""
        with self.explained():
            pages = self.client.get_paginator("list_multipart_uploads")
            for page in pages.paginate(Bucket=self.bucket, Prefix=self.prefix):
                for upload in page.get("Uploads") or ():
                    self.client.abort_multipart_upload(
                        Bucket=self.bucket, Key=upload["Key"], UploadId=upload["UploadId"]
                    )

    def read(self, name: str) -> bytes | None:
        """A small file; None if there is none. One GetObject."""
        try:
            with self.explained():
                response = self.client.get_object(**self.at(name))
                data: bytes = response["Body"].read()
        except FileNotFoundError:
            self._etags[name] = None
            return None
        self._etags[name] = response["ETag"]
        return data

    def write(self, name: str, data: bytes) -> None:
        """Replaces a small file; one that was read, only if no other run has replaced it. One PutObject."""
        condition = {}
        if name in self._etags:
            etag = self._etags[name]
            condition = {"IfNoneMatch": "*"} if etag is None else {"IfMatch": etag}
        with self.explained():
            try:
                response = self.client.put_object(**self.at(name), Body=data, **condition)
            except ClientError as error:
                # A write whose response was lost is repeated, and refused because of itself.
                if error.response["Error"]["Code"] not in _REPLACED or self.read(name) != data:
                    raise
                return
        if name in self._etags:
            self._etags[name] = response["ETag"]

    def remove(self, name: str) -> None:
        """Removes a file if it is there. One DeleteObject."""
        with self.explained():
            self.client.delete_object(**self.at(name))

    def sizes(self, prefix: str = "") -> dict[str, int]:
        """The files whose names begin so, each with its size in bytes. One ListObjectsV2 for 1,000."""
        sizes: dict[str, int] = {}
        with self.explained():
            pages = self.client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self.bucket, Prefix=self.prefix + prefix):
                for entry in page.get("Contents") or ():
                    sizes[entry["Key"].removeprefix(self.prefix)] = entry["Size"]
        return sizes

    def create(self, name: str) -> FileSink:
        """A new file to write."""
        return _S3Sink(self, name)

    def blocks(self, name: str) -> Iterator[bytes]:
        """The content of a file, in blocks of at most 1 MB. One GetObject."""
        with self.explained():
            yield from self.client.get_object(**self.at(name))["Body"].iter_chunks(BLOCK_BYTES)

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turns boto3's exceptions into one line with the next step; a missing file into `FileNotFoundError`."""
        try:
            yield
        except ClientError as error:
            raise self._error(error) from None
        except BotoCoreError as error:
            raise MigrationError(
                f"S3 cannot be reached for {self.url} ({error}): run the command again, it continues where it stopped"
            ) from None

    def _error(self, error: ClientError) -> Exception:
        code, operation = error.response["Error"]["Code"], error.operation_name
        if code in _MISSING:
            return FileNotFoundError(f"{self.url}: {operation} names a file that is not there")
        if code == "NoSuchBucket":
            return MigrationError(
                f"there is no bucket {self.bucket}: correct the name, or make it with aws s3 mb s3://{self.bucket}"
            )
        if code in _REFUSED:
            return MigrationError(
                f"AWS refused {operation} on {self.url}: allow s3:{_ACTIONS.get(operation, operation)} there, as "
                "infra/iam/files.json does"
            )
        if code in _REPLACED:
            return MigrationError(
                f"another run has gone on with the export into {self.url}, and this one stopped"
            )
        message = error.response["Error"].get("Message", "")
        return MigrationError(
            f"{operation} on {self.url} failed: {code} {message}; run the command again, it continues where it stopped"
        )


class _S3Sink(FileSink):
    def __init__(self, destination: S3Destination, name: str) -> None:
        self._destination, self._at = destination, destination.at(name)
        self._client = destination.client
        self._buffer = bytearray()
        self._upload: str | None = None
        self._parts: list[dict[str, Any]] = []

    def write(self, data: bytes) -> None:
        self._buffer += data
        while len(self._buffer) >= PART_BYTES:
            self._send(bytes(self._buffer[:PART_BYTES]))
            del self._buffer[:PART_BYTES]

    def _send(self, part: bytes) -> None:
        with self._destination.explained():
            if self._upload is None:
                self._upload = self._client.create_multipart_upload(**self._at)["UploadId"]
            number = len(self._parts) + 1
            response = self._client.upload_part(
                **self._at, UploadId=self._upload, PartNumber=number, Body=part
            )
        self._parts.append({"PartNumber": number, "ETag": response["ETag"]})

    def finish(self) -> None:
        if self._upload is None:
            with self._destination.explained():
                self._client.put_object(**self._at, Body=bytes(self._buffer))
            return
        if self._buffer:
            self._send(bytes(self._buffer))
        with self._destination.explained():
            self._client.complete_multipart_upload(
                **self._at, UploadId=self._upload, MultipartUpload={"Parts": self._parts}
            )

    def abandon(self) -> None:
        if self._upload is not None:
            with suppress(ClientError, BotoCoreError):  # the next run aborts it
                self._client.abort_multipart_upload(**self._at, UploadId=self._upload)
