"""Actions of transactions as documents. Knows both forms; asks nobody, decides nothing.

Part of ``client.render``, from where it is imported.
"""

from __future__ import annotations

from typing import TypeAlias, assert_never

from client import ledger_views as views
from client.fields import format_time
from client.render_commerce import campaign_action, content_action, order_action
from client.render_governance import membership_action, vote_action
from primitives.actions import (
    Action,
    CampaignClaim,
    CampaignClose,
    CampaignCreate,
    CastVote,
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
    PartnerExit,
    PartnerRegister,
    PartnerRotateKeys,
    ProgrammeOpen,
    ProgrammePause,
    ProgrammeSetRate,
    ProgrammeSetTerms,
    Propose,
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
    ValidatorAnnounceKey,
)
from primitives.address import address
from primitives.amount import format_amount

_OfToken: TypeAlias = Transfer | OpenChannels | Mint
_OfProgrammes: TypeAlias = ProgrammeOpen | ProgrammeSetRate | ProgrammePause | ProgrammeSetTerms
_OfLimits: TypeAlias = LowerClaimBound | SetDailyCaps | ReserveAttest | ReserveRelease
_OfSpending: TypeAlias = Redeem | Refund
_OfSettlement: TypeAlias = (
    SettlementPay | SettlementConfirm | SettlementDispute | SettlementStatement
)


def action_view(action: Action, network: str) -> views.ActionView:
    """``network`` is the addresses' human-readable part, as genesis names it."""
    match action:
        case Transfer() | OpenChannels() | Mint():
            return _of_token(action, network)
        case ProgrammeOpen() | ProgrammeSetRate() | ProgrammePause() | ProgrammeSetTerms():
            return _of_programmes(action)
        case LowerClaimBound() | SetDailyCaps() | ReserveAttest() | ReserveRelease():
            return _of_limits(action, network)
        case Redeem() | Refund():
            return _of_spending(action, network)
        case SettlementPay() | SettlementConfirm() | SettlementDispute() | SettlementStatement():
            return _of_settlement(action)
        case CampaignCreate() | CampaignClaim() | CampaignClose():
            return campaign_action(action, network)
        case (
            OrderOpen()
            | OrderShip()
            | OrderRelease()
            | OrderRefund()
            | OrderDispute()
            | OrderResolve()
        ):
            return order_action(action, network)
        case ContentRegister() | ContentLike():
            return content_action(action)
        case PartnerRegister() | PartnerRotateKeys() | PartnerExit() | ValidatorAnnounceKey():
            return membership_action(action, network)
        case Propose() | CastVote():
            return vote_action(action, network)
        case _:
            assert_never(action)


def _of_token(action: _OfToken, network: str) -> views.ActionView:
    match action:
        case Transfer(outputs):
            return views.TransferView(
                outputs=[
                    views.OutputView(to=address(o.account, network), amount=format_amount(o.amount))
                    for o in outputs
                ]
            )
        case OpenChannels(channels):
            return views.OpenChannelsView(channels=channels)
        case Mint():
            return views.MintView(
                partner=action.partner,
                programme=action.programme,
                points=str(action.points),
                amount=format_amount(action.amount),
                commitment=action.commitment.hex(),
                to=address(action.to, network),
            )
        case _:
            assert_never(action)


def _of_programmes(action: _OfProgrammes) -> views.ActionView:
    match action:
        case ProgrammeOpen():
            return views.ProgrammeOpenView(
                partner=action.partner,
                programme=action.programme,
                name=action.name,
                point=action.point,
                terms_hash=action.terms_hash.hex(),
                terms_url=action.terms_url,
                numerator=action.numerator,
                denominator=action.denominator,
            )
        case ProgrammeSetRate():
            return views.ProgrammeSetRateView(
                partner=action.partner,
                programme=action.programme,
                numerator=action.numerator,
                denominator=action.denominator,
                since=format_time(action.since) if action.since else None,
            )
        case ProgrammePause():
            return views.ProgrammePauseView(
                partner=action.partner, programme=action.programme, paused=action.paused
            )
        case ProgrammeSetTerms():
            return views.ProgrammeSetTermsView(
                partner=action.partner,
                programme=action.programme,
                terms_hash=action.terms_hash.hex(),
                terms_url=action.terms_url,
                since=format_time(action.since) if action.since else None,
            )
        case _:
            assert_never(action)


def _of_limits(action: _OfLimits, network: str) -> views.ActionView:
    match action:
        case LowerClaimBound():
            return views.LowerClaimBoundView(
                partner=action.partner, claim_bound=format_amount(action.claim_bound)
            )
        case SetDailyCaps():
            return views.SetDailyCapsView(
                partner=action.partner,
                mint_per_day=format_amount(action.mint_per_day),
                refund_per_day=format_amount(action.refund_per_day),
            )
        case ReserveAttest(said, custodian):
            return views.ReserveAttestView(
                partner=said.partner,
                amount=format_amount(said.amount),
                as_of=format_time(said.as_of),
                custodian=address(custodian.account, network),
            )
        case ReserveRelease(release, custodian):
            return views.ReserveReleaseView(
                partner=release.partner,
                amount=format_amount(release.amount),
                reserve=format_amount(release.reserve),
                attested=format_time(release.attested),
                custodian=address(custodian.account, network),
            )
        case _:
            assert_never(action)


def _of_spending(action: _OfSpending, network: str) -> views.ActionView:
    match action:
        case Redeem(invoice, cashier):
            return views.RedeemView(
                partner=invoice.partner,
                amount=format_amount(invoice.amount),
                invoice=invoice.id.hex(),
                expires=format_time(invoice.expires),
                payer=None if invoice.payer is None else address(invoice.payer, network),
                cashier=address(cashier.account, network),
            )
        case Refund():
            return views.RefundView(
                partner=action.partner,
                invoice=action.invoice.hex(),
                refund=action.refund.hex(),
                amount=format_amount(action.amount),
            )
        case _:
            assert_never(action)


def _of_settlement(action: _OfSettlement) -> views.ActionView:
    cycle, place = action.cycle, action.place
    match action:
        case SettlementPay(reference=reference):
            return views.SettlementPayView(cycle=cycle, place=place, reference=reference.hex())
        case SettlementConfirm():
            return views.SettlementConfirmView(cycle=cycle, place=place)
        case SettlementDispute():
            return views.SettlementDisputeView(cycle=cycle, place=place)
        case SettlementStatement(paid=paid):
            return views.SettlementStatementView(cycle=cycle, place=place, paid=paid)
        case _:
            assert_never(action)
