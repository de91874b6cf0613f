"""What became of a transaction, in one number. Knows codes; not why a contract decides.

``primitives.receipt`` hands them on. What a code means, and what to do: docs/reference/codes.md.
"""

from __future__ import annotations

from enum import IntEnum, unique


@unique
class Outcome(IntEnum):
    """Stable codes in receipts. 0 is done; the rest say why a transaction was refused for good."""

    DONE = 0
    BALANCE_TOO_LOW = 1
    OUTPUT_BELOW_OPENING = 2
    AMOUNT_OVERFLOW = 3
    CHANNELS_NOT_MORE = 4
    PARTNER_UNKNOWN = 5
    PROGRAMME_UNKNOWN = 6
    PROGRAMME_PAUSED = 7
    NOT_ISSUER = 8
    RATE_MISMATCH = 9
    COMMITMENT_USED = 10
    LIMIT_EXCEEDED = 11
    DAILY_CAP_EXCEEDED = 12
    # 13 is not used and never will be.
    RATE_NOT_IN_FORCE = 14
    NOT_ADMIN = 15
    NOT_CASHIER = 16
    NOT_CUSTODIAN = 17
    MINTING_SUSPENDED = 18
    INVOICE_EXPIRED = 19
    INVOICE_FOR_ANOTHER = 20
    INVOICE_USED = 21
    INVOICE_UNKNOWN = 22
    CLAIM_BOUND_EXCEEDED = 23
    REFUND_USED = 24
    REFUND_EXCEEDED = 25
    PROGRAMME_EXISTS = 26
    PROGRAMMES_FULL = 27
    PROGRAMME_UNCHANGED = 28
    RATE_UNORDERED = 29
    RATE_NOTICE_SHORT = 30
    RATE_TOO_FAR = 31
    CLAIM_BOUND_NOT_LOWER = 32
    CEILING_EXCEEDED = 33
    ATTESTATION_STALE = 34
    ATTESTATION_EARLY = 35
    RELEASE_STALE = 36
    RESERVE_NEEDED = 37
    OBLIGATION_UNKNOWN = 38
    OBLIGATION_SETTLED = 39
    NOT_DEBTOR = 40
    NOT_CREDITOR = 41
    PAYMENT_CLAIMED = 42
    PAYMENT_NOT_CLAIMED = 43
    NOT_DISPUTED = 44
    DEADLINE_INVALID = 45
    BUDGET_TOO_SMALL = 46
    CAMPAIGN_UNKNOWN = 47
    CAMPAIGN_ENDED = 48
    NOT_SPONSOR = 49
    NOT_SIGNER = 50
    VOUCHER_FOR_ANOTHER = 51
    VOUCHER_EXPIRED = 52
    VOUCHER_USED = 53
    REFERRER_INVALID = 54
    CLAIMS_EXCEEDED = 55
    BUDGET_EXHAUSTED = 56
    NOT_SELLER = 57
    OFFER_EXPIRED = 58
    ARBITER_INVALID = 59
    PROMOTER_INVALID = 60
    ACCOUNT_UNKNOWN = 61
    ORDER_UNKNOWN = 62
    ORDER_STATUS_WRONG = 63
    NOT_BUYER = 64
    NOT_ARBITER = 65
    CONTENT_EXISTS = 66
    CONTENT_UNKNOWN = 67
    OWN_CONTENT = 68
    PARTNER_LEAVING = 69
    NO_TILL = 70
    PARTNER_EXISTS = 71
    ROLE_INVALID = 72
    CUSTODIAN_UNKNOWN = 73
    CUSTODIAN_INVALID = 74
    CUSTODIANS_FULL = 75
    SEAT_TAKEN = 76
    LAST_PARTNER = 77
    TERMS_UNORDERED = 78
    TERMS_TOO_FAR = 79
    PROPOSALS_FULL = 80
    ELECTORS_MISSING = 81
    PROPOSAL_UNKNOWN = 82
    PROPOSAL_CLOSED = 83
    NOT_ELECTOR = 84
    VOTE_UNCHANGED = 85
    APPLICATION_UNKNOWN = 86
    DIRECTORY_FULL = 87
    CREDIT_EXCEEDED = 88
    OBLIGATION_IN_TIME = 89
    POSITION_SMALLER = 90
    NOBODY_TO_SHARE = 91
    HEIGHT_PASSED = 92
    VERSION_NOT_NEWER = 93
    PARTNER_STAYS = 94

    @property
    def text(self) -> str:
        """The code as people and programs see it, e.g. ``balance_too_low``."""
        return self.name.lower()


@unique
class Skip(IntEnum):
    """Why a transaction wrote nothing at all. Never in a receipt; told at the door."""

    SENDER_UNKNOWN = 1
    CHANNEL_UNOPENED = 2
    SEQUENCE_STALE = 3
    SEQUENCE_EARLY = 4
    EXPIRED = 5
    VALID_TOO_LONG = 6
    LANE_EXHAUSTED = 7

    @property
    def text(self) -> str:
        """The code as people and programs see it, e.g. ``sequence_stale``."""
        return self.name.lower()
