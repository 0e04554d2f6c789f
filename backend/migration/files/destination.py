"""Where the files of an export are kept: a folder, or a prefix of an S3 bucket (`s3_destination`)."""

from __future__ import annotations

import fcntl
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Self

from migration.durable_files import sync_folder
from migration.errors import MigrationError

BLOCK_BYTES = 1 << 20
_LOCK = ".lock"
_PARTIAL = ".partial"


class FileSink(ABC):
    """A file that is being written; it appears under its name, whole, when it is finished."""

    @abstractmethod
    def write(self, data: bytes) -> None:
        """Appends bytes."""

    @abstractmethod
    def finish(self) -> None:
        """Makes the file appear, in the place of an earlier one of its name. Durable when it returns."""

    @abstractmethod
    def abandon(self) -> None:
        """Drops what was written."""


class Destination(ABC):
    """Files by their names, such as `data/users-00001.json.gz`. Every method raises `MigrationError`."""

    url: str

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:  # noqa: B027 (nothing to do for S3)
        """Lets another run use the destination."""

    @abstractmethod
    def claim(self) -> None:
        """Keeps other runs out, or raises; a destination that cannot do so keeps them from replacing what is read."""

    @abstractmethod
    def discard_partial(self) -> None:
        """Removes what killed runs left of unfinished files."""

    @abstractmethod
    def read(self, name: str) -> bytes | None:
        """A small file; None if there is none."""

    @abstractmethod
    def write(self, name: str, data: bytes) -> None:
        """Replaces a small file, whole or not at all; one that was read, only if no other run has replaced it."""

    @abstractmethod
    def remove(self, name: str) -> None:
        """Removes a file if it is there."""

    @abstractmethod
    def sizes(self, prefix: str = "") -> dict[str, int]:
        """The finished files whose names begin so, each with its size in bytes."""

    @abstractmethod
    def create(self, name: str) -> FileSink:
        """A new file to write."""

    @abstractmethod
    def blocks(self, name: str) -> Iterator[bytes]:
        """The content of a file, in blocks of at most 1 MB."""


def open_destination(url: str) -> Destination:
    """The destination that `s3://BUCKET/PREFIX` or the path of a folder names. Nothing is read or written."""
    if url.startswith("s3://"):
        from migration.files.s3_destination import S3Destination  # boto3 is imported where it is needed

        return S3Destination(url)
    if "://" in url:
        raise MigrationError(f"{url} is neither a folder nor s3://BUCKET/PREFIX")
    return FolderDestination(Path(url).absolute())


class FolderDestination(Destination):
    """A folder. One run at a time: it holds a lock of the operating system, which ends with the process."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.url = folder, str(folder)
        self._lock: int | None = None

    def close(self) -> None:
        """Releases the lock."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def claim(self) -> None:
        """Locks the folder, which is made if it is missing."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(self.folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise MigrationError(
                f"another run exports into {self.url}: wait until it has ended, or name another folder"
            ) from None
        except OSError as error:
            raise self._explained(error) from None

    def discard_partial(self) -> None:
        """Removes the files of the folder for unfinished ones."""
        for path in sorted((self.folder / _PARTIAL).glob("*")):
            path.unlink()

    def read(self, name: str) -> bytes | None:
        """A small file; None if there is none."""
        try:
            return (self.folder / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._explained(error, "read") from None

    def write(self, name: str, data: bytes) -> None:
        """Replaces a small file durably."""
        sink = self.create(name)
        try:
            sink.write(data)
            sink.finish()
        except MigrationError:
            sink.abandon()
            raise

    def remove(self, name: str) -> None:
        """Removes a file if it is there, durably."""
        path = self.folder / name
        try:
            path.unlink()
            sync_folder(path.parent)
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._explained(error) from None

    def sizes(self, prefix: str = "") -> dict[str, int]:
        """The finished files whose names begin so, each with its size in bytes."""
        names = {
            path.relative_to(self.folder).as_posix(): path.stat().st_size
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        }
        return {
            name: size
            for name, size in names.items()
            if name.startswith(prefix) and name != _LOCK and not name.startswith(f"{_PARTIAL}/")
        }

    def create(self, name: str) -> FileSink:
        """A new file to write."""
        try:
            return _FolderSink(self, name)
        except OSError as error:
            raise self._explained(error) from None

    def blocks(self, name: str) -> Iterator[bytes]:
        """The content of a file, in blocks of at most 1 MB."""
        try:
            with (self.folder / name).open("rb") as file:
                while block := file.read(BLOCK_BYTES):
                    yield block
        except OSError as error:
            raise self._explained(error, "read") from None

    def _explained(self, error: OSError, action: str = "write") -> MigrationError:
        return MigrationError(
            f"cannot {action} the files in {self.url}: {error.strerror or error}; free some space or correct the "
            "permissions, then run the command again: it continues where it stopped"
        )


class _FolderSink(FileSink):
    def __init__(self, destination: FolderDestination, name: str) -> None:
        self._destination = destination
        self._path = destination.folder / name
        self._partial = destination.folder / _PARTIAL / self._path.name
        for path in (self._path, self._partial):
            path.parent.mkdir(parents=True, exist_ok=True)
        self._file: BinaryIO = self._partial.open("wb")

    def write(self, data: bytes) -> None:
        try:
            self._file.write(data)
        except OSError as error:
            raise self._destination._explained(error) from None

    def finish(self) -> None:
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._partial.replace(self._path)
            sync_folder(self._path.parent)
        except OSError as error:
            raise self._destination._explained(error) from None

    def abandon(self) -> None:
        with suppress(OSError):  # closing a file writes what is left of it
            self._file.close()
        self._partial.unlink(missing_ok=True)
