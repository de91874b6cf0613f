"""An audit put together: genesis, checkpoint, node, processes. Decides nothing.

async with open_audit(verified, Plan(url, patience_s, processes)) as audit: ...
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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
    async with (
        open_nodes([plan.url], timeout_s) as [node],
        hired(verified.ledger.chain, plan.processes) as crew,
    ):
        yield Audit(verified, NodeSource(node, plan.patience_s), crew)
