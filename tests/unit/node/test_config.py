"""A home is opened whole, or the reason names what is wrong with it."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from node import ceremony, config, retention
from node.documents import genesis_text
from node.keyring import Keyring
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
    assert Keyring(made).public_keys() == [key.public_key]


def test_nothing_is_made_over_what_is_there(made: Path) -> None:
    before = Keyring(made).public_keys()
    with pytest.raises(KeyFault) as caught:
        config.create_home(made, "", PASSPHRASE)
    assert caught.value.code == "keyfile_exists"
    assert Keyring(made).public_keys() == before


def test_the_passphrase_is_the_settings_or_nobodys(home: Path) -> None:
    """Read at every start and reload: a file that others can read opens nothing."""
    assert config.configured_passphrase(config.open_home(home)) is None
    (home / config.CONFIG).write_text('[key]\npassphrase_file = "secret"\n')
    with pytest.raises(KeyFault):
        config.configured_passphrase(config.open_home(home))
    (home / "secret").write_bytes(PASSPHRASE + b"\n")
    (home / "secret").chmod(0o644)
    with pytest.raises(KeyFault) as caught:
        config.configured_passphrase(config.open_home(home))
    assert caught.value.code == "keyfile_permissions"
    (home / "secret").chmod(0o600)
    assert config.configured_passphrase(config.open_home(home)) == PASSPHRASE


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


def keeping(home: Path, text: str) -> config.NodeHome:
    (home / config.CONFIG).write_text(f"[history]\nkeep = {text}\n")
    return config.open_home(home)


def test_a_node_keeps_everything_unless_it_is_told_otherwise(home: Path) -> None:
    assert config.kept_ms(config.open_home(home)) is None
    assert config.kept_ms(keeping(home, '"everything"')) is None
    for text, days in (("90d", 90), ("999h", 999 / 24), ("99999m", 99_999 / 1_440)):
        assert config.kept_ms(keeping(home, f'"{text}"')) == round(days * 86_400_000)


@pytest.mark.parametrize(
    "text",
    [
        *('""', '"0d"', '"-1d"', '"1"', '"1.5d"', '"01d"', '"9999999d"', '"90 d"', '"90D"'),
        *('"all"', '"90d\\n"', '"everything "', "90", "true"),
    ],
)
def test_no_other_span_is_understood(home: Path, text: str) -> None:
    with pytest.raises(BadSetting) as caught:
        keeping(home, text)
    assert caught.value.key == "history.keep"


def test_a_span_is_no_shorter_than_a_settlement_and_its_dispute(home: Path) -> None:
    """The least is named, and is itself allowed."""
    parameters = GENESIS.parameters
    least_ms = retention.least_ms(parameters)
    assert least_ms == max(
        parameters.settlement_cycle_ms
        + parameters.payment_term_ms
        + parameters.confirmation_ms
        + parameters.dispute_ms,
        2 * parameters.order_dispute_ms,
    )
    least = retention.text_of(least_ms)
    assert config.kept_ms(keeping(home, f'"{least}"')) == least_ms
    with pytest.raises(BadSetting, match=f"{least} is the least") as caught:
        keeping(home, f'"{least_ms // 60_000 - 1}m"')
    assert (caught.value.key, caught.value.code) == ("history.keep", "setting_invalid")


def test_the_least_span_can_always_be_said() -> None:
    proposed = retention.least_ms(ceremony.PARAMETERS)
    assert retention.text_of(proposed) == "29d"
    orders = replace(ceremony.PARAMETERS, order_dispute_ms=100 * 86_400_000)
    assert retention.text_of(retention.least_ms(orders)) == "200d"
    for milliseconds, text in ((1, "1s"), (1_001, "2s"), (60_000, "1m"), (5_400_000, "90m")):
        assert retention.text_of(milliseconds) == text
        assert (retention.span_ms(text) or 0) >= milliseconds
