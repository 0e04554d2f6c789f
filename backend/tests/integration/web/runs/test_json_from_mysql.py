"""Any JSON that the move from MySQL accepts: stored, read, shown on every page that has it, and exported."""

from __future__ import annotations

from typing import Any

from django.test import Client
from hypothesis import HealthCheck, Phase, assume, given, settings

from api.composition import repositories
from api.dynamodb.codec import json_text
from api.dynamodb.codec.json_text import JsonText
from api.dynamodb.errors import InvalidInput
from api.dynamodb.repositories import AuditNote, UsageLogRepository
from api.dynamodb.usage_limits.admission import MAX_METADATA_BYTES
from migration.errors import BadRow
from migration.mapping import read_json
from tests.integration.api.conftest import ALICE, DORA
from tests.integration.api.factories import a_problem, a_run, get
from tests.unit.dynamodb.json_strategies import json_texts

PROBLEM = 100


def accepted(text: str) -> JsonText | None:
    try:
        return read_json(text)
    except BadRow:
        return None


def exported(site: Client) -> list[Any]:
    response = get(site, "/api/me/export/")
    assert response.status_code == 200
    document = b"".join(response.streaming_content).decode().removesuffix("\n")
    lines = [json_text.loads(line) for line in document.split("\n")]
    response.close()
    return lines


def test_what_is_accepted_can_be_stored_read_shown_and_exported(alice: Client, dora: Client) -> None:
    a_problem(PROBLEM)
    site = Client()

    @settings(
        max_examples=40, phases=(Phase.explicit, Phase.generate),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )  # fmt: skip
    @given(json_texts)
    def check(text: str) -> None:
        stored = accepted(text)
        assume(stored is not None)
        value = json_text.loads(text)
        run = a_run(test_results=stored, hints=stored)
        assert run["test_results"] == run["hints"] == value
        place = f"runs/{run['history_id']}/"
        changes = {"hints": stored, "metadata": stored, "tags": stored}
        assert repositories().problems.update_problem(PROBLEM, changes)["metadata"] == value
        for browser, address in (
            (alice, f"/{place}"), (alice, f"/{place}hints/"), (alice, f"/problems/{PROBLEM}/"),
            (dora, f"/staff/problems/{PROBLEM}/"),
        ):  # fmt: skip
            assert browser.get(address).status_code == 200, address
        assert get(site, f"/api/problems/{PROBLEM}/").status_code == 200
        answer = get(site, f"/api/history/{run['history_id']}/")
        assert json_text.loads(answer.content.decode())["hints"] == value
        _write_what_was_read(run["history_id"], value)
        assert dora.get("/staff/audit/").status_code == 200
        (line,) = [one for one in exported(site) if one.get("history_id") == run["history_id"]]
        assert line["test_results"] == line["hints"] == value
        assert any(one["type"] == "end" for one in exported(site))
        repositories().history.delete_history(run["history_id"])

    check()


def _write_what_was_read(history_id: int, value: Any) -> None:
    """The service stores values that it read: a run's hints, a log's metadata, and the audit of a change."""
    repositories().history.update_history(history_id, {"hints": value})
    run = repositories().history.get_history(history_id, consistent=True)
    assert run is not None
    assert run["hints"] == value
    note = AuditNote(DORA, "problem.update")
    repositories().problems.update_problem(PROBLEM, {"hints": ["x"]}, audit=note)
    repositories().problems.update_problem(PROBLEM, {"hints": value}, audit=note)
    try:
        metadata = json_text.dumps({"value": value})
    except InvalidInput:  # one level too many
        return
    if len(metadata.encode()) <= MAX_METADATA_BYTES:
        UsageLogRepository().log_usage(ALICE, "execution", metadata={"value": value})
