"""The transfers of a benchmark obey its rules: one signature, one output, distinct, well formed."""

from benchmarks.population import Terms, Workshop, sender, transfers
from primitives.actions import Transfer
from primitives.keys import ED25519
from primitives.transaction import Decoded, decode_signed, signatures

TERMS = Terms(b"\x07" * 32, 40, 1_800_000_000_000)


def decoded(raws: list[bytes]) -> list[Decoded]:
    return [decode_signed(raw, TERMS.chain) for raw in raws]


def test_a_transfer_is_one_transaction_with_one_signature_and_one_output() -> None:
    for each in decoded(transfers(TERMS, range(100))):
        action = each.transaction.action
        assert isinstance(action, Transfer)
        assert len(action.outputs) == 1
        [check] = signatures(each)
        assert ED25519.verify(*check)


def test_no_two_transfers_are_the_same_bytes() -> None:
    raws = transfers(TERMS, range(200))
    assert len(set(raws)) == 200
    assert len({each.id for each in decoded(raws)}) == 200


def test_nobody_pays_themselves_and_everybody_is_a_sender() -> None:
    accounts = {sender(number).account for number in range(TERMS.senders)}
    senders = set()
    for each in decoded(transfers(TERMS, range(400))):
        transaction = each.transaction
        assert isinstance(transaction.action, Transfer)
        [output] = transaction.action.outputs
        assert output.account != transaction.sender
        assert output.account in accounts
        senders.add(transaction.sender)
    assert senders == accounts


def test_a_senders_sequences_have_no_gap() -> None:
    following: dict[bytes, int] = {}
    for each in decoded(transfers(TERMS, range(TERMS.senders * 4))):
        transaction = each.transaction
        assert transaction.sequence == following.get(transaction.sender, 0)
        following[transaction.sender] = transaction.sequence + 1


def test_worker_processes_sign_the_same_bytes() -> None:
    workshop = Workshop(workers=1)
    try:
        assert workshop.transfers(TERMS, 30, 50) == transfers(TERMS, range(30, 80))
    finally:
        workshop.close()
