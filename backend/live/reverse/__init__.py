"""The direction back: what the service writes to the table becomes rows of MySQL again.

A stream's record says only which thing was changed. The thing is read again from the table, consistently and through
the repositories, and its row is brought to that state. So records may be applied twice, or together, and the end is the
same.

`touched` reads records. `state` reads things. `row_format` compares a thing with its row. `rows`, `unique_rows`,
`case_rows` and `usage_rows` write. `applier` does all of it in one transaction, with the stream's position in it.
`homes` declares what has no place in MySQL.
"""

from live.reverse.applier import Applied, ReverseApplier
from live.reverse.target import ReverseTarget

__all__ = ["Applied", "ReverseApplier", "ReverseTarget"]
