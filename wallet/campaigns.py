"""Campaigns as a sponsor and a claimant meet them: held against proven state before signing.

Knows what the ledger asks of a campaign and of a claim ([LEDGER-40]..[LEDGER-43]), and looks at
each of it first ([URI-8]). Signs and sends nothing.
"""

from __future__ import annotations

from client.answers import ProvenReceipt
from client.errors import RefusedByLedger
from client.fields import format_time
from client.home import Home
from client.light import LightClient, ProvenAccount, Snapshot
from client.uri import VoucherRequest
from primitives.actions import CampaignClaim, CampaignClose, CampaignCreate
from primitives.address import address
from primitives.amount import format_amount
from primitives.commerce import (
    Campaign,
    Claimed,
    Voucher,
    campaign_key,
    claim_key,
    voucher_key,
)
from primitives.entries import Mark
from primitives.receipt import Outcome, RewardPaid
from wallet.checks import now_of, receipt_of, refused
from wallet.deeds import Deed
from wallet.sending import check_balance

MAX_DURATION_MS = 366 * 24 * 3600 * 1000
"""[LEDGER-40]"""


def creating(account: int, action: CampaignCreate) -> Deed:
    """Lock a budget for claims."""

    async def ask(light: LightClient, proven: ProvenAccount) -> str:
        each = action.reward + action.bonus
        now_ms = now_of(light, proven.freshness)
        if not now_ms < action.ends <= now_ms + MAX_DURATION_MS:
            raise refused(
                Outcome.DEADLINE_INVALID,
                f"a campaign ends after now ({format_time(now_ms)}) and within 366 days",
            )
        if action.budget < each:
            raise refused(
                Outcome.BUDGET_TOO_SMALL,
                f"a budget of {format_amount(action.budget)} LiqBon is less than the reward and "
                f"the bonus of one claim",
            )
        check_balance(proven, account, action.budget)
        network = light.believed.genesis.network
        return (
            f"Lock {format_amount(action.budget)} LiqBon of account {account} (which holds "
            f"{format_amount(proven.record.balance)}) until {format_time(action.ends)}, for "
            f"{action.budget // each} claims of {_each(action.reward, action.bonus)}, on vouchers "
            f"that {address(action.signer, network)} signs?"
        )

    return Deed(account, action, ask, last_ms=action.ends - 1)


def closing(account: int, campaign: bytes) -> Deed:
    """Take back what is left."""

    async def ask(light: LightClient, proven: ProvenAccount) -> str:
        found = (await light.entry(campaign_key(campaign), Campaign)).entry
        if found is None:
            raise unknown(campaign)
        if found.sponsor != proven.account:
            sponsor = address(found.sponsor, light.believed.genesis.network)
            raise refused(Outcome.NOT_SPONSOR, f"{sponsor} is its sponsor, and closes it")
        if found.closed:
            raise refused(Outcome.CAMPAIGN_ENDED, "it ended; what was left was returned")
        return (
            f"Close the campaign now and take back {format_amount(found.left)} LiqBon? Vouchers "
            f"that nobody claimed yet are worth nothing then."
        )

    return Deed(account, CampaignClose(campaign), ask)


def claiming(account: int, request: VoucherRequest, home: Home) -> Deed:
    """Claim what a voucher promises, which was signed by its keys; whose they are is seen here."""
    voucher = request.voucher

    async def before(light: LightClient, sender: bytes) -> ProvenReceipt | None:
        if voucher.claimant != sender:
            return None
        used = (await light.entry(voucher_key(voucher.campaign, voucher.id), Mark)).entry
        if used is None:
            return None
        receipt = await receipt_of(light, used.transaction, "claimed")
        return receipt if _was_paid(receipt, sender) else None

    async def ask(light: LightClient, proven: ProvenAccount) -> str:
        _check_claimant(home, voucher, proven)
        return await claim_question(light, request, proven)

    action = CampaignClaim(voucher, request.signer)
    return Deed(account, action, ask, before, last_ms=voucher.expires)


async def claim_question(light: LightClient, request: VoucherRequest, proven: ProvenAccount) -> str:
    """What to ask a claimant. Raises ``RefusedByLedger`` for whatever the ledger would refuse."""
    voucher = request.voucher
    keys = [
        campaign_key(voucher.campaign),
        claim_key(voucher.campaign, voucher.claimant),
        voucher_key(voucher.campaign, voucher.id),
    ]
    found = await light.entries(keys)
    campaign = found.entry(keys[0], Campaign)
    if campaign is None:
        raise unknown(voucher.campaign)
    _check_voucher(light, found, campaign, request)
    used = found.entry(keys[2], Mark)
    if used is not None:
        raise refused(Outcome.VOUCHER_USED, f"it was claimed at height {used.height}")
    claimed = found.entry(keys[1], Claimed)
    claims = 0 if claimed is None else claimed.claims
    if claims >= campaign.per_claimant:
        raise refused(
            Outcome.CLAIMS_EXCEEDED,
            f"this account claimed {claims} times, and may {campaign.per_claimant} times",
        )
    if campaign.left < campaign.reward + campaign.bonus:
        raise refused(
            Outcome.BUDGET_EXHAUSTED,
            f"{format_amount(campaign.left)} LiqBon are left of its budget, and a claim takes "
            f"{format_amount(campaign.reward + campaign.bonus)}",
        )
    await _check_opening(light, campaign, voucher, proven)
    sponsor = address(campaign.sponsor, light.believed.genesis.network)
    referrer = ""
    if voucher.referrer is not None:
        name = address(voucher.referrer, light.believed.genesis.network)
        referrer = f" {format_amount(campaign.bonus)} go to {name}, who brought you."
    return f"Claim {format_amount(campaign.reward)} LiqBon that {sponsor} gives?{referrer}"


def _was_paid(receipt: ProvenReceipt, claimant: bytes) -> bool:
    """Whether it was this account's claim: a sponsor may have used an id for two vouchers."""
    paid = [event.account for event in receipt.receipt.events if isinstance(event, RewardPaid)]
    return paid[:1] == [claimant]


def unknown(campaign: bytes) -> RefusedByLedger:
    """No campaign has this id, by proof."""
    return refused(Outcome.CAMPAIGN_UNKNOWN, f"this network has no campaign {campaign.hex()}")


def _each(reward: int, bonus: int) -> str:
    if not bonus:
        return f"{format_amount(reward)}"
    return f"{format_amount(reward)}, and {format_amount(bonus)} for who brings the claimant"


def _check_claimant(home: Home, voucher: Voucher, proven: ProvenAccount) -> None:
    if voucher.claimant == proven.account:
        return
    claimant = address(voucher.claimant, home.genesis.network)
    own = [record.account for record in home.accounts if record.address == claimant]
    hint = f"That is account {own[0]} of this wallet: --account {own[0]}." if own else ""
    raise refused(Outcome.VOUCHER_FOR_ANOTHER, f"this voucher is for {claimant} alone", hint)


def _check_voucher(
    light: LightClient, found: Snapshot, campaign: Campaign, request: VoucherRequest
) -> None:
    """In the ledger's order ([LEDGER-41])."""
    voucher = request.voucher
    now_ms = now_of(light, found.freshness)
    if campaign.closed or campaign.ends < now_ms:
        when = "was closed" if campaign.closed else f"ended at {format_time(campaign.ends)}"
        raise refused(Outcome.CAMPAIGN_ENDED, f"the campaign {when}")
    if request.signer.account != campaign.signer:
        raise refused(
            Outcome.NOT_SIGNER,
            "this voucher is not signed by the campaign's signer",
            "Somebody else made it. It is worth nothing.",
        )
    if voucher.expires < now_ms:
        raise refused(
            Outcome.VOUCHER_EXPIRED,
            f"this voucher was good until {format_time(voucher.expires)}, "
            f"it is {format_time(now_ms)}",
            "Ask the sponsor for another.",
        )
    wants = campaign.bonus > 0
    if (voucher.referrer is not None) != wants or voucher.referrer == voucher.claimant:
        raise refused(
            Outcome.REFERRER_INVALID,
            "it names no one who brought the claimant, and the campaign asks for one"
            if wants and voucher.referrer is None
            else "it names itself, or somebody in a campaign that gives no bonus",
            "The voucher was made wrongly. Ask the sponsor for another.",
        )


async def _check_opening(
    light: LightClient, campaign: Campaign, voucher: Voucher, proven: ProvenAccount
) -> None:
    opening = light.believed.genesis.parameters.opening
    opened = []
    if not proven.exists and campaign.reward < opening:
        opened.append((proven.account, campaign.reward))
    referrer = voucher.referrer if campaign.bonus < opening else None
    if referrer is not None and not (await light.account(referrer)).exists:
        opened.append((referrer, campaign.bonus))
    for account, amount in opened:
        raise refused(
            Outcome.OUTPUT_BELOW_OPENING,
            f"{address(account, light.believed.genesis.network)} has no account yet, and "
            f"{format_amount(amount)} LiqBon do not open one: that takes {format_amount(opening)}",
        )
