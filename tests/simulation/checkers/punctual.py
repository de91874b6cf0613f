"""[IDLE-1] [LEDGER-27] What falls due happens by itself, in time, though nobody sends anything."""

from __future__ import annotations

from contracts import membership, settlement
from contracts.state import State
from node.executor import Executor
from primitives.encoding import decode
from primitives.governance import PROPOSAL_PREFIX, Proposal, ProposalStatus
from tests.simulation.verdict import Diverged

UNDECIDED = (ProposalStatus.OPEN, ProposalStatus.PASSED)
PATIENCE_MS = 2_000
"""A few views of a healed network, whose clocks differ by some hundred milliseconds."""


def overdue(executor: Executor, now_ms: int) -> str:
    """What should have happened long ago by a clock that shows ``now_ms``; empty if nothing."""
    due_ms = executor.head_record.next_due_ms
    if due_ms is None or due_ms + PATIENCE_MS > now_ms:
        return ""
    return f"height {executor.height}: something is due since {now_ms - due_ms} ms"


def awaited(executor: Executor, until_ms: int | None) -> str:
    """What partners decided or decide, and is yet to happen; empty if nothing is. ``until_ms``: nor
    does anything else fall due until then."""
    due_ms = executor.head_record.next_due_ms
    if until_ms is not None and due_ms is not None and due_ms < until_ms:
        return "something falls due"
    epoch, state = executor.epoch, State(executor.state)
    if epoch.last is not None or membership.of(state).changed >= epoch.number:
        return f"epoch {epoch.number} is to end"
    for key, value in executor.archive.state():
        if key[0] == PROPOSAL_PREFIX and decode(Proposal, value).status in UNDECIDED:
            return "a proposal waits"
    return ""


def check_cycles(executor: Executor) -> None:
    """Cycles closed in step with genesis: each closing is a whole number of periods after it."""
    head = settlement.head(State(executor.state))
    period = executor.genesis.parameters.settlement_cycle_ms
    passed = head.closes - executor.genesis.time
    if passed % period or not 1 <= head.cycle <= passed // period:
        raise Diverged(f"cycle {head.cycle} closes {passed} ms after genesis, period {period}")


def stirred(executor: Executor, height: int) -> str:
    """Whether anything woke the network after ``height`` but what fell due; empty if not."""
    found = [executor.archive.block(each) for each in range(height + 1, executor.height + 1)]
    records = [record for record in found if record is not None]
    woken = [record for record in records if record.due]
    if not woken:
        return f"nothing fell due after height {height}"
    if len(records) > 2 * len(woken) or any(record.transactions for record in records):
        return f"{len(records)} heights after {height}, in {len(woken)} something fell due"
    return ""
