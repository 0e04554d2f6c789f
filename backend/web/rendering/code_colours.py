"""The colours of highlighted code, for light and dark, and the stylesheet that is made of them.

`python -m web.rendering.code_colours` writes the stylesheet; a test fails when the file is not what it would
write. Pages carry classes alone, because their policy allows no style attributes.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pygments.token import STANDARD_TYPES, Token, _TokenType

STYLESHEET = Path(__file__).resolve().parent.parent / "static" / "web" / "code.css"

BACKGROUND, TEXT = "background", "text"
LIGHT: Mapping[str, str] = {
    BACKGROUND: "#f0f0ed", TEXT: "#1c1e22", "comment": "#5b6472", "keyword": "#7a1fa2", "type": "#0b6470",
    "function": "#0a54a8", "string": "#1c662f", "number": "#9a3d07", "note": "#7a4a00", "problem": "#b01030",
}  # fmt: skip
DARK: Mapping[str, str] = {
    BACKGROUND: "#111316", TEXT: "#e7e8ea", "comment": "#98a2b3", "keyword": "#cda6ff", "type": "#6fcfda",
    "function": "#86bcff", "string": "#8ed09c", "number": "#f0ae78", "note": "#e3c477", "problem": "#ff8f9f",
}  # fmt: skip

# Which colour a kind of token has; kinds below one of these have its colour, all others that of the text.
_COLOURS: Mapping[_TokenType, str] = {
    Token.Comment: "comment",
    Token.Comment.Preproc: "note",
    Token.Comment.PreprocFile: "string",
    Token.Keyword: "keyword",
    Token.Keyword.Type: "type",
    Token.Operator.Word: "keyword",
    Token.Name.Builtin: "type",
    Token.Name.Builtin.Pseudo: "keyword",
    Token.Name.Class: "type",
    Token.Name.Exception: "type",
    Token.Name.Namespace: "type",
    Token.Name.Function: "function",
    Token.Name.Decorator: "note",
    Token.Name.Constant: "number",
    Token.Name.Tag: "keyword",
    Token.Name.Attribute: "note",
    Token.Literal.String: "string",
    Token.Literal.String.Escape: "number",
    Token.Literal.String.Interpol: "number",
    Token.Literal.Number: "number",
    Token.Error: "problem",
}


def _colour_of(kind: _TokenType) -> str | None:
    """The colour of a kind of token, or of the nearest kind above it."""
    found: _TokenType | None = kind
    while found is not None:
        if found in _COLOURS:
            return _COLOURS[found]
        found = found.parent
    return None


def stylesheet() -> str:
    """The stylesheet: both palettes as variables, and the classes that Pygments gives to tokens.

    The ground of code and its text are the site's own.
    """
    classes: dict[str, list[str]] = {}
    for kind, short in STANDARD_TYPES.items():
        colour = _colour_of(kind)
        if short and colour is not None:
            classes.setdefault(colour, []).append(short)
    rules = [
        ",\n".join(f".code .{short}" for short in sorted(shorts)) + f" {{\n  color: var(--code-{colour});\n}}"
        for colour, shorts in sorted(classes.items())
    ]
    variables = "\n".join(
        f"  --code-{name}: light-dark({colour}, {DARK[name]});"
        for name, colour in LIGHT.items()
        if name not in (BACKGROUND, TEXT)
    )
    return "\n".join(
        [
            "/* Colours of highlighted code. Made by `python -m web.rendering.code_colours`: change them there. */",
            f":root {{\n{variables}\n}}",
            *rules,
            "",
        ]
    )


if __name__ == "__main__":
    STYLESHEET.parent.mkdir(parents=True, exist_ok=True)
    STYLESHEET.write_text(stylesheet(), encoding="utf-8")
