"""programme: what points may be deposited, and what they are worth from when on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Final

import click
import msgspec

from client.errors import RefusedByLedger
from client.fields import format_time
from partner.acting import Deed, act
from partner.arguments import code_of, duration_of, misshapen, time_of
from partner.documents import settled_proof, told_proof, told_standing
from partner.hashed import document_digest
from partner.programme_documents import (
    ProgrammeChangedDocument,
    ProgrammeDocument,
    ProgrammesDocument,
    programme_document,
    told_rate,
)
from partner.rates import (
    change_of,
    check_rate,
    newest_rates,
    programme_of,
    ratio_of,
    same_but_start,
    start_after,
    told_plan,
)
from partner.roles import account_option, holder, own_partner
from partner.visit import SIGNING, Visit, visiting
from primitives.actions import ProgrammeOpen, ProgrammePause, ProgrammeSetRate
from primitives.entries import Partner, Programme, programme_key
from primitives.genesis import Rate
from primitives.receipt import Outcome
from shell.command import Common, common_options, examples
from shell.errors import KeyFault, UsageError

MAX_PROGRAMMES: Final = 16
SHOWN_RATES: Final = 5


class Change(msgspec.Struct, frozen=True):
    """A deed for a programme, and what to call it; a rate is compared once it is published."""

    deed: Deed
    name: str | None


Making = Callable[[Visit, Partner], Awaitable[Change]]


@click.command(
    "list",
    epilog=examples(
        "liqbon-partner programme list",
        "liqbon-partner programme list --partner east --rates 100 --output json",
    ),
)
@click.option("--partner", "code", metavar="CODE", help="Another partner's; ours unless told.")
@click.option(
    "--rates",
    type=click.IntRange(1, 1_000),
    default=SHOWN_RATES,
    help="How many of the newest rates of each; 5 unless told.",
)
@common_options("home", "node", "timeout_s")
def list_(common: Common, code: str | None, rates: int) -> None:
    """List a partner's programmes with their published rates, all of it proven."""
    asyncio.run(_list(common, code, rates))


@click.command(
    "open",
    epilog=examples(
        "liqbon-partner programme open miles --name 'Sky Miles' --point mile --points 200 "
        "--worth 1 --terms-url https://example.com/miles --terms-file terms.pdf"
    ),
)
@click.argument("code", metavar="PROGRAMME")
@click.option("--name", required=True, metavar="TEXT", help="As customers know it; 1 to 64.")
@click.option("--point", required=True, metavar="TEXT", help="What one point is called.")
@click.option("--points", required=True, type=click.IntRange(1, 2**63 - 1), help="So many points")
@click.option("--worth", required=True, metavar="AMOUNT", help="are worth so many LiqBon.")
@click.option("--terms-url", required=True, metavar="URL", help="Where the terms are.")
@click.option("--terms-file", type=click.Path(path_type=Path), help="The terms; hashed here.")
@click.option("--terms-hash", metavar="HEX", help="Or their SHA-256.")
@account_option
@common_options(*SIGNING)
def open_(
    common: Common,
    code: str,
    name: str,
    point: str,
    points: int,
    worth: str,
    terms_url: str,
    terms_file: Path | None,
    terms_hash: str | None,
    account: int | None,
) -> None:
    """Take deposits of a further programme, at once."""
    numerator, denominator = ratio_of(points, worth)
    wish = ProgrammeOpen(
        partner=_programme(code),
        programme=_programme(code),
        name=name,
        point=point,
        terms_hash=document_digest(terms_file, terms_hash, ("--terms-file", "--terms-hash")),
        terms_url=terms_url,
        numerator=numerator,
        denominator=denominator,
    )
    if (why := misshapen(wish)) is not None:
        raise UsageError("programme_malformed", why)
    asyncio.run(_change(common, account, code, lambda visit, us: _open(visit, us, wish)))


@click.command(
    "set-rate",
    epilog=examples(
        "liqbon-partner programme set-rate bonus --points 90 --worth 1",
        "liqbon-partner programme set-rate bonus --points 110 --worth 1 --after 30d",
        "liqbon-partner programme set-rate bonus --points 110 --worth 1 --since 2027-03-01",
    ),
)
@click.argument("code", metavar="PROGRAMME")
@click.option("--points", required=True, type=click.IntRange(1, 2**63 - 1), help="So many points")
@click.option("--worth", required=True, metavar="AMOUNT", help="are worth so many LiqBon.")
@click.option("--since", metavar="TIME", help="In force from then on; at once unless told.")
@click.option(
    "--after",
    metavar="DURATION",
    help="In force so long after it reached the ledger, e.g. 30d; up to a minute is added.",
)
@account_option
@common_options(*SIGNING)
def set_rate(
    common: Common,
    code: str,
    points: int,
    worth: str,
    since: str | None,
    after: str | None,
    account: int | None,
) -> None:
    """Publish the next rate: a better one may start at once, a worse one only after notice.

    Says in words which of them it is, and when it will be in force, before it asks. What was minted
    is not touched by any rate.
    """
    if since is not None and after is not None:
        raise click.UsageError("--since or --after, not both")
    start = None if since is None else time_of(since, "--since")
    notice = None if after is None else duration_of(after, "--after")
    numerator, denominator = ratio_of(points, worth)

    async def making(visit: Visit, us: Partner) -> Change:
        begin = start or 0
        if notice is not None:
            begin = start_after(visit.light.clock(), notice)
        return await _set_rate(visit, us, _programme(code), Rate(begin, numerator, denominator))

    asyncio.run(_change(common, account, code, making))


@click.command(epilog=examples("liqbon-partner programme pause bonus"))
@click.argument("code", metavar="PROGRAMME")
@account_option
@common_options(*SIGNING)
def pause(common: Common, code: str, account: int | None) -> None:
    """Take no new deposits of a programme. LiqBon that customers hold are not touched."""
    asyncio.run(_change(common, account, code, lambda visit, us: _pause(visit, us, code, True)))


@click.command(epilog=examples("liqbon-partner programme resume bonus"))
@click.argument("code", metavar="PROGRAMME")
@account_option
@common_options(*SIGNING)
def resume(common: Common, code: str, account: int | None) -> None:
    """Take deposits of a paused programme again."""
    asyncio.run(_change(common, account, code, lambda visit, us: _pause(visit, us, code, False)))


# --- what is to be done ---------------------------------------------------------------------------


async def _open(visit: Visit, us: Partner, wish: ProgrammeOpen) -> Change:
    action = msgspec.structs.replace(wish, partner=us.code)

    async def prepare() -> str:
        if await visit.books.entry(programme_key(us.code, action.programme), Programme):
            raise RefusedByLedger(
                Outcome.PROGRAMME_EXISTS.text,
                f"{us.code} has a programme {action.programme!r}",
                "Change its rate with 'programme set-rate'. Nothing was sent.",
            )
        if len(us.programmes) >= MAX_PROGRAMMES:
            raise RefusedByLedger(
                Outcome.PROGRAMMES_FULL.text,
                f"a partner has at most {MAX_PROGRAMMES} programmes",
                "Nothing was sent.",
            )
        rate = told_rate(Rate(0, action.numerator, action.denominator))
        return f"Open the programme {action.name} ({us.code}, {action.programme}): {rate}?"

    return Change(Deed(action, prepare), "opened")


async def _set_rate(visit: Visit, us: Partner, code: str, rate: Rate) -> Change:
    action = ProgrammeSetRate(us.code, code, rate.numerator, rate.denominator, rate.since)
    books = visit.books

    async def prepare() -> str:
        programme = await programme_of(books, us.code, code)
        now_ms = max(visit.light.clock(), books.block_ms)
        notice_ms = books.parameters.rate_notice_ms
        check_rate(programme, rate, now_ms, notice_ms)
        for line in told_plan(rate, programme, now_ms, notice_ms):
            visit.printer.line(line)
        return f"Publish this rate of {us.code}, {code}?"

    return Change(Deed(action, prepare, is_same=partial(same_but_start, action)), None)


async def _pause(visit: Visit, us: Partner, code: str, paused: bool) -> Change:
    action = ProgrammePause(us.code, _programme(code), paused)

    async def prepare() -> str:
        if (await programme_of(visit.books, us.code, code)).paused == paused:
            raise RefusedByLedger(
                Outcome.PROGRAMME_UNCHANGED.text,
                f"{code} is {'paused' if paused else 'not paused'} already",
                "Nothing was sent.",
            )
        if paused:
            return f"Take no new deposits of {us.code}, {code}?"
        return f"Take deposits of {us.code}, {code} again?"

    return Change(Deed(action, prepare), "paused" if paused else "resumed")


async def _change(common: Common, account: int | None, code: str, making: Making) -> None:
    async with visiting(common, account) as visit:
        with visit.outbox() as db:
            found = await holder(visit.books, visit.home, "admin", account)
            change = await making(visit, found.partner)
            acted = await act(visit, db, found.key, change.deed)
        visit = visit.afterwards()
        programme = await programme_of(visit.books, found.partner.code, code)
        rates = await newest_rates(visit.books, found.partner.code, programme, SHOWN_RATES)
        shown = programme_document(found.partner.code, programme, rates)
        name, since_ms = change.name, acted.settled.time_ms
        if name is None:
            name = change_of(rates[0][1].rate, rates[1][1].rate)
            since_ms = rates[0][1].rate.since
        document = ProgrammeChangedDocument(
            programme=shown,
            change=name,
            in_force=format_time(since_ms),
            repeated=acted.repeated,
            elapsed_ms=acted.settled.elapsed_ms,
            proof=settled_proof(acted.settled),
            proven=visit.books.standing(),
            blames=visit.light.blames,
        )
    common.printer.line(f"{shown.partner}, {shown.code}: {document.change}")
    common.printer.line(f"in force from {document.in_force} on")
    for line in told_proof(document.proof, document.elapsed_ms):
        common.printer.line(line)
    common.printer.document(document)


async def _list(common: Common, code: str | None, limit: int) -> None:
    async with visiting(common) as visit:
        partner = await (visit.books.partner(code) if code is not None else _ours(visit))
        shown = [await _shown(visit, partner.code, one, limit) for one in partner.programmes]
        document = ProgrammesDocument(
            programmes=shown,
            notice_ms=visit.books.parameters.rate_notice_ms,
            proven=visit.books.standing(),
            blames=visit.light.blames,
        )
    rows = [
        [one.code, one.name, rate.points, rate.worth, rate.since, rate.state, _paused(one)]
        for one in shown
        for rate in one.rates
    ]
    heads = ["programme", "name", "points>", "LiqBon>", "since", "rate", "deposits"]
    common.printer.table(heads, rows)
    common.printer.line(told_standing(document.proven))
    common.printer.document(document)


async def _shown(visit: Visit, partner: str, code: str, limit: int) -> ProgrammeDocument:
    programme = await programme_of(visit.books, partner, code)
    rates = await newest_rates(visit.books, partner, programme, limit)
    return programme_document(partner, programme, rates)


async def _ours(visit: Visit) -> Partner:
    found = await own_partner(visit.books, visit.home)
    if found is None:
        raise KeyFault(
            "not_partner",
            "no account of this home holds a role of a partner",
            "Name a partner with --partner, or another home with --home.",
        )
    return found


def _paused(one: ProgrammeDocument) -> str:
    return "paused" if one.paused else "taken"


def _programme(text: str) -> str:
    return code_of(text, "PROGRAMME")
