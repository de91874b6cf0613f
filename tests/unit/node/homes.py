"""Homes that a real node of one validator left behind, for tests that damage copies of them.

``make`` runs the node twice and copies its home after each run: an older and a newer backup of one
history. Knows how a node is started and fed; judges nothing.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from node import config
from node.assembly import Node
from node.documents import genesis_text
from primitives.keys import Ed25519Key
from shell.keyfile import create_private
from tests import builders

CODE = builders.CODES[0]
PASSPHRASE = b"correct horse"
PATIENCE_S = 30


class Homes(NamedTuple):
    """``older`` and ``newer`` are backups of one home, ``fresh`` never started; with its keys."""

    fresh: Path
    older: Path
    newer: Path
    keys: list[Ed25519Key]
    roots: dict[int, bytes]
    """Height -> state root, of every height there is."""
    height: int
    """The newest height of ``older``."""


def make(folder: Path) -> Homes:
    """Found a network of one validator, and let it run twice."""
    fresh, older, newer = folder / "fresh", folder / "older", folder / "newer"
    key = found(fresh)
    shutil.copytree(fresh, older)
    height = max(asyncio.run(run(older, [key], 3)))
    shutil.copytree(older, newer)
    roots = asyncio.run(run(newer, [key], 5))
    return Homes(fresh, older, newer, [key], roots, height)


def found(path: Path) -> Ed25519Key:
    """A home whose key has the only seat of a network that began a moment ago."""
    any_port = config.Ports(0, 0, 0)
    loopback = config.Hosts("127.0.0.1", "127.0.0.1", "127.0.0.1")
    key = config.create_home(path, config.config_text(loopback, any_port, {}), PASSPHRASE)
    now_ms = time.time_ns() // 1_000_000
    limits = replace(builders.LIMITS, reserve_attested=now_ms)
    genesis = replace(builders.a_genesis(1, lambda _: key, limits=limits), time=now_ms)
    create_private(path / config.GENESIS, genesis_text(genesis))
    return key


async def run(path: Path, keys: list[Ed25519Key], blocks: int) -> dict[int, bytes]:
    """Run the node of a home until it has carried out that many blocks more: all state roots."""
    node = Node(config.open_home(path), keys)
    await node.start()
    try:
        async with asyncio.timeout(PATIENCE_S):
            await settled(node)
            for _ in range(blocks):
                await add_block(node)
        records = [node.executor.archive.block(h) for h in range(node.executor.height + 1)]
    finally:
        await node.stop()
    assert node.failure is None, node.failure
    return {r.header.height: r.state_root for r in records if r is not None}


async def add_block(node: Node) -> None:
    """Have a deposit minted, and its height certified."""
    height = node.executor.height
    sequence = node.executor.next_sequence(builders.a_role(CODE, "issuer").account, 0)
    mint = builders.a_mint(
        CODE,
        builders.a_person("ann"),
        500,
        reference=f"receipt {sequence}",
        sequence=sequence,
        valid_until=time.time_ns() // 1_000_000 + 60_000,
        chain=node.chain,
    )
    node.replica.seal((builders.raw(mint),), mint.weight)
    while node.executor.height == height:  # noqa: ASYNC110 - the node tells nobody
        await asyncio.sleep(0.005)
    await settled(node)


async def settled(node: Node) -> None:
    """Until the first height is certified, every final one is, and a batch may be sealed."""
    executor, replica = node.executor, node.replica
    while not (  # noqa: ASYNC110 - the node tells nobody
        0 < executor.certified_height == executor.height == replica.engine.final_height
        and replica.can_seal()
    ):
        await asyncio.sleep(0.005)


def copied(home: Path, to: Path) -> Path:
    """A copy that may be damaged."""
    shutil.copytree(home, to)
    return to


def with_parts(homes: Homes, to: Path, data: Path, journal: Path) -> Path:
    """A home of one backup's ``data`` and another's ``journal``."""
    shutil.copytree(homes.fresh, to)
    shutil.copytree(data / "data", to / "data")
    shutil.copytree(journal / "journal", to / "journal")
    return to
