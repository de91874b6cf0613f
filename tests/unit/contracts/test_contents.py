"""Likes: what an author registers, who gives how much for it, and what is counted."""

import pytest

from primitives.actions import ContentLike, ContentRegister
from primitives.amount import MAX_SUPPLY
from primitives.commerce import Content, content_id, content_key
from primitives.encoding import encode
from primitives.receipt import ContentLiked, ContentRegistered, Outcome, Skip
from tests.builders import an_id
from tests.ledger import Ledger
from tests.settling import done
from tests.trading import ANN, BEN, HELD, NEW, ROB, gained, trading

WORK = an_id("a song")


def registered(ledger: Ledger) -> bytes:
    """The id of Ben's song."""
    done(ledger, ledger.act(BEN, ContentRegister(WORK)))
    return content_id(BEN.account, WORK)


def the_content(ledger: Ledger, id_: bytes) -> Content:
    found = ledger.entry(content_key(id_), Content)
    assert found is not None
    return found


class TestRegistering:
    """[LEDGER-48]"""

    def test_a_work_stands_under_its_author_and_digest(self) -> None:
        ledger = trading()
        told = done(ledger, ledger.act(BEN, ContentRegister(WORK)))
        id_ = content_id(BEN.account, WORK)
        assert told == (ContentRegistered(id_),)
        assert the_content(ledger, id_) == Content(BEN.account, WORK, 0, 0)
        ledger.scan()

    def test_nobody_can_be_first_with_another_s_work(self) -> None:
        ledger = trading()
        done(ledger, ledger.act(ROB, ContentRegister(WORK)))
        id_ = registered(ledger)
        assert id_ != content_id(ROB.account, WORK)
        assert the_content(ledger, id_).author == BEN.account

    def test_it_is_registered_once_and_its_counters_stay(self) -> None:
        ledger = trading()
        id_ = registered(ledger)
        done(ledger, ledger.act(ANN, ContentLike(id_, 5)))
        ledger.refuse(ledger.act(BEN, ContentRegister(WORK)), Outcome.CONTENT_EXISTS)
        assert the_content(ledger, id_).likes == 1


class TestLiking:
    """[LEDGER-49]"""

    def test_the_author_gets_it_and_both_counters_rise(self) -> None:
        ledger = trading()
        id_ = registered(ledger)
        for sender, amount, likes, units in ((ANN, 1, 1, 1), (ROB, 7, 2, 8), (ANN, 2, 3, 10)):
            told = done(ledger, ledger.act(sender, ContentLike(id_, amount)))
            assert told == (ContentLiked(id_, likes, units),)
        assert gained(ledger, ANN, BEN, ROB) == [-3, 10, -7]
        assert the_content(ledger, id_) == Content(BEN.account, WORK, 3, 10)
        ledger.scan()

    def test_all_that_one_has_may_be_given(self) -> None:
        ledger = trading()
        id_ = registered(ledger)
        done(ledger, ledger.act(ANN, ContentLike(id_, HELD)))
        assert gained(ledger, ANN, BEN) == [-HELD, HELD]

    @pytest.mark.parametrize("amount", [1, MAX_SUPPLY])
    def test_it_must_be_there(self, amount: int) -> None:
        ledger = trading()
        registered(ledger)
        nothing = ContentLike(content_id(ANN.account, WORK), amount)
        ledger.refuse(ledger.act(ANN, nothing), Outcome.CONTENT_UNKNOWN)

    def test_one_s_own_is_not_liked(self) -> None:
        ledger = trading()
        like = ContentLike(registered(ledger), HELD + 1)
        ledger.refuse(ledger.act(BEN, like), Outcome.OWN_CONTENT)

    def test_nobody_gives_more_than_it_has(self) -> None:
        ledger = trading()
        id_ = registered(ledger)
        ledger.refuse(ledger.act(ANN, ContentLike(id_, HELD + 1)), Outcome.BALANCE_TOO_LOW)
        assert ledger.send(ledger.act(NEW, ContentLike(id_, 1))) == Skip.SENDER_UNKNOWN

    def test_the_count_stays_in_bounds(self) -> None:
        """LiqBon goes round, so more can be given in all than there is."""
        ledger = trading()
        id_ = registered(ledger)
        ledger.state[content_key(id_)] = encode(Content(BEN.account, WORK, 1, MAX_SUPPLY - 1))
        over = ledger.act(ANN, ContentLike(id_, 2))
        ledger.refuse(over, Outcome.AMOUNT_OVERFLOW)
        assert done(ledger, ledger.act(ANN, ContentLike(id_, 1))) == (
            ContentLiked(id_, 2, MAX_SUPPLY),
        )
        ledger.scan()
