"""The state at height 0. Knows what founders agreed on; nothing that happened since."""

from __future__ import annotations

from contracts import due as calendar
from contracts.partners import NO_POSITION
from contracts.state import State
from primitives.encoding import Wire
from primitives.entries import (
    DIRECTORY_KEY,
    SUPPLY_KEY,
    Account,
    Directory,
    Limits,
    Partner,
    Programme,
    RateStart,
    ReserveLapse,
    Supply,
    account_key,
    limits_key,
    partner_key,
    position_key,
    programme_key,
)
from primitives.genesis import Genesis, GenesisPartner, ProgrammeTerms, Roles
from primitives.hashing import ZERO_DIGEST

ROLE_CHANNELS = 256


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
    _create(state, DIRECTORY_KEY, Directory(codes))
    for partner in genesis.partners:
        _found_partner(state, genesis, partner)
    return [(key, value) for key, value in state.changes() if value is not None]


def _found_partner(state: State, genesis: Genesis, partner: GenesisPartner) -> None:
    programmes = tuple(terms.code for terms in partner.programmes)
    entry = Partner(partner.code, partner.name, partner.currency, partner.roles, programmes)
    _create(state, partner_key(partner.code), entry)
    _create(state, position_key(partner.code), NO_POSITION)
    _found_roles(state, partner.roles)
    _found_limits(state, genesis, partner)
    for terms in partner.programmes:
        _found_programme(state, genesis.time, partner.code, terms)


def _found_roles(state: State, roles: Roles) -> None:
    """One record an account, however many roles of however many partners it has ([GEN-8])."""
    for account in (roles.admin, roles.issuer, roles.cashier, roles.custodian):
        if state.entry(account_key(account), Account) is None:
            state.put(account_key(account), Account(0, ROLE_CHANNELS, 0, ZERO_DIGEST))


def _found_limits(state: State, genesis: Genesis, partner: GenesisPartner) -> None:
    """A reserve counts while its attestation is young enough, and lapses by itself ([GEN-9])."""
    terms = partner.limits
    lapse = terms.reserve_attested + genesis.parameters.reserve_lapse_ms
    counts = terms.reserve > 0 and lapse > genesis.time
    _create(state, limits_key(partner.code), Limits(terms, counts))
    if counts:
        calendar.insert(state, lapse, ReserveLapse(partner.code, terms.reserve_attested))


def _found_programme(state: State, time: int, partner: str, terms: ProgrammeTerms) -> None:
    """The newest rate that has begun is in force; later ones begin by themselves ([GEN-10])."""
    in_force = -1
    for place, rate in enumerate(terms.rates):
        if rate.since <= time:
            in_force = place
        else:
            calendar.insert(state, rate.since, RateStart(partner, terms.code, place))
    entry = Programme(terms, in_force, paused=False)
    _create(state, programme_key(partner, terms.code), entry)


def _create(state: State, key: bytes, value: Wire) -> None:
    assert state.entry(key, type(value)) is None, key.hex()
    state.put(key, value)
