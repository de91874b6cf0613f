"""init, start, status, keys show: one node's commands."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
import msgspec

from node import config
from node.documents import genesis_text, read_genesis
from node.keyring import Keyring
from primitives.genesis import Genesis, chain_id, validators_of
from primitives.keys import Ed25519Key
from shell import ask, logs
from shell.command import Common, common_options, examples
from shell.errors import CommandError, KeyFault, Status
from shell.keyfile import create_private
from shell.output import Printer

if TYPE_CHECKING:
    from client.views import StatusView
    from node.assembly import Node

DEFAULT_HOME: Final = Path("~/.liqbon/node")


class HomeDocument(msgspec.Struct, frozen=True):
    """init, keys show: ``partner`` is the founder whose key it is; null without a genesis that has
    it. ``consensus_keys`` are all of them, oldest first; ``consensus_key`` is the newest, null if
    there is none any more."""

    home: str
    consensus_key: str | None
    consensus_keys: list[str]
    chain: str | None
    partner: str | None


class StartedDocument(msgspec.Struct, frozen=True):
    """start: printed once the node listens. ``partner`` is null for an observer."""

    chain: str
    partner: str | None
    pid: int
    api: str
    peer: str
    metrics: str


def home_path(common: Common) -> Path:
    """The folder that was named, or the usual one."""
    return (common.home or DEFAULT_HOME).expanduser()


@click.command(
    epilog=examples(
        "liqbon-node init --home /var/lib/liqbon --passphrase-file /etc/liqbon/passphrase",
        "liqbon-node init --home ./home --genesis genesis.json",
    )
)
@common_options("home", "genesis", "passphrase_file")
def init(common: Common) -> None:
    """Make a node's home: settings and a new consensus key.

    The key is encrypted under a passphrase. A passphrase file that is named here is named in the
    settings too, so that the node can start when nobody is there. Nothing is ever overwritten.
    """
    path = home_path(common)
    genesis = None if common.genesis is None else read_genesis(common.genesis)
    passphrase = ask.passphrase(common.passphrase_file, new=True)
    file = common.passphrase_file
    remembered = "" if file in (None, ask.STANDARD_INPUT) else str(Path(str(file)).absolute())
    text = config.config_text(config.Hosts(), config.Ports(), {}, remembered)
    key = config.create_home(path, text, passphrase)
    if genesis is not None:
        create_private(path / config.GENESIS, genesis_text(genesis))
    _tell_home(common.printer, path, [key.public_key], genesis)


@click.command(name="show", epilog=examples("liqbon-node keys show --home ./home"))
@common_options("home")
def show_key(common: Common) -> None:
    """Show the node's public consensus keys, oldest first; no passphrase is needed.

    A key whose seat is over is destroyed, so a node whose partner has left holds none. Which key
    has a seat the genesis knows of founders only: 'liqbon-partner members' tells it of all.
    """
    path = home_path(common)
    keys = Keyring(path).public_keys()
    if not keys and not (path / config.CONFIG).is_file():
        raise KeyFault("key_missing", f"{path} holds no consensus key")
    file = path / config.GENESIS
    _tell_home(common.printer, path, keys, read_genesis(file) if file.exists() else None)


def _tell_home(printer: Printer, path: Path, keys: list[bytes], genesis: Genesis | None) -> None:
    chain = partner = None
    if genesis is not None:
        chain = chain_id(genesis).hex()
        members = validators_of(genesis).members
        partner = next((each.partner for each in members if each.key in keys), None)
    shown = [key.hex() for key in keys]
    newest = shown[-1] if shown else None
    printer.document(HomeDocument(str(path), newest, shown, chain, partner))
    rows = [("home", str(path)), *(("consensus key", key) for key in shown or ["none"])]
    rows += [("chain", chain)] if chain else []
    rows += [("founder", partner or "of none of these keys")] if genesis else []
    printer.fields(rows)


@click.command(epilog=examples("liqbon-node start --home ./home", "liqbon-node start"))
@click.option(
    "--until-stdin-closes",
    is_flag=True,
    hidden=True,
    help="Stop when standard input ends: whoever started this node is gone.",
)
@common_options("home", "passphrase_file")
def start(common: Common, until_stdin_closes: bool) -> int:
    """Run the node until SIGTERM or Ctrl-C; SIGHUP reads addresses and keys again.

    A node whose keys have no seat follows as an observer. Where the settings name a signer, it has
    the keys, and this process none. Logs go to standard error. The exit
    status is 0 after a clean stop, 1 if the node had to stop by itself.
    """
    path = home_path(common)
    home = config.open_home(path)
    logs.configure(home.settings.log.form, home.settings.log.level)
    keyring = Keyring(path)
    own = config.signer_socket(home) is None and keyring.exists()
    keys = keyring.open(passphrase_of(common, home)) if own else []
    return run(_start(common.printer, home, keys, until_stdin_closes))


def passphrase_of(common: Common, home: config.NodeHome) -> bytes:
    """That of the node's key: named here, or in the settings, or asked for."""
    if common.passphrase_file is None:
        configured = config.configured_passphrase(home)
        if configured is not None:
            return configured
    return ask.passphrase(common.passphrase_file)


def run(work: Coroutine[Any, Any, int]) -> int:
    """Run a program on the fastest event loop there is: its exit status."""
    try:
        import uvloop
    except ImportError:  # no wheel for this platform: slower, otherwise the same
        return asyncio.run(work)
    return uvloop.run(work)


async def _start(
    printer: Printer, home: config.NodeHome, keys: list[Ed25519Key], until_stdin_closes: bool
) -> int:
    from node.assembly import Node, serve

    node = Node(home, keys)
    if until_stdin_closes:
        loop = asyncio.get_running_loop()
        loop.add_reader(sys.stdin.fileno(), _stop_at_end, node)
    return await serve(node, lambda running: _tell_started(printer, running))


def _stop_at_end(node: Node) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        node.stopping.set()


def _tell_started(printer: Printer, node: Node) -> None:
    settings = node.home.settings
    document = StartedDocument(
        chain=node.chain.hex(),
        partner=node.partner,
        pid=os.getpid(),
        api=f"http://{settings.api.host}:{node.api_port}",
        peer=f"{settings.peers.host}:{node.peer_port}",
        metrics=f"http://{settings.metrics.host}:{node.metrics_port}/metrics",
    )
    printer.document(document)
    shown = msgspec.structs.asdict(document) | {"partner": document.partner or "observer"}
    printer.fields([(name, str(value)) for name, value in shown.items()])
    sys.stdout.flush()


@click.command(
    epilog=examples(
        "liqbon-node status --home ./home", "liqbon-node status --node http://127.0.0.1:7600"
    )
)
@common_options("home", "node", "timeout_s")
def status(common: Common) -> int:
    """Ask nodes where they stand: the ones that are named, or the one of this home.

    What they say is their word; 'liqbon-wallet network' shows what they can prove. The exit status
    is 6 if one does not answer.
    """
    urls = common.node or (_own_url(home_path(common)),)
    answers = asyncio.run(_ask(urls, common.timeout_s))
    common.printer.document({"nodes": [_entry(url, answer) for url, answer in answers]})
    for url, answer in answers:
        common.printer.fields(_rows(url, answer))
        common.printer.line()
    silent = any(isinstance(answer, str) for _, answer in answers)
    return int(Status.UNAVAILABLE if silent else Status.OK)


def _own_url(path: Path) -> str:
    api = config.open_home(path).settings.api
    if api.port == 0:
        raise CommandError("port_unknown", "this node takes any port", "Name it with --node URL.")
    return f"http://{api.host}:{api.port}"


async def _ask(urls: tuple[str, ...], timeout_s: float) -> list[tuple[str, StatusView | str]]:
    from client.errors import Fault
    from client.http import HttpNode, open_nodes

    async def one(node: HttpNode) -> tuple[str, StatusView | str]:
        try:
            return node.url, await node.status()
        except Fault as fault:
            return node.url, f"{fault.code}: {fault.detail}"

    async with open_nodes(urls, timeout_s) as nodes:
        return list(await asyncio.gather(*(one(node) for node in nodes)))


def _entry(url: str, answer: StatusView | str) -> dict[str, object]:
    if isinstance(answer, str):
        return {"node": url, "error": answer, "status": None}
    return {"node": url, "error": None, "status": answer}


def _rows(url: str, answer: StatusView | str) -> list[tuple[str, str]]:
    if isinstance(answer, str):
        return [("node", url), ("error", answer)]
    away = [peer.partner for peer in answer.peers if not peer.connected]
    heights = f"{answer.final_height} final, {answer.executed_height} executed, "
    heights += f"{answer.certified_height} attested"
    rows = [
        ("node", url),
        ("partner", answer.partner or "observer"),
        ("epoch", f"{answer.epoch}, {_place(answer)}"),
        ("chain", answer.chain),
        ("ready", "yes" if answer.ready else "no"),
        ("height", heights),
        ("keeps", _kept(answer)),
        ("time", answer.time),
        ("view", str(answer.view)),
        ("pending", str(answer.pending)),
        ("peers away", ", ".join(away) or "none"),
    ]
    return rows + ([("halted", answer.halted)] if answer.halted else [])


def _kept(answer: StatusView) -> str:
    """How much of the past."""
    if not answer.oldest_height:
        return answer.history
    return f"{answer.history}, from height {answer.oldest_height} on"


def _place(answer: StatusView) -> str:
    """What the node is in its epoch."""
    if answer.index is None:
        return "in which it only follows"
    return f"validator {answer.index} of {len(answer.peers) + 1}"
