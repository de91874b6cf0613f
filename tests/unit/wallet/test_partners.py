"""Who takes part and what is decided, as a customer reads it: proven, whatever a node says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from primitives.governance import RemovePartner
from primitives.membership import PartnerKind
from tests.builders import CODES
from tests.fakes import council
from tests.fakes.network import Network, a_genesis_of_now, a_home
from tests.fakes.wallet import Till, Wallet, the_owner


@pytest.fixture
def network() -> Iterator[Network]:
    """One of each test's own: partners leave it."""
    with Network(a_genesis_of_now()) as network:
        network.fund(the_owner())
        yield network


def blocks(network: Network, *makers: Any) -> Any:
    """A block of what each maker makes of the ledger; the ids."""

    def run() -> list[bytes]:
        made = [maker(network.ledger) for maker in makers]
        network.ledger.block(*made)
        return [each.id for each in made]

    return network.call(run)


def test_partners_says_who_takes_part_and_what_they_are(wallet: Wallet) -> None:
    document = wallet.json("partners")
    assert [each["code"] for each in document["partners"]] == list(CODES)
    assert {(each["kind"], each["status"]) for each in document["partners"]} == {
        ("chain", "active")
    }
    assert all(each["spend"] and each["deposit"] for each in document["partners"])
    assert all(each["remark"] is None for each in document["partners"])
    assert (document["fresh"], document["proof"]["attested"]) == (True, 3)


def test_a_holder_is_told_that_its_retailer_leaves_and_that_nothing_is_lost(
    wallet: Wallet, network: Network
) -> None:
    """[LEDGER-53], [LEDGER-54]: north has issued what the wallet holds, west never did a thing."""
    before = wallet.json("balance")["total"]
    blocks(
        network,
        lambda ledger: council.leaving(ledger, "north"),
        lambda ledger: council.leaving(ledger, "west"),
    )
    document = wallet.json("partners")
    found = {each["code"]: each for each in document["partners"]}
    assert [found[code]["status"] for code in CODES] == ["run_off", "active", "active", "left"]
    for code in ("north", "west"):
        assert (found[code]["spend"], found[code]["deposit"]) == (False, False)
        assert "What you hold is untouched" in found[code]["remark"]
    text = wallet.run("partners").stdout
    assert "North is leaving: it takes no points and no LiqBon any more." in text
    assert "West has left." in text
    assert wallet.json("balance")["total"] == before


def test_a_node_that_keeps_a_leaving_partner_to_itself_is_not_believed(
    wallet: Wallet, network: Network
) -> None:
    """What is shown comes from proofs: a changed document contradicts them."""
    blocks(network, lambda ledger: council.leaving(ledger, "north"))

    def as_if_nothing(path: str, document: Any) -> Any:
        if path == "/v1/state":
            for item in document["items"]:
                item["value"] = None
        return document

    liar = network.liar(as_if_nothing)
    options = ["--node", liar, *(word for url in network.urls for word in ("--node", url))]
    document = wallet.json("partners", *options)
    assert document["partners"][0]["status"] == "run_off"
    assert (document["blames"][0]["node"], document["blames"][0]["lie"]) == (liar, True)


def test_an_invoice_of_a_partner_that_is_leaving_is_not_signed(
    wallet: Wallet, network: Network
) -> None:
    """[LEDGER-17], [URI-5]"""
    till = Till(network, "west")
    uri = till.uri(till.invoice(1_000_000))
    blocks(network, lambda ledger: council.leaving(ledger, "west"))
    result = wallet.run("redeem", uri, "--yes")
    assert (result.exit_code, "[partner_leaving]" in result.stderr) == (5, True)
    assert "What you hold is untouched" in result.stderr


def test_an_invoice_of_a_manufacturer_is_not_signed(tmp_path: Path) -> None:
    """[LEDGER-17], [URI-5]"""
    genesis = a_genesis_of_now()
    kinds = [replace(each, kind=PartnerKind.MANUFACTURER) for each in genesis.partners]
    genesis = replace(genesis, partners=(genesis.partners[0], *kinds[1:]))
    with Network(genesis) as network:
        network.fund(the_owner())
        home = a_home(tmp_path / "wallet", genesis, network.urls)
        wallet = Wallet(network, genesis, home, tmp_path / "wallet")
        till = Till(network, "west")
        result = wallet.run("redeem", till.uri(till.invoice(1_000_000)), "--yes")
        assert (result.exit_code, "[no_till]" in result.stderr) == (5, True)
        found = {each["code"]: each for each in wallet.json("partners")["partners"]}
        assert (found["west"]["kind"], found["west"]["spend"]) == ("manufacturer", False)
        assert (found["west"]["deposit"], found["west"]["remark"]) == (True, None)


def test_votes_shows_what_is_decided_and_who_voted_how(wallet: Wallet, network: Network) -> None:
    """[LEDGER-61], [LEDGER-62]"""
    assert wallet.json("votes")["proposals"] == []
    assert "nothing was put to the vote yet" in wallet.run("votes").stdout
    [first] = blocks(network, lambda ledger: council.proposing(ledger, RemovePartner("west")))
    [second] = blocks(network, lambda ledger: council.proposing(ledger, council.CHARTER, "east"))
    network.call(lambda: network.ledger.block(*council.votes(network.ledger, second)))
    network.call(lambda: network.ledger.block(*council.votes(network.ledger, first, ["south"])))
    document = wallet.json("votes")
    newest, oldest = document["proposals"]
    assert (newest["proposal"], newest["status"]) == (second.hex(), "passed")
    assert (oldest["proposal"], oldest["status"]) == (first.hex(), "open")
    assert oldest["electors"] == [
        {"partner": "north", "approves": None},
        {"partner": "east", "approves": None},
        {"partner": "south", "approves": True},
    ]
    assert oldest["measure"] == {"type": "remove_partner", "partner": "west"}
    assert (document["more"], document["fresh"]) == (False, True)
    text = wallet.run("votes").stdout
    assert "remove the partner west; customers keep what they hold" in text
    shortened = wallet.json("votes", "--limit", "1")
    assert [each["proposal"] for each in shortened["proposals"]] == [second.hex()]
    assert shortened["more"] is True


def test_a_node_that_counts_votes_that_nobody_cast_changes_nothing(
    wallet: Wallet, network: Network
) -> None:
    """The list is a node's word, and only the ids of it are used."""
    [id_] = blocks(network, lambda ledger: council.proposing(ledger, RemovePartner("west")))

    def passed(path: str, document: Any) -> Any:
        if path == "/v1/proposals":
            for item in document["items"]:
                item.update(status="passed", approved=3)
            document["items"] += [{**document["items"][0], "proposal": "ab" * 32}]
        return document

    liar = network.liar(passed)
    [shown] = wallet.json("votes", "--node", liar, "--node", network.urls[0])["proposals"]
    assert (shown["proposal"], shown["status"], shown["approved"]) == (id_.hex(), "open", 0)
