"""What ``genesis new`` proposes holds against what customers can do within it."""

from node import ceremony
from primitives.validators import MAX_VALIDATORS


def test_what_customers_make_fall_due_holds_nothing_up_for_a_day() -> None:
    """[LEDGER-15] Orders and campaigns let anyone put things into the calendar, all under one
    second: even with as many lanes as there can be, each filled for a day ([LEDGER-14]), and every
    view running into its timeout, the queue is worked off faster than it grows."""
    proposed = ceremony.PARAMETERS
    blocks = ceremony.DAY_MS // proposed.view_timeout_ms
    grown = MAX_VALIDATORS * proposed.entries_per_lane_and_day
    assert proposed.due_per_block * blocks >= grown
