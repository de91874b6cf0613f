"""Nodes that are nothing but a transport: who they are, what they receive, how they are started."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from hashlib import sha256

from node.identity import NO_CERTIFICATE, Ends, Identity, KeyVoice
from node.transport import Address, Transport
from primitives.keys import Ed25519Key
from primitives.validators import Validator, ValidatorSet
from tests import builders

CHAIN = builders.a_chain()
COMMITTEE = builders.a_committee(4)
"""north, east, south, west: east dials all, north dials south and west, south dials west."""
NORTH, EAST, SOUTH, WEST = range(4)
LOOPBACK = Address("127.0.0.1", 0)


class Replica:
    """Collects what a transport hands over."""

    def __init__(self) -> None:
        self.frames: list[tuple[int, bytes]] = []
        self.connected: list[int] = []
        self.disconnected: list[int] = []

    def on_frame(self, peer: int, frame: bytes) -> None:
        self.frames.append((peer, frame))

    def on_connected(self, peer: int) -> None:
        self.connected.append(peer)

    def on_disconnected(self, peer: int) -> None:
        self.disconnected.append(peer)


class Node:
    def __init__(self, identity: Identity, own: str | None) -> None:
        self.own = own
        self.replica = Replica()
        self.transport = Transport(identity, {}, own)
        self.transport.bind(self.replica)
        self.address = LOOPBACK

    async def start(self) -> None:
        self.address = await self.transport.start(LOOPBACK)

    def knows(self, *others: "Node") -> None:
        """Give it the addresses of these, as an operator would."""
        known: Mapping[str, Address] = {
            other.own: other.address for other in others if other.own is not None
        }
        self.transport.set_addresses(known)

    def reason(self, code: str) -> str:
        """Why the last connection with a partner ended."""
        reasons = [each.last_reason for each in self.transport.status() if each.code == code]
        return reasons[0] if reasons else ""


def key_of(code: str, epoch: int = 0) -> Ed25519Key:
    """A partner's consensus key of an epoch."""
    return builders.a_key(f"consensus of {code}" + (f" in {epoch}" if epoch else ""))


def members_of(epoch: int, *codes: str, keys_of: int | None = None) -> ValidatorSet:
    """An epoch's members in this order, with that epoch's keys or those of an earlier one."""
    since = epoch if keys_of is None else keys_of
    return ValidatorSet(epoch, tuple(Validator(c, key_of(c, since).public_key) for c in codes))


def identity(
    me: int,
    signer: Ed25519Key | None = None,
    chain: bytes = CHAIN,
    members: ValidatorSet = COMMITTEE.members,
) -> Identity:
    """A member of epoch 0."""
    return Identity(chain, members, me, KeyVoice(signer or key_of(builders.a_code(me))))


def member(code: str, members: ValidatorSet, keys_of: int | None = None) -> Node:
    """A partner with a seat in an epoch."""
    places = [place for place, each in enumerate(members.members) if each.partner == code]
    since = members.epoch if keys_of is None else keys_of
    return Node(Identity(CHAIN, members, places[0], KeyVoice(key_of(code, since))), code)


def founder(me: int) -> Node:
    """A member of epoch 0, with its partner's code."""
    return Node(identity(me), builders.a_code(me))


def watching(members: ValidatorSet, code: str | None = None) -> Node:
    """A node without a seat and without a key."""
    return Node(Identity(CHAIN, members, None, None), code)


async def until(condition: Callable[[], object], timeout_s: float = 15) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 - a test looks from outside
            await asyncio.sleep(0.01)


@asynccontextmanager
async def network(*nodes: Node) -> AsyncIterator[None]:
    """Start them all, let each know all others, and stop them in the end."""
    try:
        for node in nodes:
            await node.start()
        for node in nodes:
            node.knows(*(other for other in nodes if other is not node))
        yield
    finally:
        for node in nodes:
            await node.transport.stop()


async def dial_raw(
    node: Node, credential_of: Identity, as_guest: bool = False
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, Ends]:
    """A TLS connection with a real certificate or none, over which the test says what it likes."""
    credential = credential_of.credential()
    context = credential.guest if as_guest else credential.client
    reader, writer = await asyncio.open_connection(*node.address, ssl=context, server_hostname="")
    session: ssl.SSLObject = writer.get_extra_info("ssl_object")
    seen = session.getpeercert(binary_form=True)
    assert seen is not None
    own = NO_CERTIFICATE if as_guest else credential.digest
    ends = credential_of.ends(own, seen)
    assert ends.theirs == sha256(seen).digest()
    return reader, writer, ends
