"""The layout of state entries: [STATE-1], [STATE-4], [STATE-5], [STATE-7]."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primitives import entries
from primitives.commerce import campaign_key, claim_key, content_key, order_key, voucher_key
from primitives.encoding import Malformed, encode
from primitives.entries import (
    ENTRY_KINDS,
    MAX_KEY,
    Account,
    Mark,
    MarkKind,
    Obligation,
    ObligationStatus,
    Position,
    Prefix,
    Supply,
    account_key,
    channel_key,
    decode_entry,
    mark_key,
    programme_key,
)
from primitives.governance import PROTOCOL_KEY, Planned, Protocol, ballot_key, proposal_key
from primitives.membership import MEMBERSHIP_KEY, application_key

ID = bytes(range(32))
LONGEST = "p" * 32

KEYS = {
    "supply": (entries.SUPPLY_KEY, "01"),
    "directory": (entries.DIRECTORY_KEY, "02"),
    "membership": (MEMBERSHIP_KEY, "03"),
    "protocol": (PROTOCOL_KEY, "04"),
    "account": (account_key(ID), "10" + ID.hex()),
    "channel": (channel_key(ID, 255), "11" + ID.hex() + "ff"),
    "partner": (entries.partner_key("ab"), "20026162"),
    "position": (entries.position_key("ab"), "21026162"),
    "limits": (entries.limits_key("ab"), "22026162"),
    "day": (entries.day_key("ab"), "23026162"),
    "programme": (programme_key("ab", "c"), "300261620163"),
    "terms": (entries.terms_key("ab", "c", 258), "32026162016300000102"),
    "application": (application_key(ID), "26" + ID.hex()),
    "proposal": (proposal_key(ID), "80" + ID.hex()),
    "ballot": (ballot_key(ID, "ab"), "81" + ID.hex() + "026162"),
    "rate": (entries.rate_key("ab", "c", 258), "31026162016300000102"),
    "custodian": (entries.custodian_key("ab"), "25026162"),
    "cycle": (entries.cycle_key(258), "7000000102"),
    "obligation": (entries.obligation_key(258, 98), "710000010262"),
    "redemption": (entries.redemption_key("ab", ID), "72026162" + ID.hex()),
    "settlement": (entries.SETTLEMENT_KEY, "73"),
    "mark": (mark_key("ab", MarkKind.COMMITMENT, ID), "4002616201" + ID.hex()),
    "campaign": (campaign_key(ID), "90" + ID.hex()),
    "claim": (claim_key(ID, bytes(32)), "91" + ID.hex() + "00" * 32),
    "voucher": (voucher_key(ID, bytes(32)), "92" + ID.hex() + "00" * 32),
    "order": (order_key(ID), "a0" + ID.hex()),
    "content": (content_key(ID), "b0" + ID.hex()),
    "lane day": (entries.lane_day_key(258), "500102"),
    "calendar's root": (entries.due_node_key(b""), "6000"),
    "calendar's node": (entries.due_node_key(b"\x01\x02\x03"), "6003010203"),
    "page": (entries.due_page_key(0x01020304, 5), "610102030400000005"),
    "queue": (entries.due_second_key(0x01020304), "6201020304"),
}


@pytest.mark.parametrize("name", KEYS)
def test_a_key_is_its_prefix_and_its_fields(name: str) -> None:
    """[STATE-1, STATE-5]"""
    key, expected = KEYS[name]
    assert key.hex() == expected


def test_no_key_is_too_long() -> None:
    """[STATE-1]"""
    longest = (
        mark_key(LONGEST, MarkKind.REFUND, ID),
        ballot_key(ID, LONGEST),
        entries.terms_key(LONGEST, LONGEST, 2**32 - 1),
    )
    assert max(map(len, longest)) <= MAX_KEY


codes = st.from_regex(r"\A[a-z0-9](?:[a-z0-9-]{0,6}[a-z0-9])?\Z")


@given(codes, codes, codes, codes)
def test_codes_in_a_key_cannot_run_into_each_other(a: str, b: str, c: str, d: str) -> None:
    """[STATE-1]"""
    first, second = programme_key(a, b), programme_key(c, d)
    assert (first == second) == ((a, b) == (c, d))
    if first != second:
        assert not first.startswith(second)


def test_prefixes_are_distinct_and_every_kind_has_one() -> None:
    """[STATE-5]"""
    assert len({int(prefix) for prefix in Prefix}) == len(Prefix)
    assert set(ENTRY_KINDS) == {int(prefix) for prefix in Prefix}
    assert {key[0] for key, _ in KEYS.values()} == set(ENTRY_KINDS)
    kinds = [kind for prefix, kind in ENTRY_KINDS.items() if prefix != Prefix.VOUCHER]
    assert len(set(kinds)) == len(kinds)
    assert ENTRY_KINDS[Prefix.VOUCHER] is Mark  # a mark too, under its campaign


def test_a_value_is_read_by_its_key_s_prefix() -> None:
    """[STATE-4]"""
    account = Account(5, 1, 2, ID)
    assert decode_entry(account_key(ID), encode(account)) == account
    with pytest.raises(Malformed, match="malformed"):
        decode_entry(entries.SUPPLY_KEY, encode(account))


@pytest.mark.parametrize("key", [b"", b"\x05", b"\xff" + ID, b"\x10" + bytes(128)])
def test_a_key_that_means_nothing_has_no_value(key: bytes) -> None:
    """[STATE-5]"""
    with pytest.raises(Malformed, match="entry_unknown"):
        decode_entry(key, b"\x90")


@pytest.mark.parametrize(
    "account",
    [
        Account(-1, 1, 0, ID),
        Account(2**63, 1, 0, ID),
        Account(0, 0, 0, ID),
        Account(0, 257, 0, ID),
        Account(0, 1, -1, ID),
        Account(0, 1, 0, ID[1:]),
    ],
    ids=str,
)
def test_an_account_out_of_bounds_is_no_account(account: Account) -> None:
    """[STATE-4]"""
    with pytest.raises(Malformed, match="malformed"):
        decode_entry(account_key(ID), encode(account))


def test_derived_figures_are_what_their_words_say() -> None:
    """[LEDGER-2, LEDGER-3, LEDGER-27]"""
    assert Supply(minted=10, redeemed=4, refunded=1).supply == 7
    position = Position(10, 4, 1, 20, 3, -2, 7, 5)
    assert position.net == 10 - 4 + 1 - 20 + 3 - 2
    assert position.expected == position.net - 7 + 5
    owed = Obligation("a", "b", 9, 4, ObligationStatus.OVERDUE, 0, None, 0, late=True)
    assert owed.outstanding == 5


def test_a_planned_version_is_in_force_from_its_height_on() -> None:
    """[LEDGER-74]"""
    assert Protocol(1, None).at(2**53) == 1
    planned = Protocol(1, Planned(3, 100))
    assert [planned.at(height) for height in (1, 99, 100, 101)] == [1, 1, 3, 3]
