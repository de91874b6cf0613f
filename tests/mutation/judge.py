"""One mutant, one child process, one verdict. Knows how a child is bounded; not what it runs.

A child that uses up its seconds is ended by the system and counts as timed out: the mutant loops
where the rule would not, and a node that did so would be noticed. What it may use is counted in
seconds of the processor, so that a busy machine condemns nobody.
"""

from __future__ import annotations

import os
import pickle
import resource
import signal
import traceback
from collections.abc import Callable
from enum import Enum
from typing import Any, TypeVar

T = TypeVar("T")

MEMORY_BYTES = 4 << 30
WALL_TIMES_CPU = 200


class Verdict(Enum):
    """What became of a mutant."""

    KILLED = "killed"
    TIMED_OUT = "timed out"
    SURVIVED = "survived"


class TimedOut(Exception):
    """A child used up its seconds."""


def in_child(work: Callable[[], T]) -> T:
    """What ``work`` gives, done in a child, which may bound itself by ``allow``.

    Raises ``TimedOut``; and ``ChildProcessError`` if the child ended in any other way.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _work_and_end(work, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGPROF, signal.SIGALRM):
        raise TimedOut
    if status or not told:
        raise ChildProcessError(f"a child ended with status {status}")
    result: T = pickle.loads(told)
    return result


def allow(seconds: float) -> None:
    """Let this process use so many CPU seconds from now on, and a bounded time to use them."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, seconds * WALL_TIMES_CPU)


def _work_and_end(work: Callable[[], Any], writing: int) -> None:
    status = 1
    try:
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        told = pickle.dumps(work())
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(told)
        status = 0
    except BaseException:  # noqa: BLE001  the parent is told that there is no answer
        traceback.print_exc()
    finally:
        os._exit(status)
