"""LiqBon coming into being against deposited points. Knows the minting rule, whole.

A partner's issuer, a programme that is not paused, the rate in force, a deposit never used before,
and room under the partner's limit and its own daily cap: without every one of them nothing is
minted ([LEDGER-6]).
"""

from __future__ import annotations

from contracts import limits, partners, programmes, supply, token
from contracts.context import BlockContext
from contracts.state import Draft
from primitives.actions import Mint
from primitives.entries import Mark, MarkKind, Partner, mark_key
from primitives.receipt import Minted, Outcome
from primitives.transaction import Decoded


def mint(draft: Draft, context: BlockContext, decoded: Decoded) -> Outcome:
    """Issue ``amount`` units to an account on a deposit of points."""
    action = decoded.signed.transaction.action
    assert isinstance(action, Mint)
    partner = partners.find(draft, action.partner)
    if partner is None:
        return Outcome.PARTNER_UNKNOWN
    if decoded.signed.transaction.sender != partner.roles.issuer:
        return Outcome.NOT_ISSUER
    if not partner.active:
        return Outcome.PARTNER_LEAVING
    refusal = _deposit_refusal(draft, context, partner, action) or _room_refusal(
        draft, context, partner, action.amount
    )
    if refusal is not None:
        return refusal
    _issue(draft, context, partner, decoded)
    return Outcome.DONE


def _deposit_refusal(
    draft: Draft, context: BlockContext, partner: Partner, action: Mint
) -> Outcome | None:
    programme = programmes.find(draft, action.partner, action.programme)
    if programme is None:
        return Outcome.PROGRAMME_UNKNOWN
    if programme.paused:
        return Outcome.PROGRAMME_PAUSED
    rate = programme.rate
    if rate is None:
        return Outcome.RATE_NOT_IN_FORCE
    if programmes.worth(action.points, rate) != action.amount:
        return Outcome.RATE_MISMATCH
    if draft.entry(_commitment_key(partner, action), Mark) is not None:
        return Outcome.COMMITMENT_USED
    if not token.may_open(draft, context, action.to, action.amount):
        return Outcome.OUTPUT_BELOW_OPENING
    return None


def _room_refusal(
    draft: Draft, context: BlockContext, partner: Partner, amount: int
) -> Outcome | None:
    in_force = limits.of(draft, partner.code)
    if limits.suspended(in_force):
        return Outcome.MINTING_SUSPENDED
    if not limits.has_room(in_force, partners.position(draft, partner.code), amount):
        return Outcome.LIMIT_EXCEEDED
    today = limits.day_of(draft, context, partner.code)
    if today.minted + amount > in_force.terms.mint_per_day:
        return Outcome.DAILY_CAP_EXCEEDED
    return None


def _issue(draft: Draft, context: BlockContext, partner: Partner, decoded: Decoded) -> None:
    action = decoded.signed.transaction.action
    assert isinstance(action, Mint)
    amount = action.amount
    draft.put(_commitment_key(partner, action), Mark(decoded.id, context.height))
    supply.add_minted(draft, amount)
    position = partners.add_minted(draft, partner.code, amount)
    limits.add_minted(draft, context, partner.code, amount)
    token.credit(draft, action.to, amount)
    draft.events.append(Minted(partner.code, amount, position.minted))


def _commitment_key(partner: Partner, action: Mint) -> bytes:
    """Keyed by the partner, so that a rival who saw it in a lane cannot use it up ([LEDGER-12])."""
    return mark_key(partner.code, MarkKind.COMMITMENT, action.commitment)
