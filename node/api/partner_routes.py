"""Paths of partners, and of what they decide together. The same kind of table as ``routes``."""

from __future__ import annotations

from typing import Final

from client import views
from client.fields import Page
from node.api import governance, partners
from node.api.parameters import (
    ADDRESS,
    CONCERNING,
    PARTNER,
    PROGRAMME,
    PROOF,
    PROPOSAL,
    PROPOSAL_STATUS,
)
from node.api.route import OF_ADDRESSES, PAGED, Route

PARTNER_ROUTES: Final = (
    Route(
        "GET",
        "/v1/partners",
        partners.partners,
        Page[views.PartnerView],
        parameters=PAGED,
        problems=("cursor_malformed",),
    ),
    Route(
        "GET",
        "/v1/partners/{partner}",
        partners.partner,
        views.PartnerDetail,
        parameters=(PARTNER, PROOF),
        problems=("partner_unknown", "not_certified"),
    ),
    Route(
        "GET",
        "/v1/custodians",
        partners.custodians,
        Page[views.CustodianView],
        parameters=PAGED,
        problems=("cursor_malformed",),
    ),
    Route(
        "GET",
        "/v1/programmes",
        partners.programmes,
        Page[views.ProgrammeView],
        parameters=PAGED,
        problems=("cursor_malformed",),
    ),
    Route(
        "GET",
        "/v1/programmes/{partner}/{programme}/rates",
        partners.rates,
        Page[views.PublishedRateView],
        parameters=(PARTNER, PROGRAMME, *PAGED),
        problems=("partner_unknown", "programme_unknown", "cursor_malformed"),
    ),
    Route(
        "GET",
        "/v1/programmes/{partner}/{programme}/terms",
        partners.terms,
        Page[views.PublishedTermsView],
        parameters=(PARTNER, PROGRAMME, *PAGED),
        problems=("partner_unknown", "programme_unknown", "cursor_malformed"),
    ),
    Route(
        "GET",
        "/v1/applications",
        governance.applications,
        Page[views.ApplicationView],
        parameters=PAGED,
        problems=("cursor_malformed",),
    ),
    Route(
        "GET",
        "/v1/applications/{address}",
        governance.application,
        views.ApplicationDetail,
        parameters=(ADDRESS, PROOF),
        problems=(*OF_ADDRESSES, "application_unknown", "not_certified"),
    ),
    Route(
        "GET",
        "/v1/proposals",
        governance.proposals,
        Page[views.ProposalView],
        parameters=(CONCERNING, PROPOSAL_STATUS, *PAGED),
        problems=("partner_unknown", "cursor_malformed"),
    ),
    Route(
        "GET",
        "/v1/proposals/{proposal}",
        governance.proposal,
        views.ProposalDetail,
        parameters=(PROPOSAL, PROOF),
        problems=("proposal_unknown", "not_certified"),
    ),
    Route(
        "GET",
        "/v1/membership",
        governance.membership,
        views.MembershipView,
        parameters=(PROOF,),
        problems=("not_certified",),
    ),
    Route(
        "GET",
        "/v1/protocol",
        governance.protocol,
        views.ProtocolView,
        parameters=(PROOF,),
        problems=("not_certified",),
    ),
    Route(
        "GET",
        "/v1/positions",
        partners.positions,
        views.PositionsView,
        parameters=PAGED,
        problems=("cursor_malformed",),
    ),
)
