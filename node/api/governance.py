"""Partners together: proposals, applications, seats, the protocol. Knows keys; no rule.

An entry is proven; that a list is whole is the node's word. Lists hold what is attested, newest
first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from client.fields import Page
from client.render_governance import (
    application_view,
    member_views,
    planned_view,
    proposal_view,
)
from client.views import (
    ApplicationDetail,
    ApplicationView,
    MembershipView,
    ProposalDetail,
    ProposalView,
    ProtocolView,
)
from node.api.asking import Answer, Ask, place_before
from node.api.problems import ApiProblem
from node.api.reading import expect_partner, read, shown
from node.api.seams import Api
from node.index import EVERYONE, Listing, concerns, owner_of
from primitives.entries import Partner, partner_key
from primitives.governance import (
    PROTOCOL_KEY,
    Ballot,
    Proposal,
    Protocol,
    ballot_key,
    proposal_key,
)
from primitives.membership import (
    MEMBERSHIP_KEY,
    Application,
    Membership,
    application_key,
)
from primitives.vote import PROTOCOL_VERSION

V = TypeVar("V")
At = tuple[int, int]

SCANNED: Final = 500
"""Items, and votes on them, that are looked at for one page; a cursor goes on where they end."""


async def proposals(ask: Ask) -> Answer:
    """Proposals, newest first: all, those of a status, or those that concern a partner."""
    api, partner, status = ask.api, ask.values["partner"], ask.values["status"]
    if partner is not None:
        expect_partner(api, partner)

    def view(_: At, id_: bytes) -> ProposalView | None:
        found = api.queries.entry(proposal_key(id_), Proposal)
        if found is None or status not in (None, found.status):
            return None
        concerned = partner is None or partner in concerns(found.proposer, found.measure)
        return _proposal(api, id_, found) if concerned else None

    owner = EVERYONE if partner is None else owner_of(partner)
    items, following = _page(ask, Listing.PROPOSALS, owner, view)
    return Answer(Page[ProposalView](items=items, next=following))


async def proposal(ask: Ask) -> Answer:
    """A proposal, and who voted how."""
    id_ = ask.values["proposal"]
    entry = read(ask.api, proposal_key(id_), ask.values["proof"])
    found = entry.decoded(Proposal)
    if found is None:
        raise ApiProblem("proposal_unknown")
    view = _proposal(ask.api, id_, found)
    return Answer(ProposalDetail(proposal=view, **shown(ask.api, entry)))


async def applications(ask: Ask) -> Answer:
    """What newcomers last applied with, newest first."""
    api = ask.api

    def view(at: At, account: bytes) -> ApplicationView | None:
        found = api.queries.entry(application_key(account), Application)
        if found is None or at != _newest(api, account):
            return None
        return _application(api, account, found)

    items, following = _page(ask, Listing.APPLICATIONS, EVERYONE, view)
    return Answer(Page[ApplicationView](items=items, next=following))


async def application(ask: Ask) -> Answer:
    """What an account last applied with."""
    account = ask.values["address"]
    entry = read(ask.api, application_key(account), ask.values["proof"])
    found = entry.decoded(Application)
    if found is None:
        raise ApiProblem("application_unknown")
    view = _application(ask.api, account, found)
    return Answer(ApplicationDetail(application=view, **shown(ask.api, entry)))


async def membership(ask: Ask) -> Answer:
    """Who validates from the next epoch on."""
    entry = read(ask.api, MEMBERSHIP_KEY, ask.values["proof"])
    found = entry.decoded(Membership)
    assert found is not None, "a state without members"
    document = MembershipView(
        members=member_views(found),
        changed=found.changed if found.changed >= 0 else None,
        admitted=found.admitted if found.admitted >= 0 else None,
        **shown(ask.api, entry),
    )
    return Answer(document)


async def protocol(ask: Ask) -> Answer:
    """Which version of the rules is in force, and which one is planned."""
    entry = read(ask.api, PROTOCOL_KEY, ask.values["proof"])
    found = entry.decoded(Protocol)
    assert found is not None, "a state without a protocol"
    version = found.at(entry.height)
    planned = found.planned
    if planned is not None and entry.height >= planned.height:
        planned = None
    document = ProtocolView(
        version=version,
        planned=planned_view(planned),
        supported=PROTOCOL_VERSION,
        **shown(ask.api, entry),
    )
    return Answer(document)


def _proposal(api: Api, id_: bytes, proposal: Proposal) -> ProposalView:
    ballots = {code: api.queries.entry(ballot_key(id_, code), Ballot) for code in proposal.electors}
    return proposal_view(id_, proposal, ballots, api.network)


def _application(api: Api, account: bytes, application: Application) -> ApplicationView:
    taken = api.queries.entry(partner_key(application.code), Partner) is not None
    return application_view(account, application, api.network, taken=taken)


def _newest(api: Api, account: bytes) -> At | None:
    """Where an account last applied, as of what is attested: it may have applied many times."""
    height = api.queries.as_of()[0]
    found = api.queries.listed(Listing.APPLICATIONS, account, (height + 1, 0), 1)
    return found[0][0] if found and found[0][1] == account else None


def _page(
    ask: Ask, listing: Listing, owner: bytes, view: Callable[[At, bytes], V | None]
) -> tuple[list[V], str | None]:
    """A page of a list, and the cursor of what follows: the place of the last one looked at. A
    page may be short, or empty, and yet have a next one."""
    last, looked_at = place_before(ask), 0
    items: list[V] = []
    found = ask.api.queries.listed(listing, owner, last, SCANNED)
    for at, id_ in found:
        if len(items) == ask.values["limit"] or looked_at >= SCANNED:
            break
        document = view(at, id_)
        if document is not None:
            items.append(document)
            looked_at += len(document.electors) if isinstance(document, ProposalView) else 0
        last = at
    else:
        if len(found) < SCANNED:
            return items, None
    assert last is not None
    return items, f"{last[0]}-{last[1]}"
