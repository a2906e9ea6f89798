"""Who runs: the living processes that a process started, and those they started."""

from __future__ import annotations

import subprocess


def table() -> dict[int, tuple[int, str]]:
    """Return each living process: its parent and its command."""
    told = subprocess.run(["ps", "-axo", "pid=,ppid=,stat=,command="], capture_output=True, text=True, check=True)
    found = {}
    for line in told.stdout.splitlines():
        pid, parent, state, command = line.split(maxsplit=3)
        if not state.startswith("Z"):
            found[int(pid)] = (int(parent), command)
    return found


def offspring(pid: int) -> set[int]:
    """Return the processes that one started, and those they started."""
    running = table()
    found: set[int] = set()
    while more := {child for child, (parent, _) in running.items() if parent in found | {pid}} - found:
        found |= more
    return found
