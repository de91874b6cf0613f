"""[LIVE-7] Once healed: everything is final everywhere, all agree, and all come to rest."""

from __future__ import annotations

from collections.abc import Sequence

from tests.simulation.process import Process


def unrest(processes: Sequence[Process]) -> str:
    """Why the honest nodes are not at rest together; empty if they are."""
    epochs = {process.replica.members.epoch for process in processes}
    if len(epochs) != 1:
        return f"epochs {sorted(epochs)}"
    heights = {process.executor.height for process in processes}
    if len(heights) != 1:
        return f"heights {sorted(heights)}"
    for process in processes:
        engine, executor = process.replica.engine, process.executor
        where = f"node {process.machine.endpoint}"
        if engine.final_height != executor.height:
            return f"{where}: final {engine.final_height}, executed {executor.height}"
        if executor.certified_height != executor.height:
            return f"{where}: height {executor.height}, certified {executor.certified_height}"
        if not process.replica.is_resting:
            return f"{where} has something under way, or needs {list(engine.needs)}"
        if engine.simplex.pacemaker.busy:
            return f"{where} is busy in view {engine.view}"
        if engine.config.me is not None and not engine.lane_is_idle():
            return f"{where} has a batch that is not final"
    return ""
