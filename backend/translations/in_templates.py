"""Texts of templates: `{% translate %}`, `{% blocktranslate %}` and `_("...")`, as Django itself keys them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from django.utils.translation.template import templatize

from translations.texts import Text

# Django rewrites a template as calls of gettext's functions among fillers; the arguments are Python's literals.
_STRING = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_CALL = re.compile(
    rf"\b(?P<name>_|gettext|ngettext|pgettext|npgettext)\((?P<arguments>{_STRING}(?:,\s*{_STRING})*)",
    re.DOTALL,
)
_LITERAL = re.compile(_STRING, re.DOTALL)


def texts_of(template: str, name: str) -> Iterator[Text]:
    """The texts of a template; `name` is for Django's complaints. Raises `SyntaxError` as Django does."""
    for call in _CALL.finditer(templatize(template, origin=name)):
        given = [str(ast.literal_eval(literal)) for literal in _LITERAL.findall(call["arguments"])]
        match call["name"], given:
            case "npgettext", [context, singular, plural]:
                yield Text(singular, plural, context)
            case "pgettext", [context, singular]:
                yield Text(singular, context=context)
            case "ngettext", [singular, plural]:
                yield Text(singular, plural)
            case _, [singular]:
                yield Text(singular)
