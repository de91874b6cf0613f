"""Partners together as rows: who came and went, what was voted, what others' reserves paid.

Part of ``audit.rows``. Knows columns; writes no file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple, TypeVar

from audit.ledger import VerifiedBlock
from audit.plain import codes_in, plain_json, snake
from audit.tables import (
    APPLICATIONS,
    CUSTODIAN_CHANGES,
    CUSTODIANS,
    DECISIONS,
    DRAWS,
    PARTNER_CHANGES,
    PARTNERS,
    PROPOSALS,
    SHIFTS,
    TERMS,
    VOTES,
    Row,
    Table,
)
from primitives.actions import CastVote
from primitives.address import address
from primitives.encoding import Wire
from primitives.entries import (
    SETTLEMENT_KEY,
    Obligation,
    Partner,
    Prefix,
    PublishedTerms,
    Settlement,
    decode_entry,
    obligation_key,
)
from primitives.genesis import Custodian
from primitives.governance import Proposal
from primitives.membership import MEMBERSHIP_KEY, Application, Membership, application_id
from primitives.receipt import (
    CustodianAssigned,
    CustodianSet,
    Event,
    JudgeSet,
    ObligationSettled,
    Outcome,
    PartnerMoved,
    PositionShifted,
    ProposalMoved,
    Receipt,
    ReserveDrawn,
    RoleGiven,
    SeatAnnounced,
    VoteCounted,
)

W = TypeVar("W", bound=Wire)
State = Mapping[bytes, bytes]

PREFIXES: Final = frozenset(
    {
        Prefix.PARTNER,
        Prefix.CUSTODIAN,
        Prefix.APPLICATION,
        Prefix.PROPOSAL,
        Prefix.TERMS,
    }
)
"""Of the entries that are rows here."""


class _At(NamedTuple):
    """Where an event stands."""

    height: int
    time: int
    origin: str
    place: int


class GovernanceRows:
    """Makes rows of blocks, and of the state that they lead to."""

    def __init__(self, network: str) -> None:
        self._network = network

    def of_block(self, block: VerifiedBlock, state: State) -> Iterator[tuple[Table, Row]]:
        """The rows of one block; ``state`` is the one that it left."""
        header = block.header
        votes = {
            each.decoded.id: each.decoded.transaction.action.approve
            for each in block.transactions
            if isinstance(each.decoded.transaction.action, CastVote)
        }
        for receipt in block.receipts:
            for place, event in enumerate(receipt.events):
                at = _At(header.height, header.time, receipt.origin.hex(), place)
                if isinstance(event, VoteCounted):
                    yield VOTES, _vote_row(at, event, approve=votes[receipt.origin])
                else:
                    yield from self._event_rows(at, event, receipt, state)

    def of_entry(self, key: bytes, value: Wire, state: State) -> tuple[Table, Row]:
        """The row of an entry of one of ``PREFIXES``."""
        match value:
            case Partner():
                return PARTNERS, self._partner_row(value, state)
            case Custodian(code, name, account, partner):
                judge = _entry(state, SETTLEMENT_KEY, Settlement).custodian == code
                return CUSTODIANS, (code, name, self._address(account), partner, judge)
            case Application():
                return APPLICATIONS, self._application_row(key[1:], value)
            case Proposal():
                return PROPOSALS, _proposal_row(key[1:], value)
            case PublishedTerms():
                [partner, programme] = codes_in(key, 2)
                place = int.from_bytes(key[-4:], "big")
                what = (value.terms_hash.hex(), value.terms_url, value.since, value.published)
                return TERMS, (partner, programme, place, *what)
            case _:
                raise AssertionError(key.hex())

    def _address(self, account: bytes) -> str:
        return address(account, self._network)

    def _event_rows(
        self, at: _At, event: Event, receipt: Receipt, state: State
    ) -> Iterator[tuple[Table, Row]]:
        match event:
            case PartnerMoved(partner, status):
                yield PARTNER_CHANGES, (*at, partner, "moved", status.text, None, None, None)
            case RoleGiven(partner, role, account):
                to = self._address(account)
                yield PARTNER_CHANGES, (*at, partner, "role", None, role.text, to, None)
            case SeatAnnounced(partner, key, lost):
                change = "seat_lost" if lost else "seat"
                yield PARTNER_CHANGES, (*at, partner, change, None, None, None, key.hex())
            case CustodianSet(custodian, account):
                yield CUSTODIAN_CHANGES, (*at, custodian, "set", self._address(account), None)
            case CustodianAssigned(partner, custodian):
                yield CUSTODIAN_CHANGES, (*at, custodian, "assigned", None, partner)
            case JudgeSet(custodian):
                yield CUSTODIAN_CHANGES, (*at, custodian, "judge", None, None)
            case ProposalMoved(proposal, status, obstacle):
                told = None if obstacle == Outcome.DONE else obstacle.text
                yield DECISIONS, (*at[:3], proposal.hex(), status.text, told)
            case ReserveDrawn():
                yield DRAWS, _draw_row(at, event, state)
            case PositionShifted():
                yield SHIFTS, _shift_row(at, event, receipt)
            case _:
                return

    def _partner_row(self, partner: Partner, state: State) -> Row:
        members = _entry(state, MEMBERSHIP_KEY, Membership).members
        seats = {member.partner: member.key.hex() for member in members}
        roles = partner.roles
        return (
            partner.code,
            partner.name,
            partner.kind.text,
            partner.status.text,
            partner.currency,
            self._address(roles.admin),
            self._address(roles.issuer),
            self._address(roles.cashier),
            partner.custodian,
            seats.get(partner.code),
            partner.proposals,
        )

    def _application_row(self, account: bytes, wish: Application) -> Row:
        return (
            self._address(account),
            application_id(account, wish).hex(),
            wish.code,
            wish.name,
            wish.kind.text,
            wish.currency,
            self._address(wish.issuer),
            self._address(wish.cashier),
            wish.custodian,
            wish.seat.key.hex(),
            wish.mint_per_day,
            wish.refund_per_day,
        )


def _vote_row(at: _At, event: VoteCounted, *, approve: bool) -> Row:
    counts = (event.approved, event.opposed)
    return (*at[:3], event.proposal.hex(), event.partner, approve, *counts)


def _proposal_row(id_: bytes, proposal: Proposal) -> Row:
    return (
        id_.hex(),
        proposal.proposer,
        snake(type(proposal.measure).__name__),
        plain_json(proposal.measure),
        len(proposal.electors),
        proposal.needed,
        proposal.approved,
        proposal.opposed,
        proposal.status.text,
        proposal.opened,
        proposal.decided or None,
        proposal.deadline,
        Outcome(proposal.obstacle).text if proposal.obstacle else None,
    )


def _draw_row(at: _At, event: ReserveDrawn, state: State) -> Row:
    debtor = _entry(state, obligation_key(event.cycle, event.place), Obligation).debtor
    which = (event.partner == debtor, debtor, event.cycle, event.place)
    return (*at, event.partner, *which, event.amount)


def _shift_row(at: _At, event: PositionShifted, receipt: Receipt) -> Row:
    """Why a position was shifted, by what else happened: reserves paid, an obligation was settled
    by nobody's payment, or neither ([LEDGER-55], [LEDGER-72], [LEDGER-73])."""
    drawn = [each for each in receipt.events if isinstance(each, ReserveDrawn)]
    settled = [each for each in receipt.events if isinstance(each, ObligationSettled)]
    if drawn:
        why = ("guarantee", drawn[0].cycle, drawn[0].place)
    elif settled:
        why = ("shared_obligation", settled[0].cycle, settled[0].place)
    else:
        return (*at, event.partner, "shared_position", None, None, event.amount)
    return (*at, event.partner, *why, event.amount)


def _entry(state: State, key: bytes, kind: type[W]) -> W:
    found = decode_entry(key, state[key])
    assert isinstance(found, kind), key.hex()
    return found
