"""What the AWS profile in use says, as boto3 finds it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def profile_region(environ: Mapping[str, str]) -> str | None:
    """The region of the AWS profile in use, as boto3 finds it; None where no profile has one.

    environ: the process's environment, which boto3 reads itself.
    """
    files = (
        environ.get("AWS_CONFIG_FILE") or "~/.aws/config",
        environ.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials",
    )
    if not any(Path(file).expanduser().is_file() for file in files):
        return None
    from botocore.exceptions import BotoCoreError
    from botocore.session import Session

    try:
        return Session().get_scoped_config().get("region") or None
    except BotoCoreError:
        return None  # a missing profile or a damaged file, which the first client names
