"""invoice, invoices: what a cashier asks for, and whether it was redeemed. Sends no transaction."""

from __future__ import annotations

import asyncio
import secrets

import click
import msgspec

from client.builder import endorse
from client.errors import RefusedByLedger
from client.session import now_ms
from partner.arguments import account_of_address, digest_of, reference_of, units_of
from partner.documents import told_standing
from partner.invoicing import Look, follow, invoice_document, look, told_state
from partner.roles import Holder, account_option, holder
from partner.till import Issued, Till
from partner.till_documents import InvoiceDocument, InvoicesDocument, IssuedDocument, request_of
from partner.visit import Visit, visiting
from primitives.actions import Invoice, invoice_message
from primitives.amount import format_amount
from primitives.receipt import Outcome
from shell import ask
from shell.command import Common, common_options, examples
from shell.errors import CommandError, Status
from shell.qr import show_qr

MINUTE_MS = 60_000
MAX_MINUTES = 7 * 24 * 60


@click.command(
    epilog=examples(
        "liqbon-partner invoice 12.5 --reference receipt-4711 --wait 120",
        "liqbon-partner invoice 3 --payer tlqb1... --expires 5 --output json",
    )
)
@click.argument("amount")
@click.option("--payer", metavar="ADDRESS", help="Only this account may redeem it.")
@click.option(
    "--expires",
    type=click.IntRange(1, MAX_MINUTES),
    default=15,
    metavar="MINUTES",
    help="It can be redeemed for so long; 15 unless told, seven days at most.",
)
@click.option("--reference", metavar="R", help="Your own name of it; it stays on this machine.")
@click.option(
    "--wait",
    type=click.FloatRange(0, 86_400, min_open=True),
    metavar="SECONDS",
    help="Wait for the proof that it was redeemed; exit status 7 if it was not.",
)
@click.option("--qr/--no-qr", default=None, help="A QR code: on a terminal, unless told.")
@account_option
@common_options("home", "node", "passphrase_file", "timeout_s")
def invoice(
    common: Common,
    amount: str,
    payer: str | None,
    expires: int,
    reference: str | None,
    wait: float | None,
    qr: bool | None,
    account: int | None,
) -> int:
    """Ask a customer for AMOUNT LiqBon: prints what the customer's wallet reads.

    The invoice is signed by the cashier's key and stored before it is shown; whoever holds it can
    redeem it once. The same reference never asks twice: it shows the same invoice again.
    """
    units = units_of(amount, "AMOUNT")
    named = None if reference is None else reference_of(reference)
    asked = _Asked(units, payer, expires * MINUTE_MS, named)
    return asyncio.run(_invoice(common, account, asked, (wait, qr)))


class _Asked(msgspec.Struct, frozen=True):
    """What was asked for; ``payer`` is an address."""

    units: int
    payer: str | None
    valid_ms: int
    reference: str | None


async def _invoice(
    common: Common, account: int | None, asked: _Asked, show: tuple[float | None, bool | None]
) -> int:
    wait_s, qr = show
    async with visiting(common, account) as visit:
        with visit.outbox() as db:
            till = Till(db)
            cashier = await holder(visit.books, visit.home, "cashier", account)
            issued, repeated = await _issued(visit, till, cashier, asked)
            seen = await look(visit, issued)
            if repeated:
                _check_alive(seen)
            _show(visit, seen, repeated, qr, wait_s)
            if wait_s is not None:
                seen = await follow(visit, issued, wait_s)
            document = IssuedDocument(
                invoice=invoice_document(visit, till, seen),
                repeated=repeated,
                proven=seen.proven,
                blames=visit.light.blames,
            )
    if wait_s is not None:
        common.printer.line(told_state(document.invoice))
        common.printer.line(told_standing(document.proven))
    common.printer.document(document)
    return int(Status.OK if wait_s is None or seen.redemption is not None else Status.UNKNOWN)


async def _issued(visit: Visit, till: Till, cashier: Holder, asked: _Asked) -> tuple[Issued, bool]:
    """The invoice on disk, and whether its reference named it before."""
    partner = cashier.partner.code
    wanted = Invoice(
        partner=partner,
        amount=asked.units,
        expires=max(visit.light.clock(), visit.books.block_ms) + asked.valid_ms,
        id=secrets.token_bytes(32),
        payer=None
        if asked.payer is None
        else account_of_address(asked.payer, visit.network, "--payer"),
    )
    known = None if asked.reference is None else till.invoice_named(asked.reference)
    if known is not None:
        return till.issue(Issued(wanted, known.cashier, asked.reference, now_ms())), True
    await _check_claim(visit, partner, asked.units)
    vault = visit.home.unlock(ask.passphrase(visit.common.passphrase_file))
    signer = visit.home.signer(vault, cashier.key.account)
    signed = endorse(signer, invoice_message(visit.home.chain, wanted))
    stored = till.issue(Issued(wanted, signed, asked.reference, now_ms()))
    return stored, stored.invoice.id != wanted.id


async def _check_claim(visit: Visit, partner: str, units: int) -> None:
    """Nobody could redeem what is beyond K; better said before a customer stands there."""
    bound = (await visit.books.limits(partner)).terms.claim_bound
    owed = (await visit.books.position(partner)).owed
    if owed + units > bound:
        raise RefusedByLedger(
            Outcome.CLAIM_BOUND_EXCEEDED.text,
            f"{format_amount(units)} LiqBon asked for, others may come to owe {partner} "
            f"{format_amount(max(0, bound - owed))} more",
            "Wait for the settlement, or mint: 'limits show' tells how much. Nothing was stored.",
        )


def _check_alive(seen: Look) -> None:
    """The invoice of a known reference must still be of use."""
    late = seen.issued.invoice.expires < now_ms()
    if seen.state == "expired" or (seen.state == "open" and late):
        raise CommandError(
            Outcome.INVOICE_EXPIRED.text,
            f"{seen.issued.reference!r} names an invoice that expired and was not redeemed",
            "Ask again under another reference.",
        )


def _show(visit: Visit, seen: Look, repeated: bool, qr: bool | None, wait_s: float | None) -> None:
    """What the customer needs comes before any waiting."""
    issued, printer = seen.issued, visit.printer
    uri = request_of(issued, visit.home.chain)
    if printer.is_json:
        if wait_s is not None:
            printer.note(uri)
        return
    if repeated:
        printer.line(f"{issued.reference} was asked for before; this is the same invoice")
    printer.line(
        f"{issued.invoice.partner} asks for {format_amount(issued.invoice.amount)} LiqBon; "
        f"invoice {issued.invoice.id.hex()}"
    )
    printer.line(uri)
    show_qr(printer, uri, qr)


@click.command(
    epilog=examples(
        "liqbon-partner invoices --state open",
        "liqbon-partner invoices --reference receipt-4711 --output json",
    )
)
@click.option(
    "--state", type=click.Choice(["open", "redeemed", "expired"]), help="Only these of those."
)
@click.option("--invoice", "id_", metavar="ID", help="Only this one.")
@click.option("--reference", metavar="R", help="Only this one.")
@click.option(
    "--limit", type=click.IntRange(1, 1_000), default=20, help="The newest ones; 20 unless told."
)
@common_options("home", "node", "timeout_s")
def invoices(
    common: Common, state: str | None, id_: str | None, reference: str | None, limit: int
) -> None:
    """List invoices, newest first, with what is proven of each of them."""
    asyncio.run(_invoices(common, state, (id_, reference), limit))


async def _invoices(
    common: Common, state: str | None, which: tuple[str | None, str | None], limit: int
) -> None:
    async with visiting(common) as visit:
        with visit.outbox() as db:
            till = Till(db)
            found = _chosen(till, which, limit)
            await visit.books.directory()  # there is a moment to name even if nothing is stored
            seen = [await look(visit, issued) for issued in found]
            shown = [
                invoice_document(visit, till, one)
                for one in seen
                if state is None or one.state == state
            ]
        document = InvoicesDocument(
            invoices=shown, proven=visit.books.standing(), blames=visit.light.blames
        )
    heads = ["created", "reference", "LiqBon>", "what became of it", "invoice"]
    common.printer.table(heads, [_row(one) for one in shown])
    common.printer.line(told_standing(document.proven))
    common.printer.document(document)


def _chosen(till: Till, which: tuple[str | None, str | None], limit: int) -> list[Issued]:
    id_, reference = which
    if id_ is None and reference is None:
        return till.invoices(limit)
    if id_ is not None:
        found = till.invoice(digest_of(id_, "--invoice"))
    else:
        found = till.invoice_named(reference_of(str(reference)))
    if found is None:
        raise CommandError(
            Outcome.INVOICE_UNKNOWN.text,
            "no such invoice in this outbox",
            status=Status.NOT_FOUND,
        )
    return [found]


def _row(one: InvoiceDocument) -> list[str]:
    return [one.created, one.reference or "", one.amount, told_state(one), one.id]
