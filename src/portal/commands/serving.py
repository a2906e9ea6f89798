"""Web process and mail sender under one supervisor: started together, restarted when they fall, ended together."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from types import FrameType

from portal.commands.outcome import Exit, Refused, complain

ENDING = 40.0
LONGEST_PAUSE = 30.0


@dataclass(slots=True)
class Child:
    """One child process. When a `vital` one falls, all end."""

    words: list[str]
    vital: bool
    process: subprocess.Popen[bytes] | None = None
    falls: int = 0
    start_at: float = field(default=0.0)

    def start(self) -> None:
        """Start it in a group of its own: Ctrl-C reaches the supervisor alone."""
        command = [sys.executable, "-m", "portal.commands", *self.words, "--supervisor", str(os.getpid())]
        self.process = subprocess.Popen(command, start_new_session=True)  # noqa: S603 - our own module

    def look(self) -> bool:
        """Start it again when it fell; tell whether all must end."""
        if self.process is None:
            if time.monotonic() >= self.start_at:
                self.start()
        elif (code := self.process.poll()) is not None:
            complain(f"The portal's {self.words[0]} process ended by itself (code {code}).")
            self.falls += 1
            self.start_at = time.monotonic() + min(2.0 ** min(self.falls, 5), LONGEST_PAUSE)
            self.process = None
            return self.vital
        return False

    def end(self, deadline: float) -> None:
        """Wait until it has ended, and kill it when it takes too long."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def ask_to_end(self) -> None:
        """Ask it to end."""
        if self.process and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.terminate()


def supervise(children: list[Child], stopping: threading.Event) -> int:
    """Run the children until told to stop, by a signal or by the event; return the exit code."""

    def told(number: int, frame: FrameType | None) -> None:
        stopping.set()

    before = {number: signal.signal(number, told) for number in (signal.SIGINT, signal.SIGTERM)}
    code = Exit.DONE
    try:
        for child in children:
            child.start()
        while not stopping.wait(0.2):
            if any([child.look() for child in children]):  # noqa: C419 - each is looked at
                code = Exit.FINDINGS
                break
    finally:
        deadline = time.monotonic() + ENDING
        for child in children:
            child.ask_to_end()
        for child in children:
            child.end(deadline)
        for number, handler in before.items():
            signal.signal(number, handler)
    return code


def check_port(host: str, port: int) -> None:
    """
    Find out before anything starts whether the address can be listened on.

    :raises Refused: it is taken, or not ours to take
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except PermissionError:
            raise Refused(f"This user may not listen on port {port}: choose one above 1023 with --port.") from None
        except OSError:
            raise Refused(
                f"Port {port} is in use by another program. Stop that one, or choose another with --port {port + 1}."
            ) from None


def end_with(supervisor: int) -> None:
    """Ask this process to end when the one that started it is gone."""

    def watch() -> None:
        while os.getppid() == supervisor:
            time.sleep(1.0)
        os.kill(os.getpid(), signal.SIGTERM)

    if supervisor:
        threading.Thread(target=watch, name="supervisor-watch", daemon=True).start()
