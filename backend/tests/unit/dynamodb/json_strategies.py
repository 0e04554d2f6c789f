"""JSON texts as MySQL may hold them, for property tests: strange numbers, escapes, depths and repeated names."""

from __future__ import annotations

import json

from hypothesis import strategies as st

# Names that the service's own documents have, so that pages look at the values.
_NAMES = (
    "test_case_id", "number", "status", "output", "stderr", "time_ms", "memory_kb", "level", "step", "text",
    "language", "opened_at", "old", "new",
)  # fmt: skip
_digits = st.text("0123456789", min_size=1, max_size=40) | st.sampled_from(
    ("9" * 999, "8" * 1_001, "7" * 5_000)
)
_numbers = st.builds(
    lambda sign, whole, fraction, exponent: f"{sign}{whole.lstrip('0') or '0'}{fraction}{exponent}",
    st.sampled_from(("", "-")),
    _digits,
    st.just("") | _digits.map(lambda digits: f".{digits}"),
    st.just("") | st.builds(
        lambda letter, sign, digits: f"{letter}{sign}{digits}",
        st.sampled_from("eE"), st.sampled_from(("", "+", "-")),
        st.sampled_from(("0", "1", "05", "308", "400", "999", "0999", "1000", "99999", "9" * 19)),
    ),
)  # fmt: skip
_escapes = st.sampled_from(
    (
        r"\ud800",
        r"\uDfff",
        r"\ud83d\ude00",
        r"\\ud800",
        r"\\\ud83d\ude00",
        r"\u0000",
        r"\"",
        r"\n",
        "[",
        "{",
        "]",
    )
)
_strings = st.lists(
    _escapes | st.text(max_size=8).map(lambda text: json.dumps(text, ensure_ascii=False)[1:-1]), max_size=5
).map(lambda pieces: f'"{"".join(pieces)}"')
_scalars = st.sampled_from(("null", "true", "false", "NaN", "-Infinity", '"AC"')) | _numbers | _strings
_names = st.sampled_from(_NAMES).map(json.dumps) | _strings


def _containers(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    lists = st.lists(inner, max_size=4).map(lambda values: f"[{', '.join(values)}]")
    members = st.lists(st.builds(lambda name, value: f"{name}:{value}", _names, inner), max_size=4)
    return lists | members.map(lambda pairs: f"{{{','.join(pairs)}}}")


def _nested(text: str, depth: int, brackets: tuple[str, str]) -> str:
    opening, closing = brackets
    return opening * depth + text + closing * depth


# Most may be stored; the others are just beyond one of the limits, or far beyond it.
json_texts: st.SearchStrategy[str] = st.builds(
    _nested,
    st.recursive(_scalars, _containers, max_leaves=8),
    st.just(0) | st.sampled_from((1, 2, 48, 49, 50, 95, 97, 98, 99, 100, 101, 300, 5_000)),
    st.sampled_from((("[", "]"), ('{"a":', "}"), ('[{"output":', "}]"))),
)
