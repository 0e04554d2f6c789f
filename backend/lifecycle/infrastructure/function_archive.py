"""The archive of the function: this checkout's code and the pinned packages that it needs, built without a download.

The packages are those of the environment that runs the command, which have to be the pinned ones. The same checkout and
pins make the same bytes.
"""

from __future__ import annotations

import hashlib
import platform
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from config.environment import BACKEND_DIR
from lifecycle.errors import BadInput
from lifecycle.infrastructure.function import ARCHITECTURES, CA_FILE, RUNTIME

REQUIREMENTS = BACKEND_DIR / "requirements.txt"
# The parts of the product that the handler needs, and the packages that these import. PyMySQL needs `cryptography` for
# connections without TLS alone, which the template does not allow.
CODE = ("api/__init__.py", "api/dynamodb", "config", "live", "migration")
PACKAGES = ("boto3", "orjson", "pymysql", "python-dotenv", "tzdata")
# botocore describes every service of AWS; these are called.
_SERVICES = frozenset({"dynamodb", "dynamodbstreams", "secretsmanager", "sts"})
# The runtime python3.11 has glibc 2.26.
_GLIBC_MINOR = 26
_MOMENT = (1980, 1, 1, 0, 0, 0)
_MACHINES = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True)
class BuiltArchive:
    """An archive: its file, bytes, SHA-256, the architecture it is for, and the packages in it, with their versions."""

    path: Path
    size: int
    sha256: str
    architecture: str
    packages: dict[str, str]


def build_archive(path: Path, ca: Path | None = None) -> BuiltArchive:
    """Builds the archive; `ca` is the certificate authority by which MySQL's certificate is verified.

    Raises `BadInput` when this environment is not the pinned one, or its packages do not run on AWS Lambda.
    """
    _check_python()
    architecture = _architecture()
    pins = _pins(REQUIREMENTS.read_text(encoding="utf-8"))
    packages = {each.metadata["Name"]: each for each in _with_dependencies(PACKAGES, pins)}
    if ca is not None and not ca.is_file():
        raise BadInput(f"{ca} is not a file: name the certificate authority's, in PEM")
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, file in sorted(_files(packages.values(), ca)):
            entry = zipfile.ZipInfo(name, _MOMENT)
            entry.external_attr, entry.compress_type = 0o644 << 16, zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.read_bytes())
    versions = {name: each.version for name, each in sorted(packages.items())}
    content = path.read_bytes()
    return BuiltArchive(path, len(content), hashlib.sha256(content).hexdigest(), architecture, versions)


def _check_python() -> None:
    here = f"python{sys.version_info.major}.{sys.version_info.minor}"
    if here != RUNTIME or platform.system() != "Linux":
        raise BadInput(
            f"the function runs on Linux with {RUNTIME}, and this is {here} on {platform.system()}: build the archive "
            "in the container (make dynamodb-live-function DOCKER=1)"
        )


def _architecture() -> str:
    name = _MACHINES.get(platform.machine())
    if name not in ARCHITECTURES:
        raise BadInput(f"AWS Lambda has no {platform.machine()}: build the archive on x86_64 or arm64")
    return name


def _pins(text: str) -> dict[str, str]:
    return {
        _normal(name): version
        for name, version in re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", text, re.MULTILINE)
    }


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _with_dependencies(names: Iterable[str], pins: dict[str, str]) -> list[Distribution]:
    """The installed packages of these names and all that they require."""
    packages: dict[str, Distribution] = {}
    waiting = list(names)
    while waiting:
        name = _normal(waiting.pop())
        if name in packages:
            continue
        package = packages[name] = _pinned(name, pins)
        waiting += [
            re.split(r"[^A-Za-z0-9._-]", line)[0] for line in package.requires or () if ";" not in line
        ]
    return list(packages.values())


def _pinned(name: str, pins: dict[str, str]) -> Distribution:
    try:
        package = distribution(name)
    except PackageNotFoundError:
        package = None
    if package is None or package.version != pins.get(name):
        has = "is not installed" if package is None else f"is {package.version}"
        raise BadInput(
            f"{name} {has}, and requirements.txt pins {pins.get(name, 'nothing')}: run it as "
            "make dynamodb-live-function, which installs the pinned packages"
        )
    tags = re.findall(r"^Tag: (.+)$", package.read_text("WHEEL") or "", re.MULTILINE)
    if not any(_runs(tag) for tag in tags):
        raise BadInput(
            f"{name} {package.version} is built for {', '.join(tags)}, which AWS Lambda cannot run"
        )
    return package


def _runs(tag: str) -> bool:
    minor = re.search(r"manylinux_2_(\d+)", tag)
    return (
        tag.endswith("-any")
        or "manylinux2014" in tag
        or (minor is not None and int(minor[1]) <= _GLIBC_MINOR)
    )


def _files(packages: Iterable[Distribution], ca: Path | None) -> Iterator[tuple[str, Path]]:
    for part in CODE:
        path = BACKEND_DIR / part
        for file in [path] if path.is_file() else path.rglob("*.py"):
            yield file.relative_to(BACKEND_DIR).as_posix(), file
    for package in packages:
        for member in package.files or ():
            if _is_needed(member.as_posix()):
                yield member.as_posix(), Path(str(package.locate_file(member)))
    if ca is not None:
        yield CA_FILE, ca


def _is_needed(name: str) -> bool:
    """Whether a package's file is needed: no compiled modules, no scripts, of botocore only what is called."""
    if name.startswith("..") or name.endswith(
        (".pyc", "/RECORD", "/INSTALLER", "/REQUESTED", "direct_url.json")
    ):
        return False
    folder = re.match(r"botocore/data/([^/]+)/", name)
    return folder is None or folder[1] in _SERVICES
