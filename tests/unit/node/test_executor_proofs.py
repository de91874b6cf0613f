"""What was executed is proven as a quorum attested it, and handed to peers who are behind."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from node.admission import Pending
from node.executor import Executor
from node.queries import NotCertified, Queries
from node.recovery import kept_versions
from primitives.batch import EMPTY_TIP
from primitives.block import Header, block_digest
from primitives.encoding import encode
from primitives.entries import Account, account_key, decode_entry
from primitives.keys import ED25519
from primitives.proof import check_entry_proof, check_receipt_proof, trust_genesis
from primitives.receipt import Outcome, Skip
from primitives.transaction import Decoded
from tests.builders import (
    GENESIS_TIME,
    SECOND_MS,
    a_genesis,
    a_person,
    a_transfer,
)
from tests.fakes.ordering import Ledger
from tests.fakes.witness import Witness, balance

ANN, BOB, CARL = (a_person(name) for name in ("ann", "bob", "carl"))


# --- certificates and proofs --------------------------------------------------------------------


def test_state_is_proven_as_attested_while_execution_is_ahead() -> None:
    ledger = Ledger()
    executor, queries = ledger.executor, Queries(ledger.executor)
    trust = trust_genesis(ledger.genesis)
    key = account_key(ANN.account)
    ledger.fund(ANN)
    ledger.attest = False
    for _ in range(executor.genesis.parameters.lag_bound):
        ledger.block(ledger.transfer(ANN, (BOB, 1_000_000)))
    proof = queries.prove_entry(key)
    check_entry_proof(trust, ED25519, proof)
    assert proof.certificate.attestation.height == 1
    assert proof.value is not None
    account = decode_entry(key, proof.value)
    assert isinstance(account, Account)
    assert account.balance == 100_000_000
    assert balance(executor, ANN.account) == 100_000_000 - 8 * 1_000_000
    assert queries.entry(key, Account) == account


def test_absence_is_proven() -> None:
    ledger = Ledger()
    ledger.block()
    proof = Queries(ledger.executor).prove_entry(account_key(CARL.account))
    assert proof.value is None
    check_entry_proof(trust_genesis(ledger.genesis), ED25519, proof)


def test_nothing_is_proven_before_anything_is_attested() -> None:
    ledger = Ledger()
    ledger.attest = False
    ledger.fund(ANN)
    with pytest.raises(NotCertified):
        Queries(ledger.executor).prove_entry(account_key(ANN.account))
    assert Queries(ledger.executor).value(account_key(ANN.account)) is not None


def test_a_certificate_too_far_behind_to_be_proven_is_not_used() -> None:
    ledger = Ledger()
    ledger.fund(ANN)
    ledger.attest = False
    for _ in range(kept_versions(ledger.genesis)):
        ledger.block(ledger.transfer(ANN, (BOB, 20_000)))
    assert ledger.executor.certified_height == 1
    with pytest.raises(NotCertified):
        Queries(ledger.executor).prove_entry(account_key(ANN.account))


def test_every_receipt_is_proven_under_its_own_heights_certificate() -> None:
    ledger = Ledger()
    queries, trust = Queries(ledger.executor), trust_genesis(ledger.genesis)
    ledger.fund(ANN, BOB)
    sent: list[Decoded] = []
    for count in (1, 2, 7):
        many = [ledger.transfer(ANN, (CARL, 20_000)) for _ in range(count)]
        sent += many
        ledger.block(*many)
    for transaction in sent:
        found = queries.transaction(transaction.id)
        assert found is not None
        assert (found.decoded, found.raw) == (transaction, encode(transaction.signed))
        proof = queries.prove_receipt(found.location)
        assert proof is not None
        check_receipt_proof(trust, ED25519, proof)
        assert proof.receipt.origin == transaction.id
        assert proof.certificate.attestation.height == found.location.height


def test_a_transaction_is_found_behind_the_receipts_of_what_fell_due() -> None:
    lapse = GENESIS_TIME + a_genesis().parameters.reserve_lapse_ms
    times = iter([GENESIS_TIME + SECOND_MS] * 2 + [lapse] * 2)
    ledger = Ledger(now_ms=lambda: next(times))
    ledger.fund(ANN)
    payment = a_transfer(ANN, (BOB, 20_000), valid_until=lapse)
    ledger.block(payment)
    found = Queries(ledger.executor).transaction(payment.id)
    assert found is not None
    assert (found.record.due, found.location.receipt) == (5, 5)
    proof = Queries(ledger.executor).prove_receipt(found.location)
    assert proof is not None
    assert proof.receipt.origin == payment.id
    check_receipt_proof(trust_genesis(ledger.genesis), ED25519, proof)


def test_a_receipt_has_no_proof_until_its_height_is_attested() -> None:
    ledger = Ledger()
    queries = Queries(ledger.executor)
    ledger.fund(ANN)
    ledger.attest = False
    payment = ledger.transfer(ANN, (BOB, 20_000))
    executed = ledger.block(payment)
    found = queries.transaction(payment.id)
    assert found is not None
    assert queries.prove_receipt(found.location) is None
    ledger.certify(executed)
    assert queries.prove_receipt(found.location) is not None


def test_an_unknown_id_is_not_found_though_its_first_bytes_are() -> None:
    ledger = Ledger()
    ledger.fund(ANN)
    payment = ledger.transfer(ANN, (BOB, 20_000))
    ledger.block(payment)
    twin = payment.id[:16] + bytes(16)
    assert ledger.executor.place_of(payment.id) is not None
    assert ledger.executor.place_of(twin) is None
    assert Queries(ledger.executor).transaction(twin) is None


def test_a_certificate_may_come_before_its_height_is_executed() -> None:
    ahead, behind = Ledger(), Ledger()
    behind.attest = False
    certificates = [ahead.certificate(ahead.block()) for _ in range(2)]
    witness = Witness()
    behind.executor.followers.append(witness)
    behind.executor.certify(certificates[1])
    behind.executor.certify(certificates[0])
    assert (behind.executor.certified_height, witness.certified_heights) == (0, [])
    behind.block()
    assert witness.certified_heights == [1]
    behind.block()
    assert (behind.executor.certified_height, witness.certified_heights) == (2, [1, 2])
    assert behind.executor.head().certificate == certificates[1]


def test_nothing_is_proven_with_a_certificate_of_another_outcome() -> None:
    ledger = Ledger()
    ledger.attest = False
    ledger.fund(ANN)
    executed = ledger.block(ledger.transfer(ANN, (BOB, 20_000)))
    witness = Witness()
    ledger.executor.followers.append(witness)
    ledger.certify(replace(executed, state_root=bytes(32)))
    assert ledger.executor.certified is None
    assert ledger.executor.certificate_of(2) is None
    assert witness.certified_heights == []
    assert ledger.executor.archive.certificate(2) is not None
    assert Executor.open(ledger.store, ledger.genesis).certified is None


def test_heights_above_the_newest_certificate_are_to_be_attested_again() -> None:
    ledger = Ledger()
    ledger.block()
    ledger.attest = False
    outcomes = [ledger.block() for _ in range(3)]
    assert ledger.executor.uncertified() == outcomes
    again = Executor.open(ledger.store, ledger.genesis)
    assert again.uncertified() == outcomes
    assert again.certified_height == 1


# --- the replica's history ----------------------------------------------------------------------


def heights_of(headers: Sequence[Header]) -> list[int]:
    return [header.height for header in headers]


def test_a_chain_comes_with_every_certificate_and_ends_before_one_is_missing() -> None:
    ledger = Ledger()
    executor = ledger.executor
    ledger.attest = False
    outcomes = [ledger.block() for _ in range(6)]
    assert executor.chain_from(1, 10) is None
    for height in (1, 2, 3, 5):
        ledger.certify(outcomes[height - 1])
    found = executor.chain_from(1, 10)
    assert found is not None
    headers, certificates = found
    assert heights_of(headers) == [1, 2, 3]
    digests = [block_digest(executor.chain, header) for header in headers]
    assert [each.attestation.block for each in certificates] == digests
    found = executor.chain_from(2, 1)
    assert found is not None
    assert heights_of(found[0]) == [2]
    assert executor.chain_from(4, 10) is None
    assert executor.chain_from(6, 10) is None


def test_executed_batches_are_served_and_others_are_not() -> None:
    ledger = Ledger()
    ledger.fund(ANN)
    for _ in range(3):
        ledger.block(ledger.transfer(ANN, (BOB, 20_000)))
    executor = ledger.executor
    digests = []
    for height in range(1, 5):
        record = executor.archive.block(height)
        assert record is not None
        digests += [each.digest for each in record.batches]
    raws = [executor.batch(digest) for digest in digests]
    assert all(raw is not None for raw in raws)
    assert executor.batch(bytes(32)) is None
    assert executor.batch(b"short") is None
    tip = executor.head_record.header.cut[0]
    assert list(executor.archive.lane(0, tip.digest, 0)) == raws
    assert list(executor.archive.lane(0, digests[2], 1)) == raws[1:3]
    assert list(executor.archive.lane(1, tip.digest, 0)) == []
    assert list(executor.archive.lane(0, EMPTY_TIP.digest, 0)) == []


# --- the dry run --------------------------------------------------------------------------------


def test_a_dry_run_tells_what_would_become_of_a_transaction_and_changes_nothing() -> None:
    ledger = Ledger()
    ledger.fund(ANN)
    executor = ledger.executor
    now_ms = executor.head_record.header.time
    root = executor.state.root
    assert executor.trial(0, now_ms).judge(a_transfer(ANN, (BOB, 20_000))) == Outcome.DONE
    assert executor.trial(0, now_ms).judge(a_transfer(BOB, (ANN, 1))) == Skip.SENDER_UNKNOWN
    too_much = a_transfer(ANN, (BOB, 100_000_001))
    assert executor.trial(0, now_ms).judge(too_much) == Outcome.BALANCE_TOO_LOW
    early = a_transfer(ANN, (BOB, 20_000), sequence=1)
    assert executor.trial(0, now_ms).judge(early) == Skip.SEQUENCE_EARLY
    expired = a_transfer(ANN, (BOB, 20_000), valid_until=now_ms + 5)
    assert executor.trial(0, now_ms).judge(expired) == Outcome.DONE
    assert executor.trial(0, now_ms + 6).judge(expired) == Skip.EXPIRED
    assert executor.state.root == root


def test_a_dry_run_counts_what_the_sender_has_on_its_way() -> None:
    ledger = Ledger()
    ledger.fund(ANN)
    executor, now_ms = ledger.executor, ledger.executor.head_record.header.time
    second = a_transfer(ANN, (BOB, 40_000_000), sequence=1)
    assert executor.trial(0, now_ms).judge(second, Pending(1, 60_000_000)) == Outcome.DONE
    assert (
        executor.trial(0, now_ms).judge(second, Pending(1, 60_000_001)) == Outcome.BALANCE_TOO_LOW
    )
    assert executor.trial(0, now_ms).judge(second, Pending(2, 0)) == Skip.SEQUENCE_STALE
    assert executor.trial(0, now_ms).judge(second, Pending(1, 10**18)) == Outcome.BALANCE_TOO_LOW
