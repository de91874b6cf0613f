"""Every path of the API in one table: the server is built from it, and so is its description."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple

from client import views
from client.fields import Page
from node.api import (
    accounts,
    chain,
    commerce,
    governance,
    health,
    partners,
    settlement,
    transactions,
)
from node.api.asking import Answer, Ask
from node.api.parameters import (
    ADDRESS,
    BATCH_DIGEST,
    BATCHES,
    CAMPAIGN,
    CHANNEL,
    CONCERNING,
    CONTENT,
    CURSOR,
    CYCLE,
    HEIGHT,
    ID,
    INVOICE,
    KEY,
    KEYS,
    LIMIT,
    OF_ACCOUNT,
    OF_CYCLE,
    OF_PARTNER,
    ORDER,
    PARTNER,
    PLACE,
    PROGRAMME,
    PROOF,
    PROPOSAL,
    PROPOSAL_STATUS,
    STATUS,
    TIMEOUT,
    WAIT,
    Parameter,
)

Handler = Callable[[Ask], Awaitable[Answer]]


class Route(NamedTuple):
    """A path with one method. ``answer`` is the document of 200; ``body`` that of a request in
    JSON, ``raw_body`` says what its MessagePack form is; ``raw`` what canonical bytes are
    answered to ``Accept: application/msgpack``; ``problems`` are the codes of its own."""

    method: str
    path: str
    handler: Handler
    answer: Any
    parameters: tuple[Parameter, ...] = ()
    body: Any = None
    raw_body: str | None = None
    is_bulk: bool = False
    raw: str | None = None
    problems: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The operation's name in the description."""
        return self.handler.__name__

    @property
    def summary(self) -> str:
        """What it does, in one line."""
        return (self.handler.__doc__ or "").partition("\n")[0]


PAGED: Final = (CURSOR, LIMIT)
OF_ADDRESSES: Final = ("address_malformed", "address_checksum", "address_network")
"""What may be wrong with an address."""

ROUTES: Final = (
    Route(
        "POST",
        "/v1/transactions",
        transactions.submit,
        views.TransactionView,
        parameters=(WAIT, TIMEOUT),
        body=views.Submission,
        raw_body="A signed transaction's canonical bytes.",
        problems=("not_a_validator",),
    ),
    Route(
        "POST",
        "/v1/transactions/batch",
        transactions.submit_many,
        list[views.SubmissionResult],
        body=list[str],
        raw_body="An array of 1 to 1,000 byte strings, each a signed transaction.",
        is_bulk=True,
    ),
    Route(
        "GET",
        "/v1/transactions/{id}",
        transactions.transaction,
        views.TransactionView,
        parameters=(ID, PROOF),
        problems=("transaction_unknown",),
    ),
    Route(
        "GET",
        "/v1/accounts/{address}",
        accounts.account,
        views.AccountView,
        parameters=(ADDRESS, CHANNEL, PROOF),
        problems=(*OF_ADDRESSES, "not_certified"),
    ),
    Route(
        "GET",
        "/v1/accounts/{address}/transactions",
        accounts.history,
        Page[views.HistoryItem],
        parameters=(ADDRESS, PROOF, *PAGED),
        problems=(*OF_ADDRESSES, "cursor_malformed"),
    ),
    Route(
        "GET",
        "/v1/accounts/{address}/due",
        accounts.fell_due,
        Page[views.FellDueView],
        parameters=(ADDRESS, PROOF, *PAGED),
        problems=(*OF_ADDRESSES, "cursor_malformed"),
    ),
    Route(
        "GET",
        "/v1/state/{key}",
        accounts.entry,
        views.EntryView,
        parameters=(KEY, PROOF),
        problems=("not_certified",),
    ),
    Route(
        "GET",
        "/v1/state",
        accounts.entries,
        views.EntriesView,
        parameters=(KEYS, PROOF),
        problems=("not_certified",),
    ),
    Route("GET", "/v1/status", chain.status, views.StatusView),
    Route("GET", "/v1/validators", chain.validators, views.ValidatorsView),
    Route(
        "GET",
        "/v1/genesis",
        chain.genesis,
        views.GenesisView,
        raw="The canonical genesis.",
    ),
    Route(
        "GET",
        "/v1/epochs",
        chain.epochs,
        Page[views.EpochView],
        parameters=PAGED,
        raw="A canonical array of every EpochStep.",
        problems=("cursor_malformed",),
    ),
    Route(
        "GET",
        "/v1/blocks",
        chain.blocks,
        Page[views.BlockView],
        parameters=PAGED,
        problems=("cursor_malformed",),
    ),
    Route(
        "GET",
        "/v1/blocks/{height}",
        chain.block,
        views.BlockDetail,
        parameters=(HEIGHT, BATCHES),
        raw="The canonical RawBlock.",
        problems=("block_unknown",),
    ),
    Route(
        "GET",
        "/v1/batches/{digest}",
        chain.batch,
        views.BatchView,
        parameters=(BATCH_DIGEST,),
        raw="The canonical batch.",
        problems=("batch_unknown",),
    ),
    Route(
        "GET",
        "/v1/certificates/{height}",
        chain.certificate,
        views.CertificateView,
        parameters=(HEIGHT,),
        raw="The canonical StateCertificate.",
        problems=("certificate_unknown",),
    ),
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
        "/v1/invoices/{partner}/{invoice}",
        settlement.invoice,
        views.RedemptionView,
        parameters=(PARTNER, INVOICE, PROOF),
        problems=("partner_unknown", "invoice_unknown", "not_certified"),
    ),
    Route(
        "GET",
        "/v1/settlement",
        settlement.settlement,
        views.SettlementView,
        parameters=(PROOF,),
        problems=("not_certified",),
    ),
    Route(
        "GET",
        "/v1/settlement/cycles",
        settlement.cycles,
        Page[views.CycleView],
        parameters=PAGED,
        problems=("cursor_malformed",),
    ),
    Route(
        "GET",
        "/v1/settlement/cycles/{cycle}",
        settlement.cycle,
        views.CycleDetail,
        parameters=(CYCLE, PROOF),
        problems=("cycle_unknown", "not_certified"),
    ),
    Route(
        "GET",
        "/v1/obligations",
        settlement.obligations,
        Page[views.ObligationView],
        parameters=(OF_PARTNER, STATUS, OF_CYCLE, *PAGED),
        problems=("partner_unknown", "cursor_malformed"),
    ),
    Route(
        "GET",
        "/v1/obligations/{cycle}/{place}",
        settlement.obligation,
        views.ObligationDetail,
        parameters=(CYCLE, PLACE, PROOF),
        problems=("obligation_unknown", "not_certified"),
    ),
    Route(
        "GET",
        "/v1/campaigns",
        commerce.campaigns,
        Page[views.CampaignView],
        parameters=(OF_ACCOUNT, *PAGED),
        problems=(*OF_ADDRESSES, "cursor_malformed"),
    ),
    Route(
        "GET",
        "/v1/campaigns/{campaign}",
        commerce.campaign,
        views.CampaignDetail,
        parameters=(CAMPAIGN, PROOF),
        problems=("campaign_unknown", "not_certified"),
    ),
    Route(
        "GET",
        "/v1/campaigns/{campaign}/claims/{address}",
        commerce.claims,
        views.ClaimsView,
        parameters=(CAMPAIGN, ADDRESS, PROOF),
        problems=(*OF_ADDRESSES, "campaign_unknown", "not_certified"),
    ),
    Route(
        "GET",
        "/v1/orders",
        commerce.orders,
        Page[views.OrderView],
        parameters=(OF_ACCOUNT, *PAGED),
        problems=(*OF_ADDRESSES, "cursor_malformed"),
    ),
    Route(
        "GET",
        "/v1/orders/{order}",
        commerce.order,
        views.OrderDetail,
        parameters=(ORDER, PROOF),
        problems=("order_unknown", "not_certified"),
    ),
    Route(
        "GET",
        "/v1/contents",
        commerce.contents,
        Page[views.ContentView],
        parameters=(OF_ACCOUNT, *PAGED),
        problems=(*OF_ADDRESSES, "cursor_malformed"),
    ),
    Route(
        "GET",
        "/v1/contents/{content}",
        commerce.content,
        views.ContentDetail,
        parameters=(CONTENT, PROOF),
        problems=("content_unknown", "not_certified"),
    ),
    Route(
        "GET",
        "/v1/positions",
        partners.positions,
        views.PositionsView,
        parameters=PAGED,
        problems=("cursor_malformed",),
    ),
    Route(
        "GET",
        "/v1/evidence",
        chain.evidence,
        Page[views.EvidenceView],
        parameters=PAGED,
        problems=("cursor_malformed",),
    ),
    Route("GET", "/health/live", health.live, views.HealthView),
    Route("GET", "/health/ready", health.ready, views.HealthView),
)
