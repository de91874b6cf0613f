"""reserve: a custodian's signed word, and what a partner makes of it.

The custodian signs on a machine that needs no network, and sends one line of text; the partner's
admin hands it to the ledger.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

import click
from msgspec.structs import replace

from client.builder import endorse as endorsed
from client.errors import RefusedByLedger
from client.fields import format_time
from client.home import Home, open_home
from client.session import now_ms
from partner.acting import Deed, act
from partner.arguments import code_of, time_of, told_duration, units_of
from partner.cli_limits import tell_changed
from partner.limit_documents import EndorsedDocument
from partner.roles import Key, account_option, custodian_key_of, custodian_of, holder
from partner.session import home_path
from partner.terms import limit_of, recognised
from partner.tokens import (
    read_attestation,
    read_release,
    write_attestation,
    write_release,
)
from partner.visit import SIGNING, Visit, visiting
from primitives.actions import (
    Attestation,
    Release,
    ReserveAttest,
    ReserveRelease,
    attestation_message,
    release_message,
)
from primitives.address import address
from primitives.amount import format_amount, format_signed
from primitives.endorsement import Endorsement
from primitives.entries import Limits, Position
from primitives.genesis import Custodian
from primitives.receipt import Outcome
from shell import ask
from shell.command import Common, common_options, examples
from shell.errors import CommandError, KeyFault, Status


@click.command(
    epilog=examples(
        "liqbon-partner reserve endorse north --attest 60000 --home custodian",
        "liqbon-partner reserve endorse north --release 5000 --reserve 60000 "
        "--attested 2026-11-01T00:00:00.000Z --home custodian",
    )
)
@click.argument("partner")
@click.option("--attest", metavar="AMOUNT", help="So much is held for the partner.")
@click.option("--as-of", metavar="TIME", help="As of when; now unless told.")
@click.option("--release", "released", metavar="AMOUNT", help="So much is to be handed back,")
@click.option("--reserve", metavar="AMOUNT", help="of exactly this reserve,")
@click.option("--attested", metavar="TIME", help="attested at exactly this time.")
@account_option
@common_options("home", "passphrase_file", "yes")
def endorse(
    common: Common,
    partner: str,
    attest: str | None,
    as_of: str | None,
    released: str | None,
    reserve: str | None,
    attested: str | None,
    account: int | None,
) -> None:
    """Sign, as a custodian and without a network, what is held for PARTNER, or handed back.

    Prints one line of text for the partner, who gives it to the ledger with 'attest' or 'release'.
    Reserve and time of a release are those that 'limits show' tells: so it can be used once.
    """
    home = open_home(home_path(common))
    key = _custodian_key(home, code_of(partner, "PARTNER"), account)
    if attest is not None and released is reserve is attested is None:
        moment = now_ms() if as_of is None else time_of(as_of, "--as-of")
        said = Attestation(partner, units_of(attest, "--attest", zero=True), moment)
        question = f"Attest that {format_amount(said.amount)} are held for {partner}?"
        signed = _signed(common, home, key, question, attestation_message(home.chain, said))
        document = _attested(home, said, signed)
    elif released is not None and reserve is not None and attested is not None and attest is None:
        wish = Release(
            partner,
            units_of(released, "--release"),
            units_of(reserve, "--reserve"),
            time_of(attested, "--attested"),
        )
        question = f"Hand {format_amount(wish.amount)} of the reserve back to {partner}?"
        signed = _signed(common, home, key, question, release_message(home.chain, wish))
        document = _released(home, wish, signed)
    else:
        raise click.UsageError("--attest, or --release with --reserve and --attested")
    common.printer.line(document.token)
    common.printer.document(document)


@click.command(epilog=examples("liqbon-partner reserve attest liqbon:attestation/lQHE..."))
@click.argument("token")
@account_option
@common_options(*SIGNING)
def attest(common: Common, token: str, account: int | None) -> None:
    """Have a reserve recognised that the custodian attests; more of it counts after a delay.

    By the partner's admin; a lower one the custodian may send by itself.
    """
    asyncio.run(_attest(common, account, token))


@click.command(epilog=examples("liqbon-partner reserve release liqbon:release/lQHE..."))
@click.argument("token")
@account_option
@common_options(*SIGNING)
def release(common: Common, token: str, account: int | None) -> None:
    """Take a part of the reserve back that nothing needs, as the custodian agreed."""
    asyncio.run(_release(common, account, token))


# --- signing without a network --------------------------------------------------------------------


def _custodian_key(home: Home, partner: str, account: int | None) -> Key:
    """The custodian's key as the pinned genesis names it; a named account is taken at its word."""
    if account is not None:
        return Key(account, home.account_id(account))
    holders = [p.custodian for p in home.genesis.partners if p.code == partner]
    if not holders:
        raise CommandError(
            Outcome.PARTNER_UNKNOWN.text,
            f"the genesis names no partner {partner!r}",
            "If it joined later, name the account to sign with: --account N.",
            Status.NOT_FOUND,
        )
    named: Custodian = next(c for c in home.genesis.custodians if c.code == holders[0])
    return custodian_key_of(home, named)


def _signed(common: Common, home: Home, key: Key, question: str, message: bytes) -> Endorsement:
    ask.confirm(question, common.yes)
    vault = home.unlock(ask.passphrase(common.passphrase_file))
    return endorsed(home.signer(vault, key.account), message)


def _attested(home: Home, said: Attestation, signed: Endorsement) -> EndorsedDocument:
    return EndorsedDocument(
        kind="attestation",
        partner=said.partner,
        amount=format_amount(said.amount),
        as_of=format_time(said.as_of),
        reserve=None,
        attested=None,
        custodian=address(signed.account, home.genesis.network),
        token=write_attestation(home.chain, said, signed),
    )


def _released(home: Home, wish: Release, signed: Endorsement) -> EndorsedDocument:
    return EndorsedDocument(
        kind="release",
        partner=wish.partner,
        amount=format_amount(wish.amount),
        as_of=None,
        reserve=format_amount(wish.reserve),
        attested=format_time(wish.attested),
        custodian=address(signed.account, home.genesis.network),
        token=write_release(home.chain, wish, signed),
    )


# --- handing it to the ledger ---------------------------------------------------------------------


async def _attest(common: Common, account: int | None, text: str) -> None:
    async with visiting(common, account) as visit:
        token = read_attestation(text, visit.home.chain)
        said = token.attestation
        custodian = await _checked_custodian(visit, said.partner, token.custodian)
        key, is_admin = await _sender(visit, said.partner, custodian)

        async def prepare() -> str:
            limits = await visit.books.limits(said.partner)
            _check_attestation(visit, limits, said)
            counted = recognised(limits)
            if said.amount > counted and not is_admin:
                raise KeyFault(
                    Outcome.NOT_ADMIN.text,
                    "a custodian may send a lower attestation, not a higher one",
                    f"Send the token to {said.partner}: its admin hands it to the ledger.",
                )
            delay = told_duration(visit.books.parameters.increase_delay_ms)
            when = f"after {delay}" if said.amount > counted else "at once"
            return (
                f"Have {format_amount(said.amount)} count as reserve of {said.partner} {when} "
                f"({format_amount(counted)} count now)?"
            )

        with visit.outbox() as db:
            action = ReserveAttest(said, token.custodian)
            acted = await act(visit, db, key, Deed(action, prepare))
        await tell_changed(visit, said.partner, acted)


async def _release(common: Common, account: int | None, text: str) -> None:
    async with visiting(common, account) as visit:
        token = read_release(text, visit.home.chain)
        wish = token.release
        await _checked_custodian(visit, wish.partner, token.custodian)
        admin = await holder(visit.books, visit.home, "admin", account, wish.partner)

        async def prepare() -> str:
            limits = await visit.books.limits(wish.partner)
            _check_release(limits, wish)
            position = await visit.books.position(wish.partner)
            _check_needed(limits, position, wish)
            return (
                f"Take {format_amount(wish.amount)} of the reserve of {wish.partner} back? "
                f"{format_amount(limits.terms.reserve - wish.amount)} stay."
            )

        with visit.outbox() as db:
            action = ReserveRelease(wish, token.custodian)
            acted = await act(visit, db, admin.key, Deed(action, prepare))
        await tell_changed(visit, wish.partner, acted)


async def _checked_custodian(visit: Visit, code: str, signed: Endorsement) -> Custodian:
    """The partner's custodian, whose endorsement it is."""
    partner = await visit.books.partner(code)
    custodian = await custodian_of(visit.books, partner.custodian)
    if signed.account != custodian.account:
        raise RefusedByLedger(
            Outcome.NOT_CUSTODIAN.text,
            f"signed by {address(signed.account, visit.network)}; the reserve of {code} is held by "
            f"{custodian.code}, {address(custodian.account, visit.network)}",
            "Nothing was sent.",
        )
    return custodian


async def _sender(visit: Visit, code: str, custodian: Custodian) -> tuple[Key, bool]:
    """The admin's key, else the custodian's own; and whether it is the admin's."""
    try:
        found = await holder(visit.books, visit.home, "admin", visit.account, code)
    except KeyFault as fault:
        with suppress(KeyFault):
            return custodian_key_of(visit.home, custodian, visit.account), False
        raise fault from None
    return found.key, True


def _check_attestation(visit: Visit, limits: Limits, said: Attestation) -> None:
    """As the ledger does it ([LEDGER-23])."""
    terms = limits.terms
    newest = max(terms.reserve_attested, limits.moved)
    lapse_ms = visit.books.parameters.reserve_lapse_ms
    if said.amount > terms.reserve_ceiling:
        raise _refused(
            Outcome.CEILING_EXCEEDED,
            f"the others recognise at most {format_amount(terms.reserve_ceiling)}",
        )
    if said.as_of <= newest or said.as_of + lapse_ms <= visit.books.block_ms:
        raise _refused(
            Outcome.ATTESTATION_STALE,
            f"it is as of {format_time(said.as_of)}; one after {format_time(newest)} is needed, "
            f"no older than {told_duration(lapse_ms)}",
        )


def _check_release(limits: Limits, wish: Release) -> None:
    """As the ledger does it ([LEDGER-25])."""
    terms = limits.terms
    if (wish.reserve, wish.attested) != (terms.reserve, terms.reserve_attested):
        raise _refused(
            Outcome.RELEASE_STALE,
            f"it is of {format_amount(wish.reserve)} attested {format_time(wish.attested)}; the "
            f"reserve is {format_amount(terms.reserve)} attested "
            f"{format_time(terms.reserve_attested)}",
        )
    if limits.pending_reserve is not None:
        raise _refused(
            Outcome.RELEASE_STALE,
            f"an increase counts from {format_time(limits.pending_reserve.since)} on, and until "
            "then nothing is handed back",
        )


def _check_needed(limits: Limits, position: Position, wish: Release) -> None:
    """Nothing is overdue or held, and what is owed stays under the limit that is left."""
    terms = limits.terms
    if limits.overdue:
        raise _refused(Outcome.RESERVE_NEEDED, f"{limits.overdue} payments are overdue")
    free = terms.reserve - limits.earmarked
    if wish.amount > free:
        raise _refused(
            Outcome.RESERVE_NEEDED, f"disputes hold all but {format_amount(max(0, free))}"
        )
    left = replace(limits, terms=replace(terms, reserve=terms.reserve - wish.amount))
    owed = max(position.net + position.receivable, position.payable)
    if owed > limit_of(left):
        raise _refused(
            Outcome.RESERVE_NEEDED,
            f"{format_signed(owed)} are owed or will be, and the limit would be "
            f"{format_amount(limit_of(left))}",
        )


def _refused(outcome: Outcome, why: str) -> RefusedByLedger:
    return RefusedByLedger(outcome.text, why, "Nothing was sent.")
