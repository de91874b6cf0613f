"""redeem: spending at a partner, from an invoice to the proof. Never pays an invoice twice."""

from __future__ import annotations

import click

from client.home import Home, open_home
from client.uri import InvoiceRequest
from primitives.address import address
from primitives.amount import format_amount
from shell.command import Common, common_options, examples
from shell.output import plain
from wallet.documents import RedeemDocument, told
from wallet.invoices import Redeeming, check_invoice
from wallet.reading import INVOICE, read_carried
from wallet.sending import carry_out
from wallet.setup import home_path


@click.command(
    epilog=examples(
        "liqbon-wallet redeem liqbon:invoice/lAHEIK...",
        "liqbon-wallet redeem invoice.txt --yes --output json",
        "liqbon-wallet redeem - --account 1",
    )
)
@click.argument("invoice", metavar="INVOICE")
@common_options("home", "node", "passphrase_file", "account", "yes", "timeout_s")
def redeem(common: Common, invoice: str) -> None:
    """Spend LiqBon at a partner, on an INVOICE that its cashier signed.

    INVOICE is the liqbon: URI of a till's QR code, the part after 'invoice/', a file that holds
    either, or - for standard input. Before anything is signed it is checked against proven state:
    whose cashier signed it, whether it is still good, unused and for you. An invoice is redeemed
    once, however often the command is run.
    """
    home = open_home(home_path(common))
    request = read_carried(INVOICE, invoice, home, common.passphrase_file)
    redeem_invoice(common, home, request)


def redeem_invoice(common: Common, home: Home, request: InvoiceRequest) -> None:
    """Redeem, and tell it. Raises ``CommandError``."""
    check_invoice(request)
    redeeming = Redeeming(common.account, request)
    paid = carry_out(common, home, redeeming)
    document = RedeemDocument(
        transaction=paid.transaction,
        sender=address(paid.sender, home.genesis.network),
        partner=request.invoice.partner,
        name=_name(home, redeeming),
        invoice=request.invoice.id.hex(),
        amount=format_amount(request.invoice.amount),
        outcome=paid.settled.outcome.text,
        repeated=paid.repeated,
        elapsed_ms=paid.settled.elapsed_ms,
        proof=paid.proof,
        blames=paid.blames,
    )
    what = f"{document.amount} LiqBon at {plain(document.name)} ({document.partner})"
    if paid.repeated:
        common.printer.line(f"redeemed before: {what}; nothing was paid twice")
        common.printer.line(f"final at {told(paid.proof)}")
    else:
        seconds = document.elapsed_ms / 1000
        common.printer.line(f"redeemed {what}")
        common.printer.line(f"final at {told(paid.proof)}; proven {seconds:.3f} s after sending")
    common.printer.line(f"transaction {document.transaction}")
    common.printer.document(document)


def _name(home: Home, redeeming: Redeeming) -> str:
    """As proven; when a pending redemption was proven instead, as genesis says, or its code."""
    if redeeming.partner is not None:
        return redeeming.partner.name
    code = redeeming.invoice.partner
    return next((p.name for p in home.genesis.partners if p.code == code), code)
