"""Cycles that close, and obligations paid, confirmed, disputed, stated and left alone."""

from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from primitives.actions import SettlementConfirm, SettlementDispute, SettlementPay
from primitives.amount import MICRO
from primitives.genesis import PartnerLimits
from primitives.receipt import Outcome
from primitives.transaction import Decoded
from tests.builders import (
    CUSTODIAN,
    JUDGE,
    LIMITS,
    PARAMETERS,
    a_code,
    a_genesis,
    a_person,
    a_role,
    an_id,
)
from tests.ledger import Ledger
from tests.vectors.recording import FIELDS as FIELDS
from tests.vectors.recording import record

ALICE = a_person("Alice")
NORTH, EAST, SOUTH = (a_role(a_code(i), "admin") for i in range(3))
CYCLE, TERM = PARAMETERS.settlement_cycle_ms, PARAMETERS.payment_term_ms
DAYS, DISPUTE = PARAMETERS.confirmation_ms, PARAMETERS.dispute_ms
OWED = 30 * MICRO
RICH = replace(LIMITS, credit=10 * MICRO, reserve=100 * MICRO, reserve_ceiling=100 * MICRO)
POOR = replace(RICH, credit=60 * MICRO, reserve=20 * MICRO)
"""With a reserve below what it will owe."""
BROKE = replace(RICH, credit=60 * MICRO, reserve=0)

Move = tuple[int, int, int]
"""So many LiqBon minted by a partner (by place) and redeemed at another."""


def the_ledger(moves: Sequence[Move], n: int = 2, limits: PartnerLimits = RICH) -> Ledger:
    """``n`` founders, of whom the first minted what Alice redeemed at others."""
    lasting = replace(PARAMETERS, reserve_lapse_ms=400 * 24 * 3_600_000)
    ledger = Ledger(a_genesis(n=n, limits=limits, parameters=lasting))
    for minter, seller, amount in moves:
        ledger.give(ALICE, amount * MICRO, partner=a_code(minter))
        invoice = ledger.invoice(a_code(seller), amount * MICRO)
        assert ledger.send(ledger.redeem(ALICE, invoice)) == Outcome.DONE
    return ledger


def closed(limits: PartnerLimits = RICH) -> Ledger:
    """North owes east 30 LiqBon, to be paid within the term; a third looks on."""
    ledger = the_ledger([(0, 1, 30)], n=3, limits=limits)
    ledger.pass_time(PARAMETERS.settlement_cycle_ms)
    return ledger


Case = Callable[[Ledger], list[Decoded]]


def pay(ledger: Ledger) -> list[Decoded]:
    return [ledger.pay(1, 0)]


def confirm(ledger: Ledger) -> list[Decoded]:
    return [ledger.confirm(1, 0)]


def dispute(ledger: Ledger) -> list[Decoded]:
    return [ledger.dispute(1, 0)]


def state(*, paid: bool) -> Case:
    return lambda ledger: [ledger.statement(1, 0, paid=paid)]


def by(person: object, action: type) -> Case:
    """The action of someone who may not do it."""
    return lambda ledger: [ledger.act(person, action(1, 0))]  # type: ignore[arg-type]


def pay_by(person: object, place: int = 0) -> Case:
    action = SettlementPay(1, place, an_id("a payment"))
    return lambda ledger: [ledger.act(person, action)]  # type: ignore[arg-type]


def unknown(action: type) -> Case:
    return lambda ledger: [ledger.act(EAST, action(2, 0))]


def mint(ledger: Ledger) -> list[Decoded]:
    return [ledger.mint("north", ALICE, 1)]


Step = tuple[str, Case | int]
"""What is recorded: its name, and who does what, or how long nobody does anything."""


def story(ledger: Ledger, *steps: Step) -> list[dict[str, object]]:
    """Blocks one after the other."""
    cases = []
    for name, step in steps:
        if isinstance(step, int):
            cases.append(record(name, ledger, [], step))
        else:
            cases.append(record(name, ledger, step(ledger)))
    return cases


def closings() -> list[dict[str, object]]:
    """Who pays whom, in all shapes."""
    shapes: dict[str, tuple[int, list[Move], tuple[int, ...]]] = {
        "a cycle closes with nothing to pay": (2, [], ()),
        "a cycle closes: everybody redeemed its own": (2, [(0, 0, 5), (1, 1, 7)], ()),
        "a cycle closes: one pays one": (2, [(0, 1, 30)], (3,)),
        "a cycle closes: debts in a ring cancel out": (3, [(0, 1, 9), (1, 2, 9), (2, 0, 9)], ()),
        "a cycle closes: one pays two": (3, [(0, 1, 10), (0, 2, 20)], (3, 0, 0)),
        "a cycle closes: two pay one, by shares": (3, [(0, 2, 1), (1, 2, 1)], (3, 2)),
        "a cycle closes: two pairs, two payments": (4, [(0, 1, 7), (2, 3, 5)], ()),
        "a cycle closes: four partners, three payments": (4, [(0, 2, 7), (0, 3, 4), (1, 3, 5)], ()),
    }
    cases = []
    for name, (n, moves, unspent) in shapes.items():
        ledger = the_ledger(moves, n)
        for minter, amount in enumerate(unspent):
            if amount:
                ledger.give(ALICE, amount * MICRO, partner=a_code(minter))
        cases.append(record(name, ledger, [], CYCLE - (ledger.time - ledger.genesis.time)))
    slept = the_ledger([(0, 1, 30)])
    cases.append(record("closings that were slept through are one", slept, [], 5 * CYCLE // 2))
    cases.append(record("the next closing is in step", slept, [], CYCLE))
    return cases


def refusals() -> list[dict[str, object]]:
    """In a ledger where north owes east; a refusal of each kind."""
    cases: dict[str, Case] = {
        "obligation_unknown of a payment": pay_by(NORTH, place=1),
        "not_debtor": pay_by(EAST),
        "not_debtor though of the debtor": pay_by(a_role("north", "cashier")),
        "obligation_unknown of a confirmation": unknown(SettlementConfirm),
        "not_creditor of a confirmation": by(NORTH, SettlementConfirm),
        "obligation_unknown of a dispute": unknown(SettlementDispute),
        "not_creditor of a dispute": by(SOUTH, SettlementDispute),
        "payment_not_claimed": dispute,
        "obligation_unknown of a statement": lambda ledger: [ledger.statement(1, 1, paid=True)],
        "not_custodian of a statement": lambda ledger: [
            ledger.statement(1, 0, paid=True, sender=a_role(CUSTODIAN, "custodian"))
        ],
        "not_disputed": state(paid=False),
    }
    return [
        record(name, ledger, case(ledger)) for name, case in cases.items() for ledger in [closed()]
    ]


def honest() -> list[dict[str, object]]:
    """Paid and confirmed; and then nothing more can be said."""
    ledger = closed()
    return story(
        ledger,
        ("the debtor names its payment", pay),
        ("payment_claimed", pay),
        ("the creditor confirms", confirm),
        ("obligation_settled of a payment", pay),
        ("obligation_settled of a confirmation", confirm),
        ("payment_not_claimed as it is settled", dispute),
        ("obligation_settled of a statement", state(paid=False)),
        ("the deadline of what was settled passes", TERM),
    )


def without_words() -> list[dict[str, object]]:
    """Confirmed unasked; stated unasked; undisputed; and never paid."""
    slow = closed()
    slow.pass_time(TERM - DAYS - 1_000)
    return [
        *story(closed(), ("confirmed though nothing was named", confirm)),
        *story(closed(), ("the settlement custodian says paid, unasked", state(paid=True))),
        *story(
            slow,
            ("a payment whose days end with the term", pay),
            ("two deadlines of one moment, and it stands", DAYS),
        ),
        *story(closed(), ("never paid, and the reserve pays", TERM)),
    ]


def overdue() -> list[dict[str, object]]:
    """A reserve that is short: drawn, suspended, drawn again, and settled at last."""
    return [
        *story(
            closed(POOR),
            ("never paid, and the reserve is short", TERM),
            ("minting_suspended", mint),
            ("a payment named late", pay),
            ("minting_suspended while it is only named", mint),
            ("an overdue payment stands, and minting goes on", DAYS),
        ),
        *story(
            closed(BROKE),
            ("never paid, and there is no reserve", TERM),
            ("drawn again, for nothing", TERM),
            ("the creditor confirms what is overdue", confirm),
        ),
    ]


def disputes() -> list[dict[str, object]]:
    """Denied, and ended in each way."""
    told, silent, short, peace = closed(), closed(), closed(POOR), closed()
    for ledger in (told, silent, short, peace):
        assert ledger.send(*pay(ledger)) == Outcome.DONE
    return [
        *story(
            told,
            ("the creditor denies the payment", dispute),
            ("payment_claimed as it is disputed", pay),
            ("payment_not_claimed as it is disputed", dispute),
            ("reserve_needed for a dispute", lambda ledger: [ledger.release("north", 71 * MICRO)]),
            ("the settlement custodian says paid", state(paid=True)),
        ),
        *story(silent, ("denied in time", dispute), ("nobody says anything", DISPUTE)),
        *story(
            short,
            ("denied, and the reserve is short", dispute),
            ("the settlement custodian says not paid", state(paid=False)),
            ("reserve_needed as something is overdue", lambda ledger: [ledger.release("north", 1)]),
            ("a late payment named", pay),
            ("a late payment denied", dispute),
            ("the settlement custodian says paid, after all", state(paid=True)),
        ),
        *story(peace, ("denied once more", dispute), ("and confirmed after all", confirm)),
    ]


def cases() -> Sequence[Mapping[str, object]]:
    assert a_role(JUDGE, "custodian") != a_role(CUSTODIAN, "custodian")
    return [
        *closings(),
        *refusals(),
        *honest(),
        *without_words(),
        *overdue(),
        *disputes(),
    ]
