"""Budgets that sponsors give away: grants and referrals. Knows vouchers; not why one was given.

The budget is the sponsor's own LiqBon, locked until the campaign ends; a claim pays out of it and
nothing else. Whoever can claim does it alone: a voucher names its claimant, who needs no account
yet, and a referral has one level, both paid in the same step.
"""

from __future__ import annotations

from msgspec.structs import replace

from contracts import due as calendar
from contracts import token
from contracts.context import BlockContext
from contracts.state import Draft, Entries
from primitives.actions import CampaignClaim, CampaignClose, CampaignCreate
from primitives.commerce import (
    Campaign,
    Claimed,
    campaign_key,
    claim_key,
    voucher_key,
)
from primitives.entries import CampaignEnd, Mark
from primitives.receipt import (
    AccountOpened,
    CampaignClosed,
    CampaignOpened,
    Outcome,
    RewardPaid,
)
from primitives.transaction import Decoded

MAX_DURATION_MS = 366 * 24 * 3600 * 1000


def create(draft: Draft, context: BlockContext, decoded: Decoded) -> Outcome:
    """Lock a budget of the sender's until the campaign ends ([LEDGER-40])."""
    action = decoded.transaction.action
    assert isinstance(action, CampaignCreate)
    sponsor = decoded.transaction.sender
    if not context.time < action.ends <= context.time + MAX_DURATION_MS:
        return Outcome.DEADLINE_INVALID
    if action.budget < action.reward + action.bonus:
        return Outcome.BUDGET_TOO_SMALL
    if token.balance(draft, sponsor) < action.budget:
        return Outcome.BALANCE_TOO_LOW
    token.debit(draft, sponsor, action.budget)
    campaign = Campaign(
        sponsor=sponsor,
        signer=action.signer,
        reward=action.reward,
        bonus=action.bonus,
        left=action.budget,
        per_claimant=action.per_claimant,
        ends=action.ends,
        claims=0,
        closed=False,
    )
    assert draft.entry(campaign_key(decoded.id), Campaign) is None, decoded.id.hex()
    draft.put(campaign_key(decoded.id), campaign)
    calendar.insert(draft, action.ends, CampaignEnd(decoded.id))
    draft.events.append(CampaignOpened(decoded.id, action.budget))
    return Outcome.DONE


def claim(draft: Draft, context: BlockContext, decoded: Decoded) -> Outcome:
    """Pay the claimant, and who brought it, over the sponsor's voucher ([LEDGER-41])."""
    action = decoded.transaction.action
    assert isinstance(action, CampaignClaim)
    voucher = action.voucher
    campaign = draft.entry(campaign_key(voucher.campaign), Campaign)
    if campaign is None:
        return Outcome.CAMPAIGN_UNKNOWN
    refusal = _voucher_refusal(context, campaign, action, decoded) or _claim_refusal(
        draft, context, campaign, action
    )
    if refusal is not None:
        return refusal
    _pay(draft, context, campaign, decoded)
    return Outcome.DONE


def _voucher_refusal(
    context: BlockContext, campaign: Campaign, action: CampaignClaim, decoded: Decoded
) -> Outcome | None:
    voucher = action.voucher
    if campaign.closed or campaign.ends < context.time:
        return Outcome.CAMPAIGN_ENDED
    if action.signer.account != campaign.signer:
        return Outcome.NOT_SIGNER
    if voucher.claimant != decoded.transaction.sender:
        return Outcome.VOUCHER_FOR_ANOTHER
    if voucher.expires < context.time:
        return Outcome.VOUCHER_EXPIRED
    if (voucher.referrer is None) != (campaign.bonus == 0) or voucher.referrer == voucher.claimant:
        return Outcome.REFERRER_INVALID
    return None


def _claim_refusal(
    draft: Draft, context: BlockContext, campaign: Campaign, action: CampaignClaim
) -> Outcome | None:
    voucher = action.voucher
    if draft.entry(voucher_key(voucher.campaign, voucher.id), Mark) is not None:
        return Outcome.VOUCHER_USED
    if _claims(draft, voucher.campaign, voucher.claimant) >= campaign.per_claimant:
        return Outcome.CLAIMS_EXCEEDED
    if campaign.left < campaign.reward + campaign.bonus:
        return Outcome.BUDGET_EXHAUSTED
    opening = context.parameters.opening
    if campaign.reward < opening and AccountOpened(voucher.claimant) in draft.events:
        return Outcome.OUTPUT_BELOW_OPENING  # this very claim opens its sender's account
    referrer = voucher.referrer
    if referrer is not None and not token.may_open(draft, context, referrer, campaign.bonus):
        return Outcome.OUTPUT_BELOW_OPENING
    return None


def _claims(entries: Entries, campaign: bytes, claimant: bytes) -> int:
    found = entries.entry(claim_key(campaign, claimant), Claimed)
    return found.claims if found is not None else 0


def _pay(draft: Draft, context: BlockContext, campaign: Campaign, decoded: Decoded) -> None:
    action = decoded.transaction.action
    assert isinstance(action, CampaignClaim)
    voucher = action.voucher
    draft.put(voucher_key(voucher.campaign, voucher.id), Mark(decoded.id, context.height))
    count = _claims(draft, voucher.campaign, voucher.claimant) + 1
    draft.put(claim_key(voucher.campaign, voucher.claimant), Claimed(count))
    left = campaign.left - campaign.reward - campaign.bonus
    paid = replace(campaign, left=left, claims=campaign.claims + 1)
    draft.put(campaign_key(voucher.campaign), paid)
    token.credit(draft, voucher.claimant, campaign.reward)
    draft.events.append(RewardPaid(voucher.campaign, voucher.claimant, campaign.reward))
    if voucher.referrer is not None:
        token.credit(draft, voucher.referrer, campaign.bonus)
        draft.events.append(RewardPaid(voucher.campaign, voucher.referrer, campaign.bonus))


def close(draft: Draft, context: BlockContext, decoded: Decoded) -> Outcome:  # noqa: ARG001  a contract's signature
    """The sponsor ends its campaign early; what is left returns at once ([LEDGER-42])."""
    action = decoded.transaction.action
    assert isinstance(action, CampaignClose)
    campaign = draft.entry(campaign_key(action.campaign), Campaign)
    if campaign is None:
        return Outcome.CAMPAIGN_UNKNOWN
    if campaign.sponsor != decoded.transaction.sender:
        return Outcome.NOT_SPONSOR
    if campaign.closed:
        return Outcome.CAMPAIGN_ENDED
    _end(draft, action.campaign, campaign)
    return Outcome.DONE


def ends(draft: Draft, context: BlockContext, item: CampaignEnd) -> None:  # noqa: ARG001  as all that falls due
    """What is left returns to the sponsor by itself, unless it closed before ([LEDGER-42])."""
    campaign = draft.entry(campaign_key(item.campaign), Campaign)
    assert campaign is not None, item.campaign.hex()
    if not campaign.closed:
        _end(draft, item.campaign, campaign)


def _end(draft: Draft, id_: bytes, campaign: Campaign) -> None:
    draft.put(campaign_key(id_), replace(campaign, left=0, closed=True))
    if campaign.left:
        token.credit(draft, campaign.sponsor, campaign.left)
    draft.events.append(CampaignClosed(id_, campaign.left))
