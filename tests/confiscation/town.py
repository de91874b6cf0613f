"""A ledger on which everything goes on at once, and any action that anybody might try on it.

Obligations and orders of every status, deadlines of every kind, LiqBon in everybody's hands. Knows
the actions by their fields alone: one whose fields it does not know fails, so that whoever adds an
action comes by here and says what it may take from whom.
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
    CampaignClaim,
    CampaignClose,
    CampaignCreate,
    ContentLike,
    ContentRegister,
    Invoice,
    LowerClaimBound,
    Mint,
    OpenChannels,
    OrderDispute,
    OrderOpen,
    OrderRefund,
    OrderRelease,
    OrderResolve,
    OrderShip,
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
    offer_message,
    release_message,
    voucher_message,
)
from primitives.amount import MAX_SUPPLY, MICRO
from primitives.commerce import Offer, Order, OrderStatus, Voucher, content_id
from primitives.entries import ObligationStatus, Prefix, decode_entry
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
CARL: Final = a_person("carl")
"""Sponsors, and signs the vouchers himself."""
EVERYONE: Final = [ANN, BOB, CARL, *OFFICES]
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
    _trade(ledger)
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


def _trade(ledger: Ledger) -> None:
    """A grant and a referral of Carl's, a song of Bob's, and of Ann an order of each status."""
    for bonus in (0, MICRO):
        ends = ledger.time + 30 * DAY_MS
        action = CampaignCreate(CARL.account, BILL, MICRO, bonus, 3, ends)
        done(ledger, ledger.act(CARL, action))
    done(ledger, ledger.act(BOB, ContentRegister(SONG)))
    for steps in range(4):
        opened = _buy(ledger)
        done(ledger, opened)
        if steps > 0:
            done(ledger, ledger.act(BOB, OrderShip(opened.id, None)))
        if steps > 1:
            done(ledger, ledger.act(ANN, OrderDispute(opened.id)))
        if steps > 2:
            done(ledger, ledger.act(CARL, OrderResolve(opened.id, MICRO)))


SONG: Final = an_id("a song")


def _buy(ledger: Ledger) -> Decoded:
    """Ann takes Bob's offer; Carl would judge."""
    offer = Offer(
        seller=BOB.account,
        price=BILL // 2,
        promoter=CARL.account,
        share=MICRO,
        arbiter=CARL.account,
        ship_within=3 * DAY_MS,
        expires=ledger.time + HOUR_MS,
        goods=SONG,
    )
    return ledger.act(ANN, OrderOpen(offer, BOB.endorse(offer_message(ledger.chain, offer))))


def _claim(ledger: Ledger) -> Decoded:
    """A stranger claims a referral."""
    referral = campaigns(ledger)[1]
    said = Voucher(referral, STRANGER.account, ANN.account, SONG, ledger.time + HOUR_MS)
    signed = CARL.endorse(voucher_message(ledger.chain, said))
    return ledger.act(STRANGER, CampaignClaim(said, signed))


def campaigns(ledger: Ledger) -> list[bytes]:
    """The ids of Carl's campaigns, the referral last."""
    found = [
        (decode_entry(key, raw).bonus, key[1:])  # type: ignore[attr-defined]
        for key, raw in ledger.state.items()
        if key[0] == Prefix.CAMPAIGN
    ]
    return [id_ for _, id_ in sorted(found)]


def orders(ledger: Ledger) -> dict[OrderStatus, bytes]:
    """The ids of Ann's orders, by status."""
    found: dict[OrderStatus, bytes] = {}
    for key, raw in ledger.state.items():
        if key[0] == Prefix.ORDER:
            order = decode_entry(key, raw)
            assert isinstance(order, Order)
            found[order.status] = key[1:]
    return found


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
    "CampaignCreate": lambda t: t.act(
        ANN, CampaignCreate(BOB.account, BILL, MICRO, 0, 1, t.time + DAY_MS)
    ),
    "CampaignClaim": _claim,
    "CampaignClose": lambda t: t.act(CARL, CampaignClose(campaigns(t)[0])),
    "OrderOpen": _buy,
    "OrderShip": lambda t: t.act(BOB, OrderShip(orders(t)[OrderStatus.OPEN], SONG)),
    "OrderRelease": lambda t: t.act(ANN, OrderRelease(orders(t)[OrderStatus.SHIPPED])),
    "OrderRefund": lambda t: t.act(BOB, OrderRefund(orders(t)[OrderStatus.SHIPPED])),
    "OrderDispute": lambda t: t.act(ANN, OrderDispute(orders(t)[OrderStatus.SHIPPED])),
    "OrderResolve": lambda t: t.act(CARL, OrderResolve(orders(t)[OrderStatus.DISPUTED], 1)),
    "ContentRegister": lambda t: t.act(ANN, ContentRegister(SONG)),
    "ContentLike": lambda t: t.act(ANN, ContentLike(content_id(BOB.account, SONG), MICRO)),
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
        case CampaignCreate():
            return action.budget
        case OrderOpen():
            return action.offer.price
        case ContentLike():
            return action.amount
        case _:
            return 0


# --- anything that anybody might try -------------------------------------------------------------

_AMOUNTS = st.sampled_from((1, 9_999, 10_000, MICRO, BILL, 100 * MICRO, 10**12, MAX_SUPPLY))
_COUNTS = st.one_of(st.just(0), _AMOUNTS)
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
        "mint_per_day": _COUNTS,
        "refund_per_day": _COUNTS,
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
        **_trading_fields(town),
    }


def _trading_fields(town: Ledger) -> dict[str, st.SearchStrategy[Any]]:
    """Those of what people trade and give."""
    songs = [content_id(person.account, SONG) for person in (BOB, ANN)]
    return {
        "signer": _ACCOUNTS,
        "budget": _AMOUNTS,
        "reward": _AMOUNTS,
        "bonus": _COUNTS,
        "per_claimant": st.integers(1, 3),
        "ends": _times(town),
        "campaign": st.sampled_from([*campaigns(town), SONG]),
        "claimant": _ACCOUNTS,
        "referrer": st.one_of(st.none(), _ACCOUNTS),
        "seller": _ACCOUNTS,
        "price": _AMOUNTS,
        "promoter": st.one_of(st.none(), _ACCOUNTS),
        "share": _COUNTS,
        "arbiter": _ACCOUNTS,
        "ship_within": st.sampled_from((1, DAY_MS, 90 * DAY_MS)),
        "goods": _IDS,
        "order": st.sampled_from([*orders(town).values(), SONG]),
        "tracking": st.one_of(st.none(), _IDS),
        "to_buyer": _COUNTS,
        "hash": st.one_of(st.just(SONG), _IDS),
        "content": st.sampled_from([*songs, SONG]),
    }


_ENDORSED: Final[dict[type[Action], tuple[str, type[Struct], str, Callable[..., bytes]]]] = {
    Redeem: ("invoice", Invoice, "cashier", invoice_message),
    ReserveAttest: ("attestation", Attestation, "custodian", attestation_message),
    ReserveRelease: ("release", Release, "custodian", release_message),
    CampaignClaim: ("voucher", Voucher, "signer", voucher_message),
    OrderOpen: ("offer", Offer, "seller", offer_message),
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
        signer = by or _endorser(what, endorser)
        return kind(**{subject: what, endorser: signer.endorse(message(town.chain, what))})

    return st.builds(endorsed, said, st.one_of(st.none(), st.sampled_from(OFFICES)))


def _endorser(what: Any, role: str) -> Person:
    """Who may endorse it; the holder of a role of its partner, there or not."""
    match what:
        case Voucher():
            return CARL
        case Offer():
            return _person(what.seller)
        case _:
            return a_role(CUSTODIAN if role == "custodian" else what.partner, role)


def _person(account: bytes) -> Person:
    return next(person for person in (*EVERYONE, STRANGER) if person.account == account)


def any_sender(town: Ledger, action: Action) -> st.SearchStrategy[Person]:
    """Who sends it: as often as not the one who may; else customers, offices, or a stranger."""
    return st.one_of(st.just(_speaker(town, action)), _PEOPLE)


def _speaker(town: Ledger, action: Action) -> Person:
    """Who may send it."""
    match action:
        case Transfer() | OpenChannels() | Redeem():
            return ANN
        case CampaignClaim():
            return _person(action.voucher.claimant)
        case CampaignCreate() | CampaignClose() | OrderResolve():
            return CARL
        case OrderShip() | OrderRefund():
            return BOB
        case OrderOpen() | OrderRelease() | OrderDispute() | ContentRegister() | ContentLike():
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
