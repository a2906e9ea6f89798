"""The worker process: threads that answer alarms, and a main loop that keeps the house.

The main loop gives signs of life, renews leases, sweeps after dead workers and asks for periodic work. It stops in an
orderly way on SIGTERM or Ctrl-C: what runs is finished, within a grace; what is not finished by then goes to another
worker when its lease lapses, as after a kill.
"""

from __future__ import annotations

import logging
import os
import secrets
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import FrameType

from django.db import DatabaseError, close_old_connections, connections

from sportello.core import beats, runner, schedule, tasks_port
from sportello.core.actors import System, acting

log = logging.getLogger("sportello.worker")

IDLE = 0.25
AFTER_TROUBLE = 2.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How often the main loop does what, in seconds, and how long a stop waits for what runs."""

    beat: float = 10.0
    sweep: float = 15.0
    tick: float = 5.0
    grace: float = 30.0


@dataclass(slots=True)
class _Chore:
    act: Callable[[datetime], object]
    every: float
    due: float = 0.0


class Worker:
    """One worker process. `run` returns when it was told to stop: 0, or 1 when a thread was lost."""

    def __init__(self, threads: int, pace: Pace | None = None, supervisor: int = 0) -> None:
        self.id = f"{os.getpid()}-{secrets.token_hex(4)}"
        self.pace = pace or Pace()
        self._supervisor = supervisor
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, name=f"worker-{number}", daemon=True) for number in range(threads)
        ]

    def run(self) -> int:
        """Work until told to stop."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._told_to_stop)
        for chatty in ("django_tasks", "django_tasks_db"):  # they tell of each alarm, and nothing of the work itself
            logging.getLogger(chatty).setLevel(logging.WARNING)
        log.info("worker %s started, %s threads", self.id, len(self._threads))
        for thread in self._threads:
            thread.start()
        chores = self._chores()
        while not self._stop.wait(0.2):
            self._keep_house(chores)
            lost = not all(thread.is_alive() for thread in self._threads)
            if lost and not self._stop.is_set():  # told to stop while the house was kept, they end as they should
                log.error("worker %s lost a thread and ends", self.id)
                return 1
            if self._supervisor and os.getppid() != self._supervisor:
                log.warning("worker %s: the process that started it is gone", self.id)
                break
        self._finish()
        return 0

    def stop(self) -> None:
        """Take no new work and end when what runs is finished."""
        self._stop.set()

    def _told_to_stop(self, number: int, frame: FrameType | None) -> None:
        self.stop()

    def _chores(self) -> list[_Chore]:
        def beat(now: datetime) -> None:
            beats.beat(self.id, len(self._threads), now)
            runner.renew_leases(now)

        return [
            _Chore(beat, self.pace.beat),
            _Chore(runner.sweep, self.pace.sweep),
            _Chore(schedule.tick, self.pace.tick),
        ]

    def _keep_house(self, chores: list[_Chore]) -> None:
        for chore in chores:
            if time.monotonic() < chore.due:
                continue
            chore.due = time.monotonic() + chore.every
            try:
                close_old_connections()
                with acting(System("worker")):
                    chore.act(datetime.now(UTC))
            except DatabaseError as error:
                log.warning("worker %s: the database does not answer (%s)", self.id, type(error).__name__)

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                close_old_connections()
                busy = tasks_port.run_next(self.id)
            except DatabaseError as error:
                log.warning("worker %s: the database does not answer (%s)", self.id, type(error).__name__)
                busy = False
                self._stop.wait(AFTER_TROUBLE)
            if not busy:
                self._stop.wait(IDLE)
        connections.close_all()

    def _finish(self) -> None:
        self.stop()
        deadline = time.monotonic() + self.pace.grace
        beaten = time.monotonic()
        while any(thread.is_alive() for thread in self._threads) and time.monotonic() < deadline:
            time.sleep(0.05)
            if time.monotonic() - beaten > self.pace.beat:
                beaten = time.monotonic()
                self._keep_house(self._chores()[:1])
        try:
            beats.say_goodbye(self.id)
        except DatabaseError:
            log.warning("worker %s could not say goodbye", self.id)
        connections.close_all()
        log.info("worker %s stopped", self.id)


def set_lease(seconds: float) -> None:
    """Set after how many seconds a silent worker's work goes to another; a lost alarm is missed after twice that."""
    runner.LEASE = timedelta(seconds=seconds)
    runner.FORGOTTEN_AFTER = runner.LEASE * 2
