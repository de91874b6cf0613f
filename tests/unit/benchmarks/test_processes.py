"""What Linux counts of processes, and of those that they started."""

import os
import subprocess
import sys

from benchmarks.processes import Process, snapshot, usage


def test_this_process_is_seen_with_its_memory_and_time() -> None:
    sum(range(2_000_000))
    own = usage(snapshot(), os.getpid())
    assert own.own_cpu_s > 0
    assert own.rss_bytes > 5 * 2**20


def test_a_child_counts_with_its_parent() -> None:
    before = usage(snapshot(), os.getpid()).rss_bytes
    program = "import sys; x = bytearray(40 * 2**20); print('ready', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert usage(snapshot(), os.getpid()).rss_bytes > before + 40 * 2**20


def test_descendants_are_found_whatever_their_numbers() -> None:
    family = [Process(9, 1, 1.0, 10), Process(3, 9, 2.0, 20), Process(5, 3, 4.0, 40)]
    others = [Process(1, 0, 8.0, 80), Process(7, 1, 16.0, 160)]
    seen = {process.pid: process for process in [*others, *family]}
    assert usage(seen, 9) == (1.0, 6.0, 70)
