"""One block: what is due first, then its transactions in order. Knows no contract's rule.

What is carried out is read off the tables of ``rulebook`` and ``agenda``. Everything is decided in
a draft and written at once, so a transaction is done, refused (and its sequence used), or was never
there ([LEDGER-13]).
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from contracts import due as calendar
from contracts.agenda import DUE
from contracts.context import BlockContext
from contracts.rulebook import NEVER_HELD_UP, RULES
from contracts.sequences import use_sequence
from contracts.state import Draft, State, StateReader
from primitives.entries import LaneDay, lane_day_key
from primitives.governance import PROTOCOL_KEY, Protocol
from primitives.receipt import Outcome, Receipt, Skip
from primitives.transaction import Decoded


class BlockResult(msgspec.Struct, frozen=True):
    """What a block did.

    ``changes`` are (key, new value or None for a removed entry) by ascending key, ``before`` what
    stood there; ``receipts`` those of what fell due, then those of transactions, in order;
    ``skipped`` how often each reason arose; ``next_due_ms`` when something falls due next (in the
    past if the bound left some).
    """

    changes: list[tuple[bytes, bytes | None]]
    before: dict[bytes, bytes | None]
    receipts: list[Receipt]
    skipped: dict[Skip, int]
    next_due_ms: int | None


class BlockRun:
    """A block being executed: what is due is carried out at once, transactions one by one.

    ``state`` is the state as the block left it so far; the reader is never written to.
    """

    __slots__ = ("_context", "_receipts", "_skipped", "state")

    def __init__(self, reader: StateReader, context: BlockContext) -> None:
        self.state = State(reader)
        self._context = context
        self._receipts: list[Receipt] = []
        self._skipped: dict[Skip, int] = {}
        for _ in range(context.parameters.due_per_block):
            due = calendar.pop(self.state, context.time)
            if due is None:
                break
            self._receipts.append(_carry_out(self.state, context, due))

    @property
    def count(self) -> int:
        """Receipts so far."""
        return len(self._receipts)

    def apply(self, lane: int, decoded: Decoded) -> Receipt | Skip:
        """Carry out one transaction that came in ``lane``; a skip wrote nothing ([RCPT-2]).

        Signatures and form were checked with the batch ([LANE-2]).
        """
        decision = _decide(self.state, self._context, lane, decoded)
        if isinstance(decision, Skip):
            self._skipped[decision] = self._skipped.get(decision, 0) + 1
            return decision
        outcome, draft = decision
        draft.commit()
        receipt = Receipt(decoded.id, outcome, tuple(draft.events))
        self._receipts.append(receipt)
        return receipt

    def finish(self) -> BlockResult:
        """What the block did, all told."""
        changes = self.state.changes()
        return BlockResult(
            changes=changes,
            before=self.state.before(changes),
            receipts=self._receipts,
            skipped=self._skipped,
            next_due_ms=_next_due_ms(self.state),
        )


def apply_block(
    reader: StateReader, context: BlockContext, transactions: Iterable[tuple[int, Decoded]]
) -> BlockResult:
    """The result of a whole block; ``transactions`` are (lane, transaction) in the cut's order."""
    run = BlockRun(reader, context)
    for lane, decoded in transactions:
        run.apply(lane, decoded)
    return run.finish()


def dry_run(
    reader: StateReader,
    context: BlockContext,
    lane: int,
    decoded: Decoded,
    expected_sequence: int | None = None,
) -> Outcome | Skip:
    """What would become of a transaction if it came now, in ``lane``; nothing is written.

    ``expected_sequence`` is the sequence that the sender's channel will have reached once those of
    its transactions that were admitted before are carried out; None if there are none. What a
    ``State`` has decoded serves all dry runs over it.
    """
    state = reader if isinstance(reader, State) else State(reader)
    decision = _decide(state, context, lane, decoded, expected_sequence)
    return decision if isinstance(decision, Skip) else decision[0]


def next_due_ms(reader: StateReader) -> int | None:
    """When something falls due next, in milliseconds since 1970; None if nothing ever does."""
    return _next_due_ms(State(reader))


def protocol_at(reader: StateReader, height: int) -> int:
    """The protocol version whose rules carry out the block of ``height``, the next one.

    Whoever does not know that version must not carry it out ([LEDGER-74]).
    """
    found = State(reader).entry(PROTOCOL_KEY, Protocol)
    assert found is not None, "a state without a protocol"
    return found.at(height)


def _next_due_ms(state: State) -> int | None:
    second = calendar.earliest(state)
    return None if second is None else second * calendar.SECOND_MS


def _carry_out(state: State, context: BlockContext, due: calendar.Due) -> Receipt:
    draft = Draft(state)
    DUE[type(due.item)].contract(draft, context, due.item)
    draft.commit()
    return Receipt(due.origin, Outcome.DONE, tuple(draft.events))


def _decide(
    state: State,
    context: BlockContext,
    lane: int,
    decoded: Decoded,
    expected: int | None = None,
) -> tuple[Outcome, Draft] | Skip:
    transaction = decoded.signed.transaction
    assert transaction.chain == context.chain, transaction.chain.hex()
    draft = use_sequence(state, context, decoded, expected)
    if isinstance(draft, Skip):
        return draft
    unknown = bool(draft.events)  # the sender's account is opened by this very transaction
    outcome = RULES[type(transaction.action)].contract(draft, context, decoded)
    if unknown and outcome != Outcome.DONE:
        return Skip.SENDER_UNKNOWN
    assert outcome == Outcome.DONE or draft.changed == 1, "a refusal changed the ledger"
    free = outcome == Outcome.DONE and isinstance(transaction.action, NEVER_HELD_UP)
    if draft.created and not free and not _charge_lane(draft, context, lane):
        return Skip.LANE_EXHAUSTED
    return outcome, draft


def _charge_lane(draft: Draft, context: BlockContext, lane: int) -> bool:
    """Count what the draft creates, its sequence's channel included, against the lane's day.

    The lane's own counter is not counted: there is one a lane for ever ([LEDGER-14]).
    """
    assert 0 <= lane < context.lanes, lane
    created = draft.created
    key = lane_day_key(lane)
    day = draft.entry(key, LaneDay)
    before = day.created if day is not None and day.day == context.day else 0
    if before + created > context.parameters.entries_per_lane_and_day:
        return False
    draft.put(key, LaneDay(context.day, before + created))
    return True
