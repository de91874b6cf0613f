"""Who decides in golden vectors: idle founders, and Nora, who would be a partner.

Knows how a case is prepared; how partners sign and vote is in ``tests.voting``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from primitives.genesis import Genesis, PartnerLimits
from primitives.governance import VotedLimits
from primitives.membership import Application, application_id
from primitives.receipt import Outcome
from primitives.transaction import Decoded
from tests.builders import (
    BONUS,
    DAY_MS,
    LIMITS,
    PARAMETERS,
    Person,
    a_genesis,
    a_person,
    a_role,
)
from tests.ledger import Ledger
from tests.voting import a_record, a_seat, an_application, an_applying, an_exit

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
    """Nothing but what is decided happens for a year; ``parameters`` of the genesis.

    Only the first has a programme: what there is was deposited there.
    """
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


def leaving(partner: str, by: Person | None = None) -> Case:
    """A partner exits; sent by its admin, or by ``by``."""
    return lambda ledger: [an_exit(ledger, partner, sender=by)]


def words(
    ledger: Ledger, code: str = "nora", key: str | None = None, **fields: object
) -> Application:
    """Nora's application; ``key`` is the name of its consensus key, ``fields`` are its own."""
    nora = {"issuer": NORA.account, "cashier": TILL.account, "seat": a_seat(ledger, code, key)}
    return an_application(ledger, code, **(nora | fields))


def register(ledger: Ledger, by: Person = NORA, **fields: object) -> Decoded:
    """``fields`` as of ``words``."""
    return an_applying(ledger, words(ledger, **fields), sender=by)  # type: ignore[arg-type]


def applied(ledger: Ledger, by: Person = NORA, **fields: object) -> bytes:
    """The id of an application that stands; its sender has an account from now on."""
    a_record(ledger, by)
    done(ledger, register(ledger, by, **fields))
    return application_id(by.account, words(ledger, **fields))  # type: ignore[arg-type]


def until(ledger: Ledger, time: int) -> int:
    """Milliseconds to the end of the second in which ``time`` lies."""
    return -(-time // 1_000) * 1_000 - ledger.time


def until_done(ledger: Ledger, id_: bytes) -> int:
    """Milliseconds to what happens with a proposal by itself."""
    return until(ledger, ledger.proposal(id_).deadline)
