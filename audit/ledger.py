"""The ledger as the auditor carries it out again. Knows contracts and the state; no node, no file.

``Ledger.replay`` takes blocks whose bytes are sound and attested (``audit.inspection``), one after
another from genesis on, and raises ``Violation`` at the first that breaks a rule. Nothing is kept
of a block but what it did to the state and to a few counts.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Annotated, Final, NamedTuple

import msgspec

from audit.inspection import ID_SIZE, Inspected
from audit.succession import (
    Parent,
    check_cut,
    check_header,
    check_members,
    check_order,
    first_cut,
)
from audit.violations import About, Violation
from client.raw import RawOrdered
from contracts import epochs
from contracts.context import BlockContext
from contracts.epochs import Epoch, Moment
from contracts.genesis import genesis_changes
from contracts.invariants import Totals, check_all, check_changes
from contracts.state import State
from contracts.transition import BlockResult, BlockRun, protocol_at
from primitives.batch import BatchHeader
from primitives.block import Header, genesis_block
from primitives.certificate import StateCertificate
from primitives.encoding import Count, Digest, Malformed, Wire, encode
from primitives.genesis import Genesis, chain_id
from primitives.receipt import Outcome, Receipt, Skip
from primitives.statetree import StateTree
from primitives.transaction import Decoded, SignedTransaction
from primitives.validators import ValidatorSet
from primitives.vote import PROTOCOL_VERSION, Attestation
from shell.errors import CommandError
from shell.trie import EMPTY_TRIE

SLICE: Final = 64
"""Transactions carried out between two rests: a few milliseconds."""
MAX_DETAIL: Final = 2_000
"""Characters that are told of what an invariant compared."""
_IDS: Final = 2**256

Change = tuple[bytes, bytes | None]


class Block(msgspec.Struct, array_like=True, frozen=True):
    """A raw block that was inspected, decoded no further than it is needed again."""

    header: Header
    order: tuple[RawOrdered, ...]
    batches: tuple[bytes, ...]
    receipts: msgspec.Raw
    certificate: StateCertificate


class _Contents(msgspec.Struct, array_like=True, frozen=True):
    """A batch that was inspected."""

    header: BatchHeader
    transactions: tuple[bytes, ...]
    signature: bytes


# Bytes that were found canonical before are decoded without being encoded once more.
_BLOCK: Final = msgspec.msgpack.Decoder(Block)
_CONTENTS: Final = msgspec.msgpack.Decoder(_Contents)
_SIGNED: Final = msgspec.msgpack.Decoder(SignedTransaction)
_RECEIPTS: Final = msgspec.msgpack.Decoder(tuple[Receipt, ...])


class Carried(NamedTuple):
    """A transaction of a block, and what became of it."""

    lane: int
    decoded: Decoded
    verdict: Receipt | Skip


class VerifiedBlock(NamedTuple):
    """A block that was attested and carried out again with the same outcome.

    ``receipts`` are those of what fell due, then those of transactions, in order; ``changes`` the
    state's, by ascending key; ``before`` what stood under these keys before.
    """

    header: Header
    digest: bytes
    certificate: StateCertificate
    transactions: list[Carried]
    receipts: list[Receipt]
    changes: list[Change]
    before: dict[bytes, bytes | None]


class Tally(Wire):
    """What all blocks so far came to. ``done_ids`` is the sum of the ids of all transactions that
    were done, modulo 2^256, 32 bytes big-endian: it stands for the set of them."""

    blocks: Count
    transactions: Count
    done: Count
    refused: Count
    skipped: Count
    done_ids: Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]


NO_TALLY: Final = Tally(0, 0, 0, 0, 0, bytes(32))


class Standing(Wire):
    """Where a replay stands, and why that may be believed (None: genesis).

    ``epoch`` is that of the next height, as far as the rules decided it.
    """

    height: Count
    digest: Digest
    root: Digest
    header: Header
    certificate: StateCertificate | None
    epoch: Epoch
    tally: Tally


class Ledger:
    """A chain as far as it was replayed. Its state is a dictionary of canonical entries."""

    def __init__(
        self, genesis: Genesis, state: dict[bytes, bytes], tree: StateTree, standing: Standing
    ) -> None:
        self.genesis = genesis
        self.chain = chain_id(genesis)
        self.state = state
        self.tree = tree
        self.standing = standing
        self.touched: set[bytes] = set()
        """Keys that changed since whoever keeps the state emptied this."""

    @classmethod
    def found(cls, genesis: Genesis) -> Ledger:
        """At height 0 ([GEN-7])."""
        digest, header = genesis_block(genesis)
        state = dict(genesis_changes(genesis))
        tree = StateTree(empty=EMPTY_TRIE)
        root = tree.load(state.items())
        standing = Standing(0, digest, root, header, None, epochs.first(genesis), NO_TALLY)
        ledger = cls(genesis, state, tree, standing)
        ledger.touched.update(state)
        return ledger

    @property
    def height(self) -> int:
        """The newest height that was replayed."""
        return self.standing.height

    @property
    def parent(self) -> Parent:
        """The newest block that was replayed."""
        return Parent(self.standing.header, self.standing.digest, self.epoch)

    @property
    def epoch(self) -> Epoch:
        """The epoch of the next height ([EPOCH-1])."""
        return self.standing.epoch

    def scan(self) -> Totals:
        """Check every invariant that the whole state can show. Raises ``Violation``.

        About 10 us an entry.
        """
        try:
            return check_all(self.state.items())
        except (AssertionError, Malformed) as error:
            raise Violation("invariant_broken", self.height, _told(error)) from None

    def replay(
        self, raw: bytes, inspected: Inspected, members: ValidatorSet
    ) -> Generator[None, None, VerifiedBlock]:
        """Carry out the next block, and compare. Raises ``Violation``.

        Yields every few milliseconds. ``members`` are those against whom it was inspected.
        """
        block = _BLOCK.decode(raw)
        contents = [_CONTENTS.decode(each) for each in block.batches]
        self._check_place(block, [each.header for each in contents], members)
        header = block.header
        parameters, lanes = self.genesis.parameters, len(header.cut)
        context = BlockContext(
            parameters, self.chain, header.height, header.time, lanes, self.epoch.recorded
        )
        carried: list[Carried] = []
        transactions = _transactions(block, contents, inspected)
        try:
            run = BlockRun(self.state, context)
            for lane, decoded in transactions:
                carried.append(Carried(lane, decoded, run.apply(lane, decoded)))
                if not len(carried) % SLICE:
                    yield
            result = run.finish()
        except (AssertionError, Malformed) as error:
            detail = f"the rules themselves halt at transaction {len(carried)}: {_told(error)}"
            raise Violation("invariant_broken", header.height, detail) from None
        self._check_receipts(block, carried, result)
        yield
        self._check_step(context, carried, result)
        self._commit(result)
        self._check_root(block)
        self._advance(block, inspected.digest, carried)
        return VerifiedBlock(
            header=header,
            digest=inspected.digest,
            certificate=block.certificate,
            transactions=carried,
            receipts=result.receipts,
            changes=result.changes,
            before=result.before,
        )

    def _check_place(
        self, block: Block, batches: Sequence[BatchHeader], members: ValidatorSet
    ) -> None:
        """The block follows the one before, and orders what its cut says."""
        parent, header, said = self.parent, block.header, block.certificate.attestation
        self._check_protocol(said)
        check_header(parent, header)
        check_members(parent.epoch, said, members)
        before = first_cut(parent, members.size)
        check_cut(before, header, self.genesis.parameters)
        check_order(before, header, block.order, batches)

    def _check_protocol(self, said: Attestation) -> None:
        """The rules are those of the version that was voted ([LEDGER-74]).

        Raises ``CommandError`` (``protocol_unknown``) if this release does not know them.
        """
        version = protocol_at(self.state, said.height)
        if said.protocol != version:
            detail = f"attested under protocol {said.protocol}, in force is {version}"
            raise Violation("protocol_wrong", said.height, detail)
        if version > PROTOCOL_VERSION:
            detail = f"height {said.height} follows protocol {version}"
            hint = f"This release knows {PROTOCOL_VERSION}: use a newer one."
            raise CommandError("protocol_unknown", detail, hint)

    def _check_receipts(
        self, block: Block, carried: Sequence[Carried], result: BlockResult
    ) -> None:
        """The same receipts, byte for byte; those that are shown were attested ([RCPT-4])."""
        if encode(result.receipts) == bytes(block.receipts):
            return
        shown = _RECEIPTS.decode(block.receipts)
        raise receipt_difference(block.header.height, carried, result.receipts, shown)

    def _check_step(
        self, context: BlockContext, carried: Sequence[Carried], result: BlockResult
    ) -> None:
        """[LEDGER-1] to [LEDGER-3] of what this block changed."""
        signed = {
            each.decoded.signed.transaction.sender
            for each in carried
            if isinstance(each.verdict, Receipt)
        }
        try:
            check_changes(self.state, result.changes, signed, context)
        except (AssertionError, Malformed) as error:
            raise Violation("invariant_broken", context.height, _told(error)) from None

    def _commit(self, result: BlockResult) -> None:
        """Write the changes."""
        state = self.state
        self.tree.update(result.changes)
        self.touched.update(result.before)
        for key, value in result.changes:
            if value is None:
                del state[key]
            else:
                state[key] = value

    def _advance(self, block: Block, digest: bytes, carried: Sequence[Carried]) -> None:
        header = block.header
        self.standing = Standing(
            height=header.height,
            digest=digest,
            root=self.tree.root,
            header=header,
            certificate=block.certificate,
            epoch=self._epoch_after(header),
            tally=_tallied(self.standing.tally, carried),
        )

    def _epoch_after(self, header: Header) -> Epoch:
        """Whose epoch the next height is of, now that the state is the one after this height."""
        moment = Moment(header.height, header.time)
        parameters = self.genesis.parameters
        try:
            epoch = epochs.after(self.epoch, State(self.state), parameters, moment)
        except (AssertionError, Malformed) as error:
            detail = f"no epoch can follow: {_told(error)}"
            raise Violation("invariant_broken", header.height, detail) from None
        return epochs.begin(epoch, moment) if epoch.last == header.height else epoch

    def _check_root(self, block: Block) -> None:
        attested = block.certificate.attestation.state_root
        if self.tree.root != attested:
            detail = f"the state has the root {self.tree.root.hex()}, attested is {attested.hex()}"
            raise Violation("state_wrong", block.header.height, detail)


def _transactions(
    block: Block, contents: Sequence[_Contents], inspected: Inspected
) -> Generator[tuple[int, Decoded], None, None]:
    """(lane, transaction) in the cut's order."""
    place, ids = 0, inspected.ids
    for ordered, batch in zip(block.order, contents, strict=True):
        for raw in batch.transactions:
            id_ = ids[place * ID_SIZE : (place + 1) * ID_SIZE]
            yield ordered.lane, Decoded(id_, _SIGNED.decode(raw), len(raw))
            place += 1


def _tallied(tally: Tally, carried: Sequence[Carried]) -> Tally:
    done = refused = skipped = 0
    ids = int.from_bytes(tally.done_ids, "big")
    for each in carried:
        if isinstance(each.verdict, Skip):
            skipped += 1
        elif each.verdict.outcome != Outcome.DONE:
            refused += 1
        else:
            done += 1
            ids += int.from_bytes(each.decoded.id, "big")
    return Tally(
        blocks=tally.blocks + 1,
        transactions=tally.transactions + len(carried),
        done=tally.done + done,
        refused=tally.refused + refused,
        skipped=tally.skipped + skipped,
        done_ids=(ids % _IDS).to_bytes(32, "big"),
    )


def receipt_difference(
    height: int, carried: Sequence[Carried], own: Sequence[Receipt], shown: Sequence[Receipt]
) -> Violation:
    """The first receipt that the rules do not give, named with what they give instead."""
    skips = {each.decoded.id: each.verdict for each in carried if isinstance(each.verdict, Skip)}
    ours = {receipt.origin: receipt for receipt in own}
    for receipt in shown:
        mine = ours.get(receipt.origin)
        if mine == receipt:
            continue
        skipped = mine is None and receipt.origin in skips
        decided = skips[receipt.origin].text if skipped else _said(mine)
        return _wrong(height, receipt.origin, decided, _said(receipt))
    theirs = {receipt.origin for receipt in shown}
    for receipt in own:
        if receipt.origin not in theirs:
            return _wrong(height, receipt.origin, _said(receipt), _said(None))
    return Violation("receipt_wrong", height, "the receipts stand in another order, or twice")


def _wrong(height: int, origin: bytes, decided: str, claimed: str) -> Violation:
    if decided == claimed:  # the outcomes agree, so the events do not
        decided, claimed = f"{decided}, with other events", f"{claimed}, with its events"
    detail = f"{origin.hex()}: the rules decide {decided}, the chain claims {claimed}"
    difference = (decided, claimed)
    return Violation("receipt_wrong", height, detail, About(origin, difference))


def _told(error: Exception) -> str:
    return str(error)[:MAX_DETAIL]


def _said(receipt: Receipt | None) -> str:
    return "no receipt" if receipt is None else receipt.outcome.text
