"""The outbox: what is stored before anything is sent, and what a crash leaves of it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from client.builder import Slot, build
from partner.database import FILE
from partner.deposits import Deposit, commitment_of
from partner.outbox import Conflict, Outbox, Proven
from primitives.actions import Mint
from primitives.encoding import encode
from primitives.transaction import Decoded
from shell.errors import CommandError
from tests.builders import a_key, a_person

ALICE = a_person("alice").account
DEPOSIT = Deposit("r-1", "bonus", 500, ALICE)


def a_signed_mint(commitment: bytes, sequence: int = 0) -> tuple[Decoded, bytes]:
    action = Mint("north", "bonus", 500, 5_000_000, commitment, ALICE)
    decoded = build(a_key("issuer"), Slot(bytes(32), 0, sequence, 10**12), action)
    return decoded, encode(decoded.signed)


def test_a_deposit_keeps_its_first_salt_for_ever(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    [first] = outbox.enter("north", [DEPOSIT], 1)
    outbox.close()
    [again] = Outbox(tmp_path).enter("north", [DEPOSIT], 2)
    assert again == first
    assert first.commitment == commitment_of(first.salt, "north", DEPOSIT)


def test_salts_differ(tmp_path: Path) -> None:
    deposits = [Deposit(f"r-{i}", "bonus", 5, ALICE) for i in range(50)]
    entries = Outbox(tmp_path).enter("north", deposits, 1)
    assert len({entry.salt for entry in entries}) == 50
    assert all(len(entry.salt) == 32 for entry in entries)


@pytest.mark.parametrize(
    "other",
    [
        Deposit("r-1", "bonus", 501, ALICE),
        Deposit("r-1", "miles", 500, ALICE),
        Deposit("r-1", "bonus", 500, a_person("bob").account),
    ],
)
def test_a_reference_names_one_deposit_and_a_conflict_stores_nothing(
    tmp_path: Path, other: Deposit
) -> None:
    outbox = Outbox(tmp_path)
    outbox.enter("north", [DEPOSIT], 1)
    with pytest.raises(Conflict):
        outbox.enter("north", [Deposit("r-2", "bonus", 1, ALICE), other], 2)
    assert outbox.find("r-2") is None
    assert outbox.counts() == {"open": 1}


def test_a_minted_deposit_has_no_open_attempts(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    [entry] = outbox.enter("north", [DEPOSIT], 1)
    first, second = a_signed_mint(entry.commitment, 0), a_signed_mint(entry.commitment, 1)
    attempts = outbox.attempt([(entry.number, *first), (entry.number, *second)])
    assert [a.sequence for a in outbox.open_attempts()] == [0, 1]
    outbox.minted(entry.number, Proven(attempts[0].id, 5, 7, 8, 3, 4), b"proof")
    assert outbox.open_attempts() == []
    stored = outbox.find("r-1")
    assert stored is not None
    assert (stored.state, stored.minted_by, stored.height) == ("minted", attempts[0].id, 7)


def test_an_unproven_refusal_keeps_the_bytes_and_a_new_attempt_reopens_it(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    [entry] = outbox.enter("north", [DEPOSIT], 1)
    [attempt] = outbox.attempt([(entry.number, *a_signed_mint(entry.commitment))])
    outbox.refused(attempt, "limit_exceeded", None)
    assert outbox.get(entry.number).state == "refused"
    assert outbox.raw_of(attempt.id) == attempt.raw
    outbox.attempt([(entry.number, *a_signed_mint(entry.commitment, 1))])
    assert outbox.get(entry.number).state == "open"


def test_salts_and_signed_bytes_are_synced_before_they_are_used(tmp_path: Path) -> None:
    """In WAL mode FULL syncs each commit; what the ledger can tell again need not wait for it."""
    outbox = Outbox(tmp_path)
    said: list[str] = []
    outbox._db.set_trace_callback(said.append)
    [entry] = outbox.enter("north", [DEPOSIT], 1)
    [attempt] = outbox.attempt([(entry.number, *a_signed_mint(entry.commitment))])
    pragmas = [line for line in said if line.startswith("PRAGMA synchronous")]
    assert pragmas == ["PRAGMA synchronous = FULL"] * 2
    assert outbox._db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert outbox._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    outbox.minted(entry.number, Proven(attempt.id, 5, 7, 8, 3, 4), b"proof")
    assert outbox._db.execute("PRAGMA synchronous").fetchone() == (1,)


def test_it_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    Outbox(tmp_path).enter("north", [DEPOSIT], 1)
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_no_outbox_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"not a database at all" * 100)
    with pytest.raises(CommandError, match="not a database"):
        Outbox(tmp_path)


def test_an_outbox_of_a_later_release_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(CommandError) as caught:
        Outbox(tmp_path)
    assert caught.value.code == "outbox_version"
