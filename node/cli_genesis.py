"""genesis new, join, collect, verify: the founders' ceremony on the command line."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import click
import msgspec

from client.fields import format_time, parse_time
from node import ceremony
from node.cli_home import home_path
from node.documents import genesis_text, present, pretty, read_genesis, read_table
from node.keyring import Keyring
from primitives.address import address
from primitives.amount import format_amount
from primitives.encoding import Malformed
from primitives.genesis import MAIN, TEST, Genesis, chain_id
from shell import ask
from shell.command import Common, common_options, examples
from shell.errors import CommandError, UsageError
from shell.output import Printer

F = TypeVar("F", bound=Callable[..., Any])
_PATH: Final = click.Path(path_type=Path)


class WrittenDocument(msgspec.Struct, frozen=True):
    """new, join: the file that was written, and whose it is."""

    file: str
    name: str
    partner: str | None


class FounderEntry(msgspec.Struct, frozen=True):
    """A founder of a genesis; ``kind`` says what it is to its customers."""

    code: str
    name: str
    kind: str
    consensus_key: str
    credit: str
    custodian: str
    programmes: list[str]


class KeeperEntry(msgspec.Struct, frozen=True):
    """A custodian of a genesis; ``partner`` is whom it belongs to."""

    code: str
    name: str
    account: str
    partner: str | None
    settlement: bool


class GenesisDocument(msgspec.Struct, frozen=True):
    """collect, verify: what everyone compares is ``chain``."""

    file: str
    chain: str
    network: str
    name: str
    time: str
    founders: list[FounderEntry]
    custodians: list[KeeperEntry]


def _out(default: str) -> Callable[[F], F]:
    return click.option(
        "--out", type=_PATH, default=default, metavar="FILE", help=f"File to write; {default}."
    )


@click.command(
    epilog=examples(
        "liqbon-node genesis new --name 'Nordic pilot' --custodians custodians.toml",
        "liqbon-node genesis new --name LiqBon --network lqb --custodians custodians.toml"
        " --time 2027-01-01T00:00:00.000Z",
        "",
        "custodians.toml:",
        'settlement_custodian = "tollhouse"',
        "",
        "[[custodians]]",
        'code = "tollhouse"',
        'name = "Tollhouse Clearing"',
        'account = "tlqb1..."',
    )
)
@click.option(
    "--name", required=True, metavar="TEXT", help="The network's name; proofs of keys name it."
)
@click.option("--network", type=click.Choice([MAIN, TEST]), default=TEST, help="Address prefix.")
@click.option(
    "--time", "moment", metavar="TIME", help="When it begins, RFC 3339; now if not given."
)
@click.option(
    "--custodians",
    type=_PATH,
    required=True,
    metavar="FILE",
    help="Who holds reserves and who judges payments, TOML or JSON: as below.",
)
@_out("network.json")
@common_options()
def new(common: Common, name: str, out: Path, **terms: Any) -> None:
    """Write down a network that founders can join: its name, time, parameters and custodians.

    The file is for people to read and change before anyone joins.
    """
    network, moment, file = terms["network"], terms["moment"], terms["custodians"]
    time_ms = time.time_ns() // 1_000_000 if moment is None else _moment(moment)
    read = partial(ceremony.read_custody, network=network)
    plan = ceremony.plan(name, network, time_ms, _read(read, read_table(file), str(file)))
    document = pretty(ceremony.show_plan(plan))
    _read(ceremony.read_plan, msgspec.json.decode(document), "the network")
    _write(out, document)
    _tell_written(common.printer, WrittenDocument(str(out), name, None))


def _moment(text: str) -> int:
    try:
        return parse_time(text)
    except Malformed as error:
        raise UsageError(error.code, error.detail) from None


@click.command(
    epilog=examples(
        "liqbon-node genesis join --home ./home --network-file network.json --founder shop.toml",
    )
)
@click.option(
    "--network-file",
    type=_PATH,
    default="network.json",
    metavar="FILE",
    help="What 'genesis new' wrote; network.json.",
)
@click.option(
    "--founder",
    type=_PATH,
    required=True,
    metavar="FILE",
    help="The founder's terms, TOML or JSON: docs/howto/run-a-node.md shows one.",
)
@click.option("--out", type=_PATH, metavar="FILE", help="File to write; CODE.founder.json.")
@common_options("home", "passphrase_file")
def join(common: Common, network_file: Path, founder: Path, out: Path | None) -> None:
    """Add a founder: its terms, and the proof that it holds the consensus key of this home."""
    plan = _read(ceremony.read_plan, read_table(network_file), str(network_file))
    terms = read_table(founder)
    key = Keyring(home_path(common)).newest(ask.passphrase(common.passphrase_file))
    part = _read(lambda table: ceremony.join(plan, table, key), terms, str(founder))
    path = out or Path(f"{part.code}.founder.json")
    _write(path, pretty(present(part, plan.network)))
    _tell_written(common.printer, WrittenDocument(str(path), plan.name, part.code))


@click.command(
    epilog=examples("liqbon-node genesis collect --network-file network.json *.founder.json")
)
@click.option(
    "--network-file",
    type=_PATH,
    default="network.json",
    metavar="FILE",
    help="What 'genesis new' wrote; network.json.",
)
@_out("genesis.json")
@click.argument("parts", nargs=-1, required=True, type=_PATH)
@common_options()
def collect(common: Common, network_file: Path, out: Path, parts: tuple[Path, ...]) -> None:
    """Put the founders' parts together. The result is the same whoever does it, in any order."""
    plan = _read(ceremony.read_plan, read_table(network_file), str(network_file))
    founders = [
        _read(lambda table: ceremony.read_part(plan, table), read_table(part), str(part))
        for part in parts
    ]
    try:
        genesis = ceremony.collect(plan, founders)
    except Malformed as error:
        raise UsageError(error.code, f"the parts do not make a genesis: {error}") from None
    _write(out, genesis_text(genesis))
    _tell_genesis(common.printer, out, genesis)


@click.command(
    epilog=examples(
        "liqbon-node genesis verify genesis.json",
        "liqbon-node genesis verify genesis.json --chain 3f0c...",
    )
)
@click.argument("file", type=_PATH, default="genesis.json")
@click.option("--chain", metavar="ID", help="The chain id that you were told; anything else fails.")
@common_options()
def verify(common: Common, file: Path, chain: str | None) -> None:
    """Check a genesis: bounds, keys, custodians, and that its texts say what it is.

    Compare the chain id with the other founders by another channel before you start.
    """
    genesis = read_genesis(file)
    found = chain_id(genesis).hex()
    if chain is not None and chain != found:
        raise UsageError("wrong_chain", f"{file} is the genesis of {found}, not of {chain}")
    _tell_genesis(common.printer, file, genesis)


def _read(parse: Any, table: dict[str, Any], what: str) -> Any:
    try:
        return parse(table)
    except Malformed as error:
        raise UsageError(error.code, f"{what}: {error.detail or error.code}") from None


def _write(path: Path, data: bytes) -> None:
    try:
        with path.open("xb") as file:
            file.write(data)
    except FileExistsError:
        raise UsageError("file_exists", f"{path} exists and is not overwritten") from None
    except OSError as error:
        raise CommandError("file_error", f"{path}: {error.strerror}") from None


def _tell_written(printer: Printer, document: WrittenDocument) -> None:
    printer.document(document)
    rows = [("written", document.file), ("network", document.name)]
    printer.fields(rows + ([("founder", document.partner)] if document.partner else []))


def _tell_genesis(printer: Printer, file: Path, genesis: Genesis) -> None:
    founders = [
        FounderEntry(
            partner.code,
            partner.name,
            partner.kind.text,
            partner.consensus_key.hex(),
            format_amount(partner.limits.credit),
            partner.custodian,
            [programme.code for programme in partner.programmes],
        )
        for partner in genesis.partners
    ]
    chain, moment = chain_id(genesis).hex(), format_time(genesis.time)
    keepers = [
        KeeperEntry(
            custodian.code,
            custodian.name,
            address(custodian.account, genesis.network),
            custodian.partner,
            custodian.code == genesis.settlement_custodian,
        )
        for custodian in genesis.custodians
    ]
    printer.document(
        GenesisDocument(str(file), chain, genesis.network, genesis.name, moment, founders, keepers)
    )
    printer.fields(
        [
            ("chain id", chain),
            ("network", f"{genesis.name} ({genesis.network})"),
            ("begins", moment),
            ("file", str(file)),
        ]
    )
    printer.line()
    rows = [
        (f.code, f.name, f.credit, f.custodian, ", ".join(f.programmes), f.consensus_key)
        for f in founders
    ]
    columns = ["founder", "name", "credit>", "custodian", "programmes", "consensus key"]
    printer.table(columns, rows)
    printer.line()
    table = [
        (k.code, k.name, k.partner or "nobody", _duty(k.settlement), k.account) for k in keepers
    ]
    printer.table(["custodian", "name", "belongs to", "duty", "account"], table)


def _duty(settlement: bool) -> str:
    return "settlement" if settlement else "reserves"
