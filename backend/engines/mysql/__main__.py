"""`python -m engines.mysql` fetches MySQL ahead of the tests and prints one line."""

from __future__ import annotations

from engines.fetching import report
from engines.mysql.fetch import fetch

if __name__ == "__main__":
    raise SystemExit(report("MySQL", fetch))
