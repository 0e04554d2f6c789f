"""The secret key of a development checkout: generated once and stored in the state folder for every process."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from secrets import token_urlsafe

from config.setting_values import ConfigurationError

FILE_NAME = "secret_key"
LEAST_CHARACTERS = 50


def development_key(state_dir: Path) -> str:
    """The key in `state_dir`; creates folder and key if missing. Only the owner may read the file.

    Processes that start together get the same key: the first one generates it under a lock. An incompletely
    written file is written again. Raises `ConfigurationError`.
    """
    path = state_dir / FILE_NAME
    try:
        state_dir.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            os.fchmod(file.fileno(), 0o600)
            key = file.read().strip()
            if len(key) < LEAST_CHARACTERS:
                key = token_urlsafe(LEAST_CHARACTERS)
                file.seek(0)
                file.truncate()
                file.write(key)
            return key
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"the secret key cannot be kept in {path} ({error}): "
            "set DJANGO_SECRET_KEY to 50 random characters, or ALGOITNY_STATE_DIR to a folder of yours"
        ) from None
