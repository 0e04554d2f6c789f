r"""The characters that nobody sees, as the inside of a regular expression's `[...]`.

By Unicode: controls, format characters, what is ignorable by default, blank letters (Hangul fillers, the empty Braille
pattern), line and paragraph separators, private use, surrogates and noncharacters.
"""

from __future__ import annotations

UNSEEN = (
    r"\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u070f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    r"\u2060-\u206f\u2800\u3164\ud800-\udfff\ue000-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    r"\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    r"\U000f0000-\U0010ffff"
)
