"""Members reach each other, and nobody else does [NET-1, NET-2]."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from msgspec.structs import replace

from node import link as link_module
from node import transport as transport_module
from node.frames import framed
from node.identity import Hello, Identity, _leaf
from node.transport import Address, Transport
from primitives.encoding import Malformed, decode, encode
from primitives.keys import Ed25519Key
from primitives.validators import ValidatorSet
from tests import builders

CHAIN = builders.a_chain()
COMMITTEE = builders.a_committee(4)
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
    def __init__(self, identity: Identity) -> None:
        self.replica = Replica()
        self.transport = Transport(identity, {})
        self.transport.bind(self.replica)
        self.address = LOOPBACK


def identity(
    me: int,
    signer: Ed25519Key | None = None,
    chain: bytes = CHAIN,
    members: ValidatorSet = COMMITTEE.members,
) -> Identity:
    return Identity(
        chain, members, me, signer or builders.a_key(f"consensus of {builders.a_code(me)}")
    )


async def until(condition: Callable[[], object], timeout_s: float = 15) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 - a test looks from outside
            await asyncio.sleep(0.01)


async def started(*identities: Identity) -> list[Node]:
    nodes = [Node(each) for each in identities]
    for node in nodes:
        node.address = await node.transport.start(LOOPBACK)
    for node in nodes:
        others = [other for other in nodes if other is not node]
        node.transport.set_addresses(
            {other.transport._identity.me: other.address for other in others}
        )
    return nodes


@asynccontextmanager
async def network(*identities: Identity) -> AsyncIterator[list[Node]]:
    nodes = await started(*identities)
    try:
        yield nodes
    finally:
        for node in nodes:
            await node.transport.stop()


async def dial_raw(
    node: Node, credential_of: Identity
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, bytes, bytes]:
    """A TLS connection with a real certificate, over which the test says what it likes."""
    credential = credential_of.credential()
    reader, writer = await asyncio.open_connection(
        *node.address, ssl=credential.client, server_hostname=""
    )
    session: ssl.SSLObject = writer.get_extra_info("ssl_object")
    seen = session.getpeercert(binary_form=True)
    assert seen is not None
    return reader, writer, credential.digest, sha256(seen).digest()


async def test_every_pair_connects_once_and_frames_arrive() -> None:
    async with network(*(identity(i) for i in range(4))) as nodes:
        await until(lambda: all(len(node.transport.connected) == 3 for node in nodes))
        for sender, node in enumerate(nodes):
            for peer in node.transport.connected:
                node.transport.send(peer, b"from %d" % sender)
                node.transport.send(peer, bytes(900_000))
        await until(lambda: all(len(node.replica.frames) == 6 for node in nodes))
        for me, node in enumerate(nodes):
            small = sorted(frame for frame in node.replica.frames if len(frame[1]) < 100)
            assert small == [(i, b"from %d" % i) for i in range(4) if i != me]
            assert sorted(node.replica.connected) == [i for i in range(4) if i != me]


async def test_a_stranger_reaches_nobody() -> None:
    """A key that genesis does not name gets no connection, whichever side dials."""
    strange = builders.a_key("a stranger")
    async with network(identity(1, strange), identity(2), identity(0)) as (liar, two, zero):
        await until(lambda: two.transport.refused >= 2 and zero.transport.refused >= 2)
        assert liar.replica.connected == []
        assert two.replica.connected == [0]
        assert zero.replica.connected == [2]


async def test_a_certificate_that_names_anothers_key_is_refused() -> None:
    """The stranger knows the public key of member 1, and puts it into its certificate."""

    class Pretender:
        public_key = COMMITTEE.members.key(1)

        def sign(self, message: bytes) -> bytes:
            return builders.a_key("a stranger").sign(message)

    pretender = Identity(CHAIN, COMMITTEE.members, 1, Pretender())
    async with network(pretender, identity(2), identity(0)) as (liar, two, zero):
        await until(lambda: two.transport.refused >= 2 and zero.transport.refused >= 2)
        assert liar.replica.connected == []
        assert (two.replica.connected, zero.replica.connected) == ([0], [2])


async def test_a_member_of_another_chain_is_refused() -> None:
    async with network(identity(0), identity(1, chain=bytes(32))) as (one, other):
        await until(lambda: one.transport.refused >= 2)
        assert one.replica.connected == other.replica.connected == []
        assert "wrong_chain" in one.transport.status()[0].last_reason


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"version": 2}, "hello_version"),
        ({"chain": bytes(32)}, "wrong_chain"),
        ({"sender": 2}, "hello_invalid"),
        ({"receiver": 3}, "hello_invalid"),
        ({"own": bytes(32)}, "hello_invalid"),
        ({"yours": bytes(32)}, "hello_invalid"),
        ({"signature": bytes(64)}, "hello_invalid"),
    ],
)
def test_each_field_of_a_hello_counts(change: dict[str, object], code: str) -> None:
    mine, theirs = b"\1" * 32, b"\2" * 32
    sender, receiver = identity(1), identity(0)
    hello = sender.hello(0, theirs, mine)
    receiver.check_hello(hello, 1, mine, theirs)
    with pytest.raises(Malformed) as caught:
        receiver.check_hello(encode(replace(decode(Hello, hello), **change)), 1, mine, theirs)
    assert caught.value.code == code


async def test_frames_before_a_hello_do_not_count() -> None:
    async with network(identity(1)) as [node]:
        _, writer, _, _ = await dial_raw(node, identity(0))
        writer.write(framed(b"a vote, trust me"))
        await until(lambda: node.transport.refused == 1)
        assert node.replica.frames == node.replica.connected == []
        writer.close()


async def test_a_hello_of_another_connection_does_not_count() -> None:
    async with network(identity(1)) as [node]:
        peer = identity(0)
        _, first, own, theirs = await dial_raw(node, peer)
        first.write(framed(peer.hello(1, own, theirs)))
        await until(lambda: node.replica.connected == [0])
        recorded = peer.hello(1, own, theirs)
        _, second, _, _ = await dial_raw(node, identity(0))
        second.write(framed(recorded))
        await until(lambda: node.transport.refused == 1)
        assert node.replica.connected == [0]
        first.close()
        second.close()


async def test_a_member_that_does_not_dial_by_the_rule_is_refused() -> None:
    """Member 2 dials member 1, who is to dial it."""
    async with network(identity(1)) as [node]:
        peer = identity(2)
        _, writer, own, theirs = await dial_raw(node, peer)
        writer.write(framed(peer.hello(1, own, theirs)))
        await until(lambda: node.transport.refused == 1)
        assert node.replica.connected == []
        writer.close()


async def test_an_oversized_frame_ends_the_connection() -> None:
    async with network(identity(1)) as [node]:
        peer = identity(0)
        _, writer, own, theirs = await dial_raw(node, peer)
        writer.write(framed(peer.hello(1, own, theirs)))
        await until(lambda: node.replica.connected == [0])
        writer.write(b"\xff\xff\xff\xff")
        await until(lambda: node.replica.disconnected == [0])
        writer.close()


async def test_silence_is_bounded_before_the_hello(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "HANDSHAKE_TIMEOUT_S", 0.3)
    async with network(identity(1)) as [node]:
        reader, writer = await asyncio.open_connection(*node.address)
        assert await asyncio.wait_for(reader.read(), 5) == b"", "TLS never began"
        _, quiet, _, _ = await dial_raw(node, identity(0))
        await until(lambda: node.transport.refused == 2)
        assert node.transport._strangers.total() == 0
        writer.close()
        quiet.close()


async def test_strangers_cannot_take_every_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "MAX_STRANGERS_AT_ONE_ADDRESS", 3)
    async with network(identity(1)) as [node]:
        opened = [await asyncio.open_connection(*node.address) for _ in range(4)]
        await until(lambda: node.transport.refused == 1)
        assert await asyncio.wait_for(opened[3][0].read(), 5) == b""
        for _, writer in opened:
            writer.close()


async def test_a_restarted_peer_replaces_its_old_connection() -> None:
    async with network(identity(0), identity(1)) as (zero, one):
        await until(lambda: one.replica.connected == [0])
        await zero.transport.stop()
        await until(lambda: one.replica.disconnected == [0])
        again = Node(identity(0))
        await again.transport.start(LOOPBACK)
        again.transport.set_addresses({1: one.address})
        await until(lambda: one.replica.connected == [0, 0])
        await again.transport.stop()


async def test_misbehaviour_ends_a_connection_and_keeps_it_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transport_module, "FIRST_PENALTY_S", 0.5)
    async with network(identity(0), identity(1)) as (zero, one):
        await until(lambda: one.replica.connected == [0])
        loop = asyncio.get_running_loop()
        began = loop.time()
        one.transport.disconnect(0, "malformed")
        await until(lambda: one.replica.disconnected == [0])
        await until(lambda: zero.replica.disconnected[:1] == [1])
        await until(lambda: one.replica.connected == [0, 0])
        assert loop.time() - began >= 0.5
        assert one.transport._blame[0].times == 1


async def test_a_full_queue_drops_and_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """[MSG-3]"""
    monkeypatch.setattr(link_module, "MAX_QUEUED", 10_000)
    async with network(identity(0), identity(1)) as (zero, _):
        await until(lambda: zero.transport.connected == (1,))
        link = zero.transport._links[1]
        link.pause_writing()
        for _ in range(5):
            zero.transport.send(1, bytes(5_000))
        assert (len(link._large), link.dropped) == (2, 3)
        assert zero.transport.status()[0].dropped == 3


async def test_a_frame_for_an_absent_peer_is_counted() -> None:
    async with network(identity(0)) as [node]:
        node.transport.send(3, b"x")
        assert node.transport.dropped == 1


async def test_small_frames_overtake_large_ones() -> None:
    async with network(identity(0), identity(1)) as (zero, one):
        await until(lambda: zero.transport.connected == (1,) and one.transport.connected == (0,))
        zero.transport.send(1, bytes(500_000))
        zero.transport.send(1, b"a vote")
        await until(lambda: len(one.replica.frames) == 2)
        assert [len(frame) for _, frame in one.replica.frames] == [6, 500_000]


async def test_a_silent_peer_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "KEEPALIVE_S", 0.1)
    monkeypatch.setattr(transport_module, "SILENCE_S", 0.6)
    async with network(identity(0), identity(1)) as (zero, one):
        await until(lambda: one.replica.connected == [0])
        await asyncio.sleep(1.0)
        assert one.replica.disconnected == [], "keepalives hold a connection"
        zero.transport._links[1].keep_alive = lambda: None  # type: ignore[method-assign]
        await until(lambda: "silent" in one.transport.status()[0].last_reason)


async def test_an_address_can_change_while_the_node_runs() -> None:
    nodes = [Node(identity(0)), Node(identity(1))]
    zero, one = nodes
    await zero.transport.start(LOOPBACK)
    one.address = await one.transport.start(LOOPBACK)
    zero.transport.set_addresses({1: Address("127.0.0.1", 1)})
    await until(lambda: zero.transport.refused >= 1)
    zero.transport.set_addresses({1: one.address})
    await until(lambda: zero.transport.connected == (1,))
    for node in nodes:
        await node.transport.stop()


def test_a_credential_is_renewed_each_day_and_kept_meanwhile() -> None:
    clock = [datetime(2026, 11, 1, tzinfo=UTC)]
    signer = builders.a_key("consensus of north")
    renewing = Identity(CHAIN, COMMITTEE.members, 0, signer, now=lambda: clock[0])
    first = renewing.credential()
    clock[0] += timedelta(hours=23)
    assert renewing.credential() is first
    clock[0] += timedelta(hours=1)
    assert renewing.credential().digest != first.digest


def test_peer_of_believes_only_signed_certificates() -> None:
    own = identity(0)
    with pytest.raises(Malformed):
        own.peer_of(None)
    with pytest.raises(Malformed):
        own.peer_of(b"not a certificate")
    now = datetime.now(UTC)
    tls = builders.a_key("tls")._private_key.public_key()
    with pytest.raises(Malformed, match="no peer's key"):
        own.peer_of(_leaf(tls, builders.a_key("x"), now))
    assert own.peer_of(_leaf(tls, builders.a_key("consensus of south"), now)) == 2
