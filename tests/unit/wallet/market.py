"""What tests of campaigns, orders and likes share: addresses, times, refusals, forged papers."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from client.builder import endorse
from client.fields import format_time
from client.uri import OfferRequest, VoucherRequest, offer_uri, parse_uri, voucher_uri
from primitives.commerce import Offer, Voucher, offer_message, voucher_message
from primitives.keys import Ed25519Key
from shell.mnemonic import account_key, sentence_seed
from tests.fakes.network import WORDS, Network, clock_ms
from tests.fakes.wallet import Wallet

HOUR_MS = 3_600_000
NOBODY = "00" * 32
"""An id that nothing has."""


def in_an_hour() -> str:
    return format_time(clock_ms() + HOUR_MS)


def an_hour_ago() -> int:
    return clock_ms() - HOUR_MS


def address_of(wallet: Wallet) -> str:
    return wallet.home.accounts[0].address


def balance(wallet: Wallet) -> float:
    return float(wallet.json("balance")["total"])


def blocks_until(wallet: Wallet, so: Callable[[], bool]) -> None:
    """Block after block, until what falls due by itself has happened."""
    deadline = time.monotonic() + 30
    while not so():
        assert time.monotonic() < deadline, "it never fell due"
        time.sleep(0.1)
        wallet.network.call(wallet.network.ledger.block)


def key_of(words: str = WORDS) -> Ed25519Key:
    return account_key(sentence_seed(words), 0)


def signed_voucher(wallet: Wallet, voucher: Voucher, key: Ed25519Key, chain: bytes = b"") -> str:
    """The URI of a voucher under whatever signature."""
    chain = chain or wallet.home.chain
    return voucher_uri(
        VoucherRequest(chain, voucher, endorse(key, voucher_message(chain, voucher)))
    )


def signed_offer(wallet: Wallet, offer: Offer, key: Ed25519Key, chain: bytes = b"") -> str:
    """The URI of an offer under whatever signature."""
    chain = chain or wallet.home.chain
    return offer_uri(OfferRequest(chain, offer, endorse(key, offer_message(chain, offer))))


def pending(wallet: Wallet) -> list[Any]:
    file = wallet.path / "pending.json"
    return list(json.loads(file.read_text())) if file.exists() else []


def refused(wallet: Wallet, status: int, *arguments: str) -> str:
    """The code of a refusal that came before anything was signed."""
    result = wallet.run(*arguments, "--yes", "--output", "json")
    assert result.exit_code == status, (result.stdout, result.stderr)
    assert "Traceback" not in result.stderr
    assert pending(wallet) == []
    return str(json.loads(result.stdout)["error"]["code"])


def typed_wrongly(wallet: Wallet, *arguments: str) -> str:
    """The code of what is refused where it is typed (status 2)."""
    result = wallet.run(*arguments, "--output", "json")
    assert result.exit_code == 2, (result.stdout, result.stderr)
    assert pending(wallet) == []
    return str(json.loads(result.stdout)["error"]["code"])


@contextmanager
def unattested(network: Network) -> Iterator[None]:
    """Blocks are made, and nobody shows a certificate until the end."""
    ledger = network.ledger
    ledger.attest = False
    try:
        yield
    finally:
        ledger.attest = True

        def certify() -> None:
            for executed in ledger.executor.uncertified():
                ledger.certify(executed)

        network.call(certify)


def campaign(wallet: Wallet, *more: str, budget: str = "10", reward: str = "2") -> str:
    """A campaign of this wallet that ends in an hour; its id."""
    asked = ["campaign", "create", "--budget", budget, "--reward", reward, "--ends", in_an_hour()]
    return str(wallet.json(*asked, *more, "--yes")["about"])


def voucher(sponsor: Wallet, id_: str, claimant: Wallet, *more: str) -> Any:
    return sponsor.json("campaign", "voucher", id_, "--claimant", address_of(claimant), *more)


def carried_voucher(wallet: Wallet, uri: str) -> VoucherRequest:
    request = parse_uri(uri, wallet.home.chain, "tlqb")
    assert isinstance(request, VoucherRequest)
    return request


def offer(seller: Wallet, arbiter: Wallet, *more: str, price: str = "4") -> Any:
    asked = ["--price", price, "--arbiter", address_of(arbiter), "--ship-within", "7d"]
    return seller.json("order", "offer", *asked, *more)


def bought(buyer: Wallet, seller: Wallet, arbiter: Wallet, *more: str) -> str:
    """An open order's id."""
    uri = offer(seller, arbiter, *more)["uri"]
    return str(buyer.json("order", "buy", uri, "--yes")["about"])


def carried_offer(wallet: Wallet, uri: str) -> OfferRequest:
    request = parse_uri(uri, wallet.home.chain, "tlqb")
    assert isinstance(request, OfferRequest)
    return request
