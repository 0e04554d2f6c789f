"""A realistic, deterministic demonstration of the legacy source, for seeding, tests and benchmarks only."""

from legacy.demo.fill import (
    DemoInfo,
    SeedingError,
    TableFill,
    fill_empty_mysql,
    fill_mysql,
    fill_sqlite,
    read_info,
)
from legacy.demo.practice.folders import ProblemFolderError
from legacy.demo.rows import demo_rows
from legacy.demo.size import COLUMNS, DEFAULT_SEED, PRACTICE_SIZES, TABLES, DemoSize, Row, Value

__all__ = [
    "COLUMNS",
    "DEFAULT_SEED",
    "PRACTICE_SIZES",
    "TABLES",
    "DemoInfo",
    "DemoSize",
    "ProblemFolderError",
    "Row",
    "SeedingError",
    "TableFill",
    "Value",
    "demo_rows",
    "fill_empty_mysql",
    "fill_mysql",
    "fill_sqlite",
    "read_info",
]
