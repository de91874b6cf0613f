"""settle list: cycles and obligations, each proven. Signs nothing."""

from __future__ import annotations

import asyncio

import click

from client.fields import format_time
from partner.books import Books
from partner.documents import told_standing
from partner.payments import Payments
from partner.roles import own_partner
from partner.settle_documents import (
    CycleDocument,
    NextCycleDocument,
    ObligationDocument,
    SettlementDocument,
    cycle_document,
    obligation_document,
)
from partner.squaring import Found, Wish, search, settlement
from partner.visit import Visit, visiting
from primitives.amount import format_signed
from shell.command import Common, common_options, examples
from shell.errors import KeyFault
from shell.output import Printer


@click.command(
    "list",
    epilog=examples(
        "liqbon-partner settle list --open",
        "liqbon-partner settle list --cycle 12 --all --output json",
    ),
)
@click.option("--cycle", type=click.IntRange(1, 2**32 - 1), metavar="N", help="Only this cycle.")
@click.option("--open", "only_open", is_flag=True, help="Only what is not settled, however old.")
@click.option("--all", "everyone", is_flag=True, help="What all partners owe one another.")
@click.option(
    "--limit",
    type=click.IntRange(1, 1_000),
    default=12,
    help="The newest cycles; 12 unless told. Does not bound --open.",
)
@common_options("home", "node", "timeout_s")
def list_(common: Common, cycle: int | None, only_open: bool, everyone: bool, limit: int) -> None:
    """List closed cycles and what is owed in them, by us or to us, with deadlines.

    Each line says what happens by itself at its deadline. When the next cycle closes, and what this
    partner would pay or claim if it did now, stands above.
    """
    asyncio.run(_list(common, (cycle, only_open, limit), everyone))


async def _list(common: Common, asked: tuple[int | None, bool, int], everyone: bool) -> None:
    cycle, only_open, limit = asked
    async with visiting(common) as visit:
        ours = await own_partner(visit.books, visit.home)
        if ours is None and not everyone:
            raise KeyFault(
                "not_partner",
                "no account of this home holds a role of a partner",
                "Name another home with --home, or list all of them with --all.",
            )
        us = None if ours is None else ours.code
        wish = Wish(cycle, limit, only_open, None if everyone else us)
        found = await search(visit.books, wish)
        document = SettlementDocument(
            partner=us,
            next=await _next(visit.books, us),
            cycles=[cycle_document(number, one) for number, one in found.cycles],
            obligations=_obligations(visit, us, found),
            proven=visit.books.standing(),
            blames=visit.light.blames,
        )
    _tell(common.printer, document)


def _obligations(visit: Visit, us: str | None, found: Found) -> list[ObligationDocument]:
    with visit.outbox() as db:
        payments = Payments(db)
        return [
            obligation_document(
                name,
                one,
                us,
                None if one.reference is None else payments.behind(*name, one.reference),
            )
            for name, one in found.obligations
        ]


async def _next(books: Books, us: str | None) -> NextCycleDocument:
    head = await settlement(books)
    expected = None if us is None else (await books.position(us)).expected
    return NextCycleDocument(
        cycle=head.cycle,
        closes=format_time(head.closes),
        custodian=head.custodian,
        expected=None if expected is None else format_signed(expected),
    )


def _tell(printer: Printer, document: SettlementDocument) -> None:
    coming = document.next
    printer.line(f"cycle {coming.cycle} closes at {coming.closes}{_told_expected(document)}")
    rows = [_row(one) for one in document.obligations]
    heads = ["cycle>", "place>", "debtor", "creditor", "LiqBon>", "open>", "status", "deadline"]
    printer.table([*heads, "then"], rows)
    for cycle in document.cycles:
        if not cycle.obligations:
            printer.line(_told_cycle(cycle))
    printer.line(told_standing(document.proven))
    printer.document(document)


def _told_expected(document: SettlementDocument) -> str:
    expected = document.next.expected
    if expected is None:
        return ""
    if expected == "0":
        return f"; {document.partner} owes nothing and is owed nothing"
    if expected.startswith("-"):
        return f"; {document.partner} would be paid {expected[1:]} if it closed now"
    return f"; {document.partner} stands at {expected} and pays its share of what others claim"


def _told_cycle(cycle: CycleDocument) -> str:
    return f"cycle {cycle.cycle} closed at {cycle.closed}: nobody owed anybody anything"


def _row(one: ObligationDocument) -> list[str]:
    return [
        str(one.cycle),
        str(one.place),
        one.debtor,
        one.creditor,
        one.amount,
        one.outstanding,
        one.status,
        one.deadline or "",
        one.next or "",
    ]
