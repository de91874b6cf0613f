"""What docs/spec/ledger.md says that each action may be refused with; and vectors show all of it.

The lists below are read off the specification, in its order. The product's own are not asked.
"""

from typing import Any

from tests.properties.golden import after, before, blocks, named, numbers, of_kind, sent, told

ADMIN = ("partner_unknown", "not_admin")
ACTIVE = (*ADMIN, "partner_leaving")
CODES_OF = {
    0x10: ("amount_overflow", "balance_too_low", "output_below_opening"),
    0x11: ("channels_not_more", "balance_too_low"),
    0x20: (
        "partner_unknown",
        "not_issuer",
        "partner_leaving",
        "programme_unknown",
        "programme_paused",
        "rate_not_in_force",
        "rate_mismatch",
        "commitment_used",
        "output_below_opening",
        "minting_suspended",
        "limit_exceeded",
        "daily_cap_exceeded",
    ),
    0x30: (*ACTIVE, "programme_exists", "programmes_full"),
    0x31: (*ACTIVE, "programme_unknown", "rate_unordered", "rate_too_far", "rate_notice_short"),
    0x32: (*ACTIVE, "programme_unknown", "programme_unchanged"),
    0x33: (*ACTIVE, "programme_unknown", "terms_unordered", "terms_too_far"),
    0x40: (
        "partner_exists",
        "custodian_unknown",
        "custodian_invalid",
        "role_invalid",
        "seat_taken",
    ),
    0x41: (*ADMIN, "role_invalid"),
    0x42: (*ACTIVE, "last_partner", "reserve_needed"),
    0x43: (*ACTIVE, "seat_taken"),
    0x50: (*ADMIN, "claim_bound_not_lower"),
    0x51: ADMIN,
    0x52: (
        "partner_unknown",
        "not_custodian",
        "not_admin",
        "ceiling_exceeded",
        "attestation_early",
        "attestation_stale",
    ),
    0x53: (*ADMIN, "not_custodian", "release_stale", "reserve_needed"),
    0x60: (
        "partner_unknown",
        "not_cashier",
        "partner_leaving",
        "no_till",
        "invoice_expired",
        "invoice_for_another",
        "invoice_used",
        "claim_bound_exceeded",
        "balance_too_low",
    ),
    0x61: (
        "partner_unknown",
        "not_cashier",
        "partner_leaving",
        "invoice_unknown",
        "refund_used",
        "refund_exceeded",
        "limit_exceeded",
        "daily_cap_exceeded",
    ),
    0x70: ("obligation_unknown", "not_debtor", "obligation_settled", "payment_claimed"),
    0x71: ("obligation_unknown", "not_creditor", "obligation_settled"),
    0x72: ("obligation_unknown", "not_creditor", "payment_not_claimed"),
    0x73: ("obligation_unknown", "not_custodian", "obligation_settled", "not_disputed"),
    0x80: (*ACTIVE, "proposals_full", "electors_missing"),
    0x81: (*ACTIVE, "proposal_unknown", "not_elector", "proposal_closed", "vote_unchanged"),
    0x90: ("deadline_invalid", "budget_too_small", "balance_too_low"),
    0x91: (
        "campaign_unknown",
        "campaign_ended",
        "not_signer",
        "voucher_for_another",
        "voucher_expired",
        "referrer_invalid",
        "voucher_used",
        "claims_exceeded",
        "budget_exhausted",
        "output_below_opening",
    ),
    0x92: ("campaign_unknown", "not_sponsor", "campaign_ended"),
    0xA0: (
        "not_seller",
        "offer_expired",
        "arbiter_invalid",
        "promoter_invalid",
        "account_unknown",
        "balance_too_low",
    ),
    0xA1: ("order_unknown", "not_seller", "order_status_wrong"),
    0xA2: ("order_unknown", "not_buyer", "order_status_wrong"),
    0xA3: ("order_unknown", "not_seller", "order_status_wrong"),
    0xA4: ("order_unknown", "not_buyer", "order_status_wrong"),
    0xA5: ("order_unknown", "not_arbiter", "order_status_wrong", "amount_overflow"),
    0xB0: ("content_exists",),
    0xB1: ("content_unknown", "own_content", "balance_too_low", "amount_overflow"),
}
"""Of ``Propose`` those that are not of its measure."""

OBSTACLES_OF = {
    1: (
        "application_unknown",
        "partner_exists",
        "custodian_invalid",
        "role_invalid",
        "seat_taken",
        "directory_full",
        "credit_exceeded",
    ),
    2: ("partner_unknown", "partner_leaving", "last_partner"),
    3: ("partner_unknown", "role_invalid"),
    4: ("partner_unknown", "partner_leaving", "credit_exceeded"),
    5: ("partner_unknown", "custodians_full", "custodian_invalid"),
    6: ("partner_unknown", "custodian_unknown", "custodian_invalid"),
    7: ("custodian_unknown", "custodian_invalid"),
    8: ("obligation_unknown", "not_disputed"),
    9: (
        "obligation_unknown",
        "partner_stays",
        "obligation_settled",
        "obligation_in_time",
        "nobody_to_share",
    ),
    10: ("partner_unknown", "partner_stays", "position_smaller", "nobody_to_share"),
    11: ("height_passed", "version_not_newer"),
    12: (),
}
"""What may stand in the way of each measure. Custodians never go, so an applicant's is known."""
ALWAYS_DONE = 12
"""Nothing stands in the way of a declaration."""


def met() -> set[tuple[int, str]]:
    """The tag of each action that some vector shows, with what became of it."""
    return {(fields[6][0], code) for case in blocks() for (fields, _, _), code in sent(case)}


def proposed() -> set[tuple[int, str]]:
    """The tag of each measure that some vector proposes, with what became of that."""
    return {
        (fields[6][2][0], code)
        for case in blocks()
        for (fields, _, _), code in sent(case)
        if fields[6][0] == 0x80
    }


def test_each_action_has_a_case_of_each_of_its_codes() -> None:
    wanted = {(tag, code) for tag, codes in CODES_OF.items() for code in ("done", *codes)}
    assert wanted - met() == set()


def test_no_action_has_a_case_of_another_code() -> None:
    allowed = {(tag, code) for tag, codes in CODES_OF.items() for code in ("done", *codes)}
    allowed |= {(tag, code) for tag in CODES_OF for code in numbers("Skips").values()}
    allowed |= {(0x80, code) for codes in OBSTACLES_OF.values() for code in codes}
    assert met() - allowed == set()


def test_each_measure_has_a_case_of_each_thing_that_may_stand_in_its_way() -> None:
    """[LEDGER-64, LEDGER-65, LEDGER-66, LEDGER-67, LEDGER-68, LEDGER-69, LEDGER-70]
    [LEDGER-71, LEDGER-72, LEDGER-73, LEDGER-74, LEDGER-75]
    """
    general = {(measure, code) for measure in OBSTACLES_OF for code in CODES_OF[0x80]}
    wanted = {(tag, code) for tag, codes in OBSTACLES_OF.items() for code in ("done", *codes)}
    assert wanted - proposed() == set()
    assert proposed() - wanted - general == set()


def moved(case: Any) -> list[tuple[int, int, int]]:
    """Of each proposal that something happened with: its measure, its status, the obstacle."""
    proposals = {**of_kind(before(case), 0x80), **of_kind(after(case), 0x80)}
    return [
        (proposals[event[1]][1][0], event[2], event[3])
        for _, _, events in told(case)
        for event in events
        if event[0] == 36
    ]


def test_each_measure_is_carried_out_in_some_case_and_void_in_another() -> None:
    """[LEDGER-63]"""
    happened = [one for case in blocks() for one in moved(case)]
    assert {measure for measure, status, _ in happened if status == 3} == set(OBSTACLES_OF)
    assert {m for m, status, _ in happened if status == 6} == set(OBSTACLES_OF) - {ALWAYS_DONE}
    for measure, status, obstacle in happened:
        codes = OBSTACLES_OF[measure] if status == 6 else ("done",)
        assert numbers("Refusals")[obstacle] in codes


def test_a_case_that_is_named_after_a_code_shows_it() -> None:
    codes = {*numbers("Refusals").values(), *numbers("Skips").values()}
    for case in blocks():
        word = named(case).split(": ")[1].split(" ")[0]
        if "_" in word:
            assert word in codes, named(case)
            assert word in case["verdicts"], named(case)
