"""Starts the unpacked MySQL on a free loopback port."""

from __future__ import annotations

from pathlib import Path

from engines.mariadb import RunningMariaDB, ServerProgram, start_server
from engines.mysql.fetch import CACHE_DIR, fetch

# A data folder of 20 MB instead of 180 MB, and no port beside the one that is asked for.
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

    Raises `EngineUnavailable` when it cannot be had and `EngineFailed` when it does not start.
    """
    return start_server(_program(fetch(cache)), *options)


def _program(folder: Path) -> ServerProgram:
    root = folder / "usr"
    loader = next((root / "lib").glob("*/ld-linux-*.so.*"))
    libraries = f"{loader.parent}:{root / 'lib/mysql/private'}"
    server = (str(loader), "--library-path", libraries, str(root / "sbin/mysqld"))
    places = (
        f"--basedir={root}",
        f"--lc-messages-dir={root / 'share/mysql'}",
        f"--plugin-dir={root / 'lib/mysql/plugin'}",
    )
    installer = (*server, "--no-defaults", "--initialize-insecure", *places, *_SMALL)
    return ServerProgram("MySQL", server, installer, (*places, *_OPTIONS))
