"""A wallet with a network behind real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from secrets import token_bytes

import pytest

from shell.mnemonic import new_sentence
from tests.fakes.network import (
    OTHER_WORDS,
    Network,
    a_genesis_of_now,
    a_home,
)
from tests.fakes.wallet import Till, Wallet, the_owner


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    with Network(a_genesis_of_now()) as network:
        network.fund(the_owner(), the_owner(OTHER_WORDS))
        yield network


@pytest.fixture
def wallet(network: Network, tmp_path: Path) -> Wallet:
    genesis = network.ledger.genesis
    home = a_home(tmp_path / "wallet", genesis, network.urls)
    return Wallet(network, genesis, home, tmp_path / "wallet")


@pytest.fixture
def poor(network: Network, tmp_path: Path) -> Wallet:
    """A wallet whose account does not exist on the ledger."""
    words = "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo wrong"
    genesis = network.ledger.genesis
    home = a_home(tmp_path / "poor", genesis, network.urls, words)
    return Wallet(network, genesis, home, tmp_path / "poor")


@pytest.fixture
def other(network: Network, tmp_path: Path) -> Wallet:
    """Somebody else's wallet, which holds LiqBon too."""
    genesis = network.ledger.genesis
    home = a_home(tmp_path / "other", genesis, network.urls, OTHER_WORDS)
    return Wallet(network, genesis, home, tmp_path / "other")


@pytest.fixture
def newcomer(network: Network, tmp_path: Path) -> Wallet:
    """A wallet that was made just now: the ledger never heard of it."""
    sentence = new_sentence(token_bytes(16), "english")
    genesis = network.ledger.genesis
    home = a_home(tmp_path / "newcomer", genesis, network.urls, sentence)
    return Wallet(network, genesis, home, tmp_path / "newcomer")


@pytest.fixture
def till(network: Network) -> Till:
    """Of the partner ``north``."""
    return Till(network)
