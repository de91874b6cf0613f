"""Members reach each other, and nobody else does [NET-1, NET-2]."""

import asyncio

import pytest

from node import link as link_module
from node import penalties as penalties_module
from node import transport as transport_module
from node.frames import framed
from node.identity import Identity, KeyVoice
from node.transport import Address
from tests import builders
from tests.unit.node.peers import (
    CHAIN,
    COMMITTEE,
    EAST,
    NORTH,
    SOUTH,
    Node,
    dial_raw,
    founder,
    identity,
    network,
    until,
)


async def test_every_pair_connects_once_and_frames_arrive() -> None:
    nodes = [founder(i) for i in range(4)]
    async with network(*nodes):
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
    """A key that no member has gets no member's connection, whichever side dials."""
    liar = Node(identity(NORTH, builders.a_key("a stranger")), "north")
    south, east = founder(SOUTH), founder(EAST)
    async with network(liar, south, east):
        await until(lambda: south.transport.refused >= 3 and east.transport.refused >= 3)
        assert liar.replica.connected == []
        assert south.transport.connected == (EAST,)
        assert east.transport.connected == (SOUTH,)


async def test_a_certificate_that_names_anothers_key_is_refused() -> None:
    """The stranger knows the public key of member 1, and puts it into its certificate."""

    class Pretender:
        public_key = COMMITTEE.members.key(NORTH)

        def sign(self, message: bytes) -> bytes:
            return builders.a_key("a stranger").sign(message)

    liar = Node(Identity(CHAIN, COMMITTEE.members, NORTH, KeyVoice(Pretender())), "north")
    south, east = founder(SOUTH), founder(EAST)
    async with network(liar, south, east):
        await until(lambda: south.transport.refused >= 3 and east.transport.refused >= 3)
        await until(lambda: "certificate_invalid" in east.reason("north"))
        assert liar.replica.connected == []
        assert south.replica.connected == [EAST]
        assert east.replica.connected == [SOUTH]


async def test_a_member_of_another_chain_is_refused() -> None:
    """As a member and as a guest."""
    one, other = founder(NORTH), Node(identity(EAST, chain=bytes(32)), "east")
    async with network(one, other):
        await until(lambda: "wrong_chain" in other.reason("north"))
        await until(lambda: one.transport.refused >= 4)
        assert one.replica.connected == other.replica.connected == []


async def test_frames_before_a_hello_do_not_count() -> None:
    node = founder(NORTH)
    async with network(node):
        _, writer, _ = await dial_raw(node, identity(EAST))
        writer.write(framed(b"a vote, trust me"))
        await until(lambda: node.transport.refused == 1)
        assert node.replica.frames == node.replica.connected == []
        writer.close()


async def test_a_hello_of_another_connection_does_not_count() -> None:
    node = founder(NORTH)
    async with network(node):
        peer = identity(EAST)
        _, first, ends = await dial_raw(node, peer)
        first.write(framed(peer.hello(ends)))
        await until(lambda: node.replica.connected == [EAST])
        recorded = peer.hello(ends)
        _, second, _ = await dial_raw(node, identity(EAST))
        second.write(framed(recorded))
        await until(lambda: node.transport.refused == 1)
        assert node.replica.connected == [EAST]
        first.close()
        second.close()


async def test_a_member_that_does_not_dial_by_the_rule_is_refused() -> None:
    """South dials north, who is to dial it; what counts is the code, not the index."""
    node = founder(NORTH)
    async with network(node):
        peer = identity(SOUTH)
        _, writer, ends = await dial_raw(node, peer)
        writer.write(framed(peer.hello(ends)))
        await until(lambda: node.transport.refused == 1)
        assert node.replica.connected == []
        writer.close()


async def test_an_oversized_frame_ends_the_connection() -> None:
    node = founder(NORTH)
    async with network(node):
        peer = identity(EAST)
        _, writer, ends = await dial_raw(node, peer)
        writer.write(framed(peer.hello(ends)))
        await until(lambda: node.replica.connected == [EAST])
        writer.write(b"\xff\xff\xff\xff")
        await until(lambda: node.replica.disconnected == [EAST])
        writer.close()


async def test_silence_is_bounded_before_the_hello(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "HANDSHAKE_TIMEOUT_S", 0.3)
    node = founder(NORTH)
    async with network(node):
        reader, writer = await asyncio.open_connection(*node.address)
        assert await asyncio.wait_for(reader.read(), 5) == b"", "TLS never began"
        _, quiet, _ = await dial_raw(node, identity(EAST))
        await until(lambda: node.transport.refused == 2)
        assert node.transport._strangers.total() == 0
        writer.close()
        quiet.close()


async def test_strangers_cannot_take_every_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "MAX_STRANGERS_AT_ONE_ADDRESS", 3)
    node = founder(NORTH)
    async with network(node):
        opened = [await asyncio.open_connection(*node.address) for _ in range(4)]
        await until(lambda: node.transport.refused == 1)
        assert await asyncio.wait_for(opened[3][0].read(), 5) == b""
        for _, writer in opened:
            writer.close()


async def test_a_restarted_peer_replaces_its_old_connection() -> None:
    north, east = founder(NORTH), founder(EAST)
    async with network(north, east):
        await until(lambda: north.replica.connected == [EAST])
        await east.transport.stop()
        await until(lambda: north.replica.disconnected == [EAST])
        again = founder(EAST)
        await again.start()
        again.knows(north)
        await until(lambda: north.replica.connected == [EAST, EAST])
        await again.transport.stop()


async def test_misbehaviour_ends_a_connection_and_keeps_it_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also as a guest, since both stand in one epoch."""
    monkeypatch.setattr(penalties_module, "FIRST_PENALTY_S", 0.5)
    north, east = founder(NORTH), founder(EAST)
    async with network(north, east):
        await until(lambda: north.replica.connected == [EAST])
        loop = asyncio.get_running_loop()
        began = loop.time()
        north.transport.disconnect(EAST, "malformed")
        await until(lambda: north.replica.disconnected == [EAST])
        await until(lambda: east.replica.disconnected[:1] == [NORTH])
        await until(lambda: north.replica.connected == [EAST, EAST])
        assert loop.time() - began >= 0.5
        assert set(east.replica.connected) == {NORTH}


async def test_a_full_queue_drops_and_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """[MSG-3]"""
    monkeypatch.setattr(link_module, "MAX_QUEUED", 10_000)
    north, east = founder(NORTH), founder(EAST)
    async with network(north, east):
        await until(lambda: north.transport.connected == (EAST,))
        link = north.transport._links[EAST]
        link.pause_writing()
        for _ in range(5):
            north.transport.send(EAST, bytes(5_000))
        assert (len(link._large), link.dropped) == (2, 3)
        [status] = north.transport.status()
        assert (status.peer, status.code, status.dropped) == (EAST, "east", 3)


async def test_a_frame_for_an_absent_peer_is_counted() -> None:
    node = founder(NORTH)
    async with network(node):
        node.transport.send(3, b"x")
        assert node.transport.dropped == 1


async def test_small_frames_overtake_large_ones() -> None:
    north, east = founder(NORTH), founder(EAST)
    async with network(north, east):
        await until(lambda: north.transport.connected and east.transport.connected)
        north.transport.send(EAST, bytes(500_000))
        north.transport.send(EAST, b"a vote")
        await until(lambda: len(east.replica.frames) == 2)
        assert [len(frame) for _, frame in east.replica.frames] == [6, 500_000]


async def test_a_silent_peer_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "KEEPALIVE_S", 0.1)
    monkeypatch.setattr(transport_module, "SILENCE_S", 0.6)
    north, east = founder(NORTH), founder(EAST)
    async with network(north, east):
        await until(lambda: north.replica.connected == [EAST])
        await asyncio.sleep(1.0)
        assert north.replica.disconnected == [], "keepalives hold a connection"
        east.transport._links[NORTH].keep_alive = lambda: None  # type: ignore[method-assign]
        await until(lambda: "silent" in north.reason("east"))


async def test_an_address_can_change_while_the_node_runs() -> None:
    north, east = founder(NORTH), founder(EAST)
    async with network(north, east):
        await until(lambda: east.replica.connected == [NORTH])
        await north.transport.stop()
        await until(lambda: east.replica.disconnected == [NORTH])
        await until(lambda: east.transport.refused >= 1)
        moved = founder(NORTH)
        await moved.start()
        east.knows(moved)
        await until(lambda: east.transport.connected == (NORTH,))
        await moved.transport.stop()


async def test_a_partner_without_an_address_is_dialled_no_more() -> None:
    east = founder(EAST)
    async with network(east):
        east.transport.set_addresses({"north": Address("127.0.0.1", 1)})
        await until(lambda: east.transport.refused >= 1)
        east.transport.set_addresses({})
        await until(lambda: not east.transport._dialling)
        north = founder(NORTH)
        await north.start()
        east.knows(north)
        await until(lambda: east.transport.connected == (NORTH,))
        await north.transport.stop()
