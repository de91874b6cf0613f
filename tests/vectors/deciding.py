"""Partners that come, go and decide together, for golden vectors. Knows how they sign; no rule.

Every function gives a transaction signed for the ledger as it stands, or brings the ledger to where
something was decided. Founders are those of ``a_genesis``; the first of them alone has a programme.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from primitives.actions import (
    CastVote,
    PartnerExit,
    PartnerRegister,
    PartnerRotateKeys,
    Propose,
    ValidatorAnnounceKey,
)
from primitives.genesis import Genesis, PartnerLimits
from primitives.governance import Measure, Proposal, ProposalStatus, VotedLimits, proposal_key
from primitives.membership import (
    Application,
    PartnerKind,
    Role,
    Seat,
    application_id,
    role_message,
    seat_message,
)
from primitives.receipt import Outcome
from primitives.transaction import Decoded
from tests.builders import (
    BONUS,
    CUSTODIAN,
    DAY_MS,
    LIMITS,
    PARAMETERS,
    Person,
    a_genesis,
    a_key,
    a_person,
    a_role,
)
from tests.ledger import Ledger

Case = Callable[[Ledger], list[Decoded]]
"""Who does what in the block that is recorded; what came before it is done on the way."""

NORA: Final = a_person("Nora, who would be a partner", keys=3, threshold=2)
TILL: Final = a_person("Nora's till")
VOTED: Final = VotedLimits(
    credit=1_000 * 10**6,
    reserve_ceiling=2_000 * 10**6,
    haircut=500,
    claim_bound=3_000 * 10**6,
)


def founders(n: int = 3, limits: PartnerLimits = LIMITS, **parameters: int) -> Genesis:
    """Nothing but what is decided happens for a year; ``parameters`` of the genesis."""
    lasting = {"settlement_cycle_ms": 400 * DAY_MS, "reserve_lapse_ms": 400 * DAY_MS} | parameters
    genesis = a_genesis(
        n=n, limits=limits, programmes=[], parameters=replace(PARAMETERS, **lasting)
    )
    first, *others = genesis.partners
    return replace(genesis, partners=(replace(first, programmes=(BONUS,)), *others))


def admin(code: str) -> Person:
    """Who speaks for a founder."""
    return a_role(code, "admin")


def done(ledger: Ledger, *transactions: Decoded) -> None:
    """Carried out, a block each."""
    for decoded in transactions:
        assert ledger.send(decoded) == Outcome.DONE, decoded.transaction.action


def after(*first: Case) -> Callable[[Case], Case]:
    """The case in a ledger in which others were done before."""

    def later(case: Case) -> Case:
        def both(ledger: Ledger) -> list[Decoded]:
            for one in first:
                done(ledger, *one(ledger))
            return case(ledger)

        return both

    return later


def seat(ledger: Ledger, code: str, key: str | None = None) -> Seat:
    """The seat of a partner with a key of its own, or with the named one."""
    signer = a_key(key or f"consensus of {code}")
    message = seat_message(ledger.chain, code, signer.public_key)
    return Seat(signer.public_key, signer.sign(message))


def application(
    ledger: Ledger, code: str = "nora", key: str | None = None, **fields: object
) -> Application:
    """Nora's; ``key`` is the name of its consensus key, ``fields`` are the application's."""
    plain = Application(
        code=code,
        name="Nora and daughters",
        currency="EUR",
        kind=PartnerKind.SHOP,
        issuer=NORA.account,
        cashier=TILL.account,
        custodian=CUSTODIAN,
        seat=seat(ledger, code, key),
        mint_per_day=20 * 10**6,
        refund_per_day=10 * 10**6,
    )
    return replace(plain, **fields)


def register(ledger: Ledger, by: Person = NORA, **fields: object) -> Decoded:
    """``fields`` as of ``application``."""
    return ledger.act(by, PartnerRegister(application(ledger, **fields)))  # type: ignore[arg-type]


def applied(ledger: Ledger, by: Person = NORA, **fields: object) -> bytes:
    """The id of an application that stands; its sender has an account from now on."""
    if ledger.account(by) is None:
        ledger.give(by, 10**6)
    decoded = register(ledger, by, **fields)
    done(ledger, decoded)
    action = decoded.transaction.action
    assert isinstance(action, PartnerRegister)
    return application_id(by.account, action.application)


def rotate(
    ledger: Ledger, role: Role, to: Person, partner: str = "north", by: Person | None = None
) -> Decoded:
    """Sent by the partner's admin, or by ``by``; endorsed by the account that takes the role."""
    holder = to.endorse(role_message(ledger.chain, partner, role))
    return ledger.act(by or admin(partner), PartnerRotateKeys(partner, role, holder))


def leave(ledger: Ledger, partner: str, by: Person | None = None) -> Decoded:
    """Sent by the partner's admin, or by ``by``."""
    return ledger.act(by or admin(partner), PartnerExit(partner))


def announce(
    ledger: Ledger,
    key: str,
    partner: str = "north",
    by: Person | None = None,
    *,
    lost: bool = False,
) -> Decoded:
    """Another consensus key, by its name."""
    action = ValidatorAnnounceKey(partner, seat(ledger, partner, key), lost)
    return ledger.act(by or admin(partner), action)


def propose(
    ledger: Ledger, measure: Measure, partner: str = "north", by: Person | None = None
) -> Decoded:
    """Sent by the partner's admin, or by ``by``."""
    return ledger.act(by or admin(partner), Propose(partner, measure))


def vote(
    ledger: Ledger, proposal: bytes, partner: str, by: Person | None = None, *, approve: bool = True
) -> Decoded:
    """Sent by the partner's admin, or by ``by``."""
    return ledger.act(by or admin(partner), CastVote(partner, proposal, approve))


def opened(ledger: Ledger, measure: Measure, partner: str = "north") -> bytes:
    """The id of a proposal that is put to the vote."""
    decoded = propose(ledger, measure, partner)
    done(ledger, decoded)
    return decoded.id


def the_proposal(ledger: Ledger, id_: bytes) -> Proposal:
    """As it stands."""
    found = ledger.entry(proposal_key(id_), Proposal)
    assert found is not None, id_.hex()
    return found


def passed(ledger: Ledger, measure: Measure, partner: str = "north") -> bytes:
    """The id of a proposal that enough electors approved, in their order."""
    id_ = opened(ledger, measure, partner)
    for elector in the_proposal(ledger, id_).electors:
        if the_proposal(ledger, id_).status == ProposalStatus.OPEN:
            done(ledger, vote(ledger, id_, elector))
    assert the_proposal(ledger, id_).status == ProposalStatus.PASSED
    return id_


def until(ledger: Ledger, time: int) -> int:
    """Milliseconds to the end of the second in which ``time`` lies."""
    return -(-time // 1_000) * 1_000 - ledger.time


def until_done(ledger: Ledger, id_: bytes) -> int:
    """Milliseconds to what happens with a proposal by itself."""
    return until(ledger, the_proposal(ledger, id_).deadline)


def decided(ledger: Ledger, measure: Measure, partner: str = "north") -> None:
    """Proposed, approved, and carried out."""
    id_ = passed(ledger, measure, partner)
    ledger.pass_time(until_done(ledger, id_))
    assert the_proposal(ledger, id_).status == ProposalStatus.EXECUTED, the_proposal(ledger, id_)
