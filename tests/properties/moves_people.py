"""What people do with campaigns, orders and likes in random histories, rightly and wrongly.

Each move makes one transaction against the ledger as it stands. Knows what is worth trying; judges
nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from primitives.actions import (
    Action,
    CampaignClaim,
    CampaignClose,
    CampaignCreate,
    ContentLike,
    ContentRegister,
    OrderDispute,
    OrderOpen,
    OrderRefund,
    OrderRelease,
    OrderResolve,
    OrderShip,
)
from primitives.amount import MAX_SUPPLY, MICRO
from primitives.commerce import Offer, Voucher, content_id, offer_message, voucher_message
from primitives.transaction import Decoded
from tests.builders import DAY_MS, HOUR_MS, Person, a_person, an_id
from tests.ledger import Ledger
from tests.properties.cast import CROWD, EDGES, Town, a_newcomer
from tests.properties.slow_book import Desk
from tests.properties.slow_people import Deal

SIGNERS = [a_person(f"signer {i}") for i in range(2)]
WORKS = [an_id(f"work {i}") for i in range(3)]


@dataclass
class Market:
    """Whoever trades; what they see of the ledger, and what they remember."""

    town: Town
    vouchers: int = 0
    said: list[Voucher] = field(default_factory=list)

    @property
    def ledger(self) -> Ledger:
        return self.town.ledger

    @property
    def desk(self) -> Desk:
        return self.town.desk

    def now(self) -> int:
        """The time of the block to come."""
        return self.town.now()

    def rich(self, who: int) -> Person:
        """Mostly the richest in reach."""
        if who % 5 == 0:
            return CROWD[who % 6]
        return max(CROWD[who % 3 :], key=self.ledger.balance)

    # --- campaigns -------------------------------------------------------------------------------

    def create(self, who: int, whom: int, size: int) -> Decoded:
        sponsor = self.rich(who)
        held = self.ledger.balance(sponsor)
        rewards = (10_000, MICRO // 10, 9_999, 20_000)
        bonuses = (0, 10_000, 0, 5_000)
        reward, bonus = rewards[size % 4], bonuses[whom % 4]
        budgets = (4 * (reward + bonus), held // 5, reward + bonus, held + 1, 3 * (reward + bonus))
        budget = reward + bonus - 1 if size % 23 == 0 else budgets[size % 5]
        if size % 47 == 0:
            reward, bonus, budget = EDGES[who % 6], EDGES[whom % 6], EDGES[size // 47 % 6]
        after = (HOUR_MS, 3 * DAY_MS, 9 * DAY_MS, DAY_MS + 500, 0, 366 * DAY_MS, 366 * DAY_MS + 1)
        action = CampaignCreate(
            signer=SIGNERS[who % 2].account,
            budget=min(max(1, budget), MAX_SUPPLY),
            reward=reward,
            bonus=bonus,
            per_claimant=1 + whom % 2,
            ends=self.now() + after[whom % 7],
        )
        return self.ledger.act(sponsor, action)

    def _campaign(self, choice: int) -> bytes:
        """Mostly one that goes on."""
        ids = self.desk.book.notes("campaigns")
        if not ids or choice % 29 == 0:
            return an_id("no campaign")
        lasting = [id_ for id_ in ids if self._lasts(id_)]
        chosen = lasting if lasting and choice % 8 else ids
        return bytes(chosen[-1 - choice % min(3, len(chosen))])

    def _lasts(self, id_: bytes) -> bool:
        book = self.desk.book
        ended = book.word("campaign ended", id_)
        return not ended and book.word("campaign", id_).action.ends >= self.now()

    def claim(self, who: int, whom: int, size: int) -> Decoded:
        """By customers and newcomers, as it should be, and in a few wrong ways."""
        id_ = self._campaign(who)
        terms = self.desk.book.word("campaign", id_)
        signed_by = next((s for s in SIGNERS if terms and s.account == terms.action.signer), None)
        claimant = CROWD[whom % 6] if size % 3 else a_newcomer(whom)
        bonus = terms.action.bonus if terms else 0
        brought = (CROWD[(whom + 1) % 6], a_newcomer(whom + 1))[size % 2]
        self.vouchers += 1
        said = Voucher(
            campaign=id_,
            claimant=claimant.account,
            referrer=brought.account if bool(bonus) != (size % 19 == 0) else None,
            id=an_id(f"voucher {self.vouchers}"),
            expires=self.now() + (HOUR_MS if size % 13 else -1),
        )
        sender = CROWD[(whom + 1) % 6] if size % 17 == 0 else claimant
        signer = SIGNERS[whom % 2] if signed_by is None or size % 11 == 0 else signed_by
        return self._claim(sender, said, signer)

    def claim_again(self, who: int, whom: int, size: int) -> Decoded:
        """A voucher that was shown before, maybe used."""
        if not self.said:
            return self.claim(who, whom, size)
        said = self.said[-1 - who % min(8, len(self.said))]
        people = [*CROWD, *(a_newcomer(i) for i in range(40))]
        sender = next(person for person in people if person.account == said.claimant)
        terms = self.desk.book.word("campaign", said.campaign)
        signers = [s for s in SIGNERS if terms and s.account == terms.action.signer]
        return self._claim(sender, said, signers[0] if signers else SIGNERS[0])

    def _claim(self, sender: Person, said: Voucher, signer: Person) -> Decoded:
        self.said.append(said)
        signed = signer.endorse(voucher_message(self.ledger.chain, said))
        return self.ledger.act(sender, CampaignClaim(said, signed))

    def close(self, who: int, whom: int, size: int) -> Decoded:
        id_ = self._campaign(who)
        terms = self.desk.book.word("campaign", id_)
        sponsors = [p for p in CROWD if terms and p.account == terms.sponsor]
        sender = sponsors[0] if sponsors and size % 4 else CROWD[whom % 6]
        return self.ledger.act(sender, CampaignClose(id_))

    # --- orders ----------------------------------------------------------------------------------

    def take(self, who: int, whom: int, size: int) -> Decoded:
        buyer, seller = self.rich(who), CROWD[whom % 5]
        held = self.ledger.balance(buyer)
        price = max(1, (held // 6, 7, MICRO // 3, held // 9)[size % 4])
        if size % 23 == 0:
            price = min(held + 1, MAX_SUPPLY) if whom % 2 else EDGES[who % 6]
        shares = (price // 10, 0, price // 3, price)
        share = min(price + 1, MAX_SUPPLY) if size % 37 == 0 else shares[whom % 4]
        strangers = size % 31 == 0
        promoter = a_newcomer(size) if strangers else CROWD[(whom + 2) % 5]
        arbiters = [p for p in CROWD if p not in (buyer, seller)]
        offer = Offer(
            seller=seller.account,
            price=price,
            promoter=promoter.account if share or strangers else None,
            share=share,
            arbiter=(seller if size % 29 == 0 else arbiters[size % len(arbiters)]).account,
            ship_within=(HOUR_MS, DAY_MS, 90 * DAY_MS, 500)[who % 4],
            expires=self.now() + (HOUR_MS if size % 19 else -1),
            goods=an_id(f"goods {size}"),
        )
        signer = CROWD[(whom + 1) % 6] if size % 17 == 0 else seller
        signed = signer.endorse(offer_message(self.ledger.chain, offer))
        return self.ledger.act(buyer, OrderOpen(offer, signed))

    def _order(self, choice: int, *statuses: str) -> bytes:
        """Mostly one of these statuses."""
        ids = self.desk.book.notes("orders")
        if not ids or choice % 29 == 0:
            return an_id("no order")
        deals = [(id_, self.desk.book.word("order", id_)) for id_ in ids]
        now = self.now()
        fitting = [id_ for id_, d in deals if d.status in statuses and d.deadline >= now]
        chosen = fitting if fitting and choice % 6 else ids
        return bytes(chosen[-1 - choice % min(5, len(chosen))])

    def _speak(self, side: str, whom: int, action: Action) -> Decoded:
        """By who may, mostly."""
        assert isinstance(
            action, OrderShip | OrderRelease | OrderRefund | OrderDispute | OrderResolve
        )
        deal = self.desk.book.word("order", action.order)
        sender = CROWD[whom % 6]
        if isinstance(deal, Deal) and whom % 7:
            accounts = {
                "buyer": deal.buyer,
                "seller": deal.offer.seller,
                "arbiter": deal.offer.arbiter,
            }
            sender = self.town.person(accounts[side])
        return self.ledger.act(sender, action)

    def ship(self, who: int, whom: int, size: int) -> Decoded:
        tracking = an_id(f"tracking {size}") if size % 2 else None
        return self._speak("seller", whom, OrderShip(self._order(who, "open"), tracking))

    def release(self, who: int, whom: int, size: int) -> Decoded:
        order = self._order(who, ("open", "shipped", "disputed")[size % 3])
        return self._speak("buyer", whom, OrderRelease(order))

    def refund(self, who: int, whom: int, size: int) -> Decoded:
        order = self._order(who, ("open", "shipped", "disputed")[size % 3])
        return self._speak("seller", whom, OrderRefund(order))

    def dispute(self, who: int, whom: int, size: int) -> Decoded:
        return self._speak("buyer", whom, OrderDispute(self._order(who, "shipped")))

    def judge(self, who: int, whom: int, size: int) -> Decoded:
        order = self._order(who, "disputed")
        deal = self.desk.book.word("order", order)
        price = deal.offer.price if isinstance(deal, Deal) else 1
        more = min(price + 1, MAX_SUPPLY)
        parts = (0, price, price // 2, more, price // 3 + 1, price - 1, EDGES[who % 6])
        return self._speak("arbiter", whom, OrderResolve(order, parts[size % 7]))

    # --- likes -----------------------------------------------------------------------------------

    def register(self, who: int, whom: int, size: int) -> Decoded:
        return self.ledger.act(CROWD[who % 6], ContentRegister(WORKS[whom % 3]))

    def like(self, who: int, whom: int, size: int) -> Decoded:
        """The rich give much, round and round, until it cannot be counted any more."""
        sender, author = self.rich(who), CROWD[whom % 6]
        held = self.ledger.balance(sender)
        amounts = (1, held // 2, held + 1, held, 5, EDGES[who % 6])
        amount = min(max(1, amounts[size % 6]), MAX_SUPPLY)
        return self.ledger.act(sender, ContentLike(content_id(author.account, WORKS[0]), amount))


PEOPLE_MOVES: tuple[Callable[[Market, int, int, int], Decoded], ...] = (
    Market.create,
    Market.create,
    Market.claim,
    Market.claim,
    Market.claim,
    Market.claim_again,
    Market.close,
    Market.take,
    Market.take,
    Market.take,
    Market.ship,
    Market.ship,
    Market.release,
    Market.refund,
    Market.dispute,
    Market.dispute,
    Market.judge,
    Market.judge,
    Market.judge,
    Market.register,
    Market.like,
)
