"""The story in its order. Knows the scenes; nothing of what happens in them."""

from __future__ import annotations

import time
from pathlib import Path

from demo.books import close, invite
from demo.founding import found
from demo.lies import lie
from demo.minting import collect, mint
from demo.network import Network, free_base
from demo.payments import pay, survive
from demo.stage import Stage
from demo.world import World


def tell(stage: Stage, directory: Path, *, once: bool) -> None:
    """All of it, in a directory that the caller removes. Raises ``Unexpected``.

    The network is stopped when this returns, however it does. Without ``once`` it stays up at the
    end until ``KeyboardInterrupt``, which is then the good end.
    """
    started = time.monotonic()
    stage.line("LiqBon: points that belong to the customer, on books that nobody owns")
    stage.say(
        """A test network on this machine: invented retailers, addresses that begin with tlqb, LiqBon
        worth nothing. Every command below is the installed one; every figure comes with a proof."""
    )
    with Network(directory / "network", free_base()) as network:
        world = World(stage, network, directory)
        found(world)
        mint(world, collect(world))
        pay(world)
        returned = survive(world)
        lie(world)
        close(world, returned)
        stage.line()
        stage.line(f"All of it held: {stage.proofs} proofs, {time.monotonic() - started:.0f} s.")
        if not once:
            invite(world)
            _wait()
    stage.line("Everything is stopped; nothing is left behind.")


def _wait() -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        return
