"""network: the pinned genesis, and what each node proves of the newest height."""

from __future__ import annotations

import asyncio

import click

from client.answers import read
from client.errors import Fault
from client.home import Home, exclusive, open_home
from client.http import NodeApi
from client.light import LightClient
from client.session import connected
from client.trust import Believed
from client.views import StatusView
from primitives.certificate import StateCertificate
from primitives.encoding import Malformed
from shell.command import Common, common_options, examples
from shell.errors import UsageError
from shell.output import Printer
from wallet.documents import NetworkDocument, NodeEntry, proof_of, told
from wallet.setup import home_path

MAX_REMEMBERED = 32


@click.command(
    epilog=examples(
        "liqbon-wallet network",
        "liqbon-wallet network --add http://127.0.0.1:7610 --remove http://127.0.0.1:7600",
    )
)
@click.option("--add", multiple=True, metavar="URL", help="Remember a node; repeatable.")
@click.option("--remove", multiple=True, metavar="URL", help="Forget a node; repeatable.")
@common_options("home", "node", "timeout_s")
def network(common: Common, add: tuple[str, ...], remove: tuple[str, ...]) -> None:
    """Show the network that this wallet is on, and ask each node for the newest height.

    The genesis was pinned when the wallet was made and never changes. Nodes may: they are only
    asked, and none is believed.
    """
    home = open_home(home_path(common))
    if add or remove:
        with exclusive(home.path, "network"):
            _change(home, add, remove)
    asyncio.run(_show(common, home))


def _change(home: Home, add: tuple[str, ...], remove: tuple[str, ...]) -> None:
    added = [url.rstrip("/") for url in add]
    for url in added:
        if not url.startswith(("http://", "https://")):
            raise UsageError("node_malformed", f"{url!r} is not an http:// or https:// address")
    unwanted = [url.rstrip("/") for url in remove]
    unknown = [url for url in unwanted if url not in home.nodes]
    if unknown:
        raise UsageError("node_unknown", f"{unknown[0]!r} is not among the nodes of this wallet")
    nodes = [url for url in (*home.nodes, *added) if url not in unwanted]
    if len(nodes) > MAX_REMEMBERED:
        raise UsageError("nodes_too_many", f"at most {MAX_REMEMBERED} nodes")
    home.use_nodes(nodes)


async def _show(common: Common, home: Home) -> None:
    async with connected(home, common.node, common.timeout_s) as light:
        entries = await asyncio.gather(*(_entry(light, node) for node in light.nodes))
        document = NetworkDocument(
            chain=home.chain.hex(),
            network=home.genesis.network,
            name=home.genesis.name,
            validators=_validators(light.believed),
            verified_height=light.believed.height,
            epoch=light.believed.epoch,
            nodes=list(entries),
        )
    _print(common.printer, document)
    common.printer.document(document)


def _validators(believed: Believed) -> list[str]:
    """Who validates in the newest epoch that was followed."""
    return [member.partner for member in believed.members(believed.epoch).members]


async def _entry(light: LightClient, node: NodeApi) -> NodeEntry:
    async def ask(node: NodeApi) -> tuple[StatusView, StateCertificate | None]:
        status = await node.status()
        if status.chain != light.believed.chain.hex():
            raise Malformed("certificate_chain", f"a node of chain {status.chain}")
        if status.certificate is None:
            return status, None
        certificate = read(StateCertificate, status.certificate)
        light.believed.check(certificate)
        light.believed.learn(certificate)
        return status, certificate

    try:
        status, certificate = await light.judged(node, ask)
    except Fault as fault:
        told_fault = f"{fault.code}: {fault.detail}"
        return NodeEntry(url=node.url, partner=None, height=None, proof=None, fault=told_fault)
    proof = None if certificate is None else proof_of(light.believed, certificate)
    return NodeEntry(
        url=node.url,
        partner=status.partner,
        height=proof.height if proof else 0,
        proof=proof,
        fault=None,
    )


def _print(printer: Printer, document: NetworkDocument) -> None:
    printer.fields(
        [
            ("network", f"{document.name} ({document.network})"),
            ("chain", document.chain),
            ("validators", ", ".join(document.validators)),
            ("verified", f"height {document.verified_height}, epoch {document.epoch}"),
        ]
    )
    printer.line()
    rows = [
        [n.url, _claim(n), n.fault or (told(n.proof) if n.proof else "height 0, genesis")]
        for n in document.nodes
    ]
    printer.table(["node", "says it is", "proves"], rows)


def _claim(entry: NodeEntry) -> str:
    if entry.fault is not None:
        return ""
    return entry.partner or "observer"
