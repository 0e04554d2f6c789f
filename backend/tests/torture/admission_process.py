"""A process that admits uses until it is killed: `python -m tests.torture.admission_process FIRST_USER SEED`.

One line is written after each admission: user, use id, and the sort key of the log or `-`.
"""

from __future__ import annotations

import itertools
import os
import random
import sys
from datetime import datetime, timedelta
from typing import Any

from api.dynamodb.repositories import UsageLogRepository
from tests.integration.repositories.helpers import noise

LIMIT = 60
MOMENT = datetime.fromisoformat("2036-11-21T03:00:00+00:00")


def main() -> None:
    """Plain uses go into the ledger. Uses with metadata have separate log items, some of them with text parts."""
    first, seed = map(int, sys.argv[1:])
    dice = random.Random(seed)
    ticks = itertools.count()
    usage = UsageLogRepository(now=lambda: MOMENT + timedelta(milliseconds=next(ticks)))
    kinds: list[dict[str, Any] | None] = [None, {"text": "x" * 600}, {"text": noise(6_500)[:6_000]}]
    for user_id in itertools.count(first):
        while True:
            metadata = dice.choices(kinds, weights=(5, 4, 1))[0]
            receipt = usage.admit(user_id, "hint", LIMIT, metadata=metadata).receipt
            if receipt is None:
                break
            line = f"{user_id} {receipt.use_id} {receipt.log_key or '-'}\n"
            os.write(sys.stdout.fileno(), line.encode())


if __name__ == "__main__":
    main()
