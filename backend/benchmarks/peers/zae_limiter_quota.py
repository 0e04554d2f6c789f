"""zae-limiter: a daily quota in its own table, with its defaults (optimistic writes, memory of rejections)."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from benchmarks.peers import program
from benchmarks.peers.counted_client import counted

if TYPE_CHECKING:
    from benchmarks.peers.program import Counts, Task

RESOURCE, QUOTA = "hint", "day"


class ZaeLimiter:
    """Its stack is CloudFormation; only the table is made here, from its own definition.

    The Lambda functions of that stack aggregate usage and change limits, an admission needs none.
    """

    def __init__(self, task: Task) -> None:
        import boto3
        from botocore.exceptions import ClientError
        from zae_limiter import Limit, RateLimitExceeded, SyncRateLimiter, SyncRepository
        from zae_limiter.schema import get_table_definition

        self._task = task
        client: Any = boto3.client("dynamodb", endpoint_url=task.endpoint, region_name=task.region)
        try:
            client.create_table(**get_table_definition(task.limiter_table))
            client.get_waiter("table_exists").wait(TableName=task.limiter_table)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceInUseException":
                raise
        self._repository: Any = (
            SyncRepository.builder().stack(task.limiter_table).region(task.region)
            .endpoint_url(task.endpoint).auto_update(False).build()
        )  # fmt: skip
        self._limiter: Any = SyncRateLimiter(repository=self._repository)
        quota = Limit.quota(QUOTA, task.limit, cron="0 0 * * *", tz="Asia/Seoul")
        self._limiter.set_resource_defaults(RESOURCE, [quota])
        self._exceeded: type[Exception] = RateLimitExceeded

    def admit(self, number: int) -> None:
        if not self.admit_user(self._task.user_of(number)):
            raise SystemExit("the limiter denied what is within the limit")

    def admit_user(self, user_id: int) -> bool:
        try:
            with self._limiter.acquire(entity_id=f"user-{user_id}", resource=RESOURCE, consume={QUOTA: 1}):
                return True
        except self._exceeded:
            return False

    def counted(self) -> AbstractContextManager[Counts]:
        """Calls and units of the client that the repository made for itself."""
        return counted(self._repository._get_client())


if __name__ == "__main__":
    program.main(ZaeLimiter)
