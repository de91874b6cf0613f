"""Where the processor time of a node's loop goes, by stage. Knows one thread; not what stages do.

The thread is in exactly one stage at every moment, in ``LOOP`` unless told otherwise, so the sum of
all stages is the thread's time, and a stage inside another is counted once. Time that the thread
waits, or that other threads and processes use, is nobody's here: the operating system counts it.

    with stages.EXECUTE:            # nothing inside may await or yield
        ...
    await stages.API.over(handle()) # counts while it runs, not while it waits

Entering and leaving costs one or two microseconds (the thread's clock is a system call), so stages
stand around turns, frames and slices, not around transactions.
"""

from __future__ import annotations

from collections.abc import Awaitable, Generator
from time import thread_time_ns
from types import coroutine
from typing import Any, Final, TypeVar

T = TypeVar("T")


class Stage:
    """One named stage and the thread time spent in it so far, in nanoseconds."""

    __slots__ = ("name", "spent_ns")

    def __init__(self, name: str) -> None:
        self.name = name
        self.spent_ns = 0

    def __enter__(self) -> None:
        _charge()
        _outer.append(self)

    def __exit__(self, *_: object) -> None:
        _charge()
        _outer.pop()

    @coroutine
    def over(self, work: Awaitable[T]) -> Generator[Any, Any, T]:
        """Await ``work``, in this stage whenever it runs."""
        steps = work.__await__()
        error: BaseException | None = None
        while True:
            try:
                with self:
                    waiting = next(steps) if error is None else steps.throw(error)
            except StopIteration as end:
                outcome: T = end.value
                return outcome
            error = None
            try:
                yield waiting
            except BaseException as raised:  # noqa: BLE001  a cancellation too is the work's
                error = raised


LOOP: Final = Stage("loop")
"""What no other stage claims: the event loop itself, HTTP, TLS, pipes, timers, logging."""
INGRESS: Final = Stage("ingress")
"""Admission, dry runs, fairness and sealing."""
VERIFY: Final = Stage("verify")
"""Signatures of votes and certificates, checked in line."""
CONSENSUS: Final = Stage("consensus")
"""The engine's steps and the replica's turns around them."""
JOURNAL: Final = Stage("journal")
"""Encoding records and handing them to the journal; its writing and syncing has its own thread."""
EXECUTE: Final = Stage("execute")
"""Carrying out blocks: contracts, receipts, roots."""
STORE: Final = Stage("store")
"""Writing heights to the store."""
API: Final = Stage("api")
"""Answering clients; HTTP's own work is the loop's."""
TRANSPORT: Final = Stage("transport")
"""Frames from and to peers."""

ALL: Final = (LOOP, INGRESS, VERIFY, CONSENSUS, JOURNAL, EXECUTE, STORE, API, TRANSPORT)

_outer: Final[list[Stage]] = [LOOP]
_since_ns: int | None = None


def start() -> None:
    """Count from now on, in the calling thread: the one that runs the node's loop."""
    global _since_ns
    _since_ns = thread_time_ns()


def spent_ns() -> dict[str, int]:
    """Nanoseconds of thread time by stage, up to now. To be called in the counted thread."""
    _charge()
    return {stage.name: stage.spent_ns for stage in ALL}


def _charge() -> None:
    """Give the time since the last switch to the stage that was current until now."""
    global _since_ns
    if _since_ns is None:  # nobody counts: the simulator, tests
        return
    now_ns = thread_time_ns()
    _outer[-1].spent_ns += now_ns - _since_ns
    _since_ns = now_ns
