"""A node's home: its settings, its genesis, its key. Knows files and bounds; starts nothing.

config.toml     settings (docs/reference/settings.md)
genesis.json    what the founders agreed on
keys/           the consensus keys, encrypted, mode 0600
data/           the ledger (LevelDB)
journal/        what this node said, and relied on when it said it
lock            held by the one process that runs the node, with its process id
signer/         where a signer process runs on this home: its record, its lock, its socket
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import msgspec

from node import retention
from node.documents import read_genesis
from node.keyring import Keyring
from node.transport import Address
from primitives.codes import CODE_FORM
from primitives.genesis import Genesis
from primitives.keys import Ed25519Key
from shell import ask, keyfile
from shell.errors import CommandError, KeyFault, UsageError
from shell.logs import Form, Level
from shell.settings import BadSetting, Section, load

CONFIG: Final = "config.toml"
GENESIS: Final = "genesis.json"
LOCK: Final = "lock"
UNIX: Final = "unix:"
MAX_SOCKET_PATH: Final = 107
"""Bytes (unix(7))."""
API_PORT: Final = 7600
PEER_PORT: Final = 7601
METRICS_PORT: Final = 7602


def _setting(meaning: str) -> msgspec.Meta:
    return msgspec.Meta(description=meaning)


Host = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Port = Annotated[int, msgspec.Meta(ge=0, le=65_535)]


class KeySettings(Section, frozen=True):
    """``[key]``"""

    passphrase_file: Annotated[
        str,
        _setting(
            "File whose first line opens the consensus key, relative to the home; empty: ask at "
            "the terminal, or take `--passphrase-file`."
        ),
    ] = ""
    signer: Annotated[
        str,
        _setting(
            "Where a signer process listens and holds the keys: `unix:` and the path of its "
            "socket, relative to the home; empty: the node holds them itself."
        ),
    ] = ""


class ApiSettings(Section, frozen=True):
    """``[api]``"""

    host: Annotated[Host, _setting("Address on which clients are answered.")] = "127.0.0.1"
    port: Annotated[Port, _setting("TCP port of the API; 0 takes any free one.")] = API_PORT


class MetricsSettings(Section, frozen=True):
    """``[metrics]``"""

    host: Annotated[Host, _setting("Address of the metrics; keep it from the public.")] = (
        "127.0.0.1"
    )
    port: Annotated[Port, _setting("TCP port of the metrics; 0 takes any free one.")] = METRICS_PORT


class PeerSettings(Section, frozen=True):
    """``[peers]``"""

    host: Annotated[Host, _setting("Address on which other validators are awaited.")] = "0.0.0.0"  # noqa: S104 - peers come from anywhere, and prove who they are
    port: Annotated[Port, _setting("TCP port for validators; 0 takes any free one.")] = PEER_PORT
    addresses: Annotated[
        dict[str, str],
        _setting(
            "Where each other validator listens: its partner code = `host:port`. Read again on "
            "SIGHUP."
        ),
    ] = msgspec.field(default_factory=dict)


class SignatureSettings(Section, frozen=True):
    """``[signatures]``"""

    workers: Annotated[
        int,
        msgspec.Meta(ge=1, le=64),
        _setting("Processes that check signatures; one a core that the node may use."),
    ] = 1


class HistorySettings(Section, frozen=True):
    """``[history]``"""

    keep: Annotated[
        str,
        msgspec.Meta(pattern=retention.SPAN),
        _setting(
            "How much of the past stays: `everything` makes the node an archive; `90d`, `36h` (or "
            "`m`, `s`) is the age in block time from which blocks, receipts and batches are "
            "deleted. No less than a settlement and its dispute take."
        ),
    ] = retention.EVERYTHING


class LogSettings(Section, frozen=True):
    """``[log]``"""

    form: Annotated[Form, _setting("Records on standard error as JSON lines, or as text.")] = "json"
    level: Annotated[Level, _setting("The least level that is written.")] = "info"


class Settings(Section, frozen=True):
    """Everything that ``config.toml`` may say."""

    key: KeySettings = KeySettings()
    api: ApiSettings = ApiSettings()
    metrics: MetricsSettings = MetricsSettings()
    peers: PeerSettings = PeerSettings()
    signatures: SignatureSettings = SignatureSettings()
    history: HistorySettings = HistorySettings()
    log: LogSettings = LogSettings()


class NodeHome(NamedTuple):
    """A home that can be started: its settings and genesis are sound, and fit each other."""

    path: Path
    settings: Settings
    genesis: Genesis

    @property
    def data(self) -> Path:
        """The ledger's directory."""
        return self.path / "data"

    @property
    def journal(self) -> Path:
        """The journal's directory."""
        return self.path / "journal"

    @property
    def signer(self) -> Path:
        """The directory of a signer of this home: its record, its lock."""
        return self.path / "signer"


def open_home(path: Path) -> NodeHome:
    """The home at ``path``. Raises ``CommandError``, which names what is missing or wrong."""
    if not (path / CONFIG).is_file():
        raise UsageError(
            "home_missing",
            f"{path} is no node's home: it has no {CONFIG}",
            "Make one with 'liqbon-node init --home DIR'.",
        )
    settings = load(Settings, path / CONFIG)
    if not (path / GENESIS).is_file():
        raise UsageError(
            "genesis_missing",
            f"{path / GENESIS} is not there",
            "Copy the genesis that the founders agreed on to it.",
        )
    home = NodeHome(path, settings, read_genesis(path / GENESIS))
    peer_addresses(home)
    kept_ms(home)
    signer_socket(home)
    return home


def kept_ms(home: NodeHome) -> int | None:
    """Milliseconds of block time that stay; None: everything. Raises ``BadSetting``."""
    keep = home.settings.history.keep
    span_ms, least_ms = retention.span_ms(keep), retention.least_ms(home.genesis.parameters)
    if span_ms is not None and span_ms < least_ms:
        reason = f"{keep} is too short: in this network {retention.text_of(least_ms)} is the least"
        raise BadSetting(home.path / CONFIG, "history.keep", reason)
    return span_ms


def configured_passphrase(home: NodeHome) -> bytes | None:
    """What the settings say opens the keys; None if they do not. Raises ``KeyFault``."""
    named = home.settings.key.passphrase_file
    if not named:
        return None
    keyfile.read_private(home.path / named)  # refuses a file that others can read
    return ask.passphrase(str(home.path / named))


def signer_socket(home: NodeHome) -> Path | None:
    """Where the signer listens; None if the node signs itself. Raises ``BadSetting``."""
    named = home.settings.key.signer
    if not named:
        return None
    file = home.path / CONFIG
    if not named.startswith(UNIX) or named == UNIX or "\0" in named:
        raise BadSetting(file, "key.signer", f"{named!r} is not unix:PATH")
    path = (home.path / named.removeprefix(UNIX)).absolute()
    if len(os.fsencode(path)) > MAX_SOCKET_PATH:
        reason = f"{path} is longer than {MAX_SOCKET_PATH} bytes, the most of a UNIX socket's path"
        raise BadSetting(file, "key.signer", reason)
    return path


def peer_addresses(home: NodeHome) -> dict[str, Address]:
    """Partner code -> address, from the settings. Raises ``BadSetting``.

    A code need not be a founder's: partners come and go from epoch to epoch."""
    addresses: Mapping[str, str] = home.settings.peers.addresses
    file = home.path / CONFIG
    found = {}
    for code, text in addresses.items():
        key = f"peers.addresses.{code}"
        if re.match(CODE_FORM, code) is None:
            raise BadSetting(file, key, "a partner code is 1..32 of a-z, 0-9 and inner hyphens")
        found[code] = _address(file, key, text)
    return found


def _address(file: Path, key: str, text: str) -> Address:
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not port.isascii() or not port.isdecimal():
        raise BadSetting(file, key, f"{text!r} is not host:port")
    if not 0 < int(port) <= 65_535:
        raise BadSetting(file, key, f"{port} is not a port")
    return Address(host, int(port))


class HomeLock:
    """One process a home: two that sign with one key would contradict each other."""

    def __init__(self, path: Path, runner: str = "a node") -> None:
        self._path = path / LOCK
        self._runner = runner
        self._file: int | None = None

    def acquire(self) -> None:
        """Hold the lock until the process ends. Raises ``CommandError`` (``home_in_use``)."""
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(file, 32).decode("ascii", "replace").strip()
            os.close(file)
            raise CommandError(
                "home_in_use",
                f"{self._runner} runs already on {self._path.parent} (process {holder})",
            ) from None
        os.ftruncate(file, 0)
        os.write(file, f"{os.getpid()}\n".encode())
        self._file = file

    def release(self) -> None:
        """Let others have the home."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def running_process(path: Path) -> int | None:
    """The id of the process that runs the node of this home, if one does."""
    try:
        file = os.open(path / LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return int(os.read(file, 32) or b"0") or None
    finally:
        os.close(file)
    return None


class Hosts(NamedTuple):
    """The addresses on which a node listens."""

    api: str = ApiSettings().host
    peer: str = PeerSettings().host
    metrics: str = MetricsSettings().host


class Ports(NamedTuple):
    """The ports on which a node listens."""

    api: int = API_PORT
    peer: int = PEER_PORT
    metrics: int = METRICS_PORT


def config_text(
    hosts: Hosts, ports: Ports, addresses: Mapping[str, Address], passphrase_file: str = ""
) -> str:
    """A ``config.toml`` with what differs between nodes; the rest has its defaults."""
    lines = [
        "# Settings of a LiqBon node: docs/reference/settings.md explains each.",
        "",
        "[key]",
        f"passphrase_file = {_toml(passphrase_file)}",
        "",
        "[api]",
        f"host = {_toml(hosts.api)}",
        f"port = {ports.api}",
        "",
        "[metrics]",
        f"host = {_toml(hosts.metrics)}",
        f"port = {ports.metrics}",
        "",
        "[peers]",
        f"host = {_toml(hosts.peer)}",
        f"port = {ports.peer}",
        "",
        "# partner code = where its validator listens",
        "[peers.addresses]",
        *(f"{code} = {_toml(f'{a.host}:{a.port}')}" for code, a in addresses.items()),
    ]
    return "\n".join(lines) + "\n"


def _toml(text: str) -> str:
    """A basic string; JSON's escapes are TOML's."""
    return msgspec.json.encode(text).decode()


def create_home(path: Path, config: str, passphrase: bytes) -> Ed25519Key:
    """Make a home with settings and a new key; never replaces either. Raises ``CommandError``."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    keyring = Keyring(path)
    if (path / CONFIG).exists() or keyring.exists():
        raise KeyFault("keyfile_exists", f"{path} is a node's home already; nothing was changed")
    key = keyring.create(passphrase)
    keyfile.create_private(path / CONFIG, config.encode())
    return key
