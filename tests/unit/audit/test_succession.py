"""A block follows its parent: height, time, view, leader, epoch, cut, lanes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from audit.succession import (
    Parent,
    check_cut,
    check_header,
    check_members,
    check_order,
    first_cut,
)
from audit.violations import Violation
from client.raw import RawOrdered
from contracts import epochs
from contracts.epochs import Epoch
from primitives.batch import EMPTY_TIP, Tip, batch_digest
from primitives.block import Header, block_digest
from primitives.validators import ValidatorSet
from tests.builders import (
    PARAMETERS,
    a_batch,
    a_block,
    a_chain,
    a_committee,
    a_genesis,
    a_person,
    a_transfer,
    an_attestation,
)

CHAIN = a_chain()
MEMBERS = a_committee().members
BEFORE = a_block(5, proposer=1)
DIGEST = block_digest(CHAIN, BEFORE)
EPOCH = epochs.first(a_genesis())
PARENT = Parent(BEFORE, DIGEST, EPOCH)
CHILD = a_block(6, parent=DIGEST, proposer=2)


def code_of(check: Callable[[], None]) -> str:
    with pytest.raises(Violation) as caught:
        check()
    return caught.value.code


def test_a_child_follows() -> None:
    """[BLOCK-4]"""
    check_header(PARENT, CHILD)
    check_header(PARENT, replace(CHILD, view=11, proposer=3))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"height": 7}, "parent_wrong"),
        ({"height": 5}, "parent_wrong"),
        ({"parent": b"\1" * 32}, "parent_wrong"),
        ({"time": BEFORE.time - 1}, "time_backwards"),
        ({"epoch": 1}, "epoch_wrong"),
        ({"view": 5, "proposer": 1}, "view_wrong"),
        ({"view": 4, "proposer": 0}, "view_wrong"),
        ({"proposer": 3}, "view_wrong"),
    ],
)
def test_what_is_no_child_is_told_why(change: dict[str, object], code: str) -> None:
    """[BLOCK-4], [LIVE-1]"""
    child = replace(CHILD, **change)
    assert code_of(lambda: check_header(PARENT, child)) == code


def test_an_epoch_begins_at_view_one_with_empty_lanes() -> None:
    """[EPOCH-3], [EPOCH-5]"""
    three = MEMBERS.members[:3]
    last = Parent(BEFORE, DIGEST, Epoch(1, 5, BEFORE.time, three, None, ()))
    check_header(last, replace(CHILD, epoch=1, view=1, proposer=1))
    check_header(last, replace(CHILD, epoch=1, view=3, proposer=0))
    assert code_of(lambda: check_header(last, CHILD)) == "epoch_wrong"
    none = replace(CHILD, epoch=1, view=0, proposer=0)
    assert code_of(lambda: check_header(last, none)) == "view_wrong"
    assert first_cut(last, 3) == (EMPTY_TIP,) * 3
    assert first_cut(PARENT, 4) == BEFORE.cut


class TestMembers:
    """An epoch that height 7 ends."""

    ending = replace(EPOCH, last=7, following=MEMBERS.members[1:])
    within = an_attestation(6)
    at_last = replace(an_attestation(7), last=True, next_validators=ending.next_validators.hash)

    def test_they_stay_within_and_are_handed_over_at_the_last_height(self) -> None:
        """[EPOCH-4], [CERT-2]"""
        check_members(EPOCH, self.within, MEMBERS)
        check_members(self.ending, self.within, MEMBERS)
        check_members(self.ending, self.at_last, MEMBERS)

    def test_anything_else_is_told(self) -> None:
        """[EPOCH-4]"""
        others = ValidatorSet(0, MEMBERS.members[::-1])
        wrong = [
            (EPOCH, self.within, others),
            (EPOCH, self.within, ValidatorSet(1, MEMBERS.members)),
            (EPOCH, self.at_last, MEMBERS),
            (self.ending, replace(self.at_last, height=6), MEMBERS),
            (self.ending, replace(self.at_last, last=False), MEMBERS),
            (self.ending, replace(self.at_last, next_validators=MEMBERS.hash), MEMBERS),
            (self.ending, replace(self.within, next_validators=others.hash), MEMBERS),
        ]
        for epoch, said, members in wrong:
            assert code_of(lambda e=epoch, s=said, m=members: check_members(e, s, m)) == (  # type: ignore[misc]
                "epoch_wrong"
            )


@pytest.mark.parametrize(
    ("old", "new", "holds"),
    [
        (Tip(3, b"a" * 32, 30), Tip(3, b"a" * 32, 30), True),
        (Tip(3, b"a" * 32, 30), Tip(4, b"b" * 32, 31), True),
        (Tip(3, b"a" * 32, 30), Tip(19, b"b" * 32, 30 + 8_192), True),
        (Tip(3, b"a" * 32, 30), Tip(20, b"b" * 32, 40), False),
        (Tip(3, b"a" * 32, 30), Tip(4, b"b" * 32, 31 + 8_192), False),
        (Tip(3, b"a" * 32, 30), Tip(4, b"b" * 32, 30), False),
        (Tip(3, b"a" * 32, 30), Tip(3, b"b" * 32, 31), False),
        (Tip(3, b"a" * 32, 30), Tip(2, b"b" * 32, 40), False),
        (Tip(3, b"a" * 32, 30), Tip(3, b"a" * 32, 31), False),
    ],
)
def test_a_lane_stays_or_goes_on_within_its_bounds(old: Tip, new: Tip, holds: bool) -> None:
    """[LANE-3] S is 16 batches, W is 8,192."""
    header = replace(CHILD, cut=(EMPTY_TIP, new))
    if holds:
        check_cut((EMPTY_TIP, old), header, PARAMETERS)
    else:
        assert code_of(lambda: check_cut((EMPTY_TIP, old), header, PARAMETERS)) == "cut_wrong"


def test_a_cut_names_every_lane() -> None:
    header = replace(CHILD, cut=(EMPTY_TIP,) * 3)
    assert code_of(lambda: check_cut((EMPTY_TIP,) * 4, header, PARAMETERS)) == "cut_wrong"


class TestOrder:
    """Two lanes, the first with three batches."""

    def setup_method(self) -> None:
        alice, bob = a_person("alice"), a_person("bob")
        self.batches, tip = [], EMPTY_TIP
        for sequence in range(3):
            payment = a_transfer(alice, (bob, 1), sequence=sequence)
            batch = a_batch([payment], parent=tip)
            tip = Tip(batch.header.seq, self.digest(batch), batch.header.cumulative)
            self.batches.append(batch)
        self.other = a_batch([a_transfer(bob, (alice, 1))], author=1)
        other_tip = Tip(1, self.digest(self.other), self.other.header.cumulative)
        self.before = (EMPTY_TIP,) * 4
        self.header = replace(CHILD, cut=(tip, other_tip, EMPTY_TIP, EMPTY_TIP))
        # Height 6: lanes 2, 3, 0, 1.
        self.given = [self.batches[0], self.other, self.batches[1], self.batches[2]]

    def digest(self, batch: object) -> bytes:
        return batch_digest(CHAIN, batch.header)  # type: ignore[attr-defined]

    def check(self, given: list[object] | None = None, header: Header | None = None) -> None:
        batches = given if given is not None else list(self.given)
        order = [RawOrdered(b.header.author, self.digest(b)) for b in batches]  # type: ignore[attr-defined]
        headers = [b.header for b in batches]  # type: ignore[attr-defined]
        check_order(self.before, header or self.header, order, headers)

    def test_by_distance_then_by_lane(self) -> None:
        """[BLOCK-2], [BLOCK-3]"""
        self.check()

    def test_another_order_is_the_nodes_own(self) -> None:
        """[BLOCK-3]"""
        first, second, *rest = self.given
        assert code_of(lambda: self.check([second, first, *rest])) == "order_forged"

    @pytest.mark.parametrize("place", range(4))
    def test_one_that_is_left_out_is_withheld(self, place: int) -> None:
        """[BLOCK-2]"""
        given = [batch for at, batch in enumerate(self.given) if at != place]
        assert code_of(lambda: self.check(given)) == "batch_withheld"

    def test_one_too_many_is_the_nodes_own(self) -> None:
        assert code_of(lambda: self.check([*self.given, self.batches[0]])) == "order_forged"

    @pytest.mark.parametrize("place", [0, 2, 3])
    def test_another_batch_than_the_later_ones_lead_to_is_the_nodes_own(self, place: int) -> None:
        """[LANE-4] The cut names the last, and each names the one before."""
        stranger = a_batch([a_transfer(a_person("mallory"), (a_person("bob"), 1))])
        seq = self.given[place].header.seq
        given: list[object] = list(self.given)
        given[place] = replace(stranger, header=replace(stranger.header, seq=seq))
        assert code_of(lambda: self.check(given)) == "order_forged"

    def test_lanes_that_do_not_go_on_from_the_parent_are_the_validators_doing(self) -> None:
        """[LANE-4]"""
        self.before = (Tip(0, b"\7" * 32, 0), *self.before[1:])
        assert code_of(self.check) == "lane_broken"

    def test_a_cut_of_another_weight_is_the_validators_doing(self) -> None:
        """[LANE-3]"""
        heavier = replace(self.header.cut[0], cumulative=self.header.cut[0].cumulative + 1)
        header = replace(self.header, cut=(heavier, *self.header.cut[1:]))
        assert code_of(lambda: self.check(header=header)) == "lane_broken"
