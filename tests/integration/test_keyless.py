"""A node whose keys have all had their time goes on as an observer, also after a restart."""

import signal
from pathlib import Path

import pytest

from node.founding import Site, found
from node.keyring import Keyring
from tests.builders import GENESIS_TIME
from tests.integration.processes import document_of, free_base, get, process, until

pytestmark = pytest.mark.integration

CODE = "bramble"


def test_a_home_whose_keys_were_destroyed_starts_as_an_observer(tmp_path: Path) -> None:
    """[EPOCH-7] A partner that left has no key any more; its node still follows, and answers."""
    site = Site(tmp_path / "files", 1, free_base(1))
    found(site, GENESIS_TIME)
    home, log = site.node_home(CODE), tmp_path / "log"
    for key in Keyring(home).public_keys():
        Keyring(home).destroy(key)
    with process("liqbon-node", "start", "--home", home, "--output", "json", log=log) as running:
        document = document_of(running, log)
        assert document["partner"] is None
        status, said = get(f"{document['api']}/v1/status")
        assert (status, said["index"]) == (200, None)
        running.send_signal(signal.SIGHUP)
        until("it has read its settings again", lambda: '"reloaded"' in log.read_text())
        assert "not reloaded" not in log.read_text()
