"""A proposal as a partner sees it: proven, with every vote. Knows entries; decides nothing."""

from __future__ import annotations

from collections.abc import Mapping

from client.errors import Blame
from client.governance_views import ProposalView
from client.measure_words import told_measure
from client.render_governance import proposal_view
from partner.acting import Acted
from partner.books import Books
from partner.documents import Document, Proof, Standing, settled_proof, told_proof, told_standing
from partner.visit import Visit
from primitives.address import address
from primitives.amount import format_amount
from primitives.governance import (
    AdmitPartner,
    Ballot,
    Proposal,
    ProposalStatus,
    ballot_key,
    proposal_key,
)
from primitives.membership import Application, application_id, application_key
from primitives.receipt import Outcome
from shell.errors import CommandError, Status


class ShownProposalDocument(Document, frozen=True):
    """proposals show: ``proposal`` is that of the API's documents, every vote proven."""

    proposal: ProposalView
    proven: Standing
    blames: list[Blame]


class VotedDocument(Document, frozen=True):
    """propose, vote: the proposal afterwards."""

    proposal: ProposalView
    repeated: bool
    elapsed_ms: int
    proof: Proof
    proven: Standing
    blames: list[Blame]


class ProposalsDocument(Document, frozen=True):
    """proposals list: that it is whole is the node's word; each of them is proven."""

    proposals: list[ProposalView]
    next: str | None
    proven: Standing | None
    blames: list[Blame]


Ballots = Mapping[str, Ballot | None]
"""By elector; None for who did not vote yet."""


async def find_proposal(books: Books, id_: bytes) -> tuple[Proposal, Ballots] | None:
    """A proposal with the votes on it; None if it is proven that there is none."""
    found = await books.entry(proposal_key(id_), Proposal)
    if found is None:
        return None
    ballots = {code: await books.entry(ballot_key(id_, code), Ballot) for code in found.electors}
    return found, ballots


async def proven_proposal(books: Books, id_: bytes) -> tuple[Proposal, Ballots]:
    """As ``find_proposal``. ``CommandError`` (``proposal_unknown``)."""
    found = await find_proposal(books, id_)
    if found is None:
        raise CommandError(
            Outcome.PROPOSAL_UNKNOWN.text,
            f"no proposal {id_.hex()}",
            "'liqbon-partner proposals list' lists them.",
            Status.NOT_FOUND,
        )
    return found


async def tell_proposal(visit: Visit, id_: bytes, acted: Acted) -> None:
    """The proposal as it stands after something was done about it."""
    proposal, ballots = await proven_proposal(visit.books, id_)
    view = proposal_view(id_, proposal, ballots, visit.network)
    document = VotedDocument(
        proposal=view,
        repeated=acted.repeated,
        elapsed_ms=acted.settled.elapsed_ms,
        proof=settled_proof(acted.settled),
        proven=visit.books.standing(),
        blames=visit.light.blames,
    )
    rows = told_proposal(view, proposal, ballots, visit.network)
    visit.printer.fields(rows + await _applicant(visit, proposal))
    for line in told_proof(document.proof, document.elapsed_ms):
        visit.printer.line(line)
    visit.printer.document(document)


async def show_proposal(visit: Visit, id_: bytes) -> None:
    """A proposal, proven."""
    proposal, ballots = await proven_proposal(visit.books, id_)
    view = proposal_view(id_, proposal, ballots, visit.network)
    document = ShownProposalDocument(
        proposal=view,
        proven=visit.books.standing(),
        blames=visit.light.blames,
    )
    rows = told_proposal(view, proposal, ballots, visit.network)
    visit.printer.fields(rows + await _applicant(visit, proposal))
    visit.printer.line(told_standing(document.proven))
    visit.printer.document(document)


async def _applicant(visit: Visit, proposal: Proposal) -> list[tuple[str, str]]:
    """What somebody who is to be admitted says of itself, while it still says what is voted on."""
    measure = proposal.measure
    if not isinstance(measure, AdmitPartner):
        return []
    found = await visit.books.entry(application_key(measure.applicant), Application)
    if found is None or application_id(measure.applicant, found) != measure.application:
        return [("applicant", "says something else by now: this comes to nothing")]
    return told_application(found, visit.network)


def told_application(said: Application, network: str) -> list[tuple[str, str]]:
    """As named values."""
    mint, refund = format_amount(said.mint_per_day), format_amount(said.refund_per_day)
    return [
        ("applicant", f"{said.name}: {said.code}, {said.kind.text}, {said.currency}"),
        ("its issuer", address(said.issuer, network)),
        ("its cashier", address(said.cashier, network)),
        ("its custodian", said.custodian),
        ("its seat", said.seat.key.hex()),
        ("its daily caps", f"mint {mint}, refund {refund}"),
    ]


def told_proposal(
    shown: ProposalView, proposal: Proposal, ballots: Ballots, network: str
) -> list[tuple[str, str]]:
    """As named values; ``shown`` is the same proposal as documents have it."""
    votes = [f"{code}: {_vote(ballots.get(code))}" for code in proposal.electors]
    counts = f"{proposal.approved} for, {proposal.opposed} against"
    rows = [
        ("proposal", shown.proposal),
        ("to", told_measure(proposal.measure, network)),
        ("by", proposal.proposer),
        ("status", proposal.status.text),
        ("votes", f"{counts}; {proposal.needed} of {len(proposal.electors)} needed"),
        ("electors", ", ".join(votes)),
    ]
    if shown.deadline is not None:
        still = "voting ends" if proposal.status is ProposalStatus.OPEN else "is carried out"
        rows.append((still, shown.deadline))
    if shown.obstacle is not None:
        rows.append(("came to nothing", shown.obstacle))
    return rows


def _vote(ballot: Ballot | None) -> str:
    return "no vote yet" if ballot is None else "for" if ballot.approve else "against"
