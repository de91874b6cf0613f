"""What one member can make the others keep, or do, has a bound."""

from __future__ import annotations

from consensus.effects import BatchKept, BlockKept, Keep
from consensus.messages import BatchSent, BlockSent, ChainSent, StateCertified, Status
from consensus.needs import MOST_AHEAD
from primitives.batch import EMPTY_TIP, Batch, Tip, batch_digest, batch_message, header_after
from primitives.block import VERSION, Header, block_digest, genesis_block
from primitives.encoding import encode
from tests.builders import a_person, a_transfer, raw
from tests.unit.consensus.pump import GENESIS, Pump
from tests.unit.consensus.scripted import a_chain_of, heights, only, proposal, receive
from tests.unit.consensus.test_lanes import CHAIN, cut_with, digest, tip

AUTHOR = 1


def a_batch_after(pump: Pump, parent: Tip, sequence: int) -> Batch:
    """A batch of the author's lane with a transfer that no other batch has."""
    person = a_person("x")
    transfer = a_transfer(person, (person, 1), chain=pump.chain, sequence=sequence)
    header = header_after(parent, 0, AUTHOR, (raw(transfer),), transfer.weight)
    signer = pump.committee.signers[AUTHOR]
    unsigned = Batch(header, (raw(transfer),), b"\0" * 64)
    return Batch(header, (raw(transfer),), signer.sign(batch_message(digest(unsigned))))


def test_a_chain_that_leads_nowhere_is_not_kept() -> None:
    """[LANE-5] Each batch is the predecessor of one that is held, and all have one seq."""
    pump = Pump()
    node = pump.nodes[0]
    pump.drop = only(node)
    chain = [a_batch_after(pump, Tip(4, b"\1" * 32, 100), 0)]
    for sequence in range(1, 50):
        before = tip(chain[-1])
        chain.append(a_batch_after(pump, Tip(4, before.digest, 100), sequence))
    for batch in reversed(chain):
        receive(pump, node, AUTHOR, BatchSent(encode(batch)))
    held = [b for b in chain if node.engine.lanes.known(AUTHOR, digest(b))]
    assert len(held) <= 2


def test_a_claimed_tip_lifts_no_bound() -> None:
    """[LANE-5, LANE-8] The author names twin after twin as what it holds, and sends each."""
    pump = Pump()
    node = pump.nodes[0]
    pump.drop = only(node)
    kept = 0
    for sequence in range(20):
        twin = a_batch_after(pump, Tip(4, b"\1" * 32, 100), sequence)
        receive(pump, node, AUTHOR, Status(0, 1, 0, 0, cut_with(AUTHOR, tip(twin))))
        effects = receive(pump, node, AUTHOR, BatchSent(encode(twin)))
        kept += sum(isinstance(e, Keep) and isinstance(e.record, BatchKept) for e in effects)
    assert kept <= 2
    claims = [key for key in node.engine.needs if key[0] == "lane"]
    assert claims == [], "what would not be taken is not asked for"


def test_a_batch_too_heavy_for_any_block_keeps_nobody_awake() -> None:
    """[LANE-3, IDLE-1] Its author signed it, and its weight is as declared."""
    pump = Pump()
    pump.submit(0)
    pump.deliver()
    person = a_person("x")
    content = (raw(a_transfer(person, (person, 1), chain=pump.chain)),)
    header = header_after(EMPTY_TIP, 0, AUTHOR, content, GENESIS.parameters.lane_weight + 1)
    signature = pump.committee.signers[AUTHOR].sign(batch_message(batch_digest(CHAIN, header)))
    heavy = Batch(header, content, signature)
    for node in pump.nodes:
        receive(pump, node, AUTHOR, BatchSent(encode(heavy)))
    pump.pass_time(10_000)
    assert heights(pump) == [1, 1, 1, 1]
    assert not any(node.engine.simplex.pacemaker.busy for node in pump.nodes)


def test_a_batch_that_would_not_be_kept_is_not_checked_again() -> None:
    """[LANE-5, MSG-2] Checking a full batch costs a thousand signatures, replaying it nothing."""
    pump = Pump()
    pump.submit(AUTHOR)
    sent = next(message for _, _, message in pump.queue if isinstance(message, BatchSent))
    pump.deliver()
    assert heights(pump) == [1, 1, 1, 1]
    node = pump.nodes[0]
    assert not node.wants(sent), "executed"
    pump.drop = only(node)
    parent = node.engine.lanes.tips[AUTHOR]
    twins = [a_batch_after(pump, parent, sequence) for sequence in range(3)]
    for twin in twins[:2]:
        receive(pump, node, AUTHOR, BatchSent(encode(twin)))
    assert not node.wants(BatchSent(encode(twins[0]))), "held"
    assert not node.wants(BatchSent(encode(twins[2]))), "a third branch"
    far = Tip(parent.seq + 2 * GENESIS.parameters.lane_batches, b"\1" * 32, 100)
    assert not node.wants(BatchSent(encode(a_batch_after(pump, far, 9)))), "too far ahead"
    assert node.wants(BatchSent(encode(a_batch_after(pump, tip(twins[0]), 9))))


def test_final_blocks_are_fetched_no_faster_than_they_are_executed() -> None:
    """[SYNC-2] Else a node that was away for a million heights holds a million in memory."""
    pump = Pump()
    pump.down = {3}
    headers, certificates = a_chain_of(pump, MOST_AHEAD + 64)
    node = pump.nodes[3]
    node.slow = True
    pump.drop = only(node)
    pump.down = set()
    for start in range(0, len(headers), 32):
        if not any(key[0] == "chain" for key in node.engine.needs) and start:
            break
        part = slice(start, start + 32)
        receive(pump, node, 1, ChainSent(headers[part], certificates[part]))
        receive(pump, node, 1, StateCertified(certificates[-1]))
    assert node.engine.final_height <= MOST_AHEAD + 32
    assert node.engine.executed_height < node.engine.final_height
    node.execute()
    assert any(key[0] == "chain" for key in node.engine.needs)


def test_a_chain_that_does_not_attach_is_not_checked() -> None:
    """[MSG-2, SYNC-2]"""
    pump = Pump()
    headers, certificates = a_chain_of(pump, 4)
    node = pump.nodes[3]
    assert not node.wants(ChainSent(headers[1:], certificates[1:]))
    assert node.wants(ChainSent(headers, certificates))


def test_a_chain_that_does_not_attach_is_not_kept() -> None:
    """[SYNC-2] It is as final as any, but nothing says when what is between will come."""
    pump = Pump()
    node = pump.nodes[3]
    pump.drop = only(node)
    headers, certificates = a_chain_of(pump, 4)
    effects = receive(pump, node, 1, ChainSent(headers[1:], certificates[1:]))
    assert not any(isinstance(e, Keep) and isinstance(e.record, BlockKept) for e in effects)
    effects = receive(pump, node, 1, ChainSent(headers, certificates))
    assert sum(isinstance(e, Keep) and isinstance(e.record, BlockKept) for e in effects) == 4


def test_a_parent_that_cannot_be_is_not_kept() -> None:
    """[SYNC-1] Nothing would ever make the journal forget a block of the last height."""
    pump = Pump()
    node = pump.nodes[0]
    pump.drop = only(node)
    genesis_digest, genesis = genesis_block(pump.genesis)
    for height, view in ((2**62, 0), (1, 2**62), (0, 0)):
        parent = Header(VERSION, 0, view, height, genesis_digest, genesis.time, 1, genesis.cut)
        digest = block_digest(pump.chain, parent)
        child = Header(VERSION, 0, 1, 2, digest, genesis.time, 1, genesis.cut)
        pump.restart(0)
        node = pump.nodes[0]
        receive(pump, node, 1, proposal(pump, child, block_digest(pump.chain, child)))
        assert ("block", 1, digest) in node.engine.needs
        effects = receive(pump, node, 1, BlockSent(parent))
        assert not any(isinstance(e, Keep) for e in effects)
        assert digest not in node.engine.simplex.chain.blocks
