"""The state at height 0. Knows what founders agreed on; nothing that happened since."""

from __future__ import annotations

from contracts import due as calendar
from contracts import programmes
from contracts.partners import NO_POSITION
from contracts.state import State
from primitives.encoding import Wire
from primitives.entries import (
    DIRECTORY_KEY,
    SETTLEMENT_KEY,
    SUPPLY_KEY,
    Account,
    CycleClose,
    Directory,
    Limits,
    Partner,
    Programme,
    PublishedRate,
    PublishedTerms,
    RateStart,
    ReserveLapse,
    Settlement,
    Supply,
    account_key,
    custodian_key,
    limits_key,
    partner_key,
    position_key,
    programme_key,
)
from primitives.genesis import Genesis, GenesisPartner, ProgrammeTerms, Roles
from primitives.governance import PROTOCOL_KEY, Protocol
from primitives.hashing import ZERO_DIGEST
from primitives.membership import MEMBERSHIP_KEY, Member, Membership, PartnerStatus
from primitives.transaction import MAX_CHANNELS
from primitives.vote import PROTOCOL_VERSION

FIRST_CYCLE = 1


class _Nothing:
    """What was there before genesis."""

    __slots__ = ()

    def get(self, key: bytes, /) -> bytes | None:  # noqa: ARG002  the reader's own signature
        return None


def genesis_changes(genesis: Genesis) -> list[tuple[bytes, bytes]]:
    """(key, canonical value) of every first entry, by ascending key ([GEN-7]).

    No LiqBon exists: supply and balances are zero. The genesis was checked.
    """
    state = State(_Nothing())
    _create(state, SUPPLY_KEY, Supply(0, 0, 0))
    codes = tuple(partner.code for partner in genesis.partners)
    custodians = tuple(custodian.code for custodian in genesis.custodians)
    _create(state, DIRECTORY_KEY, Directory(codes, custodians))
    members = tuple(Member(partner.code, partner.consensus_key) for partner in genesis.partners)
    _create(state, MEMBERSHIP_KEY, Membership(members, changed=-1, admitted=-1))
    _create(state, PROTOCOL_KEY, Protocol(PROTOCOL_VERSION, None))
    for custodian in genesis.custodians:
        _create(state, custodian_key(custodian.code), custodian)
        _found_account(state, custodian.account)
    for partner in genesis.partners:
        _found_partner(state, genesis, partner)
    closes = genesis.time + genesis.parameters.settlement_cycle_ms
    _create(state, SETTLEMENT_KEY, Settlement(FIRST_CYCLE, closes, genesis.settlement_custodian))
    calendar.insert(state, closes, CycleClose(FIRST_CYCLE))
    return [(key, value) for key, value in state.changes() if value is not None]


def _found_partner(state: State, genesis: Genesis, partner: GenesisPartner) -> None:
    codes = tuple(terms.code for terms in partner.programmes)
    entry = Partner(
        code=partner.code,
        name=partner.name,
        currency=partner.currency,
        kind=partner.kind,
        status=PartnerStatus.ACTIVE,
        roles=partner.roles,
        custodian=partner.custodian,
        programmes=codes,
        proposals=0,
    )
    _create(state, partner_key(partner.code), entry)
    _create(state, position_key(partner.code), NO_POSITION)
    _found_roles(state, partner.roles)
    _found_limits(state, genesis, partner)
    for terms in partner.programmes:
        _found_programme(state, genesis.time, partner.code, terms)


def _found_roles(state: State, roles: Roles) -> None:
    for account in (roles.admin, roles.issuer, roles.cashier):
        _found_account(state, account)


def _found_account(state: State, account: bytes) -> None:
    """One record an account, however many roles of however many partners it has ([GEN-8])."""
    if state.entry(account_key(account), Account) is None:
        state.put(account_key(account), Account(0, MAX_CHANNELS, 0, ZERO_DIGEST))


def _found_limits(state: State, genesis: Genesis, partner: GenesisPartner) -> None:
    """A reserve counts while its attestation is young enough, and lapses by itself ([GEN-9])."""
    terms = partner.limits
    lapse = terms.reserve_attested + genesis.parameters.reserve_lapse_ms
    counts = terms.reserve > 0 and lapse > genesis.time
    entry = Limits(
        terms=terms,
        reserve_counts=counts,
        earmarked=0,
        overdue=0,
        moved=0,
        pending_reserve=None,
        pending_caps=None,
        advance=None,
    )
    _create(state, limits_key(partner.code), entry)
    if counts:
        calendar.insert(state, lapse, ReserveLapse(partner.code, terms.reserve_attested))


def _found_programme(state: State, time: int, partner: str, terms: ProgrammeTerms) -> None:
    """The newest rate that has begun is in force; later ones begin by themselves ([GEN-10])."""
    place = -1
    for number, rate in enumerate(terms.rates):
        programmes.record(state, (partner, terms.code), number, PublishedRate(rate, time))
        if rate.since <= time:
            place = number
        else:
            calendar.insert(state, rate.since, RateStart(partner, terms.code, number))
    entry = Programme(
        code=terms.code,
        name=terms.name,
        point=terms.point,
        terms_hash=terms.terms_hash,
        terms_url=terms.terms_url,
        paused=False,
        place=place,
        rate=terms.rates[place] if place >= 0 else None,
        published=len(terms.rates),
        newest=terms.rates[-1],
        terms_place=0,
        terms_published=1,
        terms_newest=time,
    )
    published = PublishedTerms(terms.terms_hash, terms.terms_url, time, time)
    programmes.record_terms(state, (partner, terms.code), 0, published)
    _create(state, programme_key(partner, terms.code), entry)


def _create(state: State, key: bytes, value: Wire) -> None:
    assert state.entry(key, type(value)) is None, key.hex()
    state.put(key, value)
