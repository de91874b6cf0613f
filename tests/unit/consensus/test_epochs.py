"""One epoch of the ordering: how it ends, how the next begins, and who is heard meanwhile."""

from __future__ import annotations

from msgspec.structs import replace

from consensus.chain import Block
from consensus.config import Anchor
from consensus.effects import BlockKept, OwnAttest
from consensus.engine import Engine
from consensus.inputs import Recovered
from consensus.messages import (
    Attested,
    Beating,
    ChainSent,
    FetchChain,
    Message,
    Propose,
    StateCertified,
    Voted,
)
from consensus.proposals import Verdict
from primitives.batch import EMPTY_TIP, decode_batch
from primitives.block import Header, block_digest, is_empty
from primitives.certificate import check_certificate
from primitives.keys import ED25519
from primitives.vote import Attest, Kind
from tests.builders import PARAMETERS, a_genesis
from tests.unit.consensus.pump import Node, Pump

NARROW = a_genesis(parameters=replace(PARAMETERS, lag_bound=2))
FIXED, LAST = 2, 4
TIPS = (EMPTY_TIP,) * 4


def ending() -> Pump:
    """The epoch's end is fixed by height 2, and B is 2."""
    pump = Pump(genesis=NARROW)
    pump.fixed_at = FIXED
    return pump


def work(pump: Pump, blocks: int = 12, ms: int = 300) -> None:
    """Whoever may seal does, again and again."""
    for turn in range(blocks):
        for node in pump.alive():
            if node.engine.can_seal():
                pump.submit(node.me, 1, f"sender {turn} of {node.me}")
        pump.pass_time(ms)


def ended() -> Pump:
    pump = ending()
    work(pump)
    assert all(node.engine.is_over for node in pump.nodes)
    return pump


def no_finality(sender: int, to: int, message: Message) -> bool:
    """Above the height that fixes the end."""
    is_finalize = isinstance(message, Voted) and message.vote.kind == Kind.FINALIZE
    return is_finalize and message.vote.view > FIXED


def headers(node: Node) -> dict[bytes, Header]:
    """Every block that it keeps, by digest."""
    chain = node.engine.simplex.chain
    return {digest: block.header for digest, block in chain.blocks.items()}


def proposed(node: Node) -> list[Header]:
    return [r.header for r in node.records if isinstance(r, BlockKept) and r.vote is not None]


def own_attests(node: Node) -> list[Attest]:
    return [record.attest for record in node.records if isinstance(record, OwnAttest)]


# --- the end --------------------------------------------------------------------------------------


def test_the_epoch_ends_at_its_last_height_and_nowhere_else() -> None:
    """[EPOCH-1], [EPOCH-3], [EPOCH-4] And then views run no more."""
    pump = ended()
    for node in pump.nodes:
        assert [effect.header.height for effect in node.executed] == [1, 2, 3, 4]
        assert node.engine.final_height == LAST
        assert not node.engine.can_seal()
        assert not node.engine.simplex.pacemaker.busy
    for attest in [attest for node in pump.nodes for attest in own_attests(node)]:
        said = attest.attestation
        assert said.last == (said.height == LAST)
        after = pump.following if said.last else pump.committee.members
        assert said.next_validators == after.hash
        assert said.validators == pump.committee.members.hash


def test_blocks_above_the_last_height_are_empty_and_nobody_executes_them() -> None:
    """[EPOCH-3] They are there because the last one's finality is late."""
    pump = ending()
    pump.drop = no_finality
    work(pump, 8)
    assert pump.nodes[0].engine.final_height == FIXED
    kept = headers(pump.nodes[0])
    above = [header for header in kept.values() if header.height > LAST]
    assert above, "notarized one after the other"
    assert all(is_empty(kept[header.parent], header) for header in above)
    lanes = pump.nodes[0].engine.lanes
    assert lanes.has_orderable(max(above, key=lambda h: h.height).cut), "there was something"
    pump.drop = lambda sender, to, message: False
    pump.pass_time(6_000)
    for node in pump.nodes:
        assert node.engine.is_over
        assert node.engine.final_height == LAST
        assert node.engine.executed_height == LAST
        assert node.engine.certified_height == LAST
    assert pump.nodes[0].engine.simplex.chain.final.header.height > LAST


def test_contents_above_the_last_height_are_refused() -> None:
    """[EPOCH-3] By anyone who executed height h, as whoever judges contents there has."""
    pump = ending()
    pump.drop = lambda sender, to, message: (
        no_finality(sender, to, message) and message.vote.view >= LAST  # type: ignore[union-attr]
    )
    work(pump, 8)
    engine = pump.nodes[0].engine
    chain = engine.simplex.chain
    assert engine.executed_height == LAST - 1
    [parent] = [b for b in chain.blocks.values() if b.header.height == LAST]
    assert chain.is_notarized(parent)
    cut = engine.lanes.next_cut(parent.header.cut, parent.header.height + 1)
    assert cut != parent.header.cut
    view = parent.header.view + 1
    empty = replace(
        parent.header,
        view=view,
        height=parent.header.height + 1,
        parent=parent.digest,
        proposer=view % 4,
    )
    for wish, verdict in ((empty, Verdict.VALID), (replace(empty, cut=cut), Verdict.INVALID)):
        block = Block(wish, block_digest(pump.chain, wish))
        assert engine.simplex.judge.judge(block, pump.now_ms) == verdict


def test_a_leader_that_executed_less_proposes_nothing_though_it_holds_the_certificates() -> None:
    """[EPOCH-3], [LAG-2] It cannot know yet where the epoch ends."""
    pump = ending()
    slow = pump.nodes[3]
    slow.slow = True
    work(pump, 8)
    assert slow.engine.certified_height == LAST
    assert slow.engine.executed_height < FIXED
    parents = headers(slow) | {block.digest: block.header for block in slow.executed}
    mine = [each for each in proposed(slow) if each.height > 2 + slow.engine.executed_height]
    assert mine, "its turn comes"
    known = parents | headers(pump.nodes[0])
    assert all(is_empty(known[header.parent], header) for header in mine)


def test_nothing_is_handed_out_that_may_be_above_a_last_height_yet_unknown() -> None:
    """[EPOCH-3] Blocks above E may become final before h is executed here."""
    pump = ending()
    for node in pump.nodes:
        node.slow = True
    work(pump, 12)
    for node in pump.nodes:
        assert node.engine.final_height > LAST
        assert [effect.header.height for effect in node.executed] == [1, 2]
    for _ in range(8):
        for node in pump.nodes:
            node.execute()
        pump.pass_time(300)
    for node in pump.nodes:
        assert [effect.header.height for effect in node.executed] == [1, 2, 3, 4]
        assert node.engine.final_height == LAST, "what is above is no part of the chain"
        assert node.engine.is_over


def test_an_epoch_is_open_while_any_height_lacks_its_certificate() -> None:
    """[EPOCH-5] Only its members can make one, and they must still be there to do it."""
    pump = ending()
    late = 3

    def lost(sender: int, to: int, message: Message) -> bool:
        return isinstance(message, Attested) and message.attest.attestation.height == late

    pump.drop = lost
    work(pump)
    for node in pump.nodes:
        assert node.engine.executed_height == node.engine.certified_height == LAST
        assert late not in node.certified
        assert not node.engine.is_over
        assert node.engine.needs["proof", late, b""].request == FetchChain(late)
    pump.drop = lambda sender, to, message: False
    pump.pass_time(4_000)
    assert all(node.engine.is_over for node in pump.nodes)


def test_the_last_certificate_is_asked_for_by_whoever_missed_it() -> None:
    """[EPOCH-5], [CERT-4] No later height will bring it: the members have gone on."""
    pump = ending()
    deaf = pump.nodes[3]

    def lost(sender: int, to: int, message: Message) -> bool:
        attested = isinstance(message, Attested) and message.attest.attestation.height == LAST
        certified = isinstance(message, StateCertified | ChainSent)
        return to == 3 and (attested or certified)

    pump.drop = lost
    work(pump)
    assert [node.engine.is_over for node in pump.nodes] == [True, True, True, False]
    assert deaf.engine.executed_height == LAST
    assert deaf.engine.needs["proof", LAST, b""].request == FetchChain(LAST)
    pump.drop = lambda sender, to, message: False
    pump.pass_time(1_000)
    assert deaf.engine.is_over


def test_nobody_knows_whether_an_epoch_is_over_before_the_disk_was_read() -> None:
    """[DUR-3] Which heights lack a certificate is found there."""
    pump = ended()
    engine = Engine(pump.nodes[0].engine.config, replace(ended_anchor(pump), last=LAST))
    assert not engine.is_over
    engine.step(pump.now_ms, Recovered((), ()))
    assert engine.is_over
    again = Engine(pump.nodes[0].engine.config, replace(ended_anchor(pump), last=LAST))
    again.step(pump.now_ms, Recovered((), (pump.nodes[0]._outcome(pump.nodes[0].executed[2]),)))
    assert not again.is_over


def ended_anchor(pump: Pump) -> Anchor:
    """The last block of the epoch, as its own members see it."""
    node, members = pump.nodes[0], pump.committee.members
    end = node.executed[-1]
    return Anchor(end.header, end.digest, node.certified[LAST].certificate, members)


def test_own_batches_that_were_not_ordered_are_named_oldest_first() -> None:
    """[EPOCH-5] They are sealed again."""
    pump = ending()
    pump.drop = no_finality
    work(pump, 4)
    pump.drop = lambda sender, to, message: False
    pump.pass_time(8_000)
    for node in pump.nodes:
        assert node.engine.is_over
        ordered = node.executed[-1].header.cut[node.me].seq
        orphans = [decode_batch(node.batches[digest]).header for digest in node.engine.orphans()]
        assert orphans
        first = ordered + 1
        assert [each.seq for each in orphans] == list(range(first, first + len(orphans)))
        assert {each.author for each in orphans} == {node.me}


# --- the beginning --------------------------------------------------------------------------------


def test_the_next_epoch_goes_on_from_the_last_height() -> None:
    """[EPOCH-5] View 1, height E+1 after E's digest, and every lane from seq 1."""
    before = ended()
    pump = Pump(genesis=NARROW, over=before)
    for node in pump.nodes:
        engine = node.engine
        assert (engine.epoch, engine.view, engine.final_height) == (1, 1, LAST)
        assert engine.simplex.pacemaker.busy, "nobody is idle before the first certificate"
        assert not engine.is_over
        assert node.engine.lanes.tips == TIPS
    pump.pass_time(1_000)
    first = pump.nodes[0].executed[0]
    assert (first.header.epoch, first.header.height) == (1, LAST + 1)
    assert first.header.parent == before.nodes[0].executed[-1].digest
    assert first.header.cut == TIPS
    for node in pump.nodes:
        certificate = node.certified[LAST + 1].certificate
        check_certificate(pump.chain, pump.committee.members, ED25519, certificate)
        assert not node.engine.simplex.pacemaker.busy
    pump.submit(2)
    pump.pass_time(1_000)
    [batch] = pump.nodes[2].batches.values()
    header = decode_batch(batch).header
    assert (header.epoch, header.author, header.seq) == (1, 2, 1)
    assert pump.nodes[0].executed[-1].header.cut[2].seq == 1


def test_epochs_follow_epochs() -> None:
    """[EPOCH-1], [EPOCH-5]"""
    pump = ended()
    for number in (1, 2):
        pump = Pump(genesis=NARROW, over=pump)
        pump.fixed_at = pump.anchor.header.height + 3
        work(pump)
        assert {node.engine.epoch for node in pump.nodes} == {number}
        assert all(node.engine.is_over for node in pump.nodes)
        assert pump.nodes[0].executed[-1].header.height == LAST + 5 * number


def test_heights_of_the_epoch_before_are_attested_by_nobody_else() -> None:
    """[EPOCH-5] Its members did, all of them, or this epoch had not begun."""
    before = ended()
    pump = Pump(genesis=NARROW, over=before)
    engine = pump.nodes[0].engine
    said = own_attests(before.nodes[1])
    last = said[-1]
    assert last.attestation.height == LAST
    assert not any(engine.wants(Attested(each)) for each in said)
    certificate = before.nodes[0].certified[LAST].certificate
    assert not engine.wants(StateCertified(certificate))
    assert engine.wants(Attested(replace(last, attestation=replace(last.attestation, height=5))))


# --- beats ----------------------------------------------------------------------------------------


def beats(pump: Pump) -> list[tuple[int, int]]:
    """Lets much time pass: the epoch and height of every BEAT that is said."""
    said: list[tuple[int, int]] = []
    before = pump.drop

    def listen(sender: int, to: int, message: Message) -> bool:
        if isinstance(message, Beating):
            said.append((message.signed.beat.epoch, message.signed.beat.height))
        return before(sender, to, message)

    pump.drop = listen
    pump.pass_time(3 * PARAMETERS.beat_ms)
    return said


def test_the_old_epoch_beats_no_more_and_the_new_one_beats_for_its_last_height() -> None:
    """[CERT-6], [EPOCH-5] Even while the first height of the new one is long in coming."""
    before = ended()
    assert beats(before) == []
    pump = Pump(genesis=NARROW, over=before)
    pump.drop = lambda sender, to, message: isinstance(message, Propose)
    assert set(beats(pump)) == {(1, LAST)}
    for node in pump.nodes:
        beat = node.engine.newest_beat
        assert beat is not None
        check_certificate(pump.chain, pump.committee.members, ED25519, beat)
        assert beat.beat.height == LAST
