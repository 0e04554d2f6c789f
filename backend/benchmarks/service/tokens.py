"""Access tokens of the service, made as its sign-in makes them.

    python -m benchmarks.service.tokens

Each line of standard input, a JSON list of user ids, is answered by a line with one token for each. They are good for
ten minutes.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence

import django


def tokens(user_ids: Sequence[int]) -> list[str]:
    """One token a user. Raises `KeyError` for a user whom the table does not hold."""
    from api.accounts.tokens import make_access_token
    from api.composition import repositories

    users = repositories().users.get_users(user_ids)
    return [make_access_token(users[user_id], session_id=user_id) for user_id in user_ids]


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    for line in sys.stdin:
        print(json.dumps(tokens(json.loads(line))), flush=True)
