"""A wallet with a network behind real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

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
def till(network: Network) -> Till:
    """Of the partner ``north``."""
    return Till(network)
