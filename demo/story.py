"""The story in its order. Knows the scenes; nothing of what happens in them."""

from __future__ import annotations

import time
from pathlib import Path

from demo.attacks import attack
from demo.auditing import audit
from demo.books import close
from demo.commands import start_up_s
from demo.deadlines import parameters
from demo.defaulting import default, stop_paying
from demo.founding import found
from demo.giving import give
from demo.inviting import invite
from demo.joining import join
from demo.minting import mint
from demo.network import Network, free_base
from demo.payments import survive
from demo.spending import pay, spend
from demo.squaring import square
from demo.stage import Stage
from demo.trading import trade
from demo.world import World


def tell(stage: Stage, directory: Path, base_port: int, *, once: bool) -> None:
    """All of it, in a directory that the caller removes. Raises ``Unexpected``.

    ``base_port``: the first of the ports to take, if they are free; others are looked for above.

    The network is stopped when this returns, however it does. Without ``once`` it stays up at the
    end until ``KeyboardInterrupt``, which is then the good end.
    """
    started = time.monotonic()
    stage.line("LiqBon: points that belong to the customer, on books that nobody owns")
    stage.say("Invented retailers, test money, the installed commands. Every amount is checked.")
    agreed = parameters(start_up_s())
    with Network(directory / "network", free_base(first=base_port), agreed) as network:
        world = World(stage, network, directory, agreed)
        found(world, base_port)
        mint(world)
        pay(world)
        spend(world)
        square(world)
        stop_paying(world)
        give(world)
        trade(world)
        attack(world)
        returned = survive(world)
        join(world)
        default(world)
        audit(world)
        close(world, returned)
        stage.line()
        stage.line(f"All of it held, in {time.monotonic() - started:.0f} s.")
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
