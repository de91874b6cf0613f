"""What the doctor says of a past: pruned here, too short elsewhere, nowhere whole ([SYNC-4])."""

from __future__ import annotations

from pathlib import Path

from node import config
from node.doctor import Told
from node.executor import Executor
from node.store import LevelStore
from primitives.genesis import chain_id
from tests.pruned import pruned
from tests.unit.node.homes import Homes
from tests.unit.node.test_doctor import codes, faults

HISTORY = {"history_pruned", "history_partial", "history_missing", "archive_missing"}
SPAN = "30d"


def shorten(home: Path) -> None:
    """The node prunes: all that is allowed to go is gone, whatever its age."""
    with (home / config.CONFIG).open("a") as file:
        file.write(f'\n[history]\nkeep = "{SPAN}"\n')
    store = LevelStore.open(home / "data")
    assert pruned(Executor.open(store, config.open_home(home).genesis), 0) > 1
    store.close()


def test_a_home_that_pruned_and_one_that_should_be_an_archive(home: Path) -> None:
    shorten(home)
    assert {"history_pruned"} <= codes(home) & HISTORY
    file = home / config.CONFIG
    file.write_text(file.read_text().replace(SPAN, "everything"))
    assert codes(home) & HISTORY == {"history_partial"}
    assert faults(home) == set(), "it may be started all the same"


def test_others_who_keep_too_little_for_this_home_or_for_anybody(homes: Homes, home: Path) -> None:
    chain = chain_id(config.open_home(home).genesis).hex()
    newest = max(homes.roots)
    enough, short = (Told("http://one", None, chain, oldest=newest + add) for add in (1, 2))
    assert codes(home, enough) & HISTORY == set(), "this home itself is an archive"
    assert codes(home, short) & HISTORY == {"history_missing"}
    assert codes(home, short, enough) & HISTORY == set()
    shorten(home)
    assert codes(home, enough) & HISTORY == {"history_pruned", "archive_missing"}
    archive = Told("http://two", None, chain)
    assert codes(home, enough, archive) & HISTORY == {"history_pruned"}
    assert faults(home, short) == set()
