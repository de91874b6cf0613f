"""No colluding partners take more from the pool than the sum of their limits.

[LEDGER-8], [LEDGER-18], [LEDGER-19], [LEDGER-27] to [LEDGER-32], [LEDGER-53] to [LEDGER-56],
[LEDGER-72], [LEDGER-73]: whatever they mint, spend, refund and say about payments, whoever's
reserves pay for them, and whenever they leave, while the others do what honest partners do. What
they took is counted in money and goods (``pool.py``). A limit is the most that it ever was, since a
part of the reserve was last handed back (then all that was owed had to be covered anew); what the
others decide to bear for good is their gift, and counted apart.
"""

from itertools import combinations

import pytest

from tests.properties.pool import PARTNERS, Pool

GANGS = [gang for size in (1, 2, 3, 4) for gang in combinations(PARTNERS, size)]
STEPS = 120


def run(seed: int, gang: tuple[str, ...], steps: int = STEPS) -> tuple[Pool, list[int]]:
    """How much of their limits the colluders had taken, after each step, in per cent."""
    pool = Pool(seed, gang)
    taken = []
    for _ in range(steps):
        pool.step()
        pool.check()
        taken.append(100 * pool.took // max(1, sum(pool.most[code] for code in gang)))
    pool.ledger.scan()
    return pool, taken


@pytest.mark.parametrize("gang", GANGS, ids="-".join)
@pytest.mark.parametrize("seed", range(2))
def test_colluders_take_at_most_their_limits(gang: tuple[str, ...], seed: int) -> None:
    run(seed, gang)


def test_the_bound_is_reached() -> None:
    """It is the limits that stop colluders, not that they try little."""
    assert any(100 in run(seed, (code,))[1] for seed in range(2) for code in PARTNERS)


def test_others_reserves_pay_and_what_they_paid_is_owed_to_them() -> None:
    """[LEDGER-55] Every step of every pool checks that; here it is seen that some reserve paid."""
    gangs = [("north",), ("north", "east"), ("north", "east", "south")]
    pools = [run(seed, gang, 200)[0] for seed in range(3) for gang in gangs]
    paid = [pool.begun[code] - pool.custody[code] for pool in pools for code in pool.honest]
    assert sum(units > 0 for units in paid) >= 3
    borne = [pool.relieved[code] for pool in pools for code in pool.colluders]
    assert any(borne), "nobody shared a loss [LEDGER-73]"
