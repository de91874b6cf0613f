"""The shortest proof that a network works: a mint, a transfer, both proven. Believes no node.

A client like any other: it reads keystores, signs, sends, and checks certificates.
"""

from __future__ import annotations

import secrets
import time

from client.builder import Mint, Slot, build, transfer, valid_until
from client.finality import Settled, make_final
from client.home import Home, open_home
from client.light import LightClient
from client.session import connected, now_ms
from node.devnet import TransferEntry
from node.founding import CUSTOMERS, Site
from primitives.actions import Action
from primitives.amount import MICRO, format_amount
from primitives.encoding import encode
from primitives.genesis import Genesis
from primitives.keys import Ed25519Key
from primitives.receipt import Outcome
from shell.errors import CommandError
from shell.keyfile import read_private

AMOUNT = MICRO
TIMEOUT_S = 30.0


async def first_transfer(site: Site, genesis: Genesis) -> TransferEntry:
    """Mint 2 LiqBon for the first customer, and send 1 to the second. Raises ``CommandError``."""
    passphrase = read_private(site.passphrase_file).strip()
    partner = genesis.partners[0]
    programme = partner.programmes[0]
    rate = programme.rates[0]
    points = 2 * AMOUNT * rate.denominator // rate.numerator
    sender, receiver = (open_home(site.wallet_home(name)) for name in CUSTOMERS)
    mint = Mint(
        partner=partner.code,
        programme=programme.code,
        points=points,
        amount=points * rate.numerator // rate.denominator,
        commitment=secrets.token_bytes(32),
        to=sender.account_id(0),
    )
    issuer = open_home(site.partner_home(partner.code))
    minted = await _final(issuer, passphrase, mint)
    sent = await _final(sender, passphrase, transfer([(receiver.account_id(0), AMOUNT)]))
    return TransferEntry(
        minted.id.hex(), sent.id.hex(), sent.height, format_amount(AMOUNT), sent.elapsed_ms
    )


async def _final(home: Home, passphrase: bytes, action: Action) -> Settled:
    key = home.signer(home.unlock(passphrase), 0)
    async with connected(home, (), TIMEOUT_S) as light:
        settled = await _settle(light, key, home.account_id(0), action)
    if settled.outcome != Outcome.DONE:
        raise CommandError(settled.outcome.text, f"the ledger refused: {settled.outcome.text}")
    return settled


async def _settle(light: LightClient, key: Ed25519Key, account: bytes, action: Action) -> Settled:
    proven = await light.account(account)
    until = valid_until(now_ms(), time.time_ns() // 1_000_000)
    slot = Slot(light.believed.chain, 0, proven.sequence, until)
    transaction = build(key, slot, action)
    return await make_final(light, transaction, encode(transaction.signed), TIMEOUT_S)
