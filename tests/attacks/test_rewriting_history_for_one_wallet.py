"""Two of four validators show one customer a past in which she was never paid.

Their chain has the same genesis, sound blocks, true paths and two true signatures. A certificate
needs three [CERT-1]; and what they signed beside it convicts them [EVID-1].
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from msgspec.structs import replace

from client.errors import NotProven
from client.fields import to_base64
from client.light import LightClient
from client.memory import Memory
from client.trust import Believed
from consensus.inputs import Executed
from primitives.address import address
from primitives.amount import MICRO
from primitives.certificate import (
    MemberSignature,
    StateCertificate,
    check_certificate,
)
from primitives.encoding import Malformed, encode
from primitives.evidence import Evidence, Offence, check_evidence
from primitives.keys import ED25519
from primitives.vote import Attest, attest_message
from tests.attacks.scenes import ANN, BOB
from tests.builders import a_committee, a_mint
from tests.fakes.nodes import HonestNode, Liar, with_field
from tests.fakes.ordering import Ledger

LIARS: Final = (1, 3)
"""The two who collude."""


@pytest.fixture
def ledger() -> Ledger:
    """What happened: Ann brought 100 LiqBon's worth of points, and paid Bob 30."""
    ledger = Ledger()
    ledger.fund(ANN)
    ledger.block(ledger.transfer(ANN, (BOB, 30 * MICRO)))
    return ledger


def retold() -> tuple[Ledger, list[Executed]]:
    """What the two show: the same heights, and Ann came to nothing in them."""
    ledger = Ledger()
    ledger.attest = False
    mint = a_mint("north", BOB, 10_000, reference="north 0", chain=ledger.executor.chain)
    executed = [ledger.block(mint), ledger.block()]
    for height in executed:
        ledger.certify(height, authors=LIARS)
    return ledger, executed


def a_wallet(ledger: Ledger, *nodes: HonestNode, believed: Believed | None = None) -> LightClient:
    now_ms = ledger.executor.head_record.header.time
    return LightClient(believed or Believed(ledger.genesis), nodes, lambda: now_ms)


class TestTheWallet:
    """[PROOF-1] [PROOF-2] It counts signatures itself, and says who did not bring enough."""

    async def test_the_liars_are_named_and_the_truth_is_found(self, ledger: Ledger) -> None:
        other, _ = retold()
        liars = [HonestNode(other, f"http://liar-{i}") for i in LIARS]
        client = a_wallet(ledger, *liars, HonestNode(ledger))
        proven = await client.account(ANN.account)
        assert proven.record.balance == 70 * MICRO
        assert [(b.node, b.code, b.lie) for b in client.blames] == [
            ("http://liar-1", "certificate_quorum", True),
            ("http://liar-3", "certificate_quorum", True),
        ]

    async def test_asking_only_the_liars_proves_nothing(self, ledger: Ledger) -> None:
        """A wallet that is surrounded says so; it does not show a wrong balance."""
        other, _ = retold()
        client = a_wallet(ledger, *(HonestNode(other, f"http://liar-{i}") for i in LIARS))
        with pytest.raises(NotProven, match="certificate_quorum") as caught:
            await client.account(ANN.account)
        assert caught.value.status == 9
        assert client.believed.height == 0

    async def test_an_absent_payment_is_not_proven_absent_by_two(self, ledger: Ledger) -> None:
        """Her receipt: the honest node proves it, whatever the two do not know."""
        payment = ledger.transfer(ANN, (BOB, MICRO))
        ledger.block(payment)
        other, _ = retold()
        liars = [HonestNode(other, f"http://liar-{i}") for i in LIARS]
        proven = await a_wallet(ledger, *liars, HonestNode(ledger)).receipt(payment.id)
        assert proven is not None
        assert proven.receipt.origin == payment.id

    async def test_the_true_past_of_last_week_is_not_todays(
        self, ledger: Ledger, tmp_path: Path
    ) -> None:
        """[PROOF-4] The two need not forge to rewrite: they may show an old state, with its true
        proof. A wallet that knows a later height, by itself or by its memory, is not taken back."""
        name = address(ANN.account, ledger.genesis.network)
        old = await HonestNode(ledger).account(name, 0)
        ledger.block(ledger.transfer(BOB, (ANN, 10 * MICRO)))
        lie = {"account": lambda _: old}
        liars = [Liar(ledger, lie, f"http://liar-{i}") for i in LIARS]
        client = a_wallet(ledger, HonestNode(ledger))
        assert (await client.account(ANN.account)).record.balance == 80 * MICRO
        Memory(tmp_path).keep(client.believed)
        tomorrow = Believed(ledger.genesis)
        Memory(tmp_path).recall(tomorrow)
        with pytest.raises(NotProven, match="stale"):
            await a_wallet(ledger, *liars, believed=tomorrow).account(ANN.account)

    async def test_a_balance_beside_an_honest_proof_is_compared_with_it(
        self, ledger: Ledger
    ) -> None:
        lie = {"account": with_field(balance="0")}
        liars = [Liar(ledger, lie, f"http://liar-{i}") for i in LIARS]
        client = a_wallet(ledger, *liars, HonestNode(ledger))
        assert (await client.account(ANN.account)).record.balance == 70 * MICRO
        assert {(b.node, b.code) for b in client.blames} == {
            (f"http://liar-{i}", "contradicts_proof") for i in LIARS
        }


class TestTheirCertificate:
    """[CERT-1] What two of four can make of their two signatures."""

    @pytest.mark.parametrize(
        ("padding", "code"),
        [
            ("nothing", "certificate_quorum"),
            ("one of theirs once more", "certificate_form"),
            ("another's signature of the true outcome", "certificate_signature"),
            ("a stranger", "certificate_form"),
        ],
    )
    def test_it_is_refused_however_they_pad_it(
        self, ledger: Ledger, padding: str, code: str
    ) -> None:
        other, executed = retold()
        theirs = other.certificate(executed[-1], authors=LIARS)
        truth = ledger.executor.certificate_of(2)
        assert truth is not None
        of_true = {s.author: s for s in truth.signatures}
        one, three = theirs.signatures
        signatures = {
            "nothing": (one, three),
            "one of theirs once more": (one, one, three),
            "another's signature of the true outcome": (of_true[0], one, three),
            "a stranger": (one, three, MemberSignature(7, one.signature)),
        }[padding]
        with pytest.raises(Malformed) as caught:
            check(ledger, StateCertificate(theirs.attestation, signatures))
        assert caught.value.code == code

    def test_a_third_signature_would_do_and_is_what_is_missing(self, ledger: Ledger) -> None:
        """So that this file does not pass because nothing ever would."""
        other, executed = retold()
        check(ledger, other.certificate(executed[-1], authors=(0, *LIARS)))

    def test_their_two_words_about_one_height_convict_them(self, ledger: Ledger) -> None:
        """[EVID-1] Each signed the true outcome too, or was silent where three were needed."""
        committee, chain = a_committee(), ledger.executor.chain
        other, executed = retold()
        lie = other.certificate(executed[-1]).attestation
        record = ledger.executor.certificate_of(2)
        assert record is not None
        for liar in LIARS:
            words = [
                encode(Attest(said, liar, committee.signers[liar].sign(attest_message(said))))
                for said in (record.attestation, lie)
            ]
            evidence = Evidence(Offence.TWO_ATTESTATIONS, 0, liar, *words)
            check_evidence(chain, committee.members, ED25519, evidence)

    async def test_a_status_that_boasts_of_a_height_teaches_nothing(self, ledger: Ledger) -> None:
        """Two who claim to be far ahead do not make an honest answer look old."""
        other, executed = retold()
        boast = other.certificate(executed[-1], authors=LIARS)
        ahead = replace(boast, attestation=replace(boast.attestation, height=9_999))
        lie = {"status": with_field(certificate=to_base64(encode(ahead)))}
        liars = [Liar(ledger, lie, f"http://liar-{i}") for i in LIARS]
        client = a_wallet(ledger, HonestNode(ledger), *liars)
        assert (await client.account(ANN.account)).record.balance == 70 * MICRO
        assert client.believed.height == 2


def check(ledger: Ledger, certificate: StateCertificate) -> None:
    members = ledger.committee.members
    check_certificate(ledger.executor.chain, members, ED25519, certificate)
