"""A node's connection to its signer: requests go out, answers come back in order. Knows no meaning.

The event loop serves it like any socket. Where an epoch or a peer's connection begins the node
cannot go on without an answer; then ``call`` waits for it on the spot, for a bounded time, as it
would wait for a disk.
"""

from __future__ import annotations

import asyncio
import select
import socket
from collections import deque
from collections.abc import Callable
from typing import Final

from node.frames import Splitter, framed
from node.signing import ANSWER_S, CALL_S, MAX_ANSWER, MAX_REQUEST, Answer, Request, decode_answer
from primitives.encoding import Malformed, encode

Then = Callable[[Answer | None], None]
"""Is given the answer, or None: there will be none."""
_CHUNK: Final = 64 * 1024


class Lost(Exception):
    """The signer does not answer any more; what it did with the last request nobody knows."""


class _Asked:
    """A request that waits for its answer. One that was called for is answered on the spot."""

    __slots__ = ("overdue", "then")

    def __init__(self, then: Then | None, overdue: asyncio.TimerHandle | None) -> None:
        self.then = then
        self.overdue = overdue


class Line:
    """One connection, over a socket that is connected and does not block. ``lost`` is told once,
    after the turn of the loop in which it was found out."""

    def __init__(self, connection: socket.socket, lost: Callable[[str], None]) -> None:
        self._socket = connection
        self._lost = lost
        self._loop = asyncio.get_running_loop()
        self._splitter = Splitter(MAX_ANSWER)
        self._out = bytearray()
        self._waiting: deque[_Asked] = deque()
        self._called: list[Answer] = []
        self._open = True
        self._loop.add_reader(connection, self._readable)

    @property
    def is_open(self) -> bool:
        """Whether an answer may still come."""
        return self._open

    def ask(self, request: Request, then: Then) -> None:
        """Send a request; ``then`` is called in a later turn of the loop, within ``ANSWER_S``."""
        if not self._open:
            self._loop.call_soon(then, None)
            return
        overdue = self._loop.call_later(ANSWER_S, self.close, "the signer does not answer")
        self._put(request, _Asked(then, overdue))

    def call(self, request: Request) -> Answer:
        """Send a request, and wait for its answer. Raises ``Lost`` after ``CALL_S``."""
        deadline_s = self._loop.time() + CALL_S
        if self._open:
            self._put(request, _Asked(None, None))
        while self._open and not self._called:
            left_s = deadline_s - self._loop.time()
            if left_s <= 0:
                self.close("the signer does not answer")
                break
            self._wait(left_s)
        if not self._called:
            raise Lost
        return self._called.pop()

    def close(self, reason: str) -> None:
        """Nothing is answered any more."""
        if not self._open:
            return
        self._open = False
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        self._socket.close()
        for asked in self._waiting:
            self._tell(asked, None)
        self._waiting.clear()
        self._loop.call_soon(self._lost, reason)

    # --- inside ----------------------------------------------------------------------------------

    def _put(self, request: Request, asked: _Asked) -> None:
        body = encode(request)
        assert len(body) <= MAX_REQUEST, f"a request of {len(body)} bytes"
        self._out += framed(body)
        self._waiting.append(asked)
        self._writable()

    def _wait(self, at_most_s: float) -> None:
        """Until the socket is ready for something that is to be done."""
        poll = select.poll()
        poll.register(self._socket, select.POLLIN | (select.POLLOUT if self._out else 0))
        for _, event in poll.poll(at_most_s * 1000):
            if event & select.POLLOUT:
                self._writable()
            if event & ~select.POLLOUT and self._open:
                self._readable()

    def _writable(self) -> None:
        try:
            while self._out:
                sent = self._socket.send(self._out[:_CHUNK])
                del self._out[:sent]
        except BlockingIOError:
            self._loop.add_writer(self._socket, self._writable)
        except OSError as error:
            self.close(f"{type(error).__name__}: {error}")
        else:
            self._loop.remove_writer(self._socket)

    def _readable(self) -> None:
        try:
            size = self._socket.recv_into(self._splitter.space())
            if not size:
                self.close("the signer is gone")
                return
            for frame in self._splitter.received(size):
                self._answered(decode_answer(frame))
        except BlockingIOError:
            return
        except (Malformed, OSError) as error:
            self.close(f"{type(error).__name__}: {error}")

    def _answered(self, answer: Answer) -> None:
        if not self._waiting:
            raise Malformed("out_of_turn", "an answer to nothing")
        self._tell(self._waiting.popleft(), answer)

    def _tell(self, asked: _Asked, answer: Answer | None) -> None:
        if asked.overdue is not None:
            asked.overdue.cancel()
        if asked.then is not None:
            self._loop.call_soon(asked.then, answer)
        elif answer is not None:
            self._called.append(answer)
