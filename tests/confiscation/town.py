"""A ledger on which everything goes on at once, and any action that anybody might try on it.

Obligations of every status, deadlines of every kind, LiqBon in everybody's hands. Knows the actions
by their fields alone: one whose fields it does not know fails, so that whoever adds an action comes
by here and says what it may take from whom.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from functools import lru_cache
from typing import Any, Final

from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from primitives.actions import (
    Action,
    Attestation,
    Invoice,
    LowerClaimBound,
    Mint,
    OpenChannels,
    Output,
    ProgrammeOpen,
    ProgrammePause,
    ProgrammeSetRate,
    Redeem,
    Refund,
    Release,
    ReserveAttest,
    ReserveRelease,
    SetDailyCaps,
    SettlementConfirm,
    SettlementDispute,
    SettlementPay,
    SettlementStatement,
    Transfer,
    attestation_message,
    invoice_message,
    release_message,
)
from primitives.amount import MAX_PER_DAY, MAX_SUPPLY, MICRO
from primitives.entries import ObligationStatus
from primitives.transaction import Decoded
from tests.attacks.scenes import ANN, BOB, CYCLE_MS, done
from tests.builders import (
    CODES,
    CUSTODIAN,
    DAY_MS,
    HOUR_MS,
    JUDGE,
    LIMITS,
    PARAMETERS,
    ROLES,
    a_commitment,
    a_genesis,
    a_person,
    a_role,
    an_id,
)
from tests.ledger import Ledger
from tests.people import Person

OFFICES: Final = [
    *(a_role(code, role) for code in CODES for role in ROLES),
    a_role(CUSTODIAN, "custodian"),
    a_role(JUDGE, "custodian"),
]
EVERYONE: Final = [ANN, BOB, a_person("carl"), *OFFICES]
STRANGER: Final = a_person("stranger")
"""Has no account."""
BILL: Final = 10 * MICRO


@lru_cache(maxsize=1)
def _town() -> Ledger:
    """Two weeks in: north owes everybody, and has a reserve of one LiqBon."""
    limits = replace(LIMITS, reserve=MICRO, reserve_ceiling=1_000 * MICRO)
    ledger = Ledger(a_genesis(limits=limits))
    for person in EVERYONE:
        ledger.give(person, 100 * MICRO, "north")
    for cycle in (1, 2):
        for code in ("east", "south", "west"):
            bill = ledger.invoice(code, BILL, id=f"bill {cycle} at {code}")
            done(ledger, ledger.redeem(ANN, bill))
        ledger.pass_time(CYCLE_MS * cycle - (ledger.time - ledger.genesis.time))
        if cycle == 1:
            done(ledger, ledger.pay(1, 0))
            done(ledger, ledger.confirm(1, 0))
            ledger.pass_time(PARAMETERS.payment_term_ms)
    for place in (0, 1):
        done(ledger, ledger.pay(2, place))
    done(ledger, ledger.dispute(2, 1))
    _wait_for_something_of_every_kind(ledger)
    statuses = [ledger.obligation(*name).status for name in OBLIGATIONS]
    assert {*statuses} == {*ObligationStatus}, statuses
    return ledger


OBLIGATIONS: Final = [(cycle, place) for cycle in (1, 2) for place in range(3)]


def _wait_for_something_of_every_kind(ledger: Ledger) -> None:
    """A raised cap, a raised reserve and a worse rate that are not in force yet."""
    done(ledger, ledger.attest("north", 5 * MICRO))
    south = a_role("south", "admin")
    done(ledger, ledger.act(south, SetDailyCaps("south", 30_000 * MICRO, 30_000 * MICRO)))
    later = ledger.time + PARAMETERS.rate_notice_ms + DAY_MS
    done(ledger, ledger.act(south, ProgrammeSetRate("south", "bonus", 5_000, 1, later)))
    done(ledger, ledger.act(south, LowerClaimBound("south", 40_000 * MICRO)))


def a_town() -> Ledger:
    """A town of one's own."""
    town = copy(_town())
    town.state = dict(town.state)
    return town


def _admin(ledger: Ledger, action: Action, code: str = "east") -> Decoded:
    return ledger.act(a_role(code, "admin"), action)


DOABLE: Final[dict[str, Callable[[Ledger], Decoded]]] = {
    "Transfer": lambda t: t.transfer(ANN, (BOB, MICRO), (STRANGER, MICRO)),
    "OpenChannels": lambda t: t.act(ANN, OpenChannels(2)),
    "Mint": lambda t: t.mint("east", ANN, 100, reference="a new one"),
    "ProgrammeOpen": lambda t: _admin(
        t, ProgrammeOpen("east", "miles", "Miles", "mile", bytes(32), "https://example.com", 1, 3)
    ),
    "ProgrammeSetRate": lambda t: _admin(t, ProgrammeSetRate("east", "bonus", 20_000, 1, 0)),
    "ProgrammePause": lambda t: _admin(t, ProgrammePause("east", "bonus", True)),
    "LowerClaimBound": lambda t: _admin(t, LowerClaimBound("east", 0)),
    "SetDailyCaps": lambda t: _admin(t, SetDailyCaps("east", 0, 0)),
    "ReserveAttest": lambda t: t.attest("east", 0),
    "ReserveRelease": lambda t: t.release("east", MICRO),
    "Redeem": lambda t: t.redeem(ANN, t.invoice("east", MICRO, id="a new one")),
    "Refund": lambda t: t.refund("east", an_id("bill 1 at east"), BILL),
    "SettlementPay": lambda t: t.pay(2, 2),
    "SettlementConfirm": lambda t: t.confirm(2, 1),
    "SettlementDispute": lambda t: t.dispute(2, 0),
    "SettlementStatement": lambda t: t.statement(2, 1, paid=False),
}
"""One of each action that is done in a town as it is."""


def spends(action: Action) -> int:
    """The most that an action takes from its sender, by what it says. Written down here once more,
    apart from the contracts: whatever is not here takes nothing."""
    match action:
        case Transfer():
            return sum(output.amount for output in action.outputs)
        case Redeem():
            return action.invoice.amount
        case _:
            return 0


# --- anything that anybody might try -------------------------------------------------------------

_AMOUNTS = st.sampled_from((1, 9_999, 10_000, MICRO, BILL, 100 * MICRO, 10**12, MAX_SUPPLY))
_COUNTS = st.one_of(st.just(0), _AMOUNTS)
_CAPS = st.sampled_from((0, 1, MICRO, BILL, 100 * MICRO, MAX_PER_DAY))
_IDS = st.sampled_from(
    [
        *(an_id(f"bill {cycle} at {code}") for cycle in (1, 2) for code in CODES[1:]),
        *map(an_id, ("a new one", "another")),
        a_commitment("deposit 1"),
        bytes(32),
    ]
)
_PEOPLE = st.sampled_from([*EVERYONE, STRANGER])
_ACCOUNTS = _PEOPLE.map(lambda person: person.account)
_OUTPUTS = st.builds(Output, account=_ACCOUNTS, amount=_AMOUNTS)


def _times(town: Ledger) -> st.SearchStrategy[int]:
    moments = (0, town.genesis.time, town.time - 1, town.time, town.time + HOUR_MS)
    later = tuple(town.time + days * DAY_MS for days in (1, 31, 400))
    return st.sampled_from((*moments, *later))


def _fields(town: Ledger) -> dict[str, st.SearchStrategy[Any]]:
    """What may stand in a field, by its name."""
    codes = st.sampled_from((*CODES, *CODES, "nobody"))
    rate_term = st.sampled_from((1, 3, 10_000, 2**32 - 1))
    times = _times(town)
    return {
        "outputs": st.lists(_OUTPUTS, min_size=1, max_size=4).map(tuple),
        "channels": st.integers(2, 16),
        "partner": codes,
        "programme": st.sampled_from(("bonus", "bonus", "miles")),
        "points": st.sampled_from((1, 100, 1_000, 10**9)),
        "amount": _AMOUNTS,
        "commitment": _IDS,
        "to": _ACCOUNTS,
        "name": st.just("Points"),
        "point": st.just("point"),
        "terms_hash": _IDS,
        "terms_url": st.just("https://example.com"),
        "numerator": rate_term,
        "denominator": rate_term,
        "since": times,
        "paused": st.booleans(),
        "claim_bound": _COUNTS,
        "mint_per_day": _CAPS,
        "refund_per_day": _CAPS,
        "as_of": times,
        "reserve": _COUNTS,
        "attested": times,
        "expires": times,
        "id": _IDS,
        "payer": st.one_of(st.none(), _ACCOUNTS),
        "invoice": _IDS,
        "refund": _IDS,
        "cycle": st.integers(1, 3),
        "place": st.integers(0, 3),
        "reference": _IDS,
        "paid": st.booleans(),
    }


_ENDORSED: Final[dict[type[Action], tuple[str, type[Struct], str, Callable[..., bytes]]]] = {
    Redeem: ("invoice", Invoice, "cashier", invoice_message),
    ReserveAttest: ("attestation", Attestation, "custodian", attestation_message),
    ReserveRelease: ("release", Release, "custodian", release_message),
}


def any_action(town: Ledger, kind: type[Action]) -> st.SearchStrategy[Action]:
    """An action of this kind with anything in its fields; what needs a word, anyone endorsed."""
    fields = _fields(town)
    if kind is Mint:
        fields["amount"] = st.one_of(st.just(MICRO), _AMOUNTS)
    if kind not in _ENDORSED:
        return st.builds(kind, **{name: fields[name] for name in kind.__struct_fields__})
    subject, subject_kind, endorser, message = _ENDORSED[kind]
    assert set(kind.__struct_fields__) == {subject, endorser}, kind
    said = st.builds(
        subject_kind, **{name: fields[name] for name in subject_kind.__struct_fields__}
    )

    def endorsed(what: Any, by: Person | None) -> Action:
        signer = by or _office(what.partner, endorser)
        return kind(**{subject: what, endorser: signer.endorse(message(town.chain, what))})

    return st.builds(endorsed, said, st.one_of(st.none(), st.sampled_from(OFFICES)))


def _office(partner: str, role: str) -> Person:
    """Who holds a role of a partner, there or not."""
    return a_role(CUSTODIAN if role == "custodian" else partner, role)


def any_sender(town: Ledger, action: Action) -> st.SearchStrategy[Person]:
    """Who sends it: as often as not the one who may; else customers, offices, or a stranger."""
    return st.one_of(st.just(_speaker(town, action)), _PEOPLE)


def _speaker(town: Ledger, action: Action) -> Person:
    """Who may send it."""
    match action:
        case Transfer() | OpenChannels() | Redeem():
            return ANN
        case SettlementStatement():
            return a_role(JUDGE, "custodian")
        case SettlementPay() | SettlementConfirm() | SettlementDispute():
            if (action.cycle, action.place) not in OBLIGATIONS:
                return ANN
            owed = town.obligation(action.cycle, action.place)
            side = owed.debtor if isinstance(action, SettlementPay) else owed.creditor
            return a_role(side, "admin")
        case Mint():
            return a_role(action.partner, "issuer")
        case Refund():
            return a_role(action.partner, "cashier")
        case ReserveAttest():
            return a_role(action.attestation.partner, "admin")
        case ReserveRelease():
            return a_role(action.release.partner, "admin")
        case _:
            return a_role(action.partner, "admin")


__all__ = ["DOABLE", "OBLIGATIONS", "a_town", "any_action", "any_sender", "spends"]
