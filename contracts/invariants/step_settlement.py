"""A step's settlement: what an obligation may become, and by whose word. Knows statuses, no bank.

A step may hold several words about one obligation, so what is checked of a status is what no order
of them could give; of who spoke, that somebody did who may bring it there.
"""

from __future__ import annotations

from msgspec.structs import replace

from contracts import netting
from contracts.invariants.calendar import has_come
from contracts.invariants.change import Step
from contracts.invariants.facts import at_most, equal, holds
from contracts.invariants.whole_settlement import check_cycle, check_obligation
from primitives.encoding import Wire
from primitives.entries import (
    DIRECTORY_KEY,
    SETTLEMENT_KEY,
    Directory,
    Limits,
    Obligation,
    ObligationStatus,
    Position,
    Settlement,
    SettlementCycle,
    cycle_key,
    limits_key,
    obligation_key,
    position_key,
)
from primitives.governance import DecideDispute, SetJudge, ShareObligation

OPEN, CLAIMED = ObligationStatus.OPEN, ObligationStatus.CLAIMED
DISPUTED, SETTLED = ObligationStatus.DISPUTED, ObligationStatus.SETTLED


def obligation_step(step: Step, key: bytes, old: Wire | None, new: Obligation) -> None:
    """Parties and amount stay; statuses move along their arrows, by who may ([LEDGER-30])."""
    check_obligation(new)
    if old is None:
        old = _as_it_began(step, key, new)
        step.of(new.debtor).payable += new.amount
        step.of(new.creditor).receivable += new.amount
    assert isinstance(old, Obligation)
    kept = (old.debtor, old.creditor, old.amount)
    equal("an obligation stays", (new.debtor, new.creditor, new.amount), kept)
    at_most("what was settled stays settled", old.settled, new.settled)
    _count(step, old, new)
    if old.status == SETTLED:
        equal("what is settled stays as it is", new, old)
    if new.status == OPEN:
        equal("an obligation is not opened again", old.status, OPEN)
    if new != old:
        _check_words(step, (int.from_bytes(key[1:5], "big"), key[5]), old, new)


def _as_it_began(step: Step, key: bytes, new: Obligation) -> Obligation:
    cycle, place = int.from_bytes(key[1:5], "big"), key[5]
    equal("an obligation arises with its cycle", step.old(cycle_key(cycle)), None)
    closed = step.after(cycle_key(cycle), SettlementCycle)
    at_most("an obligation is of its cycle", place + 1, closed.obligations)
    deadline = step.context.time + step.context.parameters.payment_term_ms
    return replace(
        new, settled=0, status=OPEN, deadline=deadline, reference=None, earmark=0, late=False
    )


def _count(step: Step, old: Obligation, new: Obligation) -> None:
    settled = new.settled - old.settled
    debtor, creditor = step.of(new.debtor), step.of(new.creditor)
    debtor.paid += settled
    debtor.payable -= settled
    creditor.received += settled
    creditor.receivable -= settled
    debtor.earmarked += new.earmark - old.earmark
    debtor.overdue += new.late - old.late
    debtor.in_time_again += old.late and not new.late
    debtor.late_first += new.late and not old.late and not step.by_judge()
    if settled and (old.late or new.late or step.by_judge()):
        debtor.late_paid += settled
        step.late.append(new)


def _check_words(step: Step, name: tuple[int, int], old: Obligation, new: Obligation) -> None:
    by_debtor, by_creditor = step.by_admin(new.debtor), step.by_admin(new.creditor)
    by_judge = step.by_judge() or _by_vote(step, name)
    come = has_come(old.deadline, step.context.time)
    holds("nobody spoke and no deadline passed", by_debtor or by_creditor or by_judge or come, old)
    if new.settled > old.settled or new.late > old.late:
        holds("settled or overdue by nobody's word", by_creditor or by_judge or come, old)
    if new.reference != old.reference:
        holds("the debtor named its payment", by_debtor, old)
    if new.status == CLAIMED != old.status:
        holds("the debtor named its payment", by_debtor, old)
    if new.status == DISPUTED != old.status:
        holds("the creditor denied the payment", by_creditor, old)
    if new.deadline != old.deadline:
        at_most("a deadline lies ahead", step.context.time + 1, new.deadline)
    if old.status == CLAIMED and new.late > old.late:
        holds("a payment that nobody denied counts as made", by_creditor, old)


def _by_vote(step: Step, name: tuple[int, int]) -> bool:
    """Whether the partners decided in the step what becomes of it ([LEDGER-71], [LEDGER-72])."""
    decided = [(measure.cycle, measure.place) for measure in step.done(DecideDispute)]
    shared = [(measure.cycle, measure.place) for measure in step.done(ShareObligation)]
    return name in decided or name in shared


def cycle_step(step: Step, key: bytes, old: Wire | None, new: SettlementCycle) -> None:
    """A cycle is closed once, over the positions as they were, with the fewest payments found."""
    equal("a cycle closes once", old, None)
    context = step.context
    equal("when a cycle closed", (new.closed, new.height), (context.time, context.height))
    number = int.from_bytes(key[1:5], "big")
    head = step.before(SETTLEMENT_KEY, Settlement)
    equal("cycles close one after another", number, head.cycle)
    holds("a cycle closes when it is due", has_come(head.closes, context.time), head)
    expected = _expected(step, new)
    keys = [obligation_key(number, place) for place in range(new.obligations)]
    obligations = [step.after(each, Obligation) for each in keys]
    check_cycle(new, obligations)
    owed = netting.payments(netting.shares(expected))
    told = [(p.debtor, p.creditor, p.amount) for p in owed]
    equal("who pays whom", [(o.debtor, o.creditor, o.amount) for o in obligations], told)
    equal("the next cycle", step.after(SETTLEMENT_KEY, Settlement).cycle, number + 1)


def _expected(step: Step, new: SettlementCycle) -> dict[str, int]:
    """What a cycle wrote down is E of each partner as it was.

    Payments leave E as it is. Only what fell due before the closing in the same block, and shifted
    positions, may have moved it: then it is known in sum alone, which is the supply.
    """
    codes = step.before(DIRECTORY_KEY, Directory).partners
    positions = {code: step.before(position_key(code), Position) for code in codes}
    expected = {code: p.expected for code, p in sorted(positions.items()) if p.expected}
    written = {line.partner: line.expected for line in new.lines}
    now = step.context.time
    drawn = any(step.after(limits_key(code), Limits).moved == now for code in codes)
    if drawn or step.shared:
        equal("what all owe is the supply", sum(written.values()), sum(expected.values()))
        # Whoever was admitted in the same block may have come to bear a loss before the closing.
        known = (*codes, *step.after(DIRECTORY_KEY, Directory).partners)
        strangers = [code for code in written if code not in known]
        equal("a cycle is of the partners", strangers, [])
        return written
    equal("a cycle writes down what all owe", written, expected)
    return expected


def head_step(step: Step, old: Wire | None, new: Settlement) -> None:
    """The calendar of cycles keeps its beat, and moves on only by a closing."""
    assert isinstance(old, Settlement)
    if new.custodian != old.custodian:
        voted = [measure.custodian for measure in step.done(SetJudge)]
        holds("who judges payments was voted", new.custodian in voted, new)
        if (new.cycle, new.closes) == (old.cycle, old.closes):
            return
    equal("one cycle closes at a time", new.cycle, old.cycle + 1)
    step.after(cycle_key(old.cycle), SettlementCycle)
    later, period = new.closes - old.closes, step.context.parameters.settlement_cycle_ms
    equal("cycles keep their beat", (later > 0, later % period), (True, 0))
    at_most("the next closing lies ahead", step.context.time + 1, new.closes)
    at_most("the next closing is the next", new.closes, step.context.time + period)
