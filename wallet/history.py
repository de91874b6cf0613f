"""history: what touched an account. Lists a node's word, or, with --verify, what it proves."""

from __future__ import annotations

import asyncio

import click

from client.home import open_home
from client.session import connected, tell
from primitives.address import address
from shell.command import Common, common_options, examples
from wallet.documents import HistoryDocument, told
from wallet.listing import Lister
from wallet.setup import home_path


@click.command(
    epilog=examples("liqbon-wallet history", "liqbon-wallet history --verify --limit 100")
)
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, help="20 unless told.")
@click.option("--verify", is_flag=True, help="Check the proof of each one.")
@common_options("home", "node", "account", "timeout_s")
def history(common: Common, limit: int, verify: bool) -> None:
    """List the transactions that touched an account, newest first.

    With --verify each one is proven to have happened, and to have changed the balance by so much;
    that none which the account sent is missing is proven by its sequence. Nothing can prove that a
    node did not leave out something that the account received: compare the sum with 'balance'.
    """
    asyncio.run(_history(common, limit, verify))


async def _history(common: Common, limit: int, verify: bool) -> None:
    home = open_home(home_path(common))
    account = home.account_id(common.account)
    async with connected(home, common.node, common.timeout_s) as light:
        lister = Lister(light, account, verify)
        try:
            listing = await lister.listed(limit)
            complete = await lister.sent_complete(listing) if verify else None
        finally:
            tell(common.printer, light.blames)
        document = HistoryDocument(
            account=common.account,
            address=address(account, home.genesis.network),
            entries=listing.entries,
            due=listing.due,
            verified=verify,
            sent_complete=complete,
            more=listing.more,
            oldest=listing.oldest,
            blames=light.blames,
        )
    heads = ["time", "height>", "type", "where", "LiqBon>", "outcome", "proof", "transaction"]
    common.printer.table(heads, _rows(document))
    if listing.oldest is not None:
        common.printer.line(
            f"this node keeps nothing below height {listing.oldest}: for what is older name an "
            "archive node with --node"
        )
    if complete is not None:
        common.printer.line(
            "all that it sent are listed" if complete else "some it sent are missing"
        )
    common.printer.document(document)


def _rows(document: HistoryDocument) -> list[list[str]]:
    """What was sent and what fell due, in one table, newest first."""
    rows = [
        (
            e.height,
            [
                e.time,
                str(e.height),
                e.type,
                e.partner or e.about or "",
                e.change,
                e.outcome,
                told(e.proof) if e.proof else "a node's word",
                e.transaction,
            ],
        )
        for e in document.entries
    ]
    for due in document.due:
        name = str(type(due.event).__struct_config__.tag)
        proof = told(due.proof) if due.proof else "a node's word"
        cells = [due.time, str(due.height), name, "", due.change, "by itself", proof, ""]
        rows.append((due.height, cells))
    return [cells for _, cells in sorted(rows, key=lambda row: -row[0])]
