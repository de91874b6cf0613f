"""Which account signs: the one that the ledger proves to hold the role, wherever it lies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from primitives.entries import Limits, Programme, limits_key, programme_key
from primitives.genesis import Genesis, Roles
from tests.builders import a_person
from tests.fakes.network import WORDS, Network
from tests.unit.partner.conftest import Market, a_founding, id_of


def a_founding_with(roles: Roles) -> Genesis:
    genesis = a_founding()
    first = replace(genesis.partners[0], roles=roles)
    return replace(genesis, partners=(first, *genesis.partners[1:]))


@pytest.fixture
def backwards(tmp_path: Path) -> Iterator[Market]:
    """north's admin is account 0 and its issuer account 2."""
    issuer, cashier, admin = (id_of(WORDS, account) for account in (2, 1, 0))
    genesis = a_founding_with(Roles(admin=admin, issuer=issuer, cashier=cashier))
    with Network(genesis) as network:
        yield Market(network, genesis, tmp_path)


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Market]:
    """One key holds every role of north, as in a shop of one person."""
    key = id_of(WORDS, 0)
    genesis = a_founding_with(Roles(admin=key, issuer=key, cashier=key))
    with Network(genesis) as network:
        yield Market(network, genesis, tmp_path)


def test_a_role_is_found_wherever_it_lies(backwards: Market) -> None:
    backwards.north.done("programme", "pause", "bonus")
    found = backwards.entry(programme_key("north", "bonus"), Programme)
    assert found is not None
    assert found.paused is True
    backwards.north.done("programme", "resume", "bonus")
    backwards.give(backwards.north, a_person("alice"), 500)
    assert backwards.balance(a_person("alice")) == 5_000_000


def test_an_account_that_is_named_is_the_only_one_that_is_tried(backwards: Market) -> None:
    error = backwards.north.refused(8, "programme", "pause", "bonus", "--account", "2")
    assert error["code"] == "not_admin"
    assert "tried: 2" in error["message"]


def test_one_key_may_hold_every_role(alone: Market) -> None:
    """Its last channel is for single acts, so that mints on the first ones are not in their way."""
    office = alone.office("shop", WORDS, 1)
    office.done(
        "deposit", "--programme", "bonus", "--points", "5", "--reference", "r-1",
        "--to", office.home.accounts[0].address,
    )  # fmt: skip
    office.done("programme", "pause", "bonus")
    office.done("limits", "lower-claim-bound", "7")
    found = alone.entry(limits_key("north"), Limits)
    assert found is not None
    assert found.terms.claim_bound == 7_000_000


def test_a_home_of_no_role_is_told_what_to_do(market: Market) -> None:
    error = market.judge.refused(8, "programme", "pause", "bonus")
    assert error["code"] == "not_admin"
    assert "--home" in error["hint"]
