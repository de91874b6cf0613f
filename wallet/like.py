"""like, content: LiqBon for an author, and letting one's own work be found and liked."""

from __future__ import annotations

import asyncio
import hashlib
import re
from pathlib import Path
from typing import Final

import click

from client.fields import format_time
from client.home import Home, open_home
from client.light import LightClient, ProvenAccount
from client.render_commerce import content_view
from client.session import connected, tell
from client.uri import ContentRequest, content_uri
from primitives.actions import ContentLike, ContentRegister
from primitives.address import address
from primitives.amount import format_amount
from primitives.commerce import Content, content_id, content_key
from primitives.receipt import Outcome
from shell.command import Common, common_options, examples
from shell.errors import UsageError
from shell.qr import show_qr
from wallet.acts import Subject, act
from wallet.checks import not_found, refused
from wallet.commerce_documents import ContentDocument
from wallet.deeds import Deed
from wallet.documents import proof_of, told, told_freshness
from wallet.reading import CONTENT, digest_of, read_carried, units_of
from wallet.sending import check_balance
from wallet.setup import home_path

_ID: Final = re.compile(r"[0-9a-f]{64}")


@click.command(
    epilog=examples(
        "liqbon-wallet like liqbon:content/kwHEIG... 0.5",
        "liqbon-wallet like 9f86d0... 1 --yes --output json",
    )
)
@click.argument("content", metavar="CONTENT")
@click.argument("amount")
@common_options("home", "node", "passphrase_file", "account", "yes", "timeout_s")
def like(common: Common, content: str, amount: str) -> None:
    """Give the author of CONTENT an AMOUNT of LiqBon. It is counted, and anyone may see the count.

    CONTENT is a liqbon: URI or the id of a registered content. The author and both counts are read
    from proven state before anything is signed.
    """
    home = open_home(home_path(common))
    id_ = _read(content, home, common.passphrase_file)
    units = units_of(amount, "AMOUNT")
    act(common, home, _liking(common.account, id_, units), Subject(id_, units))


def _liking(account: int, content: bytes, units: int) -> Deed:
    async def ask(light: LightClient, proven: ProvenAccount) -> str:
        found = (await light.entry(content_key(content), Content)).entry
        if found is None:
            raise refused(Outcome.CONTENT_UNKNOWN, f"nobody registered a content {content.hex()}")
        if found.author == proven.account:
            raise refused(Outcome.OWN_CONTENT, "it is your own; nobody likes itself here")
        check_balance(proven, account, units)
        return (
            f"Give {format_amount(units)} LiqBon to its author "
            f"{address(found.author, light.believed.genesis.network)}? So far {found.likes} likes, "
            f"{format_amount(found.units)} LiqBon."
        )

    return Deed(account, ContentLike(content, units), ask)


@click.command(
    epilog=examples(
        "liqbon-wallet content register article.pdf", "liqbon-wallet content register 9f86d0..."
    )
)
@click.argument("work", metavar="FILE-OR-HASH")
@click.option("--qr/--no-qr", default=None, help="A QR code; on a terminal unless told.")
@common_options("home", "node", "passphrase_file", "account", "yes", "timeout_s")
def register(common: Common, work: str, qr: bool | None) -> None:
    """Let your own work be liked: a FILE, or its SHA-256 as 64 hex digits.

    The hash goes to the ledger as it is, not salted, so that whoever has the file finds you.
    Register nothing that is to stay unknown, and nothing short enough to be guessed.
    """
    home = open_home(home_path(common))
    digest = _digest(work)
    author = home.account_id(common.account)
    id_ = content_id(author, digest)
    uri = content_uri(ContentRequest(home.chain, id_))
    act(common, home, _registering(common.account, digest, id_), Subject(id_, uri=uri))
    show_qr(common.printer, uri, qr)


def _registering(account: int, digest: bytes, id_: bytes) -> Deed:
    async def ask(light: LightClient, proven: ProvenAccount) -> str:
        if not proven.exists:
            raise refused(
                Outcome.ACCOUNT_UNKNOWN,
                f"account {account} is not opened yet: nobody paid it",
                "A first payment to it opens it.",
            )
        if (await light.entry(content_key(id_), Content)).entry is not None:
            raise refused(
                Outcome.CONTENT_EXISTS,
                f"you registered it already, as {id_.hex()}",
                "The command 'content show' shows it.",
            )
        name = address(proven.account, light.believed.genesis.network)
        return f"Register {digest.hex()} as the work of {name}, for everybody to see?"

    return Deed(account, ContentRegister(digest), ask)


@click.command(
    epilog=examples(
        "liqbon-wallet content show 9f86d0...",
        "liqbon-wallet content show liqbon:content/kwHEIG... --output json",
    )
)
@click.argument("content", metavar="CONTENT")
@click.option("--qr/--no-qr", default=None, help="A QR code; on a terminal unless told.")
@common_options("home", "node", "timeout_s")
def show(common: Common, content: str, qr: bool | None) -> None:
    """Show a content as a quorum attested it: whose it is, and how much it was liked."""
    home = open_home(home_path(common))
    asyncio.run(_show(common, home, _read(content, home, None), qr))


async def _show(common: Common, home: Home, id_: bytes, qr: bool | None) -> None:
    async with connected(home, common.node, common.timeout_s) as light:
        try:
            found = await light.entry(content_key(id_), Content)
        finally:
            tell(common.printer, light.blames)
        if found.entry is None:
            raise not_found(Outcome.CONTENT_UNKNOWN, f"nobody registered a content {id_.hex()}")
        document = ContentDocument(
            content=content_view(id_, found.entry, home.genesis.network),
            uri=content_uri(ContentRequest(home.chain, id_)),
            as_of=format_time(found.freshness.as_of_ms),
            fresh=found.freshness.is_fresh,
            proof=proof_of(light.believed, found.certificate),
            blames=light.blames,
        )
    shown = document.content
    common.printer.fields(
        [
            ("content", shown.content),
            ("author", shown.author),
            ("SHA-256", shown.hash),
            ("liked", f"{shown.likes} times, {shown.amount} LiqBon"),
            ("proof", f"{told(document.proof)}; {told_freshness(found.freshness)}"),
            ("URI", document.uri),
        ]
    )
    show_qr(common.printer, document.uri, qr)
    common.printer.document(document)


def _read(text: str, home: Home, passphrase_file: str | None) -> bytes:
    """The id that CONTENT means. Raises ``UsageError``."""
    if _ID.fullmatch(text) is not None:
        return digest_of(text, "CONTENT")
    return read_carried(CONTENT, text, home, passphrase_file).content


def _digest(work: str) -> bytes:
    """Of the file, however long; or the digest itself. Raises ``UsageError``."""
    if _ID.fullmatch(work) is not None:
        return bytes.fromhex(work)
    try:
        with Path(work).open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise UsageError("file_error", f"FILE-OR-HASH: {work}: {error.strerror}") from None
    except ValueError:  # no file's name holds a zero byte
        raise UsageError("file_error", "FILE-OR-HASH: no file's name") from None
