"""MySQL's password from AWS Secrets Manager, so that it stands in no setting of the function."""

from __future__ import annotations

import json

from botocore.exceptions import BotoCoreError, ClientError

from api.dynamodb.transport import access
from migration.errors import MigrationError


def read_password(secret: str) -> str:
    """The password of a secret: its JSON key `password`, as RDS stores it, or the whole text. One GetSecretValue.

    Raises `MigrationError` when it cannot be read.
    """
    try:
        text = str(access.service_client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"])
    except (BotoCoreError, ClientError, KeyError) as error:
        raise MigrationError(
            f"the secret of MYSQL_PASSWORD_SECRET cannot be read ({type(error).__name__}): allow "
            "secretsmanager:GetSecretValue on it, and give the subnets a way to Secrets Manager"
        ) from None
    return password_of(text)


def password_of(text: str) -> str:
    """The password that a secret's text holds."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return str(value["password"]) if isinstance(value, dict) and "password" in value else text
