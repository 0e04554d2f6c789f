"""pydynox (a Rust core): models of the same table; answers are model instances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.peers import program

if TYPE_CHECKING:
    from benchmarks.peers.program import Task


def models(task: Task, client: Any) -> tuple[Any, Any]:
    """The user and the line of a run, declared as the guide shows it."""
    from pydynox import Model, ModelConfig
    from pydynox.attributes import BooleanAttribute, NumberAttribute, StringAttribute

    class User(Model):  # type: ignore[misc]
        model_config = ModelConfig(table=task.table, client=client)
        PK = StringAttribute(partition_key=True)
        SK = StringAttribute(sort_key=True)
        GSI1PK = StringAttribute()
        GSI1SK = StringAttribute()
        user_id = NumberAttribute(alias="id")
        email = StringAttribute(alias="em")
        name = StringAttribute(alias="nm")
        picture = StringAttribute(alias="pic")
        google_id = StringAttribute(alias="gid")
        subscription_plan_id = NumberAttribute(alias="pln")
        is_active = BooleanAttribute(alias="act")
        is_staff = BooleanAttribute(alias="stf")
        created_at = NumberAttribute(alias="crt")
        updated_at = NumberAttribute(alias="upd")
        last_login = NumberAttribute(alias="lgn")
        version = NumberAttribute(alias="v")

    class UserRun(Model):  # type: ignore[misc]
        model_config = ModelConfig(table=task.table, client=client)
        PK = StringAttribute(partition_key=True)
        SK = StringAttribute(sort_key=True)
        history_id = NumberAttribute(alias="id")
        user_id = NumberAttribute(alias="uid")
        problem_id = NumberAttribute(alias="pid")
        platform = StringAttribute(alias="plt")
        problem_number = StringAttribute(alias="num")
        problem_title = StringAttribute(alias="tit")
        language = StringAttribute(alias="lng")
        passed_count = NumberAttribute(alias="pas")
        failed_count = NumberAttribute(alias="fal")
        total_count = NumberAttribute(alias="tot")
        is_code_public = BooleanAttribute(alias="pub")
        created_at = NumberAttribute(alias="crt")

    return User, UserRun


class Pydynox:
    """One client, its synchronous methods."""

    def __init__(self, task: Task) -> None:
        from pydynox import DynamoDBClient

        self._task = task
        self._client = DynamoDBClient(
            region=task.region,
            endpoint_url=task.endpoint,
            access_key="test",
            secret_key="test",  # noqa: S106
        )
        self._user, self._run = models(task, self._client)

    def get(self, _: int) -> Any:
        return self._user.sync_get(PK=f"USR#{self._task.user_id}", SK="META")

    def get_summary(self, user: Any) -> object:
        return user.email

    def list(self, _: int) -> Any:
        page = self._task.page
        key = f"USR#{self._task.user_id}#RUN"
        return list(
            self._run.sync_query(partition_key=key, limit=page, page_size=page, scan_index_forward=False)
        )

    def list_summary(self, runs: Any) -> object:
        return [int(run.history_id) for run in runs]

    def update(self, number: int) -> Any:
        return self._client.sync_update_item(
            self._task.table,
            {"PK": f"USR#{self._task.user_of(number)}#USE#hint", "SK": "BENCH"},
            update_expression="ADD n :one",
            condition_expression="attribute_not_exists(n) OR n < :limit",
            expression_attribute_values={":one": 1, ":limit": self._task.limit},
        )


if __name__ == "__main__":
    program.main(Pydynox)
