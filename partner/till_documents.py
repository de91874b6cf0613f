"""The JSON documents of invoice, invoices and refund (docs/reference/cli). Knows shapes."""

from __future__ import annotations

from client.errors import Blame
from client.fields import format_time
from client.uri import InvoiceRequest, invoice_uri
from partner.documents import Document, Proof, Standing
from partner.till import Issued, Returned
from primitives.address import address
from primitives.amount import format_amount
from primitives.entries import Redemption


class RedemptionDocument(Document, frozen=True):
    """Who redeemed an invoice, by which transaction, and how much was given back since."""

    payer: str
    amount: str
    refunded: str
    transaction: str
    height: int


class RefundDocument(Document, frozen=True):
    """A refund of this outbox. ``state``: open, done or refused; ``code`` says why."""

    id: str
    invoice: str
    partner: str
    amount: str
    reference: str | None
    created: str
    state: str
    code: str | None
    proof: Proof | None


class InvoiceDocument(Document, frozen=True):
    """An invoice of this outbox. ``state``: open, redeemed or expired, each by proof.

    ``uri`` is what the customer's wallet reads. ``reference`` stays on this machine.
    """

    id: str
    partner: str
    amount: str
    payer: str | None
    reference: str | None
    created: str
    expires: str
    uri: str
    state: str
    redemption: RedemptionDocument | None
    refunds: list[RefundDocument]


class IssuedDocument(Document, frozen=True):
    """invoice: ``repeated`` when the reference named it before; then nothing was signed."""

    invoice: InvoiceDocument
    repeated: bool
    proven: Standing
    blames: list[Blame]


class InvoicesDocument(Document, frozen=True):
    """invoices, newest first."""

    invoices: list[InvoiceDocument]
    proven: Standing
    blames: list[Blame]


class RefundedDocument(Document, frozen=True):
    """refund: ``repeated`` when a run before this one made it; ``left``: what may still be."""

    refund: RefundDocument
    repeated: bool
    left: str
    elapsed_ms: int
    proven: Standing
    blames: list[Blame]


def request_of(issued: Issued, chain: bytes) -> str:
    """The ``liqbon:`` URI of an invoice."""
    return invoice_uri(InvoiceRequest(chain, issued.invoice, issued.cashier))


def state_of(issued: Issued, redemption: Redemption | None, block_ms: int) -> str:
    """``expired`` only once a block is later: until then the invoice may yet be redeemed."""
    if redemption is not None:
        return "redeemed"
    return "expired" if block_ms > issued.invoice.expires else "open"


def redemption_document(redemption: Redemption, network: str) -> RedemptionDocument:
    """As the ledger proves it."""
    return RedemptionDocument(
        payer=address(redemption.payer, network),
        amount=format_amount(redemption.amount),
        refunded=format_amount(redemption.refunded),
        transaction=redemption.transaction.hex(),
        height=redemption.height,
    )


def refund_document(refund: Returned) -> RefundDocument:
    """As stored."""
    return RefundDocument(
        id=refund.id.hex(),
        invoice=refund.invoice.hex(),
        partner=refund.partner,
        amount=format_amount(refund.amount),
        reference=refund.reference,
        created=format_time(refund.created_ms),
        state=refund.state,
        code=refund.code,
        proof=_proof(refund),
    )


def _proof(refund: Returned) -> Proof | None:
    if refund.done_by is None or refund.height is None or refund.time_ms is None:
        return None
    return Proof(
        transaction=refund.done_by.hex(),
        height=refund.height,
        time=format_time(refund.time_ms),
        attested=refund.attested or 0,
        members=refund.members or 0,
    )
