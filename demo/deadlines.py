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
"""At least so long a debtor has to pay, and again until the others' reserves do; really, five
days."""
PAYMENT_COMMANDS: Final = 60
"""As many commands, begun one after another, fit into the term: a slow machine has a longer one, as
what a scene says in time it says by a dozen of them."""
TIMELOCK_MS: Final = 2_000
"""So long what was voted waits, and what raises a limit; really, two days and one."""

EPOCH_MS: Final = 20_000
"""So old an epoch is at least before a change of members ends it; really, an hour."""


def parameters(command_s: float) -> dict[str, int]:
    """Parameters of the genesis that differ from the usual ones, on a machine on which it takes
    ``command_s`` to begin a command."""
    term_ms = max(PAYMENT_TERM_MS, round(command_s * PAYMENT_COMMANDS) * 1000)
    return {
        "settlement_cycle_ms": CYCLE_MS,
        "confirmation_ms": CONFIRMATION_MS,
        "payment_term_ms": term_ms,
        "increase_delay_ms": TIMELOCK_MS,
        "timelock_ms": TIMELOCK_MS,
        "epoch_minimum_ms": EPOCH_MS,
    }
