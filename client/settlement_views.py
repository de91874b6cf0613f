"""Documents of spending and settlement: invoices, cycles, obligations. Knows shapes; no rule.

Part of ``client.views``, from where everything here is imported. ``key``, ``height``, ``time``,
``proof`` and ``beat`` are those of ``client.views.EntryView``, for the entry behind a document.
"""

from __future__ import annotations

from typing import Literal

from client.fields import (
    AddressText,
    AmountText,
    Base64Text,
    DigestText,
    Height,
    HexText,
    SignedText,
    TimeText,
    View,
)

ObligationState = Literal["open", "claimed", "disputed", "overdue", "settled"]
"""open: to be paid. claimed: the debtor says that it paid. disputed: the creditor denies it.
overdue: not paid in time, and the reserve did not suffice. settled: nothing is owed any more."""


class RedemptionView(View, frozen=True):
    """An invoice that was redeemed: by whom, for how much, in which transaction and height
    (``redeemed_at``), and how much of it was given back since."""

    partner: str
    invoice: DigestText
    payer: AddressText
    amount: AmountText
    refunded: AmountText
    transaction: DigestText
    redeemed_at: Height
    key: HexText
    height: Height
    time: TimeText
    proof: Base64Text | None
    beat: Base64Text | None


class SettlementView(View, frozen=True):
    """Which cycle closes next, when, and the custodian that says what was paid."""

    cycle: int
    closes: TimeText
    custodian: str
    key: HexText
    height: Height
    time: TimeText
    proof: Base64Text | None
    beat: Base64Text | None


class CycleLineView(View, frozen=True):
    """A partner at the closing of a cycle: what ``net`` was to become, and so what it pays
    (``expected`` above zero) or is paid (below)."""

    partner: str
    expected: SignedText
    amount: AmountText


class CycleView(View, frozen=True):
    """A closed cycle: ``claims`` were squared by so many ``obligations``, at places from 0 on."""

    cycle: int
    closed: TimeText
    closed_at: Height
    claims: AmountText
    obligations: int
    lines: list[CycleLineView]


class ObligationView(View, frozen=True):
    """What one partner owes another after a cycle.

    ``outstanding`` = amount - settled. At ``deadline`` something happens by itself unless the
    status changed before: an open, disputed or overdue one is drawn from the debtor's reserve, a
    claimed one counts as paid; it is null once settled. ``earmark`` of the debtor's reserve is held
    while disputed. ``late``: it was overdue once and is not settled yet.
    """

    cycle: int
    place: int
    debtor: str
    creditor: str
    amount: AmountText
    settled: AmountText
    outstanding: AmountText
    status: ObligationState
    deadline: TimeText | None
    reference: DigestText | None
    earmark: AmountText
    late: bool


class CycleDetail(View, frozen=True):
    """A cycle with its obligations as they stand."""

    cycle: CycleView
    obligations: list[ObligationView]
    key: HexText
    height: Height
    time: TimeText
    proof: Base64Text | None
    beat: Base64Text | None


class ObligationDetail(View, frozen=True):
    """An obligation."""

    obligation: ObligationView
    key: HexText
    height: Height
    time: TimeText
    proof: Base64Text | None
    beat: Base64Text | None
