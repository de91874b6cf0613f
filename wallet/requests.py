"""request, pay: asking for LiqBon with a URI, and doing what a URI asks for."""

from __future__ import annotations

from pathlib import Path

import click

from client.builder import VALIDITY_MS
from client.home import Home, exclusive, open_home
from client.uri import InvoiceRequest, PaymentRequest, payment_uri, scanned
from primitives.address import address
from primitives.amount import format_amount
from shell import ask
from shell.command import Common, common_options, examples
from shell.errors import UsageError
from shell.qr import show_qr
from wallet.documents import RequestDocument
from wallet.reading import COMMANDS, memo_of, read_uri, units_of
from wallet.redeem import redeem_invoice
from wallet.send import Payment, make_payment
from wallet.setup import home_path


@click.command(
    epilog=examples("liqbon-wallet request 12.5", "liqbon-wallet request --fresh --output json")
)
@click.argument("amount", required=False)
@click.option("--memo", metavar="HEX", help="32 bytes that the payment is to carry, in hex.")
@click.option("--fresh", is_flag=True, help="A new account's address; it needs the passphrase.")
@click.option("--qr/--no-qr", default=None, help="A QR code; on a terminal unless told.")
@common_options("home", "passphrase_file", "account")
def request(
    common: Common, amount: str | None, memo: str | None, fresh: bool, qr: bool | None
) -> None:
    """Ask for AMOUNT LiqBon, or for whatever the payer gives: a liqbon: URI and its QR code.

    Nothing is sent anywhere: show it to who is to pay. A fresh address for each payer keeps them
    from seeing what else an address received.
    """
    units = None if amount is None else units_of(amount, "AMOUNT")
    asked_memo = memo_of(memo)
    home = open_home(home_path(common))
    account = _fresh_account(common, home.path) if fresh else common.account
    home = open_home(home.path)
    asked = PaymentRequest(home.account_id(account), units, asked_memo)
    document = RequestDocument(
        uri=payment_uri(asked, home.genesis.network),
        account=account,
        address=address(asked.address, home.genesis.network),
        amount=None if units is None else format_amount(units),
        memo=None if asked_memo is None else asked_memo.hex(),
    )
    common.printer.line(document.uri)
    show_qr(common.printer, scanned(document.uri), qr)
    common.printer.document(document)


@click.command(
    epilog=examples(
        "liqbon-wallet pay 'liqbon:tlqb1...?amount=12.5'",
        "liqbon-wallet pay liqbon:tlqb1... --amount 3",
        "liqbon-wallet pay liqbon:invoice/lAHEIK... --yes",
    )
)
@click.argument("uri", metavar="URI")
@click.option("--amount", metavar="AMOUNT", help="How much, where the URI leaves it open.")
@common_options("home", "node", "passphrase_file", "account", "yes", "timeout_s")
def pay(common: Common, uri: str, amount: str | None) -> None:
    """Do what a liqbon: URI asks for: send to an address, or redeem an invoice.

    A URI with its own amount is paid exactly; --amount then only has to agree with it.
    """
    home = open_home(home_path(common))
    given = None if amount is None else units_of(amount, "--amount")
    match read_uri(uri, home):
        case InvoiceRequest() as invoiced:
            _agreed(invoiced.invoice.amount, given)
            redeem_invoice(common, home, invoiced)
        case PaymentRequest() as asked:
            units = _agreed(asked.amount, given)
            payment = Payment(common.account, asked.address, units, asked.memo, VALIDITY_MS)
            make_payment(common, home, payment)
        case other:
            raise UsageError(
                "payment_expected",
                "URI: it asks for no payment",
                f"Use '{COMMANDS[type(other)]}'.",
            )


def _agreed(asked: int | None, given: int | None) -> int:
    """The one amount that both sides mean. Raises ``UsageError``."""
    if asked is None and given is None:
        raise UsageError("amount_missing", "URI: it leaves the amount open", "Give --amount.")
    if asked is not None and given is not None and asked != given:
        raise UsageError(
            "amount_mismatch",
            f"it asks for {format_amount(asked)} LiqBon, --amount says {format_amount(given)}",
        )
    units = given if asked is None else asked
    assert units is not None
    return units


def _fresh_account(common: Common, path: Path) -> int:
    """Derive the account after the last one; two at once get two."""
    with exclusive(path, "accounts"):
        home: Home = open_home(path)
        vault = home.unlock(ask.passphrase(common.passphrase_file))
        number = max(record.account for record in home.accounts) + 1
        return home.derive(vault, number).account
