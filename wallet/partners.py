"""partners, votes: who takes part in the network, and what they decide; proven, and only read."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, NamedTuple, TypeVar

import click

from client.fields import MAX_ENTRIES, MAX_PAGE, format_time
from client.home import Home, open_home
from client.light import LightClient, Snapshot
from client.measure_words import told_measure
from client.proposals import listed
from client.render_governance import KINDS, PARTNER_STATES, proposal_view
from client.session import connected, tell
from client.views import ProposalView
from primitives.encoding import Wire, decode
from primitives.entries import DIRECTORY_KEY, MAX_VALUE, Directory, Partner, partner_key
from primitives.governance import Ballot, Proposal, ballot_key, proposal_key
from primitives.membership import PartnerStatus
from shell.command import Common, common_options, examples
from wallet.documents import (
    MemberEntry,
    MembersDocument,
    VotesDocument,
    proof_of,
    told,
    told_freshness,
)
from wallet.setup import home_path

W = TypeVar("W", bound=Wire)

SHORT: Final = 16
"""Hex digits of an id in a table."""
LEAVING: Final = (
    "is leaving: it takes no points and no LiqBon any more. What you hold is untouched, and "
    "is spent at the others."
)
LEFT: Final = "has left. What you hold is untouched, and is spent at the others."


class _Read(NamedTuple):
    """Proven entries, and the oldest answer among those that proved them."""

    values: dict[bytes, bytes | None]
    since: Snapshot

    def entry(self, key: bytes, kind: type[W]) -> W | None:
        value = self.values[key]
        return None if value is None else decode(kind, value, MAX_VALUE)


@click.command(
    epilog=examples("liqbon-wallet partners", "liqbon-wallet partners --output json"),
)
@common_options("home", "node", "timeout_s")
def partners(common: Common) -> None:
    """Show who takes part: where LiqBon can be spent, who is leaving, who has left.

    As a quorum attested it. A partner may come and go; what you hold notices none of it.
    """
    asyncio.run(_partners(common, open_home(home_path(common))))


async def _partners(common: Common, home: Home) -> None:
    async with connected(home, common.node, common.timeout_s) as light:
        try:
            found, since = await _members(light, home)
        finally:
            tell(common.printer, light.blames)
        document = MembersDocument(
            partners=[_member(partner) for partner in found],
            as_of=format_time(since.freshness.as_of_ms),
            fresh=since.freshness.is_fresh,
            proof=proof_of(light.believed, since.certificate),
            blames=light.blames,
        )
    printer = common.printer
    printer.table(
        ["partner", "name", "kind", "status", "spend there", "deposit there"],
        [
            [each.code, each.name, each.kind, each.status, _yes(each.spend), _yes(each.deposit)]
            for each in document.partners
        ],
    )
    printer.line()
    for each in document.partners:
        if each.remark is not None:
            printer.line(f"{each.name} {each.remark}")
    printer.line(f"{told(document.proof)}; {told_freshness(since.freshness)}")
    printer.document(document)


async def _members(light: LightClient, home: Home) -> tuple[list[Partner], Snapshot]:
    """Who is in the directory, and the founders that are not any more."""
    first = await light.entries([DIRECTORY_KEY])
    directory = first.entry(DIRECTORY_KEY, Directory)
    listed = () if directory is None else directory.partners
    founders = (partner.code for partner in home.genesis.partners)
    codes = dict.fromkeys((*listed, *founders))
    read = await _read(light, [partner_key(code) for code in codes])
    found = [read.entry(partner_key(code), Partner) for code in codes]
    return [partner for partner in found if partner is not None], first


def _member(partner: Partner) -> MemberEntry:
    remarks = {PartnerStatus.RUN_OFF: LEAVING, PartnerStatus.LEFT: LEFT}
    return MemberEntry(
        code=partner.code,
        name=partner.name,
        kind=KINDS[partner.kind],
        status=PARTNER_STATES[partner.status],
        spend=partner.active and partner.kind.has_till,
        deposit=partner.active and bool(partner.programmes),
        remark=remarks.get(partner.status),
    )


def _yes(value: bool) -> str:
    return "yes" if value else "no"


@click.command(
    epilog=examples("liqbon-wallet votes", "liqbon-wallet votes --limit 5 --output json"),
)
@click.option(
    "--limit",
    type=click.IntRange(1, MAX_PAGE),
    default=20,
    show_default=True,
    help="How many, the newest first.",
)
@common_options("home", "node", "timeout_s")
def votes(common: Common, limit: int) -> None:
    """Show what the partners put to the vote, who voted how, and what came of it.

    Each is as a quorum attested it; that none is left out is a node's word. Nothing that partners
    can vote on takes LiqBon from anybody.
    """
    asyncio.run(_votes(common, open_home(home_path(common)), limit))


async def _votes(common: Common, home: Home, limit: int) -> None:
    network = home.genesis.network
    async with connected(home, common.node, common.timeout_s) as light:
        try:
            ids, following = await listed(light, None, limit)
            read = await _read(light, [proposal_key(id_) for id_ in ids])
            found = [(id_, read.entry(proposal_key(id_), Proposal)) for id_ in ids]
            known = [(id_, proposal) for id_, proposal in found if proposal is not None]
            shown = [await _shown(light, *each, network) for each in known]
        finally:
            tell(common.printer, light.blames)
        document = VotesDocument(
            proposals=shown,
            more=following is not None,
            as_of=format_time(read.since.freshness.as_of_ms),
            fresh=read.since.freshness.is_fresh,
            proof=proof_of(light.believed, read.since.certificate),
            blames=light.blames,
        )
    printer = common.printer
    words = [told_measure(proposal.measure, network) for _, proposal in known]
    rows = [_row(view, what) for view, what in zip(shown, words, strict=True)]
    if rows:
        printer.table(["proposal", "status", "for>", "against>", "needed>", "until", "what"], rows)
        printer.line()
    else:
        printer.line("nothing was put to the vote yet")
    printer.line(f"{told(document.proof)}; {told_freshness(read.since.freshness)}")
    printer.document(document)


def _row(view: ProposalView, what: str) -> list[str]:
    needed = f"{view.needed} of {len(view.electors)}"
    counts = [str(view.approved), str(view.opposed), needed]
    return [view.proposal[:SHORT], view.status, *counts, view.deadline or "", what]


async def _shown(light: LightClient, id_: bytes, proposal: Proposal, network: str) -> ProposalView:
    keys = {code: ballot_key(id_, code) for code in proposal.electors}
    read = await _read(light, list(keys.values()))
    ballots = {code: read.entry(key, Ballot) for code, key in keys.items()}
    return proposal_view(id_, proposal, ballots, network)


async def _read(light: LightClient, keys: Sequence[bytes]) -> _Read:
    """Any number of entries; at least the directory, so that there is something to prove."""
    values: dict[bytes, bytes | None] = {}
    snapshots: list[Snapshot] = []
    for start in range(0, max(1, len(keys)), MAX_ENTRIES):
        asked = keys[start : start + MAX_ENTRIES] or [DIRECTORY_KEY]
        snapshot = await light.entries(asked)
        values |= snapshot.values
        snapshots.append(snapshot)
    return _Read(values, min(snapshots, key=lambda each: each.height))
