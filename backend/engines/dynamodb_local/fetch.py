"""Installs DynamoDB Local: downloads its jars with Maven and compiles the loopback launcher.

`python -m engines.dynamodb_local` does this ahead of the tests and prints one line.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from config.environment import PROJECT_DIR
from engines.fetching import keep, run_tool
from engines.processes import EngineUnavailable

CACHE_DIR = PROJECT_DIR / ".algoitny" / "dynamodb-local"
HOW_TO_GET = "install Java 17 or later and Maven (Debian: apt-get install maven)"
_HERE = Path(__file__).resolve().parent
_POM = _HERE / "pom.xml"
_LAUNCHER = _HERE / "LoopbackServer.java"
_ERROR = re.compile("(.*ERROR.*)")


def find_java() -> Path:
    """The `java` on the PATH when it is release 17 or later; raises `EngineUnavailable` otherwise."""
    java = shutil.which("java")
    if java is None:
        raise EngineUnavailable(f"DynamoDB Local needs Java: {HOW_TO_GET}")
    answer = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30, check=False)
    version = re.search(r'version "(\d+)', answer.stderr)
    if version is None or int(version[1]) < 17:
        raise EngineUnavailable(f"DynamoDB Local needs Java 17 or later, this one is older: {HOW_TO_GET}")
    return Path(java)


def _run(command: list[str], name: str) -> None:
    run_tool(command, "DynamoDB Local", name, _ERROR)


def fetch(cache: Path = CACHE_DIR) -> Path:
    """The folder of DynamoDB Local's jars, native libraries and compiled launcher (about 55 MB).

    It is created once for each version of the pom and the launcher.
    Raises `EngineUnavailable` with one line when Java, Maven or the download is missing.
    """
    key = hashlib.sha256(_POM.read_bytes() + _LAUNCHER.read_bytes()).hexdigest()[:16]
    folder = cache.resolve() / key
    if folder.is_dir():
        return folder
    java = find_java()
    maven = shutil.which("mvn")
    if maven is None:
        raise EngineUnavailable(f"DynamoDB Local needs Maven to be fetched once: {HOW_TO_GET}")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        libraries = Path(scratch) / "libraries"
        libraries.mkdir()
        # Fixed versions cannot be re-resolved, so Maven may work from its own cache when offline.
        goal = ["dependency:copy-dependencies", f"-DoutputDirectory={libraries}", "-DincludeScope=runtime"]
        _run([maven, "-B", "-f", str(_POM), *goal], "Maven")
        jars = ":".join(str(jar) for jar in sorted(libraries.glob("*.jar")))
        compiler = [str(java), "-cp", jars, "org.eclipse.jdt.internal.compiler.batch.Main", "-17", "-nowarn"]
        _run([*compiler, "-cp", jars, "-d", str(libraries / "classes"), str(_LAUNCHER)], "the Java compiler")
        keep(libraries, folder)
    return folder
