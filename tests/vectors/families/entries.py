"""State entries of every kind: keys and values, byte by byte."""

from collections.abc import Mapping, Sequence

from primitives.encoding import Wire, encode
from primitives.entries import (
    DIRECTORY_KEY,
    SUPPLY_KEY,
    Account,
    Channel,
    Day,
    Directory,
    DueNode,
    DuePage,
    DueSecond,
    LaneDay,
    Limits,
    Mark,
    MarkKind,
    Partner,
    Position,
    Programme,
    RateStart,
    ReserveLapse,
    Supply,
    account_key,
    channel_key,
    day_key,
    decode_entry,
    due_node_key,
    due_origin,
    due_page_key,
    due_second_key,
    lane_day_key,
    limits_key,
    mark_key,
    partner_key,
    position_key,
    programme_key,
)
from primitives.genesis import Roles
from tests.builders import BONUS, GENESIS_TIME, LIMITS

FIELDS = {
    "name": "the kind of entry, and what is special about it",
    "key": "its key",
    "value": "its canonical value",
    "second, page, place, origin": "a place in the calendar, and the origin of its receipt",
}

ID = bytes(range(32))
ROLES = Roles(*(bytes([role]) * 32 for role in range(1, 5)))
MOST = 2**63 - 1
CALENDAR = (1_793_491_200, 0x01020304, 2**32 - 1)


def entries() -> list[tuple[str, bytes, Wire]]:
    """Each kind, and its edges."""
    lapse, start = ReserveLapse("north", GENESIS_TIME), RateStart("north", "bonus", 15)
    bitmap = (1 << 255 | 1 << 8 | 1).to_bytes(32, "little")
    return [
        ("supply", SUPPLY_KEY, Supply(MOST, 2, 1)),
        ("directory", DIRECTORY_KEY, Directory(("north", "east"))),
        ("account, new", account_key(ID), Account(10_000, 1, 0, bytes(32))),
        ("account, at its edges", account_key(ID), Account(MOST, 256, 2**53 + 1, ID)),
        ("channel", channel_key(ID, 1), Channel(1, ID)),
        ("channel, the last", channel_key(ID, 255), Channel(2**53 + 1, ID)),
        ("partner", partner_key("north"), Partner("north", "North", "EUR", ROLES, ("bonus",))),
        ("position", position_key("north"), Position(6, 5, 4, 3, 2, 1)),
        ("position, others assumed", position_key("a"), Position(MOST, 0, 0, 0, 0, -(2**63))),
        ("limits", limits_key("north"), Limits(LIMITS, reserve_counts=True)),
        ("limits, lapsed", limits_key("north"), Limits(LIMITS, reserve_counts=False)),
        ("day", day_key("north"), Day(20_758, 12_500_000, 0)),
        ("programme", programme_key("north", "bonus"), Programme(BONUS, 0, paused=False)),
        ("programme, no rate yet", programme_key("a", "b"), Programme(BONUS, -1, paused=True)),
        ("mark", mark_key("north", MarkKind.COMMITMENT, ID), Mark(bytes(32), 812)),
        ("lane's day", lane_day_key(99), LaneDay(20_758, 100_000)),
        ("calendar, root", due_node_key(b""), DueNode(bitmap)),
        ("calendar, third level", due_node_key(b"\x6a\xe6\x80"), DueNode(bitmap)),
        ("calendar, page", due_page_key(CALENDAR[0], 1), DuePage((lapse, start))),
        ("calendar, queue", due_second_key(CALENDAR[0]), DueSecond(1, 31, 2)),
    ]


def origins() -> list[tuple[int, int, int]]:
    """(second, page, place)."""
    return [(second, page, place) for second in CALENDAR for page, place in ((0, 0), (7, 31))]


def cases() -> Sequence[Mapping[str, object]]:
    named = entries()
    assert all(decode_entry(key, encode(value)) == value for _, key, value in named)
    return [
        *(
            {"name": name, "key": key.hex(), "value": encode(value).hex()}
            for name, key, value in named
        ),
        *(
            {
                "second": second,
                "page": page,
                "place": place,
                "origin": due_origin(second, page, place).hex(),
            }
            for second, page, place in origins()
        ),
    ]
