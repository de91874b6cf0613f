"""Partners squaring their accounts. Knows cycles, obligations and their deadlines; not the bank.

A cycle closes by itself and says who pays whom ([LEDGER-27]). LiqBon does not move: partners pay
each other in money, outside. An obligation is settled by the creditor's word, the settlement
custodian's, days without dispute, or the debtor's reserve; only then positions move ([LEDGER-31]).
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec.structs import replace

from contracts import due as calendar
from contracts import guarantee, membership, netting, partners, reserves
from contracts import limits as rules
from contracts.context import BlockContext
from contracts.state import Draft, Entries
from primitives.actions import (
    SettlementConfirm,
    SettlementDispute,
    SettlementPay,
    SettlementStatement,
)
from primitives.entries import (
    SETTLEMENT_KEY,
    CycleClose,
    CycleLine,
    Obligation,
    ObligationDue,
    ObligationStatus,
    Settlement,
    SettlementCycle,
    cycle_key,
    obligation_key,
)
from primitives.receipt import (
    CycleClosed,
    ObligationOverdue,
    ObligationSettled,
    Outcome,
    PaymentClaimed,
    PaymentDisputed,
    ReserveDrawn,
)
from primitives.transaction import Decoded

Name: TypeAlias = tuple[int, int]
"""An obligation: its cycle and its place in it."""


def head(entries: Entries) -> Settlement:
    """Which cycle closes next, and when."""
    found = entries.entry(SETTLEMENT_KEY, Settlement)
    assert found is not None, "a state without a settlement"
    return found


def cycle_closes(draft: Draft, context: BlockContext, item: CycleClose) -> None:
    """Square all positions as far as claims go, and plan the next cycle ([LEDGER-27])."""
    now = head(draft)
    assert now.cycle == item.cycle, (now, item)
    membership.leave_when_square(draft)
    codes = partners.directory(draft).partners
    expected = {code: partners.position(draft, code).expected for code in codes}
    moves = netting.shares(expected)
    owed = netting.payments(moves)
    for place, payment in enumerate(owed):
        _begin(draft, context, (item.cycle, place), payment)
    lines = tuple(
        CycleLine(code, expected[code], abs(moves.get(code, 0)))
        for code in sorted(codes)
        if expected[code]
    )
    key = cycle_key(item.cycle)
    assert draft.entry(key, SettlementCycle) is None, key.hex()
    draft.put(key, SettlementCycle(context.time, context.height, lines, len(owed)))
    claims = sum(payment.amount for payment in owed)
    draft.events.append(CycleClosed(item.cycle, claims, len(owed)))
    _plan_next(draft, context, now)


def _plan_next(draft: Draft, context: BlockContext, now: Settlement) -> None:
    """The next closing, in step with all before; those that a standstill slept through are one."""
    period = context.parameters.settlement_cycle_ms
    missed = (context.time - now.closes) // period
    closes = now.closes + (missed + 1) * period
    draft.put(SETTLEMENT_KEY, replace(now, cycle=now.cycle + 1, closes=closes))
    calendar.insert(draft, closes, CycleClose(now.cycle + 1))


def _begin(draft: Draft, context: BlockContext, name: Name, payment: netting.Payment) -> None:
    obligation = Obligation(
        debtor=payment.debtor,
        creditor=payment.creditor,
        amount=payment.amount,
        settled=0,
        status=ObligationStatus.OPEN,
        deadline=context.time + context.parameters.payment_term_ms,
        reference=None,
        earmark=0,
        late=False,
    )
    assert find(draft, name) is None, name
    partners.owe(draft, payment.debtor, payment.creditor, payment.amount)
    _put(draft, name, obligation)
    _wake(draft, name, obligation)


def pay(draft: Draft, context: BlockContext, decoded: Decoded) -> Outcome:
    """The debtor names its payment, which stops the clock ([LEDGER-30])."""
    action = decoded.transaction.action
    assert isinstance(action, SettlementPay)
    name = (action.cycle, action.place)
    obligation = find(draft, name)
    if obligation is None:
        return Outcome.OBLIGATION_UNKNOWN
    if not _speaks_for(draft, obligation.debtor, decoded):
        return Outcome.NOT_DEBTOR
    if obligation.status == ObligationStatus.SETTLED:
        return Outcome.OBLIGATION_SETTLED
    if obligation.status not in (ObligationStatus.OPEN, ObligationStatus.OVERDUE):
        return Outcome.PAYMENT_CLAIMED
    claimed = replace(
        obligation,
        status=ObligationStatus.CLAIMED,
        deadline=context.time + context.parameters.confirmation_ms,
        reference=action.reference,
    )
    _put(draft, name, claimed)
    _wake(draft, name, claimed)
    draft.events.append(PaymentClaimed(*name, action.reference))
    return Outcome.DONE


def confirm(draft: Draft, context: BlockContext, decoded: Decoded) -> Outcome:  # noqa: ARG001  a contract's signature
    """The creditor was paid; its word is enough, whatever was said before ([LEDGER-31])."""
    action = decoded.transaction.action
    assert isinstance(action, SettlementConfirm)
    name = (action.cycle, action.place)
    obligation = find(draft, name)
    if obligation is None:
        return Outcome.OBLIGATION_UNKNOWN
    if not _speaks_for(draft, obligation.creditor, decoded):
        return Outcome.NOT_CREDITOR
    if obligation.status == ObligationStatus.SETTLED:
        return Outcome.OBLIGATION_SETTLED
    _settle(draft, name, obligation)
    return Outcome.DONE


def dispute(draft: Draft, context: BlockContext, decoded: Decoded) -> Outcome:
    """The creditor denies a payment: the debtor's reserve is held for it ([LEDGER-32])."""
    action = decoded.transaction.action
    assert isinstance(action, SettlementDispute)
    name = (action.cycle, action.place)
    obligation = find(draft, name)
    if obligation is None:
        return Outcome.OBLIGATION_UNKNOWN
    if not _speaks_for(draft, obligation.creditor, decoded):
        return Outcome.NOT_CREDITOR
    if obligation.status != ObligationStatus.CLAIMED:
        return Outcome.PAYMENT_NOT_CLAIMED
    limits = rules.of(draft, obligation.debtor)
    earmark = min(obligation.outstanding, reserves.available(limits))
    held = replace(limits, earmarked=limits.earmarked + earmark)
    rules.put(draft, obligation.debtor, held)
    disputed = replace(
        obligation,
        status=ObligationStatus.DISPUTED,
        deadline=context.time + context.parameters.dispute_ms,
        earmark=earmark,
    )
    _put(draft, name, disputed)
    _wake(draft, name, disputed)
    draft.events.append(PaymentDisputed(*name, earmark))
    return Outcome.DONE


def state_payment(draft: Draft, context: BlockContext, decoded: Decoded) -> Outcome:
    """The settlement custodian says whether the money arrived, and that ends it ([LEDGER-32])."""
    action = decoded.transaction.action
    assert isinstance(action, SettlementStatement)
    name = (action.cycle, action.place)
    obligation = find(draft, name)
    if obligation is None:
        return Outcome.OBLIGATION_UNKNOWN
    judge = partners.custodian(draft, head(draft).custodian)
    if decoded.transaction.sender != judge.account:
        return Outcome.NOT_CUSTODIAN
    if obligation.status == ObligationStatus.SETTLED:
        return Outcome.OBLIGATION_SETTLED
    if action.paid:
        _settle(draft, name, obligation)
        return Outcome.DONE
    if obligation.status != ObligationStatus.DISPUTED:
        return Outcome.NOT_DISPUTED
    _draw(draft, context, name, obligation)
    return Outcome.DONE


def deadline_passes(draft: Draft, context: BlockContext, item: ObligationDue) -> None:
    """Nobody spoke in time: a claimed payment stands, else the reserve pays ([LEDGER-30])."""
    name = (item.cycle, item.place)
    obligation = find(draft, name)
    assert obligation is not None, item
    if obligation.deadline != item.deadline or obligation.status == ObligationStatus.SETTLED:
        return
    if obligation.status == ObligationStatus.CLAIMED:
        _settle(draft, name, obligation)
    else:
        _draw(draft, context, name, obligation)


def _settle(draft: Draft, name: Name, obligation: Obligation) -> None:
    """All that is outstanding was paid: positions move, holds and suspensions end."""
    amount = obligation.outstanding
    guarantee.repay(draft, obligation.debtor, name[0], amount)
    _close(draft, name, obligation)


def _close(draft: Draft, name: Name, obligation: Obligation) -> None:
    """Nothing is owed any more, whoever paid it."""
    amount = obligation.outstanding
    partners.settle(draft, obligation.debtor, obligation.creditor, amount)
    _let_go(draft, obligation, was_late=obligation.late)
    settled = replace(
        obligation,
        settled=obligation.amount,
        status=ObligationStatus.SETTLED,
        earmark=0,
        late=False,
    )
    _put(draft, name, settled)
    draft.events.append(ObligationSettled(*name, amount))


def _let_go(draft: Draft, obligation: Obligation, *, was_late: bool) -> None:
    if not obligation.earmark and not was_late:
        return
    limits = rules.of(draft, obligation.debtor)
    after = replace(
        limits,
        earmarked=limits.earmarked - obligation.earmark,
        overdue=limits.overdue - was_late,
    )
    rules.put(draft, obligation.debtor, after)


def _draw(draft: Draft, context: BlockContext, name: Name, obligation: Obligation) -> None:
    """The debtor's reserve pays what it can; for the rest its debtor mints nothing ([LEDGER-31]).

    The custodian hands the money over: the ledger can see that no more than it sees the reserve.
    What is still owed is drawn again after each payment term, and then from the others' reserves
    too, as far as they stand behind it ([LEDGER-55]).
    """
    _let_go(draft, obligation, was_late=False)
    obligation = replace(obligation, earmark=0)
    limits = rules.of(draft, obligation.debtor)
    amount = min(obligation.outstanding, reserves.available(limits))
    if amount:
        rules.put(draft, obligation.debtor, reserves.without(limits, context, amount))
        draft.events.append(ReserveDrawn(obligation.debtor, *name, amount))
        guarantee.repay(draft, obligation.debtor, name[0], amount)
    if obligation.late and amount < obligation.outstanding:
        amount += guarantee.pay(draft, context, name, obligation, amount)
    if amount == obligation.outstanding:
        _close(draft, name, obligation)
        return
    if amount:
        partners.settle(draft, obligation.debtor, obligation.creditor, amount)
    _fall_overdue(draft, context, name, obligation, amount)


def _fall_overdue(
    draft: Draft, context: BlockContext, name: Name, obligation: Obligation, amount: int
) -> None:
    if not obligation.late:
        limits = rules.of(draft, obligation.debtor)
        rules.put(draft, obligation.debtor, replace(limits, overdue=limits.overdue + 1))
    overdue = replace(
        obligation,
        settled=obligation.settled + amount,
        status=ObligationStatus.OVERDUE,
        deadline=context.time + context.parameters.payment_term_ms,
        late=True,
    )
    _put(draft, name, overdue)
    _wake(draft, name, overdue)
    draft.events.append(ObligationOverdue(*name, overdue.outstanding))


def decide(draft: Draft, context: BlockContext, name: Name, *, paid: bool) -> None:
    """The partners say by vote whether a disputed payment was made ([LEDGER-71])."""
    obligation = find(draft, name)
    assert obligation is not None, name
    if paid:
        _settle(draft, name, obligation)
    else:
        _draw(draft, context, name, obligation)


def write_off(draft: Draft, name: Name) -> int:
    """Settle an obligation that its debtor will not pay; gives the units that others bear."""
    obligation = find(draft, name)
    assert obligation is not None, name
    _close(draft, name, obligation)
    return obligation.outstanding


def _speaks_for(entries: Entries, code: str, decoded: Decoded) -> bool:
    return partners.admin_refusal(entries, code, decoded) is None


def find(entries: Entries, name: Name) -> Obligation | None:
    """The obligation of that cycle and place, if there is one."""
    return entries.entry(obligation_key(*name), Obligation)


def _put(entries: Entries, name: Name, obligation: Obligation) -> None:
    entries.put(obligation_key(*name), obligation)


def _wake(entries: Entries, name: Name, obligation: Obligation) -> None:
    calendar.insert(entries, obligation.deadline, ObligationDue(*name, obligation.deadline))
