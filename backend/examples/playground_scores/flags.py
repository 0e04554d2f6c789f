"""The playground's flags, as its rollout guide lists them."""

from __future__ import annotations

from examples.playground_scores.table_configs.playground_scores import BY_USER
from rollout.flags import Flag

MOST_PER_PAGE = 100

USE_METADATA_GSI = Flag(
    "use_metadata_gsi", "list_tables queries the index instead of scanning the table", ("false", "true"), phase=2,
    indexes={"true": BY_USER.name},
)  # fmt: skip
READ_CONSISTENT = Flag(
    "read_consistent", "reads of the table itself are strongly consistent", ("true", "false"), phase=3
)
PAGE_LIMIT = Flag(
    "default_table_page_limit", "tables of a page without a limit", numbers=(1, MOST_PER_PAGE), initial="50"
)
RESERVED = tuple(
    Flag(name, "reserved for later, not recommended", ("false", "true"), reserved=True)
    for name in ("enable_gsi_leaderboard", "use_leaderboard_gsi")
)
FLAGS = (USE_METADATA_GSI, READ_CONSISTENT, PAGE_LIMIT, *RESERVED)
