"""Programmes and their rates: [LEDGER-33, LEDGER-34, LEDGER-35, LEDGER-20, LEDGER-11]."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from contracts import programmes
from primitives.actions import Action, ProgrammeOpen, ProgrammePause, ProgrammeSetRate
from primitives.amount import MICRO
from primitives.entries import (
    MAX_VALUE,
    Partner,
    Programme,
    PublishedRate,
    partner_key,
    programme_key,
    rate_key,
)
from primitives.genesis import Genesis, Rate
from primitives.receipt import (
    Event,
    Outcome,
    ProgrammeOpened,
    ProgrammePaused,
    RateChanged,
    RatePublished,
    Receipt,
)
from tests.builders import (
    BONUS,
    CUSTODIAN,
    DAY_MS,
    GENESIS_TIME,
    HOUR_MS,
    PARAMETERS,
    SECOND_MS,
    Person,
    a_genesis,
    a_person,
    a_role,
)
from tests.ledger import Ledger

ALICE = a_person("Alice")
ADMIN = a_role("north", "admin")
NOTICE = PARAMETERS.rate_notice_ms
YEAR = 366 * DAY_MS
MILES = ProgrammeOpen(
    partner="north",
    programme="miles",
    name="Miles",
    point="mile",
    terms_hash=bytes(32),
    terms_url="https://example.com/miles",
    numerator=20_000,
    denominator=3,
)


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(undisturbed())


def undisturbed() -> Genesis:
    """Neither a lapse nor a closing in the next year."""
    lasting = replace(PARAMETERS, settlement_cycle_ms=400 * DAY_MS, reserve_lapse_ms=400 * DAY_MS)
    return a_genesis(parameters=lasting)


def programme(ledger: Ledger, code: str = "bonus") -> Programme:
    found = ledger.entry(programme_key("north", code), Programme)
    assert found is not None
    return found


def published(ledger: Ledger, place: int, code: str = "bonus") -> PublishedRate | None:
    return ledger.entry(rate_key("north", code, place), PublishedRate)


def done(ledger: Ledger, action: Action, after_ms: int = SECOND_MS) -> tuple[Event, ...]:
    """The events of north's admin doing it."""
    [verdict] = ledger.block(ledger.act(ADMIN, action), after_ms=after_ms)
    assert isinstance(verdict, Receipt)
    assert verdict.outcome == Outcome.DONE
    return verdict.events


def rate_of(numerator: int, since: int = 0, denominator: int = 1) -> ProgrammeSetRate:
    return ProgrammeSetRate("north", "bonus", numerator, denominator, since)


def refused(ledger: Ledger, action: Action, outcome: Outcome, by: Person = ADMIN) -> None:
    ledger.refuse(ledger.act(by, action), outcome)


EACH = [MILES, rate_of(10_001), ProgrammePause("north", "bonus", paused=True)]


@pytest.mark.parametrize("action", EACH, ids=lambda action: type(action).__name__)
def test_only_the_partner_s_admin_speaks_of_its_programmes(ledger: Ledger, action: Action) -> None:
    strangers = [
        a_role("east", "admin"),
        a_role("north", "issuer"),
        a_role("north", "cashier"),
        a_role(CUSTODIAN, "custodian"),
    ]
    for stranger in strangers:
        refused(ledger, action, Outcome.NOT_ADMIN, by=stranger)
    refused(ledger, replace(action, partner="nobody"), Outcome.PARTNER_UNKNOWN)
    assert ledger.send(ledger.act(ADMIN, action)) == Outcome.DONE


# Opening


def test_a_programme_is_opened_and_takes_deposits_at_once(ledger: Ledger) -> None:
    """[LEDGER-33]"""
    opening = ledger.act(ADMIN, MILES)
    mint = ledger.mint("north", ALICE, 4, programme="miles", amount=26_666)
    verdicts = ledger.block(opening, mint)
    assert [v.outcome for v in verdicts if isinstance(v, Receipt)] == [Outcome.DONE] * 2
    assert isinstance(verdicts[0], Receipt)
    assert verdicts[0].events == (ProgrammeOpened("north", "miles"),)
    rate = Rate(ledger.time, 20_000, 3)
    assert programme(ledger, "miles") == Programme(
        code="miles",
        name="Miles",
        point="mile",
        terms_hash=bytes(32),
        terms_url="https://example.com/miles",
        paused=False,
        place=0,
        rate=rate,
        published=1,
        newest=rate,
        terms_place=0,
        terms_published=1,
        terms_newest=ledger.time,
    )
    assert published(ledger, 0, "miles") == PublishedRate(rate, ledger.time)
    partner = ledger.entry(partner_key("north"), Partner)
    assert partner is not None
    assert partner.programmes == ("bonus", "miles")
    ledger.scan()


def test_a_programme_is_opened_once(ledger: Ledger) -> None:
    """[LEDGER-33]"""
    refused(ledger, replace(MILES, programme="bonus"), Outcome.PROGRAMME_EXISTS)
    done(ledger, MILES)
    refused(ledger, replace(MILES, numerator=1), Outcome.PROGRAMME_EXISTS)


def test_rivals_may_use_the_same_code(ledger: Ledger) -> None:
    done(ledger, MILES)
    theirs = ledger.act(a_role("east", "admin"), replace(MILES, partner="east"))
    assert ledger.send(theirs) == Outcome.DONE


def test_sixteen_programmes_and_no_more(ledger: Ledger) -> None:
    """[LEDGER-33] and a code that exists is told before that there is no room."""
    for number in range(15):
        done(ledger, replace(MILES, programme=f"{number:0>32}"))
    refused(ledger, MILES, Outcome.PROGRAMMES_FULL)
    refused(ledger, replace(MILES, programme="bonus"), Outcome.PROGRAMME_EXISTS)
    assert len(ledger.state[partner_key("north")]) < MAX_VALUE
    ledger.scan()


# Rates


def test_a_better_rate_starts_at_once(ledger: Ledger) -> None:
    """[LEDGER-34]"""
    events = done(ledger, rate_of(10_001))
    rate = Rate(ledger.time, 10_001, 1)
    assert events == (RatePublished("north", "bonus", rate), RateChanged("north", "bonus", rate))
    now = programme(ledger)
    assert (now.place, now.rate, now.published, now.newest) == (1, rate, 2, rate)
    assert published(ledger, 1) == PublishedRate(rate, ledger.time)
    assert ledger.send(ledger.mint("north", ALICE, 100)) == Outcome.RATE_MISMATCH
    assert ledger.send(ledger.mint("north", ALICE, 100, amount=1_000_100)) == Outcome.DONE


def test_a_start_in_the_past_is_now(ledger: Ledger) -> None:
    """[LEDGER-34] nobody was promised a better rate before it was published."""
    done(ledger, rate_of(10_001, since=GENESIS_TIME))
    assert programme(ledger).newest.since == ledger.time


@pytest.mark.parametrize(
    ("numerator", "denominator", "worse"),
    [
        (10_000, 1, False),
        (9_999, 1, True),
        (20_000, 2, False),
        (19_999, 2, True),
        (2**32 - 1, 429_496, False),
        (2**32 - 1, 429_497, True),
    ],
)
def test_what_is_worth_less_is_worse_compared_exactly(
    ledger: Ledger, numerator: int, denominator: int, worse: bool
) -> None:
    """[LEDGER-34] 10,000 units a point until now."""
    action = rate_of(numerator, denominator=denominator)
    outcome = ledger.send(ledger.act(ADMIN, action))
    assert outcome == (Outcome.RATE_NOTICE_SHORT if worse else Outcome.DONE)


terms = st.integers(1, 2**32 - 1)


@given(terms, terms, terms, terms)
def test_worse_is_an_order_of_fractions(a: int, b: int, c: int, d: int) -> None:
    assert programmes.is_worse(Rate(0, a, b), Rate(0, c, d)) == (a * d < c * b)
    assert not programmes.is_worse(Rate(0, a, b), Rate(0, a, b))


def test_a_worse_rate_needs_its_notice_to_the_millisecond(ledger: Ledger) -> None:
    """[LEDGER-34]"""
    refused(ledger, rate_of(9_999), Outcome.RATE_NOTICE_SHORT)
    short = ledger.context().time + NOTICE - 1
    refused(ledger, rate_of(9_999, since=short), Outcome.RATE_NOTICE_SHORT)
    start = ledger.context().time + NOTICE
    events = done(ledger, rate_of(9_999, since=start))
    assert events == (RatePublished("north", "bonus", Rate(start, 9_999, 1)),)
    assert programme(ledger).rate == BONUS.rates[0]
    fields = {"valid_until": start + HOUR_MS}
    last = ledger.mint("north", ALICE, 100, **fields)
    assert ledger.send(last, after_ms=start - ledger.time - 1) == Outcome.DONE
    first = ledger.mint("north", ALICE, 100, amount=999_900, **fields)
    assert ledger.send(first, after_ms=1) == Outcome.DONE
    assert programme(ledger).rate == Rate(start, 9_999, 1)


def test_back_to_a_rate_that_was_better_a_moment_ago_needs_notice(ledger: Ledger) -> None:
    """[LEDGER-34] a good day is not taken back the next."""
    done(ledger, rate_of(20_000))
    refused(ledger, rate_of(10_000), Outcome.RATE_NOTICE_SHORT)


def test_a_rate_is_compared_with_the_newest_published_not_with_that_in_force(
    ledger: Ledger,
) -> None:
    """[LEDGER-34] 8,000 are announced; 9,000 after it is better than that, and needs no notice."""
    start = ledger.context().time + NOTICE
    done(ledger, rate_of(8_000, since=start))
    done(ledger, rate_of(9_000, since=start + 1))
    refused(ledger, rate_of(8_999, since=start + 2), Outcome.RATE_NOTICE_SHORT)


@pytest.mark.parametrize("ahead", [0, DAY_MS])
def test_no_rate_starts_before_or_with_the_newest_published(ledger: Ledger, ahead: int) -> None:
    """[LEDGER-34] so an announced rate cannot be undercut, or called off."""
    newest = ledger.context().time + NOTICE
    done(ledger, rate_of(9_000, since=newest))
    refused(ledger, rate_of(10**6, since=newest - ahead), Outcome.RATE_UNORDERED)
    refused(ledger, rate_of(10**6), Outcome.RATE_UNORDERED)
    done(ledger, rate_of(10**6, since=newest + 1))


def test_two_rates_at_once_in_one_block_are_one_too_many(ledger: Ledger) -> None:
    """Of one moment there is one rate."""
    first, second = (
        ledger.act(ADMIN, rate_of(numerator), sequence=place)
        for place, numerator in enumerate((10_001, 10_002))
    )
    verdicts = ledger.block(first, second)
    assert [v.outcome for v in verdicts if isinstance(v, Receipt)] == [
        Outcome.DONE,
        Outcome.RATE_UNORDERED,
    ]


def test_a_rate_is_published_at_most_366_days_ahead(ledger: Ledger) -> None:
    """[LEDGER-34]"""
    far = ledger.context().time + YEAR + 1
    refused(ledger, rate_of(1, since=far), Outcome.RATE_TOO_FAR)
    refused(ledger, rate_of(1, since=2**53), Outcome.RATE_TOO_FAR)
    done(ledger, rate_of(1, since=far + SECOND_MS - 1))


def test_the_order_of_reasons_for_a_rate(ledger: Ledger) -> None:
    """[LEDGER-34] unknown, then unordered, then too far, then the notice."""
    newest = ledger.context().time + YEAR
    done(ledger, rate_of(9_000, since=newest))
    unknown = replace(rate_of(1, since=newest), programme="miles")
    refused(ledger, unknown, Outcome.PROGRAMME_UNKNOWN)
    refused(ledger, rate_of(1, since=newest), Outcome.RATE_UNORDERED)
    refused(ledger, rate_of(1, since=newest + HOUR_MS), Outcome.RATE_TOO_FAR)


def test_a_rate_overtaken_within_its_second_does_not_come_back(ledger: Ledger) -> None:
    """[LEDGER-11] its item waits for the end of the second; a later rate began meanwhile."""
    done(ledger, rate_of(11_000, since=ledger.context().time + 1))
    done(ledger, rate_of(12_000), after_ms=500)
    now = programme(ledger)
    assert (now.place, now.rate) == (2, Rate(ledger.time, 12_000, 1))
    [receipt] = ledger.pass_time(500).receipts
    assert receipt.events == ()
    assert programme(ledger) == now
    assert published(ledger, 1) is not None, "the history keeps it"


def test_the_history_keeps_every_rate_in_order(ledger: Ledger) -> None:
    """[LEDGER-34] and when each was published, for ever."""
    times = [GENESIS_TIME]
    for numerator in range(10_001, 10_006):
        done(ledger, rate_of(numerator))
        times.append(ledger.time)
    history = [published(ledger, place) for place in range(7)]
    assert history[6] is None
    assert [held.published for held in history if held] == times
    assert [held.rate.numerator for held in history if held] == [*range(10_000, 10_006)]
    ledger.scan()


def test_a_programme_that_has_not_begun_may_begin_sooner_at_no_worse_a_rate() -> None:
    """The newest published counts, though none is in force."""
    start = GENESIS_TIME + 10 * DAY_MS
    later = replace(BONUS, rates=(Rate(start, 10_000, 1),))
    ledger = Ledger(a_genesis(programmes=[later]))
    refused(ledger, rate_of(20_000), Outcome.RATE_UNORDERED)
    done(ledger, rate_of(20_000, since=start + 1))


def test_customers_keep_what_they_have_whatever_the_rate(ledger: Ledger) -> None:
    """[LEDGER-20] a worse rate is for deposits to come."""
    ledger.give(ALICE, 5 * MICRO)
    done(ledger, rate_of(1, since=ledger.context().time + NOTICE))
    ledger.pass_time(NOTICE + SECOND_MS)
    assert ledger.balance(ALICE) == 5 * MICRO
    assert ledger.send(ledger.redeem(ALICE, ledger.invoice("north", 5 * MICRO))) == Outcome.DONE


# Pauses


def test_a_pause_stops_deposits_and_nothing_else(ledger: Ledger) -> None:
    """[LEDGER-35]"""
    ledger.give(ALICE, 5 * MICRO)
    before = programme(ledger)
    events = done(ledger, ProgrammePause("north", "bonus", paused=True))
    assert events == (ProgrammePaused("north", "bonus", True),)
    assert programme(ledger) == replace(before, paused=True)
    ledger.refuse(ledger.mint("north", ALICE, 1), Outcome.PROGRAMME_PAUSED)
    invoice = ledger.invoice("north", 5 * MICRO)
    assert ledger.send(ledger.redeem(ALICE, invoice)) == Outcome.DONE
    assert ledger.send(ledger.refund("north", invoice.id, MICRO)) == Outcome.DONE
    done(ledger, rate_of(10_001))
    assert programme(ledger).paused
    events = done(ledger, ProgrammePause("north", "bonus", paused=False))
    assert events == (ProgrammePaused("north", "bonus", False),)
    assert ledger.send(ledger.mint("north", ALICE, 1, amount=10_001)) == Outcome.DONE


def test_rates_begin_while_a_programme_is_paused(ledger: Ledger) -> None:
    """[LEDGER-11, LEDGER-35]"""
    done(ledger, rate_of(11_000, since=ledger.context().time + DAY_MS))
    done(ledger, ProgrammePause("north", "bonus", paused=True))
    ledger.pass_time(DAY_MS)
    now = programme(ledger)
    assert (now.paused, now.place) == (True, 1)


@pytest.mark.parametrize("paused", [True, False])
def test_a_pause_that_changes_nothing_is_refused(ledger: Ledger, paused: bool) -> None:
    """[LEDGER-35]"""
    action = ProgrammePause("north", "bonus", paused)
    if paused:
        done(ledger, action)
    refused(ledger, action, Outcome.PROGRAMME_UNCHANGED)
    refused(ledger, replace(action, programme="miles"), Outcome.PROGRAMME_UNKNOWN)
