"""The state at height 0: [GEN-7] to [GEN-10], [STATE-6]."""

import pytest
from msgspec.structs import replace

from contracts import partners
from contracts.due import second_of
from contracts.genesis import genesis_changes
from contracts.invariants import Totals, check_all
from contracts.partners import NO_POSITION
from contracts.state import State
from contracts.transition import next_due_ms
from primitives.entries import (
    DIRECTORY_KEY,
    SUPPLY_KEY,
    Account,
    Directory,
    Limits,
    Partner,
    Position,
    Programme,
    PublishedRate,
    Supply,
    account_key,
    limits_key,
    partner_key,
    position_key,
    programme_key,
    rate_key,
)
from primitives.genesis import Genesis, Rate, Roles
from primitives.hashing import ZERO_DIGEST
from primitives.membership import PartnerKind, PartnerStatus
from tests.builders import (
    BONUS,
    CODES,
    CUSTODIAN,
    GENESIS_TIME,
    LIMITS,
    PARAMETERS,
    ROLES,
    SECOND_MS,
    a_genesis,
    a_role,
)
from tests.ledger import Ledger

CLOSING = GENESIS_TIME + PARAMETERS.settlement_cycle_ms
"""When the first settlement cycle closes."""
FIRST_LIMITS = Limits(LIMITS, True, 0, 0, 0, None, None, None)
FIRST_PROGRAMME = Programme(
    code=BONUS.code,
    name=BONUS.name,
    point=BONUS.point,
    terms_hash=BONUS.terms_hash,
    terms_url=BONUS.terms_url,
    paused=False,
    place=0,
    rate=BONUS.rates[0],
    published=1,
    newest=BONUS.rates[0],
    terms_place=0,
    terms_published=1,
    terms_newest=GENESIS_TIME,
)


def test_no_liqbon_exists_before_a_deposit() -> None:
    """[GEN-7]"""
    ledger = Ledger()
    assert ledger.scan() == Totals(entries=56, accounts=14, marks=0, supply=0, minted=0)
    assert ledger.entry(SUPPLY_KEY, Supply) == Supply(0, 0, 0)


def test_changes_come_by_ascending_key_and_each_once() -> None:
    keys = [key for key, _ in genesis_changes(a_genesis())]
    assert keys == sorted(dict.fromkeys(keys))


def test_every_founder_is_in_the_directory_with_all_it_needs() -> None:
    ledger = Ledger()
    assert ledger.entry(DIRECTORY_KEY, Directory) == Directory(CODES, ("vault", "referee"))
    assert partners.directory(State(ledger.state)).partners == CODES
    for founder in ledger.genesis.partners:
        code = founder.code
        kind, status = PartnerKind.CHAIN, PartnerStatus.ACTIVE
        roles, programmes = founder.roles, ("bonus",)
        expected = Partner(
            code, founder.name, "EUR", kind, status, roles, CUSTODIAN, programmes, proposals=0
        )
        assert ledger.entry(partner_key(code), Partner) == expected
        assert ledger.entry(position_key(code), Position) == NO_POSITION
        assert ledger.entry(limits_key(code), Limits) == FIRST_LIMITS
        programme = ledger.entry(programme_key(code, "bonus"), Programme)
        assert programme == FIRST_PROGRAMME
        rate = ledger.entry(rate_key(code, "bonus", 0), PublishedRate)
        assert rate == PublishedRate(BONUS.rates[0], GENESIS_TIME)


@pytest.mark.parametrize("role", ROLES)
def test_every_role_has_a_record_with_256_channels(role: str) -> None:
    """[GEN-8]"""
    ledger = Ledger()
    for code in CODES:
        assert ledger.account(a_role(code, role)) == Account(0, 256, 0, ZERO_DIGEST)


def test_an_account_with_many_roles_has_one_record() -> None:
    """[GEN-8]"""
    genesis = a_genesis()
    account = a_role("north", "admin").account
    one = Roles(account, account, account)
    founders = tuple(replace(founder, roles=one) for founder in genesis.partners)
    entries = dict(genesis_changes(replace(genesis, partners=founders)))
    assert check_all(entries.items()).accounts == 3, "and the two custodians'"
    assert account_key(account) in entries


def genesis_with_rates(*starts: int) -> Genesis:
    rates = tuple(Rate(start, 1_000 + i, 1) for i, start in enumerate(starts))
    limits = replace(LIMITS, reserve=0)
    return a_genesis(n=1, limits=limits, programmes=[replace(BONUS, rates=rates)])


@pytest.mark.parametrize(
    ("starts", "in_force", "next_due"),
    [
        ((0,), 0, CLOSING),
        ((0, GENESIS_TIME), 1, CLOSING),
        ((0, GENESIS_TIME + 1), 0, GENESIS_TIME + 1_000),
        ((GENESIS_TIME + 2_000, GENESIS_TIME + 9_000), -1, GENESIS_TIME + 2_000),
    ],
)
def test_the_newest_rate_begun_is_in_force_and_later_ones_fall_due(
    starts: tuple[int, ...], in_force: int, next_due: int | None
) -> None:
    """[GEN-10]"""
    ledger = Ledger(genesis_with_rates(*starts))
    programme_rates = ledger.genesis.partners[0].programmes[0].rates
    programme = ledger.entry(programme_key("north", "bonus"), Programme)
    assert programme is not None
    assert programme.place == in_force
    assert programme.rate == (None if in_force < 0 else programme_rates[in_force])
    assert next_due_ms(ledger.state) == next_due


@pytest.mark.parametrize(
    ("reserve", "age", "counts"),
    [
        (1, 0, True),
        (1, PARAMETERS.reserve_lapse_ms - 1, True),
        (1, PARAMETERS.reserve_lapse_ms, False),
        (0, 0, False),
    ],
)
def test_a_reserve_counts_while_its_attestation_is_young(
    reserve: int, age: int, counts: bool
) -> None:
    """[GEN-9] and nothing is put into the calendar that has already come."""
    terms = replace(LIMITS, reserve=reserve, reserve_attested=GENESIS_TIME - age)
    ledger = Ledger(a_genesis(n=1, limits=terms))
    limits = ledger.entry(limits_key("north"), Limits)
    assert limits is not None
    assert limits.reserve_counts == counts
    due = next_due_ms(ledger.state)
    lapse = GENESIS_TIME + PARAMETERS.reserve_lapse_ms - age
    assert due == (min(CLOSING, second_of(lapse) * SECOND_MS) if counts else CLOSING)
    ledger.scan()


def test_a_founder_without_a_programme_is_a_partner_all_the_same() -> None:
    ledger = Ledger(a_genesis(programmes=[]))
    ledger.scan()
    partner = ledger.entry(partner_key("west"), Partner)
    assert partner is not None
    assert partner.programmes == ()


@pytest.mark.parametrize("n", [1, 7, 100])
def test_the_first_state_of_any_number_of_founders_is_sound(n: int) -> None:
    ledger = Ledger(a_genesis(n=n))
    assert ledger.scan().accounts == 3 * n + 2
