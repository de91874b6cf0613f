"""deposit: one deposit of points, minted and proven. Safe to run again."""

from __future__ import annotations

import asyncio
import time

import click
import msgspec

from client.errors import Blame, RefusedByLedger
from client.home import Home, exclusive, open_home
from client.light import LightClient
from client.session import connected, now_ms, tell
from partner.deposits import Deposit, parse_deposit
from partner.documents import MintedDocument, deposit_document
from partner.minting import Settings
from partner.outbox import Conflict, Entry, Outbox
from partner.roles import account_option
from partner.session import (
    OUTBOX_LOCK,
    Desk,
    check_total,
    home_path,
    minter,
    open_desk,
    open_press,
)
from primitives.amount import format_amount
from primitives.encoding import Malformed
from shell import ask
from shell.command import Common, common_options, examples
from shell.errors import UsageError
from shell.output import Printer


@click.command(
    epilog=examples(
        "liqbon-partner deposit --programme bonus --points 500 --to tlqb1... --reference r-2041",
    )
)
@click.option("--programme", required=True, metavar="P", help="The programme of the points.")
@click.option("--points", required=True, metavar="N", help="Whole points.")
@click.option("--to", required=True, metavar="ADDRESS", help="The customer's account.")
@click.option("--reference", required=True, metavar="R", help="Your own name of this deposit.")
@account_option
@common_options("home", "node", "passphrase_file", "yes", "timeout_s")
def deposit(
    common: Common, programme: str, points: str, to: str, reference: str, account: int | None
) -> None:
    """Mint LiqBon for points that a customer handed in, and wait for the proof.

    The same reference never mints twice, however often this runs and whatever crashes: run it again
    after exit status 7. The reference stays here; on chain stands a salted commitment.
    """
    home = open_home(home_path(common))
    texts = {"reference": reference, "points": points, "address": to, "programme": programme}
    try:
        asked = parse_deposit(texts, home.genesis.network)
    except Malformed as error:
        raise UsageError(error.code, error.detail) from None
    with exclusive(home.path, OUTBOX_LOCK):
        asyncio.run(_deposit(common, home, asked, account))


async def _deposit(common: Common, home: Home, asked: Deposit, account: int | None) -> None:
    outbox = Outbox(home.path)
    try:
        known = outbox.find(asked.reference)
        if known is not None and known.deposit != asked:
            raise Conflict(known)
        if known is not None and known.state == "minted":
            _tell(common.printer, known, _document(home, known, None, []))
            return
        async with connected(home, common.node, common.timeout_s) as light:
            try:
                desk = await open_desk(light, home, account, [asked.programme])
                run = _Run(common, home, light, outbox, desk)
                entry, elapsed_ms = await _mint(run, asked)
            finally:
                tell(common.printer, light.blames)
        _tell(common.printer, entry, _document(home, entry, elapsed_ms, light.blames))
    finally:
        outbox.close()


class _Run(msgspec.Struct, frozen=True):
    """What a deposit needs on its way."""

    common: Common
    home: Home
    light: LightClient
    outbox: Outbox
    desk: Desk


async def _mint(at: _Run, asked: Deposit) -> tuple[Entry, int]:
    """The deposit as it ended, and the milliseconds from signing to proof."""
    units = at.desk.units(asked)
    if units == 0:
        raise UsageError("points_too_few", f"{asked.points} points are under 0.000001 LiqBon")
    await check_total(at.light, at.desk, units)
    _confirm(at.common, at.desk, asked, units)
    press = open_press(at.common, at.home, at.desk)
    started = time.monotonic()
    [entry] = at.outbox.enter(at.desk.partner, [asked], now_ms())
    run = minter(at.light, at.outbox, press, at.desk, Settings(1, at.common.timeout_s))
    await run.run([(entry, units)])
    return at.outbox.get(entry.number), round((time.monotonic() - started) * 1000)


def _document(
    home: Home, entry: Entry, elapsed_ms: int | None, blames: list[Blame]
) -> MintedDocument:
    return MintedDocument(
        deposit=deposit_document(entry, home.genesis.network),
        repeated=elapsed_ms is None,
        elapsed_ms=elapsed_ms or 0,
        blames=blames,
    )


def _confirm(common: Common, desk: Desk, asked: Deposit, units: int) -> None:
    ask.confirm(
        f"Mint {format_amount(units)} LiqBon for {asked.points} points of {asked.programme} "
        f"({desk.partner}, {asked.reference})?",
        common.yes,
    )


def _tell(printer: Printer, entry: Entry, document: MintedDocument) -> None:
    shown = document.deposit
    if entry.state == "refused":
        code = entry.code or "refused"
        why = f"{shown.reference}: refused: {code}"
        raise RefusedByLedger(code, why, "Nothing was minted. Running it again tries anew.")
    assert shown.proof is not None, "neither minted nor refused"
    proof = shown.proof
    if document.repeated:
        printer.line(f"{shown.reference} was minted before; nothing was sent")
    printer.line(f"minted {shown.amount} LiqBon for {shown.points} points to {shown.to}")
    timing = f"; proven {document.elapsed_ms / 1000:.3f} s after signing"
    printer.line(
        f"final at height {proof.height}, attested by {proof.attested} of {proof.members}"
        + ("" if document.repeated else timing)
    )
    printer.line(f"transaction {proof.transaction}")
    printer.document(document)
