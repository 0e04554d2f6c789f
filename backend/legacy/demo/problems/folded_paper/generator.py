import random
from collections.abc import Iterable, Iterator


def case(n: int, creases: Iterable[int]) -> str:
    numbers = list(creases)
    return "\n".join([f"{n} {len(numbers)}", *map(str, numbers)]) + "\n"


def inputs(rng: random.Random) -> Iterator[str]:
    yield case(3, range(1, 8))
    yield case(4, [8, 15, 11])
    yield case(1, [1])
    yield case(2, [1, 2, 3])
    yield case(2, [1, 1, 2])
    yield case(4, range(15, 0, -1))
    yield case(8, range(1, 256))
    yield case(50, [1, 2**50 - 1])
    yield case(50, [2**49, 2**49 - 1, 2**49 + 1, 2**48 + 2**49])
    yield case(50, [2**power for power in range(50)])
    yield case(50, [2**50 - 2**power for power in range(50)])
    yield case(33, range(2**32 - 50, 2**32 + 50))
    for n, q in ((5, 10), (10, 50), (20, 200), (31, 300), (32, 300), (40, 400), (49, 400), (50, 400)):
        yield case(n, [rng.randint(1, 2**n - 1) for _ in range(q)])
