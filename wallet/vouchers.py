"""campaign voucher: a sponsor's word for one claimant. Signs, remembers, and sends nothing.

A voucher's id is on disk before the voucher is shown. The same claimant of the same campaign is
shown the same voucher again, so that a command typed twice gives once ([URI-7]).
"""

from __future__ import annotations

import secrets
from typing import Final

import click
from msgspec.structs import replace

from client.builder import endorse
from client.fields import format_time
from client.home import Home, exclusive, open_home
from client.session import now_ms
from client.uri import VoucherRequest, voucher_uri
from primitives.address import address
from primitives.commerce import Voucher, voucher_message
from shell import ask
from shell.command import Common, common_options, examples
from shell.errors import UsageError
from shell.qr import show_qr
from wallet.commerce_documents import VoucherDocument
from wallet.reading import account_of_address, digest_of, moment_of
from wallet.records import VOUCHERS, Records, VoucherRecord
from wallet.setup import home_path

GOOD_MS: Final = 30 * 24 * 3600 * 1000
"""How long a voucher is good unless told otherwise."""


@click.command(
    epilog=examples(
        "liqbon-wallet campaign voucher 9f86d0... --claimant tlqb1...",
        "liqbon-wallet campaign voucher 9f86d0... --claimant tlqb1... --referrer tlqb1...",
    )
)
@click.argument("campaign", metavar="CAMPAIGN")
@click.option("--claimant", required=True, metavar="ADDRESS", help="Who alone may claim.")
@click.option("--referrer", metavar="ADDRESS", help="Who brought it, where there is a bonus.")
@click.option("--expires", metavar="TIME", help="RFC 3339 in UTC; 30 days from now unless told.")
@click.option("--another", is_flag=True, help="A further one, though there is one for it already.")
@click.option("--qr/--no-qr", default=None, help="A QR code; on a terminal unless told.")
@common_options("home", "passphrase_file", "account")
def voucher(
    common: Common,
    campaign: str,
    claimant: str,
    referrer: str | None,
    expires: str | None,
    another: bool,
    qr: bool | None,
) -> None:
    """Sign a voucher for one claimant: a liqbon: URI and its QR code. Asks no node.

    The account is the campaign's signer. What you show is of use to the claimant alone. Typed
    again, the same voucher is shown: --another signs a further one.
    """
    home = open_home(home_path(common))
    signer = home.account_id(common.account)
    asked = VoucherRecord(
        campaign=digest_of(campaign, "CAMPAIGN").hex(),
        claimant=account_of_address(claimant, home, "--claimant").hex(),
        referrer=None
        if referrer is None
        else account_of_address(referrer, home, "--referrer").hex(),
        signer=signer.hex(),
        id=secrets.token_bytes(32).hex(),
        expires=now_ms() + GOOD_MS if expires is None else moment_of(expires, "--expires"),
    )
    if asked.referrer == asked.claimant:
        raise UsageError("referrer_invalid", "--referrer: nobody brings itself")
    if asked.expires <= now_ms():
        raise UsageError("voucher_expired", f"--expires: {format_time(asked.expires)} is over")
    key = home.signer(home.unlock(ask.passphrase(common.passphrase_file)), common.account)
    with exclusive(home.path, "vouchers"):
        kept = None if another else _kept(home, asked, expires is not None)
        if kept is None:
            Records(home.path, VOUCHERS, VoucherRecord).add(asked, now_ms())
    record = asked if kept is None else kept
    signed = _voucher(record)
    message = voucher_message(home.chain, signed)
    uri = voucher_uri(VoucherRequest(home.chain, signed, endorse(key, message)))
    _tell(common, _document(home, record, uri, kept is not None), qr)


def _kept(home: Home, asked: VoucherRecord, told_when: bool) -> VoucherRecord | None:
    """The good one that was signed before.

    Raises ``UsageError`` (``voucher_exists``) where it is good until another time.
    """
    same = Records(home.path, VOUCHERS, VoucherRecord).find(
        lambda known: (
            replace(known, id=asked.id, expires=asked.expires) == asked and known.expires > now_ms()
        )
    )
    if not same:
        return None
    if told_when and same[-1].expires != asked.expires:
        raise UsageError(
            "voucher_exists",
            f"there is one for this claimant, good until {format_time(same[-1].expires)}",
            "--another signs a further one, which may be claimed as well.",
        )
    return same[-1]


def _voucher(record: VoucherRecord) -> Voucher:
    referrer = record.referrer
    return Voucher(
        campaign=bytes.fromhex(record.campaign),
        claimant=bytes.fromhex(record.claimant),
        referrer=None if referrer is None else bytes.fromhex(referrer),
        id=bytes.fromhex(record.id),
        expires=record.expires,
    )


def _document(home: Home, record: VoucherRecord, uri: str, repeated: bool) -> VoucherDocument:
    def name(account: str) -> str:
        return address(bytes.fromhex(account), home.genesis.network)

    return VoucherDocument(
        uri=uri,
        campaign=record.campaign,
        signer=name(record.signer),
        claimant=name(record.claimant),
        referrer=None if record.referrer is None else name(record.referrer),
        voucher=record.id,
        expires=format_time(record.expires),
        repeated=repeated,
    )


def _tell(common: Common, document: VoucherDocument, qr: bool | None) -> None:
    common.printer.line(document.uri)
    if document.repeated:
        common.printer.note("this voucher was signed before; it can be claimed once")
    show_qr(common.printer, document.uri, qr)
    common.printer.document(document)
