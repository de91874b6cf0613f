"""One node, as an auditor asks it. Knows paths, patience and whose fault it is; judges no block.

Trouble on the way (silence, a busy node, an answer that was cut off) is borne for a while and then
ends the command as ``Unavailable``: it proves nothing about anyone. What the node refuses to hand
out though it says that it has it is a ``Violation`` of the sort *withheld*.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, Protocol, TypeVar

from audit.violations import Violation
from client.answers import read
from client.errors import Fault, Lie, Refusal, Silent, Unavailable
from client.fields import MAX_PAGE, from_base64
from client.http import HttpNode
from client.raw import MAX_RAW_BLOCK
from primitives.encoding import Malformed, decode
from primitives.evidence import MAX_EVIDENCE, Evidence
from primitives.proof import EntryProof, EpochStep
from shell.errors import CommandError

T = TypeVar("T")

FIRST_PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 5.0
STEPS: Final = MAX_PAGE
"""Handovers of a page."""
MAX_STEPS: Final = 4 * 1024 * 1024
"""Bytes of a page of handovers, each of at most a hundred members."""
PRUNED: Final = "pruned"
"""How a node says that it has let go of a height. It may be a pretext: ask another one."""
MAX_PAGES: Final = 64
"""Pages of evidence that are read: one piece a validator, kind and epoch is kept."""


class Source(Protocol):
    """One untrusted node. Every verb may raise ``Unavailable`` and ``Violation``."""

    @property
    def url(self) -> str:
        """Its name in what is told about it."""

    async def top(self) -> int:
        """The newest height that it says is certified."""

    async def block(self, height: int) -> bytes:
        """What it hands out as the canonical block of a height."""

    async def steps(self, height: int, first: int) -> tuple[EpochStep, ...]:
        """What it hands out as the handovers from epoch ``first`` on; fewer than ``STEPS``: there
        are no more. They are asked for at ``height``."""

    async def evidence(self, height: int) -> list[Evidence]:
        """What it accuses validators of, as seen from ``height``."""

    async def entry(self, key: bytes) -> EntryProof | None:
        """Its proof of a state entry at its newest certified height; None if it gives none."""


class NodeSource:
    """A node over HTTP. ``patience_s``: how long trouble on the way is borne."""

    def __init__(self, node: HttpNode, patience_s: float) -> None:
        self._node = node
        self._patience_s = patience_s

    @property
    def url(self) -> str:
        """Its name in what is told about it."""
        return self._node.url

    async def top(self) -> int:
        """``GET /v1/status``: its word, not more. Raises ``Unavailable``."""
        try:
            status = await self._patiently(self._node.status)
        except Fault as fault:
            raise self._unavailable(fault) from None
        return status.certified_height

    async def block(self, height: int) -> bytes:
        """``GET /v1/blocks/{height}``, raw."""
        try:
            return await self._patiently(
                partial(self._node.raw, f"/blocks/{height}", MAX_RAW_BLOCK)
            )
        except (Refusal, Lie) as fault:
            if fault.code == PRUNED:
                raise _pruned(fault, height) from None
            detail = f"{fault.code} {fault.detail}".strip()
            raise Violation("block_withheld", height, detail) from None

    async def steps(self, height: int, first: int) -> tuple[EpochStep, ...]:
        """A page of ``GET /v1/epochs``, raw."""
        page = {"cursor": str(first), "limit": str(STEPS)}
        try:
            raw = await self._patiently(partial(self._node.raw, "/epochs", MAX_STEPS, page))
        except (Refusal, Lie) as fault:
            raise Violation("epoch_missing", height, f"{fault.code} {fault.detail}") from None
        try:
            return decode(tuple[EpochStep, ...], raw, MAX_STEPS)
        except Malformed as error:
            raise Violation("epoch_forged", height, str(error)) from None

    async def evidence(self, height: int) -> list[Evidence]:
        """``GET /v1/evidence``, page by page."""
        found: list[Evidence] = []
        cursor: str | None = None
        for _ in range(MAX_PAGES):
            try:
                page = await self._patiently(partial(self._node.evidence, cursor))
            except Fault as fault:
                raise self._unavailable(fault) from None
            try:
                found += [_evidence(item.raw) for item in page.items]
            except Malformed as error:
                raise Violation("evidence_forged", height, str(error)) from None
            cursor = page.next
            if cursor is None:
                break
        return found

    async def entry(self, key: bytes) -> EntryProof | None:
        """``GET /v1/state/{key}?proof=1``. Helps to explain, so it may fail."""
        try:
            view = await self._patiently(partial(self._node.entry, key))
            return read(EntryProof, view.proof)
        except (Fault, CommandError, Malformed):
            return None

    async def _patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        """The answer, once the way is free. Raises ``Refusal``, ``Lie`` and ``Unavailable``."""
        until_s = time.monotonic() + self._patience_s
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                return await ask()
            except (Silent, Lie) as fault:
                if isinstance(fault, Lie) and fault.code != "answer_cut_off":
                    raise
                if time.monotonic() + pause_s > until_s:
                    raise self._unavailable(fault) from None
            await asyncio.sleep(pause_s)
            pause_s = min(LONGEST_PAUSE_S, pause_s * 2)

    def _unavailable(self, fault: Fault) -> Unavailable:
        hint = "Is the node up? What was verified so far is kept; run the command again."
        detail = f"{fault.url}: {fault.code}{': ' + fault.detail if fault.detail else ''}"
        return Unavailable("node_unavailable", detail, hint)


def _pruned(fault: Fault, height: int) -> Unavailable:
    hint = "Ask an archive node: one whose 'liqbon-node status' says that it keeps everything."
    detail = f"{fault.url} does not keep height {height} any more: {fault.detail}"
    return Unavailable(PRUNED, detail, hint)


def _evidence(text: str) -> Evidence:
    limit = 4 * MAX_EVIDENCE
    if len(text) > limit:
        raise Malformed("oversized", f"over {limit} characters")
    return decode(Evidence, from_base64(text), limit)
