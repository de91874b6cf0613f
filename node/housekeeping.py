"""Keeps a running node's disk small: prunes beside the other work, compacts in a thread.

Knows the loop and its time; what is too old is ``node.pruning``'s. Pruning never takes more than a
fifth of the loop, so it lags behind for a while after the setting was changed.
"""

from __future__ import annotations

import asyncio
import time
from typing import Final, Protocol

import structlog

from node import stages
from node.driver import Fatal, store_failure
from node.pruning import Pruner, Range

LOOK_S: Final = 1.0
"""How often it looks whether a height has become too old."""
REST: Final = 4
"""For each millisecond of processor time that pruning takes, the loop has so many for the rest."""
LEAST_REST_S: Final = 0.001

log = structlog.get_logger(__name__)


class Compactable(Protocol):
    """A store whose deleted rows take space until they are compacted away."""

    def size(self) -> int:
        """Bytes on disk, roughly."""

    def compact(self, start: bytes, stop: bytes) -> None:
        """Write what is left of a range of keys anew."""


class Housekeeping:
    """Started once, stopped once, before the store is closed."""

    def __init__(self, pruner: Pruner, store: Compactable, fatal: Fatal) -> None:
        self._pruner = pruner
        self._store = store
        self._fatal = fatal
        self._task: asyncio.Task[None] | None = None
        self._compacting: asyncio.Future[None] | None = None
        self.compactions = 0
        """How often the whole store was gone through, piece by piece."""

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.get_running_loop().create_task(self._run())
        self._task.add_done_callback(self._done)

    async def stop(self) -> None:
        """Leave the height that is being looked up (nothing of it is gone), and wait for the piece
        that is being compacted."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._compacting is not None:
            await asyncio.gather(self._compacting, return_exceptions=True)

    def _done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("housekeeping failed", exc_info=error)
            self._fatal(store_failure(error))

    async def _run(self) -> None:
        while True:
            await self._prune()
            if self._pruner.wants_compacting(self._store.size()):
                await self._compact()
            await asyncio.sleep(LOOK_S)

    async def _prune(self) -> None:
        running = self._pruner.run()
        went_on = True
        while went_on:
            began_s = time.thread_time()
            with stages.STORE:
                went_on = next(running, _END) is None
            spent_s = time.thread_time() - began_s
            await asyncio.sleep(max(LEAST_REST_S, REST * spent_s))

    async def _compact(self) -> None:
        """Off the loop, a piece at a time, so that what is written meanwhile never waits long."""
        dead, before = self._pruner.dead, self._store.size()
        for piece in self._pruner.ranges(before):
            await self._compact_piece(piece)
        self._pruner.compacted(dead)
        self.compactions += 1
        log.info("compacted", before=before, after=self._store.size())

    async def _compact_piece(self, piece: Range) -> None:
        loop = asyncio.get_running_loop()
        self._compacting = loop.run_in_executor(None, self._store.compact, *piece)
        await asyncio.shield(self._compacting)


_END: Final = object()
