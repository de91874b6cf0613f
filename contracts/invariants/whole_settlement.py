"""Settlement of a whole state: what is owed is owed to somebody. Knows cycles; no bank, no time.

Payables are receivables, of every partner and in every cycle; what was paid is what obligations
were settled for; and every obligation follows from the positions that its cycle wrote down.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from contracts import netting
from contracts.due import second_of
from contracts.invariants.calendar import Alarms, check_alarm
from contracts.invariants.facts import at, at_most, equal, holds
from primitives.encoding import Wire
from primitives.entries import (
    SETTLEMENT_KEY,
    CycleClose,
    Obligation,
    ObligationDue,
    ObligationStatus,
    Position,
    Settlement,
    SettlementCycle,
    cycle_key,
    obligation_key,
    position_key,
)


def check(state: Mapping[bytes, Wire], codes: tuple[str, ...], alarms: Alarms) -> None:
    """Cycles, obligations, positions and the calendar agree."""
    head = at(state, SETTLEMENT_KEY, Settlement)
    closings = {item: when for item, when in alarms.items() if isinstance(item, CycleClose)}
    planned = {CycleClose(head.cycle): (second_of(head.closes),)}
    equal("one closing is planned", closings, planned)
    expected: list[bytes] = []
    owed: dict[str, list[int]] = {code: [0, 0, 0, 0] for code in codes}
    for cycle in range(1, head.cycle):
        closed = at(state, cycle_key(cycle), SettlementCycle)
        keys = [obligation_key(cycle, place) for place in range(closed.obligations)]
        expected += [cycle_key(cycle), *keys]
        obligations = [at(state, key, Obligation) for key in keys]
        check_cycle(closed, obligations)
        for place, obligation in enumerate(obligations):
            check_obligation(obligation)
            _check_alarm(alarms, (cycle, place), obligation)
            _add(owed, obligation)
    kinds = (SettlementCycle, Obligation)
    found = [key for key, value in state.items() if isinstance(value, kinds)]
    equal("cycles and obligations up to the last closing", sorted(found), sorted(expected))
    for code in codes:
        p = at(state, position_key(code), Position)
        counted = [p.payable, p.receivable, p.paid, p.received]
        equal(f"what {code} owes, is owed, paid and received", owed[code], counted)


def _add(owed: dict[str, list[int]], obligation: Obligation) -> None:
    debtor, creditor = owed[obligation.debtor], owed[obligation.creditor]
    debtor[0] += obligation.outstanding
    creditor[1] += obligation.outstanding
    debtor[2] += obligation.settled
    creditor[3] += obligation.settled


def check_cycle(closed: SettlementCycle, obligations: list[Obligation]) -> None:
    """Who pays what follows from the E written down; payments meet it exactly ([LEDGER-28])."""
    lines = closed.lines
    parties = [line.partner for line in lines]
    equal("lines stand in the order of partners", parties, sorted(dict.fromkeys(parties)))
    expected = {line.partner: line.expected for line in lines}
    holds("a line says that something is owed", all(expected.values()), closed)
    at_most("claims are covered", 0, sum(expected.values()))
    moves = netting.shares(expected)
    for line in lines:
        equal("what a partner pays or is paid", line.amount, abs(moves.get(line.partner, 0)))
    paid = dict.fromkeys(moves, 0)
    for obligation in obligations:
        equal("a debtor owes a creditor", _signs(expected, obligation), (True, True))
        paid[obligation.debtor] += obligation.amount
        paid[obligation.creditor] -= obligation.amount
    equal("payments carry out what is to be moved", paid, moves)
    at_most("payments are fewer than parties", len(obligations), max(0, len(moves) - 1))
    pairs = [(each.debtor, each.creditor) for each in obligations]
    holds("payments stand in order, none twice", all(a < b for a, b in pairwise(pairs)), pairs)


def _signs(expected: dict[str, int], obligation: Obligation) -> tuple[bool, bool]:
    return expected.get(obligation.debtor, 0) > 0, expected.get(obligation.creditor, 0) < 0


def check_obligation(obligation: Obligation) -> None:
    """The fields of an obligation fit its status ([LEDGER-30])."""
    status = obligation.status
    settled = status == ObligationStatus.SETTLED
    at_most("no more is settled than is owed", obligation.settled, obligation.amount)
    equal("settled is what was paid in full", obligation.outstanding == 0, settled)
    holds("late until settled", not (settled and obligation.late), obligation)
    holds("overdue is late", status != ObligationStatus.OVERDUE or obligation.late, obligation)
    if not settled and not obligation.late:
        equal("a part is paid by a reserve, once it is late", obligation.settled, 0)
    if status == ObligationStatus.OPEN:
        equal("nothing happened yet", (obligation.reference, obligation.late), (None, False))
    if status in (ObligationStatus.CLAIMED, ObligationStatus.DISPUTED):
        holds("a payment has a reference", obligation.reference is not None, obligation)
    bound = obligation.outstanding if status == ObligationStatus.DISPUTED else 0
    at_most("a reserve is held for a dispute alone", obligation.earmark, bound)


def _check_alarm(alarms: Alarms, name: tuple[int, int], obligation: Obligation) -> None:
    """Whatever is not settled goes on by itself."""
    if obligation.status != ObligationStatus.SETTLED:
        item = ObligationDue(*name, obligation.deadline)
        check_alarm(alarms, item, obligation.deadline)
