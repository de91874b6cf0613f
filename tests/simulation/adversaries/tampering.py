"""What several adversaries do to a process of their own. Knows seats and the wire; no aim."""

from __future__ import annotations

from collections.abc import Callable

from primitives.keys import Signer
from tests.simulation.process import Process


def seated_key(process: Process) -> Signer | None:
    """The key with which the process signs in its epoch; None if it has no seat there."""
    members, me = process.replica.members, process.replica.me
    if me is None:
        return None
    signers = process.setting.signers(process.machine.partner)
    [signer] = [each for each in signers if each.public_key == members.key(me)]
    return signer


def intercept(process: Process, spoilt: Callable[[int, bytes], bytes]) -> None:
    """Have every frame that the process sends be what ``spoilt`` makes of it; once a life, however
    many epochs that sees."""
    if "send" in vars(process):
        return
    honest = process.send
    process.send = lambda peer, frame: honest(peer, spoilt(peer, frame))  # type: ignore[method-assign]
