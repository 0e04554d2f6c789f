"""Fetches MySQL with apt from Debian's unstable suite, on the mirror that this machine uses, without installing it.

`python -m engines.mysql` does this ahead of the tests and prints one line. apt verifies the packages by the
machine's own keys; its configuration, lists and downloads are private to the fetch, so the system stays as it is.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from config.environment import PROJECT_DIR
from engines.fetching import keep, run_tool
from engines.processes import EngineUnavailable

CACHE_DIR = PROJECT_DIR / ".algoitny" / "mysql"
_SUITE = "unstable"
_PACKAGE = "mysql-server-core"
_KEYS = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# apt's own user may not be able to enter the folder.
_CONFIGURATION = """\
Dir::State "{folder}";
Dir::State::status "{folder}/status";
Dir::Cache "{folder}";
Dir::Etc::sourcelist "{folder}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Acquire::Languages "none";
APT::Install-Recommends "false";
APT::Sandbox::User "root";
"""
# The mirror of a release, in apt's list of what it would fetch; suites of updates have a hyphen in their names.
_RELEASE = re.compile(r"^'(\S+)/dists/[a-z]+/InRelease'", re.MULTILINE)
_ERROR = re.compile("E: (.*)")


def _run(command: list[str], action: str, environment: dict[str, str] | None = None) -> str:
    return run_tool(command, "MySQL", action, _ERROR, environment)


def _mirrors() -> Iterator[str]:
    """The mirrors of the machine's own apt, but for those of updates alone."""
    yield from dict.fromkeys(_RELEASE.findall(_run(["apt-get", "update", "--print-uris"], "apt-get")))


def _download(folder: Path, mirror: str) -> list[Path]:
    """The package and everything it needs, the C library too, as if nothing were installed."""
    signed = f"[signed-by={_KEYS}] " if _KEYS.exists() else ""
    (folder / "sources.list").write_text(f"deb {signed}{mirror} {_SUITE} main\n")
    (folder / "status").touch()
    for name in ("lists/partial", "archives/partial"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    configuration = folder / "apt.conf"
    configuration.write_text(_CONFIGURATION.format(folder=folder))
    environment = {**os.environ, "APT_CONFIG": str(configuration)}
    _run(["apt-get", "update", "-qq", "--error-on=any"], "apt-get update", environment)
    _run(["apt-get", "install", "-y", "-qq", "--download-only", _PACKAGE], "the download", environment)
    return sorted((folder / "archives").glob("*.deb"))


def _packages(folder: Path) -> list[Path]:
    reason: EngineUnavailable | None = None
    for mirror in _mirrors():
        try:
            return _download(folder, mirror)
        except EngineUnavailable as failed:  # a mirror of something else than Debian
            reason = reason or failed
    raise reason or EngineUnavailable("MySQL needs a Debian mirror among the sources of this machine's apt")


def fetch(cache: Path = CACHE_DIR) -> Path:
    """The folder of the unpacked MySQL with its libraries (about 240 MB, of which 58 MB are downloaded).

    It is made once for each suite, package and configuration. Raises `EngineUnavailable` with one line when apt, a
    Debian mirror or the network is missing.
    """
    key = hashlib.sha256(f"{_SUITE} {_PACKAGE} {_CONFIGURATION}".encode()).hexdigest()[:16]
    folder = cache.resolve() / key
    if folder.is_dir():
        return folder
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise EngineUnavailable("MySQL needs apt-get to be fetched once: this is no Debian")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        unpacked = Path(scratch) / "root"
        for package in _packages(Path(scratch)):
            _run(["dpkg-deb", "-x", str(package), str(unpacked)], "unpacking")
        shutil.rmtree(unpacked / "usr/bin")  # the tools are not used
        keep(unpacked, folder)
    return folder
