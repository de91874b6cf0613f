"""A node goes from epoch to epoch while its process runs [NET-4]."""

import asyncio
from contextlib import suppress

from node.identity import Identity, KeyVoice
from node.world import GUESTS
from primitives.validators import ValidatorSet
from tests.unit.node.peers import (
    CHAIN,
    COMMITTEE,
    EAST,
    NORTH,
    Node,
    founder,
    identity,
    key_of,
    member,
    members_of,
    network,
    until,
    watching,
)

NEXT = members_of(1, "west", "south", "east", "north")
"""The same partners with other keys, in the opposite order."""


def of(code: str, members: ValidatorSet = NEXT) -> Identity:
    [place] = [i for i, each in enumerate(members.members) if each.partner == code]
    return Identity(CHAIN, members, place, KeyVoice(key_of(code, members.epoch)))


async def test_all_enter_another_epoch_with_other_indices_and_keys() -> None:
    nodes = [founder(i) for i in range(4)]
    async with network(*nodes):
        await until(lambda: all(len(node.transport.connected) == 3 for node in nodes))
        for place, node in enumerate(nodes):
            assert node.own is not None
            node.transport.enter(of(node.own), node.own)
            assert node.transport.epoch == 1
            assert node.transport.connected == ()
            left = [peer for peer in node.replica.disconnected if peer < GUESTS]
            assert sorted(left) == [i for i in range(4) if i != place]
        await until(lambda: all(len(node.transport.connected) == 3 for node in nodes))
        await until(lambda: not any(node.transport.guests for node in nodes))
        for node in nodes:
            for peer in node.transport.connected:
                node.transport.send(peer, str(node.own).encode())
        await until(lambda: all(len(node.replica.frames) == 3 for node in nodes))
        for node in nodes:
            assert {(NEXT.members[i].partner.encode(), i) for i in range(4)} >= {
                (frame, peer) for peer, frame in node.replica.frames
            }


async def test_one_after_the_other_they_are_guests_in_between() -> None:
    north, east = founder(NORTH), founder(EAST)
    async with network(north, east):
        await until(lambda: north.transport.connected and east.transport.connected)
        north.transport.enter(of("north"), "north")
        await until(lambda: north.transport.guests and east.transport.guests)
        east.transport.enter(of("east"), "east")
        await until(lambda: north.transport.connected == (2,) and east.transport.connected == (3,))
        await until(lambda: not north.transport.guests and not east.transport.guests)


async def test_no_frame_of_before_arrives_under_a_new_handle() -> None:
    """It is on its way while the receiver enters, and again in one read with the frame on which
    the receiver enters."""
    north, east = founder(NORTH), founder(EAST)

    def enters(peer: int, frame: bytes) -> None:
        north.replica.frames.append((peer, frame))
        if frame == b"enter":
            north.transport.enter(of("north"), "north")

    north.replica.on_frame = enters  # type: ignore[method-assign]
    async with network(north, east):
        await until(lambda: north.transport.connected and east.transport.connected)
        for frame in (b"before", b"enter", b"after", b"after that"):
            east.transport.send(NORTH, frame)
        await until(lambda: north.transport.epoch == 1)
        east.transport.enter(of("east"), "east")
        await until(lambda: north.transport.connected == (2,))
        await until(lambda: east.transport.connected == (3,))
        east.transport.send(3, b"anew")
        await until(lambda: north.replica.frames[-1][1] == b"anew")
        assert north.replica.frames == [(EAST, b"before"), (EAST, b"enter"), (2, b"anew")]


async def test_a_handshake_that_was_begun_before_does_not_come_up_after() -> None:
    """TLS is made by the credential of epoch 0, and north is in epoch 1 by then: not a word."""
    north = founder(NORTH)
    async with network(north):
        reader, writer = await asyncio.open_connection(*north.address)
        await until(lambda: north.transport._open)
        north.transport.enter(of("north"), "north")
        assert not north.transport._open
        await writer.start_tls(identity(EAST).credential().guest, server_hostname="")
        with suppress(ConnectionError):
            assert await asyncio.wait_for(reader.read(), 5) == b""
        assert north.replica.connected == []
        writer.close()


async def test_a_handle_of_a_guest_is_never_used_again() -> None:
    north, guest = founder(NORTH), watching(COMMITTEE.members)
    async with network(north, guest):
        for turn in range(3):
            await until(lambda turn=turn: north.transport.guests == (GUESTS + turn,))
            north.transport.enter(identity(NORTH), "north")
            assert north.replica.disconnected[-1] == GUESTS + turn


async def test_blame_of_a_member_ends_with_its_epoch() -> None:
    """Member 1 of the next epoch is not who misbehaved as member 1 of this."""
    north, east = founder(NORTH), founder(EAST)
    same_places = members_of(1, "north", "east", "south", "west")
    async with network(north, east):
        await until(lambda: north.transport.connected == (EAST,))
        north.transport.disconnect(EAST, "malformed")
        for node in (north, east):
            node.transport.enter(of(str(node.own), same_places), node.own)
        await until(lambda: north.transport.connected == (EAST,), timeout_s=4)


async def test_one_loses_its_seat_and_another_gains_one() -> None:
    """West goes, and reads on as a guest; the newcomer becomes the member that it is."""
    then = members_of(1, "newcomer", "north")
    north, west = founder(NORTH), founder(3)
    newcomer = Node(Identity(CHAIN, COMMITTEE.members, None, None), "newcomer")
    async with network(north, west, newcomer):
        await until(lambda: north.transport.connected == (3,))
        await until(lambda: len(newcomer.transport.guests) >= 2)
        north.transport.enter(of("north", then), "north")
        newcomer.transport.enter(of("newcomer", then), "newcomer")
        west.transport.enter(Identity(CHAIN, then, None, None), "west")
        await until(lambda: north.transport.connected == (0,))
        await until(lambda: newcomer.transport.connected == (1,))
        await until(lambda: len(west.transport.guests) >= 2)
        assert west.transport.connected == ()
        assert north.replica.disconnected[0] == 3


async def test_entering_dials_at_once_however_long_nobody_answered() -> None:
    east, north = member("east", NEXT), founder(NORTH)
    await east.start()
    async with network(north):
        east.transport.set_addresses({"north": north.address._replace(port=1)})
        await until(lambda: east.transport.refused >= 4)
        east.knows(north)
        east.transport.enter(identity(EAST), "east")
        await until(lambda: east.transport.connected == (NORTH,), timeout_s=1)
    await east.transport.stop()


async def test_a_node_may_enter_before_it_starts_and_while_it_stops() -> None:
    north = founder(NORTH)
    north.transport.set_addresses({"south": north.address})
    north.transport.enter(of("north"), "north")
    assert north.transport.epoch == 1
    await north.start()
    assert set(north.transport._dialling) == {"south"}
    stopping = asyncio.create_task(north.transport.stop())
    await asyncio.sleep(0)
    north.transport.enter(identity(NORTH), "north")
    await stopping
    assert not north.transport._dialling
