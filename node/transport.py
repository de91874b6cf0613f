"""Connections to the other members. Knows addresses, dialling and blame; no message, no vote.

Of two members the one with the lower index dials, so that there is one connection a pair and
nothing to resolve; a new connection of a peer replaces its old one, which may be half dead. What
misbehaves is disconnected, and let in again only after a pause that doubles ([NET-2]).
"""

from __future__ import annotations

import asyncio
import random
import socket
from collections import Counter
from collections.abc import Coroutine, Mapping
from typing import Final, NamedTuple, Protocol

import msgspec
import structlog

from node.identity import Identity
from node.link import Link, Terms

HANDSHAKE_TIMEOUT_S: Final = 5.0
"""For TCP, TLS and the hello together."""
KEEPALIVE_S: Final = 3.0
SILENCE_S: Final = 10.0
"""A peer that says nothing for so long, not even that it lives, is gone."""
FIRST_RETRY_S: Final = 0.1
LAST_RETRY_S: Final = 5.0
FIRST_PENALTY_S: Final = 5.0
LAST_PENALTY_S: Final = 300.0
GOOD_CONDUCT_S: Final = 600.0
"""After so long without misbehaviour the next penalty is the first again."""
MAX_STRANGERS: Final = 128
"""Accepted sockets that have not shown yet whose they are."""
MAX_STRANGERS_AT_ONE_ADDRESS: Final = 16

log = structlog.get_logger(__name__)


class Address(NamedTuple):
    """Where a peer listens."""

    host: str
    port: int


class Receiver(Protocol):
    """What the connections are for: the replica."""

    def on_frame(self, peer: int, frame: bytes) -> None:
        """A frame came in."""

    def on_connected(self, peer: int) -> None:
        """A connection is new."""

    def on_disconnected(self, peer: int) -> None:
        """It is gone."""


class _Blame(msgspec.Struct):
    until_s: float = 0.0
    times: int = 0


class PeerStatus(msgspec.Struct, frozen=True):
    """One peer, for the metrics and the status page. Counts are of the present connection."""

    peer: int
    connected: bool
    frames_in: int
    bytes_in: int
    frames_out: int
    bytes_out: int
    dropped: int
    connects: int
    last_reason: str


class Transport:
    """``node.world.Network`` over TCP and TLS 1.3."""

    def __init__(self, identity: Identity, addresses: Mapping[int, Address]) -> None:
        self._identity = identity
        self._addresses = dict(addresses)
        self._receiver: Receiver | None = None
        self._links: dict[int, Link] = {}
        self._strangers: Counter[str] = Counter()
        self._blame: dict[int, _Blame] = {}
        self._connects: Counter[int] = Counter()
        self._reasons: dict[int, str] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._dialling: set[int] = set()
        self._socket: socket.socket | None = None
        self._stopping = False
        self.refused = 0
        """Connections that did not come up: strangers, peers that are away or not wanted now."""
        self.dropped = 0
        """Frames for a peer that was away or whose queue was full."""

    def bind(self, receiver: Receiver) -> None:
        """Name who receives; once, before ``start``."""
        self._receiver = receiver

    async def start(self, listen: Address) -> Address:
        """Listen, and dial the peers above. Answers the address that was taken (port 0: any)."""
        loop = asyncio.get_running_loop()
        self._now = loop.time
        [(family, _, _, _, where), *_] = await loop.getaddrinfo(
            listen.host, listen.port, type=socket.SOCK_STREAM
        )
        self._socket = socket.create_server(where, family=family, backlog=MAX_STRANGERS)
        self._socket.setblocking(False)
        self._spawn(self._accept_all(self._socket))
        self._spawn(self._watch())
        for peer in self._addresses:
            self._start_dialling(peer)
        return Address(*self._socket.getsockname()[:2])

    async def stop(self) -> None:
        """Close everything; nothing is received after."""
        self._stopping = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for link in list(self._links.values()):
            link.close("this node stops")
        if self._socket is not None:
            self._socket.close()
        await asyncio.sleep(0)

    def send(self, peer: int, frame: bytes) -> None:
        """Queue a frame for a member; dropped if it is away or its queue is full."""
        link = self._links.get(peer)
        if link is None:
            self.dropped += 1
        else:
            link.send(frame)

    def disconnect(self, peer: int, reason: str) -> None:
        """The peer misbehaved: let it go, and stay away from it for a while."""
        blame = self._blame.setdefault(peer, _Blame())
        now = self._now()
        if now > blame.until_s + GOOD_CONDUCT_S:
            blame.times = 0
        penalty_s = min(FIRST_PENALTY_S * 2**blame.times, LAST_PENALTY_S)
        blame.times += 1
        blame.until_s = now + penalty_s
        log.warning("peer misbehaved", peer=peer, reason=reason, penalty_s=penalty_s)
        if peer in self._links:
            self._links[peer].close(f"misbehaved: {reason}")

    def set_addresses(self, addresses: Mapping[int, Address]) -> None:
        """Take new addresses; connections that stand are kept, a lost one is dialled anew there."""
        self._addresses = dict(addresses)
        for peer in self._addresses:
            self._start_dialling(peer)

    @property
    def connected(self) -> tuple[int, ...]:
        """Members with a connection that counts, ascending."""
        return tuple(sorted(self._links))

    def status(self) -> list[PeerStatus]:
        """Every peer with an address or a connection, ascending."""
        return [self._status(peer) for peer in sorted({*self._addresses, *self._links})]

    def _status(self, peer: int) -> PeerStatus:
        link = self._links.get(peer)
        counts = (0, 0, 0, 0, 0)
        if link is not None:
            counts = (
                link.frames_in,
                link.bytes_in,
                link.frames_out,
                link.bytes_out,
                link.dropped,
            )
        reason = self._reasons.get(peer, "")
        return PeerStatus(peer, link is not None, *counts, self._connects[peer], reason)

    # --- what links tell -------------------------------------------------------------------------

    def link_up(self, link: Link) -> bool:
        """A peer is who it says it is."""
        assert link.peer is not None
        peer = link.peer
        is_its_turn = self._identity.me < peer if link.dialled else peer < self._identity.me
        if self._stopping or self._is_blamed(peer) or not is_its_turn:
            return False
        older = self._links.get(peer)
        if older is not None:
            older.close("replaced by a new connection")
        self._links[peer] = link
        self._connects[peer] += 1
        log.info("peer connected", peer=peer, dialled=link.dialled)
        self._bound().on_connected(peer)
        return True

    def link_frame(self, link: Link, frame: bytes) -> None:
        """A frame for the replica."""
        assert link.peer is not None
        self._bound().on_frame(link.peer, frame)

    def link_down(self, link: Link, reason: str) -> None:
        """A connection is gone."""
        self.dropped += link.dropped
        if not link.up:
            self.refused += 1
            tell = log.debug if link.dialled else log.info  # an absent peer is dialled for ever
            tell("no connection", peer=link.peer, dialled=link.dialled, reason=reason)
        if link.peer is None:
            return
        self._reasons[link.peer] = reason
        if self._links.get(link.peer) is link:
            del self._links[link.peer]
            log.info("peer disconnected", peer=link.peer, reason=reason)
            self._bound().on_disconnected(link.peer)

    # --- inside ----------------------------------------------------------------------------------

    def _bound(self) -> Receiver:
        assert self._receiver is not None, "bind first"
        return self._receiver

    def _is_blamed(self, peer: int) -> bool:
        blame = self._blame.get(peer)
        return blame is not None and self._now() < blame.until_s

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _new_link(self, own: bytes, expected: int | None) -> Link:
        return Link(self, Terms(self._identity, own, expected, self._now))

    def _start_dialling(self, peer: int) -> None:
        if self._identity.me < peer and peer not in self._dialling:
            self._dialling.add(peer)
            self._spawn(self._dial(peer))

    async def _dial(self, peer: int) -> None:
        """Keep a connection to ``peer``, for as long as the node runs."""
        retry_s = FIRST_RETRY_S
        while True:
            if not self._is_blamed(peer) and peer in self._addresses:
                began = self._now()
                link = await self._dial_once(peer)
                if link.up:
                    await link.closed.wait()
                lived = link.up and self._now() - began > LAST_RETRY_S
                retry_s = FIRST_RETRY_S if lived else min(retry_s * 2, LAST_RETRY_S)
            # Jitter: a network that starts at once must not knock in step for ever.
            await asyncio.sleep(retry_s * random.uniform(0.5, 1.0))  # noqa: S311

    async def _dial_once(self, peer: int) -> Link:
        """A connection that is up, hellos and all, or was closed."""
        address = self._addresses[peer]
        credential = self._identity.credential()
        link = self._new_link(credential.digest, peer)
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(HANDSHAKE_TIMEOUT_S):
                await loop.create_connection(
                    lambda: link, *address, ssl=credential.client, server_hostname=""
                )
                await link.settled.wait()
        except (OSError, TimeoutError) as error:  # ssl.SSLError is an OSError
            link.close(f"{type(error).__name__}: {error}")
        return link

    async def _accept_all(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, where = await loop.sock_accept(listening)
            except OSError as error:  # out of file descriptors: others will be free again
                log.warning("cannot accept", reason=str(error))
                await asyncio.sleep(FIRST_RETRY_S)
                continue
            host = str(where[0])
            here, all_of_them = self._strangers[host], self._strangers.total()
            if here >= MAX_STRANGERS_AT_ONE_ADDRESS or all_of_them >= MAX_STRANGERS:
                accepted.close()
                self.refused += 1
                continue
            self._spawn(self._accept(accepted, host))

    async def _accept(self, accepted: socket.socket, host: str) -> None:
        """TLS and the hello of one accepted socket."""
        self._strangers[host] += 1
        credential = self._identity.credential()
        link = self._new_link(credential.digest, None)
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(HANDSHAKE_TIMEOUT_S):
                await loop.connect_accepted_socket(lambda: link, accepted, ssl=credential.server)
                await link.settled.wait()
        except (OSError, TimeoutError) as error:
            link.close(f"{type(error).__name__}: {error}")
        finally:
            self._strangers[host] -= 1
            if not self._strangers[host]:
                del self._strangers[host]

    async def _watch(self) -> None:
        """Let silent connections go, and tell peers that this side lives."""
        while True:
            await asyncio.sleep(KEEPALIVE_S / 3)
            now = self._now()
            for link in list(self._links.values()):
                if now - link.last_in_s > SILENCE_S:
                    link.close("silent")
                elif now - link.last_out_s > KEEPALIVE_S:
                    link.keep_alive()
