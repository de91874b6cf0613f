"""propose: put something to the vote of the partners."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from client.measure_words import told_measure
from partner.acting import Deed, act
from partner.arguments import account_of_address, code_of, misshapen, units_of
from partner.cli_settle import CYCLE, PLACE
from partner.hashed import document_digest
from partner.roles import account_option, holder
from partner.visit import SIGNING, Visit, visiting
from partner.voting import tell_proposal
from primitives.actions import Propose
from primitives.genesis import BASIS_POINTS
from primitives.governance import (
    AdmitPartner,
    AssignCustodian,
    DecideDispute,
    Declare,
    Measure,
    RemovePartner,
    ReplaceAdmin,
    SetCustodian,
    SetJudge,
    SetLimits,
    SetProtocol,
    ShareObligation,
    SharePosition,
    VotedLimits,
)
from primitives.membership import Application, application_id, application_key
from primitives.receipt import Outcome
from shell.command import Common, common_options, examples
from shell.errors import CommandError, Status, UsageError

F = TypeVar("F", bound=Callable[..., Any])
Making = Callable[[Visit], Awaitable[Measure]]
Wishes = tuple[str | None, str | None, int | None, str | None]
"""Credit, reserve ceiling, haircut, claim bound, as typed; None for what was not."""


def limit_options(function: F) -> F:
    """What others let a partner owe and be owed."""
    options = [
        click.option("--credit", metavar="AMOUNT", help="What it may owe without a reserve."),
        click.option("--reserve-ceiling", metavar="AMOUNT", help="The most reserve that counts."),
        click.option(
            "--haircut",
            type=click.IntRange(0, BASIS_POINTS),
            help="Basis points of the reserve that do not count.",
        ),
        click.option("--claim-bound", metavar="AMOUNT", help="The most that others may owe it."),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def _example(words: str) -> str:
    return examples(f"liqbon-partner propose {words}")


@click.command(
    epilog=_example(
        "admit tlqb1... --credit 1000 --reserve-ceiling 50000 --haircut 1000 --claim-bound 20000"
    )
)
@click.argument("applicant", metavar="ADDRESS")
@limit_options
@account_option
@common_options(*SIGNING)
def admit(
    common: Common,
    applicant: str,
    credit: str | None,
    reserve_ceiling: str | None,
    haircut: int | None,
    claim_bound: str | None,
    account: int | None,
) -> None:
    """Admit who applied from ADDRESS, exactly as it applied; what is not said is zero."""
    limits = _wished((credit, reserve_ceiling, haircut, claim_bound), VotedLimits(0, 0, 0, 0))

    async def make(visit: Visit) -> Measure:
        account_id = account_of_address(applicant, visit.network, "ADDRESS")
        found = await visit.books.entry(application_key(account_id), Application)
        if found is None:
            raise CommandError(
                Outcome.APPLICATION_UNKNOWN.text,
                "that account never applied",
                "It does with 'liqbon-partner apply'.",
                Status.NOT_FOUND,
            )
        visit.printer.line(f"{found.name}: {found.code}, {found.kind.text}, {found.currency}")
        return AdmitPartner(account_id, application_id(account_id, found), limits)

    asyncio.run(_propose(common, account, make))


@click.command(epilog=_example("remove north"))
@click.argument("partner")
@account_option
@common_options(*SIGNING)
def remove(common: Common, partner: str, account: int | None) -> None:
    """Have PARTNER leave, whether it wants to or not. It runs off; customers keep everything."""
    _plainly(common, account, RemovePartner(code_of(partner, "PARTNER")))


@click.command("replace-admin", epilog=_example("replace-admin north tlqb1..."))
@click.argument("partner")
@click.argument("address")
@account_option
@common_options(*SIGNING)
def replace_admin(common: Common, partner: str, address: str, account: int | None) -> None:
    """Give PARTNER another admin: its own lost its key, or somebody stole it."""
    code = code_of(partner, "PARTNER")

    async def make(visit: Visit) -> Measure:
        return ReplaceAdmin(code, account_of_address(address, visit.network, "ADDRESS"))

    asyncio.run(_propose(common, account, make))


@click.command(epilog=_example("limits north --credit 2000"))
@click.argument("partner")
@limit_options
@account_option
@common_options(*SIGNING)
def limits(
    common: Common,
    partner: str,
    credit: str | None,
    reserve_ceiling: str | None,
    haircut: int | None,
    claim_bound: str | None,
    account: int | None,
) -> None:
    """Set what the others let PARTNER owe and be owed; what is not said stays as it is."""
    code = code_of(partner, "PARTNER")
    wishes = (credit, reserve_ceiling, haircut, claim_bound)

    async def make(visit: Visit) -> Measure:
        terms = (await visit.books.limits(code)).terms
        now = VotedLimits(terms.credit, terms.reserve_ceiling, terms.haircut, terms.claim_bound)
        return SetLimits(code, _wished(wishes, now))

    asyncio.run(_propose(common, account, make))


@click.command(epilog=_example("custodian harbour --name 'Harbour Trust' --address tlqb1..."))
@click.argument("code")
@click.option("--name", required=True, metavar="TEXT", help="As people know it; 1 to 64.")
@click.option("--address", required=True, metavar="ADDRESS", help="The account that attests.")
@click.option("--partner", metavar="CODE", help="The partner that it belongs to, if any.")
@account_option
@common_options(*SIGNING)
def custodian(
    common: Common,
    code: str,
    name: str,
    address: str,
    partner: str | None,
    account: int | None,
) -> None:
    """Admit a custodian, or change the name, account or owner of one."""
    owner = None if partner is None else code_of(partner, "--partner")

    async def make(visit: Visit) -> Measure:
        attests = account_of_address(address, visit.network, "--address")
        return SetCustodian(code_of(code, "CODE"), name, attests, owner)

    asyncio.run(_propose(common, account, make))


@click.command("assign-custodian", epilog=_example("assign-custodian north harbour"))
@click.argument("partner")
@click.argument("custodian")
@account_option
@common_options(*SIGNING)
def assign_custodian(common: Common, partner: str, custodian: str, account: int | None) -> None:
    """Have CUSTODIAN hold PARTNER's reserve; it counts again once the new one attests it."""
    measure = AssignCustodian(code_of(partner, "PARTNER"), code_of(custodian, "CUSTODIAN"))
    _plainly(common, account, measure)


@click.command(epilog=_example("judge harbour"))
@click.argument("custodian")
@account_option
@common_options(*SIGNING)
def judge(common: Common, custodian: str, account: int | None) -> None:
    """Have CUSTODIAN say of disputed payments between partners whether they were made."""
    _plainly(common, account, SetJudge(code_of(custodian, "CUSTODIAN")))


@click.command(epilog=_example("decide 12 0 --paid"))
@click.argument("cycle", type=CYCLE)
@click.argument("place", type=PLACE)
@click.option("--paid/--unpaid", default=None, help="What is to be decided; one of them.")
@account_option
@common_options(*SIGNING)
def decide(common: Common, cycle: int, place: int, paid: bool | None, account: int | None) -> None:
    """Decide a dispute about a payment, without the two whom it is about."""
    if paid is None:
        raise click.UsageError("say --paid or --unpaid")
    _plainly(common, account, DecideDispute(cycle, place, paid))


@click.command("share-obligation", epilog=_example("share-obligation 12 0"))
@click.argument("cycle", type=CYCLE)
@click.argument("place", type=PLACE)
@account_option
@common_options(*SIGNING)
def share_obligation(common: Common, cycle: int, place: int, account: int | None) -> None:
    """Bear together what a partner that is leaving did not pay, in proportion to limits."""
    _plainly(common, account, ShareObligation(cycle, place))


@click.command("share-position", epilog=_example("share-position north 1200"))
@click.argument("partner")
@click.argument("amount")
@account_option
@common_options(*SIGNING)
def share_position(common: Common, partner: str, amount: str, account: int | None) -> None:
    """Bear together AMOUNT of what PARTNER, which is leaving, still owes the pool."""
    _plainly(
        common,
        account,
        SharePosition(code_of(partner, "PARTNER"), units_of(amount, "AMOUNT")),
    )


@click.command(epilog=_example("protocol 2 --height 1000000"))
@click.argument("version", type=click.IntRange(1, 65_535))
@click.option("--height", required=True, type=click.IntRange(1, 2**53), help="From which on.")
@account_option
@common_options(*SIGNING)
def protocol(common: Common, version: int, height: int, account: int | None) -> None:
    """Go over to another protocol version at a height; nodes need a release that knows it."""
    _plainly(common, account, SetProtocol(version, height))


@click.command(epilog=_example("declare --file charter.pdf --url https://example.com/charter.pdf"))
@click.option("--file", type=click.Path(path_type=Path), help="The document; hashed here.")
@click.option("--hash", "digest", metavar="HEX", help="Or its SHA-256.")
@click.option("--url", default="", metavar="URL", help="Where people find it.")
@account_option
@common_options(*SIGNING)
def declare(
    common: Common, file: Path | None, digest: str | None, url: str, account: int | None
) -> None:
    """Say something together: a document by its digest. Nothing in the ledger follows from it."""
    _plainly(common, account, Declare(document_digest(file, digest, ("--file", "--hash")), url))


# --- what is to be done ---------------------------------------------------------------------------


def _wished(wishes: Wishes, now: VotedLimits) -> VotedLimits:
    credit, ceiling, haircut, bound = wishes

    def units(text: str | None, name: str, default: int) -> int:
        return default if text is None else units_of(text, name, zero=True)

    return VotedLimits(
        credit=units(credit, "--credit", now.credit),
        reserve_ceiling=units(ceiling, "--reserve-ceiling", now.reserve_ceiling),
        haircut=now.haircut if haircut is None else haircut,
        claim_bound=units(bound, "--claim-bound", now.claim_bound),
    )


def _plainly(common: Common, account: int | None, measure: Measure) -> None:
    async def make(_: Visit) -> Measure:
        return measure

    asyncio.run(_propose(common, account, make))


async def _propose(common: Common, account: int | None, make: Making) -> None:
    async with visiting(common, account) as visit:
        with visit.outbox() as db:
            us = await holder(visit.books, visit.home, "admin", account)
            action = Propose(us.partner.code, await make(visit))
            if (why := misshapen(action)) is not None:
                raise UsageError("proposal_malformed", why)
            acted = await act(visit, db, us.key, Deed(action, lambda: _asked(visit, action)))
        await tell_proposal(visit.afterwards(), acted.settled.id, acted)


async def _asked(visit: Visit, action: Propose) -> str:
    what = told_measure(action.measure, visit.network)
    return f"Propose, in the name of {action.partner}, to {what}?"
