"""programme set-terms, terms: the document that customers agreed to, and what it will be."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Final

import click
import msgspec

from client.errors import RefusedByLedger
from client.fields import format_time
from partner.acting import Deed, act
from partner.arguments import code_of, duration_of, time_of, told_duration
from partner.books import Books
from partner.documents import settled_proof, told_proof, told_standing
from partner.hashed import document_digest
from partner.programme_documents import (
    TermsChangedDocument,
    TermsDocument,
    TermsVersionDocument,
    told_terms,
)
from partner.rates import MAX_AHEAD_MS, programme_of, same_but_start, start_after
from partner.roles import account_option, holder
from partner.visit import SIGNING, Visit, visiting
from primitives.actions import ProgrammeSetTerms
from primitives.entries import Programme, PublishedTerms, terms_key
from primitives.receipt import Outcome
from shell.command import Common, common_options, examples

SHOWN: Final = 5


@click.command(
    "set-terms",
    epilog=examples(
        "liqbon-partner programme set-terms bonus --terms-url https://example.com/2027 "
        "--terms-file terms-2027.pdf",
        "liqbon-partner programme set-terms bonus --terms-url https://example.com/2027 "
        "--terms-hash 5f0c... --after 60d",
    ),
)
@click.argument("code", metavar="PROGRAMME")
@click.option("--terms-url", required=True, metavar="URL", help="Where the new terms are.")
@click.option("--terms-file", type=click.Path(path_type=Path), help="The terms; hashed here.")
@click.option("--terms-hash", metavar="HEX", help="Or their SHA-256.")
@click.option("--since", metavar="TIME", help="In force from then on; after notice unless told.")
@click.option("--after", metavar="DURATION", help="In force so long after now, e.g. 60d.")
@account_option
@common_options(*SIGNING)
def set_terms(
    common: Common,
    code: str,
    terms_url: str,
    terms_file: Path | None,
    terms_hash: str | None,
    since: str | None,
    after: str | None,
    account: int | None,
) -> None:
    """Publish the next terms of PROGRAMME. They are in force once notice is over, never sooner.

    LiqBon that were minted under the terms before are not touched by any terms.
    """
    if since is not None and after is not None:
        raise click.UsageError("--since or --after, not both")
    programme = code_of(code, "PROGRAMME")
    digest = document_digest(terms_file, terms_hash, ("--terms-file", "--terms-hash"))
    start = 0 if since is None else time_of(since, "--since")
    notice = None if after is None else duration_of(after, "--after")
    wish = ProgrammeSetTerms("x", programme, digest, terms_url, start)
    asyncio.run(_set_terms(common, account, wish, notice))


@click.command(
    epilog=examples(
        "liqbon-partner programme terms bonus",
        "liqbon-partner programme terms miles --partner east --output json",
    )
)
@click.argument("code", metavar="PROGRAMME")
@click.option("--partner", "partner", metavar="CODE", required=True, help="Whose programme it is.")
@click.option("--limit", type=click.IntRange(1, 1_000), default=SHOWN, help="How many; 5.")
@common_options("home", "node", "timeout_s")
def terms(common: Common, code: str, partner: str, limit: int) -> None:
    """Show the terms that a programme ever had or will have, newest first, all of it proven."""
    name = (code_of(partner, "--partner"), code_of(code, "PROGRAMME"))
    asyncio.run(_terms(common, name, limit))


async def versions(
    books: Books, name: tuple[str, str], programme: Programme, limit: int
) -> list[TermsVersionDocument]:
    """The newest terms of a programme, newest first."""
    top = programme.terms_published
    found = []
    for place in range(top - 1, max(-1, top - 1 - limit), -1):
        entry = await books.entry(terms_key(*name, place), PublishedTerms)
        assert entry is not None, (name, place)
        found.append(_version(programme, place, entry))
    return found


def _version(programme: Programme, place: int, entry: PublishedTerms) -> TermsVersionDocument:
    in_force = programme.terms_place
    state = "in_force" if place == in_force else "coming" if place > in_force else "past"
    return TermsVersionDocument(
        place=place,
        terms_hash=entry.terms_hash.hex(),
        terms_url=entry.terms_url,
        since=format_time(entry.since),
        published=format_time(entry.published),
        state=state,
    )


async def _set_terms(
    common: Common, account: int | None, wish: ProgrammeSetTerms, after_ms: int | None
) -> None:
    async with visiting(common, account) as visit:
        with visit.outbox() as db:
            us = await holder(visit.books, visit.home, "admin", account)
            since = wish.since if after_ms is None else start_after(visit.light.clock(), after_ms)
            action = msgspec.structs.replace(wish, partner=us.partner.code, since=since)
            is_same = partial(same_but_start, action)
            deed = Deed(action, lambda: _asked(visit, action), is_same=is_same)
            acted = await act(visit, db, us.key, deed)
        visit = visit.afterwards()
        name = (us.partner.code, wish.programme)
        programme = await programme_of(visit.books, *name)
        document = TermsChangedDocument(
            partner=name[0],
            programme=name[1],
            terms=await versions(visit.books, name, programme, SHOWN),
            repeated=acted.repeated,
            elapsed_ms=acted.settled.elapsed_ms,
            proof=settled_proof(acted.settled),
            proven=visit.books.standing(),
            blames=visit.light.blames,
        )
    for line in told_terms(document.terms):
        common.printer.line(line)
    for line in told_proof(document.proof, document.elapsed_ms):
        common.printer.line(line)
    common.printer.document(document)


async def _asked(visit: Visit, action: ProgrammeSetTerms) -> str:
    programme = await programme_of(visit.books, action.partner, action.programme)
    now_ms = max(visit.light.clock(), visit.books.block_ms)
    notice_ms = visit.books.parameters.rate_notice_ms
    start = max(action.since, now_ms + notice_ms)
    if start <= programme.terms_newest:
        raise RefusedByLedger(
            Outcome.TERMS_UNORDERED.text,
            f"terms that start at {format_time(programme.terms_newest)} are published already",
            "Give these a later start. Nothing was sent.",
        )
    if start > now_ms + max(MAX_AHEAD_MS, notice_ms):
        raise RefusedByLedger(
            Outcome.TERMS_TOO_FAR.text,
            "they would start more than 366 days ahead",
            "Publish them later. Nothing was sent.",
        )
    visit.printer.line(f"notice of new terms: {told_duration(notice_ms)}")
    when = format_time(start)
    return f"Publish these terms of {action.partner}, {action.programme}, in force from {when} on?"


async def _terms(common: Common, name: tuple[str, str], limit: int) -> None:
    async with visiting(common) as visit:
        programme = await programme_of(visit.books, *name)
        document = TermsDocument(
            partner=name[0],
            programme=name[1],
            published=programme.terms_published,
            terms=await versions(visit.books, name, programme, limit),
            proven=visit.books.standing(),
            blames=visit.light.blames,
        )
    for line in told_terms(document.terms):
        common.printer.line(line)
    common.printer.line(told_standing(document.proven))
    common.printer.document(document)
