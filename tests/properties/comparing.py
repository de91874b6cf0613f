"""Every figure of a ledger beside the one that the slow ledger has. Knows both; judges neither."""

from __future__ import annotations

from msgspec.structs import astuple

from contracts import limits as rules
from primitives.commerce import Campaign, Content, Order, campaign_key, content_key, order_key
from primitives.entries import (
    DIRECTORY_KEY,
    SETTLEMENT_KEY,
    SUPPLY_KEY,
    Directory,
    Partner,
    Prefix,
    Programme,
    PublishedRate,
    PublishedTerms,
    Settlement,
    SettlementCycle,
    Supply,
    custodian_key,
    cycle_key,
    partner_key,
    programme_key,
    rate_key,
    terms_key,
)
from primitives.genesis import Custodian, Rate
from primitives.governance import (
    PROTOCOL_KEY,
    Ballot,
    Planned,
    Proposal,
    Protocol,
    ballot_key,
    proposal_key,
)
from primitives.membership import (
    MEMBERSHIP_KEY,
    Application,
    Member,
    Membership,
    application_key,
)
from primitives.receipt import Outcome
from tests.ledger import Ledger
from tests.properties import slow_measures, slow_members, slow_people, slow_votes
from tests.properties.slow_book import Desk
from tests.properties.slow_speakers import keeper, limit, recognised, roles_of


class Comparison:
    """A ledger and its slow twin, to be held against each other."""

    def __init__(self, ledger: Ledger, desk: Desk) -> None:
        self.ledger = ledger
        self.desk = desk
        self.book = desk.book

    def all(self) -> None:
        """Every figure, and that there are no others."""
        supply = self.ledger.entry(SUPPLY_KEY, Supply)
        assert supply is not None
        issued = ("minted", "redeemed", "refunded")
        assert astuple(supply) == tuple(map(self.desk.issued, issued))
        self._counts()
        self._network()
        for code in self.desk.codes():
            self._partner(code)
            self._limits(code)
        self._settlement()
        for account in dict.fromkeys(self.book.notes("applicants")):
            wish = self.ledger.entry(application_key(account), Application)
            assert wish == self.book.word("application", account)
        for id_ in self.book.notes("motions"):
            self._motion(id_)
        self._people()

    def _counts(self) -> None:
        """How many entries of each kind there are."""
        book, codes = self.book, self.desk.codes()
        found = dict.fromkeys(Prefix, 0)
        for key in self.ledger.state:
            found[Prefix(key[0])] += 1
        names = [(code, name) for code in codes for name in book.notes("programmes", code)]
        electors = [(id_, code) for id_ in book.notes("motions") for code in codes]
        assert found[Prefix.PARTNER] == found[Prefix.POSITION] == found[Prefix.LIMITS] == len(codes)
        assert found[Prefix.CUSTODIAN] == len(book.notes("custodians"))
        assert found[Prefix.APPLICATION] == len(dict.fromkeys(book.notes("applicants")))
        assert found[Prefix.PROGRAMME] == len(names)
        assert found[Prefix.RATE] == sum(len(book.notes("rates", *name)) for name in names)
        assert found[Prefix.TERMS] == sum(len(book.notes("terms", *name)) for name in names)
        assert found[Prefix.PROPOSAL] == len(book.notes("motions"))
        assert found[Prefix.BALLOT] == sum(bool(book.notes("ballot", *each)) for each in electors)
        assert found[Prefix.OBLIGATION] == len(book.notes("debts"))
        assert found[Prefix.CAMPAIGN] == len(book.notes("campaigns"))
        assert found[Prefix.ORDER] == len(book.notes("orders"))
        assert found[Prefix.CONTENT] == len(book.notes("contents"))

    # --- who takes part --------------------------------------------------------------------------

    def _network(self) -> None:
        """[LEDGER-54] [LEDGER-64] [LEDGER-74]"""
        ledger, desk, book = self.ledger, self.desk, self.book
        custodians = tuple(book.notes("custodians"))
        directory = ledger.entry(DIRECTORY_KEY, Directory)
        assert directory == Directory(tuple(desk.directory()), custodians)
        members = tuple(Member(*member) for member in slow_members.members(desk))
        newest = (book.word("changed"), book.word("admitted"))
        assert ledger.entry(MEMBERSHIP_KEY, Membership) == Membership(members, *newest)
        version, planned = book.word("protocol")
        protocol = Protocol(version, Planned(*planned) if planned else None)
        assert ledger.entry(PROTOCOL_KEY, Protocol) == protocol
        assert protocol.at(desk.height) == slow_measures.version_at(desk, desk.height)
        for code in custodians:
            stands = keeper(desk, code)
            assert stands is not None
            assert ledger.entry(custodian_key(code), Custodian) == Custodian(code, *stands)

    def _partner(self, code: str) -> None:
        desk, book = self.desk, self.book
        partner = self.ledger.entry(partner_key(code), Partner)
        assert partner is not None
        assert list(astuple(partner.roles)) == roles_of(desk, code)
        assert slow_members.STATUSES[book.word("status", code)] == partner.status
        assert (partner.custodian, partner.kind) == (
            book.word("held by", code),
            book.word("kind", code),
        )
        assert list(partner.programmes) == book.notes("programmes", code)
        assert partner.proposals == slow_votes.waiting(desk, code)
        totals = [book.total(t, code) for t in ("minted", "redeemed", "refunded")]
        totals += [book.total(t, code) for t in ("paid", "received", "assumed")]
        totals += [desk.payable(code), desk.receivable(code)]
        position = self.ledger.position(code)
        assert list(astuple(position)) == totals
        assert position.net == desk.position(code)
        for name in book.notes("programmes", code):
            self._programme(code, name)

    def _limits(self, code: str) -> None:
        desk, book = self.desk, self.book
        limits = self.ledger.limits(code)
        terms, voted = limits.terms, book.word("voted", code)
        credit = voted.credit if code in desk.active() else 0
        others_say = (terms.credit, terms.reserve_ceiling, terms.haircut, terms.claim_bound)
        assert others_say == (
            credit,
            voted.reserve_ceiling,
            voted.haircut,
            book.word("claim bound", code),
        )
        assert rules.limit(limits) == limit(desk, code)
        assert rules.recognised(limits) == recognised(desk, code)
        held = (terms.reserve, limits.reserve_counts, terms.reserve_attested, limits.moved)
        assert held == (
            desk.reserve(code),
            book.word("counts", code),
            book.word("attested", code),
            book.word("left", code),
        )
        assert (terms.mint_per_day, terms.refund_per_day) == book.word("caps", code)
        assert (limits.earmarked, limits.overdue) == (desk.held(code), desk.overdue(code))
        waiting = (limits.pending_reserve, limits.pending_caps, limits.advance)
        told = [book.word(what, code) for what in ("rise", "wished caps", "advance")]
        assert [each and astuple(each) for each in waiting] == told

    def _programme(self, code: str, name: str) -> None:
        book, ledger = self.book, self.ledger
        programme = ledger.entry(programme_key(code, name), Programme)
        assert programme is not None
        history, begun = book.notes("rates", code, name), book.notes("begun", code, name)
        assert programme.published == len(history)
        assert programme.newest == history[-1][0]
        assert programme.place == (begun[-1] if begun else -1)
        in_force: Rate | None = history[begun[-1]][0] if begun else None
        assert programme.rate == in_force
        assert programme.paused == book.word("paused", code, name)
        newest = ledger.entry(rate_key(code, name, len(history) - 1), PublishedRate)
        assert newest == PublishedRate(*history[-1])
        terms, place = book.notes("terms", code, name), book.word("terms begun", code, name)
        assert (programme.terms_place, programme.terms_published) == (place, len(terms))
        assert (programme.terms_hash, programme.terms_url) == terms[place][:2]
        assert programme.terms_newest == terms[-1][2]
        last = ledger.entry(terms_key(code, name, len(terms) - 1), PublishedTerms)
        assert last == PublishedTerms(*terms[-1])

    # --- settlement ------------------------------------------------------------------------------

    def _settlement(self) -> None:
        head = self.ledger.entry(SETTLEMENT_KEY, Settlement)
        assert head is not None
        assert (head.cycle, head.closes) == self.book.word("closes")
        assert head.custodian == self.book.word("judge")
        for name in self.book.notes("debts"):
            self._obligation(name)
        for number in range(max(1, head.cycle - 2), head.cycle):
            cycle = self.ledger.entry(cycle_key(number), SettlementCycle)
            assert cycle is not None
            lines = [astuple(line) for line in cycle.lines]
            told = (cycle.closed, cycle.height, lines, cycle.obligations)
            assert told == self.book.word("closed", number)

    def _obligation(self, name: tuple[int, int]) -> None:
        stands, debt = self.ledger.obligation(*name), self.book.word("debt", *name)
        assert (stands.debtor, stands.creditor, stands.amount) == (
            debt.debtor,
            debt.creditor,
            debt.amount,
        )
        assert stands.outstanding == self.desk.outstanding(name)
        told = (stands.status.text, stands.deadline, stands.reference, stands.earmark, stands.late)
        assert told == (debt.status, debt.deadline, debt.reference, debt.held, debt.late)

    # --- votes and people ------------------------------------------------------------------------

    def _motion(self, id_: bytes) -> None:
        stands, made = self.ledger.entry(proposal_key(id_), Proposal), self.book.word("motion", id_)
        assert stands is not None
        assert (stands.proposer, stands.measure, stands.electors, stands.needed) == (
            made.proposer,
            made.measure,
            made.electors,
            made.needed,
        )
        counted = (stands.approved, stands.opposed)
        assert counted == tuple(slow_votes.ballots(self.desk, id_, yes) for yes in (True, False))
        assert stands.status == slow_votes.STATUSES[made.status]
        told = (stands.opened, stands.decided, stands.deadline, Outcome(stands.obstacle).text)
        assert told == (made.opened, made.decided, made.deadline, made.obstacle)
        for code in made.electors:
            ballot = self.ledger.entry(ballot_key(id_, code), Ballot)
            assert (ballot and ballot.approve) == self.book.word("ballot", id_, code)

    def _people(self) -> None:
        """Campaigns, orders and contents."""
        ledger, book = self.ledger, self.book
        for id_ in book.notes("campaigns"):
            campaign = ledger.entry(campaign_key(id_), Campaign)
            assert campaign is not None
            assert campaign.left == slow_people.left(self.desk, id_)
            assert campaign.claims == len(book.notes("claims", id_))
            assert campaign.closed == bool(book.word("campaign ended", id_))
        for id_ in book.notes("orders"):
            order, deal = ledger.entry(order_key(id_), Order), book.word("order", id_)
            assert order is not None
            assert (order.buyer, order.offer, order.status.text) == deal[:3]
            assert (order.deadline, order.tracking, order.to_buyer, order.to_promoter) == deal[3:]
            assert order.locked == deal.locked
        for id_ in book.notes("contents"):
            content, likes = ledger.entry(content_key(id_), Content), book.notes("likes", id_)
            assert content is not None
            assert (content.author, content.hash) == book.word("content", id_)
            assert (content.likes, content.units) == (len(likes), sum(likes))
