"""The processes that inspect blocks side by side. Knows pipes and queues; judges nothing."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Protocol

import msgspec

from audit.inspection import Inspected, Subject, inspect
from audit.violations import About, Violation
from audit.worker import LENGTH_SIZE, MAX_FRAME, READY, VERDICT, Job, Verdict, framed
from primitives.encoding import encode
from shell.errors import CommandError

START_TIMEOUT_S: Final = 30.0


class Inspector(Protocol):
    """Judges the bytes of blocks."""

    async def inspect(self, subject: Subject, raw: bytes) -> Inspected:
        """As ``audit.inspection.inspect``. Raises ``Violation``."""


class Inline:
    """Inspects in this process."""

    async def inspect(self, subject: Subject, raw: bytes) -> Inspected:
        """As ``audit.inspection.inspect``. Raises ``Violation``."""
        return inspect(subject, raw)


class Crew:
    """Worker processes for one chain; ``hired`` makes them. Whoever is free takes the next block:
    there is no queue but the askers themselves, and they are bounded by who asks."""

    def __init__(self, workers: list[_Worker]) -> None:
        self._free: asyncio.LifoQueue[_Worker] = asyncio.LifoQueue()
        for worker in workers:
            self._free.put_nowait(worker)

    async def inspect(self, subject: Subject, raw: bytes) -> Inspected:
        """As ``audit.inspection.inspect``. Raises ``Violation``; ``CommandError``
        (``inspector_failed``) if the process ends."""
        worker = await self._free.get()
        members = subject.members
        job = Job(subject.height, members.epoch, members.members, raw)
        try:
            verdict = await worker.judge(job)
        except (asyncio.IncompleteReadError, ConnectionError, msgspec.DecodeError):
            raise _failed(subject.height) from None
        if verdict.height != subject.height:
            raise _failed(subject.height)
        self._free.put_nowait(worker)
        objection = verdict.objection
        if objection is not None:
            code, detail = objection.code, objection.detail
            raise Violation(code, subject.height, detail, About(objection.transaction))
        assert verdict.inspected is not None
        return verdict.inspected


@asynccontextmanager
async def hired(chain: bytes, count: int) -> AsyncIterator[Crew]:
    """``count`` processes that inspect blocks of this chain; they end with the context."""
    workers = [_Worker(chain) for _ in range(count)]
    try:
        await asyncio.gather(*(worker.start() for worker in workers))
        yield Crew(workers)
    finally:
        await asyncio.gather(*(worker.stop() for worker in workers))


def _failed(height: int) -> CommandError:
    hint = "Memory may be short: run it again, with fewer --processes."
    detail = f"a process that inspected height {height} ended"
    return CommandError("inspector_failed", detail, hint)


class _Worker:
    """One process and the pipes to it."""

    def __init__(self, chain: bytes) -> None:
        self._chain = chain
        self._process: Process | None = None

    async def start(self) -> None:
        # -I: a folder named like one of our packages in the working directory is not imported.
        arguments = ("-I", "-m", "audit.worker", self._chain.hex())
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, stdin=PIPE, stdout=PIPE
        )
        if await asyncio.wait_for(self._read(), START_TIMEOUT_S) != READY:
            raise CommandError("inspector_failed", "it does not speak as an inspector does")

    async def judge(self, job: Job) -> Verdict:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(framed(encode(job)))
        await self._process.stdin.drain()
        return VERDICT.decode(await self._read())

    async def _read(self) -> bytes:
        assert self._process is not None
        assert self._process.stdout is not None
        size = int.from_bytes(await self._process.stdout.readexactly(LENGTH_SIZE), "big")
        if size > MAX_FRAME:
            raise CommandError("inspector_failed", f"a frame of {size} bytes")
        return await self._process.stdout.readexactly(size)

    async def stop(self) -> None:
        """End it: it holds nothing that could be lost."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
