"""The replay accepts an honest chain, and refuses each way in which a node could bend one."""

from collections.abc import Callable, Sequence
from functools import lru_cache

import pytest
from msgspec.structs import replace

from benchmarks import founders
from benchmarks.funding import Till, funding
from benchmarks.population import Terms, transfers
from benchmarks.replay import Broken, Replay, digest_of
from client.raw import RawBlock, RawOrdered, decode_raw_block
from node.executor import Executor
from node.store import MemoryStore
from primitives.batch import (
    EMPTY_TIP,
    Batch,
    Tip,
    batch_digest,
    batch_message,
    header_after,
    tip_of,
)
from primitives.block import VERSION, Header, block_digest, order_of
from primitives.certificate import MemberSignature, StateCertificate
from primitives.encoding import Malformed, encode
from primitives.genesis import chain_id, validators_of
from primitives.receipt import Outcome
from primitives.transaction import decode_signed
from primitives.vote import PROTOCOL_VERSION, Attestation, attest_message

GENESIS = founders.genesis()
CHAIN = chain_id(GENESIS)
MEMBERS = validators_of(GENESIS)
TERMS = Terms(CHAIN, 8, founders.START_MS + founders.HOUR_MS)


class Network:
    """Four lanes, and blocks that order one batch of each; executed and attested honestly."""

    def __init__(self) -> None:
        self.executor = Executor.open(MemoryStore(), GENESIS)
        self.tips = [EMPTY_TIP] * len(founders.CODES)
        self.blocks: list[RawBlock] = []

    def block(self, *lanes: Sequence[bytes]) -> None:
        """The next block: one batch of each lane that is given something."""
        batches = {lane: self._batch(lane, raws) for lane, raws in enumerate(lanes) if raws}
        head = self.executor.head_record
        height = head.header.height + 1
        time = head.header.time + 100
        header = Header(VERSION, 0, height, height, head.digest, time, 0, tuple(self.tips))
        new = [
            [batch_digest(CHAIN, batches[lane].header)] if lane in batches else []
            for lane in range(len(self.tips))
        ]
        order = order_of(height, new)
        chosen = tuple((each.lane, batches[each.lane]) for each in order)
        for _ in self.executor.execute(header, block_digest(CHAIN, header), chosen):
            pass
        receipts = self.executor.archive.receipts(height)
        assert receipts is not None
        self.blocks.append(
            RawBlock(
                header=header,
                order=tuple(RawOrdered(each.lane, each.digest) for each in order),
                batches=tuple(encode(batch) for _, batch in chosen),
                receipts=receipts.receipts,
                certificate=self._certificate(),
            )
        )

    def _batch(self, lane: int, raws: Sequence[bytes]) -> Batch:
        weight = sum(decode_signed(raw, CHAIN).weight for raw in raws)
        header = header_after(self.tips[lane], 0, lane, tuple(raws), weight)
        digest = batch_digest(CHAIN, header)
        self.tips[lane] = tip_of(digest, header)
        signature = founders.validator(lane).key.sign(batch_message(digest))
        return Batch(header, tuple(raws), signature)

    def _certificate(self) -> StateCertificate:
        record = self.executor.head_record
        roots = (record.state_root, record.receipts_root)
        where = (CHAIN, 0, record.header.height, record.digest, record.header.time)
        sets = (MEMBERS.hash, MEMBERS.hash)
        return certified(Attestation(*where, *roots, *sets, False, PROTOCOL_VERSION))


def certified(attestation: Attestation, signers: Sequence[int] = (0, 1, 2)) -> StateCertificate:
    message = attest_message(attestation)
    signatures = [MemberSignature(i, founders.validator(i).key.sign(message)) for i in signers]
    return StateCertificate(attestation, tuple(signatures))


@lru_cache
def honest() -> tuple[RawBlock, ...]:
    """Funding by one founder, then two blocks of transfers in several lanes."""
    network = Network()
    money = funding(TERMS, Till(GENESIS.partners[0], founders.issuer(0)), range(TERMS.senders))
    network.block(money[:1])
    network.block(money[1:])
    first, second = transfers(TERMS, range(8)), transfers(TERMS, range(8, 16))
    network.block(first[:3], first[3:5], first[5:])
    network.block((), second[:4], second[4:])
    return tuple(network.blocks)


def replayed(blocks: Sequence[RawBlock]) -> Replay:
    replay = Replay(GENESIS)
    for block in blocks:
        replay.block(decode_raw_block(encode(block)))
    return replay


def test_an_honest_chain_replays_to_the_attested_root() -> None:
    blocks = honest()
    report = replayed(blocks).report(1.0)
    assert blocks[-1].certificate is not None
    assert report.state_root == blocks[-1].certificate.attestation.state_root.hex()
    assert (report.height, report.certified) == (4, 4)
    assert (report.done, report.refused, report.skipped) == (18, 0, 0)


def test_the_ids_that_were_done_are_those_that_were_sent() -> None:
    money = funding(TERMS, Till(GENESIS.partners[0], founders.issuer(0)), range(TERMS.senders))
    sent = [decode_signed(raw, CHAIN).id for raw in [*money, *transfers(TERMS, range(16))]]
    assert replayed(honest()).report(1.0).done_ids == digest_of(reversed(sent))
    assert digest_of(sent[1:]) != digest_of(sent)


def test_a_block_may_wait_for_its_certificate_but_the_last_may_not() -> None:
    blocks = list(honest())
    blocks[1] = replace(blocks[1], certificate=None)
    assert replayed(blocks).report(1.0).certified == 3
    blocks[3] = replace(blocks[3], certificate=None)
    with pytest.raises(Broken, match="not attested"):
        replayed(blocks).report(1.0)


def without_a_batch(block: RawBlock) -> RawBlock:
    return replace(block, order=block.order[1:], batches=block.batches[1:])


def another_order(block: RawBlock) -> RawBlock:
    return replace(block, order=block.order[::-1], batches=block.batches[::-1])


def forged_receipt(block: RawBlock) -> RawBlock:
    bent = replace(block.receipts[0], outcome=Outcome.BALANCE_TOO_LOW)
    return replace(block, receipts=(bent, *block.receipts[1:]))


def another_parent(block: RawBlock) -> RawBlock:
    return replace(block, header=replace(block.header, parent=b"\1" * 32))


def skipped_height(block: RawBlock) -> RawBlock:
    return replace(block, header=replace(block.header, height=block.header.height + 1))


def past_time(block: RawBlock) -> RawBlock:
    return replace(block, header=replace(block.header, time=founders.START_MS - 1))


def another_cut(block: RawBlock) -> RawBlock:
    tip = Tip(block.header.cut[0].seq + 1, b"\2" * 32, block.header.cut[0].cumulative + 1)
    return replace(block, header=replace(block.header, cut=(tip, *block.header.cut[1:])))


@pytest.mark.parametrize(
    "bend",
    [
        without_a_batch,
        another_order,
        forged_receipt,
        another_parent,
        skipped_height,
        past_time,
        another_cut,
    ],
)
def test_a_bent_block_is_refused(bend: Callable[[RawBlock], RawBlock]) -> None:
    *before, last = honest()
    replay = replayed(before)
    with pytest.raises(Broken):
        replay.block(bend(last))


def test_a_certificate_of_another_root_or_without_a_quorum_is_refused() -> None:
    *before, last = honest()
    assert last.certificate is not None
    attestation = last.certificate.attestation
    with pytest.raises(Malformed, match="certificate_quorum"):
        replayed(before).block(replace(last, certificate=certified(attestation, (0, 1))))
    other = certified(replace(attestation, state_root=b"\3" * 32))
    with pytest.raises(Broken, match="another outcome"):
        replayed(before).block(replace(last, certificate=other))


def test_a_batch_with_a_forged_signature_is_refused() -> None:
    *before, last = honest()
    signed = decode_signed(transfers(TERMS, [16])[0], CHAIN).signed
    forged = replace(signed, signatures=(replace(signed.signatures[0], signature=bytes(64)),))
    network = Network()
    network.tips = list(before[-1].header.cut)
    batch = network._batch(3, [encode(forged)])
    tips = tuple(network.tips)
    header = replace(before[-1].header, height=4, parent=last.header.parent, cut=tips)
    order = (RawOrdered(3, batch_digest(CHAIN, batch.header)),)
    bent = RawBlock(header, order, (encode(batch),), (), None)
    with pytest.raises(Broken, match="signature_invalid"):
        replayed(before).block(bent)


def test_a_batch_that_its_author_did_not_sign_is_refused() -> None:
    *before, last = honest()
    network = Network()
    network.tips = list(before[-1].header.cut)
    batch = network._batch(3, transfers(TERMS, [19]))
    stranger = founders.validator(2).key.sign(batch_message(batch_digest(CHAIN, batch.header)))
    tips = tuple(network.tips)
    header = replace(before[-1].header, height=4, parent=last.header.parent, cut=tips)
    order = (RawOrdered(3, batch_digest(CHAIN, batch.header)),)
    bent = RawBlock(header, order, (encode(replace(batch, signature=stranger)),), (), None)
    with pytest.raises(Broken, match="not signed by its author"):
        replayed(before).block(bent)
