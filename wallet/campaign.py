"""campaign, claim: a sponsor's budget, its vouchers, and who takes what they promise."""

from __future__ import annotations

import asyncio

import click

from client.errors import RefusedByLedger
from client.fields import format_time
from client.home import Home, open_home
from client.light import Proven
from client.render_commerce import campaign_view
from client.session import connected, tell
from client.uri import VoucherRequest
from primitives.actions import CampaignCreate
from primitives.commerce import Campaign, campaign_key, voucher_message
from primitives.receipt import Outcome, Skip
from shell.command import Common, common_options, examples
from wallet.acts import Subject, act
from wallet.campaigns import claim_question, claiming, closing, creating
from wallet.checks import check_signatures, not_found, now_of
from wallet.commerce_documents import CampaignDocument
from wallet.documents import proof_of, told, told_freshness
from wallet.reading import (
    VOUCHER,
    account_of_address,
    digest_of,
    moment_of,
    read_carried,
    units_of,
    units_or_none,
)
from wallet.setup import home_path


@click.command(
    epilog=examples(
        "liqbon-wallet campaign create --budget 500 --reward 5 --ends 2027-01-31T00:00:00Z",
        "liqbon-wallet campaign create --budget 600 --reward 5 --bonus 1 --per-claimant 1 "
        "--ends 2027-01-31T00:00:00Z --signer tlqb1...",
    )
)
@click.option("--budget", required=True, metavar="AMOUNT", help="What is locked, and no more.")
@click.option("--reward", required=True, metavar="AMOUNT", help="What a claimant gets.")
@click.option("--bonus", default="0", metavar="AMOUNT", help="What who brought it gets; 0: nobody.")
@click.option(
    "--per-claimant",
    type=click.IntRange(1, 65_535),
    default=1,
    help="How often one account may claim; once unless told.",
)
@click.option("--ends", required=True, metavar="TIME", help="RFC 3339 in UTC, within 366 days.")
@click.option("--signer", metavar="ADDRESS", help="Who signs vouchers; this account unless told.")
@common_options("home", "node", "passphrase_file", "account", "yes", "timeout_s")
def create(
    common: Common,
    budget: str,
    reward: str,
    bonus: str,
    per_claimant: int,
    ends: str,
    signer: str | None,
) -> None:
    """Lock a budget for whoever gets a voucher: a grant, or with --bonus a referral.

    It is your own LiqBon. Claims are paid out of it and out of nothing else; what is left when the
    campaign ends, or is closed, returns to you by itself.
    """
    home = open_home(home_path(common))
    locked = units_of(budget, "--budget")
    action = CampaignCreate(
        signer=home.account_id(common.account)
        if signer is None
        else account_of_address(signer, home, "--signer"),
        budget=locked,
        reward=units_of(reward, "--reward"),
        bonus=units_or_none(bonus, "--bonus"),
        per_claimant=per_claimant,
        ends=moment_of(ends, "--ends"),
    )
    act(common, home, creating(common.account, action), Subject(units=locked))


@click.command(epilog=examples("liqbon-wallet campaign close 9f86d0..."))
@click.argument("campaign", metavar="CAMPAIGN")
@common_options("home", "node", "passphrase_file", "account", "yes", "timeout_s")
def close(common: Common, campaign: str) -> None:
    """End your own campaign early, and take back what is left of its budget."""
    home = open_home(home_path(common))
    id_ = digest_of(campaign, "CAMPAIGN")
    act(common, home, closing(common.account, id_), Subject(id_))


@click.command(
    epilog=examples(
        "liqbon-wallet campaign show 9f86d0...",
        "liqbon-wallet campaign show 9f86d0... --output json",
    )
)
@click.argument("campaign", metavar="CAMPAIGN")
@common_options("home", "node", "timeout_s")
def show(common: Common, campaign: str) -> None:
    """Show a campaign as a quorum attested it: what is left, and until when."""
    home = open_home(home_path(common))
    asyncio.run(_show(common, home, digest_of(campaign, "CAMPAIGN")))


async def _show(common: Common, home: Home, id_: bytes) -> None:
    async with connected(home, common.node, common.timeout_s) as light:
        try:
            found = await light.entry(campaign_key(id_), Campaign)
        finally:
            tell(common.printer, light.blames)
        if found.entry is None:
            raise not_found(Outcome.CAMPAIGN_UNKNOWN, f"this network has no campaign {id_.hex()}")
        document = CampaignDocument(
            campaign=campaign_view(id_, found.entry, home.genesis.network),
            state=_state(found.entry, now_of(light, found.freshness)),
            claims_left=found.entry.left // (found.entry.reward + found.entry.bonus),
            as_of=format_time(found.freshness.as_of_ms),
            fresh=found.freshness.is_fresh,
            proof=proof_of(light.believed, found.certificate),
            blames=light.blames,
        )
    _print(common, document, found)
    common.printer.document(document)


def _state(campaign: Campaign, now_ms: int) -> str:
    if campaign.closed:
        return "closed"
    return "ended" if campaign.ends < now_ms else "open"


_NEXT = {
    "open": "At its end what is left returns to the sponsor by itself.",
    "ended": "Its time is over; what is left returns to the sponsor with the next block.",
    "closed": "It is over. What was left returned to the sponsor.",
}


def _print(common: Common, document: CampaignDocument, found: Proven[Campaign]) -> None:
    shown = document.campaign
    bonus = "" if shown.bonus == "0" else f", and {shown.bonus} for who brings the claimant"
    common.printer.fields(
        [
            ("campaign", f"{shown.campaign} ({document.state})"),
            ("sponsor", shown.sponsor),
            ("signer", shown.signer),
            ("a claim", f"{shown.reward} LiqBon{bonus}; {shown.per_claimant} an account"),
            ("claimed", f"{shown.claims} times"),
            ("left", f"{shown.left} LiqBon, {document.claims_left} claims"),
            ("ends", shown.ends),
            ("proof", f"{told(document.proof)}; {told_freshness(found.freshness)}"),
        ]
    )
    common.printer.line(_NEXT[document.state])


@click.command(
    epilog=examples(
        "liqbon-wallet claim liqbon:voucher/lAHEIK...",
        "liqbon-wallet claim voucher.txt --yes --output json",
        "liqbon-wallet claim - --account 1",
    )
)
@click.argument("voucher", metavar="VOUCHER")
@common_options("home", "node", "passphrase_file", "account", "yes", "timeout_s")
def claim(common: Common, voucher: str) -> None:
    """Take the LiqBon that a sponsor's VOUCHER promises you. Your wallet may be brand-new.

    VOUCHER is a liqbon: URI, the part after 'voucher/', a file that holds either, or - for standard
    input. Before anything is signed it is checked against proven state: whose it is, whether the
    campaign's signer signed it, that it is good, unused, and that the budget holds it. It is
    claimed once, however often the command is run.
    """
    home = open_home(home_path(common))
    request = read_carried(VOUCHER, voucher, home, common.passphrase_file)
    check_signatures(request.signer, voucher_message(request.chain, request.voucher), "VOUCHER")
    deed = claiming(common.account, request, home)
    try:
        act(common, home, deed, Subject(request.voucher.campaign))
    except RefusedByLedger as refused:
        if refused.code == Skip.SENDER_UNKNOWN.text:
            asyncio.run(_explain(common, home, request))
        raise


async def _explain(common: Common, home: Home, request: VoucherRequest) -> None:
    """A new account's claim that would not be done is skipped as from nobody ([LEDGER-43]): say
    what stands in its way by now. Raises ``CommandError`` if something does."""
    async with connected(home, common.node, common.timeout_s) as light:
        proven = await light.account(request.voucher.claimant)
        await claim_question(light, request, proven)
