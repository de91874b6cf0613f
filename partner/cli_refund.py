"""refund: LiqBon given back on an invoice, to who redeemed it. Safe to run again."""

from __future__ import annotations

import asyncio
import secrets
import sqlite3

import click
import msgspec

from client.errors import RefusedByLedger
from client.finality import settled
from client.session import now_ms
from partner.acting import Deed, act
from partner.arguments import digest_of, reference_of, units_of
from partner.documents import told_proof, told_standing
from partner.roles import Holder, account_option, holder
from partner.terms import room_under
from partner.till import Given, Returned, Till
from partner.till_documents import RefundedDocument, refund_document
from partner.visit import SIGNING, Visit, visiting
from primitives.actions import Refund
from primitives.address import address
from primitives.amount import format_amount
from primitives.entries import Mark, MarkKind, Redemption, mark_key, redemption_key
from primitives.receipt import Outcome
from shell.command import Common, common_options, examples
from shell.errors import CommandError, Status


@click.command(
    epilog=examples("liqbon-partner refund 5f2a... 12.5 --reference return-17"),
)
@click.argument("invoice", metavar="INVOICE-ID")
@click.argument("amount")
@click.option(
    "--reference",
    metavar="R",
    help="Your own name of the refund: under it nothing is given back twice.",
)
@account_option
@common_options(*SIGNING)
def refund(
    common: Common, invoice: str, amount: str, reference: str | None, account: int | None
) -> None:
    """Give AMOUNT LiqBon back to whoever redeemed an invoice, and wait for the proof.

    Never more than was redeemed on it, nor more than the partner's limit and its cap of the day
    leave. Safe to run again after a crash or exit status 7; after success too, if the refund has a
    reference.
    """
    named = None if reference is None else reference_of(reference)
    units = units_of(amount, "AMOUNT")
    asked = _Asked(digest_of(invoice, "INVOICE-ID"), units, named)
    asyncio.run(_refund(common, account, asked))


class _Asked(msgspec.Struct, frozen=True):
    invoice: bytes
    units: int
    reference: str | None


async def _refund(common: Common, account: int | None, asked: _Asked) -> None:
    async with visiting(common, account) as visit:
        with visit.outbox() as db:
            cashier = await holder(visit.books, visit.home, "cashier", account)
            giving = _Giving(visit, db, cashier, asked)
            done = await giving.run()
        visit = visit.afterwards()
        redemption = await redemption_of(visit, cashier.partner.code, asked.invoice)
        document = RefundedDocument(
            refund=refund_document(done.refund),
            repeated=done.repeated,
            left=format_amount(redemption.amount - redemption.refunded),
            elapsed_ms=done.elapsed_ms or 0,
            proven=visit.books.standing(),
            blames=visit.light.blames,
        )
    if done.elapsed_ms is None:
        common.printer.line("it was given back before; nothing was sent")
    payer = address(redemption.payer, visit.network)
    common.printer.line(f"refunded {document.refund.amount} LiqBon to {payer}")
    common.printer.line(f"{document.left} of the invoice may still be refunded")
    assert document.refund.proof is not None, "given back without a proof"
    for line in told_proof(document.refund.proof, done.elapsed_ms):
        common.printer.line(line)
    common.printer.line(told_standing(document.proven))
    common.printer.document(document)


async def redemption_of(visit: Visit, partner: str, invoice: bytes) -> Redemption:
    """Who redeemed an invoice, and what is left of it. ``CommandError`` (``invoice_unknown``)."""
    found = await visit.books.entry(redemption_key(partner, invoice), Redemption)
    if found is None:
        raise CommandError(
            Outcome.INVOICE_UNKNOWN.text,
            f"nobody redeemed invoice {invoice.hex()} at {partner}",
            "Nothing can be given back on it.",
            Status.NOT_FOUND,
        )
    return found


class _Done(msgspec.Struct, frozen=True):
    """A refund with its proof; ``elapsed_ms`` is None if nothing was sent in this run."""

    refund: Returned
    repeated: bool
    elapsed_ms: int | None


class _Giving:
    """The steps of one refund."""

    def __init__(
        self, visit: Visit, db: sqlite3.Connection, cashier: Holder, asked: _Asked
    ) -> None:
        self._visit = visit
        self._db = db
        self._till = Till(db)
        self._key = cashier.key
        self._partner = cashier.partner.code
        self._asked = asked

    async def run(self) -> _Done:
        """The refund as it was done, now or before."""
        new = Returned(
            id=secrets.token_bytes(32),
            partner=self._partner,
            invoice=self._asked.invoice,
            amount=self._asked.units,
            reference=self._asked.reference,
            created_ms=now_ms(),
            state="open",
        )
        known = self._till.known_refund(new)
        if known is not None and await self._was_done(known):
            return _Done(self._till.find_refund(known.id), True, None)
        return await self._give(known or new)

    async def _give(self, refund: Returned) -> _Done:
        action = Refund(self._partner, refund.invoice, refund.id, refund.amount)
        deed = Deed(action, self._prepare, lambda: self._till.refund(refund))
        try:
            acted = await act(self._visit, self._db, self._key, deed)
        except RefusedByLedger as refused:
            if refused.code == Outcome.REFUND_USED.text and await self._was_done(refund):
                return _Done(self._till.find_refund(refund.id), True, None)
            self._till.refused(refund.id, refused.code)
            raise
        end = acted.settled
        given = Given(end.id, end.height, end.time_ms, end.attested, end.members)
        self._till.refunded(refund.id, given)
        return _Done(self._till.find_refund(refund.id), acted.repeated, end.elapsed_ms)

    async def _was_done(self, refund: Returned) -> bool:
        """Whether the ledger proves that this refund's id is used: an earlier run did it."""
        if refund.state == "done":
            return True
        key = mark_key(self._partner, MarkKind.REFUND, refund.id)
        mark = await self._visit.books.entry(key, Mark)
        if mark is None:
            return False
        proof = await self._visit.light.receipt(mark.transaction)
        if proof is None:
            raise CommandError(
                "receipt_unknown",
                f"{mark.transaction.hex()} gave it back, and no node shows its receipt",
                "Run it again, or ask other nodes with --node, an archive among them.",
                Status.UNAVAILABLE,
            )
        end = settled(self._visit.light, mark.transaction, proof, 0)
        given = Given(end.id, end.height, end.time_ms, end.attested, end.members)
        self._till.refunded(refund.id, given)
        return True

    async def _prepare(self) -> str:
        """What the ledger would refuse is better said before anything is stored or sent."""
        units, books = self._asked.units, self._visit.books
        redemption = await redemption_of(self._visit, self._partner, self._asked.invoice)
        left = redemption.amount - redemption.refunded
        if units > left:
            raise RefusedByLedger(
                Outcome.REFUND_EXCEEDED.text,
                f"{format_amount(redemption.amount)} LiqBon were redeemed, "
                f"{format_amount(redemption.refunded)} refunded: {format_amount(left)} are left",
                "Nothing was sent.",
            )
        limits = await books.limits(self._partner)
        room = room_under(limits, await books.position(self._partner))
        if units > room:
            raise RefusedByLedger(
                Outcome.LIMIT_EXCEEDED.text,
                f"{format_amount(units)} LiqBon to refund, the limit leaves {format_amount(room)}",
                "Settle, or have more reserve attested. Nothing was sent.",
            )
        today = limits.terms.refund_per_day - (await books.today(self._partner)).refunded
        if units > today:
            raise RefusedByLedger(
                Outcome.DAILY_CAP_EXCEEDED.text,
                f"{format_amount(units)} LiqBon to refund, today's own cap leaves "
                f"{format_amount(max(0, today))}",
                "Wait for the next day (UTC). Nothing was sent.",
            )
        payer = address(redemption.payer, self._visit.network)
        return f"Refund {format_amount(units)} LiqBon of {self._partner} to {payer}?"
