"""A command's way to the network: nodes, memory and clock put together. Decides nothing."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from client.errors import Blame
from client.home import Home
from client.http import open_nodes
from client.light import LightClient
from client.memory import Memory
from client.trust import Believed
from shell.errors import UsageError
from shell.output import Printer

REQUEST_TIMEOUT_S: Final = 5.0
"""How long one node may take to answer, unless the command's own limit is shorter."""


def now_ms() -> int:
    """The own clock, in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


@asynccontextmanager
async def connected(
    home: Home, nodes: Sequence[str], timeout_s: float
) -> AsyncIterator[LightClient]:
    """A light client of the home's network; what it verified is kept, however this ends.

    ``nodes``: the URLs to ask, or empty for those of the home. Raises ``UsageError``
    (``nodes_missing``).
    """
    urls = tuple(nodes) or home.nodes
    if not urls:
        raise UsageError("nodes_missing", "no node to ask", "Give --node URL, several if you can.")
    believed = Believed(home.genesis)
    memory = Memory(home.path)
    memory.recall(believed)
    async with open_nodes(urls, min(timeout_s, REQUEST_TIMEOUT_S)) as asked:
        try:
            yield LightClient(believed, asked, now_ms)
        finally:
            memory.keep(believed)


def tell(printer: Printer, blames: Sequence[Blame]) -> None:
    """Name on standard error the nodes that did not do what was asked."""
    for blame in blames:
        what = "is not believed" if blame.lie else "did not serve"
        why = f"{blame.code}: {blame.detail}" if blame.detail else blame.code
        printer.note(f"node {blame.node} {what} ({why})")
