"""Access tokens of the service, made as its sign-in makes them; prints a JSON list.

    python -m benchmarks.service.tokens USER_ID...

They are good for ten minutes.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence


def tokens(user_ids: Sequence[int]) -> list[str]:
    """One token a user. Raises `KeyError` for a user whom the table does not hold."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from api.accounts.tokens import make_access_token
    from api.composition import repositories

    found = repositories().users.get_users(user_ids)
    return [make_access_token(found[user_id], session_id=user_id) for user_id in user_ids]


if __name__ == "__main__":
    print(json.dumps(tokens([int(text) for text in sys.argv[1:]])))
