"""Mutants of what is kept, what is fetched again, and what peers may make a node do: [DUR-1] to
[MSG-3]."""

from __future__ import annotations

import pytest

from consensus import messages, needs, recovery
from consensus.engine import Engine
from consensus.simplex import Simplex
from consensus.verification import Verifier
from node import sync
from node.executor import Executor
from node.guard import Guard, _ascend
from node.horizon import Horizon
from node.inbox import Inbox
from node.journal import Journal
from node.pruning import Pruner
from node.replica import Replica
from node.signer_record import SignerRecord
from node.sync import Fetcher, Library
from node.terms import Terms
from node.twins import Twins
from primitives.vote import Vote
from tests.rules.mutant import BySeed, Edit, Edits, Mutant, by_tests
from tests.simulation.disk import Disk

LOST = "unit/consensus/test_lost_stores.py"
BOUNDS = "unit/consensus/test_bounds.py"
VERIFICATION = "unit/consensus/test_verification.py"
PEERS = "unit/node/test_replica_peers.py"
SYNC = "unit/node/test_sync.py"
LET_GO = "TestPeersThatHaveLetGo"
SAFETY = "unit/consensus/test_safety.py"
GUARD = "unit/node/test_guard.py"


def journal_not_synced(patch: pytest.MonkeyPatch) -> None:
    """The disk says that it synced, and a power cut takes what it likes."""
    honest = Disk.__init__

    def lying(self: Disk, *arguments: object) -> None:
        honest(self, *arguments)  # type: ignore[arg-type]
        self.is_honest = False

    patch.setattr(Disk, "__init__", lying)
    # Cut cleanly, so that what was lost does not show as damage.
    patch.setattr(Disk, "_remains", lambda self, tail: tail[: self._rng.randint(0, len(tail))])


def forget_own_votes(patch: pytest.MonkeyPatch) -> None:
    """A restarted node neither remembers nor counts what it said."""
    patch.setattr(recovery, "_own_vote", lambda simplex, vote: None)


def own_votes_not_counted(patch: pytest.MonkeyPatch) -> None:
    """It remembers what it said, but does not count or repeat it."""

    def remember(simplex: Simplex, vote: Vote) -> None:
        simplex.own.record_vote(vote)

    patch.setattr(recovery, "_own_vote", remember)


DURABILITY = (
    Mutant(
        "DUR-1",
        "the journal is not synced",
        journal_not_synced,
        BySeed("the journal is empty", seed=4),
    ),
    Mutant(
        "DUR-1",
        "a turn speaks before its sync is answered",
        Edit(
            Replica._persist,
            (
                "self._world.disk.sync(turn.token)",
                "self._world.disk.sync(turn.token); self._speak(turn)",
            ),
        ),
        by_tests("unit/node/test_replica.py", "test_nothing_is_said_before_the_sync_is_answered"),
    ),
    Mutant(
        "DUR-2",
        "the journal lets go of what no synced state commit covers",
        Edit(
            Horizon.durable,
            ("self._history.durable_height", "1 << 62"),
        ),
        by_tests("unit/node/test_horizon.py", "test_only_a_synced_state_commit_moves_the_floor"),
    ),
    Mutant(
        "DUR-2",
        "a height is written in two steps",
        Edit(
            Executor._write,
            (
                "changes.append((receipts_key(height)",
                """self.store.write(changes, sync=False)
    changes = []
    changes.append((receipts_key(height)""",
            ),
        ),
        by_tests("unit/node/test_executor.py", "test_a_crash_leaves_whole_heights"),
    ),
    Mutant(
        "DUR-3",
        "own votes are forgotten at a restart",
        forget_own_votes,
        by_tests(SAFETY, "test_nobody_finalizes_in_a_view_that_it_nullified_before_a_restart"),
    ),
    Mutant(
        "DUR-3",
        "own votes are not counted after a restart",
        own_votes_not_counted,
        BySeed("transactions are not final", seed=74),
    ),
    Mutant(
        "DUR-4",
        "the signer signs a second digest in a view",
        Edit(Guard._admit_vote, ("vote.kind in held and", "False and")),
        by_tests(GUARD, "test_a_second_digest_in_a_view_is_refused"),
    ),
    Mutant(
        "DUR-4",
        "the signer signs FINALIZE and NULLIFY in a view",
        Edit(Guard._admit_vote, ("if _EXCLUDES.get(vote.kind) in held:", "if False:")),
        by_tests(GUARD, "test_finalize_and_nullify_exclude_each_other_in_a_view_only"),
    ),
    Mutant(
        "DUR-4",
        "the signer signs what is below its floors",
        Edits(
            Edit(Guard._admit_vote, ("vote.view <= self._view_floor", "False")),
            Edit(_ascend, ("place < mark.place or mark.content is None", "False")),
        ),
        by_tests(GUARD, "test_below_the_floor_everything_is_refused"),
    ),
    Mutant(
        "DUR-4",
        "a node starts with its key though its journal is gone or old",
        Edits(
            Edit(Journal._compare, ("if not floor.height:", "if True:")),
            Edit(
                Twins.look_back,
                ("if certificate is not None and self._forgot(me, certificate):", "if False:"),
            ),
        ),
        by_tests(
            "unit/node/test_recovery_faults.py",
            "TestBackups::test_an_old_journal_beside_a_newer_store_is_refused",
            "TestBackups::test_a_journal_that_is_gone_is_refused",
        ),
    ),
    Mutant(
        "DUR-4",
        "a node goes on though a certificate holds an ATTEST that it does not know",
        Edit(
            Twins._forgot,
            ("any(s.author == me for s in certificate.signatures)", "False"),
        ),
        by_tests("unit/node/test_twins.py", "test_a_key_that_attests_elsewhere_silences_this_node"),
    ),
    Mutant(
        "DUR-5",
        "what the journal lets go of is noted nowhere",
        Edit(Journal.tidy, ("self.append(Forgotten(", "str(Forgotten(")),
        by_tests("unit/node/test_journal.py", "test_what_is_let_go_is_noted_before_it_goes"),
    ),
    Mutant(
        "DUR-5",
        "whoever lost the store signs in views that the journal has forgotten",
        Edit(recovery.replay, ("simplex.own.prune(record.view)", "pass")),
        by_tests(LOST, "test_it_signs_nothing_where_the_journal_has_forgotten"),
    ),
    Mutant(
        "DUR-5",
        "whoever lost the store begins its lane anew",
        Edit(
            recovery.sealed_before,
            ("sealed = max(sealed, record.lanes[config.me])", "pass"),
        ),
        by_tests(LOST, "test_it_seals_nothing_before_it_has_its_lane_again"),
    ),
    Mutant(
        "DUR-5",
        "whoever lost the store votes in epochs that the journal has forgotten",
        Edit(Terms._unless_forgotten, ("members.epoch < self._forgotten", "False")),
        by_tests(
            "unit/node/test_replica_epochs.py",
            "test_whoever_lost_the_store_observes_where_the_journal_has_forgotten_the_epoch",
        ),
    ),
    Mutant(
        "DUR-6",
        "a signer signs what it wrote down nowhere",
        Edit(SignerRecord.sign, ("if new:", "if False:")),
        by_tests(
            "unit/node/test_signer_record.py",
            "test_a_request_is_written_before_it_is_answered",
        ),
    ),
    Mutant(
        "DUR-6",
        "a signer signs in epochs that it has forgotten",
        Edit(
            SignerRecord.past,
            ("None if pasts and epoch < max(pasts) else Remembered", "Remembered"),
        ),
        by_tests(
            "unit/node/test_signer_record.py",
            "test_each_key_and_epoch_has_a_past_of_its_own_and_the_two_newest_are_kept",
        ),
    ),
    Mutant(
        "SYNC-1",
        "what is missing is asked for once",
        Edit(Fetcher.poll, ("min(pause, LONGEST_PAUSE_MS)", "1_000_000")),
        BySeed("heights [", seed=5),
    ),
    Mutant(
        "SYNC-1",
        "what is missing is asked for at every opportunity",
        Edit(Fetcher.poll, ("if asking.due_ms > now_ms:", "if False:")),
        by_tests(SYNC, "test_pauses_grow_to_a_limit"),
    ),
    Mutant(
        "SYNC-1",
        "a missing block is not asked for",
        Edit(needs.wanted_blocks, ("if isinstance(missing, bytes):", "if False:")),
        by_tests(
            "unit/consensus/test_bugs_of_others.py",
            "test_a_block_of_which_only_f_is_known_is_asked_for",
        ),
    ),
    Mutant(
        "SYNC-2",
        "nobody asks for final blocks",
        Edit(needs._need_chain, ("final = parts.final_height", "return")),
        BySeed("epochs ["),
    ),
    Mutant(
        "SYNC-2",
        "certificates of a chain are believed unchecked",
        Edit(
            Verifier._chain,
            ("self._certificate(certificate)", "pass"),
        ),
        by_tests(
            VERIFICATION, "test_a_chain_with_a_gap_a_swap_or_a_foreign_certificate_is_refused"
        ),
    ),
    Mutant(
        "SYNC-2",
        "headers of a chain need not be those that were attested",
        Edit(
            Verifier._chain,
            ("(attestation.block, attestation.height) != (digest, header.height)", "False"),
        ),
        by_tests(
            VERIFICATION, "test_a_chain_with_a_gap_a_swap_or_a_foreign_certificate_is_refused"
        ),
    ),
    Mutant(
        "SYNC-2",
        "a chain is taken that does not attach to the own final block",
        Edit(
            Engine._chain,
            ("bool(new) and new[0].header.parent == self.simplex.chain.final.digest", "bool(new)"),
        ),
        by_tests(BOUNDS, "test_a_chain_that_does_not_attach_is_not_kept"),
    ),
    Mutant(
        "SYNC-2",
        "more final blocks are asked for than are executed",
        Edit(needs._need_chain, (">= MOST_AHEAD", ">= 1 << 62")),
        by_tests(BOUNDS, "test_final_blocks_are_fetched_no_faster_than_they_are_executed"),
    ),
    Mutant(
        "SYNC-3",
        "a whole lane is handed out at once",
        Edit(Library.lane, ("len(found) > LANE_BATCHES", "False")),
        by_tests(SYNC, "test_a_long_lane_is_answered_from_its_oldest_batches"),
    ),
    Mutant(
        "SYNC-3",
        "an answer may have any number of bytes",
        Edit(sync._within, ("if total > limit and place:", "if False:")),
        by_tests(SYNC, "test_an_answer_has_a_limit_in_bytes"),
    ),
    Mutant(
        "SYNC-3",
        "an answer may have any number of headers",
        Edit(Library.chain, ("CHAIN_HEADERS", "1 << 62")),
        by_tests(SYNC, "test_a_chain_is_answered_in_parts"),
    ),
    Mutant(
        "SYNC-3",
        "a peer is served whatever it asks",
        Edit(Library.may_serve, ("served < SERVED_BYTES_A_SECOND", "True")),
        by_tests(SYNC, "test_a_peer_has_a_share_of_each_second"),
    ),
    Mutant(
        "SYNC-4",
        "who asks for what was let go of is told nothing",
        Edit(Library.chain, ("request.height < self._past.oldest", "False")),
        by_tests(
            SYNC, f"{LET_GO}::test_what_was_let_go_of_is_not_answered_with_what_is_left_of_it"
        ),
    ),
    Mutant(
        "SYNC-4",
        "whoever says that it let go of a height is not asked for it again",
        Edit(
            Fetcher._order,
            (
                "sorted(order, key=lambda peer: self._lacks(peer, height))",
                "[peer for peer in order if not self._lacks(peer, height)]",
            ),
        ),
        by_tests(SYNC, f"{LET_GO}::test_another_one_is_asked_at_once_and_the_pruned_one_last"),
    ),
    Mutant(
        "SYNC-4",
        "whoever says it again and again makes a node ask faster",
        Edit(Fetcher.told, ("before <= key[1] < oldest", "key[1] < oldest")),
        by_tests(SYNC, f"{LET_GO}::test_a_liar_makes_nobody_ask_faster_or_for_ever"),
    ),
    Mutant(
        "SYNC-4",
        "nobody is told of a height that no peer keeps",
        Edit(Fetcher._note_missing, ("self.on_missing(missing)", "pass")),
        by_tests(SYNC, f"{LET_GO}::test_it_says_what_nobody_keeps_until_somebody_may"),
    ),
    Mutant(
        "SYNC-4",
        "a height goes that nobody attested",
        Edit(
            Pruner._is_old,
            ("min(executor.durable_height, executor.certified_height)", "executor.durable_height"),
        ),
        by_tests("unit/node/test_pruning.py", "test_nothing_goes_that_is_not_attested"),
    ),
    Mutant(
        "MSG-1",
        "a message may have any size",
        Edit(messages.decode_message, ("MAX_MESSAGE", "1 << 62")),
        by_tests(VERIFICATION, "test_the_table_of_messages_is_closed_and_bounded"),
    ),
    Mutant(
        "MSG-1",
        "the engine is given messages with any signature",
        Edit(Verifier._signed, ("self.scheme.verify_many(check)[0]", "True")),
        by_tests(VERIFICATION, "test_a_changed_bit_anywhere_in_what_is_signed_is_refused"),
    ),
    Mutant(
        "MSG-2",
        "signatures are checked of what could change nothing",
        Edit(Replica._verified, ("if not self.engine.wants(message):", "if False:")),
        by_tests(PEERS, "test_unwanted_messages_cost_no_signature_check"),
    ),
    Mutant(
        "MSG-2",
        "who sends what means nothing is not blamed",
        Edit(Replica._blame, ("self._world.watcher.misbehaved(", "str(")),
        by_tests(PEERS, "test_frames_that_mean_nothing_are_blamed_on_the_peer"),
    ),
    Mutant(
        "MSG-3",
        "an inbox has no bound",
        Edit(
            Inbox.offer,
            ("len(share.waiting) >= PEER_MESSAGES or share.bytes + size > PEER_BYTES", "False"),
        ),
        by_tests(PEERS, "test_an_inbox_that_is_full_drops"),
    ),
    Mutant(
        "MSG-3",
        "who talks most is heard first",
        Edit(Inbox.take, ("self._rotation.append(peer)", "self._rotation.appendleft(peer)")),
        by_tests("unit/node/test_inbox.py", "test_peers_are_heard_in_rotation"),
    ),
)
