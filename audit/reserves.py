"""reserves: supply, positions and limits, from a state that was replayed here. Asks no node."""

from __future__ import annotations

import click

from audit import documents, statements
from audit.home import last_verified
from shell.command import Common, common_options, examples


@click.command(
    epilog=examples("liqbon-audit reserves", "liqbon-audit reserves --output json"),
)
@common_options("home", "genesis")
def reserves(common: Common) -> None:
    """Show the supply, and of each partner what it owes, its reserve and its limit.

    The figures are those of the newest height that 'liqbon-audit verify' replayed on this machine:
    run it first to report of now. What no ledger can show is whether a custodian really holds what
    it attests; its name and the time of its word stand beside every reserve.
    """
    verified = last_verified(common.home, common.genesis)
    ledger = verified.ledger
    books = statements.Books(ledger.state)
    time_ms = ledger.standing.header.time
    lapse_ms = ledger.genesis.parameters.reserve_lapse_ms
    document = documents.ReservesDocument(
        verified=documents.standpoint(verified),
        supply=statements.supply_of(books),
        partners=[
            statements.partner_reserves(books, partner, time_ms, lapse_ms)
            for partner in books.partners()
        ],
        totals=statements.reserves_totals(books, ledger.genesis.parameters.guarantee_share),
    )
    _tell(common, document)
    common.printer.document(document)


def _tell(common: Common, document: documents.ReservesDocument) -> None:
    printer, supply, totals = common.printer, document.supply, document.totals
    printer.fields(
        [
            ("as of", f"height {document.verified.height}, {document.verified.time}"),
            ("minted", supply.minted),
            ("redeemed", supply.redeemed),
            ("refunded", supply.refunded),
            ("supply", f"{supply.supply} LiqBon, {supply.balances} in {supply.accounts} accounts"),
            ("locked", f"{supply.campaigns} in campaigns, {supply.orders} in orders"),
            ("owed", f"{totals.owed_to_pool} by partners, {totals.owed_by_pool} to partners"),
            ("reserves", f"{totals.reserve} that count, coverage {_share(totals)}"),
            ("guarantee", f"{totals.guarantee}, of which {totals.advanced} is paid and not back"),
        ]
    )
    printer.line()
    heads = ["partner", "owes D>", "limit L>", "room>", "reserve>", "counts", "custodian", "lapses"]
    rows = [
        [p.partner, p.net, p.limit, p.room, p.reserve, _counts(p), p.custodian, p.lapses]
        for p in document.partners
    ]
    printer.table(heads, rows)
    for partner in document.partners:
        for remark in _remarks(partner):
            printer.line(f"{partner.partner}: {remark}")


def _share(totals: documents.ReservesTotals) -> str:
    share = totals.coverage_basis_points
    return "of nothing owed" if share is None else f"{share / 100:.2f}% of what is owed"


def _counts(partner: documents.PartnerReserves) -> str:
    return "yes" if partner.reserve_counts else "no"


def _remarks(partner: documents.PartnerReserves) -> list[str]:
    remarks = []
    if partner.status != "active":
        remarks.append("it is leaving: it mints and redeems nothing, what it owes is settled")
    if partner.advance is not None:
        paid, cycle = partner.advance.amount, partner.advance.cycle
        remarks.append(f"the others paid {paid} for it, up to cycle {cycle}: it mints nothing")
    if partner.assumed != "0":
        told = "paid for it and borne by it, less paid by it and borne for it"
        remarks.append(f"its position was shifted by {partner.assumed}: {told}")
    if partner.overdue:
        remarks.append(f"{partner.overdue} obligations are overdue: it mints nothing")
    if partner.earmarked != "0":
        remarks.append(f"{partner.earmarked} of its reserve is held for disputed payments")
    if partner.pending is not None:
        pending = partner.pending
        remarks.append(f"a reserve of {pending.amount} counts from {pending.counts_from} on")
    return remarks
