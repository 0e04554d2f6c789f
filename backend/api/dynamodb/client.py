"""The boto3 client and table resource for the configured endpoint: LocalStack or another engine, or AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.dynamodb.transport import access

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient
    from mypy_boto3_dynamodb.service_resource import Table


class DynamoDBClient:
    """Connects to the endpoint that `LOCALSTACK_URL` names, or to AWS when it is unset."""

    @staticmethod
    def get_client(*, patient: bool = False) -> BotoClient:
        """boto3's low-level client, shared by all threads; no call is made.

        `patient` gives an operator's tool longer time-outs and more attempts than a web request has. Raises
        `AccessDenied` for a profile or region that cannot be used.
        """
        return access.boto3_client(access.OPERATOR_BOUNDS if patient else access.SERVICE_BOUNDS)

    @staticmethod
    def get_table() -> Table:
        """boto3's resource of the service's table (`algoitny_main`), to pass to repositories; no call is made.

        Raises `AccessDenied` for a profile or region that cannot be used.
        """
        return access.boto3_table()
