"""One block: what is due first, then its transactions in order. Knows no contract's rule.

What is carried out is read off two tables. Everything is decided in a draft and written at once, so
a transaction is done, refused (and its sequence used), or was never there ([LEDGER-13]).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from contracts import (
    campaigns,
    contents,
    issuance,
    limits,
    orders,
    programmes,
    redemption,
    reserves,
    settlement,
    token,
)
from contracts import due as calendar
from contracts.context import BlockContext
from contracts.sequences import use_sequence
from contracts.state import Draft, State, StateReader
from primitives.actions import (
    Action,
    CampaignClaim,
    CampaignClose,
    CampaignCreate,
    ContentLike,
    ContentRegister,
    LowerClaimBound,
    Mint,
    OpenChannels,
    OrderDispute,
    OrderOpen,
    OrderRefund,
    OrderRelease,
    OrderResolve,
    OrderShip,
    ProgrammeOpen,
    ProgrammePause,
    ProgrammeSetRate,
    Redeem,
    Refund,
    ReserveAttest,
    ReserveRelease,
    SetDailyCaps,
    SettlementConfirm,
    SettlementDispute,
    SettlementPay,
    SettlementStatement,
    Transfer,
)
from primitives.entries import (
    CampaignEnd,
    CapsStart,
    CycleClose,
    DueItem,
    LaneDay,
    ObligationDue,
    OrderDue,
    RateStart,
    ReserveLapse,
    ReserveStart,
    lane_day_key,
)
from primitives.receipt import Outcome, Receipt, Skip
from primitives.transaction import Decoded

Contract = Callable[[Draft, BlockContext, Decoded], Outcome]

CONTRACTS: Final[dict[type[Action], Contract]] = {
    Transfer: token.transfer,
    OpenChannels: token.open_channels,
    Mint: issuance.mint,
    ProgrammeOpen: programmes.open_programme,
    ProgrammeSetRate: programmes.set_rate,
    ProgrammePause: programmes.pause,
    LowerClaimBound: limits.lower_claim_bound,
    SetDailyCaps: limits.set_daily_caps,
    ReserveAttest: reserves.attest,
    ReserveRelease: reserves.release,
    Redeem: redemption.redeem,
    Refund: redemption.refund,
    SettlementPay: settlement.pay,
    SettlementConfirm: settlement.confirm,
    SettlementDispute: settlement.dispute,
    SettlementStatement: settlement.state_payment,
    CampaignCreate: campaigns.create,
    CampaignClaim: campaigns.claim,
    CampaignClose: campaigns.close,
    OrderOpen: orders.open_order,
    OrderShip: orders.ship,
    OrderRelease: orders.release,
    OrderRefund: orders.refund,
    OrderDispute: orders.dispute,
    OrderResolve: orders.resolve,
    ContentRegister: contents.register,
    ContentLike: contents.like,
}
"""What carries out each action. A contract checks everything before it changes its draft."""

NEVER_HELD_UP: Final = (SettlementPay, SettlementConfirm, SettlementDispute, SettlementStatement)
"""Words that a deadline waits for. What they add is bounded by the obligations: after a payment was
named and denied, only time or the settlement custodian goes on ([LEDGER-14])."""

DUE: Final[dict[type[DueItem], Callable[[Draft, BlockContext, Any], None]]] = {
    ReserveLapse: reserves.reserve_lapses,
    RateStart: programmes.rate_starts,
    ReserveStart: reserves.reserve_starts,
    CapsStart: limits.caps_start,
    CycleClose: settlement.cycle_closes,
    ObligationDue: settlement.deadline_passes,
    CampaignEnd: campaigns.ends,
    OrderDue: orders.deadline_passes,
}
"""What happens when each kind of item falls due."""


class BlockResult(msgspec.Struct, frozen=True):
    """What a block did.

    ``changes`` are (key, new value or None for a removed entry) by ascending key; ``receipts``
    those of what fell due, then those of transactions, in order; ``skipped`` how often each reason
    arose; ``next_due_ms`` when something falls due next (in the past if the bound left some).
    """

    changes: list[tuple[bytes, bytes | None]]
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
        return BlockResult(
            changes=self.state.changes(),
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
    its transactions that were admitted before are carried out; None if there are none.
    """
    decision = _decide(State(reader), context, lane, decoded, expected_sequence)
    return decision if isinstance(decision, Skip) else decision[0]


def next_due_ms(reader: StateReader) -> int | None:
    """When something falls due next, in milliseconds since 1970; None if nothing ever does."""
    return _next_due_ms(State(reader))


def _next_due_ms(state: State) -> int | None:
    second = calendar.earliest(state)
    return None if second is None else second * calendar.SECOND_MS


def _carry_out(state: State, context: BlockContext, due: calendar.Due) -> Receipt:
    draft = Draft(state)
    DUE[type(due.item)](draft, context, due.item)
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
    outcome = CONTRACTS[type(transaction.action)](draft, context, decoded)
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
