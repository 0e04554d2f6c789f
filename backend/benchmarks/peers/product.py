"""The product itself: its repositories, made as the service makes them; answers are decoded records."""

from __future__ import annotations

from benchmarks.peers import program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from typing import Any

    from benchmarks.peers.program import Counts, Task


class Product:
    """Endpoint and table come from the environment."""

    def __init__(self, task: Task) -> None:
        from api.dynamodb.repositories import UserRepository

        self._task = task
        self._users = UserRepository()
        self._kept: dict[str, Any] = {}

    def _repository(self, name: str) -> Any:
        if name not in self._kept:
            from api.dynamodb import repositories

            self._kept[name] = getattr(repositories, name)()
        return self._kept[name]

    def get(self, _: int) -> Any:
        return self._users.get_user(self._task.user_id)

    def get_summary(self, user: Any) -> object:
        return user["email"]

    def list(self, _: int) -> Any:
        task = self._task
        return self._repository("SearchHistoryRepository").list_user_history(task.user_id, limit=task.page)

    def list_summary(self, page: Any) -> object:
        return [run["history_id"] for run in page.items]

    def admit(self, number: int) -> None:
        if not self.admit_user(self._task.user_of(number)):
            raise SystemExit("the product denied what is within the limit")

    def admit_user(self, user_id: int) -> bool:
        usage = self._kept.get("UsageLogRepository") or self._repository("UsageLogRepository")
        decision = usage.admit(
            user_id, "hint", self._task.limit, problem_id=100, metadata={"history_id": 5000}
        )
        return bool(decision.allowed)

    def counted(self) -> AbstractContextManager[Counts]:
        """The data layer's own meter."""
        from contextlib import contextmanager

        from api.dynamodb.metering import meter

        @contextmanager
        def recorded() -> Iterator[Counts]:
            counts = program.Counts()
            with meter.recording() as recording:
                yield counts
            counts.calls = len(recording.calls)
            counts.read_units, counts.write_units = recording.read_units, recording.write_units

        return recorded()


if __name__ == "__main__":
    program.main(Product)
