"""deposits: what is in the outbox. Asks no node."""

from __future__ import annotations

from typing import get_args

import click

from client.home import open_home
from partner.documents import DepositsDocument, deposit_document
from partner.outbox import Outbox, State
from partner.session import home_path
from shell.command import Common, common_options, examples
from shell.errors import CommandError, Status


@click.command(
    epilog=examples(
        "liqbon-partner deposits --state refused",
        "liqbon-partner deposits --reference r-2041 --reveal --output json",
    )
)
@click.option("--state", type=click.Choice(get_args(State)), help="Only these.")
@click.option("--reference", metavar="R", help="Only this one.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, help="50 unless told.")
@click.option(
    "--reveal",
    is_flag=True,
    help="Show the salts. Whoever has one can check which deposit a commitment stands for.",
)
@common_options("home")
def deposits(
    common: Common, state: State | None, reference: str | None, limit: int, reveal: bool
) -> None:
    """List deposits with what became of them, newest first."""
    home = open_home(home_path(common))
    outbox = Outbox(home.path)
    try:
        entries = outbox.listed(state, limit)
        counts = outbox.counts()
        if reference is not None:
            found = outbox.find(reference)
            if found is None:
                raise CommandError(
                    "deposit_unknown", f"no deposit {reference!r}", status=Status.NOT_FOUND
                )
            entries = [found]
    finally:
        outbox.close()
    hrp = home.genesis.network
    shown = [deposit_document(entry, hrp, reveal=reveal) for entry in entries]
    heads = ["reference", "programme", "points>", "LiqBon>", "state", "height>", "to"]
    rows = [
        [
            d.reference,
            d.programme,
            d.points,
            d.amount or "",
            f"{d.state} ({d.code})" if d.code else d.state,
            str(d.proof.height) if d.proof else "",
            d.to,
        ]
        for d in shown
    ]
    common.printer.table(heads, rows)
    if reveal:
        for d in shown:
            common.printer.line(f"{d.reference}: salt {d.salt}, commitment {d.commitment}")
    common.printer.document(DepositsDocument(deposits=shown, counts=counts))
