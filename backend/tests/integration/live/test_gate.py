"""The gate in MySQL: who may write, from which moment on, and what is said when it cannot be moved."""

from __future__ import annotations

import re
import threading
import time

import pytest

from config.environment import MySQLSource
from live.gate import APPLICATION, NOBODY, REVERSE, Gate, GateBusy, GateMoved, GateState
from live.gate.checks import gate_checks
from live.gate.statements import GATE_TABLE, REFUSED
from migration.errors import MigrationError
from tests.integration.live.gate_harness import OPEN, SHUT, account, gated, numbers, writing
from tests.support.sources import EACH_SERVER
from tests.support.waiting import wait_until

pytestmark = EACH_SERVER
REVERSED = GateState(REVERSE, 2)


def test_an_open_gate_lets_the_application_write(legacy_mysql: MySQLSource) -> None:
    with gated(legacy_mysql), writing(legacy_mysql) as application:
        assert application.add_plan(1) == 0
    assert numbers(legacy_mysql) == [1]


def test_installing_again_changes_nothing_and_keeps_the_gate_shut(legacy_mysql: MySQLSource) -> None:
    with gated(legacy_mysql) as gate:
        gate.move(OPEN, SHUT)
        assert gate.install(7) == []
        assert gate.state() == SHUT and gate.is_complete()


def test_an_installation_that_was_cut_off_is_completed(legacy_mysql: MySQLSource) -> None:
    with gated(legacy_mysql) as gate, writing(legacy_mysql) as admin:
        name = f"{GATE_TABLE}_users_u"
        assert admin.run(f"DROP TRIGGER `{name}`") == 0
        assert not gate.is_complete()
        assert gate.install(1) == [name]


def test_a_trigger_that_somebody_changed_is_not_taken_for_the_gate(legacy_mysql: MySQLSource) -> None:
    with gated(legacy_mysql) as gate, writing(legacy_mysql) as admin:
        name = f"{GATE_TABLE}_users_u"
        admin.run(f"DROP TRIGGER `{name}`")
        admin.run(f"CREATE TRIGGER `{name}` BEFORE UPDATE ON users FOR EACH ROW SET NEW.name = 'x'")
        with pytest.raises(MigrationError, match=f"DROP TRIGGER `{name}`"):
            gate.install(1)


def test_pitfall_7_privileged_users_are_refused_as_well(legacy_mysql: MySQLSource) -> None:
    """The account here has all privileges, and `read_only` would not stop it."""
    with gated(legacy_mysql) as gate, writing(legacy_mysql) as root:
        assert root.add_plan(1) == 0
        gate.move(OPEN, SHUT)
        statements = (
            "INSERT INTO subscription_plans VALUES (2, 'x', 1, 1, 1, NOW())",
            "REPLACE INTO subscription_plans VALUES (1, 'x', 1, 1, 1, NOW())",
            "UPDATE subscription_plans SET name = 'x' WHERE id = 1",
            "INSERT INTO subscription_plans VALUES (1, 'x', 1, 1, 1, NOW()) ON DUPLICATE KEY UPDATE name = 'y'",
            "DELETE FROM subscription_plans",
        )
        assert [root.run(statement) for statement in statements] == [REFUSED] * 5
    assert numbers(legacy_mysql) == [1]


def test_a_transaction_with_an_older_snapshot_is_refused(legacy_mysql: MySQLSource) -> None:
    with gated(legacy_mysql) as gate, writing(legacy_mysql) as application:
        application.run("START TRANSACTION WITH CONSISTENT SNAPSHOT")
        application.run("SELECT * FROM users")
        gate.move(OPEN, SHUT)
        assert application.add_plan(1) == REFUSED


def test_pitfall_4_nothing_commits_after_the_gate_was_shut(legacy_mysql: MySQLSource) -> None:
    """A transaction that is open across its closing commits before it is shut, and nobody commits after it."""
    with (
        Gate(legacy_mysql, wait_seconds=60) as gate,
        writing(legacy_mysql) as application,
        writing(legacy_mysql) as observer,
    ):
        gate.install(OPEN.epoch)
        application.run("BEGIN")
        assert application.add_plan(1) == 0
        closing = threading.Thread(target=lambda: gate.move(OPEN, SHUT))
        closing.start()

        def waits() -> bool:
            time.sleep(0.15)  # the server answers from a cache that each question keeps alive for 0.1 s
            with observer.connection.cursor() as cursor:
                cursor.execute(
                    "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'"
                )
                return bool(cursor.fetchone()[0])

        wait_until(waits, "the gate's wait")
        assert application.add_plan(2) == 0, "a transaction that holds the lock goes on"
        assert application.run("COMMIT") == 0
        closing.join(60)
        assert gate.state() == SHUT
        assert application.add_plan(3) == REFUSED
    assert numbers(legacy_mysql) == [1, 2]


def test_a_gate_that_cannot_be_shut_names_who_holds_it_and_stays_open(legacy_mysql: MySQLSource) -> None:
    with (
        gated(legacy_mysql) as gate,
        writing(legacy_mysql) as application,
        writing(legacy_mysql) as other,
    ):
        application.run("BEGIN")
        application.add_plan(1)
        with pytest.raises(GateBusy, match="KILL") as busy:
            gate.move(OPEN, SHUT)
        own = application.connection.thread_id()  # type: ignore[no-untyped-call]
        assert [blocker.connection for blocker in busy.value.blockers] == [own]
        assert gate.state() == OPEN
        assert other.add_plan(2) == 0


def test_without_the_privilege_to_see_them_the_message_asks_for_it(legacy_mysql: MySQLSource) -> None:
    few = account(legacy_mysql, "gatekeeper", "SELECT, INSERT, UPDATE, CREATE, DROP, TRIGGER")
    with gated(legacy_mysql), Gate(few, wait_seconds=1) as gate, writing(legacy_mysql) as application:
        application.run("BEGIN")
        application.add_plan(1)
        with pytest.raises(GateBusy, match="GRANT PROCESS"):
            gate.move(OPEN, SHUT)


def test_moving_the_gate_twice_is_moving_it_once(legacy_mysql: MySQLSource) -> None:
    with gated(legacy_mysql) as gate:
        gate.move(OPEN, SHUT)
        gate.move(OPEN, SHUT)
        assert gate.state() == SHUT


def test_a_command_that_was_overtaken_does_not_move_the_gate_back(legacy_mysql: MySQLSource) -> None:
    with gated(legacy_mysql) as gate:
        gate.move(OPEN, SHUT)
        gate.move(SHUT, REVERSED)
        with pytest.raises(GateMoved, match="reverse"):
            gate.move(SHUT, GateState(APPLICATION, 2))
        assert gate.state() == REVERSED


def test_the_reverse_direction_writes_under_its_own_epoch_alone(legacy_mysql: MySQLSource) -> None:
    """Pitfall 15: an applier that slept through a switch is refused, whoever may write now."""
    with (
        gated(legacy_mysql) as gate,
        writing(legacy_mysql) as application,
        writing(legacy_mysql, epoch=2) as reverse,
        writing(legacy_mysql, epoch=1) as earlier,
    ):
        assert reverse.add_plan(1) == REFUSED, "while the application writes"
        gate.move(OPEN, SHUT)
        assert reverse.add_plan(1) == REFUSED, "while nobody writes"
        gate.move(SHUT, REVERSED)
        assert application.add_plan(1) == REFUSED
        assert earlier.add_plan(1) == REFUSED
        assert reverse.add_plan(1) == 0
        gate.move(REVERSED, GateState(NOBODY, 3))
        gate.move(GateState(NOBODY, 3), GateState(APPLICATION, 3))
        assert reverse.add_plan(2) == REFUSED
        assert application.add_plan(3) == 0


def test_a_gate_without_its_row_refuses_everybody(legacy_mysql: MySQLSource) -> None:
    with gated(legacy_mysql), writing(legacy_mysql) as application:
        application.run(f"DELETE FROM `{GATE_TABLE}`")
        assert application.add_plan(1) == REFUSED


def test_a_removed_gate_leaves_nothing_behind(legacy_mysql: MySQLSource) -> None:
    with gated(legacy_mysql) as gate, writing(legacy_mysql) as application:
        gate.move(OPEN, SHUT)
        gate.remove()
        assert gate.state() is None
        assert application.add_plan(1) == 0
        with application.connection.cursor() as cursor:
            cursor.execute("SHOW TRIGGERS")
            assert cursor.fetchall() == ()


def _problems(source: MySQLSource, *, trial: bool = True) -> str:
    return "; ".join(str(check) for check in gate_checks(source, trial=trial) if not check.passed)


def test_an_account_that_may_install_it_passes_and_the_trial_leaves_nothing(
    legacy_mysql: MySQLSource,
) -> None:
    assert _problems(legacy_mysql) == ""
    with writing(legacy_mysql) as admin, admin.connection.cursor() as cursor:
        cursor.execute("SHOW TABLES LIKE '%trial%'")
        assert cursor.fetchall() == ()


@pytest.mark.parametrize("grants", ["SELECT, INSERT, UPDATE, CREATE, DROP", "SELECT, INSERT"])
def test_an_account_that_may_not_install_it_is_told_which_privileges(
    legacy_mysql: MySQLSource, grants: str
) -> None:
    few = account(legacy_mysql, "installer", grants)
    # With a binlog the server asks for SUPER before it asks for TRIGGER.
    assert re.search("GRANT CREATE, DROP, TRIGGER|log_bin_trust_function_creators", _problems(few))
    assert [str(check) for check in gate_checks(few, trial=False) if "GRANT PROCESS" in check.state]


def test_the_states_of_a_gate_are_named() -> None:
    assert str(GateState(NOBODY, 3)) == "nobody (epoch 3)"
    assert {APPLICATION, REVERSE, NOBODY} == {"application", "reverse", "nobody"}
