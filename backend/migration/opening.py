"""Opens a job for a run: takes the lease that the run needs, alone or beside other parts, and loads the checkpoint."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from api.dynamodb.errors import InvalidInput
from api.dynamodb.table.lease import LEASE_SECONDS, WATCH_SECONDS, Lease, LeaseHeld, seconds_since_boot
from api.dynamodb.transport.http import Transport
from config.environment import Environment
from migration import checkpoint as checkpoints
from migration.checkpoint import Checkpoint, CheckpointStore
from migration.job import JobOpening, MigrationOptions, require_same_parts
from migration.lease import part_lease, permit_to_send, require_no_live_part, table_lease
from migration.loader import Loader
from migration.parts import Part
from migration.removal import remove_earlier_items
from migration.source import LegacyDatabase
from migration.source_identity import identify

TURN_SECONDS = 3 * LEASE_SECONDS


@contextmanager
def open_job(
    settings: Environment,
    options: MigrationOptions,
    source: LegacyDatabase,
    transport: Transport,
    item_count: int,
) -> Iterator[tuple[Checkpoint, Lease]]:
    """The checkpoint to go on from and the lease to hold: of the whole move, or of the part that is asked for.

    Raises `MigrationError` or `LeaseHeld` for a run that is refused; nothing was changed then.
    """
    if options.part is not None:
        with _open_part(settings, options, source, transport, item_count, options.part) as opened:
            yield opened
        return
    with table_lease(transport, settings.table_name) as lease:
        require_no_live_part(transport, settings.table_name)
        store = CheckpointStore(transport, settings.table_name, lease.fence, permit_to_send(lease))
        yield JobOpening(settings, options, identify(source), transport, store).open(), lease


@contextmanager
def _open_part(
    settings: Environment,
    options: MigrationOptions,
    source: LegacyDatabase,
    transport: Transport,
    item_count: int,
    part: Part,
) -> Iterator[tuple[Checkpoint, Lease]]:
    """Begins the job in parts or joins it. Removes the items of an earlier job first, as the only part then."""
    _require_part_options(options, part)
    table = settings.table_name
    with ExitStack() as stack:
        with _table_lease_in_turn(settings, options, transport) as table_lease_held:
            permit = permit_to_send(table_lease_held)
            if options.restart:
                require_no_live_part(transport, table)
            store = CheckpointStore(transport, table, table_lease_held.fence, permit)
            opening = JobOpening(settings, options, identify(source), transport, store)
            job = opening.open_in_parts(source, part)
            if job.emptying:
                require_no_live_part(transport, table)
                with Loader(transport, table, options.workers, options.max_wcu, permit) as loader:
                    remove_earlier_items(job, transport, loader, item_count, quiet=options.quiet)
            lease = stack.enter_context(part_lease(transport, table, part))
            part_store = CheckpointStore(transport, table, lease.fence, permit_to_send(lease), part)
            state = opening.open_part(job, part, part_store)
        yield state, lease


def _require_part_options(options: MigrationOptions, part: Part) -> None:
    if not options.restart:
        return
    if part.number > 1:
        raise InvalidInput(
            f"--restart starts all parts over and belongs to part 1: run it with --part 1/{part.count}, then {part} "
            "without --restart"
        )
    if options.entity != "all":
        raise InvalidInput("with --part, --restart starts every entity over: add --entity all")


@contextmanager
def _table_lease_in_turn(
    settings: Environment, options: MigrationOptions, transport: Transport
) -> Iterator[Lease]:
    """The table's lease; waits for other parts that begin, which may have to watch a part that died elsewhere.

    Raises `MigrationError` at once when the job is not in the same parts, and `LeaseHeld` after `TURN_SECONDS`.
    """
    deadline = seconds_since_boot() + TURN_SECONDS
    with ExitStack() as stack:
        lease = None
        while lease is None:
            try:
                lease = stack.enter_context(table_lease(transport, settings.table_name))
            except LeaseHeld:
                _refuse_other_job(settings, options, transport)
                if seconds_since_boot() > deadline:
                    raise
                time.sleep(WATCH_SECONDS)
        yield lease


def _refuse_other_job(settings: Environment, options: MigrationOptions, transport: Transport) -> None:
    saved = checkpoints.load(CheckpointStore(transport, settings.table_name), settings)
    if saved is not None and options.part is not None and not options.restart:
        require_same_parts(saved, options.part)


@contextmanager
def open_for_replay(
    settings: Environment, options: MigrationOptions, source: LegacyDatabase, transport: Transport
) -> Iterator[tuple[Checkpoint, Checkpoint, Lease]]:
    """The job, the checkpoint of the dead letters that are retried, and the lease to hold; no part runs beside.

    Raises `MigrationError` when nothing can be retried, and `LeaseHeld` while the table or a part is being moved.
    """
    with ExitStack() as stack:
        lease = stack.enter_context(table_lease(transport, settings.table_name))
        require_no_live_part(transport, settings.table_name)
        store = CheckpointStore(transport, settings.table_name, lease.fence, permit_to_send(lease))
        job = state = JobOpening(settings, options, identify(source), transport, store).open_for_replay()
        if options.part is not None:
            lease = stack.enter_context(part_lease(transport, settings.table_name, options.part))
            state = job.parts[options.part.number]
            state.store = CheckpointStore(
                transport, settings.table_name, lease.fence, permit_to_send(lease), options.part
            )
        yield job, state, lease
