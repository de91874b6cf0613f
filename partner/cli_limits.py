"""limits: what a partner may owe and be owed, and what it may change of that by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import click

from client.errors import RefusedByLedger
from partner.acting import Acted, Deed, act
from partner.arguments import told_duration, units_of
from partner.documents import settled_proof, told_proof, told_standing
from partner.limit_documents import (
    ChangedLimitsDocument,
    Figures,
    LimitsDocument,
    ShownLimitsDocument,
    limits_document,
    told_limits,
)
from partner.roles import account_option, holder, own_partner
from partner.visit import SIGNING, Visit, visiting
from primitives.actions import LowerClaimBound, SetDailyCaps
from primitives.amount import MAX_PER_DAY, format_amount
from primitives.receipt import Outcome
from shell.command import Common, common_options, examples
from shell.errors import KeyFault, UsageError

Making = Callable[[Visit, str], Awaitable[Deed]]


@click.command(
    epilog=examples(
        "liqbon-partner limits show", "liqbon-partner limits show --partner east --output json"
    )
)
@click.option("--partner", "code", metavar="CODE", help="Another partner's; ours unless told.")
@common_options("home", "node", "timeout_s")
def show(common: Common, code: str | None) -> None:
    """Show position, limit, reserve, claim bound and caps, all of it proven."""
    asyncio.run(_show(common, code))


@click.command(
    "lower-claim-bound", epilog=examples("liqbon-partner limits lower-claim-bound 20000")
)
@click.argument("amount")
@account_option
@common_options(*SIGNING)
def lower_claim_bound(common: Common, amount: str, account: int | None) -> None:
    """Let others come to owe this partner at most AMOUNT; only ever less than now.

    It bounds what this partner could lose if others did not pay: beyond it nobody can redeem here.
    Only the others can raise it again.
    """
    units = units_of(amount, "AMOUNT", zero=True)
    asyncio.run(_change(common, account, lambda visit, us: _lower(visit, us, units)))


@click.command(
    "daily-caps",
    epilog=examples(
        "liqbon-partner limits daily-caps --mint 5000 --refund 500",
        "liqbon-partner limits daily-caps --refund 0 --yes",
    ),
)
@click.option("--mint", metavar="AMOUNT", help="The most to mint in a day (UTC).")
@click.option("--refund", metavar="AMOUNT", help="The most to refund in a day (UTC).")
@account_option
@common_options(*SIGNING)
def daily_caps(common: Common, mint: str | None, refund: str | None, account: int | None) -> None:
    """Bound what a stolen key could do in a day. A lower cap holds at once, a higher one later."""
    if mint is None and refund is None:
        raise click.UsageError("say --mint, --refund or both")
    asked = (_cap(mint, "--mint"), _cap(refund, "--refund"))
    asyncio.run(_change(common, account, lambda visit, us: _caps(visit, us, asked)))


async def account_of(visit: Visit, code: str) -> LimitsDocument:
    """Everything of one partner, proven. Raises ``CommandError`` (``partner_unknown``)."""
    books = visit.books
    return limits_document(
        Figures(
            partner=await books.partner(code),
            limits=await books.limits(code),
            position=await books.position(code),
            today=await books.today(code),
            lapse_ms=books.parameters.reserve_lapse_ms,
        )
    )


async def tell_changed(visit: Visit, code: str, acted: Acted) -> None:
    """The limits as they stand after something was done to them."""
    visit = visit.afterwards()
    document = ChangedLimitsDocument(
        limits=await account_of(visit, code),
        repeated=acted.repeated,
        elapsed_ms=acted.settled.elapsed_ms,
        proof=settled_proof(acted.settled),
        proven=visit.books.standing(),
        blames=visit.light.blames,
    )
    visit.printer.fields(told_limits(document.limits))
    for line in told_proof(document.proof, document.elapsed_ms):
        visit.printer.line(line)
    visit.printer.document(document)


async def _show(common: Common, code: str | None) -> None:
    async with visiting(common) as visit:
        if code is None:
            ours = await own_partner(visit.books, visit.home)
            if ours is None:
                raise KeyFault(
                    "not_partner",
                    "no account of this home holds a role of a partner",
                    "Name a partner with --partner, or another home with --home.",
                )
            code = ours.code
        document = ShownLimitsDocument(
            limits=await account_of(visit, code),
            proven=visit.books.standing(),
            blames=visit.light.blames,
        )
    common.printer.fields(told_limits(document.limits))
    common.printer.line(told_standing(document.proven))
    common.printer.document(document)


async def _change(common: Common, account: int | None, making: Making) -> None:
    async with visiting(common, account) as visit:
        with visit.outbox() as db:
            found = await holder(visit.books, visit.home, "admin", account)
            deed = await making(visit, found.partner.code)
            acted = await act(visit, db, found.key, deed)
        await tell_changed(visit, found.partner.code, acted)


async def _lower(visit: Visit, us: str, units: int) -> Deed:
    async def prepare() -> str:
        bound = (await visit.books.limits(us)).terms.claim_bound
        if units >= bound:
            raise RefusedByLedger(
                Outcome.CLAIM_BOUND_NOT_LOWER.text,
                f"others may come to owe {us} {format_amount(bound)} now; it can only be lowered",
                "Raising it is for the others to decide. Nothing was sent.",
            )
        owed = (await visit.books.position(us)).owed
        if owed > units:
            visit.printer.note(
                f"others owe {us} {format_amount(owed)} already: nobody can redeem there until "
                "less is owed"
            )
        return f"Let others come to owe {us} at most {format_amount(units)}, for good?"

    return Deed(LowerClaimBound(us, units), prepare)


def _cap(text: str | None, name: str) -> int | None:
    """A daily cap in units, if one is told. Raises ``UsageError``."""
    units = None if text is None else units_of(text, name, zero=True)
    if units is not None and units > MAX_PER_DAY:
        raise UsageError("amount_overflow", f"{name}: at most {format_amount(MAX_PER_DAY)} a day")
    return units


async def _caps(visit: Visit, us: str, asked: tuple[int | None, int | None]) -> Deed:
    """A cap that is not named stays what it is, or what it was to become."""
    limits = await visit.books.limits(us)
    terms = limits.terms if limits.pending_caps is None else limits.pending_caps
    mint = terms.mint_per_day if asked[0] is None else asked[0]
    refund = terms.refund_per_day if asked[1] is None else asked[1]

    async def prepare() -> str:
        delay = told_duration(visit.books.parameters.increase_delay_ms)
        now = limits.terms
        for name, old, new in (
            ("mint", now.mint_per_day, mint),
            ("refund", now.refund_per_day, refund),
        ):
            when = "at once" if new <= old else f"in {delay}"
            visit.printer.line(
                f"{name}: {format_amount(old)} a day now, {format_amount(new)} {when}"
            )
        return f"Set the daily caps of {us} so?"

    return Deed(SetDailyCaps(us, mint, refund), prepare)
