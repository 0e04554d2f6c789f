"""Text that makes highlighters slow: fragments that are repeated, some behind an opening that nothing closes."""

from __future__ import annotations

from collections.abc import Mapping

FRAGMENTS: Mapping[str, tuple[str, str]] = {
    "line feeds": ("", "\n"),
    "spaces": ("", " "),
    "tabs": ("", "\t"),
    "lines of a space": ("", " \n"),
    "quotes": ("", '"'),
    "apostrophes": ("", "'"),
    "backticks": ("", "`"),
    "three quotes": ("", '"""'),
    "backslashes": ("", "\\"),
    "backslashes in a string": ('val s = "', "\\"),
    "escaped quotes in a string": ('"', '\\"'),
    "an open string of three quotes": ('"""', '"a'),
    "an open template": ("`", "${`"),
    "raw strings": ("", 'r#"'),
    "C++ raw strings": ("", 'R"('),
    "verbatim strings": ("", '@"'),
    "here documents": ("", "<<A\n"),
    "slashes": ("", "/"),
    "stars in a comment": ("/*", "*"),
    "openings of comments": ("", "/*"),
    "comments": ("", "//\n"),
    "hashes": ("", "#"),
    "directives": ("", "#if 0\n"),
    "directives behind spaces": ("", "#    "),
    "attributes": ("", "#["),
    "annotations": ("", "@a "),
    "tags": ("", "<?"),
    "Ruby's comments": ("", "\n=begin"),
    "open brackets": ("", "["),
    "open braces": ("", "{"),
    "open parentheses": ("", "("),
    "angle brackets": ("", "<"),
    "regular expressions": ("", "=/["),
    "divisions": ("", "(/"),
    "dots": ("", "."),
    "colons": ("", ":"),
    "dollars": ("", "$"),
    "equal signs": ("", "="),
    "letters": ("", "a"),
    "capitals": ("", "A"),
    "capitals and a small letter": ("", "AAAAAAAAa "),
    "digits": ("", "1"),
    "digits with apostrophes": ("", "1'"),
    "exponents": ("", "1e"),
    "underscores": ("", "_"),
    "words": ("", "a "),
    "words with dots": ("", "a."),
    "calls": ("", "a("),
    "type parameters": ("", "A<"),
    "classes": ("", "class "),
    "imports": ("", "import "),
    "wide letters": ("", "한"),
    "NUL": ("", "\0"),
}


def hostile_code(name: str, size: int) -> str:
    """A text of `size` characters made of a fragment, and an `x` at its end."""
    opening, fragment = FRAGMENTS[name]
    return (opening + fragment * (size // len(fragment) + 1))[: size - 1] + "x"
