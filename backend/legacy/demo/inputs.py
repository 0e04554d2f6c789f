"""Inputs and outputs of test cases, from a few bytes to 2 MB; outputs look right but are not computed."""

from __future__ import annotations

from random import Random
from struct import unpack

MEGABYTE = 1_048_576

# Sizes of the large inputs in bytes, in the order of use; those at odd positions compress badly.
LARGE_SIZES = (
    2 * MEGABYTE, 2 * MEGABYTE, 1_500_000, MEGABYTE, 700_000, 524_288,
    400_000, 409_600, 300_000, 200_000, 150_000, 100_000,
)  # fmt: skip


def _numbers(rng: Random, count: int) -> list[str]:
    return [str(number) for number in unpack(f"<{count}i", rng.randbytes(4 * count))]


def _small_numbers(rng: Random, count: int) -> list[str]:
    top = rng.choice((10, 100, 1000, 100_000))
    return [str(int(rng.random() * top)) for _ in range(count)]


def _array(rng: Random, length: int) -> str:
    count = max(1, length // 7)
    cells = _numbers(rng, count) if rng.random() < 0.3 else _small_numbers(rng, count)
    return f"{count}\n{' '.join(cells)}\n"


def _grid(rng: Random, length: int) -> str:
    side = max(2, int(length**0.5))
    cells = rng.choices("....#", k=side * side)
    rows = ["".join(cells[at : at + side]) for at in range(0, side * side, side)]
    return f"{side} {side}\n" + "\n".join(rows) + "\n"


def _graph(rng: Random, length: int) -> str:
    edges = max(1, length // 10)
    nodes = max(2, edges // 2)
    lines = [
        f"{int(rng.random() * nodes) + 1} {int(rng.random() * nodes) + 1} {int(rng.random() * 1000)}"
        for _ in range(edges)
    ]
    return f"{nodes} {edges}\n" + "\n".join(lines) + "\n"


def _text(rng: Random, length: int) -> str:
    letters = rng.choice(("ab", "abcdefghijklmnopqrstuvwxyz", "()[]{}", "01", "가나다라마바사아자차카타파하"))
    return "".join(rng.choices(letters, k=max(1, length))) + "\n"


def _literal(rng: Random, length: int) -> str:
    count = max(1, length // 6)
    return f"nums = [{', '.join(_small_numbers(rng, count))}], target = {rng.randint(1, 1000)}"


def _pair(rng: Random, length: int) -> str:
    return f"{rng.randint(1, 10**9)} {rng.randint(1, 10**9)}\n" if length > 12 else f"{rng.randint(1, 999)}\n"


_KINDS = (_array, _array, _grid, _graph, _text, _literal, _pair)


def _length(rng: Random) -> int:
    dice = rng.random()
    if dice < 0.62:
        return int(4 + rng.random() ** 2 * 200)
    if dice < 0.93:
        return int(200 + rng.random() ** 2 * 4_000)
    return int(4_000 + rng.random() ** 3 * 50_000)


def case_text(rng: Random) -> tuple[str, str]:
    """An ordinary test case's input and output."""
    text = rng.choice(_KINDS)(rng, _length(rng))
    dice = rng.random()
    if dice < 0.01:
        text = text.replace("\n", "\r\n")
    elif dice < 0.02:
        text = text.rstrip("\n") + "  "
    answer = rng.random()
    if answer < 0.6:
        output = f"{rng.randint(-1000, 10**9)}\n"
    elif answer < 0.75:
        output = rng.choice(("YES", "NO", "Yes\n", "No\n", "true", "false", "-1", "불가능\n"))
    elif answer < 0.995:
        output = "\n".join(_small_numbers(rng, rng.randint(2, 30))) + "\n"
    else:
        output = ""
    return text, output


def large_text(rng: Random, index: int) -> str:
    """The input of large case `index`; `LARGE_SIZES`, repeated, gives its exact size in bytes.

    Even cases repeat one short line; odd cases are random numbers.
    """
    length = LARGE_SIZES[index % len(LARGE_SIZES)]
    if index % 2 == 0:
        line = " ".join(_small_numbers(rng, 20)) + "\n"
        text = line * (length // len(line) + 1)
    else:
        text = f"{length}\n" + " ".join(_numbers(rng, length // 10))
    return text[: length - 1].ljust(length - 1, "1") + "\n"
