"""Who is no member of the present epoch is told where one stands, and believed nothing."""

from __future__ import annotations

from consensus.effects import (
    Certify,
    Send,
)
from consensus.inputs import Connected, Received, Woken
from consensus.messages import (
    Attested,
    BatchSent,
    BeatCertified,
    Beating,
    Certified,
    ChainSent,
    Message,
    Propose,
    StateCertified,
    Status,
    Voted,
)
from node.guests import MOST_HELPED, MOST_REMEMBERED, Guests, is_guest
from node.world import GUESTS
from primitives.certificate import BeatCertificate, MemberSignature
from primitives.encoding import encode
from primitives.vote import Attest, Beat, Kind, SignedBeat
from tests import builders
from tests.unit.node.fakes import (
    CHAIN,
    COMMITTEE,
    TIPS,
    A,
    FakeWorld,
    a_vote_message,
)
from tests.unit.node.test_replica_epochs import GUEST, LAST, NEXT, certificate, end, ending, sent_to


def of_epoch(number: int) -> list[Message]:
    """Every kind of message that is of an epoch."""
    committee = COMMITTEE if number == 0 else NEXT
    vote = builders.a_vote(Kind.NOTARIZE, 3, A, author=2, committee=committee)
    proposal = builders.a_vote(Kind.PROPOSE, 3, A, author=3, committee=committee)
    attestation = builders.an_attestation(8, members=committee.members)
    beat = Beat(CHAIN, number, 8, A, 5)
    header = builders.a_block(8, view=3, proposer=3, epoch=number)
    batch = builders.a_batch(
        [builders.a_mint("east", builders.a_person("ann"), 5)], author=1, committee=committee
    )
    return [
        Propose(header, proposal),
        Voted(vote, TIPS),
        Certified(builders.a_certificate(Kind.NOTARIZE, 3, A, committee=committee)),
        BatchSent(encode(batch)),
        Attested(Attest(attestation, 2, bytes(64))),
        StateCertified(certificate(8, committee)),
        Beating(SignedBeat(beat, 2, bytes(64))),
        ChainSent((header,), (certificate(8, committee),)),
        BeatCertified(BeatCertificate(beat, (MemberSignature(0, bytes(64)),))),
    ]


def test_messages_of_another_epoch_are_neither_taken_nor_blamed() -> None:
    """[EPOCH-6] Whatever they hold: their keys are another epoch's too."""
    world = FakeWorld()
    replica = world.replica()
    for peer in (2, GUEST):
        for message in of_epoch(1):
            replica.on_frame(peer, encode(message))
    assert world.blamed == []
    assert world.checks == []
    assert not world.engine.of(Received)


def test_a_guests_word_is_not_taken_and_its_proofs_are() -> None:
    """[EPOCH-6] It is no member, whoever signed what it sends."""
    world = FakeWorld()
    guests = Guests(0, world, 500)
    taken = {type(m) for m in of_epoch(0) if guests.takes(GUEST, m)}
    assert taken == {Certified, BatchSent, StateCertified, ChainSent, BeatCertified}
    assert all(guests.takes(2, message) for message in of_epoch(0))
    assert all(not guests.takes(2, m) for m in of_epoch(1) if not isinstance(m, BatchSent))
    assert guests.takes(GUEST, Status(3, 1, 1, 1, ())), "where it stands is always heard"
    assert (is_guest(GUESTS), is_guest(GUESTS - 1)) == (True, False)


def behind(certified: int, epoch: int = 0) -> Status:
    return Status(epoch, 1, certified, certified, ())


def knowing(world: FakeWorld, up_to: int) -> None:
    """The store has certificates up to this height; ``LAST`` is the last of epoch 0."""
    for height in range(1, up_to + 1):
        committee = COMMITTEE if height <= LAST else NEXT
        world.certificates[height] = certificate(height, committee)


def test_whoever_stands_in_an_earlier_epoch_gets_the_certificates_that_it_lacks() -> None:
    """[EPOCH-6] Of its own epoch: it can check no others."""
    world = FakeWorld()
    knowing(world, 12)
    guests = Guests(1, world, 500)
    mine = behind(12, epoch=1)
    helped = guests.help(1_000, 2, behind(3), mine)
    assert helped == [mine, *(StateCertified(certificate(h)) for h in (4, 5, 6))]
    assert guests.help(1_000, 3, behind(7, epoch=1), mine) == [], "the engine knows its members"
    of_this = guests.help(1_000, GUEST, behind(10, epoch=1), mine)
    assert of_this == [mine, *(StateCertified(certificate(h, NEXT)) for h in (11, 12))]


def test_help_is_bounded_and_not_given_too_often() -> None:
    """[EPOCH-6], [SYNC-3]"""
    world = FakeWorld()
    world.certificates = {height: certificate(height) for height in range(1, 40)}
    guests = Guests(1, world, 500)
    mine = behind(40, epoch=1)
    assert len(guests.help(1_000, GUEST, behind(0), mine)) == 1 + MOST_HELPED
    assert guests.help(1_499, GUEST, behind(0), mine) == []
    assert len(guests.help(1_499, GUEST + 1, behind(0), mine)) == 1 + MOST_HELPED
    assert len(guests.help(1_500, GUEST, behind(8), mine)) == 1 + MOST_HELPED
    for peer in range(2 * MOST_REMEMBERED):
        guests.help(2_000, GUEST + peer, behind(0), mine)
    assert len(guests._helped) == MOST_REMEMBERED


def test_two_nodes_that_tell_each_other_where_they_stand_soon_are_silent() -> None:
    """[EPOCH-6] Only who is behind is answered."""
    worlds = [FakeWorld(), FakeWorld()]
    knowing(worlds[1], 12)
    sides = [Guests(0, worlds[0], 0), Guests(1, worlds[1], 0)]
    stands = [behind(3), behind(12, epoch=1)]
    flying: list[tuple[int, Message]] = [(1, stands[0]), (0, stands[1])]
    delivered = 0
    while flying:
        to, message = flying.pop(0)
        delivered += 1
        assert delivered < 20, "they go on for ever"
        if isinstance(message, Status):
            answers = sides[to].help(delivered, GUEST, message, stands[to])
            flying += [(1 - to, answer) for answer in answers]
    assert delivered == 2 + 1 + 3


def test_a_status_from_behind_is_answered_by_the_replica() -> None:
    """[EPOCH-6]"""
    world = FakeWorld()
    replica = world.replica()
    ending(world).certified_height = LAST
    end(replica)
    knowing(world, LAST)
    replica.on_connected(GUEST)
    world.sent.clear()
    replica.on_frame(GUEST, encode(behind(LAST - 1)))
    assert sent_to(world, GUEST) == [world.engine.status(), StateCertified(certificate(LAST))]
    assert world.engine.of(Received), "and the engine hears of it"


def test_guests_are_told_of_each_certified_height_and_each_beat_and_nothing_else() -> None:
    """[EPOCH-6] Then they ask; members are told by the protocol itself."""
    world = FakeWorld()
    replica = world.replica()
    for peer in (2, GUEST):
        replica.on_connected(peer)
    world.sent.clear()
    beat = BeatCertificate(Beat(CHAIN, 0, 1, A, 5), (MemberSignature(0, bytes(64)),))
    vote = a_vote_message(author=0)
    world.engine.script = [
        (Woken, [Certify(certificate(1)), Send(None, vote)]),
        (Woken, [Send(None, world.engine.status())]),
    ]
    for newest in (None, beat, beat):
        world.engine.newest_beat = newest
        replica._inbox.put(Woken())
        replica._run()
    status = world.engine.status()
    assert sent_to(world, GUEST) == [status, status, BeatCertified(beat), status]
    assert sent_to(world, 2) == [vote, status]


def test_a_guests_disconnection_is_noted() -> None:
    world = FakeWorld()
    replica = world.replica()
    replica.on_connected(GUEST)
    assert replica.peers == (GUEST,)
    replica.on_disconnected(GUEST)
    assert replica.peers == ()
    assert len(world.engine.of(Connected)) == 1
