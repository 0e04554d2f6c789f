"""The live move of the configured source into the configured table: its state, its folder, and its forward phases."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from api.dynamodb.table.lease import Lease
from api.dynamodb.transport.http import Transport
from config.environment import Environment, MySQLSource
from live import state as phases
from live.follow.connection import Following, require_same_server
from live.follow.lanes import Fenced, Lanes, Permit, issue, last_epoch
from live.follow.ledger import Ledger
from live.follow.seeding import seed
from live.gate.gate import Gate
from live.reverse.target import written_back
from live.source.changes import Position, SourceLost, SourceRefused
from live.source.server import SourceServer
from live.state import State, StateItem
from migration import checkpoint as checkpoints
from migration.checkpoint import Checkpoint, CheckpointStore
from migration.dead_letters import read as read_letters
from migration.errors import MigrationError
from migration.job import MigrationOptions, policy_of
from migration.lease import permit_to_send, table_lease
from migration.progress import ProgressDisplay
from migration.run import migrate

FOLLOWING_PHASES = (phases.LIVE, phases.CLOSING, phases.DRAINED)


_LOOK_SECONDS = 1.0
# A cutover refuses followers right before it makes the switch.
_SWITCH_SECONDS = 10.0


class _WentOn(Exception):
    """The move is in a phase in which MySQL is not followed."""


@dataclass(frozen=True)
class StartOptions:
    """The options of `start`: those of the bulk copy, and where to stop following.

    `once` stops at the present end. `restart` removes what an earlier move has copied, which has to be confirmed.
    """

    workers: int = 4
    batch_size: int = 2_000
    max_wcu: float | None = None
    ignore_columns: frozenset[str] = frozenset()
    once: bool = False
    restart: bool = False
    quiet: bool = True


@dataclass
class LiveMove:
    """A live move. `tell` prints a line of progress; `at_step` is called at durable steps, for tests."""

    settings: Environment
    tell: Callable[[str], None] = lambda line: None
    on_status: Callable[[dict[str, Any]], None] = lambda status: None
    at_step: Callable[[str], None] = lambda step: None
    transport: Transport = field(default_factory=Transport.of_environment)

    @property
    def source(self) -> MySQLSource:
        """The source, which has to be MySQL. Raises `MigrationError` otherwise."""
        source = self.settings.source
        if not isinstance(source, MySQLSource):
            raise MigrationError(
                "a live move follows a MySQL or MariaDB server: set MYSQL_HOST, MYSQL_USER, MYSQL_PASSWORD and "
                "MYSQL_DATABASE"
            )
        return source

    @property
    def table(self) -> str:
        """The table's name."""
        return self.settings.table_name

    @property
    def state_item(self) -> StateItem:
        """The item of the state."""
        return StateItem(self.transport, self.table)

    @property
    def folder(self) -> Path:
        """The folder of the ledger."""
        return self.settings.state_dir / "live" / self.table

    @property
    def ledger_path(self) -> Path:
        """The ledger's file."""
        return self.folder / "ledger.sqlite3"

    def require_state(self) -> State:
        """The state. Raises `MigrationError` when no live move was prepared."""
        state = self.state_item.read()
        if state is None:
            raise MigrationError(
                f"no live move into table {self.table} was prepared: run make dynamodb-live-prepare"
            )
        return state

    def prepare(self) -> State:
        """Creates the mark table and the state, unless they are there. 1 WCU."""
        with SourceServer(self.source) as server:
            server.create_mark()
            identity = server.identity()
        state = self.state_item.read()
        details = {"source": identity.text, "address": str(self.source)}
        return state or self.state_item.create(details, last_epoch(self.transport, self.table) + 1)

    def start(self, options: StartOptions) -> State:
        """Goes on from whatever phase the move is in: notes the position, copies, and follows.

        Returns when everything up to the present is applied, with `once`; otherwise it follows until it is stopped.
        Raises `MigrationError`, `DataLayerError` and what `Following.run` raises; the same command goes on.
        """
        state = self.require_state()
        if state.phase not in (phases.PREPARED, phases.NOTED, phases.BULK, *FOLLOWING_PHASES):
            raise MigrationError(
                f"the live move is in phase {state.phase}, in which MySQL is not followed: see "
                "make dynamodb-live-status"
            )
        self._require_same_server(state)
        if state.phase == phases.PREPARED:
            state = self._note_position(state, options)
        if state.phase == phases.NOTED:
            with SourceServer(self.source) as server:
                server.mark(0)  # the barrier: every row is read after it
            state = self.state_item.advance(state, phases.BULK)
            self.at_step("bulk")
        if state.phase == phases.BULK:
            self.tell("copying every row; changes since then are applied afterwards")
            self._copy(state, options)
        with table_lease(self.transport, self.table) as lease, self.opened_ledger() as ledger:
            state = self.require_state()
            job = self.job()
            with self._ended_by_switch():
                permit = self._take_over(state, lease, ledger)
                self._seed_if_needed(ledger, state, job, quiet=options.quiet)
                if state.phase == phases.BULK:
                    state = self.state_item.advance(state, phases.LIVE)
                    self.at_step("live")
                self._follow(state, job, ledger, lease, permit, options)
        return self.require_state()

    def _require_same_server(self, state: State) -> None:
        with SourceServer(self.source) as server:
            require_same_server(server, state.details["source"])

    def _copy(self, state: State, options: StartOptions) -> None:
        """The bulk copy; a job from before the noted position is started over."""
        job = self._saved_job()
        over = job is not None and job.job == state.details["former_job"]
        migrate(
            self.settings,
            MigrationOptions(
                workers=options.workers, batch_size=options.batch_size, max_wcu=options.max_wcu,
                ignore_columns=options.ignore_columns, quiet=options.quiet, restart=over,
                overwrite_live=self.table if over else None, confirm=lambda action: None,
            ),
        )  # fmt: skip

    def _saved_job(self) -> Checkpoint | None:
        return checkpoints.load(CheckpointStore(self.transport, self.table), self.settings)

    def _note_position(self, state: State, options: StartOptions) -> State:
        """Notes where the binlog is now. Raises `SourceRefused` while an XA transaction is prepared."""
        former = self._saved_job()
        if former is not None and not options.restart:
            raise MigrationError(
                f"table {self.table} was filled by a move before this one, and what changed in between is in no log "
                "that is read: name an empty table, or copy everything again with ARGS=--restart"
            )
        with table_lease(self.transport, self.table), SourceServer(self.source) as server:
            position = server.position()
            if server.has_open_xa():  # its rows were logged already, and its commit names none
                raise SourceRefused(
                    "an XA transaction is prepared and not finished: commit or roll it back (XA RECOVER), then run "
                    "make dynamodb-live-start again"
                )
            details = {"position": str(position), "former_job": "" if former is None else former.job}
            state = self.state_item.advance(state, phases.NOTED, details=details)
        self.at_step("noted")
        self.tell(f"noted the position {position}")
        return state

    def _seed_if_needed(self, ledger: Ledger, state: State, job: Checkpoint, *, quiet: bool) -> None:
        """Makes the ledger by a scan, unless it is complete and of this job and epoch of positions."""
        name = f"{job.job}/{state.details['position']}"
        if ledger.note("seeded") == name and ledger.position is not None:
            return
        for note in ("seeded", "status", "proof", "ranges"):  # they are about the position before
            ledger.remove_note(note)
        # What the former run of this job wrote is in the table: its rows are found by the scan.
        with closing(ProgressDisplay("ledger", 0, unit="items", quiet=quiet)) as progress:
            letters = (entry for path in job.letter_files if path.exists() for entry in read_letters(path))
            number = seed(ledger, self.transport, self.table, job.time_zone, letters, progress)
        with ledger.transaction():
            ledger.retry(written_back(self.source))
            ledger.set_notes(position=state.details["position"], seeded=name)
        self.at_step("seeded")
        self.tell(f"the ledger has {number:,} keys")

    def _take_over(self, state: State, lease: Lease, ledger: Ledger) -> Permit:
        """Ends every earlier run, at the table and at the ledger, before anything is read from either."""
        permit = Permit(state.epoch, lease.fence)
        issue(self.transport, self.table, permit)
        ledger.take_over(f"{permit.epoch}/{permit.run}")
        return permit

    def _follow(
        self,
        state: State,
        job: Checkpoint,
        ledger: Ledger,
        lease: Lease,
        permit: Permit,
        options: StartOptions,
    ) -> None:
        until = None
        if options.once:
            with SourceServer(self.source) as server:
                server.mark(0)
                until = server.position()
        self.tell(f"following {self.source} from {ledger.position}")

        def lost(error: SourceLost) -> None:
            self.tell(f"{error}; trying again from {ledger.position}")

        with Lanes(self.transport, self.table, permit) as lanes:
            Following(
                self.source, state.details["source"], ledger, self.transport, self.table, policy_of(job), lanes,
                check=self._check(lease), on_status=self.on_status, on_lost=lost, at_step=self.at_step,
            ).run(until)  # fmt: skip

    @contextmanager
    def _ended_by_switch(self) -> Iterator[None]:
        """Ends following quietly when a cutover has made the switch, which refuses what this run still writes."""
        try:
            yield
        except _WentOn:
            return
        except Fenced:
            if not self._is_switched():
                raise

    def _is_switched(self) -> bool:
        """Whether MySQL is not followed any more; a cutover that has just refused the followers is waited for."""
        deadline = time.monotonic() + _SWITCH_SECONDS
        while (state := self.state_item.read()) is not None and time.monotonic() < deadline:
            if state.phase != phases.DRAINED:
                return state.phase not in FOLLOWING_PHASES
            time.sleep(0.1)
        return False

    def _check(self, lease: Lease) -> Callable[[], None]:
        """What is asked before each batch: the lease, and once a second the phase. Ends following after a switch."""
        may_send, looked = permit_to_send(lease), time.monotonic()

        def check() -> None:
            nonlocal looked
            may_send()
            if time.monotonic() - looked >= _LOOK_SECONDS:
                looked = time.monotonic()
                if self.require_state().phase not in FOLLOWING_PHASES:
                    raise _WentOn

        return check

    def job(self) -> Checkpoint:
        """The bulk copy's job. Raises `MigrationError` when there is none, or it is not finished."""
        job = self._saved_job()
        if job is None or not all(step.done for step in job.steps.values()):
            raise MigrationError("the bulk copy is not finished: run make dynamodb-live-start")
        return job

    @contextmanager
    def opened_ledger(self) -> Iterator[Ledger]:
        """The ledger, which is made if it is not there."""
        with closing(Ledger(self.ledger_path)) as ledger:
            yield ledger

    def behind(self, position: Position | None) -> tuple[Position, int | None]:
        """The present end of the binlog, and the bytes from a position to it; None across files that are unknown."""
        with SourceServer(self.source) as server:
            end = server.position()
            if position is None:
                return end, None
            if position.file == end.file:
                return end, end.offset - position.offset
            sizes = {str(row[0]): int(row[1]) for row in server.query("SHOW BINARY LOGS")}
        if position.file not in sizes:
            return end, None
        between = sum(
            size for name, size in sizes.items() if position.number < Position(name, 0).number < end.number
        )
        return end, sizes[position.file] - position.offset + between + end.offset

    def abort(self) -> State:
        """Ends the live move while MySQL has the writes: shuts the lanes, removes mark, state and ledger.

        The table keeps what it has. Raises `MigrationError` in a later phase.
        """
        state = self.require_state()
        if state.phase not in (phases.PREPARED, phases.NOTED, phases.BULK, phases.LIVE):
            raise MigrationError(
                f"the live move is in phase {state.phase}, in which MySQL does not have the writes alone: nothing was "
                "changed; see make dynamodb-live-status"
            )
        # A follower that runs, or wakes up later, is refused from here on.
        state = self.state_item.advance(state, state.phase, new_epoch=True)
        issue(self.transport, self.table, Permit(state.epoch, 0))
        self.at_step("lanes shut")
        with Gate(self.source) as gate:
            if gate.state() is not None:  # a cutover that was given up has installed it
                gate.remove()
        with SourceServer(self.source) as server:
            server.drop_mark()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.state_item.remove(state)
        return state
