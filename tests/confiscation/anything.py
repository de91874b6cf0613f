"""Any action that anybody might try on a town.

Knows the actions by their fields alone: one whose fields it does not know fails, so that whoever
adds an action comes by here and says what may stand in them, and who may send it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, get_args

from hypothesis import strategies as st
from msgspec import Struct

from primitives.actions import (
    Action,
    Attestation,
    CampaignClaim,
    CampaignClose,
    CampaignCreate,
    ContentLike,
    ContentRegister,
    Invoice,
    Mint,
    OpenChannels,
    OrderDispute,
    OrderOpen,
    OrderRefund,
    OrderRelease,
    OrderResolve,
    OrderShip,
    Output,
    PartnerRegister,
    PartnerRotateKeys,
    Propose,
    Redeem,
    Refund,
    Release,
    ReserveAttest,
    ReserveRelease,
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
from primitives.commerce import Offer, Voucher, content_id, offer_message, voucher_message
from primitives.governance import Measure, SetCustodian, SharePosition, VotedLimits
from primitives.membership import (
    Application,
    PartnerKind,
    Role,
    application_id,
    application_key,
    role_message,
)
from tests.attacks.scenes import ANN, BOB
from tests.builders import (
    CODES,
    CUSTODIAN,
    DAY_MS,
    HOUR_MS,
    JUDGE,
    a_commitment,
    a_role,
    an_id,
)
from tests.confiscation.town import (
    BILL,
    CARL,
    EVERYONE,
    OBLIGATIONS,
    OFFICES,
    SONG,
    STRANGER,
    campaigns,
    orders,
    proposals,
)
from tests.ledger import Ledger
from tests.people import Person
from tests.voting import a_seat

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
        **_trading_fields(town),
        **_membership_fields(town),
    }


def _membership_fields(town: Ledger) -> dict[str, st.SearchStrategy[Any]]:
    """Those of partners who come, go, and decide together."""
    codes = ("fifth", "sixth", *CODES)
    applied = town.entry(application_key(CARL.account), Application)
    assert applied is not None
    return {
        "code": st.sampled_from(codes),
        "currency": st.just("EUR"),
        "kind": st.sampled_from(PartnerKind),
        "issuer": _ACCOUNTS,
        "cashier": _ACCOUNTS,
        "custodian": st.sampled_from((CUSTODIAN, CUSTODIAN, JUDGE, "nobody")),
        "seat": st.builds(a_seat, st.just(town), st.sampled_from(codes), _KEYS),
        "lost": st.booleans(),
        "approve": st.booleans(),
        "proposal": st.sampled_from([*proposals(town).values(), SONG]),
        "applicant": st.one_of(st.just(CARL.account), _ACCOUNTS),
        "limits": st.builds(
            VotedLimits,
            credit=_COUNTS,
            reserve_ceiling=_COUNTS,
            haircut=st.sampled_from((0, 1_000, 10_000)),
            claim_bound=_COUNTS,
        ),
        "account": _ACCOUNTS,
        "application": st.sampled_from((application_id(CARL.account, applied), SONG)),
        "version": st.integers(1, 3),
        "height": st.sampled_from((1, town.height, town.height + 10, 2**53)),
        "url": st.just(""),
    }


_KEYS = st.sampled_from(("consensus of north", "a new key", "another key"))


def any_measure(town: Ledger, kind: type[Measure]) -> st.SearchStrategy[Measure]:
    """A measure of this kind with anything in its fields."""
    fields = _fields(town)
    if kind is SetCustodian:
        custodians = st.sampled_from((CUSTODIAN, JUDGE, "third"))
        fields |= {"code": custodians, "partner": st.one_of(st.none(), fields["partner"])}
    if kind is SharePosition:
        fields["amount"] = st.one_of(st.just(1), _AMOUNTS)
    return st.builds(kind, **{name: fields[name] for name in kind.__struct_fields__})


def any_measures(town: Ledger) -> st.SearchStrategy[Measure]:
    """A measure of any kind."""
    return st.one_of([any_measure(town, kind) for kind in get_args(Measure)])


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
    if kind is PartnerRegister:
        fields["application"] = st.builds(
            Application, **{name: fields[name] for name in Application.__struct_fields__}
        )
    if kind is Propose:
        fields["measure"] = any_measures(town)
    if kind is PartnerRotateKeys:
        return st.builds(
            _rotation, st.just(town), fields["partner"], st.sampled_from(Role), _PEOPLE
        )
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


def _rotation(town: Ledger, partner: str, role: Role, to: Person) -> PartnerRotateKeys:
    """A role for who signs that it takes it."""
    return PartnerRotateKeys(partner, role, to.endorse(role_message(town.chain, partner, role)))


def _endorser(what: Any, role: str) -> Person:
    """Who may endorse it; the holder of a role of its partner, there or not."""
    match what:
        case Voucher():
            return CARL
        case Offer():
            return person_of(what.seller)
        case _:
            return a_role(CUSTODIAN if role == "custodian" else what.partner, role)


def person_of(account: bytes) -> Person:
    """Whose account it is, of those in the town."""
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
            return person_of(action.voucher.claimant)
        case CampaignCreate() | CampaignClose() | OrderResolve():
            return CARL
        case OrderShip() | OrderRefund():
            return BOB
        case PartnerRegister():
            return CARL
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
