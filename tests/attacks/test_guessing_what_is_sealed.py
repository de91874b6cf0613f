"""A rival reads the chain and tries every receipt, till and bank reference there could be.

There is no plain hash of anything guessable on it: what has a name is sealed under 32 random bytes
that stay with who named it. The same search finds each name as soon as the salt is known, and finds
what was hashed without one: so it would find what should not be there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from partner.database import open_database
from partner.deposits import Deposit
from partner.outbox import Entry, Outbox
from partner.payments import Payment, Payments
from primitives.actions import Mint, SettlementPay
from primitives.encoding import encode
from tests.attacks.guessing import UNSALTED, betrayed, hashed, on_chain, sealed, search
from tests.attacks.scenes import ANN, a_market
from tests.builders import a_role, raw
from tests.ledger import Ledger
from tests.settling import done

POINTS = 500
SECRET = "004711"
TILL = "2026-11-23 till 07 0815"
BANK = "SEPA 2026-11-23 0815"


def receipts() -> Iterator[str]:
    """Every receipt number of six digits."""
    return (f"{number:06d}" for number in range(1_000_000))


def tills() -> Iterator[str]:
    """A month of days, a dozen of tills, a thousand customers each."""
    return (
        f"2026-11-{day:02d} till {till:02d} {number:04d}"
        for day in range(1, 31)
        for till in range(1, 13)
        for number in range(1_000)
    )


def transfers() -> Iterator[str]:
    """What a bank calls ten thousand transfers of every day of a month."""
    return (
        f"SEPA 2026-11-{day:02d} {number:04d}" for day in range(1, 31) for number in range(10_000)
    )


def of_a_deposit(name: str) -> list[object]:
    """All but the name stands on the chain beside the commitment."""
    return ["north", "bonus", name, POINTS, ANN.account]


def of_a_payment(name: str) -> list[object]:
    return ["payment", 1, 0, name]


def minted(home: Path, name: str) -> tuple[set[bytes], Entry]:
    """What the chain holds once a deposit of that name was minted, and what only north knows."""
    [entry] = Outbox(home).enter("north", [Deposit(name, "bonus", POINTS, ANN.account)], 1)
    return chain_with(entry.commitment), entry


def chain_with(commitment: bytes) -> set[bytes]:
    """The chain after the mint of a commitment, among deposits of others."""
    ledger = Ledger()
    ledger.give(ANN, 10_000)
    action = Mint("north", "bonus", POINTS, POINTS * 10_000, commitment, ANN.account)
    decoded = ledger.act(a_role("north", "issuer"), action)
    done(ledger, decoded)
    assert ledger.last is not None
    return on_chain([raw(decoded)], ledger.state, map(encode, ledger.last.receipts))


def paid(home: Path) -> tuple[set[bytes], Payment]:
    """What the chain holds once north named its payment, and what only north and east know."""
    payment = Payments(open_database(home)).enter(1, 0, BANK, 1)
    ledger = a_market()
    decoded = ledger.act(a_role("north", "admin"), SettlementPay(1, 0, payment.digest))
    done(ledger, decoded)
    assert ledger.last is not None
    return on_chain([raw(decoded)], ledger.state, map(encode, ledger.last.receipts)), payment


Names = Callable[[], Iterator[str]]
DEPOSITS = pytest.mark.parametrize(
    ("names", "name"), [(receipts, SECRET), (tills, TILL)], ids=["receipt", "date and till"]
)


@DEPOSITS
def test_a_deposit_s_reference_is_not_found(names: Names, name: str, tmp_path: Path) -> None:
    """[TX-1, LEDGER-12] of all that there are, in any form without the salt."""
    chain, entry = minted(tmp_path, name)
    assert entry.commitment in chain
    assert entry.salt not in chain
    assert search(names(), of_a_deposit, UNSALTED.values(), chain) is None


@DEPOSITS
def test_with_its_salt_the_same_search_finds_it(names: Names, name: str, tmp_path: Path) -> None:
    chain, entry = minted(tmp_path, name)
    assert search(names(), of_a_deposit, [sealed(entry.salt)], chain) == name


@pytest.mark.parametrize("form", UNSALTED)
def test_what_is_hashed_without_a_secret_is_found(form: str) -> None:
    """A till that made its commitments so would tell every rival each receipt."""
    chain = chain_with(hashed(UNSALTED[form], of_a_deposit, SECRET))
    assert search(receipts(), of_a_deposit, UNSALTED.values(), chain) == SECRET


def test_not_even_a_right_guess_can_be_confirmed(tmp_path: Path) -> None:
    """Nothing that is public serves as the salt, and another deposit's salt does not either."""
    chain, entry = minted(tmp_path, SECRET)
    assert betrayed(SECRET, of_a_deposit, chain) is None
    [other] = Outbox(tmp_path).enter("north", [Deposit("r", "bonus", POINTS, ANN.account)], 2)
    assert hashed(sealed(other.salt), of_a_deposit, SECRET) not in chain
    assert betrayed(SECRET, of_a_deposit, {*chain, entry.salt}) == entry.salt


def test_a_payment_s_reference_is_not_found(tmp_path: Path) -> None:
    """[LEDGER-30] of all that a bank may have called it."""
    chain, payment = paid(tmp_path)
    assert payment.digest in chain
    assert payment.salt not in chain
    assert search(transfers(), of_a_payment, UNSALTED.values(), chain) is None
    assert betrayed(BANK, of_a_payment, chain) is None


def test_the_creditor_who_is_told_the_salt_finds_it(tmp_path: Path) -> None:
    chain, payment = paid(tmp_path)
    assert search(transfers(), of_a_payment, [sealed(payment.salt)], chain) == BANK
