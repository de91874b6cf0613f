"""balance: what the accounts hold, as a quorum attested it. Signs nothing."""

from __future__ import annotations

import asyncio

import click

from client.fields import format_time
from client.home import open_home
from client.light import LightClient, ProvenAccount
from client.session import connected, tell
from primitives.amount import format_amount
from shell.command import Common, common_options, examples
from wallet.documents import (
    AccountBalance,
    BalanceDocument,
    proof_of,
    told,
    told_freshness,
)
from wallet.setup import home_path


@click.command(epilog=examples("liqbon-wallet balance", "liqbon-wallet balance --output json"))
@common_options("home", "node", "timeout_s")
def balance(common: Common) -> None:
    """List the accounts with what they hold, and the sum.

    Each balance comes with a proof that leads from the pinned genesis; no node is believed. The
    passphrase is not needed. A balance that cannot be shown to be of the last minute says as of
    when it is.
    """
    asyncio.run(_balance(common))


async def _balance(common: Common) -> None:
    home = open_home(home_path(common))
    async with connected(home, common.node, common.timeout_s) as light:
        proven = {}
        try:
            for record in home.accounts:
                proven[record.account] = await light.account(home.account_id(record.account))
        finally:
            tell(common.printer, light.blames)
        accounts = [
            _account(light, record.account, record.address, proven[record.account])
            for record in home.accounts
        ]
        total = sum(account.record.balance for account in proven.values())
        document = BalanceDocument(
            accounts=accounts,
            total=format_amount(total),
            fresh=all(account.fresh for account in accounts),
            blames=light.blames,
        )
    rows = [
        [str(a.account), a.address, a.balance, told(a.proof), told_freshness(p.freshness)]
        for a, p in zip(accounts, proven.values(), strict=True)
    ]
    common.printer.table(["account", "address", "LiqBon>", "proof", "when"], rows)
    if len(accounts) > 1:
        common.printer.line(f"total {document.total} LiqBon")
    common.printer.document(document)


def _account(
    light: LightClient, account: int, address: str, proven: ProvenAccount
) -> AccountBalance:
    return AccountBalance(
        account=account,
        address=address,
        exists=proven.exists,
        balance=format_amount(proven.record.balance),
        sequence=proven.sequence,
        as_of=format_time(proven.freshness.as_of_ms),
        fresh=proven.freshness.is_fresh,
        proof=proof_of(light.believed, proven.certificate),
    )
