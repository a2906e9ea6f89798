"""Running web and worker under one supervisor: started together, restarted when they fall, stopped together.

Each child has its own process group, so that Ctrl-C reaches the supervisor alone, which then asks them to end. A child
whose supervisor was killed notices and ends too.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from sportello.jobs.outcome import Exit, Refused, complain

STARTING = 60.0
ENDING = 45.0
LONGEST_PAUSE = 30.0


@dataclass(slots=True)
class Child:
    """One child process: its words on the command line and how it fares. When a `vital` one falls, all end."""

    name: str
    words: list[str]
    vital: bool
    module: str = "sportello.jobs"
    environment: dict[str, str] | None = None
    process: subprocess.Popen[bytes] | None = None
    falls: int = 0
    start_at: float = field(default=0.0)

    def start(self) -> None:
        """Start it."""
        command = [sys.executable, "-m", self.module, *self.words, "--supervisor", str(os.getpid())]
        self.process = subprocess.Popen(command, env=self.environment, start_new_session=True)  # noqa: S603 - our own module

    def end(self) -> None:
        """Ask it to end."""
        if self.process and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.terminate()


class Supervisor:
    """Runs children until told to stop."""

    def __init__(self, children: list[Child]) -> None:
        self._children = children
        self.stopping = threading.Event()

    def stop(self) -> None:
        """End everything."""
        self.stopping.set()

    def run(self) -> int:
        """Start the children and look after them; returns when all have ended."""
        with self._signals():
            for child in self._children:
                child.start()
            code = self._watch()
            self._end_all()
        return code

    def _watch(self) -> int:
        while not self.stopping.wait(0.2):
            for child in self._children:
                if child.process is None:
                    if time.monotonic() >= child.start_at:
                        child.start()
                elif child.process.poll() is not None:
                    complain(f"The {child.name} process ended by itself (code {child.process.returncode}).")
                    if child.vital:
                        return Exit.FINDINGS
                    child.falls += 1
                    child.start_at = time.monotonic() + min(2.0 ** min(child.falls, 5), LONGEST_PAUSE)
                    child.process = None
        return Exit.DONE

    def _end_all(self) -> None:
        deadline = time.monotonic() + ENDING
        for child in self._children:
            child.end()
        for child in self._children:
            if child.process is None:
                continue
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                complain(f"The {child.name} process does not end: it is killed.")
                child.process.kill()
                child.process.wait()

    @contextmanager
    def _signals(self) -> Iterator[None]:
        def told(number: int, frame: FrameType | None) -> None:
            self.stop()

        before = {number: signal.signal(number, told) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def check_port(host: str, port: int, *, option: str = "--port") -> None:
    """
    Find out before anything starts whether the address can be listened on.

    :param option: by which another port is chosen, for the advice
    :raises Refused: it is taken, or not ours to take
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except PermissionError:
            raise Refused(f"This user may not listen on port {port}: choose one above 1023 with {option}.") from None
        except OSError:
            raise Refused(
                f"Port {port} is in use by another program. Stop that one, or choose another with {option} {port + 1}."
            ) from None


def wait_until_up(host: str, port: int, stop: threading.Event) -> bool:
    """Tell whether the web process answered within a minute; any answer will do."""
    deadline = time.monotonic() + STARTING
    while time.monotonic() < deadline and not stop.wait(0.1):
        line = http.client.HTTPConnection(local(host), port, timeout=5)
        try:
            line.request("GET", "/healthz")
            line.getresponse().read()
        except (OSError, http.client.HTTPException):
            continue
        finally:
            line.close()
        return True
    return False


def local(host: str) -> str:
    """Return the address to reach a listener from this machine."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - read, not bound


def end_with(supervisor: int) -> None:
    """Ask this process to end when the one that started it is gone."""

    def watch() -> None:
        while os.getppid() == supervisor:
            time.sleep(1.0)
        os.kill(os.getpid(), signal.SIGTERM)

    if supervisor:
        threading.Thread(target=watch, name="supervisor-watch", daemon=True).start()
