"""Replay is equal: in every process, in one block or many, from bytes or memory [LEDGER-16]."""

import os
import random
import subprocess
import sys
from pathlib import Path

from msgspec.structs import replace

from contracts.transition import BlockRun, apply_block
from primitives.amount import MICRO
from primitives.receipt import Skip
from primitives.transaction import decode_signed
from tests.builders import a_person, raw
from tests.ledger import Ledger
from tests.properties.histories import History
from tests.properties.replay_digest import digest

ROOT = Path(__file__).resolve().parents[2]


def test_a_history_has_one_digest_whatever_the_hash_seed() -> None:
    """Python orders a set of bytes differently in each process; the ledger does not."""
    digests = []
    for seed in ("0", "1", "20261101"):
        done = subprocess.run(
            [sys.executable, "-m", "tests.properties.replay_digest"],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        digests.append(done.stdout.strip())
    assert digests == [digest()] * 3


def test_a_block_replayed_from_its_bytes_writes_the_same() -> None:
    chance = random.Random(11)
    history = History()
    for _ in range(200):
        history.take((chance.randrange(256), *(chance.randrange(256) for _ in range(3))))
    ledger = history.ledger
    again = [(i % 4, decode_signed(raw(d), ledger.chain)) for i, d in enumerate(history.sent)]
    context = replace(ledger.context(), time=ledger.genesis.time + 1)
    first = apply_block(Ledger(ledger.genesis).state, context, again)
    second = apply_block(Ledger(ledger.genesis).state, context, again)
    assert first == second
    assert len(first.receipts) > 20
    assert sum(first.skipped.values()) > 20


def test_balances_do_not_depend_on_how_transactions_fall_into_blocks() -> None:
    people = [a_person(f"customer {i}") for i in range(5)]
    chance = random.Random(3)
    ledger = Ledger()
    for person in people:
        ledger.give(person, 20 * MICRO)
    sequences = dict.fromkeys(people, 0)
    payments = []
    for _ in range(60):
        sender, to = chance.choice(people), chance.choice(people)
        payments.append(
            ledger.transfer(
                sender, (to, chance.randrange(1, 9) * MICRO), sequence=sequences[sender]
            )
        )
        sequences[sender] += 1
    outcomes = []
    ends = []
    for size in (1, 7, 60):
        twin = Ledger()
        twin.state, twin.height, twin.time = dict(ledger.state), ledger.height, ledger.time
        verdicts = [
            verdict
            for start in range(0, 60, size)
            for verdict in twin.block(*payments[start : start + size], after_ms=0)
        ]
        outcomes.append(verdicts)
        ends.append(twin.state)
    assert outcomes[0] == outcomes[1] == outcomes[2]
    assert ends[0] == ends[1] == ends[2]


def test_a_skipped_transaction_might_as_well_not_have_been_there() -> None:
    ledger = Ledger()
    alice, bob = a_person("Alice"), a_person("Bob")
    ledger.give(alice, 20 * MICRO)
    payment = ledger.transfer(alice, (bob, MICRO))
    early = ledger.transfer(alice, (bob, MICRO), sequence=5)
    unknown = ledger.transfer(bob, (alice, 1))
    context = ledger.context()
    with_skips = BlockRun(ledger.state, context)
    for decoded in (early, unknown, payment, payment):
        with_skips.apply(0, decoded)
    without = apply_block(ledger.state, context, [(0, payment)])
    result = with_skips.finish()
    assert (result.changes, result.receipts) == (without.changes, without.receipts)
    assert sorted(result.skipped) == [
        Skip.SENDER_UNKNOWN,
        Skip.SEQUENCE_STALE,
        Skip.SEQUENCE_EARLY,
    ]
