"""Doing a deed and telling it. Knows the common document of what was done; not what it means."""

from __future__ import annotations

from typing import Final, NamedTuple

from client.home import Home
from client.render import action_view
from primitives.address import address
from primitives.amount import format_amount
from primitives.receipt import CampaignClosed, RewardPaid
from shell.command import Common
from wallet.commerce_documents import ActDocument
from wallet.deeds import Deed
from wallet.documents import told
from wallet.sending import Paid, carry_out


class Subject(NamedTuple):
    """What a deed is done to: its id, or None for what the deed itself makes, which has its
    transaction's. ``units`` leave the account by it; where None, the receipt says what came."""

    id: bytes | None = None
    units: int | None = None
    uri: str | None = None


NOTHING: Final = Subject()


def act(common: Common, home: Home, deed: Deed, subject: Subject = NOTHING) -> None:
    """Do it, once; print what was done, and its document. Raises ``CommandError``."""
    paid = carry_out(common, home, deed)
    units = _received(paid) if subject.units is None else subject.units
    document = ActDocument(
        transaction=paid.transaction,
        type=_type_of(deed, home.genesis.network),
        sender=address(paid.sender, home.genesis.network),
        about=paid.transaction if subject.id is None else subject.id.hex(),
        uri=subject.uri,
        amount=None if units is None else format_amount(units),
        outcome=paid.settled.outcome.text,
        repeated=paid.repeated,
        elapsed_ms=paid.settled.elapsed_ms,
        proof=paid.proof,
        blames=paid.blames,
    )
    _tell(common, document)
    common.printer.document(document)


def _tell(common: Common, document: ActDocument) -> None:
    line = common.printer.line
    amount = "" if document.amount is None else f", {document.amount} LiqBon"
    what = document.type.replace("_", " ") + amount
    if document.repeated:
        line(f"{what}: done before; nothing was done twice")
        line(f"final at {told(document.proof)}")
    else:
        line(f"{what}: done")
        seconds = document.elapsed_ms / 1000
        line(f"final at {told(document.proof)}; proven {seconds:.3f} s after sending")
    line(f"{document.type.partition('_')[0]} {document.about}")
    if document.about != document.transaction:
        line(f"transaction {document.transaction}")
    if document.uri is not None:
        line(document.uri)


def _received(paid: Paid) -> int | None:
    """What the proven receipt says that the sender got out of a campaign."""
    got = None
    for event in paid.settled.proof.receipt.events:
        match event:
            case RewardPaid(account=account, amount=amount) if account == paid.sender:
                got = (got or 0) + amount
            case CampaignClosed(returned=returned):
                got = (got or 0) + returned
            case _:
                pass
    return got


def _type_of(deed: Deed, network: str) -> str:
    """The name of its action, as the API spells it."""
    return str(type(action_view(deed.action, network)).__struct_config__.tag)
