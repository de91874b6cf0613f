"""What a network's chain says, read over HTTP. Knows paths and proofs; compares nothing.

One node's blocks are read whole; of the others only what each height is. Balances are proven.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, NamedTuple

import aiohttp

from benchmarks.chains import Chain
from client.answers import judge_entry, read
from client.errors import Fault, Silent
from client.http import HttpNode
from client.raw import MAX_RAW_BLOCK, decode_raw_block
from client.trust import Believed
from primitives.actions import Mint, Transfer
from primitives.batch import Batch
from primitives.encoding import decode
from primitives.entries import Account, account_key
from primitives.proof import EntryProof
from primitives.receipt import Outcome
from primitives.transaction import decode_signed

KEYS: Final = 32
AT_ONCE: Final = 8
REST_S: Final = 1.5
"""All nodes stand at one height for so long: the network is at rest."""
LOOK_S: Final = 0.25
BUSY_S: Final = 30.0
"""The longest that a node may be too busy to show one block."""


class Written(NamedTuple):
    """A receipt in the chain, with its transaction. ``pays`` are accounts and units; ``takes``
    what leaves the sender: nothing for a mint, None for an action that is neither."""

    height: int
    id: str
    done: bool
    sender: bytes
    channel: int
    sequence: int
    takes: int | None
    pays: tuple[tuple[bytes, int], ...]


class NotAtRest(Exception):
    """The nodes do not come to stand at one height."""


async def at_rest(nodes: Sequence[HttpNode], patience_s: float) -> int:
    """The height at which all nodes have come to stand. Raises ``NotAtRest``."""
    clock = asyncio.get_running_loop().time
    until_s, since_s = clock() + patience_s, clock()
    before: list[int] = []
    while clock() < until_s:
        heights = [await _height(node) for node in nodes]
        if heights != before or len(set(heights)) > 1 or min(heights) < 0:
            before, since_s = heights, clock()
        elif clock() - since_s >= REST_S:
            return heights[0]
        await asyncio.sleep(LOOK_S)
    raise NotAtRest(f"certified heights {before}")


async def _height(node: HttpNode) -> int:
    try:
        return (await node.status()).certified_height
    except Fault:
        return -1


async def roots(urls: Sequence[str], session: aiohttp.ClientSession) -> list[list[str]]:
    """Every node's state root at each height, from genesis on."""
    chains = [Chain(url, session) for url in urls]
    await asyncio.gather(*(chain.refresh() for chain in chains))
    return [[block.state_root for block in chain.blocks] for chain in chains]


async def written(node: HttpNode, chain: bytes, last: int) -> list[Written]:
    """Everything that has a receipt in heights 1 to ``last``, in order. Raises ``Fault``."""
    found: list[Written] = []
    for first in range(1, last + 1, AT_ONCE):
        heights = range(first, min(first + AT_ONCE, last + 1))
        raws = await asyncio.gather(*(_raw(node, height) for height in heights))
        for height, raw in zip(heights, raws, strict=True):
            found += _written(height, raw, chain)
    return found


async def _raw(node: HttpNode, height: int) -> bytes:
    """A block, from a node that may be asked 500 times a second."""
    async with asyncio.timeout(BUSY_S):
        while True:
            try:
                return await node.raw(f"/blocks/{height}", MAX_RAW_BLOCK)
            except Silent as fault:
                if fault.code != "busy":
                    raise
            await asyncio.sleep(LOOK_S)


def _written(height: int, raw: bytes, chain: bytes) -> list[Written]:
    block = decode_raw_block(raw)
    batches = [decode(Batch, batch, MAX_RAW_BLOCK) for batch in block.batches]
    ordered = [decode_signed(each, chain) for batch in batches for each in batch.transactions]
    by_id = {each.id: each.transaction for each in ordered}
    found = []
    for receipt in block.receipts:
        done = receipt.outcome == Outcome.DONE
        made = by_id.get(receipt.origin)
        if made is None:  # it fell due
            written = Written(height, receipt.origin.hex(), done, b"", 0, -1, None, ())
            found.append(written)
            continue
        takes: int | None
        match made.action:
            case Transfer(outputs=outputs):
                pays = tuple((output.account, output.amount) for output in outputs)
                takes = sum(units for _, units in pays)
            case Mint(to=to, amount=amount):
                takes, pays = 0, ((to, amount),)
            case _:
                takes, pays = None, ()
        where = (made.sender, made.channel, made.sequence)
        found.append(Written(height, receipt.origin.hex(), done, *where, takes, pays))
    return found


async def balances(
    node: HttpNode, believed: Believed, accounts: Sequence[bytes]
) -> dict[bytes, int]:
    """Every account's balance as a quorum attested it. Raises ``Fault``, ``Malformed``."""
    found: dict[bytes, int] = {}
    for first in range(0, len(accounts), KEYS):
        some = accounts[first : first + KEYS]
        view = await node.entries([account_key(account) for account in some])
        for account, item in zip(some, view.items, strict=True):
            proof = read(EntryProof, item.proof)
            value = judge_entry(believed, 0, account_key(account), proof).value
            found[account] = 0 if value is None else decode(Account, value).balance
    return found
