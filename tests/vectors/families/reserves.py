"""Daily caps, claim bounds and reserves, and what of them falls due: a block each."""

from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from primitives.actions import LowerClaimBound, SetDailyCaps
from primitives.amount import MICRO
from primitives.receipt import Outcome
from primitives.transaction import Decoded
from tests.builders import (
    CUSTODIAN,
    DAY_MS,
    GENESIS_TIME,
    LIMITS,
    PARAMETERS,
    Person,
    a_genesis,
    a_person,
    a_role,
)
from tests.ledger import Ledger
from tests.vectors.recording import FIELDS as FIELDS
from tests.vectors.recording import record

ADMIN, EAST = a_role("north", "admin"), a_role("east", "admin")
VAULT = a_role(CUSTODIAN, "custodian")
ALICE = a_person("Alice")
DELAY, LAPSE = PARAMETERS.increase_delay_ms, PARAMETERS.reserve_lapse_ms
Case = Callable[[Ledger], list[Decoded]]


def the_ledger() -> Ledger:
    """Two founders with L = 5 + 90 LiqBon, all of the reserve's ceiling but 50; north owes 40."""
    limits = replace(
        LIMITS,
        credit=5 * MICRO,
        reserve=100 * MICRO,
        reserve_ceiling=150 * MICRO,
        claim_bound=20 * MICRO,
        mint_per_day=60 * MICRO,
        refund_per_day=8 * MICRO,
    )
    lasting = replace(PARAMETERS, settlement_cycle_ms=400 * DAY_MS)
    ledger = Ledger(a_genesis(n=2, limits=limits, parameters=lasting))
    ledger.give(ALICE, 40 * MICRO)
    return ledger


def bound(units: int, partner: str = "north", by: Person = ADMIN) -> Case:
    return lambda ledger: [ledger.act(by, LowerClaimBound(partner, units))]


def caps(mint: int, refund: int, partner: str = "north", by: Person = ADMIN) -> Case:
    action = SetDailyCaps(partner, mint * MICRO, refund * MICRO)
    return lambda ledger: [ledger.act(by, action)]


def attest(units: int, age: int = 0, partner: str = "north", **fields: object) -> Case:
    """As of ``age`` before the block's time; ``fields`` as of ``Ledger.attest``."""
    return lambda ledger: [
        ledger.attest(partner, units, ledger.context().time - age, **fields)  # type: ignore[arg-type]
    ]


def release(units: int, **fields: object) -> Case:
    """``fields`` as of ``Ledger.release``."""
    return lambda ledger: [ledger.release("north", units, **fields)]


def after(*first: Case) -> Callable[[Case], Case]:
    """The case in a ledger in which others were done before."""

    def later(case: Case) -> Case:
        def both(ledger: Ledger) -> list[Decoded]:
            for one in first:
                assert ledger.send(*one(ledger)) == Outcome.DONE
            return case(ledger)

        return both

    return later


def unknown_release(ledger: Ledger) -> list[Decoded]:
    return [ledger.release("nobody", 1, sender=ADMIN, reserve=0, attested=GENESIS_TIME)]


def lapsed(ledger: Ledger) -> Ledger:
    """Both reserves lapsed five days ago."""
    ledger.pass_time(GENESIS_TIME + LAPSE + 5 * DAY_MS - ledger.time)
    return ledger


CASES: dict[str, Case] = {
    "a lower claim bound": bound(20 * MICRO - 1),
    "a claim bound of nothing": bound(0),
    "claim_bound_not_lower": bound(20 * MICRO),
    "partner_unknown of a claim bound": bound(0, "nobody"),
    "not_admin of a claim bound": bound(0, by=EAST),
    "lower daily caps": caps(50, 7),
    "daily caps as they are": caps(60, 8),
    "higher daily caps wait": caps(61, 9),
    "one cap lower, one higher": caps(1, 9),
    "caps that wait are forgotten": after(caps(61, 9))(caps(60, 8)),
    "partner_unknown of caps": caps(1, 1, "nobody"),
    "not_admin of caps": caps(1, 1, by=a_role("north", "issuer")),
    "a smaller reserve at once": attest(99 * MICRO),
    "the same reserve again": attest(100 * MICRO),
    "a smaller reserve, said by the custodian alone": attest(50 * MICRO, sender=VAULT),
    "a reserve of nothing": attest(0),
    "a larger reserve waits": attest(150 * MICRO),
    "a larger reserve takes the place of one that waits": after(attest(110 * MICRO))(
        attest(120 * MICRO)
    ),
    "a smaller reserve ends what waits": after(attest(110 * MICRO))(attest(90 * MICRO)),
    "partner_unknown of an attestation": attest(1, partner="nobody", sender=ADMIN),
    "not_custodian": attest(1, by=ADMIN),
    "not_admin of an attestation": attest(1, sender=EAST),
    "not_admin of a larger reserve, said by the custodian alone": attest(101 * MICRO, sender=VAULT),
    "ceiling_exceeded": attest(150 * MICRO + 1),
    "attestation_early": attest(1, age=-1),
    "attestation_stale": after(attest(99 * MICRO))(attest(99 * MICRO, age=1_000)),
    "attestation_stale after a release": after(release(MICRO))(attest(99 * MICRO, age=1_000)),
    "a release": release(MICRO),
    "a release of all that the limit can spare": release(61_111_111),
    "reserve_needed for the limit": release(61_111_112),
    "release_stale while an increase waits": after(attest(150 * MICRO))(release(60 * MICRO)),
    "partner_unknown of a release": unknown_release,
    "not_admin of a release": release(1, sender=VAULT),
    "not_custodian of a release": release(1, by=ADMIN),
    "release_stale": release(1, reserve=99 * MICRO),
    "release_stale after another attestation": release(1, attested=GENESIS_TIME - 1),
    "reserve_needed as there is no more": release(100 * MICRO + 1),
}


def begin() -> list[dict[str, object]]:
    """Caps and reserves that wait begin, those that were overtaken do not."""
    ledger = the_ledger()
    for case in (caps(61, 9), attest(150 * MICRO), caps(62, 9), attest(140 * MICRO)):
        assert ledger.send(*case(ledger)) == Outcome.DONE
    return [
        record("what was asked for anew begins no sooner", ledger, [], DELAY - 2_000),
        record("caps and a reserve begin", ledger, [], 3_000),
        record("a reserve attested anew does not lapse yet", ledger, [], LAPSE - DELAY - 5_000),
        record("now it does", ledger, [], 5_000),
    ]


def lapse() -> list[dict[str, object]]:
    """Old attestations lapse; what is held all the same can be attested anew."""
    ledger = lapsed(the_ledger())
    stale = record("release_stale of what lapsed", ledger, release(1, reserve=0)(ledger))
    anew = record("attested anew, what lapsed waits", ledger, attest(90 * MICRO)(ledger))
    ledger = lapsed(the_ledger())
    assert ledger.send(*attest(90 * MICRO, age=LAPSE - 2_000)(ledger)) == Outcome.DONE
    gone = record("an increase whose attestation lapsed first", ledger, [], 2_000)
    ledger = lapsed(the_ledger())
    old = attest(90 * MICRO, age=LAPSE)(ledger)
    return [stale, anew, gone, record("attestation_stale as it lapsed already", ledger, old)]


def cases() -> Sequence[Mapping[str, object]]:
    found = []
    for name, case in CASES.items():
        ledger = the_ledger()
        found.append(record(name, ledger, case(ledger)))
    return [*found, *begin(), *lapse()]
