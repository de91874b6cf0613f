"""Obligations that the others' reserves pay, and the debtor's way back: a block each."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from primitives.amount import MICRO
from primitives.entries import ObligationStatus
from primitives.genesis import Genesis, PartnerLimits
from primitives.transaction import Decoded
from tests.builders import BONUS, DAY_MS, LIMITS, a_person
from tests.ledger import Ledger
from tests.vectors.deciding import done, founders, until
from tests.vectors.recording import FIELDS as FIELDS
from tests.vectors.recording import record
from tests.voting import an_exit

ALICE = a_person("Alice")
CYCLE = 20 * DAY_MS
OWED = 29_999_999
"""Units, so that shares have remainders."""
RESERVES = {"north": 10 * MICRO, "east": 70 * MICRO, "south": 100 * MICRO, "west": 50 * MICRO}
Story = list[dict[str, object]]


def the_genesis(n: int = 4, share: int = 1_000, **reserves: int) -> Genesis:
    """``n`` founders with the reserves above, of which ``share`` stands behind the others."""
    plain = founders(n, settlement_cycle_ms=CYCLE, guarantee_share=share)
    held = RESERVES | reserves

    def endowed(code: str) -> PartnerLimits:
        return replace(LIMITS, credit=100 * MICRO, reserve=held[code], haircut=0)

    partners = tuple(replace(each, limits=endowed(each.code)) for each in plain.partners)
    return replace(plain, partners=partners)


def sold(ledger: Ledger, *sales: tuple[str, int]) -> None:
    """What north minted is spent at others."""
    units = sum(amount for _, amount in sales)
    ledger.give(ALICE, -(-units // 10_000) * 10_000)
    for code, amount in sales:
        done(ledger, ledger.redeem(ALICE, ledger.invoice(code, amount)))


def closed(ledger: Ledger, cycle: int = 1) -> Ledger:
    """The cycle closes."""
    ledger.pass_time(until(ledger, ledger.genesis.time + cycle * CYCLE))
    return ledger


def owing(*sales: tuple[str, int], genesis: Genesis | None = None) -> Ledger:
    """North owes what it minted and others sold; east 30 LiqBon less a unit, unless told."""
    ledger = Ledger(genesis or the_genesis())
    sold(ledger, *(sales or (("east", OWED),)))
    return closed(ledger)


def overdue(ledger: Ledger, cycle: int = 1, place: int = 0) -> Ledger:
    """The term passes; the debtor's own reserve was too short."""
    ledger.pass_time(term(ledger, cycle, place))
    assert ledger.obligation(cycle, place).status == ObligationStatus.OVERDUE
    return ledger


def term(ledger: Ledger, cycle: int = 1, place: int = 0) -> int:
    return until(ledger, ledger.obligation(cycle, place).deadline)


def mint(ledger: Ledger) -> list[Decoded]:
    return [ledger.mint("north", ALICE, 1)]


def the_way_back() -> Story:
    """Advanced once, squared in the next cycle, and paid back."""
    ledger = owing()
    found = [
        record("the debtor's own reserve pays first", ledger, [], term(ledger)),
        record("then a share of the others' reserves", ledger, [], term(ledger)),
        record("and no more while that is not back", ledger, [], term(ledger)),
        record("the rest is paid by the debtor", ledger, [ledger.confirm(1, 0)]),
        record("minting_suspended while others paid for it", ledger, mint(ledger)),
    ]
    left = until(ledger, ledger.genesis.time + 2 * CYCLE)
    found.append(record("the next cycle squares those who paid", ledger, [], left))
    found.append(record("what it owes to them is overdue", ledger, [], term(ledger, 2, 0)))
    found.append(record("and not guaranteed", ledger, [], term(ledger, 2, 0)))
    found.append(record("a part is paid back", ledger, [ledger.confirm(2, 0)]))
    found.append(record("minting_suspended until all is", ledger, mint(ledger)))
    found.append(record("the rest is paid back", ledger, [ledger.confirm(2, 1)]))
    found.append(record("and minting goes on", ledger, mint(ledger)))
    return found


def paid_back_by_reserve() -> Story:
    """What the debtor's own reserve pays in a later cycle counts, too."""
    ledger = overdue(owing())
    ledger.pass_time(term(ledger))
    done(ledger, ledger.confirm(1, 0), ledger.attest("north", 12 * MICRO))
    closed(ledger, 2)
    return [record("a new reserve pays some of it back", ledger, [], term(ledger, 2, 0))]


def several() -> Story:
    """Two obligations of a cycle; of one debtor, then of two."""
    ledger = owing(("east", 20 * MICRO), ("south", 13 * MICRO))
    ledger = overdue(ledger)
    both = record("two obligations of the first cycle are guaranteed", ledger, [], term(ledger))
    ledger = owing()
    done(ledger, ledger.pay(1, 0), ledger.dispute(1, 0))
    no = ledger.statement(1, 0, paid=False)
    first = record("not paid, says the custodian, and the rest is overdue", ledger, [no])
    done(ledger, ledger.pay(1, 0), ledger.dispute(1, 0))
    again = ledger.statement(1, 0, paid=False)
    second = record("not paid, once more, and the others' reserves pay", ledger, [again])
    return [both, first, second]


def disputed_elsewhere() -> Ledger:
    """South owes east too, and 8 LiqBon of its reserve are held for that."""
    genesis = the_genesis()
    every = tuple(replace(each, programmes=(BONUS,)) for each in genesis.partners)
    ledger = Ledger(replace(genesis, partners=every))
    sold(ledger, ("east", OWED))
    ledger.give(ALICE, 8 * MICRO, partner="south")
    done(ledger, ledger.redeem(ALICE, ledger.invoice("east", 8 * MICRO)))
    done(closed(ledger), ledger.pay(1, 1), ledger.dispute(1, 1))
    assert ledger.limits("south").earmarked == 8 * MICRO
    return ledger


def who_stands_for_it() -> Story:
    """All but the debtor, the creditor, who is leaving, and what a dispute holds."""
    alone = overdue(owing(genesis=the_genesis(2)))
    nothing = overdue(owing(genesis=the_genesis(3, share=0)))
    whole = overdue(owing(genesis=the_genesis(3, share=10_000, south=7)))
    smallest = overdue(owing(genesis=the_genesis(4, south=5, west=5)))
    less = overdue(owing(genesis=the_genesis(4, south=5, west=4)))
    gone = owing()
    done(gone, an_exit(gone, "west"))
    overdue(gone)
    held = overdue(disputed_elsewhere())
    return [
        record("nobody else is there to pay", alone, [], term(alone)),
        record("a network without a guarantee", nothing, [], term(nothing)),
        record("a guarantee of all that is held", whole, [], term(whole)),
        record("a share of a unit", smallest, [], term(smallest)),
        record("a share below a unit is none", less, [], term(less)),
        record("who left stands for nobody", gone, [], term(gone)),
        record("what a dispute holds stands for nobody", held, [], term(held)),
    ]


def cases() -> Sequence[Mapping[str, object]]:
    return [*the_way_back(), *paid_back_by_reserve(), *several(), *who_stands_for_it()]
