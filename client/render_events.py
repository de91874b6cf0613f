"""Events of receipts as documents. Knows both forms; asks nobody, decides nothing.

Part of ``client.render``, from where it is imported.
"""

from __future__ import annotations

from typing import TypeAlias, assert_never

from client import event_views as views
from client.fields import format_time
from client.render_commerce import commerce_event
from client.render_governance import governance_event
from primitives.address import address
from primitives.amount import format_amount
from primitives.genesis import Rate
from primitives.receipt import (
    AccountOpened,
    CampaignClosed,
    CampaignOpened,
    ClaimBoundLowered,
    ContentLiked,
    ContentRegistered,
    CycleClosed,
    DailyCapsChanged,
    Event,
    Minted,
    ObligationOverdue,
    ObligationSettled,
    OrderEnded,
    OrderMoved,
    PaymentClaimed,
    PaymentDisputed,
    ProgrammeOpened,
    ProgrammePaused,
    RateChanged,
    RatePublished,
    Redeemed,
    Refunded,
    ReserveChanged,
    ReserveDrawn,
    ReserveLapsed,
    ReserveReleased,
    RewardPaid,
    TermsChanged,
    TermsPublished,
)

_OfTotals: TypeAlias = Minted | Redeemed | Refunded
_OfProgrammes: TypeAlias = RateChanged | RatePublished | ProgrammeOpened | ProgrammePaused
_OfTerms: TypeAlias = TermsPublished | TermsChanged
_OfLimits: TypeAlias = (
    ReserveLapsed
    | ReserveChanged
    | ReserveReleased
    | ReserveDrawn
    | DailyCapsChanged
    | ClaimBoundLowered
)
_OfSettlement: TypeAlias = (
    CycleClosed | PaymentClaimed | PaymentDisputed | ObligationSettled | ObligationOverdue
)


def rate_view(rate: Rate) -> views.RateView:
    """A programme's rate."""
    return views.RateView(
        since=format_time(rate.since), numerator=rate.numerator, denominator=rate.denominator
    )


def event_view(event: Event, network: str) -> views.EventView:
    """One event; ``network`` is the addresses' human-readable part, as genesis names it."""
    match event:
        case AccountOpened():
            return views.AccountOpenedView(address=address(event.account, network))
        case Minted() | Redeemed() | Refunded():
            return _of_totals(event)
        case RateChanged() | RatePublished() | ProgrammeOpened() | ProgrammePaused():
            return _of_programmes(event)
        case TermsPublished() | TermsChanged():
            return _of_terms(event)
        case (
            ReserveLapsed()
            | ReserveChanged()
            | ReserveReleased()
            | ReserveDrawn()
            | DailyCapsChanged()
            | ClaimBoundLowered()
        ):
            return _of_limits(event)
        case (
            CycleClosed()
            | PaymentClaimed()
            | PaymentDisputed()
            | ObligationSettled()
            | ObligationOverdue()
        ):
            return _of_settlement(event)
        case (
            CampaignOpened()
            | RewardPaid()
            | CampaignClosed()
            | OrderMoved()
            | OrderEnded()
            | ContentRegistered()
            | ContentLiked()
        ):
            return commerce_event(event, network)
        case _:
            return governance_event(event, network)


def _of_totals(event: _OfTotals) -> views.EventView:
    partner, amount = event.partner, format_amount(event.amount)
    match event:
        case Minted(minted=total):
            return views.MintedView(partner=partner, amount=amount, minted=format_amount(total))
        case Redeemed(redeemed=total):
            return views.RedeemedView(partner=partner, amount=amount, redeemed=format_amount(total))
        case Refunded(refunded=total):
            return views.RefundedView(partner=partner, amount=amount, refunded=format_amount(total))
        case _:
            assert_never(event)


def _of_programmes(event: _OfProgrammes) -> views.EventView:
    partner, programme = event.partner, event.programme
    match event:
        case RateChanged(rate=rate):
            return views.RateChangedView(partner=partner, programme=programme, rate=rate_view(rate))
        case RatePublished(rate=rate):
            shown = rate_view(rate)
            return views.RatePublishedView(partner=partner, programme=programme, rate=shown)
        case ProgrammeOpened():
            return views.ProgrammeOpenedView(partner=partner, programme=programme)
        case ProgrammePaused(paused=paused):
            return views.ProgrammePausedView(partner=partner, programme=programme, paused=paused)
        case _:
            assert_never(event)


def _of_terms(event: _OfTerms) -> views.EventView:
    partner, programme, digest = event.partner, event.programme, event.terms_hash.hex()
    match event:
        case TermsPublished(since=since):
            return views.TermsPublishedView(
                partner=partner, programme=programme, terms_hash=digest, since=format_time(since)
            )
        case TermsChanged():
            return views.TermsChangedView(partner=partner, programme=programme, terms_hash=digest)
        case _:
            assert_never(event)


def _of_limits(event: _OfLimits) -> views.EventView:
    partner = event.partner
    match event:
        case ReserveLapsed():
            return views.ReserveLapsedView(partner=partner)
        case ReserveChanged(reserve=reserve):
            return views.ReserveChangedView(partner=partner, reserve=format_amount(reserve))
        case ReserveReleased(amount=amount):
            return views.ReserveReleasedView(partner=partner, amount=format_amount(amount))
        case ReserveDrawn():
            return views.ReserveDrawnView(
                partner=partner,
                cycle=event.cycle,
                place=event.place,
                amount=format_amount(event.amount),
            )
        case DailyCapsChanged():
            return views.DailyCapsChangedView(
                partner=partner,
                mint_per_day=format_amount(event.mint_per_day),
                refund_per_day=format_amount(event.refund_per_day),
            )
        case ClaimBoundLowered(claim_bound=bound):
            return views.ClaimBoundLoweredView(partner=partner, claim_bound=format_amount(bound))
        case _:
            assert_never(event)


def _of_settlement(event: _OfSettlement) -> views.EventView:
    cycle = event.cycle
    match event:
        case CycleClosed(claims=claims, obligations=count):
            return views.CycleClosedView(
                cycle=cycle, claims=format_amount(claims), obligations=count
            )
        case PaymentClaimed(place=place, reference=reference):
            return views.PaymentClaimedView(cycle=cycle, place=place, reference=reference.hex())
        case PaymentDisputed(place=place, earmark=earmark):
            return views.PaymentDisputedView(
                cycle=cycle, place=place, earmark=format_amount(earmark)
            )
        case ObligationSettled(place=place, amount=amount):
            return views.ObligationSettledView(
                cycle=cycle, place=place, amount=format_amount(amount)
            )
        case ObligationOverdue(place=place, outstanding=outstanding):
            return views.ObligationOverdueView(
                cycle=cycle, place=place, outstanding=format_amount(outstanding)
            )
        case _:
            assert_never(event)
