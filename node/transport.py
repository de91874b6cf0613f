"""Connections to other nodes. Knows addresses, dialling and blame; no message, no vote.

Of two partners the one whose code is lower dials, whatever the epoch in which either stands, so
that there is one connection a pair and nothing to resolve; a new connection of a member replaces
its old one, which may be half dead. A node that has no seat in its epoch dials everybody. What
misbehaves is disconnected, and let in again only after a pause that doubles ([NET-2]).

The receiver calls a member by its index in the epoch that this node is in. Every other connection
is a guest link, whoever dialled it, and has a handle of its own ([NET-3]).
"""

from __future__ import annotations

import asyncio
import random
import socket
import ssl
from collections import Counter
from collections.abc import Coroutine, Mapping
from typing import Final, NamedTuple, Protocol

import msgspec
import structlog

from node.identity import NO_CERTIFICATE, Identity
from node.link import Link, Terms, Way
from node.penalties import Penalties
from node.world import GUESTS

HANDSHAKE_TIMEOUT_S: Final = 5.0
"""For TCP, TLS and the hello together."""
KEEPALIVE_S: Final = 3.0
SILENCE_S: Final = 10.0
"""A peer that says nothing for so long, not even that it lives, is gone."""
FIRST_RETRY_S: Final = 0.1
LAST_RETRY_S: Final = 5.0
MAX_STRANGERS: Final = 128
"""Accepted sockets that have not shown yet whose they are."""
MAX_STRANGERS_AT_ONE_ADDRESS: Final = 16
MAX_GUESTS: Final = 32
"""Accepted guest links; those that this node dialled are its own affair."""
MAX_GUESTS_AT_ONE_ADDRESS: Final = 16

log = structlog.get_logger(__name__)


class Address(NamedTuple):
    """Where a peer listens."""

    host: str
    port: int


class Receiver(Protocol):
    """What the connections are for: the replica. Peers are member indices of the present epoch, or
    guests' handles from ``GUESTS`` on, none of which is used twice."""

    def on_frame(self, peer: int, frame: bytes) -> None:
        """A frame came in."""

    def on_connected(self, peer: int) -> None:
        """A connection is new."""

    def on_disconnected(self, peer: int) -> None:
        """It is gone."""


class PeerStatus(msgspec.Struct, frozen=True):
    """One peer, for the metrics and the status page. Counts are of the present connection.

    ``peer`` is the connection's handle; of a partner without one its member index, None if it is no
    member. ``code`` is None for a guest whom nobody knows."""

    peer: int | None
    code: str | None
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

    def __init__(
        self, identity: Identity, addresses: Mapping[str, Address], own: str | None
    ) -> None:
        """``addresses`` are by partner code, ``own`` is this node's; None: it is no partner's."""
        self._identity = identity
        self._addresses = dict(addresses)
        self._own = own
        self._receiver: Receiver | None = None
        self._open: set[Link] = set()
        self._links: dict[int, Link] = {}
        self._next_guest = GUESTS
        self._strangers: Counter[str] = Counter()
        self._blamed_members: Penalties[int] = Penalties()
        self._blamed_codes: Penalties[str] = Penalties()
        self._blamed_hosts: Penalties[str] = Penalties()
        self._connects: Counter[str] = Counter()
        self._reasons: dict[str, str] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._dialling: dict[str, asyncio.Task[None]] = {}
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
        """Listen, and dial. Answers the address that was taken (port 0: any)."""
        loop = asyncio.get_running_loop()
        self._now = loop.time
        [(family, _, _, _, where), *_] = await loop.getaddrinfo(
            listen.host, listen.port, type=socket.SOCK_STREAM
        )
        self._socket = socket.create_server(where, family=family, backlog=MAX_STRANGERS)
        self._socket.setblocking(False)
        self._spawn(self._accept_all(self._socket))
        self._spawn(self._watch())
        self._dial_all()
        return Address(*self._socket.getsockname()[:2])

    async def stop(self) -> None:
        """Close everything; nothing is received after."""
        self._stopping = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._close_all("this node stops")
        if self._socket is not None:
            self._socket.close()
        await asyncio.sleep(0)

    def enter(self, identity: Identity, own: str | None) -> None:
        """Stand in another epoch from now on: every connection is closed, and the partners are
        dialled anew at once. What was on its way is lost, as on a lossy wire.

        May be called within a turn of the loop's. The receiver's ``on_disconnected`` is called for
        every peer before this returns, while members still are those of the epoch that is left; the
        caller makes sure that this is safe. Nothing of a closed connection is received after."""
        self._identity, self._own = identity, own
        if self._socket is None:
            return  # not started yet
        for dialling in self._dialling.values():
            dialling.cancel()
        self._dialling.clear()
        self._close_all("another epoch")
        self._blamed_members.clear()
        self._dial_all()

    def send(self, peer: int, frame: bytes) -> None:
        """Queue a frame for a peer; dropped if it is away or its queue is full."""
        link = self._links.get(peer)
        if link is None:
            self.dropped += 1
        else:
            link.send(frame)

    def disconnect(self, peer: int, reason: str) -> None:
        """The peer misbehaved: let it go, and stay away from it for a while. A member is known by
        its index, a guest by the partner that was dialled or else by the host that it came from."""
        link = self._links.get(peer)
        penalty_s = 0.0
        if peer < GUESTS:
            penalty_s = self._blamed_members.add(peer, self._now())
        elif link is not None and link.host is not None:
            penalty_s = self._blamed_hosts.add(link.host, self._now())
        elif link is not None and link.code is not None:
            penalty_s = self._blamed_codes.add(link.code, self._now())
        log.warning("peer misbehaved", peer=peer, reason=reason, penalty_s=penalty_s)
        if link is not None:
            link.close(f"misbehaved: {reason}")

    def set_addresses(self, addresses: Mapping[str, Address]) -> None:
        """Take new addresses; connections that stand are kept, a lost one is dialled anew there."""
        self._addresses = dict(addresses)
        self._dial_all()

    @property
    def epoch(self) -> int:
        """The epoch of which the members are."""
        return self._identity.epoch

    @property
    def connected(self) -> tuple[int, ...]:
        """Members with a connection that counts, ascending."""
        return tuple(sorted(peer for peer in self._links if peer < GUESTS))

    @property
    def guests(self) -> tuple[int, ...]:
        """Handles of the guest links, ascending; whoever dialled them."""
        return tuple(sorted(peer for peer in self._links if peer >= GUESTS))

    @property
    def codes(self) -> frozenset[str]:
        """The partners that are connected and known by code, as members or as guests."""
        return frozenset(link.code for link in self._links.values() if link.code is not None)

    def status(self) -> list[PeerStatus]:
        """Every connection, and every partner with an address and none; ascending, members first,
        and partners last that have neither a seat nor a connection."""
        found = [self._status(peer, link.code, link) for peer, link in self._links.items()]
        away = {*self._addresses} - {link.code for link in self._links.values()} - {self._own}
        found += [self._status(self._identity.index_of(code), code, None) for code in away]
        return sorted(found, key=lambda each: (each.peer is None, each.peer or 0, each.code or ""))

    def _status(self, peer: int | None, code: str | None, link: Link | None) -> PeerStatus:
        counts = (0, 0, 0, 0, 0)
        if link is not None:
            counts = (
                link.frames_in,
                link.bytes_in,
                link.frames_out,
                link.bytes_out,
                link.dropped,
            )
        connects = int(link is not None) if code is None else self._connects[code]
        reason = "" if code is None else self._reasons.get(code, "")
        return PeerStatus(peer, code, link is not None, *counts, connects, reason)

    # --- what links tell -------------------------------------------------------------------------

    def link_up(self, link: Link) -> str | None:
        """A peer is who it says it is, or a guest."""
        refusal = self._refusal(link)
        if refusal is not None:
            return refusal
        if link.member is None:
            link.peer = self._next_guest
            self._next_guest += 1
        else:
            link.peer = link.member
        older = self._links.get(link.peer)
        if older is not None:
            older.close("replaced by a new connection")
        self._links[link.peer] = link
        if link.code is not None:
            self._connects[link.code] += 1
        log.info("peer connected", peer=link.peer, code=link.code, dialled=link.dialled)
        self._bound().on_connected(link.peer)
        return None

    def _refusal(self, link: Link) -> str | None:
        """Why a connection is not wanted now, if so."""
        if self._stopping:
            return "this node stops"
        if link.member is not None:
            is_its_turn = link.dialled == self._dials(self._identity.code_of(link.member))
            if self._blamed_members.holds(link.member, self._now()) or not is_its_turn:
                return "not wanted now"
            return None
        if self._blamed_codes.holds(link.code, self._now()):
            return "not wanted now"
        if link.host is None:
            return None
        if self._blamed_hosts.holds(link.host, self._now()):
            return "not wanted now"
        hosts = [self._links[peer].host for peer in self.guests]
        here, all_of_them = hosts.count(link.host), len(hosts) - hosts.count(None)
        if here >= MAX_GUESTS_AT_ONE_ADDRESS or all_of_them >= MAX_GUESTS:
            return "too many guests"
        return None

    def link_frame(self, link: Link, frame: bytes) -> None:
        """A frame for the replica."""
        assert link.peer is not None
        self._bound().on_frame(link.peer, frame)

    def link_down(self, link: Link, reason: str) -> None:
        """A connection is gone."""
        self._open.discard(link)
        self.dropped += link.dropped
        if not link.up:
            self.refused += 1
            tell = log.debug if link.dialled else log.info  # an absent peer is dialled for ever
            tell("no connection", code=link.code, dialled=link.dialled, reason=reason)
        if link.code is not None:
            self._reasons[link.code] = reason
        if link.peer is not None and self._links.get(link.peer) is link:
            del self._links[link.peer]
            log.info("peer disconnected", peer=link.peer, code=link.code, reason=reason)
            self._bound().on_disconnected(link.peer)

    # --- inside ----------------------------------------------------------------------------------

    def _bound(self) -> Receiver:
        assert self._receiver is not None, "bind first"
        return self._receiver

    def _spawn(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _close_all(self, reason: str) -> None:
        """Members first, ascending; then guests; then what never came up."""
        for _, link in sorted(self._links.items()):
            link.close(reason)
        for link in list(self._open):
            link.close(reason)

    def _new_link(self, way: Way, own: bytes, place: str) -> Link:
        link = Link(self, Terms(self._identity, way, own, place, self._now))
        self._open.add(link)
        return link

    def _dials(self, code: str) -> bool:
        """Whether this node dials that partner, rather than waits for it. One without a seat cannot
        know that the others have its address."""
        if self._own is None or self._identity.me is None:
            return code != self._own
        return self._own < code

    def _dial_all(self) -> None:
        if self._socket is None or self._stopping:
            return
        for code in self._addresses:
            if self._dials(code) and code not in self._dialling:
                self._dialling[code] = self._spawn(self._dial(code))

    async def _dial(self, code: str) -> None:
        """Keep a connection to a partner, for as long as it has an address and the epoch lasts."""
        retry_s = FIRST_RETRY_S
        refused_as_member = False
        while code in self._addresses:
            way = self._way(code, refused_as_member)
            if way is not None:
                began = self._now()
                link, is_away = await self._dial_once(code, way)
                if link.up:
                    await link.closed.wait()
                # Refused: the other may stand in an epoch of other keys, where a guest is welcome.
                refused_as_member = way is Way.AS_MEMBER and not (link.up or is_away)
                lived = link.up and self._now() - began > LAST_RETRY_S
                retry_s = FIRST_RETRY_S if lived else min(retry_s * 2, LAST_RETRY_S)
            # Jitter: a network that starts at once must not knock in step for ever.
            await asyncio.sleep(retry_s * random.uniform(0.5, 1.0))  # noqa: S311
        del self._dialling[code]

    def _way(self, code: str, refused_as_member: bool) -> Way | None:
        """How to dial a partner next; None: not now."""
        member = None if self._identity.me is None else self._identity.index_of(code)
        if self._blamed_members.holds(member, self._now()):
            return None
        if member is not None and not refused_as_member:
            return Way.AS_MEMBER
        return None if self._blamed_codes.holds(code, self._now()) else Way.AS_GUEST

    async def _dial_once(self, code: str, way: Way) -> tuple[Link, bool]:
        """A connection that is up, hellos and all, or was closed; and whether nobody was there."""
        credential = self._identity.credential()
        is_guest = way is Way.AS_GUEST
        link = self._new_link(way, NO_CERTIFICATE if is_guest else credential.digest, code)
        context = credential.guest if is_guest else credential.client
        is_away = False
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(HANDSHAKE_TIMEOUT_S):
                await loop.create_connection(
                    lambda: link, *self._addresses[code], ssl=context, server_hostname=""
                )
                await link.settled.wait()
        except OSError as error:  # TimeoutError and ssl.SSLError are among them
            is_away = not _is_refusal(error)
            link.close(f"{type(error).__name__}: {error}")
        return link, is_away

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
        link = self._new_link(Way.ACCEPTED, credential.digest, host)
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(HANDSHAKE_TIMEOUT_S):
                await loop.connect_accepted_socket(lambda: link, accepted, ssl=credential.server)
                await link.settled.wait()
        except OSError as error:
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


def _is_refusal(error: OSError) -> bool:
    """Whether somebody answered and would not have us; otherwise nobody is there, or too slow."""
    if isinstance(error, ConnectionRefusedError):  # no process has this port
        return False
    return isinstance(error, ssl.SSLError | ConnectionError)
