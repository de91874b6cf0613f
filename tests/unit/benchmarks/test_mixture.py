"""Mixed loads obey the rules: gapless sequences, every sender at one node, sound signatures."""

from hashlib import sha256

import pytest

from benchmarks import founders
from benchmarks.funding import bank
from benchmarks.mixture import MINTS, MIXED, REDEMPTIONS, TILL, Cycle, Next, Shop, made
from benchmarks.population import Terms, holder
from primitives.actions import Mint, Redeem, Transfer
from primitives.keys import ED25519
from primitives.transaction import Decoded, decode_signed, signatures

TERMS = Terms(b"\x07" * 32, 40, 1_800_000_000_000)
SHOPS = [
    Shop(partner, founders.issuer(place), holder(f"cashier {place}"))
    for place, partner in enumerate(founders.genesis().partners)
]
NODES = len(SHOPS)


def several(cycle: Cycle, counts: tuple[int, ...] = (400, 40, 200)) -> list[list[Decoded]]:
    """One load after another, as the steps of a run ask for them."""
    found, begun = [], Next(0, 1)
    for count in counts:
        raws, begun = made(TERMS, SHOPS, cycle, begun, count)
        found.append([decode_signed(raw, TERMS.chain) for raw in raws])
    return found


@pytest.mark.parametrize("cycle", [MINTS, MIXED, REDEMPTIONS, TILL])
def test_sequences_have_no_gap_and_a_sender_stays_with_its_node(cycle: Cycle) -> None:
    issuers = {shop.issuer.account for shop in SHOPS}
    following: dict[bytes, int] = {}
    node_of: dict[bytes, int] = {}
    for load in several(cycle):
        for place, each in enumerate(load):
            who = each.transaction.sender
            first = 1 if who in issuers else 0
            assert each.transaction.sequence == following.get(who, first)
            following[who] = each.transaction.sequence + 1
            assert node_of.setdefault(who, place % NODES) == place % NODES


@pytest.mark.parametrize("cycle", [MINTS, MIXED, REDEMPTIONS, TILL])
def test_all_are_distinct_and_every_signature_holds(cycle: Cycle) -> None:
    [load] = several(cycle, (200,))
    assert len({each.id for each in load}) == len(load)
    for each in load:
        assert all(ED25519.verify(*check) for check in signatures(each))


def test_a_redemption_is_spent_at_a_rival_and_carries_its_cashiers_signature() -> None:
    [load] = several(REDEMPTIONS, (40,))
    for place, each in enumerate(load):
        action = each.transaction.action
        assert isinstance(action, Redeem)
        rival = SHOPS[(place + 1) % NODES]
        assert action.invoice.partner == rival.partner.code
        assert action.cashier.account == rival.cashier.account
        assert len(signatures(each)) == 2


def test_everybody_pays_into_one_till() -> None:
    [load] = several(TILL, (40,))
    paid = set()
    for each in load:
        assert isinstance(each.transaction.action, Transfer)
        paid.update(output.account for output in each.transaction.action.outputs)
    assert paid == {bank(SHOPS[0].partner.code).account}


def test_a_deposit_is_minted_once_and_for_what_the_programme_promises() -> None:
    [load] = several(MINTS, (80,))
    used = set()
    for each in load:
        mint = each.transaction.action
        assert isinstance(mint, Mint)
        rate = SHOPS[0].partner.programmes[0].rates[0]
        assert mint.amount == mint.points * rate.numerator // rate.denominator
        used.add((mint.partner, mint.commitment))
    assert len(used) == len(load)
    assert (SHOPS[0].partner.code, sha256(b"a benchmark's deposit").digest()) not in used


def test_a_mixture_has_of_every_kind_at_every_node() -> None:
    [load] = several(MIXED, (NODES * len(MIXED),))
    for node in range(NODES):
        kinds = [type(each.transaction.action) for each in load[node::NODES]]
        assert (kinds.count(Transfer), kinds.count(Redeem), kinds.count(Mint)) == (6, 2, 2)
