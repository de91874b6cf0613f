"""What the wallet lets a chain say of goods and works, for whoever tries every name of them."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from tests.attacks.guessing import UNSALTED, on_chain, search
from tests.fakes.network import Network
from tests.fakes.wallet import Wallet
from tests.unit.wallet.market import bought, carried_offer, offer

SOLD = "a used bicycle, 0042"


def articles() -> Iterator[str]:
    """Ten thousand articles that somebody might sell."""
    return (f"a used bicycle, {number:04d}" for number in range(10_000))


def bare(name: str) -> list[object]:
    """A name of goods, and nothing beside it."""
    return [name]


def chain_of(network: Network) -> set[bytes]:
    """All that the ledger holds, read off its state."""
    archive = network.ledger.executor.archive
    return on_chain([], dict(archive.state()))


def test_goods_that_nobody_named_are_found_by_no_name(
    wallet: Wallet, other: Wallet, newcomer: Wallet
) -> None:
    """[LEDGER-44] drawn anew for every offer."""
    first, second = (
        carried_offer(wallet, offer(wallet, newcomer)["uri"]).offer.goods for _ in range(2)
    )
    assert first != second
    bought(other, wallet, newcomer)
    chain = chain_of(wallet.network)
    assert search(articles(), bare, UNSALTED.values(), chain) is None


def test_goods_that_are_a_hash_of_their_name_are_found(
    wallet: Wallet, other: Wallet, newcomer: Wallet
) -> None:
    """What the manual warns of, and the search above would find."""
    bought(other, wallet, newcomer, "--goods", sha256(SOLD.encode()).hexdigest())
    assert search(articles(), bare, UNSALTED.values(), chain_of(wallet.network)) == SOLD


def test_a_work_is_found_by_whoever_has_it(wallet: Wallet, tmp_path: Path) -> None:
    """[LEDGER-48] its plain hash is on the chain, so that who has the file finds its author."""
    song = tmp_path / "song"
    song.write_text(SOLD)
    wallet.json("content", "register", str(song), "--yes")
    assert sha256(song.read_bytes()).digest() in chain_of(wallet.network)
