"""order: what a seller offers, and every step of an order until it is done."""

from __future__ import annotations

import asyncio
import secrets
from typing import Final

import click

from client.builder import endorse
from client.fields import format_time
from client.home import Home, open_home
from client.light import Proven
from client.render_commerce import offer_view, order_view
from client.session import connected, now_ms, tell
from client.uri import OfferRequest, offer_uri
from primitives.actions import (
    Action,
    OrderDispute,
    OrderRefund,
    OrderRelease,
    OrderResolve,
    OrderShip,
)
from primitives.commerce import Offer, Order, offer_message, order_key
from primitives.receipt import Outcome
from shell import ask
from shell.command import Common, common_options, examples
from shell.errors import UsageError
from shell.qr import show_qr
from wallet.acts import Subject, act
from wallet.checks import check_signatures, not_found
from wallet.commerce_documents import OfferDocument, OrderDocument
from wallet.documents import proof_of, told, told_freshness
from wallet.orders import (
    DISPUTE,
    REFUND,
    RELEASE,
    SHIP,
    Step,
    buying,
    by_itself,
    fault_in_words,
    moving,
    next_of,
    offer_fault,
    resolving,
    role_of,
    told_span,
)
from wallet.reading import (
    OFFER,
    account_of_address,
    digest_of,
    moment_of,
    read_carried,
    span_of,
    units_of,
    units_or_none,
)
from wallet.setup import home_path

GOOD_MS: Final = 24 * 3600 * 1000
"""How long an offer is good unless told otherwise."""
MAX_SHIP_MS: Final = 90 * 24 * 3600 * 1000


@click.command(
    epilog=examples(
        "liqbon-wallet order offer --price 40 --arbiter tlqb1... --ship-within 7d",
        "liqbon-wallet order offer --price 40 --arbiter tlqb1... --ship-within 7d "
        "--promoter tlqb1... --share 4",
    )
)
@click.option("--price", required=True, metavar="AMOUNT", help="What the buyer locks.")
@click.option("--arbiter", required=True, metavar="ADDRESS", help="Who judges a dispute.")
@click.option(
    "--ship-within", required=True, metavar="TIME", help="Such as 12h or 7d; 90d at most."
)
@click.option("--promoter", metavar="ADDRESS", help="Who gets a share of the price.")
@click.option("--share", default="0", metavar="AMOUNT", help="The promoter's, out of the price.")
@click.option("--expires", metavar="TIME", help="RFC 3339 in UTC; a day from now unless told.")
@click.option("--goods", metavar="HEX", help="32 opaque bytes that mean the goods; else at random.")
@click.option("--qr/--no-qr", default=None, help="A QR code; on a terminal unless told.")
@common_options("home", "passphrase_file", "account")
def offer(
    common: Common,
    price: str,
    arbiter: str,
    ship_within: str,
    promoter: str | None,
    share: str,
    expires: str | None,
    goods: str | None,
    qr: bool | None,
) -> None:
    """Sign an offer: a liqbon: URI and its QR code. Asks no node, and locks nothing.

    Whoever has it may take it, more than once, until it expires. What the goods are never goes to
    the ledger: --goods is a reference that says nothing, never a name's or a description's hash,
    which others could guess.
    """
    home = open_home(home_path(common))
    offered = Offer(
        seller=home.account_id(common.account),
        price=units_of(price, "--price"),
        promoter=None if promoter is None else account_of_address(promoter, home, "--promoter"),
        share=units_or_none(share, "--share"),
        arbiter=account_of_address(arbiter, home, "--arbiter"),
        ship_within=span_of(ship_within, "--ship-within"),
        expires=now_ms() + GOOD_MS if expires is None else moment_of(expires, "--expires"),
        goods=secrets.token_bytes(32) if goods is None else digest_of(goods, "--goods"),
    )
    _check(offered)
    key = home.signer(home.unlock(ask.passphrase(common.passphrase_file)), common.account)
    request = OfferRequest(home.chain, offered, endorse(key, offer_message(home.chain, offered)))
    document = OfferDocument(
        uri=offer_uri(request), offer=offer_view(offered, home.genesis.network)
    )
    common.printer.line(document.uri)
    common.printer.note(f"good until {document.offer.expires}; goods {document.offer.goods}")
    show_qr(common.printer, document.uri, qr)
    common.printer.document(document)


def _check(offered: Offer) -> None:
    """What nobody could buy is not signed. Raises ``UsageError`` with the ledger's codes."""
    fault = offer_fault(offered)
    if fault is not None:
        raise UsageError(fault.text, fault_in_words(fault))
    if offered.ship_within > MAX_SHIP_MS:
        raise UsageError("duration_malformed", f"--ship-within: at most {told_span(MAX_SHIP_MS)}")
    if offered.expires <= now_ms():
        raise UsageError("offer_expired", f"--expires: {format_time(offered.expires)} is over")


@click.command(
    epilog=examples(
        "liqbon-wallet order buy liqbon:offer/lAHEIK...",
        "liqbon-wallet order buy offer.txt --yes --output json",
    )
)
@click.argument("offer", metavar="OFFER")
@click.option("--another", is_flag=True, help="Once more, though it was bought before.")
@common_options("home", "node", "passphrase_file", "account", "yes", "timeout_s")
def buy(common: Common, offer: str, another: bool) -> None:
    """Take a seller's OFFER: the price is locked until the order is done.

    OFFER is a liqbon: URI, the part after 'offer/', a file that holds either, or - for standard
    input. It is checked against proven state before anything is signed. Run again, the command
    shows the order that there is: --another buys a second time.
    """
    home = open_home(home_path(common))
    request = read_carried(OFFER, offer, home, common.passphrase_file)
    check_signatures(request.seller, offer_message(request.chain, request.offer), "OFFER")
    deed = buying(common.account, request, home, another=another)
    act(common, home, deed, Subject(units=request.offer.price))


@click.command(epilog=examples("liqbon-wallet order ship 9f86d0...", "liqbon-wallet order ship -h"))
@click.argument("order", metavar="ORDER")
@click.option("--tracking", metavar="HEX", help="32 opaque bytes that the buyer knows.")
@common_options("home", "node", "passphrase_file", "account", "yes", "timeout_s")
def ship(common: Common, order: str, tracking: str | None) -> None:
    """Say, as the seller, that it was shipped: you are paid unless the buyer disputes in time."""
    id_ = digest_of(order, "ORDER")
    track = None if tracking is None else digest_of(tracking, "--tracking")
    _move(common, id_, OrderShip(id_, track), SHIP)


@click.command(epilog=examples("liqbon-wallet order release 9f86d0..."))
@click.argument("order", metavar="ORDER")
@common_options("home", "node", "passphrase_file", "account", "yes", "timeout_s")
def release(common: Common, order: str) -> None:
    """Pay the seller at once, as a buyer who has what it wanted."""
    id_ = digest_of(order, "ORDER")
    _move(common, id_, OrderRelease(id_), RELEASE)


@click.command(epilog=examples("liqbon-wallet order refund 9f86d0..."))
@click.argument("order", metavar="ORDER")
@common_options("home", "node", "passphrase_file", "account", "yes", "timeout_s")
def refund(common: Common, order: str) -> None:
    """Give everything back, as the seller."""
    id_ = digest_of(order, "ORDER")
    _move(common, id_, OrderRefund(id_), REFUND)


@click.command(epilog=examples("liqbon-wallet order dispute 9f86d0..."))
@click.argument("order", metavar="ORDER")
@common_options("home", "node", "passphrase_file", "account", "yes", "timeout_s")
def dispute(common: Common, order: str) -> None:
    """Ask the arbiter to judge, as the buyer of something that the seller says it shipped."""
    id_ = digest_of(order, "ORDER")
    _move(common, id_, OrderDispute(id_), DISPUTE)


@click.command(epilog=examples("liqbon-wallet order resolve 9f86d0... --to-buyer 15"))
@click.argument("order", metavar="ORDER")
@click.option("--to-buyer", required=True, metavar="AMOUNT", help="What returns; 0 is nothing.")
@common_options("home", "node", "passphrase_file", "account", "yes", "timeout_s")
def resolve(common: Common, order: str, to_buyer: str) -> None:
    """Judge a dispute, as the arbiter: so much returns to the buyer, the rest is the seller's."""
    id_ = digest_of(order, "ORDER")
    units = units_or_none(to_buyer, "--to-buyer")
    _move(common, id_, OrderResolve(id_, units), resolving(units))


def _move(common: Common, order: bytes, action: Action, step: Step) -> None:
    home = open_home(home_path(common))
    act(common, home, moving(common.account, order, action, step), Subject(order))


@click.command(
    epilog=examples(
        "liqbon-wallet order show 9f86d0...", "liqbon-wallet order show 9f86d0... --output json"
    )
)
@click.argument("order", metavar="ORDER")
@common_options("home", "node", "account", "timeout_s")
def show(common: Common, order: str) -> None:
    """Show an order as a quorum attested it: where it stands, until when, and what comes then."""
    home = open_home(home_path(common))
    asyncio.run(_show(common, home, digest_of(order, "ORDER")))


async def _show(common: Common, home: Home, id_: bytes) -> None:
    account = home.account_id(common.account)
    async with connected(home, common.node, common.timeout_s) as light:
        try:
            found = await light.entry(order_key(id_), Order)
        finally:
            tell(common.printer, light.blames)
        if found.entry is None:
            raise not_found(Outcome.ORDER_UNKNOWN, f"this network has no order {id_.hex()}")
        document = OrderDocument(
            order=order_view(id_, found.entry, home.genesis.network),
            role=role_of(found.entry, account),
            by_itself=by_itself(found.entry),
            as_of=format_time(found.freshness.as_of_ms),
            fresh=found.freshness.is_fresh,
            proof=proof_of(light.believed, found.certificate),
            blames=light.blames,
        )
    _print(common, document, found)
    common.printer.document(document)


def _print(common: Common, document: OrderDocument, found: Proven[Order]) -> None:
    assert found.entry is not None
    shown, offer = document.order, document.order.offer
    rows = [
        ("order", f"{shown.order} ({shown.status})"),
        ("buyer", shown.buyer),
        ("seller", offer.seller),
        ("arbiter", offer.arbiter),
        ("price", f"{offer.price} LiqBon, {shown.locked} locked"),
        ("goods", offer.goods),
    ]
    if offer.promoter is not None:
        rows.insert(4, ("promoter", f"{offer.promoter}, {offer.share} of the price"))
    if shown.tracking is not None:
        rows.append(("tracking", shown.tracking))
    if shown.status == "done":
        rows.append(("to buyer", shown.to_buyer))
        rows.append(("to seller", shown.to_seller))
        rows.append(("to promoter", shown.to_promoter))
    if document.role is not None:
        rows.append(("you are", f"its {document.role}"))
    rows.append(("proof", f"{told(document.proof)}; {told_freshness(found.freshness)}"))
    common.printer.fields(rows)
    common.printer.line(next_of(found.entry))
