"""One connection to one peer: the hello, then frames. Knows queues and liveness; no message.

It finds out whether the peer is a member of the own epoch; what else to call it the owner knows.

Small frames (votes) overtake large ones (batches): order between frames means nothing to the
replica, and a vote that waits behind a megabyte of history costs everyone a view.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable
from enum import Enum, auto
from typing import Final, NamedTuple, Protocol

from consensus.messages import MAX_MESSAGE
from node import stages
from node.frames import KEEPALIVE, Splitter, framed
from node.identity import MAX_HELLO, Ends, Identity, Speechless
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

    def link_up(self, link: Link) -> str | None:
        """Both hellos are good. Answers None, or why this peer is not wanted now."""

    def link_frame(self, link: Link, frame: bytes) -> None:
        """A frame of a link that is up."""

    def link_down(self, link: Link, reason: str) -> None:
        """The connection is gone; called once, whether it was ever up or not."""


class Way(Enum):
    """How a connection came about, from this side."""

    ACCEPTED = auto()
    AS_MEMBER = auto()
    """Dialled, showing a certificate and expecting a member's."""
    AS_GUEST = auto()
    """Dialled, showing none and expecting any."""


class Terms(NamedTuple):
    """What a connection was made with: by whom and how, the digest of the certificate shown, and
    the partner that was dialled or the host that was accepted."""

    identity: Identity
    way: Way
    own: bytes
    place: str
    now: Callable[[], float]


class Link(asyncio.BufferedProtocol):
    """Drives one TLS connection. Made by ``Transport``, for a dialled or an accepted socket."""

    def __init__(self, owner: Owner, terms: Terms) -> None:
        self._owner = owner
        self._terms = terms
        self._transport: asyncio.Transport | None = None
        self._splitter = Splitter(MAX_HELLO)
        self._ends: Ends | None = None
        self._small: deque[bytes] = deque()
        self._large: deque[bytes] = deque()
        self._small_bytes = 0
        self._large_bytes = 0
        self._paused = False
        self._flush_planned = False
        self._reason = "connection lost"
        self._told = False
        self.way = terms.way
        self.dialled = terms.way is not Way.ACCEPTED
        self.code = terms.place if self.dialled else None
        """The partner that was dialled, or the one whose key was seen; None: nobody knows."""
        self.host = None if self.dialled else terms.place
        """Where an accepted connection comes from."""
        self.member: int | None = None
        """The member of the own epoch that this is, once up; None: a guest link."""
        self.peer: int | None = None
        """The owner's handle, once up."""
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
        if self._told:  # closed while TLS was made
            transport.abort()  # type: ignore[attr-defined]
            return
        self.last_in_s = self._terms.now()
        self._transport.set_write_buffer_limits(high=_HIGH_WATER)  # type: ignore[union-attr]
        session: ssl.SSLObject = transport.get_extra_info("ssl_object")
        try:
            self._ends = self._meet(session.getpeercert(binary_form=True))
            if self.way is not Way.AS_GUEST:  # who listens first, and may find that it is no guest
                self._write(framed(self._terms.identity.hello(self._ends)))
        except (Malformed, Speechless) as error:
            self.close(str(error))

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
        except (Malformed, Speechless) as error:
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

    def _meet(self, certificate: bytes | None) -> Ends:
        """The ends of this connection. Raises ``Malformed`` if it is not whom it has to be."""
        identity = self._terms.identity
        ends = identity.ends(self._terms.own, certificate)
        if self.way is Way.AS_MEMBER or (self.way is Way.ACCEPTED and ends.key is not None):
            code = identity.code_of(identity.peer_of(certificate))
            if self.dialled and code != self.code:
                raise Malformed("certificate_invalid", f"{code} answered instead of {self.code}")
            self.code = code
        return ends

    def _handle(self, frame: bytes) -> None:
        if self._told:
            return
        if not self.up:
            self._greeted(frame)
        elif frame:
            self.frames_in += 1
            self._owner.link_frame(self, frame)

    def _greeted(self, frame: bytes) -> None:
        """Take the peer's hello. Of two members of one epoch both show who they are."""
        assert self._ends is not None
        identity = self._terms.identity
        hello = identity.check_hello(frame, self._ends)
        member = identity.fellow(hello, self._ends)
        if self.way is Way.AS_GUEST:
            if member is not None:
                self.close(f"member {member} is of this epoch: no place for a guest")
                return
            self._write(framed(identity.hello(self._ends)))
        self.member = member
        self._splitter.limit = MAX_MESSAGE
        self.up = True  # the owner may send at once
        refusal = self._owner.link_up(self)
        if refusal is None:
            self.settled.set()
        else:
            self.up = False
            self.close(refusal)

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
