import random
from collections.abc import Iterator


def case(k: int, harbour: list[str]) -> str:
    return "\n".join([f"{len(harbour)} {len(harbour[0])} {k}", *harbour]) + "\n"


def harbour(rng: random.Random, rows: int, columns: int, weights: tuple[int, int, int]) -> list[str]:
    cells = rng.choices(".~#", weights=weights, k=rows * columns)
    start, end = rng.sample(range(rows * columns), 2)
    cells[start], cells[end] = "S", "E"
    return ["".join(cells[r * columns : (r + 1) * columns]) for r in range(rows)]


def lane(side: int, water: str) -> list[str]:
    """A winding lane: open rows, and walls between them with one opening at alternating ends."""
    rows = []
    for r in range(side):
        wall = "#" * (side - 1)
        rows.append(water * side if r % 2 == 0 else wall + water if r % 4 == 1 else water + wall)
    rows[0] = "S" + rows[0][1:]
    rows[-1] = rows[-1][:-1] + "E"
    return rows


def inputs(rng: random.Random) -> Iterator[str]:
    yield case(3, ["S~~~.E"])
    yield case(1, ["S~#", ".~~", "..E"])
    yield case(1, ["SE"])
    yield case(4, ["E", "S"])
    yield case(2, ["S#E"])
    yield case(2, ["S~~E"])
    yield case(2, ["S~~~E"])
    yield case(4, ["." * 19 + "S", *["." * 20] * 18, "E" + "." * 19])
    yield case(4, ["S" + "~" * 19, *["~" * 20] * 18, "~" * 19 + "E"])
    yield case(1, ["S.~.~", "~#.#.", ".~.~.", ".#~#~", "~.~.E"])
    yield case(3, lane(19, "."))
    yield case(4, lane(11, "~"))
    yield case(2, ["S~~.~~.~~.~~.~~E"])
    for rows, columns, k in ((3, 4, 1), (4, 5, 2), (6, 6, 3), (9, 7, 2)):
        yield case(k, harbour(rng, rows, columns, (4, 5, 2)))
    for rows, columns, k in ((15, 15, 2), (20, 20, 3), (20, 20, 4), (20, 20, 4)):
        yield case(k, harbour(rng, rows, columns, (3, 6, 2)))
