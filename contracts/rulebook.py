"""The dispatch table: each action's contract, who signs it, how it is refused, what it tells.

Data, not code: the reference page is made of it, and tests hold it against what the contracts do
and against the golden vectors. Adding an action adds a row here; ``agenda`` has what happens by
itself, and what partners decide on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from contracts import (
    campaigns,
    contents,
    governance,
    issuance,
    limits,
    membership,
    orders,
    programmes,
    redemption,
    reserves,
    settlement,
    token,
)
from contracts.agenda import OBSTACLES
from contracts.context import BlockContext
from contracts.state import Draft
from primitives import actions as a
from primitives import receipt as r
from primitives.receipt import Outcome
from primitives.transaction import Decoded


class Rule(NamedTuple):
    """What carries an action out, and what can be known of it beforehand.

    ``refusals`` stand in the order in which they are looked for; ``events`` are those that it may
    leave; ``rules`` are numbers of docs/spec.
    """

    contract: Callable[[Draft, BlockContext, Decoded], Outcome]
    signed_by: str
    refusals: tuple[Outcome, ...]
    events: tuple[type[r.Event], ...]
    rules: tuple[str, ...]


o = Outcome
_ADMIN: Final = (o.PARTNER_UNKNOWN, o.NOT_ADMIN)
_ACTIVE: Final = (*_ADMIN, o.PARTNER_LEAVING)

RULES: Final[dict[type[a.Action], Rule]] = {
    a.Transfer: Rule(
        token.transfer,
        "the owner",
        (o.AMOUNT_OVERFLOW, o.BALANCE_TOO_LOW, o.OUTPUT_BELOW_OPENING),
        (r.AccountOpened,),
        ("LEDGER-4", "LEDGER-5"),
    ),
    a.OpenChannels: Rule(
        token.open_channels,
        "the owner",
        (o.CHANNELS_NOT_MORE, o.BALANCE_TOO_LOW),
        (),
        ("TX-9",),
    ),
    a.Mint: Rule(
        issuance.mint,
        "the partner's issuer",
        (
            o.PARTNER_UNKNOWN,
            o.NOT_ISSUER,
            o.PARTNER_LEAVING,
            o.PROGRAMME_UNKNOWN,
            o.PROGRAMME_PAUSED,
            o.RATE_NOT_IN_FORCE,
            o.RATE_MISMATCH,
            o.COMMITMENT_USED,
            o.OUTPUT_BELOW_OPENING,
            o.MINTING_SUSPENDED,
            o.LIMIT_EXCEEDED,
            o.DAILY_CAP_EXCEEDED,
        ),
        (r.AccountOpened, r.Minted),
        ("LEDGER-6", "LEDGER-7", "LEDGER-8", "LEDGER-9"),
    ),
    a.ProgrammeOpen: Rule(
        programmes.open_programme,
        "the partner's admin",
        (*_ACTIVE, o.PROGRAMME_EXISTS, o.PROGRAMMES_FULL),
        (r.ProgrammeOpened,),
        ("LEDGER-33",),
    ),
    a.ProgrammeSetRate: Rule(
        programmes.set_rate,
        "the partner's admin",
        (*_ACTIVE, o.PROGRAMME_UNKNOWN, o.RATE_UNORDERED, o.RATE_TOO_FAR, o.RATE_NOTICE_SHORT),
        (r.RatePublished, r.RateChanged),
        ("LEDGER-34",),
    ),
    a.ProgrammePause: Rule(
        programmes.pause,
        "the partner's admin",
        (*_ACTIVE, o.PROGRAMME_UNKNOWN, o.PROGRAMME_UNCHANGED),
        (r.ProgrammePaused,),
        ("LEDGER-35",),
    ),
    a.ProgrammeSetTerms: Rule(
        programmes.set_terms,
        "the partner's admin",
        (*_ACTIVE, o.PROGRAMME_UNKNOWN, o.TERMS_UNORDERED, o.TERMS_TOO_FAR),
        (r.TermsPublished,),
        ("LEDGER-57",),
    ),
    a.PartnerRegister: Rule(
        membership.register,
        "the newcomer's admin",
        (
            o.PARTNER_EXISTS,
            o.CUSTODIAN_UNKNOWN,
            o.CUSTODIAN_INVALID,
            o.ROLE_INVALID,
            o.SEAT_TAKEN,
        ),
        (r.PartnerApplied,),
        ("LEDGER-50",),
    ),
    a.PartnerRotateKeys: Rule(
        membership.rotate_keys,
        "the partner's admin, and the account that takes the role",
        (*_ADMIN, o.ROLE_INVALID),
        (r.AccountOpened, r.RoleGiven),
        ("LEDGER-51",),
    ),
    a.PartnerExit: Rule(
        membership.exit_partner,
        "the partner's admin",
        (*_ACTIVE, o.LAST_PARTNER, o.RESERVE_NEEDED),
        (r.PartnerMoved,),
        ("LEDGER-53", "LEDGER-54"),
    ),
    a.ValidatorAnnounceKey: Rule(
        membership.announce_key,
        "the partner's admin, and the consensus key",
        (*_ACTIVE, o.SEAT_TAKEN),
        (r.SeatAnnounced,),
        ("LEDGER-52",),
    ),
    a.LowerClaimBound: Rule(
        limits.lower_claim_bound,
        "the partner's admin",
        (*_ADMIN, o.CLAIM_BOUND_NOT_LOWER),
        (r.ClaimBoundLowered,),
        ("LEDGER-21",),
    ),
    a.SetDailyCaps: Rule(
        limits.set_daily_caps,
        "the partner's admin",
        _ADMIN,
        (r.DailyCapsChanged,),
        ("LEDGER-22",),
    ),
    a.ReserveAttest: Rule(
        reserves.attest,
        "the partner's admin over its custodian's endorsement; the custodian for what is not more",
        (
            o.PARTNER_UNKNOWN,
            o.NOT_CUSTODIAN,
            o.NOT_ADMIN,
            o.CEILING_EXCEEDED,
            o.ATTESTATION_EARLY,
            o.ATTESTATION_STALE,
        ),
        (r.ReserveChanged,),
        ("LEDGER-23",),
    ),
    a.ReserveRelease: Rule(
        reserves.release,
        "the partner's admin over its custodian's endorsement",
        (*_ADMIN, o.NOT_CUSTODIAN, o.RELEASE_STALE, o.RESERVE_NEEDED),
        (r.ReserveReleased,),
        ("LEDGER-25",),
    ),
    a.Redeem: Rule(
        redemption.redeem,
        "the owner over the cashier's invoice",
        (
            o.PARTNER_UNKNOWN,
            o.NOT_CASHIER,
            o.PARTNER_LEAVING,
            o.NO_TILL,
            o.INVOICE_EXPIRED,
            o.INVOICE_FOR_ANOTHER,
            o.INVOICE_USED,
            o.CLAIM_BOUND_EXCEEDED,
            o.BALANCE_TOO_LOW,
        ),
        (r.Redeemed,),
        ("LEDGER-17", "LEDGER-18"),
    ),
    a.Refund: Rule(
        redemption.refund,
        "the partner's cashier",
        (
            o.PARTNER_UNKNOWN,
            o.NOT_CASHIER,
            o.PARTNER_LEAVING,
            o.INVOICE_UNKNOWN,
            o.REFUND_USED,
            o.REFUND_EXCEEDED,
            o.LIMIT_EXCEEDED,
            o.DAILY_CAP_EXCEEDED,
        ),
        (r.Refunded,),
        ("LEDGER-19",),
    ),
    a.SettlementPay: Rule(
        settlement.pay,
        "the debtor's admin",
        (o.OBLIGATION_UNKNOWN, o.NOT_DEBTOR, o.OBLIGATION_SETTLED, o.PAYMENT_CLAIMED),
        (r.PaymentClaimed,),
        ("LEDGER-30",),
    ),
    a.SettlementConfirm: Rule(
        settlement.confirm,
        "the creditor's admin",
        (o.OBLIGATION_UNKNOWN, o.NOT_CREDITOR, o.OBLIGATION_SETTLED),
        (r.ObligationSettled,),
        ("LEDGER-31",),
    ),
    a.SettlementDispute: Rule(
        settlement.dispute,
        "the creditor's admin",
        (o.OBLIGATION_UNKNOWN, o.NOT_CREDITOR, o.PAYMENT_NOT_CLAIMED),
        (r.PaymentDisputed,),
        ("LEDGER-32",),
    ),
    a.SettlementStatement: Rule(
        settlement.state_payment,
        "the settlement custodian",
        (o.OBLIGATION_UNKNOWN, o.NOT_CUSTODIAN, o.OBLIGATION_SETTLED, o.NOT_DISPUTED),
        (r.ReserveDrawn, r.PositionShifted, r.ObligationSettled, r.ObligationOverdue),
        ("LEDGER-32", "LEDGER-55"),
    ),
    a.Propose: Rule(
        governance.propose,
        "the proposing partner's admin",
        (
            *_ACTIVE,
            o.PROPOSALS_FULL,
            *(obstacle for obstacle in OBSTACLES if obstacle not in _ACTIVE),
            o.ELECTORS_MISSING,
        ),
        (r.ProposalOpened,),
        ("LEDGER-60", "LEDGER-61", "LEDGER-64"),
    ),
    a.CastVote: Rule(
        governance.vote,
        "the voting partner's admin",
        (*_ACTIVE, o.PROPOSAL_UNKNOWN, o.NOT_ELECTOR, o.PROPOSAL_CLOSED, o.VOTE_UNCHANGED),
        (r.VoteCounted, r.ProposalMoved),
        ("LEDGER-62",),
    ),
    a.CampaignCreate: Rule(
        campaigns.create,
        "the sponsor",
        (o.DEADLINE_INVALID, o.BUDGET_TOO_SMALL, o.BALANCE_TOO_LOW),
        (r.CampaignOpened,),
        ("LEDGER-40",),
    ),
    a.CampaignClaim: Rule(
        campaigns.claim,
        "the claimant over the sponsor's voucher",
        (
            o.CAMPAIGN_UNKNOWN,
            o.CAMPAIGN_ENDED,
            o.NOT_SIGNER,
            o.VOUCHER_FOR_ANOTHER,
            o.VOUCHER_EXPIRED,
            o.REFERRER_INVALID,
            o.VOUCHER_USED,
            o.CLAIMS_EXCEEDED,
            o.BUDGET_EXHAUSTED,
            o.OUTPUT_BELOW_OPENING,
        ),
        (r.AccountOpened, r.RewardPaid),
        ("LEDGER-41", "LEDGER-43"),
    ),
    a.CampaignClose: Rule(
        campaigns.close,
        "the sponsor",
        (o.CAMPAIGN_UNKNOWN, o.NOT_SPONSOR, o.CAMPAIGN_ENDED),
        (r.CampaignClosed,),
        ("LEDGER-42",),
    ),
    a.OrderOpen: Rule(
        orders.open_order,
        "the buyer over the seller's offer",
        (
            o.NOT_SELLER,
            o.OFFER_EXPIRED,
            o.ARBITER_INVALID,
            o.PROMOTER_INVALID,
            o.ACCOUNT_UNKNOWN,
            o.BALANCE_TOO_LOW,
        ),
        (r.OrderMoved,),
        ("LEDGER-44",),
    ),
    a.OrderShip: Rule(
        orders.ship,
        "the seller",
        (o.ORDER_UNKNOWN, o.NOT_SELLER, o.ORDER_STATUS_WRONG),
        (r.OrderMoved,),
        ("LEDGER-45",),
    ),
    a.OrderRelease: Rule(
        orders.release,
        "the buyer",
        (o.ORDER_UNKNOWN, o.NOT_BUYER, o.ORDER_STATUS_WRONG),
        (r.OrderEnded,),
        ("LEDGER-46", "LEDGER-47"),
    ),
    a.OrderRefund: Rule(
        orders.refund,
        "the seller",
        (o.ORDER_UNKNOWN, o.NOT_SELLER, o.ORDER_STATUS_WRONG),
        (r.OrderEnded,),
        ("LEDGER-46", "LEDGER-47"),
    ),
    a.OrderDispute: Rule(
        orders.dispute,
        "the buyer",
        (o.ORDER_UNKNOWN, o.NOT_BUYER, o.ORDER_STATUS_WRONG),
        (r.OrderMoved,),
        ("LEDGER-47",),
    ),
    a.OrderResolve: Rule(
        orders.resolve,
        "the arbiter",
        (o.ORDER_UNKNOWN, o.NOT_ARBITER, o.ORDER_STATUS_WRONG, o.AMOUNT_OVERFLOW),
        (r.OrderEnded,),
        ("LEDGER-47",),
    ),
    a.ContentRegister: Rule(
        contents.register,
        "the author",
        (o.CONTENT_EXISTS,),
        (r.ContentRegistered,),
        ("LEDGER-48",),
    ),
    a.ContentLike: Rule(
        contents.like,
        "whoever likes it",
        (o.CONTENT_UNKNOWN, o.OWN_CONTENT, o.BALANCE_TOO_LOW, o.AMOUNT_OVERFLOW),
        (r.ContentLiked,),
        ("LEDGER-49",),
    ),
}
"""What carries out each action. A contract checks everything before it changes its draft."""

NEVER_HELD_UP: Final = (
    a.SettlementPay,
    a.SettlementConfirm,
    a.SettlementDispute,
    a.SettlementStatement,
    a.CastVote,
)
"""Words that a deadline waits for. What they add is bounded by the obligations and proposals: after
a payment was named and denied, only time or the settlement custodian goes on ([LEDGER-14])."""
