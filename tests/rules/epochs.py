"""Mutants of how epochs end and begin: [EPOCH-1] to [EPOCH-7]."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from consensus.attestation import Attestations
from consensus.engine import Engine
from consensus.parts import Parts
from consensus.proposals import Judge
from contracts import epochs
from contracts.epochs import Epoch
from node import chronicle, retirement
from node.executor import Executor
from node.guests import Guests
from node.retirement import Retirement
from tests.rules.mutant import BySeed, Edit, Mutant, by_tests

ENGINE = "unit/consensus/test_epochs.py"
GUESTS = "unit/consensus/test_epoch_guests.py"
KEYS = "unit/node/test_retirement.py"


def executed_above_the_end(patch: pytest.MonkeyPatch) -> None:
    """Whatever is final is executed, above an epoch's last height too."""
    patch.setattr(Parts, "executable", property(lambda parts: 1 << 62))


def left_too_early(patch: pytest.MonkeyPatch) -> None:
    """An epoch is left with its last certificate, whatever lacks one."""

    def ended(self: Attestations) -> bool:
        return self.last is not None and self.certified_height >= self.last == self.executed_height

    patch.setattr(Attestations, "is_over", property(ended))
    patch.setattr(Executor, "uncertified", lambda self: [])


def other_epochs_blamed(patch: pytest.MonkeyPatch) -> None:
    """What another epoch's member says is checked against this one's."""
    patch.setattr(Guests, "takes", lambda self, peer, message: True)


def lanes_go_on(patch: pytest.MonkeyPatch) -> None:
    """The new lanes go on from where the old ones stood."""
    patch.setattr(
        chronicle, "handed_over", lambda header, epoch, _: replace(header, epoch=epoch, view=0)
    )


EPOCHS = (
    Mutant(
        "EPOCH-1",
        "a change of members does not end an epoch",
        Edit(epochs._ends_ms, ("least if changed else most", "most")),
        BySeed("is to end"),
    ),
    Mutant(
        "EPOCH-1",
        "an epoch ends at once when a change is recorded, however young",
        Edit(epochs._ends_ms, ("least if changed else most", "0 if changed else most")),
        by_tests(
            "unit/contracts/test_epochs.py",
            "test_a_change_ends_it_after_its_least_age_and_nothing_outlives_the_greatest",
        ),
    ),
    Mutant(
        "EPOCH-1",
        "who follows is worked out anew at each height up to the last",
        Edit(epochs.after, ("if epoch.last is not None:", "if epoch.last == moment.height:")),
        by_tests("unit/contracts/test_epochs.py", "test_who_follows_is_fixed_once"),
    ),
    Mutant(
        "EPOCH-2",
        "what is recorded above h counts for the epoch that is ending",
        Edit(
            Epoch.recorded, ("self.number if self.last is None else self.number + 1", "self.number")
        ),
        by_tests("unit/contracts/test_epochs.py", "test_who_follows_is_fixed_once"),
    ),
    Mutant(
        "EPOCH-3",
        "blocks above an epoch's end are executed",
        executed_above_the_end,
        BySeed("failed: AssertionError", seed=26),
    ),
    Mutant(
        "EPOCH-3",
        "blocks above an epoch's end have contents",
        Edit(Judge._is_above_last, ("height > last", "False")),
        by_tests(ENGINE, "test_contents_above_the_last_height_are_refused"),
    ),
    Mutant(
        "EPOCH-4",
        "no ATTEST is the last",
        Edit(Attestations.executed, ("last=event.height == event.last", "last=False")),
        BySeed("last"),
    ),
    Mutant(
        "EPOCH-4",
        "every ATTEST is the last once the end is fixed",
        Edit(
            Attestations.executed,
            ("last=event.height == event.last", "last=event.last is not None"),
        ),
        BySeed("last"),
    ),
    Mutant(
        "EPOCH-5",
        "an epoch is left while a height lacks its certificate",
        left_too_early,
        BySeed("has no certificate", seed=5),
    ),
    Mutant(
        "EPOCH-5",
        "lanes do not begin anew",
        lanes_go_on,
        by_tests(
            "unit/node/test_executor_epochs.py",
            "test_the_head_is_handed_over_only_once_every_height_is_certified",
        ),
    ),
    Mutant(
        "EPOCH-5",
        "what an epoch did not order is not sealed again",
        Edit(Engine.orphans, ("() if me is None else", "() if True else")),
        by_tests(ENGINE, "test_own_batches_that_were_not_ordered_are_named_oldest_first"),
    ),
    Mutant(
        "EPOCH-6",
        "messages of other epochs are blamed on their senders",
        other_epochs_blamed,
        BySeed("blamed for"),
    ),
    Mutant(
        "EPOCH-6",
        "a guest's word counts as a member's",
        Edit(Engine._stands_at, (" or not self._parts.is_member(peer)", "")),
        by_tests(GUESTS, "test_a_status_of_another_epoch_or_of_a_guest_is_nobodys_word"),
    ),
    Mutant(
        "EPOCH-6",
        "a guest's word that leads nowhere is heeded for ever",
        Edit(Parts.heeds_until_ms, ("self.heeded_ms +", "(1 << 50) +")),
        by_tests(GUESTS, "test_a_word_that_leads_nowhere_is_forgotten_and_a_new_one_counts_anew"),
    ),
    Mutant(
        "EPOCH-6",
        "whoever stands in an earlier epoch is not helped",
        Edit(
            Guests.help,
            (
                "first = status.certified_height + 1",
                "return []\n    first = status.certified_height + 1",
            ),
        ),
        by_tests(
            "unit/node/test_guests.py",
            "test_whoever_stands_in_an_earlier_epoch_gets_the_certificates_that_it_lacks",
        ),
    ),
    Mutant(
        "EPOCH-7",
        "keys are destroyed before the first certificate of the next epoch",
        Edit(Retirement.certified, (" or epoch != self._executor.epoch.number", "")),
        by_tests(
            KEYS,
            "test_a_node_that_starts_at_an_epochs_end_keeps_the_key_for_its_certificate",
        ),
    ),
    Mutant(
        "EPOCH-7",
        "keys are never destroyed",
        Edit(Retirement._destroy, ("self._keys.destroy(key)", "pass")),
        by_tests(KEYS, "test_a_key_goes_with_the_first_certificate_of_the_epoch_without_it"),
    ),
    Mutant(
        "EPOCH-7",
        "a key is destroyed that Membership names for the next epoch",
        Edit(retirement.spent, ("| {member.key for member in ahead}", "")),
        by_tests(KEYS, "test_a_key_that_is_announced_again_or_has_a_seat_still_stays"),
    ),
)
