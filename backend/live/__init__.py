"""Following MySQL while an application writes it, with the table kept equal behind a barrier; and cutover and back.

`state` is the durable phase of the move. `source` reads the binlog, keys only. `follow` applies what was changed by
reading rows again. `verification` proves contents while following. `commands` has one module for each subcommand of
`scripts/live_migration.py`. The move's own code (`migration`) reads, encodes and verifies; this package calls it.
"""
