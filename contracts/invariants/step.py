"""Every fact about a step between two states. Knows who signed and what time it is; no receipt.

A step is a block, or a part of one from its beginning. So the facts are those that no order of the
step's transactions breaks; with one transaction they say all that they can.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from contracts.context import BlockContext
from contracts.invariants import (
    step_commerce,
    step_governance,
    step_limits,
    step_membership,
    step_positions,
    step_programmes,
    step_settlement,
)
from contracts.invariants.calendar import page_step, queue_step
from contracts.invariants.change import Step, partner_in
from contracts.invariants.facts import at_most, broken, equal, holds
from contracts.state import StateReader
from primitives.commerce import Campaign, Claimed, Content, Order
from primitives.encoding import Wire
from primitives.entries import (
    Account,
    Channel,
    Day,
    Directory,
    DueNode,
    DuePage,
    DueSecond,
    LaneDay,
    Limits,
    Mark,
    Obligation,
    Partner,
    Position,
    Prefix,
    Programme,
    PublishedRate,
    PublishedTerms,
    Redemption,
    Settlement,
    SettlementCycle,
    Supply,
)
from primitives.genesis import Custodian
from primitives.governance import Ballot, Proposal, Protocol
from primitives.membership import Application, Membership

_TRANSIENT = (Prefix.DUE_NODE, Prefix.DUE_PAGE, Prefix.DUE_SECOND)
"""Entries of what fell due go; all others stay for ever ([STATE-3])."""


@dataclass
class _Sums:
    """How much balances and what is locked grew, and the totals that must have grown with them."""

    balances: int = 0
    locked: int = 0
    supply: tuple[int, int, int] = (0, 0, 0)
    positions: tuple[int, int, int] = (0, 0, 0)
    assumed: int = 0


def check_changes(
    before: StateReader,
    changes: Sequence[tuple[bytes, bytes | None]],
    signed: Collection[bytes],
    context: BlockContext,
) -> None:
    """Every fact about a step from ``before`` to after ``changes``, in the block of ``context``.

    ``signed`` are the accounts whose owners signed a transaction that used its sequence in the
    step: no other balance went down and no other sequence moved ([LEDGER-1], [TX-8]). Raises
    ``AssertionError``, or ``Malformed`` for what is no entry.
    """
    step = Step(before, changes, signed, context)
    sums = _Sums()
    for key in step.keys:
        old, new = step.old(key), step.new(key)
        match new:
            case Account():
                sums.balances += _account_step(step, key[1:], old, new)
            case Channel():
                _channel_step(key[1:33], old, new, signed)
            case Supply():
                assert isinstance(old, Supply)
                sums.supply = _growth(old, new)
            case Position():
                sums.positions = _added(sums.positions, _position_step(step, key, new))
                sums.assumed += step.of(partner_in(key)).assumed
            case Mark() if key[0] == Prefix.MARK:
                step_positions.mark_step(step, key, old, new)
            case _:
                sums.locked += _rarer_step(step, key, old, new)
    equal("positions and supply moved alike", sums.positions, sums.supply)
    equal("what some assume others are relieved of", sums.assumed, 0)
    minted, redeemed, refunded = sums.supply
    held = sums.balances + sums.locked
    equal("balances and supply moved alike", held, minted + refunded - redeemed)
    step_commerce.check_claims(step)
    step_governance.check_votes(step)
    for code in sorted(step.moves):
        step_governance.proposals_step(step, code)
        step_positions.position_step(step, code)
        step_limits.limits_step(step, code)


def _position_step(step: Step, key: bytes, new: Position) -> tuple[int, int, int]:
    """Note by how much more the partner assumed; gives how much it minted, redeemed, refunded."""
    code = partner_in(key)
    old = step.position(code)
    step.of(code).assumed = new.assumed - old.assumed
    return _growth(old, new)


def _rarer_step(step: Step, key: bytes, old: Wire | None, new: Wire | None) -> int:
    """What most blocks do not change; by how much more is locked."""
    now = step.context.time
    if new is None:
        holds("only what fell due is removed", key[0] in _TRANSIENT, key.hex())
    match new if new is not None else old:
        case DueSecond():
            queue_step(int.from_bytes(key[1:5], "big"), old, new, now)
        case DuePage():
            page_step(int.from_bytes(key[1:5], "big"), old, new, now)
        case Redemption() as redemption:
            step_positions.redemption_step(step, key, old, redemption)
        case Obligation() as obligation:
            step_settlement.obligation_step(step, key, old, obligation)
        case SettlementCycle() as cycle:
            step_settlement.cycle_step(step, key, old, cycle)
        case Settlement() as head:
            step_settlement.head_step(step, old, head)
        case Programme() as programme:
            step_programmes.programme_step(step, key, old, programme)
        case PublishedRate() as rate:
            step_programmes.rate_step(step, key, old, rate)
        case PublishedTerms() as terms:
            step_programmes.terms_step(step, key, old, terms)
        case LaneDay() as day:
            _lane_step(step, old, day)
        case Limits() | Day():
            step.of(partner_in(key))
        case DueNode():
            pass  # a bitmap follows from the queues: ``check_all`` compares them
        case other:
            return _commerce_step(step, key, old, other)
    return 0


def _partners_step(step: Step, key: bytes, old: Wire | None, new: Wire | None) -> None:
    """Who partners are, and what they decide together."""
    match new:
        case Partner() as partner:
            step_membership.partner_step(step, old, partner)
        case Directory() as directory:
            step_membership.directory_step(step, old, directory)
        case Membership() as membership:
            step_membership.membership_step(step, old, membership)
        case Application() as application:
            step_membership.application_step(step, key, application)
        case Custodian() as custodian:
            step_membership.custodian_step(step, key, custodian)
        case Proposal() as proposal:
            step_governance.proposal_step(step, key, old, proposal)
        case Ballot() as ballot:
            step_governance.ballot_step(step, key, old, ballot)
        case Protocol() as protocol:
            step_governance.protocol_step(step, old, protocol)
        case other:
            broken("no rule changes this entry", key.hex(), other)


def _commerce_step(step: Step, key: bytes, old: Wire | None, new: Wire | None) -> int:
    """What people trade and give; by how much more is locked."""
    match new:
        case Campaign() as campaign:
            return step_commerce.campaign_step(step, key, old, campaign)
        case Order() as order:
            return step_commerce.order_step(step, old, order)
        case Claimed() as claimed:
            step_commerce.claimed_step(step, key, old, claimed)
        case Mark() as voucher:
            step_commerce.voucher_step(step, key, old, voucher)
        case Content() as content:
            step_commerce.content_step(step, key, old, content)
        case other:
            _partners_step(step, key, old, other)
    return 0


def _growth(old: Supply | Position, new: Supply | Position) -> tuple[int, int, int]:
    """By how much was minted, redeemed, refunded; neither shrinks."""
    growth = (new.minted - old.minted, new.redeemed - old.redeemed, new.refunded - old.refunded)
    at_most("totals only grow", 0, min(growth))
    return growth


def _added(left: tuple[int, int, int], right: tuple[int, int, int]) -> tuple[int, int, int]:
    return left[0] + right[0], left[1] + right[1], left[2] + right[2]


def _account_step(step: Step, account: bytes, old: Wire | None, new: Account) -> int:
    """How much the balance grew."""
    owner_signed = account in step.signed
    if old is None:
        if not owner_signed:
            equal("a new account did nothing yet", new.sequence, 0)
            if not step_membership.speaks_for_somebody(step, account, new.channels):
                opening = step.context.parameters.opening
                at_most("an account opens with enough", opening, new.balance)
                equal("a new account has one channel", new.channels, 1)
        return new.balance
    assert isinstance(old, Account)
    if not owner_signed:
        at_most("a balance fell though its owner did not sign", old.balance, new.balance)
        equal("a sequence moved though its owner did not sign", new.sequence, old.sequence)
        if new.channels != old.channels:
            given = step_membership.speaks_for_somebody(step, account, new.channels)
            holds("channels opened though their owner did not sign", given, account.hex())
    at_most("sequences only rise", old.sequence, new.sequence)
    at_most("channels stay open", old.channels, new.channels)
    equal(
        "the last id changes with the sequence", old.last == new.last, old.sequence == new.sequence
    )
    return new.balance - old.balance


def _channel_step(
    account: bytes, old: Wire | None, new: Channel, signed: Collection[bytes]
) -> None:
    holds("a channel's owner signed", account in signed, account.hex())
    before = old.sequence if isinstance(old, Channel) else 0
    at_most("a channel's sequence only rises", before + 1, new.sequence)


def _lane_step(step: Step, old: Wire | None, new: LaneDay) -> None:
    """A lane's counter is of today and within its bound ([LEDGER-14])."""
    equal("a lane's day", new.day, step.context.day)
    bound = step.context.parameters.entries_per_lane_and_day
    at_most("entries that a lane created today", new.created, bound)
    before = old.created if isinstance(old, LaneDay) and old.day == new.day else 0
    at_most("a lane's counter only grows", before + 1, new.created)
