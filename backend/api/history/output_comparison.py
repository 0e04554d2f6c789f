"""The one rule by which a printed output is compared with the expected one, for pages: differences, staff's preview.

Verdicts compare digests of outputs by the same rule, see `codec.compared_output`.
"""

from __future__ import annotations

from django.utils.translation import gettext_noop

from api.dynamodb.codec.compared_output import compared_form

# What pages and the API's document say of the rule. English; pages show its translation.
RULE = gettext_noop(
    "Spaces, tabs and carriage returns at the end of a line don't count, nor do line breaks at the end of the "
    "output. Everything else does."
)


def compared_lines(text: str) -> list[str]:
    """The lines of an output as they are compared; only a line feed ends a line. An empty output has none."""
    form = compared_form(text)
    return form.split("\n") if form else []
