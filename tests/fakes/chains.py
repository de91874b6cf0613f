"""Chains made in this process, honest or not, and a node that hands them out.

``Chain`` is four founders with all their keys: whoever holds it can sign anything in their names.
Blocks are carried out by the real executor, under contracts that a test may corrupt meanwhile
(``colluding``), and certified by whomever the test likes. ``ChainSource`` hands out whatever bytes
it is given. Knows nothing of the auditor's own checks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from unittest.mock import patch

from msgspec.structs import replace

from audit.violations import Violation
from client.raw import RawBlock, RawOrdered
from contracts.transition import BlockResult, BlockRun
from node.executor import Executor
from node.store import MemoryStore
from primitives.actions import Action
from primitives.batch import (
    EMPTY_TIP,
    Batch,
    Tip,
    batch_digest,
    batch_message,
    header_after,
    tip_of,
)
from primitives.block import Header, block_digest, order_of
from primitives.certificate import MemberSignature, StateCertificate
from primitives.encoding import encode
from primitives.evidence import Evidence
from primitives.genesis import Genesis
from primitives.merkle import list_root
from primitives.proof import EntryProof, EpochStep
from primitives.receipt import Outcome
from primitives.transaction import Decoded
from primitives.validators import Validator, ValidatorSet
from primitives.vote import Attestation, attest_message
from tests.builders import (
    HOUR_MS,
    SECOND_MS,
    Committee,
    Person,
    a_block,
    a_committee,
    a_genesis,
    a_key,
    a_mint,
    a_person,
    a_state_certificate,
    a_transfer,
    an_action,
    an_attestation,
    raw,
)
from tests.fakes.ordering import run

QUORUM = (0, 1, 2)


class Chain:
    """A chain, and every key of those who make it."""

    def __init__(self, genesis: Genesis | None = None) -> None:
        self.genesis = genesis or a_genesis()
        self.committee: Committee = a_committee(len(self.genesis.partners))
        self.executor = Executor.open(MemoryStore(), self.genesis)
        self.blocks: list[RawBlock] = []
        self.sequences: dict[bytes, int] = {}

    @property
    def chain(self) -> bytes:
        """Its id."""
        return self.executor.chain

    @property
    def cut(self) -> tuple[Tip, ...]:
        """Where the lanes stand."""
        return self.executor.head_record.header.cut

    @property
    def now_ms(self) -> int:
        """The newest block's time."""
        return self.executor.head_record.header.time

    # --- transactions -----------------------------------------------------------------------------

    def mint(
        self, to: Person, points: int, reference: str, partner: str = "north", **fields: object
    ) -> Decoded:
        """By the partner's issuer, with its next sequence; ``fields`` as of ``a_mint``."""
        issuer = f"issuer of {partner}".encode()
        return a_mint(partner, to, points, reference, **self._fields(issuer), **fields)

    def transfer(self, sender: Person, *outputs: tuple[Person, int]) -> Decoded:
        """With the sender's next sequence."""
        return a_transfer(sender, *outputs, **self._fields(sender.account))

    def act(self, sender: Person, action: Action) -> Decoded:
        """Any action, with the sender's next sequence."""
        return an_action(sender, action, **self._fields(sender.account))

    def _fields(self, who: bytes) -> dict[str, object]:
        sequence = self.sequences.get(who, 0)
        self.sequences[who] = sequence + 1
        until = self.now_ms + HOUR_MS
        return {"chain": self.chain, "sequence": sequence, "valid_until": until}

    # --- blocks -----------------------------------------------------------------------------------

    def batch(self, lane: int, transactions: Sequence[bytes], parent: Tip, weight: int) -> Batch:
        """Sealed and signed by the lane's author, whatever it holds."""
        header = header_after(parent, 0, lane, tuple(transactions), weight)
        digest = batch_digest(self.chain, header)
        signature = self.committee.signers[lane].sign(batch_message(digest))
        return Batch(header, tuple(transactions), signature)

    def batches(self, lane: int, *parts: Sequence[Decoded]) -> list[Batch]:
        """Honest batches that go on from the lane's tip, one a part."""
        tip, made = self.cut[lane], []
        for part in parts:
            weight = sum(each.weight for each in part)
            made.append(self.batch(lane, [raw(each) for each in part], tip, weight))
            tip = self.tip(made[-1])
        return made

    def tip(self, batch: Batch) -> Tip:
        """The lane's tip once this batch is its last."""
        return tip_of(batch_digest(self.chain, batch.header), batch.header)

    def block(self, *lanes: Sequence[Decoded], after_ms: int = SECOND_MS) -> RawBlock:
        """The next block: one batch of each lane that is given something."""
        made = [self.batches(lane, part) for lane, part in enumerate(lanes) if part]
        return self.order([batch for each in made for batch in each], after_ms)

    def order(self, batches: Sequence[Batch], after_ms: int = SECOND_MS) -> RawBlock:
        """The next block, of these batches, each lane's in order; carried out and certified."""
        tips = list(self.cut)
        new: list[list[bytes]] = [[] for _ in tips]
        by_digest = {}
        for batch in batches:
            tip = self.tip(batch)
            tips[batch.header.author] = tip
            new[batch.header.author].append(tip.digest)
            by_digest[tip.digest] = batch
        head = self.executor.head_record
        height = head.header.height + 1
        order = order_of(height, new)
        header = a_block(
            height,
            parent=head.digest,
            time=head.header.time + after_ms,
            proposer=height % len(tips),
            cut=tips,
        )
        chosen = tuple((each.lane, by_digest[each.digest]) for each in order)
        run(self.executor, header, chosen)
        receipts = self.executor.archive.receipts(height)
        assert receipts is not None
        ordered = tuple(RawOrdered(each.lane, each.digest) for each in order)
        contents = tuple(encode(batch) for _, batch in chosen)
        certificate = self.certificate(self.attestation(header))
        self.executor.certify(certificate)
        block = RawBlock(header, ordered, contents, receipts.receipts, certificate)
        self.blocks.append(block)
        return block

    def attestation(self, header: Header) -> Attestation:
        """What the executor made of the newest block, said of ``header``."""
        record = self.executor.head_record
        return an_attestation(
            header.height,
            block=block_digest(self.chain, header),
            time=header.time,
            state_root=record.state_root,
            receipts_root=record.receipts_root,
            chain=self.chain,
            members=self.committee.members,
        )

    def certificate(
        self, attestation: Attestation, authors: Sequence[int] = QUORUM
    ) -> StateCertificate:
        """Signed by these members."""
        return a_state_certificate(attestation, authors=authors, committee=self.committee)

    def certified(self, block: RawBlock, **said: object) -> RawBlock:
        """``block`` with a quorum's certificate for what it now holds; ``said`` is said as well."""
        root = list_root([encode(receipt) for receipt in block.receipts])
        assert block.certificate is not None
        attestation = replace(
            block.certificate.attestation,
            height=block.header.height,
            block=block_digest(self.chain, block.header),
            time=block.header.time,
            receipts_root=root,
        )
        return replace(block, certificate=self.certificate(replace(attestation, **said)))


def an_honest_chain() -> Chain:
    """Four heights: money; payments in three lanes, one refused, and one skipped, as it comes too
    early; a mint beside a payment; nothing."""
    alice, bob, carol = a_person("alice"), a_person("bob"), a_person("carol")
    chain = Chain()
    chain.block([chain.mint(alice, 5_000, "r-1"), chain.mint(bob, 3_000, "r-2")])
    chain.block(
        [chain.transfer(alice, (carol, 1_000_000))],
        [
            chain.transfer(bob, (alice, 500_000), (carol, 20_000)),
            chain.transfer(bob, (carol, 99_000_000_000)),
        ],
        [],
        [chain.transfer(alice, (bob, 10_000))],
    )
    chain.block([chain.mint(carol, 100, "r-3")], [chain.transfer(carol, (alice, 30_000))])
    chain.block()
    return chain


# --- an epoch later -------------------------------------------------------------------------------

NEXT = ValidatorSet(1, a_committee().members.members)
STRANGERS = ValidatorSet(
    1, tuple(Validator(f"member-{i}", a_key(f"next {i}").public_key) for i in range(4))
)


def ending(chain: Chain) -> tuple[RawBlock, ...]:
    """The chain, whose last height ends epoch 0 and hands over to ``NEXT``."""
    last = chain.certified(chain.blocks[-1], last=True, next_validators=NEXT.hash)
    return (*chain.blocks[:-1], last)


def beginning(chain: Chain, blocks: Sequence[RawBlock]) -> RawBlock:
    """The first block of epoch 1, empty, signed by its members."""
    parent = blocks[-1].header
    header = replace(
        parent,
        epoch=1,
        view=1,
        height=parent.height + 1,
        parent=block_digest(chain.chain, parent),
        proposer=1,
        cut=(EMPTY_TIP,) * 4,
    )
    before = blocks[-1].certificate
    assert before is not None
    attestation = replace(
        before.attestation,
        epoch=1,
        height=header.height,
        block=block_digest(chain.chain, header),
        time=header.time,
        receipts_root=chain.attestation(chain.blocks[-1].header).receipts_root,
        validators=NEXT.hash,
        next_validators=NEXT.hash,
        last=False,
    )
    message = attest_message(attestation)
    signers = a_committee().signers
    signed = tuple(MemberSignature(i, signers[i].sign(message)) for i in range(3))
    return RawBlock(header, (), (), (), StateCertificate(attestation, signed))


def step(blocks: Sequence[RawBlock], members: ValidatorSet = NEXT) -> EpochStep:
    certificate = blocks[-1].certificate
    assert certificate is not None
    return EpochStep(certificate, members.members)


def an_epoch_later(chain: Chain) -> tuple[list[RawBlock], EpochStep]:
    """The chain and the first block of the epoch after it, with what leads there."""
    blocks = ending(chain)
    return [*blocks, beginning(chain, blocks)], step(blocks)


# --- those who sign for it ------------------------------------------------------------------------


@contextmanager
def colluding(module: object, name: str, corrupt: Callable[..., object]) -> Iterator[None]:
    """While it lasts every validator runs ``corrupt(the honest function, ...)`` for a function."""
    honest = getattr(module, name)

    def corrupted(*arguments: object, **named: object) -> object:
        return corrupt(honest, *arguments, **named)

    with patch.object(module, name, corrupted):
        yield


def blind_to(outcome: Outcome) -> Callable[..., object]:
    """For ``colluding``: a check that lets this one refusal pass."""

    def check(honest: Callable[..., object], *arguments: object) -> object:
        found = honest(*arguments)
        return None if found == outcome else found

    return check


@contextmanager
def writing(alter: Callable[[dict[bytes, bytes | None]], None]) -> Iterator[None]:
    """While it lasts every validator changes what a block writes into the state."""
    honest = BlockRun.finish

    def finish(self: BlockRun) -> BlockResult:
        result = honest(self)
        changes = dict(result.changes)
        alter(changes)
        return replace(result, changes=sorted(changes.items()))

    with patch.object(BlockRun, "finish", finish):
        yield


# --- the node that hands it out -------------------------------------------------------------------


class ChainSource:
    """Hands out these bytes, block by block, as ``audit.source.Source``."""

    url = "http://node.test"

    def __init__(self, blocks: Sequence[bytes], chain: Chain | None = None) -> None:
        self.blocks = list(blocks)
        self.chain = chain
        self.handovers: tuple[EpochStep, ...] = ()
        self.accusations: list[Evidence] = []
        self.asked: list[int] = []

    async def top(self) -> int:
        return len(self.blocks)

    async def block(self, height: int) -> bytes:
        self.asked.append(height)
        if not self.blocks[height - 1]:
            raise Violation("block_withheld", height, "block_unknown")
        return self.blocks[height - 1]

    async def steps(self, height: int) -> tuple[EpochStep, ...]:
        return self.handovers

    async def evidence(self, height: int) -> list[Evidence]:
        return self.accusations

    async def entry(self, key: bytes) -> EntryProof | None:
        """A proof at the newest height, as far as there is a ledger to prove it from."""
        if self.chain is None:
            return None
        executor = self.chain.executor
        certificate = executor.certified
        assert certificate is not None
        height = certificate.attestation.height
        state = executor.state
        return EntryProof(certificate, key, state.at(height, key), state.prove(height, key))


def handed_out(blocks: Sequence[RawBlock]) -> list[bytes]:
    """The canonical bytes of each."""
    return [encode(block) for block in blocks]
