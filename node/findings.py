"""What the doctor can find, and what each of it means. Knows codes and sentences; looks at nothing.

A code never changes its meaning. ``ok`` is how things should be, ``warning`` something to know or
to do soon; with a ``fault`` the node cannot start, or must not.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple

import msgspec


class Severity(Enum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


class Finding(msgspec.Struct, frozen=True):
    """One finding: ``what`` is of this home, the rest of its code."""

    code: str
    severity: Severity
    what: str
    meaning: str
    remedy: str


class Known(NamedTuple):
    """What a code stands for; ``remedy`` is empty where there is nothing to do."""

    severity: Severity
    meaning: str
    remedy: str


_OK, _WARNING, _FAULT = Severity.OK, Severity.WARNING, Severity.FAULT
START_OVER: Final = (
    "The key must not sign again. Make another one (keys rotate) and have it announced "
    "(liqbon-partner keys seat --lost); put the old one's file away with journal/ and data/, and "
    "start: the node observes, and votes from the next epoch on."
)
MOVE_DATA: Final = (
    "Move data/ away and start: the node fetches the chain from its peers. Keep journal/ and keys/."
)
KNOWN: Final[dict[str, Known]] = {
    "home_sound": Known(_OK, "Settings and genesis can be read, and fit each other.", ""),
    "home_unsound": Known(
        _FAULT,
        "Without sound settings and the genesis that the founders agreed on no node starts.",
        "Mend what is named; a genesis.json comes from any other founder, and its chain id is to "
        "be compared by another channel.",
    ),
    "node_runs": Known(
        _OK,
        "A running node has its store open; it was not looked at, and the journal only read along.",
        "Stop the node to have everything looked at.",
    ),
    "space_enough": Known(_OK, "There is room to write.", ""),
    "space_low": Known(
        _WARNING,
        "A node that cannot write stops (disk_full). Nothing is lost by that, but it is away.",
        "Free some space, or move the home to a larger disk while the node is stopped.",
    ),
    "disk_full": Known(
        _FAULT,
        "There is no room for a segment of the journal: the node would stop at once.",
        "Free some space, and start the node: it goes on where it stood.",
    ),
    "not_writable": Known(
        _FAULT,
        "The node has to write there.",
        "Give the directory to the user that runs the node, and mount its disk for writing.",
    ),
    "keys_unusable": Known(
        _FAULT,
        "The node reads all its keys at start, and takes none that others can read.",
        "Do what is said of the file; if it is damaged, take its backup, or have another key "
        "announced.",
    ),
    "signer_answers": Known(_OK, "The signer holds the keys; no secret is in this home.", ""),
    "signer_away": Known(
        _WARNING,
        "The signer that the settings name does not answer: the node starts, and only follows "
        "until it does.",
        "Start it: liqbon-node signer, with the home that has the keys.",
    ),
    "signer_refuses": Known(
        _WARNING,
        "The signer does not sign for this home now: the node only follows.",
        "Do what its code says: it is of another chain, release or user, or this key has signed in "
        "later epochs than the ledger has come to, which passes as the node catches up.",
    ),
    "signer_ahead": Known(
        _WARNING,
        "The signer signed what this journal does not know: a backup was put back, or files were "
        "lost. Nothing is contradicted, for it does not sign after this journal.",
        "If the newer home still exists, put that one back, whole. Otherwise start the node: it "
        "follows, and votes from the next epoch on. The key need not be given up.",
    ),
    "signer_contradicts": Known(
        _FAULT,
        "The journal holds what contradicts what the signer signed: it is not this signer's.",
        "Put this home's own journal back, whole, or name the right signer. If the journal is "
        "lost, move journal/ and data/ away and start: the node follows, and votes from the next "
        "epoch on.",
    ),
    "record_sound": Known(_OK, "All that the signer of this home wrote down can be read.", ""),
    "record_torn": Known(
        _WARNING,
        "Bytes at the end that were being written when the signer or the machine stopped. No "
        "signature left for them, unless the disk itself lost them; the next start cuts them off.",
        "Nothing, after a crash. If there was none, distrust the disk.",
    ),
    "record_damaged": Known(
        _FAULT,
        "A part of the signer's record that was synced is unreadable: what its keys signed is not "
        "known any more, and the signer does not start.",
        "If the node's journal is the newest, and whole (ask the doctor there): stop the node, put "
        "the record away, and start both; the signer takes in what the journal holds. Otherwise "
        "make another key (keys rotate), have it announced (liqbon-partner keys seat --lost), and "
        "put the old one's file away with the record.",
    ),
    "record_foreign": Known(
        _FAULT,
        "The signer's record is of another chain.",
        "Put this signer's own record back.",
    ),
    "key_seated": Known(_OK, "The key votes in the present epoch.", ""),
    "key_waits": Known(_OK, "The key is announced: it votes from the next epoch on.", ""),
    "key_unseated": Known(
        _WARNING,
        "The key never had a seat and is not announced; the node observes with it.",
        "Have it announced: keys seat here, then liqbon-partner keys seat.",
    ),
    "key_spent": Known(
        _WARNING,
        "The key had a seat in an epoch that is over, and has none now or later. What it could "
        "still sign is another past.",
        "Start the node: it destroys the key with the next certificate of the epoch.",
    ),
    "journal_new": Known(
        _OK,
        "Nothing was signed in this home. If the key ever signed in another one, it must not sign "
        "here.",
        "",
    ),
    "journal_sound": Known(_OK, "All that was synced can be read back.", ""),
    "journal_torn": Known(
        _WARNING,
        "Bytes at the end that were being written when the process or the machine stopped. They "
        "were not said to anyone, unless the disk itself lost them; the next start cuts them off.",
        "Nothing, after a crash. If there was none, distrust the disk: ask with --node whether the "
        "key signed more than the journal knows.",
    ),
    "journal_damaged": Known(
        _FAULT, "A part of the journal that was synced is unreadable: votes are lost.", START_OVER
    ),
    "journal_missing": Known(
        _FAULT, "Heights are executed, and what this key signed for them is gone.", START_OVER
    ),
    "journal_behind": Known(
        _FAULT,
        "The journal is older than the store: a backup was put back, or files were lost. What the "
        "key signed since is forgotten.",
        "If the newer journal still exists, put that one back, whole. Otherwise: " + START_OVER,
    ),
    "journal_foreign": Known(
        _FAULT,
        "The journal is another validator's, or of another chain.",
        "Put this home's own journal back, whole. If it is lost: " + START_OVER,
    ),
    "journal_contradicts": Known(
        _FAULT,
        "The journal holds two statements that no honest signer makes: it was put together from "
        "two, or two processes wrote it.",
        START_OVER,
    ),
    "journal_unread": Known(
        _WARNING, "The journal's files could not be read just now.", "Run the doctor again."
    ),
    "store_new": Known(
        _OK,
        "There is no ledger yet, or it was moved away: the node begins with the genesis, goes "
        "through its journal, and fetches the rest from its peers.",
        "",
    ),
    "store_sound": Known(
        _OK, "The newest height is whole, and all entries together have its root.", ""
    ),
    "store_broken": Known(
        _FAULT,
        "The ledger on disk is damaged, has a hole, or is of another chain or release: the node "
        "does not start with it.",
        MOVE_DATA,
    ),
    "store_behind": Known(
        _OK,
        "The journal knows more than the ledger, as after a crash, or with an old backup of data/. "
        "It is harmless: those heights are carried out again, or fetched.",
        "",
    ),
    "store_unread": Known(
        _WARNING,
        "The ledger could not be copied to be looked at: LevelDB opens nothing without writing.",
        "Name a directory with room in TMPDIR.",
    ),
    "history_pruned": Known(_OK, "Older heights were let go of, as the settings say.", ""),
    "history_partial": Known(
        _WARNING,
        "The settings say everything, and older heights were let go of before: this is no archive.",
        "To make it one, stop it, move data/ away and start: it fetches the chain from an archive "
        "node, whose address it needs. Keep journal/ and keys/.",
    ),
    "history_missing": Known(
        _WARNING,
        "The nodes that were asked have let go of the height that this home needs next: from them "
        "it cannot catch up.",
        "Ask archive nodes with --node; add the address of one to config.toml.",
    ),
    "archive_missing": Known(
        _WARNING,
        "Neither this home nor a node that was asked keeps everything. Where nobody does, no "
        "newcomer can follow the chain from genesis, and no auditor replay it.",
        "Find an archive node with --node; a network needs two at least. If there is none left, "
        "whoever keeps most must prune no further (history.keep).",
    ),
    "clock_right": Known(_OK, "This clock agrees with those of the nodes that were asked.", ""),
    "clock_wrong": Known(
        _WARNING,
        "Other nodes hold back what a clock that is ahead proposes, and one that is behind holds "
        "theirs back: the node is slow, or is skipped as a leader. Nothing is signed twice by it.",
        "Let NTP keep the clock; the node need not be started again.",
    ),
    "node_silent": Known(_WARNING, "The node was not heard.", "Name another one with --node."),
    "node_elsewhere": Known(
        _WARNING, "The node that was asked is of another chain.", "Name one of this network."
    ),
    "key_quiet": Known(
        _OK, "No signature of these keys was shown that this home does not remember.", ""
    ),
    "key_elsewhere": Known(
        _FAULT,
        "A key of this home signed what its journal does not know: a second node runs with it, or "
        "this home is an old copy. Two that sign with one key contradict each other sooner or "
        "later, and everyone keeps the proof.",
        "Stop every node with this key. If one has the newest journal, go on with that one alone. "
        "Otherwise: " + START_OVER,
    ),
}


def finding(code: str, what: str) -> Finding:
    """The finding of a code."""
    known = KNOWN[code]
    return Finding(code, known.severity, what, known.meaning, known.remedy)
