"""Exported rows of partners together: who came and went, who voted how, whose reserve paid."""

from __future__ import annotations

import json
from collections import Counter, defaultdict

from audit.tables import TABLES, Row, Table
from primitives.address import address
from primitives.amount import MICRO
from tests.builders import CODES, CUSTODIAN, JUDGE, a_key, a_role, an_id
from tests.fakes.council import INGE, TILL
from tests.unit.audit.test_tables import Exported, exported
from tests.unit.audit.together import ALICE, CLERK, OWED, SAFE, a_council, a_default


def columns(rows: Exported, name: str, *wanted: str) -> list[Row]:
    """Some columns of a table."""
    [table] = [each for each in TABLES if each.name == name]
    places = [_place(table, column) for column in wanted]
    return [tuple(row[place] for place in places) for row in rows[name]]


def _place(table: Table, column: str) -> int:
    return [name for name, _ in table.columns].index(column)


def named(person: object) -> str:
    return address(person.account, "tlqb")  # type: ignore[attr-defined]


async def test_partners_stand_with_status_roles_and_seat_also_those_that_left() -> None:
    chain, _ = a_council()
    rows = await exported(chain)
    found = {row[0]: row[1:] for row in columns(rows, "partners", "partner", "kind", "status")}
    assert found == {
        "north": ("chain", "active"),
        "east": ("chain", "active"),
        "south": ("chain", "left"),
        "west": ("chain", "active"),
        "inn": ("service", "active"),
    }
    roles = columns(rows, "partners", "partner", "admin", "cashier", "custodian", "validator")
    told = {row[0]: row[1:] for row in roles}
    admin = named(a_role("north", "admin"))
    seat = a_key("consensus of north").public_key.hex()
    assert told["north"] == (admin, named(CLERK), CUSTODIAN, seat)
    assert told["east"][3] == a_key("a new node").public_key.hex()
    assert told["south"][3] is None
    assert told["west"][2] == "safe"


async def test_what_became_of_partners_and_custodians_is_told_in_order() -> None:
    chain, _ = a_council()
    rows = await exported(chain)
    wanted = ("height", "partner", "change", "status", "role", "account", "validator")
    seat = a_key("a new node").public_key.hex()
    assert columns(rows, "partner_changes", *wanted) == [
        (5, "inn", "moved", "active", None, None, None),
        (21, "north", "role", None, "cashier", named(CLERK), None),
        (21, "east", "seat_lost", None, None, None, seat),
        (21, "south", "moved", "run_off", None, None, None),
        (21, "south", "moved", "left", None, None, None),
    ]
    wanted = ("height", "custodian", "change", "account", "partner")
    assert columns(rows, "custodian_changes", *wanted) == [
        (8, "safe", "set", named(SAFE), None),
        (11, "safe", "assigned", None, "west"),
        (14, "safe", "judge", None, None),
    ]
    found = columns(rows, "custodians", "custodian", "account", "settlement")
    assert sorted(found) == sorted(  # type: ignore[type-var]
        [
            (CUSTODIAN, named(a_role(CUSTODIAN, "custodian")), False),
            (JUDGE, named(a_role(JUDGE, "custodian")), False),
            ("safe", named(SAFE), True),
        ]
    )


async def test_every_vote_is_told_also_one_that_was_changed() -> None:
    chain, ids = a_council()
    rows = await exported(chain)
    charter = ids[-1].hex()
    votes = columns(
        rows, "votes", "height", "proposal", "partner", "approve", "approved", "opposed"
    )
    assert [row for row in votes if row[1] == charter] == [
        (19, charter, "east", True, 1, 0),
        (20, charter, "east", False, 0, 1),
        (20, charter, "south", False, 0, 2),
    ]
    sent = columns(rows, "transactions", "id", "action", "outcome")
    cast = [id_ for id_, action, outcome in sent if (action, outcome) == ("cast_vote", "done")]
    assert [row[0] for row in columns(rows, "votes", "transaction")] == cast


async def test_proposals_and_the_heights_of_what_came_of_them_are_told() -> None:
    chain, ids = a_council()
    rows = await exported(chain)
    found = {
        row[0]: row[1:]
        for row in columns(rows, "proposals", "proposal", "measure", "electors", "status")
    }
    assert [found[id_.hex()] for id_ in ids] == [
        ("admit_partner", 4, "executed"),
        ("set_custodian", 5, "executed"),
        ("assign_custodian", 4, "executed"),
        ("set_judge", 5, "executed"),
        ("set_limits", 4, "executed"),
        ("declare", 5, "rejected"),
    ]
    fields = dict(columns(rows, "proposals", "proposal", "fields"))  # type: ignore[arg-type]
    assert json.loads(fields[ids[2].hex()]) == {"partner": "west", "custodian": "safe"}
    decisions = columns(rows, "decisions", "height", "proposal", "status", "obstacle")
    assert [row for row in decisions if row[1] == ids[0].hex()] == [
        (4, ids[0].hex(), "passed", None),
        (5, ids[0].hex(), "executed", None),
    ]
    assert decisions[-1] == (20, ids[-1].hex(), "rejected", None)


async def test_applications_and_terms_are_told_as_they_stand() -> None:
    chain, _ = a_council()
    rows = await exported(chain)
    assert columns(rows, "applications", "account", "code", "kind", "issuer", "custodian") == [
        (named(INGE), "inn", "service", named(TILL), CUSTODIAN)
    ]
    terms = columns(rows, "terms", "partner", "programme", "place", "terms_hash")
    assert [row for row in terms if row[0] == "north" and row[2] == 1] == [
        ("north", "bonus", 1, an_id("terms 1").hex())
    ]
    assert Counter(row[0] for row in terms) == Counter([*CODES, "north"])


async def test_what_reserves_paid_is_told_for_whom() -> None:
    """[LEDGER-31], [LEDGER-55]"""
    chain, _ = a_default()
    rows = await exported(chain)
    wanted = ("height", "partner", "own", "debtor", "cycle", "obligation", "units")
    assert columns(rows, "draws", *wanted) == [
        (4, "north", True, "north", 1, 0, 20 * MICRO),
        (5, "south", False, "north", 1, 0, 2 * MICRO),
        (5, "west", False, "north", 1, 0, 2 * MICRO),
    ]


async def test_shifts_sum_to_zero_and_to_what_positions_hold() -> None:
    """[LEDGER-3], [LEDGER-55], [LEDGER-72], [LEDGER-73]"""
    chain, _ = a_default()
    rows = await exported(chain)
    shifts = columns(rows, "shifts", "origin", "partner", "cause", "cycle", "units")
    by_origin: dict[object, int] = defaultdict(int)
    by_partner: dict[object, int] = defaultdict(int)
    for origin, partner, _, _, units in shifts:
        assert isinstance(units, int)
        by_origin[origin] += units
        by_partner[partner] += units
    assert set(by_origin.values()) == {0}
    assert by_partner == dict(columns(rows, "positions", "partner", "assumed_units"))  # type: ignore[arg-type]
    causes = {(cause, cycle) for _, _, cause, cycle, _ in shifts}
    assert causes == {
        ("guarantee", 1),
        ("shared_obligation", 1),
        ("shared_position", None),
    }
    guaranteed = [(row[1], row[4]) for row in shifts if row[2] == "guarantee"]
    assert guaranteed == [("south", -2 * MICRO), ("west", -2 * MICRO), ("north", 4 * MICRO)]


async def test_none_of_it_moves_a_balance() -> None:
    """[LEDGER-36], [LEDGER-60]"""
    chain, _ = a_default()
    rows = await exported(chain)
    moved = columns(rows, "movements", "kind", "destination", "units")
    assert moved == [("mint", named(ALICE), OWED), ("redeem", None, OWED)]


async def test_statuses_are_told_by_name_in_the_fields_of_events() -> None:
    chain, _ = a_council()
    rows = await exported(chain)
    events = columns(rows, "events", "event", "fields")
    told = [json.loads(str(fields)) for name, fields in events if name == "partner_moved"]
    assert [each["status"] for each in told] == ["active", "run_off", "left"]
