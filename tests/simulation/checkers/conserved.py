"""[LEDGER-1] No LiqBon was made or lost: the invariants over the whole state of every node."""

from __future__ import annotations

from contracts.invariants import check_all
from node.executor import Executor
from tests.simulation.verdict import Diverged


def check_conserved(executor: Executor, deposited: int | None) -> None:
    """``deposited`` units are what all deposits together were worth, once all are minted."""
    try:
        totals = check_all(executor.archive.state())
    except AssertionError as error:
        raise Diverged(f"an invariant is broken: {error}") from error
    if deposited is not None and totals.supply != deposited:
        raise Diverged(f"supply is {totals.supply}, {deposited} were deposited")
