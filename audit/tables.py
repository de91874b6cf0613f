"""The tables of an export: their columns, in order. Knows names and kinds; makes no row.

Amounts are whole units of 10^-6 LiqBon, so that sums are exact in whatever reads them; ids are
lower-case hex, accounts bech32m addresses.
"""

from __future__ import annotations

from enum import Enum, unique
from typing import Final, NamedTuple, TypeAlias

from primitives.entries import Position

Value: TypeAlias = str | int | bool | None
Row: TypeAlias = tuple[Value, ...]


@unique
class Kind(Enum):
    """What a column holds. A moment is in milliseconds since 1970."""

    TEXT = "text"
    INTEGER = "integer"
    FLAG = "flag"
    MOMENT = "moment"


class Table(NamedTuple):
    """A table: its name, what a row is, and its columns in order."""

    name: str
    row: str
    columns: tuple[tuple[str, Kind], ...]


_T, _I, _F, _M = Kind.TEXT, Kind.INTEGER, Kind.FLAG, Kind.MOMENT

BLOCKS: Final = Table(
    "blocks",
    "a height that was attested",
    (
        ("height", _I),
        ("time", _M),
        ("digest", _T),
        ("epoch", _I),
        ("view", _I),
        ("transactions", _I),
        ("receipts", _I),
        ("state_root", _T),
        ("receipts_root", _T),
        ("attested_by", _I),
    ),
)
TRANSACTIONS: Final = Table(
    "transactions",
    "a transaction that a block ordered; outcome is done, a refusal, or skipped",
    (
        ("height", _I),
        ("place", _I),
        ("lane", _I),
        ("id", _T),
        ("sender", _T),
        ("channel", _I),
        ("sequence", _I),
        ("valid_until", _M),
        ("action", _T),
        ("outcome", _T),
        ("skip", _T),
        ("memo", _T),
    ),
)
MOVEMENTS: Final = Table(
    "movements",
    "LiqBon that came into being, changed hands, were locked or freed, burnt or given back",
    (
        ("height", _I),
        ("time", _M),
        ("transaction", _T),
        ("place", _I),
        ("kind", _T),
        ("partner", _T),
        ("programme", _T),
        ("points", _I),
        ("source", _T),
        ("destination", _T),
        ("units", _I),
        ("reference", _T),
    ),
)
EVENTS: Final = Table(
    "events",
    "an event of a receipt; due is true for what happened by itself",
    (
        ("height", _I),
        ("origin", _T),
        ("due", _F),
        ("place", _I),
        ("event", _T),
        ("fields", _T),
    ),
)
ACCOUNTS: Final = Table(
    "accounts",
    "an account at the last height",
    (("account", _T), ("balance_units", _I), ("sequence", _I), ("channels", _I)),
)
POSITIONS: Final = Table(
    "positions",
    "a partner's totals at the last height",
    (
        ("partner", _T),
        *((f"{name}_units", _I) for name in Position.__struct_fields__),
        ("net_units", _I),
    ),
)
CYCLES: Final = Table(
    "cycles",
    "a partner at the closing of a settlement cycle: E, and what it pays or is paid",
    (
        ("cycle", _I),
        ("closed", _M),
        ("height", _I),
        ("partner", _T),
        ("expected_units", _I),
        ("units", _I),
    ),
)
OBLIGATIONS: Final = Table(
    "obligations",
    "a payment between partners, as it stands at the last height",
    (
        ("cycle", _I),
        ("place", _I),
        ("debtor", _T),
        ("creditor", _T),
        ("units", _I),
        ("settled_units", _I),
        ("status", _T),
        ("deadline", _M),
        ("reference", _T),
        ("late", _F),
    ),
)
RATES: Final = Table(
    "rates",
    "a rate that was ever published",
    (
        ("partner", _T),
        ("programme", _T),
        ("place", _I),
        ("since", _M),
        ("numerator", _I),
        ("denominator", _I),
        ("published", _M),
    ),
)

CAMPAIGNS: Final = Table(
    "campaigns",
    "a campaign, as it stands at the last height",
    (
        ("campaign", _T),
        ("sponsor", _T),
        ("signer", _T),
        ("reward_units", _I),
        ("bonus_units", _I),
        ("left_units", _I),
        ("per_claimant", _I),
        ("ends", _M),
        ("claims", _I),
        ("closed", _F),
    ),
)
ORDERS: Final = Table(
    "orders",
    "an order between people, as it stands at the last height",
    (
        ("id", _T),
        ("buyer", _T),
        ("seller", _T),
        ("promoter", _T),
        ("arbiter", _T),
        ("price_units", _I),
        ("share_units", _I),
        ("goods", _T),
        ("status", _T),
        ("deadline", _M),
        ("locked_units", _I),
        ("tracking", _T),
        ("to_buyer_units", _I),
        ("to_promoter_units", _I),
    ),
)
CONTENTS: Final = Table(
    "contents",
    "a work that can be liked, and how much it was up to the last height",
    (
        ("content", _T),
        ("author", _T),
        ("hash", _T),
        ("likes", _I),
        ("units", _I),
    ),
)

# --- partners together ---------------------------------------------------------------------------

PARTNERS: Final = Table(
    "partners",
    "a partner at the last height, also one that left",
    (
        ("partner", _T),
        ("name", _T),
        ("kind", _T),
        ("status", _T),
        ("currency", _T),
        ("admin", _T),
        ("issuer", _T),
        ("cashier", _T),
        ("custodian", _T),
        ("validator", _T),
        ("proposals", _I),
    ),
)
PARTNER_CHANGES: Final = Table(
    "partner_changes",
    "that a partner came, is leaving or left, gave a role or its seat to another key",
    (
        ("height", _I),
        ("time", _M),
        ("origin", _T),
        ("place", _I),
        ("partner", _T),
        ("change", _T),
        ("status", _T),
        ("role", _T),
        ("account", _T),
        ("validator", _T),
    ),
)
CUSTODIANS: Final = Table(
    "custodians",
    "a custodian at the last height; settlement is true for who says what was paid",
    (
        ("custodian", _T),
        ("name", _T),
        ("account", _T),
        ("partner", _T),
        ("settlement", _F),
    ),
)
CUSTODIAN_CHANGES: Final = Table(
    "custodian_changes",
    "that a custodian was admitted or changed, holds another reserve, or judges payments",
    (
        ("height", _I),
        ("time", _M),
        ("origin", _T),
        ("place", _I),
        ("custodian", _T),
        ("change", _T),
        ("account", _T),
        ("partner", _T),
    ),
)
APPLICATIONS: Final = Table(
    "applications",
    "what an account last applied with to become a partner",
    (
        ("account", _T),
        ("application", _T),
        ("code", _T),
        ("name", _T),
        ("kind", _T),
        ("currency", _T),
        ("issuer", _T),
        ("cashier", _T),
        ("custodian", _T),
        ("validator", _T),
        ("mint_per_day_units", _I),
        ("refund_per_day_units", _I),
    ),
)
PROPOSALS: Final = Table(
    "proposals",
    "what was put to the vote, as it stands at the last height",
    (
        ("proposal", _T),
        ("proposer", _T),
        ("measure", _T),
        ("fields", _T),
        ("electors", _I),
        ("needed", _I),
        ("approved", _I),
        ("opposed", _I),
        ("status", _T),
        ("opened", _M),
        ("decided", _M),
        ("deadline", _M),
        ("obstacle", _T),
    ),
)
VOTES: Final = Table(
    "votes",
    "a vote that was counted, and how many approved and opposed after it",
    (
        ("height", _I),
        ("time", _M),
        ("transaction", _T),
        ("proposal", _T),
        ("partner", _T),
        ("approve", _F),
        ("approved", _I),
        ("opposed", _I),
    ),
)
DECISIONS: Final = Table(
    "decisions",
    "that a proposal passed, was carried out, or came to nothing",
    (
        ("height", _I),
        ("time", _M),
        ("origin", _T),
        ("proposal", _T),
        ("status", _T),
        ("obstacle", _T),
    ),
)
DRAWS: Final = Table(
    "draws",
    "what a reserve paid of an obligation; own is false if it stood for another partner",
    (
        ("height", _I),
        ("time", _M),
        ("origin", _T),
        ("place", _I),
        ("partner", _T),
        ("own", _F),
        ("debtor", _T),
        ("cycle", _I),
        ("obligation", _I),
        ("units", _I),
    ),
)
SHIFTS: Final = Table(
    "shifts",
    "by how much more, or less, a partner owes the pool for others; those of an origin sum to zero",
    (
        ("height", _I),
        ("time", _M),
        ("origin", _T),
        ("place", _I),
        ("partner", _T),
        ("cause", _T),
        ("cycle", _I),
        ("obligation", _I),
        ("units", _I),
    ),
)
TERMS: Final = Table(
    "terms",
    "terms of a programme that were ever published",
    (
        ("partner", _T),
        ("programme", _T),
        ("place", _I),
        ("terms_hash", _T),
        ("terms_url", _T),
        ("since", _M),
        ("published", _M),
    ),
)

TABLES: Final = (
    BLOCKS,
    TRANSACTIONS,
    MOVEMENTS,
    EVENTS,
    ACCOUNTS,
    POSITIONS,
    CYCLES,
    OBLIGATIONS,
    RATES,
    CAMPAIGNS,
    ORDERS,
    CONTENTS,
    PARTNERS,
    PARTNER_CHANGES,
    CUSTODIANS,
    CUSTODIAN_CHANGES,
    APPLICATIONS,
    PROPOSALS,
    VOTES,
    DECISIONS,
    DRAWS,
    SHIFTS,
    TERMS,
)
