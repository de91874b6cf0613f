"""The JSON documents of settle (docs/reference/cli). Knows shapes, and what deadlines mean."""

from __future__ import annotations

from client.errors import Blame
from client.fields import format_time
from partner.documents import Document, Proof, Standing
from partner.payments import Payment
from primitives.amount import format_amount, format_signed
from primitives.entries import Obligation, ObligationStatus, SettlementCycle

NEXT = {
    ObligationStatus.OPEN: "the debtor's reserve pays; what it lacks is overdue",
    ObligationStatus.CLAIMED: "it is settled, as the creditor did not dispute it",
    ObligationStatus.DISPUTED: "the debtor's reserve pays, as nobody said that it was paid",
    ObligationStatus.OVERDUE: "the debtor's reserve is drawn again",
}
"""What happens by itself at the deadline ([LEDGER-30], [LEDGER-31], [LEDGER-32])."""


class PaymentDocument(Document, frozen=True):
    """A payment as this outbox knows it: with reference and salt anyone can check the digest."""

    reference: str
    salt: str
    digest: str


class ObligationDocument(Document, frozen=True):
    """What one partner owes another. ``side``: debtor, creditor, or null if it is not ours.

    ``next`` says what happens by itself at ``deadline``; both are null once it is settled.
    ``digest`` stands on chain for the payment; ``payment`` is null unless it was named here.
    """

    cycle: int
    place: int
    debtor: str
    creditor: str
    side: str | None
    amount: str
    settled: str
    outstanding: str
    status: str
    late: bool
    earmark: str
    deadline: str | None
    next: str | None
    digest: str | None
    payment: PaymentDocument | None


class LineDocument(Document, frozen=True):
    """A partner at a closing: ``amount`` is what it pays (``expected`` above zero) or is paid."""

    partner: str
    expected: str
    amount: str


class CycleDocument(Document, frozen=True):
    """A closed cycle; ``obligations`` is their number."""

    cycle: int
    closed: str
    height: int
    lines: list[LineDocument]
    obligations: int


class NextCycleDocument(Document, frozen=True):
    """What closes next, when, and what the partner's E is now (null: no partner's home)."""

    cycle: int
    closes: str
    custodian: str
    expected: str | None


class SettlementDocument(Document, frozen=True):
    """settle list. ``partner`` is ours, or null."""

    partner: str | None
    next: NextCycleDocument
    cycles: list[CycleDocument]
    obligations: list[ObligationDocument]
    proven: Standing
    blames: list[Blame]


class SettledDocument(Document, frozen=True):
    """settle pay, confirm, dispute, state: the obligation as it stands afterwards.

    ``repeated``: a run before this one did it; ``proof`` is null where its end was proven then.
    """

    obligation: ObligationDocument
    repeated: bool
    elapsed_ms: int
    proof: Proof | None
    proven: Standing
    blames: list[Blame]


def cycle_document(number: int, cycle: SettlementCycle) -> CycleDocument:
    """As the ledger proves it."""
    return CycleDocument(
        cycle=number,
        closed=format_time(cycle.closed),
        height=cycle.height,
        lines=[
            LineDocument(
                partner=line.partner,
                expected=format_signed(line.expected),
                amount=format_amount(line.amount),
            )
            for line in cycle.lines
        ],
        obligations=cycle.obligations,
    )


def obligation_document(
    name: tuple[int, int], obligation: Obligation, us: str | None, payment: Payment | None
) -> ObligationDocument:
    """``name`` is (cycle, place); ``us`` a partner's code."""
    status = ObligationStatus(obligation.status)
    is_over = status == ObligationStatus.SETTLED
    return ObligationDocument(
        cycle=name[0],
        place=name[1],
        debtor=obligation.debtor,
        creditor=obligation.creditor,
        side=_side(obligation, us),
        amount=format_amount(obligation.amount),
        settled=format_amount(obligation.settled),
        outstanding=format_amount(obligation.outstanding),
        status=status.text,
        late=obligation.late,
        earmark=format_amount(obligation.earmark),
        deadline=None if is_over else format_time(obligation.deadline),
        next=None if is_over else NEXT[status],
        digest=None if obligation.reference is None else obligation.reference.hex(),
        payment=None if payment is None else payment_document(payment),
    )


def payment_document(payment: Payment) -> PaymentDocument:
    """As stored."""
    return PaymentDocument(
        reference=payment.reference, salt=payment.salt.hex(), digest=payment.digest.hex()
    )


def _side(obligation: Obligation, us: str | None) -> str | None:
    if us is None:
        return None
    return {obligation.debtor: "debtor", obligation.creditor: "creditor"}.get(us)
