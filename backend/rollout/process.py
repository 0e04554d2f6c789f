"""What the service's repositories read by, from the process's settings."""

from __future__ import annotations

from api.dynamodb.errors import InvalidInput
from api.dynamodb.table.read_paths import DEFAULT_READS, Reads
from api.dynamodb.transport.factory import transport_for
from config.environment import Environment
from config.setting_values import ConfigurationError
from rollout.flag_cache import FlagCache
from rollout.flag_store import FlagStore
from rollout.flags import flag_named
from rollout.health import Health
from rollout.reader import FlaggedReads
from rollout.service_flags import FLAGS
from rollout.shadow import ShadowReads


def flag_overrides(settings: Environment) -> dict[str, str]:
    """The values that flags have in this process. Raises `ConfigurationError` for what there is not."""
    try:
        return {name: flag_named(FLAGS, name).check(value) for name, value in settings.rollout.overrides}
    except InvalidInput as wrong:
        raise ConfigurationError(f"ALGOITNY_ROLLOUT_OVERRIDES: {wrong}") from None


def reads_of_process(settings: Environment) -> Reads:
    """Without any of the settings of a rollout: the defaults, at no cost. No call is made here.

    Raises as `flag_overrides`.
    """
    rollout = settings.rollout
    if not (rollout.flags or rollout.metrics or rollout.overrides):
        return DEFAULT_READS
    overrides = flag_overrides(settings)
    store = FlagStore.of_transport(transport_for(), settings.table_name)
    flags = FlagCache(FLAGS, (lambda: store.read(consistent=False)) if rollout.flags else None, overrides)
    if not rollout.flags:
        return FlaggedReads(flags, metrics=rollout.metrics)
    health = Health({flag.name: flag for flag in FLAGS}, flags, store)
    return FlaggedReads(flags, metrics=rollout.metrics, shadows=ShadowReads(flags, health), health=health)
