import random
from collections.abc import Iterator


def case(snow: list[list[int]], commands: str) -> str:
    lines = [
        f"{len(snow)} {len(snow[0])} {len(commands)}",
        *(" ".join(map(str, row)) for row in snow),
        commands,
    ]
    return "\n".join(lines) + "\n"


def field(rng: random.Random, rows: int, columns: int, most: int) -> list[list[int]]:
    return [[rng.randint(0, most) for _ in range(columns)] for _ in range(rows)]


def drive(rng: random.Random, count: int) -> str:
    return "".join(rng.choices("FLR", weights=(6, 1, 1), k=count))


def spiral(side: int) -> str:
    commands = ["F" * (side - 1)]
    for length in range(side - 1, 0, -1):
        commands += ["R" + "F" * length] * 2
    return "".join(commands)


def inputs(rng: random.Random) -> Iterator[str]:
    yield case([[1, 2, 3], [4, 5, 6]], "FRFF")
    yield case([[5, 1, 7]], "FF")
    yield case([[9]], "F")
    yield case([[0]], "LRLRF")
    yield case([[4, 4], [4, 4]], "FRFRFRFR")
    yield case([[3], [8], [2]], "RFFLLFF")
    yield case([[7] * 5 for _ in range(5)], "L" * 7)
    yield case([[1000] * 30 for _ in range(30)], "FFFF" * 500)
    yield case([[1] * 12 for _ in range(12)], spiral(12))
    yield case([[1] * 30 for _ in range(30)], ("F" * 29 + "RFR" + "F" * 29 + "LFL") * 15)
    for rows, columns, k in ((2, 3, 12), (4, 4, 40), (5, 9, 100), (1, 30, 60), (30, 1, 60)):
        yield case(field(rng, rows, columns, 9), drive(rng, k))
    for rows, columns, k in ((20, 20, 800), (30, 30, 2000), (12, 30, 2000)):
        yield case(field(rng, rows, columns, 1000), drive(rng, k))
