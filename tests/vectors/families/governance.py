"""Proposals and votes: put, counted, decided, carried out or void; a block each."""

from collections.abc import Callable, Mapping, Sequence

from primitives.governance import Declare, Measure, RemovePartner, ReplaceAdmin
from primitives.transaction import Decoded
from tests.builders import Person, a_role, an_id
from tests.ledger import Ledger
from tests.vectors.deciding import Case, admin, after, done, founders, leaving, until_done
from tests.vectors.recording import FIELDS as FIELDS
from tests.vectors.recording import record
from tests.voting import an_exit, passed, proposed

SAID = Declare(an_id("a document"), "https://example.com/declared")
ABOUT_EAST = RemovePartner("east")


def the_ledger(n: int = 4) -> Ledger:
    """So many founders, each with one vote."""
    ledger = Ledger(founders(n))
    ledger.epoch = 2
    return ledger


def proposing(measure: Measure = SAID, partner: str = "north", by: Person | None = None) -> Case:
    return lambda ledger: [ledger.propose(partner, measure, sender=by)]


def full(ledger: Ledger) -> list[Decoded]:
    for _ in range(16):
        done(ledger, ledger.propose("north", SAID))
    return [ledger.propose("north", SAID)]


def full_but_one_is_over(ledger: Ledger) -> list[Decoded]:
    *_, last = [proposed(ledger, SAID) for _ in range(16)]
    done(ledger, *(ledger.vote(code, last, approve=False) for code in ("north", "east")))
    return [ledger.propose("north", SAID)]


PROPOSALS: dict[str, Case] = {
    "a proposal, with four electors": proposing(),
    "a proposal about its proposer, with three electors": proposing(RemovePartner("north")),
    "a proposal about another, with three electors": proposing(ABOUT_EAST),
    "a proposal when one has left": after(leaving("south"))(proposing()),
    "as many proposals as may wait, as one is over": full_but_one_is_over,
    "partner_unknown of a proposal": proposing(partner="nobody", by=admin("north")),
    "not_admin of a proposal": proposing(by=a_role("north", "issuer")),
    "partner_leaving of a proposal": after(leaving("north"))(proposing()),
    "proposals_full": full,
}


def counted() -> list[dict[str, object]]:
    """How many must approve: more than two thirds of so many."""
    found = [
        record(f"a proposal, with {n} electors", ledger, proposing()(ledger))
        for n in (1, 2, 7)
        for ledger in [the_ledger(n)]
    ]
    alone = the_ledger(1)
    own = proposing(ReplaceAdmin("north", an_id("another admin")))
    return [*found, record("electors_missing", alone, own(alone))]


Votes = Callable[[Ledger, bytes], list[Decoded]]
"""Who votes on a proposal in the block that is recorded."""


def for_it(*codes: str, by: Person | None = None) -> Votes:
    return lambda ledger, id_: [ledger.vote(code, id_, sender=by) for code in codes]


def against(*codes: str) -> Votes:
    return lambda ledger, id_: [ledger.vote(code, id_, approve=False) for code in codes]


def once(*first: Votes) -> Callable[[Votes], Votes]:
    """The votes, after others."""

    def later(votes: Votes) -> Votes:
        def both(ledger: Ledger, id_: bytes) -> list[Decoded]:
            for one in first:
                done(ledger, *one(ledger, id_))
            return votes(ledger, id_)

        return both

    return later


def gone(ledger: Ledger, id_: bytes) -> list[Decoded]:
    done(ledger, an_exit(ledger, "south"))
    return for_it("south")(ledger, id_)


def unknown(ledger: Ledger, id_: bytes) -> list[Decoded]:
    return for_it("north")(ledger, bytes(reversed(id_)))


VOTES: dict[str, Votes] = {
    "a vote for it": for_it("north"),
    "a vote against it": against("west"),
    "a vote changed to against": once(for_it("north"))(against("north")),
    "a vote changed to for": once(against("north"), for_it("east"))(for_it("north")),
    "the vote by which it passes": once(for_it("south", "east"))(for_it("north")),
    "the vote by which it is rejected": once(for_it("south"), against("east"))(against("west")),
    "a changed vote by which it passes": once(for_it("south", "east"), against("north"))(
        for_it("north")
    ),
    "proposal_closed within the block": for_it("north", "east", "south", "west"),
    "partner_unknown of a vote": for_it("nobody", by=admin("north")),
    "not_admin of a vote": for_it("north", by=admin("east")),
    "partner_leaving of a vote": gone,
    "proposal_unknown": unknown,
    "proposal_closed as it passed": once(for_it("north", "east", "south"))(against("west")),
    "proposal_closed as it was rejected": once(against("north", "east"))(for_it("west")),
    "vote_unchanged for it": once(for_it("north"))(for_it("north")),
    "vote_unchanged against it": once(against("north"))(against("north")),
}


def voted() -> list[dict[str, object]]:
    """Each of ``VOTES``, and that of whom it is about."""
    found = []
    for name, votes in VOTES.items():
        ledger = the_ledger()
        id_ = proposed(ledger, SAID, "west")
        found.append(record(name, ledger, votes(ledger, id_)))
    ledger = the_ledger()
    about_east = proposed(ledger, ABOUT_EAST)
    return [*found, record("not_elector", ledger, for_it("east")(ledger, about_east))]


def last_moments() -> list[dict[str, object]]:
    """A deadline within a second: until then a vote counts, and at its end it has expired."""
    found = []
    for name, late_ms in (("a vote in the last moment", 0), ("proposal_closed a moment late", 1)):
        ledger = the_ledger()
        decoded = ledger.propose("north", SAID)
        ledger.block(decoded, after_ms=500)
        left = ledger.proposal(decoded.id).deadline + late_ms - ledger.time
        ledger.pass_time(left - 1)
        found.append(record(name, ledger, for_it("north")(ledger, decoded.id), after_ms=1))
    return found


def ends() -> list[dict[str, object]]:
    """What happens with a proposal by itself."""
    ledger = the_ledger()
    open_one = proposed(ledger, SAID, "east")
    done(ledger, *for_it("north", "east")(ledger, open_one))
    expired = record(
        "a proposal without enough votes expires", ledger, [], until_done(ledger, open_one)
    )
    late = record("proposal_closed as it expired", ledger, for_it("south")(ledger, open_one))
    ledger = the_ledger()
    id_ = proposed(ledger, SAID)
    voting = until_done(ledger, id_) + ledger.time
    done(ledger, *for_it("north", "east", "south")(ledger, id_))
    found = [
        expired,
        late,
        record("a moment before it is carried out", ledger, [], until_done(ledger, id_) - 1),
        record("what passed is carried out", ledger, [], 1),
        record("proposal_closed as it was carried out", ledger, for_it("west")(ledger, id_)),
        record("the time to vote on what was carried out ends", ledger, [], voting - ledger.time),
    ]
    ledger = the_ledger()
    id_ = proposed(ledger, SAID)
    done(ledger, *against("north", "east")(ledger, id_))
    over = record("the time to vote on what was rejected ends", ledger, [], until_done(ledger, id_))
    ledger = the_ledger()
    id_ = passed(ledger, RemovePartner("south"))
    done(ledger, an_exit(ledger, "south"))
    void = record("what cannot be done any more is void", ledger, [], until_done(ledger, id_))
    return [*found, over, void]


def cases() -> Sequence[Mapping[str, object]]:
    found = []
    for name, case in PROPOSALS.items():
        ledger = the_ledger()
        found.append(record(name, ledger, case(ledger)))
    return [*found, *counted(), *voted(), *last_moments(), *ends()]
