"""Invoices as the ledger proves them. Knows what was stored and where to look; signs nothing."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

import msgspec

from client.errors import NotProven, Unavailable
from client.fields import format_time
from partner.documents import Standing
from partner.till import Issued, Till
from partner.till_documents import (
    InvoiceDocument,
    redemption_document,
    refund_document,
    request_of,
    state_of,
)
from partner.visit import Visit
from primitives.address import address
from primitives.amount import format_amount
from primitives.entries import Redemption, redemption_key

POLL_S: Final = 0.25


class Look(msgspec.Struct, frozen=True):
    """An invoice with what is proven of it, and of when that is."""

    issued: Issued
    redemption: Redemption | None
    state: str
    proven: Standing


async def look(visit: Visit, issued: Issued) -> Look:
    """Ask for the proven end of an invoice. Raises ``Unavailable``, ``NotProven``."""
    key = redemption_key(issued.invoice.partner, issued.invoice.id)
    books = visit.books
    redemption = await books.entry(key, Redemption)
    state = state_of(issued, redemption, books.block_ms)
    return Look(issued, redemption, state, books.standing())


async def follow(visit: Visit, issued: Issued, wait_s: float) -> Look:
    """Look again and again until it is redeemed, or expired, or ``wait_s`` are over."""
    clock = asyncio.get_running_loop().time
    until = clock() + wait_s
    # What was read before the invoice was shown says nothing of when it was redeemed.
    seen = await look(visit.afterwards(), issued)
    while seen.state == "open" and clock() < until:
        await asyncio.sleep(min(POLL_S, max(0.0, until - clock())))
        with suppress(Unavailable, NotProven):  # a node that fails for a while ends no sale
            seen = await look(visit.afterwards(), issued)
    return seen


def invoice_document(visit: Visit, till: Till, seen: Look) -> InvoiceDocument:
    """An invoice as it is shown."""
    issued, invoice = seen.issued, seen.issued.invoice
    return InvoiceDocument(
        id=invoice.id.hex(),
        partner=invoice.partner,
        amount=format_amount(invoice.amount),
        payer=None if invoice.payer is None else address(invoice.payer, visit.network),
        reference=issued.reference,
        created=format_time(issued.created_ms),
        expires=format_time(invoice.expires),
        uri=request_of(issued, visit.home.chain),
        state=seen.state,
        redemption=redemption_document(seen.redemption, visit.network) if seen.redemption else None,
        refunds=[refund_document(refund) for refund in till.refunds(invoice.id)],
    )


def told_state(document: InvoiceDocument) -> str:
    """A line of text."""
    paid = document.redemption
    if paid is None:
        return f"{document.state}, expires {document.expires}"
    back = "" if paid.refunded == "0" else f", {paid.refunded} refunded"
    return f"redeemed at height {paid.height} by {paid.payer}{back}"
