"""Chains made in this process, honest or not, and a node that hands them out.

``Chain`` is four founders with all their keys: whoever holds it can sign anything in their names.
Blocks are carried out by the real executor, under contracts that a test may corrupt meanwhile
(``colluding``), and certified by whomever the test likes. Its epochs end and follow each other by
the rule ([EPOCH-1]); unless a genesis says otherwise they outlive every test. ``ChainSource`` hands
out whatever bytes it is given. Knows nothing of the auditor's own checks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from unittest.mock import patch

from msgspec.structs import replace

from audit.source import STEPS
from audit.violations import Violation
from client.raw import RawBlock, RawOrdered
from contracts import epochs
from contracts.epochs import Epoch, Moment
from contracts.state import State
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
from primitives.certificate import StateCertificate
from primitives.encoding import encode
from primitives.evidence import Evidence
from primitives.genesis import Genesis, Parameters
from primitives.keys import Signer
from primitives.merkle import list_root
from primitives.proof import EntryProof, EpochStep
from primitives.receipt import Outcome
from primitives.transaction import Decoded
from primitives.validators import Validator
from primitives.vote import Attestation
from tests.builders import (
    DAY_MS,
    HOUR_MS,
    PARAMETERS,
    SECOND_MS,
    Committee,
    Person,
    a_block,
    a_code,
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


def lasting(parameters: Parameters = PARAMETERS) -> Parameters:
    """The same, with one epoch that outlives the test."""
    return replace(parameters, epoch_minimum_ms=5_000 * DAY_MS, epoch_maximum_ms=5_000 * DAY_MS)


class Chain:
    """A chain, and every key of those who make it.

    ``epochs`` are all that have begun, as far as they are decided; ``steps`` lead to the newest.
    ``seats`` are the consensus keys that their holders sign with, by public key.
    """

    def __init__(self, genesis: Genesis | None = None) -> None:
        self.genesis = genesis or a_genesis(parameters=lasting())
        self.executor = Executor.open(MemoryStore(), self.genesis)
        self.blocks: list[RawBlock] = []
        self.sequences: dict[bytes, int] = {}
        self.epochs: list[Epoch] = [epochs.first(self.genesis)]
        self.steps: list[EpochStep] = []
        self.seats: dict[bytes, Signer] = {}
        founders = (a_code(place) for place in range(len(self.genesis.partners)))
        self.seat(*(f"consensus of {code}" for code in founders))

    def seat(self, *names: str) -> None:
        """Whoever has the keys of these names signs with them, once they are members'."""
        self.seats.update((key.public_key, key) for key in map(a_key, names))

    @property
    def epoch(self) -> Epoch:
        """The one that the next block is of."""
        return self.epochs[-1]

    @property
    def committee(self) -> Committee:
        """Who makes the next block."""
        return self.committee_of(self.epoch.number)

    def committee_of(self, epoch: int) -> Committee:
        """The members of an epoch that has begun."""
        members = self.epochs[epoch].validators
        return Committee(tuple(self.seats[each.key] for each in members.members), members)

    @property
    def chain(self) -> bytes:
        """Its id."""
        return self.executor.chain

    @property
    def cut(self) -> tuple[Tip, ...]:
        """Where the lanes stand: those of a new epoch begin empty ([EPOCH-5])."""
        head = self.executor.head_record.header
        begins = head.epoch != self.epoch.number
        return (EMPTY_TIP,) * len(self.epoch.members) if begins else head.cut

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
        header = header_after(parent, self.epoch.number, lane, tuple(transactions), weight)
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
        height, epoch = head.header.height + 1, self.epoch
        order = order_of(height, new)
        view = height - epoch.after
        header = a_block(
            height,
            view=view,
            parent=head.digest,
            time=head.header.time + after_ms,
            proposer=epoch.validators.leader(view),
            cut=tips,
            epoch=epoch.number,
        )
        chosen = tuple((each.lane, by_digest[each.digest]) for each in order)
        run(self.executor, header, chosen)
        self._decide(header)
        receipts = self.executor.archive.receipts(height)
        assert receipts is not None
        ordered = tuple(RawOrdered(each.lane, each.digest) for each in order)
        contents = tuple(encode(batch) for _, batch in chosen)
        certificate = self.certificate(self.attestation(header))
        self.executor.certify(certificate)
        block = RawBlock(header, ordered, contents, receipts.receipts, certificate)
        self.blocks.append(block)
        self._hand_over(block)
        return block

    def until(self, height: int) -> None:
        """Empty blocks up to this height."""
        while len(self.blocks) < height:
            self.block()

    def end_epoch(self) -> int:
        """Empty blocks until the next one is another epoch's; the height of the last."""
        number = self.epoch.number
        while self.epoch.number == number:
            self.block()
        return len(self.blocks)

    def _decide(self, header: Header) -> None:
        """The rule, after a height was carried out: the one place that follows it ([EPOCH-1])."""
        moment, state = Moment(header.height, header.time), State(self.executor.state)
        self.epochs[-1] = epochs.after(self.epoch, state, self.genesis.parameters, moment)

    def _hand_over(self, last: RawBlock) -> None:
        """The next epoch begins after its last height ([EPOCH-4])."""
        header, epoch = last.header, self.epoch
        if header.height == epoch.last:
            self.steps.append(a_step(last, epoch.following))
            self.epochs.append(epochs.begin(epoch, Moment(header.height, header.time)))

    def attestation(self, header: Header) -> Attestation:
        """What the executor made of the newest block, said of ``header``."""
        record, epoch = self.executor.head_record, self.epochs[header.epoch]
        said = an_attestation(
            header.height,
            block=block_digest(self.chain, header),
            time=header.time,
            state_root=record.state_root,
            receipts_root=record.receipts_root,
            chain=self.chain,
            members=epoch.validators,
        )
        after = epoch.validators_after(header.height)
        return replace(said, last=header.height == epoch.last, next_validators=after.hash)

    def certificate(
        self, attestation: Attestation, authors: Sequence[int] | None = None
    ) -> StateCertificate:
        """Signed by these members of its epoch; by the first that are enough, if none are named."""
        committee = self.committee_of(attestation.epoch)
        signing = range(committee.members.quorum) if authors is None else authors
        return a_state_certificate(attestation, authors=signing, committee=committee)

    def certified(self, block: RawBlock, **said: object) -> RawBlock:
        """``block`` with a quorum's certificate for what it now holds; ``said`` is said as well."""
        root = list_root([encode(receipt) for receipt in block.receipts])
        assert block.certificate is not None
        attestation = replace(
            block.certificate.attestation,
            epoch=block.header.epoch,
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


# --- epochs ---------------------------------------------------------------------------------------

LEAST_MS = 10 * SECOND_MS
"""An epoch in which members changed lasts so long: ten blocks."""
BOUND = 2
"""B: so many heights lie between who follows being fixed and the epoch's last."""
CHANGING = replace(
    PARAMETERS, epoch_minimum_ms=LEAST_MS, epoch_maximum_ms=400 * DAY_MS, lag_bound=BOUND
)


def a_changing_chain() -> Chain:
    """Members change: what each epoch's end is for, ``council`` knows how to say."""
    return Chain(a_genesis(parameters=CHANGING))


def a_step(last: RawBlock, members: Iterable[Validator]) -> EpochStep:
    """The handover by an epoch's last block to these members."""
    assert last.certificate is not None
    return EpochStep(last.certificate, tuple(members))


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
        self.handovers: tuple[EpochStep, ...] = () if chain is None else tuple(chain.steps)
        self.accusations: list[Evidence] = []
        self.asked: list[int] = []

    async def top(self) -> int:
        return len(self.blocks)

    async def block(self, height: int) -> bytes:
        self.asked.append(height)
        if not self.blocks[height - 1]:
            raise Violation("block_withheld", height, "block_unknown")
        return self.blocks[height - 1]

    async def steps(self, height: int, first: int) -> tuple[EpochStep, ...]:
        return tuple(self.handovers[first : first + STEPS])

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
