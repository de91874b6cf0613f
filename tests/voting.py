"""Partners deciding together, for tests of what they may decide on and of what comes of it.

Knows how to bring a measure to the vote, have it pass, and wait for it; and whom to admit.
"""

from __future__ import annotations

from msgspec.structs import replace

from primitives.actions import (
    PartnerExit,
    PartnerRegister,
    PartnerRotateKeys,
    ValidatorAnnounceKey,
)
from primitives.amount import MICRO
from primitives.entries import DIRECTORY_KEY, SETTLEMENT_KEY, Directory, Settlement
from primitives.governance import (
    AdmitPartner,
    Measure,
    Proposal,
    ProposalStatus,
    RemovePartner,
    VotedLimits,
)
from primitives.membership import (
    MEMBERSHIP_KEY,
    Application,
    Membership,
    PartnerKind,
    Role,
    Seat,
    application_id,
    role_message,
    seat_message,
)
from primitives.receipt import Outcome
from primitives.transaction import Decoded
from tests.builders import CUSTODIAN, DAY_MS, PARAMETERS, Person, a_key, a_role
from tests.ledger import Ledger

VOTING, TIMELOCK = PARAMETERS.voting_ms, PARAMETERS.timelock_ms
QUIET = replace(PARAMETERS, settlement_cycle_ms=100 * DAY_MS, reserve_lapse_ms=400 * DAY_MS)
"""No cycle closes and no reserve lapses while somebody votes."""
GRANTED = VotedLimits(
    credit=1_000 * MICRO, reserve_ceiling=5_000 * MICRO, haircut=500, claim_bound=2_000 * MICRO
)


def a_seat(ledger: Ledger, partner: str, key: str | None = None) -> Seat:
    """A consensus key, and its word that the partner holds it."""
    signer = a_key(key or f"consensus of {partner}")
    message = seat_message(ledger.chain, partner, signer.public_key)
    return Seat(signer.public_key, signer.sign(message))


def an_application(ledger: Ledger, code: object = "fifth", **fields: object) -> Application:
    """As whoever holds the roles of ``code`` would write it."""
    code = str(code)
    wish: dict[str, object] = {
        "code": code,
        "name": code.capitalize(),
        "currency": "EUR",
        "kind": PartnerKind.SHOP,
        "issuer": a_role(code, "issuer").account,
        "cashier": a_role(code, "cashier").account,
        "custodian": CUSTODIAN,
        "seat": a_seat(ledger, code),
        "mint_per_day": 100 * MICRO,
        "refund_per_day": 100 * MICRO,
    }
    return Application(**(wish | fields))  # type: ignore[arg-type]


def a_record(ledger: Ledger, person: Person) -> Person:
    """Whoever is to say something has an account; opened by one LiqBon from north."""
    if ledger.account(person) is None:
        ledger.give(person, MICRO)
    return person


def an_applying(ledger: Ledger, wish: Application, **fields: object) -> Decoded:
    """Sent by the newcomer's admin, or by ``sender``."""
    sender = fields.pop("sender", None) or a_role(wish.code, "admin")
    assert isinstance(sender, Person)
    return ledger.act(sender, PartnerRegister(wish), **fields)


def an_admission(
    ledger: Ledger, code: str = "fifth", voted: VotedLimits = GRANTED, **fields: object
) -> AdmitPartner:
    """A measure for a newcomer that applied in these words."""
    wish = an_application(ledger, code, **fields)
    admin = a_record(ledger, a_role(code, "admin"))
    assert ledger.send(an_applying(ledger, wish)) == Outcome.DONE
    return AdmitPartner(admin.account, application_id(admin.account, wish), voted)


def proposed(ledger: Ledger, measure: Measure, by: str = "north", **fields: object) -> bytes:
    """Put to the vote; gives the id."""
    decoded = ledger.propose(by, measure, **fields)
    assert ledger.send(decoded) == Outcome.DONE
    return decoded.id


def passed(ledger: Ledger, measure: Measure, by: str = "north") -> bytes:
    """Put to the vote, and enough approve; it waits for its time."""
    id_ = proposed(ledger, measure, by)
    approve(ledger, id_)
    assert ledger.proposal(id_).status == ProposalStatus.PASSED
    return id_


def approve(ledger: Ledger, id_: bytes, but: tuple[str, ...] = ()) -> None:
    """As many electors as are needed vote for it, in their order; by whoever is their admin."""
    proposal = ledger.proposal(id_)
    for code in [code for code in proposal.electors if code not in but][: proposal.needed]:
        assert ledger.send(ledger.vote(code, id_)) == Outcome.DONE


def carried_out(ledger: Ledger, measure: Measure, by: str = "north") -> Proposal:
    """Put to the vote, passed, and its time has come; what became of it."""
    id_ = passed(ledger, measure, by)
    ledger.pass_time(TIMELOCK + 1_000)
    return ledger.proposal(id_)


def executed(ledger: Ledger, measure: Measure, by: str = "north") -> None:
    """What was voted for was done."""
    proposal = carried_out(ledger, measure, by)
    assert proposal.status == ProposalStatus.EXECUTED, Outcome(proposal.obstacle).name


def admitted(ledger: Ledger, code: str = "fifth", voted: VotedLimits = GRANTED) -> None:
    """A newcomer applies and is admitted; an epoch later, so that there may be another."""
    executed(ledger, an_admission(ledger, code, voted))
    ledger.epoch += 1


def removed(ledger: Ledger, code: str, by: str = "south") -> None:
    """Its fellow partners remove a partner."""
    executed(ledger, RemovePartner(code), by)


def a_rotation(ledger: Ledger, partner: str, role: Role, to: Person, **fields: object) -> Decoded:
    """By the partner's admin, or by ``sender``; the one who takes the role signs too."""
    sender = fields.pop("sender", None) or a_role(partner, "admin")
    assert isinstance(sender, Person)
    holder = to.endorse(role_message(ledger.chain, partner, role))
    return ledger.act(sender, PartnerRotateKeys(partner, role, holder), **fields)


def an_announcement(
    ledger: Ledger, partner: str, key: str, *, lost: bool = False, **fields: object
) -> Decoded:
    """By the partner's admin, or by ``sender``."""
    sender = fields.pop("sender", None) or a_role(partner, "admin")
    assert isinstance(sender, Person)
    seat = a_seat(ledger, partner, key)
    return ledger.act(sender, ValidatorAnnounceKey(partner, seat, lost), **fields)


def an_exit(ledger: Ledger, partner: str, **fields: object) -> Decoded:
    """By the partner's admin, or by ``sender``."""
    sender = fields.pop("sender", None) or a_role(partner, "admin")
    assert isinstance(sender, Person)
    return ledger.act(sender, PartnerExit(partner), **fields)


def directory(ledger: Ledger) -> Directory:
    """As it stands."""
    found = ledger.entry(DIRECTORY_KEY, Directory)
    assert found is not None
    return found


def membership(ledger: Ledger) -> Membership:
    """Of the next epoch, as it stands."""
    found = ledger.entry(MEMBERSHIP_KEY, Membership)
    assert found is not None
    return found


def settlement(ledger: Ledger) -> Settlement:
    """As it stands."""
    found = ledger.entry(SETTLEMENT_KEY, Settlement)
    assert found is not None
    return found
