"""Random histories of the ledger against its slow twin and its invariants.

[LEDGER-1] to [LEDGER-15]: after every transaction the verdict is the slow ledger's, the balances
are what the log sums up to, nobody's balance fell without a signature, and the step's invariants
hold; the whole state is scanned now and then.
"""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.properties.histories import EVERY_CODE, History, Step

byte = st.integers(0, 255)
steps: st.SearchStrategy[Step] = st.tuples(byte, byte, byte, byte)


@settings(max_examples=15)
@given(st.lists(steps, min_size=200, max_size=240))
def test_any_history_keeps_the_ledger_sound(history: list[Step]) -> None:
    History().run(history)


def test_a_long_history_sees_every_outcome_and_every_skip() -> None:
    """The histories are not vacuous: each code is met, and the ledger is sound to the end."""
    chance = random.Random(2026)
    history = History()
    drawn = [tuple(chance.randrange(256) for _ in range(4)) for _ in range(1_200)]
    history.run(drawn, scan_every=200)  # type: ignore[arg-type]
    assert [code for code in EVERY_CODE if not history.seen[code]] == []
    assert history.seen["done"] > 150
