"""State entries of every kind: keys and values, byte by byte."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from primitives.amount import MAX_PER_DAY
from primitives.commerce import (
    Campaign,
    Claimed,
    Content,
    Order,
    OrderStatus,
    campaign_key,
    claim_key,
    content_id,
    content_key,
    order_key,
    voucher_key,
)
from primitives.encoding import Wire, encode
from primitives.entries import (
    DIRECTORY_KEY,
    SETTLEMENT_KEY,
    SUPPLY_KEY,
    Account,
    Advance,
    CampaignEnd,
    CapsStart,
    Channel,
    CycleClose,
    CycleLine,
    Day,
    Directory,
    DueNode,
    DuePage,
    DueSecond,
    LaneDay,
    Limits,
    Mark,
    MarkKind,
    Obligation,
    ObligationDue,
    ObligationStatus,
    OrderDue,
    Partner,
    PendingCaps,
    PendingReserve,
    Position,
    Programme,
    ProposalDue,
    PublishedRate,
    PublishedTerms,
    RateStart,
    Redemption,
    ReserveLapse,
    ReserveStart,
    Settlement,
    SettlementCycle,
    Supply,
    TermsStart,
    account_key,
    channel_key,
    custodian_key,
    cycle_key,
    day_key,
    decode_entry,
    due_node_key,
    due_origin,
    due_page_key,
    due_second_key,
    lane_day_key,
    limits_key,
    mark_key,
    obligation_key,
    partner_key,
    position_key,
    programme_key,
    rate_key,
    redemption_key,
    terms_key,
)
from primitives.genesis import Custodian, Roles
from primitives.governance import (
    PROTOCOL_KEY,
    AdmitPartner,
    AssignCustodian,
    Ballot,
    DecideDispute,
    Declare,
    Measure,
    Planned,
    Proposal,
    ProposalStatus,
    Protocol,
    RemovePartner,
    ReplaceAdmin,
    SetCustodian,
    SetJudge,
    SetLimits,
    SetProtocol,
    ShareObligation,
    SharePosition,
    VotedLimits,
    ballot_key,
    proposal_key,
)
from primitives.membership import (
    MEMBERSHIP_KEY,
    Application,
    Member,
    Membership,
    PartnerKind,
    PartnerStatus,
    Seat,
    application_key,
)
from tests.builders import BONUS, GENESIS_TIME, LIMITS
from tests.vectors.families.actions import OFFER

FIELDS = {
    "name": "the kind of entry, and what is special about it",
    "key": "its key",
    "value": "its canonical value",
    "second, page, place, origin": "a place in the calendar, and the origin of its receipt",
}

ID = bytes(range(32))
ROLES = Roles(*(bytes([role]) * 32 for role in range(1, 4)))
MOST = 2**63 - 1
RATE = BONUS.rates[0]
LIMITS_NOW = Limits(LIMITS, True, 0, 0, 0, None, None, None)
LIMITS_WAITING = Limits(
    LIMITS, True, 1, 2, 3, PendingReserve(4, 5, 6), PendingCaps(7, 8, 9), Advance(10, 11)
)
BONUS_NOW = Programme(
    code=BONUS.code,
    name=BONUS.name,
    point=BONUS.point,
    terms_hash=BONUS.terms_hash,
    terms_url=BONUS.terms_url,
    paused=False,
    place=0,
    rate=RATE,
    published=2,
    newest=replace(RATE, since=RATE.since + 1),
    terms_place=1,
    terms_published=3,
    terms_newest=GENESIS_TIME + 2,
)
NORTH = Partner(
    code="north",
    name="North",
    currency="EUR",
    kind=PartnerKind.CHAIN,
    status=PartnerStatus.ACTIVE,
    roles=ROLES,
    custodian="vault",
    programmes=("bonus",),
    proposals=0,
)
ADVANCED = Advance(MOST, 2**32 - 1)
VOTED = VotedLimits(credit=1, reserve_ceiling=MOST, haircut=10_000, claim_bound=0)
APPLIED = Application(
    code="nora",
    name="Nora",
    currency="SEK",
    kind=PartnerKind.AIRLINE,
    issuer=ID,
    cashier=bytes(32),
    custodian="vault",
    seat=Seat(ID, bytes(range(64))),
    mint_per_day=0,
    refund_per_day=MAX_PER_DAY,
)
PROPOSED = Proposal(
    proposer="north",
    measure=Declare(ID, ""),
    electors=("east", "south", "n" * 32),
    needed=3,
    approved=2,
    opposed=1,
    status=ProposalStatus.OPEN,
    opened=GENESIS_TIME,
    decided=0,
    deadline=2**53,
    obstacle=0,
)
LINES = (CycleLine("east", -5, 5), CycleLine("north", 2**62, 5))
OTHERS = (
    ReserveStart("north", GENESIS_TIME),
    CapsStart("north", GENESIS_TIME),
    CycleClose(2**32 - 1),
    ObligationDue(6, 98, GENESIS_TIME),
    CampaignEnd(ID),
    OrderDue(ID, GENESIS_TIME),
    TermsStart("north", "bonus", 2**32 - 1),
    ProposalDue(ID, 2**53),
)
LAST = Obligation("n" * 32, "e" * 32, MOST, 0, ObligationStatus.OPEN, 2**53, None, 0, late=False)
CALENDAR = (1_793_491_200, 0x01020304, 2**32 - 1)


def an_obligation(status: ObligationStatus) -> Obligation:
    """As it may stand in each status."""
    held = status == ObligationStatus.DISPUTED
    named = status in (ObligationStatus.CLAIMED, ObligationStatus.DISPUTED)
    return Obligation(
        debtor="north",
        creditor="east",
        amount=12_500_000,
        settled=12_500_000 if status == ObligationStatus.SETTLED else 0,
        status=status,
        deadline=1_793_491_200_000,
        reference=ID if named else None,
        earmark=12_500_000 if held else 0,
        late=status == ObligationStatus.OVERDUE,
    )


Named = tuple[str, bytes, Wire]
"""What is special about an entry, its key and its value."""


def dealings() -> list[Named]:
    """What partners published and owe, and what was used once."""
    return [
        ("rate", rate_key("north", "bonus", 2**32 - 1), PublishedRate(RATE, 1_793_491_200_000)),
        ("custodian", custodian_key("vault"), Custodian("vault", "Vault", ID, "east")),
        ("custodian, nobody's", custodian_key("v"), Custodian("v", "V", ID, None)),
        ("mark", mark_key("north", MarkKind.COMMITMENT, ID), Mark(bytes(32), 812)),
        ("mark of a refund", mark_key("north", MarkKind.REFUND, ID), Mark(bytes(32), 812)),
        ("redemption", redemption_key("north", ID), Redemption(ID, MOST, 5, bytes(32), 812)),
        ("settlement", SETTLEMENT_KEY, Settlement(7, 1_793_491_200_000, "referee")),
        ("cycle", cycle_key(6), SettlementCycle(5, 812, LINES, 1)),
        ("cycle, nothing to pay", cycle_key(2**32 - 1), SettlementCycle(5, 812, (), 0)),
        *(
            (f"obligation, {status.text}", obligation_key(6, place), an_obligation(status))
            for place, status in enumerate(ObligationStatus)
        ),
        ("obligation, the last", obligation_key(2**32 - 1, 98), LAST),
    ]


def trade() -> list[Named]:
    """Campaigns, orders and contents."""
    grant = Campaign(
        sponsor=ID,
        signer=bytes(32),
        reward=12_500_000,
        bonus=0,
        left=MOST,
        per_claimant=1,
        ends=GENESIS_TIME,
        claims=0,
        closed=False,
    )
    ended = replace(grant, bonus=1, left=0, per_claimant=65_535, claims=7, closed=True)
    order = Order(
        buyer=ID,
        offer=OFFER,
        status=OrderStatus.OPEN,
        deadline=GENESIS_TIME,
        locked=OFFER.price,
        tracking=None,
        to_buyer=0,
        to_promoter=0,
    )
    sent = replace(order, status=OrderStatus.SHIPPED, tracking=ID)
    done = replace(sent, status=OrderStatus.DONE, locked=0, to_buyer=1, to_promoter=2)
    song = content_key(content_id(ID, bytes(32)))
    return [
        ("campaign, a grant", campaign_key(ID), grant),
        ("campaign, ended", campaign_key(ID), ended),
        ("claimed", claim_key(ID, bytes(32)), Claimed(65_535)),
        ("mark of a voucher", voucher_key(ID, bytes(32)), Mark(bytes(32), 812)),
        ("order, open", order_key(ID), order),
        ("order, shipped", order_key(ID), sent),
        ("order, disputed", order_key(ID), replace(sent, status=OrderStatus.DISPUTED)),
        ("order, done", order_key(ID), done),
        ("content", song, Content(ID, bytes(32), 0, 0)),
        ("content, liked", song, Content(ID, bytes(32), 3, MOST)),
    ]


def together() -> list[Named]:
    """What partners are to each other, and what they decide."""
    seats = tuple(Member(code, bytes([place]) * 32) for place, code in enumerate("abc"))
    measures: dict[str, Measure] = {
        "an admission": AdmitPartner(ID, bytes(32), VOTED),
        "a removal": RemovePartner("north"),
        "an admin": ReplaceAdmin("north", ID),
        "limits": SetLimits("n" * 32, VOTED),
        "a custodian": SetCustodian("safe", "Safe", ID, None),
        "a partner's custodian": SetCustodian("safe", "Safe", ID, "north"),
        "a reserve": AssignCustodian("north", "safe"),
        "a judge": SetJudge("safe"),
        "a dispute": DecideDispute(2**32 - 1, 98, paid=True),
        "a loss": ShareObligation(1, 0),
        "a position": SharePosition("north", MOST),
        "a protocol": SetProtocol(65_535, 2**53),
        "a declaration": Declare(ID, "u" * 200),
    }
    return [
        ("membership, founders", MEMBERSHIP_KEY, Membership(seats[:1], -1, -1)),
        ("membership", MEMBERSHIP_KEY, Membership(seats, 2**53, 7)),
        ("protocol", PROTOCOL_KEY, Protocol(1, None)),
        ("protocol, another planned", PROTOCOL_KEY, Protocol(1, Planned(2, 812))),
        *(
            (f"partner, {status.text}", partner_key("n"), replace(NORTH, status=status))
            for status in PartnerStatus
        ),
        *(
            (f"partner, {kind.text}", partner_key("n"), replace(NORTH, kind=kind, proposals=16))
            for kind in PartnerKind
        ),
        ("application", application_key(ID), APPLIED),
        *(
            (f"proposal, {name}", proposal_key(ID), replace(PROPOSED, measure=measure))
            for name, measure in measures.items()
        ),
        *(
            (f"proposal, {status.text}", proposal_key(ID), replace(PROPOSED, status=status))
            for status in ProposalStatus
        ),
        ("proposal, void for a reason", proposal_key(ID), replace(PROPOSED, obstacle=94)),
        ("ballot, for it", ballot_key(ID, "north"), Ballot(approve=True)),
        ("ballot, against it", ballot_key(ID, "n" * 32), Ballot(approve=False)),
        ("terms", terms_key("north", "bonus", 2**32 - 1), PublishedTerms(ID, "", 2**53, 5)),
        ("limits, others paid", limits_key("north"), replace(LIMITS_NOW, advance=ADVANCED)),
    ]


def entries() -> list[Named]:
    """Each kind, and its edges."""
    lapse, start = ReserveLapse("north", GENESIS_TIME), RateStart("north", "bonus", 15)
    bitmap = (1 << 255 | 1 << 8 | 1).to_bytes(32, "little")
    return [
        ("supply", SUPPLY_KEY, Supply(MOST, 2, 1)),
        ("directory", DIRECTORY_KEY, Directory(("north", "east"), ("vault", "referee"))),
        ("account, new", account_key(ID), Account(10_000, 1, 0, bytes(32))),
        ("account, at its edges", account_key(ID), Account(MOST, 256, 2**53 + 1, ID)),
        ("channel", channel_key(ID, 1), Channel(1, ID)),
        ("channel, the last", channel_key(ID, 255), Channel(2**53 + 1, ID)),
        ("partner", partner_key("north"), NORTH),
        *together(),
        ("position", position_key("north"), Position(6, 5, 4, 3, 2, 1, 7, 8)),
        (
            "position, others assumed",
            position_key("a"),
            Position(MOST, 0, 0, 0, 0, -(2**63), 0, MOST),
        ),
        ("limits", limits_key("north"), LIMITS_NOW),
        ("limits, lapsed", limits_key("north"), replace(LIMITS_NOW, reserve_counts=False)),
        ("limits, with all that waits", limits_key("north"), LIMITS_WAITING),
        ("day", day_key("north"), Day(20_758, 12_500_000, 0)),
        ("programme", programme_key("north", "bonus"), BONUS_NOW),
        (
            "programme, no rate yet",
            programme_key("a", "b"),
            replace(BONUS_NOW, paused=True, place=-1, rate=None),
        ),
        *dealings(),
        *trade(),
        ("lane's day", lane_day_key(99), LaneDay(20_758, 100_000)),
        ("calendar, root", due_node_key(b""), DueNode(bitmap)),
        ("calendar, third level", due_node_key(b"\x6a\xe6\x80"), DueNode(bitmap)),
        ("calendar, page", due_page_key(CALENDAR[0], 1), DuePage((lapse, start))),
        ("calendar, every item", due_page_key(0, 0), DuePage((lapse, start, *OTHERS))),
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
