"""Settlement told slowly from docs/spec/ledger.md: exact shares, groups by trying, words in turn.

Shares no rule with ``contracts``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from primitives.actions import (
    SettlementConfirm,
    SettlementDispute,
    SettlementPay,
    SettlementStatement,
)
from primitives.transaction import Transaction
from tests.properties.slow_book import Debt, Desk
from tests.properties.slow_guarantee import others_pay, paid_itself
from tests.properties.slow_members import strike_off
from tests.properties.slow_reserves import take_out
from tests.properties.slow_speakers import in_proportion, judge, not_its_admin

Name = tuple[int, int]


# --- who pays whom -------------------------------------------------------------------------------


def moves(expected: Mapping[str, int]) -> dict[str, int]:
    """[LEDGER-28] What each pays (above zero) or is paid (below)."""
    claims = sum(-e for e in expected.values() if e < 0)
    debtors = {code: e for code, e in expected.items() if e > 0}
    paid = in_proportion(claims, debtors) if claims else {}
    owed = {code: e for code, e in expected.items() if e < 0}
    return {code: amount for code, amount in sorted((paid | owed).items()) if amount}


def payments(due: Mapping[str, int]) -> list[tuple[str, str, int]]:
    """[LEDGER-29] (debtor, creditor, amount), in order."""
    parties = sorted(due)
    groups = grouped(parties, due) if len(parties) <= 12 else paired(parties, due)
    return sorted(payment for group in groups for payment in within(group, due))


def grouped(parties: list[str], due: Mapping[str, int]) -> list[list[str]]:
    @cache
    def best(these: frozenset[str]) -> int:
        if not these:
            return 0
        return max(best(these - {p}) for p in these) + (sum(due[p] for p in these) == 0)

    groups: list[list[str]] = []
    left = frozenset(parties)
    while left:
        if sum(due[p] for p in left) == 0:
            groups.append([])
        reached = max(best(left - {p}) for p in left)
        first = min(p for p in left if best(left - {p}) == reached)
        groups[-1].append(first)
        left -= {first}
    return groups


def paired(parties: list[str], due: Mapping[str, int]) -> list[list[str]]:
    pairs: list[list[str]] = []
    free: list[str] = []
    for party in parties:
        match = next((other for other in free if due[other] == -due[party]), None)
        if match is None:
            free.append(party)
        else:
            free.remove(match)
            pairs.append([match, party])
    return [*pairs, free] if free else pairs


def within(group: list[str], due: Mapping[str, int]) -> list[tuple[str, str, int]]:
    ranking = sorted(group, key=lambda code: (-abs(due[code]), code))
    left = {code: due[code] for code in ranking}
    found: list[tuple[str, str, int]] = []
    while any(left.values()):
        debtor = next(code for code in ranking if left[code] > 0)
        creditor = next(code for code in ranking if left[code] < 0)
        amount = min(left[debtor], -left[creditor])
        found.append((debtor, creditor, amount))
        left[debtor] -= amount
        left[creditor] += amount
    return found


# --- cycles --------------------------------------------------------------------------------------


def expectation(desk: Desk, code: str) -> int:
    """E [LEDGER-27]"""
    return desk.position(code) - desk.payable(code) + desk.receivable(code)


def cycle_closes(desk: Desk, cycle: int) -> None:
    """[LEDGER-27]"""
    strike_off(desk)
    expected = {code: expectation(desk, code) for code in desk.codes()}
    due = moves(expected)
    owed = payments(due)
    lines = [(code, expected[code], abs(due.get(code, 0))) for code in sorted(expected)]
    told = (desk.time, desk.height, [line for line in lines if line[1]], len(owed))
    desk.book.note("closed", cycle, value=told)
    for place, (debtor, creditor, amount) in enumerate(owed):
        term = desk.genesis.parameters.payment_term_ms
        debt = Debt(debtor, creditor, amount, "open", desk.time + term)
        desk.book.note("debts", value=(cycle, place))
        stand(desk, (cycle, place), debt, wake=True)
    desk.tell("CycleClosed", cycle, sum(amount for *_, amount in owed), len(owed))
    period = desk.genesis.parameters.settlement_cycle_ms
    following = desk.book.word("closes")[1] + period
    while following <= desk.time:
        following += period
    desk.book.note("closes", value=(cycle + 1, following))
    desk.plan(following, "cycle", cycle + 1)


def stand(desk: Desk, name: Name, debt: Debt, wake: bool = False) -> None:
    """From now on the debt stands like that; ``wake``: until its new deadline."""
    desk.book.note("debt", *name, value=debt)
    if wake:
        desk.plan(debt.deadline, "debt", *name, debt.deadline)


def settle(desk: Desk, name: Name, amount: int) -> None:
    """[LEDGER-31] A part, or all, was paid, whoever paid it."""
    debt = desk.book.word("debt", *name)
    desk.book.note("settled", *name, value=amount)
    desk.book.note("paid", debt.debtor, value=amount)
    desk.book.note("received", debt.creditor, value=amount)


def pay_all(desk: Desk, name: Name) -> None:
    """The debtor paid all that was outstanding."""
    paid_itself(desk, name, desk.outstanding(name))
    close(desk, name)


def close(desk: Desk, name: Name) -> None:
    """All that is outstanding is settled."""
    amount = desk.outstanding(name)
    settle(desk, name, amount)
    debt = desk.book.word("debt", *name)
    stand(desk, name, replace(debt, status="settled", held=0, late=False))
    desk.tell("ObligationSettled", *name, amount)


def draw(desk: Desk, name: Name) -> None:
    """[LEDGER-31] [LEDGER-55] Reserves pay what they have; the rest is overdue."""
    stand(desk, name, replace(desk.book.word("debt", *name), held=0))
    debt = desk.book.word("debt", *name)
    outstanding = desk.outstanding(name)
    paid = min(outstanding, desk.free(debt.debtor))
    if paid:
        take_out(desk, debt.debtor, paid)
        desk.tell("ReserveDrawn", debt.debtor, *name, paid)
        paid_itself(desk, name, paid)
    if debt.late:
        paid += others_pay(desk, name, outstanding - paid)
    if paid == outstanding:
        close(desk, name)
        return
    if paid:
        settle(desk, name, paid)
    deadline = desk.time + desk.genesis.parameters.payment_term_ms
    late = replace(debt, status="overdue", deadline=deadline, late=True)
    stand(desk, name, late, wake=True)
    desk.tell("ObligationOverdue", *name, outstanding - paid)


def deadline_passes(desk: Desk, cycle: int, place: int, deadline: int) -> None:
    """[LEDGER-30]"""
    name = (cycle, place)
    debt = desk.book.word("debt", *name)
    if debt.status == "settled" or debt.deadline != deadline:
        return
    if debt.status == "claimed":
        pay_all(desk, name)
    else:
        draw(desk, name)


# --- words ---------------------------------------------------------------------------------------

Word = SettlementPay | SettlementConfirm | SettlementDispute | SettlementStatement


def hear(desk: Desk, transaction: Transaction) -> str:
    """[LEDGER-30] to [LEDGER-32]"""
    action, sender = transaction.action, transaction.sender
    assert isinstance(action, Word)
    name = (action.cycle, action.place)
    debt = desk.book.word("debt", *name)
    if debt is None:
        return "obligation_unknown"
    match action:
        case SettlementPay():
            return pay(desk, name, sender, action.reference)
        case SettlementConfirm():
            if not_its_admin(desk, debt.creditor, sender):
                return "not_creditor"
            if debt.status == "settled":
                return "obligation_settled"
            pay_all(desk, name)
            return "done"
        case SettlementDispute():
            return dispute(desk, name, sender)
        case SettlementStatement():
            if sender != judge(desk):
                return "not_custodian"
            if debt.status == "settled":
                return "obligation_settled"
            if not action.paid and debt.status != "disputed":
                return "not_disputed"
            (pay_all if action.paid else draw)(desk, name)
            return "done"


def pay(desk: Desk, name: Name, sender: bytes, reference: bytes) -> str:
    """[LEDGER-30]"""
    debt = desk.book.word("debt", *name)
    if not_its_admin(desk, debt.debtor, sender):
        return "not_debtor"
    if debt.status == "settled":
        return "obligation_settled"
    if debt.status in ("claimed", "disputed"):
        return "payment_claimed"
    deadline = desk.time + desk.genesis.parameters.confirmation_ms
    claimed = replace(debt, status="claimed", deadline=deadline, reference=reference)
    stand(desk, name, claimed, wake=True)
    desk.tell("PaymentClaimed", *name, reference)
    return "done"


def dispute(desk: Desk, name: Name, sender: bytes) -> str:
    """[LEDGER-32]"""
    debt = desk.book.word("debt", *name)
    if not_its_admin(desk, debt.creditor, sender):
        return "not_creditor"
    if debt.status != "claimed":
        return "payment_not_claimed"
    held = min(desk.outstanding(name), desk.free(debt.debtor))
    deadline = desk.time + desk.genesis.parameters.dispute_ms
    stand(desk, name, replace(debt, status="disputed", deadline=deadline, held=held), wake=True)
    desk.tell("PaymentDisputed", *name, held)
    return "done"
