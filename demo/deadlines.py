"""How long things take on the network of this story, where a real one waits for days or weeks.

What is not here is as long as on any development network. A parameter that a scene needs shorter
is named here once, and pinned by the genesis that the network makes.
"""

from __future__ import annotations

from typing import Final

CYCLE_MS: Final = 10_000
"""So often a settlement cycle closes; a real network waits a week or a month."""
CONFIRMATION_MS: Final = 15_000
"""So long a creditor may deny a payment; on a real network, three days."""

PAYMENT_TERM_MS: Final = 30_000
"""So long a debtor has to pay, and again until the others' reserves do; really, five days."""
TIMELOCK_MS: Final = 2_000
"""So long what was voted waits, and what raises a limit; really, two days and one."""

PARAMETERS: Final = {
    "settlement_cycle_ms": CYCLE_MS,
    "confirmation_ms": CONFIRMATION_MS,
    "payment_term_ms": PAYMENT_TERM_MS,
    "increase_delay_ms": TIMELOCK_MS,
    "timelock_ms": TIMELOCK_MS,
}
"""Parameters of the genesis that differ from the usual ones."""
