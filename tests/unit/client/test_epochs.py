"""The light client follows epochs by their last certificates, and by nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from client.errors import NotProven
from client.fields import from_base64, to_base64
from client.light import LightClient
from client.trust import Believed, EpochUnknown
from client.views import AccountView, EpochView
from primitives.certificate import StateCertificate
from primitives.encoding import Malformed, decode, encode
from primitives.proof import EntryProof, EpochStep
from primitives.validators import Validator, ValidatorSet
from primitives.vote import Attestation
from tests.builders import Committee, a_committee, a_key, a_person, a_state_certificate
from tests.fakes.nodes import HonestNode, Liar
from tests.fakes.ordering import Ledger

ALICE = a_person("alice")


def next_committee(epoch: int = 1) -> Committee:
    """Four members with new keys."""
    signers = tuple(a_key(f"epoch {epoch} seat {i}") for i in range(4))
    seats = tuple(Validator(f"partner-{i}", key.public_key) for i, key in enumerate(signers))
    return Committee(signers, ValidatorSet(epoch, seats))


def a_step(attested: Attestation, by: Committee, to: Committee, **wrong: object) -> EpochStep:
    """The handover from one committee to the next, at the attested height."""
    last = replace(attested, last=True, next_validators=to.members.hash, **wrong)
    return EpochStep(a_state_certificate(last, committee=by), to.members.members)


@pytest.fixture
def ledger() -> Ledger:
    ledger = Ledger()
    ledger.fund(ALICE)
    return ledger


def attested(ledger: Ledger) -> Attestation:
    certificate = ledger.executor.certified
    assert certificate is not None
    return certificate.attestation


def in_epoch(ledger: Ledger, committee: Committee) -> Callable[[AccountView], AccountView]:
    """The same proof, attested by the members of a later epoch."""

    def change(view: AccountView) -> AccountView:
        proof = decode(EntryProof, from_base64(view.proof or ""))
        own = committee.members
        later = replace(
            proof.certificate.attestation,
            epoch=own.epoch,
            height=100,
            validators=own.hash,
            next_validators=own.hash,
        )
        certificate = a_state_certificate(later, committee=committee)
        return replace(view, proof=to_base64(encode(replace(proof, certificate=certificate))))

    return change


def a_view(epoch: int, step: EpochStep | None) -> EpochView:
    shown = None if step is None else to_base64(encode(step))
    return EpochView(epoch=epoch, validators="00" * 32, last_height=None, step=shown)


def a_client(ledger: Ledger, node: HonestNode) -> LightClient:
    time_ms = ledger.executor.head_record.header.time
    return LightClient(Believed(ledger.genesis), [node], lambda: time_ms)


async def test_a_proof_of_a_later_epoch_is_believed_after_its_handovers(ledger: Ledger) -> None:
    """[PROOF-1]"""
    first, second = next_committee(1), next_committee(2)
    node = Liar(ledger, {"account": in_epoch(ledger, second)}, "http://later")
    node.epoch_views = [
        a_view(0, a_step(attested(ledger), a_committee(), first)),
        a_view(
            1,
            a_step(
                replace(attested(ledger), epoch=1, height=50, validators=first.members.hash),
                first,
                second,
            ),
        ),
        a_view(2, None),
    ]
    client = a_client(ledger, node)
    proven = await client.account(ALICE.account)
    assert proven.record.balance == 100_000_000
    assert (client.believed.epoch, client.believed.height) == (2, 100)
    assert client.blames == []


def broken_steps(ledger: Ledger) -> dict[str, tuple[EpochStep, str]]:
    heir = next_committee(1)
    sound = a_step(attested(ledger), a_committee(), heir)
    strangers = tuple(replace(member, key=a_key("x").public_key) for member in sound.members[:1])
    few = sound.certificate.signatures[:2]
    return {
        "by those who take over": (a_step(attested(ledger), heir, heir), "certificate_signature"),
        "to others than attested": (
            replace(sound, members=(*strangers, *sound.members[1:])),
            "epoch_step",
        ),
        "by too few": (
            replace(sound, certificate=StateCertificate(sound.certificate.attestation, few)),
            "certificate_quorum",
        ),
        "not the last of its epoch": (
            replace(
                sound,
                certificate=a_state_certificate(replace(sound.certificate.attestation, last=False)),
            ),
            "epoch_step",
        ),
    }


@pytest.mark.parametrize(
    "name",
    [
        "by those who take over",
        "to others than attested",
        "by too few",
        "not the last of its epoch",
    ],
)
async def test_a_handover_that_is_none_leads_nowhere(ledger: Ledger, name: str) -> None:
    step, code = broken_steps(ledger)[name]
    node = Liar(ledger, {"account": in_epoch(ledger, next_committee(1))})
    node.epoch_views = [a_view(0, step), a_view(1, None)]
    client = a_client(ledger, node)
    with pytest.raises(NotProven, match=code):
        await client.account(ALICE.account)
    assert client.believed.epoch == 0


def test_members_of_an_epoch_that_was_not_reached_are_unknown(ledger: Ledger) -> None:
    with pytest.raises(EpochUnknown):
        Believed(ledger.genesis).members(1)


def test_an_old_handover_cannot_be_followed_twice(ledger: Ledger) -> None:
    believed = Believed(ledger.genesis)
    step = a_step(attested(ledger), a_committee(), next_committee(1))
    believed.follow(step)
    with pytest.raises(Malformed, match="certificate_epoch"):
        believed.follow(step)
