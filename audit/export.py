"""export: a verified chain as tables. Replays what it writes, in the same pass; signs nothing."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Final, TypeAlias

import click

from audit import documents
from audit.home import Verified, open_home
from audit.progress import watching
from audit.replay import Audit
from audit.rows import Rows
from audit.session import MAX_PROCESSES, Plan, cores, one_node, open_audit
from audit.sinks import FORMATS, Sink, open_sink
from audit.tables import TABLES, Row, Table
from audit.violations import Violation
from shell.command import Common, common_options, examples
from shell.errors import CommandError, Status

Seen: TypeAlias = Callable[[int, int], None]

AT_ONCE: Final = 5_000
"""Rows of a table that are held before they are written."""


@click.command(
    epilog=examples(
        "liqbon-audit export chain.sqlite --format sqlite --node http://127.0.0.1:7600",
        "liqbon-audit export tables/ --to 5000",
        "sqlite3 chain.sqlite 'SELECT kind, sum(units) FROM movements GROUP BY kind'",
    )
)
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "kind",
    type=click.Choice(FORMATS),
    default="parquet",
    show_default=True,
    help="Parquet and CSV make a folder with a file of each table, SQLite one file.",
)
@click.option("--to", "last", type=click.IntRange(1), metavar="H", help="The last height.")
@click.option(
    "--processes",
    type=click.IntRange(1, MAX_PROCESSES),
    default=cores,
    show_default="one a core",
    help="How many inspect blocks while another carries them out.",
)
@common_options("home", "node", "genesis", "timeout_s")
def export(common: Common, path: Path, kind: str, last: int | None, processes: int) -> None:
    """Write the chain of one untrusted node as tables, verified since genesis on the way.

    Every row comes from a block that this pass verified as 'liqbon-audit verify' does; if anything
    is wrong nothing is written, and the exit status is 9. Amounts are whole units of 10^-6 LiqBon.
    """
    chain = open_home(common.home, common.genesis)
    plan = Plan(one_node(common), common.timeout_s, processes)
    sink = open_sink(kind, path)
    try:
        begun_s = time.monotonic()
        verified = Verified.found(chain.genesis)
        rows = asyncio.run(_exported(common, verified, plan, last, sink))
        files = sink.finish()
    except BaseException:
        sink.discard()
        raise
    document = documents.ExportDocument(
        verified=documents.standpoint(verified),
        format=kind,
        files=[str(file) for file in files],
        rows=rows,
        seconds=round(time.monotonic() - begun_s, 3),
    )
    _tell(common, document)


async def _exported(
    common: Common, verified: Verified, plan: Plan, last: int | None, sink: Sink
) -> dict[str, int]:
    """How many rows each table got. Raises ``CommandError`` at a violation."""
    async with open_audit(verified, plan) as audit:
        top = await audit.source.top()
        if last is not None and last > top:
            message = f"the newest certified height of {plan.url} is {top}"
            hint = "Wait, or ask another node."
            raise CommandError("height_unknown", message, hint, Status.NOT_FOUND)
        writer = _Writer(sink, Rows(verified.ledger.genesis.network))
        with watching(common.printer, 0, last or top) as watcher:
            try:
                await writer.replay(audit, last or top, watcher.seen)
            except Violation as violation:
                raise _refused(violation) from None
        return writer.written


class _Writer:
    """Rows on their way to a sink, a few thousand at a time."""

    def __init__(self, sink: Sink, rows: Rows) -> None:
        self._sink = sink
        self._rows = rows
        self._held: dict[str, list[Row]] = defaultdict(list)
        self.written = {table.name: 0 for table in TABLES}

    async def replay(self, audit: Audit, last: int, seen: Seen) -> None:
        """Write every block up to height ``last``, and the state that they lead to."""
        async with aclosing(audit.blocks(last)) as blocks:
            async for block in blocks:
                for table, row in self._rows.of_block(block, audit.ledger.state):
                    self._add(table, row)
                seen(block.header.height, len(block.transactions))
        audit.ledger.scan()
        for table, row in self._rows.of_state(audit.ledger.state):
            self._add(table, row)
        for table in TABLES:
            self._flush(table)

    def _add(self, table: Table, row: Row) -> None:
        held = self._held[table.name]
        held.append(row)
        if len(held) >= AT_ONCE:
            self._flush(table)

    def _flush(self, table: Table) -> None:
        held = self._held.pop(table.name, [])
        self._sink.add(table, held)
        self.written[table.name] += len(held)


def _refused(violation: Violation) -> CommandError:
    found = violation.finding
    return CommandError(
        found.code,
        f"height {found.height}: {found.meaning}: {found.detail}",
        "Nothing was written. 'liqbon-audit verify' tells more.",
        Status.PROOF,
    )


def _tell(common: Common, document: documents.ExportDocument) -> None:
    printer = common.printer
    printer.table(
        ["table", "rows>", "a row is"],
        [[table.name, str(document.rows[table.name]), table.row] for table in TABLES],
    )
    printer.line()
    verified = document.verified
    printer.line(f"heights 1 to {verified.height} of {verified.chain}")
    for file in document.files:
        printer.line(f"written: {file}")
    printer.document(document)
