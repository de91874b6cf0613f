"""A signer as a process of its own: one UNIX socket, one node at a time ([SIG-1]).

Knows the socket, who may come in, and signals; what is answered is the desk's. The key never leaves
this process. A second node is refused while the first one's connection stands, so that two that
were started with one key cannot both speak with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import stat
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import structlog

from node.config import HomeLock, NodeHome, configured_passphrase, signer_socket
from node.driver import disk_failure
from node.frames import LENGTH_SIZE, framed
from node.keyring import Keyring
from node.signer_desk import Desk, HeldSecrets
from node.signer_record import SignerRecord
from node.signing import (
    ANSWER_S,
    MAX_REQUEST,
    Answer,
    Meet,
    Refusal,
    Request,
    decode_request,
    refusal,
)
from primitives.encoding import Malformed, encode
from primitives.genesis import chain_id
from primitives.keys import Ed25519Key
from shell.errors import CommandError

MOST_CONNECTIONS: Final = 16
_PEER: Final = struct.Struct("3i")
"""SO_PEERCRED: process, user and group of whoever connected (unix(7))."""

log = structlog.get_logger(__name__)


def user_of(connection: socket.socket) -> int:
    """The user id of the process at the other end of a UNIX socket."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
    user: int = _PEER.unpack(raw)[1]
    return user


class Opened(NamedTuple):
    """A signer that is ready to listen."""

    chain: bytes
    secrets: HeldSecrets
    record: SignerRecord


class SignerServer:
    """Runs until it is told to stop, or its disk fails."""

    def __init__(self, home: NodeHome, keys: list[Ed25519Key]) -> None:
        self.home = home
        self.path = _socket_of(home)
        self.failure: str | None = None
        self.stopping = asyncio.Event()
        self._place = home.signer
        self._lock = HomeLock(self._place, "a signer")
        self._opened = Opened(
            chain_id(home.genesis),
            HeldSecrets(Keyring(home.path), keys),
            SignerRecord(self._place, chain_id(home.genesis)),
        )
        self._busy = False
        self._connections = 0
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Open the record, and listen. Raises ``CommandError``."""
        try:
            self._place.mkdir(mode=0o700, exist_ok=True)
            self._lock.acquire()
            self._opened.record.open()
            if self._opened.record.torn:
                log.warning("cut off a torn end", bytes=self._opened.record.torn)
            log.info("record", holds=self._opened.record.summary())
            self._server = await asyncio.start_unix_server(
                self._serve, sock=_listening(self.path), limit=MAX_REQUEST + LENGTH_SIZE
            )
        except OSError as error:
            place = error.filename or str(self.path)
            reason = f"{place} cannot be used: {error.strerror or error}"
            raise CommandError("signer_place", reason) from error

    async def stop(self) -> None:
        """Listen no more, and let go of everything."""
        if self._server is not None:
            self._server.close()
            with contextlib.suppress(OSError):
                self.path.unlink()
        self._opened.record.close()
        self._lock.release()

    def reread(self) -> None:
        """Open keys that are new. A bad file changes nothing."""
        try:
            passphrase = configured_passphrase(self.home)
            if passphrase is None:
                log.error("keys not read: the settings name no passphrase file")
                return
            count = self._opened.secrets.reread(passphrase)
        except CommandError as error:
            log.error("keys not read", code=error.code, reason=error.message)  # noqa: TRY400 - the sentence says it all
            return
        log.info("reloaded", keys=count)

    @property
    def public_keys(self) -> tuple[bytes, ...]:
        """Of the keys that are open."""
        return self._opened.secrets.public_keys()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        user = user_of(writer.get_extra_info("socket"))
        try:
            if user != os.geteuid():
                await _say(writer, Refusal("signer_stranger", f"user {user} is not this signer's"))
            elif self._connections >= MOST_CONNECTIONS:
                await _say(writer, Refusal("signer_busy", "too many are connected"))
            else:
                self._connections += 1
                try:
                    await self._meet(reader, writer)
                finally:
                    self._connections -= 1
        except ConnectionError as error:
            log.info("the node is gone", reason=str(error))
        finally:
            writer.close()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One node at a time is signed for; others may look."""
        desk = Desk(*self._opened)
        try:
            async with asyncio.timeout(ANSWER_S):
                request = decode_request(await _frame(reader))
            looks = isinstance(request, Meet) and request.looks
            if looks:
                await self._talk(desk, request, reader, writer)
            elif self._busy:
                await _say(writer, Refusal("signer_busy", "another node is connected"))
            else:
                self._busy = True
                log.info("a node is connected")
                try:
                    await self._talk(desk, request, reader, writer)
                finally:
                    self._busy = False
                    log.info("the node is gone")
        except (asyncio.IncompleteReadError, TimeoutError):
            pass  # gone, or never there
        except Malformed as error:
            log.warning("not understood", reason=str(error))
            await _say(writer, refusal(error.code, error.detail))

    async def _talk(
        self,
        desk: Desk,
        request: Request,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        while not self.stopping.is_set():
            try:
                answer = desk.answer(request)
            except OSError as error:  # after it nobody knows what is durable
                self.failure = disk_failure("the signer's record", error)
                self.stopping.set()
                return
            await _say(writer, answer)
            request = decode_request(await _frame(reader))


async def _frame(reader: asyncio.StreamReader) -> bytes:
    length = int.from_bytes(await reader.readexactly(LENGTH_SIZE), "big")
    if length > MAX_REQUEST:
        raise Malformed("oversized", f"a frame of {length} bytes, at most {MAX_REQUEST}")
    return await reader.readexactly(length)


async def _say(writer: asyncio.StreamWriter, answer: Answer) -> None:
    writer.write(framed(encode(answer)))
    await writer.drain()


def _socket_of(home: NodeHome) -> Path:
    path = signer_socket(home)
    if path is None:
        raise CommandError(
            "signer_unset",
            "the settings name no socket for a signer",
            'Say where it listens: signer = "unix:signer/socket" under [key] in config.toml.',
        )
    return path


def _listening(path: Path) -> socket.socket:
    """A socket there, of mode 0600 in a directory that is this user's alone. Never in the place of
    one on which somebody answers, or of anything else. Raises ``CommandError`` or ``OSError``."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    found = path.parent.stat()
    if found.st_uid != os.geteuid() or found.st_mode & 0o077:
        reason = f"{path.parent} is not this user's alone"
        raise CommandError("signer_place_open", reason, f"chmod 700 {path.parent}")
    if path.exists() or path.is_symlink():
        _remove_dead(path)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    old_mask = os.umask(0o177)
    try:
        listening.bind(str(path))
    finally:
        os.umask(old_mask)
    listening.listen()
    return listening


def _remove_dead(path: Path) -> None:
    """Remove what a signer that was killed left behind. Raises ``CommandError``."""
    if not stat.S_ISSOCK(path.lstat().st_mode):
        raise CommandError("signer_place_taken", f"{path} is there, and no socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(ANSWER_S)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
    raise CommandError("signer_running", f"another signer listens on {path}")


async def serve(server: SignerServer, ready: Callable[[SignerServer], None]) -> int:
    """Run until SIGTERM, SIGINT or a failure: the exit status, 0 or 1. SIGHUP reads keys again."""
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, server.stopping.set)
    try:
        await server.start()
        loop.add_signal_handler(signal.SIGHUP, server.reread)
        ready(server)
        await server.stopping.wait()
    finally:
        await server.stop()
    if server.failure is not None:
        log.critical("the signer must stop", reason=server.failure)
        return 1
    return 0
