"""`accept`: an applied change that was edited without a change of its tables goes on to be used."""

from __future__ import annotations

import json
from dataclasses import replace

from lifecycle.lease import environment_lease
from lifecycle.selection import Selection
from tests.integration.lifecycle.test_migrate import states, two_tables
from tests.support.changes import Project
from tests.support.engines import Engine

EVERYTHING = Selection()


def edit(project: Project) -> None:
    """Adds a sample item to what is declared, which the creation imports."""
    project.declare("logs", 'Key("id"), Key("at", "N"), sample_items=({"id": "a", "at": 1},)')


def test_an_edited_declaration_is_noticed_and_can_be_accepted(project: Project, engine: Engine) -> None:
    orders, logs = two_tables(project)
    project.runner(engine).migrate(EVERYTHING)
    edit(project)
    assert states(project, engine) == {orders: "applied", logs: "edited"}
    shown = project.script(engine, "status").stdout
    assert f"its steps were edited after it was applied: restore them, or accept {logs}" in shown
    for command in ("migrate", "plan"):
        refused = project.script(engine, command)
        assert refused.returncode == 2 and refused.stderr.count("\n") == 1
        assert f"accept {logs}" in refused.stderr
    dry = project.script(engine, "accept", logs, "--dry-run")
    assert "would accept" in dry.stdout and states(project, engine)[logs] == "edited"
    accepted = json.loads(project.script(engine, "accept", logs, "--json").stdout)
    assert accepted["change"] == logs and "with 1 sample item" in accepted["steps"][0]
    assert states(project, engine) == {orders: "applied", logs: "applied"}
    assert project.script(engine, "migrate").returncode == 0


def test_what_is_not_edited_cannot_be_accepted(project: Project, engine: Engine) -> None:
    orders, _ = two_tables(project)
    for state in ("pending", "applied"):
        refused = project.script(engine, "accept", f"{orders}.py")
        assert refused.returncode == 2 and f"{orders} is {state}, not edited" in refused.stderr
        project.runner(engine).migrate(EVERYTHING)
    assert "there is no change nope" in project.script(engine, "accept", "nope").stderr


def test_records_of_earlier_versions_are_trusted_and_get_the_checksum_of_the_steps(
    project: Project, engine: Engine
) -> None:
    orders, logs = two_tables(project)
    project.runner(engine).migrate(Selection(target=orders))
    history = project.history(engine)
    with environment_lease(engine.client(), history) as lease:
        history.write(replace(history.read()[orders], checksum="0" * 64), lease.fence)
    assert states(project, engine) == {orders: "applied", logs: "pending"}
    project.runner(engine).migrate(EVERYTHING)
    assert history.read()[orders].checksum == project.loaded()[0].checksum("dev")
