"""Carries out final blocks and keeps what came of them. Knows the contracts and the store.

Blocks come in order, each once. A height is one atomic write: header, batches, receipts, state,
indexes, and how far the store got; so a crash leaves a whole height or nothing of it.
Knows no vote and no peer: whether a block is final was decided before it came here, and whether its
outcome is attested is told by ``certify``.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Final, NamedTuple, Protocol

import msgspec

from client.changes import Named
from consensus.config import Anchor
from consensus.inputs import Executed
from contracts import epochs
from contracts.context import BlockContext
from contracts.epochs import Epoch
from contracts.state import State
from contracts.transition import BlockRun
from node.admission import Trial
from node.archive import (
    DURABLE_KEY,
    HEAD_KEY,
    STATE,
    Archive,
    BlockRecord,
    OrderedBatch,
    ReceiptList,
    batch_key,
    block_key,
    certificate_key,
    encode_receipts,
    epoch_key,
    height_bytes,
    lane_key,
    receipts_key,
)
from node.chronicle import Chronicle
from node.index import (
    Location,
    changes_of_due_items,
    locate,
    transaction_changes,
)
from node.protocol import known_protocol
from node.recovery import Opened, agrees, open_ledger
from node.store import Change
from node.world import Store
from primitives.batch import Batch, batch_digest
from primitives.block import Header, block_digest
from primitives.certificate import StateCertificate
from primitives.encoding import Malformed, Wire, encode
from primitives.entries import (
    NO_ACCOUNT,
    Account,
    Channel,
    Partner,
    account_key,
    channel_key,
    partner_key,
)
from primitives.genesis import Genesis, chain_id
from primitives.merkle import ListTree, leaf_hashes
from primitives.proof import EpochStep
from primitives.receipt import Receipt, Skip
from primitives.transaction import Decoded, reread_signed
from primitives.vote import PROTOCOL_VERSION

SLICE: Final = 64
"""Transactions carried out between two yields: one or two milliseconds."""
SYNC_HEIGHTS: Final = 64
"""Heights after which a write is synced, should nobody have asked for a ``flush`` before."""
Batches = Sequence[tuple[int, Batch]]


class Skipped(NamedTuple):
    """A transaction that wrote nothing where it stood: in a batch of ``lane``."""

    id: bytes
    lane: int
    reason: Skip


class ExecutedBlock(msgspec.Struct, frozen=True):
    """What is told to those who follow: the record, all receipts, and what was skipped."""

    record: BlockRecord
    receipts: tuple[Receipt, ...]
    skipped: tuple[Skipped, ...]


class Follower(Protocol):
    """Is told of each height, in order, in the turn in which it happened; must not raise."""

    def executed(self, block: ExecutedBlock) -> None:
        """A height was executed and written."""

    def certified(self, certificate: StateCertificate) -> None:
        """A quorum attested the outcome of a height that was executed here, and it is mine."""


class _Work:
    """What a block being executed has come to so far: ``due`` receipts of what fell due,
    ``count`` transactions, and the rows by which those with a receipt are found."""

    __slots__ = ("count", "due", "ordered", "protocol", "rows", "skipped")

    def __init__(self, protocol: int, due: int) -> None:
        self.protocol = protocol
        self.due = due
        self.count = 0
        self.rows: list[Change] = []
        self.ordered: list[OrderedBatch] = []
        self.skipped: list[Skipped] = []


class Executor:
    """The ledger of one node. ``Executor.open`` makes one; it is also the replica's history."""

    def __init__(self, store: Store, genesis: Genesis, opened: Opened) -> None:
        self.genesis = genesis
        self.chain = chain_id(genesis)
        self.store = store
        self.archive = Archive(store)
        self._chronicle = Chronicle(self.archive)
        self.state = opened.state
        self.head_record = opened.head
        self.epoch = opened.epoch
        self.certified = opened.certified
        self.durable_height = 0
        self.followers: list[Follower] = []
        self._working = False
        self.knows = PROTOCOL_VERSION

    @classmethod
    def open(cls, store: Store, genesis: Genesis) -> Executor:
        """The executor over what ``store`` holds; an empty one gets the state of ``genesis``.

        Takes about 10 us an entry of the state. Raises ``StoreBroken``.
        """
        executor = cls(store, genesis, open_ledger(store, genesis))
        executor.flush()
        return executor

    # --- where it stands ------------------------------------------------------------------------

    @property
    def height(self) -> int:
        """The newest executed height."""
        return self.head_record.header.height

    @property
    def certified_height(self) -> int:
        """The newest height that was executed and attested; 0, which nobody attests, at first."""
        return 0 if self.certified is None else self.certified.attestation.height

    @property
    def oldest(self) -> int:
        """The lowest height of which everything is kept here ([SYNC-4])."""
        return self.archive.oldest

    def head(self) -> Anchor:
        """The newest executed block, as the engine wants it."""
        record, epoch, bare = self.head_record, self.epoch, self._bare()
        if record.header.epoch != epoch.number and bare:
            epoch = self.epoch_at(self.height)
        return self._chronicle.anchor(record, epoch, bare)

    def step_after(self, number: int) -> EpochStep | None:
        """The proof that leads from an epoch to the next; None while there is none."""
        return self._chronicle.step(number, self.height)

    def epoch_at(self, height: int) -> Epoch:
        """What is decided by now of the epoch of an executed height."""
        return self._chronicle.epoch_at(height)

    def uncertified(self) -> list[Executed]:
        """Outcomes of executed heights without a certificate, ascending. A crash may have taken
        one from below the newest; what was there before the last few syncs is not looked at."""
        return [*map(self._chronicle.outcome, self._bare())]

    def _bare(self) -> list[BlockRecord]:
        oldest = max(1, min(self.certified_height + 1, self.height - 2 * SYNC_HEIGHTS))
        return self._chronicle.bare(oldest, self.height)

    # --- carrying out ---------------------------------------------------------------------------

    def execute(
        self, header: Header, digest: bytes, batches: Batches
    ) -> Generator[None, None, Executed]:
        """Carry out the next final block, and write the height.

        Yields every few milliseconds so that a loop can do other things; nothing is visible before
        the end. ``batches`` are (lane, batch) in the order that the cut means; all were verified.
        Raises ``CannotExecute`` (``protocol_unknown``), and nothing has happened then.
        """
        self._expect(header, digest)
        protocol = known_protocol(self.state, header.height, self.knows)
        self._working = True
        parameters = self.genesis.parameters
        block = (header.height, header.time, len(header.cut), self.epoch.recorded)
        context = BlockContext(parameters, self.chain, *block)
        run = BlockRun(self.state, context)
        work = _Work(protocol, run.count)
        yield from self._apply(run, work, batches)
        result = run.finish()
        yield
        leaves = [encode(receipt) for receipt in result.receipts]
        receipts = ReceiptList(tuple(result.receipts), leaves, ListTree(leaf_hashes(leaves)))
        yield
        yield from self.state.stage(result.changes)
        changes: list[Change] = [(STATE + key, value) for key, value in result.changes]
        decided, epoch = self._epochs_after(run.state, header)
        news = [each for each in (decided, epoch) if each is not self.epoch]
        changes += [(epoch_key(each.number), encode(each)) for each in news]
        changes += changes_of_due_items(run.state, result.receipts[: work.due], header.height)
        changes += work.rows
        due_ms = _earliest(result.next_due_ms, epochs.due_ms(epoch, run.state, parameters))
        record = self._record(header, work, due_ms, decided.last, receipts)
        self._write(record, changes, batches, leaves)
        self.state.commit(header.height, result.changes, result.before)
        self.archive.remember(header.height, receipts)
        for each in news:
            self.archive.remember_epoch(each)
        self.head_record, self.epoch = record, epoch
        self._working = False
        self._tell(ExecutedBlock(record, receipts.receipts, tuple(work.skipped)))
        return self._chronicle.outcome(record)

    def _epochs_after(self, state: State, header: Header) -> tuple[Epoch, Epoch]:
        """What is decided of the block's epoch, and of that of the block after it."""
        moment = epochs.Moment(header.height, header.time)
        decided = epochs.after(self.epoch, state, self.genesis.parameters, moment)
        is_over = header.height == decided.last
        return decided, epochs.begin(decided, moment) if is_over else decided

    def certify(self, certificate: StateCertificate) -> None:
        """Keep a complete certificate; its signatures were checked. Heights may come in any order.

        One of another outcome than mine is kept as well, as it is the network's word, but nothing
        is ever proven with it here: the engine stops the node. One of a height that was pruned is
        not kept.
        """
        height = certificate.attestation.height
        if height >= self.oldest:
            self.store.write([(certificate_key(height), encode(certificate))], sync=False)
        if height <= self.height:
            self._adopt(certificate)

    def flush(self) -> None:
        """Make every height so far durable. May run in another thread than ``execute``."""
        height = self.height
        self.store.write([(DURABLE_KEY, height_bytes(height))], sync=True)
        self.durable_height = max(self.durable_height, height)

    # --- the replica's history ------------------------------------------------------------------

    def chain_from(
        self, height: int, limit: int
    ) -> tuple[tuple[Header, ...], tuple[StateCertificate, ...]] | None:
        """At most ``limit`` consecutive blocks of one epoch from ``height`` on, each with its
        certificate; they end before the first that has none. None if there is not one."""
        return self._chronicle.chain(height, min(height + limit - 1, self.certified_height))

    def batch(self, digest: bytes) -> bytes | None:
        """The canonical bytes of an executed batch."""
        return self.archive.batch_bytes(digest)

    # --- asking ---------------------------------------------------------------------------------

    def trial(self, lane: int, now_ms: int) -> Trial:
        """Dry runs of transactions that would come next, in ``lane``: to be made anew once another
        height is executed. Nothing is written."""
        head = self.head_record.header
        context = BlockContext(
            parameters=self.genesis.parameters,
            chain=self.chain,
            height=head.height + 1,
            time=max(head.time, now_ms),
            lanes=len(self.epoch.members),
            epoch=self.epoch.recorded,
        )
        return Trial(self.state, context, lane)

    def account(self, account: bytes) -> Account:
        """An account as executed so far; nothing yet, if it has no record."""
        raw = self.state.get(account_key(account))
        return NO_ACCOUNT if raw is None else _ACCOUNT.decode(raw)

    def has_record(self, account: bytes) -> bool:
        """Whether an account was opened, as executed so far."""
        return self.state.get(account_key(account)) is not None

    def speakers(self, partner: str) -> frozenset[bytes]:
        """The accounts that act for a partner, as executed so far."""
        raw = self.state.get(partner_key(partner))
        if raw is None:
            return frozenset()
        roles = msgspec.msgpack.decode(raw, type=Partner).roles
        return frozenset((roles.admin, roles.issuer, roles.cashier))

    def next_sequence(self, account: bytes, channel: int) -> int:
        """The sequence that a channel's next transaction needs, as executed so far."""
        if not channel:
            return self.account(account).sequence
        raw = self.state.get(channel_key(account, channel))
        return 0 if raw is None else _CHANNEL.decode(raw).sequence

    def named(self, named: Named | None) -> Wire | None:
        """The entry that an action or event names, as executed so far; None if it names none."""
        raw = None if named is None else self.state.get(named.key)
        if named is None or raw is None:
            return None
        return msgspec.msgpack.decode(raw, type=named.kind)

    def place_of(self, id_: bytes) -> Location | None:
        """Where a transaction and its receipt are, if it has one."""
        location = locate(self.store, id_)
        if location is None or location.height < self.oldest:
            return None
        receipts = self.archive.receipts(location.height)
        found = receipts is not None and receipts.receipts[location.receipt].origin == id_
        return location if found else None

    def certificate_of(self, height: int) -> StateCertificate | None:
        """The certificate of an executed height, if it is here and attests what I executed."""
        return self._chronicle.certificate(height)

    # --- inside ---------------------------------------------------------------------------------

    def _expect(self, header: Header, digest: bytes) -> None:
        """Blocks come in order, one at a time: anything else is our own mistake."""
        head = self.head_record
        assert not self._working, "a block is being executed"
        assert header.height == head.header.height + 1, (header.height, head.header.height)
        assert header.parent == head.digest, (header.parent.hex(), head.digest.hex())
        assert header.epoch == self.epoch.number, (header.epoch, self.epoch.number)
        assert digest == block_digest(self.chain, header), digest.hex()

    def _apply(self, run: BlockRun, work: _Work, batches: Batches) -> Generator[None, None, None]:
        """Every transaction in order."""
        height, apply = self.height + 1, run.apply
        for ordinal, (lane, batch) in enumerate(batches):
            header = batch.header
            digest = batch_digest(self.chain, header)
            work.ordered.append(OrderedBatch(lane, digest, header.seq, header.count))
            for place, raw in enumerate(batch.transactions):
                if not work.count % SLICE:
                    yield
                work.count += 1
                decoded = _decode(raw)
                outcome = apply(lane, decoded)
                if isinstance(outcome, Skip):
                    work.skipped.append(Skipped(decoded.id, lane, outcome))
                else:
                    at = Location(height, run.count - 1, ordinal, place)
                    work.rows += transaction_changes(run.state, decoded, outcome, at)

    def _record(
        self,
        header: Header,
        work: _Work,
        due_ms: int | None,
        last: int | None,
        receipts: ReceiptList,
    ) -> BlockRecord:
        return BlockRecord(
            header=header,
            digest=block_digest(self.chain, header),
            batches=tuple(work.ordered),
            state_root=self.state.root,
            receipts_root=receipts.root,
            transactions=work.count,
            receipts=len(receipts.leaves),
            due=work.due,
            next_due_ms=due_ms,
            protocol=work.protocol,
            last=last,
        )

    def _write(
        self, record: BlockRecord, changes: list[Change], batches: Batches, leaves: list[bytes]
    ) -> None:
        """The height, at once."""
        height = record.header.height
        for ordered, (_, batch) in zip(record.batches, batches, strict=True):
            epoch = batch.header.epoch
            changes.append((batch_key(ordered.digest), encode(batch)))
            changes.append((lane_key(epoch, ordered.lane, ordered.seq), ordered.digest))
        changes.append((receipts_key(height), encode_receipts(leaves)))
        changes.append((block_key(height), encode(record)))
        changes.append((HEAD_KEY, height_bytes(height)))
        sync = height - self.durable_height >= SYNC_HEIGHTS
        self.store.write(changes, sync=sync)
        if sync:
            self.durable_height = height

    def _tell(self, block: ExecutedBlock) -> None:
        for follower in self.followers:
            follower.executed(block)
        certificate = self.archive.certificate(block.record.header.height)
        if certificate is not None:  # the others were faster
            self._adopt(certificate)

    def _adopt(self, certificate: StateCertificate) -> None:
        if not agrees(self.archive.block(certificate.attestation.height), certificate):
            return
        if certificate.attestation.height > self.certified_height:
            self.certified = certificate
        for follower in self.followers:
            follower.certified(certificate)


_ACCOUNT: Final = msgspec.msgpack.Decoder(Account)
_CHANNEL: Final = msgspec.msgpack.Decoder(Channel)


def _decode(raw: bytes) -> Decoded:
    """A transaction of a final block; its form was checked with its batch's signatures ([LANE-2]).
    No validator votes for a block that orders a malformed one, so one that is malformed says that
    more of them are broken than the protocol bears."""
    try:
        return reread_signed(raw)
    except Malformed as error:
        raise AssertionError(f"a final block orders a malformed transaction: {error}") from error


def _earliest(*moments: int | None) -> int | None:
    return min((moment for moment in moments if moment is not None), default=None)
