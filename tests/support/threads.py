"""Several threads that begin at the same instant; what any of them raises is raised."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier


def both(act: Callable[[], object], count: int = 2) -> None:
    """Call `act` in so many threads at once and wait for all of them."""
    gate = Barrier(count)

    def begin() -> None:
        gate.wait(timeout=120)
        act()

    with ThreadPoolExecutor(count) as pool:
        for running in [pool.submit(begin) for _ in range(count)]:
            running.result(timeout=240)
