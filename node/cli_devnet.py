"""devnet: a whole network on this machine."""

from __future__ import annotations

import asyncio
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Final, NamedTuple

import click

from node.devnet import Devnet, DevnetDocument
from node.founding import PORTS_A_NODE, Site, found
from primitives.genesis import chain_id
from shell.command import Common, common_options, examples
from shell.errors import CommandError, UsageError
from shell.output import Printer

MAX_VALIDATORS: Final = 16
LAST_PORT: Final = 65_535


class Wanted(NamedTuple):
    """Which network is asked for: where its files are, and what is to differ in its parameters."""

    validators: int
    directory: Path | None
    base_port: int
    wishes: dict[str, str]


def _wishes(_: click.Context, __: click.Parameter, words: tuple[str, ...]) -> dict[str, str]:
    """``NAME=VALUE``, repeated; a name that is given twice is a mistake."""
    wishes: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or name in wishes:
            raise click.BadParameter(f"{word!r} is to be NAME=VALUE, and each name stands once")
        wishes[name] = value
    return wishes


@click.command(
    epilog=examples(
        "liqbon-node devnet",
        "liqbon-node devnet --dir ./network --base-port 7600 --output json",
        "liqbon-node devnet --once",
        "liqbon-node devnet --set settlement_cycle_ms=8000 --set payment_term_ms=20000",
        "liqbon-node devnet --set voting_ms=60000 --set increase_delay_ms=5000"
        " --set timelock_ms=5000",
    )
)
@click.option(
    "--validators",
    type=click.IntRange(1, MAX_VALIDATORS),
    default=4,
    metavar="N",
    help="How many nodes; 4, of which one may fail.",
)
@click.option(
    "--dir",
    "directory",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where the network's files are, or will be. Without it they are removed at the end.",
)
@click.option(
    "--base-port",
    type=click.IntRange(1024, LAST_PORT),
    default=7600,
    metavar="PORT",
    help="Node i takes PORT + 10i for its API, the next two for peers and metrics; 7600.",
)
@click.option("--once", is_flag=True, help="Make one transfer final, and stop.")
@click.option(
    "--files-for",
    "hosts",
    multiple=True,
    metavar="HOST",
    help="Only make the files, for nodes on hosts of these names: repeat it for each node.",
)
@click.option(
    "--set",
    "wishes",
    multiple=True,
    metavar="NAME=VALUE",
    callback=_wishes,
    help="A parameter of a network that is made now: its deadlines, say. Repeat it for more.",
)
@common_options()
def devnet(common: Common, once: bool, hosts: tuple[str, ...], **place: Any) -> int:
    """Run a whole network on this machine: node processes, partners and customers with keys.

    When all nodes are ready it says where everything is. SIGTERM or Ctrl-C stops all nodes. A test
    network: invented retailers, addresses that begin with tlqb, LiqBon worth nothing.
    """
    wanted = Wanted(**place)
    if wanted.base_port + PORTS_A_NODE * wanted.validators > LAST_PORT:
        ports = f"{wanted.validators} nodes from port {wanted.base_port}"
        raise UsageError("port_invalid", f"{ports} do not fit")
    if hosts:
        return _make_files(common.printer, wanted, hosts)
    where = wanted.directory or Path(tempfile.mkdtemp(prefix="liqbon-devnet-"))
    try:
        site = Site(where.absolute(), wanted.validators, wanted.base_port)
        return asyncio.run(_run(common.printer, site, wanted.wishes, once))
    finally:
        if wanted.directory is None:
            shutil.rmtree(where, ignore_errors=True)


def _make_files(printer: Printer, wanted: Wanted, hosts: tuple[str, ...]) -> int:
    directory = wanted.directory
    if directory is None or len(hosts) > MAX_VALIDATORS:
        raise UsageError("usage", f"--files-for goes with --dir, and 1 to {MAX_VALIDATORS} times")
    site = Site(directory.absolute(), len(hosts), hosts=hosts)
    genesis = found(site, time.time_ns() // 1_000_000, wanted.wishes)
    printer.document({"chain": chain_id(genesis).hex(), "genesis": str(site.genesis)})
    printer.fields([("chain", chain_id(genesis).hex()), ("genesis", str(site.genesis))])
    return 0


async def _run(printer: Printer, site: Site, wishes: dict[str, str], once: bool) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    printer.progress("making keys and genesis")
    genesis = found(site, time.time_ns() // 1_000_000, wishes)
    network = Devnet(site, genesis, printer.note)
    try:
        if await _unless(stop, network.start()):
            transfer = None
            if once:
                from node.first_transfer import first_transfer

                transfer = await first_transfer(site, genesis)
            _tell(printer, network.document(transfer))
            if not once:
                await stop.wait()
    finally:
        clean = await network.stop()
    if not clean:
        raise CommandError("devnet_not_stopped", "a node did not stop by itself; it was killed")
    return 0


async def _unless(stop: asyncio.Event, work: Coroutine[None, None, None]) -> bool:
    """Whether ``work`` was done before ``stop`` was asked for."""
    working = asyncio.create_task(work)
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not working.done():
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        return False
    await working
    return True


def _duty(settlement: bool) -> str:
    return "settlement" if settlement else "reserves"


def _tell(printer: Printer, document: DevnetDocument) -> None:
    printer.document(document)
    printer.fields([("chain", document.chain), ("genesis", document.genesis)])
    printer.line()
    rows = [[node.partner, node.api, str(node.pid), node.home] for node in document.nodes]
    printer.table(["node", "api", "process>", "home"], rows)
    printer.line()
    accounts = [[a.name, a.address, a.home] for a in document.accounts]
    printer.table(["wallet", "address", "home"], accounts)
    printer.line()
    partners = [
        [p.code, p.name, ", ".join(programme.code for programme in p.programmes), p.home]
        for p in document.partners
    ]
    printer.table(["partner", "name", "programmes", "keystore"], partners)
    printer.line()
    custodians = [[c.code, c.name, _duty(c.settlement), c.home] for c in document.custodians]
    printer.table(["custodian", "name", "duty", "keystore"], custodians)
    printer.line()
    if document.transfer is not None:
        done = document.transfer
        printer.line(f"{done.amount} LiqBon sent, final at height {done.height}")
        printer.line(f"proven {done.finality_ms} ms after sending; transaction {done.transfer}")
    else:
        printer.line(f"passphrase of every key: {document.accounts[0].passphrase_file}")
        printer.line("all nodes are ready; Ctrl-C stops them")
    sys.stdout.flush()
