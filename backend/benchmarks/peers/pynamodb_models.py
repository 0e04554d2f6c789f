"""PynamoDB: models of the same table; answers are model instances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.peers import program

if TYPE_CHECKING:
    from benchmarks.peers.program import Task


def models(task: Task) -> tuple[Any, Any, Any]:
    """The user, the line of a run and the counter, declared as the guide shows it."""
    from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
    from pynamodb.models import Model

    class Place:
        table_name = task.table
        host = task.endpoint
        region = task.region

    class User(Model):  # type: ignore[misc]
        class Meta(Place):
            pass

        PK = UnicodeAttribute(hash_key=True)
        SK = UnicodeAttribute(range_key=True)
        GSI1PK = UnicodeAttribute(null=True)
        GSI1SK = UnicodeAttribute(null=True)
        user_id = NumberAttribute(attr_name="id")
        email = UnicodeAttribute(attr_name="em", null=True)
        name = UnicodeAttribute(attr_name="nm", null=True)
        picture = UnicodeAttribute(attr_name="pic", null=True)
        google_id = UnicodeAttribute(attr_name="gid", null=True)
        subscription_plan_id = NumberAttribute(attr_name="pln", null=True)
        is_active = BooleanAttribute(attr_name="act")
        is_staff = BooleanAttribute(attr_name="stf")
        created_at = NumberAttribute(attr_name="crt", null=True)
        updated_at = NumberAttribute(attr_name="upd", null=True)
        last_login = NumberAttribute(attr_name="lgn", null=True)
        version = NumberAttribute(attr_name="v")

    class UserRun(Model):  # type: ignore[misc]
        class Meta(Place):
            pass

        PK = UnicodeAttribute(hash_key=True)
        SK = UnicodeAttribute(range_key=True)
        history_id = NumberAttribute(attr_name="id")
        user_id = NumberAttribute(attr_name="uid", null=True)
        problem_id = NumberAttribute(attr_name="pid", null=True)
        platform = UnicodeAttribute(attr_name="plt")
        problem_number = UnicodeAttribute(attr_name="num")
        problem_title = UnicodeAttribute(attr_name="tit")
        language = UnicodeAttribute(attr_name="lng")
        passed_count = NumberAttribute(attr_name="pas")
        failed_count = NumberAttribute(attr_name="fal")
        total_count = NumberAttribute(attr_name="tot")
        is_code_public = BooleanAttribute(attr_name="pub")
        created_at = NumberAttribute(attr_name="crt")

    class Counter(Model):  # type: ignore[misc]
        class Meta(Place):
            pass

        PK = UnicodeAttribute(hash_key=True)
        SK = UnicodeAttribute(range_key=True)
        n = NumberAttribute(null=True)

    return User, UserRun, Counter


class PynamoDB:
    """The models with the connection that they share."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._user, self._run, self._counter = models(task)

    def get(self, _: int) -> Any:
        return self._user.get(f"USR#{self._task.user_id}", "META")

    def get_summary(self, user: Any) -> object:
        return user.email

    def list(self, _: int) -> Any:
        key = f"USR#{self._task.user_id}#RUN"
        return list(self._run.query(key, limit=self._task.page, scan_index_forward=False))

    def list_summary(self, runs: Any) -> object:
        return [int(run.history_id) for run in runs]

    def update(self, number: int) -> Any:
        counter = self._counter(f"USR#{self._task.user_of(number)}#USE#hint", "BENCH")
        n = self._counter.n
        return counter.update(actions=[n.add(1)], condition=n.does_not_exist() | (n < self._task.limit))


if __name__ == "__main__":
    program.main(PynamoDB)
