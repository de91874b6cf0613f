"""import: a file of deposits, checked whole, then minted over several channels. Safe to repeat."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import click
import msgspec

from client.errors import RefusedByLedger
from client.home import Home, exclusive, open_home
from client.light import LightClient
from client.session import connected, now_ms, tell
from partner.documents import ImportDocument, deposit_document
from partner.minting import Minter, Settings
from partner.outbox import Entry, Outbox
from partner.roles import account_option
from partner.rows import BadRow, BadRows, Row, read_rows
from partner.session import (
    OUTBOX_LOCK,
    Desk,
    check_total,
    home_path,
    minter,
    open_desk,
    open_press,
    with_units,
)
from primitives.amount import format_amount
from shell import ask
from shell.command import Common, common_options, examples
from shell.errors import Status
from shell.output import Printer

MAX_LISTED = 1_000
"""Rows that were not minted which the document lists; the counts are of all."""


class Plan(msgspec.Struct, frozen=True):
    """What a file comes to: rows not minted yet, their worth in units, and the others' number."""

    rows: list[Row]
    todo: list[Row]
    total: int


@click.command(
    "import",
    epilog=examples(
        "liqbon-partner import deposits.csv --dry-run",
        "liqbon-partner import deposits.csv --yes --channels 16",
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check everything, store and send nothing.")
@click.option(
    "--channels",
    type=click.IntRange(1, 256),
    default=8,
    help="The issuer's channels to use side by side; 8 unless told.",
)
@account_option
@common_options("home", "node", "passphrase_file", "yes", "timeout_s")
def import_file(
    common: Common, file: Path, dry_run: bool, channels: int, account: int | None
) -> None:
    """Mint LiqBon for every row of a CSV file.

    Columns: reference, points, address, programme. A file with one bad row is refused whole, with
    the lines that are wrong; so is one that does not fit under the limit. Run it again after a
    crash or exit status 7: what was minted is not minted again. --timeout counts from the last
    mint that was proven.
    """
    home = open_home(home_path(common))
    rows = read_rows(file, home.genesis.network)
    settings = Settings(channels, common.timeout_s)
    with exclusive(home.path, OUTBOX_LOCK):
        outbox = Outbox(home.path)
        try:
            work = _Import(common, home, outbox, settings)
            document = asyncio.run(work.run(file, rows, dry_run, account))
        finally:
            outbox.close()
    _tell(common.printer, document)


class _Import:
    """One file on its way."""

    def __init__(self, common: Common, home: Home, outbox: Outbox, settings: Settings) -> None:
        self._common = common
        self._home = home
        self._outbox = outbox
        self._settings = settings

    async def run(
        self, file: Path, rows: list[Row], dry_run: bool, account: int | None
    ) -> ImportDocument:
        started = time.monotonic()
        self._check_references(rows)
        async with connected(self._home, self._common.node, self._common.timeout_s) as light:
            try:
                programmes = {row.deposit.programme for row in rows}
                desk = await open_desk(light, self._home, account, programmes)
                plan = self._plan(desk, rows)
                await check_total(light, desk, plan.total)
                stopped = None
                if not dry_run and plan.todo:
                    stopped = await self._mint(light, desk, plan)
            finally:
                tell(self._common.printer, light.blames)
        document = self._document(file, plan, dry_run, stopped)
        elapsed_ms = round((time.monotonic() - started) * 1000)
        return msgspec.structs.replace(document, elapsed_ms=elapsed_ms, blames=light.blames)

    def _check_references(self, rows: list[Row]) -> None:
        """A reference that names another deposit already is a bad row like any other."""
        conflicts = [(row, self._outbox.conflicts(row.deposit)) for row in rows]
        bad = [
            BadRow(
                row.line,
                "reference_conflict",
                f"{row.deposit.reference!r} is already another deposit",
            )
            for row, stored in conflicts
            if stored is not None
        ]
        if bad:
            raise BadRows(bad)

    def _plan(self, desk: Desk, rows: list[Row]) -> Plan:
        worthless = [
            BadRow(row.line, "points_too_few", f"{row.deposit.points} points are worth nothing")
            for row in rows
            if desk.units(row.deposit) == 0
        ]
        if worthless:
            raise BadRows(worthless)
        todo = [row for row in rows if not self._is_minted(row)]
        return Plan(rows, todo, sum(desk.units(row.deposit) for row in todo))

    def _is_minted(self, row: Row) -> bool:
        stored = self._outbox.find(row.deposit.reference)
        return stored is not None and stored.state == "minted"

    async def _mint(self, light: LightClient, desk: Desk, plan: Plan) -> str | None:
        ask.confirm(
            f"Mint {format_amount(plan.total)} LiqBon for {len(plan.todo)} deposits at "
            f"{desk.partner}?",
            self._common.yes,
        )
        press = open_press(self._common, self._home, desk)
        entries = self._outbox.enter(desk.partner, [row.deposit for row in plan.todo], now_ms())
        run = minter(light, self._outbox, press, desk, self._settings)
        _show_progress(run, self._common.printer, len(entries))
        await run.run(with_units(desk, entries))
        return run.stopped

    def _document(
        self, file: Path, plan: Plan, dry_run: bool, stopped: str | None
    ) -> ImportDocument:
        entries = [self._outbox.find(row.deposit.reference) for row in plan.todo]
        stored = [entry for entry in entries if entry is not None]
        left = [entry for entry in stored if entry.state != "minted"]
        hrp = self._home.genesis.network
        return ImportDocument(
            file=str(file),
            dry_run=dry_run,
            rows=len(plan.rows),
            already=len(plan.rows) - len(plan.todo),
            minted=len(stored) - len(left),
            refused=_count(left, "refused"),
            open=len(plan.todo) - (len(stored) - len(left)) - _count(left, "refused"),
            total=format_amount(plan.total),
            elapsed_ms=0,
            stopped=stopped,
            not_minted=[deposit_document(entry, hrp) for entry in left[:MAX_LISTED]],
            blames=[],
        )


def _count(entries: list[Entry], state: str) -> int:
    return sum(entry.state == state for entry in entries)


def _show_progress(run: Minter, printer: Printer, total: int) -> None:
    done = 0

    def told(more: int) -> None:
        nonlocal done
        done += more
        printer.progress(f"{done} of {total} minted")

    run.on_progress = told


def _tell(printer: Printer, document: ImportDocument) -> None:
    if document.refused or document.stopped:
        codes = sorted({str(row.code) for row in document.not_minted if row.code})
        raise RefusedByLedger(
            document.stopped or "rows_refused",
            f"{document.minted} minted, {document.refused} refused ({', '.join(codes)}), "
            f"{document.open} not sent",
            "See 'deposits --state refused'. Running the file again tries these, and only these.",
            Status.REFUSED,
            {"minted": document.minted, "refused": document.refused, "open": document.open},
        )
    if document.dry_run:
        printer.line(
            f"{document.rows} rows are sound: {document.already} minted before, "
            f"{document.open} to mint for {document.total} LiqBon"
        )
        printer.line("nothing was stored or sent")
    else:
        seconds = document.elapsed_ms / 1000
        printer.line(
            f"{document.minted} deposits minted for {document.total} LiqBon in {seconds:.3f} s, "
            f"each proven; {document.already} were minted before"
        )
    printer.document(document)
