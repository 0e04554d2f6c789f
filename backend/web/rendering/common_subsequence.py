"""The longest common subsequence of two sequences, with work bounded by their lengths alone."""

from __future__ import annotations

from collections.abc import Sequence


def common_pairs(left: Sequence[str], right: Sequence[str]) -> list[tuple[int, int]]:
    """The positions of a longest common subsequence, in ascending order on both sides.

    Works on a row of bits for each element of `left` (Hyyrö 2004), so that 1,000 by 1,000 elements take about a
    millisecond, whatever they are. Keeps len(left) x len(right) bits.
    """
    positions: dict[str, int] = {}
    for column, element in enumerate(right):
        positions[element] = positions.get(element, 0) | 1 << column
    # Bit j of row i is 0 where the first j + 1 elements of `right` have one more in common with the first i of
    # `left` than the first j have.
    every = (1 << len(right)) - 1
    row = every
    rows = [row]
    for element in left:
        matches = row & positions.get(element, 0)
        row = (row + matches | row - matches) & every
        rows.append(row)
    return _walked_back(rows, len(left), len(right))


def _walked_back(rows: Sequence[int], i: int, j: int) -> list[tuple[int, int]]:
    """The pairs from the rows: from the last elements to the first, along the cells where the length changes."""
    pairs = []
    while i and j:
        bit = 1 << j - 1
        if rows[i] & bit:
            j -= 1
        elif not rows[i - 1] & bit:
            i -= 1
        else:
            i, j = i - 1, j - 1
            pairs.append((i, j))
    return pairs[::-1]
