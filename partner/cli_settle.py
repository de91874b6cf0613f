"""settle: what partners owe one another after a cycle, and what each side says of it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable

import click
import msgspec

from client.errors import RefusedByLedger
from client.session import now_ms
from partner.acting import Acted, Deed, act
from partner.arguments import digest_of, reference_of
from partner.documents import settled_proof, told_proof, told_standing
from partner.payments import Payment, Payments
from partner.roles import (
    Key,
    account_option,
    custodian_key_of,
    holder,
    settlement_custodian,
)
from partner.sent import Sent
from partner.settle_documents import ObligationDocument, SettledDocument, obligation_document
from partner.squaring import obligation as proven_obligation
from partner.visit import SIGNING, Visit, visiting
from primitives.actions import (
    SettlementConfirm,
    SettlementDispute,
    SettlementPay,
    SettlementStatement,
)
from primitives.amount import format_amount
from primitives.entries import Obligation, ObligationStatus
from primitives.receipt import Outcome
from shell.command import Common, common_options, examples
from shell.errors import CommandError

CYCLE = click.IntRange(1, 2**32 - 1)
PLACE = click.IntRange(0, 98)


class Speaker(msgspec.Struct, frozen=True):
    """Who says something of the obligation ``name`` (cycle, place), with which key."""

    visit: Visit
    db: sqlite3.Connection
    name: tuple[int, int]
    key: Key
    us: str | None

    async def obligation(self) -> Obligation:
        """As it stands."""
        return await proven_obligation(self.visit.books, self.name)

    async def do(self, deed: Deed) -> Acted:
        """Have it carried out."""
        return await act(self.visit, self.db, self.key, deed)


Saying = Callable[[Speaker], Awaitable[Acted | None]]
"""What is done; None if it was done before this run, and proven then."""


@click.command(epilog=examples("liqbon-partner settle pay 12 0 --reference 'SEPA 2026-11-23 0815'"))
@click.argument("cycle", type=CYCLE)
@click.argument("place", type=PLACE)
@click.option(
    "--reference",
    required=True,
    metavar="TEXT",
    help="What the bank calls the payment. It stays here; a salted digest goes on chain.",
)
@account_option
@common_options(*SIGNING)
def pay(common: Common, cycle: int, place: int, reference: str, account: int | None) -> None:
    """Say, as the debtor, that an obligation was paid; it stops the clock.

    Shows reference and salt: send both to the creditor, who can check them with 'confirm'. The
    ledger moves no money: pay it at the bank first.
    """
    named = reference_of(reference)
    asyncio.run(_by_admin(common, account, (cycle, place), lambda speaker: _pay(speaker, named)))


@click.command(
    epilog=examples(
        "liqbon-partner settle confirm 12 0",
        "liqbon-partner settle confirm 12 0 --reference 'SEPA 2026-11-23 0815' --salt 3f0c...",
    )
)
@click.argument("cycle", type=CYCLE)
@click.argument("place", type=PLACE)
@click.option("--reference", metavar="TEXT", help="What the debtor says the payment is called.")
@click.option("--salt", metavar="HEX", help="The debtor's salt: the digest on chain is checked.")
@account_option
@common_options(*SIGNING)
def confirm(
    common: Common,
    cycle: int,
    place: int,
    reference: str | None,
    salt: str | None,
    account: int | None,
) -> None:
    """Say, as the creditor, that an obligation was paid: it is settled at once and for good."""
    if (reference is None) != (salt is None):
        raise click.UsageError("--reference and --salt go together")
    told = None
    if reference is not None and salt is not None:
        told = Payment(cycle, place, reference_of(reference), digest_of(salt, "--salt"))
    asyncio.run(_by_admin(common, account, (cycle, place), lambda speaker: _confirm(speaker, told)))


@click.command(epilog=examples("liqbon-partner settle dispute 12 0"))
@click.argument("cycle", type=CYCLE)
@click.argument("place", type=PLACE)
@account_option
@common_options(*SIGNING)
def dispute(common: Common, cycle: int, place: int, account: int | None) -> None:
    """Say, as the creditor, that a payment which the debtor named did not arrive.

    The debtor's reserve is held for it until the settlement custodian has looked at the bank, or
    pays when nobody does.
    """
    asyncio.run(_by_admin(common, account, (cycle, place), _dispute))


@click.command(
    epilog=examples(
        "liqbon-partner settle state 12 0 --paid --home custodian",
        "liqbon-partner settle state 12 0 --unpaid --home custodian --yes",
    )
)
@click.argument("cycle", type=CYCLE)
@click.argument("place", type=PLACE)
@click.option("--paid/--unpaid", default=None, help="What the bank shows; one of them.")
@account_option
@common_options(*SIGNING)
def state(common: Common, cycle: int, place: int, paid: bool | None, account: int | None) -> None:
    """Say, as the settlement custodian, whether an obligation was paid; that ends a dispute."""
    if paid is None:
        raise click.UsageError("say --paid or --unpaid")
    asyncio.run(_state(common, account, (cycle, place), paid))


async def _by_admin(
    common: Common, account: int | None, name: tuple[int, int], say: Saying
) -> None:
    async with visiting(common, account) as visit:
        with visit.outbox() as db:
            found = await holder(visit.books, visit.home, "admin", account)
            await _said(Speaker(visit, db, name, found.key, found.partner.code), say)


async def _state(common: Common, account: int | None, name: tuple[int, int], paid: bool) -> None:
    async with visiting(common, account) as visit:
        with visit.outbox() as db:
            judge = await settlement_custodian(visit.books)
            key = custodian_key_of(visit.home, judge, account)
            await _said(Speaker(visit, db, name, key, None), lambda speaker: _judge(speaker, paid))


async def _said(speaker: Speaker, say: Saying) -> None:
    acted = await say(speaker)
    visit = speaker.visit.afterwards()
    now = await proven_obligation(visit.books, speaker.name)
    digest = now.reference
    payment = None if digest is None else Payments(speaker.db).behind(*speaker.name, digest)
    document = SettledDocument(
        obligation=obligation_document(speaker.name, now, speaker.us, payment),
        repeated=acted is None or acted.repeated,
        elapsed_ms=0 if acted is None else acted.settled.elapsed_ms,
        proof=None if acted is None else settled_proof(acted.settled),
        proven=visit.books.standing(),
        blames=visit.light.blames,
    )
    if acted is None:
        visit.printer.line("it was said before; nothing was sent")
    for line in told_obligation(document.obligation):
        visit.printer.line(line)
    if document.proof is not None:
        for line in told_proof(document.proof, document.elapsed_ms):
            visit.printer.line(line)
    visit.printer.line(told_standing(document.proven))
    visit.printer.document(document)


def told_obligation(shown: ObligationDocument) -> list[str]:
    """As lines of text."""
    owed = f"{shown.debtor} owes {shown.creditor} {shown.outstanding} of {shown.amount} LiqBon"
    lines = [f"cycle {shown.cycle}, place {shown.place}: {owed}; {shown.status}"]
    if shown.deadline is not None:
        lines.append(f"unless somebody speaks, at {shown.deadline}: {shown.next}")
    if shown.payment is not None:
        lines.append(f"reference {shown.payment.reference!r}, salt {shown.payment.salt}")
    return lines


# --- what each side may say -----------------------------------------------------------------------


async def _pay(speaker: Speaker, reference: str) -> Acted | None:
    before = await speaker.obligation()
    _check_side(speaker, before, before.debtor, Outcome.NOT_DEBTOR)
    payment = Payments(speaker.db).enter(*speaker.name, reference, now_ms())
    action = SettlementPay(*speaker.name, payment.digest)
    open_ = Sent(speaker.db, speaker.visit.home.chain).open(speaker.key.id)
    pending = any(sent.transaction.action == action for sent in open_)
    was_said = before.reference == payment.digest and before.status != ObligationStatus.OVERDUE
    if was_said and not pending:
        return None

    async def prepare() -> str:
        now = await speaker.obligation()
        _check_unsettled(now)
        if now.status not in (ObligationStatus.OPEN, ObligationStatus.OVERDUE):
            raise RefusedByLedger(
                Outcome.PAYMENT_CLAIMED.text,
                f"a payment was named already; it is {ObligationStatus(now.status).text}",
                "It is for the creditor to confirm, or for the settlement custodian.",
            )
        return f"Say that {_told(now)} were paid as {reference!r}?"

    return await speaker.do(Deed(action, prepare))


async def _confirm(speaker: Speaker, told: Payment | None) -> Acted | None:
    async def prepare() -> str:
        now = await speaker.obligation()
        _check_side(speaker, now, now.creditor, Outcome.NOT_CREDITOR)
        _check_unsettled(now)
        if told is not None and now.reference != told.digest:
            raise CommandError(
                "reference_mismatch",
                f"the digest on chain is {_hex(now.reference)}, reference and salt give "
                f"{told.digest.hex()}",
                "The debtor named another payment. Nothing was sent.",
            )
        named = "" if now.reference is not None else " (the debtor named no payment yet)"
        return f"Confirm that {_told(now)} were paid{named}? It cannot be taken back."

    return await speaker.do(Deed(SettlementConfirm(*speaker.name), prepare))


async def _dispute(speaker: Speaker) -> Acted | None:
    async def prepare() -> str:
        now = await speaker.obligation()
        _check_side(speaker, now, now.creditor, Outcome.NOT_CREDITOR)
        if now.status != ObligationStatus.CLAIMED:
            raise RefusedByLedger(
                Outcome.PAYMENT_NOT_CLAIMED.text,
                f"no payment waits to be believed; it is {ObligationStatus(now.status).text}",
                "Only what the debtor named can be disputed, and only until its deadline.",
            )
        return f"Dispute that {_told(now)} were paid?"

    return await speaker.do(Deed(SettlementDispute(*speaker.name), prepare))


async def _judge(speaker: Speaker, paid: bool) -> Acted | None:
    async def prepare() -> str:
        now = await speaker.obligation()
        _check_unsettled(now)
        if not paid and now.status != ObligationStatus.DISPUTED:
            raise RefusedByLedger(
                Outcome.NOT_DISPUTED.text,
                f"nobody disputes it; it is {ObligationStatus(now.status).text}",
                "That it was not paid matters only once the creditor says so.",
            )
        return f"State that {_told(now)} were {'paid' if paid else 'not paid'}?"

    return await speaker.do(Deed(SettlementStatement(*speaker.name, paid), prepare))


def _check_side(speaker: Speaker, now: Obligation, whose: str, refusal: Outcome) -> None:
    if speaker.us != whose:
        raise RefusedByLedger(
            refusal.text,
            f"{now.debtor} owes it to {now.creditor}; this home speaks for {speaker.us}",
            "Nothing was sent.",
        )


def _check_unsettled(now: Obligation) -> None:
    if now.status == ObligationStatus.SETTLED:
        raise RefusedByLedger(
            Outcome.OBLIGATION_SETTLED.text, "nothing is owed any more", "Nothing was sent."
        )


def _told(now: Obligation) -> str:
    return f"{format_amount(now.outstanding)} LiqBon from {now.debtor} to {now.creditor}"


def _hex(digest: bytes | None) -> str:
    return "none" if digest is None else digest.hex()
