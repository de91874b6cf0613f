"""An audit put together: genesis, checkpoint, node, processes. Decides nothing.

async with open_audit(verified, Plan(url, patience_s, processes)) as audit: ...
"""

from __future__ import annotations

import gc
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import msgspec

from audit.crew import hired
from audit.home import Verified
from audit.replay import Audit
from audit.source import NodeSource
from client.http import open_nodes
from shell.command import Common
from shell.errors import UsageError

REQUEST_TIMEOUT_S: Final = 30.0
"""How long one answer may take, unless the command's own limit is shorter."""
MAX_PROCESSES: Final = 64
COLLECT_AFTER: Final = (50_000, 20, 100)
"""Objects made, and collections of each generation, before the collector looks again."""


class Plan(msgspec.Struct, frozen=True):
    """Which node is asked, how long trouble with it is borne, and how many processes inspect."""

    url: str
    patience_s: float
    processes: int


def cores() -> int:
    """Processor cores that this process may use."""
    return max(1, min(MAX_PROCESSES, len(os.sched_getaffinity(0))))


def one_node(common: Common) -> str:
    """The node that was named. Raises ``UsageError`` (``nodes_missing``, ``usage``)."""
    if not common.node:
        raise UsageError("nodes_missing", "no node to ask", "Give --node URL: any one will do.")
    if len(common.node) > 1:
        raise UsageError("usage", "an audit is of one node", "Run it once for each.")
    return common.node[0]


@asynccontextmanager
async def open_audit(verified: Verified, plan: Plan) -> AsyncIterator[Audit]:
    """An audit that goes on from ``verified``; its processes and connections end with it."""
    timeout_s = min(plan.patience_s, REQUEST_TIMEOUT_S)
    with _rare_collections():
        async with _opened(verified, plan, timeout_s) as audit:
            yield audit


@asynccontextmanager
async def _opened(verified: Verified, plan: Plan, timeout_s: float) -> AsyncIterator[Audit]:
    async with (
        open_nodes([plan.url], timeout_s) as [node],
        hired(verified.ledger.chain, plan.processes) as crew,
    ):
        yield Audit(verified, NodeSource(node, plan.patience_s), crew)


@contextmanager
def _rare_collections() -> Iterator[None]:
    """The collector finds nothing in a state, and with a large one looks through all of it again
    and again: a third of what hashing costs among 300,000 entries."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
