"""The light client follows epochs by their last certificates, and by nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from client.errors import NotProven
from client.fields import Page, from_base64, to_base64
from client.light import MAX_EPOCH_PAGES, LightClient
from client.trust import Believed, EpochUnknown
from client.views import AccountView, EpochView
from primitives.certificate import BeatCertificate, MemberSignature, StateCertificate
from primitives.encoding import Malformed, decode, encode
from primitives.proof import EntryProof, EpochStep
from primitives.validators import Validator, ValidatorSet
from primitives.vote import Attestation, Beat, beat_message
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


ENDS = (10, 20, 30, 40, 50, 60)
"""The last heights of epochs 0 to 5."""


def committee(epoch: int) -> Committee:
    return next_committee(epoch) if epoch else a_committee()


def handovers(ledger: Ledger, count: int) -> list[EpochStep]:
    """From genesis on, each epoch by new members."""
    said, steps = attested(ledger), []
    for epoch, height in enumerate(ENDS[:count]):
        own = committee(epoch).members
        ending = replace(said, epoch=epoch, height=height, validators=own.hash)
        steps.append(a_step(ending, committee(epoch), committee(epoch + 1)))
    return steps


def views_of(steps: list[EpochStep]) -> list[EpochView]:
    return [*(a_view(epoch, step) for epoch, step in enumerate(steps)), a_view(len(steps), None)]


def followed(ledger: Ledger, count: int) -> Believed:
    believed = Believed(ledger.genesis)
    for step in handovers(ledger, count):
        believed.follow(step)
    return believed


def a_certificate(ledger: Ledger, epoch: int, height: int, **said: object) -> StateCertificate:
    own = committee(epoch).members.hash
    place = {"epoch": epoch, "height": height, "validators": own, "next_validators": own}
    later = replace(attested(ledger), **{**place, **said})
    return a_state_certificate(later, committee=committee(epoch))


def a_beat(ledger: Ledger, epoch: int, height: int, tick: int = 10**9) -> BeatCertificate:
    said = attested(ledger)
    beat = Beat(said.chain, epoch, height, said.state_root, tick)
    message, signers = beat_message(beat), committee(epoch).signers
    signed = tuple(MemberSignature(i, signers[i].sign(message)) for i in range(3))
    return BeatCertificate(beat, signed)


class Paging(Liar):
    """Shows its epochs two a page."""

    async def epochs(self, cursor: str | None) -> Page[EpochView]:
        whole = await super().epochs(cursor)
        place = int(cursor or 0)
        following = str(place + 2) if place + 2 < len(whole.items) else None
        return Page[EpochView](items=whole.items[place : place + 2], next=following)


async def test_whoever_slept_through_five_epochs_follows_all_of_them(ledger: Ledger) -> None:
    """[PROOF-1], [EPOCH-4] page by page, from where one stands."""
    steps = handovers(ledger, 5)
    node = Paging(ledger, {"account": in_epoch(ledger, committee(5))})
    node.epoch_views = views_of(steps)
    client = a_client(ledger, node)
    client.believed = followed(ledger, 1)
    proven = await client.account(ALICE.account)
    assert proven.certificate.attestation.epoch == 5
    assert client.believed.steps == steps
    assert node.asked.count("epochs") == 2
    assert client.blames == []


async def test_an_epoch_that_begins_while_one_asks_is_followed_as_well(ledger: Ledger) -> None:
    """[PROOF-1]"""
    steps = handovers(ledger, 2)

    class Moving(Liar):
        async def epochs(self, cursor: str | None) -> Page[EpochView]:
            page = await super().epochs(cursor)
            self._lies["account"] = in_epoch(ledger, committee(2))
            self.epoch_views = views_of(steps)
            return page

    node = Moving(ledger, {"account": in_epoch(ledger, committee(1))})
    node.epoch_views = views_of(steps[:1])
    client = a_client(ledger, node)
    proven = await client.account(ALICE.account)
    assert proven.certificate.attestation.epoch == 2
    assert client.blames == []


async def test_pages_that_lead_nowhere_come_to_an_end(ledger: Ledger) -> None:
    """A node that turns in circles is asked so often, and no more."""

    class Turning(Liar):
        async def epochs(self, cursor: str | None) -> Page[EpochView]:
            page = await super().epochs(cursor)
            return Page[EpochView](items=page.items, next="again")

    node = Turning(ledger, {"account": in_epoch(ledger, committee(5))})
    node.epoch_views = views_of(handovers(ledger, 2))
    with pytest.raises(NotProven, match="nothing leads to 5"):
        await a_client(ledger, node).account(ALICE.account)
    assert node.asked.count("epochs") == MAX_EPOCH_PAGES


class TestBounds:
    """Whoever once validated says nothing of heights that are others' ([PROOF-1])."""

    @pytest.mark.parametrize(
        ("epoch", "height", "holds"),
        [
            (0, 1, True),
            (0, 10, True),
            (0, 11, False),
            (0, 10**6, False),
            (1, 10, False),
            (1, 11, True),
            (1, 20, True),
            (1, 21, False),
            (2, 20, False),
            (2, 21, True),
            (2, 10**6, True),
        ],
    )
    def test_of_a_certificate(self, ledger: Ledger, epoch: int, height: int, holds: bool) -> None:
        """[PROOF-1], [EPOCH-4]"""
        believed, certificate = followed(ledger, 2), a_certificate(ledger, epoch, height)
        if holds:
            believed.check(certificate)
            return
        with pytest.raises(Malformed, match="certificate_epoch"):
            believed.check(certificate)

    @pytest.mark.parametrize(
        ("epoch", "height", "holds"),
        [
            (0, 10, True),
            (0, 11, False),
            (1, 9, False),
            (1, 10, True),
            (1, 20, True),
            (1, 21, False),
            (2, 19, False),
            (2, 20, True),
            (2, 21, True),
        ],
    )
    def test_of_a_beat(self, ledger: Ledger, epoch: int, height: int, holds: bool) -> None:
        """[CERT-6] the next members say it of the last height before their own."""
        believed, beat = followed(ledger, 2), a_beat(ledger, epoch, height)
        if holds:
            believed.check(beat)
            return
        with pytest.raises(Malformed, match="certificate_epoch"):
            believed.check(beat)


async def test_a_beat_of_the_next_epoch_keeps_its_last_height_fresh(ledger: Ledger) -> None:
    """[CERT-6], [PROOF-4] nothing is attested in epoch 1 yet."""
    [step] = handovers(ledger, 1)
    time_ms, beat_ms = ledger.executor.head_record.header.time, ledger.genesis.parameters.beat_ms
    now_ms = time_ms + 3_600_000
    beat = to_base64(encode(a_beat(ledger, 1, ENDS[0], now_ms // beat_ms)))

    def at_the_end(view: AccountView) -> AccountView:
        proof = decode(EntryProof, from_base64(view.proof or ""))
        last = replace(proof, certificate=step.certificate)
        return replace(view, proof=to_base64(encode(last)), beat=beat)

    node = Liar(ledger, {"account": at_the_end})
    node.epoch_views = views_of([step])
    client = LightClient(Believed(ledger.genesis), [node], lambda: now_ms)
    proven = await client.account(ALICE.account)
    assert proven.freshness.is_fresh
    assert (proven.certificate.attestation.epoch, client.believed.epoch) == (0, 1)
    assert client.blames == []


async def test_a_beat_of_members_who_left_keeps_nothing_fresh(ledger: Ledger) -> None:
    """[CERT-6] their keys may be anybody's by now."""
    believed = followed(ledger, 1)
    believed.learn(a_certificate(ledger, 1, 15))
    with pytest.raises(Malformed, match="certificate_epoch"):
        believed.check(a_beat(ledger, 0, 15))


def test_an_old_handover_cannot_be_followed_twice(ledger: Ledger) -> None:
    believed = Believed(ledger.genesis)
    step = a_step(attested(ledger), a_committee(), next_committee(1))
    believed.follow(step)
    with pytest.raises(Malformed, match="certificate_epoch"):
        believed.follow(step)
