"""settlement: the statement of a cycle, from a state that was replayed here. Asks no node."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Final

import click

from audit import documents, statements
from audit.home import Verified, last_verified
from client.fields import format_time
from shell.command import Common, common_options, examples
from shell.errors import CommandError, Status, UsageError
from shell.keyfile import replace_private

MAX_LISTED: Final = 1_000
CSV_HEADS: Final = (
    "chain",
    "cycle",
    "closed",
    "place",
    "debtor",
    "creditor",
    "creditor_currency",
    "amount",
    "settled",
    "outstanding",
    "status",
    "deadline",
    "reference",
)


@click.command(
    epilog=examples(
        "liqbon-audit settlement                       (the newest cycle that closed)",
        "liqbon-audit settlement 12 --csv cycle-12.csv",
        "liqbon-audit settlement --list --output json",
    )
)
@click.argument("cycle", required=False, type=click.IntRange(1, 2**32 - 1))
@click.option("--list", "listed", is_flag=True, help="List the closed cycles, newest first.")
@click.option(
    "--csv",
    "csv_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the obligations there too, one a line.",
)
@common_options("home", "genesis")
def settlement(common: Common, cycle: int | None, listed: bool, csv_file: Path | None) -> None:
    """Show who pays whom after a settlement cycle, and what became of it.

    The figures are those of the newest height that 'liqbon-audit verify' replayed on this machine.
    Amounts are in LiqBon: what a LiqBon is in money partners agree between themselves.
    """
    if listed and (cycle is not None or csv_file is not None):
        raise UsageError("usage", "--list goes without a cycle and without --csv")
    verified = last_verified(common.home, common.genesis)
    books = statements.Books(verified.ledger.state)
    statement = None if listed else _statement(books, cycle)
    if csv_file is not None and statement is not None:
        _write(csv_file, verified, statement)
    document = documents.SettlementDocument(
        verified=documents.standpoint(verified),
        next_cycle=books.settlement.cycle,
        next_closes=format_time(books.settlement.closes),
        statement=statement,
        cycles=_cycles(books) if listed else [],
        csv=None if csv_file is None else str(csv_file),
    )
    _tell(common, document)
    common.printer.document(document)


def _statement(books: statements.Books, cycle: int | None) -> documents.SettlementStatement:
    closed = statements.closed_cycles(books)
    if not closed:
        closes = format_time(books.settlement.closes)
        hint = f"The first closes at {closes}; verify again after that."
        raise CommandError("cycle_unknown", "no cycle has closed yet", hint, Status.NOT_FOUND)
    wanted = closed[-1] if cycle is None else cycle
    try:
        return statements.cycle_statement(books, wanted)
    except LookupError:
        message = f"cycle {wanted} has not closed; the newest that has is {closed[-1]}"
        raise CommandError("cycle_unknown", message, "", Status.NOT_FOUND) from None


def _cycles(books: statements.Books) -> list[documents.CycleSummary]:
    newest_first = reversed(statements.closed_cycles(books)[-MAX_LISTED:])
    return [statements.cycle_summary(books, cycle) for cycle in newest_first]


def _write(path: Path, verified: Verified, statement: documents.SettlementStatement) -> None:
    """The file is there whole or not at all."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_HEADS)
    chain = verified.ledger.chain.hex()
    for each in statement.obligations:
        row = [getattr(each, head) for head in CSV_HEADS[3:]]
        writer.writerow([chain, statement.cycle, statement.closed, *row])
    replace_private(path, text.getvalue().encode())


def _tell(common: Common, document: documents.SettlementDocument) -> None:
    printer, statement = common.printer, document.statement
    upcoming = f"cycle {document.next_cycle} closes by itself at {document.next_closes}"
    if statement is None:
        heads = ["cycle>", "closed", "payments>", "claims>", "outstanding>"]
        printer.table(
            heads,
            [
                [str(c.cycle), c.closed, str(c.obligations), c.claims, c.outstanding]
                for c in document.cycles
            ],
        )
        printer.line(upcoming)
        return
    printer.line(f"cycle {statement.cycle}, closed {statement.closed}")
    if statement.lines:
        printer.line()
        printer.table(
            ["partner", "E>", "pays>", "is paid>"],
            [[line.name, line.expected, line.pays, line.is_paid] for line in statement.lines],
        )
    if statement.obligations:
        printer.line()
        printer.table(
            ["place>", "debtor", "creditor", "LiqBon>", "outstanding>", "status", "deadline"],
            [
                [str(o.place), o.debtor, o.creditor, o.amount, o.outstanding, o.status, o.deadline]
                for o in statement.obligations
            ],
        )
    if statement.shifts:
        printer.line()
        printer.table(
            ["partner", "shifted>", "paid for it>", "up to cycle>"],
            [[s.name, s.assumed, *_advanced(s.advance)] for s in statement.shifts],
        )
    printer.line()
    printer.line(f"claims {statement.claims}, of which {statement.outstanding} is outstanding")
    printer.line(upcoming)
    if document.csv is not None:
        printer.line(f"written to {document.csv}")


def _advanced(advance: documents.AdvanceDocument | None) -> list[str]:
    return ["", ""] if advance is None else [advance.amount, str(advance.cycle)]
