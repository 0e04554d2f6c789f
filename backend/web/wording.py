"""What the service says in English, in the visitor's language: titles and details of refusals.

The functions below the pages know nothing of languages. A text of theirs is its own msgid; one that is composed
around values is recognised by its pattern here, and the pattern is what is translated.
"""

from __future__ import annotations

import re
from functools import lru_cache

from django.utils.translation import gettext

# As they stand in the f-strings of `api/`, each value by a name. The order does not matter.
PATTERNS = (
    "Your plan has no {action}s.",
    "All {limit} uses of {action} are used; the next is possible after {moment}.",
    "This {field} is already in use.",
    "The body may have at most {bytes} bytes here.",
    "at most {count} characters",
    "1 to {count} characters",
    "1 to {count} days",
    "It has version {version} now: somebody changed it meanwhile.",
    "The step {step} comes before {next}.",
    "The texts of all test cases together may have {most} bytes; these have {bytes}.",
    "Too many attempts from your network: wait {seconds} seconds.",
)
# Values within those that are words of English.
NAMES = frozenset(
    ("hint", "execution", "email", "problem_number", "nudge", "approach", "outline", "solution")
)


@lru_cache(maxsize=64)
def _matcher(pattern: str) -> re.Pattern[str]:
    pieces = re.split(r"\{(\w+)\}", pattern)
    return re.compile(
        "".join(f"(?P<{piece}>.+?)" if place % 2 else re.escape(piece) for place, piece in enumerate(pieces)),
        re.DOTALL,
    )


def worded(text: str) -> str:
    """The text in the visitor's language; itself if the catalogue does not know it."""
    if not text:
        return ""
    known = gettext(text)
    if known != text:
        return known
    for pattern in PATTERNS:
        found = _matcher(pattern).fullmatch(text)
        if found:
            values = {
                name: gettext(value) if value in NAMES else value for name, value in found.groupdict().items()
            }
            return gettext(pattern).format(**values)
    return text
