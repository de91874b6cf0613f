"""Where an auditor keeps what was verified. Knows files; asks no node.

    <home>/<chain id>/genesis.json    the pinned genesis, as it was given
    <home>/<chain id>/violations/     the bytes of blocks that do not hold
    <home>/<chain id>/checkpoint/     LevelDB: the state after a verified height, and why it counts

A checkpoint is one synced write, so that a crash leaves the old one or the new one. It is believed
only as far as it proves itself: its entries must have the root that a quorum of the members, who
follow from the pinned genesis, attested of that height, and its epoch must be theirs. (The counts
beside it, and who follows where an epoch's end is fixed and did not come yet, are the auditor's own
word: whoever can write here can change them, and nothing else.)
"""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import plyvel
from msgspec.structs import replace

from audit.ledger import Ledger, Standing
from client.home import parse_genesis
from client.trust import Believed, EpochUnknown
from contracts import epochs
from contracts.epochs import Epoch, Moment
from contracts.state import State
from primitives.block import block_digest
from primitives.encoding import Digest, Malformed, Wire, decode, encode
from primitives.genesis import MAX_GENESIS, Genesis, chain_id
from primitives.proof import EpochStep
from primitives.statetree import StateTree
from shell.errors import CommandError, Status, UsageError
from shell.keyfile import replace_private
from shell.trie import EMPTY_TRIE

DEFAULT_HOME: Final = Path("~/.liqbon/audit")
FORMAT: Final = 2
GENESIS: Final = "genesis.json"
CHECKPOINT: Final = "checkpoint"
VIOLATIONS: Final = "violations"
_META: Final = b"m"
_STATE: Final = b"s"
_STATE_END: Final = b"t"
_MAX_FILE: Final = 4 * MAX_GENESIS
ANEW: Final = "Run 'liqbon-audit verify --from 1' to begin anew."


class _Meta(Wire):
    """What the entries beside it are. ``steps`` lead from the genesis to whoever attested it."""

    format: int
    chain: Digest
    standing: Standing
    steps: tuple[EpochStep, ...]


class Damaged(CommandError):
    """The checkpoint does not prove itself."""

    def __init__(self, place: Path, why: str) -> None:
        super().__init__("checkpoint_damaged", f"{place}: {why}", ANEW)


class Verified:
    """What an auditor may stand on: a replayed ledger, and whom it believes."""

    def __init__(self, ledger: Ledger, believed: Believed) -> None:
        self.ledger = ledger
        self.believed = believed

    @classmethod
    def found(cls, genesis: Genesis) -> Verified:
        """Nothing was verified yet but the genesis itself."""
        return cls(Ledger.found(genesis), Believed(genesis))


class Checkpoint:
    """The LevelDB of one chain, which one process at a time may hold."""

    def __init__(self, place: Path, database: plyvel.DB) -> None:
        self.place = place
        self._database = database

    @classmethod
    def open(cls, place: Path, genesis: Genesis) -> Checkpoint:
        """Open it; one that is not there begins at genesis.

        Raises ``CommandError`` (``checkpoint_damaged``, ``busy``).
        """
        if not place.exists():
            _begin(place, genesis)
        return cls(place, _database(place, create=False))

    def load(self, genesis: Genesis) -> Verified:
        """What was verified before; at height 0 that is the genesis alone.

        About 10 us an entry. Raises ``CommandError``: ``checkpoint_damaged``,
        ``checkpoint_foreign``.
        """
        try:
            raw = self._database.get(_META)
            state = dict(self._entries())
        except plyvel.Error as error:
            raise Damaged(self.place, str(error)) from None
        try:
            meta = decode(_Meta, raw or b"")
        except Malformed as error:
            raise Damaged(self.place, f"nothing says what its entries are: {error}") from None
        self._check_chain(genesis, meta)
        believed = self._believed(genesis, meta)
        tree = StateTree(empty=EMPTY_TRIE)
        with _no_collection():
            root = tree.load(state.items())
        if root != meta.standing.root:
            detail = f"its entries have the root {root.hex()}, not {meta.standing.root.hex()}"
            raise Damaged(self.place, detail)
        ledger = Ledger(genesis, state, tree, meta.standing)
        if not _epoch_follows(ledger, believed):
            raise Damaged(self.place, "its epoch is not the one that was attested")
        return Verified(ledger, believed)

    def save(self, verified: Verified) -> None:
        """Make the present height the one to go on from, at once and durably."""
        ledger = verified.ledger
        steps = verified.believed.steps[: ledger.standing.header.epoch]
        meta = _Meta(FORMAT, ledger.chain, ledger.standing, tuple(steps))
        state = ledger.state
        with self._database.write_batch(transaction=True, sync=True) as batch:
            for key in ledger.touched:
                value = state.get(key)
                if value is None:
                    batch.delete(_STATE + key)
                else:
                    batch.put(_STATE + key, value)
            batch.put(_META, encode(meta))
        ledger.touched.clear()

    def close(self) -> None:
        """Release the directory."""
        self._database.close()

    def _entries(self) -> Iterator[tuple[bytes, bytes]]:
        with self._database.iterator(start=_STATE, stop=_STATE_END) as entries:
            for key, value in entries:
                yield key[1:], value

    def _check_chain(self, genesis: Genesis, meta: _Meta) -> None:
        if meta.format != FORMAT:
            raise Damaged(self.place, f"format {meta.format}, this release has {FORMAT}")
        if meta.chain != chain_id(genesis):
            raise CommandError(
                "checkpoint_foreign",
                f"{self.place} is of chain {meta.chain.hex()}, the genesis of another",
                "Name another --home, or the genesis that belongs to it.",
            )

    def _believed(self, genesis: Genesis, meta: _Meta) -> Believed:
        """A quorum attested the height: else the root beside the entries means nothing."""
        believed, standing = Believed(genesis), meta.standing
        certificate = standing.certificate
        if certificate is None:
            if standing != Ledger.found(genesis).standing:
                raise Damaged(self.place, "no certificate stands beside the entries")
            return believed
        try:
            for step in meta.steps:
                believed.follow(step)
            believed.check(certificate)
        except (Malformed, EpochUnknown) as error:
            raise Damaged(self.place, f"its certificate does not hold: {error}") from None
        said = certificate.attestation
        digest = block_digest(believed.chain, standing.header)
        attested = (said.height, said.block, said.state_root)
        kept = (standing.height, digest, standing.root)
        if attested != kept or digest != standing.digest:
            raise Damaged(self.place, "its certificate attests something else")
        believed.learn(certificate)
        return believed


def _epoch_follows(ledger: Ledger, believed: Believed) -> bool:
    """Whether the epoch beside the entries is the attested one, as far as that can be shown.

    Its members and its beginning are; whether its end is fixed, the state says. When that was, and
    who was a member then, nobody attested before the epoch's last height.
    """
    kept, certificate = ledger.epoch, ledger.standing.certificate
    if certificate is None:
        return True  # compared with the genesis already
    said = certificate.attestation
    if said.last:
        begun = epochs.begin(
            replace(kept, number=said.epoch, last=said.height, following=kept.members),
            Moment(said.height, said.time),
        )
        return kept == begun and kept.validators.hash == said.next_validators
    begun = _begun(ledger, believed, said.epoch)
    parameters, moment = ledger.genesis.parameters, Moment(said.height, said.time)
    now = epochs.after(begun, State(ledger.state), parameters, moment)
    if kept.last is None or now.last is None:
        return kept == begun == now
    fixed = kept.last - parameters.lag_bound
    return begun.after < fixed <= said.height < kept.last and begun == replace(
        kept, last=None, following=()
    )


def _begun(ledger: Ledger, believed: Believed, number: int) -> Epoch:
    """An epoch that was handed over, as it began."""
    if number == 0:
        return epochs.first(ledger.genesis)
    handed = believed.steps[number - 1].certificate.attestation
    members = believed.members(number).members
    return Epoch(number, handed.height, handed.time, members, None, ())


def _database(place: Path, *, create: bool) -> plyvel.DB:
    try:
        return plyvel.DB(
            str(place),
            create_if_missing=create,
            error_if_exists=create,
            paranoid_checks=True,
            compression=None,  # ids and keys do not compress
        )
    except plyvel.IOError as error:
        if "lock" not in str(error).lower():
            raise Damaged(place, str(error)) from None
        detail = f"{place} is used by another command"
        raise CommandError("busy", detail, "Run it again afterwards.") from None
    except plyvel.Error as error:
        raise Damaged(place, str(error)) from None


def _begin(place: Path, genesis: Genesis) -> None:
    """A checkpoint of height 0. It takes its place when it is whole, so that one which lost what it
    held is never taken for one that holds nothing yet."""
    new = place.with_name(f"{place.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True, mode=0o700)
    checkpoint = Checkpoint(new, _database(new, create=True))
    checkpoint.save(Verified.found(genesis))
    checkpoint.close()
    new.rename(place)


def read_genesis(path: Path) -> bytes:
    """The bytes of a genesis document. Raises ``UsageError`` (``genesis_missing``)."""
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_FILE + 1)
    except OSError as error:
        raise UsageError("genesis_missing", f"{path}: {error.strerror}") from None
    if len(data) > _MAX_FILE:
        raise UsageError("oversized", f"{path}: over {_MAX_FILE} bytes")
    return data


class ChainHome:
    """The folder of one chain in an auditor's home. ``open_home`` finds it."""

    def __init__(self, path: Path, genesis: Genesis) -> None:
        self.path = path
        self.genesis = genesis

    @property
    def checkpoint(self) -> Path:
        """Where its checkpoint is, or will be."""
        return self.path / CHECKPOINT

    def keep_proof(self, height: int, code: str, block: bytes) -> Path:
        """Keep the bytes of a block that does not hold: nobody need hand them out again."""
        folder = self.path / VIOLATIONS
        folder.mkdir(mode=0o700, exist_ok=True)
        path = folder / f"{height}-{code}.msgpack"
        replace_private(path, block)
        return path

    def forget(self) -> None:
        """Begin anew: what was verified counts no more. Raises ``CommandError`` (``busy``)."""
        with suppress(Damaged, FileNotFoundError):
            _database(self.checkpoint, create=False).close()
        old = self.path / f"{CHECKPOINT}.old"
        shutil.rmtree(old, ignore_errors=True)
        with suppress(FileNotFoundError):
            os.replace(self.checkpoint, old)
        shutil.rmtree(old, ignore_errors=True)


def open_home(home: Path | None, genesis_file: Path | None) -> ChainHome:
    """The folder of the chain that ``genesis_file`` pins, or of the only one that is there.

    A genesis that is given is kept, so that it need not be given again. Raises ``UsageError``
    (``genesis_missing``, or the code of what is wrong with it).
    """
    root = (home or DEFAULT_HOME).expanduser()
    if genesis_file is None:
        return _only_chain(root)
    data = read_genesis(genesis_file)
    genesis = parse_genesis(data)
    place = root / chain_id(genesis).hex()
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    replace_private(place / GENESIS, data)
    return ChainHome(place, genesis)


def last_verified(home: Path | None, genesis_file: Path | None) -> Verified:
    """What was verified last, to report from. Raises ``CommandError`` (``not_verified``)."""
    chain = open_home(home, genesis_file)
    if not chain.checkpoint.exists():
        raise _not_verified(chain)
    checkpoint = Checkpoint.open(chain.checkpoint, chain.genesis)
    try:
        verified = checkpoint.load(chain.genesis)
    finally:
        checkpoint.close()
    if verified.ledger.height == 0:
        raise _not_verified(chain)
    return verified


def _not_verified(chain: ChainHome) -> CommandError:
    return CommandError(
        "not_verified",
        f"nothing of chain {chain_id(chain.genesis).hex()} was verified yet",
        "Run 'liqbon-audit verify --node URL' first.",
        Status.NOT_FOUND,
    )


def _only_chain(root: Path) -> ChainHome:
    found = sorted(root.glob(f"*/{GENESIS}")) if root.is_dir() else []
    if len(found) != 1:
        told = "no chain is known" if not found else f"{len(found)} chains are known"
        raise UsageError(
            "genesis_missing",
            f"{told} in {root}",
            "Give --genesis FILE. Compare its chain id with what a second partner publishes.",
        )
    [path] = found
    genesis = parse_genesis(read_genesis(path))
    if path.parent.name != chain_id(genesis).hex():
        raise UsageError("genesis_changed", f"{path} is not the genesis that was pinned")
    return ChainHome(path.parent, genesis)


@contextmanager
def _no_collection() -> Iterator[None]:
    """The collector finds nothing in a tree that is being built, and looks at all of it."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
