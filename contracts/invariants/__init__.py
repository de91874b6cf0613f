"""What must hold of every state, and of every step between two. Knows sums and shapes; trusts none.

``check_all`` reads a whole state; ``check_changes`` only what a block, or one transaction, changed.
Both raise ``AssertionError`` with the two values that should have agreed. Tests call them all the
time, an auditor for every block since genesis. They share no bookkeeping with the contracts: what
these add up as they go is added up here once more, from the entries that stand.
"""

from contracts.invariants.step import check_changes
from contracts.invariants.whole import Totals, check_all

__all__ = ["Totals", "check_all", "check_changes"]
