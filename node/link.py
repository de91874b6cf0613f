"""One connection to one peer: the hello, then frames. Knows queues and liveness; no message.

Small frames (votes) overtake large ones (batches): order between frames means nothing to the
replica, and a vote that waits behind a megabyte of history costs everyone a view.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable
from hashlib import sha256
from typing import Final, NamedTuple, Protocol

from consensus.messages import MAX_MESSAGE
from node import stages
from node.frames import KEEPALIVE, Splitter, framed
from node.identity import MAX_HELLO, Identity
from primitives.encoding import Malformed

SMALL_FRAME: Final = 4 * 1024
"""Bytes of a frame up to which it overtakes."""
MAX_QUEUED: Final = 16 * 1024 * 1024
"""Bytes that wait for one peer, in either line; what does not fit is dropped and counted."""
MAX_OVERTAKING: Final = 4 * 1024 * 1024
_CHUNK: Final = 128 * 1024
"""Bytes handed to TLS at once."""
_HIGH_WATER: Final = 256 * 1024


class Owner(Protocol):
    """Whom a link tells what happened to it."""

    def link_up(self, link: Link) -> bool:
        """Both hellos are good. False: this peer is not wanted now, close."""

    def link_frame(self, link: Link, frame: bytes) -> None:
        """A frame of a link that is up."""

    def link_down(self, link: Link, reason: str) -> None:
        """The connection is gone; called once, whether it was ever up or not."""


class Terms(NamedTuple):
    """What a connection was made with: by whom, the certificate shown, whom a dialler expects."""

    identity: Identity
    own: bytes
    expected: int | None
    now: Callable[[], float]


class Link(asyncio.BufferedProtocol):
    """Drives one TLS connection. Made by ``Transport``, for a dialled or an accepted socket."""

    def __init__(self, owner: Owner, terms: Terms) -> None:
        self._owner = owner
        self._terms = terms
        self._transport: asyncio.Transport | None = None
        self._splitter = Splitter(MAX_HELLO)
        self._theirs = b""
        self._small: deque[bytes] = deque()
        self._large: deque[bytes] = deque()
        self._small_bytes = 0
        self._large_bytes = 0
        self._paused = False
        self._flush_planned = False
        self._reason = "connection lost"
        self._told = False
        self.peer: int | None = terms.expected
        self.dialled = terms.expected is not None
        self.up = False
        self.settled = asyncio.Event()
        """The hellos are good, or the connection is gone."""
        self.closed = asyncio.Event()
        self.dropped = 0
        self.frames_in = self.bytes_in = self.frames_out = self.bytes_out = 0
        self.last_in_s = self.last_out_s = terms.now()

    # --- what asyncio calls ----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """TLS stands: see whose certificate it is, and say hello."""
        assert isinstance(transport, asyncio.Transport) or hasattr(transport, "write")
        self._transport = transport  # type: ignore[assignment]
        self.last_in_s = self._terms.now()
        session: ssl.SSLObject = transport.get_extra_info("ssl_object")
        certificate = session.getpeercert(binary_form=True)
        try:
            peer = self._terms.identity.peer_of(certificate)
        except Malformed as error:
            self.close(str(error))
            return
        if self.peer is not None and peer != self.peer:
            self.close(f"member {peer} answered instead of {self.peer}")
            return
        assert certificate is not None
        self.peer = peer
        self._theirs = sha256(certificate).digest()
        self._transport.set_write_buffer_limits(high=_HIGH_WATER)  # type: ignore[union-attr]
        hello = self._terms.identity.hello(peer, self._terms.own, self._theirs)
        self._write(framed(hello))

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - as much as there is
        """Where the next bytes go."""
        return self._splitter.space()

    def buffer_updated(self, nbytes: int) -> None:
        """Bytes came in."""
        if self._told:
            return
        self.last_in_s = self._terms.now()
        self.bytes_in += nbytes
        try:
            with stages.TRANSPORT:
                for frame in self._splitter.received(nbytes):
                    self._handle(frame)
        except Malformed as error:
            self.close(str(error))

    def eof_received(self) -> None:
        """The peer said goodbye."""
        self.close("closed by the peer")

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone."""
        if exc is not None and not self._told:
            self._reason = f"{type(exc).__name__}: {exc}"
        self._tell_down()

    def pause_writing(self) -> None:
        """The peer takes less than we send."""
        self._paused = True

    def resume_writing(self) -> None:
        """It caught up."""
        self._paused = False
        self._flush()

    # --- what the transport calls ----------------------------------------------------------------

    def send(self, frame: bytes) -> None:
        """Queue a frame; it goes out at the end of this turn of the loop, with its neighbours."""
        size = len(frame)
        if size <= SMALL_FRAME and self._small_bytes + size <= MAX_OVERTAKING:
            self._small.append(frame)
            self._small_bytes += size
        elif size > SMALL_FRAME and self._large_bytes + size <= MAX_QUEUED:
            self._large.append(frame)
            self._large_bytes += size
        else:
            self.dropped += 1
            return
        if not self._flush_planned and not self._paused:
            self._flush_planned = True
            asyncio.get_running_loop().call_soon(self._flush)

    def keep_alive(self) -> None:
        """Let the peer know that this side lives."""
        if self.up and not self._paused:
            self._write(KEEPALIVE)

    def close(self, reason: str) -> None:
        """Let the connection go; the first reason is the one that is told."""
        if self._told:
            return
        self._reason = reason
        if self._transport is not None:
            self._transport.abort()
        self._tell_down()

    # --- inside ----------------------------------------------------------------------------------

    def _tell_down(self) -> None:
        if not self._told:
            self._told = True
            self._small.clear()
            self._large.clear()
            self._owner.link_down(self, self._reason)
            self.settled.set()
            self.closed.set()

    def _handle(self, frame: bytes) -> None:
        if self._told:
            return
        if not self.up:
            assert self.peer is not None
            own = self._terms.own
            self._terms.identity.check_hello(frame, self.peer, own, self._theirs)
            self._splitter.limit = MAX_MESSAGE
            self.up = True  # the owner may send at once
            if self._owner.link_up(self):
                self.settled.set()
            else:
                self.up = False
                self.close("not wanted now")
        elif frame:
            self.frames_in += 1
            self._owner.link_frame(self, frame)

    def _flush(self) -> None:
        self._flush_planned = False
        while not self._paused and not self._told and (self._small or self._large):
            parts: list[bytes] = []
            size = 0
            while size < _CHUNK and (self._small or self._large):
                frame = self._next()
                parts.append(framed(frame))
                size += len(frame)
            self.frames_out += len(parts)
            with stages.TRANSPORT:
                self._write(b"".join(parts))

    def _next(self) -> bytes:
        if self._small:
            frame = self._small.popleft()
            self._small_bytes -= len(frame)
        else:
            frame = self._large.popleft()
            self._large_bytes -= len(frame)
        return frame

    def _write(self, data: bytes) -> None:
        assert self._transport is not None
        self.bytes_out += len(data)
        self.last_out_s = self._terms.now()
        self._transport.write(data)
