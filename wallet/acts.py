"""Doing a deed and telling it. Knows the common document of what was done; not what it means."""

from __future__ import annotations

from client.home import Home
from client.render import action_view
from primitives.address import address
from primitives.amount import format_amount
from shell.command import Common
from wallet.commerce_documents import ActDocument
from wallet.deeds import Deed
from wallet.documents import told
from wallet.sending import Paid, carry_out


def type_of(deed: Deed, network: str) -> str:
    """The name of its action, as the API spells it."""
    return str(type(action_view(deed.action, network)).__struct_config__.tag)


def act(
    common: Common, home: Home, deed: Deed, about: bytes | None = None, units: int | None = None
) -> Paid:
    """Do it, once; print what was done, and its document. Raises ``CommandError``.

    ``about`` is what it was done to; what it made has the transaction's own id. ``units`` moved.
    """
    paid = carry_out(common, home, deed)
    document = ActDocument(
        transaction=paid.transaction,
        type=type_of(deed, home.genesis.network),
        sender=address(paid.sender, home.genesis.network),
        about=paid.transaction if about is None else about.hex(),
        amount=None if units is None else format_amount(units),
        outcome=paid.settled.outcome.text,
        repeated=paid.repeated,
        elapsed_ms=paid.settled.elapsed_ms,
        proof=paid.proof,
        blames=paid.blames,
    )
    what = document.type.replace("_", " ")
    if paid.repeated:
        common.printer.line(f"{what}: done before; nothing was done twice")
        common.printer.line(f"final at {told(paid.proof)}")
    else:
        seconds = document.elapsed_ms / 1000
        common.printer.line(f"{what}: done")
        common.printer.line(f"final at {told(paid.proof)}; proven {seconds:.3f} s after sending")
    kind = document.type.partition("_")[0]
    common.printer.line(f"{kind} {document.about}")
    if document.about != document.transaction:
        common.printer.line(f"transaction {document.transaction}")
    common.printer.document(document)
    return paid
