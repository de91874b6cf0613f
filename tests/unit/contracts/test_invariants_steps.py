"""What a step may not do to balances, positions and obligations is found, and told what it is.

[LEDGER-12], [LEDGER-17] to [LEDGER-19], [LEDGER-27] to [LEDGER-32]: each forbidden change is made
once, to a ledger where a bit of everything stands (``busy.py``).
"""

import pytest
from msgspec.structs import replace

from primitives.amount import MICRO
from primitives.encoding import encode
from primitives.entries import (
    SETTLEMENT_KEY,
    SUPPLY_KEY,
    Account,
    CycleLine,
    Day,
    Mark,
    MarkKind,
    Obligation,
    ObligationStatus,
    Redemption,
    Settlement,
    SettlementCycle,
    Supply,
    account_key,
    cycle_key,
    day_key,
    limits_key,
    mark_key,
    obligation_key,
    redemption_key,
)
from tests.builders import a_role, an_id
from tests.ledger import Ledger
from tests.unit.contracts.busy import (
    ADMINS,
    ALICE,
    CUSTODIANS,
    NOW,
    Breaks,
    Case,
    Change,
    both,
    changed,
    drop,
    limits,
    position,
    put,
    refused,
    stepped,
)

HEIGHT, TIME = NOW.height, NOW.time
NORTH, EAST, SOUTH, WEST = ADMINS.values()
VAULT, REFEREE = CUSTODIANS
ISSUER, CASHIER = a_role("north", "issuer"), a_role("east", "cashier")
DEBT = obligation_key(1, 0)
SPENT = redemption_key("east", an_id("invoice 1"))
STATUS = ObligationStatus
ALICE_KEY = account_key(ALICE.account)
NEW_ID = bytes(31) + b"\x01"


def settled(amount: int, status: STATUS, **fields: object) -> Breaks:
    """The debt with positions and limits as they must then be."""
    own = {"settled": amount, "status": status, "earmark": 0} | fields
    late = bool(fields.get("late"))
    return both(
        changed(DEBT, Obligation, **own),
        position("north", paid=amount, payable=3 * MICRO - amount),
        position("east", received=amount, receivable=3 * MICRO - amount),
        limits("north", earmarked=0, overdue=int(late)),
    )


def spend(amount: int) -> Breaks:
    """Alice redeems at east; all sums as they must be."""
    used = Redemption(ALICE.account, amount, 0, NEW_ID, HEIGHT)
    return both(
        put(redemption_key("east", NEW_ID), used),
        changed(ALICE_KEY, Account, balance=7 * MICRO - amount),
        changed(SUPPLY_KEY, Supply, redeemed=4 * MICRO + amount),
        position("east", redeemed=4 * MICRO + amount),
    )


def minted(amount: int, **day: int) -> Breaks:
    """North mints to Alice; all sums as they must be, but for the mark of the deposit."""
    counted = {"day": NOW.day, "minted": amount, "refunded": 0} | day
    return both(
        changed(ALICE_KEY, Account, balance=7 * MICRO + amount),
        changed(SUPPLY_KEY, Supply, minted=10 * MICRO + amount),
        position("north", minted=10 * MICRO + amount),
        put(day_key("north"), Day(**counted)),
    )


DEPOSIT = put(mark_key("north", MarkKind.COMMITMENT, NEW_ID), Mark(NEW_ID, HEIGHT))


def low_bound(ledger: Ledger) -> list[Change]:
    """K was 3 LiqBon before the step."""
    stands = ledger.limits("east")
    low = replace(stands, terms=replace(stands.terms, claim_bound=3 * MICRO))
    ledger.state[limits_key("east")] = encode(low)
    return []


BAD_STEPS: dict[str, Case] = {
    "a redemption that its payer did not sign": (spend(MICRO), [], "who redeemed signed"),
    "a redemption for another": (
        both(
            changed(ALICE_KEY, Account, balance=6 * MICRO),
            changed(SUPPLY_KEY, Supply, redeemed=5 * MICRO),
            position("east", redeemed=5 * MICRO),
            put(
                redemption_key("east", NEW_ID),
                Redemption(CASHIER.account, MICRO, 0, NEW_ID, HEIGHT),
            ),
        ),
        [ALICE],
        "who redeemed signed",
    ),
    "a redemption of another height": (
        put(redemption_key("east", NEW_ID), Redemption(ALICE.account, 1, 0, NEW_ID, 1)),
        [ALICE],
        "a redemption is of its block",
    ),
    "an invoice redeemed again": (
        changed(SPENT, Redemption, payer=EAST.account),
        [EAST],
        "a redemption stays",
    ),
    "a refund taken back": (changed(SPENT, Redemption, refunded=0), [], "refunds only grow"),
    "a refund that nobody counted": (
        changed(SPENT, Redemption, refunded=2 * MICRO),
        [CASHIER],
        "what moved the position of east",
    ),
    "more than others may come to owe": (
        both(spend(MICRO), low_bound),
        [ALICE],
        "what others owe within K",
    ),
    "a mint without a deposit": (minted(MICRO), [ISSUER], "minted is what was deposited"),
    "a mint that the issuer did not sign": (
        both(minted(MICRO), DEPOSIT),
        [ALICE],
        "a deposit is noted by the issuer",
    ),
    "a mint that no day counts": (
        both(minted(MICRO, minted=0, day=NOW.day), DEPOSIT),
        [ISSUER],
        "what was counted today",
    ),
    "a mint of another day": (
        both(minted(MICRO, day=NOW.day - 1), DEPOSIT),
        [ISSUER],
        "a day is counted in which it is",
    ),
    "a mint beyond the cap": (
        both(minted(20_001 * MICRO), DEPOSIT),
        [ISSUER],
        "minted today within the cap",
    ),
    "a mint beyond the limit": (
        both(minted(55_000 * MICRO), DEPOSIT),
        [ISSUER],
        "D and receivables within the limit",
    ),
    "a mark of another height": (
        put(mark_key("north", MarkKind.COMMITMENT, NEW_ID), Mark(NEW_ID, HEIGHT - 1)),
        [ISSUER],
        "a mark is of its block",
    ),
    "a mark of a later kind": (
        put(mark_key("north", 99, NEW_ID), Mark(NEW_ID, HEIGHT)),
        [ISSUER],
        "the kind of a mark",
    ),
    "a refund that the cashier did not sign": (
        put(mark_key("east", MarkKind.REFUND, NEW_ID), Mark(NEW_ID, HEIGHT)),
        [EAST],
        "a refund is noted by the cashier",
    ),
    "D that others take over": (
        both(position("north", assumed=-1), position("east", assumed=1)),
        [],
        "what others paid for it",
    ),
    "a debt settled by nobody's word": (
        settled(3 * MICRO, STATUS.SETTLED),
        [WEST],
        "nobody spoke and no deadline passed",
    ),
    "a debt settled by the debtor's word": (
        settled(3 * MICRO, STATUS.SETTLED),
        [NORTH],
        "settled or overdue by nobody's word",
    ),
    "a debt overdue before its time": (
        settled(0, STATUS.OVERDUE, late=True, deadline=TIME + 1),
        [NORTH],
        "settled or overdue by nobody's word",
    ),
    "a debt to somebody else": (
        changed(DEBT, Obligation, creditor="west"),
        [EAST],
        "an obligation stays",
    ),
    "another reference without the debtor": (
        changed(DEBT, Obligation, reference=NEW_ID),
        [EAST],
        "the debtor named its payment",
    ),
    "claimed without the debtor": (
        both(
            changed(DEBT, Obligation, status=STATUS.CLAIMED, earmark=0),
            limits("north", earmarked=0),
        ),
        [EAST],
        "the debtor named its payment",
    ),
    "a deadline that was": (
        changed(DEBT, Obligation, deadline=TIME),
        [EAST],
        "a deadline lies ahead",
    ),
    "open again": (
        changed(DEBT, Obligation, status=STATUS.OPEN, reference=None, earmark=0),
        [NORTH, EAST],
        "an obligation is not opened again",
    ),
    "an obligation of a cycle that closed": (
        lambda ledger: [(obligation_key(2, 0), ledger.state[DEBT])],
        [NORTH, EAST],
        "an obligation arises with its cycle",
    ),
    "an earmark that limits do not count": (
        changed(DEBT, Obligation, earmark=MICRO),
        [EAST],
        "what is held for disputes",
    ),
    "a cycle written anew": (
        changed(cycle_key(1), SettlementCycle, height=1),
        [],
        "a cycle closes once",
    ),
    "a cycle closed before its time": (
        both(
            put(cycle_key(3), SettlementCycle(TIME, HEIGHT, (CycleLine("north", 1, 0),), 0)),
            changed(SETTLEMENT_KEY, Settlement, cycle=4),
        ),
        [],
        "a cycle closes when it is due",
    ),
    "a settlement that skips a cycle": (
        changed(SETTLEMENT_KEY, Settlement, cycle=5),
        [],
        "one cycle closes at a time",
    ),
    "a settlement that moves on alone": (
        changed(SETTLEMENT_KEY, Settlement, cycle=4),
        [],
        f"the entry under {cycle_key(3).hex()}",
    ),
    "another judge": (
        changed(SETTLEMENT_KEY, Settlement, custodian="vault"),
        [REFEREE],
        "who judges payments",
    ),
    "a redemption that vanished": (drop(SPENT), [CASHIER], "only what fell due is removed"),
    "an obligation that vanished": (drop(DEBT), [EAST], "only what fell due is removed"),
}
GOOD_STEPS: dict[str, Case] = {
    "a redemption": (spend(MICRO), [ALICE], ""),
    "a mint": (both(minted(MICRO), DEPOSIT), [ISSUER], ""),
    "a debt settled by the creditor": (settled(3 * MICRO, STATUS.SETTLED), [EAST], ""),
    "a debt settled by the judge": (settled(3 * MICRO, STATUS.SETTLED), [REFEREE], ""),
}


@pytest.mark.parametrize("name", BAD_STEPS)
def test_a_step_is_found_broken_by(name: str) -> None:
    refused(BAD_STEPS[name])


@pytest.mark.parametrize("name", GOOD_STEPS)
def test_what_may_happen_is_not_found_broken(name: str) -> None:
    """So the steps above fail for what is wrong with them alone."""
    stepped(GOOD_STEPS[name])
