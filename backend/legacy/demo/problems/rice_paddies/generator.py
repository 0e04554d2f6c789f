import random
from collections.abc import Iterator


def case(plain: list[str]) -> str:
    return "\n".join([f"{len(plain)} {len(plain[0])}", *plain]) + "\n"


def plain(rng: random.Random, rows: int, columns: int, paddy: int) -> list[str]:
    """A random plain in which `paddy` of 100 cells are paddy."""
    return ["".join("." if rng.randrange(100) < paddy else "#" for _ in range(columns)) for _ in range(rows)]


def enclosed(rows: list[str]) -> list[str]:
    wall = "#" * (len(rows[0]) + 2)
    return [wall, *(f"#{row}#" for row in rows), wall]


def winding(side: int) -> list[str]:
    wall = "#" * (side - 1)
    turns = ["." * side, wall + ".", "." * side, "." + wall]
    return [turns[r % 4] for r in range(side)]


def inputs(rng: random.Random) -> Iterator[str]:
    yield case(["#####.", "#..###", "##.###", "###..#", "######"])
    yield case(["####", "#..#", "#.##", "#.##"])
    yield case(["."])
    yield case(["#"])
    yield case(["." * 60])
    yield case(["#" * 60] * 60)
    yield case(["." * 60] * 60)
    yield case(enclosed(["." * 58] * 58))
    yield case(["".join("#."[(r + c) % 2] for c in range(60)) for r in range(60)])
    yield case(enclosed(winding(57)))
    yield case(winding(60))
    yield case(enclosed(["#.#.#.#"] * 5))
    for rows, columns, paddy in ((5, 5, 50), (8, 12, 40), (15, 15, 45)):
        yield case(plain(rng, rows, columns, paddy))
    for rows, columns, paddy in ((40, 60, 40), (60, 60, 50), (60, 60, 58), (60, 60, 62)):
        yield case(enclosed(plain(rng, rows - 2, columns - 2, paddy)))
