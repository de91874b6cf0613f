"""vote, proposals: what partners decide together, and this partner's part in it."""

from __future__ import annotations

import asyncio

import click

from client.errors import RefusedByLedger
from client.measure_words import told_measure
from client.proposals import listed
from client.render_governance import proposal_view
from partner.acting import Deed, act
from partner.arguments import digest_of
from partner.documents import told_standing
from partner.roles import Holder, account_option, holder
from partner.visit import SIGNING, Visit, visiting
from partner.voting import (
    ProposalsDocument,
    find_proposal,
    proven_proposal,
    show_proposal,
    tell_proposal,
)
from primitives.actions import CastVote
from primitives.governance import ProposalStatus
from primitives.receipt import Outcome
from shell.command import Common, common_options, examples

DEFAULT_SHOWN = 20


@click.command(
    epilog=examples(
        "liqbon-partner vote 5f0c... --for", "liqbon-partner vote 5f0c... --against --yes"
    )
)
@click.argument("proposal")
@click.option("--for/--against", "approve", default=None, help="How to vote; one of them.")
@account_option
@common_options(*SIGNING)
def vote(common: Common, proposal: str, approve: bool | None, account: int | None) -> None:
    """Vote on PROPOSAL in the partner's name. The last vote before the decision counts.

    What passes waits before it is carried out by itself: whoever disagrees can leave first.
    """
    if approve is None:
        raise click.UsageError("say --for or --against")
    asyncio.run(_vote(common, account, digest_of(proposal, "PROPOSAL"), approve))


@click.command(
    "list",
    epilog=examples(
        "liqbon-partner proposals list", "liqbon-partner proposals list --open --output json"
    ),
)
@click.option("--open", "only_open", is_flag=True, help="Only those that can still be voted on.")
@click.option("--limit", type=click.IntRange(1, 100), default=DEFAULT_SHOWN, help="How many; 20.")
@click.option("--cursor", metavar="TEXT", help="Where the page before ended.")
@common_options("home", "node", "timeout_s")
def list_(common: Common, only_open: bool, limit: int, cursor: str | None) -> None:
    """List proposals, newest first. That none is left out is the node's word; each is proven."""
    asyncio.run(_list(common, only_open, limit, cursor))


@click.command("show", epilog=examples("liqbon-partner proposals show 5f0c..."))
@click.argument("proposal")
@common_options("home", "node", "timeout_s")
def show(common: Common, proposal: str) -> None:
    """Show a proposal with everybody's vote, all of it proven."""
    asyncio.run(_show(common, digest_of(proposal, "PROPOSAL")))


async def _vote(common: Common, account: int | None, id_: bytes, approve: bool) -> None:
    async with visiting(common, account) as visit:
        with visit.outbox() as db:
            us = await holder(visit.books, visit.home, "admin", account)
            action = CastVote(us.partner.code, id_, approve)
            deed = Deed(action, lambda: _asked(visit, us, action))
            acted = await act(visit, db, us.key, deed)
        await tell_proposal(visit.afterwards(), id_, acted)


async def _asked(visit: Visit, us: Holder, action: CastVote) -> str:
    proposal, ballots = await proven_proposal(visit.books, action.proposal)
    code = us.partner.code
    if code not in proposal.electors:
        raise RefusedByLedger(
            Outcome.NOT_ELECTOR.text,
            f"{code} has no vote on it: it is about {code}, or {code} came later",
            "Nothing was sent.",
        )
    if proposal.status != ProposalStatus.OPEN:
        raise RefusedByLedger(
            Outcome.PROPOSAL_CLOSED.text, f"it is {proposal.status.text}", "Nothing was sent."
        )
    before = ballots.get(code)
    if before is not None and before.approve == action.approve:
        raise RefusedByLedger(
            Outcome.VOTE_UNCHANGED.text, f"{code} voted so already", "Nothing was sent."
        )
    how = "for" if action.approve else "against"
    what = told_measure(proposal.measure, visit.network)
    return f"Vote {how} it, in the name of {code}: to {what}?"


async def _list(common: Common, only_open: bool, limit: int, cursor: str | None) -> None:
    async with visiting(common) as visit:
        ids, following = await listed(visit.light, cursor, limit)
        found = []
        for id_ in ids:
            one = await find_proposal(visit.books, id_)
            if one is not None and (not only_open or one[0].status == ProposalStatus.OPEN):
                found.append((id_, *one))
        document = ProposalsDocument(
            proposals=[proposal_view(*each, visit.network) for each in found],
            next=following,
            proven=visit.books.standing() if ids else None,
            blames=visit.light.blames,
        )
        rows = [
            [
                id_.hex(),
                p.status.text,
                f"{p.approved}/{p.needed}",
                p.proposer,
                told_measure(p.measure, visit.network),
            ]
            for id_, p, _ in found
        ]
    common.printer.table(["proposal", "status", "for", "by", "to"], rows)
    if document.proven is not None:
        common.printer.line(told_standing(document.proven))
    common.printer.document(document)


async def _show(common: Common, id_: bytes) -> None:
    async with visiting(common) as visit:
        await show_proposal(visit, id_)
