"""Where changes of the source come from: the protocol of a source of changes, and the binlog behind it.

`changes` has the protocol and what it yields, `binlog` reads MySQL's and MariaDB's replication stream, keys only,
`table_map` and `row_events` decode it, `server` asks a server who it is, where its binlog ends and what it logs.
"""
