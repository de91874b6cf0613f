"""Partners, programmes and positions as documents of ``client.views``. Asks nobody."""

from __future__ import annotations

from collections.abc import Sequence

from client import views
from client.fields import format_time
from client.render import rate_view
from client.render_governance import KINDS, PARTNER_STATES
from contracts.limits import limit, recognised, suspended
from primitives.address import address
from primitives.amount import format_amount, format_signed
from primitives.entries import (
    Day,
    Limits,
    Partner,
    Position,
    Programme,
    PublishedRate,
    PublishedTerms,
    Supply,
)
from primitives.genesis import Custodian


def partner_view(partner: Partner, network: str) -> views.PartnerView:
    """A partner."""
    roles = partner.roles
    return views.PartnerView(
        code=partner.code,
        name=partner.name,
        currency=partner.currency,
        kind=KINDS[partner.kind],
        status=PARTNER_STATES[partner.status],
        roles=views.RolesView(
            admin=address(roles.admin, network),
            issuer=address(roles.issuer, network),
            cashier=address(roles.cashier, network),
        ),
        custodian=partner.custodian,
        programmes=list(partner.programmes),
        proposals=partner.proposals,
    )


def custodian_view(custodian: Custodian, judge: str, network: str) -> views.CustodianView:
    """A custodian; ``judge`` is the code of the settlement custodian."""
    return views.CustodianView(
        code=custodian.code,
        name=custodian.name,
        address=address(custodian.account, network),
        partner=custodian.partner,
        settlement=custodian.code == judge,
    )


def published_rate_view(place: int, rate: PublishedRate) -> views.PublishedRateView:
    """The rate at a place of a programme's history."""
    return views.PublishedRateView(
        place=place, rate=rate_view(rate.rate), published=format_time(rate.published)
    )


def published_terms_view(place: int, terms: PublishedTerms) -> views.PublishedTermsView:
    """The terms at a place of a programme's history."""
    return views.PublishedTermsView(
        place=place,
        terms_hash=terms.terms_hash.hex(),
        terms_url=terms.terms_url,
        since=format_time(terms.since),
        published=format_time(terms.published),
    )


def programme_view(
    partner: str,
    programme: Programme,
    rates: Sequence[views.PublishedRateView],
    terms: Sequence[views.PublishedTermsView],
) -> views.ProgrammeView:
    """A programme of a partner, with the newest of its ``rates`` and ``terms``."""
    rate = programme.rate
    return views.ProgrammeView(
        partner=partner,
        code=programme.code,
        name=programme.name,
        point=programme.point,
        terms_hash=programme.terms_hash.hex(),
        terms_url=programme.terms_url,
        paused=programme.paused,
        place=programme.place,
        rate=None if rate is None else rate_view(rate),
        published=programme.published,
        newest=rate_view(programme.newest),
        rates=list(rates),
        terms_place=programme.terms_place,
        terms_published=programme.terms_published,
        terms=list(terms),
    )


def position_view(
    partner: str, position: Position, limits: Limits, today: Day
) -> views.PositionView:
    """What a partner owes or is owed."""
    return views.PositionView(
        partner=partner,
        minted=format_amount(position.minted),
        redeemed=format_amount(position.redeemed),
        refunded=format_amount(position.refunded),
        paid=format_amount(position.paid),
        received=format_amount(position.received),
        assumed=format_signed(position.assumed),
        net=format_signed(position.net),
        payable=format_amount(position.payable),
        receivable=format_amount(position.receivable),
        expected=format_signed(position.expected),
        limits=_limits_view(position, limits, today),
    )


def _limits_view(position: Position, limits: Limits, today: Day) -> views.LimitsView:
    """What bounds a partner ([LEDGER-8])."""
    terms, most = limits.terms, limit(limits)
    return views.LimitsView(
        limit=format_amount(most),
        room=format_signed(most - position.net - position.receivable),
        credit=format_amount(terms.credit),
        reserve=format_amount(terms.reserve),
        reserve_ceiling=format_amount(terms.reserve_ceiling),
        recognised=format_amount(recognised(limits)),
        haircut_basis_points=terms.haircut,
        reserve_attested=format_time(terms.reserve_attested),
        reserve_counts=limits.reserve_counts,
        reserve_moved=format_time(limits.moved) if limits.moved else None,
        earmarked=format_amount(limits.earmarked),
        overdue=limits.overdue,
        advance=_advance_view(limits),
        minting_suspended=suspended(limits),
        pending_reserve=_pending_reserve_view(limits),
        claim_bound=format_amount(terms.claim_bound),
        mint_per_day=format_amount(terms.mint_per_day),
        refund_per_day=format_amount(terms.refund_per_day),
        pending_caps=_pending_caps_view(limits),
        minted_today=format_amount(today.minted),
        refunded_today=format_amount(today.refunded),
    )


def _advance_view(limits: Limits) -> views.AdvanceView | None:
    advance = limits.advance
    if advance is None:
        return None
    return views.AdvanceView(amount=format_amount(advance.amount), cycle=advance.cycle)


def _pending_reserve_view(limits: Limits) -> views.PendingReserveView | None:
    pending = limits.pending_reserve
    if pending is None:
        return None
    return views.PendingReserveView(
        amount=format_amount(pending.amount),
        attested=format_time(pending.attested),
        since=format_time(pending.since),
    )


def _pending_caps_view(limits: Limits) -> views.PendingCapsView | None:
    pending = limits.pending_caps
    if pending is None:
        return None
    return views.PendingCapsView(
        mint_per_day=format_amount(pending.mint_per_day),
        refund_per_day=format_amount(pending.refund_per_day),
        since=format_time(pending.since),
    )


def supply_view(supply: Supply) -> views.SupplyView:
    """LiqBon in existence."""
    return views.SupplyView(
        minted=format_amount(supply.minted),
        redeemed=format_amount(supply.redeemed),
        refunded=format_amount(supply.refunded),
        supply=format_amount(supply.supply),
    )
