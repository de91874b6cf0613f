"""Programmes opened, rated and paused, their terms, and what of it begins: a block each."""

from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from primitives.actions import (
    ProgrammeOpen,
    ProgrammePause,
    ProgrammeSetRate,
    ProgrammeSetTerms,
)
from primitives.receipt import Outcome
from primitives.transaction import Decoded
from tests.builders import (
    BONUS,
    DAY_MS,
    PARAMETERS,
    Person,
    a_genesis,
    a_person,
    a_role,
    an_id,
)
from tests.ledger import Ledger
from tests.vectors.recording import FIELDS as FIELDS
from tests.vectors.recording import record

ADMIN = a_role("north", "admin")
NOTICE = PARAMETERS.rate_notice_ms
YEAR = 366 * DAY_MS
Case = Callable[[Ledger], list[Decoded]]


def open_one(code: str = "miles", partner: str = "north", by: Person = ADMIN) -> Case:
    def case(ledger: Ledger) -> list[Decoded]:
        opened = ProgrammeOpen(
            partner=partner,
            programme=code,
            name="Miles and more",
            point="mile",
            terms_hash=BONUS.terms_hash,
            terms_url="https://example.com/miles",
            numerator=20_000,
            denominator=3,
        )
        return [ledger.act(by, opened)]

    return case


def rate(
    numerator: int, ahead: int | None = None, partner: str = "north", by: Person = ADMIN
) -> Case:
    """``ahead`` of the block's time; at once if None. The programme's rate is 10,000."""

    def case(ledger: Ledger) -> list[Decoded]:
        since = 0 if ahead is None else ledger.context().time + ahead
        return [ledger.act(by, ProgrammeSetRate(partner, "bonus", numerator, 1, since))]

    return case


def pause(*, paused: bool, partner: str = "north", code: str = "bonus", by: Person = ADMIN) -> Case:
    return lambda ledger: [ledger.act(by, ProgrammePause(partner, code, paused))]


def terms(
    said: str = "new terms",
    ahead: int | None = None,
    partner: str = "north",
    code: str = "bonus",
    by: Person = ADMIN,
) -> Case:
    """``ahead`` of the block's time; as soon as notice is over if None."""

    def case(ledger: Ledger) -> list[Decoded]:
        since = 0 if ahead is None else ledger.context().time + ahead
        url = f"https://example.com/{said.replace(' ', '-')}"
        action = ProgrammeSetTerms(partner, code, an_id(said), url, since)
        return [ledger.act(by, action)]

    return case


def a_second_before(ledger: Ledger) -> list[Decoded]:
    """The newest terms start in a second."""
    assert ledger.send(*terms(ahead=NOTICE + 1_000)(ledger)) == Outcome.DONE
    return terms("other terms", NOTICE)(ledger)


def a_second_after(ledger: Ledger) -> list[Decoded]:
    assert ledger.send(*terms()(ledger)) == Outcome.DONE
    return terms("other terms")(ledger)


def unknown_rate(ledger: Ledger) -> list[Decoded]:
    return [ledger.act(ADMIN, ProgrammeSetRate("north", "miles", 1, 1, 0))]


def full(ledger: Ledger) -> list[Decoded]:
    for number in range(15):
        assert ledger.send(*open_one(f"p{number}")(ledger)) == Outcome.DONE
    return open_one("one-more")(ledger)


def paused_twice(ledger: Ledger) -> list[Decoded]:
    assert ledger.send(*pause(paused=True)(ledger)) == Outcome.DONE
    return pause(paused=True)(ledger)


def paused_and_minted(ledger: Ledger) -> list[Decoded]:
    return [*pause(paused=True)(ledger), ledger.mint("north", a_person("Alice"), 5)]


def resumed(ledger: Ledger) -> list[Decoded]:
    assert ledger.send(*pause(paused=True)(ledger)) == Outcome.DONE
    return [*pause(paused=False)(ledger), ledger.mint("north", a_person("Alice"), 5)]


def better_then_back(ledger: Ledger) -> list[Decoded]:
    """What was the rate a moment ago is a worse one now."""
    assert ledger.send(*rate(10_001)(ledger)) == Outcome.DONE
    return rate(10_000, NOTICE - 1)(ledger)


def before_the_newest(ledger: Ledger) -> list[Decoded]:
    assert ledger.send(*rate(9_000, NOTICE)(ledger)) == Outcome.DONE
    return rate(11_000, NOTICE - 1_000)(ledger)


EAST = a_role("east", "admin")

CASES: dict[str, Case] = {
    "a programme opened": open_one(),
    "opened and minted in one block": lambda ledger: [
        *open_one()(ledger),
        ledger.mint("north", a_person("Alice"), 5, programme="miles", amount=33_333),
    ],
    "partner_unknown": open_one(partner="nobody"),
    "not_admin": open_one(by=EAST),
    "programme_exists": open_one("bonus"),
    "programmes_full": full,
    "a better rate at once": rate(10_001),
    "an equal rate at once": rate(10_000),
    "a better rate to come": rate(10_001, DAY_MS),
    "a worse rate with just the notice": rate(9_999, NOTICE),
    "a rate as far ahead as may be": rate(1, YEAR),
    "partner_unknown of a rate": rate(1, partner="nobody"),
    "not_admin of a rate": rate(10_001, by=a_role("north", "issuer")),
    "programme_unknown of a rate": unknown_rate,
    "rate_notice_short": rate(9_999, NOTICE - 1),
    "rate_notice_short after a better one": better_then_back,
    "rate_too_far": rate(10_001, YEAR + 1),
    "rate_unordered": before_the_newest,
    "paused, and a mint beside it": paused_and_minted,
    "taken up again": resumed,
    "partner_unknown of a pause": pause(paused=True, partner="nobody"),
    "not_admin of a pause": pause(paused=True, by=EAST),
    "programme_unknown of a pause": pause(paused=True, code="miles"),
    "programme_unchanged": pause(paused=False),
    "programme_unchanged when paused": paused_twice,
    "new terms as soon as notice is over": terms(),
    "new terms that say too little notice": terms(ahead=NOTICE - 1),
    "new terms to come": terms(ahead=NOTICE + DAY_MS),
    "new terms as far ahead as may be": terms(ahead=YEAR),
    "other terms a second after": a_second_after,
    "partner_unknown of terms": terms(partner="nobody"),
    "not_admin of terms": terms(by=a_role("north", "cashier")),
    "programme_unknown of terms": terms(code="miles"),
    "terms_unordered": a_second_before,
    "terms_too_far": terms(ahead=YEAR + 1),
}


def the_ledger() -> Ledger:
    """Two founders; nothing but programmes happens for a year."""
    lasting = replace(PARAMETERS, settlement_cycle_ms=400 * DAY_MS, reserve_lapse_ms=400 * DAY_MS)
    return Ledger(a_genesis(n=2, parameters=lasting))


def due() -> list[dict[str, object]]:
    """Published rates begin, each in its time."""
    ledger = the_ledger()
    start = ledger.context().time + NOTICE
    starts = ((9_000, start), (9_500, start + 400), (8_000, start + NOTICE))
    published = [
        ledger.act(ADMIN, ProgrammeSetRate("north", "bonus", numerator, 1, since), sequence=place)
        for place, (numerator, since) in enumerate(starts)
    ]
    found = [record("three rates published in one block", ledger, published)]
    fields = {"amount": 19_000, "valid_until": start + DAY_MS}
    mints = [ledger.mint("north", a_person("Alice"), 2, sequence=i, **fields) for i in (0, 1)]
    found += [
        record("the first of two rates of a second", ledger, [mints[0]], start - ledger.time),
        record("the second of them, and a mint", ledger, [mints[1]], after_ms=1_000),
        record("a rate begins with nobody there", ledger, [], NOTICE),
    ]
    ledger = the_ledger()
    assert ledger.send(*rate(10_500, 1)(ledger)) == Outcome.DONE
    ledger.block(*rate(10_600)(ledger), after_ms=500)
    overtaken = record("a rate overtaken within its second", ledger, [], after_ms=500)
    return [*found, overtaken]


def terms_begin() -> list[dict[str, object]]:
    """Published terms begin, one after another."""
    ledger = the_ledger()
    for case in (terms(), terms("other terms"), pause(paused=True)):
        assert ledger.send(*case(ledger)) == Outcome.DONE
    return [
        record("a moment before new terms begin", ledger, [], NOTICE - 2_001),
        record("new terms begin, though the programme is paused", ledger, [], 1),
        record("other terms begin", ledger, [], 1_000),
    ]


def with_a_long_notice() -> list[dict[str, object]]:
    """Terms may start when notice is over, however long that is."""
    longest = replace(PARAMETERS, settlement_cycle_ms=400 * DAY_MS, rate_notice_ms=400 * DAY_MS)
    found = []
    for name, ahead in (("terms after a long notice", 0), ("terms_too_far after a long notice", 1)):
        ledger = Ledger(a_genesis(n=1, parameters=longest))
        found.append(record(name, ledger, terms(ahead=400 * DAY_MS + ahead)(ledger)))
    return found


def cases() -> Sequence[Mapping[str, object]]:
    found = []
    for name, case in CASES.items():
        ledger = the_ledger()
        found.append(record(name, ledger, case(ledger)))
    return [*found, *due(), *terms_begin(), *with_a_long_notice()]
