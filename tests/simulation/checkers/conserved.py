"""[LEDGER-1] No LiqBon was made or lost: the invariants over the whole state of every node."""

from __future__ import annotations

from contracts.invariants import check_all
from node.executor import Executor
from tests.simulation.verdict import Diverged


def check_conserved(executor: Executor, supply: int | None) -> None:
    """``supply`` units are what is left of all deposits once all that anyone wanted was done."""
    try:
        totals = check_all(executor.archive.state())
    except AssertionError as error:
        raise Diverged(f"an invariant is broken: {error}") from error
    if supply is not None and totals.supply != supply:
        raise Diverged(f"supply is {totals.supply}, {supply} were deposited and not spent")
