"""No colluding partners take more from the pool than the sum of their limits.

[LEDGER-8], [LEDGER-18], [LEDGER-19], [LEDGER-27] to [LEDGER-32]: whatever they mint, spend, refund
and say about payments, while the others do what honest partners do. What they took is counted in
money and goods (``pool.py``).
"""

from itertools import combinations

import pytest

from tests.properties.pool import PARTNERS, Pool

GANGS = [gang for size in (1, 2, 3, 4) for gang in combinations(PARTNERS, size)]
STEPS = 120


def run(seed: int, gang: tuple[str, ...]) -> list[int]:
    """How much of their limits the colluders had taken, after each step, in per cent."""
    pool = Pool(seed, gang)
    taken = []
    for _ in range(STEPS):
        pool.step()
        pool.check()
        taken.append(100 * pool.took // sum(pool.most[code] for code in gang))
    pool.ledger.scan()
    return taken


@pytest.mark.parametrize("gang", GANGS, ids="-".join)
@pytest.mark.parametrize("seed", range(2))
def test_colluders_take_at_most_their_limits(gang: tuple[str, ...], seed: int) -> None:
    run(seed, gang)


def test_the_bound_is_reached() -> None:
    """It is the limits that stop colluders, not that they try little."""
    assert max(max(run(1, (code,))) for code in PARTNERS) == 100
