"""Starts the unpacked MySQL on a free loopback port."""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

from engines.fetching import keep
from engines.mariadb import RunningMariaDB, ServerProgram, initialise, start_server
from engines.mysql.fetch import CACHE_DIR, fetch
from engines.processes import EngineFailed, EngineUnavailable

# A data folder of 90 MB instead of 180 MB.
_SMALL = ("--innodb-redo-log-capacity=16M", "--innodb-doublewrite=0", "--innodb-flush-method=nosync")
_OPTIONS = (
    "--mysqlx=OFF",
    "--secure-file-priv=NULL",
    *_SMALL,
    "--enforce-gtid-consistency=ON",
    "--gtid-mode=ON",
)


def start_mysql(*options: str, cache: Path = CACHE_DIR) -> RunningMariaDB:
    """Starts MySQL as `start_mariadb` starts MariaDB, with GTIDs and its default of logins (caching_sha2_password).

    Raises `EngineUnavailable` when it cannot be had, also because what the suite has today has never run here, and
    `EngineFailed` when it does not start.
    """
    folder = fetch(cache)
    try:
        program = _program(folder)
        template = _template(program, folder)
    except (EngineFailed, OSError, subprocess.SubprocessError) as failed:
        raise EngineUnavailable(f"MySQL: what was fetched does not run here: {failed}") from failed
    return start_server(replace(program, template=template), *options)


def _template(program: ServerProgram, folder: Path) -> Path:
    """A data folder that was never used, which is made once: that takes 1.5 s of CPU, and copying it a tenth."""
    template = folder / "data"
    if template.is_dir():
        return template
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        data = Path(scratch) / "data"
        data.mkdir()
        initialise(program, data, Path(scratch))
        (data / "auto.cnf").unlink()  # the server's id, which each copy makes anew
        keep(data, template)
    return template


def _program(folder: Path) -> ServerProgram:
    root = folder / "usr"
    (loader, *_) = sorted((root / "lib").glob("*/ld-linux-*.so.*")) or [root / "lib/ld-linux.so"]
    libraries = f"{loader.parent}:{root / 'lib/mysql/private'}"
    server = (str(loader), "--library-path", libraries, str(root / "sbin/mysqld"))
    places = (
        f"--basedir={root}",
        f"--lc-messages-dir={root / 'share/mysql'}",
        f"--plugin-dir={root / 'lib/mysql/plugin'}",
    )
    installer = (*server, "--no-defaults", "--initialize-insecure", *places, *_SMALL)
    return ServerProgram("MySQL", server, installer, (*places, *_OPTIONS))
