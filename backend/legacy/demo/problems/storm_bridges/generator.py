import random
from collections.abc import Iterator

Bridge = tuple[int, int]


def case(n: int, bridges: list[Bridge], collapses: list[int]) -> str:
    lines = [f"{n} {len(bridges)} {len(collapses)}", *(f"{a} {b}" for a, b in bridges)]
    return "\n".join([*lines, " ".join(map(str, collapses))]) + "\n"


def shuffled(rng: random.Random, count: int) -> list[int]:
    return rng.sample(range(1, count + 1), count)


def bridges(rng: random.Random, n: int, m: int) -> list[Bridge]:
    pairs = (rng.sample(range(1, n + 1), 2) for _ in range(m))
    return [(a, b) for a, b in pairs]


def inputs(rng: random.Random) -> Iterator[str]:
    yield case(4, [(1, 2), (2, 3), (3, 4), (4, 1)], [2, 4, 1])
    yield case(3, [(1, 3), (3, 1)], [2])
    yield case(2, [(1, 2)], [1])
    yield case(5, [(1, 2)], [1])
    yield case(2, [(1, 2)] * 10, [5, 1, 9])
    line = [(i, i + 1) for i in range(1, 300)]
    yield case(300, line, list(range(1, 300)))
    yield case(300, line, list(range(299, 0, -1)))
    yield case(300, line, [150])
    yield case(150, [(1, i) for i in range(2, 151)], shuffled(rng, 149)[:100])
    yield case(100, [(2 * i - 1, 2 * i) for i in range(1, 51)], shuffled(rng, 50))
    for n, m, q in ((4, 4, 2), (6, 8, 8), (12, 20, 15), (40, 60, 30)):
        yield case(n, bridges(rng, n, m), shuffled(rng, m)[:q])
    tree = [(rng.randint(1, i - 1), i) for i in range(2, 201)]
    yield case(200, tree, shuffled(rng, 199))
    for n, m, q in ((100, 300, 300), (300, 600, 600), (300, 600, 1)):
        yield case(n, bridges(rng, n, m), shuffled(rng, m)[:q])
