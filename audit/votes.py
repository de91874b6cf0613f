"""votes: what partners decide together, from a state that was replayed here. Asks no node."""

from __future__ import annotations

from typing import Final, NamedTuple

import click

from audit import documents
from audit.home import last_verified
from audit.statements import Books
from client.measure_words import told_measure
from client.render_governance import PROPOSAL_STATES, planned_view, proposal_view
from client.views import ProposalView
from primitives.entries import Prefix
from primitives.governance import (
    PROTOCOL_KEY,
    Ballot,
    Proposal,
    ProposalStatus,
    Protocol,
    ballot_key,
)
from shell.command import Common, common_options, examples
from shell.errors import CommandError, Status, UsageError
from shell.output import Printer

MAX_LISTED: Final = 1_000
SHORT: Final = 16
"""Hex digits of an id in a table; as many, or more, name a proposal."""


class Told(NamedTuple):
    """A proposal with what it says in words."""

    view: ProposalView
    words: str


@click.command(
    epilog=examples(
        "liqbon-audit votes                              (all, newest first)",
        "liqbon-audit votes --status passed",
        "liqbon-audit votes 6ad1c0e2b4f09a17 --output json",
    )
)
@click.argument("proposal", required=False)
@click.option(
    "--status",
    type=click.Choice(list(PROPOSAL_STATES.values())),
    help="Only those that stand there.",
)
@common_options("home", "genesis")
def votes(common: Common, proposal: str | None, status: str | None) -> None:
    """Show what partners put to the vote, who voted how, and what came of it.

    All of it is of the newest height that 'liqbon-audit verify' replayed on this machine: every
    vote was signed by its partner's admin, and counted by the rules. PROPOSAL is an id, or its
    beginning.
    """
    if proposal is not None and status is not None:
        raise UsageError("usage", "--status goes without a proposal")
    verified = last_verified(common.home, common.genesis)
    books, network = Books(verified.ledger.state), verified.ledger.genesis.network
    found = _proposals(books, network)
    if proposal is not None:
        found = [_named(found, proposal)]
    chosen = [told for told in found if status in (None, told.view.status)][:MAX_LISTED]
    protocol, height = books.at(PROTOCOL_KEY, Protocol), verified.ledger.height
    planned = protocol.planned
    if planned is not None and height >= planned.height:
        planned = None
    document = documents.VotesDocument(
        verified=documents.standpoint(verified),
        protocol=protocol.at(height),
        planned=planned_view(planned),
        proposals=[told.view for told in chosen],
    )
    if proposal is None:
        _tell_all(common.printer, chosen, document)
    else:
        _tell_one(common.printer, chosen[0])
    common.printer.document(document)


def _proposals(books: Books, network: str) -> list[Told]:
    """Every proposal that was ever made, newest first."""
    entries = [(key[1:], each) for key, each in books.of_prefix(Prefix.PROPOSAL, Proposal)]
    entries.sort(key=lambda entry: (-entry[1].opened, entry[0]))
    return [_told(books, id_, proposal, network) for id_, proposal in entries]


def _told(books: Books, id_: bytes, proposal: Proposal, network: str) -> Told:
    ballots = {code: books.find(ballot_key(id_, code), Ballot) for code in proposal.electors}
    view = proposal_view(id_, proposal, ballots, network)
    return Told(view, told_measure(proposal.measure, network))


def _named(found: list[Told], name: str) -> Told:
    """The one whose id begins so. Raises ``CommandError`` (``proposal_unknown``)."""
    fitting = [told for told in found if told.view.proposal.startswith(name.lower())]
    if len(fitting) == 1 and len(name) >= SHORT:
        return fitting[0]
    message = f"no one proposal has the id {name}"
    hint = f"Give at least {SHORT} hex digits; 'liqbon-audit votes' lists them."
    raise CommandError("proposal_unknown", message, hint, Status.NOT_FOUND)


def _tell_all(printer: Printer, found: list[Told], document: documents.VotesDocument) -> None:
    heads = ["proposal", "opened", "by", "for>", "against>", "needed>", "status", "what"]
    rows = [
        [
            view.proposal[:SHORT],
            view.opened,
            view.proposer,
            str(view.approved),
            str(view.opposed),
            f"{view.needed} of {len(view.electors)}",
            view.status,
            words,
        ]
        for view, words in found
    ]
    if rows:
        printer.table(heads, rows)
        printer.line()
    printer.line(f"{len(rows)} proposals up to height {document.verified.height}")
    version = f"protocol version {document.protocol} is in force"
    if document.planned is not None:
        planned = document.planned
        version += f", version {planned.version} from height {planned.from_height} on"
    printer.line(version)


def _tell_one(printer: Printer, told: Told) -> None:
    view = told.view
    rows = [
        ("proposal", view.proposal),
        ("what", told.words),
        ("by", view.proposer),
        ("opened", view.opened),
        ("status", view.status),
    ]
    if view.decided is not None:
        rows.append(("decided", view.decided))
    if view.deadline is not None:
        what = "is done at" if view.status == ProposalStatus.PASSED.text else "ends at"
        rows.append((what, view.deadline))
    if view.ended is not None:
        rows.append(("over since", view.ended))
    if view.obstacle is not None:
        rows.append(("in its way", view.obstacle))
    printer.fields(rows)
    printer.line()
    said = {True: "for", False: "against", None: ""}
    printer.table(["partner", "vote"], [[e.partner, said[e.approves]] for e in view.electors])
    printer.line()
    printer.line(f"{view.approved} for, {view.opposed} against; {view.needed} are needed")
