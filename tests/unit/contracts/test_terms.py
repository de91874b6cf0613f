"""A programme's terms are published with notice, start by themselves and stay: [LEDGER-57]."""

import pytest
from msgspec.structs import replace

from contracts.programmes import MAX_AHEAD_MS
from primitives.actions import ProgrammeOpen, ProgrammeSetTerms
from primitives.amount import MICRO
from primitives.entries import Programme, PublishedTerms, programme_key, terms_key
from primitives.receipt import Outcome, Receipt, TermsChanged, TermsPublished
from tests.builders import BONUS, DAY_MS, PARAMETERS, a_genesis, a_person, a_role, an_id
from tests.ledger import Ledger
from tests.settling import done
from tests.voting import an_exit

ALICE, ADMIN = a_person("Alice"), a_role("north", "admin")
NOTICE = PARAMETERS.rate_notice_ms
URL = "https://example.com/new-terms"
NEW, NEWER = an_id("new terms"), an_id("newer terms")
SAME_SECOND = 5


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


def terms(since: int = 0, hash_: bytes = NEW, **fields: object) -> ProgrammeSetTerms:
    said = ProgrammeSetTerms("north", "bonus", hash_, URL, since)
    return replace(said, **fields)


def programme(ledger: Ledger, code: str = "bonus") -> Programme:
    found = ledger.entry(programme_key("north", code), Programme)
    assert found is not None
    return found


def history(ledger: Ledger, code: str = "bonus") -> list[PublishedTerms]:
    found = []
    for place in range(programme(ledger, code).terms_published):
        entry = ledger.entry(terms_key("north", code, place), PublishedTerms)
        assert entry is not None
        found.append(entry)
    return found


def in_force(ledger: Ledger) -> bytes:
    return programme(ledger).terms_hash


def test_they_are_published_and_start_after_notice(ledger: Ledger) -> None:
    events = done(ledger, ledger.act(ADMIN, terms()))
    since = ledger.time + NOTICE
    assert events == (TermsPublished("north", "bonus", NEW, since),)
    assert history(ledger)[1] == PublishedTerms(NEW, URL, since, ledger.time)
    assert in_force(ledger) == BONUS.terms_hash
    assert programme(ledger).terms_newest == since
    ledger.scan()


def test_when_their_time_comes_they_are_in_force(ledger: Ledger) -> None:
    done(ledger, ledger.act(ADMIN, terms()))
    ledger.pass_time(NOTICE - 1_000)
    assert in_force(ledger) == BONUS.terms_hash
    result = ledger.pass_time(1_000)
    events = [event for receipt in result.receipts for event in receipt.events]
    assert events == [TermsChanged("north", "bonus", NEW)]
    now = programme(ledger)
    assert (now.terms_hash, now.terms_url, now.terms_place) == (NEW, URL, 1)
    assert [each.terms_hash for each in history(ledger)] == [BONUS.terms_hash, NEW]
    ledger.scan()


def test_what_was_deposited_does_not_notice(ledger: Ledger) -> None:
    ledger.give(ALICE, MICRO)
    done(ledger, ledger.act(ADMIN, terms()))
    ledger.pass_time(NOTICE)
    assert ledger.balance(ALICE) == MICRO
    done(ledger, ledger.mint("north", ALICE, 100))


def test_the_first_are_those_of_the_opening_at_once(ledger: Ledger) -> None:
    """[LEDGER-33]"""
    opened = ProgrammeOpen("north", "miles", "Miles", "mile", NEW, URL, 1, 1)
    done(ledger, ledger.act(ADMIN, opened))
    assert history(ledger, "miles") == [PublishedTerms(NEW, URL, ledger.time, ledger.time)]
    now = programme(ledger, "miles")
    assert (now.terms_place, now.terms_published, now.terms_newest) == (0, 1, ledger.time)


def test_those_of_the_genesis_are_published_at_its_time(ledger: Ledger) -> None:
    """[GEN-7]"""
    begun = ledger.genesis.time
    assert history(ledger) == [PublishedTerms(BONUS.terms_hash, BONUS.terms_url, begun, begun)]


@pytest.mark.parametrize(("asked", "given"), [(0, NOTICE), (NOTICE, NOTICE), (NOTICE + 1, 0)])
def test_they_start_when_it_was_asked_and_not_before_notice(
    ledger: Ledger, asked: int, given: int
) -> None:
    now = ledger.time + 1_000
    done(ledger, ledger.act(ADMIN, terms(now + asked if asked else 0)))
    assert programme(ledger).terms_newest == now + (given or asked)


def test_they_start_one_after_another(ledger: Ledger) -> None:
    since = ledger.time + NOTICE + DAY_MS
    done(ledger, ledger.act(ADMIN, terms(since)))
    ledger.refuse(ledger.act(ADMIN, terms(since, NEWER)), Outcome.TERMS_UNORDERED)
    ledger.refuse(ledger.act(ADMIN, terms(0, NEWER)), Outcome.TERMS_UNORDERED)
    done(ledger, ledger.act(ADMIN, terms(since + 1, NEWER)))
    ledger.pass_time(NOTICE + DAY_MS)
    assert in_force(ledger) in (NEW, NEWER)
    ledger.pass_time(1_000)
    assert in_force(ledger) == NEWER
    assert [each.terms_hash for each in history(ledger)] == [BONUS.terms_hash, NEW, NEWER]
    ledger.scan()


def test_several_of_one_second_start_in_their_order(ledger: Ledger) -> None:
    since = ledger.time + NOTICE + DAY_MS + 1
    for place in range(SAME_SECOND):
        done(ledger, ledger.act(ADMIN, terms(since + place, an_id(str(place)))))
    result = ledger.pass_time(NOTICE + 2 * DAY_MS)
    changes = [
        event.terms_hash
        for receipt in result.receipts
        for event in receipt.events
        if isinstance(event, TermsChanged)
    ]
    assert changes == [an_id(str(place)) for place in range(SAME_SECOND)]
    assert in_force(ledger) == an_id(str(SAME_SECOND - 1))
    ledger.scan()


@pytest.mark.parametrize("notice", [NOTICE, MAX_AHEAD_MS + DAY_MS])
def test_they_are_not_published_too_far_ahead(notice: int) -> None:
    """366 days, or as long as notice takes, if that is longer."""
    ledger = Ledger(a_genesis(parameters=replace(PARAMETERS, rate_notice_ms=notice)))
    last = ledger.time + 1_000 + max(MAX_AHEAD_MS, notice)
    ledger.refuse(ledger.act(ADMIN, terms(last + 1)), Outcome.TERMS_TOO_FAR)
    done(ledger, ledger.act(ADMIN, terms(last + 1_000)))
    far = ledger.act(ADMIN, terms(2**53))
    ledger.refuse(far, Outcome.TERMS_TOO_FAR)


def test_refusals_come_in_order(ledger: Ledger) -> None:
    far = 2**53
    ledger.refuse(ledger.act(ADMIN, terms(far, partner="nobody")), Outcome.PARTNER_UNKNOWN)
    ledger.refuse(ledger.act(ADMIN, terms(far, partner="east")), Outcome.NOT_ADMIN)
    ledger.refuse(ledger.act(ADMIN, terms(far, programme="miles")), Outcome.PROGRAMME_UNKNOWN)
    ledger.refuse(ledger.act(ADMIN, terms(far)), Outcome.TERMS_TOO_FAR)
    done(ledger, an_exit(ledger, "north"))
    ledger.refuse(ledger.act(ADMIN, terms(programme="miles")), Outcome.PARTNER_LEAVING)


def test_what_was_published_comes_into_force_though_its_partner_left(ledger: Ledger) -> None:
    """What others read is what is; nothing is opened or minted by it."""
    done(ledger, ledger.act(ADMIN, terms()))
    done(ledger, an_exit(ledger, "north"))
    ledger.pass_time(NOTICE + 1_000)
    assert in_force(ledger) == NEW
    ledger.scan()


def test_opened_and_changed_in_one_block(ledger: Ledger) -> None:
    opened = ledger.act(ADMIN, ProgrammeOpen("north", "miles", "Miles", "mile", NEW, URL, 1, 1))
    changed = ledger.act(ADMIN, terms(programme="miles", terms_hash=NEWER), sequence=1)
    verdicts = ledger.block(opened, changed)
    assert [v.outcome for v in verdicts if isinstance(v, Receipt)] == [Outcome.DONE] * 2
    assert [each.terms_hash for each in history(ledger, "miles")] == [NEW, NEWER]
    ledger.scan()
