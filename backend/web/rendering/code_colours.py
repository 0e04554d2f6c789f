"""The colours of highlighted code in light and dark mode, and the stylesheet generated from them.

`python -m web.rendering.code_colours` writes the stylesheet; a test fails if the file is out of date.
Pages use classes only, because their content security policy forbids style attributes.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

STYLESHEET = Path(__file__).resolve().parent.parent / "static" / "web" / "code.css"

BACKGROUND, TEXT = "background", "text"
LIGHT: Mapping[str, str] = {
    BACKGROUND: "#f0f0ed", TEXT: "#1c1e22", "comment": "#5b6472", "keyword": "#7a1fa2", "type": "#0b6470",
    "function": "#0a54a8", "string": "#1c662f", "number": "#9a3d07", "note": "#7a4a00",
}  # fmt: skip
DARK: Mapping[str, str] = {
    BACKGROUND: "#111316", TEXT: "#e7e8ea", "comment": "#98a2b3", "keyword": "#cda6ff", "type": "#6fcfda",
    "function": "#86bcff", "string": "#8ed09c", "number": "#f0ae78", "note": "#e3c477",
}  # fmt: skip

# The class of each colour's parts, one letter because a page has thousands of them.
CLASSES: Mapping[str, str] = {
    "comment": "c", "keyword": "k", "type": "t", "function": "f", "string": "s", "number": "n", "note": "a",
}  # fmt: skip


def stylesheet() -> str:
    """The stylesheet: both palettes as variables, and the rule of each class.

    The background and the default text colour come from the site's stylesheet.
    """
    rules = [f".code .{short} {{\n  color: var(--code-{colour});\n}}" for colour, short in CLASSES.items()]
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
