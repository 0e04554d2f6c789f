"""The job that fills a table: its options, and whether a run may begin it, go on with it or start it over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from api.dynamodb.errors import InvalidInput
from api.dynamodb.transport.retry import Caller
from config import process_identity
from config.environment import Environment
from migration import checkpoint as checkpoints
from migration.checkpoint import Checkpoint, CheckpointStore, JobSource
from migration.dead_letters import DeadLetterFile, read, recover, require_unused, rewrite
from migration.errors import MigrationError
from migration.mapping import STEPS, USAGE, MigrationStep, steps_of, utc_midnight
from migration.parts import Part, PartBounds, join_numbers
from migration.progress import ProgressDisplay
from migration.row_encoder import MigrationPolicy
from migration.source import LegacyDatabase
from migration.table_contents import find_service_write, is_empty, read_items


def refuse_unconfirmed(action: str) -> None:
    """Refuses an action that has to be confirmed, for callers that ask nobody."""
    raise InvalidInput(f"{action} must be confirmed")


@dataclass(frozen=True)
class MigrationOptions:
    """The command line's options for a migration, a dry run or a replay.

    `overwrite_live` is the name of the table that may be overwritten though the service has written to it.
    With `part`, the run moves the ranges of that part of the job.
    `confirm` is called with an action that removes data, and raises `InvalidInput` unless it is confirmed.
    """

    entity: str = "all"
    batch_size: int = 2_000
    workers: int = 4
    max_wcu: float | None = None
    restart: bool = False
    overwrite_live: str | None = None
    keep_expired: bool = False
    dead_letter: Path | None = None
    ignore_columns: frozenset[str] = frozenset()
    quiet: bool = False
    part: Part | None = None
    confirm: Callable[[str], None] = refuse_unconfirmed

    @property
    def restarts_everything(self) -> bool:
        """Whether nothing of an earlier run is to be used."""
        return self.restart and self.entity == "all"


def open_source(settings: Environment) -> LegacyDatabase:
    """The configured source, a context manager. Raises `MigrationError` when none is configured."""
    if settings.source is None:
        raise MigrationError(
            "no source is configured: set MYSQL_HOST, MYSQL_USER, MYSQL_PASSWORD and MYSQL_DATABASE "
            "(or LEGACY_SQLITE for the demonstration; make demo-source fills it)"
        )
    return LegacyDatabase(settings.source)


def check_table_name(settings: Environment, options: MigrationOptions) -> None:
    """Raises `MigrationError` when `--overwrite-live` names another table than the configured one."""
    name = options.overwrite_live
    if name is not None and name != settings.table_name:
        raise MigrationError(
            f"--overwrite-live names {name}, but the configured table is {settings.table_name}"
        )


def split(source: LegacyDatabase, count: int) -> PartBounds:
    """The ranges of a new job in parts. Reads the index of each table's key once."""
    return PartBounds(count, {step.name: source.range_ends(step, count) for step in STEPS})


def require_same_parts(saved: Checkpoint, part: Part | None) -> None:
    """Raises `MigrationError` unless the job is in as many parts as the one that is asked for; None: in no parts."""
    count = None if saved.bounds is None else saved.bounds.count
    if count == (None if part is None else part.count):
        return
    if count is None:
        raise MigrationError(
            "this job was begun without --part: go on without it, or start over in parts with "
            f"--entity all --restart --part 1/{part.count if part is not None else 'N'}"
        )
    restart = "--entity all --restart" if part is None else f"--entity all --restart --part 1/{part.count}"
    raise MigrationError(
        f"this job is in {count} parts: run it with --part 1/{count} to --part {count}/{count}, or start over with "
        f"{restart}"
    )


def policy_of(state: Checkpoint) -> MigrationPolicy:
    """The policy that a job was started with."""
    return MigrationPolicy(state.as_of, state.keep_expired, state.time_zone)


class JobOpening:
    """Decides how a run begins: with a new job, with the saved one, or with the saved one started over.

    What would overwrite data of the service, or of another source, is refused here before anything is changed.
    """

    def __init__(
        self,
        settings: Environment,
        options: MigrationOptions,
        source: JobSource,
        transport: Caller,
        store: CheckpointStore,
    ) -> None:
        self._settings, self._options, self._source = settings, options, source
        self._transport, self._store = transport, store
        self._table = settings.table_name
        self._steps = steps_of(options.entity)

    def open(self) -> Checkpoint:
        """The checkpoint to go on from; nothing has been written. Raises `MigrationError` for what is refused.

        A run that starts steps of a job that has begun looks for writes of the service: a Scan of the table.
        """
        check_table_name(self._settings, self._options)
        saved = self._load()
        if saved is None:
            return self._begin()
        if self._options.restarts_everything:
            return self._start_over(saved)
        saved.require_source(self._source)
        if saved.bounds is not None:
            return self._finished_parts(saved)
        self._check_options(saved)
        self._check_letters(saved)
        if saved.rewriting:
            recover(saved)
        if not saved.packs_usage and USAGE in self._steps:
            self._restart_unpacked_usage(saved)
        if self._options.restart:
            self._restart_steps(saved)
        elif self._begins_steps_later(saved):
            self._refuse_live(saved)
        return saved

    def open_in_parts(self, source: LegacyDatabase, part: Part) -> Checkpoint:
        """The job that a part belongs to: a new one, which is saved, or the one that other parts have begun."""
        check_table_name(self._settings, self._options)
        saved = self._load()
        if saved is not None and not self._options.restart:
            saved.require_source(self._source)
            require_same_parts(saved, part)
            self._check_options(saved)
            return saved
        job = self._begin() if saved is None else self._start_over(saved)
        job.bounds = split(source, part.count)
        job.dead_letter = ""
        job.save()
        return job

    def open_part(self, job: Checkpoint, part: Part, store: CheckpointStore) -> Checkpoint:
        """The checkpoint of a part of the job. Raises `MigrationError` for what is refused."""
        state = job.parts.get(part.number)
        if state is not None:
            state.store = store
            self._check_letters(state)
            if state.rewriting:
                recover(state)
        if self._begins_part_later(job, state):
            self._refuse_live(job)
        if state is None:
            state = self._new_state()
            state.store, state.job, state.part, state.bounds = store, job.job, part, job.bounds
            state.as_of, state.time_zone, state.keep_expired = job.as_of, job.time_zone, job.keep_expired
            self._require_own_letters(job, state)
        return state

    def open_for_replay(self) -> Checkpoint:
        """The job whose dead letters are retried. Raises `MigrationError` when they cannot be."""
        saved, part = checkpoints.load(self._store, self._settings), self._options.part
        if saved is None:
            raise MigrationError("nothing was moved into this table yet: run make dynamodb-migrate first")
        saved.require_source(self._source)
        if saved.emptying:
            raise MigrationError("a restart of this job is not finished: run make dynamodb-migrate first")
        if saved.bounds is not None and part is None:
            raise MigrationError(
                f"each of the {saved.bounds.count} parts of this job has its own dead letters: add "
                f"--part 1/{saved.bounds.count}, and so on, where that part ran"
            )
        require_same_parts(saved, part)
        unfinished = [open_part.number for open_part in saved.unfinished_parts(self._begun_steps(saved))]
        if unfinished:
            # A mended row may take a key that belongs to a row which has not been moved.
            raise MigrationError(
                f"dead letters of a job in parts are retried when every part is finished: run --part with "
                f"{join_numbers(unfinished)} of {saved.bounds.count if saved.bounds is not None else 0} first"
            )
        return saved

    def _begun_steps(self, job: Checkpoint) -> list[str]:
        return [name for name in job.steps if name in {step.name for step in self._steps}]

    def _finished_parts(self, saved: Checkpoint) -> Checkpoint:
        """A job in parts for a run without one, which finds it finished; `MigrationError` unless it is."""
        unfinished = saved.unfinished_parts(step.name for step in self._steps)
        if self._options.restart or unfinished:
            require_same_parts(saved, None)
        return saved

    def _begins_part_later(self, job: Checkpoint, state: Checkpoint | None) -> bool:
        """Whether a part begins steps after everything that the job's parts have begun was finished."""
        states = [step for part in job.parts.values() for step in part.steps.values()]
        begun = [step for step in states if step.after is not None or step.done]
        to_begin = [step for step in self._steps if state is None or not state.step(step.name).done]
        return bool(to_begin) and bool(begun) and all(step.done for step in begun)

    def _require_own_letters(self, job: Checkpoint, state: Checkpoint) -> None:
        """Raises `MigrationError` when another part on this host has named the same dead-letter file."""
        for part in job.parts.values():
            if (part.host, part.letters) == (state.host, state.letters):
                raise MigrationError(
                    f"the dead letters of {part.part} are in {state.letters}: name another file with --dead-letter"
                )

    def _load(self) -> Checkpoint | None:
        """The saved checkpoint; one that cannot be used is ignored when the table may be overwritten."""
        try:
            return checkpoints.load(self._store, self._settings)
        except MigrationError:
            if self._options.restarts_everything and self._options.overwrite_live:
                return None
            raise

    def _begin(self) -> Checkpoint:
        """A new job; into a table that holds data only with `--overwrite-live`."""
        state = self._new_state()
        if not is_empty(self._transport, self._table):
            if not self._options.overwrite_live:
                raise MigrationError(
                    f"table {self._table} holds data and no record of a move: the service has written to it, or an "
                    "earlier version has moved into it. Check DYNAMODB_TABLE, or take an empty table; to remove "
                    f"what it holds and move everything: --entity all --restart --overwrite-live {self._table}"
                )
            state.emptying = [step.name for step in self._steps]
        return state

    def _new_state(self, saved: Checkpoint | None = None) -> Checkpoint:
        settings, options = self._settings, self._options
        letters = options.dead_letter.absolute() if options.dead_letter is not None else None
        if letters is not None and (saved is None or saved.letters != letters):
            require_unused(letters)
        return Checkpoint(
            self._store, settings.state_dir, self._table, self._source, utc_midnight(datetime.now(UTC)),
            settings.time_zone, process_identity.host().partition("/")[0], options.keep_expired,
            dead_letter=str(letters or ""),
        )  # fmt: skip

    def _start_over(self, saved: Checkpoint) -> Checkpoint:
        """A new job in the place of the saved one, whose items are removed first."""
        self._refuse_live(saved)
        self._confirm(STEPS)
        state = self._new_state(saved)
        state.emptying = [step.name for step in STEPS]
        return state

    def _restart_steps(self, saved: Checkpoint) -> None:
        """Forgets the progress and the dead letters of the chosen steps, whose items are removed first."""
        self._refuse_live(saved)
        self._confirm(self._steps)
        self._forget(saved, {step.name for step in self._steps})

    def _restart_unpacked_usage(self, saved: Checkpoint) -> None:
        """Starts usage logs over that an earlier version began to move, in which each is an item of its own.

        Going on would put the last ones into ledgers beside their items. A finished step stays as it is.
        """
        if not saved.step(USAGE.name).done:
            self._refuse_live(saved)
            self._forget(saved, {USAGE.name})
        saved.packs_usage = True

    def _forget(self, saved: Checkpoint, names: set[str]) -> None:
        """Forgets the progress and the dead letters of steps, whose items are to be removed."""
        DeadLetterFile.of(saved)  # truncates what was not committed
        for name in names:
            saved.steps.pop(name, None)
        saved.emptying = sorted({*saved.emptying, *names})
        rewrite(saved, (entry for entry in read(saved.letters) if entry["entity"] not in names))

    def _begins_steps_later(self, saved: Checkpoint) -> bool:
        """Whether this run begins steps after earlier runs have finished what they began."""
        states = [saved.steps[step.name] for step in STEPS if step.name in saved.steps]
        begun = [state for state in states if state.after is not None or state.done]
        to_begin = [step for step in self._steps if not saved.step(step.name).done]
        return bool(to_begin) and bool(begun) and all(state.done for state in begun)

    def _refuse_live(self, saved: Checkpoint) -> None:
        """Raises `MigrationError` when the service has written to the table since the job began."""
        if self._options.overwrite_live:
            return
        write = self._service_write(saved)
        if write is not None:
            raise MigrationError(
                f"the service has written to table {self._table} since it was filled ({write}), and this would "
                "overwrite it. Nothing was changed. To do it all the same, add "
                f"--overwrite-live {self._table}"
            )

    def _service_write(self, saved: Checkpoint) -> str | None:
        display = ProgressDisplay("looking", 0, unit="items", quiet=self._options.quiet)
        try:
            items = read_items(self._transport, self._table, display)
            return find_service_write(saved, items, datetime.now(UTC))
        finally:
            display.close()

    def _confirm(self, steps: tuple[MigrationStep, ...]) -> None:
        if not self._options.overwrite_live:
            names = ", ".join(step.name for step in steps)
            self._options.confirm(f"removing {names} from table {self._table} to move them again")

    def _check_options(self, saved: Checkpoint) -> None:
        options = self._options
        if saved.keep_expired != options.keep_expired:
            preposition = "with" if saved.keep_expired else "without"
            raise MigrationError(
                f"this job was started {preposition} --keep-expired: continue in the same way, or start over with "
                "--entity all --restart"
            )
        if str(saved.time_zone) != str(self._settings.time_zone):
            raise MigrationError(
                f"this job counts uses by the days of {saved.time_zone}, and ALGOITNY_TIME_ZONE is "
                f"{self._settings.time_zone}: set it back, or start over with --entity all --restart"
            )

    def _check_letters(self, saved: Checkpoint) -> None:
        options = self._options
        if options.dead_letter is not None and options.dead_letter.absolute() != saved.letters:
            raise MigrationError(
                f"this job's dead letters are in {saved.letters}: omit --dead-letter, or start over with "
                "--entity all --restart"
            )
