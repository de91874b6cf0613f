"""What a lane holds and what a cut may name."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from consensus.config import Config
from consensus.inputs import Received, Verified, VerifiedBatch
from consensus.lanes import Lane, Lanes
from consensus.messages import BatchSent, Status
from primitives.batch import (
    EMPTY_TIP,
    Batch,
    Tip,
    batch_digest,
    batch_message,
    header_after,
    tip_of,
)
from primitives.block import block_digest
from primitives.encoding import Malformed, encode
from primitives.evidence import Offence, check_evidence
from primitives.keys import ED25519
from primitives.vote import Kind
from tests.builders import a_batch, a_chain, a_committee, a_person, a_transfer
from tests.unit.consensus.pump import GENESIS, Pump
from tests.unit.consensus.scripted import a_child_of_genesis, only, proposal, receive, votes_of

CHAIN = a_chain(GENESIS)
CONFIG = Config(CHAIN, a_committee().members, 0, GENESIS.parameters)


def a_lane_of(
    length: int, *, author: int = 1, name: str = "x", start: Tip = EMPTY_TIP
) -> list[Batch]:
    """Consecutive batches of one transfer each."""
    batches, parent = [], start
    person = a_person(name)
    for sequence in range(length):
        transfer = a_transfer(person, (person, 1), chain=CHAIN, sequence=sequence)
        batch = a_batch([transfer], parent=parent, author=author, chain=CHAIN)
        batches.append(batch)
        parent = tip_of(digest(batch), batch.header)
    return batches


def digest(batch: Batch) -> bytes:
    return batch_digest(CHAIN, batch.header)


def tip(batch: Batch) -> Tip:
    return tip_of(digest(batch), batch.header)


def lanes_with(batches: Sequence[Batch], *, me: int = 0) -> Lanes:
    config = Config(CHAIN, CONFIG.members, me, CONFIG.parameters)
    lanes = Lanes(config, (EMPTY_TIP,) * 4)
    for batch in batches:
        assert lanes.accepts(digest(batch), batch.header)
        lanes.add(batch, digest(batch), False)
    return lanes


def cut_with(lane: int, end: Tip) -> tuple[Tip, ...]:
    return tuple(end if place == lane else EMPTY_TIP for place in range(4))


def test_batches_that_come_in_any_order_connect_to_one_lane() -> None:
    """[LANE-1]"""
    batches = a_lane_of(3)
    for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0)):
        lanes = lanes_with([batches[i] for i in order])
        assert lanes.tips[1] == tip(batches[2]), order
        path = lanes.lanes[1].path(EMPTY_TIP, tip(batches[2]))
        assert [held.digest for held in path] == [digest(b) for b in batches]  # type: ignore[union-attr]


def test_a_gap_is_named_by_the_newest_missing_batch() -> None:
    """[LANE-4]"""
    batches = a_lane_of(3)
    lanes = lanes_with([batches[0], batches[2]])
    assert lanes.tips[1] == tip(batches[0])
    assert lanes.lanes[1].path(EMPTY_TIP, tip(batches[2])) == digest(batches[1])


def test_a_tip_of_another_branch_does_not_follow() -> None:
    """[LANE-4]"""
    mine, twin = a_lane_of(2), a_lane_of(2, name="y")
    lanes = lanes_with([*mine, *twin])
    with pytest.raises(ValueError, match="does not follow"):
        lanes.lanes[1].path(tip(mine[0]), tip(twin[1]))


def test_a_tip_with_false_figures_does_not_follow() -> None:
    """[LANE-3]"""
    batches = a_lane_of(2)
    lanes = lanes_with(batches)
    false = Tip(2, digest(batches[1]), tip(batches[1]).cumulative + 1)
    with pytest.raises(ValueError, match="figures"):
        lanes.lanes[1].path(EMPTY_TIP, false)


def test_an_unsound_batch_ends_its_branch() -> None:
    """[LANE-2]"""
    batches = a_lane_of(3)
    lanes = Lanes(CONFIG, (EMPTY_TIP,) * 4)
    for batch, bad in zip(batches, (False, True, False), strict=True):
        lanes.add(batch, digest(batch), bad)
    assert lanes.tips[1] == tip(batches[0])
    assert lanes.next_cut((EMPTY_TIP,) * 4, 1)[1] == tip(batches[0])
    with pytest.raises(ValueError, match="does not follow"):
        lanes.lanes[1].path(EMPTY_TIP, tip(batches[2]))


def test_a_batch_whose_weights_do_not_add_up_is_never_connected() -> None:
    """[LANE-3]"""
    first = a_lane_of(1)[0]
    false_parent = Tip(1, digest(first), tip(first).cumulative + 5)
    second = a_lane_of(1, start=false_parent)[0]
    lanes = lanes_with([first, second])
    assert lanes.tips[1] == tip(first)


def test_an_author_cannot_make_us_keep_more_than_its_share() -> None:
    """[LANE-5]"""
    lane = Lane(1, EMPTY_TIP)
    far = a_lane_of(1, start=Tip(40, bytes(31) + b"\1", 400))[0]
    assert not lane.accepts(digest(far), far.header, 32)
    lane.ask(digest(far))
    assert lane.accepts(digest(far), far.header, 32)
    lanes = lanes_with([a_lane_of(1, name=name)[0] for name in ("x", "y")])
    third = a_lane_of(1, name="z")[0]
    assert not lanes.accepts(digest(third), third.header)


def test_a_third_branch_is_taken_when_a_held_batch_builds_on_it() -> None:
    """[LANE-5]"""
    third = a_lane_of(2, name="z")
    lanes = lanes_with([a_lane_of(1, name=name)[0] for name in ("x", "y")] + [third[1]])
    assert lanes.accepts(digest(third[0]), third[0].header)


def test_two_batches_of_one_place_are_evidence() -> None:
    """[LANE-5, EVID-1]"""
    lanes = lanes_with([a_lane_of(1, name="x")[0], a_lane_of(1, name="y")[0]])
    (evidence,) = lanes.accused
    assert (evidence.offence, evidence.accused) == (Offence.TWO_BATCHES, 1)
    check_evidence(CHAIN, CONFIG.members, ED25519, evidence)


def test_a_cut_is_bounded_before_anything_is_fetched() -> None:
    """[LANE-3]"""
    lanes = Lanes(CONFIG, (EMPTY_TIP,) * 4)
    start = (EMPTY_TIP,) * 4
    most = CONFIG.parameters
    fine = Tip(most.lane_batches, b"\1" * 32, most.lane_weight)
    assert lanes.cut_is_valid(start, cut_with(2, fine))
    refused = [
        Tip(most.lane_batches + 1, b"\1" * 32, 20),
        Tip(1, b"\1" * 32, most.lane_weight + 1),
        Tip(1, b"\1" * 32, 0),
        Tip(0, b"\1" * 32, 0),
    ]
    assert [end for end in refused if lanes.cut_is_valid(start, cut_with(2, end))] == []
    assert not lanes.cut_is_valid(cut_with(2, fine), start), "no tip goes back"


def test_a_leader_orders_no_more_than_s_batches() -> None:
    """[LANE-6]"""
    length = CONFIG.parameters.lane_batches + 3
    batches = a_lane_of(length)
    lanes = lanes_with(batches)
    cut = lanes.next_cut((EMPTY_TIP,) * 4, 1)
    assert cut[1] == tip(batches[CONFIG.parameters.lane_batches - 1])
    assert lanes.cut_is_valid((EMPTY_TIP,) * 4, cut)


def test_of_an_author_that_withheld_only_what_a_quorum_reports_is_ordered() -> None:
    """[LANE-6]"""
    batches = a_lane_of(3)
    lanes = lanes_with(batches)
    lanes.fetched(1, 10)
    start = (EMPTY_TIP,) * 4
    assert lanes.next_cut(start, 11)[1] == EMPTY_TIP
    lanes.report(2, cut_with(1, tip(batches[2])))
    assert lanes.next_cut(start, 11)[1] == EMPTY_TIP
    lanes.report(3, cut_with(1, tip(batches[0])))
    assert lanes.next_cut(start, 11)[1] == tip(batches[0])
    assert lanes.next_cut(start, 110)[1] == tip(batches[2]), "forgiven after 100 heights"


def test_batches_of_abandoned_branches_go_with_execution() -> None:
    """[LANE-4]"""
    mine, twin = a_lane_of(3), a_lane_of(3, name="y")
    lanes = lanes_with([*mine, *twin])
    lanes.executed(cut_with(1, tip(twin[0])))
    assert lanes.tips[1] == tip(twin[2])
    assert lanes.next_cut(cut_with(1, tip(twin[0])), 2)[1] == tip(twin[2])
    assert lanes.lanes[1].get(digest(mine[0])) is None


def test_a_proposal_waits_for_its_batches_and_asks_for_them() -> None:
    """[LANE-7, SYNC-1]"""
    pump = Pump()
    pump.drop = lambda sender, to, message: isinstance(message, BatchSent) and to == 3
    pump.submit(1, 1)
    pump.deliver()
    late = pump.nodes[3].engine
    assert late.simplex.own.of(late.view).notarized is None or late.final_height == 1
    wanted = [need.request for key, need in late.needs.items() if key[0] == "lane"]
    assert len(wanted) == 1
    pump.drop = lambda sender, to, message: False
    pump.pass_time(2_500)
    assert [node.engine.executed_height for node in pump.nodes] == [1, 1, 1, 1]


def test_nobody_votes_for_what_it_does_not_hold() -> None:
    """[LANE-7]"""
    pump = Pump()
    node = pump.nodes[0]
    pump.drop = only(node)
    pump.submit(2)
    [(_, _, batch)] = pump.queue
    pump.queue.clear()
    header, _ = a_child_of_genesis(pump, 1)
    header = replace(header, cut=pump.nodes[2].engine.lanes.tips)
    named = block_digest(pump.chain, header)
    said = receive(pump, node, 1, proposal(pump, header, named))
    assert votes_of(said, Kind.NOTARIZE) == []
    said = receive(pump, node, 2, batch)
    assert [vote.digest for vote in votes_of(said, Kind.NOTARIZE)] == [named]


def test_what_was_shown_to_one_reaches_all() -> None:
    """[LANE-8] A withholder shows its batch to one member only."""
    pump = Pump()
    pump.drop = lambda sender, to, message: sender == 1 and to != 2
    pump.submit(1)
    pump.deliver()
    assert [node.engine.final_height for node in pump.nodes] == [0, 0, 0, 0]
    pump.down = {1}
    pump.pass_time(12_000)
    assert {node.engine.executed_height for node in pump.alive()} == {1}


def test_a_bad_batch_accuses_its_author() -> None:
    """[LANE-2, EVID-1]"""
    pump = Pump()
    person = a_person("x")
    sound = a_transfer(person, (person, 1), chain=pump.chain)
    raw = encode(sound.signed)
    forged = raw[:-9] + bytes([raw[-9] ^ 1]) + raw[-8:]
    header = header_after(EMPTY_TIP, 0, 1, (forged,), sound.weight)
    signed = pump.committee.signers[1].sign(batch_message(batch_digest(pump.chain, header)))
    batch = Batch(header, (forged,), signed)
    verified = Verified(
        VerifiedBatch(batch, encode(batch), batch_digest(pump.chain, header), "signature_invalid")
    )
    pump.nodes[0].step(Received(1, verified))
    (evidence,) = pump.nodes[0].engine.evidence.values()
    assert evidence.offence == Offence.BAD_BATCH
    check_evidence(pump.chain, pump.committee.members, ED25519, evidence)


def test_tips_of_another_size_are_not_taken() -> None:
    """[MSG-2]"""
    pump = Pump()
    with pytest.raises(Malformed, match="tips_form"):
        pump.verifier.verify(Status(0, 1, 0, 0, (EMPTY_TIP,) * 3))
