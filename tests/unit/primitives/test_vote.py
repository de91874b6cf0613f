"""What a signature of the protocol is over: so that it means one thing, in one place ([VOTE-1])."""

from __future__ import annotations

from msgspec.structs import replace

from primitives.vote import Beat, Kind, attest_message, beat_message, vote_message
from tests.builders import an_attestation

A, B = bytes([1]) * 32, bytes([2]) * 32


def test_a_vote_is_signed_for_one_chain_epoch_kind_view_and_block() -> None:
    """[VOTE-1]"""
    one = (A, Kind.NOTARIZE, 3, 7, A)
    others = [
        (B, Kind.NOTARIZE, 3, 7, A),
        (A, Kind.FINALIZE, 3, 7, A),
        (A, Kind.NOTARIZE, 4, 7, A),
        (A, Kind.NOTARIZE, 3, 8, A),
        (A, Kind.NOTARIZE, 3, 7, B),
        (A, Kind.NOTARIZE, 3, 7, None),
    ]
    messages = [vote_message(*each) for each in (one, *others)]
    assert len(set(messages)) == len(messages)


def test_an_attestation_and_a_beat_are_signed_whole() -> None:
    """[VOTE-1]"""
    said = an_attestation(5)
    changed = {
        **dict.fromkeys(("chain", "block", "state_root", "receipts_root"), B),
        **dict.fromkeys(("validators", "next_validators"), B),
        "epoch": 9,
        "height": 6,
        "time": 1,
        "last": True,
        "protocol": 7,
    }
    assert set(changed) == set(said.__struct_fields__)
    others = [replace(said, **{field: value}) for field, value in changed.items()]
    assert len({attest_message(each) for each in (said, *others)}) == 1 + len(changed)
    beat = Beat(A, 0, 5, A, 9)
    moved = {"chain": B, "epoch": 1, "height": 6, "state_root": B, "tick": 10}
    beats = [replace(beat, **{field: value}) for field, value in moved.items()]
    assert len({beat_message(each) for each in (beat, *beats)}) == 1 + len(moved)


def test_votes_attestations_and_beats_have_domains_of_their_own() -> None:
    """[VOTE-1]"""
    said = (
        vote_message(A, Kind.NULLIFY, 0, 1, None),
        attest_message(an_attestation(5)),
        beat_message(Beat(A, 0, 5, A, 9)),
    )
    names = [message.partition(bytes(1))[0] for message in said]
    assert names == [b"LiqBon/sign/vote", b"LiqBon/sign/attest", b"LiqBon/sign/beat"]
