"""A home is opened whole, or the reason names what is wrong with it."""

from pathlib import Path

import pytest

from node import config
from node.documents import genesis_text
from node.keyring import FIRST, KEYS, Keyring
from node.transport import Address
from shell.errors import CommandError, KeyFault, UsageError
from shell.settings import BadSetting
from tests import builders

PASSPHRASE = b"correct horse"
GENESIS = builders.a_genesis()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a key; copying it is cheaper than making keys."""
    path = tmp_path_factory.mktemp("made") / "home"
    config.create_home(path, config.config_text(config.Hosts(), config.Ports(), {}), PASSPHRASE)
    (path / config.GENESIS).write_bytes(genesis_text(GENESIS))
    return path


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    """A home whose settings a test may spoil."""
    (tmp_path / config.CONFIG).write_bytes((made / config.CONFIG).read_bytes())
    (tmp_path / config.GENESIS).write_bytes((made / config.GENESIS).read_bytes())
    return tmp_path


def test_what_was_made_is_opened(made: Path) -> None:
    home = config.open_home(made)
    assert home.settings == config.Settings()
    assert home.genesis == GENESIS
    [key] = Keyring(made).open(PASSPHRASE)
    assert [key.public_key] == Keyring(made).public_keys()
    assert (made / KEYS / FIRST).stat().st_mode & 0o077 == 0


def test_nothing_is_made_over_what_is_there(made: Path) -> None:
    before = Keyring(made).public_keys()
    with pytest.raises(KeyFault) as caught:
        config.create_home(made, "", PASSPHRASE)
    assert caught.value.code == "keyfile_exists"
    assert Keyring(made).public_keys() == before


def test_a_wrong_passphrase_opens_no_key(made: Path) -> None:
    with pytest.raises(KeyFault) as caught:
        Keyring(made).open(b"wrong")
    assert caught.value.code == "passphrase_wrong"


def test_what_is_missing_is_named(home: Path) -> None:
    with pytest.raises(UsageError) as caught:
        config.open_home(home / "nowhere")
    assert caught.value.code == "home_missing"
    (home / config.GENESIS).unlink()
    with pytest.raises(UsageError) as caught:
        config.open_home(home)
    assert caught.value.code == "genesis_missing"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[api]\nport = 99999", "api.port"),
        ('[api]\nhost = ""', "api.host"),
        ("[signatures]\nworkers = 0", "signatures.workers"),
        ('[log]\nlevel = "loud"', "log.level"),
        ('[peers.addresses]\nNobody = "127.0.0.1:1"', "peers.addresses.Nobody"),
        ('[peers.addresses]\nnobody- = "127.0.0.1:1"', "peers.addresses.nobody-"),
        ('[peers.addresses]\neast = "127.0.0.1"', "peers.addresses.east"),
        ('[peers.addresses]\neast = "127.0.0.1:x"', "peers.addresses.east"),
        ('[peers.addresses]\neast = "127.0.0.1:0"', "peers.addresses.east"),
        ('[peers.addresses]\neast = ":5"', "peers.addresses.east"),
        ("[peer]\nport = 5", "peer"),
    ],
)
def test_a_bad_setting_is_named(home: Path, text: str, key: str) -> None:
    (home / config.CONFIG).write_text(text)
    with pytest.raises(BadSetting) as caught:
        config.open_home(home)
    assert caught.value.key == key


def test_addresses_are_found_by_partner(home: Path) -> None:
    """Of whatever partner: it may have come after the genesis."""
    addresses = {"east": Address("::1", 7), "newcomer": Address("w.example", 8)}
    text = config.config_text(config.Hosts("a", "::", "b"), config.Ports(1, 2, 3), addresses)
    (home / config.CONFIG).write_text(text.replace('"::1:7"', '"[::1]:7"'))
    opened = config.open_home(home)
    assert config.peer_addresses(opened) == addresses
    settings = opened.settings
    hosts = (settings.api.host, settings.peers.host, settings.metrics.host)
    assert hosts == ("a", "::", "b")
    ports = (opened.settings.api.port, opened.settings.peers.port, opened.settings.metrics.port)
    assert ports == (1, 2, 3)


def test_one_process_holds_a_home(home: Path) -> None:
    import os

    assert config.running_process(home) is None
    lock = config.HomeLock(home)
    lock.acquire()
    assert config.running_process(home) == os.getpid()
    with pytest.raises(CommandError, match=str(os.getpid())) as caught:
        config.HomeLock(home).acquire()
    assert caught.value.code == "home_in_use"
    lock.release()
    assert config.running_process(home) is None
    again = config.HomeLock(home)
    again.acquire()
    again.release()
