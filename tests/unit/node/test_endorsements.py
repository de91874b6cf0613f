"""What somebody else signed inside a transaction is checked wherever its own signatures are."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from node.ingress import Blame, Refusal
from primitives.actions import Redeem, ReserveAttest, ReserveRelease
from primitives.encoding import encode
from primitives.endorsement import Endorsement
from primitives.evidence import Evidence, Offence, check_evidence
from primitives.keys import ED25519
from primitives.transaction import Decoded
from shell.verifier import CheckBatch, CheckTransactions, judge
from tests import ledger as books
from tests.builders import (
    MICRO,
    Person,
    a_batch,
    a_committee,
    a_person,
    a_redeem,
    a_role,
    an_action,
    an_invoice,
    raw,
)
from tests.fakes.node import FakeNode

LEDGER = books.Ledger()
ANN = a_person("ann")
ADMIN = a_role("north", "admin")
SOUND: list[tuple[Person, Decoded]] = [
    (ANN, a_redeem(ANN, an_invoice("north", 50_000), chain=LEDGER.chain)),
    (ADMIN, LEDGER.attest("north", 60_000 * MICRO, LEDGER.time + 1)),
    (ADMIN, LEDGER.release("north", 5)),
]
NAMES = ["an invoice", "an attestation", "a release"]


def endorsement_of(decoded: Decoded) -> Endorsement:
    action = decoded.transaction.action
    assert isinstance(action, Redeem | ReserveAttest | ReserveRelease)
    return action.cashier if isinstance(action, Redeem) else action.custodian


def with_endorsement(sender: Person, decoded: Decoded, endorsement: Endorsement) -> Decoded:
    """The same, but for who signed inside; its sender signs the whole of it all right."""
    action = decoded.transaction.action
    assert isinstance(action, Redeem | ReserveAttest | ReserveRelease)
    field = "cashier" if isinstance(action, Redeem) else "custodian"
    fields = {"chain": LEDGER.chain, "valid_until": decoded.transaction.valid_until}
    return an_action(sender, replace(action, **{field: endorsement}), **fields)


def forged(sender: Person, decoded: Decoded) -> Decoded:
    """One bit of the embedded signature is another."""
    honest = endorsement_of(decoded)
    [one] = honest.signatures
    bad = one.signature[:-40] + bytes([one.signature[-40] ^ 1]) + one.signature[-39:]
    return with_endorsement(
        sender, decoded, replace(honest, signatures=(replace(one, signature=bad),))
    )


def verdicts(raws: Sequence[bytes]) -> tuple[str | None, ...]:
    """As a signature process answers."""
    return judge(CheckTransactions(1, tuple(raws)), LEDGER.chain, ED25519).codes


class Processes:
    """The signature processes' own code, in this one."""

    async def check_transactions(self, raws: Sequence[bytes]) -> list[str | None]:
        return list(verdicts(raws))


@pytest.mark.parametrize(("sender", "sound"), SOUND, ids=NAMES)
def test_a_forged_endorsement_makes_a_batch_unsound(sender: Person, sound: Decoded) -> None:
    """[TX-10] [LANE-2] [EVID-1] Whoever seals it has signed the evidence against itself."""
    bad = forged(sender, sound)
    assert verdicts([raw(sound), raw(bad), raw(sound)]) == (None, "signature_invalid", None)
    batches = [a_batch([sound], chain=LEDGER.chain), a_batch([sound, bad], chain=LEDGER.chain)]
    found = [judge(CheckBatch(1, encode(b)), LEDGER.chain, ED25519).codes for b in batches]
    assert found == [(None,), ("signature_invalid",)]
    proof = Evidence(Offence.BAD_BATCH, 0, 0, encode(batches[1]), b"")
    check_evidence(LEDGER.chain, a_committee().members, ED25519, proof)


@pytest.mark.parametrize(("sender", "sound"), SOUND, ids=NAMES)
async def test_a_forged_endorsement_is_refused_at_the_door(sender: Person, sound: Decoded) -> None:
    """[TX-10] With its own code, and before the ledger is asked: nothing of it is ordered."""
    node = FakeNode()
    node.ledger.fund(ANN)
    node.ingress._door = node.ingress._door._replace(checks=Processes())
    height = node.ledger.executor.height
    with pytest.raises(Refusal) as caught:
        await node.ingress.submit(raw(forged(sender, sound)))
    assert (caught.value.blame, caught.value.code) == (Blame.REFUSED, "signature_invalid")
    assert node.ledger.executor.height == height
    await node.ingress.submit(raw(sound))
    assert node.ledger.executor.height == height + 1
    node.ingress.close()


def test_a_word_that_was_given_for_something_else_is_a_forgery() -> None:
    """[TX-10] The cashier did sign: another invoice, or this one for another network."""
    small, large = an_invoice("north", 1), an_invoice("north", 50_000)
    taken = endorsement_of(a_redeem(ANN, small, chain=LEDGER.chain))
    foreign = endorsement_of(a_redeem(ANN, large, chain=bytes(32)))
    wanted = a_redeem(ANN, large, chain=LEDGER.chain)
    for given in (taken, foreign):
        bad = with_endorsement(ANN, wanted, given)
        assert verdicts([raw(bad)]) == ("signature_invalid",)


def test_an_invoice_that_the_customer_signed_itself_is_sound_but_no_cashiers() -> None:
    """[LEDGER-17] Form and signatures are right: that the account is no cashier, contracts say."""
    own = a_redeem(ANN, an_invoice("north", 50_000), cashier=ANN, chain=LEDGER.chain)
    assert verdicts([raw(own)]) == (None,)


async def test_what_a_redemption_on_its_way_spends_is_not_spent_again() -> None:
    """[LEDGER-18] The door counts it; in the block the second would be refused anyway."""
    node = FakeNode()
    node.ledger.fund(ANN)
    node.ledger.hold = True
    chain = node.ledger.executor.chain
    spent = a_redeem(ANN, an_invoice("north", 60 * MICRO), chain=chain)
    await node.ingress.submit(raw(spent))
    more = a_redeem(ANN, an_invoice("east", 50 * MICRO), chain=chain, sequence=1)
    with pytest.raises(Refusal) as caught:
        await node.ingress.submit(raw(more))
    assert caught.value.code == "balance_too_low"
    rest = a_redeem(ANN, an_invoice("east", 40 * MICRO), chain=chain, sequence=1)
    await node.ingress.submit(raw(rest))
    node.ledger.hold = False
    node.ledger.release()
    assert node.ledger.executor.account(ANN.account).balance == 0
    node.ingress.close()
