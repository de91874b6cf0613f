"""The minting rule, clause by clause: [LEDGER-6, LEDGER-7, LEDGER-8, LEDGER-9, LEDGER-12]."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from contracts import limits, programmes
from contracts.partners import NO_POSITION
from primitives.amount import MAX_PER_DAY, MAX_SUPPLY, MICRO
from primitives.encoding import encode
from primitives.entries import (
    SUPPLY_KEY,
    Day,
    Limits,
    Mark,
    MarkKind,
    Position,
    Programme,
    Supply,
    day_key,
    mark_key,
    position_key,
    programme_key,
)
from primitives.genesis import PartnerLimits, Rate
from primitives.receipt import AccountOpened, Minted, Outcome, Receipt
from tests.builders import (
    BONUS,
    CUSTODIAN,
    DAY_MS,
    GENESIS_TIME,
    LIMITS,
    a_commitment,
    a_genesis,
    a_person,
    a_role,
)
from tests.ledger import Ledger

ALICE = a_person("Alice")
MAX_RATE_TERM = 2**32 - 1
POINT = 10_000
"""Units that one point of the bonus programme is worth."""
WIDE = replace(LIMITS, credit=10**12, mint_per_day=MAX_PER_DAY)
ENDLESS = {"reserve": MAX_SUPPLY, "reserve_ceiling": MAX_SUPPLY, "haircut": 0}


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


def with_limits(terms: PartnerLimits) -> Ledger:
    return Ledger(a_genesis(limits=terms))


def with_rate(numerator: int, denominator: int) -> Ledger:
    rate = Rate(GENESIS_TIME, numerator, denominator)
    wide = replace(WIDE, credit=0, **ENDLESS)
    return Ledger(a_genesis(limits=wide, programmes=[replace(BONUS, rates=(rate,))]))


def test_a_mint_grows_balance_supply_and_position_by_one_amount(ledger: Ledger) -> None:
    mint = ledger.mint("north", ALICE, 1_234)
    [verdict] = ledger.block(mint)
    amount = 1_234 * POINT
    events = (AccountOpened(ALICE.account), Minted("north", amount, amount))
    assert verdict == Receipt(mint.id, Outcome.DONE, events)
    assert ledger.balance(ALICE) == amount
    assert ledger.entry(SUPPLY_KEY, Supply) == Supply(amount, 0, 0)
    assert ledger.entry(position_key("north"), Position) == replace(NO_POSITION, minted=amount)
    assert ledger.entry(position_key("east"), Position) == NO_POSITION


def test_the_deposit_is_marked_with_the_transaction_that_used_it(ledger: Ledger) -> None:
    mint = ledger.mint("north", ALICE, 5, reference="receipt 77")
    ledger.block(mint)
    key = mark_key("north", MarkKind.COMMITMENT, a_commitment("receipt 77"))
    assert ledger.entry(key, Mark) == Mark(mint.id, ledger.height)


def test_a_deposit_is_used_once(ledger: Ledger) -> None:
    ledger.block(ledger.mint("north", ALICE, 5, reference="receipt 77"))
    again = ledger.mint("north", ALICE, 7, reference="receipt 77")
    assert ledger.send(again) == Outcome.COMMITMENT_USED
    assert ledger.balance(ALICE) == 5 * POINT


def test_a_deposit_of_a_refused_mint_is_still_unused(ledger: Ledger) -> None:
    refused = ledger.mint("north", ALICE, 5, reference="receipt 77", amount=1)
    assert ledger.send(refused) == Outcome.RATE_MISMATCH
    assert ledger.send(ledger.mint("north", ALICE, 5, reference="receipt 77")) == Outcome.DONE


def test_a_rival_cannot_use_up_another_partner_s_deposit(ledger: Ledger) -> None:
    ledger.block(ledger.mint("east", ALICE, 5, reference="receipt 77"))
    assert ledger.send(ledger.mint("north", ALICE, 5, reference="receipt 77")) == Outcome.DONE


def test_a_partner_that_does_not_exist_mints_nothing(ledger: Ledger) -> None:
    mint = ledger.mint("norht", ALICE, 5, issuer=a_role("north", "issuer"))
    assert ledger.send(mint) == Outcome.PARTNER_UNKNOWN


@pytest.mark.parametrize(
    "impostor",
    [a_role("east", "issuer"), a_role("north", "admin"), a_role(CUSTODIAN, "custodian")],
    ids=lambda person: person.name,
)
def test_only_the_partner_s_issuer_mints(ledger: Ledger, impostor: object) -> None:
    mint = ledger.mint("north", ALICE, 5, issuer=impostor)
    assert ledger.send(mint) == Outcome.NOT_ISSUER
    assert ledger.account(ALICE) is None


def test_a_customer_does_not_mint(ledger: Ledger) -> None:
    ledger.give(ALICE, MICRO)
    assert ledger.send(ledger.mint("north", ALICE, 5, issuer=ALICE)) == Outcome.NOT_ISSUER


def test_a_programme_that_does_not_exist_takes_no_deposit(ledger: Ledger) -> None:
    mint = ledger.mint("north", ALICE, 5, programme="miles")
    assert ledger.send(mint) == Outcome.PROGRAMME_UNKNOWN


def test_a_paused_programme_takes_no_deposit(ledger: Ledger) -> None:
    key = programme_key("north", "bonus")
    programme = ledger.entry(key, Programme)
    assert programme is not None
    ledger.state[key] = encode(replace(programme, paused=True))
    assert ledger.send(ledger.mint("north", ALICE, 5)) == Outcome.PROGRAMME_PAUSED


def test_a_programme_whose_first_rate_is_to_come_takes_no_deposit_before() -> None:
    start = GENESIS_TIME + DAY_MS
    later = replace(BONUS, rates=(Rate(start, 10_000, 1),))
    ledger = Ledger(a_genesis(programmes=[later]))
    assert ledger.send(ledger.mint("north", ALICE, 5)) == Outcome.RATE_NOT_IN_FORCE
    ledger.pass_time(start - ledger.time)
    assert ledger.send(ledger.mint("north", ALICE, 5)) == Outcome.DONE


@pytest.mark.parametrize("amount", [5 * POINT - 1, 5 * POINT + 1, 1, MAX_SUPPLY])
def test_the_amount_is_exactly_what_the_rate_says(ledger: Ledger, amount: int) -> None:
    assert ledger.send(ledger.mint("north", ALICE, 5, amount=amount)) == Outcome.RATE_MISMATCH


@pytest.mark.parametrize(
    ("points", "amount"), [(1, 3_333), (2, 6_666), (3, 10_000), (3_001, 10_003_333)]
)
def test_a_rate_rounds_down_to_a_unit(points: int, amount: int) -> None:
    ledger = with_rate(10_000, 3)
    mint = ledger.mint("north", a_role("east", "admin"), points, amount=amount)
    assert ledger.send(mint) == Outcome.DONE
    too_much = ledger.mint("north", a_role("east", "admin"), points, amount=amount + 1)
    assert ledger.send(too_much) == Outcome.RATE_MISMATCH


def test_points_that_are_worth_less_than_a_unit_mint_nothing() -> None:
    """The wire form has no amount of zero, and any other is not the rate's."""
    ledger = with_rate(1, 1_000)
    mint = ledger.mint("north", a_role("east", "admin"), 999, amount=1)
    assert ledger.send(mint) == Outcome.RATE_MISMATCH


def test_points_and_rate_at_their_edges_do_not_wrap() -> None:
    ledger = with_rate(MAX_RATE_TERM, 1)
    mint = ledger.mint("north", ALICE, MAX_SUPPLY, amount=MAX_SUPPLY)
    assert ledger.send(mint) == Outcome.RATE_MISMATCH
    ledger = with_rate(MAX_RATE_TERM, MAX_RATE_TERM)
    mint = ledger.mint("north", ALICE, MAX_SUPPLY, amount=MAX_SUPPLY - 1)
    ledger.refuse(mint, Outcome.RATE_MISMATCH)
    mint = ledger.mint("north", ALICE, MAX_SUPPLY, amount=MAX_SUPPLY)
    ledger.refuse(mint, Outcome.DAILY_CAP_EXCEEDED)
    mint = ledger.mint("north", ALICE, MAX_PER_DAY, amount=MAX_PER_DAY)
    assert ledger.send(mint) == Outcome.DONE
    assert ledger.scan().supply == MAX_PER_DAY


@given(
    points=st.integers(1, 2**63 - 1),
    numerator=st.integers(1, MAX_RATE_TERM),
    denominator=st.integers(1, MAX_RATE_TERM),
)
def test_rounding_never_gives_more_than_the_points_are_worth(
    points: int, numerator: int, denominator: int
) -> None:
    units = programmes.worth(points, Rate(0, numerator, denominator))
    assert units * denominator <= points * numerator < (units + 1) * denominator


def test_a_mint_opens_an_account_with_no_less_than_the_opening(ledger: Ledger) -> None:
    small = replace(BONUS, rates=(Rate(GENESIS_TIME, 1, 1),))
    ledger = Ledger(a_genesis(programmes=[small]))
    mint = ledger.mint("north", ALICE, 9_999, amount=9_999)
    assert ledger.send(mint) == Outcome.OUTPUT_BELOW_OPENING
    mint = ledger.mint("north", ALICE, 10_000, amount=10_000)
    assert ledger.send(mint) == Outcome.DONE
    mint = ledger.mint("north", ALICE, 1, amount=1)
    assert ledger.send(mint) == Outcome.DONE


def test_an_issuer_may_mint_to_itself(ledger: Ledger) -> None:
    issuer = a_role("north", "issuer")
    ledger.give(issuer, MICRO)
    assert (ledger.balance(issuer), ledger.sequence(issuer)) == (MICRO, 1)


def test_the_limit_may_be_reached_and_not_passed() -> None:
    """L = 3 LiqBon of credit + 10 of reserve, a tenth of it cut: 12."""
    ledger = with_limits(replace(LIMITS, credit=3 * MICRO, reserve=10 * MICRO, haircut=1_000))
    assert ledger.send(ledger.mint("north", ALICE, 1_201)) == Outcome.LIMIT_EXCEEDED
    assert ledger.send(ledger.mint("north", ALICE, 1_200)) == Outcome.DONE
    assert ledger.send(ledger.mint("north", ALICE, 1)) == Outcome.LIMIT_EXCEEDED
    assert ledger.send(ledger.mint("east", ALICE, 1)) == Outcome.DONE


def test_the_limit_bounds_the_net_position_not_all_that_was_ever_minted() -> None:
    """[LEDGER-3] north minted 3, 2 were redeemed, 1 refunded, 1 assumed by others: D = 1."""
    ledger = with_limits(replace(LIMITS, credit=3 * MICRO, reserve=0))
    ledger.give(ALICE, 2 * MICRO)
    net = Position(3 * MICRO, 2 * MICRO, MICRO, 5, 5, -MICRO, 0, 0)
    assert net.net == MICRO
    ledger.state[position_key("north")] = encode(net)
    assert ledger.send(ledger.mint("north", ALICE, 201)) == Outcome.LIMIT_EXCEEDED
    assert ledger.send(ledger.mint("north", ALICE, 200)) == Outcome.DONE


@pytest.mark.parametrize(
    ("reserve", "haircut", "counts", "limit"),
    [
        (1_000, 0, True, 1_007),
        (1_000, 10_000, True, 7),
        (1_000, 0, False, 7),
        (3, 3_334, True, 8),
        (2**63 - 1, 1, True, (2**63 - 1) * 9_999 // 10_000 + 7),
    ],
)
def test_a_reserve_counts_less_its_haircut_rounded_down(
    reserve: int, haircut: int, counts: bool, limit: int
) -> None:
    """[LEDGER-8]"""
    terms = replace(LIMITS, credit=7, reserve=reserve, reserve_ceiling=2**63 - 1, haircut=haircut)
    assert limits.limit(Limits(terms, counts, 0, 0, 0, None, None, None)) == limit


def test_a_reserve_counts_up_to_its_ceiling() -> None:
    """[LEDGER-8], [LEDGER-67]: what is held beyond it, since the ceiling was lowered, does not."""
    terms = replace(LIMITS, credit=7, reserve=2**63 - 1, reserve_ceiling=1_000, haircut=5_000)
    assert limits.recognised(Limits(terms, True, 0, 0, 0, None, None, None)) == 1_000
    assert limits.limit(Limits(terms, True, 0, 0, 0, None, None, None)) == 507


def test_the_daily_cap_bounds_a_stolen_key_until_midnight() -> None:
    ledger = with_limits(replace(LIMITS, mint_per_day=10 * MICRO))
    ledger.give(ALICE, 6 * MICRO)
    assert ledger.send(ledger.mint("north", ALICE, 401)) == Outcome.DAILY_CAP_EXCEEDED
    ledger.give(ALICE, 4 * MICRO)
    assert ledger.send(ledger.mint("north", ALICE, 1)) == Outcome.DAILY_CAP_EXCEEDED
    midnight = DAY_MS - ledger.time % DAY_MS
    late = ledger.mint("north", ALICE, 1, valid_until=ledger.time + 2 * DAY_MS)
    assert ledger.send(late, after_ms=midnight - 1) == Outcome.DAILY_CAP_EXCEEDED
    new_day = ledger.mint("north", ALICE, 1_000)
    assert ledger.send(new_day, after_ms=1) == Outcome.DONE
    assert ledger.entry(day_key("north"), Day) == Day(ledger.time // DAY_MS, 10 * MICRO, 0)


def test_a_cap_of_zero_stops_all_minting_of_that_partner() -> None:
    ledger = with_limits(replace(LIMITS, mint_per_day=0))
    assert ledger.send(ledger.mint("north", ALICE, 1)) == Outcome.DAILY_CAP_EXCEEDED


def test_a_limit_of_63_bits_mints_what_a_day_may_add_and_no_more() -> None:
    """[LEDGER-9] whatever stands behind it; the others mint as ever, and so does it tomorrow."""
    rate = replace(BONUS, rates=(Rate(GENESIS_TIME, 1, 1),))
    ledger = Ledger(a_genesis(limits=replace(WIDE, credit=0, **ENDLESS), programmes=[rate]))
    mint = ledger.mint("north", ALICE, MAX_PER_DAY + 1, amount=MAX_PER_DAY + 1)
    ledger.refuse(mint, Outcome.DAILY_CAP_EXCEEDED)
    mint = ledger.mint("north", ALICE, MAX_PER_DAY, amount=MAX_PER_DAY)
    assert ledger.send(mint) == Outcome.DONE
    ledger.refuse(ledger.mint("north", ALICE, 1, amount=1), Outcome.DAILY_CAP_EXCEEDED)
    mint = ledger.mint("east", ALICE, MAX_PER_DAY, amount=MAX_PER_DAY)
    assert ledger.send(mint) == Outcome.DONE
    ledger.pass_time(DAY_MS)
    assert ledger.send(ledger.mint("north", ALICE, 1, amount=1)) == Outcome.DONE
    assert ledger.scan().supply == 2 * MAX_PER_DAY + 1
    pay = ledger.transfer(ALICE, (a_person("Bob"), 2 * MAX_PER_DAY + 1))
    assert ledger.send(pay) == Outcome.DONE


@pytest.mark.parametrize(
    "totals",
    [Supply(MAX_SUPPLY - POINT + 1, 0, 0), Supply(MAX_SUPPLY - POINT, 1, 1)],
    ids=["minted alone", "minted and refunded"],
)
def test_a_total_that_no_history_leads_to_halts_before_it_leaves_its_type(totals: Supply) -> None:
    """[LEDGER-2] no user's fault, so no refusal: what a day adds is bounded for a hundred years."""
    ledger = Ledger()
    ledger.state[SUPPLY_KEY] = encode(totals)
    with pytest.raises(AssertionError, match="Supply"):
        ledger.send(ledger.mint("north", ALICE, 1))
