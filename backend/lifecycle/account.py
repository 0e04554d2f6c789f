"""Names the AWS account and region that a command works in, before it does anything there."""

from __future__ import annotations

from typing import Any

from config.environment import Environment

_CONNECT_SECONDS, _READ_SECONDS, _ATTEMPTS = 2, 5, 2


def aws_location(settings: Environment, env: str) -> str | None:
    """A line with account, region and environment for AWS; None for another engine, and without credentials.

    One GetCallerIdentity of STS, which needs no permission; where it fails, the account is "unknown".
    """
    if settings.endpoint_url is not None:
        return None
    account = _account_of(settings)
    if account is None:
        return None
    return f"AWS account {account}, region {settings.region}, environment {env}"


def _account_of(settings: Environment) -> str | None:
    """The account's number, "unknown" with the reason, or None without credentials."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ProfileNotFound

    keys = settings.aws_keys
    credentials: Any = {}
    if keys is not None:
        credentials = {
            "aws_access_key_id": keys.access_key, "aws_secret_access_key": keys.secret_key,
            "aws_session_token": keys.token,
        }  # fmt: skip
    bounds = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
    )
    try:
        client: Any = boto3.client("sts", region_name=settings.region, config=bounds, **credentials)
        return str(client.get_caller_identity()["Account"])
    except (NoCredentialsError, ProfileNotFound):
        return None  # the command's own first call says so, with what to do
    except ClientError as error:
        return f"unknown ({error.response.get('Error', {}).get('Code', 'STS refused')})"
    except (BotoCoreError, OSError, ValueError, RuntimeError) as error:
        return f"unknown ({type(error).__name__})"
