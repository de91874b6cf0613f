"""Who is no member of one's own epoch is a guest: it reads, and counts for nothing [NET-3]."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from node import penalties as penalties_module
from node import transport as transport_module
from node.frames import framed
from node.identity import Identity, KeyVoice
from node.link import Way
from node.transport import Address
from node.world import GUESTS
from primitives.validators import ValidatorSet
from tests import builders
from tests.unit.node.peers import (
    CHAIN,
    COMMITTEE,
    EAST,
    NORTH,
    Node,
    dial_raw,
    founder,
    identity,
    key_of,
    member,
    members_of,
    network,
    until,
    watching,
)

CODES = ("north", "east", "south", "west")


async def exchanged(one: Node, other: Node) -> None:
    """Frames pass over the one guest link of each, both ways."""
    await until(lambda: one.transport.guests and other.transport.guests)
    one.transport.send(one.transport.guests[-1], b"to the other")
    other.transport.send(other.transport.guests[-1], b"to the one")
    await until(lambda: one.replica.frames and other.replica.frames)
    assert other.replica.frames == [(other.transport.guests[-1], b"to the other")]
    assert one.replica.frames == [(one.transport.guests[-1], b"to the one")]


async def test_epochs_of_other_keys_meet_as_guests() -> None:
    """North slept for five epochs, so neither side knows the other's key."""
    sleeper = founder(NORTH)
    east = member("east", members_of(5, "south", "east", "north"))
    async with network(sleeper, east):
        await exchanged(sleeper, east)
        assert sleeper.transport.connected == east.transport.connected == ()
        [known] = east.transport.status()
        assert (known.peer, known.code, known.connected) == (GUESTS, "north", True)
        [unknown] = [each for each in sleeper.transport.status() if each.connected]
        assert (unknown.peer, unknown.code, unknown.connects) == (GUESTS, None, 1)


async def test_epochs_of_the_same_keys_meet_as_guests_too() -> None:
    """Both show certificates that both trust; the hellos tell the epochs apart."""
    older = founder(NORTH)
    newer = member("east", members_of(1, "east", "north", keys_of=0), keys_of=0)
    async with network(older, newer):
        await exchanged(older, newer)
        assert older.transport.connected == newer.transport.connected == ()
        assert [each.code for each in older.transport.status()] == ["east"]


async def test_an_observer_without_a_key_reaches_everybody() -> None:
    observer = watching(COMMITTEE.members)
    nodes = [founder(i) for i in range(4)]
    async with network(observer, *nodes):
        await until(lambda: len(observer.transport.guests) == 4)
        await until(lambda: all(len(node.transport.connected) == 3 for node in nodes))
        await until(lambda: all(len(node.transport.guests) == 1 for node in nodes))
        for node in nodes:
            node.transport.send(GUESTS, b"a block")
        await until(lambda: len(observer.replica.frames) == 4)
        assert {peer for peer, _ in observer.replica.frames} == set(observer.transport.guests)
        assert observer.transport.connected == ()


async def test_a_newcomer_and_a_member_reach_each_other_whoever_is_to_dial() -> None:
    """South-by-south has a code above north's, and no seat yet: it does not wait to be dialled."""
    newcomer = watching(COMMITTEE.members, "south-by-south")
    north = founder(NORTH)
    await newcomer.start()
    async with network(north):
        newcomer.knows(north)
        await exchanged(newcomer, north)
        assert north.transport.status()[0].code is None
    await newcomer.transport.stop()


async def test_a_member_dials_a_partner_that_has_no_seat() -> None:
    newcomer = watching(COMMITTEE.members, "south-by-south")
    north = founder(NORTH)
    await newcomer.start()
    async with network(north):
        north.knows(newcomer)
        await exchanged(north, newcomer)
        assert [(each.peer, each.code) for each in north.transport.status()] == [
            (GUESTS, "south-by-south")
        ]
    await newcomer.transport.stop()


async def test_members_of_one_epoch_do_not_stay_guests() -> None:
    """North has not come to epoch 1 yet when east calls; then it comes, and is dialled again."""
    members = members_of(1, *CODES)
    north, east = founder(NORTH), member("east", members)
    async with network(north, east):
        await until(lambda: north.transport.guests and east.transport.guests)
        north.transport.enter(
            Identity(CHAIN, members, NORTH, KeyVoice(key_of("north", 1))), "north"
        )
        await until(lambda: north.transport.connected and east.transport.connected)
        assert north.transport.connected == (EAST,)
        assert north.transport.guests == east.transport.guests == ()


async def test_a_member_that_comes_as_a_guest_goes_and_comes_as_a_member(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its attempt as a member failed by chance, and now it hears that both have seats."""
    south, east = founder(2), founder(EAST)
    by_chance = iter([Way.AS_GUEST])
    way = east.transport._way
    monkeypatch.setattr(east.transport, "_way", lambda *of: next(by_chance, None) or way(*of))
    async with network(east, south):
        await until(lambda: east.transport.connected and south.transport.connected)
        assert east.transport.refused == 1
        assert "no place for a guest" in east.reason("south")
        assert (east.replica.connected, south.replica.connected) == ([2], [EAST])


async def test_a_partner_that_is_away_is_not_dialled_as_a_guest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody refused: when it returns it is met as the member that it is, at the first attempt."""
    monkeypatch.setattr(transport_module, "LAST_RETRY_S", 0.2)
    east, north = founder(EAST), founder(NORTH)
    async with network(east):
        east.transport.set_addresses({"north": Address("127.0.0.1", 1)})
        await until(lambda: east.transport.refused >= 3)
        await north.start()
        east.knows(north)
        await until(lambda: north.transport.connected == (EAST,))
        assert north.transport.refused == 0
    await north.transport.stop()


async def test_guests_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those who come: whom a node dialled itself takes no place."""
    monkeypatch.setattr(transport_module, "MAX_GUESTS", 2)
    north = founder(NORTH)
    hosts = [watching(COMMITTEE.members, f"zone-{i}") for i in range(3)]
    comers = [watching(COMMITTEE.members) for _ in range(3)]
    async with network(north), AsyncExitStack() as started:
        for node in (*hosts, *comers):
            await started.enter_async_context(network(node))
        north.knows(*hosts)
        await until(lambda: len(north.transport.guests) == 3)
        for comer in comers:
            comer.knows(north)
        await until(lambda: north.transport.refused >= 1)
        assert len(north.transport.guests) == 3 + 2


async def test_guests_from_one_address_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "MAX_GUESTS_AT_ONE_ADDRESS", 1)
    north = founder(NORTH)
    first, second = watching(COMMITTEE.members), watching(COMMITTEE.members)
    async with network(north, first):
        await until(lambda: north.transport.guests == (GUESTS,))
        await second.start()
        second.knows(north)
        await until(lambda: north.transport.refused >= 1)
        assert north.transport.guests == (GUESTS,)
        await first.transport.stop()
        await until(lambda: north.replica.connected == [GUESTS, GUESTS + 1])
        await second.transport.stop()


async def test_a_guest_that_misbehaves_keeps_its_address_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """But no member that has the same address."""
    monkeypatch.setattr(penalties_module, "FIRST_PENALTY_S", 1.0)
    north, guest, east = founder(NORTH), watching(COMMITTEE.members), founder(EAST)
    await east.start()
    async with network(north, guest):
        await until(lambda: north.transport.guests == (GUESTS,))
        loop = asyncio.get_running_loop()
        began = loop.time()
        north.transport.disconnect(GUESTS, "malformed")
        assert north.replica.disconnected == [GUESTS]
        east.knows(north)
        await until(lambda: north.transport.connected == (EAST,))
        await until(lambda: GUESTS + 1 in north.replica.connected)
        assert loop.time() - began >= 1.0
        north.transport.disconnect(GUESTS, "malformed")
        assert GUESTS + 1 in north.transport.guests, "a handle that is gone is nobody's"
    await east.transport.stop()


async def test_a_host_that_misbehaves_is_not_dialled_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(penalties_module, "FIRST_PENALTY_S", 1.0)
    guest, north = watching(COMMITTEE.members), founder(NORTH)
    async with network(guest, north):
        await until(lambda: guest.transport.guests)
        loop = asyncio.get_running_loop()
        began = loop.time()
        guest.transport.disconnect(GUESTS, "malformed")
        await until(lambda: guest.replica.connected == [GUESTS, GUESTS + 1])
        assert loop.time() - began >= 1.0
        await until(lambda: len(north.replica.connected) == 2)
        assert north.transport.refused == 0, "it was not even dialled"


async def test_a_silent_guest_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "KEEPALIVE_S", 0.1)
    monkeypatch.setattr(transport_module, "SILENCE_S", 0.6)
    north, guest = founder(NORTH), watching(COMMITTEE.members)
    async with network(north, guest):
        await until(lambda: guest.transport.guests)
        loop = asyncio.get_running_loop()
        began = loop.time()
        await until(lambda: loop.time() - began > 1.0)
        assert north.replica.disconnected == guest.replica.disconnected == [], "both keep alive"
        guest.transport._links[GUESTS].keep_alive = lambda: None  # type: ignore[method-assign]
        await until(lambda: north.replica.disconnected == [GUESTS])


@pytest.mark.parametrize("signature", [b"\1" + bytes(63), bytes(63) + b"\1"])
async def test_a_guest_that_signs_is_refused(signature: bytes) -> None:
    north = founder(NORTH)
    async with network(north):
        guest = Identity(CHAIN, COMMITTEE.members, None, None)
        _, writer, ends = await dial_raw(north, guest, as_guest=True)
        hello = guest.hello(ends)
        assert hello.endswith(bytes(64))
        writer.write(framed(hello[:-64] + signature))
        await until(lambda: north.transport.refused == 1)
        assert north.replica.connected == []
        _, good, ends = await dial_raw(north, guest, as_guest=True)
        good.write(framed(guest.hello(ends)))
        await until(lambda: north.replica.connected == [GUESTS])
        writer.close()
        good.close()


async def test_a_guest_says_nothing_before_its_hello() -> None:
    north = founder(NORTH)
    async with network(north):
        guest = Identity(CHAIN, COMMITTEE.members, None, None)
        _, writer, _ = await dial_raw(north, guest, as_guest=True)
        writer.write(framed(b"a request"))
        await until(lambda: north.transport.refused == 1)
        assert north.replica.frames == north.replica.connected == []
        writer.close()


async def test_a_guest_cannot_borrow_a_members_hello() -> None:
    """East's own hello, said on a connection on which no certificate was shown."""
    north = founder(NORTH)
    async with network(north):
        east = identity(EAST)
        _, writer, ends = await dial_raw(north, east, as_guest=True)
        borrowed = east.hello(ends._replace(own=east.credential().digest))
        writer.write(framed(borrowed))
        await until(lambda: north.transport.refused == 1)
        assert north.replica.connected == []
        writer.close()


async def test_a_certificate_that_its_own_key_did_not_sign_is_refused_by_a_guest() -> None:
    class Pretender:
        public_key = key_of("north").public_key

        def sign(self, message: bytes) -> bytes:
            return builders.a_key("a stranger").sign(message)

    liar = Node(Identity(CHAIN, ValidatorSet(0, ()), None, KeyVoice(Pretender())), "north")
    guest = watching(COMMITTEE.members)
    async with network(liar, guest):
        await until(lambda: "not signed by the key that it names" in guest.reason("north"))
        assert guest.replica.connected == liar.replica.connected == []


async def test_a_guest_of_another_chain_is_refused() -> None:
    guest = Node(Identity(bytes(32), COMMITTEE.members, None, None), None)
    north = founder(NORTH)
    async with network(guest, north):
        await until(lambda: "wrong_chain" in guest.reason("north"))
        assert guest.replica.connected == north.replica.connected == []


async def test_a_code_at_anothers_address_is_not_that_partner() -> None:
    """East has south's code at north's address: north is no south, member or guest."""
    east, north = founder(EAST), founder(NORTH)
    await east.start()
    async with network(north):
        east.transport.set_addresses({"south": north.address})
        await until(lambda: east.transport.refused >= 2)
        assert east.replica.connected == north.replica.connected == []
    await east.transport.stop()
