"""apply, members, keys, leave: how a partner comes, changes its keys, and goes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import click

from client.builder import endorse
from client.errors import RefusedByLedger
from client.home import open_home
from partner.acting import Acted, Deed, act
from partner.arguments import account_of_address, code_of, misshapen, units_of
from partner.documents import settled_proof, told_proof, told_standing
from partner.member_documents import (
    AppliedDocument,
    MemberChangedDocument,
    MembersDocument,
    Seats,
    TakenDocument,
    member_document,
    seats,
    told_member,
    told_seat,
    told_status,
)
from partner.roles import Key, account_option, holder
from partner.session import home_path
from partner.terms import recognised
from partner.tokens import read_role, read_seat, write_role
from partner.visit import SIGNING, Visit, visiting
from primitives.actions import (
    PartnerExit,
    PartnerRegister,
    PartnerRotateKeys,
    ValidatorAnnounceKey,
)
from primitives.address import address
from primitives.amount import MAX_PER_DAY, format_amount
from primitives.entries import Partner
from primitives.membership import (
    MEMBERSHIP_KEY,
    Application,
    Membership,
    PartnerKind,
    Role,
    application_id,
    role_message,
)
from primitives.receipt import Outcome
from shell import ask
from shell.command import Common, common_options, examples
from shell.errors import UsageError

KINDS: Final = tuple(kind.text for kind in PartnerKind)
ROLES: Final = tuple(role.text for role in Role)
ADMIN: Final = 2
"""The account of a partner's home that is its admin, unless another is named."""
Making = Callable[[Visit, Partner], Awaitable[Deed]]


@click.command(
    epilog=examples(
        "liqbon-partner apply liqbon:seat/lQHE... --name 'Harbour Cafe' --currency EUR "
        "--kind shop --custodian quayside",
    )
)
@click.argument("seat", metavar="TOKEN")
@click.option("--name", required=True, metavar="TEXT", help="As customers know it; 1 to 64.")
@click.option("--currency", required=True, metavar="CODE", help="Three letters, ISO 4217.")
@click.option("--kind", required=True, type=click.Choice(KINDS), help="What the partner is.")
@click.option("--custodian", required=True, metavar="CODE", help="Who is to hold its reserve.")
@click.option("--issuer", metavar="ADDRESS", help="Account 0 of this home unless told.")
@click.option("--cashier", metavar="ADDRESS", help="Account 1 of this home unless told.")
@click.option("--mint-per-day", default="10000", metavar="AMOUNT", help="Own cap; 10000.")
@click.option("--refund-per-day", default="1000", metavar="AMOUNT", help="Own cap; 1000.")
@account_option
@common_options(*SIGNING)
def apply(
    common: Common,
    seat: str,
    name: str,
    currency: str,
    kind: str,
    custodian: str,
    issuer: str | None,
    cashier: str | None,
    mint_per_day: str,
    refund_per_day: str,
    account: int | None,
) -> None:
    """Ask to become a partner: partners vote on exactly what is said here.

    TOKEN is the word of the node's consensus key ('liqbon-node keys seat CODE'), which names the
    code too. The account that signs, account 2 unless told, becomes the admin; it needs a record:
    have somebody send it a little LiqBon first. Applying again replaces what was said before.
    """
    home = open_home(home_path(common))
    network = home.genesis.network
    token = read_seat(seat, home.chain)

    def own(text: str | None, number: int, option: str) -> bytes:
        given = None if text is None else account_of_address(text, network, option)
        return home.account_id(number) if given is None else given

    wish = Application(
        code=token.partner,
        name=name,
        currency=currency,
        kind=PartnerKind[kind.upper()],
        issuer=own(issuer, 0, "--issuer"),
        cashier=own(cashier, 1, "--cashier"),
        custodian=code_of(custodian, "--custodian"),
        seat=token.seat,
        mint_per_day=_cap(mint_per_day, "--mint-per-day"),
        refund_per_day=_cap(refund_per_day, "--refund-per-day"),
    )
    if (why := misshapen(wish)) is not None:
        raise UsageError("application_malformed", why)
    asyncio.run(_apply(common, ADMIN if account is None else account, wish))


@click.command(epilog=examples("liqbon-partner members", "liqbon-partner members --output json"))
@common_options("home", "node", "timeout_s")
def members(common: Common) -> None:
    """List the partners: what each is, where it stands, and who validates, all of it proven."""
    asyncio.run(_members(common))


@click.command(
    "take", epilog=examples("liqbon-partner keys take cashier north --account 4 --home till")
)
@click.argument("role", type=click.Choice(ROLES))
@click.argument("partner")
@click.option("--account", type=click.IntRange(0, 2**31 - 1), required=True, metavar="N",
              help="Which account of the home takes it.")  # fmt: skip
@common_options("home", "passphrase_file", "yes")
def take(common: Common, role: str, partner: str, account: int) -> None:
    """Sign, with the new key and without a network, that it takes ROLE of PARTNER.

    Prints one line of text for the partner's admin ('liqbon-partner keys give').
    """
    home = open_home(home_path(common))
    code = code_of(partner, "PARTNER")
    ask.confirm(f"Be the {role} of {code}?", common.yes)
    vault = home.unlock(ask.passphrase(common.passphrase_file))
    kind = Role[role.upper()]
    signed = endorse(home.signer(vault, account), role_message(home.chain, code, kind))
    document = TakenDocument(
        partner=code,
        role=role,
        address=address(signed.account, home.genesis.network),
        token=write_role(home.chain, code, kind, signed),
    )
    common.printer.line(document.token)
    common.printer.document(document)


@click.command("give", epilog=examples("liqbon-partner keys give liqbon:role/lQHE..."))
@click.argument("token")
@account_option
@common_options(*SIGNING)
def give(common: Common, token: str, account: int | None) -> None:
    """Give a role to the account that signed TOKEN, at once, as the partner's admin.

    What the key before it signed and nobody used yet is void: invoices that wait are to be made
    again.
    """
    asyncio.run(_change(common, account, lambda visit, us: _give(visit, us, token)))


@click.command(
    "seat",
    epilog=examples(
        "liqbon-partner keys seat liqbon:seat/lQHE...",
        "liqbon-partner keys seat liqbon:seat/lQHE... --lost",
    ),
)
@click.argument("token")
@click.option("--lost", is_flag=True, help="The key in use is lost: the epoch is to end soon.")
@account_option
@common_options(*SIGNING)
def seat(common: Common, token: str, lost: bool, account: int | None) -> None:
    """Validate with another consensus key from the next epoch on, as the partner's admin.

    TOKEN is the new key's word: 'liqbon-node keys rotate PARTNER'. Have the node read its keys
    again before that epoch begins.
    """
    asyncio.run(_change(common, account, lambda visit, us: _seat(visit, us, token, lost)))


@click.command(epilog=examples("liqbon-partner leave"))
@account_option
@common_options(*SIGNING)
def leave(common: Common, account: int | None) -> None:
    """Leave the network. Cannot be undone; customers keep every LiqBon that they hold.

    A partner that owes the pool, or has something to pay, must leave a reserve behind that covers
    all of it: it runs off until the last of that is paid.
    """
    asyncio.run(_change(common, account, _leave))


# --- what is to be done ---------------------------------------------------------------------------


def _cap(text: str, name: str) -> int:
    units = units_of(text, name, zero=True)
    if units > MAX_PER_DAY:
        raise UsageError("amount_overflow", f"{name}: at most {format_amount(MAX_PER_DAY)} a day")
    return units


async def _apply(common: Common, account: int, wish: Application) -> None:
    async with visiting(common, account) as visit:
        key = Key(account, visit.home.account_id(account))
        id_ = application_id(key.id, wish)
        network = visit.network

        async def prepare() -> str:
            return f"Ask to become the partner {wish.code} ({wish.name}, {wish.kind.text})?"

        with visit.outbox() as db:
            acted = await act(visit, db, key, Deed(PartnerRegister(wish), prepare))
        document = AppliedDocument(
            applicant=address(key.id, network),
            application=id_.hex(),
            code=wish.code,
            name=wish.name,
            currency=wish.currency,
            kind=wish.kind.text,
            issuer=address(wish.issuer, network),
            cashier=address(wish.cashier, network),
            custodian=wish.custodian,
            seat=wish.seat.key.hex(),
            mint_per_day=format_amount(wish.mint_per_day),
            refund_per_day=format_amount(wish.refund_per_day),
            repeated=acted.repeated,
            elapsed_ms=acted.settled.elapsed_ms,
            proof=settled_proof(acted.settled),
            blames=visit.light.blames,
        )
    common.printer.fields([("applicant", document.applicant), ("application", id_.hex())])
    common.printer.line(f"A partner puts it to the vote: propose admit {document.applicant}")
    for line in told_proof(document.proof, document.elapsed_ms):
        common.printer.line(line)
    common.printer.document(document)


async def _members(common: Common) -> None:
    async with visiting(common) as visit:
        seated = await _seats(visit)
        shown = [
            member_document(await visit.books.partner(code), seated, visit.network)
            for code in await visit.books.directory()
        ]
        document = MembersDocument(
            members=shown, proven=visit.books.standing(), blames=visit.light.blames
        )
    rows = [
        [one.code, one.name, one.kind, told_status(one), one.custodian, told_seat(one)]
        for one in shown
    ]
    common.printer.table(["partner", "name", "kind", "status", "custodian", "validates"], rows)
    common.printer.line(told_standing(document.proven))
    common.printer.document(document)


async def _seats(visit: Visit) -> Seats:
    found = await visit.books.entry(MEMBERSHIP_KEY, Membership)
    assert found is not None, "a ledger without members"
    believed = visit.light.believed
    return seats(believed.members(believed.epoch), found)


async def _give(visit: Visit, us: Partner, text: str) -> Deed:
    token = read_role(text, visit.home.chain)
    _check_ours(token.partner, us)
    taker = address(token.holder.account, visit.network)

    async def prepare() -> str:
        if getattr(us.roles, token.role.text) == token.holder.account:
            raise RefusedByLedger(
                Outcome.ROLE_INVALID.text, f"{taker} is the {token.role.text} already"
            )
        return f"Make {taker} the {token.role.text} of {us.code}, at once?"

    return Deed(PartnerRotateKeys(us.code, token.role, token.holder), prepare)


async def _seat(visit: Visit, us: Partner, text: str, lost: bool) -> Deed:
    token = read_seat(text, visit.home.chain)
    _check_ours(token.partner, us)

    async def prepare() -> str:
        when = "from the next epoch on, which is to come soon" if lost else "from the next epoch on"
        return f"Validate for {us.code} with {token.seat.key.hex()} {when}?"

    return Deed(ValidatorAnnounceKey(us.code, token.seat, lost), prepare)


async def _leave(visit: Visit, us: Partner) -> Deed:
    async def prepare() -> str:
        limits, position = await visit.books.limits(us.code), await visit.books.position(us.code)
        owes = max(position.net + position.receivable, position.payable)
        if not us.active:
            raise RefusedByLedger(Outcome.PARTNER_LEAVING.text, f"{us.code} is leaving already")
        if owes > recognised(limits):
            raise RefusedByLedger(
                Outcome.RESERVE_NEEDED.text,
                f"{us.code} owes, or may come to owe, {format_amount(owes)} LiqBon, and its "
                f"reserve covers {format_amount(recognised(limits))}",
                "Settle, or have more reserve attested, and leave then. Nothing was sent.",
            )
        if owes > 0:
            visit.printer.line(f"{format_amount(owes)} LiqBon are owed: it runs off until then")
        return f"Have {us.code} leave the network for good?"

    return Deed(PartnerExit(us.code), prepare)


def _check_ours(named: str, us: Partner) -> None:
    if named != us.code:
        raise UsageError("token_of_another", f"TOKEN: it is for {named}, not for {us.code}")


async def _change(common: Common, account: int | None, making: Making) -> None:
    async with visiting(common, account) as visit:
        with visit.outbox() as db:
            found = await holder(visit.books, visit.home, "admin", account)
            acted = await act(visit, db, found.key, await making(visit, found.partner))
        await _tell(visit.afterwards(), found.partner.code, acted)


async def _tell(visit: Visit, code: str, acted: Acted) -> None:
    partner = await visit.books.partner(code)
    document = MemberChangedDocument(
        member=member_document(partner, await _seats(visit), visit.network),
        repeated=acted.repeated,
        elapsed_ms=acted.settled.elapsed_ms,
        proof=settled_proof(acted.settled),
        proven=visit.books.standing(),
        blames=visit.light.blames,
    )
    visit.printer.fields(told_member(document.member))
    for line in told_proof(document.proof, document.elapsed_ms):
        visit.printer.line(line)
    visit.printer.document(document)
