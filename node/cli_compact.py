"""compact: a stopped node's ledger, without what it need not keep, as small as it gets."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from node import config
from node.cli_home import home_path
from shell.command import Common, common_options, examples
from shell.errors import CommandError

MIB = 1024 * 1024


class CompactDocument(msgspec.Struct, frozen=True):
    """compact: bytes of the ledger's files before and after; how many heights were let go of, and
    which is the lowest that is kept whole."""

    home: str
    history: str
    before: int
    after: int
    pruned: int
    oldest_height: int


@click.command(epilog=examples("liqbon-node compact --home /var/lib/liqbon"))
@common_options("home")
def compact(common: Common) -> None:
    """Let a stopped node's ledger go of what history.keep does not keep, and compact its files.

    A running node does the same by itself, little by little: this is for when the disk must be
    smaller now, or the setting was changed for a long history. It may be interrupted at any point
    and run again. The state, the journal and the keys are not touched.
    """
    path = home_path(common)
    home = config.open_home(path)
    lock = config.HomeLock(path)
    lock.acquire()
    try:
        document = _compacted(home)
    finally:
        lock.release()
    common.printer.document(document)
    common.printer.fields(
        [
            ("home", document.home),
            ("keeps", f"{document.history}, from height {document.oldest_height} on"),
            ("let go of", f"{document.pruned} heights"),
            ("size", f"{document.before / MIB:,.1f} MiB before, {document.after / MIB:,.1f} after"),
        ]
    )


def _compacted(home: config.NodeHome) -> CompactDocument:
    from node.driver import disk_code
    from node.executor import Executor
    from node.pruning import Pruner
    from node.rehearsal import holds_store
    from node.store import EVERY_KEY, LevelStore, StoreBroken

    if not holds_store(home.data):
        raise CommandError(
            "store_missing", f"{home.data} holds no ledger", "There is nothing to do."
        )
    try:
        before, store = _size(home.data), LevelStore.open(home.data)
        try:
            executor = Executor.open(store, home.genesis)
            pruner, first = Pruner.open(executor, config.kept_ms(home)), executor.oldest
            for _ in pruner.run():
                pass
            dead = pruner.dead
            store.compact(*EVERY_KEY)
            pruner.compacted(dead)
            executor.flush()
        finally:
            store.close()
    except StoreBroken as error:
        raise CommandError("store_broken", error.reason) from None
    except OSError as error:
        reason = f"{home.data} cannot be written: {error.strerror or error}"
        raise CommandError(disk_code(error), reason) from None
    oldest = executor.oldest
    keep = home.settings.history.keep
    return CompactDocument(str(home.path), keep, before, _size(home.data), oldest - first, oldest)


def _size(directory: Path) -> int:
    return sum(file.stat().st_size for file in directory.iterdir())
